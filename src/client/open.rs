//! Opening a connection: find the CLI and run it, or reach a server; shake hands; declare what the program answers.

use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

use super::Core;
use super::connection::{Connection, Far};
use super::router::Router;
use super::start::was_stopped;
use super::stats::Clock;
use crate::error::{Code, Error, Result};
use crate::protocol::client_options::{ClientOptions, TOKEN_VARIABLES, Transport};
use crate::protocol::names::{method, request};
use crate::protocol::server::{self, Server};
use crate::protocol::spawn;
use crate::rpc::Peer;
use crate::secrets::Secrets;
use crate::transport::{self, Address, Environment, Input, Launch, Process, Running};

/// How long a server that was started may take to name its port. The caller's own limit is usually shorter; without one
/// this ends the wait for a program that will never listen, and leaves a CLI that is read from a cold disk its time.
const UNTIL_IT_LISTENS: Duration = Duration::from_secs(30);

/// How long a killed process is awaited before its end is left to the background.
const AFTER_KILL: Duration = Duration::from_secs(2);

/// A connection in the making: what there is to end, should it come to nothing.
struct Opening {
    secrets: Arc<Secrets>,
    /// What `connect` sends to a server on TCP.
    token: Option<String>,
    clock: Clock,
    program: Option<PathBuf>,
    far: Option<Far>,
    peer: Option<Peer>,
}

impl Core {
    /// Opens a connection, unless `unwanted` comes first. After a failure nothing of it is left.
    pub(super) async fn open(&self, unwanted: oneshot::Receiver<()>) -> Result<Arc<Connection>> {
        let mut opening = Opening {
            secrets: Arc::new(known_secrets(&self.options, &self.environment)),
            token: token(&self.options),
            clock: Clock::start(),
            program: None,
            far: None,
            peer: None,
        };
        opening.secrets.learn(&opening.token);
        let opened = tokio::select! {
            opened = self.open_step_by_step(&mut opening) => opened,
            _ = unwanted => Err(was_stopped()),
        };
        self.stats.opened(opening.clock.stop());
        match opened {
            Ok(connection) => Ok(connection),
            Err(error) => {
                if let Some(peer) = &opening.peer {
                    peer.close(error.clone());
                }
                if let Some(far) = &opening.far {
                    end(far).await;
                }
                Err(before_ready(error, opening.far.as_ref()).redacted(&opening.secrets))
            }
        }
    }

    async fn open_step_by_step(&self, opening: &mut Opening) -> Result<Arc<Connection>> {
        let (peer, router, far) = match &self.options.transport {
            Transport::Stdio => self.reach_by_stdio(opening).await?,
            Transport::Tcp(_) => self.reach_by_tcp(opening).await?,
            Transport::Url(address) => {
                let far = Far::Server(address.clone());
                self.connect_to(address, far, opening).await?
            }
        };
        let answers_entra = self.handles(request::ENTRA_TOKEN_GET_TOKEN);
        let token = opening.token.as_deref();
        let server = shake_hands(&peer, &self.options, token, answers_entra).await?;
        opening.clock.lap("handshakeMs");
        let connection = Connection::new(peer, far, server, Arc::clone(&opening.secrets));
        let connection = Arc::new(connection.of_program(opening.program.take()));
        router.opened(&connection);
        self.declare(&connection).await?;
        opening.clock.lap("declareMs");
        Ok(connection)
    }

    async fn reach_by_stdio(&self, opening: &mut Opening) -> Result<(Peer, Arc<Router>, Far)> {
        let launch = self.prepare(opening)?;
        let Running { process, stdin, stdout } = transport::launch(launch).await?;
        self.stay_for(&process);
        opening.clock.lap("spawnMs");
        let far = Far::Stdio(process);
        let router = self.router(&far, opening);
        let peer = Peer::start_on(Input::of_child(stdout)?, stdin, Arc::clone(&router))?;
        opening.peer = Some(peer.clone());
        Ok((peer, router, far))
    }

    async fn reach_by_tcp(&self, opening: &mut Opening) -> Result<(Peer, Arc<Router>, Far)> {
        let launch = self.prepare(opening)?;
        let serving = transport::launch_server(launch).await?;
        self.stay_for(&serving.process);
        opening.clock.lap("spawnMs");
        let far = Far::Tcp(serving.process.clone());
        opening.far = Some(far.clone());
        let address = Address::local(serving.port(UNTIL_IT_LISTENS).await?);
        self.connect_to(&address, far, opening).await
    }

    async fn connect_to(
        &self,
        address: &Address,
        far: Far,
        opening: &mut Opening,
    ) -> Result<(Peer, Arc<Router>, Far)> {
        let (input, output) = transport::connect(address).await?;
        opening.clock.lap("connectMs");
        let router = self.router(&far, opening);
        let peer = Peer::start_on(input, output, Arc::clone(&router))?;
        opening.peer = Some(peer.clone());
        Ok((peer, router, far))
    }

    fn router(&self, far: &Far, opening: &mut Opening) -> Arc<Router> {
        opening.far = Some(far.clone());
        Arc::new(Router::new(Weak::clone(&self.this), far.clone(), Arc::clone(&opening.secrets)))
    }

    /// Keeps the runtime until the process has ended, whoever brings that about: without it nobody but a thread of its
    /// own could wait for the end, and that would still be there when the runtime has been shut down.
    fn stay_for(&self, process: &Process) {
        let (process, residence) = (process.clone(), Arc::clone(&self.residence));
        self.runtime().spawn(async move {
            process.exited().await;
            drop(residence);
        });
    }

    /// Finds the CLI, and says how it is to be run.
    fn prepare(&self, opening: &mut Opening) -> Result<Launch> {
        let directory = self.options.cwd.as_ref().map(PathBuf::from).or_else(|| self.directory.clone());
        let mut environment = self.environment.clone();
        for (name, value) in spawn::environment_changes(&self.options, opening.token.as_deref()) {
            match value {
                Some(value) => environment.set(name, value),
                None => environment.remove(name),
            }
        }
        let program =
            transport::resolve(self.options.cli_path.as_deref(), &environment, directory.as_deref())?;
        opening.program = Some(program.leading_args.first().map_or(program.path.clone(), PathBuf::from));
        opening.clock.lap("resolveMs");
        Ok(Launch {
            program,
            args: spawn::argv(&self.options).into_iter().map(Into::into).collect(),
            environment,
            cwd: directory,
            secrets: Arc::clone(&opening.secrets),
        })
    }
}

/// The token of the server: the one given, else a new one for a server that is started. Over stdio there is none.
fn token(options: &ClientOptions) -> Option<String> {
    match options.transport {
        Transport::Stdio => None,
        Transport::Tcp(_) => options.connection_token.clone().or_else(|| Some(new_token())),
        Transport::Url(_) => options.connection_token.clone(),
    }
}

/// 128 random bits as 32 hexadecimal digits. A few bits of each id are fixed; turned, they fall on random ones.
fn new_token() -> String {
    let [one, other] = [(); 2].map(|()| uuid::Uuid::new_v4().as_u128());
    format!("{:032x}", one ^ other.rotate_left(64))
}

/// What the child is given that no error and no log may show.
fn known_secrets(options: &ClientOptions, environment: &Environment) -> Secrets {
    let secrets = Secrets::default();
    secrets.learn(options.secrets());
    secrets.learn(TOKEN_VARIABLES.iter().filter_map(|name| environment.get(name)?.to_str()));
    secrets
}

/// Ends what was started in vain. Whoever waits for the attempt finds no process left behind.
pub(super) async fn end(far: &Far) {
    far.kill();
    if let Some(process) = far.process() {
        let _ = timeout(AFTER_KILL, process.exited()).await;
    }
}

/// A process that ended before it was ready could not be started, as far as the program is concerned.
fn before_ready(error: Error, far: Option<&Far>) -> Error {
    match far {
        // It was never there, the program gave it up, or it is said already.
        None => error,
        _ if matches!(error.code(), Code::Spawn | Code::Closed) => error,
        Some(Far::Server(_)) if error.code() == Code::Connect => error,
        Some(Far::Server(address)) => error.within(format!("the server at {address} did not get ready")),
        Some(_) if error.exit().is_some() => {
            error.recoded(Code::Spawn).within("the CLI ended before it was ready")
        }
        Some(_) => error.within("the CLI did not get ready"),
    }
}

/// `connect`, or `ping` where the server does not know it; then the version check.
async fn shake_hands(
    peer: &Peer,
    options: &ClientOptions,
    token: Option<&str>,
    answers_entra: bool,
) -> Result<Server> {
    let error = match peer.call(method::CONNECT, &options.connect_params(token, answers_entra)).await {
        Ok(result) => return Server::from_connect(&result),
        Err(error) => error,
    };
    if let Some(option) = options.needs_connect().filter(|option| server::is_key_unknown(&error, option)) {
        return Err(server::too_old(error, option));
    }
    if !server::is_method_missing(&error, method::CONNECT) {
        return Err(server::token_refused(error, token.is_some()));
    }
    if let Some(option) = options.needs_connect() {
        return Err(server::too_old(error, option));
    }
    let server = Server::from_ping(&peer.call(method::PING, "{}").await?)?;
    // Which words it uses for permissions depends on its version, which ping does not tell.
    match peer.call(method::STATUS_GET, "{}").await {
        Ok(status) => Ok(server.with_status(&status)),
        Err(error) if error.rpc().is_some() => Ok(server),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests;
