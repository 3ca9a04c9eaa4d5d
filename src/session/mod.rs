//! A session: one conversation. Its events, its questions, and the calls that drive it.
//!
//! The program holds a [`Session`]; the client that feeds it holds the [`Core`] behind it.

mod calls;
mod config;
mod create;
mod events;
mod methods;
mod questions;
mod search;
mod turn;
mod ui;
mod wait;

use std::collections::HashMap;
use std::ffi::{CStr, CString};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, Weak};

use parking_lot::Mutex;
use tokio::runtime::Handle;

pub use config::{Asked, Config};
pub use create::{create, resume};

use crate::callback::Callback;
use crate::client::{self, Attached, Connection, Stay};
use crate::error::{Code, Error, Result};
use crate::queue::{Event, Name, Owner, Queue, Subscriptions};
use crate::request::Request;
use config::Handlers;
use questions::Broadcast;
use wait::Waits;

/// The program's handle to a session. When the last one goes, the handlers are destroyed on that thread and the
/// session is let go of in the background; the server keeps its data.
pub struct Session {
    core: Arc<Core>,
    queue: Owner,
    /// Keeps the client's child running. A session that is still being opened does not: a server that never answers
    /// must not outlive the program's interest.
    stay: OnceLock<Stay>,
}

/// A session, as the client and its own calls see it.
pub struct Core {
    this: Weak<Core>,
    id: String,
    name: Name,
    client: Arc<client::Core>,
    connection: Arc<Connection>,
    queue: Arc<Queue>,
    subscriptions: Arc<Subscriptions>,
    handlers: Mutex<Arc<Handlers>>,
    /// Broadcast questions without an answer yet, by the server's id for them.
    questions: Mutex<HashMap<String, Broadcast>>,
    /// Requests without an answer yet, by their JSON-RPC id.
    requests: Mutex<Vec<(crate::rpc::Id, Weak<Request>)>>,
    waits: Waits,
    /// Why the session cannot be used any more.
    ended: OnceLock<Error>,
    /// True while the server has nothing to let go of: before it has opened the session and after the goodbye.
    let_go: AtomicBool,
    workspace_path: OnceLock<CString>,
    /// What the server says that the session can do, as object text.
    capabilities: OnceLock<String>,
    permission_default_pending: bool,
    request_timeout: Option<std::time::Duration>,
}

impl Session {
    fn new(core: Arc<Core>, queue: Owner) -> Arc<Session> {
        Arc::new(Session { core, queue, stay: OnceLock::new() })
    }

    /// It is open, and the program will have it.
    fn opened(&self) {
        let _ = self.stay.set(Stay::begin(&self.core.client));
    }

    /// The session behind the handle.
    pub fn core(&self) -> &Arc<Core> {
        &self.core
    }

    /// The queue that the session delivers to.
    pub fn queue(&self) -> &Owner {
        &self.queue
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.core.abandon();
    }
}

impl Core {
    /// The session's id.
    pub fn id(&self) -> &CStr {
        &self.name
    }

    /// Where the session keeps its files; `None` when it has no such place.
    pub fn workspace_path(&self) -> Option<&CStr> {
        self.workspace_path.get().map(CString::as_c_str)
    }

    /// Where to spawn.
    pub fn runtime(&self) -> &Handle {
        self.client.runtime()
    }

    /// Calls `callback` for events of this type, or of all; the number ends it.
    pub fn on_event(&self, event_type: Option<&str>, callback: Arc<Callback<Event>>) -> i64 {
        let home: Weak<Queue> = Arc::downgrade(&self.queue);
        self.subscriptions.add(event_type, callback, home)
    }

    /// Ends a subscription; false when there is none of this number.
    pub fn off_event(&self, id: i64) -> bool {
        self.subscriptions.end(id)
    }

    /// The connection, while the session can be used.
    fn connection(&self) -> Result<&Arc<Connection>> {
        match self.ended.get() {
            Some(error) => Err(error.clone()),
            None => Ok(&self.connection),
        }
    }

    /// Nobody holds the session any more: its handlers go here and now, the rest in the background.
    fn abandon(&self) {
        self.subscriptions.clear();
        let handlers = std::mem::take(&mut *self.handlers.lock());
        drop(handlers);
        if let Some(core) = self.this.upgrade()
            && !self.let_go.load(Ordering::Acquire)
        {
            self.client.runtime().spawn(async move { core.disconnect().await });
        }
    }

    /// Lets go of the session on the server, which keeps its data. Doing it twice is no error.
    pub async fn disconnect(self: Arc<Core>) -> Result<()> {
        // First, so that a wait fails for this reason and not by the abort that the server makes of it.
        self.end(&Error::new(
            Code::Closed,
            format!("session {} was disconnected; copilot_session_resume opens it again", self.id),
        ));
        let parted = self.part().await;
        self.client.detach(&self.id, &(Arc::clone(&self) as Arc<dyn Attached>));
        parted
    }

    /// Fails what waits and withdraws what is asked.
    fn end(&self, reason: &Error) {
        let _ = self.ended.set(reason.clone());
        self.waits.fail(reason);
        self.withdraw_all();
    }
}
