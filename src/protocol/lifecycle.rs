//! The `session.lifecycle` notification. It comes for every session of the server, this client's or not, and twice
//! for creations and deletions.

use super::members::Members;

/// What happened to which session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lifecycle {
    /// "session.created", "session.deleted", "session.updated", "session.foreground", "session.background", or what
    /// newer servers add.
    pub event_type: String,
    /// The session.
    pub session_id: String,
}

/// Reads the params; `None` where they do not say what happened to whom.
pub fn parse(params: &str) -> Option<Lifecycle> {
    let members = Members::read(params)?;
    Some(Lifecycle { event_type: members.text("type")?, session_id: members.text("sessionId")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_happened_to_whom() {
        let read = parse(r#"{"type":"session.new","sessionId":"s","metadata":{"startTime":1}}"#).unwrap();
        assert_eq!((read.event_type.as_str(), read.session_id.as_str()), ("session.new", "s"));
        for json in ["null", "{}", r#"{"type":"session.created"}"#, r#"{"type":1,"sessionId":"s"}"#] {
            assert_eq!(parse(json), None, "{json}");
        }
    }
}
