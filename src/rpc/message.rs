//! What a body is: decided by the keys of the outermost object alone; everything inside stays raw text.

use std::borrow::Cow;
use std::fmt;

use super::header::quoted;
use crate::error::{Code, Error, Result};
use crate::json::scan::{self, Kind};

/// The id of a request. A text is kept as it was spelled, so that it is echoed exactly.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Id {
    /// An integer; 0 is one like any other.
    Number(i64),
    /// A JSON string with its quotation marks.
    Text(Box<str>),
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Id::Number(number) => number.fmt(f),
            Id::Text(raw) => raw.fmt(f),
        }
    }
}

/// One message, its parts borrowed from the body as raw JSON.
#[derive(Clone, Debug, PartialEq)]
pub enum Message<'a> {
    /// Wants an answer with the same id.
    #[allow(missing_docs)]
    Request { id: Id, method: Cow<'a, str>, params: &'a str },
    /// The answer to a request of ours.
    #[allow(missing_docs)]
    Response { id: Id, outcome: Outcome<'a> },
    /// The peer could not read something that we sent, and cannot say what.
    NullIdError(ErrorObject<'a>),
    /// Wants no answer.
    #[allow(missing_docs)]
    Notification { method: Cow<'a, str>, params: &'a str },
}

/// How a request of ours ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome<'a> {
    /// The raw result; `null` when there is none.
    Result(&'a str),
    /// The peer's refusal.
    Error(ErrorObject<'a>),
    /// An `error` that is not an error object. The stream is in order, so this concerns that one request.
    Malformed,
}

/// JSON-RPC's error object.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub struct ErrorObject<'a> {
    pub code: i64,
    pub message: Cow<'a, str>,
    pub data: Option<&'a str>,
}

/// Finds out what a body is, however its members are ordered and spelled. Absent `params` are `{}`, an absent `result`
/// is `null`, and null means absent. Everything that is borrowed is one JSON value by structure.
///
/// # Errors
/// `Protocol` when it is no JSON-RPC message. The connection cannot go on then: a message is lost, and nobody knows
/// what it was.
pub fn classify(body: &str) -> Result<Message<'_>> {
    let envelope = Envelope::read(body)?;
    let message = match (envelope.method, envelope.id) {
        (Some(raw), id) => {
            let method = scan::string(raw).ok_or_else(|| refused("a method that is not a string", body))?;
            let params = envelope.params.unwrap_or("{}");
            match id {
                Some(raw) => Message::Request { id: read_id(raw, body)?, method, params },
                None => Message::Notification { method, params },
            }
        }
        (None, Some(raw)) => response(read_id(raw, body)?, &envelope, body)?,
        (None, None) => match envelope.error.map(ErrorObject::read) {
            Some(Some(error)) => Message::NullIdError(error),
            Some(None) => return Err(refused("a malformed error without an id", body)),
            None => return Err(refused("neither a method nor an id", body)),
        },
    };
    Ok(message)
}

fn response<'a>(id: Id, envelope: &Envelope<'a>, body: &str) -> Result<Message<'a>> {
    let outcome = match envelope.error.map(ErrorObject::read) {
        None => Outcome::Result(envelope.result.unwrap_or("null")),
        Some(Some(error)) => Outcome::Error(error),
        Some(None) if matches!(id, Id::Number(_)) => Outcome::Malformed,
        Some(None) => return Err(refused("a malformed error", body)),
    };
    Ok(Message::Response { id, outcome })
}

/// The members that mean something, as raw values; null ones are left out.
#[derive(Default)]
struct Envelope<'a> {
    id: Option<&'a str>,
    method: Option<&'a str>,
    params: Option<&'a str>,
    result: Option<&'a str>,
    error: Option<&'a str>,
}

impl<'a> Envelope<'a> {
    fn read(body: &'a str) -> Result<Envelope<'a>> {
        let members = scan::members(body).map_err(|_| no_object(body))?;
        let mut envelope = Envelope::default();
        let mut version = None;
        for member in members {
            let (key, value) = member.map_err(|malformed| {
                refused(&format!("text that stops being JSON at byte {}", malformed.at), body)
            })?;
            let slot = match () {
                _ if scan::key_is(key, "params") => &mut envelope.params,
                _ if scan::key_is(key, "method") => &mut envelope.method,
                _ if scan::key_is(key, "id") => &mut envelope.id,
                _ if scan::key_is(key, "result") => &mut envelope.result,
                _ if scan::key_is(key, "error") => &mut envelope.error,
                _ if scan::key_is(key, "jsonrpc") => &mut version,
                _ => continue,
            };
            *slot = Some(value).filter(|value| *value != "null");
        }
        match version.and_then(scan::string).as_deref() {
            Some("2.0") => Ok(envelope),
            _ => Err(refused("no \"jsonrpc\":\"2.0\"", body)),
        }
    }
}

impl<'a> ErrorObject<'a> {
    /// `None` unless it has an integer code and a message.
    fn read(raw: &'a str) -> Option<ErrorObject<'a>> {
        let (mut code, mut message, mut data) = (None, None, None);
        for member in scan::members(raw).ok()? {
            let (key, value) = member.ok()?;
            if scan::key_is(key, "code") {
                code = value.parse().ok();
            } else if scan::key_is(key, "message") {
                message = scan::string(value);
            } else if scan::key_is(key, "data") {
                data = Some(value).filter(|value| *value != "null");
            }
        }
        Some(ErrorObject { code: code?, message: message?, data })
    }
}

fn read_id(raw: &str, body: &str) -> Result<Id> {
    parse_id(raw).ok_or_else(|| refused("an id that is neither an integer nor a string", body))
}

/// An id from its raw JSON.
pub(super) fn parse_id(raw: &str) -> Option<Id> {
    match scan::kind(raw) {
        Kind::String => Some(Id::Text(raw.into())),
        Kind::Number => raw.parse().ok().map(Id::Number),
        _ => None,
    }
}

fn no_object(body: &str) -> Error {
    let what = match body.trim_ascii_start().as_bytes().first() {
        Some(b'[') => "a batch, which this protocol does not have",
        _ => "what is not a JSON object",
    };
    refused(what, body)
}

fn refused(what: &str, body: &str) -> Error {
    Error::new(Code::Protocol, format!("the server sent a message with {what}: {}", quoted(body.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(body: &str) -> (Id, String, &str) {
        match classify(body).unwrap() {
            Message::Request { id, method, params } => (id, method.into_owned(), params),
            other => panic!("{other:?}"),
        }
    }

    fn notification(body: &str) -> (String, &str) {
        match classify(body).unwrap() {
            Message::Notification { method, params } => (method.into_owned(), params),
            other => panic!("{other:?}"),
        }
    }

    fn outcome(body: &str) -> (Id, Outcome<'_>) {
        match classify(body).unwrap() {
            Message::Response { id, outcome } => (id, outcome),
            other => panic!("{other:?}"),
        }
    }

    fn fatal(body: &str) -> String {
        let error = classify(body).expect_err(body);
        assert_eq!(error.code(), Code::Protocol);
        error.message().to_string()
    }

    #[test]
    fn a_request_has_an_id_and_a_method() {
        let (id, method, params) = request(r#"{"jsonrpc":"2.0","id":0,"method":"a.b","params":{"x":[1]}}"#);
        assert_eq!((id, method.as_str(), params), (Id::Number(0), "a.b", r#"{"x":[1]}"#));
        let (id, method, params) =
            request(r#" { "params" : null , "method":"\u0061" , "id":"\u0031", "jsonrpc":"2.0" } "#);
        assert_eq!((id, method.as_str(), params), (Id::Text(r#""\u0031""#.into()), "a", "{}"));
        let body = format!(r#"{{"jsonrpc":"2.0","id":{},"method":"m"}}"#, i64::MIN);
        assert_eq!(request(&body), (Id::Number(i64::MIN), "m".to_string(), "{}"));
    }

    #[test]
    fn a_notification_has_a_method_only() {
        let expected = ("m".to_string(), "[1]");
        assert_eq!(notification(r#"{"jsonrpc":"2.0","method":"m","params":[1]}"#), expected);
        assert_eq!(notification(r#"{"params":[1],"method":"m","id":null,"jsonrpc":"2.0"}"#), expected);
        assert_eq!(notification(r#"{"jsonrpc":"2.0","method":"m"}"#).1, "{}");
        // The last of two members counts, and members inside others count for nothing.
        assert_eq!(notification(r#"{"jsonrpc":"2.0","method":"x","params":{"id":7},"method":"m"}"#).0, "m");
    }

    #[test]
    fn an_escaped_key_is_the_same_key() {
        assert_eq!(request(r#"{"jsonrpc":"2.0","\u0069d":3,"method":"m"}"#).0, Id::Number(3));
    }

    #[test]
    fn a_response_has_an_id_only() {
        let id = Id::Number(7);
        assert_eq!(
            outcome(r#"{"jsonrpc":"2.0","id":7,"result":{"a":1}}"#),
            (id.clone(), Outcome::Result(r#"{"a":1}"#))
        );
        for body in [
            r#"{"jsonrpc":"2.0","id":7}"#,
            r#"{"jsonrpc":"2.0","id":7,"result":null}"#,
            r#"{"jsonrpc":"2.0","id":7,"result":null,"error":null}"#,
        ] {
            assert_eq!(outcome(body), (id.clone(), Outcome::Result("null")), "{body}");
        }
    }

    #[test]
    fn an_error_has_a_code_of_64_bits_a_message_and_perhaps_data() {
        let body = r#"{"jsonrpc":"2.0","id":7,"result":1,"error":{"code":-9007199254740993,"message":"é\n","data":{"k":[]}}}"#;
        let expected =
            ErrorObject { code: -9007199254740993, message: "é\n".into(), data: Some(r#"{"k":[]}"#) };
        assert_eq!(outcome(body).1, Outcome::Error(expected));
        let body = r#"{"jsonrpc":"2.0","id":null,"error":{"message":"m","code":-32700,"data":null}}"#;
        let expected = ErrorObject { code: -32700, message: "m".into(), data: None };
        assert_eq!(classify(body).unwrap(), Message::NullIdError(expected.clone()));
        assert_eq!(classify(&body.replace("\"id\":null,", "")).unwrap(), Message::NullIdError(expected));
    }

    #[test]
    fn a_malformed_error_concerns_its_request_only() {
        for error in [
            "1",
            "\"text\"",
            "{}",
            r#"{"code":1}"#,
            r#"{"code":1.5,"message":""}"#,
            r#"{"code":1,"message":2}"#,
            "[]",
        ] {
            let body = format!(r#"{{"jsonrpc":"2.0","id":7,"error":{error}}}"#);
            assert_eq!(outcome(&body), (Id::Number(7), Outcome::Malformed), "{body}");
            fatal(&body.replace("7", "\"7\""));
            fatal(&body.replace("7", "null"));
        }
    }

    #[test]
    fn what_is_no_message_is_fatal_and_says_what_came() {
        assert!(fatal("").contains("not a JSON object"));
        assert!(fatal("Hello world").contains("\"Hello world\""));
        assert!(fatal(r#"[{"jsonrpc":"2.0","method":"m"}]"#).contains("a batch"));
        for body in ["1", "null", "\"x\"", "nulltext"] {
            assert!(fatal(body).contains("not a JSON object"));
        }
        for body in
            [r#"{"method":"m"}"#, r#"{"jsonrpc":"1.0","method":"m"}"#, r#"{"jsonrpc":2.0,"method":"m"}"#]
        {
            assert!(fatal(body).contains("no \"jsonrpc\":\"2.0\""));
        }
        for body in [
            r#"{"jsonrpc":"2.0"}"#,
            r#"{"jsonrpc":"2.0","id":null,"result":1}"#,
            r#"{"jsonrpc":"2.0","id":1.5,"result":1}"#,
            r#"{"jsonrpc":"2.0","id":true,"method":"m"}"#,
            r#"{"jsonrpc":"2.0","id":9223372036854775808,"result":1}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":5}"#,
        ] {
            fatal(body);
        }
        for body in [
            r#"{"jsonrpc":"2.0","id":1,"method":"m","params":{"a":}}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{"a":}}"#,
            r#"{"jsonrpc":"2.0","method":"m","params":{}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"m","params":{}}}"#,
            r#"{"jsonrpc":"2.0","method":"m","params":[1}]}"#,
            r#"{"jsonrpc":"2.0","method":"m"#,
        ] {
            assert!(fatal(body).contains("stops being JSON"), "{body}");
        }
    }

    #[test]
    fn hostile_depth_is_only_text() {
        let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
        let body = format!(r#"{{"jsonrpc":"2.0","method":"m","params":{deep}}}"#);
        assert!(notification(&body).1 == deep);
    }
}
