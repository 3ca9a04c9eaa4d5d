//! Whole conversations with the fake runtime, in both protocols.

mod support;

use std::sync::Arc;

use copilot::protocol::answer::Answer;
use copilot::protocol::question::Kind;
use serde_json::json;
use support::*;
use testbed::runtime::FakeRuntime;

#[test]
fn a_streamed_turn_with_a_tool_in_both_protocols() {
    for protocol in [2, 3] {
        let fake = FakeRuntime::new(json!({
            "protocol": protocol,
            "turns": [[{ "tool": { "name": "add", "arguments": { "a": 19, "b": 23 } } }, { "text": "It is 42.", "chunks": 3 }]],
        }));
        let client = client(&fake.options());
        let log = Log::default();
        let session = Setup::new(json!({ "streaming": true }))
            .tool(json!({ "name": "add", "description": "Adds" }), |request| {
                let sum = request.params().get_i64("/arguments/a").unwrap()
                    + request.params().get_i64("/arguments/b").unwrap();
                request.answer(Answer::Respond(format!("\"{sum}\"").into())).unwrap();
            })
            .answer(Kind::Permission, |request| {
                request
                    .answer(Answer::Respond(json!({ "kind": "approve-once" }).to_string().into()))
                    .unwrap();
            })
            .log(&log)
            .create(&client)
            .unwrap();
        let end = ask(&client, &session, "What is 19 + 23?").unwrap();
        assert_eq!(end["outcome"], "answer", "protocol {protocol}");
        assert_eq!(end["event"]["data"]["content"], "It is 42.");
        assert_eq!(log.lock().iter().filter(|t| *t == "assistant.message_delta").count(), 3);
        drop(session);
        stop(&client).unwrap();
        let log = Arc::try_unwrap(log).map_or_else(|log| log.lock().clone(), |log| log.into_inner());
        assert_eq!(log.last().map(String::as_str), Some("session.idle"), "{log:?}");
    }
}
