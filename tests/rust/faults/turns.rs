//! Waiting for the end of a turn: time limits, several at once, errors, and events that come early.

use copilot::Code;
use copilot::json::Json;
use copilot::protocol::message::Message;
use copilot::session::Session;

use super::*;

/// A message with these local keys too.
fn message(keys: Value) -> Message {
    let mut message = json!({ "prompt": "Go" });
    message.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
    Message::parse(&message.to_string()).unwrap()
}

/// Sends and waits within this time.
fn wait_for(bed: &Bed, session: &Arc<Session>, keys: Value, timeout: Option<Duration>) -> Result<Value> {
    let turn = Arc::clone(session.core()).send_and_wait(message(keys), timeout);
    on_session(&bed.client, session, turn).map(|json| serde_json::from_str(json.text()).unwrap())
}

/// A time that is over soon, yet enough for the first events of a turn on a busy machine.
const SHORT: u64 = 250;

#[test]
fn a_timeout_tells_what_happened_last() {
    let silent = json!({ "turns": [{ "hang": true }] });
    let unanswered = json!({ "on": { "session.send": { "hang": true } } });
    let spoke = json!({ "turns": [[{ "text": "first" }, { "hang": true }]] });
    let short = Some(Duration::from_millis(SHORT));
    let inactive = json!({ "inactivityTimeoutMs": SHORT });
    for (script, keys, timeout, hints) in [
        (&silent, json!({}), short, ["the time given ran out", "assistant.turn_start"]),
        (&silent, inactive.clone(), None, ["250 ms passed without any event", "assistant.turn_start"]),
        (
            &silent,
            inactive.clone(),
            Some(PATIENCE),
            ["250 ms passed without any event", "assistant.turn_start"],
        ),
        (&spoke, json!({}), short, ["the time given ran out", "assistant.message"]),
        (&spoke, inactive.clone(), None, ["250 ms passed", "the last event was assistant.message"]),
        (&unanswered, json!({}), short, ["the time given ran out", "The turn goes on"]),
        (&unanswered, inactive, None, ["250 ms passed", "The turn goes on"]),
    ] {
        for protocol in [2, 3] {
            let mut script = script.clone();
            script["protocol"] = json!(protocol);
            let bed = Bed::new(script.clone());
            let session = Setup::new(json!({})).create(&bed.client).unwrap();
            let (error, time) = timed(|| wait_for(&bed, &session, keys.clone(), timeout).unwrap_err());
            assert_eq!(error.code(), Code::Timeout, "{script}: {error}");
            for hint in hints {
                assert!(error.message().contains(hint), "{script} {keys}: {error}");
            }
            assert!(time >= Duration::from_millis(SHORT) && time < AT_ONCE, "{time:?}");
            assert!(error.is_retriable());
            // The session is as good as before.
            bed.call("ping", json!({})).unwrap();
            stop(&bed.client).unwrap();
            assert!(bed.fake.received("session.abort").is_empty(), "{script} {keys}");
        }
    }
}

#[test]
fn events_keep_an_inactivity_timeout_away() {
    let pause = json!({ "sleep_ms": 200 });
    let sign = json!({ "event": { "type": "assistant.intent", "data": {}, "ephemeral": true } });
    let bed =
        Bed::new(json!({ "turns": [[pause, sign, pause, sign, pause, sign, pause, { "text": "at last" }]] }));
    let session = Setup::new(json!({})).create(&bed.client).unwrap();
    let keys = json!({ "inactivityTimeoutMs": 700 });
    let (end, time) = timed(|| wait_for(&bed, &session, keys, None).unwrap());
    assert_eq!(end["event"]["data"]["content"], "at last");
    assert!(time >= Duration::from_millis(800), "{time:?}");
}

#[test]
fn the_turn_is_aborted_where_the_message_asks_for_it() {
    for (keys, cancels) in [
        (json!({ "abortOnTimeout": true, "inactivityTimeoutMs": SHORT }), false),
        (json!({ "abortOnCancel": true }), true),
    ] {
        let bed = Bed::new(json!({ "turns": [{ "hang": true }] }));
        let session = Setup::new(json!({})).create(&bed.client).unwrap();
        let turn = Arc::clone(session.core()).send_and_wait(message(keys), Some(PATIENCE));
        let turn = begin(&bed.client, session.queue().queue(), turn);
        bed.logged(|record| record["out"]["params"]["event"]["type"] == "assistant.turn_start");
        if cancels {
            turn.cancel();
        }
        let error = end_of::<Json>(&turn).unwrap_err();
        assert_eq!(error.code(), if cancels { Code::Cancelled } else { Code::Timeout }, "{error}");
        let params = bed.called("session.abort");
        assert_eq!(params["sessionId"], session.core().id().to_str().unwrap());
        // What was aborted is not in the way of what follows.
        assert_eq!(ask(&bed.client, &session, "Again").unwrap()["outcome"], "answer");
        assert_eq!(bed.fake.received("session.abort").len(), 1);
    }
}

#[test]
fn who_cancels_a_wait_leaves_the_turn_alone() {
    let bed = Bed::new(json!({ "turns": [[gate(), { "text": "unheard" }]] }));
    bed.guard_gate();
    let (setup, heard) = texts(Setup::new(json!({})));
    let session = setup.create(&bed.client).unwrap();
    let turn = Arc::clone(session.core()).send_and_wait(prompt("Go"), None);
    let turn = begin(&bed.client, session.queue().queue(), turn);
    bed.logged(|record| record["out"]["method"] == "test.gate");
    turn.cancel();
    assert_eq!(end_of::<Json>(&turn).unwrap_err().code(), Code::Cancelled);
    bed.until("the turn goes on", || !heard.lock().is_empty());
    assert_eq!(ask(&bed.client, &session, "Next").unwrap()["event"]["data"]["content"], "Next");
    assert!(bed.fake.received("session.abort").is_empty());
}

#[test]
fn several_waits_each_get_their_own_answer() {
    for protocol in [2, 3] {
        let bed = Bed::new(json!({ "protocol": protocol }));
        let session = Setup::new(json!({})).create(&bed.client).unwrap();
        let other = Setup::new(json!({})).create(&bed.client).unwrap();
        let words = ["one", "two", "three", "four"];
        let waits: Vec<_> = words
            .iter()
            .zip([&session, &other, &session, &session])
            .map(|(word, session)| {
                let turn = Arc::clone(session.core()).send_and_wait(prompt(word), Some(PATIENCE));
                begin(&bed.client, session.queue().queue(), turn)
            })
            .collect();
        for (word, wait) in words.iter().zip(waits) {
            let end = end_of::<Json>(&wait).unwrap();
            assert_eq!(end.string("/outcome").as_deref(), Some("answer"));
            assert_eq!(end.string("/event/data/content").as_deref(), Some(*word), "protocol {protocol}");
        }
    }
}

#[test]
fn a_turn_that_fails_tells_its_class_and_status() {
    for (error, class, status) in [
        (
            json!({ "errorType": "rate_limit", "statusCode": 429, "message": "slowly" }),
            Some("rate_limit"),
            Some(429),
        ),
        (
            json!({ "errorType": "query", "statusCode": 429, "message": "slowly" }),
            Some("rate_limit"),
            Some(429),
        ),
        (json!({ "errorType": "authentication", "message": "who?" }), Some("auth"), None),
        (json!({ "errorType": "quota", "statusCode": 402, "message": "no more" }), Some("quota"), Some(402)),
        (json!({ "errorType": "context_limit", "message": "too long" }), Some("context"), None),
        (json!({ "errorType": "query", "statusCode": 500, "message": "oops" }), Some("model"), Some(500)),
        (json!({ "errorType": "something new", "message": "what?" }), None, None),
    ] {
        for protocol in [2, 3] {
            let bed = Bed::new(json!({ "protocol": protocol, "turns": [[{ "error": error }]] }));
            let (session, log) = logged_session(&bed, json!({}));
            let failure = ask(&bed.client, &session, "Go").unwrap_err();
            assert_eq!(failure.code(), Code::Session, "{failure}");
            assert_eq!(failure.message(), error["message"]);
            assert_eq!((failure.class(), failure.status_code()), (class, status), "{error}");
            assert_eq!(failure.is_retriable(), class == Some("rate_limit"));
            assert!(log.lock().iter().any(|event_type| event_type == "session.error"));
            assert_eq!(ask(&bed.client, &session, "Again").unwrap()["event"]["data"]["content"], "Again");
        }
    }
}

#[test]
fn what_is_no_failure_of_the_turn_fails_it_not() {
    for harmless in [
        json!({ "error": { "errorType": "notification", "message": "by session.log" } }),
        json!({ "error": { "originatingMessageId": "another", "message": "of another's turn" } }),
        json!({ "event": { "type": "session.error", "data": { "errorType": "query", "message": "m" }, "agentId": "sub" } }),
        json!({ "event": { "type": "session.idle", "data": {}, "agentId": "sub", "ephemeral": true } }),
        json!({ "event": { "type": "session.idle", "data": { "mode": "autopilot" }, "ephemeral": true } }),
        json!({ "event": { "type": "assistant.message", "data": { "content": "sub", "messageId": "s" }, "agentId": "sub" } }),
    ] {
        let bed = Bed::new(json!({ "turns": [[harmless, { "text": "fine" }]] }));
        let session = Setup::new(json!({})).create(&bed.client).unwrap();
        let end = ask(&bed.client, &session, "Go").unwrap_or_else(|error| panic!("{harmless}: {error}"));
        assert_eq!(end["event"]["data"]["content"], "fine", "{harmless}");
    }
}

#[test]
fn a_turn_without_words_is_empty() {
    for protocol in [2, 3] {
        let bed = Bed::new(json!({ "protocol": protocol, "turns": [[]] }));
        let session = Setup::new(json!({})).create(&bed.client).unwrap();
        let end = ask(&bed.client, &session, "Go").unwrap();
        assert_eq!((end["outcome"].as_str(), &end["event"]), (Some("empty"), &Value::Null));
        assert!(end["messageId"].as_str().is_some_and(|id| !id.is_empty()));
    }
}

#[test]
fn an_abort_ends_the_wait() {
    for protocol in [2, 3] {
        let bed = Bed::new(json!({ "protocol": protocol, "turns": [{ "hang": true }] }));
        let session = Setup::new(json!({})).create(&bed.client).unwrap();
        let turn = Arc::clone(session.core()).send_and_wait(prompt("Go"), Some(PATIENCE));
        let turn = begin(&bed.client, session.queue().queue(), turn);
        bed.logged(|record| record["out"]["params"]["event"]["type"] == "assistant.turn_start");
        on_session(&bed.client, &session, Arc::clone(session.core()).abort()).unwrap();
        assert_eq!(end_of::<Json>(&turn).unwrap_err().code(), Code::Cancelled);
    }
}

#[test]
fn a_turn_that_is_over_before_the_reply_counts() {
    let of_it = |event_type: &str, data: Value| json!({ "event": { "type": event_type, "data": data } });
    let begins = of_it("user.message", json!({ "messageId": "m1", "content": "Go" }));
    let idle = of_it("session.idle", json!({}));
    let answer = json!({ "messageId": "a", "content": "early", "originatingMessageId": "m1" });
    let failure = json!({ "errorType": "query", "message": "early", "originatingMessageId": "m1" });
    for (events, outcome) in [
        (vec![begins.clone(), of_it("assistant.message", answer), idle.clone()], Ok("answer")),
        (vec![begins.clone(), idle.clone()], Ok("empty")),
        (vec![begins, of_it("session.error", failure), idle], Err(Code::Session)),
    ] {
        let reply = json!({ "reply": { "messageId": "m1" } });
        let actions: Vec<_> = events.into_iter().chain([reply]).collect();
        let bed = Bed::new(json!({ "on": { "session.send": actions } }));
        let (session, log) = logged_session(&bed, json!({}));
        let end = ask(&bed.client, &session, "Go");
        assert_eq!(end.as_ref().map(|end| end["outcome"].as_str().unwrap()).map_err(|e| e.code()), outcome);
        assert!(log.lock().iter().any(|event_type| event_type == "session.idle"), "told before the end");
    }
}

#[test]
fn a_send_that_is_refused_fails_whatever_the_events_say() {
    let bed = Bed::new(json!({ "on": { "session.send": [
        { "event": { "type": "session.idle", "data": {} } },
        { "reply_error": { "code": -32603, "message": "not now", "data": { "why": 1 } } },
    ] } }));
    let session = Setup::new(json!({})).create(&bed.client).unwrap();
    let error = ask(&bed.client, &session, "Go").unwrap_err();
    assert_eq!(error.code(), Code::Rpc, "{error}");
    let rpc = error.rpc().unwrap();
    assert_eq!((rpc.code, rpc.data.as_deref()), (-32603, Some(r#"{"why":1}"#)));
}

#[test]
fn a_handler_of_an_error_may_ask_again() {
    let failure = json!([{ "error": { "errorType": "query", "message": "once" } }]);
    let bed = Bed::new(json!({ "turns": [failure] }));
    let home: Arc<Mutex<Option<Arc<Session>>>> = Arc::default();
    let (own, queue) = (Arc::clone(&home), bed.client.queue().queue().clone());
    let core = Arc::downgrade(bed.client.core());
    let again = Arc::new(Mutex::new(None));
    let begun = Arc::clone(&again);
    let setup = Setup::new(json!({})).event(Some("session.error"), move |event| {
        assert_eq!(event.json().string("/data/message").as_deref(), Some("once"));
        let session = own.lock().clone().expect("it is open by then");
        let turn = Arc::clone(session.core()).send_and_wait(prompt("Once more"), Some(PATIENCE));
        let runtime = core.upgrade().expect("the client lives");
        *begun.lock() = Some(copilot::queue::Operation::start(runtime.runtime(), &queue, None, false, turn));
    });
    let session = setup.create(&bed.client).unwrap();
    *home.lock() = Some(Arc::clone(&session));
    ask(&bed.client, &session, "Go").unwrap_err();
    bed.until("the handler has asked", || again.lock().is_some());
    let turn = again.lock().take().unwrap();
    assert_eq!(end_of::<Json>(&turn).unwrap().string("/event/data/content").as_deref(), Some("Once more"));
    home.lock().take();
}
