//! Session configurations against the real CLIs, offline: what they do with what the library sends.
//!
//! `COPILOT_TEST_CLIS` names the CLIs, separated by commas, or `all`; without it those for every day are used.

#[path = "../support/mod.rs"]
mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use copilot::Code;
use copilot::client::Client;
use copilot::json::Json;
use copilot::protocol::answer::Answer;
use copilot::protocol::message::Message;
use copilot::protocol::question::Kind;
use copilot::session::{self, Session};
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
        client(&real::client_options(&self.cli, &self.fence, &json!({})))
    }

    /// Options for a session whose model follows this script, and these too.
    fn setup(&self, script: &str, steps: Value, more: Value) -> Setup {
        self.model.script(script, &steps);
        Setup::new(real::session_options(&self.fence, &self.model, script, &more))
    }

    /// Protocol 3 with what the newest servers have.
    fn is_new(&self) -> bool {
        self.cli.is_at_least("1.0.85")
    }

    /// The messages of the `n`-th request to the model.
    fn messages(&self, script: &str, n: usize) -> Vec<Value> {
        self.model.requests(script)[n]["messages"].as_array().unwrap().clone()
    }
}

/// Runs a test on every CLI, and names the one that failed.
fn on_each(test: impl Fn(&Bed)) {
    real::on_each_from("0", |cli| test(&Bed::new(cli)));
}

fn reopen(client: &Client, session: &Session, setup: Option<&Setup>) -> copilot::Result<()> {
    let work = session::reopen(session.core(), setup.map(|setup| &setup.0))?;
    on_session(client, session, work)
}

fn answering(setup: Setup, name: &str, text: &'static str) -> Setup {
    let tool = json!({ "name": name, "description": text, "skipPermission": true });
    setup
        .tool(tool, move |request| request.answer(Answer::Respond(json!(text).to_string().into())).unwrap())
        .answer(Kind::Permission, |request| {
            request.answer(Answer::Respond(json!({ "kind": "approve-once" }).to_string().into())).unwrap();
        })
}

/// A step of the model's that calls a tool, and one that ends the turn.
fn calls(tool: &str) -> [Value; 2] {
    [json!({ "tools": [[tool, {}]] }), json!({ "text": "done" })]
}

fn tool_names(request: &Value) -> Vec<&str> {
    let tools = request["tools"].as_array().into_iter().flatten();
    tools.filter_map(|tool| tool["function"]["name"].as_str()).collect()
}

fn info(session: &Session) -> Value {
    serde_json::from_str(session.core().info().text()).unwrap()
}

#[test]
fn the_system_message_is_appended_to_replaced_and_customized() {
    on_each(|bed| {
        let client = bed.client();
        let system = |script: &str, message: Value| {
            let setup = bed.setup(script, json!([{ "text": "ok" }]), json!({ "system_message": message }));
            let setup = setup.answer(Kind::SystemMessage, |request| {
                let shown = request.params().text().contains("sections");
                assert!(shown, "the sections are in the question");
                let answer = json!({ "sections": { "tone": { "content": "PURPLE" } } });
                request.answer(Answer::Respond(answer.to_string().into())).unwrap();
            });
            let session = setup.create(&client).unwrap();
            ask(&client, &session, "Hello").unwrap();
            bed.messages(script, 0)[0]["content"].as_str().unwrap().to_owned()
        };
        let plain = system("plain", json!({}));
        let appended = system("append", json!({ "content": "ZEBRA" }));
        assert!(appended.contains("ZEBRA") && appended.len() > plain.len() / 2);
        let replaced = system("replace", json!({ "mode": "replace", "content": "ZEBRA" }));
        assert_eq!(replaced.trim(), "ZEBRA");
        if !bed.is_new() {
            return stop(&client).unwrap();
        }
        let customized = system(
            "customize",
            json!({ "mode": "customize", "content": "ZEBRA", "sections": {
                "tone": { "action": "replace", "content": "GREEN" },
                "safety": { "action": "remove" },
                "of_tomorrow": { "action": "append", "content": "IGNORED" },
            } }),
        );
        assert!(customized.contains("ZEBRA") && customized.contains("GREEN"), "{customized}");
        let transformed = system(
            "transform",
            json!({ "mode": "customize", "sections": { "tone": { "action": "transform" } } }),
        );
        assert!(transformed.contains("PURPLE"));
        stop(&client).unwrap();
    });
}

#[test]
fn options_that_come_by_an_update_are_obeyed_or_refused_by_name() {
    on_each(|bed| {
        let client = bed.client();
        std::fs::write(bed.fence.workdir().join("AGENTS.md"), "Always say GIRAFFE.").unwrap();
        let told = |script: &str, more: Value| -> copilot::Result<bool> {
            let session = bed.setup(script, json!([{ "text": "ok" }]), more).create(&client)?;
            ask(&client, &session, "Hello")?;
            Ok(bed.messages(script, 0)[0]["content"].to_string().contains("GIRAFFE"))
        };
        assert!(told("with", json!({})).unwrap());
        let without = told("without", json!({ "skip_custom_instructions": true }));
        match bed.cli.is_at_least("1.0.71") {
            true => assert!(!without.unwrap()),
            false => {
                let error = without.unwrap_err();
                assert_eq!(error.code(), Code::Unsupported, "{error}");
                assert!(error.message().contains("\"skipCustomInstructions\" needs"), "{error}");
            }
        }
        stop(&client).unwrap();
    });
}

#[test]
fn tools_are_replaced_live_where_the_cli_can() {
    on_each(|bed| {
        let client = bed.client();
        let steps: Vec<_> = [calls("old"), calls("new")].concat();
        let session = answering(bed.setup("tools", json!(steps), json!({})), "old", "from old")
            .create(&client)
            .unwrap();
        ask(&client, &session, "Call it").unwrap();
        let newer = answering(Setup::new(json!({})), "new", "from new");
        let outcome = on_session(&client, &session, Arc::clone(session.core()).set_tools(&newer.0).unwrap());
        if bed.is_new() {
            outcome.unwrap();
        } else {
            assert_eq!(outcome.unwrap_err().code(), Code::Unsupported);
            reopen(&client, &session, Some(&newer)).unwrap();
        }
        ask(&client, &session, "Call it").unwrap();
        let requests = bed.model.requests("tools");
        assert!(tool_names(&requests[0]).contains(&"old") && !tool_names(&requests[0]).contains(&"new"));
        assert!(tool_names(&requests[2]).contains(&"new"));
        // A reopening adds, a replacement replaces.
        assert_eq!(tool_names(&requests[2]).contains(&"old"), !bed.is_new());
        let last = requests[3]["messages"].as_array().unwrap().last().unwrap();
        assert_eq!(last["content"], "from new");
        stop(&client).unwrap();
    });
}

#[test]
fn a_session_is_reopened_after_its_cli_was_killed() {
    on_each(|bed| {
        let client = bed.client();
        let steps: Vec<_> = [calls("mine"), calls("mine")].concat();
        let session =
            answering(bed.setup("kill", json!(steps), json!({})), "mine", "ours").create(&client).unwrap();
        ask(&client, &session, "Remember me").unwrap();
        until_saved(&session, "assistant.turn_end", 2);
        let pid = client.core().process_id().unwrap();
        assert!(
            std::process::Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success()
        );
        let error = ask(&client, &session, "Are you there?").unwrap_err();
        assert_eq!(error.code(), Code::Transport, "{error}");
        reopen(&client, &session, None).unwrap();
        assert_ne!(client.core().process_id(), Some(pid));
        ask(&client, &session, "And now?").unwrap();
        let requests = bed.model.requests("kill");
        let told = requests[3]["messages"].to_string();
        assert!(told.contains("Remember me") && told.contains("And now?"), "{told}");
        assert_eq!(requests[3]["messages"].as_array().unwrap().last().unwrap()["content"], "ours");
        // It is open: once more does no harm, and after a goodbye it opens, too.
        reopen(&client, &session, None).unwrap();
        on_session(&client, &session, Arc::clone(session.core()).disconnect()).unwrap();
        reopen(&client, &session, None).unwrap();
        let messages: Json =
            on_session(&client, &session, Arc::clone(session.core()).get_messages()).unwrap();
        assert!(messages.text().contains("Remember me"));
        stop(&client).unwrap();
    });
}

/// Waits until the server has written so many events of this type down: it does so when it has the time.
fn until_saved(session: &Session, kind: &str, times: usize) {
    let workspace = info(session)["workspacePath"].as_str().unwrap().to_owned();
    let journal = std::path::Path::new(&workspace).join("events.jsonl");
    let begun = Instant::now();
    let written = || std::fs::read_to_string(&journal).unwrap_or_default();
    while written().matches(&format!("\"type\":\"{kind}\"")).count() < times {
        assert!(begun.elapsed() < PATIENCE, "{} has: {}", journal.display(), written());
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The smallest PNG there is.
const PIXEL: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\rIDATx\x9cc\
d\xf8\xcfP\x0f\0\x03\x86\x01\x80Z4}k\0\0\0\0IEND\xaeB`\x82";

#[test]
fn images_reach_the_model_as_images() {
    on_each(|bed| {
        let client = bed.client();
        let image = bed.fence.workdir().join("pixel.png");
        std::fs::write(&image, PIXEL).unwrap();
        let note = bed.fence.workdir().join("note.txt");
        std::fs::write(&note, "a note").unwrap();
        let vision = json!({ "modelCapabilities": { "supports": { "vision": true } } });
        let session = bed.setup("image", json!([{ "text": "I see" }]), vision).create(&client).unwrap();
        let message = json!({ "prompt": "Look", "attachments": [
            { "type": "file", "path": image }, { "type": "file", "path": note, "display_name": "the note" },
        ] });
        let message = Message::parse(&message.to_string()).unwrap();
        send_and_wait(&client, &session, message).unwrap();
        let told = bed.messages("image", 0).last().unwrap()["content"].to_string();
        assert!(told.contains("data:image/png;base64,") && told.contains("image_url"), "{told}");
        assert!(told.contains("note.txt"), "{told}");
        let history: Json = on_session(&client, &session, Arc::clone(session.core()).get_messages()).unwrap();
        assert!(history.text().contains("\"displayName\":\"pixel.png\""), "{}", history.text());
        assert!(history.text().contains("\"displayName\":\"the note\""), "{}", history.text());
        stop(&client).unwrap();
    });
}

/// A provider that answers nothing but 400, and tells which path was asked for.
fn recorder() -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (paths, told) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut line, mut length) = (String::new(), 0);
            if reader.read_line(&mut line).is_err() {
                continue;
            }
            let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
            loop {
                line.clear();
                if reader.read_line(&mut line).unwrap_or(0) <= 2 {
                    break;
                }
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap_or(0);
                }
            }
            let _ = reader.take(length).read_to_end(&mut Vec::new());
            let _ = stream.write_all(b"HTTP/1.1 400 No\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}");
            if paths.send(path).is_err() {
                return;
            }
        }
    });
    (address, told)
}

#[test]
fn the_cli_makes_a_providers_path_by_itself() {
    on_each(|bed| {
        for (provider, path, since) in [
            (json!({}), "/chat/completions", ""),
            (json!({ "type": "openai", "wire_api": "responses" }), "/responses", ""),
            (json!({ "type": "anthropic" }), "/v1/messages", ""),
            (json!({ "type": "azure" }), "/openai/v1/chat/completions", "1.0.85"),
            (
                json!({ "type": "azure", "azure": { "api_version": "2024-10-21" } }),
                "/openai/deployments/fake/chat/completions?api-version=2024-10-21",
                "",
            ),
        ] {
            if !bed.cli.is_at_least(since) {
                continue;
            }
            let client = bed.client();
            let (address, told) = recorder();
            let mut provider = provider;
            provider["base_url"] = address.as_str().into();
            provider["api_key"] = "x".into();
            let options =
                json!({ "model": "fake", "workingDirectory": bed.fence.workdir(), "provider": provider });
            let session = Setup::new(options).create(&client).unwrap();
            on_session(&client, &session, Arc::clone(session.core()).send(prompt("Hello"))).unwrap();
            let asked = told.recv_timeout(PATIENCE).expect("the model is asked");
            assert_eq!(asked, path, "{provider}");
            client.core().force_stop();
        }
    });
}

#[test]
fn named_providers_and_their_models() {
    on_each(|bed| {
        if !bed.is_new() {
            return;
        }
        let client = bed.client();
        bed.model.script("named", &json!([{ "text": "hello" }]));
        let session = Setup::new(json!({
            "model": "here/small",
            "workingDirectory": bed.fence.workdir(),
            "providers": [{ "name": "here", "type": "openai", "base_url": bed.model.base_url("named"), "api_key": "x" }],
            "models": [{ "id": "small", "provider": "here", "wire_model": "on-the-wire", "maxOutputTokens": 99 }],
        }))
        .create(&client)
        .unwrap();
        assert_eq!(ask(&client, &session, "Hello").unwrap()["event"]["data"]["content"], "hello");
        assert_eq!(bed.model.requests("named")[0]["model"], "on-the-wire");
        stop(&client).unwrap();
    });
}

#[test]
fn what_is_known_of_a_session_is_told() {
    on_each(|bed| {
        let client = bed.client();
        let path = |more: Value| {
            let setup = bed.setup("info", json!([]), more).answer(Kind::Elicitation, |_| {});
            let session = setup.create(&client).unwrap();
            let told = info(&session);
            assert_eq!(told["sessionId"], session.core().id().to_str().unwrap());
            let path = session.core().workspace_path().map(|path| path.to_str().unwrap().to_owned());
            assert_eq!(told.get("workspacePath").and_then(Value::as_str), path.as_deref());
            (told, path)
        };
        let (told, workspace) = path(json!({ "infinite_sessions": { "enabled": true } }));
        assert!(workspace.is_some());
        if bed.is_new() {
            assert_eq!(told["capabilities"]["ui"]["elicitation"], true);
            assert_eq!(told["model"], "fake");
        }
        assert!(path(json!({ "infiniteSessions": {} })).1.is_some());
        assert_eq!(path(json!({ "infiniteSessions": { "enabled": false } })).1, None);
        stop(&client).unwrap();
    });
}

#[test]
fn an_immediate_message_steers_the_turn_and_a_queued_one_waits() {
    on_each(|bed| {
        let client = bed.client();
        let steps = json!([{ "tools": [["slow", {}]] }, { "text": "steered" }, { "text": "queued" }]);
        let session =
            answering(bed.setup("modes", steps, json!({})), "slow", "done").create(&client).unwrap();
        let turn = Arc::clone(session.core()).send_and_wait(prompt("Begin"), Some(PATIENCE));
        let turn = begin(&client, session.queue().queue(), turn);
        bed.model.wait_requests("modes", 1, PATIENCE).unwrap();
        // Nobody serves the queue yet, so that the tool has not answered.
        for (mode, text) in [("immediate", "TURN LEFT"), ("enqueue", "THEN STOP")] {
            let message = json!({ "prompt": text, "mode": mode }).to_string();
            let sent = Arc::clone(session.core()).send(Message::parse(&message).unwrap());
            let (sender, receiver) = mpsc::channel();
            client.core().runtime().spawn(async move { sender.send(sent.await.map(drop)) });
            receiver.recv_timeout(PATIENCE).unwrap().unwrap();
        }
        end_of::<Json>(&turn).unwrap();
        let requests = bed.model.wait_requests("modes", 3, PATIENCE).unwrap();
        let told = |n: usize| requests[n]["messages"].to_string();
        assert!(told(1).contains("TURN LEFT") && !told(1).contains("THEN STOP"), "{}", told(1));
        assert!(told(2).contains("THEN STOP"), "{}", told(2));
        stop(&client).unwrap();
    });
}
