//! The server's requests without a kind of their own: which of them the protocol describes, what each wants for an
//! answer, and what goes back when nobody handles it, when it is let go, and when its handler fails.
//!
//! What is not in the table is answered by any JSON, and otherwise told to be unknown.

mod replies;

pub use replies::{fail, no_handler, respond, unanswered};

use std::collections::HashMap;

/// Asks for a GitHub token; it names a registration rather than a session.
pub const GITHUB_TOKEN: &str = "gitHubToken.getToken";
/// Asks for the bearer token of a provider of the program's own.
pub const PROVIDER_TOKEN: &str = "providerToken.getToken";
/// Asks for the skills that the program provides.
pub const SKILLS_LIST: &str = "skillProvider.list";

/// A member of an answer, and the types it may have, in [`type_name`](super::members::type_name)'s words.
type Has = (&'static str, &'static [&'static str]);

const TEXT: &[&str] = &["a string"];
const TEXT_OR_NULL: &[&str] = &["a string", "null"];
const FLAG: &[&str] = &["a boolean"];
const NUMBER: &[&str] = &["a number"];
const LIST: &[&str] = &["an array"];

/// What an answer must be. More members than those named are always welcome.
#[derive(Clone, Copy, Debug)]
enum Wants {
    /// Any JSON.
    Any,
    /// An object with these members.
    Object(&'static [Has]),
    /// Null, or an object: nothing is expected.
    Nothing,
    /// An object with one of these kinds and what belongs to it.
    Kinds(&'static [(&'static str, &'static [Has])]),
    /// A token as `{"token":…}`, or as a string.
    Token,
    /// What the user decided on an installation, whose two ids are repeated in the answer.
    Confirmation,
}

/// What the server is told when nobody here handles the method.
#[derive(Clone, Copy, Debug)]
enum Nobody {
    /// That the method is unknown.
    Unknown,
    /// This error. `{name}` stands for a member of the params.
    Error(i64, &'static str),
    /// That nobody shows canvases.
    Canvas,
}

/// How the failure of a handler looks.
#[derive(Clone, Copy, Debug)]
enum Failure {
    /// An error with this before the handler's own words.
    Said(&'static str),
    /// An error with these words only: the handler's may hold what the server must not learn.
    Fixed(&'static str),
    /// A result `{"code":…,"message":…}`.
    FileStatus,
    /// A result of these members and `"error":{"code":…,"message":…}`.
    FileResult(&'static str),
    /// The same, whose error has an `errorClass` instead of a code.
    Transaction,
    /// This result, whatever the reason.
    Result(&'static str),
    /// An error whose data are `{"code":…,"message":…}`; the code where the handler names none.
    Canvas(&'static str),
}

/// One method.
#[derive(Debug)]
struct Method {
    name: &'static str,
    wants: Wants,
    nobody: Nobody,
    failure: Failure,
    /// The result for a request that is let go; without one it is a failure.
    silence: Option<&'static str>,
}

const PLAIN: Method = Method {
    name: "",
    wants: Wants::Any,
    nobody: Nobody::Unknown,
    failure: Failure::Said(""),
    silence: None,
};

const fn file(name: &'static str, has: &'static [Has], empty: &'static str) -> Method {
    let wants = Wants::Object(has);
    Method { name, wants, nobody: NO_FILES, failure: Failure::FileResult(empty), silence: None }
}

const fn file_action(name: &'static str) -> Method {
    Method { name, wants: Wants::Nothing, nobody: NO_FILES, failure: Failure::FileStatus, silence: None }
}

const fn file_exists(name: &'static str) -> Method {
    let failure = Failure::Result(r#"{"exists":false}"#);
    Method { name, wants: Wants::Object(&[("exists", FLAG)]), nobody: NO_FILES, failure, silence: None }
}

const fn canvas(name: &'static str, wants: Wants, code: &'static str) -> Method {
    Method { name, wants, nobody: Nobody::Canvas, failure: Failure::Canvas(code), silence: None }
}

const fn skills(name: &'static str, has: &'static [Has], failed: &'static str) -> Method {
    Method {
        name,
        wants: Wants::Object(has),
        nobody: Nobody::Error(-32603, "No skill provider for session: {sessionId}"),
        failure: Failure::Fixed(failed),
        silence: None,
    }
}

const fn work(name: &'static str) -> Method {
    Method { name, wants: Wants::Object(&[]), ..PLAIN }
}

const fn acknowledged(name: &'static str) -> Method {
    Method { name, wants: Wants::Nothing, silence: Some("{}"), ..PLAIN }
}

const NO_FILES: Nobody = Nobody::Error(-32603, "No session filesystem provider for session: {sessionId}");

const STAT: &[Has] = &[
    ("isFile", FLAG),
    ("isDirectory", FLAG),
    ("size", NUMBER),
    ("mtime", &["a string", "a number"]),
    ("birthtime", &["a string", "a number"]),
];
const NO_STAT: &str = r#"{"isFile":false,"isDirectory":false,"size":0,"mtime":"1970-01-01T00:00:00.000Z","birthtime":"1970-01-01T00:00:00.000Z"}"#;

static METHODS: [Method; 33] = [
    file("sessionFs.readFile", &[("content", TEXT)], r#"{"content":""}"#),
    file("sessionFs.readFileBytes", &[("content", TEXT)], r#"{"content":""}"#),
    file(
        "sessionFs.readFileRange",
        &[("content", TEXT), ("byteLength", NUMBER)],
        r#"{"content":"","byteLength":0}"#,
    ),
    file_action("sessionFs.writeFile"),
    file_action("sessionFs.writeFileBytes"),
    file_action("sessionFs.appendFile"),
    file_exists("sessionFs.exists"),
    file("sessionFs.stat", STAT, NO_STAT),
    file_action("sessionFs.mkdir"),
    file("sessionFs.readdir", &[("entries", LIST)], r#"{"entries":[]}"#),
    file("sessionFs.readdirWithTypes", &[("entries", LIST)], r#"{"entries":[]}"#),
    file_action("sessionFs.rm"),
    file_action("sessionFs.rename"),
    file(
        "sessionFs.sqliteQuery",
        &[("rows", LIST), ("columns", LIST), ("rowsAffected", NUMBER)],
        r#"{"rows":[],"columns":[],"rowsAffected":0}"#,
    ),
    Method {
        name: "sessionFs.sqliteTransaction",
        wants: Wants::Object(&[("results", LIST)]),
        nobody: NO_FILES,
        failure: Failure::Transaction,
        silence: None,
    },
    file_exists("sessionFs.sqliteExists"),
    canvas("canvas.open", Wants::Object(&[]), "canvas_handler_failed"),
    canvas("canvas.close", Wants::Nothing, "canvas_handler_failed"),
    canvas("canvas.action.invoke", Wants::Any, "canvas_action_no_handler"),
    acknowledged("llmInference.httpRequestStart"),
    acknowledged("llmInference.httpRequestChunk"),
    Method {
        name: PROVIDER_TOKEN,
        wants: Wants::Token,
        nobody: Nobody::Error(
            -32603,
            "No bearer-token provider installed for BYOK provider \"{providerName}\"",
        ),
        failure: Failure::Said("Bearer-token provider failed: "),
        silence: None,
    },
    Method {
        name: GITHUB_TOKEN,
        wants: Wants::Kinds(&[
            ("token", &[("accessToken", TEXT), ("expiresIn", NUMBER)]),
            ("cancelled", &[]),
        ]),
        nobody: Nobody::Error(-32603, "unknown GitHub token provider registration"),
        failure: Failure::Said("GitHub token provider failed: "),
        silence: Some(r#"{"kind":"cancelled"}"#),
    },
    skills(SKILLS_LIST, &[("skills", LIST)], "Skill provider listSkills failed"),
    skills("skillProvider.read", &[("markdown", TEXT_OR_NULL)], "Skill provider readSkill failed"),
    Method {
        name: "extensionLaunchProvider.resolve",
        wants: Wants::Nothing,
        nobody: Nobody::Error(-32603, "No extensionLaunchProvider client-global handler registered"),
        // Without a launch the server starts the extension in its own way.
        silence: Some("{}"),
        ..PLAIN
    },
    Method {
        name: "installations.confirm",
        wants: Wants::Confirmation,
        nobody: Nobody::Error(-32601, "No installations client-global handler registered"),
        failure: Failure::Fixed("Installation confirmation failed"),
        silence: None,
    },
    Method {
        name: "entraToken.getToken",
        wants: Wants::Kinds(&[
            ("identity", &[("accountId", TEXT)]),
            ("token", &[("accountId", TEXT), ("accessToken", TEXT)]),
            ("unavailable", &[]),
            ("cancelled", &[]),
        ]),
        failure: Failure::Fixed("Entra token acquisition failed"),
        silence: Some(r#"{"kind":"unavailable"}"#),
        ..PLAIN
    },
    Method {
        name: "kerberosAuth.acquire",
        wants: Wants::Object(&[("token", TEXT_OR_NULL)]),
        nobody: Nobody::Error(-32603, "No kerberosAuth client-global handler registered"),
        failure: Failure::Fixed("Kerberos token acquisition failed"),
        silence: Some(r#"{"token":null}"#),
    },
    Method {
        name: "sessionManagement.create",
        wants: Wants::Object(&[("sessionId", TEXT)]),
        nobody: Nobody::Error(-32602, "Session creation handler is unavailable"),
        ..PLAIN
    },
    Method {
        name: "tasks.cancel",
        wants: Wants::Object(&[("cancelled", FLAG)]),
        silence: Some(r#"{"cancelled":false}"#),
        ..PLAIN
    },
    work("factory.execute"),
    work("workflow.execute"),
];

/// The row of a method. Ending a run is acknowledged, whatever it is called this year.
fn known(method: &str) -> &'static Method {
    static ABORT: Method = acknowledged("");
    static OTHER: Method = PLAIN;
    match method {
        "factory.abort" | "workflow.abort" => &ABORT,
        _ => METHODS.iter().find(|row| row.name == method).unwrap_or(&OTHER),
    }
}

/// Who is registered for a method: under its own name, under that of a namespace around it (`canvas.action.*`,
/// then `canvas.*`), or under `*`, in this order.
pub fn find<'a, T>(registered: &'a HashMap<String, T>, method: &str) -> Option<&'a T> {
    offered(registered, method).or_else(|| registered.get("*"))
}

/// The same without `*`: who answers whatever comes has not offered anything in particular.
pub fn offered<'a, T>(registered: &'a HashMap<String, T>, method: &str) -> Option<&'a T> {
    if registered.is_empty() {
        return None;
    }
    let namespaces = method.rmatch_indices('.').map(|(at, _)| format!("{}*", &method[..=at]));
    registered.get(method).or_else(|| namespaces.filter_map(|name| registered.get(&name)).next())
}

/// What is wrong with a name to register under, if anything is.
pub fn misnamed(name: &str) -> Option<&'static str> {
    let whole = name.strip_suffix(".*").unwrap_or(name);
    match name {
        "" => Some("the method is empty"),
        "*" => None,
        _ if whole.contains('*') => {
            Some("a \"*\" stands alone, or at the end after a dot, as in \"sessionFs.*\"")
        }
        _ => None,
    }
}

/// What a session filesystem can do besides files of text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileCapabilities {
    /// It keeps databases.
    pub sqlite: bool,
    /// It reads and writes bytes.
    pub binary: bool,
    /// It reads parts of files.
    pub read_file_range: bool,
}

/// The methods that a session filesystem with these capabilities must have and `handles` says it has not.
pub fn missing_files(capabilities: FileCapabilities, handles: impl Fn(&str) -> bool) -> Vec<&'static str> {
    let wanted = |name: &str| match name {
        "sessionFs.readFileBytes" | "sessionFs.writeFileBytes" => capabilities.binary,
        "sessionFs.readFileRange" => capabilities.read_file_range,
        _ if name.starts_with("sessionFs.sqlite") => capabilities.sqlite,
        _ => name.starts_with("sessionFs."),
    };
    METHODS.iter().map(|row| row.name).filter(|name| wanted(name) && !handles(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_answers() {
        let names = ["canvas.action.*", "canvas.*", "canvas.open", "*"];
        let mut registered: HashMap<String, &str> =
            names.iter().map(|name| ((*name).into(), *name)).collect();
        for (method, expected) in [
            ("canvas.open", "canvas.open"),
            ("canvas.close", "canvas.*"),
            ("canvas.action.invoke", "canvas.action.*"),
            ("canvas.action", "canvas.*"),
            ("canvas", "*"),
            ("canvasses.open", "*"),
        ] {
            assert_eq!(find(&registered, method), Some(&expected), "{method}");
            assert_eq!(offered(&registered, method), Some(&expected).filter(|name| **name != "*"));
        }
        registered.remove("*");
        assert_eq!(find(&registered, "canvas"), None);
        assert_eq!(find(&registered, "canvas.action.invoke"), Some(&"canvas.action.*"));
        registered.remove("canvas.action.*");
        assert_eq!(find(&registered, "canvas.action.invoke"), Some(&"canvas.*"));
    }

    #[test]
    fn a_star_stands_at_the_end() {
        for name in ["a.b", "a.*", "a.b.*", "*", ".*"] {
            assert_eq!(misnamed(name), None, "{name}");
        }
        for name in ["", "a*", "*.a", "a.*.b", "a.**", "**"] {
            assert!(misnamed(name).is_some(), "{name}");
        }
    }

    #[test]
    fn a_filesystem_needs_what_it_says_it_can() {
        let all = |capabilities| missing_files(capabilities, |_| false).len();
        assert_eq!(all(FileCapabilities::default()), 10);
        assert_eq!(all(FileCapabilities { sqlite: true, ..FileCapabilities::default() }), 13);
        assert_eq!(all(FileCapabilities { sqlite: true, binary: true, read_file_range: true }), 16);
        let has = |name: &str| name != "sessionFs.rm" && name != "sessionFs.stat";
        let missing = missing_files(FileCapabilities::default(), has);
        assert_eq!(missing, ["sessionFs.stat", "sessionFs.rm"]);
    }

    #[test]
    fn every_name_is_there_once() {
        for (index, row) in METHODS.iter().enumerate() {
            assert!(std::ptr::eq(known(row.name), row), "{}", row.name);
            assert!(METHODS[..index].iter().all(|other| other.name != row.name), "{}", row.name);
            assert_eq!(
                crate::protocol::question::by_method(row.name),
                crate::protocol::question::Kind::Other
            );
        }
    }
}
