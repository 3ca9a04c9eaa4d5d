//! Opening a session again on the handle that it has: after a crash, a stop or a disconnect, or to change what only an
//! opening can change.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::config::{Config, Handlers, Patch};
use super::create::{policy, replaced};
use super::life::{End, Life};
use super::{Core, Made};
use crate::client::{self, Attached, Connection};
use crate::error::{Error, Result};
use crate::json::Json;
use crate::protocol::names::method;
use crate::protocol::session_config::Target;
use crate::protocol::tool::Tool;
use crate::runtime::to_the_end;

/// Opens the session of a handle again. Queue, subscriptions, tools and handlers stay; a configuration adds to them
/// or replaces what has the same name.
pub fn reopen(
    core: &Arc<Core>,
    config: Option<&Config>,
) -> Result<impl Future<Output = Result<()>> + Send + 'static + use<>> {
    let patch = match config {
        Some(config) => config.patch(&core.queue)?,
        None => Config::new(Json::object())?.patch(&core.queue)?,
    };
    if patch.config.session_id.as_deref().is_some_and(|id| *id != *core.id) {
        return Err(Error::invalid_argument("/sessionId: the configuration names another session"));
    }
    core.made.lock().patched(&patch, &core.client)?;
    let core = Arc::clone(core);
    // It goes on to the end whatever becomes of the caller, so that nothing stays half done.
    let runtime = core.runtime().clone();
    Ok(to_the_end(&runtime, core.reopen(patch)))
}

impl Made {
    /// What the session is made of with this change.
    fn patched(&self, patch: &Patch, client: &client::Core) -> Result<Made> {
        let config = Arc::new(self.config.overlaid(&patch.config)?);
        let is_kept = |tool: &&Tool| !patch.tools.iter().any(|newer| newer.name() == tool.name());
        let tools: Vec<_> = self.tools.iter().filter(is_kept).chain(&patch.tools).cloned().collect();
        config.check_for(&tools, client.is_empty_mode())?;
        // Without a word about either, the rules still begin where the agent works.
        let is_new = patch.config.permission_policy.is_some() || patch.config.working_directory().is_some();
        let policy = match is_new {
            true => policy(client, &config, true)?.map(Arc::new),
            false => self.policy.clone(),
        };
        // Tools that were asked for before count no more, should they be accepted late.
        let (asked, accepted) = (self.asked + 1, self.asked + 1);
        Ok(Made { config, tools, declared: self.declared.and(patch.declared), policy, asked, accepted })
    }
}

/// What is put back when the server refuses.
struct Before {
    made: Made,
    handlers: Arc<Handlers>,
    subscriptions: Vec<i64>,
}

impl Core {
    async fn reopen(self: Arc<Core>, patch: Patch) -> Result<()> {
        let _alone = self.alone().await;
        let outcome = match Arc::clone(&self.client).connection().await {
            Ok(connection) => self.reopen_on(connection, &patch).await,
            Err(error) => Err(error),
        };
        if self.abandoned.load(Ordering::SeqCst) {
            // The last handle went meanwhile, when there was nothing to let go of yet.
            self.abandon();
        }
        outcome
    }

    async fn reopen_on(&self, connection: Arc<Connection>, patch: &Patch) -> Result<()> {
        let before = self.change(patch)?;
        let old = self.life();
        let is_open = old.ended().is_none() && Arc::ptr_eq(old.connection(), &connection);
        let outcome = match is_open {
            true => self.ask_again(&old).await,
            false => self.begin_anew(&old, connection).await,
        };
        match outcome {
            Ok(()) => Ok(()),
            Err(Refused::ByAll(error)) => {
                self.put_back(before);
                Err(error)
            }
            Err(Refused::InPart(error)) => Err(error),
        }
    }

    /// The session is open, and stays the same session.
    async fn ask_again(&self, life: &Life) -> std::result::Result<(), Refused> {
        self.resume_on(life).await.map_err(Refused::ByAll)?;
        self.settle_in(life).await.map_err(Refused::InPart)
    }

    async fn begin_anew(
        &self,
        old: &Arc<Life>,
        connection: Arc<Connection>,
    ) -> std::result::Result<(), Refused> {
        // It may not have heard yet that its connection is no more.
        old.end(End::Failed(replaced(&self.id)));
        old.succeed();
        let life = Life::new(self.this.clone(), &self.origin, &self.queue, connection);
        self.workspace_path(); // what was asked for once stays
        self.info.lock().forget();
        *self.life.lock() = Arc::clone(&life);
        let former = self.register(&life);
        let outcome = match &former {
            Ok(_) => match self.resume_on(&life).await {
                Ok(()) => self.settle_in(&life).await,
                Err(error) => Err(error),
            },
            Err(error) => Err(error.clone()),
        };
        let former = former.ok().flatten().filter(|former| !is_same(former, old));
        match outcome {
            Ok(()) => {
                if let Some(former) = former {
                    former.lost(&replaced(&self.id));
                }
                Ok(())
            }
            Err(error) => {
                self.give_back(&life, former, &error);
                life.end(End::Failed(error.clone()));
                life.succeed();
                // Its reason still says best why the session is not open.
                *self.life.lock() = Arc::clone(old);
                let _ = life.part(&self.id).await;
                Err(Refused::ByAll(error))
            }
        }
    }

    async fn resume_on(&self, life: &Life) -> Result<()> {
        let (params, secrets) = {
            let made = self.made.lock();
            let target = Target::Resume(&self.id);
            (
                made.config.encode(target, &made.tools, made.declared, self.client.is_empty_mode()),
                made.config.secrets(),
            )
        };
        life.connection().secrets().learn(secrets);
        self.ask_to_open(life, method::SESSION_RESUME, &params).await
    }

    /// Makes the change before the server is asked: what overtakes its reply is already for the new handlers.
    fn change(&self, patch: &Patch) -> Result<Before> {
        let mut made = self.made.lock();
        let handlers = Arc::clone(&self.handlers.lock());
        let mut newer = made.patched(patch, &self.client)?;
        let mut joined = handlers.joined(&patch.handlers);
        joined.offer(&self.client, &mut newer.config)?;
        let made = std::mem::replace(&mut *made, newer);
        self.answer_with(joined);
        let subscriptions = patch.subscribe(&self.origin, &self.queue);
        Ok(Before { made, handlers, subscriptions })
    }

    fn put_back(&self, before: Before) {
        *self.made.lock() = before.made;
        self.answer_with(Handlers::clone(&before.handlers));
        self.origin.forget(&before.subscriptions);
    }

    /// Replaces the handlers; what is running goes on with the old ones. A session that nobody holds has none.
    pub(super) fn answer_with(&self, handlers: Handlers) {
        let mut current = self.handlers.lock();
        if self.abandoned.load(Ordering::SeqCst) {
            return;
        }
        let former = std::mem::replace(&mut *current, handlers.shared());
        drop(current);
        drop(former);
    }
}

/// How far the server went along.
enum Refused {
    /// Nothing has changed.
    ByAll(Error),
    /// The session is open as asked, but for what comes after.
    InPart(Error),
}

fn is_same(former: &Arc<dyn Attached>, life: &Arc<Life>) -> bool {
    std::ptr::addr_eq(Arc::as_ptr(former), Arc::as_ptr(life))
}
