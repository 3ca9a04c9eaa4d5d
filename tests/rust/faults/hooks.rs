//! The six hooks of the first SDK's documents: each input reaches the program, each output the server, word for word.

use copilot::protocol::question::Kind;

use super::*;

/// A hook's type, what it is asked, and every answer that the documents know.
fn hooks() -> Vec<(&'static str, Value, Vec<Value>)> {
    let arguments = json!({ "path": "/a", "n": 1 });
    let result = json!({ "textResultForLlm": "t", "resultType": "success" });
    vec![
        (
            "preToolUse",
            json!({ "toolName": "edit", "toolArgs": arguments }),
            vec![
                json!({ "permissionDecision": "allow", "modifiedArgs": { "path": "/b" }, "additionalContext": "c" }),
                json!({ "permissionDecision": "deny", "permissionDecisionReason": "r" }),
                json!({ "permissionDecision": "ask" }),
            ],
        ),
        (
            "postToolUse",
            json!({ "toolName": "edit", "toolArgs": arguments, "toolResult": result }),
            vec![json!({ "additionalContext": "c", "modifiedResult": result, "suppressOutput": true })],
        ),
        ("userPromptSubmitted", json!({ "prompt": "p" }), vec![json!({ "modifiedPrompt": "q" })]),
        ("sessionStart", json!({ "source": "startup" }), vec![json!({ "additionalContext": "c" })]),
        ("sessionStart", json!({ "source": "resume" }), vec![]),
        ("sessionStart", json!({ "source": "new", "initialPrompt": "p" }), vec![]),
        ("sessionEnd", json!({ "reason": "complete" }), vec![json!({ "sessionSummary": "s" })]),
        (
            "errorOccurred",
            json!({ "errorContext": "model_call", "error": { "message": "m" }, "recoverable": true }),
            vec![
                json!({ "errorHandling": "retry", "retryCount": 2 }),
                json!({ "errorHandling": "skip" }),
                json!({ "errorHandling": "abort", "userNotification": "n" }),
            ],
        ),
    ]
}

#[test]
fn every_input_and_every_output_passes_as_it_is() {
    for protocol in [2, 3] {
        for (hook, input, outputs) in hooks() {
            for output in outputs.into_iter().chain([Value::Null]) {
                let params = json!({ "hookType": hook, "input": input });
                let asks = json!({ "request": { "method": "hooks.invoke", "params": params } });
                let bed = Bed::new(json!({ "protocol": protocol, "turns": [[asks, { "text": "done" }]] }));
                let (expected, answer) = (params.clone(), output.to_string());
                let setup = Setup::new(json!({ "sessionId": "mine" })).answer(Kind::Hook, move |request| {
                    assert_eq!(request.session_id(), Some(c"mine"));
                    let told: Value = serde_json::from_str(request.params().text()).unwrap();
                    assert_eq!(
                        (&told["hookType"], &told["input"]),
                        (&expected["hookType"], &expected["input"])
                    );
                    request.answer(Answer::Respond(answer.clone().into())).unwrap();
                });
                let session = setup.create(&bed.client).unwrap();
                assert_eq!(bed.called("session.create")["hooks"], true);
                ask(&bed.client, &session, "Go").unwrap();
                let answered = bed.logged(|record| record["answered"] == "hooks.invoke");
                assert_eq!(answered["answer"]["result"], json!({ "output": output }), "{hook} {input}");
            }
        }
    }
}
