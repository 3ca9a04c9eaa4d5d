//! A connection to one CLI that has shaken hands.

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use super::event_types::EventType;
use super::sessions::ById;
use crate::error::{Error, Result};
use crate::protocol::server::Server;
use crate::queue::{Arrival, Name, Origin, Queue, Words, look_for_room};
use crate::rpc::{Call, Id, Incoming, Peer};
use crate::secrets::Secrets;
use crate::transport::{Address, Process};

/// What a session is to the client that feeds it.
pub trait Attached: Send + Sync {
    /// Where its events go.
    fn queue(&self) -> &Arc<Queue>;

    /// True when this is the connection that may speak to it now.
    fn is_on(&self, connection: &Weak<Connection>) -> bool;

    /// Who hears its events. Those that are not acted upon go there without the session.
    fn origin(&self) -> &Arc<Origin>;

    /// An event that is acted upon, its type and its raw JSON, in wire order. Never blocks.
    fn event(&self, event_type: &EventType, event: Words<'_>) -> Arrival;

    /// Of several events that are not acted upon the last was of this type. Told now and then.
    fn came(&self, event_type: &Name);

    /// A request of the server's that names the session. Comes back when it is not the session's to answer.
    fn request(&self, incoming: Incoming, method: &str, params: &str) -> Option<Incoming>;

    /// True when the session provides GitHub tokens under this registration.
    fn has_registration(&self, registration: &str) -> bool;

    /// The server withdrew the request with this id.
    fn request_cancelled(&self, id: &Id);

    /// The connection has ended.
    fn lost(&self, reason: &Error);

    /// Ends the session for this reason, at once, and then lets go of it on the server.
    fn let_go(&self, reason: &Error) -> Pin<Box<dyn Future<Output = Result<()>> + Send>>;
}

/// What is at the other end, and over which transport.
#[derive(Clone)]
pub(super) enum Far {
    /// A process of ours, over its stdin and stdout.
    Stdio(Process),
    /// A process of ours, over TCP.
    Tcp(Process),
    /// Somebody else's server.
    Server(Address),
}

impl Far {
    /// The process, if it is ours to end.
    pub(super) fn process(&self) -> Option<&Process> {
        match self {
            Far::Stdio(process) | Far::Tcp(process) => Some(process),
            Far::Server(_) => None,
        }
    }

    /// Ends the process at once, if there is one of ours.
    pub(super) fn kill(&self) {
        if let Some(process) = self.process() {
            process.kill();
        }
    }
}

/// A connection to one CLI.
pub struct Connection {
    pub(super) peer: Peer,
    pub(super) far: Far,
    /// What was run, where it is a process of ours.
    pub(super) program: Option<PathBuf>,
    server: Server,
    secrets: Arc<Secrets>,
    /// The program ends it: whatever happens to it from now on is no loss.
    pub(super) ending: AtomicBool,
    /// The sessions that are being let go of because of that, by their ids: the server may have files of theirs to
    /// write. Emptied when the connection is closed.
    pub(super) leaving: Mutex<ById>,
}

impl Connection {
    pub(super) fn new(peer: Peer, far: Far, server: Server, secrets: Arc<Secrets>) -> Connection {
        let (ending, leaving) = (AtomicBool::new(false), Mutex::default());
        Connection { peer, far, program: None, server, secrets, ending, leaving }
    }

    pub(super) fn of_program(self, program: Option<PathBuf>) -> Connection {
        Connection { program, ..self }
    }

    /// True where the server is somebody else's, who may have other clients that answer for a session.
    pub fn is_attached(&self) -> bool {
        matches!(self.far, Far::Server(_))
    }

    /// True where the program is done with somebody else's server, which may have other clients.
    pub fn is_leaving(&self) -> bool {
        self.is_attached() && self.ending.load(Ordering::Acquire)
    }

    /// What is known of the server since the handshake.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// What is taken out of everything that the CLI says about a failure. Whoever is about to give it another secret
    /// adds that first.
    pub fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// Sends a request. It is on its way when this returns; the future is for the reply.
    pub fn call(&self, method: &str, params: &str) -> Call {
        let call = self.peer.call(method, params);
        look_for_room();
        call
    }

    /// The same for params of ours, as [`Peer::call_fit`] has it.
    pub fn call_fit(&self, method: &'static str, params: &str) -> Call {
        let call = self.peer.call_fit(method, params);
        look_for_room();
        call
    }

    /// The same, without anybody who waits for the reply.
    pub fn call_unheard(&self, method: &'static str, params: &str) {
        self.peer.call_unheard(method, params);
        look_for_room();
    }

    /// The same, and has `on_result` run on the reader as [`Peer::call_then`] does.
    pub fn call_then(
        &self,
        method: &str,
        params: &str,
        on_result: impl FnOnce(&str) + Send + 'static,
    ) -> Call {
        let call = self.peer.call_then(method, params, on_result);
        look_for_room();
        call
    }

    /// Sends a request of ours whose result may say no, and why; `read` tells. The reason is the server's, so that it is
    /// redacted like an error of its.
    pub async fn ask<T>(
        &self,
        method: &'static str,
        params: &str,
        read: impl FnOnce(&str) -> Result<T>,
    ) -> Result<T> {
        let result = self.call_fit(method, params).await?;
        read(&result).map_err(|error| error.redacted(&self.secrets))
    }

    /// True once the connection has ended.
    pub fn is_closed(&self) -> bool {
        self.peer.is_closed()
    }
}
