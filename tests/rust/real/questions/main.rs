//! Every question that a real CLI can be brought to ask without a network: who is asked, and what becomes of the answer.
//!
//! `COPILOT_TEST_CLIS` names the CLIs, separated by commas, or `all`; without it those for every day are used. A test
//! skips the CLIs that are too old for what it is about.

#[path = "../../support/mod.rs"]
mod support;

mod files;
mod forms;
mod hooks;
mod inference;
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
    fn new(cli: &Cli) -> Bed {
        let fence = Fence::new(cli);
        let client = client(&json!({
            "cliPath": cli.path,
            "cwd": fence.workdir(),
            "env": fence.env(),
            "useLoggedInUser": false,
        }));
        Bed { fence, model: Model::start(), client }
    }

    /// The options of a session whose model follows the script of this id.
    fn options(&self, script: &str, steps: Value) -> Value {
        self.model.script(script, &steps);
        json!({
            "model": "fake",
            "workingDirectory": self.fence.workdir(),
            "provider": { "type": "openai", "baseUrl": self.model.base_url(script), "apiKey": "x" },
        })
    }

    fn setup(&self, script: &str, steps: Value) -> Setup {
        Setup::new(self.options(script, steps))
    }

    /// Lets a function answer requests of a method, or of a namespace.
    fn on(&self, method: &str, run: impl Fn(&Request) + Send + Sync + 'static) {
        self.client.core().on_request(method, Some(Callback::new(Box::new(run))));
    }

    fn call(&self, method: &'static str, params: Value) -> Value {
        let connection = Arc::clone(self.client.core()).connection();
        let params = params.to_string();
        let work = async move { connection.await?.call(method, &params).await };
        let text = block_on(&self.client, self.client.queue().queue(), work).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    /// The answer to a prompt, as text.
    fn ask(&self, session: &copilot::session::Session) -> String {
        let end = ask(&self.client, session, "Go").unwrap();
        end["event"]["data"]["content"].as_str().unwrap_or_default().to_owned()
    }

    /// What the model was told last: the messages of its last request.
    fn told(&self, script: &str) -> String {
        self.model.requests(script).last().expect("the model was asked")["messages"].to_string()
    }
}

/// Runs a test on every CLI that is at least this version, and names the one that failed.
fn on_each(version: &str, test: impl Fn(&Bed)) {
    for cli in clis::wanted().into_iter().filter(|cli| cli.is_at_least(version)) {
        println!("on {} ({})", cli.name, cli.version);
        let bed = Bed::new(&cli);
        test(&bed);
        stop(&bed.client).unwrap();
    }
}

fn respond(request: &Request, json: Value) {
    request.answer(Answer::Respond(json.to_string())).unwrap();
}
