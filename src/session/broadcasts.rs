//! The questions that were put to every client of a session, until the server says that they are settled.

use std::sync::{Arc, Weak};

use crate::protocol::question::RequestId;
use crate::request::Request;

/// A question that was put to all clients.
pub(super) struct Broadcast {
    /// The server's id for it.
    pub(super) id: RequestId,
    /// Dead where the program does not have it, or has it no more.
    pub(super) request: Weak<Request>,
    /// Whether an answer was sent.
    pub(super) answered: bool,
    /// Whether the turn waits for it, so that it goes with the turn.
    pub(super) of_turn: bool,
}

/// Those without an end yet. There are never many, so that looking at each is quicker than hashing.
#[derive(Default)]
pub(super) struct Broadcasts(Vec<Broadcast>);

impl Broadcasts {
    /// Takes note of a question, in place of one with the same id.
    pub(super) fn insert(&mut self, asked: Broadcast) {
        match self.position(|id| *id == asked.id) {
            Some(place) => self.0[place] = asked,
            None => self.0.push(asked),
        }
    }

    pub(super) fn remove(&mut self, id: &RequestId) -> Option<Broadcast> {
        self.position(|other| other == id).map(|place| self.0.remove(place))
    }

    pub(super) fn contains(&self, id: &RequestId) -> bool {
        self.position(|other| other == id).is_some()
    }

    /// True while the program has the question, and until the server has taken note of its answer.
    pub(super) fn is_settling(&self, id: &str) -> bool {
        let asked = self.position(|other| other.is(id)).map(|place| &self.0[place]);
        asked.is_some_and(|asked| asked.answered || asked.request.strong_count() > 0)
    }

    /// An answer was sent.
    pub(super) fn answered(&mut self, id: &str) {
        if let Some(place) = self.position(|other| other.is(id)) {
            self.0[place].answered = true;
        }
    }

    /// Takes those out that go with the turn.
    pub(super) fn take_those_of_the_turn(&mut self) -> Vec<Broadcast> {
        self.0.extract_if(.., |asked| asked.of_turn).collect()
    }

    pub(super) fn take_all(&mut self) -> Vec<Broadcast> {
        std::mem::take(&mut self.0)
    }

    /// Those that the program has.
    pub(super) fn requests(&self) -> impl Iterator<Item = Arc<Request>> {
        self.0.iter().filter_map(|asked| asked.request.upgrade())
    }

    fn position(&self, is_it: impl Fn(&RequestId) -> bool) -> Option<usize> {
        self.0.iter().position(|asked| is_it(&asked.id))
    }
}
