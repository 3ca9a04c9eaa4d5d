//! One thing that happened, as the program sees it.

use std::ffi::CStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;

use super::name::Name;
use super::operation::Operation;
use crate::callback::Serving;
use crate::json::Json;
use crate::request::Request;

/// What kind of thing happened. The numbers are the C ABI's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Kind {
    /// An event of a session.
    Session = 1,
    /// A session was created, changed, deleted, shown or hidden, by any client of the server.
    Lifecycle = 2,
    /// The client's connection changed its state.
    State = 3,
    /// The server asks something.
    Request = 4,
    /// An operation has ended.
    Completion = 5,
    /// The library says something of itself.
    Log = 6,
    /// So much was waiting that events were merged or dropped.
    Overflow = 7,
    /// A question no longer needs an answer.
    RequestCancelled = 8,
    /// A notification of the server's that nothing else here stands for.
    Notification = 9,
    /// The permission policy has decided, or has left a decision to the handler.
    Policy = 10,
}

/// Who runs the callbacks that an event has.
pub trait Deliver: Send + Sync {
    /// Runs them on this thread.
    fn deliver(&self, event: &Event);
}

/// One event. Immutable, but that its request can be taken out once.
pub struct Event {
    kind: Kind,
    event_type: Name,
    session_id: Option<Name>,
    json: Json,
    operation: Option<Arc<Operation>>,
    request: Mutex<Option<Arc<Request>>>,
    deliver: Option<Arc<dyn Deliver>>,
    /// The queue it went into, so that its callbacks know where they run.
    home: AtomicUsize,
}

impl Event {
    /// An event without callbacks, request or operation.
    pub fn new(kind: Kind, event_type: Name, session_id: Option<Name>, json: Json) -> Event {
        Event {
            kind,
            event_type,
            session_id,
            json,
            operation: None,
            request: Mutex::new(None),
            deliver: None,
            home: AtomicUsize::new(0),
        }
    }

    /// The same event with somebody who runs its callbacks.
    pub fn delivered_by(mut self, deliver: Arc<dyn Deliver>) -> Event {
        self.deliver = Some(deliver);
        self
    }

    /// The same event carrying the operation that ended.
    pub fn of_operation(mut self, operation: Arc<Operation>) -> Event {
        self.operation = Some(operation);
        self
    }

    /// The same event carrying the question asked.
    pub fn with_request(self, request: Arc<Request>) -> Event {
        *self.request.lock() = Some(request);
        self
    }

    /// The same event in other words, for the same callbacks. Not for questions.
    pub(super) fn retold(&self, json: Json) -> Event {
        let told = Event::new(self.kind, self.event_type.clone(), self.session_id.clone(), json);
        told.enter(self.home.load(Ordering::Relaxed));
        Event { deliver: self.deliver.clone(), ..told }
    }

    /// What kind of thing happened.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The wire's name for it.
    pub fn event_type(&self) -> &CStr {
        &self.event_type
    }

    /// The session it belongs to.
    pub fn session_id(&self) -> Option<&CStr> {
        self.session_id.as_deref()
    }

    /// Its JSON.
    pub fn json(&self) -> &Json {
        &self.json
    }

    /// The operation that ended.
    pub fn operation(&self) -> Option<&Arc<Operation>> {
        self.operation.as_ref()
    }

    /// Moves the question out; it can be done once.
    pub fn take_request(&self) -> Option<Arc<Request>> {
        self.request.lock().take()
    }

    /// True when it has callbacks to run.
    pub fn has_callback(&self) -> bool {
        self.deliver.is_some()
    }

    /// Remembers the queue it goes into.
    pub(super) fn enter(&self, home: usize) {
        self.home.store(home, Ordering::Relaxed);
    }

    /// Runs its callbacks on this thread. A question that no callback took or kept gets its default answer.
    pub fn deliver(&self) {
        let _serving = Serving::enter(self.home.load(Ordering::Relaxed));
        if let Some(deliver) = &self.deliver {
            deliver.deliver(self);
        }
        drop(self.take_request());
    }

    /// What it counts for in the limits of a queue.
    pub fn bytes(&self) -> usize {
        size_of::<Event>() + self.json.text().len()
    }
}
