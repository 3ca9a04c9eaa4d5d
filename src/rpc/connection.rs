//! What the two tasks, the calls and the peer's requests share.

use std::sync::{Arc, OnceLock};

use tokio::sync::watch;

use super::alarm::Alarm;
use super::incoming::Cancellable;
use super::pending::Pending;
use super::traffic::Traffic;
use super::writer::Outbox;
use crate::error::Error;
use crate::transport::AtOnce;

/// One connection, from its start to after its close.
pub(super) struct Connection {
    pub pending: Pending,
    pub outbox: Outbox,
    pub cancellable: Cancellable,
    pub traffic: Arc<Traffic>,
    reason: OnceLock<Error>,
    /// True when the close is complete: every pending call has failed.
    stopped: watch::Sender<bool>,
    /// The same for the reader.
    pub reader_stopped: Alarm,
}

impl Connection {
    pub fn new(traffic: Arc<Traffic>, at_once: Option<AtOnce>) -> Connection {
        Connection {
            pending: Pending::default(),
            outbox: Outbox::new(Arc::clone(&traffic), at_once),
            cancellable: Cancellable::default(),
            traffic,
            reason: OnceLock::new(),
            stopped: watch::Sender::new(false),
            reader_stopped: Alarm::default(),
        }
    }

    /// Closes, unless that was done before: the first reason stays.
    pub fn close(&self, reason: Error) {
        let closing = || drop(self.reason.set(reason.clone()));
        let Some(failing) = self.pending.close(&reason, closing) else { return };
        self.outbox.kill();
        self.pending.fail(failing, &reason);
        self.stopped.send_replace(true);
        self.reader_stopped.raise();
    }

    /// Why it was closed, once it was.
    pub fn reason(&self) -> Option<&Error> {
        self.reason.get()
    }

    /// Waits for the close to be complete.
    pub async fn stopped(&self) {
        let _ = self.stopped.subscribe().wait_for(|stopped| *stopped).await; // the sender is in `self`
    }
}
