//! Starting: find the CLI, run it, shake hands. One start at a time, however many ask for it.

use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::time::timeout;

use super::Core;
use super::connection::Connection;
use super::phase::{Attempt, Phase};
use super::router::Router;
use crate::error::{Code, Error, Result};
use crate::protocol::client_options::{ClientOptions, TOKEN_VARIABLES};
use crate::protocol::names::method;
use crate::protocol::server::Server;
use crate::protocol::{server, spawn};
use crate::rpc::Peer;
use crate::secrets::Secrets;
use crate::transport::{self, Environment, Launch, Process, Running};

/// How long a killed process is awaited before its end is left to the background.
const AFTER_KILL: Duration = Duration::from_secs(2);

/// Who wants the connection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wish {
    /// `copilot_client_start`.
    Start,
    /// A call that needs the wire.
    Use,
}

/// The way to a connection.
enum Way {
    /// It is there.
    Open(Arc<Connection>),
    /// It ended by itself, and nobody has taken note of that yet.
    Ended(Arc<Connection>),
    /// It is being made.
    Wait(Attempt),
}

impl Core {
    /// Starts the CLI, or joins a start that is under way. A client that is connected is left as it is.
    pub async fn start(self: Arc<Core>) -> Result<()> {
        self.connect(Wish::Start).await.map(drop)
    }

    /// The connection, started first if need be and the options allow it.
    pub async fn connection(self: Arc<Core>) -> Result<Arc<Connection>> {
        self.connect(Wish::Use).await
    }

    async fn connect(self: Arc<Core>, wish: Wish) -> Result<Arc<Connection>> {
        let mut attempt = loop {
            match self.way(wish)? {
                Way::Open(connection) => return Ok(connection),
                Way::Ended(connection) => self.lose(&connection, &connection.peer.closed().await),
                Way::Wait(attempt) => break attempt,
            }
        };
        match attempt.wait_for(Option::is_some).await {
            Ok(outcome) => outcome.clone().unwrap_or_else(|| Err(was_stopped())),
            Err(_) => Err(was_stopped()),
        }
    }

    /// The live connection, or else the attempt to wait for, which is begun when there is none.
    fn way(&self, wish: Wish) -> Result<Way> {
        let mut phase = self.phase.lock();
        match &*phase {
            Phase::Connected(connection) if connection.is_closed() => {
                return Ok(Way::Ended(Arc::clone(connection)));
            }
            Phase::Connected(connection) => return Ok(Way::Open(Arc::clone(connection))),
            Phase::Connecting(attempt, _) => return Ok(Way::Wait(attempt.clone())),
            _ => self.may_begin(&phase, wish)?,
        }
        let (done, attempt) = watch::channel(None);
        let (wanted, unwanted) = oneshot::channel();
        let previous = phase.state();
        *phase = Phase::Connecting(attempt.clone(), wanted);
        let state = phase.state();
        drop(phase);
        self.tell_state(previous, state, None);
        if let Some(core) = self.this.upgrade() {
            self.runtime().spawn(core.attempt(done, unwanted));
        }
        Ok(Way::Wait(attempt))
    }

    fn may_begin(&self, phase: &Phase, wish: Wish) -> Result<()> {
        if wish == Wish::Start {
            return Ok(());
        }
        match phase {
            Phase::Stopping(_) | Phase::Stopped => Err(Error::new(
                Code::InvalidState,
                "the client was stopped; call copilot_client_start to use it again",
            )),
            Phase::Lost(_) if self.options.auto_restart => Ok(()),
            Phase::Lost(reason) => Err(reason.clone()),
            _ if self.options.auto_start => Ok(()),
            _ => Err(Error::new(
                Code::InvalidState,
                "the client is not started and autoStart is false; call copilot_client_start first",
            )),
        }
    }

    async fn attempt(
        self: Arc<Core>,
        done: watch::Sender<Option<Result<Arc<Connection>>>>,
        unwanted: oneshot::Receiver<()>,
    ) {
        let outcome = self.launch(unwanted).await;
        if !self.settle(&done, &outcome) {
            if let Ok(connection) = outcome {
                end(&connection.peer, &connection.process, was_stopped()).await;
            }
            let _ = done.send(Some(Err(was_stopped())));
            return;
        }
        // The process may have died while the handshake was being written down.
        if let Ok(connection) = &outcome
            && connection.is_closed()
        {
            let reason = connection.peer.closed().await;
            self.lose(connection, &reason);
        }
        let _ = done.send(Some(outcome));
    }

    /// Makes the outcome the client's phase. False when a stop has replaced the phase meanwhile: then what was
    /// started must not stay.
    fn settle(
        &self,
        done: &watch::Sender<Option<Result<Arc<Connection>>>>,
        outcome: &Result<Arc<Connection>>,
    ) -> bool {
        let mut phase = self.phase.lock();
        if !matches!(&*phase, Phase::Connecting(attempt, _) if done.subscribe().same_channel(attempt)) {
            return false;
        }
        let previous = phase.state();
        *phase = match outcome {
            Ok(connection) => Phase::Connected(Arc::clone(connection)),
            Err(_) => Phase::Failed,
        };
        let state = phase.state();
        drop(phase);
        self.tell_state(previous, state, outcome.as_ref().err());
        true
    }

    async fn launch(&self, unwanted: oneshot::Receiver<()>) -> Result<Arc<Connection>> {
        let secrets = Arc::new(known_secrets(&self.options, &self.environment));
        self.launch_with(&secrets, unwanted).await.map_err(|error| error.redacted(&secrets))
    }

    async fn launch_with(
        &self,
        secrets: &Arc<Secrets>,
        unwanted: oneshot::Receiver<()>,
    ) -> Result<Arc<Connection>> {
        let directory = self.options.cwd.as_ref().map(PathBuf::from).or_else(|| self.directory.clone());
        let mut environment = self.environment.clone();
        for (name, value) in spawn::environment_changes(&self.options) {
            match value {
                Some(value) => environment.set(name, value),
                None => environment.remove(name),
            }
        }
        let program =
            transport::resolve(self.options.cli_path.as_deref(), &environment, directory.as_deref())?;
        let args = spawn::argv(&self.options).into_iter().map(Into::into).collect();
        let Running { process, stdin, stdout } = transport::launch(Launch {
            program,
            args,
            environment,
            cwd: directory,
            secrets: Arc::clone(secrets),
        })
        .await?;
        let router = Arc::new(Router::new(Weak::clone(&self.this), process.clone(), Arc::clone(secrets)));
        let peer = Peer::start(stdout, stdin, Arc::clone(&router));
        let shaken = tokio::select! {
            shaken = shake_hands(&peer, &self.options) => shaken,
            _ = unwanted => Err(was_stopped()),
        };
        match shaken {
            Ok(server) => {
                let connection = Arc::new(Connection::new(peer, process, server, Arc::clone(secrets)));
                router.opened(&connection);
                Ok(connection)
            }
            Err(error) => {
                end(&peer, &process, error.clone()).await;
                Err(before_ready(error))
            }
        }
    }
}

/// Ends what was started in vain. Whoever waits for the attempt finds no process left behind.
async fn end(peer: &Peer, process: &Process, reason: Error) {
    peer.close(reason);
    process.kill();
    let _ = timeout(AFTER_KILL, process.exited()).await;
}

/// What the child is given that no error and no log may show.
fn known_secrets(options: &ClientOptions, environment: &Environment) -> Secrets {
    let secrets = Secrets::default();
    secrets.learn(options.secrets());
    secrets.learn(TOKEN_VARIABLES.iter().filter_map(|name| environment.get(name)?.to_str()));
    secrets
}

fn was_stopped() -> Error {
    Error::new(Code::Closed, "the client was stopped while it was starting")
}

/// A process that ended before it was ready could not be started, as far as the program is concerned.
fn before_ready(error: Error) -> Error {
    if error.exit().is_some() {
        return error.recoded(Code::Spawn).within("the CLI ended before it was ready");
    }
    error.within("the CLI did not get ready")
}

/// `connect`, or `ping` where the server does not know it; then the version check.
async fn shake_hands(peer: &Peer, options: &ClientOptions) -> Result<Server> {
    match peer.call(method::CONNECT, &options.connect_params()).await {
        Ok(result) => Server::from_connect(&result),
        Err(error) if server::is_method_missing(&error, method::CONNECT) => {
            let server = Server::from_ping(&peer.call(method::PING, "{}").await?)?;
            // Which words it uses for permissions depends on its version, which ping does not tell.
            match peer.call(method::STATUS_GET, "{}").await {
                Ok(status) => Ok(server.with_status(&status)),
                Err(error) if error.rpc().is_some() => Ok(server),
                Err(error) => Err(error),
            }
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests;
