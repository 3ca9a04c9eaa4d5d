//! Which server this is, as the handshake tells: the four generations answer differently, and the rest of the
//! library asks here instead of comparing versions.

use super::members::{Members, type_name};
use super::names::method;
use crate::error::{Code, Error, Result};

/// The protocol numbers that this library speaks.
pub const MIN_PROTOCOL: u32 = 2;
/// See [`MIN_PROTOCOL`].
pub const MAX_PROTOCOL: u32 = 3;

/// The codes of errors about connection tokens: none was given before a call, `connect` gave a wrong one or none, and
/// the server has none.
const TOKEN_WANTED: i64 = -32001;
const TOKEN_WRONG: i64 = -32002;
const TOKEN_UNWANTED: i64 = -32003;

/// How servers say that a tool's name is another client's.
const NAME_TAKEN: &str = "External tool name clash";

/// The first version whose permission answers are "approve-once", "reject", …
///
/// Measured on real CLIs by answering the permission request for a shell command with "approved", two of the
/// "denied-…", "approve-once", "reject" and "user-not-available": 1.0.2, 1.0.21 and 1.0.34 run the command for
/// "approved" only; 1.0.35, 1.0.36-0, 1.0.39 and 1.0.40 for "approve-once" only. Each acknowledges the words of the
/// other vocabulary and then fails the tool.
///
/// The pre-releases of 1.0.35, which could not be had for measuring, count as 1.0.35: see [`numbers`].
const NEW_WORDS_SINCE: &str = "1.0.35";

/// The server at the other end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// 2 or 3.
    pub protocol: u32,
    /// The CLI's version; `None` until `status.get` names it where the handshake was a `ping`.
    pub version: Option<String>,
}

/// The vocabulary of permission answers. The wrong one is acknowledged and then fails the tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PermissionWords {
    /// "approved", "denied-…"
    Old,
    /// "approve-once", "reject", …
    New,
}

impl Server {
    /// From the result of `connect`. Fails with [`Code::Protocol`] where it is no object and with
    /// [`Code::ProtocolVersion`] where the two sides share no protocol.
    pub fn from_connect(result: &str) -> Result<Server> {
        Server::from_reply(method::CONNECT, result)
    }

    /// From the result of `ping`, which names no version: see [`Server::with_status`]. Fails like
    /// [`Server::from_connect`].
    pub fn from_ping(result: &str) -> Result<Server> {
        Server::from_reply(method::PING, result)
    }

    /// The same server with the version that the result of `status.get` names, if it names one.
    pub fn with_status(mut self, result: &str) -> Server {
        let version = Members::lenient(result).text("version").filter(|version| !version.is_empty());
        self.version = version.or(self.version);
        self
    }

    /// A server of which nothing is known yet.
    pub fn unknown() -> Server {
        Server { protocol: MAX_PROTOCOL, version: None }
    }

    /// True where the server may know `runtime.shutdown`: those that do came after protocol 2.
    pub fn has_shutdown(&self) -> bool {
        self.protocol > 2
    }

    fn from_reply(method: &str, result: &str) -> Result<Server> {
        let Some(members) = Members::read(result) else {
            let message = format!(
                "the CLI answered `{method}` with {} where an object belongs; is this a Copilot CLI?",
                type_name(result)
            );
            return Err(Error::new(Code::Protocol, message));
        };
        let version = members.text("version").filter(|version| !version.is_empty());
        let named = members.number::<f64>("protocolVersion");
        match named {
            Some(number) if number == 2.0 || number == 3.0 => Ok(Server { protocol: number as u32, version }),
            _ => Err(mismatch(named, version.as_deref())),
        }
    }

    /// True where tools and permissions are asked by request, so that only this client can answer; otherwise they
    /// are broadcast as events and any attached client may.
    pub fn asks_by_request(&self) -> bool {
        self.protocol == 2
    }

    /// The vocabulary for permission answers.
    pub fn permission_words(&self) -> PermissionWords {
        let new = match self.version.as_deref().and_then(numbers) {
            Some(version) => Some(version) >= numbers(NEW_WORDS_SINCE),
            None => self.protocol > 2,
        };
        if new { PermissionWords::New } else { PermissionWords::Old }
    }

    /// How to let go of a session: the first method, and on "method missing" the second.
    pub fn letting_go(&self) -> [&'static str; 2] {
        [method::SESSION_DETACH, method::SESSION_DESTROY]
    }
}

/// True when the error says that the server has no such method, in either of the ways servers say it.
pub fn is_method_missing(error: &Error, method: &str) -> bool {
    if error.rpc().is_some_and(|rpc| rpc.code == -32601) {
        return true;
    }
    let phrase = format!("Unhandled method {method}");
    error
        .message()
        .split(&phrase)
        .skip(1)
        .any(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '.'))
}

/// True when the error says that the server does not know this key of the params.
pub fn is_key_unknown(error: &Error, key: &str) -> bool {
    error.rpc().is_some_and(|rpc| rpc.code == -32602)
        && error.message().contains(&format!("unknown field `{key}"))
}

/// The error for what the program needs and the server is too old for.
pub fn too_old(error: Error, needed_by: &str) -> Error {
    let message = format!("{needed_by} is not known to this CLI; update the CLI, or do without ({error})");
    let told = Error::new(Code::Unsupported, message);
    match error.rpc() {
        Some(rpc) => told.with_rpc(rpc.code, rpc.data.clone()),
        None => told,
    }
}

/// The error of an opening or of a change of tools, with what to do about a tool that another client answers already.
pub fn name_taken(error: Error) -> Error {
    match error.rpc().is_some() && error.message().contains(NAME_TAKEN) {
        true => error.followed_by(
            "another program at this session answers that tool; leave it out here, or give it another name",
        ),
        false => error,
    }
}

/// The error of a handshake in words, where it is about the connection token.
pub fn token_refused(error: Error, was_given: bool) -> Error {
    let Some(rpc) = error.rpc() else { return error };
    let words = match (rpc.code, was_given) {
        (TOKEN_WANTED | TOKEN_WRONG, false) => {
            "it wants a connection token; give the one that it was started with as connectionToken"
        }
        (TOKEN_WANTED | TOKEN_WRONG, true) => {
            "it did not accept the connection token; connectionToken must be what it was started with \
             (COPILOT_CONNECTION_TOKEN in its environment)"
        }
        (TOKEN_UNWANTED, _) => "it was started without a connection token; leave connectionToken out",
        _ => return error,
    };
    let (code, data) = (rpc.code, rpc.data.clone());
    Error::new(Code::Rpc, format!("{words} ({error})")).with_rpc(code, data).with_class("auth")
}

fn mismatch(named: Option<f64>, version: Option<&str>) -> Error {
    let cli = match version {
        Some(version) => format!("the CLI (version {version})"),
        None => String::from("the CLI"),
    };
    let message = match named {
        None => format!(
            "{cli} names no protocol version, and this library speaks {MIN_PROTOCOL} to {MAX_PROTOCOL}; \
             check that cliPath is a Copilot CLI, and update it"
        ),
        Some(number) => {
            let remedy =
                if number > f64::from(MAX_PROTOCOL) { "update libcopilot" } else { "update the CLI" };
            format!(
                "{cli} speaks protocol {number}, and this library speaks {MIN_PROTOCOL} to {MAX_PROTOCOL}; {remedy}"
            )
        }
    };
    Error::new(Code::ProtocolVersion, message)
}

/// The dotted numbers that a version begins with, the first three: "v1.0.36-0" is 1, 0, 36. So a pre-release counts
/// as the release it leads to, where semantic versioning puts it before. `None` where it begins with none.
fn numbers(version: &str) -> Option<[u64; 3]> {
    let digits_and_dots = version.trim().trim_start_matches('v');
    let end =
        digits_and_dots.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(digits_and_dots.len());
    let mut parts = digits_and_dots[..end].split('.').map(|part| part.parse().ok());
    let first = parts.next()??;
    Some([first, parts.next().flatten().unwrap_or(0), parts.next().flatten().unwrap_or(0)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(protocol: u32, version: Option<&str>) -> Server {
        Server { protocol, version: version.map(String::from) }
    }

    #[test]
    fn learns_from_every_generations_handshake() {
        let newest = Server::from_connect(r#"{"ok":true,"protocolVersion":3,"version":"1.0.102"}"#).unwrap();
        assert_eq!(newest, server(3, Some("1.0.102")));
        assert!(!newest.asks_by_request());
        let early =
            Server::from_ping(r#"{"message":"pong","timestamp":1700000000000,"protocolVersion":3}"#).unwrap();
        assert_eq!(early, server(3, None));
        let early = early.with_status(r#"{"version":"1.0.2","protocolVersion":3}"#);
        assert_eq!(early.permission_words(), PermissionWords::Old);
        let oldest = Server::from_ping(r#"{"message":"pong","timestamp":1,"protocolVersion":2}"#).unwrap();
        assert!(oldest.asks_by_request());
        assert_eq!(oldest.with_status("null").version, None);
    }

    #[test]
    fn a_name_that_is_taken_comes_with_the_remedy() {
        let clash =
            Error::new(Code::Rpc, "External tool name clash: t already registered by another connection");
        assert_eq!(name_taken(clash.clone()).message(), clash.message(), "it is not the server's");
        let told = name_taken(clash.clone().with_rpc(-32603, None));
        assert!(
            told.message().starts_with(clash.message()) && told.message().ends_with("give it another name")
        );
        let other = Error::new(Code::Rpc, "no").with_rpc(-32603, None);
        assert_eq!(name_taken(other).message(), "no");
    }

    #[test]
    fn refuses_what_it_cannot_speak() {
        let refused = |json: &str| Server::from_connect(json).unwrap_err();
        let newer = refused(r#"{"protocolVersion":4,"version":"2.0.0"}"#);
        assert_eq!(newer.code(), Code::ProtocolVersion);
        assert_eq!(
            newer.message(),
            "the CLI (version 2.0.0) speaks protocol 4, and this library speaks 2 to 3; update libcopilot"
        );
        assert!(refused(r#"{"protocolVersion":1}"#).message().ends_with("speaks 2 to 3; update the CLI"));
        for none in [r#"{"protocolVersion":null}"#, r#"{"protocolVersion":"3"}"#, "{}"] {
            assert_eq!(refused(none).code(), Code::ProtocolVersion, "{none}");
            assert!(refused(none).message().contains("names no protocol version"));
        }
        for fraction in ["2.5", "1e300", "-3"] {
            assert_eq!(refused(&format!("{{\"protocolVersion\":{fraction}}}")).code(), Code::ProtocolVersion);
        }
        assert_eq!(refused("null").code(), Code::Protocol);
        assert_eq!(Server::from_ping("").unwrap_err().code(), Code::Protocol);
    }

    #[test]
    fn chooses_permission_words_by_version_before_protocol() {
        use PermissionWords::{New, Old};
        for (protocol, version, words) in [
            (2, Some("0.0.420"), Old),
            (2, None, Old),
            (3, None, New),
            (3, Some("1.0.2"), Old),
            (3, Some("1.0.34"), Old),
            (3, Some("1.0.34-0"), Old),
            (3, Some("1.0.35"), New),
            (3, Some("1.0.36-0"), New),
            (3, Some("v1.0.40"), New),
            (3, Some("1.0.102"), New),
            (3, Some("1.1"), New),
            (3, Some("2"), New),
            (3, Some("dev"), New),
            (3, Some(""), New),
            (2, Some("99999999999999999999999.1"), Old),
        ] {
            assert_eq!(server(protocol, version).permission_words(), words, "{protocol} {version:?}");
        }
    }

    #[test]
    fn tells_what_is_wrong_with_a_token() {
        let told = |code, given| token_refused(Error::new(Code::Rpc, "NO").with_rpc(code, None), given);
        for (code, given, part) in [
            (-32001, false, "wants a connection token"),
            (-32002, false, "wants a connection token"),
            (-32002, true, "did not accept the connection token"),
            (-32003, true, "started without a connection token"),
        ] {
            let error = told(code, given);
            assert!(error.message().contains(part), "{error}");
            assert_eq!((error.code(), error.class()), (Code::Rpc, Some("auth")));
            assert_eq!(error.rpc().unwrap().code, code);
        }
        let other = told(-32603, true);
        assert_eq!((other.message(), other.class()), ("NO", None));
    }

    #[test]
    fn recognises_an_unknown_key() {
        let error = |code, text: &str| Error::new(Code::Rpc, text).with_rpc(code, None);
        assert!(is_key_unknown(&error(-32602, "Invalid: unknown field `entra`, expected"), "entra"));
        assert!(is_key_unknown(&error(-32602, "unknown field `entraTokenProvider`"), "entra"));
        assert!(!is_key_unknown(&error(-32602, "unknown field `token`"), "entra"));
        assert!(!is_key_unknown(&error(-32603, "unknown field `entra`"), "entra"));
        let told = too_old(error(-32601, "Unhandled method x"), "the option sessionFs");
        assert_eq!(told.code(), Code::Unsupported);
        assert!(told.message().starts_with("the option sessionFs is not known to this CLI"), "{told}");
    }

    #[test]
    fn recognises_a_missing_method() {
        let rpc = |code, message: &str| Error::new(Code::Rpc, message).with_rpc(code, None);
        assert!(is_method_missing(&rpc(-32601, "whatever"), "connect"));
        assert!(is_method_missing(&rpc(-32603, "connect: Unhandled method connect"), "connect"));
        assert!(!is_method_missing(&rpc(-32603, "Unhandled method connection"), "connect"));
        assert!(!is_method_missing(&rpc(-32603, "Unhandled method session.x"), "session"));
        assert!(!is_method_missing(&Error::new(Code::Timeout, "no answer"), "connect"));
        assert_eq!(server(3, None).letting_go(), ["session.detach", "session.destroy"]);
    }
}
