//! A client: one connection to one CLI at a time, its life cycle, and what belongs to no session.
//!
//! The program holds a [`Client`]; the connection and its sessions hold the [`Core`] behind it, which outlives the
//! handle for as long as the child takes to stop.

mod asking;
mod calls;
mod changes;
mod connection;
mod declare;
mod event_types;
mod open;
mod phase;
mod reading;
mod router;
mod sessions;
mod start;
mod stats;
mod stop;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use tokio::runtime::Handle;

pub use asking::{ByReply, answer_unheard, withdraw};
pub use connection::{Attached, Connection};
pub use event_types::EventType;
pub use phase::State;

use crate::callback::Callback;
use crate::error::{Code, Error, Result};
use crate::policy::Places;
use crate::protocol::client_options::{ClientOptions, DEFAULT_CONNECTION, Transport};
use crate::protocol::methods;
use crate::queue::{Event, Options as QueueOptions, Owner, Queue, Subscriptions};
use crate::request::Request;
use crate::runtime::Residence;
use crate::transport::Environment;
use changes::Changes;
use phase::Phase;
use sessions::Sessions;
use stats::Stats;

/// The program's handle to a client.
pub struct Client {
    core: Arc<Core>,
    queue: Owner,
    _stay: Stay,
}

/// A client, as its connection and its sessions see it.
pub struct Core {
    this: Weak<Core>,
    options: ClientOptions,
    /// As they were when the client was made: what the host changes later does not concern the child.
    environment: Environment,
    directory: Option<PathBuf>,
    queue: Arc<Queue>,
    residence: Arc<Residence>,
    phase: Mutex<Phase>,
    changes: Mutex<Changes>,
    sessions: Sessions,
    /// By method or namespace; without a callback for requests that come as items.
    request_handlers: Mutex<HashMap<String, Option<Arc<Callback<Request>>>>>,
    subscriptions: Arc<Subscriptions>,
    stats: Stats,
    /// Handles of the program's to this client and its sessions; the last one to go stops the child.
    stays: AtomicUsize,
}

/// Handles of the program's to clients and sessions, in the whole process.
static HANDLES: AtomicUsize = AtomicUsize::new(0);

/// How many client and session handles the program has not freed.
pub fn handles() -> usize {
    HANDLES.load(Ordering::Acquire)
}

/// A share in keeping a client's child running.
pub struct Stay(Arc<Core>);

impl Stay {
    /// One more handle keeps the client.
    pub fn begin(core: &Arc<Core>) -> Stay {
        core.stays.fetch_add(1, Ordering::Relaxed);
        HANDLES.fetch_add(1, Ordering::Relaxed);
        Stay(Arc::clone(core))
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        if self.0.stays.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.stop_in_background();
        }
        HANDLES.fetch_sub(1, Ordering::Release);
    }
}

impl Client {
    /// A client that delivers to `queue`, or to one of its own that runs callbacks. No process is started; the
    /// environment and the working directory are those of this moment.
    pub fn new(options: ClientOptions, queue: Option<Owner>) -> Result<Arc<Client>> {
        let queue = match (queue, &options.queue) {
            (Some(queue), _) => queue,
            (None, Some(own)) => Owner::new(QueueOptions::parse(own)?),
            (None, None) => Owner::new(QueueOptions::default()),
        };
        let environment = Environment::from_process();
        options.check_default_connection(environment.get(DEFAULT_CONNECTION))?;
        let residence = Residence::take(options.runtime_threads)?;
        let core = Arc::new_cyclic(|this| Core {
            this: this.clone(),
            environment,
            directory: std::env::current_dir().ok(),
            queue: Arc::clone(queue.queue()),
            residence,
            phase: Mutex::default(),
            changes: Mutex::default(),
            sessions: Sessions::default(),
            request_handlers: Mutex::default(),
            subscriptions: Arc::default(),
            stats: Stats::default(),
            stays: AtomicUsize::new(0),
            options,
        });
        core.queue.add_listener(&core.subscriptions);
        let stay = Stay::begin(&core);
        Ok(Arc::new(Client { core, queue, _stay: stay }))
    }

    /// The client behind the handle.
    pub fn core(&self) -> &Arc<Core> {
        &self.core
    }

    /// The queue that the client delivers to.
    pub fn queue(&self) -> &Owner {
        &self.queue
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.core.subscriptions.clear();
        let handlers = std::mem::take(&mut *self.core.request_handlers.lock());
        drop(handlers);
    }
}

impl Core {
    /// Where to spawn.
    pub fn runtime(&self) -> &Handle {
        self.residence.handle()
    }

    /// True where sessions are to have nothing but what the program gives them.
    pub fn is_empty_mode(&self) -> bool {
        self.options.empty_mode
    }

    /// Where the child works, and its home folder. Of a server that runs already nothing is known, not even whether it
    /// has the files of this machine: behind the address may be a tunnel or a container.
    pub fn places(&self) -> Places {
        if matches!(self.options.transport, Transport::Url(_)) {
            return Places::default();
        }
        let given = self.options.env.iter().rev().find(|(name, _)| name == "HOME");
        let home = match given {
            Some((_, home)) => home.as_ref().map(PathBuf::from),
            None => self.environment.get("HOME").map(PathBuf::from),
        };
        let own = self.directory.clone();
        let directory = match (&self.options.cwd, own) {
            (Some(cwd), Some(own)) => Some(own.join(cwd)),
            (Some(cwd), None) => Some(PathBuf::from(cwd)),
            (None, own) => own,
        };
        Places { directory, home, is_here: true }
    }

    /// The queue that what belongs to no session is delivered to.
    pub fn queue(&self) -> &Arc<Queue> {
        &self.queue
    }

    /// Calls `callback` for lifecycle and state events of this type, or of all; the number ends it.
    pub fn on_event(&self, event_type: Option<&str>, callback: Arc<Callback<Event>>) -> i64 {
        let home: Weak<Queue> = Arc::downgrade(&self.queue);
        self.subscriptions.add(event_type, callback, home)
    }

    /// Ends a subscription; false when there is none of this number.
    pub fn off_event(&self, id: i64) -> bool {
        self.subscriptions.end(id)
    }

    /// Lets `callback` answer the server's requests of a method that has no kind of its own, or of all methods of a
    /// namespace (`canvas.*`). With `None` they come as items where the queue takes everything, else nobody answers
    /// them any more.
    pub fn on_request(&self, method: &str, callback: Option<Arc<Callback<Request>>>) {
        if let Some(callback) = &callback {
            callback.settle(Arc::downgrade(&self.queue) as Weak<_>);
        }
        let former = if callback.is_some() || self.queue.takes_everything() {
            self.request_handlers.lock().insert(method.into(), callback)
        } else {
            self.request_handlers.lock().remove(method)
        };
        if let Some(former) = former.flatten() {
            former.retire();
        }
    }

    /// What the sessions of this client are to keep their files with, as `sessionFs.setProvider` has it.
    pub fn session_files(&self) -> Option<&str> {
        self.options.session_fs.as_deref()
    }

    /// Whether the server's telemetry is to come as notifications.
    pub fn forwards_telemetry(&self) -> bool {
        self.options.enable_github_telemetry_forwarding
    }

    /// True when requests of this method are answered here, and not only by whoever answers everything (`*`).
    pub fn handles(&self, method: &str) -> bool {
        methods::offered(&self.request_handlers.lock(), method).is_some()
    }

    /// Registers a session of this connection, so that its events find it. Gives back the one that held the id
    /// before. Fails when the connection is not the client's any more: nobody would tell the session of its end.
    pub fn attach(
        &self,
        connection: &Arc<Connection>,
        id: &Arc<str>,
        session: Arc<dyn Attached>,
    ) -> Result<Option<Arc<dyn Attached>>> {
        let phase = self.phase.lock();
        match &*phase {
            Phase::Connected(current) if Arc::ptr_eq(current, connection) => {
                Ok(self.sessions.insert(id, session))
            }
            Phase::Lost(reason) => Err(reason.clone()),
            _ => Err(Error::new(
                Code::Closed,
                format!("the client was stopped while session {id} was being opened; open it again"),
            )),
        }
    }

    /// The reader is to look anew where the events of sessions go.
    pub fn look_for_sessions_again(&self) {
        self.sessions.change(|_| {});
    }

    /// Removes a session, if it is still the one registered under the id. True when it was.
    pub fn detach(&self, id: &str, session: &Arc<dyn Attached>) -> bool {
        self.sessions.remove(id, session)
    }

    /// The session that provides GitHub tokens under this registration.
    fn registered(&self, registration: &str) -> Option<Arc<dyn Attached>> {
        self.sessions.all().into_iter().find(|session| session.has_registration(registration))
    }
}
