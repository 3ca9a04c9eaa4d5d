//! Where waiting items are run one after the other: events of sessions in one event, so that only what somebody keeps needs
//! a new one.

use std::sync::Arc;

use super::event::Event;
use super::recycling::{blank, recycle};
use super::subscriptions::Listed;
use super::told::Told;
use super::{Cargo, Item};

/// Room for one item at a time, for as long as a thread serves a queue.
#[derive(Default)]
pub struct Slot {
    item: Option<Item>,
    event: Option<Arc<Event>>,
    listed: Listed,
}

impl Slot {
    /// Takes an item that is to be run, if there is one.
    #[inline(always)]
    pub(super) fn put(&mut self, item: Option<Item>) -> Option<&mut Item> {
        self.item = item;
        self.item.as_mut()
    }

    /// Runs the callbacks of the item. Says whether it was one of the program's; and a text may come free.
    #[inline(always)]
    pub fn run(&mut self, home: usize) -> (bool, String) {
        match self.item.take().map(|item| item.cargo) {
            Some(Cargo::Told(told)) => {
                let event = self.event.get_or_insert_with(blank);
                let former = tell(event, told, home);
                event.run_listed(&mut self.listed);
                (true, former)
            }
            Some(Cargo::Event(event)) => {
                event.run();
                (true, String::new())
            }
            Some(Cargo::Asking(asking)) => {
                asking.run();
                (true, String::new())
            }
            other => {
                drop(other);
                (false, String::new())
            }
        }
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
            drop(recycle(event));
        }
    }
}

/// Makes it another event: a new one, where somebody has kept the one that it was. Gives back the text of that.
#[inline(always)]
pub fn tell(event: &mut Arc<Event>, told: Told, home: usize) -> String {
    if let Some(event) = Arc::get_mut(event) {
        return event.tell(told, home);
    }
    tell_anew(event, told, home)
}

#[cold]
fn tell_anew(event: &mut Arc<Event>, told: Told, home: usize) -> String {
    *event = blank();
    Arc::get_mut(event).map(|event| event.tell(told, home)).unwrap_or_default()
}
