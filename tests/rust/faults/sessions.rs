//! Opening sessions: what overtakes the reply, what fails, what comes too late, and two handles of one session.

use std::sync::atomic::{AtomicUsize, Ordering};

use copilot::Code;
use copilot::runtime::is_runtime_thread;
use copilot::session::{self, Session};

use super::*;

/// Counts the ends of a function's data, and refuses to end on a thread of the background runtime.
struct Remains(Arc<AtomicUsize>);

impl Drop for Remains {
    fn drop(&mut self) {
        // A panic here would be swallowed by the runtime; a count that never comes is not.
        if !is_runtime_thread() {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// With an event function, a tool and an answer that own something each.
fn owning(setup: Setup, ended: &Arc<AtomicUsize>) -> Setup {
    let owned = || Remains(Arc::clone(ended));
    let (for_events, for_tool, for_permission) = (owned(), owned(), owned());
    setup
        .event(None, move |_| drop(Arc::clone(&for_events.0)))
        .tool(json!({ "name": "t" }), move |_| drop(Arc::clone(&for_tool.0)))
        .answer(copilot::protocol::question::Kind::Permission, move |_| drop(Arc::clone(&for_permission.0)))
}

fn create(bed: &Bed, setup: &Setup) -> Arc<copilot::queue::Operation> {
    let work = session::create(bed.client.core(), &setup.0).unwrap();
    begin(&bed.client, bed.client.queue().queue(), work)
}

#[test]
fn events_that_overtake_the_reply_are_told() {
    for (script, first) in [
        (json!({ "protocol": 2 }), "session.start"),
        (json!({}), "session.start"),
        (
            json!({ "on": { "session.create": { "events_before_reply": [{ "type": "early.bird", "data": {} }] } } }),
            "early.bird",
        ),
    ] {
        let bed = Bed::new(script);
        let (_session, log) = logged_session(&bed, json!({}));
        bed.until("the session has started", || log.lock().iter().any(|told| told == "session.start"));
        assert_eq!(log.lock()[0], first);
    }
}

#[test]
fn questions_that_overtake_the_reply_are_answered() {
    let asks = json!({ "request": { "method": "hooks.invoke", "params": { "hookType": "sessionStart", "input": {} } } });
    let bed = Bed::new(json!({ "on": { "session.create": [asks, { "builtin": true }] } }));
    let session = Setup::new(json!({}))
        .answer(copilot::protocol::question::Kind::Hook, |request| {
            request.answer(Answer::Respond(r#"{"additionalContext":"x"}"#.into())).unwrap();
        })
        .create(&bed.client)
        .unwrap();
    let told = bed.logged(|record| record["answered"] == "hooks.invoke");
    assert_eq!(told["answer"]["result"]["output"]["additionalContext"], "x");
    assert_eq!(ask(&bed.client, &session, "Go").unwrap()["outcome"], "answer");
}

#[test]
fn what_fails_to_open_leaves_nothing_behind() {
    let on = |method: &str, action: Value| json!({ "once": { method: action } });
    let refused = json!({ "reply_error": { "code": -32603, "message": "not now" } });
    for (script, code, lets_go_of) in [
        (on("session.create", refused.clone()), Code::Rpc, None),
        (on("session.create", json!({ "reply": "yes" })), Code::Protocol, None),
        (
            on("session.create", json!({ "reply": { "sessionId": "another" } })),
            Code::Protocol,
            Some("another"),
        ),
        // The server has opened it by then.
        (on("session.eventLog.registerInterest", refused), Code::Rpc, Some("mine")),
    ] {
        let bed = Bed::new(script.clone());
        let ended = Arc::new(AtomicUsize::new(0));
        let setup = Setup::new(json!({ "sessionId": "mine" }))
            .answer(copilot::protocol::question::Kind::McpOauth, |_| {});
        let setup = owning(setup, &ended);
        let error = setup.create(&bed.client).err().expect("it fails");
        assert_eq!(error.code(), code, "{script}: {error}");
        if let Some(id) = lets_go_of {
            assert_eq!(bed.called("session.detach")["sessionId"], id, "{script}");
        }
        // The same id and the same configuration can be used again.
        let session = setup.create(&bed.client).unwrap();
        assert_eq!(ask(&bed.client, &session, "Go").unwrap()["outcome"], "answer");
        let before = ended.load(Ordering::SeqCst);
        drop(session);
        drop(setup);
        bed.until("the functions' data is destroyed", || ended.load(Ordering::SeqCst) == 3);
        assert_eq!(before, 0);
        stop(&bed.client).unwrap();
        let detached = bed.fake.received("session.detach");
        assert_eq!(detached.len(), 1 + usize::from(lets_go_of.is_some()), "{script}");
    }
}

#[test]
fn a_session_that_comes_too_late_is_let_go_of() {
    for how in ["cancel", "give up", "free the operation"] {
        let bed = Bed::new(json!({ "on": { "session.create": [gate(), { "builtin": true }] } }));
        bed.guard_gate();
        let ended = Arc::new(AtomicUsize::new(0));
        let setup = owning(Setup::new(json!({})), &ended);
        let creating = create(&bed, &setup);
        bed.logged(|record| record["out"]["method"] == "test.gate");
        match how {
            "cancel" => creating.cancel(),
            "give up" => creating.give_up(copilot::Error::new(Code::Timeout, "no patience")),
            // Freeing detaches: the session comes and goes with the operation.
            _ => {}
        }
        drop(creating);
        drop(setup);
        bed.until("the gate is passed", || bed.fake.log().iter().any(|r| r["answered"] == "test.gate"));
        let id = bed.called("session.create")["sessionId"].clone();
        assert_eq!(bed.called("session.detach")["sessionId"], id, "{how}");
        bed.until("the functions' data is destroyed", || ended.load(Ordering::SeqCst) == 3);
        // The client is as good as before.
        bed.call("ping", json!({})).unwrap();
    }
}

#[test]
fn a_create_whose_connection_dies_fails_with_it() {
    for action in
        [json!({ "exit": 5, "stderr": "no room\n" }), json!({ "kill": 9 }), json!({ "garbage": true })]
    {
        let bed = Bed::new(json!({ "once": { "session.create": action } }));
        let error = Setup::new(json!({})).create(&bed.client).err().expect("it dies");
        assert!(matches!(error.code(), Code::Transport | Code::Protocol), "{error}");
    }
}

/// A session of this id, opened a second time.
fn opened_twice(bed: &Bed) -> (Arc<Session>, Arc<Session>) {
    let setup = Setup::new(json!({ "sessionId": "twice" }));
    let first = setup.create(&bed.client).unwrap();
    let second = setup.resume(&bed.client, "twice").unwrap();
    (first, second)
}

#[test]
fn a_resumed_session_belongs_to_its_newest_handle() {
    for protocol in [2, 3] {
        let bed = Bed::new(json!({ "protocol": protocol }));
        let (first, second) = opened_twice(&bed);
        let error = ask(&bed.client, &first, "Who am I?").unwrap_err();
        assert_eq!(error.code(), Code::Closed, "{error}");
        assert!(error.message().contains("newer handle"), "{error}");
        // Neither parting nor freeing takes the session away from the new handle.
        on_session(&bed.client, &first, Arc::clone(first.core()).disconnect()).unwrap();
        drop(first);
        assert_eq!(ask(&bed.client, &second, "And me?").unwrap()["outcome"], "answer");
        assert!(bed.fake.received("session.detach").is_empty());
        assert!(bed.fake.received("session.destroy").is_empty());
    }
}

#[test]
fn a_wait_of_the_older_handle_ends_when_the_session_is_opened_again() {
    let bed = Bed::new(json!({ "turns": [{ "hang": true }] }));
    let setup = Setup::new(json!({ "sessionId": "twice" }));
    let first = setup.create(&bed.client).unwrap();
    let turn = Arc::clone(first.core()).send_and_wait(prompt("Go"), Some(PATIENCE));
    let turn = begin(&bed.client, first.queue().queue(), turn);
    bed.logged(|record| record["out"]["params"]["event"]["type"] == "assistant.turn_start");
    let second = setup.resume(&bed.client, "twice").unwrap();
    let error = end_of::<copilot::json::Json>(&turn).unwrap_err();
    assert_eq!(error.code(), Code::Closed, "{error}");
    on_session(&bed.client, &second, Arc::clone(second.core()).abort()).unwrap();
    assert_eq!(ask(&bed.client, &second, "Go on").unwrap()["outcome"], "answer");
}

#[test]
fn a_resume_that_fails_leaves_the_session_to_its_handle() {
    let refused = json!({ "reply_error": { "code": -32603, "message": "not now" } });
    let bed = Bed::new(json!({ "on": { "session.resume": refused } }));
    let setup = Setup::new(json!({ "sessionId": "mine" }));
    let (setup, heard) = texts(setup);
    let session = setup.create(&bed.client).unwrap();
    for _ in 0..2 {
        let error = setup.resume(&bed.client, "mine").err().expect("it is refused");
        assert_eq!(error.code(), Code::Rpc, "{error}");
    }
    assert_eq!(ask(&bed.client, &session, "Still mine?").unwrap()["outcome"], "answer");
    assert_eq!(*heard.lock(), ["Still mine?"]);
    assert!(bed.fake.received("session.detach").is_empty());
}

#[test]
fn a_wait_ends_too_when_the_connection_dies_during_a_resume() {
    let bed = Bed::new(json!({ "turns": [{ "hang": true }], "on": { "session.resume": { "kill": 9 } } }));
    let setup = Setup::new(json!({ "sessionId": "mine" }));
    let session = setup.create(&bed.client).unwrap();
    let turn = Arc::clone(session.core()).send_and_wait(prompt("Go"), None);
    let turn = begin(&bed.client, session.queue().queue(), turn);
    bed.logged(|record| record["out"]["params"]["event"]["type"] == "assistant.turn_start");
    setup.resume(&bed.client, "mine").err().expect("it dies");
    let error = end_of::<copilot::json::Json>(&turn).unwrap_err();
    assert_eq!(error.code(), Code::Transport, "{error}");
    assert_eq!(error.exit().and_then(|exit| exit.signal), Some(9), "{error}");
}

#[test]
fn an_unknown_session_cannot_be_resumed() {
    for protocol in [2, 3] {
        let bed = Bed::new(json!({ "protocol": protocol, "sessions": ["kept"] }));
        let error = Setup::new(json!({})).resume(&bed.client, "lost").err().expect("there is none");
        assert_eq!(error.code(), Code::Rpc, "{error}");
        assert!(error.message().contains("Session not found"), "{error}");
        let session = Setup::new(json!({})).resume(&bed.client, "kept").unwrap();
        assert_eq!(ask(&bed.client, &session, "Go").unwrap()["outcome"], "answer");
    }
}

#[test]
fn a_disconnected_session_says_so_and_hears_nothing() {
    for protocol in [2, 3] {
        let bed = Bed::new(json!({ "protocol": protocol }));
        let (session, log) = logged_session(&bed, json!({ "sessionId": "mine" }));
        for _ in 0..2 {
            on_session(&bed.client, &session, Arc::clone(session.core()).disconnect()).unwrap();
        }
        let told = log.lock().len();
        let error = ask(&bed.client, &session, "Hello?").unwrap_err();
        assert_eq!(error.code(), Code::Closed, "{error}");
        assert!(error.message().contains("copilot_session_reopen"), "{error}");
        let again = Setup::new(json!({})).resume(&bed.client, "mine").unwrap();
        ask(&bed.client, &again, "Hello").unwrap();
        assert_eq!(log.lock().len(), told);
    }
}

#[test]
fn handlers_are_destroyed_once_with_the_last_handle() {
    let bed = Bed::new(json!({}));
    let ended = Arc::new(AtomicUsize::new(0));
    let setup = owning(Setup::new(json!({})), &ended);
    let sessions: Vec<_> = (0..3).map(|_| setup.create(&bed.client).unwrap()).collect();
    for session in &sessions {
        ask(&bed.client, session, "Go").unwrap();
    }
    drop(setup);
    assert_eq!(ended.load(Ordering::SeqCst), 0, "the sessions still use them");
    drop(sessions);
    bed.until("the functions' data is destroyed", || ended.load(Ordering::SeqCst) == 3);
    stop(&bed.client).unwrap();
    drop(bed);
    assert_eq!(ended.load(Ordering::SeqCst), 3);
}
