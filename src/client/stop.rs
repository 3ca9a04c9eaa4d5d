//! Stopping, and what happens when the process goes away by itself.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::time::timeout_at;

use super::Core;
use super::connection::{Connection, Far};
use super::phase::{Attempt, Phase};
use crate::error::{Code, Error, Result};
use crate::log::{self, Level};
use crate::protocol::names::method;

/// How long the child may take to end by itself when nobody waits for it.
const BACKGROUND_GRACE: Duration = Duration::from_secs(10);

/// How long a courtesy call may take while stopping.
const COURTESY: Duration = Duration::from_secs(2);

/// The end that the program itself brought about.
pub(super) fn was_stopped() -> Error {
    Error::new(Code::Closed, "the client was stopped; copilot_client_start starts it again")
}

/// What a stop finds.
enum Left {
    /// No process.
    Nothing,
    /// A start, which gives up now.
    Starting(Attempt),
    /// A process, with sessions to let go of.
    Running(Arc<Connection>),
    /// A process that another stop is about to end.
    Stopping(Arc<Connection>),
}

impl Core {
    /// Lets go of every session, ends the process's input and waits for it to end, `grace` in all (`None`: for
    /// ever); then it is killed. A server on TCP is sent SIGTERM instead, and one that was there before is left
    /// alone. A client that is not started is left as it is. Cancelled halfway, it goes on in the background.
    pub async fn stop(self: Arc<Core>, grace: Option<Duration>) -> Result<()> {
        let deadline = grace.and_then(|grace| Instant::now().checked_add(grace));
        match self.leave() {
            Left::Nothing => {}
            Left::Starting(mut attempt) => {
                let _ = attempt.wait_for(Option::is_some).await;
            }
            Left::Running(connection) => {
                let farewell = Arc::clone(&self).say_farewell(connection, deadline);
                let _ = self.runtime().spawn(farewell).await;
            }
            Left::Stopping(connection) => await_end(&connection, deadline).await,
        }
        Ok(())
    }

    /// Kills the process now. Sessions and calls fail with `Code::Closed`.
    pub fn force_stop(&self) {
        match self.leave() {
            Left::Running(connection) => {
                connection.far.kill();
                self.close(&connection);
            }
            Left::Stopping(connection) => connection.far.kill(),
            Left::Nothing | Left::Starting(_) => {}
        }
    }

    /// Stops when no handle is left, without anybody waiting.
    pub(super) fn stop_in_background(&self) {
        if self.phase.lock().stay_at_rest() {
            return;
        }
        if let Some(core) = self.this.upgrade() {
            self.runtime().spawn(core.stop(Some(BACKGROUND_GRACE)));
        }
    }

    /// Begins the end of whatever there is. Sessions cannot be attached from here on.
    fn leave(&self) -> Left {
        let mut phase = self.phase.lock();
        let previous = phase.state();
        let left = match std::mem::replace(&mut *phase, Phase::Stopped) {
            Phase::New | Phase::Failed | Phase::Lost(_) | Phase::Stopped => Left::Nothing,
            Phase::Connecting(attempt, wanted) => {
                drop(wanted);
                Left::Starting(attempt)
            }
            Phase::Connected(connection) => {
                connection.ending.store(true, Ordering::Release);
                *phase = Phase::Stopping(Arc::clone(&connection));
                *connection.leaving.lock() = self.sessions.take();
                Left::Running(connection)
            }
            Phase::Stopping(connection) => {
                *phase = Phase::Stopping(Arc::clone(&connection));
                Left::Stopping(connection)
            }
        };
        self.note_change(previous, phase.state(), None);
        drop(phase);
        self.tell_changes();
        left
    }

    async fn say_farewell(self: Arc<Core>, connection: Arc<Connection>, deadline: Option<Instant>) {
        let reason = was_stopped();
        let sessions: Vec<_> = connection.leaving.lock().values().cloned().collect();
        let goodbyes: Vec<_> = sessions.iter().map(|session| tokio::spawn(session.let_go(&reason))).collect();
        let _ = timeout_at(courtesy(deadline), async {
            for goodbye in goodbyes {
                let _ = goodbye.await;
            }
        })
        .await;
        if !connection.is_attached() && connection.server().has_shutdown() {
            let shutdown = connection.call(method::RUNTIME_SHUTDOWN, "{}");
            let _ = timeout_at(courtesy(deadline), shutdown).await;
        }
        match &connection.far {
            Far::Stdio(_) => connection.peer.close_writer(),
            // It outlives its connections, and some outlive `runtime.shutdown` too, which was for their data. The early
            // ones wait 10 s for clients that are still connected.
            Far::Tcp(process) => {
                connection.peer.close_writer();
                process.terminate();
            }
            Far::Server(_) => connection.peer.close(was_stopped()),
        }
        await_end(&connection, deadline).await;
        self.close(&connection);
    }

    /// Ends a connection whose process is gone or going.
    fn close(&self, connection: &Arc<Connection>) {
        connection.peer.close(was_stopped());
        let sessions = std::mem::take(&mut *connection.leaving.lock());
        for session in sessions.into_values() {
            session.lost(&was_stopped());
        }
        let mut phase = self.phase.lock();
        if matches!(&*phase, Phase::Stopping(ending) if Arc::ptr_eq(ending, connection)) {
            *phase = Phase::Stopped;
        }
    }

    /// The connection ended by itself.
    pub(super) fn lose(&self, connection: &Arc<Connection>, reason: &Error) {
        let mut phase = self.phase.lock();
        if !matches!(&*phase, Phase::Connected(current) if Arc::ptr_eq(current, connection)) {
            return;
        }
        // Taken before a new connection can be begun, whose sessions are none of this one's.
        let sessions = self.sessions.take();
        let previous = phase.state();
        *phase = Phase::Lost(reason.clone());
        self.note_change(previous, phase.state(), Some(reason));
        drop(phase);
        for session in sessions.into_values() {
            session.lost(reason);
        }
        self.tell_changes();
    }
}

/// When a courtesy call is given up.
fn courtesy(deadline: Option<Instant>) -> tokio::time::Instant {
    let patience = Instant::now() + COURTESY;
    deadline.map_or(patience, |deadline| deadline.min(patience)).into()
}

/// Waits for the process to end by itself, and kills it when it is late. Of somebody else's server only the
/// connection ends.
async fn await_end(connection: &Connection, deadline: Option<Instant>) {
    let Some(process) = connection.far.process() else {
        let closed = connection.peer.closed();
        match deadline {
            Some(deadline) => drop(timeout_at(deadline.into(), closed).await),
            None => drop(closed.await),
        }
        return;
    };
    if let Some(deadline) = deadline
        && timeout_at(deadline.into(), process.exited()).await.is_err()
    {
        log::emit(Level::Warn, "client", "the CLI did not end in time and was killed");
        process.kill();
    }
    process.exited().await;
}
