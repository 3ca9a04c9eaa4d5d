//! A session's life: options said after the opening, tools replaced, what is known of it, and opening it again.

use std::sync::atomic::{AtomicUsize, Ordering};

use copilot::Code;
use copilot::protocol::question::Kind as Asks;
use copilot::session::{self, Session};

use super::*;

/// With a tool that answers with this text, and is described by it.
fn answering(setup: Setup, name: &str, text: &'static str) -> Setup {
    setup.tool(json!({ "name": name, "description": text }), move |request| {
        request.answer(Answer::Respond(json!(text).to_string().into())).unwrap();
    })
}

fn reopen(bed: &Bed, session: &Session, setup: Option<&Setup>) -> Result<()> {
    let work = session::reopen(session.core(), setup.map(|setup| &setup.0))?;
    on_session(&bed.client, session, work)
}

fn set_tools(bed: &Bed, session: &Session, setup: &Setup) -> Result<()> {
    on_session(&bed.client, session, Arc::clone(session.core()).set_tools(&setup.0)?)
}

/// Does work that needs no callback, and leaves the queue alone meanwhile.
fn unserved<T: Send + 'static>(
    bed: &Bed,
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    let (sender, receiver) = std::sync::mpsc::channel();
    bed.client.core().runtime().spawn(async move { sender.send(work.await) });
    receiver.recv_timeout(PATIENCE).expect("it ends")
}

/// What the fake was told by tools so far.
fn tool_results(bed: &Bed) -> Vec<String> {
    let log = bed.fake.log();
    let answers = log.iter().filter(|record| record["answered"] == "tool");
    answers.map(|record| record["answer"].to_string()).collect()
}

fn info(session: &Session) -> Value {
    serde_json::from_str(session.core().info().text()).unwrap()
}

fn refusal() -> Value {
    json!({ "reply_error": { "code": -32603, "message": "not now" } })
}

/// Counts the ends of what a function owns.
struct Owned(Arc<AtomicUsize>);

impl Drop for Owned {
    fn drop(&mut self) {
        if !copilot::runtime::is_runtime_thread() {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
}

#[test]
fn options_that_only_an_update_takes_follow_the_opening() {
    let bed = Bed::new(json!({ "sessions": ["kept"] }));
    let setup = Setup::new(json!({ "coauthor_enabled": false, "includedBuiltinSkills": [], "model": "m" }));
    let created = setup.create(&bed.client).unwrap();
    setup.resume(&bed.client, "kept").unwrap();
    let updates = bed.fake.received("session.options.update");
    for (update, id) in updates.iter().zip([created.core().id().to_str().unwrap(), "kept"]) {
        assert_eq!(
            update["params"],
            json!({ "sessionId": id, "coauthorEnabled": false, "includedBuiltinSkills": [] })
        );
    }
    assert_eq!(updates.len(), 2);
    assert!(bed.called("session.create").get("coauthorEnabled").is_none());
    Setup::new(json!({ "model": "m" })).create(&bed.client).unwrap();
    assert_eq!(bed.fake.received("session.options.update").len(), 2, "nothing to say, nothing said");
}

#[test]
fn an_update_that_fails_undoes_the_opening() {
    let missing =
        json!({ "reply_error": { "code": -32601, "message": "Unhandled method session.options.update" } });
    for (action, code, part) in [
        (refusal(), Code::Rpc, "not now"),
        (missing, Code::Unsupported, "\"coauthorEnabled\" needs session.options.update"),
        (json!({ "reply": { "success": false, "error": "no plugins" } }), Code::Session, "no plugins"),
    ] {
        let bed = Bed::new(json!({ "on": { "session.options.update": action } }));
        let setup = Setup::new(json!({ "sessionId": "mine", "coauthorEnabled": true }));
        let error = setup.create(&bed.client).err().expect("the update fails");
        assert_eq!(error.code(), code, "{error}");
        assert!(error.message().contains(part), "{error}");
        assert_eq!(bed.called("session.detach")["sessionId"], "mine");
        // Nobody has it now, so that the same id can be had again.
        Setup::new(json!({ "sessionId": "mine" })).create(&bed.client).unwrap();
    }
}

#[test]
fn a_client_of_mode_empty_gives_a_session_nothing_by_itself() {
    let bed = Bed::with(json!({ "sessions": ["kept"] }), json!({ "mode": "empty", "baseDirectory": "/tmp" }));
    let error =
        session::create(bed.client.core(), &Setup::new(json!({})).0).err().expect("no tools are named");
    assert!(error.message().contains("/availableTools is missing"), "{error}");
    let setup = Setup::new(json!({ "sessionId": "kept", "availableTools": [], "enableSkills": true }));
    let session = setup.create(&bed.client).unwrap();
    on_session(&bed.client, &session, Arc::clone(session.core()).disconnect()).unwrap();
    reopen(&bed, &session, None).unwrap();
    for opening in [bed.called("session.create"), bed.called("session.resume")] {
        assert_eq!((&opening["enableSkills"], &opening["enableFileHooks"]), (&json!(true), &json!(false)));
        assert_eq!(opening["systemMessage"]["sections"]["environment_context"]["action"], "remove");
    }
    let updates = bed.fake.received("session.options.update");
    assert_eq!(updates.len(), 2);
    for update in updates {
        assert_eq!(
            (&update["params"]["installedPlugins"], &update["params"]["coauthorEnabled"]),
            (&json!([]), &json!(false))
        );
    }
}

#[test]
fn a_tool_that_is_hidden_is_found_before_anything_is_sent() {
    let bed = Bed::new(json!({}));
    let setup = answering(Setup::new(json!({ "availableTools": ["builtin:*"] })), "t", "x");
    let error = session::create(bed.client.core(), &setup.0).err().expect("it is hidden");
    assert!(error.message().contains("hides your own tool \"t\""), "{error}");
    assert_eq!(bed.starts(), 0);
    let session = Setup::new(json!({ "excludedTools": ["custom:t"] })).create(&bed.client).unwrap();
    let error = set_tools(&bed, &session, &answering(Setup::new(json!({})), "t", "x")).unwrap_err();
    assert!(error.message().contains("/excludedTools/0"), "{error}");
}

#[test]
fn what_is_known_of_a_session_follows_its_events() {
    let event = |event_type: &str, data: Value| json!({ "event": { "type": event_type, "data": data } });
    let bed = Bed::new(json!({ "turns": [[
        event("capabilities.changed", json!({ "ui": { "canvases": true } })),
        event("session.canvas.opened", json!({ "instanceId": "1", "canvasId": "c" })),
        event("session.canvas.opened", json!({ "instanceId": "2", "canvasId": "c" })),
        event("session.canvas.closed", json!({ "instanceId": "1" })),
        event("session.model_change", json!({ "newModel": "other" })),
        { "text": "done" },
    ]] }));
    let setup = Setup::new(json!({ "sessionId": "mine" })).answer(Asks::Elicitation, |_| {});
    let session = setup.create(&bed.client).unwrap();
    let told = info(&session);
    assert_eq!((&told["sessionId"], &told["workspacePath"]), (&json!("mine"), &json!("/fake-runtime/mine")));
    assert_eq!(told["capabilities"], json!({ "ui": { "elicitation": true } }));
    assert_eq!(told["openCanvases"], json!([]));
    ask(&bed.client, &session, "Go").unwrap();
    let told = info(&session);
    assert_eq!(told["capabilities"], json!({ "ui": { "elicitation": true, "canvases": true } }));
    assert_eq!(told["openCanvases"], json!([{ "instanceId": "2", "canvasId": "c" }]));
    assert_eq!(told["model"], "other");
    // Another opening knows nothing of what was open in the one before.
    on_session(&bed.client, &session, Arc::clone(session.core()).disconnect()).unwrap();
    reopen(&bed, &session, None).unwrap();
    assert_eq!(info(&session)["openCanvases"], json!([]));
}

#[test]
fn a_session_is_reopened_after_a_crash_with_all_that_it_had() {
    for protocol in [2, 3] {
        let bed = Bed::new(json!({ "runs": [
            { "protocol": protocol, "turns": [[{ "kill": 9 }]] },
            { "protocol": protocol, "sessions": ["kept"], "turns": [[{ "tool": { "name": "t" } }, { "text": "back" }]] },
        ] }));
        let (setup, heard) =
            texts(answering(Setup::new(json!({ "sessionId": "kept", "model": "m" })), "t", "still"));
        let session = setup.create(&bed.client).unwrap();
        drop(setup);
        let told = Log::default();
        let tells = Arc::clone(&told);
        session.core().on_event(
            Some("session.idle"),
            Callback::new(Box::new(move |event: &Event| {
                tells.lock().push(event.event_type().to_string_lossy().into_owned());
            })),
        );
        let error = ask(&bed.client, &session, "Crash").unwrap_err();
        assert_eq!(error.code(), Code::Transport, "{error}");
        assert!(error.message().contains("copilot_session_reopen"), "{error}");
        reopen(&bed, &session, None).unwrap();
        assert_eq!(ask(&bed.client, &session, "Back?").unwrap()["event"]["data"]["content"], "back");
        assert_eq!((heard.lock().clone(), told.lock().len()), (vec![String::from("back")], 1));
        assert!(tool_results(&bed)[0].contains("still"));
        let resumed = bed.called("session.resume");
        assert_eq!((&resumed["sessionId"], &resumed["model"]), (&json!("kept"), &json!("m")));
        assert_eq!(resumed["tools"][0]["name"], "t");
        assert_eq!(bed.starts(), 2);
        // It parts from the server that it is with now.
        on_session(&bed.client, &session, Arc::clone(session.core()).disconnect()).unwrap();
        let parted = if protocol == 2 { "session.destroy" } else { "session.detach" };
        assert_eq!(bed.called(parted)["sessionId"], "kept");
    }
}

#[test]
fn a_reopening_may_come_at_any_time() {
    let bed = Bed::new(json!({ "sessions": ["kept"] }));
    let (session, log) = logged_session(&bed, json!({ "sessionId": "kept" }));
    for end in ["none", "disconnect", "stop", "kill", "none"] {
        match end {
            "disconnect" => {
                on_session(&bed.client, &session, Arc::clone(session.core()).disconnect()).unwrap()
            }
            "stop" => {
                stop(&bed.client).unwrap();
                let error = reopen(&bed, &session, None).unwrap_err();
                assert_eq!(error.code(), Code::InvalidState, "{error}");
                start(&bed.client).unwrap();
            }
            "kill" => {
                bed.client.core().force_stop();
                start(&bed.client).unwrap();
            }
            _ => {}
        }
        if end != "none" {
            assert_eq!(ask(&bed.client, &session, "?").unwrap_err().code(), Code::Closed, "{end}");
        }
        let told = log.lock().len();
        reopen(&bed, &session, None).unwrap_or_else(|error| panic!("after {end}: {error}"));
        assert_eq!(ask(&bed.client, &session, "Go").unwrap()["outcome"], "answer", "{end}");
        assert!(log.lock()[told..].contains(&String::from("session.idle")), "{end}");
    }
}

#[test]
fn reopening_an_open_session_leaves_its_turn_alone() {
    let bed = Bed::new(json!({ "turns": [[gate(), { "text": "late" }]] }));
    bed.guard_gate();
    let session = Setup::new(json!({ "sessionId": "mine" })).create(&bed.client).unwrap();
    let turn = Arc::clone(session.core()).send_and_wait(prompt("Go"), Some(PATIENCE));
    let turn = begin(&bed.client, session.queue().queue(), turn);
    bed.logged(|record| record["out"]["method"] == "test.gate");
    unserved(&bed, session::reopen(session.core(), None).unwrap()).unwrap();
    assert!(end_of::<copilot::json::Json>(&turn).unwrap().text().contains("late"));
    assert!(bed.fake.received("session.detach").is_empty());
}

#[test]
fn a_configuration_adds_to_what_a_session_has() {
    let tool = |name: &str| json!({ "tool": { "name": name } });
    let bed = Bed::new(
        json!({ "sessions": ["kept"], "turns": [[tool("old"), tool("both"), tool("new"), { "text": "done" }]] }),
    );
    let first = Setup::new(json!({ "sessionId": "kept", "model": "m", "streaming": true }));
    let first = answering(answering(first, "old", "from old"), "both", "from first");
    let session = first.create(&bed.client).unwrap();
    let more = Setup::new(json!({ "model": "n", "continue_pending_work": true }));
    let more = answering(answering(more, "new", "from new"), "both", "from second");
    let (more, heard) = texts(more.answer(Asks::UserInput, |_| {}));
    on_session(&bed.client, &session, Arc::clone(session.core()).disconnect()).unwrap();
    reopen(&bed, &session, Some(&more)).unwrap();
    let resumed = bed.called("session.resume");
    assert_eq!((&resumed["model"], &resumed["streaming"]), (&json!("n"), &json!(true)));
    assert_eq!((&resumed["continuePendingWork"], &resumed["requestUserInput"]), (&json!(true), &json!(true)));
    let names: Vec<_> =
        resumed["tools"].as_array().unwrap().iter().map(|tool| tool["name"].clone()).collect();
    assert_eq!(names, ["old", "new", "both"]);
    ask(&bed.client, &session, "Go").unwrap();
    let results = tool_results(&bed);
    for (result, text) in results.iter().zip(["from old", "from second", "from new"]) {
        assert!(result.contains(text), "{results:?}");
    }
    assert_eq!(*heard.lock(), ["done"]);
}

#[test]
fn a_reopening_that_is_refused_changes_nothing() {
    let bed = Bed::new(json!({
        "on": { "session.resume": refusal() },
        "turns": [[{ "tool": { "name": "t" } }, { "text": "done" }]],
    }));
    let session =
        answering(Setup::new(json!({ "sessionId": "mine" })), "t", "first").create(&bed.client).unwrap();
    let ended = Arc::new(AtomicUsize::new(0));
    let (for_tool, for_events) = (Owned(Arc::clone(&ended)), Owned(Arc::clone(&ended)));
    let more = Setup::new(json!({}))
        .tool(json!({ "name": "t" }), move |_| drop(Arc::clone(&for_tool.0)))
        .event(None, move |_| drop(Arc::clone(&for_events.0)));
    let error = reopen(&bed, &session, Some(&more)).unwrap_err();
    assert_eq!(error.code(), Code::Rpc, "{error}");
    drop(more);
    bed.until("what was given is destroyed", || ended.load(Ordering::SeqCst) == 2);
    // It was open all the time.
    assert_eq!(ask(&bed.client, &session, "Go").unwrap()["outcome"], "answer");
    assert!(tool_results(&bed)[0].contains("first"));
    on_session(&bed.client, &session, Arc::clone(session.core()).disconnect()).unwrap();
    reopen(&bed, &session, None).unwrap_err();
    let error = ask(&bed.client, &session, "Go").unwrap_err();
    assert!(error.message().contains("was disconnected"), "the first reason stays: {error}");
}

#[test]
fn what_makes_no_sense_is_refused_before_the_server_is_asked() {
    let bed = Bed::new(json!({}));
    let session = Setup::new(json!({ "availableTools": ["bash"] })).create(&bed.client).unwrap();
    let other_queue = {
        let mut setup = Setup::new(json!({}));
        setup.0.set_queue(Some(copilot::queue::Owner::new(Default::default())));
        setup
    };
    for (setup, part) in [
        (Setup::new(json!({ "sessionId": "another" })), "names another session"),
        (other_queue, "a session keeps the one it has"),
        (answering(Setup::new(json!({})), "t", "x"), "hides your own tool"),
        (Setup::new(json!({ "rawParams": { "model": "n", "availableTools": [] } })), "is an option already"),
    ] {
        let error = reopen(&bed, &session, Some(&setup)).unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument, "{error}");
        assert!(error.message().contains(part), "{error}");
    }
    assert!(bed.fake.received("session.resume").is_empty());
}

#[test]
fn a_session_that_is_freed_while_it_is_reopened_is_let_go_of() {
    let bed = Bed::new(json!({ "on": { "session.resume": [gate(), { "builtin": true }] } }));
    bed.guard_gate();
    let ended = Arc::new(AtomicUsize::new(0));
    let owned = Owned(Arc::clone(&ended));
    let setup = Setup::new(json!({ "sessionId": "mine" })).event(None, move |_| drop(Arc::clone(&owned.0)));
    let session = setup.create(&bed.client).unwrap();
    on_session(&bed.client, &session, Arc::clone(session.core()).disconnect()).unwrap();
    let reopening =
        begin(&bed.client, bed.client.queue().queue(), session::reopen(session.core(), None).unwrap());
    bed.logged(|record| record["out"]["method"] == "test.gate");
    drop((session, setup));
    end_of::<()>(&reopening).unwrap();
    let twice = |bed: &Bed| bed.fake.received("session.detach").len() == 2;
    bed.until("it is let go of again", || twice(&bed) && ended.load(Ordering::SeqCst) == 1);
}

#[test]
fn an_older_handle_takes_its_session_back() {
    let bed = Bed::new(json!({}));
    let setup = Setup::new(json!({ "sessionId": "mine" }));
    let first = setup.create(&bed.client).unwrap();
    let second = setup.resume(&bed.client, "mine").unwrap();
    reopen(&bed, &first, None).unwrap();
    assert_eq!(ask(&bed.client, &first, "Mine?").unwrap()["outcome"], "answer");
    let error = ask(&bed.client, &second, "Mine?").unwrap_err();
    assert_eq!(error.code(), Code::Closed, "{error}");
    drop(second);
    assert_eq!(ask(&bed.client, &first, "Still?").unwrap()["outcome"], "answer");
    assert!(bed.fake.received("session.detach").is_empty());
}

#[test]
fn tools_are_exchanged_when_the_consent_is_read() {
    let turn = json!([{ "tool": { "name": "t" } }, { "text": "done" }]);
    let bed = Bed::new(json!({ "turns": [turn, turn] }));
    let session = answering(Setup::new(json!({})), "t", "first").create(&bed.client).unwrap();
    let going = Arc::clone(session.core()).send_and_wait(prompt("Go"), Some(PATIENCE));
    let going = begin(&bed.client, session.queue().queue(), going);
    bed.logged(|record| record["out"]["params"]["event"]["type"] == "external_tool.requested");
    let setup = answering(Setup::new(json!({ "tools": [{ "name": "elsewhere" }] })), "t", "second");
    unserved(&bed, Arc::clone(session.core()).set_tools(&setup.0).unwrap()).unwrap();
    end_of::<copilot::json::Json>(&going).unwrap();
    ask(&bed.client, &session, "Again").unwrap();
    let results = tool_results(&bed);
    // The first call was asked before the consent, though nobody had run it yet.
    assert!(results[0].contains("first") && results[1].contains("second"), "{results:?}");
    let sent = bed.called("session.tools.set");
    let names: Vec<_> = sent["tools"].as_array().unwrap().iter().map(|tool| tool["name"].clone()).collect();
    assert_eq!(names, ["elsewhere", "t"]);
    // A later opening declares what was accepted.
    reopen(&bed, &session, None).unwrap();
    assert_eq!(bed.called("session.resume")["tools"], sent["tools"]);
}

#[test]
fn tools_stay_when_the_server_refuses() {
    let missing =
        json!({ "reply_error": { "code": -32601, "message": "Unhandled method session.tools.set" } });
    for (action, code) in [(refusal(), Code::Rpc), (missing, Code::Unsupported)] {
        let bed = Bed::new(json!({
            "turns": [[{ "tool": { "name": "t" } }], [{ "tool": { "name": "t" } }]],
            "once": { "session.tools.set": action },
        }));
        let session = answering(Setup::new(json!({})), "t", "first").create(&bed.client).unwrap();
        let second = answering(Setup::new(json!({})), "t", "second");
        let error = set_tools(&bed, &session, &second).unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        ask(&bed.client, &session, "Go").unwrap();
        assert!(tool_results(&bed)[0].contains("first"));
        set_tools(&bed, &session, &second).unwrap();
        ask(&bed.client, &session, "Go").unwrap();
        assert!(tool_results(&bed).last().unwrap().contains("second"), "{:?}", tool_results(&bed));
    }
}

#[test]
fn tools_that_are_accepted_late_do_not_replace_later_ones() {
    let bed = Bed::new(json!({
        "turns": [[{ "tool": { "name": "t" } }, { "text": "done" }]],
        "once": { "session.tools.set": [gate(), { "builtin": true }] },
    }));
    bed.guard_gate();
    let session = answering(Setup::new(json!({})), "t", "first").create(&bed.client).unwrap();
    let begin_setting = |text| {
        let setup = answering(Setup::new(json!({})), "t", text);
        let work = Arc::clone(session.core()).set_tools(&setup.0).unwrap();
        begin(&bed.client, bed.client.queue().queue(), work)
    };
    let given_up = begin_setting("second");
    bed.logged(|record| record["out"]["method"] == "test.gate");
    let waiting = begin_setting("third");
    assert_eq!(bed.fake.received("session.tools.set").len(), 1, "one after the other");
    given_up.cancel();
    // Nobody serves the queue, so that the gate is still closed when the later one is accepted.
    bed.logged(|record| record["in"]["params"]["tools"][0]["description"] == "third");
    let id = bed.fake.received("session.tools.set")[1]["id"].clone();
    bed.logged(|record| record["out"]["id"] == id && record["out"].get("result").is_some());
    end_of::<()>(&waiting).unwrap();
    bed.until("the gate is passed", || bed.fake.log().iter().any(|r| r["answered"] == "test.gate"));
    ask(&bed.client, &session, "Go").unwrap();
    assert!(tool_results(&bed)[0].contains("third"), "{:?}", tool_results(&bed));
}

#[test]
fn many_changes_at_once_end_with_the_last_one() {
    let bed = Bed::new(json!({ "turns": [[{ "tool": { "name": "t" } }, { "text": "done" }]] }));
    let session = answering(Setup::new(json!({})), "t", "x").create(&bed.client).unwrap();
    let texts = ["0", "1", "2", "3", "4", "5", "6", "7"];
    let operations: Vec<_> = texts
        .iter()
        .map(|text| {
            let setup = answering(Setup::new(json!({})), "t", text);
            let work = Arc::clone(session.core()).set_tools(&setup.0).unwrap();
            begin(&bed.client, bed.client.queue().queue(), work)
        })
        .collect();
    operations.iter().for_each(|operation| end_of::<()>(operation).unwrap());
    ask(&bed.client, &session, "Go").unwrap();
    let sent = bed.fake.received("session.tools.set");
    assert_eq!(sent.len(), texts.len());
    let last = sent.last().unwrap()["params"]["tools"][0]["description"].as_str().unwrap();
    assert!(tool_results(&bed)[0].contains(&format!("\"textResultForLlm\":\"{last}\"")), "{last}");
}

#[test]
fn a_provider_of_tokens_is_asked_again_after_a_reopening() {
    let asks = json!({ "request": {
        "method": "gitHubToken.getToken", "global": true, "params": { "registrationId": "mine" },
    } });
    let bed = Bed::new(json!({ "sessions": ["kept"], "turns": [[asks, { "text": "done" }]] }));
    let setup = Setup::new(json!({ "sessionId": "kept", "gitHubTokenProviderRegistrationId": "mine" }))
        .method("gitHubToken.getToken", |request| {
            let token = r#"{"kind":"token","accessToken":"t","expiresIn":60}"#;
            request.answer(Answer::Respond(token.into())).unwrap();
        });
    let session = setup.create(&bed.client).unwrap();
    for _ in 0..2 {
        on_session(&bed.client, &session, Arc::clone(session.core()).disconnect()).unwrap();
        reopen(&bed, &session, None).unwrap();
    }
    reopen(&bed, &session, None).unwrap();
    ask(&bed.client, &session, "Go").unwrap();
    assert_eq!(
        bed.logged(|record| record["answered"] == "gitHubToken.getToken")["answer"]["result"]["kind"],
        "token"
    );
}

#[test]
fn a_permission_policy_stays_or_is_replaced_by_a_reopening() {
    let touch = json!({ "permission": {
        "kind": "shell", "fullCommandText": "touch x", "commands": [{ "identifier": "touch", "readOnly": false }],
    } });
    let bed = Bed::new(json!({ "sessions": ["kept"], "turns": [[touch], [touch], [touch]] }));
    let asked = Arc::new(AtomicUsize::new(0));
    let asks = Arc::clone(&asked);
    let deny = json!({ "deny": [{ "command": "touch" }] });
    let setup = Setup::new(json!({ "sessionId": "kept", "permissionPolicy": deny })).answer(
        Asks::Permission,
        move |request| {
            asks.fetch_add(1, Ordering::SeqCst);
            request.answer(Answer::Respond(r#"{"kind":"approve-once"}"#.into())).unwrap();
        },
    );
    let session = setup.create(&bed.client).unwrap();
    ask(&bed.client, &session, "Touch it").unwrap();
    on_session(&bed.client, &session, Arc::clone(session.core()).disconnect()).unwrap();
    reopen(&bed, &session, None).unwrap();
    ask(&bed.client, &session, "Touch it").unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 0, "the policy has answered, before and after");
    let other = Setup::new(json!({ "permission_policy": { "ask": [{ "command": "touch" }] } }));
    reopen(&bed, &session, Some(&other)).unwrap();
    ask(&bed.client, &session, "Touch it").unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 1, "the new policy leaves it to the program");
}
