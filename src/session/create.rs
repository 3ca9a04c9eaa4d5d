//! Making a session: registered before the server is asked, so that nothing which overtakes the reply is lost.

use std::collections::HashMap;
use std::ffi::CString;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::calls::part_from;
use super::config::{Config, Handlers};
use super::{Core, Session};
use crate::client::{self, Attached, Connection};
use crate::error::{Code, Error, Result};
use crate::protocol::names::method;
use crate::protocol::params;
use crate::protocol::question::Kind;
use crate::protocol::session_config::{DeclaredKinds, SessionConfig, SessionReply, Target};
use crate::protocol::tool::Tool;
use crate::queue::{Owner, Queue, Subscriptions, name};

/// Everything that making a session needs, taken from the configuration at the time of the call.
struct Plan {
    client: Arc<client::Core>,
    owner: Owner,
    config: SessionConfig,
    tools: Vec<Tool>,
    declared: DeclaredKinds,
    handlers: Handlers,
    subscriptions: Arc<Subscriptions>,
    id: String,
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
        let mut checked = SessionConfig::parse(config.json.text())?;
        let queue: &Arc<Queue> = config.queue().map_or(client.queue(), |owner| owner.queue());
        let mut handlers = config.handlers(queue)?;
        handlers.offer(client, &mut checked)?;
        let subscriptions: Arc<Subscriptions> = Arc::default();
        config.subscribe(&subscriptions, queue);
        let id = match (resumed, checked.session_id.as_deref()) {
            (Some(id), None) => id.to_owned(),
            (Some(id), Some(given)) if id == given => id.to_owned(),
            (Some(_), Some(_)) => {
                return Err(Error::invalid_argument(
                    "/sessionId: the configuration names another session than the one to resume",
                ));
            }
            (None, Some(given)) => given.to_owned(),
            (None, None) => uuid::Uuid::new_v4().to_string(),
        };
        Ok(Plan {
            client: Arc::clone(client),
            owner: Owner::join(queue),
            tools: config.tools(),
            declared: config.declared(),
            config: checked,
            handlers,
            subscriptions,
            id,
            resumes: resumed.is_some(),
        })
    }

    /// Goes on to the end whatever becomes of the caller: a session that arrives when nobody waits for it any
    /// more is let go of, as any session whose last handle is freed.
    async fn carry_out(self) -> Result<Arc<Session>> {
        let (sender, receiver) = oneshot::channel();
        let runtime = self.client.runtime().clone();
        runtime.spawn(async move {
            let _ = sender.send(self.make().await);
        });
        receiver.await.unwrap_or_else(|_| Err(Error::new(Code::Closed, "the library is shutting down")))
    }

    async fn make(self) -> Result<Arc<Session>> {
        let connection = Arc::clone(&self.client).connection().await?;
        connection.secrets().learn(self.config.secrets());
        let method = if self.resumes { method::SESSION_RESUME } else { method::SESSION_CREATE };
        let target = if self.resumes { Target::Resume(&self.id) } else { Target::Create(&self.id) };
        let params = self.config.encode(target, &self.tools, self.declared);
        let session = self.session(connection);
        let attached: Arc<dyn Attached> = Arc::clone(&session.core) as Arc<_>;
        let core = Arc::clone(&session.core);
        let former = core.client.attach(&core.connection, &core.id, Arc::clone(&attached))?;
        match core.open(method, &params).await {
            Ok(()) => {
                session.opened();
                if let Some(former) = former {
                    former.lost(&replaced(&core.id));
                }
                Ok(session)
            }
            Err(error) => {
                core.give_back(&attached, former, &error);
                core.end(&error);
                Err(error)
            }
        }
    }

    fn session(self, connection: Arc<Connection>) -> Arc<Session> {
        let core = Arc::new_cyclic(|this| Core {
            this: this.clone(),
            name: name(&self.id),
            id: self.id,
            client: self.client,
            permission_default_pending: self.config.permission_pending.unwrap_or(connection.is_attached()),
            connection,
            queue: Arc::clone(self.owner.queue()),
            subscriptions: self.subscriptions,
            handlers: Mutex::new(Arc::new(self.handlers)),
            questions: Mutex::new(HashMap::new()),
            requests: Mutex::default(),
            waits: Default::default(),
            ended: OnceLock::new(),
            let_go: AtomicBool::new(true),
            workspace_path: OnceLock::new(),
            capabilities: OnceLock::new(),
            request_timeout: self.config.request_timeout_ms.map(Duration::from_millis),
        });
        Session::new(core, self.owner)
    }
}

fn replaced(id: &str) -> Error {
    Error::new(Code::Closed, format!("session {id} was opened again; use the newer handle"))
}

impl Core {
    async fn open(&self, method: &str, params: &str) -> Result<()> {
        let result = self.connection.call(method, params).await?;
        let reply = SessionReply::parse(&result)?;
        if let Some(id) = reply.session_id.filter(|id| *id != self.id) {
            let message = format!("the server opened session {id} when {} was asked for", self.id);
            let connection = Arc::clone(&self.connection);
            self.client.runtime().spawn(async move { part_from(&connection, &id).await });
            return Err(Error::new(Code::Protocol, message));
        }
        self.let_go.store(false, Ordering::Release);
        if let Some(path) = reply.workspace_path.and_then(|path| CString::new(path).ok()) {
            let _ = self.workspace_path.set(path);
        }
        if let Some(capabilities) = reply.capabilities {
            let _ = self.capabilities.set(capabilities);
        }
        if self.handlers.lock().of(Kind::McpOauth, None).is_some() {
            self.call(method::REGISTER_INTEREST, &params::mcp_oauth_interest(&self.id)).await?;
        }
        Ok(())
    }

    /// The session could not be opened: whoever had the id before has it again, if the connection still lives.
    fn give_back(&self, ours: &Arc<dyn Attached>, former: Option<Arc<dyn Attached>>, error: &Error) {
        let is_ours = self.client.detach(&self.id, ours);
        let Some(former) = former else { return };
        if !is_ours || self.client.attach(&self.connection, &self.id, Arc::clone(&former)).is_err() {
            former.lost(error);
        }
    }
}
