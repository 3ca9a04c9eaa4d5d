//! The least that can be done to tell events apart: the CLI's habitual layout is compared, nothing is parsed.

const BEFORE_SESSION: &str = r#"{"jsonrpc":"2.0","method":"session.event","params":{"sessionId":""#;
const BEFORE_TYPE: &str = r#"","event":{"type":""#;
const BEFORE_DATA: &str = r#"","data":{"#;
const BEFORE_MESSAGE: &str = r#""messageId":""#;
const BEFORE_TEXT: &str = r#"","deltaContent":""#;
const BEFORE_REQUEST: &str = r#""requestId":""#;

/// An event, as far as the layout tells.
pub struct Event<'a> {
    /// The id of its session.
    pub session: &'a str,
    /// Its type.
    pub kind: &'a str,
    /// What follows the brace of its data.
    pub data: &'a str,
}

impl<'a> Event<'a> {
    /// `None` is a body that is no event of this layout.
    pub fn read(body: &'a str) -> Option<Event<'a>> {
        let (session, rest) = until_quote(body.strip_prefix(BEFORE_SESSION)?)?;
        let (kind, rest) = until_quote(rest.strip_prefix(BEFORE_TYPE)?)?;
        Some(Event { session, kind, data: rest.strip_prefix(BEFORE_DATA)? })
    }

    /// The text of an `assistant.message_delta`; the mock's has no escapes.
    pub fn delta_text(&self) -> Option<&'a str> {
        let (_, rest) = until_quote(self.data.strip_prefix(BEFORE_MESSAGE)?)?;
        Some(until_quote(rest.strip_prefix(BEFORE_TEXT)?)?.0)
    }

    /// The id of an `external_tool.requested`.
    pub fn request_id(&self) -> Option<&'a str> {
        Some(until_quote(self.data.strip_prefix(BEFORE_REQUEST)?)?.0)
    }
}

/// The text up to the next quote, and what begins with that.
fn until_quote(text: &str) -> Option<(&str, &str)> {
    text.find('"').map(|end| text.split_at(end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frames;

    #[test]
    fn events_are_told_apart() {
        let data = frames::tool_requested("s", "r-1", 7);
        let body = frames::event("s", "external_tool.requested", &data, false, 1);
        let event = Event::read(&body).unwrap();
        assert_eq!((event.session, event.kind), ("s", "external_tool.requested"));
        assert_eq!(event.request_id(), Some("r-1"));
        assert_eq!(event.delta_text(), None);
    }

    #[test]
    fn a_delta_has_its_text() {
        let mut frame = frames::Patched::message_delta("s", "m", 16, frames::INDEX_DIGITS);
        let bytes = frame.patch(1, 42).to_vec();
        let text = String::from_utf8(bytes).unwrap();
        let event = Event::read(text.split_once("\r\n\r\n").unwrap().1).unwrap();
        assert_eq!(event.delta_text(), Some("00000042the quic"));
    }

    #[test]
    fn another_layout_is_none() {
        for body in ["", "{}", r#"{"method":"session.event","jsonrpc":"2.0"}"#, BEFORE_SESSION] {
            assert!(Event::read(body).is_none(), "{body}");
        }
    }
}
