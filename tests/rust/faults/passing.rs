//! What passes through word for word: events, what questions say, what programs answer, and calls by name.

use copilot::json::Json;
use copilot::protocol::question::Kind as Asks;
use copilot::session::Session;

use super::*;

/// Everything that was told, as JSON.
type Told = Arc<Mutex<Vec<Value>>>;

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// A turn of these actions with an answer at the end.
fn turn(mut actions: Vec<Value>) -> Value {
    actions.push(json!({ "text": "done" }));
    json!({ "turns": [actions] })
}

/// Calls a method of the session by its name.
fn call(bed: &Bed, session: &Session, method: &str, params: &Value) -> Value {
    let work = Arc::clone(session.core()).call_with(method, Some(&params.to_string())).unwrap();
    let json: Json = on_session(&bed.client, session, work).unwrap();
    parsed(json.text())
}

/// With a list of all events of these types.
fn hearing(setup: Setup, types: &'static [&'static str], told: &Told) -> Setup {
    let told = Arc::clone(told);
    setup.event(None, move |event| {
        if types.contains(&event.event_type().to_str().unwrap()) {
            told.lock().push(parsed(event.json().text()));
        }
    })
}

#[test]
fn an_event_is_what_the_server_sent_be_it_known_or_not() {
    let event = |event_type: &str, more: Value| {
        let mut event = json!({
            "type": event_type, "id": "9a1d", "timestamp": "2026-01-02T03:04:05.678Z", "parentId": "77aa",
            "data": { "z": [1.50, null, { "ä": "\u{1f4a1}" }], "a": {} },
        });
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        event
    };
    let sent = [
        event("session.usage_info", json!({ "ephemeral": true })),
        event("subagent.configured", json!({ "agentId": "owl" })),
        event("subagent.failed", json!({ "agentId": "owl" })),
        event("session.limits_exhausted", json!({ "parentId": null })),
        event("of.tomorrow", json!({ "beside": { "data": true } })),
    ];
    let actions = sent.iter().map(|event| json!({ "event": event })).collect();
    let bed = Bed::new(turn(actions));
    let told = Told::default();
    let types = &[
        "session.usage_info",
        "subagent.configured",
        "subagent.failed",
        "session.limits_exhausted",
        "of.tomorrow",
    ];
    let session = hearing(Setup::new(json!({})), types, &told).create(&bed.client).unwrap();
    ask(&bed.client, &session, "Go").unwrap();
    let log = bed.fake.log();
    let on_the_wire = log.iter().map(|record| &record["out"]["params"]["event"]);
    let on_the_wire: Vec<_> =
        on_the_wire.filter(|event| types.iter().any(|kind| event["type"] == *kind)).cloned().collect();
    assert_eq!(*told.lock(), on_the_wire);
    for (told, sent) in told.lock().iter().zip(&sent) {
        for (name, value) in sent.as_object().unwrap() {
            assert_eq!(told[name], *value, "{name} of {}", sent["type"]);
        }
    }
}

#[test]
fn every_hook_is_told_and_answers_in_its_own_words() {
    let common = json!({
        "sessionId": "s", "timestamp": 1700000000123.5, "cwd": "/work", "workingDirectory": "/work",
        "agentId": "owl", "agentType": "bird", "parentAgentId": "root", "toolCallId": "c1",
    });
    for (hook, input, output) in [
        (
            "preToolUse",
            json!({ "toolName": "t", "toolArgs": {} }),
            json!({ "permissionDecision": "deny", "permissionDecisionReason": "no", "suppressOutput": true }),
        ),
        (
            "preMcpToolCall",
            json!({ "serverName": "m", "toolName": "t", "_meta": {} }),
            json!({ "metaToUse": { "a": 1 } }),
        ),
        (
            "postToolUse",
            json!({ "toolName": "t", "toolResult": {} }),
            json!({ "modifiedResult": {}, "suppressOutput": true }),
        ),
        ("postToolUseFailure", json!({ "toolName": "t", "error": "e" }), json!({ "additionalContext": "x" })),
        (
            "userPromptSubmitted",
            json!({ "prompt": "p" }),
            json!({ "modifiedPrompt": "q", "suppressOutput": false }),
        ),
        (
            "userPromptTransformed",
            json!({ "transformedPrompt": "p" }),
            json!({ "modifiedTransformedPrompt": "q" }),
        ),
        (
            "sessionStart",
            json!({ "source": "new", "initialPrompt": "p" }),
            json!({ "additionalContext": "x", "modifiedConfig": { "model": "m" } }),
        ),
        (
            "sessionEnd",
            json!({ "reason": "complete", "finalMessage": "m" }),
            json!({ "cleanupActions": ["rm x"], "sessionSummary": "done", "suppressOutput": true }),
        ),
        (
            "errorOccurred",
            json!({ "error": "e", "errorContext": "model_call", "recoverable": true }),
            json!({ "errorHandling": "retry", "retryCount": 2, "userNotification": "wait" }),
        ),
        ("agentStop", json!({ "stopReason": "end_turn" }), json!({ "decision": "block", "reason": "go on" })),
        ("subagentStart", json!({ "agentName": "owl" }), json!({ "additionalContext": "x" })),
        (
            "subagentStop",
            json!({ "agentName": "owl", "response": "r" }),
            json!({ "decision": "allow", "modifiedResponse": "R" }),
        ),
        ("ofTomorrow", json!({ "a": [1] }), json!({ "b": [2] })),
    ] {
        let mut told = common.clone();
        told.as_object_mut().unwrap().extend(input.as_object().unwrap().clone());
        let asks =
            json!({ "request": { "method": "hooks.invoke", "params": { "hookType": hook, "input": told } } });
        let bed = Bed::new(turn(vec![asks]));
        let (input, answer) = (told, output.to_string());
        let session = Setup::new(json!({ "sessionId": "s" }))
            .answer(Asks::Hook, move |request| {
                assert_eq!(request.params().string("/hookType").as_deref(), Some(hook));
                assert_eq!(parsed(request.params().raw("/input").unwrap()), input);
                request.answer(Answer::Respond(answer.clone().into())).unwrap();
            })
            .create(&bed.client)
            .unwrap();
        ask(&bed.client, &session, "Go").unwrap();
        let told = bed.logged(|record| record["answered"] == "hooks.invoke")["answer"]["result"].take();
        assert_eq!(told, json!({ "output": output }), "{hook}");
    }
}

#[test]
fn a_question_is_told_with_all_that_belongs_to_it() {
    let event =
        |event_type: &str, data: &Value| json!({ "event_question": { "type": event_type, "data": data } });
    let request = |method: &str, data: &Value| json!({ "request": { "method": method, "params": data } });
    let login = |reason: &str| json!({ "serverName": "m", "serverUrl": "https://h", "reason": reason, "wwwAuthenticate": { "scope": "a" } });
    let permission = json!({ "permissionRequest": {
        "kind": "shell", "fullCommandText": "x", "managedApprovalRequired": true,
        "possiblePaths": ["/a"], "intention": "i", "soon": 1,
    } });
    let cases = [
        (Asks::Permission, "permission.requested", permission, r#"{"kind":"reject"}"#),
        (
            Asks::Elicitation,
            "elicitation.requested",
            json!({ "message": "Visit", "mode": "url", "url": "https://h", "elicitationId": "e" }),
            r#"{"action":"accept"}"#,
        ),
        (
            Asks::Elicitation,
            "elicitation.requested",
            json!({ "message": "Fill", "mode": "form", "requestedSchema": { "type": "object" }, "elicitationSource": "m" }),
            r#"{"action":"decline"}"#,
        ),
        (Asks::McpOauth, "mcp.oauth_required", login("initial"), r#"{"kind":"cancelled"}"#),
        (Asks::McpOauth, "mcp.oauth_required", login("refresh"), r#"{"kind":"cancelled"}"#),
        (Asks::McpOauth, "mcp.oauth_required", login("reauth"), r#"{"kind":"cancelled"}"#),
        (Asks::McpOauth, "mcp.oauth_required", login("upscope"), r#"{"kind":"cancelled"}"#),
        (
            Asks::Command,
            "command.execute",
            json!({ "command": "/a b", "commandName": "a", "args": "b" }),
            "null",
        ),
        (
            Asks::ExitPlanMode,
            "exitPlanMode.request",
            json!({ "summary": "s", "planContent": "# P", "actions": ["interactive"], "recommendedAction": "interactive" }),
            r#"{"approved":false}"#,
        ),
        (
            Asks::AutoModeSwitch,
            "autoModeSwitch.request",
            json!({ "errorCode": "rate_limited", "retryAfterSeconds": 3 }),
            r#""no""#,
        ),
        (
            Asks::UserInput,
            "userInput.request",
            json!({ "question": "q", "choices": ["a"], "allowFreeform": false }),
            r#"{"answer":"a","wasFreeform":false}"#,
        ),
    ];
    for (kind, name, data, answer) in cases {
        let asks = if name.ends_with(".request") { request(name, &data) } else { event(name, &data) };
        let bed = Bed::new(turn(vec![asks]));
        let told = Told::default();
        let asked = Arc::clone(&told);
        let session = Setup::new(json!({}))
            .answer(kind, move |request| {
                asked.lock().push(parsed(request.params().text()));
                request.answer(Answer::Respond(answer.into())).unwrap();
            })
            .create(&bed.client)
            .unwrap();
        ask(&bed.client, &session, "Go").unwrap();
        assert_eq!(told.lock().len(), 1, "{kind:?}");
        for (name, value) in data.as_object().unwrap() {
            assert_eq!(told.lock()[0][name], *value, "{name} of {kind:?}");
        }
        bed.logged(|record| record["answered"] == name);
    }
}

#[test]
fn a_tool_is_told_who_calls_and_in_which_trace() {
    let data = json!({
        "toolCallId": "c1", "toolName": "t", "arguments": { "a": 1 }, "workingDirectory": "/w",
        "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "tracestate": "v=1",
    });
    let asks =
        json!({ "event_question": { "type": "external_tool.requested", "agentId": "owl", "data": data } });
    let permission = json!({ "permissionRequest": { "kind": "custom-tool", "toolName": "t" } });
    let permits =
        json!({ "event_question": { "type": "permission.requested", "agentId": "owl", "data": permission } });
    let bed = Bed::new(turn(vec![permits, asks]));
    let asked = Told::default();
    let (by_tool, by_permission) = (Arc::clone(&asked), Arc::clone(&asked));
    let session = Setup::new(json!({}))
        .tool(json!({ "name": "t" }), move |request| {
            by_tool.lock().push(parsed(request.params().text()));
            request.answer(Answer::Respond("1".into())).unwrap();
        })
        .answer(Asks::Permission, move |request| {
            by_permission.lock().push(parsed(request.params().text()));
            request.answer(Answer::Respond(r#"{"kind":"approve-once"}"#.into())).unwrap();
        })
        .create(&bed.client)
        .unwrap();
    ask(&bed.client, &session, "Go").unwrap();
    let asked = asked.lock();
    assert_eq!((asked.len(), &asked[0]["agentId"], &asked[1]["agentId"]), (2, &json!("owl"), &json!("owl")));
    for (name, value) in data.as_object().unwrap() {
        assert_eq!(asked[1][name], *value, "{name}");
    }
    assert!(!asked[1]["requestId"].as_str().unwrap().is_empty());
}

#[test]
fn what_has_no_handler_is_heard_and_answered_by_a_call() {
    for (event_type, data, answers_with, answer) in [
        (
            "sampling.requested",
            json!({ "serverName": "m", "mcpRequestId": 7, "params": { "messages": [] } }),
            "session.ui.handlePendingSampling",
            json!({ "requestId": "r1", "response": { "role": "assistant", "content": { "type": "text", "text": "x" } } }),
        ),
        (
            "mcp.headers_refresh_required",
            json!({ "serverName": "m", "serverUrl": "https://h" }),
            "session.mcp.headers.handlePendingHeadersRefreshRequest",
            json!({ "requestId": "r1", "result": { "kind": "headers", "headers": { "authorization": "Bearer new" } } }),
        ),
        (
            "permission.requested",
            json!({ "permissionRequest": { "kind": "shell", "fullCommandText": "true" } }),
            "session.permissions.handlePendingPermissionRequest",
            json!({ "requestId": "r1", "result": { "kind": "approve-once" } }),
        ),
        (
            "external_tool.requested",
            json!({ "toolCallId": "c", "toolName": "elsewhere", "arguments": {} }),
            "session.tools.handlePendingToolCall",
            json!({ "requestId": "r1", "result": { "textResultForLlm": "x", "resultType": "success" } }),
        ),
        (
            "session_limits_exhausted.requested",
            json!({ "maxAiCredits": 1 }),
            "session.ui.handlePendingSessionLimitsExhausted",
            json!({ "requestId": "r1", "response": { "action": "stop" } }),
        ),
    ] {
        let mut asked = data.clone();
        asked["requestId"] = json!("r1");
        let event = json!({ "event": { "type": event_type, "data": asked, "ephemeral": true } });
        let mut script = turn(vec![event]);
        script["on"] = json!({ answers_with: { "reply": { "success": true } } });
        let bed = Bed::items(script);
        let options = json!({
            "sessionId": "s", "permissionDefault": "pending", "tools": [{ "name": "elsewhere" }],
        });
        let session = Setup::new(options).create(&bed.client).unwrap();
        let sent = Arc::clone(session.core()).send(prompt("Go"));
        block_on(&bed.client, session.queue().queue(), sent).unwrap();
        let heard = bed.take(event_type, |event| event.event_type().to_str() == Ok(event_type));
        assert_eq!(parsed(heard.json().raw("/data").unwrap()), asked);
        assert_eq!(call(&bed, &session, answers_with, &answer), json!({ "success": true }));
        let mut told = answer;
        told["sessionId"] = json!("s");
        let sent = bed.fake.received(answers_with);
        assert_eq!((sent.len(), &sent[0]["params"]), (1, &told), "nobody but the program has answered");
    }
}

#[test]
fn what_concerns_no_session_is_asked_of_the_client() {
    for (method, params, answer, silence) in [
        (
            "kerberosAuth.acquire",
            json!({ "spn": "HTTP@proxy", "proxy": "http://p" }),
            json!({ "token": "YII=" }),
            json!({ "result": { "token": null } }),
        ),
        (
            "entraToken.getToken",
            json!({ "resource": "r", "claims": "c" }),
            json!({ "kind": "token", "accountId": "a", "accessToken": "t" }),
            json!({ "result": { "kind": "unavailable" } }),
        ),
        (
            "installations.confirm",
            json!({ "confirmationId": "c", "reviewFingerprint": "f", "summary": "a plugin" }),
            json!({ "confirmationId": "c", "reviewFingerprint": "f", "decision": "confirm" }),
            json!({ "error": { "code": -32603, "message": "Installation confirmation failed" } }),
        ),
        (
            "extensionLaunchProvider.resolve",
            json!({ "extensionId": "x", "path": "/x" }),
            json!({ "launch": { "command": "node", "args": ["x.mjs"] } }),
            json!({ "result": {} }),
        ),
        (
            "factory.execute",
            json!({ "runId": "r", "name": "f", "args": {} }),
            json!({ "result": { "a": 1 } }),
            json!({ "error": { "code": -32603, "message": "the handler gave no answer" } }),
        ),
    ] {
        for answers in [true, false] {
            let asks = json!({ "request": { "method": method, "global": true, "params": params } });
            let mut script = turn(vec![asks]);
            // Who answers this method declares that when the client starts.
            script["on"] = json!({ "registerExtensionLaunchProvider": { "reply": { "success": true } } });
            let bed = Bed::new(script);
            let (asked, answer_json) = (Told::default(), answer.to_string());
            let asks = Arc::clone(&asked);
            let run = move |request: &Request| {
                assert_eq!(request.session_id(), None);
                asks.lock().push(parsed(request.params().text()));
                if answers {
                    request.answer(Answer::Respond(answer_json.clone().into())).unwrap();
                }
            };
            bed.client.core().on_request(method, Some(Callback::new(Box::new(run))));
            let session = Setup::new(json!({})).create(&bed.client).unwrap();
            ask(&bed.client, &session, "Go").unwrap();
            assert_eq!(*asked.lock(), std::slice::from_ref(&params), "{method}");
            let mut told = bed.logged(|record| record["answered"] == method)["answer"].take();
            told.as_object_mut().unwrap().retain(|key, _| key == "result" || key == "error");
            let expected = if answers { json!({ "result": answer }) } else { silence.clone() };
            assert_eq!(told, expected, "{method}");
        }
    }
}

#[test]
fn every_turn_of_a_sessions_life_is_an_event_of_the_client() {
    let types =
        ["session.created", "session.deleted", "session.updated", "session.foreground", "session.background"];
    let params = |event_type: &str| json!({ "type": event_type, "sessionId": "other", "metadata": { "startTime": "t", "modifiedTime": "u", "summary": "ä" } });
    let notify = |event_type: &&str| json!({ "unknown_notification": { "method": "session.lifecycle", "params": params(event_type) } });
    let mut actions: Vec<_> = types.iter().chain(&["session.of_tomorrow"]).map(notify).collect();
    actions.push(json!({ "builtin": true }));
    let bed = Bed::new(json!({ "on": { "ping": actions } }));
    let (all, one) = (Told::default(), Told::default());
    for (event_type, told) in [(None, &all), (Some("session.foreground"), &one)] {
        let told = Arc::clone(told);
        let callback = Callback::new(Box::new(move |event: &Event| {
            if event.kind() == Kind::Lifecycle {
                assert_eq!(event.session_id(), Some(c"other"));
                told.lock().push(parsed(event.json().text()));
            }
        }));
        bed.client.core().on_event(event_type, callback);
    }
    bed.call("ping", json!({})).unwrap();
    bed.until("all are heard", || all.lock().len() == 6);
    let expected: Vec<_> = types.iter().chain(&["session.of_tomorrow"]).map(|name| params(name)).collect();
    assert_eq!(*all.lock(), expected);
    assert_eq!(*one.lock(), [params("session.foreground")]);
}
