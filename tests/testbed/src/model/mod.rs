//! A scripted model: an OpenAI-compatible server on loopback, so that a real CLI runs with nothing but loopback.
//!
//! The script's id is in the URL's path, so one server and one CLI serve many tests at the same time:
//!
//! ```no_run
//! use serde_json::json;
//! let model = testbed::model::Model::start();
//! model.script("sums", &json!([{"tools": [["add", {"a": 2, "b": 40}]]}, {"text": "42"}]));
//! let base_url = model.base_url("sums"); // goes into the session's `provider.baseUrl`
//! # let _ = base_url;
//! ```
//!
//! Each model request takes the script's next step; the forms of a step are in `tests/testbed/README.md`. An id without
//! a script is answered by an echo that suits a demonstration.

mod echo;
mod hosted;
mod http;
mod routes;
mod state;
mod step;
#[cfg(test)]
mod tests;
mod wire;

use serde_json::{Value, json};
use state::State;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

pub use state::Record;

/// A running model server. Dropping it closes every connection and waits until its threads have ended.
///
/// All methods may be called from any thread.
pub struct Model {
    state: Arc<State>,
    port: u16,
    accepting: Option<JoinHandle<()>>,
}

impl Model {
    /// Starts a server on a free port of 127.0.0.1.
    ///
    /// # Panics
    /// When the system gives no port or no thread.
    pub fn start() -> Model {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port on 127.0.0.1");
        let port = listener.local_addr().expect("the port of a bound socket").port();
        let state = Arc::new(State::new(port));
        let shared = state.clone();
        let accepting = thread::Builder::new().name("model".into()).spawn(move || accept(&listener, &shared));
        Model { state, port, accepting: Some(accepting.expect("a thread")) }
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Gives `id` a script and forgets what was recorded for it.
    ///
    /// # Panics
    /// When a step is malformed; the text names the step and the fault.
    pub fn script(&self, id: &str, steps: &Value) {
        if let Err(why) = self.try_script(id, steps) {
            panic!("the script for '{id}': {why}");
        }
    }

    /// Like [`Model::script`] for scripts that are not the test's own.
    ///
    /// # Errors
    /// A text that names the malformed step and the fault.
    pub fn try_script(&self, id: &str, steps: &Value) -> Result<(), String> {
        self.state.set_script(id, steps)
    }

    /// The URL for a session's `provider.baseUrl`.
    pub fn base_url(&self, id: &str) -> String {
        self.state.base_url(id)
    }

    /// The URL of the hosted API that this server fakes too. It knows whom [`Model::account`] names; its model follows
    /// the script "hosted", and its other requests are recorded under "hosted.api".
    pub fn hosted_url(&self) -> String {
        self.state.hosted_url()
    }

    /// The environment that sends a CLI to the hosted API of this server.
    pub fn hosted_env(&self) -> Value {
        json!({ "COPILOT_API_URL": self.hosted_url(), "COPILOT_DEBUG_GITHUB_API_URL": self.hosted_url() })
    }

    /// Gives whoever has this token an account of this name with the hosted API, and the model "fake".
    pub fn account(&self, token: &str, login: &str) {
        let account = state::Account { login: login.to_owned(), models: vec!["fake".into()] };
        self.state.set_account(token, account);
    }

    /// The bodies of the model requests so far, in the order of their arrival.
    pub fn requests(&self, id: &str) -> Vec<Value> {
        self.records(id).into_iter().map(|record| record.body).collect()
    }

    /// The model requests so far with path and headers, in the order of their arrival.
    pub fn records(&self, id: &str) -> Vec<Record> {
        self.state.records(id)
    }

    /// Waits until `id` has had `n` model requests and returns the bodies of all so far.
    ///
    /// # Errors
    /// After `timeout`: a text that says how many came and what the last one was.
    pub fn wait_requests(&self, id: &str, n: usize, timeout: Duration) -> Result<Vec<Value>, String> {
        self.wait(id, timeout, &format!("{n} requests"), |records| records.len() >= n)?;
        Ok(self.requests(id))
    }

    /// Waits until the client has closed the connection of `id`'s request number `n` (from 1) before its answer was
    /// complete, as an abort does.
    ///
    /// # Errors
    /// After `timeout`: a text that says how many requests came.
    pub fn wait_client_left(&self, id: &str, n: usize, timeout: Duration) -> Result<(), String> {
        self.wait(id, timeout, &format!("the client to leave request {n}"), |records| {
            n.checked_sub(1).and_then(|i| records.get(i)).is_some_and(|record| record.client_left)
        })
    }

    fn wait(
        &self,
        id: &str,
        timeout: Duration,
        what: &str,
        done: impl Fn(&[Record]) -> bool,
    ) -> Result<(), String> {
        self.state.wait(id, timeout, done).map_err(|why| format!("waited for {what} of '{id}': {why}"))
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        self.state.stop();
        // Wakes the accepting thread, which then sees that it is over.
        let woken = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
        if let (Ok(_), Some(accepting)) = (woken, self.accepting.take()) {
            let _ = accepting.join();
        }
        self.state.wait_no_connections(Duration::from_secs(5));
    }
}

/// One thread a connection: a client that is slow or hangs holds up nobody else.
fn accept(listener: &TcpListener, state: &Arc<State>) {
    for stream in listener.incoming() {
        if state.is_stopped() {
            return;
        }
        let Ok(stream) = stream else { continue };
        let _ = stream.set_nodelay(true);
        let Some(connection) = state.enter(&stream) else { return };
        let state = state.clone();
        let serve = move || {
            let _connection = connection;
            // A broken connection is the client's business; what it asked was recorded.
            let _ = routes::serve(&stream, &state);
        };
        let _ = thread::Builder::new().name("model-connection".into()).spawn(serve);
    }
}
