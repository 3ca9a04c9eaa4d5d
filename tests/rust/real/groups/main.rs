//! What no row of the scenarios can tell, because it is code and not data: the real CLIs, offline, group by group of
//! their methods; answers that come late; loads.
//!
//! `COPILOT_TEST_CLIS` names the CLIs, separated by commas, or `all`; without it those for every day are used. A test
//! skips the CLIs that are too old for what it is about.

#[path = "../../support/mod.rs"]
mod support;

mod history;
mod loads;
mod offers;
mod server;
mod state;
mod tools;
mod work;

use std::sync::Arc;
use std::time::{Duration, Instant};

use copilot::Result;
use copilot::client::Client;
use copilot::session::Session;
use parking_lot::Mutex;
use serde_json::{Value, json};
use support::*;
use testbed::cli::{Cli, Fence};
use testbed::model::Model;

/// The first CLI here that speaks protocol 3.
const PROTOCOL_3: &str = "1.0.2";
/// The first CLI that has nearly all of the groups.
const NEW: &str = "1.0.71";
/// The first one here that can rewind, and keeps the data of clients.
const NEWER: &str = "1.0.85";

/// One CLI in its own fence, with a model and a client that are all its own.
struct Bed {
    cli: Cli,
    fence: Fence,
    model: Model,
    client: Arc<Client>,
}

impl Bed {
    fn new(cli: &Cli, more: &Value) -> Bed {
        let fence = Fence::new(cli);
        let client = client(&real::client_options(cli, &fence, more));
        Bed { cli: cli.clone(), fence, model: Model::start(), client }
    }

    /// A streaming session whose model follows the script of this id, with these options beside those of every test.
    fn setup(&self, script: &str, steps: Value, more: Value) -> Setup {
        self.model.script(script, &steps);
        let mut options =
            real::session_options(&self.fence, &self.model, script, &json!({ "streaming": true }));
        real::merge(&mut options, &more);
        Setup::new(options)
    }

    fn session(&self, script: &str, steps: Value) -> Arc<Session> {
        self.setup(script, steps, json!({})).create(&self.client).unwrap()
    }

    /// A call of the session's, as copilot_session_call makes it.
    fn try_call(&self, session: &Session, method: &str, params: Value) -> Result<Value> {
        call_of(&self.client, session, method, params)
    }

    fn call(&self, session: &Session, method: &str, params: Value) -> Value {
        self.try_call(session, method, params).unwrap()
    }

    /// A call of the client's, as copilot_client_call makes it.
    fn client_call(&self, method: &str, params: Value) -> Result<Value> {
        let work = Arc::clone(self.client.core()).call_with(method, Some(&params.to_string())).unwrap();
        block_on(&self.client, self.client.queue().queue(), work).map(|json| parsed(json.text()))
    }

    /// The answer to a prompt, as text.
    fn ask(&self, session: &Session, text: &str) -> String {
        answer(&ask(&self.client, session, text).unwrap())
    }

    /// Sends a message and does not wait for the end of its turn.
    fn post(&self, session: &Session, text: &str) {
        on_session(&self.client, session, Arc::clone(session.core()).send(prompt(text))).unwrap();
    }

    /// What the model was told last: the messages of its last request.
    fn told(&self, script: &str) -> String {
        real::told_last(&self.model, script)
    }

    /// Serves the client's queue until this holds.
    fn until(&self, what: &str, holds: impl FnMut() -> bool) {
        serve_until(&self.client, what, holds);
    }
}

/// A call of the session's through this client.
fn call_of(client: &Client, session: &Session, method: &str, params: Value) -> Result<Value> {
    let work = Arc::clone(session.core()).call_with(method, Some(&params.to_string())).unwrap();
    on_session(client, session, work).map(|json| parsed(json.text()))
}

fn serve_until(client: &Client, what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        client.queue().dispatch(None, Some(Duration::from_millis(10))).unwrap();
    }
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The text of a turn's answer.
fn answer(end: &Value) -> String {
    end["event"]["data"]["content"].as_str().unwrap_or_default().to_owned()
}

/// The events of a session, whole and in order.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<Value>>>);

impl Seen {
    /// The session with these eyes on it.
    fn of(&self, setup: Setup) -> Setup {
        let seen = self.clone();
        setup.event(None, move |event| seen.0.lock().push(parsed(event.json().text())))
    }

    fn all(&self, event_type: &str) -> Vec<Value> {
        self.0.lock().iter().filter(|event| event["type"] == event_type).cloned().collect()
    }

    /// The last one of a type.
    fn last(&self, event_type: &str) -> Option<Value> {
        self.all(event_type).pop()
    }
}

/// Runs a test on every CLI that is at least this version, and names the one that failed.
fn on_each(version: &str, test: impl Fn(&Bed)) {
    on_each_with(&json!({}), version, test);
}

/// The same with more options for the client.
fn on_each_with(options: &Value, version: &str, test: impl Fn(&Bed)) {
    real::on_each_from(version, |cli| {
        let bed = Bed::new(cli, options);
        test(&bed);
        stop(&bed.client).unwrap();
    });
}
