//! Questions that are announced to every client of a session and put to each that answers them by a request of its own.
//!
//! The request has no id that the others know. The event that announces it has, and so has the event that says that one
//! of the clients has answered: the two are paired by what is asked, in their order.

use std::sync::{Arc, Weak};

use crate::protocol::question::{Kind, RequestId};
use crate::request::Request;

#[derive(Default)]
pub(super) struct Announced(Vec<Pair>);

struct Pair {
    kind: Kind,
    /// The question's words.
    words: String,
    /// The server's id for it, once it is announced.
    id: Option<String>,
    /// What this client was asked, once it is.
    request: Option<Weak<Request>>,
}

impl Announced {
    /// The event.
    pub(super) fn announce(&mut self, kind: Kind, words: String, id: String) {
        self.forget_answered();
        match self.first(kind, &words, |pair| pair.id.is_none()) {
            Some(pair) => pair.id = Some(id),
            None => self.0.push(Pair { kind, words, id: Some(id), request: None }),
        }
    }

    /// The request.
    pub(super) fn ask(&mut self, kind: Kind, words: String, request: Weak<Request>) {
        self.forget_answered();
        match self.first(kind, &words, |pair| pair.request.is_none()) {
            Some(pair) => pair.request = Some(request),
            None => self.0.push(Pair { kind, words, id: None, request: Some(request) }),
        }
    }

    /// What was asked by this id, which somebody has answered.
    pub(super) fn settle(&mut self, id: &RequestId) -> Option<Arc<Request>> {
        let place = self.0.iter().position(|pair| pair.id.as_deref().is_some_and(|own| id.is(own)))?;
        self.0.remove(place).request?.upgrade()
    }

    /// The turn has ended, and nothing of it will be settled.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    fn first(&mut self, kind: Kind, words: &str, fits: impl Fn(&Pair) -> bool) -> Option<&mut Pair> {
        self.0.iter_mut().find(|pair| pair.kind == kind && pair.words == words && fits(pair))
    }

    fn forget_answered(&mut self) {
        let is_pending = |request: &Weak<Request>| request.strong_count() > 0;
        self.0.retain(|pair| pair.request.as_ref().is_none_or(is_pending));
    }
}
