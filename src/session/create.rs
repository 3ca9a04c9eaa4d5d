//! Making a session: registered before the server is asked, so that nothing which overtakes the reply is lost.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;

use super::calls::part_from;
use super::config::{Config, Handlers};
use super::life::{End, Life};
use super::{Core, Made, Session};
use crate::client::{self, Attached, Connection};
use crate::error::{Code, Error, Result};
use crate::policy::{Policy, Rules};
use crate::protocol::names::method;
use crate::protocol::question::Kind;
use crate::protocol::session_config::{DeclaredKinds, SessionConfig, Target};
use crate::protocol::session_info::SessionReply;
use crate::protocol::tool::Tool;
use crate::protocol::{params, replies, server};
use crate::queue::{Origin, Owner, Queue, name};
use crate::runtime::{ToTheEnd, to_the_end};

/// Everything that making a session needs, taken from the configuration at the time of the call.
struct Plan {
    client: Arc<client::Core>,
    owner: Owner,
    config: Arc<SessionConfig>,
    tools: Vec<Tool>,
    declared: DeclaredKinds,
    handlers: Handlers,
    origin: Arc<Origin>,
    policy: Option<Policy>,
    id: Arc<str>,
    resumes: bool,
}

/// Creates a session on the server.
pub fn create(
    client: &Arc<client::Core>,
    config: &Config,
) -> Result<impl Future<Output = Result<Arc<Session>>> + Send + 'static + use<>> {
    Plan::new(client, config, None).map(Plan::carry_out)
}

/// Opens a session again that the server has kept.
pub fn resume(
    client: &Arc<client::Core>,
    id: &str,
    config: &Config,
) -> Result<impl Future<Output = Result<Arc<Session>>> + Send + 'static + use<>> {
    if id.is_empty() {
        return Err(Error::invalid_argument("the session id to resume is empty"));
    }
    Plan::new(client, config, Some(id)).map(Plan::carry_out)
}

impl Plan {
    fn new(client: &Arc<client::Core>, config: &Config, resumed: Option<&str>) -> Result<Plan> {
        let mut checked = config.checked()?;
        let queue: &Arc<Queue> = config.queue().map_or(client.queue(), |owner| owner.queue());
        let tools = config.tools();
        checked.check_for(&tools, client.is_empty_mode())?;
        let mut handlers = config.handlers(queue)?;
        handlers.offer(client, &mut checked)?;
        let id = match (resumed, &checked.session_id) {
            (Some(id), None) => Arc::from(id),
            (Some(id), Some(given)) if *id == **given => Arc::clone(given),
            (Some(_), Some(_)) => {
                return Err(Error::invalid_argument(
                    "/sessionId: the configuration names another session than the one to resume",
                ));
            }
            (None, Some(given)) => Arc::clone(given),
            (None, None) => Arc::from(uuid::Uuid::new_v4().to_string()),
        };
        let policy = policy(client, &checked, resumed.is_some())?;
        let origin = Origin::new(name(&id), Arc::default());
        config.subscribe(&origin, queue);
        if !Arc::ptr_eq(queue, client.queue()) {
            queue.add_listener(origin.subscriptions());
        }
        Ok(Plan {
            client: Arc::clone(client),
            owner: Owner::join(queue),
            tools,
            declared: config.declared(),
            config: checked,
            handlers,
            origin,
            policy,
            id,
            resumes: resumed.is_some(),
        })
    }

    /// Goes on to the end whatever becomes of the caller: a session that arrives when nobody waits for it any
    /// more is let go of, as any session whose last handle is freed.
    fn carry_out(self) -> ToTheEnd<Result<Arc<Session>>> {
        let runtime = self.client.runtime().clone();
        to_the_end(&runtime, self.make())
    }

    async fn make(self) -> Result<Arc<Session>> {
        let connection = Arc::clone(&self.client).connection().await?;
        connection.secrets().learn(self.config.secrets());
        let method = if self.resumes { method::SESSION_RESUME } else { method::SESSION_CREATE };
        let target = if self.resumes { Target::Resume(&self.id) } else { Target::Create(&self.id) };
        let params = self.config.encode(target, &self.tools, self.declared, self.client.is_empty_mode());
        let session = self.session(connection);
        let (core, life) = (Arc::clone(&session.core), session.core.life());
        let former = core.register(&life)?;
        match core.open(&life, method, &params).await {
            Ok(()) => {
                session.opened();
                if let Some(former) = former {
                    former.lost(&replaced(&core.id));
                }
                Ok(session)
            }
            Err(error) => {
                core.give_back(&life, former, &error);
                life.end(End::Failed(error.clone()));
                Err(error)
            }
        }
    }

    fn session(self, connection: Arc<Connection>) -> Arc<Session> {
        let made = Made {
            config: self.config,
            tools: self.tools,
            declared: self.declared,
            policy: self.policy.map(Arc::new),
            asked: 0,
            accepted: 0,
        };
        let origin = self.origin;
        let core = Arc::new_cyclic(|this| Core {
            this: this.clone(),
            id: self.id,
            client: self.client,
            life: Mutex::new(Life::new(this.clone(), &origin, self.owner.queue(), connection)),
            queue: Arc::clone(self.owner.queue()),
            origin,
            handlers: Mutex::new(self.handlers.shared()),
            questions: Mutex::default(),
            requests: Mutex::default(),
            announced: Mutex::default(),
            waits: Default::default(),
            workspace_path: OnceLock::new(),
            info: Mutex::default(),
            made: Mutex::new(made),
            changing: OnceLock::new(),
            abandoned: AtomicBool::new(false),
        });
        Session::new(core, self.owner)
    }
}

/// The session's policy, its patterns beginning where the agent will work. A resumed session works where it did,
/// which the server knows and nobody here, unless the configuration says it.
pub(super) fn policy(client: &client::Core, config: &SessionConfig, resumes: bool) -> Result<Option<Policy>> {
    let Some(json) = &config.permission_policy else { return Ok(None) };
    let mut places = client.places();
    places.directory = match config.working_directory() {
        Some(given) => Some(places.directory.unwrap_or_default().join(given)),
        None => places.directory.filter(|_| !resumes),
    };
    places.directory.take_if(|directory| !directory.is_absolute());
    Rules::parse(json)?.anchored(places).map(Some)
}

pub(super) fn replaced(id: &str) -> Error {
    Error::new(Code::Closed, format!("session {id} was opened again; use the newer handle"))
}

impl Core {
    /// Registers a life, so that what comes for the session finds it. Gives back what was registered before.
    pub(super) fn register(&self, life: &Arc<Life>) -> Result<Option<Arc<dyn Attached>>> {
        self.client.attach(life.connection(), &self.id, Arc::clone(life) as Arc<dyn Attached>)
    }

    async fn open(&self, life: &Life, method: &'static str, params: &str) -> Result<()> {
        self.ask_to_open(life, method, params).await?;
        self.settle_in(life).await
    }

    /// Has the server open the session.
    pub(super) async fn ask_to_open(&self, life: &Life, method: &'static str, params: &str) -> Result<()> {
        let connection = life.connection();
        let result = connection.call_fit(method, params).await.map_err(server::name_taken)?;
        let reply = SessionReply::parse(result)?;
        if let Some(id) = reply.names_another(&self.id) {
            let message = format!("the server opened session {id} when {} was asked for", self.id);
            let (connection, id) = (Arc::clone(connection), id.into_owned());
            self.client.runtime().spawn(async move { part_from(&connection, &id).await });
            return Err(Error::new(Code::Protocol, message));
        }
        life.opened();
        connection.secrets().learn(reply.secrets());
        self.info.lock().opened(reply);
        Ok(())
    }

    /// What the server can be told only once the session is open.
    pub(super) async fn settle_in(&self, life: &Life) -> Result<()> {
        let connection = life.connection();
        if self.handlers.lock().of(Kind::McpOauth, None).is_some() {
            connection.call_fit(method::REGISTER_INTEREST, &params::mcp_oauth_interest(&self.id)).await?;
        }
        let empty_mode = self.client.is_empty_mode();
        let update = self.made.lock().config.encode_update(&self.id, empty_mode);
        let Some(update) = update else { return Ok(()) };
        let read = |result: &str| replies::updated(result, &self.id);
        match connection.ask(method::OPTIONS_UPDATE, &update, read).await {
            Err(error) if server::is_method_missing(&error, method::OPTIONS_UPDATE) => {
                Err(self.made.lock().config.cannot_update(empty_mode))
            }
            outcome => outcome,
        }
    }

    /// The session could not be opened: whoever had the id before has it again, if the connection still lives.
    pub(super) fn give_back(&self, life: &Arc<Life>, former: Option<Arc<dyn Attached>>, error: &Error) {
        let is_ours = self.client.detach(&self.id, &(Arc::clone(life) as Arc<dyn Attached>));
        let Some(former) = former else { return };
        if !is_ours || self.client.attach(life.connection(), &self.id, Arc::clone(&former)).is_err() {
            former.lost(error);
        }
    }
}
