//! The states of a connection's life, and telling the program when they change.

use std::sync::Arc;

use serde_json::json;
use tokio::sync::{oneshot, watch};

use super::Core;
use super::connection::Connection;
use crate::error::{Error, Result};
use crate::json::Json;
use crate::queue::{Event, Kind, intern, name};
use crate::transport::Process;

/// How a client stands. The numbers are the C ABI's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum State {
    /// No process runs.
    Disconnected = 0,
    /// The process is being started.
    Connecting = 1,
    /// The process has shaken hands.
    Connected = 2,
    /// The last start failed.
    Failed = 3,
}

impl State {
    /// The name in STATE events.
    pub fn name(self) -> &'static str {
        match self {
            State::Disconnected => "disconnected",
            State::Connecting => "connecting",
            State::Connected => "connected",
            State::Failed => "failed",
        }
    }
}

/// What a start comes to; everybody who waits for it sees the same.
pub type Attempt = watch::Receiver<Option<Result<Arc<Connection>>>>;

/// The phase of a client's life.
#[derive(Default)]
pub enum Phase {
    /// Never started.
    #[default]
    New,
    /// A start is under way. It gives up when this is dropped.
    Connecting(Attempt, oneshot::Sender<()>),
    /// Connected.
    Connected(Arc<Connection>),
    /// The last start failed.
    Failed,
    /// The process went away by itself.
    Lost(Error),
    /// The program stops it; the process may take a while to end.
    Stopping(Arc<Connection>),
    /// The program stopped it.
    Stopped,
}

impl Phase {
    /// The state that the program sees.
    pub fn state(&self) -> State {
        match self {
            Phase::New | Phase::Lost(_) | Phase::Stopping(_) | Phase::Stopped => State::Disconnected,
            Phase::Connecting(..) => State::Connecting,
            Phase::Connected(_) => State::Connected,
            Phase::Failed => State::Failed,
        }
    }

    /// True when no process runs or is being started; none will be from now on.
    pub(super) fn stay_at_rest(&mut self) -> bool {
        let is_at_rest = matches!(self, Phase::New | Phase::Lost(_) | Phase::Stopped);
        if is_at_rest {
            *self = Phase::Stopped;
        }
        is_at_rest
    }
}

impl Core {
    /// How the client stands at this moment.
    pub fn state(&self) -> State {
        self.phase.lock().state()
    }

    /// The process id of the CLI, while one of ours is connected.
    pub fn process_id(&self) -> Option<u32> {
        match &*self.phase.lock() {
            Phase::Connected(connection) => connection.far.process().map(Process::pid),
            _ => None,
        }
    }

    /// Tells the program of a change: `{"state":…,"previous":…,"reason":{"code":…,"message":…}}`.
    pub(super) fn tell_state(&self, previous: State, state: State, reason: Option<&Error>) {
        let event_type = "state";
        if !self.tells(event_type) {
            return;
        }
        let mut text = json!({ "state": state.name(), "previous": previous.name() });
        if let Some(reason) = reason {
            text["reason"] = json!({ "code": reason.code() as i32, "message": reason.message() });
        }
        self.tell(Kind::State, event_type, None, &text.to_string());
    }

    /// True when an event of this type would reach anybody.
    pub(super) fn tells(&self, event_type: &str) -> bool {
        self.queue.takes_everything() || self.subscriptions.wants(event_type)
    }

    /// Queues an event of the client's.
    pub(super) fn tell(&self, kind: Kind, event_type: &str, session_id: Option<&str>, text: &str) {
        let event = Event::new(kind, intern(event_type), session_id.map(name), Json::from_trusted(text));
        let event = if self.subscriptions.wants(event_type) {
            event.delivered_by(Arc::clone(&self.subscriptions) as Arc<_>)
        } else {
            event
        };
        // A closed queue has nobody to tell.
        let _ = self.queue.push(Arc::new(event));
    }
}
