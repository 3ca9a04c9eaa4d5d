//! A message to send.

use super::attachment::ATTACHMENTS;
use super::keys::{Part, Place, Table, Wants, check, key};
use super::members::{Members, ObjectText};
use crate::error::Result;

static MESSAGE: Table = Table {
    what: "the message",
    keys: &[
        key("prompt", Wants::Text).required(),
        key("attachments", Wants::List(&Wants::Kinds(&ATTACHMENTS))),
        key("mode", Wants::Word(&["enqueue", "immediate"])),
        key("agentMode", Wants::Word(&["interactive", "plan", "autopilot", "shell"])),
        key("source", Wants::Text),
        key("requestHeaders", Wants::Map(&Wants::Text)),
        key("displayPrompt", Wants::Text),
        key("responseFormat", Wants::Object),
        key("traceparent", Wants::Text),
        key("tracestate", Wants::Text),
        key("rawParams", Wants::Object).on(Part::Local),
        key("inactivityTimeoutMs", Wants::Integer(1, i64::MAX)).on(Part::Local),
        key("abortOnTimeout", Wants::Flag).on(Part::Local),
        key("abortOnCancel", Wants::Flag).on(Part::Local),
    ],
    open: false,
    index: None,
};

/// A message, checked. `Debug` shows what the library keeps, not the prompt.
#[derive(Clone)]
pub struct Message {
    /// How long a wait for the answer may go without any event; the library's own, as are the next two.
    pub inactivity_timeout_ms: Option<u64>,
    /// True where a wait that times out ends the turn.
    pub abort_on_timeout: bool,
    /// True where a wait that is cancelled ends the turn.
    pub abort_on_cancel: bool,
    members: String,
}

impl Message {
    /// Checks a message. Fails with `InvalidJson`, or with `InvalidArgument` that names the key by its pointer.
    pub fn parse(json: &str) -> Result<Message> {
        let mut given = check(json, &MESSAGE)?;
        // An empty map of headers is left out, as the official clients do.
        given.keys.retain(|(key, value)| {
            key.name != "requestHeaders" || Members::read(value).is_none_or(|headers| !headers.0.is_empty())
        });
        let mut object = given.wire_object(|part| part == Part::Always, ObjectText::new());
        let place = Place::member(MESSAGE.what, "rawParams");
        let raw_params = Members::lenient(given.raw("rawParams").unwrap_or("{}"));
        for (index, (name, value)) in raw_params.0.iter().enumerate() {
            if name == "sessionId" || given.keys.iter().any(|(key, _)| key.wire == name) {
                return Err(place.at(&**name).refuse("is set already; raw params may add, not replace"));
            }
            if raw_params.0[..index].iter().any(|(other, _)| other == name) {
                return Err(place.at(&**name).refuse("is given twice; give it once"));
            }
            object = object.raw(name, value);
        }
        Ok(Message {
            inactivity_timeout_ms: given.integer("inactivityTimeoutMs").map(|ms| ms as u64),
            abort_on_timeout: given.flag("abortOnTimeout").unwrap_or(false),
            abort_on_cancel: given.flag("abortOnCancel").unwrap_or(false),
            members: object.finish(),
        })
    }

    /// The params of `session.send`.
    pub fn encode(&self, session_id: &str) -> String {
        ObjectText::new().known_text("sessionId", session_id).members_of(&self.members).finish()
    }
}

impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Message")
            .field("inactivity_timeout_ms", &self.inactivity_timeout_ms)
            .field("abort_on_timeout", &self.abort_on_timeout)
            .field("abort_on_cancel", &self.abort_on_cancel)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    #[test]
    fn the_least() {
        let message = Message::parse(r#"{"prompt":""}"#).unwrap();
        assert_eq!(message.encode("s"), r#"{"sessionId":"s","prompt":""}"#);
        assert_eq!(message.inactivity_timeout_ms, None);
        assert!(!message.abort_on_timeout && !message.abort_on_cancel);
    }

    #[test]
    fn every_key() {
        let json = concat!(
            r#"{"prompt":"p","attachments":[{"type":"file","path":"/f","displayName":"f"}],"mode":"enqueue","#,
            r#""agentMode":"plan","source":"user","requestHeaders":{"a":"b"},"displayPrompt":"d","#,
            r#""responseFormat":{ "type":"json_schema" },"traceparent":"t","tracestate":"u""#
        );
        let local = r#","inactivityTimeoutMs":5,"abortOnTimeout":true,"abort_on_cancel":true,"rawParams":{"wait":false}}"#;
        let message = Message::parse(&format!("{json}{local}")).unwrap();
        assert_eq!(message.encode("s"), format!(r#"{{"sessionId":"s",{},"wait":false}}"#, &json[1..]));
        assert_eq!(message.inactivity_timeout_ms, Some(5));
        assert!(message.abort_on_timeout && message.abort_on_cancel);
        assert!(!format!("{message:?}").contains("displayName"));
    }

    #[test]
    fn leaves_out_what_is_unset() {
        let message = Message::parse(r#"{"prompt":"p","mode":null,"requestHeaders":{ }}"#).unwrap();
        assert_eq!(message.encode("s"), r#"{"sessionId":"s","prompt":"p"}"#);
    }

    #[test]
    fn names_what_is_wrong() {
        for (json, message) in [
            ("{}", "the message: /prompt is missing"),
            (r#"{"prompt":1}"#, "the message: /prompt must be a string, but is a number"),
            (r#""hello""#, "the message must be an object, but is a string"),
            (r#"{"promt":"p"}"#, "the message: /promt is not a known key; did you mean \"prompt\"?"),
            (
                r#"{"prompt":"p","mode":"now"}"#,
                r#"the message: /mode must be one of "enqueue", "immediate", but is "now""#,
            ),
            (r#"{"prompt":"p","attachments":[{}]}"#, "the message: /attachments/0/type is missing"),
            (
                r#"{"prompt":"p","attachments":{}}"#,
                "the message: /attachments must be an array, but is an object",
            ),
            (
                r#"{"prompt":"p","requestHeaders":{"a":1}}"#,
                "the message: /requestHeaders/a must be a string, but is a number",
            ),
            (
                r#"{"prompt":"p","inactivityTimeoutMs":0}"#,
                "the message: /inactivityTimeoutMs must be a whole number from 1 on, but is 0",
            ),
            (
                r#"{"prompt":"p","rawParams":{"prompt":"q"}}"#,
                "the message: /rawParams/prompt is set already; raw params may add, not replace",
            ),
            (
                r#"{"prompt":"p","rawParams":{"sessionId":"q"}}"#,
                "the message: /rawParams/sessionId is set already; raw params may add, not replace",
            ),
        ] {
            let error = Message::parse(json).unwrap_err();
            assert_eq!(error.code(), Code::InvalidArgument);
            assert_eq!(error.message(), message);
        }
        let unknown = Message::parse(r#"{"prompt":"p","attachments":[{"type":"files"}]}"#).unwrap_err();
        assert!(unknown.message().contains("/attachments/0/type must be one of \"file\""), "{unknown}");
    }
}
