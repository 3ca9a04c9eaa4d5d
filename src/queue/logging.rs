//! Messages of the library as items, for programs whose functions cannot be called by threads that they do not know.

use std::sync::Arc;

use super::overflow::Listeners;
use super::{Event, Kind, Queue, intern};
use crate::json::Json;
use crate::log::{Level, Listener};

/// The type of the event.
const TYPE: &str = "log";

impl Listener for Queue {
    fn hear(&self, level: Level, target: &str, message: &str) {
        let listeners = Listeners(self.state.lock().account.listeners());
        let called_for = listeners.want(TYPE);
        if !called_for && !self.takes_everything() {
            return;
        }
        let json = serde_json::json!({ "level": level.name(), "target": target, "message": message });
        let event = Event::new(Kind::Log, intern(TYPE), None, Json::from_trusted(json.to_string()));
        let event = if called_for { event.delivered_by(Arc::new(listeners)) } else { event };
        // A closed queue has nobody to tell.
        let _ = self.push(Arc::new(event));
    }
}
