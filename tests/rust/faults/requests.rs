//! Questions answered late, twice, by another, too late, at the same time; and those that are nobody's.

use std::thread;

use copilot::Code;
use copilot::json::Json;
use copilot::protocol::question::Kind as Asks;
use copilot::queue::Operation;
use copilot::session::{Asked, Session};

use super::*;

/// A session whose tools' calls come as items, and a turn that has begun.
fn item_turn(bed: &Bed, options: Value, tools: &[&str]) -> (Arc<Session>, Arc<Operation>) {
    let mut setup = Setup::new(options);
    for tool in tools {
        let tool = copilot::protocol::tool::Tool::parse(&json!({ "name": tool }).to_string()).unwrap();
        setup.0.add_tool(tool, Asked::Item).unwrap();
    }
    let session = setup.create(&bed.client).unwrap();
    let turn = Arc::clone(session.core()).send_and_wait(prompt("Go"), Some(PATIENCE));
    let op = begin(&bed.client, session.queue().queue(), turn);
    (session, op)
}

/// How often the fake was answered, whatever it made of that.
fn answers(bed: &Bed) -> usize {
    let is_answer = |record: &&Value| {
        let message = &record["in"];
        match message["method"].as_str() {
            Some(method) => method.contains("handlePending"),
            None => message.is_object(),
        }
    };
    bed.fake.log().iter().filter(is_answer).count()
}

fn respond(request: &Request, json: Value) -> Result<()> {
    request.answer(Answer::Respond(json.to_string().into()))
}

#[test]
fn a_tool_is_answered_later_from_another_thread_and_only_once() {
    for protocol in [2, 3] {
        let bed = Bed::items(json!({
            "protocol": protocol,
            "turns": [[{ "tool": { "name": "t", "arguments": { "n": 1 } } }, { "text": "done" }]],
        }));
        let (session, turn) = item_turn(&bed, json!({}), &["t"]);
        let request = bed.take_request();
        assert_eq!(request.tool_name(), Some(c"t"));
        assert_eq!(request.session_id(), Some(session.core().id()));
        assert_eq!(request.params().get_i64("/arguments/n"), Some(1));
        // Other calls go on meanwhile.
        bed.call("ping", json!({})).unwrap();
        let request = thread::spawn(move || {
            // An answer of the wrong shape is refused, and the question stays open.
            let error = request.answer(Answer::Respond("{".into())).unwrap_err();
            assert_eq!(error.code(), Code::InvalidJson, "{error}");
            respond(&request, json!("late")).unwrap();
            request
        })
        .join()
        .unwrap();
        for again in [Answer::Respond("\"again\"".into()), Answer::Fail("again".into()), Answer::Unanswered] {
            assert_eq!(request.answer(again).unwrap_err().code(), Code::InvalidState);
        }
        drop(request);
        end_of::<Json>(&turn).unwrap();
        assert!(bed.logged(|record| record["answered"] == "tool")["answer"].to_string().contains("late"));
        stop(&bed.client).unwrap();
        assert_eq!(answers(&bed), 1, "protocol {protocol}");
    }
}

#[test]
fn an_item_that_is_let_go_gets_its_default_once() {
    for protocol in [2, 3] {
        let bed = Bed::items(json!({
            "protocol": protocol,
            "turns": [[{ "tool": { "name": "t" } }, { "tool": { "name": "t" } }, { "text": "done" }]],
        }));
        let (_session, turn) = item_turn(&bed, json!({}), &["t"]);
        drop(bed.take_request());
        // An item whose request is not taken is the same.
        drop(bed.take("second request", |event| event.kind() == Kind::Request));
        end_of::<Json>(&turn).unwrap();
        stop(&bed.client).unwrap();
        assert_eq!(answers(&bed), 2);
        let told = bed
            .fake
            .log()
            .iter()
            .filter(|r| r["answered"] == "tool")
            .map(Value::to_string)
            .collect::<Vec<_>>();
        assert!(told.iter().all(|told| told.contains("the tool's handler gave no answer")), "{told:?}");
    }
}

#[test]
fn tools_run_at_the_same_time_and_are_answered_in_any_order() {
    const TOOLS: [&str; 4] = ["a", "b", "c", "d"];
    for protocol in [2, 3] {
        let asks: Vec<_> = TOOLS.iter().map(|name| json!({ "name": name, "toolCallId": name })).collect();
        let bed =
            Bed::items(json!({ "protocol": protocol, "turns": [[{ "tool": asks }, { "text": "done" }]] }));
        let (_session, turn) = item_turn(&bed, json!({}), &TOOLS);
        let requests: Vec<_> = TOOLS.iter().map(|_| bed.take_request()).collect();
        thread::scope(|scope| {
            for request in requests.iter().rev() {
                scope.spawn(move || {
                    respond(request, json!(request.tool_name().unwrap().to_str().unwrap())).unwrap()
                });
            }
        });
        end_of::<Json>(&turn).unwrap();
        let log = bed.fake.log();
        for name in TOOLS {
            let ended = log.iter().find(|record| {
                let event = &record["out"]["params"]["event"];
                event["type"] == "tool.execution_complete" && event["data"]["toolCallId"] == name
            });
            assert_eq!(ended.unwrap()["out"]["params"]["event"]["data"]["result"]["content"], name);
        }
    }
}

/// A turn that asks for a tool and hangs; a ping settles the question as another client's answer would.
fn settled_by_another() -> Bed {
    let data = json!({ "requestId": "r1", "toolCallId": "c1", "toolName": "t", "arguments": {} });
    Bed::items(json!({
        "turns": [[{ "event_question": { "type": "external_tool.requested", "data": data, "wait": false } }, { "hang": true }]],
        "on": { "ping": [
            { "event": { "type": "external_tool.completed", "data": { "requestId": "r1" }, "ephemeral": true } },
            { "builtin": true },
        ] },
    }))
}

#[test]
fn a_question_that_another_answered_is_withdrawn() {
    let bed = settled_by_another();
    let (session, _turn) = item_turn(&bed, json!({}), &["t"]);
    let request = bed.take_request();
    let told = Log::default();
    let tells = Arc::clone(&told);
    let callback =
        Callback::new(Box::new(move |request: &Request| tells.lock().push(request.id().to_string())));
    request.on_cancel(Some(callback)).unwrap();
    assert!(!request.is_cancelled());
    bed.call("ping", json!({})).unwrap();
    let item = bed.take("withdrawal", |event| event.kind() == Kind::RequestCancelled);
    assert!(request.is_cancelled());
    assert_eq!(item.json().get_i64("/request"), Some(i64::try_from(request.id()).unwrap()));
    assert!(told.lock().is_empty(), "user code runs where the queue is served");
    item.deliver();
    assert_eq!(*told.lock(), [request.id().to_string()]);
    let error = respond(&request, json!("too late")).unwrap_err();
    assert_eq!(error.code(), Code::Cancelled, "{error}");
    let late = request.on_cancel(Some(Callback::new(Box::new(|_| panic!("it is over"))))).unwrap_err();
    assert_eq!(late.code(), Code::Cancelled);
    drop(request);
    // The news may come again, or of something that was never asked.
    bed.call("ping", json!({})).unwrap();
    on_session(&bed.client, &session, Arc::clone(session.core()).abort()).unwrap();
    stop(&bed.client).unwrap();
    assert_eq!(answers(&bed), 0);
}

/// Requests carry no id that other clients know: it is in the event that announces them, in their order.
#[test]
fn a_users_question_that_another_answered_is_withdrawn() {
    let announced = |id: &str| json!({ "event": { "type": "user_input.requested", "data": { "requestId": id, "question": "Who?" }, "ephemeral": true } });
    let settled = |id: &str| json!({ "event": { "type": "user_input.completed", "data": { "requestId": id }, "ephemeral": true } });
    let asked = |words: &str| json!({ "request": { "method": "userInput.request", "params": { "question": words }, "wait": false } });
    let bed = Bed::items(json!({
        "turns": [[asked("What?"), announced("u1"), asked("Who?"), asked("Who?"), announced("u2"), { "hang": true }]],
        "on": { "ping": [settled("u2"), settled("never-asked"), { "builtin": true }] },
    }));
    let mut setup = Setup::new(json!({}));
    setup.0.on_request(Asks::UserInput, Asked::Item).unwrap();
    let session = setup.create(&bed.client).unwrap();
    let turn = Arc::clone(session.core()).send_and_wait(prompt("Go"), Some(PATIENCE));
    let _turn = begin::<Json>(&bed.client, session.queue().queue(), turn);
    let [what, first, second] = [(); 3].map(|()| bed.take_request());
    bed.call("ping", json!({})).unwrap();
    let item = bed.take("withdrawal", |event| event.kind() == Kind::RequestCancelled);
    assert_eq!(item.json().get_i64("/request"), Some(i64::try_from(second.id()).unwrap()));
    assert!(second.is_cancelled() && !first.is_cancelled() && !what.is_cancelled());
    for open in [what, first] {
        respond(&open, json!({ "answer": "me", "wasFreeform": true })).unwrap();
    }
    on_session(&bed.client, &session, Arc::clone(session.core()).abort()).unwrap();
    stop(&bed.client).unwrap();
}

#[test]
fn questions_do_not_outlive_their_session_or_connection() {
    for how in ["disconnect", "stop", "force_stop", "kill", "drop"] {
        let bed = Bed::items(json!({
            "turns": [[{ "tool": { "name": "t" } }]],
            "on": { "test.kill": { "kill": 9 } },
        }));
        let (session, turn) = item_turn(&bed, json!({}), &["t"]);
        let request = bed.take_request();
        match how {
            "disconnect" => {
                on_session(&bed.client, &session, Arc::clone(session.core()).disconnect()).unwrap()
            }
            "stop" => stop(&bed.client).unwrap(),
            "force_stop" => bed.client.core().force_stop(),
            "kill" => drop(bed.call("test.kill", json!({})).unwrap_err()),
            _ => drop(session),
        }
        let error = end_of::<Json>(&turn).unwrap_err();
        assert!(matches!(error.code(), Code::Closed | Code::Transport | Code::Cancelled), "{how}: {error}");
        bed.take("withdrawal", |event| event.kind() == Kind::RequestCancelled);
        assert!(request.is_cancelled(), "{how}");
        assert_eq!(respond(&request, json!("late")).unwrap_err().code(), Code::Cancelled, "{how}");
        drop(request);
        assert_eq!(answers(&bed), 0, "{how}");
    }
}

#[test]
fn the_server_takes_a_request_back() {
    let bed = Bed::items(json!({ "turns": [[
        { "request": { "method": "skillProvider.list", "global": true, "wait": false } },
        { "cancel": "last" },
        { "await": true },
        { "text": "done" },
    ]] }));
    let callback = Callback::new(Box::new(|_: &Request| panic!("the item is taken")));
    bed.client.core().on_request("skillProvider.list", Some(callback));
    let (_session, turn) = item_turn(&bed, json!({}), &[]);
    let request = bed.take_request();
    assert_eq!(request.method(), c"skillProvider.list");
    bed.take("withdrawal", |event| event.kind() == Kind::RequestCancelled);
    assert_eq!(respond(&request, json!({})).unwrap_err().code(), Code::Cancelled);
    drop(request);
    end_of::<Json>(&turn).unwrap();
    let told = bed.logged(|record| record["answered"] == "skillProvider.list");
    assert_eq!(told["answer"]["error"]["code"], -32800);
    stop(&bed.client).unwrap();
    assert_eq!(answers(&bed), 1);
}

#[test]
fn what_is_nobodys_is_refused_in_the_protocols_words() {
    let ask_of = |method: &str, params: Value| json!({ "request": { "method": method, "params": params } });
    let global = |method: &str| json!({ "request": { "method": method, "global": true } });
    for (asks, code, message) in [
        (ask_of("no.such", json!({})), -32601, "Unhandled method no.such"),
        (global("no.such"), -32601, "Unhandled method no.such"),
        (ask_of("userInput.request", json!({ "sessionId": "nobody" })), -32603, "Session not found: nobody"),
        (ask_of("hooks.invoke", json!({ "sessionId": 7 })), -32602, "sessionId"),
        (global("userInput.request"), -32602, "missing required field: sessionId"),
        (global("hooks.invoke"), -32602, "missing required field: sessionId"),
    ] {
        for protocol in [2, 3] {
            let bed = Bed::new(json!({ "protocol": protocol, "turns": [[asks, { "text": "done" }]] }));
            let session = Setup::new(json!({})).create(&bed.client).unwrap();
            ask(&bed.client, &session, "Go").unwrap();
            let told = bed.logged(|record| record.get("answered").is_some());
            let error = &told["answer"]["error"];
            assert_eq!(error["code"], code, "{asks}: {told}");
            assert!(error["message"].as_str().unwrap().contains(message), "{asks}: {told}");
            assert_eq!(answers(&bed), 1);
        }
    }
}

#[test]
fn a_question_has_the_time_that_the_session_gives_it() {
    for protocol in [2, 3] {
        let bed = Bed::items(json!({
            "protocol": protocol,
            "turns": [[{ "tool": { "name": "t" } }, { "text": "done" }]],
        }));
        let (_session, turn) = item_turn(&bed, json!({ "requestTimeoutMs": 50 }), &["t"]);
        let request = bed.take_request();
        // The turn ends although nobody answers.
        end_of::<Json>(&turn).unwrap();
        let error = respond(&request, json!("late")).unwrap_err();
        assert_eq!(error.code(), Code::InvalidState, "{error}");
        drop(request);
        stop(&bed.client).unwrap();
        assert_eq!(answers(&bed), 1);
        let told = bed.logged(|record| record["answered"] == "tool").to_string();
        assert!(told.contains("the tool's handler gave no answer"), "{told}");
    }
}

#[test]
fn what_only_this_client_can_answer_cannot_be_declined() {
    for (protocol, code) in [(2, Some(Code::Unsupported)), (3, None)] {
        let bed = Bed::items(json!({
            "protocol": protocol,
            "turns": [[{ "tool": { "name": "t", "wait": false } }, gate(), { "text": "done" }]],
        }));
        bed.guard_gate();
        let (_session, turn) = item_turn(&bed, json!({}), &["t"]);
        let request = bed.take_request();
        assert_eq!(request.answer(Answer::Decline).err().map(|error| error.code()), code);
        drop(request);
        if protocol == 3 {
            // Silence is the answer; the fake waits for no other.
            respond(&bed.take_request(), Value::Null).unwrap();
            stop(&bed.client).unwrap();
            end_of::<Json>(&turn).unwrap_err();
            assert!(bed.fake.received("session.tools.handlePendingToolCall").is_empty());
        } else {
            respond(&bed.take_request(), Value::Null).unwrap();
            end_of::<Json>(&turn).unwrap();
            let told = bed.logged(|record| record["answered"] == "tool").to_string();
            assert!(told.contains("the tool's handler gave no answer"), "{told}");
        }
    }
}

#[test]
fn a_question_in_the_handshake_is_answered_too() {
    let bed = Bed::new(json!({ "on": { "connect": [gate(), { "builtin": true }] } }));
    let told = Log::default();
    let tells = Arc::clone(&told);
    let callback = Callback::new(Box::new(move |request: &Request| {
        tells.lock().push(format!("{:?}", request.answer(Answer::Respond("{}".into()))));
    }));
    bed.client.core().on_request("test.gate", Some(callback));
    support::start(&bed.client).unwrap();
    assert_eq!(*told.lock(), ["Ok(())"]);
}

#[test]
fn a_call_that_is_announced_twice_runs_once() {
    let event = |event_type: &str, data: Value| json!({ "event": { "type": event_type, "data": data, "ephemeral": true } });
    let asks =
        event("external_tool.requested", json!({ "requestId": "r", "toolCallId": "c", "toolName": "t" }));
    let settled = event("external_tool.completed", json!({ "requestId": "r" }));
    // The gate opens after the call was answered.
    let bed = Bed::new(json!({ "turns": [[asks, gate(), asks, settled, { "text": "done" }]] }));
    bed.guard_gate();
    let ran = Log::default();
    let runs = Arc::clone(&ran);
    let session = Setup::new(json!({}))
        .tool(json!({ "name": "t" }), move |request| {
            runs.lock().push("t".into());
            request.answer(Answer::Respond("1".into())).unwrap();
        })
        .create(&bed.client)
        .unwrap();
    ask(&bed.client, &session, "Go").unwrap();
    assert_eq!(*ran.lock(), ["t"]);
    assert_eq!(bed.fake.received("session.tools.handlePendingToolCall").len(), 1);
}
