//! Two programs at one session of a server on TCP.

use super::*;

const TOKEN: &str = "a token of 24 characters";

/// A program that runs a server, and its port.
fn host(bed: &Bed) -> (Party, u16) {
    let port = free_port();
    let host = bed.party(json!({ "port": port, "connectionToken": TOKEN }));
    start(&host.client).unwrap();
    (host, port)
}

/// A program that attaches to it.
fn guest(port: u16) -> Party {
    Party::new(json!({ "cliUrl": format!("localhost:{port}"), "connectionToken": TOKEN }))
}

fn id(session: &Session) -> &str {
    session.core().id().to_str().unwrap()
}

/// Takes one turn's events: their ids and types, from the prompt to the rest.
fn turn_of(party: &Party) -> Vec<(String, String)> {
    party.take_event("session.idle");
    party.left.borrow_mut().clear();
    let seen = std::mem::take(&mut *party.seen.borrow_mut());
    let named = |event: &Arc<Event>| {
        let id = event.json().string("/id").expect("events have ids").into_owned();
        (id, event.event_type().to_str().unwrap().to_owned())
    };
    seen.iter().map(named).skip_while(|(_, kind)| kind != "user.message").collect()
}

#[test]
fn both_see_every_event_whoever_asks() {
    on_each("1.0.2", |bed| {
        let (a, port) = host(bed);
        let b = guest(port);
        let mut options = bed.options("events", json!([{ "chunks": ["o", "ne"] }, { "text": "two" }]));
        options["streaming"] = json!(true);
        let of_a = Setup::new(options.clone()).create(&a.client).unwrap();
        let of_b = Setup::new(options).resume(&b.client, id(&of_a)).unwrap();
        for (asks, session, answer) in [(&a, &of_a, "one"), (&b, &of_b, "two")] {
            let turn = asks.send(session, "Go");
            let (seen_by_a, seen_by_b) = (turn_of(&a), turn_of(&b));
            assert!(seen_by_a.iter().any(|(_, kind)| kind == "assistant.message_delta"), "{seen_by_a:?}");
            assert_eq!(seen_by_a, seen_by_b);
            assert_eq!(answer_of(&turn), answer);
        }
        stop(&b.client).unwrap();
        stop(&a.client).unwrap();
    });
}

#[test]
fn each_answers_its_own_tools() {
    on_each("1.0.2", |bed| {
        let (a, port) = host(bed);
        let b = guest(port);
        let calls = json!({ "tools": [["of_a", { "n": 1 }], ["of_b", { "n": 2 }]] });
        let options = bed.options("tools", json!([calls, { "text": "one" }, calls, { "text": "two" }]));
        let approving = |setup: Setup| setup.answer(QuestionKind::Permission, Request::approve);
        let of_a = approving(with_tool(Setup::new(options.clone()), "of_a")).create(&a.client).unwrap();
        let of_b = with_tool(Setup::new(options), "of_b").resume(&b.client, id(&of_a)).unwrap();
        for (asks, session, answer) in [(&a, &of_a, "one"), (&b, &of_b, "two")] {
            let turn = asks.send(session, "Go");
            for (party, tool, n) in [(&b, c"of_b", 2), (&a, c"of_a", 1)] {
                let request = party.take_request();
                assert_eq!(
                    (request.tool_name(), request.params().get_i64("/arguments/n")),
                    (Some(tool), Some(n))
                );
                respond(&request, json!(format!("did {n}"))).unwrap();
            }
            assert_eq!(answer_of(&turn), answer);
            let told = bed.told("tools");
            assert!(told.contains("did 1") && told.contains("did 2"), "{told}");
        }
        stop(&b.client).unwrap();
        stop(&a.client).unwrap();
    });
}

/// A server with one program, and a second one at the same session; the agent wants to use a tool of the first.
fn wanting_permission(bed: &Bed, script: &str) -> [(Party, Arc<Session>); 2] {
    let (a, port) = host(bed);
    let b = guest(port);
    let calls = json!({ "tools": [["work", {}]] });
    let options = bed.options(script, json!([calls, { "text": "one" }, calls, { "text": "two" }]));
    let asked = |options| with_kind(Setup::new(options), QuestionKind::Permission);
    let tool = Tool::parse(&json!({ "name": "work", "description": "Works" }).to_string()).unwrap();
    let mut setup = asked(options.clone());
    setup.0.add_tool(tool, Asked::Item).unwrap();
    let of_a = setup.create(&a.client).unwrap();
    let of_b = asked(options).resume(&b.client, id(&of_a)).unwrap();
    [(a, of_a), (b, of_b)]
}

/// The server's id for a broadcast question.
fn broadcast_id(party: &Party, event_type: &str) -> String {
    let seen = party.seen.borrow();
    let asking = seen.iter().rev().find(|event| event.event_type().to_str() == Ok(event_type));
    asking.expect("it was asked").json().string("/data/requestId").unwrap().into_owned()
}

fn is_withdrawal(event: &Event) -> bool {
    event.kind() == Kind::RequestCancelled
}

#[test]
fn the_first_permission_answer_wins_and_the_other_question_is_withdrawn() {
    on_each("1.0.2", |bed| {
        let [(a, of_a), (b, of_b)] = wanting_permission(bed, "first");
        // Either of them may be the first.
        for (first, other, answer) in [(&b, &a, "one"), (&a, &b, "two")] {
            let turn = a.send(&of_a, "Go");
            let (wins, loses) = (first.take_request(), other.take_request());
            assert_eq!((wins.kind(), loses.kind()), (QuestionKind::Permission, QuestionKind::Permission));
            wins.approve();
            let told = other.take("withdrawal", is_withdrawal);
            assert_eq!(told.json().get_i64("/request"), Some(loses.id() as i64));
            assert!(loses.is_cancelled());
            let late = respond(&loses, json!({ "kind": "reject", "feedback": "no" })).unwrap_err();
            assert_eq!(late.code(), Code::Cancelled, "{late}");
            respond(&a.take_request(), json!("worked")).unwrap();
            assert_eq!(answer_of(&turn), answer);
            let told = bed.told("first");
            assert!(told.contains("worked") && !told.contains("rejected"), "{told}");
            b.take_event("session.idle");
        }
        stop(&b.client).unwrap();
        stop(&a.client).unwrap();
        drop(of_b);
    });
}

#[test]
fn a_late_answer_harms_nobody() {
    on_each("1.0.2", |bed| {
        let [(a, of_a), (b, of_b)] = wanting_permission(bed, "late");
        // Both at once: the server takes one of them, and whoever sends the other does not notice.
        let turn = a.send(&of_a, "Go");
        let both = [a.take_request(), b.take_request()];
        std::thread::scope(|scope| both.iter().for_each(|request| drop(scope.spawn(|| request.approve()))));
        assert!(both.iter().all(|request| !request.is_pending()));
        respond(&a.take_request(), json!("worked")).unwrap();
        assert_eq!(answer_of(&turn), "one");
        // On the wire, long after it was settled.
        let id = broadcast_id(&b, "permission.requested");
        let answer = json!({ "requestId": id, "result": { "kind": "reject" } });
        let method = "session.permissions.handlePendingPermissionRequest";
        assert_eq!(b.call_session(&of_b, method, answer).unwrap()["success"], !bed.knows_late_answers());
        let id = broadcast_id(&a, "external_tool.requested");
        let answer = json!({ "requestId": id, "result": "twice" });
        let method = "session.tools.handlePendingToolCall";
        assert_eq!(a.call_session(&of_a, method, answer).unwrap()["success"], !bed.knows_late_answers());
        let turn = b.send(&of_b, "Again");
        a.take_request().approve();
        respond(&a.take_request(), json!("worked again")).unwrap();
        assert_eq!(answer_of(&turn), "two");
        let told = bed.told("late");
        assert!(told.contains("worked again") && !told.contains("twice"), "{told}");
        stop(&b.client).unwrap();
        stop(&a.client).unwrap();
    });
}

#[test]
fn a_program_that_is_attached_leaves_permissions_to_the_other() {
    on_each("1.0.2", |bed| {
        let (a, port) = host(bed);
        let b = guest(port);
        let calls = json!({ "tools": [["work", {}]] });
        let options = bed.options("pending", json!([calls, { "text": "one" }, calls, { "text": "two" }]));
        let tool = Tool::parse(&json!({ "name": "work", "description": "Works" }).to_string()).unwrap();
        let mut setup = with_kind(Setup::new(options.clone()), QuestionKind::Permission);
        setup.0.add_tool(tool, Asked::Item).unwrap();
        let of_a = setup.create(&a.client).unwrap();
        let of_b = Setup::new(options).resume(&b.client, id(&of_a)).unwrap();
        let turn = a.send(&of_a, "Go");
        let request = a.take_request();
        b.take_event("permission.requested");
        // Whatever it would say has arrived before the replies to this.
        b.call("ping", json!({})).unwrap();
        a.call("ping", json!({})).unwrap();
        assert!(request.is_pending());
        request.approve();
        respond(&a.take_request(), json!("worked")).unwrap();
        assert_eq!(answer_of(&turn), "one");
        stop(&b.client).unwrap();
        stop(&a.client).unwrap();
        drop(of_b);
    });
}

#[test]
fn with_nobody_to_answer_a_permission_stays_open_until_the_turn_is_aborted() {
    on_each("1.0.2", |bed| {
        let (host, port) = host(bed);
        let b = guest(port);
        let options = bed.options("nobody", json!([{ "tools": [["work", {}]] }, { "text": "never" }]));
        let tool = Tool::parse(&json!({ "name": "work", "description": "Works" }).to_string()).unwrap();
        let mut setup = Setup::new(options);
        setup.0.add_tool(tool, Asked::Item).unwrap();
        let session = setup.create(&b.client).unwrap();
        let turn = b.send(&session, "Go");
        b.take_event("permission.requested");
        b.call("ping", json!({})).unwrap();
        b.call("ping", json!({})).unwrap();
        assert!(!b.types().iter().any(|kind| kind == "permission.completed"), "{:?}", b.types());
        on_session(&b.client, &session, Arc::clone(session.core()).abort()).unwrap();
        let error = end_of::<Json>(&turn).unwrap_err();
        assert_eq!(error.code(), Code::Cancelled, "{error}");
        stop(&b.client).unwrap();
        stop(&host.client).unwrap();
    });
}

#[test]
fn a_tool_of_the_others_name_is_refused_in_clear_words() {
    on_each("1.0.2", |bed| {
        let (a, port) = host(bed);
        let b = guest(port);
        let calls = json!({ "tools": [["work", {}]] });
        let options = bed.options("clash", json!([calls, { "text": "done" }]));
        let ours = with_tool(Setup::new(options.clone()), "work");
        let of_a = ours.answer(QuestionKind::Permission, Request::approve).create(&a.client).unwrap();
        let refused = |error: copilot::Error| {
            assert_eq!(error.code(), Code::Rpc, "{error}");
            let told = error.message();
            assert!(told.contains("name clash: work already registered by another connection"), "{told}");
            assert!(told.ends_with("leave it out here, or give it another name"), "{told}");
        };
        let theirs = with_tool(Setup::new(options.clone()), "work");
        refused(theirs.resume(&b.client, id(&of_a)).err().expect("the name is taken"));
        // Without it there is room for both.
        let of_b = Setup::new(options).resume(&b.client, id(&of_a)).unwrap();
        if bed.cli.is_at_least("1.0.85") {
            let work = Arc::clone(of_b.core()).set_tools(&theirs.0).unwrap();
            refused(on_session(&b.client, &of_b, work).unwrap_err());
        }
        let turn = b.send(&of_b, "Go");
        respond(&a.take_request(), json!("worked")).unwrap();
        assert_eq!(answer_of(&turn), "done");
        assert!(bed.told("clash").contains("worked"));
        stop(&b.client).unwrap();
        stop(&a.client).unwrap();
    });
}

#[test]
fn the_one_that_stays_keeps_the_session() {
    on_each("1.0.2", |bed| {
        let (host, port) = host(bed);
        let (a, b) = (guest(port), guest(port));
        let steps = json!([{ "text": "one" }, { "text": "two" }, { "text": "three" }]);
        let options = bed.options("stays", steps);
        let of_a = Setup::new(options.clone()).create(&a.client).unwrap();
        let of_b = Setup::new(options.clone()).resume(&b.client, id(&of_a)).unwrap();
        assert_eq!(answer_of(&a.send(&of_a, "First")), "one");
        b.take_event("session.idle");
        stop(&a.client).unwrap();
        assert_eq!(answer_of(&b.send(&of_b, "Second")), "two");
        assert!(bed.told("stays").contains("First"));
        // When the last one leaves, the session ends; whoever asks for it finds its history on the disk.
        stop(&b.client).unwrap();
        let again = Setup::new(options).resume(&host.client, id(&of_a)).unwrap();
        assert_eq!(answer_of(&host.send(&again, "Third")), "three");
        let told = bed.told("stays");
        assert!(told.contains("First") && told.contains("Second"), "{told}");
        stop(&host.client).unwrap();
    });
}

/// The question is a request to each of them, which does not say what other event it belongs to, so that a later one
/// cannot tell that it was answered. Early servers ask one of them alone.
#[test]
fn the_first_answer_of_a_user_wins() {
    on_each("1.0.71", |bed| {
        let (a, port) = host(bed);
        let b = guest(port);
        let asks = json!({ "tools": [["ask_user", { "question": "Which?", "choices": ["red", "blue"] }]] });
        let options = bed.options("user", json!([asks, { "text": "one" }, asks, { "text": "two" }]));
        let asked = |options| with_kind(Setup::new(options), QuestionKind::UserInput);
        let of_a = asked(options.clone()).create(&a.client).unwrap();
        let of_b = asked(options).resume(&b.client, id(&of_a)).unwrap();
        for (first, other, answer) in [(&b, &a, "one"), (&a, &b, "two")] {
            let turn = a.send(&of_a, "Go");
            let (wins, late) = (first.take_request(), other.take_request());
            assert_eq!((wins.kind(), late.kind()), (QuestionKind::UserInput, QuestionKind::UserInput));
            respond(&wins, json!({ "answer": "blue", "wasFreeform": false })).unwrap();
            assert_eq!(answer_of(&turn), answer);
            other.take("withdrawal", is_withdrawal);
            let refused = respond(&late, json!({ "answer": "red", "wasFreeform": false })).unwrap_err();
            assert_eq!(refused.code(), Code::Cancelled);
            let told = bed.told("user");
            assert!(told.contains("selected: blue") && !told.contains("selected: red"), "{told}");
        }
        stop(&b.client).unwrap();
        stop(&a.client).unwrap();
        drop(of_b);
    });
}
