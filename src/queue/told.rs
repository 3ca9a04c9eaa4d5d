//! Events of sessions as they wait: by value, with their text as the only thing that is allocated for each.

use std::sync::Arc;

use super::name::Name;
use super::subscriptions::Subscriptions;

/// Where the events of a session come from, and who hears them.
pub struct Origin {
    session_id: Name,
    subscriptions: Arc<Subscriptions>,
    direct: Subscriptions,
}

impl Origin {
    /// The session of this id, whose callbacks these are.
    pub fn new(session_id: Name, subscriptions: Arc<Subscriptions>) -> Arc<Origin> {
        Arc::new(Origin { session_id, subscriptions, direct: Subscriptions::default() })
    }

    /// The session's id.
    pub fn session_id(&self) -> &Name {
        &self.session_id
    }

    /// Its callbacks.
    pub fn subscriptions(&self) -> &Arc<Subscriptions> {
        &self.subscriptions
    }

    /// Its callbacks that are run where events are read, whoever serves the queue.
    pub fn direct(&self) -> &Subscriptions {
        &self.direct
    }

    /// Ends the subscriptions of these numbers without waiting for a call that is running.
    pub fn forget(&self, ids: &[i64]) {
        self.subscriptions.forget(ids);
        self.direct.forget(ids);
    }

    /// Takes all of them out.
    pub fn clear(&self) {
        self.subscriptions.clear();
        self.direct.clear();
    }
}

/// The text of an event: the end of some other text, whose memory it has.
#[derive(Default)]
pub struct Text {
    pub(super) whole: String,
    pub(super) start: usize,
}

impl Text {
    /// All of a text.
    pub fn whole(text: String) -> Text {
        Text { whole: text, start: 0 }
    }

    /// A part of it. What is before stays in memory for as long as the part.
    pub fn part(mut text: String, part: std::ops::Range<usize>) -> Text {
        text.truncate(part.end);
        Text { whole: text, start: part.start }
    }

    /// What it says.
    pub fn as_str(&self) -> &str {
        self.whole.get(self.start..).unwrap_or_default()
    }
}

/// The words of an event that is about to wait.
pub enum Words<'a> {
    /// Copied, into memory that was used before where there is some.
    Lent(&'a str),
    /// Kept as they are.
    Given(Text),
}

impl Words<'_> {
    /// What they say.
    #[inline(always)]
    pub fn as_str(&self) -> &str {
        match self {
            Words::Lent(words) => words,
            Words::Given(text) => text.as_str(),
        }
    }
}

/// One event of a session that waits.
pub struct Told {
    pub(super) origin: Arc<Origin>,
    pub(super) event_type: Name,
    /// True where the session had a callback for it when it came.
    pub(super) called_for: bool,
    pub(super) text: Text,
}

impl Told {
    /// What it counts for in the limits of a queue.
    pub fn bytes(&self) -> usize {
        size_of::<Told>() + self.text.whole.len()
    }

    /// True where both are of one session.
    pub(super) fn is_beside(&self, other: &Told) -> bool {
        Arc::ptr_eq(&self.origin, &other.origin) || self.origin.session_id == other.origin.session_id
    }
}

/// What a queue says to whoever brings it an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arrival {
    /// Nobody has been told that it waits, and that it is the first of those: [`Queue::announce_rest`] is to follow.
    ///
    /// [`Queue::announce_rest`]: super::Queue::announce_rest
    pub is_first: bool,
    /// So much is waiting that the reader is to wait: [`Queue::room`].
    ///
    /// [`Queue::room`]: super::Queue::room
    pub is_full: bool,
}
