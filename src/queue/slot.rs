//! The event in which waiting events of sessions are told one after the other: only what somebody keeps needs a new one.

use std::sync::Arc;

use super::event::Event;
use super::recycling::{blank, recycle};
use super::subscriptions::Listed;
use super::told::Told;

/// Room for one event at a time, for as long as a thread serves a queue.
#[derive(Default)]
pub struct Slot {
    event: Option<Arc<Event>>,
    listed: Listed,
}

impl Slot {
    /// Runs the callbacks of an event. Gives back the text of the one before.
    #[inline(always)]
    pub fn run(&mut self, told: Told, home: usize) -> String {
        let event = self.event.get_or_insert_with(blank);
        let former = tell(event, told, home);
        event.run_listed(&mut self.listed);
        former
    }

    /// No event is expected: nothing of the last one is held.
    pub fn rest(&mut self) {
        self.listed = Listed::default();
        if let Some(event) = &mut self.event
            && !Arc::get_mut(event).is_some_and(Event::forget)
        {
            self.event = None;
        }
    }

    /// True when nothing of an event is held.
    pub fn is_at_rest(&self) -> bool {
        self.listed.is_none()
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(event) = self.event.take() {
            recycle(event);
        }
    }
}

/// Makes it another event: a new one, where somebody has kept the one that it was.
#[inline(always)]
pub fn tell(event: &mut Arc<Event>, told: Told, home: usize) -> String {
    if let Some(event) = Arc::get_mut(event) {
        return event.tell(told, home);
    }
    *event = blank();
    Arc::get_mut(event).map(|event| event.tell(told, home)).unwrap_or_default()
}

/// An event for somebody to have, and the text of the one that it was before.
pub fn event(told: Told, home: usize) -> (Arc<Event>, String) {
    let mut event = blank();
    let former = tell(&mut event, told, home);
    (event, former)
}
