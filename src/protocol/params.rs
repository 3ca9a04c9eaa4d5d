//! The params of calls that are more than what the program gave.

use super::members::{Members, ObjectText, user_json};
use super::names::event;
use crate::error::{Error, Result};

/// `{"sessionId":…}`.
pub fn of_session(session_id: &str) -> String {
    ObjectText::new().text("sessionId", session_id).finish()
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
        None => Ok(ObjectText::new().text("sessionId", session_id).members_of(params).finish()),
    }
}

/// The params of `session.model.switchTo`. Fails like [`with_session_id`].
pub fn switch_model(session_id: &str, model: &str, options: Option<&str>) -> Result<String> {
    let options = options.unwrap_or("{}");
    object(options, "the options")?;
    Ok(ObjectText::new().text("sessionId", session_id).text("modelId", model).members_of(options).finish())
}

/// The params that subscribe to logins of MCP servers, which come to nobody unasked.
pub fn mcp_oauth_interest(session_id: &str) -> String {
    ObjectText::new().text("sessionId", session_id).text("eventType", event::MCP_OAUTH_REQUIRED).finish()
}

fn object<'a>(text: &'a str, what: &str) -> Result<Members<'a>> {
    let json = user_json(text, what)?;
    Members::read(json.get()).ok_or_else(|| Error::invalid_argument(format!("{what} are no JSON object")))
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
        assert_eq!(switch_model("s", "m", Some("7")).unwrap_err().code(), Code::InvalidArgument);
    }
}
