//! Waits and their ends against the real CLIs, offline.
//!
//! `COPILOT_TEST_CLIS` names the CLIs, as for real_cli.rs.

#[path = "../support/mod.rs"]
mod support;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use copilot::client::Client;
use copilot::error::Reason;
use copilot::json::Json;
use copilot::protocol::answer::Answer;
use copilot::protocol::message::Message;
use copilot::protocol::question::Kind;
use copilot::queue::Operation;
use copilot::session::Session;
use copilot::{Code, Error, Result};
use parking_lot::Mutex;
use serde_json::{Value, json};
use support::*;
use testbed::cli::{Cli, Fence};
use testbed::model::Model;

/// One CLI in its own fence, with a model and a client that are all its own.
struct Bed {
    cli: Cli,
    fence: Fence,
    model: Model,
    client: Arc<Client>,
}

impl Bed {
    fn new(cli: &Cli) -> Bed {
        let fence = Fence::new(cli);
        let options = real::client_options(cli, &fence, &json!({}));
        Bed { cli: cli.clone(), model: Model::start(), client: client(&options), fence }
    }

    /// A streaming session whose model follows this script; an empty one lets it repeat what it is told.
    fn setup(&self, script: &str, steps: Value) -> Setup {
        if steps != json!([]) {
            self.model.script(script, &steps);
        }
        Setup::new(real::session_options(&self.fence, &self.model, script, &json!({ "streaming": true })))
    }

    fn session(&self, script: &str, steps: Value) -> Arc<Session> {
        self.setup(script, steps).create(&self.client).unwrap()
    }

    fn ask(&self, session: &Session) -> Result<Value> {
        ask(&self.client, session, "Go")
    }

    /// Sends a message with these members, and does not wait.
    fn begin(&self, session: &Session, message: Value) -> Arc<Operation> {
        let message = Message::parse(&message.to_string()).unwrap();
        let turn = Arc::clone(session.core()).send_and_wait(message, Some(PATIENCE));
        begin(&self.client, session.queue().queue(), turn)
    }

    /// The error of a turn whose model does this.
    fn failure(&self, script: &str, steps: Value) -> Error {
        self.ask(&self.session(script, steps)).unwrap_err()
    }

    fn abort(&self, session: &Session) {
        on_session(&self.client, session, Arc::clone(session.core()).abort()).unwrap();
    }

    /// Waits until the model has been asked this many times, serving the queue.
    fn until_asked(&self, script: &str, times: usize) {
        let deadline = Instant::now() + PATIENCE;
        while self.model.requests(script).len() < times {
            assert!(Instant::now() < deadline, "the model was not asked");
            self.client.queue().dispatch(None, Some(Duration::from_millis(10))).unwrap();
        }
    }
}

/// Runs a test on every CLI from this version on, and names the one that failed.
fn from(version: &str, test: impl Fn(&Bed)) {
    real::on_each_from(version, |cli| {
        let bed = Bed::new(cli);
        test(&bed);
        stop(&bed.client).unwrap();
    });
}

fn on_each(test: impl Fn(&Bed)) {
    from("0", test);
}

/// The first CLI that drops waiting messages with an abort, takes an empty answer for an error, and obeys a long
/// `retry-after`.
const SAYS_MORE: &str = "1.0.85";

fn end(op: &Operation) -> Result<Value> {
    end_of::<Json>(op).map(|json| serde_json::from_str(json.text()).unwrap())
}

fn content(end: &Value) -> &str {
    end["event"]["data"]["content"].as_str().unwrap_or_default()
}

#[test]
fn queued_messages_get_their_own_answers() {
    on_each(|bed| {
        let session = bed.session("echo", json!([]));
        let words = ["alpha", "beta", "gamma"];
        let waits = words.map(|word| bed.begin(&session, json!({ "prompt": word })));
        for (word, wait) in words.iter().zip(waits) {
            let end = end(&wait).unwrap();
            assert_eq!(end["outcome"], "answer");
            assert!(content(&end).contains(word), "{word}: {end}");
            assert_eq!(end["model"], "fake");
        }
    });
}

#[test]
fn a_message_that_joins_a_turn_is_answered_too() {
    on_each(|bed| {
        let steps = json!([{ "tools": [["pause", {}]] }, { "text": "joined" }, { "text": "of its own" }]);
        let handle = Arc::new(Mutex::new(None::<Arc<Session>>));
        let joining = Arc::new(Mutex::new(None));
        let (client, of, joins) = (Arc::clone(&bed.client), Arc::clone(&handle), Arc::clone(&joining));
        let session = bed
            .setup("steer", steps)
            .tool(json!({ "name": "pause", "skipPermission": true }), move |request| {
                let session = of.lock().take().unwrap();
                let message = Message::parse(r#"{"prompt":"Two","mode":"immediate"}"#).unwrap();
                let turn = Arc::clone(session.core()).send_and_wait(message, Some(PATIENCE));
                joins.lock().replace(begin(&client, session.queue().queue(), turn));
                // For the server to have the message while the tool still runs.
                std::thread::sleep(Duration::from_millis(300));
                request.answer(Answer::Respond("\"go on\"".into())).unwrap();
            })
            .answer(Kind::Permission, |request| {
                request
                    .answer(Answer::Respond(json!({ "kind": "approve-once" }).to_string().into()))
                    .unwrap();
            })
            .create(&bed.client)
            .unwrap();
        handle.lock().replace(Arc::clone(&session));
        assert_eq!(content(&bed.ask(&session).unwrap()), "joined");
        let end = end(&joining.lock().take().unwrap()).unwrap();
        assert!(["joined", "of its own"].contains(&content(&end)), "{end}");
    });
}

#[test]
fn an_abort_ends_the_waits_of_queued_messages_or_lets_them_go_on() {
    on_each(|bed| {
        let steps = json!([{ "chunks": ["never ", "ends"], "hang_after": 2 }, { "text": "second" }]);
        let session = bed.session("abort", steps);
        let first = bed.begin(&session, json!({ "prompt": "One" }));
        bed.until_asked("abort", 1);
        let second = bed.begin(&session, json!({ "prompt": "Two" }));
        bed.abort(&session);
        assert_eq!(end(&first).unwrap_err().reason(), Some(Reason::Aborted));
        match end(&second) {
            Ok(end) => assert_eq!(content(&end), "second"),
            Err(error) => {
                assert_eq!((error.code(), error.reason()), (Code::Cancelled, Some(Reason::Aborted)));
                assert!(bed.cli.is_at_least(SAYS_MORE), "{error}");
            }
        }
    });
}

#[test]
fn a_failure_does_not_reach_the_message_behind_it() {
    from("1.0.71", |bed| {
        let bad = json!({ "status": 400, "delay_ms": 300, "body": { "error": { "message": "bad" } } });
        let session = bed.session("behind", json!([bad, { "text": "fine" }]));
        let first = bed.begin(&session, json!({ "prompt": "One" }));
        bed.until_asked("behind", 1);
        let second = bed.begin(&session, json!({ "prompt": "Two" }));
        let failure = end(&first).unwrap_err();
        assert_eq!((failure.code(), failure.reason()), (Code::Session, Some(Reason::Error)), "{failure}");
        assert_eq!((failure.class(), failure.status_code()), (Some("model"), Some(400)));
        assert!(failure.last_activity().is_some());
        assert_eq!(content(&end(&second).unwrap()), "fine");
    });
}

#[test]
fn failures_have_their_class_and_status() {
    from("1.0.71", |bed| {
        let times = |step: Value| Value::Array(vec![step; 6]);
        let refused = |status: u16| {
            json!({ "status": status, "headers": { "retry-after": "0" },
                                            "body": { "error": { "message": "no" } } })
        };
        for (status, class) in [(401, "auth"), (402, "quota"), (404, "model"), (429, "rate_limit")] {
            let failure = bed.failure(&format!("status-{status}"), times(refused(status)));
            assert_eq!((failure.class(), failure.status_code()), (Some(class), Some(status)), "{failure}");
            assert_eq!(failure.reason(), Some(Reason::Error));
        }
    });
}

#[test]
fn without_a_login_a_message_fails_or_nothing_happens() {
    on_each(|bed| {
        let session = Setup::new(json!({})).create(&bed.client).unwrap();
        let message = Message::parse(r#"{"prompt":"Go","inactivityTimeoutMs":3000}"#).unwrap();
        let failure = send_and_wait(&bed.client, &session, message).unwrap_err();
        let expected = if bed.cli.is_at_least("1.0.40") { Reason::Error } else { Reason::Inactivity };
        assert_eq!(failure.reason(), Some(expected), "{failure}");
    });
}

#[test]
fn silence_ends_the_wait_and_aborts_the_turn_where_asked() {
    on_each(|bed| {
        let mut steps = vec![("never", json!({ "hang": true }))];
        if bed.cli.is_at_least(SAYS_MORE) {
            // One that is told to wait for two minutes does so without a word.
            let wait = json!({ "status": 429, "headers": { "retry-after": "120" }, "body": "{}" });
            steps.push(("slowly", wait));
        }
        for (script, step) in steps {
            let session = bed.session(script, json!([step]));
            let message = json!({ "prompt": "Go", "inactivityTimeoutMs": 2000, "abortOnTimeout": true });
            let (begun, wait) = (Instant::now(), bed.begin(&session, message));
            let failure = end(&wait).unwrap_err();
            assert_eq!(
                (failure.code(), failure.reason()),
                (Code::Timeout, Some(Reason::Inactivity)),
                "{failure}"
            );
            assert!(failure.last_activity().is_some_and(|last| last.ago_ms >= 2000), "{failure}");
            assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
            // A slow machine may not have asked the model in time, or be asking it now.
            bed.model.script(script, &json!([{ "text": "again" }, { "text": "again" }]));
            assert_eq!(content(&bed.ask(&session).unwrap()), "again");
        }
    });
}

#[test]
fn a_model_that_says_nothing_is_an_error_or_an_empty_turn() {
    on_each(|bed| {
        let end = bed.ask(&bed.session("nothing", json!([{ "text": "" }])));
        if bed.cli.is_at_least(SAYS_MORE) {
            let failure = end.unwrap_err();
            assert_eq!(
                (failure.reason(), failure.class()),
                (Some(Reason::Error), Some("model")),
                "{failure}"
            );
        } else {
            assert_eq!(end.unwrap()["outcome"], "empty");
        }
    });
}

#[test]
fn what_a_hook_blocks_is_refused() {
    from("1.0.71", |bed| {
        let session = bed
            .setup("blocked", json!([{ "text": "unheard" }]))
            .answer(Kind::Hook, |request| {
                let block = json!({ "decision": "block", "reason": "policy!" });
                let is_prompt =
                    request.params().string("/hookType").as_deref() == Some("userPromptSubmitted");
                let output = if is_prompt { block } else { Value::Null };
                request.answer(Answer::Respond(output.to_string().into())).unwrap();
            })
            .create(&bed.client)
            .unwrap();
        let end = bed.ask(&session).unwrap();
        assert_eq!((end["outcome"].as_str(), &end["event"]), (Some("refused"), &Value::Null));
        assert!(bed.model.requests("blocked").is_empty());
    });
}

#[test]
fn a_hook_that_lets_the_agent_go_on_postpones_the_end() {
    from("1.0.71", |bed| {
        let left = Mutex::new(1);
        let session = bed
            .setup("go-on", json!([{ "text": "first" }, { "text": "second" }]))
            .answer(Kind::Hook, move |request| {
                let stops = request.params().string("/hookType").as_deref() == Some("agentStop");
                let goes_on = stops && std::mem::replace(&mut *left.lock(), 0) == 1;
                let output =
                    if goes_on { json!({ "decision": "block", "reason": "go on" }) } else { Value::Null };
                request.answer(Answer::Respond(output.to_string().into())).unwrap();
            })
            .create(&bed.client)
            .unwrap();
        assert_eq!(content(&bed.ask(&session).unwrap()), "second");
    });
}

#[test]
fn what_session_log_reports_ends_nothing() {
    from("1.0.40", |bed| {
        let session = bed.session("log", json!([{ "text": "slow", "delay_ms": 300 }]));
        let wait = bed.begin(&session, json!({ "prompt": "Go" }));
        bed.until_asked("log", 1);
        for ephemeral in [true, false] {
            let entry = json!({ "message": "logged", "level": "error", "ephemeral": ephemeral }).to_string();
            let log = Arc::clone(session.core()).call_with("session.log", Some(&entry)).unwrap();
            on_session(&bed.client, &session, log).unwrap();
        }
        assert_eq!(content(&end(&wait).unwrap()), "slow");
    });
}

#[test]
fn sub_agents_do_not_end_the_wait() {
    from("1.0.40", |bed| {
        let task = json!({ "agent_type": "task", "description": "d", "prompt": "Sub!", "name": "n" });
        let fails = json!({ "status": 400, "body": { "error": { "message": "bad" } } });
        let mut subs = vec![("sub", json!({ "text": "sub says" }))];
        if bed.cli.is_at_least("1.0.71") {
            // Earlier ones try it again.
            subs.push(("sub-fails", fails));
        }
        for (script, sub) in subs {
            let mut steps = vec![json!({ "tools": [["task", task]] }), sub];
            steps.push(json!({ "text": "root says" }));
            let setup = bed.setup(script, Value::Array(steps)).answer(Kind::Permission, |request| {
                request
                    .answer(Answer::Respond(json!({ "kind": "approve-once" }).to_string().into()))
                    .unwrap();
            });
            let session = setup.create(&bed.client).unwrap();
            assert_eq!(content(&bed.ask(&session).unwrap()), "root says", "{script}");
        }
    });
}

#[test]
fn a_kill_while_a_tool_runs_ends_the_wait_at_once() {
    on_each(|bed| {
        let client = Arc::clone(&bed.client);
        let killed = Arc::new(Mutex::new(None));
        let kills = Arc::clone(&killed);
        let session = bed
            .setup("killed", json!([{ "tools": [["deadly", {}]] }, { "text": "never" }]))
            .tool(json!({ "name": "deadly", "skipPermission": true }), move |_| {
                let pid = client.core().process_id().unwrap().to_string();
                let status = std::process::Command::new("kill").args(["-9", &pid]).status().unwrap();
                assert!(status.success());
                kills.lock().replace(Instant::now());
            })
            .answer(Kind::Permission, |request| {
                request
                    .answer(Answer::Respond(json!({ "kind": "approve-once" }).to_string().into()))
                    .unwrap();
            })
            .create(&bed.client)
            .unwrap();
        let failure = bed.ask(&session).unwrap_err();
        let took = killed.lock().expect("the tool was called").elapsed();
        assert!(took < Duration::from_secs(3), "{took:?}");
        assert_eq!((failure.code(), failure.reason()), (Code::Transport, Some(Reason::Exit)), "{failure}");
        assert_eq!(failure.exit().and_then(|exit| exit.signal), Some(9));
    });
}

#[test]
fn a_stop_and_a_disconnect_end_the_wait() {
    on_each(|bed| {
        let steps = json!([{ "hang": true }]);
        let session = bed.session("parted", steps.clone());
        let wait = bed.begin(&session, json!({ "prompt": "Go" }));
        bed.until_asked("parted", 1);
        on_session(&bed.client, &session, Arc::clone(session.core()).disconnect()).unwrap();
        let failure = end(&wait).unwrap_err();
        assert_eq!(
            (failure.code(), failure.reason()),
            (Code::Closed, Some(Reason::Disconnected)),
            "{failure}"
        );
        let session = bed.session("stopped", steps);
        let wait = bed.begin(&session, json!({ "prompt": "Go" }));
        bed.until_asked("stopped", 1);
        stop(&bed.client).unwrap();
        let failure = end(&wait).unwrap_err();
        assert_eq!(
            (failure.code(), failure.reason()),
            (Code::Closed, Some(Reason::Disconnected)),
            "{failure}"
        );
    });
}

#[test]
fn the_deltas_of_a_message_make_up_its_content_after_a_retry_too() {
    from("1.0.71", |bed| {
        let texts = Arc::new(Mutex::new(HashMap::<String, String>::new()));
        let heard = Arc::clone(&texts);
        let steps =
            json!([{ "chunks": ["half ", "an "], "drop_after": 3 }, { "chunks": ["One ", "two ", "three"] }]);
        let session = bed
            .setup("retry", steps)
            .event(Some("assistant.message.delta"), move |event| {
                let of = |pointer| event.json().string(pointer).unwrap().into_owned();
                heard.lock().entry(of("/data/messageId")).or_default().push_str(&of("/data/deltaContent"));
            })
            .create(&bed.client)
            .unwrap();
        let end = bed.ask(&session).unwrap();
        assert_eq!(content(&end), "One two three");
        let id = end["event"]["data"]["messageId"].as_str().unwrap();
        assert_eq!(texts.lock()[id], "One two three", "{:?}", texts.lock());
    });
}
