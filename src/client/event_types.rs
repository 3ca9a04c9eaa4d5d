//! The types of the events of one connection: a stream has few, each of them a great many times.

use std::hash::Hasher;
use std::sync::Arc;

use super::sessions::IdHasher;
use crate::protocol::events;
use crate::queue::{Name, intern};

/// A type of event, and what is to be known of it before the event is read.
#[derive(Debug)]
pub struct EventType {
    /// As programs read it.
    pub name: Name,
    /// As the wire has it.
    pub text: Box<str>,
    /// True where the library acts upon it.
    pub is_acted: bool,
}

impl EventType {
    fn new(text: &str) -> EventType {
        EventType { name: intern(text), text: text.into(), is_acted: events::is_acted(text) }
    }
}

const PLACES: usize = 64;

/// The types that came last. Each has one place; two that meet there are looked up in turn.
pub(super) struct EventTypes([Option<Arc<EventType>>; PLACES]);

impl Default for EventTypes {
    fn default() -> EventTypes {
        EventTypes([const { None }; PLACES])
    }
}

impl EventTypes {
    /// The type with this name.
    pub fn get(&mut self, text: &str) -> &Arc<EventType> {
        let place = &mut self.0[place(text)];
        place.take_if(|known| *known.text != *text);
        place.get_or_insert_with(|| Arc::new(EventType::new(text)))
    }
}

fn place(text: &str) -> usize {
    let mut hasher = IdHasher::default();
    hasher.write(text.as_bytes());
    hasher.finish() as usize % PLACES
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::names::event;

    #[test]
    fn each_type_is_what_it_says_whoever_had_its_place() {
        let mut types = EventTypes::default();
        let names: Vec<String> = (0..500).map(|n| format!("type.{n}")).collect();
        for name in names.iter().chain(&names) {
            let event_type = types.get(name);
            assert_eq!((event_type.name.to_str().unwrap(), &*event_type.text), (&**name, &**name));
            assert!(!event_type.is_acted);
        }
        assert!(types.get(event::SESSION_IDLE).is_acted);
        assert_eq!(&*types.get("").name, c"");
        let with_nul = types.get("a\0b");
        assert_eq!((&*with_nul.name, &*with_nul.text), (c"a", "a\0b"));
    }

    #[test]
    fn the_types_of_a_stream_have_places_of_their_own() {
        let stream = [
            "assistant.message_delta",
            "assistant.streaming_delta",
            "assistant.reasoning_delta",
            "assistant.tool_call_delta",
        ];
        let mut places = stream.map(place).to_vec();
        places.sort_unstable();
        places.dedup();
        assert_eq!(places.len(), stream.len());
    }
}
