//! A program that uses the library, as the tests play it.
#![allow(dead_code)] // each test file uses a part of it

pub mod c;
pub mod clis;
pub mod real;
pub mod village;

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use copilot::client::Client;
use copilot::json::Json;
use copilot::protocol::client_options::ClientOptions;
use copilot::protocol::message::Message;
use copilot::protocol::question::Kind;
use copilot::protocol::tool::Tool;
use copilot::queue::{Event, Operation, Queue};
use copilot::request::Request;
use copilot::session::{self, Asked, Config, Session};
use copilot::{Callback, Code, Error, Result};
use parking_lot::Mutex;
use serde_json::Value;

/// Far beyond what anything here takes, so that a hang fails instead of hanging.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A client with these options.
pub fn client(options: &Value) -> Arc<Client> {
    try_client(options).expect("the options are right")
}

/// A client with these options, if they are right.
pub fn try_client(options: &Value) -> Result<Arc<Client>> {
    Client::new(ClientOptions::parse(&options.to_string())?, None)
}

/// Begins work, as the first half of a blocking call does.
pub fn begin<T: Send + 'static>(
    client: &Client,
    queue: &Arc<Queue>,
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> Arc<Operation> {
    Operation::start(client.core().runtime(), queue, None, false, work)
}

/// Waits for its end as a blocking call does: serving the queue.
pub fn end_of<T: 'static>(op: &Operation) -> Result<T> {
    if !op.wait(Some(Instant::now() + PATIENCE)) {
        op.give_up(Error::new(Code::Timeout, "the test's patience ran out"));
    }
    Ok(*op.take_output()?.downcast::<T>().expect("the operation's own type"))
}

/// Does work as a blocking call does.
pub fn block_on<T: Send + 'static>(
    client: &Client,
    queue: &Arc<Queue>,
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    let outcome = queue.drive(Some(client.core().runtime()), Some(Instant::now() + PATIENCE), pin!(work));
    outcome.unwrap_or_else(|| Err(Error::new(Code::Timeout, "the test's patience ran out")))
}

/// Starts the client.
pub fn start(client: &Client) -> Result<()> {
    block_on(client, client.queue().queue(), Arc::clone(client.core()).start())
}

/// Stops the client.
pub fn stop(client: &Client) -> Result<()> {
    block_on(client, client.queue().queue(), Arc::clone(client.core()).stop(Some(PATIENCE)))
}

/// A session configuration in the making.
pub struct Setup(pub Config);

impl Setup {
    /// With these options.
    pub fn new(options: Value) -> Setup {
        Setup(Config::new(Json::parse(&options.to_string()).unwrap()).unwrap())
    }

    /// With a tool that this function answers.
    pub fn tool(mut self, tool: Value, run: impl Fn(&Request) + Send + Sync + 'static) -> Setup {
        let tool = Tool::parse(&tool.to_string()).unwrap();
        self.0.add_tool(tool, Asked::Callback(Callback::new(Box::new(run)))).unwrap();
        self
    }

    /// With a function that answers this kind of question.
    pub fn answer(mut self, kind: Kind, run: impl Fn(&Request) + Send + Sync + 'static) -> Setup {
        self.0.on_request(kind, Asked::Callback(Callback::new(Box::new(run)))).unwrap();
        self
    }

    /// With a function that answers requests of this method, or of this namespace.
    pub fn method(mut self, method: &str, run: impl Fn(&Request) + Send + Sync + 'static) -> Setup {
        self.0.on_method(method, Asked::Callback(Callback::new(Box::new(run)))).unwrap();
        self
    }

    /// With a function that sees events.
    pub fn event(mut self, event_type: Option<&str>, run: impl Fn(&Event) + Send + Sync + 'static) -> Setup {
        self.0.on_event(event_type, Callback::new(Box::new(run)));
        self
    }

    /// With a list that collects the types of all events.
    pub fn log(self, log: &Log) -> Setup {
        let log = Arc::clone(log);
        self.event(None, move |event| log.lock().push(event.event_type().to_str().unwrap().to_owned()))
    }

    /// Creates the session.
    pub fn create(&self, client: &Client) -> Result<Arc<Session>> {
        let queue = self.0.queue().map_or(client.queue().queue(), |queue| queue.queue());
        block_on(client, queue, session::create(client.core(), &self.0)?)
    }

    /// Opens the session again.
    pub fn resume(&self, client: &Client, id: &str) -> Result<Arc<Session>> {
        let queue = self.0.queue().map_or(client.queue().queue(), |queue| queue.queue());
        block_on(client, queue, session::resume(client.core(), id, &self.0)?)
    }
}

/// What happened, in order.
pub type Log = Arc<Mutex<Vec<String>>>;

/// A message of this text.
pub fn prompt(text: &str) -> Message {
    Message::parse(&serde_json::json!({ "prompt": text }).to_string()).unwrap()
}

/// Work on a session, waited for.
pub fn on_session<T: Send + 'static>(
    client: &Client,
    session: &Session,
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    block_on(client, session.queue().queue(), work)
}

/// Sends a prompt and waits for the end of its turn.
pub fn ask(client: &Client, session: &Session, text: &str) -> Result<Value> {
    send_and_wait(client, session, prompt(text))
}

/// Sends a message and waits for the end of its turn.
pub fn send_and_wait(client: &Client, session: &Session, message: Message) -> Result<Value> {
    let turn = Arc::clone(session.core()).send_and_wait(message, Some(PATIENCE));
    on_session(client, session, turn).map(|json| serde_json::from_str(json.text()).unwrap())
}
