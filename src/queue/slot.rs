//! The event in which waiting events of sessions are told one after the other: only what somebody keeps needs a new one.

use std::sync::Arc;

use super::event::Event;
use super::recycling::{blank, recycle};
use super::told::Told;

/// Room for one event at a time, for as long as a thread serves a queue.
#[derive(Default)]
pub struct Slot(Option<Arc<Event>>);

impl Slot {
    /// Runs the callbacks of an event. Gives back the text of the one before.
    pub fn run(&mut self, told: Told, home: usize) -> String {
        let event = self.0.get_or_insert_with(blank);
        if Arc::get_mut(event).is_none() {
            *event = blank(); // a callback has kept the one before
        }
        let former = Arc::get_mut(event).map(|event| event.tell(told, home));
        event.run();
        former.unwrap_or_default()
    }

    /// No event is expected: nothing of the last one is held.
    pub fn rest(&mut self) {
        if let Some(event) = &mut self.0
            && !Arc::get_mut(event).is_some_and(Event::forget)
        {
            self.0 = None;
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(event) = self.0.take() {
            recycle(event);
        }
    }
}

/// An event for somebody to have, and the text of the one that it was before.
pub fn event(told: Told, home: usize) -> (Arc<Event>, String) {
    let mut event = blank();
    let former = Arc::get_mut(&mut event).map(|event| event.tell(told, home));
    (event, former.unwrap_or_default())
}
