//! What is sent is made fit first: one bad frame would cost more than its own request, for the CLI answers what it
//! cannot parse without an id.

use std::borrow::Cow;
use std::fmt;

use memchr::{memchr, memmem};

use super::framing::has_surrogate_escape;
use crate::error::{Error, Result};
use crate::json::scan::{self, Kind};

/// The CLI's parser gives up at 128 levels, the message itself being the first.
pub(super) const MAX_DEPTH: usize = 127;

/// Why a text cannot be part of a message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Unfit {
    TooDeep,
    NotJson(usize),
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unfit::TooDeep => write!(f, "nested deeper than the server reads ({MAX_DEPTH} levels)"),
            Unfit::NotJson(at) => write!(f, "not JSON at byte {at}"),
        }
    }
}

/// A JSON text as it may stand below `outer` levels of a message; unpaired surrogate escapes are replaced.
pub(super) fn fit(text: &str, outer: usize) -> std::result::Result<Cow<'_, str>, Unfit> {
    let end = scan::value_end(text, 0).map_err(|malformed| Unfit::NotJson(malformed.at))?;
    if !text[end..].trim_ascii().is_empty() {
        return Err(Unfit::NotJson(end));
    }
    // A level takes two brackets, so that most texts are too short to be too deep.
    if text.len() / 2 + outer > MAX_DEPTH && scan::depth(text) + outer > MAX_DEPTH {
        return Err(Unfit::TooDeep);
    }
    Ok(repaired(text))
}

/// The params of a request or notification.
pub(super) fn params<'a>(method: &str, text: &'a str) -> Result<Cow<'a, str>> {
    if text == "{}" {
        return Ok(Cow::Borrowed(text));
    }
    if scan::kind(text) != Kind::Object {
        return Err(Error::invalid_argument(format!("{method}: the params are not a JSON object")));
    }
    fit(text, 1).map_err(|unfit| match unfit {
        Unfit::TooDeep => {
            Error::invalid_argument(format!("{method}: request too deep: its params are {unfit}"))
        }
        Unfit::NotJson(_) => Error::invalid_argument(format!("{method}: the params are {unfit}")),
    })
}

/// A text as it stands between the quotation marks of a JSON string.
pub(super) fn escaped(text: &str) -> Cow<'_, str> {
    // Byte by byte: these are names, and short.
    if text.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\') {
        return Cow::Borrowed(text);
    }
    let quoted = serde_json::Value::from(text).to_string();
    Cow::Owned(quoted[1..quoted.len() - 1].to_string())
}

fn repaired(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    if memchr(b'\\', bytes).is_none() || !has_surrogate_escape(&memmem::Finder::new(br"\u"), bytes) {
        return Cow::Borrowed(text);
    }
    let mut copy = bytes.to_vec();
    scan::repair_lone_surrogates(&mut copy);
    // The repair replaces ASCII by ASCII; were it ever to do more, the text is sent as it was.
    String::from_utf8(copy).map_or(Cow::Borrowed(text), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    fn nested(levels: usize) -> String {
        format!("{}{}", "[".repeat(levels), "]".repeat(levels))
    }

    #[test]
    fn the_depth_limit_counts_the_levels_around_the_text() {
        assert!(fit(&nested(126), 1).is_ok());
        assert_eq!(fit(&nested(127), 1), Err(Unfit::TooDeep));
        assert_eq!(fit(&nested(126), 2), Err(Unfit::TooDeep));
        assert!(fit(&format!("\"{}\"", nested(500)), 1).is_ok(), "brackets in a string are no levels");
    }

    #[test]
    fn only_one_whole_value_is_fit() {
        for text in ["", "{", "{} x", "{},{}", "tru", "{\"a\":}"] {
            assert!(matches!(fit(text, 1), Err(Unfit::NotJson(_))), "{text}");
        }
        assert_eq!(fit(" {} ", 1).unwrap(), " {} ");
    }

    #[test]
    fn params_are_an_object_and_the_refusal_names_the_method() {
        for text in ["[]", "1", "", "null"] {
            let error = params("a.b", text).unwrap_err();
            assert_eq!(error.code(), Code::InvalidArgument);
            assert!(error.message().starts_with("a.b: "), "{error}");
        }
        let deep = format!("{{\"x\":{}}}", nested(126));
        assert!(params("a.b", &deep).unwrap_err().message().contains("request too deep"));
    }

    #[test]
    fn unpaired_surrogates_are_replaced() {
        assert_eq!(fit(r#"{"a":"\ud800"}"#, 1).unwrap(), r#"{"a":"\ufffd"}"#);
        let pair = r#"{"a":"\ud83d\ude00"}"#;
        assert_eq!(fit(pair, 1).unwrap(), pair);
    }

    #[test]
    fn text_is_escaped_where_it_must_be() {
        assert!(matches!(escaped("session.create é"), Cow::Borrowed("session.create é")));
        assert_eq!(escaped("a\"b\\c\n\u{1}"), "a\\\"b\\\\c\\n\\u0001");
    }
}
