//! The main job against the real CLIs, offline: each of them converses with the scripted model.
//!
//! `COPILOT_TEST_CLIS` names the CLIs, separated by commas, or `all`; without it those for every day are used.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use copilot::Code;
use copilot::client::{Client, State};
use copilot::json::Json;
use copilot::protocol::answer::Answer;
use copilot::protocol::question::Kind;
use copilot::queue::Operation;
use copilot::session::Session;
use parking_lot::Mutex;
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

    fn client(&self) -> Arc<Client> {
        client(&real::client_options(&self.cli, &self.fence, &json!({ "logLevel": "info" })))
    }

    /// A streaming session whose model follows the script of this id.
    fn setup(&self, script: &str, steps: Value) -> Setup {
        self.model.script(script, &steps);
        Setup::new(self.options(script))
    }

    fn options(&self, script: &str) -> Value {
        real::session_options(&self.fence, &self.model, script, &json!({ "streaming": true }))
    }
}

/// Runs a test on every CLI, and names the one that failed.
fn on_each(test: impl Fn(&Bed)) {
    real::on_each_from("0", |cli| test(&Bed::new(cli)));
}

fn approve(request: &copilot::request::Request) {
    request.answer(Answer::Respond(json!({ "kind": "approve-once" }).to_string().into())).unwrap();
}

fn call(client: &Client, method: &str, params: Value) -> Value {
    let connection = Arc::clone(client.core()).connection();
    let (method, params) = (method.to_owned(), params.to_string());
    let work = async move { connection.await?.call(&method, &params).await };
    let text = block_on(client, client.queue().queue(), work).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn history(client: &Client, session: &Session) -> String {
    let messages: Json = on_session(client, session, Arc::clone(session.core()).get_messages()).unwrap();
    messages.text().to_owned()
}

#[test]
fn starts_pings_streams_and_stops() {
    on_each(|bed| {
        let client = bed.client();
        start(&client).unwrap();
        assert_eq!(client.core().state(), State::Connected);
        let pong = call(&client, "ping", json!({ "message": "hello" }));
        assert_eq!(pong["message"], "pong: hello");
        let text = Arc::new(Mutex::new(String::new()));
        let heard = Arc::clone(&text);
        let session = bed
            .setup("stream", json!([{ "chunks": ["One ", "two ", "three"] }]))
            .event(Some("assistant.message_delta"), move |event| {
                heard.lock().push_str(&event.json().string("/data/deltaContent").unwrap());
            })
            .create(&client)
            .unwrap();
        let end = ask(&client, &session, "Count").unwrap();
        assert_eq!(end["outcome"], "answer");
        assert_eq!(end["event"]["data"]["content"], "One two three");
        assert_eq!(*text.lock(), "One two three");
        let pid = client.core().process_id().unwrap();
        stop(&client).unwrap();
        assert_eq!(client.core().state(), State::Disconnected);
        assert!(!is_alive(pid), "process {pid} is still there");
    });
}

#[test]
fn calls_a_tool() {
    on_each(|bed| {
        let client = bed.client();
        let session = bed
            .setup("tool", json!([{ "tools": [["add", { "a": 19, "b": 23 }]] }, { "text": "42" }]))
            .tool(
                json!({ "name": "add", "parameters": { "type": "object", "properties": {
                "a": { "type": "integer" }, "b": { "type": "integer" } } } }),
                |request| {
                    let of = |pointer| request.params().get_i64(pointer).unwrap();
                    let sum = of("/arguments/a") + of("/arguments/b");
                    request.answer(Answer::Respond(format!("\"{sum}\"").into())).unwrap();
                },
            )
            .answer(Kind::Permission, approve)
            .create(&client)
            .unwrap();
        assert_eq!(ask(&client, &session, "What is 19 + 23?").unwrap()["outcome"], "answer");
        let requests = bed.model.requests("tool");
        let told = requests[1]["messages"].as_array().unwrap().last().unwrap();
        assert_eq!((told["role"].as_str(), told["content"].as_str()), (Some("tool"), Some("42")));
        stop(&client).unwrap();
    });
}

/// Has the model try to run a command, with this answer to the request for permission (`None`: no handler at all).
/// Tells whether the command ran.
fn shell_runs(bed: &Bed, script: &str, decision: Option<Value>) -> bool {
    let client = bed.client();
    let file = bed.fence.workdir().join(script);
    let command = format!("touch {}", file.display());
    let step = json!({ "tools": [["bash", { "command": command, "description": "make a file" }]] });
    let mut setup = bed.setup(script, json!([step, { "text": "done" }]));
    if let Some(decision) = decision {
        setup = setup.answer(Kind::Permission, move |request| {
            assert_eq!(request.params().string("/permissionRequest/kind").as_deref(), Some("shell"));
            request.answer(Answer::Respond(decision.to_string().into())).unwrap();
        });
    }
    let session = setup.create(&client).unwrap();
    // A refusal without words ends the turn as aborted, an approval as answered.
    let _ = ask(&client, &session, "Make a file");
    stop(&client).unwrap();
    file.exists()
}

#[test]
fn permission_is_ours_to_give_in_the_words_of_either_dialect() {
    on_each(|bed| {
        assert!(shell_runs(bed, "new-words", Some(json!({ "kind": "approve-once" }))));
        assert!(shell_runs(bed, "old-words", Some(json!({ "kind": "approved" }))));
        assert!(!shell_runs(bed, "rejected", Some(json!({ "kind": "reject", "feedback": "no" }))));
        assert!(!shell_runs(bed, "denied", Some(json!({ "kind": "denied-interactively-by-user" }))));
    });
}

#[test]
fn without_a_permission_handler_nothing_runs() {
    on_each(|bed| assert!(!shell_runs(bed, "nobody", None)));
}

/// A turn that hangs after its first words, which have been heard when this returns.
fn hanging_turn(client: &Client, setup: Setup, resumed: Option<&str>) -> (Arc<Session>, Arc<Operation>) {
    let heard = Arc::new(AtomicBool::new(false));
    let hears = Arc::clone(&heard);
    let setup = setup.event(Some("assistant.message_delta"), move |_| hears.store(true, Ordering::Release));
    let session = match resumed {
        Some(id) => setup.resume(client, id),
        None => setup.create(client),
    }
    .unwrap();
    let turn = Arc::clone(session.core()).send_and_wait(prompt("Go"), Some(PATIENCE));
    let op = begin(client, session.queue().queue(), turn);
    let deadline = Instant::now() + PATIENCE;
    while !heard.load(Ordering::Acquire) {
        assert!(Instant::now() < deadline, "the model was not heard");
        client.queue().dispatch(None, Some(Duration::from_millis(50))).unwrap();
    }
    (session, op)
}

#[test]
fn aborts_a_turn_and_goes_on() {
    on_each(|bed| {
        let client = bed.client();
        let script = json!([{ "chunks": ["never ", "ends"], "hang_after": 2 }, { "text": "again" }]);
        let (session, turn) = hanging_turn(&client, bed.setup("abort", script), None);
        on_session(&client, &session, Arc::clone(session.core()).abort()).unwrap();
        let error = end_of::<Json>(&turn).unwrap_err();
        assert_eq!(error.code(), Code::Cancelled, "{error}");
        assert_eq!(ask(&client, &session, "Once more").unwrap()["event"]["data"]["content"], "again");
        stop(&client).unwrap();
    });
}

#[test]
fn resumes_after_a_restart_with_its_history_lists_and_deletes() {
    on_each(|bed| {
        let first = bed.client();
        let session =
            bed.setup("resume", json!([{ "text": "first" }, { "text": "second" }])).create(&first).unwrap();
        ask(&first, &session, "A question to remember").unwrap();
        let id = session.core().id().to_str().unwrap().to_owned();
        drop(session);
        stop(&first).unwrap();
        drop(first);

        let second = bed.client();
        let listed = call(&second, "session.list", json!({}));
        let ids: Vec<_> =
            listed["sessions"].as_array().unwrap().iter().map(|s| s["sessionId"].clone()).collect();
        assert!(ids.contains(&json!(id)), "{id} is not in {ids:?}");
        let session = Setup::new(bed.options("resume")).resume(&second, &id).unwrap();
        assert!(history(&second, &session).contains("A question to remember"));
        ask(&second, &session, "And now?").unwrap();
        let told = bed.model.requests("resume")[1]["messages"].to_string();
        assert!(told.contains("A question to remember") && told.contains("first"), "{told}");
        on_session(&second, &session, Arc::clone(session.core()).disconnect()).unwrap();
        assert_eq!(call(&second, "session.delete", json!({ "sessionId": id }))["success"], true);
        let error = Setup::new(bed.options("resume")).resume(&second, &id).err().expect("it is deleted");
        assert_eq!(error.code(), Code::Rpc, "{error}");
        stop(&second).unwrap();
    });
}

#[test]
fn a_kill_in_the_middle_of_a_turn_fails_the_wait_at_once_and_loses_no_history() {
    on_each(|bed| {
        let client = bed.client();
        let script =
            json!([{ "text": "kept" }, { "chunks": ["half "], "hang_after": 2 }, { "text": "back" }]);
        let session = bed.setup("kill", script).create(&client).unwrap();
        ask(&client, &session, "Remember me").unwrap();
        let id = session.core().id().to_str().unwrap().to_owned();
        on_session(&client, &session, Arc::clone(session.core()).disconnect()).unwrap();
        let (session, turn) = hanging_turn(&client, Setup::new(bed.options("kill")), Some(&id));
        kill(client.core().process_id().unwrap());
        let killed = Instant::now();
        let error = end_of::<Json>(&turn).unwrap_err();
        assert!(killed.elapsed() < Duration::from_secs(3), "it took {:?}", killed.elapsed());
        assert_eq!(error.code(), Code::Transport, "{error}");
        assert_eq!(error.exit().and_then(|exit| exit.signal), Some(9), "{error}");
        drop(session);
        drop(client);

        let next = bed.client();
        let session = Setup::new(bed.options("kill")).resume(&next, &id).unwrap();
        assert!(history(&next, &session).contains("Remember me"));
        assert_eq!(ask(&next, &session, "Are you back?").unwrap()["event"]["data"]["content"], "back");
        stop(&next).unwrap();
    });
}

fn is_alive(pid: u32) -> bool {
    std::path::Path::new(&format!("/proc/{pid}")).exists()
}

fn kill(pid: u32) {
    let status = std::process::Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap();
    assert!(status.success());
}
