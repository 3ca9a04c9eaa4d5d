//! Starting: one start at a time, however many ask for it.

use std::sync::Arc;

use tokio::sync::{oneshot, watch};

use super::connection::Connection;
use super::phase::{Attempt, Phase};
use super::{Core, open};
use crate::error::{Code, Error, Result};

/// Who wants the connection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wish {
    /// `copilot_client_start`.
    Start,
    /// A call that needs the wire.
    Use,
}

/// The way to a connection.
enum Way {
    /// It is there.
    Open(Arc<Connection>),
    /// It ended by itself, and nobody has taken note of that yet.
    Ended(Arc<Connection>),
    /// It is being made.
    Wait(Attempt),
}

impl Core {
    /// Starts the CLI, or joins a start that is under way. A client that is connected is left as it is.
    pub async fn start(self: Arc<Core>) -> Result<()> {
        self.connect(Wish::Start).await.map(drop)
    }

    /// The connection, started first if need be and the options allow it.
    pub async fn connection(self: Arc<Core>) -> Result<Arc<Connection>> {
        self.connect(Wish::Use).await
    }

    async fn connect(self: Arc<Core>, wish: Wish) -> Result<Arc<Connection>> {
        let mut attempt = loop {
            match self.way(wish)? {
                Way::Open(connection) => return Ok(connection),
                Way::Ended(connection) => self.lose(&connection, &connection.peer.closed().await),
                Way::Wait(attempt) => break attempt,
            }
        };
        match attempt.wait_for(Option::is_some).await {
            Ok(outcome) => outcome.clone().unwrap_or_else(|| Err(was_stopped())),
            Err(_) => Err(was_stopped()),
        }
    }

    /// The live connection, or else the attempt to wait for, which is begun when there is none.
    fn way(&self, wish: Wish) -> Result<Way> {
        let mut phase = self.phase.lock();
        match &*phase {
            Phase::Connected(connection) if connection.is_closed() => {
                return Ok(Way::Ended(Arc::clone(connection)));
            }
            Phase::Connected(connection) => return Ok(Way::Open(Arc::clone(connection))),
            Phase::Connecting(attempt, _) => return Ok(Way::Wait(attempt.clone())),
            _ => self.may_begin(&phase, wish)?,
        }
        let (done, attempt) = watch::channel(None);
        let (wanted, unwanted) = oneshot::channel();
        let previous = phase.state();
        self.stats.started(matches!(&*phase, Phase::Lost(_)));
        *phase = Phase::Connecting(attempt.clone(), wanted);
        self.note_change(previous, phase.state(), None);
        drop(phase);
        self.tell_changes();
        if let Some(core) = self.this.upgrade() {
            self.runtime().spawn(core.attempt(done, unwanted));
        }
        Ok(Way::Wait(attempt))
    }

    fn may_begin(&self, phase: &Phase, wish: Wish) -> Result<()> {
        if wish == Wish::Start {
            return Ok(());
        }
        match phase {
            Phase::Stopping(_) | Phase::Stopped => Err(Error::new(
                Code::InvalidState,
                "the client was stopped; call copilot_client_start to use it again",
            )),
            Phase::Lost(_) if self.options.auto_restart => Ok(()),
            Phase::Lost(reason) => Err(reason.clone()),
            _ if self.options.auto_start => Ok(()),
            _ => Err(Error::new(
                Code::InvalidState,
                "the client is not started and autoStart is false; call copilot_client_start first",
            )),
        }
    }

    async fn attempt(
        self: Arc<Core>,
        done: watch::Sender<Option<Result<Arc<Connection>>>>,
        unwanted: oneshot::Receiver<()>,
    ) {
        let outcome = self.open(unwanted).await;
        if !self.settle(&done, &outcome) {
            if let Ok(connection) = outcome {
                connection.peer.close(was_stopped());
                open::end(&connection.far).await;
            }
            let _ = done.send(Some(Err(was_stopped())));
            return;
        }
        // The process may have died while the handshake was being written down.
        if let Ok(connection) = &outcome
            && connection.is_closed()
        {
            let reason = connection.peer.closed().await;
            self.lose(connection, &reason);
        }
        let _ = done.send(Some(outcome));
    }

    /// Makes the outcome the client's phase. False when a stop has replaced the phase meanwhile: then what was
    /// started must not stay.
    fn settle(
        &self,
        done: &watch::Sender<Option<Result<Arc<Connection>>>>,
        outcome: &Result<Arc<Connection>>,
    ) -> bool {
        let mut phase = self.phase.lock();
        if !matches!(&*phase, Phase::Connecting(attempt, _) if done.subscribe().same_channel(attempt)) {
            return false;
        }
        let previous = phase.state();
        *phase = match outcome {
            Ok(connection) => Phase::Connected(Arc::clone(connection)),
            Err(_) => Phase::Failed,
        };
        self.note_change(previous, phase.state(), outcome.as_ref().err());
        drop(phase);
        self.tell_changes();
        true
    }
}

pub(super) fn was_stopped() -> Error {
    Error::new(Code::Closed, "the client was stopped while it was starting")
}
