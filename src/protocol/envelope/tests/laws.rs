//! What holds for the params of every event. Changed and damaged ones are held to it here, and whatever the fuzzer thinks
//! of in `fuzz/`, which is why it uses nothing but what the library offers to everybody.

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::envelope::{self, Beginning, Envelope};

/// Reads all of them in turn, as the reader of a connection does. Each must be read as serde_json reads it, whatever was
/// read before it; what is no JSON must be refused, or said to be a piece of itself.
pub fn hold(all: &[&str]) {
    let mut beginning = Beginning::default();
    let mut before = None;
    for params in all {
        let body = body(params);
        let params = &body[HEAD.len()..body.len() - 1];
        let read = envelope::read(params);
        if serde_json::from_str::<&RawValue>(params).is_ok() {
            assert_eq!(read.as_ref().map(said), other_opinion(params), "{params}");
        }
        if let Some(envelope) = &read {
            assert!(params.as_bytes().as_ptr_range().contains(&envelope.event.as_ptr()), "{params}");
            assert!(params.contains(envelope.event), "{params}");
        }
        if let Some(event) = beginning.event(&body) {
            let read = read.as_ref().unwrap_or_else(|| panic!("known by its beginning only: {params}"));
            assert!(std::ptr::eq(event, read.event), "{params}");
            assert_eq!(before.as_ref(), Some(&whose(read)), "{params}");
        }
        if let Some(envelope) = &read {
            beginning.remember(params, envelope);
            before = Some(whose(envelope));
        }
    }
}

const HEAD: &str = r#"{"jsonrpc":"2.0","method":"session.event","params":"#;

/// The message that brings these params.
pub fn body(params: &str) -> String {
    [HEAD, params, "}"].concat()
}

/// The session, the type, and the event's text.
type Said = (String, String, String);

fn said(envelope: &Envelope<'_>) -> Said {
    let (session_id, event_type) = whose(envelope);
    (session_id, event_type, envelope.event.to_owned())
}

fn whose(envelope: &Envelope<'_>) -> (String, String) {
    (envelope.session_id.to_string(), envelope.event_type.to_string())
}

/// What another parser says. Of params that come twice the last one counts, of the event's members the first one, as
/// whoever reads the event finds it.
fn other_opinion(params: &str) -> Option<Said> {
    let Members(params) = serde_json::from_str(params).ok()?;
    let session_id = params.iter().rfind(|(key, _)| key == "sessionId")?.1;
    let event = params.iter().rfind(|(key, _)| key == "event")?.1;
    let Members(members) = serde_json::from_str(event.get()).ok()?;
    let event_type = members.iter().find(|(key, _)| key == "type")?.1;
    let text = |value: &RawValue| serde_json::from_str(value.get()).ok();
    Some((text(session_id)?, text(event_type)?, event.get().to_owned()))
}

/// The members of an object in their order.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Members<'de>, D::Error> {
        deserializer.deserialize_map(Members(Vec::new()))
    }
}

impl<'de> Visitor<'de> for Members<'de> {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Members<'de>, A::Error> {
        while let Some(member) = map.next_entry()? {
            self.0.push(member);
        }
        Ok(self)
    }
}
