//! One life of a session: from its opening on a connection to the end of either. A reopened session has another.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, Weak};

use parking_lot::Mutex;

use super::Core;
use super::calls::part_from;
use crate::client::{Attached, Connection, EventType};
use crate::error::{Code, Error, Result};
use crate::queue::{Arrival, Name, Origin, Queue, Words};
use crate::rpc::{Id, Incoming};

/// A session's life on one connection. The client holds it for as long as the connection may speak to it.
pub(super) struct Life {
    this: Weak<Life>,
    core: Weak<Core>,
    origin: Arc<Origin>,
    queue: Arc<Queue>,
    connection: Arc<Connection>,
    /// Why the session cannot be used any more.
    ended: OnceLock<End>,
    /// True while the server has nothing to let go of: before it has opened the session and after the goodbye.
    let_go: AtomicBool,
    /// True once another life has begun. Held while something is brought to the session, so that nothing of this life
    /// enters it after that.
    succeeded: Mutex<bool>,
}

/// Why a life has ended.
pub(super) enum End {
    /// The program has let go of the session.
    Disconnected,
    /// Something else.
    Failed(Error),
}

impl End {
    fn error(&self, id: &str) -> Error {
        match self {
            End::Failed(error) => error.clone(),
            End::Disconnected => Error::new(
                Code::Closed,
                format!("session {id} was disconnected; copilot_session_reopen opens it again"),
            ),
        }
    }
}

impl Life {
    /// A life that the server does not know of yet.
    pub(super) fn new(
        core: Weak<Core>,
        origin: &Arc<Origin>,
        queue: &Arc<Queue>,
        connection: Arc<Connection>,
    ) -> Arc<Life> {
        Arc::new_cyclic(|this| Life {
            this: this.clone(),
            core,
            origin: Arc::clone(origin),
            queue: Arc::clone(queue),
            connection,
            ended: OnceLock::new(),
            let_go: AtomicBool::new(true),
            succeeded: Mutex::new(false),
        })
    }

    /// The way to the server, which may have ended.
    pub(super) fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }

    /// Why it has ended, if it has.
    pub(super) fn ended(&self) -> Option<Error> {
        self.ended.get().map(|end| end.error(&self.id()))
    }

    /// True while the server has nothing to let go of.
    pub(super) fn is_let_go(&self) -> bool {
        self.let_go.load(Ordering::SeqCst)
    }

    /// The server has opened the session.
    pub(super) fn opened(&self) {
        self.let_go.store(false, Ordering::SeqCst);
    }

    /// Another life begins: from here on nothing of this one reaches the session. What comes at this very moment may
    /// still be told, which changes nothing of it.
    pub(super) fn succeed(&self) {
        *self.succeeded.lock() = true;
        if let Some(core) = self.core.upgrade() {
            core.client.look_for_sessions_again();
        }
    }

    /// Fails what waits and withdraws what is asked. The first reason stays.
    pub(super) fn end(&self, reason: End) {
        if self.ended.set(reason).is_err() {
            return;
        }
        if let (Some(reason), Some(core)) = (self.ended.get(), self.core.upgrade()) {
            core.waits.fail(|| reason.error(&core.id));
            core.withdraw_kinds();
            // Otherwise the server is still to let go of it, and may need them for that.
            if self.is_let_go() {
                core.withdraw_methods();
            }
        }
    }

    /// Tells the server that this client is done with the session, in the words that its generation knows.
    pub(super) async fn part(&self, id: &str) -> Result<()> {
        if self.let_go.swap(true, Ordering::SeqCst) || self.connection.is_closed() {
            return Ok(());
        }
        let parted = part_from(&self.connection, id).await;
        self.bring(Core::withdraw_methods);
        parted
    }

    /// Does it with the session, unless another life has begun.
    fn bring<T>(&self, work: impl FnOnce(&Core) -> T) -> Option<T> {
        let succeeded = self.succeeded.lock();
        self.core.upgrade().filter(|_| !*succeeded).map(|core| work(&core))
    }

    fn id(&self) -> Arc<str> {
        self.core.upgrade().map(|core| Arc::clone(&core.id)).unwrap_or_default()
    }
}

impl Attached for Life {
    fn queue(&self) -> &Arc<Queue> {
        &self.queue
    }

    fn is_on(&self, connection: &Weak<Connection>) -> bool {
        std::ptr::eq(connection.as_ptr(), Arc::as_ptr(&self.connection)) && !*self.succeeded.lock()
    }

    fn origin(&self) -> &Arc<Origin> {
        &self.origin
    }

    fn event(&self, event_type: &EventType, event: Words<'_>) -> Arrival {
        self.bring(|core| core.event(event_type, event)).unwrap_or_default()
    }

    fn came(&self, event_type: &Name) {
        self.bring(|core| core.waits.touch(event_type));
    }

    fn request(&self, incoming: Incoming, method: &str, params: &str) -> Option<Incoming> {
        self.bring(|core| core.asked(incoming, method, params)).flatten()
    }

    fn has_registration(&self, registration: &str) -> bool {
        self.bring(|core| core.handlers.lock().has_registration(registration)).unwrap_or(false)
    }

    fn request_cancelled(&self, id: &Id) {
        self.bring(|core| core.withdraw_request(id));
    }

    fn lost(&self, reason: &Error) {
        // The server has nothing of it any more, or it is another handle's now.
        self.let_go.store(true, Ordering::SeqCst);
        self.end(End::Failed(lost(&self.id(), reason)));
    }

    fn let_go(&self, reason: &Error) -> Pin<Box<dyn Future<Output = Result<()>> + Send>> {
        // First, so that a wait fails for this reason and not by what the server makes of the end.
        self.end(End::Failed(lost(&self.id(), reason)));
        let (life, id) = (self.this.upgrade(), self.id());
        Box::pin(async move {
            match life {
                Some(life) => life.part(&id).await,
                None => Ok(()),
            }
        })
    }
}

/// The end of the connection, as the session's calls report it.
fn lost(id: &str, reason: &Error) -> Error {
    if reason.code() == Code::Closed {
        let message = format!("session {id}: {}, then copilot_session_reopen opens it", reason.message());
        return Error::new(Code::Closed, message);
    }
    let message = format!(
        "session {id} was lost: {}; copilot_session_reopen opens it again with its history",
        reason.message()
    );
    let lost = Error::new(reason.code(), message).with_class("transport");
    match reason.exit() {
        Some(exit) => lost.with_exit(exit.clone()),
        None => lost,
    }
}
