//! The ends of a wait: each with its reason and what the session did last.

use copilot::error::Reason;
use copilot::json::Json;
use copilot::protocol::message::Message;
use copilot::protocol::question::Kind as Question;
use copilot::queue::Operation;
use copilot::session::Session;
use copilot::{Code, Error};

use super::*;

/// A turn in which these things happen, waited for.
struct Turn {
    bed: Bed,
    session: Arc<Session>,
    op: Arc<Operation>,
}

impl Turn {
    fn new(actions: Value) -> Turn {
        Turn::of(json!({ "turns": [actions] }), json!({}), Setup::new(json!({})))
    }

    fn of(script: Value, keys: Value, setup: Setup) -> Turn {
        let bed = Bed::new(script);
        let session = setup.create(&bed.client).unwrap();
        let mut message = json!({ "prompt": "Go" });
        message.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
        let message = Message::parse(&message.to_string()).unwrap();
        let turn = Arc::clone(session.core()).send_and_wait(message, Some(PATIENCE));
        let op = begin(&bed.client, session.queue().queue(), turn);
        Turn { bed, session, op }
    }

    /// Waits until the fake has sent an event of this type.
    fn until_event(self, event_type: &str) -> Turn {
        self.bed.logged(|record| record["out"]["params"]["event"]["type"] == event_type);
        self
    }

    fn end(&self) -> Result<Value> {
        end_of::<Json>(&self.op).map(|json| serde_json::from_str(json.text()).unwrap())
    }

    fn failure(&self) -> Error {
        let (end, time) = timed(|| self.end());
        assert!(time < AT_ONCE, "it took {time:?}");
        end.unwrap_err()
    }

    /// The answer's text.
    fn answer(&self) -> Value {
        self.end().unwrap()["event"]["data"]["content"].clone()
    }
}

fn event(event_type: &str, data: Value) -> Value {
    json!({ "event": { "type": event_type, "data": data } })
}

#[test]
fn what_the_server_does_ends_the_wait_with_its_reason() {
    let error = json!({ "error": { "errorType": "query", "message": "no" } });
    let unnamed = event("session.error", json!({ "errorType": "query", "message": "no" }));
    let abort = event("abort", json!({ "reason": "by another client" }));
    for (actions, code, reason, last) in [
        (json!([error]), Code::Session, Reason::Error, None),
        (json!([unnamed]), Code::Session, Reason::Error, None),
        (
            json!([event("session.shutdown", json!({})), { "hang": true }]),
            Code::Session,
            Reason::Shutdown,
            Some("session.shutdown"),
        ),
        (
            json!([abort, { "idle": { "aborted": true } }]),
            Code::Cancelled,
            Reason::Aborted,
            Some("session.idle"),
        ),
        (json!([{ "kill": 9 }]), Code::Transport, Reason::Exit, Some("assistant.turn_start")),
        (json!([{ "exit": 3 }]), Code::Transport, Reason::Exit, Some("assistant.turn_start")),
        (json!([{ "garbage": true }, { "hang": true }]), Code::Protocol, Reason::Disconnected, None),
        (json!([{ "close_stdout": true }]), Code::Transport, Reason::Disconnected, None),
    ] {
        let turn = Turn::new(actions.clone());
        let failure = turn.failure();
        assert_eq!((failure.code(), failure.reason()), (code, Some(reason)), "{actions}: {failure}");
        let seen = failure.last_activity().expect("something happened before");
        assert!(last.is_none_or(|last| seen.event == last), "{actions}: {seen:?}");
        assert!(seen.ago_ms < AT_ONCE.as_millis() as u64, "{seen:?}");
    }
}

#[test]
fn a_kill_while_a_tool_runs_ends_the_wait() {
    let actions = json!([{ "tool": { "name": "slow" }, "wait": false }, gate(), { "kill": 9 }]);
    for protocol in [2, 3] {
        let setup = Setup::new(json!({})).tool(json!({ "name": "slow" }), |_| ());
        let script = json!({ "protocol": protocol, "turns": [actions] });
        let turn = Turn::of(script, json!({}), setup);
        // Behind the call of the tool in the queue.
        turn.bed.guard_gate();
        let failure = turn.failure();
        assert_eq!((failure.code(), failure.reason()), (Code::Transport, Some(Reason::Exit)), "{failure}");
        assert_eq!(failure.exit().unwrap().signal, Some(9));
    }
}

#[test]
fn what_the_program_does_ends_the_wait_with_its_reason() {
    let hang = || Turn::new(json!({ "hang": true })).until_event("assistant.turn_start");
    let core = |turn: &Turn| Arc::clone(turn.session.core());
    let turn = hang();
    on_session(&turn.bed.client, &turn.session, core(&turn).disconnect()).unwrap();
    let failure = turn.failure();
    assert_eq!((failure.code(), failure.reason()), (Code::Closed, Some(Reason::Disconnected)), "{failure}");
    let turn = hang();
    stop(&turn.bed.client).unwrap();
    let failure = turn.failure();
    assert_eq!((failure.code(), failure.reason()), (Code::Closed, Some(Reason::Disconnected)), "{failure}");
    let turn = hang();
    on_session(&turn.bed.client, &turn.session, core(&turn).abort()).unwrap();
    let failure = turn.failure();
    assert_eq!((failure.code(), failure.reason()), (Code::Cancelled, Some(Reason::Aborted)), "{failure}");
}

#[test]
fn a_time_that_is_up_has_its_reason() {
    let inactive = Turn::of(
        json!({ "turns": [{ "hang": true }] }),
        json!({ "inactivityTimeoutMs": 250 }),
        Setup::new(json!({})),
    );
    let failure = inactive.failure();
    assert_eq!((failure.code(), failure.reason()), (Code::Timeout, Some(Reason::Inactivity)));
    let seen = failure.last_activity().unwrap();
    assert_eq!(seen.event, "assistant.turn_start");
    assert!(seen.ago_ms >= 250, "{seen:?}");
    let session = &inactive.session;
    let turn = Arc::clone(session.core()).send_and_wait(prompt("Go"), Some(Duration::from_millis(250)));
    let failure = on_session(&inactive.bed.client, session, turn).unwrap_err();
    assert_eq!((failure.code(), failure.reason()), (Code::Timeout, Some(Reason::Timeout)));
}

#[test]
fn a_message_behind_an_aborted_turn_is_not_waited_for() {
    let bed = Bed::new(json!({ "on": { "session.send": [
        { "reply": { "messageId": "mine" } },
        event("abort", json!({})),
        event("session.idle", json!({ "aborted": true })),
    ] } }));
    let session = Setup::new(json!({})).create(&bed.client).unwrap();
    let (failure, time) = timed(|| ask(&bed.client, &session, "Go").unwrap_err());
    assert_eq!((failure.code(), failure.reason()), (Code::Cancelled, Some(Reason::Aborted)), "{failure}");
    assert!(failure.message().contains("before its turn had begun"), "{failure}");
    assert!(time < AT_ONCE, "{time:?}");
}

#[test]
fn what_fails_in_the_background_does_not_fail_the_turn() {
    let background = event("session.error", json!({ "errorType": "mcp", "message": "a server went away" }));
    let round = |event_type: &str| event(event_type, json!({}));
    for actions in [
        json!([background, { "text": "fine" }]),
        json!([{ "text": "fine" }, round("assistant.idle"), background]),
        json!([background, round("assistant.turn_end"), round("assistant.turn_start"), { "text": "fine" }]),
    ] {
        assert_eq!(Turn::new(actions.clone()).answer(), "fine", "{actions}");
    }
    // But where nothing follows it was the turn.
    let failure = Turn::new(json!([{ "text": "half" }, background])).failure();
    assert_eq!((failure.message(), failure.reason()), ("a server went away", Some(Reason::Error)));
}

#[test]
fn sub_agents_do_not_end_the_turn() {
    let of = |event_type: &str, data: Value| json!({ "event": { "type": event_type, "data": data, "agentId": "sub" } });
    let turn = Turn::new(json!([
        of("session.error", json!({ "errorType": "query", "message": "m" })),
        of("user.message", json!({ "content": "for the sub-agent", "messageId": "s" })),
        of("assistant.message", json!({ "content": "sub", "messageId": "a", "originatingMessageId": "s" })),
        of("assistant.idle", json!({})),
        of("session.idle", json!({})),
        event("assistant.message", json!({ "content": "early sub-agent", "parentToolCallId": "call_1" })),
        of("abort", json!({})),
        { "text": "fine" },
        of("assistant.message", json!({ "content": "sub", "messageId": "a" })),
    ]));
    assert_eq!(turn.answer(), "fine");
}

#[test]
fn the_autopilot_ends_when_it_stops() {
    // The fake gives the message's id only in the events, so the script answers the send itself.
    let play = |reason: &str| {
        let stopped = event("session.autopilot_stopped", json!({ "requestId": "m", "reason": reason }));
        let bed = Bed::new(json!({ "on": { "session.send": [
            { "reply": { "messageId": "m" } },
            event("user.message", json!({ "content": "Go", "messageId": "m" })),
            event("session.idle", json!({ "mode": "autopilot" })),
            event("user.message", json!({ "content": "go on", "messageId": "n", "isAutopilotContinuation": true })),
            event("assistant.message", json!({ "content": "did it", "originatingMessageId": "m" })),
            event("session.idle", json!({ "mode": "autopilot" })),
            stopped,
        ] } }));
        let session = Setup::new(json!({})).create(&bed.client).unwrap();
        ask(&bed.client, &session, "Go")
    };
    assert_eq!(play("completed").unwrap()["event"]["data"]["content"], "did it");
    let failure = play("error").unwrap_err();
    assert_eq!((failure.code(), failure.reason()), (Code::Session, Some(Reason::Autopilot)));
    assert_eq!(play("aborted").unwrap_err().reason(), Some(Reason::Aborted));
}

#[test]
fn a_rate_limit_tells_how_long_to_wait() {
    let limited = json!({ "errorType": "rate_limit", "statusCode": 429, "message": "slowly",
                          "eligibleForAutoSwitch": true });
    let offer = event("auto_mode_switch.requested", json!({ "requestId": "r", "retryAfterSeconds": 120 }));
    let failure = Turn::new(json!([{ "error": limited }, offer])).failure();
    assert_eq!((failure.class(), failure.retry_after_ms()), (Some("rate_limit"), Some(120_000)));
    // Where another model takes over, the limit was no failure.
    let turn = Turn::new(json!([{ "error": limited }, offer, { "text": "by another model" }]));
    assert_eq!(turn.answer(), "by another model");
}

#[test]
fn the_model_that_answered_is_told() {
    let used = event("assistant.usage", json!({ "model": "small" }));
    let text = json!({ "text": "hi" });
    let named = event("assistant.message", json!({ "content": "hi", "model": "large" }));
    for (actions, model) in [
        (json!([used, text]), json!("small")),
        (json!([used, named]), json!("large")),
        (json!([text]), Value::Null),
    ] {
        assert_eq!(Turn::new(actions.clone()).end().unwrap()["model"], model, "{actions}");
    }
}

/// Longer than the limit of the tests below, as a person may take.
const LONG: Duration = Duration::from_millis(900);

#[test]
fn a_question_that_is_with_the_program_stops_the_clock() {
    for protocol in [2, 3] {
        let setup = Setup::new(json!({})).tool(json!({ "name": "ask" }), |request| {
            std::thread::sleep(LONG);
            request.answer(Answer::Respond("\"yes\"".into())).unwrap();
        });
        let actions = json!([{ "tool": { "name": "ask" } }, { "text": "done" }]);
        let script = json!({ "protocol": protocol, "turns": [actions] });
        let begun = Instant::now();
        let turn = Turn::of(script, json!({ "inactivityTimeoutMs": 300 }), setup);
        assert_eq!(turn.answer(), "done");
        assert!(begun.elapsed() >= LONG, "protocol {protocol}");
    }
}

#[test]
fn a_question_that_the_waiting_thread_answers_itself_stops_the_clock() {
    let input = json!({ "request": { "method": "userInput.request", "params": { "question": "?" } } });
    for question in [input, json!({ "tool": { "name": "ask" } })] {
        // The answer is all that has happened when the wait looks again.
        let pause = json!({ "sleep_ms": 100 });
        let bed = Bed::new(json!({ "turns": [[question, pause, { "text": "done" }]] }));
        let session = Setup::new(json!({}))
            .tool(json!({ "name": "ask" }), |request| {
                std::thread::sleep(LONG);
                request.answer(Answer::Respond("\"yes\"".into())).unwrap();
            })
            .answer(Question::UserInput, |request| {
                std::thread::sleep(LONG);
                let answer = json!({ "answer": "x", "wasFreeform": true });
                request.answer(Answer::Respond(answer.to_string().into())).unwrap();
            })
            .create(&bed.client)
            .unwrap();
        let message = Message::parse(r#"{"prompt":"Go","inactivityTimeoutMs":300}"#).unwrap();
        let end = send_and_wait(&bed.client, &session, message).unwrap();
        assert_eq!(end["event"]["data"]["content"], "done");
    }
}

#[test]
fn an_abort_goes_out_behind_the_message_that_was_sent_before_and_its_reply() {
    let bed = Bed::new(json!({ "on": { "session.send": [gate(), { "reply": { "messageId": "m" } }] } }));
    bed.guard_gate();
    let session = Setup::new(json!({})).create(&bed.client).unwrap();
    let core = || Arc::clone(session.core());
    let message = begin(&bed.client, session.queue().queue(), core().send(prompt("Go")));
    bed.called("session.send");
    let abort = begin(&bed.client, session.queue().queue(), core().abort());
    // Behind the gate.
    bed.client.queue().dispatch(None, Some(PATIENCE)).unwrap();
    end_of::<Json>(&message).unwrap();
    end_of::<()>(&abort).unwrap();
    let log = bed.fake.log();
    let place = |is_it: &dyn Fn(&Value) -> bool| log.iter().position(is_it).unwrap();
    let replied = place(&|record| record["out"]["result"]["messageId"] == "m");
    assert!(replied < place(&|record| record["in"]["method"] == "session.abort"));
}

#[test]
fn calls_go_out_in_the_order_in_which_they_are_made_whoever_waits_for_them() {
    let bed = Bed::new(json!({}));
    let session = Setup::new(json!({})).create(&bed.client).unwrap();
    for round in 0..50 {
        let numbered = |number: u32| {
            let params = json!({ "number": round * 2 + number }).to_string();
            Arc::clone(session.core()).call_with("session.name.get", Some(&params)).unwrap()
        };
        let first = begin(&bed.client, session.queue().queue(), numbered(0));
        // What the fake says to it does not matter.
        let _ = on_session(&bed.client, &session, numbered(1));
        let _ = end_of::<Json>(&first);
    }
    let log = bed.fake.log();
    let numbers = log.iter().filter_map(|record| record["in"]["params"]["number"].as_u64());
    assert!(numbers.eq(0..100));
}

#[test]
fn after_the_answer_the_clock_goes_on() {
    let setup = Setup::new(json!({})).answer(Question::UserInput, |request| {
        std::thread::sleep(LONG);
        request
            .answer(Answer::Respond(json!({ "answer": "x", "wasFreeform": true }).to_string().into()))
            .unwrap();
    });
    let question = json!({ "request": { "method": "userInput.request", "params": { "question": "?" } } });
    let script = json!({ "turns": [[question, { "hang": true }]] });
    let begun = Instant::now();
    let failure = Turn::of(script, json!({ "inactivityTimeoutMs": 300 }), setup).failure();
    assert_eq!(failure.reason(), Some(Reason::Inactivity), "{failure}");
    assert!(begun.elapsed() >= LONG + Duration::from_millis(300), "{:?}", begun.elapsed());
}

#[test]
fn events_are_found_under_the_documents_spellings() {
    let log = Log::default();
    let heard = |log: &Log| {
        let log = Arc::clone(log);
        move |event: &Event| log.lock().push(event.event_type().to_str().unwrap().to_owned())
    };
    let bed = Bed::new(json!({ "turns": [[
        event("tool.execution_start", json!({})),
        event("permission.carriedForward", json!({})),
        { "text": "hello", "chunks": 1 },
    ]] }));
    let session = Setup::new(json!({}))
        .event(Some("assistant.message.delta"), heard(&log))
        .event(Some("tool.executionStart"), heard(&log))
        .event(Some("permission.carriedForward"), heard(&log))
        .event(Some("no.such_type"), heard(&log))
        .create(&bed.client)
        .unwrap();
    session.core().on_event(Some("session.Idle"), Callback::new(Box::new(heard(&log))));
    ask(&bed.client, &session, "Go").unwrap();
    let expected =
        ["tool.execution_start", "permission.carriedForward", "assistant.message_delta", "session.idle"];
    assert_eq!(*log.lock(), expected);
}
