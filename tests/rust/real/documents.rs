//! What the first SDK's documents promise of a CLI, and what only a real one can keep: against all of them, offline.
//!
//! `COPILOT_TEST_CLIS` names the CLIs, separated by commas, or `all`; without it those for every day are used.

#[path = "../support/mod.rs"]
mod support;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use copilot::Callback;
use copilot::client::Client;
use copilot::json::Json;
use copilot::protocol::answer::Answer;
use copilot::protocol::question::Kind;
use copilot::queue::{Event, Kind as EventKind};
use copilot::request::Request;
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

    /// A client with these options too.
    fn client(&self, more: Value) -> Arc<Client> {
        client(&real::client_options(&self.cli, &self.fence, &more))
    }

    /// A session whose model follows this script, with these options too.
    fn setup(&self, script: &str, steps: Value, more: Value) -> Setup {
        self.model.script(script, &steps);
        Setup::new(real::session_options(&self.fence, &self.model, script, &more))
    }

    /// The bodies of the requests to the model, as one text.
    fn told(&self, script: &str) -> String {
        self.model.requests(script).iter().map(Value::to_string).collect()
    }
}

/// Runs a test on every CLI of this version or later, and names the one that failed.
fn on_each(version: &str, test: impl Fn(&Bed)) {
    real::on_each_from(version, |cli| test(&Bed::new(cli)));
}

fn respond(request: &Request, json: Value) {
    request.answer(Answer::Respond(json.to_string().into())).unwrap();
}

fn read(json: Json) -> Value {
    serde_json::from_str(json.text()).unwrap()
}

/// The id of the session that was used last.
fn last(client: &Client) -> Value {
    read(block_on(client, client.queue().queue(), Arc::clone(client.core()).last_session_id()).unwrap())
}

#[test]
fn the_session_used_last_is_named_listed_and_resumed() {
    on_each("0", |bed| {
        let client = bed.client(json!({}));
        assert_eq!(last(&client), Value::Null, "there is none yet");
        for id in ["older", "newer"] {
            let more = json!({ "sessionId": id });
            let session = bed.setup(id, json!([{ "text": "Noted" }]), more).create(&client).unwrap();
            ask(&client, &session, &format!("Remember the {id} one")).unwrap();
            on_session(&client, &session, Arc::clone(session.core()).disconnect()).unwrap();
        }
        stop(&client).unwrap();

        let next = bed.client(json!({}));
        assert_eq!(last(&next), "newer");
        let list = Arc::clone(next.core()).list_sessions(None).unwrap();
        let listed = read(block_on(&next, next.queue().queue(), list).unwrap());
        let entry = listed["sessions"].as_array().unwrap().iter().find(|entry| entry["sessionId"] == "newer");
        let entry = entry.unwrap_or_else(|| panic!("it is not in {listed}"));
        for member in ["summary", "startTime", "modifiedTime"] {
            assert!(entry[member].as_str().is_some_and(|text| !text.is_empty()), "{member}: {entry}");
        }
        assert_eq!(entry["isRemote"], false, "{entry}");
        let setup = bed.setup("again", json!([]), json!({}));
        let session = setup.resume(&next, last(&next).as_str().unwrap()).unwrap();
        let messages = Arc::clone(session.core()).get_messages();
        let messages = read(on_session(&next, &session, messages).unwrap()).to_string();
        assert!(messages.contains("Remember the newer one"), "{messages}");
        stop(&next).unwrap();
    });
}

#[test]
fn a_session_is_infinite_and_has_its_folder_by_default() {
    on_each("0", |bed| {
        let client = bed.client(json!({}));
        let setup = bed.setup("w", json!([{ "text": "ok" }]), json!({ "sessionId": "mine" }));
        let session = setup.create(&client).unwrap();
        ask(&client, &session, "Hello").unwrap();
        let path = session.core().workspace_path().expect("a workspace").to_str().unwrap().to_owned();
        assert!(Path::new(&path).ends_with("session-state/mine") && Path::new(&path).is_dir(), "{path}");
        stop(&client).unwrap();
    });
}

#[test]
fn another_configuration_directory_is_obeyed() {
    on_each("1.0.85", |bed| {
        let client = bed.client(json!({}));
        let elsewhere = bed.fence.workdir_for("elsewhere");
        std::fs::write(elsewhere.join("copilot-instructions.md"), "Always say ZEBRA.").unwrap();
        for (script, key, expected) in [("default", "name", false), ("other", "config_dir", true)] {
            let session = bed
                .setup(script, json!([{ "text": "ok" }]), json!({ key: elsewhere }))
                .create(&client)
                .unwrap();
            ask(&client, &session, "Hello").unwrap();
            assert_eq!(bed.told(script).contains("ZEBRA"), expected, "{key}");
            let workspace = session.core().workspace_path().unwrap().to_str().unwrap().to_owned();
            assert_eq!(Path::new(&workspace).starts_with(&elsewhere), expected, "{workspace}");
        }
        stop(&client).unwrap();
    });
}

#[test]
fn every_effort_reaches_the_model() {
    on_each("1.0.85", |bed| {
        let client = bed.client(json!({}));
        for effort in ["low", "medium", "high", "xhigh"] {
            let more = json!({
                "reasoning_effort": effort,
                "modelCapabilities": { "supports": { "reasoningEffort": true } },
            });
            let session = bed.setup(effort, json!([{ "text": "ok" }]), more).create(&client).unwrap();
            ask(&client, &session, "Think").unwrap();
            assert_eq!(bed.model.requests(effort)[0]["reasoning_effort"], effort);
        }
        stop(&client).unwrap();
    });
}

#[test]
fn hooks_tell_how_a_session_began_and_how_it_ended() {
    on_each("1.0.40", |bed| {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let client = bed.client(json!({}));
        for source in ["new", "resume"] {
            let hears = Arc::clone(&heard);
            let more = if source == "new" { json!({ "sessionId": "hooked" }) } else { json!({}) };
            let setup =
                bed.setup(source, json!([{ "text": "ok" }]), more).answer(Kind::Hook, move |request| {
                    let told = |pointer| request.params().string(pointer).unwrap_or_default().into_owned();
                    assert_eq!(request.session_id(), Some(c"hooked"));
                    match told("/hookType").as_str() {
                        "sessionStart" => {
                            hears.lock().push(told("/input/source"));
                            respond(request, json!({ "additionalContext": "It is winter." }));
                        }
                        "sessionEnd" => {
                            hears.lock().push(format!("ended: {}", told("/input/reason")));
                            respond(request, Value::Null);
                        }
                        _ => respond(request, Value::Null),
                    }
                });
            let session = match source {
                "new" => setup.create(&client),
                _ => setup.resume(&client, "hooked"),
            };
            let session = session.unwrap();
            ask(&client, &session, "Hello").unwrap();
            assert!(bed.told(source).contains("It is winter."));
            on_session(&client, &session, Arc::clone(session.core()).disconnect()).unwrap();
        }
        stop(&client).unwrap();
        let heard = heard.lock();
        let reason = |n: usize| heard[n].strip_prefix("ended: ").filter(|reason| !reason.is_empty());
        assert_eq!(heard.len(), 4, "{heard:?}");
        assert_eq!((heard[0].as_str(), heard[2].as_str()), ("new", "resume"));
        assert!(reason(1).is_some() && reason(3).is_some(), "{heard:?}");
    });
}

#[test]
fn a_hook_adds_context_before_a_tool_runs() {
    on_each("1.0.40", |bed| {
        let client = bed.client(json!({}));
        let session = bed
            .setup("before", json!([{ "tools": [["look", {}]] }, { "text": "done" }]), json!({}))
            .tool(json!({ "name": "look" }), |request| respond(request, json!("seen")))
            .answer(Kind::Hook, |request| match request.params().string("/hookType").as_deref() {
                Some("preToolUse") => {
                    let output =
                        json!({ "permissionDecision": "allow", "additionalContext": "the sky is painted" });
                    respond(request, output);
                }
                _ => respond(request, Value::Null),
            })
            .create(&client)
            .unwrap();
        ask(&client, &session, "Look").unwrap();
        assert!(bed.told("before").contains("the sky is painted"));
        stop(&client).unwrap();
    });
}

/// All log files below a folder, one after the other.
fn logs(folder: &Path) -> String {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let text = |path: std::path::PathBuf| match path.extension().is_some_and(|end| end == "log") {
        true => std::fs::read_to_string(path).unwrap_or_default(),
        false if path.is_symlink() => String::new(),
        false => logs(&path),
    };
    entries.map(text).collect()
}

#[test]
fn the_log_has_the_level_that_was_asked_for_and_info_by_default() {
    on_each("0", |bed| {
        if bed.cli.name == "runtime" {
            return; // alone, without the CLI around it, it writes no log file
        }
        for (options, debug) in [(json!({}), false), (json!({ "logLevel": "debug" }), true)] {
            let fenced = Bed::new(&bed.cli);
            let client = fenced.client(options.clone());
            let session = fenced.setup("log", json!([{ "text": "ok" }]), json!({})).create(&client).unwrap();
            ask(&client, &session, "Hello").unwrap();
            stop(&client).unwrap();
            let logged = logs(fenced.fence.workdir().parent().unwrap());
            assert!(logged.contains("[INFO]"), "{options}: {logged}");
            assert_eq!(logged.contains("[DEBUG]"), debug, "{options}");
        }
    });
}

#[test]
fn whoever_listens_hears_of_sessions_that_are_made_used_and_deleted() {
    on_each("1.0.40", |bed| {
        let client = bed.client(json!({}));
        let heard = Arc::new(Mutex::new(Vec::<Value>::new()));
        let hears = Arc::clone(&heard);
        let all = Callback::new(Box::new(move |event: &Event| {
            if event.kind() == EventKind::Lifecycle {
                let told: Value = serde_json::from_str(event.json().text()).unwrap();
                assert_eq!(told["type"], event.event_type().to_str().unwrap());
                hears.lock().push(told);
            }
        }));
        client.core().on_event(None, all);
        let session = bed
            .setup("life", json!([{ "text": "ok" }]), json!({ "sessionId": "mine" }))
            .create(&client)
            .unwrap();
        ask(&client, &session, "Hello").unwrap();
        on_session(&client, &session, Arc::clone(session.core()).disconnect()).unwrap();
        let delete = Arc::clone(client.core()).delete_session("mine".into());
        block_on(&client, client.queue().queue(), delete).unwrap();
        let deadline = Instant::now() + PATIENCE;
        for wanted in ["session.created", "session.updated", "session.deleted"] {
            let came =
                || heard.lock().iter().any(|told| told["type"] == wanted && told["sessionId"] == "mine");
            while !came() {
                assert!(Instant::now() < deadline, "{wanted} is not in {:?}", heard.lock());
                client.queue().dispatch(None, Some(Duration::from_millis(20))).unwrap();
            }
        }
        stop(&client).unwrap();
    });
}
