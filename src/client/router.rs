//! Where the messages of a connection go: to a session, to the program, or to nobody.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use parking_lot::Mutex;

use super::Core;
use super::asking::{ByReply, answer_unheard, withdraw};
use super::connection::{Attached, Connection, Far};
use super::reading::Reading;
use super::stop::was_stopped;
use crate::error::{Code, Error};
use crate::json::scan;
use crate::protocol::lifecycle;
use crate::protocol::methods;
use crate::protocol::names::{self, notification};
use crate::protocol::question::{self, Kind as QuestionKind, Question};
use crate::queue::{Asking, Kind, Queue, Text, Words, name};
use crate::request::{Request, Way};
use crate::rpc::{Handler, Id, Incoming, Part, Traffic};
use crate::secrets::Secrets;
use crate::transport;

/// How long a process may take to be reaped after its output has ended, so that the reason can name its exit.
const EXIT_PATIENCE: Duration = Duration::from_millis(500);

/// The handler of one connection.
pub struct Router {
    core: Weak<Core>,
    far: Far,
    secrets: Arc<Secrets>,
    connection: OnceLock<Weak<Connection>>,
    /// A queue over its limit; the reader waits for it before it goes on.
    full: Mutex<Option<Arc<Queue>>>,
    /// True while there is one: asked before every frame.
    is_full: AtomicBool,
    /// Requests of the client's own that the server may still withdraw.
    pending: Mutex<Vec<(Id, Weak<Request>)>>,
}

impl Router {
    pub(super) fn new(core: Weak<Core>, far: Far, secrets: Arc<Secrets>) -> Router {
        Router {
            core,
            far,
            secrets,
            connection: OnceLock::new(),
            full: Mutex::default(),
            is_full: AtomicBool::new(false),
            pending: Mutex::default(),
        }
    }

    /// The handshake is done.
    pub(super) fn opened(&self, connection: &Arc<Connection>) {
        let _ = self.connection.set(Arc::downgrade(connection));
    }

    /// True when the program has ended the connection.
    fn is_ending(&self) -> bool {
        let connection = self.connection.get().and_then(Weak::upgrade);
        connection.is_some_and(|connection| connection.ending.load(Ordering::Acquire))
    }

    /// Brings an event that `reading` knows to its session.
    #[inline(always)]
    fn session_event(&self, reading: &mut Reading, event: Words<'_>) {
        let Some(connection) = self.connection.get() else { return };
        if let Some(queue) = reading.bring(&self.core, connection, event) {
            self.mind(&queue);
        }
    }

    /// The session of this id, if it is of this connection and not of one that came after it.
    fn attached(&self, core: &Core, id: &str) -> Option<Arc<dyn Attached>> {
        let connection = self.connection.get()?;
        core.sessions.get(id).filter(|session| session.is_on(connection))
    }

    /// Stops the reader before the next frame when the queue has become too full.
    #[cold]
    fn mind(&self, queue: &Arc<Queue>) {
        if !queue.is_pressing() {
            return;
        }
        if self.is_awaited() {
            queue.press_on();
        } else {
            *self.full.lock() = Some(Arc::clone(queue));
            self.is_full.store(true, Ordering::Release);
        }
    }

    /// True while anything of the client's waits for what the server says, in whichever of its queues.
    fn is_awaited(&self) -> bool {
        let Some(connection) = self.connection.get().and_then(Weak::upgrade) else { return true };
        if connection.peer.calls_pending() > 0 {
            return true;
        }
        let Some(core) = self.core.upgrade() else { return true };
        core.queue.is_awaited() || core.sessions.all().iter().any(|session| session.queue().is_awaited())
    }

    fn lifecycle_event(&self, core: &Core, params: &str) {
        if let Some(event) = lifecycle::parse(params)
            && core.tells(&event.event_type)
        {
            core.tell(Kind::Lifecycle, &event.event_type, Some(&event.session_id), params);
            self.mind(&core.queue);
        }
    }

    /// What no part of the library reads is the program's to hear.
    fn other_notification(&self, core: &Core, method: &str, params: &str) {
        if core.tells(method) {
            let session = question::session_id(params);
            core.tell(Kind::Notification, method, session.as_deref(), params);
            self.mind(&core.queue);
        }
    }

    /// Any notification but an event of a session.
    #[inline(never)]
    fn notification(&self, method: &str, params: &str) {
        let Some(core) = self.core.upgrade() else { return };
        match method {
            notification::SESSION_LIFECYCLE => self.lifecycle_event(&core, params),
            _ => self.other_notification(&core, method, params),
        }
    }

    /// A request of a method without a kind of its own: the session that it names comes first, then the client.
    fn other_request(&self, core: &Core, incoming: Incoming, method: &str, params: &str) {
        let named = |pointer| scan::find(params, pointer).and_then(scan::string);
        let session = match method {
            methods::GITHUB_TOKEN => named("/registrationId").and_then(|id| core.registered(&id)),
            _ => named("/sessionId").and_then(|id| self.leaving(&id).or_else(|| self.attached(core, &id))),
        };
        let left = match session {
            Some(session) => {
                let left = session.request(incoming, method, params);
                self.mind(session.queue());
                left
            }
            None => Some(incoming),
        };
        if let Some(incoming) = left {
            self.client_request(core, incoming, method, params);
        }
    }

    /// A session that goes with its connection.
    fn leaving(&self, id: &str) -> Option<Arc<dyn Attached>> {
        let connection = self.connection.get()?.upgrade()?;
        connection.leaving.lock().get(id).cloned()
    }

    /// A request that belongs to no session, or that its session leaves to the client.
    fn client_request(&self, core: &Core, incoming: Incoming, method: &str, params: &str) {
        let question = Question::from_request(method, params);
        let handler = methods::find(&core.request_handlers.lock(), method).cloned();
        let Some(handler) = handler else {
            let server = self.connection.get().and_then(Weak::upgrade);
            return answer_unheard(incoming, &question, server.as_deref().map(Connection::server));
        };
        let session = question::session_id(params);
        let id = incoming.id().clone();
        let responder = ByReply::new(incoming, String::new(), self.connection.get().cloned());
        let home: Weak<Queue> = Arc::downgrade(&core.queue);
        let request =
            Request::new(question, session.as_deref().map(name), Way::Own(Box::new(responder)), home);
        let mut pending = self.pending.lock();
        pending.retain(|(_, request)| request.strong_count() > 0);
        pending.push((id, Arc::downgrade(&request)));
        drop(pending);
        core.queue.ask(Asking { request, callback: handler });
        self.mind(&core.queue);
    }
}

impl Handler for Router {
    type Memory = Reading;

    /// Nearly all that comes is an event that begins like another.
    #[inline(always)]
    fn recalls(&self, reading: &mut Reading, body: &str) -> bool {
        match reading.recall(body) {
            Some(event) => {
                self.session_event(reading, Words::Lent(event));
                true
            }
            None => false,
        }
    }

    fn on_notification(&self, reading: &mut Reading, method: &str, params: &str) {
        if method != notification::SESSION_EVENT {
            self.notification(method, params);
        } else if let Some(event) = reading.recognise(params) {
            self.session_event(reading, Words::Lent(event));
        }
    }

    fn on_large_notification(&self, reading: &mut Reading, method: &str, params: Part) {
        if method != notification::SESSION_EVENT {
            self.notification(method, &params);
        } else if let Some(event) = reading.recognise(&params).map(|event| scan::range_in(&params, event)) {
            let (frame, place) = params.into_whole();
            let text = Text::part(frame, place.start + event.start..place.start + event.end);
            self.session_event(reading, Words::Given(text));
        }
    }

    fn on_request(&self, incoming: Incoming, method: &str, params: &str) {
        let Some(core) = self.core.upgrade() else { return };
        core.stats.request();
        if question::by_method(method) == QuestionKind::Other {
            return self.other_request(&core, incoming, method, params);
        }
        let Some(session) = scan::find(params, "/sessionId").and_then(scan::string) else {
            incoming.fail(-32602, "missing required field: sessionId", None);
            return;
        };
        match self.attached(&core, &session) {
            Some(session) => {
                drop(session.request(incoming, method, params));
                self.mind(session.queue());
            }
            None => drop(incoming.fail(-32603, &format!("Session not found: {session}"), None)),
        }
    }

    fn cancellable(&self, method: &str) -> bool {
        names::is_cancellable(method)
    }

    fn on_cancelled(&self, id: &Id) {
        let Some(core) = self.core.upgrade() else { return };
        let found = self.pending.lock().iter().find(|(held, _)| held == id).and_then(|(_, r)| r.upgrade());
        match found {
            Some(request) => withdraw(&request, &core.queue),
            None => core.sessions.all().iter().for_each(|session| session.request_cancelled(id)),
        }
    }

    fn batch_end(&self, reading: &mut Reading) {
        reading.end();
    }

    #[inline]
    fn has_room(&self) -> bool {
        !self.is_full.load(Ordering::Acquire)
    }

    async fn room(&self) {
        let full = self.full.lock().take();
        self.is_full.store(false, Ordering::Release);
        if let Some(queue) = full {
            queue.room(|| self.is_awaited()).await;
        }
    }

    async fn epitaph(&self, reason: Error) -> Error {
        if self.is_ending() {
            return was_stopped();
        }
        let process = match &self.far {
            Far::Stdio(process) | Far::Tcp(process) => process,
            Far::Server(address) => return reason.within(format!("the connection to {address} was lost")),
        };
        match tokio::time::timeout(EXIT_PATIENCE, process.exited()).await {
            Ok(exit) if reason.code() == Code::Transport => {
                Error::new(Code::Transport, transport::describe(&exit)).with_exit(exit)
            }
            Ok(exit) => reason.with_exit(exit),
            Err(_) => reason,
        }
    }

    fn traffic(&self) -> Arc<Traffic> {
        self.core.upgrade().map(|core| core.stats.traffic()).unwrap_or_default()
    }

    fn vet(&self, error: Error) -> Error {
        error.redacted(&self.secrets)
    }

    fn on_close(&self, reason: &Error) {
        // Without its connection the process is of no use, and must not stay. A server that was asked to end closes
        // its connections first.
        if !(matches!(self.far, Far::Tcp(_)) && self.is_ending()) {
            self.far.kill();
        }
        let connection = self.connection.get().and_then(Weak::upgrade);
        if let (Some(core), Some(connection)) = (self.core.upgrade(), connection) {
            core.lose(&connection, reason);
        }
    }
}
