//! A session: one conversation. Its events, its questions, and the calls that drive it.
//!
//! The program holds a [`Session`]; the client that feeds it holds the [`Core`] behind it.

mod announced;
mod broadcasts;
mod calls;
mod config;
mod create;
mod events;
mod judging;
mod life;
mod methods;
mod questions;
mod reopen;
mod search;
mod tools;
mod turn;
mod ui;
mod wait;

use std::ffi::{CStr, CString};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::runtime::Handle;

pub use config::{Asked, Config};
pub use create::{create, resume};
pub use reopen::reopen;

use crate::callback::Callback;
use crate::client::{self, Attached, Connection, Stay};
use crate::error::Result;
use crate::json::Json;
use crate::policy::Policy;
use crate::protocol::session_config::{DeclaredKinds, SessionConfig};
use crate::protocol::session_info::SessionInfo;
use crate::protocol::tool::Tool;
use crate::queue::{Event, Origin, Owner, Queue};
use crate::request::Request;
use announced::Announced;
use broadcasts::Broadcasts;
use config::Handlers;
use life::{End, Life};
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
    id: Arc<str>,
    /// Its name, and its callbacks for events.
    origin: Arc<Origin>,
    client: Arc<client::Core>,
    /// The life that it has, or had last.
    life: Mutex<Arc<Life>>,
    queue: Arc<Queue>,
    handlers: Mutex<Arc<Handlers>>,
    questions: Mutex<Broadcasts>,
    /// Requests without an answer yet, by their JSON-RPC id.
    requests: Mutex<Vec<(crate::rpc::Id, Weak<Request>)>>,
    announced: Mutex<Announced>,
    waits: Waits,
    /// Once it was asked for: it then stays where it is.
    workspace_path: OnceLock<Box<CString>>,
    info: Mutex<SessionInfo>,
    made: Mutex<Made>,
    /// Held by what replaces tools and options, so that it happens one after the other. Most sessions never do.
    changing: OnceLock<Box<tokio::sync::Mutex<()>>>,
    /// True once the program has no handle any more.
    abandoned: AtomicBool,
}

/// What the session was last opened with.
struct Made {
    /// Sessions that were made from the same configuration share it.
    config: Arc<SessionConfig>,
    tools: Vec<Tool>,
    declared: DeclaredKinds,
    policy: Option<Arc<Policy>>,
    /// The numbers of the changes of tools that were last asked for and last accepted.
    asked: u64,
    accepted: u64,
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
        self.origin.session_id()
    }

    /// Where the session keeps its files; `None` when it has no such place.
    pub fn workspace_path(&self) -> Option<&CStr> {
        if self.workspace_path.get().is_none()
            && let Some(path) = self.info.lock().workspace_path()
            && let Ok(path) = CString::new(path)
        {
            let _ = self.workspace_path.set(Box::new(path));
        }
        self.workspace_path.get().map(|path| path.as_c_str())
    }

    /// Where to spawn.
    pub fn runtime(&self) -> &Handle {
        self.client.runtime()
    }

    /// Calls `callback` for events of this type, or of all; the number ends it.
    pub fn on_event(&self, event_type: Option<&str>, callback: Arc<Callback<Event>>) -> i64 {
        let home: Weak<Queue> = Arc::downgrade(&self.queue);
        self.origin.subscriptions().add(event_type, callback, home)
    }

    /// The same on the thread that reads the events, before they go anywhere else. What is left of the callback is
    /// destroyed where the queue is served all the same.
    pub fn on_event_direct(&self, event_type: Option<&str>, callback: Arc<Callback<Event>>) -> i64 {
        let home: Weak<Queue> = Arc::downgrade(&self.queue);
        self.origin.direct().add(event_type, callback, home)
    }

    /// What is known of the session: `{"sessionId":…,"capabilities":{…},"openCanvases":[…],…}`.
    pub fn info(&self) -> Json {
        Json::from_trusted(self.info.lock().to_json(&self.id))
    }

    /// Ends a subscription; false when there is none of this number.
    pub fn off_event(&self, id: i64) -> bool {
        self.origin.subscriptions().end(id) || self.origin.direct().end(id)
    }

    /// While it lasts nobody else replaces tools and options.
    async fn alone(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.changing.get_or_init(Box::default).lock().await
    }

    fn life(&self) -> Arc<Life> {
        Arc::clone(&self.life.lock())
    }

    /// The connection of the current life, which may have ended.
    fn wire(&self) -> Arc<Connection> {
        Arc::clone(self.life.lock().connection())
    }

    /// The connection, while the session can be used.
    fn connection(&self) -> Result<Arc<Connection>> {
        let life = self.life.lock();
        match life.ended() {
            Some(error) => Err(error),
            None => Ok(Arc::clone(life.connection())),
        }
    }

    /// Whether permission requests without a handler are left to other clients.
    fn permission_default_pending(&self) -> bool {
        let given = self.made.lock().config.permission_pending;
        // Whoever runs a server that this client is only attached to may answer.
        given.unwrap_or_else(|| self.wire().is_attached())
    }

    fn request_timeout(&self) -> Option<Duration> {
        self.made.lock().config.request_timeout_ms.map(Duration::from_millis)
    }

    /// Nobody holds the session any more: its handlers go here and now, the rest in the background.
    fn abandon(&self) {
        self.abandoned.store(true, Ordering::SeqCst);
        self.origin.clear();
        let handlers = std::mem::replace(&mut *self.handlers.lock(), Handlers::none());
        drop(handlers);
        if let Some(core) = self.this.upgrade()
            && !self.life().is_let_go()
        {
            self.client.runtime().spawn(async move { core.disconnect().await });
        }
    }

    /// Lets go of the session on the server, which keeps its data. Doing it twice is no error.
    pub async fn disconnect(self: Arc<Core>) -> Result<()> {
        let life = self.life();
        // First, so that a wait fails for this reason and not by the abort that the server makes of it.
        life.end(End::Disconnected);
        let parted = life.part(&self.id).await;
        self.client.detach(&self.id, &(life as Arc<dyn Attached>));
        parted
    }
}
