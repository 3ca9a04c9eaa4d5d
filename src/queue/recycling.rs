//! Memory that is used again: the texts of events that were read, and the events that were freed.

use std::cell::RefCell;
use std::sync::Arc;

use super::event::Event;

/// A text with more memory than this is not kept: few events have it, and they would fill the rest.
const LARGE: usize = 4 << 10;

/// How much memory a queue keeps, in how many texts. It goes when nothing has waited for a while.
const KEPT: usize = 1 << 20;
const TEXTS: usize = 2048;

/// Texts without their words.
#[derive(Default)]
pub struct Spares {
    texts: Vec<String>,
    bytes: usize,
}

impl Spares {
    /// A copy, with room for the NUL that ends it for C.
    #[inline]
    pub fn copy(&mut self, words: &str) -> String {
        let mut text = self.texts.pop().unwrap_or_default();
        self.bytes -= text.capacity();
        text.reserve(words.len() + 1);
        text.push_str(words);
        text
    }

    /// How many there are.
    #[cfg(all(test, not(copilot_loom)))]
    pub fn count(&self) -> usize {
        self.texts.len()
    }

    /// True where a copy of so many bytes is better made without the queue's lock.
    pub fn is_large(bytes: usize) -> bool {
        bytes >= LARGE
    }

    /// Takes a text whose words nobody needs any more.
    #[inline]
    pub fn give(&mut self, mut text: String) {
        let capacity = text.capacity();
        let fits = self.bytes + capacity <= KEPT && self.texts.len() < TEXTS;
        if capacity > 0 && capacity <= LARGE && fits {
            text.clear();
            self.bytes += capacity;
            self.texts.push(text);
        }
    }
}

/// The most events that a thread keeps: about as many as one call takes out of a queue.
const EVENTS: usize = 64;

thread_local! {
    /// Events that this thread has freed and will take again.
    static FREED: RefCell<Vec<Arc<Event>>> = const { RefCell::new(Vec::new()) };
}

/// An event that tells nothing yet, and that nobody else has.
pub fn blank() -> Arc<Event> {
    // A thread that is past its end has none.
    FREED.try_with(|freed| freed.borrow_mut().pop()).ok().flatten().unwrap_or_default()
}

/// Keeps an event that was freed, if nobody else has it and it is one that can tell something else. Otherwise it comes
/// back.
#[inline]
pub fn recycle(mut event: Arc<Event>) -> Option<Arc<Event>> {
    if !Arc::get_mut(&mut event).is_some_and(Event::forget) {
        return Some(event);
    }
    let kept = FREED.try_with(|freed| {
        let mut freed = freed.borrow_mut();
        if freed.len() >= EVENTS {
            return Some(event);
        }
        freed.push(event);
        None
    });
    kept.ok().flatten()
}
