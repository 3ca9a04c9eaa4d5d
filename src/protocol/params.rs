//! The params of calls that are more than what the program gave.

use super::keys::{Part, Table, Wants, check, key};
use super::members::{Members, ObjectText, user_json};
use super::names::event;
use crate::error::{Error, Result};

/// `{"sessionId":…}`.
pub fn of_session(session_id: &str) -> String {
    ObjectText::with_room(session_id.len() + 18).known_text("sessionId", session_id).finish()
}

/// The program's params with the session's id in front. Fails with `InvalidJson`, or with `InvalidArgument` where
/// they are no object or name another session.
pub fn with_session_id(params: &str, session_id: &str) -> Result<String> {
    let given = object(params, "the params")?;
    match given.text("sessionId") {
        Some(other) if other != session_id => Err(Error::invalid_argument(format!(
            "/sessionId: the params name session {other}, but the call is made on session {session_id}; leave it out"
        ))),
        Some(_) => Ok(params.to_owned()),
        None => Ok(ObjectText::new().known_text("sessionId", session_id).members_of(params).finish()),
    }
}

/// Open: what can be switched grows with the server.
static MODEL_OPTIONS: Table = Table {
    what: "the options",
    keys: &[
        key("sessionId", Wants::Any).on(Part::Never("the call is made on a session")),
        key("modelId", Wants::Any).on(Part::Never("it is an argument of its own")),
        key("reasoningEffort", Wants::Text),
        key("reasoningSummary", Wants::Word(&["none", "concise", "detailed"])),
        key("contextTier", Wants::Maybe(&Wants::Word(&["default", "long_context"]))),
        key("modelCapabilities", Wants::Object),
        // Null takes the tier back, and is not the same as nothing.
        key("autoTier", Wants::Maybe(&Wants::Text)),
    ],
    open: true,
    index: None,
};

/// The params of `session.model.switchTo`. Fails with `InvalidJson`, or with `InvalidArgument` that names the key by
/// its pointer.
pub fn switch_model(session_id: &str, model: &str, options: Option<&str>) -> Result<String> {
    let options = check(options.unwrap_or("{}"), &MODEL_OPTIONS)?;
    let object = ObjectText::new().known_text("sessionId", session_id).text("modelId", model);
    Ok(options.wire_object(|_| true, object).finish())
}

/// The params that subscribe to logins of MCP servers, which come to nobody unasked.
pub fn mcp_oauth_interest(session_id: &str) -> String {
    ObjectText::new()
        .known_text("sessionId", session_id)
        .text("eventType", event::MCP_OAUTH_REQUIRED)
        .finish()
}

fn object<'a>(text: &'a str, what: &str) -> Result<Members<'a>> {
    let json = user_json(text, what)?;
    Members::read(json).ok_or_else(|| Error::invalid_argument(format!("{what} are no JSON object")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    #[test]
    fn the_id_goes_in_front() {
        assert_eq!(with_session_id("{}", "s").unwrap(), r#"{"sessionId":"s"}"#);
        assert_eq!(with_session_id(r#"{"a":[1]}"#, "s").unwrap(), r#"{"sessionId":"s","a":[1]}"#);
        assert_eq!(with_session_id(r#"{"sessionId":"s"}"#, "s").unwrap(), r#"{"sessionId":"s"}"#);
        for (params, code) in [
            ("", Code::InvalidJson),
            ("[1]", Code::InvalidArgument),
            (r#"{"sessionId":"other"}"#, Code::InvalidArgument),
        ] {
            assert_eq!(with_session_id(params, "s").unwrap_err().code(), code, "{params}");
        }
    }

    #[test]
    fn a_model_and_its_options() {
        assert_eq!(switch_model("s", "m", None).unwrap(), r#"{"sessionId":"s","modelId":"m"}"#);
        let with = switch_model("s", "m", Some(r#"{"reasoningEffort":"high"}"#)).unwrap();
        assert_eq!(with, r#"{"sessionId":"s","modelId":"m","reasoningEffort":"high"}"#);
        let reset = switch_model("s", "auto", Some(r#"{"auto_tier":null,"soon":1}"#)).unwrap();
        assert_eq!(reset, r#"{"sessionId":"s","modelId":"auto","autoTier":null,"soon":1}"#);
        for wrong in [
            r#"{"modelId":"n"}"#,
            r#"{"sessionId":"s"}"#,
            r#"{"autoTier":1}"#,
            r#"{"reasoningEffort":null,"reasoning_effort":[]}"#,
        ] {
            assert_eq!(
                switch_model("s", "m", Some(wrong)).unwrap_err().code(),
                Code::InvalidArgument,
                "{wrong}"
            );
        }
        assert_eq!(switch_model("s", "m", Some("7")).unwrap_err().code(), Code::InvalidArgument);
    }
}
