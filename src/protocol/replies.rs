//! Results that say "no" while the call succeeded, and results whose shape differs between servers.

use super::members::Members;
use crate::error::{Code, Error, Result};

/// Reads the result of `session.delete`. Fails with `Session` where the server could not.
pub fn deleted(result: &str, session_id: &str) -> Result<()> {
    succeeded(result, &format!("delete session {session_id}"))
}

/// Reads the result of `session.setForeground`. Fails with `Session` where no terminal shows sessions.
pub fn set_foreground(result: &str, session_id: &str) -> Result<()> {
    succeeded(result, &format!("bring session {session_id} to the foreground"))
}

/// Reads the result of `session.abort`. Fails with `Session` where the server could not.
pub fn aborted(result: &str, session_id: &str) -> Result<()> {
    succeeded(result, &format!("abort session {session_id}"))
}

/// Reads the result of `session.detach` or `session.destroy`. Fails with `Session` where the server could not.
pub fn let_go(result: &str, session_id: &str) -> Result<()> {
    succeeded(result, &format!("let go of session {session_id}"))
}

/// Reads the result of `session.getLastId`; `None` where there is no session yet.
pub fn last_session_id(result: &str) -> Option<String> {
    Members::lenient(result).text("sessionId").filter(|id| !id.is_empty())
}

/// Reads the result of `session.send`: the message's id; `None` where the server names none.
pub fn message_id(result: &str) -> Option<String> {
    Members::lenient(result).text("messageId").filter(|id| !id.is_empty())
}

/// `{"success":false,"error"?}` is a refusal; anything else, null included, is not.
fn succeeded(result: &str, what: &str) -> Result<()> {
    let members = Members::lenient(result);
    if members.typed("success") != Some(false) {
        return Ok(());
    }
    let reason = members.text("error").filter(|error| !error.is_empty());
    let reason = reason.as_deref().unwrap_or("the CLI gave no reason");
    Err(Error::new(Code::Session, format!("Failed to {what}: {reason}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_an_error() {
        let refused = r#"{"success":false,"error":"Session file not found"}"#;
        type Reader = fn(&str, &str) -> Result<()>;
        let readers: [(Reader, &str); 4] = [
            (deleted, "Failed to delete session s: Session file not found"),
            (set_foreground, "Failed to bring session s to the foreground: Session file not found"),
            (aborted, "Failed to abort session s: Session file not found"),
            (let_go, "Failed to let go of session s: Session file not found"),
        ];
        for (read, message) in readers {
            let error = read(refused, "s").unwrap_err();
            assert_eq!((error.code(), error.message()), (Code::Session, message));
            let silent = read(r#"{"success":false,"error":null}"#, "s").unwrap_err();
            assert!(silent.message().ends_with(": the CLI gave no reason"), "{silent}");
            for fine in [r#"{"success":true}"#, "{}", "null", r#"{"success":null}"#] {
                assert!(read(fine, "s").is_ok(), "{fine}");
            }
        }
    }

    #[test]
    fn ids_that_may_be_missing() {
        assert_eq!(last_session_id(r#"{"sessionId":"s"}"#).as_deref(), Some("s"));
        assert_eq!(message_id(r#"{"messageId":"m"}"#).as_deref(), Some("m"));
        for none in ["{}", "null", r#"{"sessionId":null,"messageId":""}"#] {
            assert_eq!(last_session_id(none), None);
            assert_eq!(message_id(none), None);
        }
    }
}
