//! Questions as they wait: by value. Whoever takes one as an item gets an event that brings it.

use std::sync::{Arc, LazyLock};

use super::event::{Asked, Deliver, Event};
use super::name::{Name, intern};
use super::{Cargo, Queue};
use crate::callback::{Callback, Home};
use crate::protocol::question::{self, Question};
use crate::request::Request;

/// A question on its way to the program, and the function that is to answer it, where there is one.
pub struct Asking {
    /// The question.
    pub request: Arc<Request>,
    /// Who answers it.
    pub callback: Option<Arc<Callback<Request>>>,
}

impl Asking {
    /// Runs the callback on this thread. A question that it neither took nor kept gets its default answer.
    pub(super) fn run(self) {
        if let Some(callback) = &self.callback {
            callback.run(&self.request);
        }
        // Before the callback, which may be the last to hold the program's data.
        drop(self.request);
    }

    /// The item that brings it, as whoever serves the queue takes it.
    pub(super) fn into_item(self, queue: &Queue) -> Arc<Event> {
        let event = self.into_event();
        event.enter(queue.identity());
        Arc::new(event)
    }

    fn into_event(self) -> Event {
        let question = self.request.question();
        let asked = Asked {
            request: self.request.id(),
            method: question.method.clone(),
            tool_name: question.tool_name().map(Arc::from),
        };
        let event = Event::asking(kind_name(question.kind), self.request.session_name(), asked);
        let event = event.with_request(self.request);
        match self.callback {
            Some(callback) => event.delivered_by(callback),
            None => event,
        }
    }

    /// What it counts for in the limits of a queue: as much as the item.
    pub(super) fn bytes(&self) -> usize {
        let Question { method, .. } = self.request.question();
        size_of::<Event>() + Asked::size_of(method, self.request.question().tool_name())
    }
}

/// The type of the item.
fn kind_name(kind: question::Kind) -> Name {
    static NAMES: LazyLock<[Name; 11]> =
        LazyLock::new(|| question::Kind::ALL.map(|kind| intern(kind.name())));
    NAMES[kind as usize].clone()
}

/// Runs the callback of a question.
impl Deliver for Callback<Request> {
    fn deliver(&self, event: &Event) {
        if let Some(request) = event.take_request() {
            self.run(&request);
        }
    }
}

impl Queue {
    /// Appends a question, unless the queue is closed: then it is dropped, which sends its default.
    pub fn ask(&self, asking: Asking) {
        let mut state = self.state.lock();
        if state.closed {
            drop(state);
            drop(asking);
            return;
        }
        let left_over = state.admit(Cargo::Asking(asking), self);
        self.watch(&mut state);
        self.announce(state);
        drop(left_over);
    }
}
