//! Stopping, and what happens when the process goes away by itself.

use std::sync::Arc;
use std::time::Duration;

use super::Core;
use super::connection::{Attached, Connection};
use super::phase::Phase;
use crate::error::{Code, Error, Result};
use crate::log::{self, Level};
use crate::protocol::names::method;

/// How long the child may take to end by itself when nobody waits for it.
const BACKGROUND_GRACE: Duration = Duration::from_secs(10);

/// How long a courtesy call may take while stopping.
const COURTESY: Duration = Duration::from_secs(2);

fn was_stopped() -> Error {
    Error::new(Code::Closed, "the client was stopped")
}

impl Core {
    /// Lets go of every session, ends the process's input and waits up to `grace` for it to end (`None`: for ever);
    /// then it is killed. A client that is not started is left as it is.
    pub async fn stop(self: Arc<Core>, grace: Option<Duration>) -> Result<()> {
        let Some(connection) = self.leave_connection() else { return Ok(()) };
        let courtesy = grace.map_or(COURTESY, |grace| grace.min(COURTESY));
        let sessions = self.take_sessions();
        // First, so that a wait fails for this reason and not by what the server makes of the end.
        for session in &sessions {
            session.lost(&was_stopped());
        }
        let goodbyes: Vec<_> = sessions.iter().map(|session| tokio::spawn(session.let_go())).collect();
        let _ = tokio::time::timeout(courtesy, async {
            for goodbye in goodbyes {
                let _ = goodbye.await;
            }
        })
        .await;
        if connection.server().has_shutdown() {
            let _ = tokio::time::timeout(courtesy, connection.call(method::RUNTIME_SHUTDOWN, "{}")).await;
        }
        connection.peer.close_writer();
        let exited = match grace {
            Some(grace) => tokio::time::timeout(grace, connection.process.exited()).await.is_ok(),
            None => {
                connection.process.exited().await;
                true
            }
        };
        if !exited {
            log::emit(Level::Warn, "client", "the CLI did not end in time and was killed");
            connection.process.kill();
            connection.process.exited().await;
        }
        connection.peer.close(was_stopped());
        Ok(())
    }

    /// Kills the process now. Sessions and calls fail with `Code::Closed`.
    pub fn force_stop(&self) {
        if let Some(connection) = self.leave_connection() {
            connection.process.kill();
            connection.peer.close(was_stopped());
            for session in self.take_sessions() {
                session.lost(&was_stopped());
            }
        }
    }

    /// Stops when no handle is left, without anybody waiting.
    pub(super) fn stop_in_background(&self) {
        if let Some(core) = self.this.upgrade() {
            self.runtime().spawn(core.stop(Some(BACKGROUND_GRACE)));
        }
    }

    /// Puts the client into the stopped phase; the connection that is to be ended, if there is one.
    fn leave_connection(&self) -> Option<Arc<Connection>> {
        let mut phase = self.phase.lock();
        if matches!(*phase, Phase::New | Phase::Failed | Phase::Lost(_)) {
            *phase = Phase::Stopped;
            return None;
        }
        let previous = phase.state();
        let left = std::mem::replace(&mut *phase, Phase::Stopped);
        let state = phase.state();
        drop(phase);
        self.tell_state(previous, state, None);
        match left {
            Phase::Connected(connection) => Some(connection),
            // The attempt sees that it is not wanted any more, and kills what it has started.
            _ => None,
        }
    }

    fn take_sessions(&self) -> Vec<Arc<dyn Attached>> {
        std::mem::take(&mut *self.sessions.lock()).into_values().collect()
    }

    /// The connection ended by itself.
    pub(super) fn lose(&self, connection: &Arc<Connection>, reason: &Error) {
        let mut phase = self.phase.lock();
        if !matches!(&*phase, Phase::Connected(current) if Arc::ptr_eq(current, connection)) {
            return;
        }
        // Taken before a new connection can be begun, whose sessions are none of this one's.
        let sessions = self.take_sessions();
        let previous = phase.state();
        *phase = Phase::Lost(reason.clone());
        let state = phase.state();
        drop(phase);
        for session in sessions {
            session.lost(reason);
        }
        self.tell_state(previous, state, Some(reason));
    }
}
