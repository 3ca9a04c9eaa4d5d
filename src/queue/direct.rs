//! Callbacks that are run where events are read: no queue, no other thread, and one event for all that come.

use std::sync::Arc;

use super::event::Event;
use super::name::Name;
use super::recycling::blank;
use super::slot;
use super::subscriptions::Listed;
use super::told::{Origin, Text, Told, Words};
use crate::callback::Serving;

/// What a reader shows events in. The memory of one is that of the next.
#[derive(Default)]
pub struct Direct {
    event: Option<Arc<Event>>,
    spare: String,
    listed: Listed,
}

impl Direct {
    /// Runs the direct callbacks of an event, on this thread. An event that one of them keeps stays as it is.
    ///
    /// Words that are given are not copied: the event has them, and gives them back for whoever else is to have them.
    pub fn run<'w>(&'w mut self, origin: &Arc<Origin>, event_type: &Name, words: Words<'w>) -> Words<'w> {
        match words {
            Words::Lent(words) => {
                let mut text = std::mem::take(&mut self.spare);
                text.clear();
                text.reserve(words.len() + 1);
                text.push_str(words);
                self.show(origin, event_type, Text::whole(text));
                Words::Lent(words)
            }
            Words::Given(text) => {
                self.show(origin, event_type, text);
                self.left()
            }
        }
    }

    #[inline(always)]
    fn show(&mut self, origin: &Arc<Origin>, event_type: &Name, text: Text) {
        let event = self.event.get_or_insert_with(blank);
        let told =
            Told { origin: Arc::clone(origin), event_type: event_type.clone(), called_for: false, text };
        self.spare = slot::tell(event, told, 0);
        let _serving = Serving::enter_direct();
        origin.direct().deliver_again(event, &mut self.listed);
    }

    /// The words of the event that was shown last: its own, unless somebody keeps it.
    fn left(&mut self) -> Words<'_> {
        match self.event.get_or_insert_with(blank) {
            event if Arc::strong_count(event) > 1 => Words::Lent(event.json().text()),
            event => Words::Given(Arc::get_mut(event).map(Event::take_back).unwrap_or_default()),
        }
    }

    /// A batch has ended: nothing of the last session is held, nor much memory.
    pub fn rest(&mut self) {
        self.listed = Listed::default();
        let is_free = |event: &mut Arc<Event>| Arc::get_mut(event).is_some_and(Event::forget);
        if !self.event.as_mut().is_some_and(is_free) {
            self.event = None;
        }
        if self.spare.capacity() > KEPT {
            self.spare = String::new();
        }
    }
}

/// A text that was longer is not kept for the next one.
const KEPT: usize = 64 << 10;
