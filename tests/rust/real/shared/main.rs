//! What a real CLI shares with others than its one program, offline: a session with a second program, an account with
//! the hosted API, its spans with whoever traces.
//!
//! `COPILOT_TEST_CLIS` names the CLIs, separated by commas, or `all`; without it those for every day are used. A test
//! skips the CLIs that are too old for what it is about.

#[path = "../../support/mod.rs"]
mod support;

mod hosted;
mod telemetry;
mod two_clients;

use std::cell::RefCell;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Instant;

use copilot::client::Client;
use copilot::json::Json;
use copilot::protocol::answer::Answer;
use copilot::protocol::question::Kind as QuestionKind;
use copilot::protocol::tool::Tool;
use copilot::queue::{Event, Kind, Operation, Taken};
use copilot::request::Request;
use copilot::session::{Asked, Session};
use copilot::{Code, Result};
use serde_json::{Value, json};
use support::*;
use testbed::cli::{Cli, Fence};
use testbed::model::Model;

/// One CLI in its own fence, with a model that is all its own.
struct Bed {
    cli: Cli,
    fence: Fence,
    model: Model,
}

impl Bed {
    fn new(cli: &Cli) -> Bed {
        Bed { cli: cli.clone(), fence: Fence::new(cli), model: Model::start() }
    }

    /// A program that starts the CLI, with these options beside those of every test.
    fn party(&self, more: Value) -> Party {
        Party::new(real::client_options(&self.cli, &self.fence, &more))
    }

    /// The options of a session whose model follows the script of this id.
    fn options(&self, script: &str, steps: Value) -> Value {
        self.model.script(script, &steps);
        real::session_options(&self.fence, &self.model, script, &json!({}))
    }

    /// Whether it says that nobody waited for an answer; the early ones take each.
    fn knows_late_answers(&self) -> bool {
        self.cli.is_at_least("1.0.40")
    }

    /// What the model was told last: the messages of its last request.
    fn told(&self, script: &str) -> String {
        real::told_last(&self.model, script)
    }
}

/// Runs a test on every CLI that is at least this version, and names the one that failed.
fn on_each(version: &str, test: impl Fn(&Bed)) {
    real::on_each_from(version, |cli| test(&Bed::new(cli)));
}

/// One program: a client whose items are taken one by one.
struct Party {
    client: Arc<Client>,
    /// The session events so far.
    seen: RefCell<Vec<Arc<Event>>>,
    /// Items that came while another was looked for.
    left: RefCell<Vec<Arc<Event>>>,
}

impl Party {
    fn new(mut options: Value) -> Party {
        options["queue"] = json!({ "mode": "items" });
        Party { client: client(&options), seen: RefCell::default(), left: RefCell::default() }
    }

    /// Takes the first item that is what is looked for. Those with a function are given to it.
    fn take(&self, what: &str, is_it: impl Fn(&Event) -> bool) -> Arc<Event> {
        let deadline = Instant::now() + PATIENCE;
        let kept = self.left.borrow().iter().position(|event| is_it(event));
        if let Some(at) = kept {
            return self.left.borrow_mut().remove(at);
        }
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Taken::Event(event) = self.client.queue().next(Some(left)).unwrap() else {
                panic!("no {what} came, but {:?}", self.types());
            };
            if event.has_callback() {
                event.deliver();
                continue;
            }
            if event.kind() == Kind::Session {
                self.seen.borrow_mut().push(Arc::clone(&event));
            }
            if is_it(&event) {
                return event;
            }
            self.left.borrow_mut().push(event);
        }
    }

    /// Takes the next session event of this type.
    fn take_event(&self, event_type: &str) -> Arc<Event> {
        let is_it =
            |event: &Event| event.kind() == Kind::Session && event.event_type().to_str() == Ok(event_type);
        self.take(event_type, is_it)
    }

    /// Takes the next question.
    fn take_request(&self) -> Arc<Request> {
        self.take("question", |event| event.kind() == Kind::Request).take_request().unwrap()
    }

    /// The types of the session events so far.
    fn types(&self) -> Vec<String> {
        let name = |event: &Arc<Event>| event.event_type().to_str().unwrap().to_owned();
        self.seen.borrow().iter().map(name).collect()
    }

    /// Sends a prompt, the first half of waiting for the end of its turn.
    fn send(&self, session: &Session, text: &str) -> Arc<Operation> {
        let turn = Arc::clone(session.core()).send_and_wait(prompt(text), Some(PATIENCE));
        begin(&self.client, session.queue().queue(), turn)
    }

    /// Calls a method of the client's.
    fn call(&self, method: &str, params: Value) -> Result<Value> {
        let work = Arc::clone(self.client.core()).call_with(method, Some(&params.to_string()))?;
        let json = block_on(&self.client, self.client.queue().queue(), work)?;
        Ok(serde_json::from_str(json.text()).unwrap())
    }

    /// Calls a method of a session's.
    fn call_session(&self, session: &Session, method: &str, params: Value) -> Result<Value> {
        let work = Arc::clone(session.core()).call_with(method, Some(&params.to_string()))?;
        let json = on_session(&self.client, session, work)?;
        Ok(serde_json::from_str(json.text()).unwrap())
    }
}

/// The answer of a turn, as text.
fn answer_of(turn: &Operation) -> String {
    let end = end_of::<Json>(turn).unwrap();
    end.string("/event/data/content").unwrap_or_default().into_owned()
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A session that answers this tool, its calls coming as items.
fn with_tool(mut setup: Setup, name: &str) -> Setup {
    let tool = json!({ "name": name, "description": "Does it", "skipPermission": true });
    setup.0.add_tool(Tool::parse(&tool.to_string()).unwrap(), Asked::Item).unwrap();
    setup
}

/// A session that answers questions of this kind, which come as items.
fn with_kind(mut setup: Setup, kind: QuestionKind) -> Setup {
    setup.0.on_request(kind, Asked::Item).unwrap();
    setup
}

fn respond(request: &Request, json: Value) -> Result<()> {
    request.answer(Answer::Respond(json.to_string().into()))
}
