//! Every question that a real CLI can be brought to ask without a network: who is asked, and what becomes of the answer.
//!
//! `COPILOT_TEST_CLIS` names the CLIs, separated by commas, or `all`; without it those for every day are used. A test
//! skips the CLIs that are too old for what it is about.

#[path = "../../support/mod.rs"]
mod support;

mod canvas;
mod files;
mod forms;
mod hooks;
mod inference;
mod login;
mod tokens;

use std::sync::Arc;

use copilot::Callback;
use copilot::client::Client;
use copilot::protocol::answer::Answer;
use copilot::request::Request;
use serde_json::{Value, json};
use support::*;
use testbed::cli::{Cli, Fence};
use testbed::model::Model;

/// The first CLI that asks everything that is asked here.
const NEW: &str = "1.0.71";

/// One CLI in its own fence, with a model that is all its own.
struct Bed {
    fence: Fence,
    model: Model,
    client: Arc<Client>,
}

impl Bed {
    fn new(cli: &Cli, more: &Value) -> Bed {
        let fence = Fence::new(cli);
        let client = client(&real::client_options(cli, &fence, more));
        Bed { fence, model: Model::start(), client }
    }

    /// The options of a session whose model follows the script of this id.
    fn options(&self, script: &str, steps: Value) -> Value {
        self.model.script(script, &steps);
        real::session_options(&self.fence, &self.model, script, &json!({}))
    }

    fn setup(&self, script: &str, steps: Value) -> Setup {
        Setup::new(self.options(script, steps))
    }

    /// Lets a function answer requests of a method, or of a namespace.
    fn on(&self, method: &str, run: impl Fn(&Request) + Send + Sync + 'static) {
        self.client.core().on_request(method, Some(Callback::new(Box::new(run))));
    }

    /// The answer to a prompt, as text.
    fn ask(&self, session: &copilot::session::Session) -> String {
        let end = ask(&self.client, session, "Go").unwrap();
        end["event"]["data"]["content"].as_str().unwrap_or_default().to_owned()
    }

    /// What the model was told last: the messages of its last request.
    fn told(&self, script: &str) -> String {
        real::told_last(&self.model, script)
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

fn respond(request: &Request, json: Value) {
    request.answer(Answer::Respond(json.to_string().into())).unwrap();
}
