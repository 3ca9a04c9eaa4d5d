//! What goes wrong, and what a real CLI cannot be made to do: the library against the fake runtime.

#[path = "../support/mod.rs"]
mod support;

mod attach;
mod decisions;
mod declare;
mod forms;
mod hooks;
mod kinds;
mod lives;
mod methods;
mod passing;
mod policy;
mod requests;
mod sessions;
mod stalls;
mod start;
mod stats;
mod stop;
mod tcp;
mod turns;
mod waits;
mod wire;

use std::sync::Arc;
use std::time::{Duration, Instant};

use copilot::client::Client;
use copilot::protocol::answer::Answer;
use copilot::protocol::question::Kind as QuestionKind;
use copilot::queue::{Event, Kind, Taken};
use copilot::request::Request;
use copilot::{Callback, Result};
use parking_lot::Mutex;
use serde_json::{Value, json};
use support::*;
use testbed::runtime::FakeRuntime;

/// Within this, what is said to happen at once has happened, on a busy machine too.
const AT_ONCE: Duration = Duration::from_secs(5);

/// A client and the fake runtime that it runs.
struct Bed {
    fake: FakeRuntime,
    client: Arc<Client>,
}

impl Bed {
    /// A client with default options.
    fn new(script: Value) -> Bed {
        Bed::with(script, json!({}))
    }

    /// A client whose items are taken from its queue.
    fn items(script: Value) -> Bed {
        Bed::with(script, json!({ "queue": { "mode": "items" } }))
    }

    /// A client with these options too.
    fn with(script: Value, more: Value) -> Bed {
        let fake = FakeRuntime::new(script);
        let mut options = fake.options();
        options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let client = client(&options);
        Bed { fake, client }
    }

    /// Takes items from the queue until one is what is looked for.
    fn take(&self, what: &str, is_it: impl Fn(&Event) -> bool) -> Arc<Event> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.client.queue().next(Some(left)).unwrap() {
                Taken::Event(event) if is_it(&event) => return event,
                Taken::Event(_) => {}
                _ => panic!("no {what} came"),
            }
        }
    }

    /// Takes the next question from the queue.
    fn take_request(&self) -> Arc<Request> {
        self.take("request", |event| event.kind() == Kind::Request).take_request().unwrap()
    }

    /// Serves the queue until this is so.
    fn until(&self, what: &str, is_so: impl Fn() -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_so() {
            assert!(Instant::now() < deadline, "not within the test's patience: {what}");
            self.client.queue().dispatch(None, Some(Duration::from_millis(5))).unwrap();
        }
    }

    /// Waits for a record of the fake's log.
    fn logged(&self, is_it: impl Fn(&Value) -> bool) -> Value {
        self.fake.wait_log(is_it, PATIENCE).unwrap_or_else(|why| panic!("{why}"))
    }

    /// Waits until the fake has received a call of this method, and gives its params.
    fn called(&self, method: &str) -> Value {
        self.logged(|record| record["in"]["method"] == method)["in"]["params"].take()
    }

    /// Calls a method of the client's.
    fn call(&self, method: &'static str, params: Value) -> Result<Value> {
        let connection = Arc::clone(self.client.core()).connection();
        let params = params.to_string();
        let work = async move { connection.await?.call(method, &params).await };
        let text = block_on(&self.client, self.client.queue().queue(), work)?;
        Ok(serde_json::from_str(&text).unwrap())
    }

    /// How many processes were started.
    fn starts(&self) -> usize {
        self.fake.log().iter().filter(|record| record.get("argv").is_some()).count()
    }

    /// The process of the `n`-th start.
    fn pid(&self, n: usize) -> u32 {
        let log = self.fake.log();
        let mut firsts = log.iter().filter(|record| record.get("argv").is_some());
        u32::try_from(firsts.nth(n).expect("the process was started")["pid"].as_u64().unwrap()).unwrap()
    }

    /// Waits until the process is gone, reaped and all.
    fn gone(&self, pid: u32) {
        let deadline = Instant::now() + PATIENCE;
        while is_there(pid) {
            assert!(Instant::now() < deadline, "process {pid} is still there");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Collects the states that the client goes through.
    fn states(&self) -> Log {
        let log = Log::default();
        let heard = Arc::clone(&log);
        let callback = Callback::new(Box::new(move |event: &Event| {
            heard.lock().push(event.json().string("/state").unwrap().into_owned());
        }));
        self.client.core().on_event(Some("state"), callback);
        log
    }

    /// Lets the fake's script stop at every [`gate`] until the queue is served, or the gate's item answered.
    fn guard_gate(&self) {
        let callback = Callback::new(Box::new(|request: &Request| {
            request.answer(Answer::Respond("null".into())).unwrap();
        }));
        self.client.core().on_request("test.gate", Some(callback));
    }
}

/// The action that waits behind [`Bed::guard_gate`].
fn gate() -> Value {
    json!({ "request": { "method": "test.gate", "global": true } })
}

/// True while there is a process of this number, be it a zombie.
fn is_there(pid: u32) -> bool {
    std::path::Path::new(&format!("/proc/{pid}")).exists()
}

/// A session with these options, and a list of its events' types.
fn logged_session(bed: &Bed, options: Value) -> (Arc<copilot::session::Session>, Log) {
    let log = Log::default();
    let session = Setup::new(options).log(&log).create(&bed.client).unwrap();
    (session, log)
}

/// Collects the texts of all assistant messages.
fn texts(setup: Setup) -> (Setup, Log) {
    let log: Log = Arc::new(Mutex::default());
    let heard = Arc::clone(&log);
    let setup = setup.event(Some("assistant.message"), move |event| {
        heard.lock().push(event.json().string("/data/content").unwrap_or_default().into_owned());
    });
    (setup, log)
}

/// Runs it and says how long it took.
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let begun = Instant::now();
    let output = work();
    (output, begun.elapsed())
}
