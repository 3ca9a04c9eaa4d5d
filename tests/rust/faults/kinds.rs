//! Every kind of question in both protocols: answered, let go, failed, and asked of a program without a handler.

use copilot::protocol::question::Kind;

use super::*;

/// A question that the fake asks, and what it must be told.
struct Case {
    /// The keys of the script: its protocol and whether it knows `connect`.
    server: Value,
    /// The action that asks.
    asks: Value,
    /// Who answers; a tool's name is always `t`.
    kind: Kind,
    /// An answer of the program's.
    respond: &'static str,
    /// What the server is told then. Without the ids, as everything below.
    answered: Value,
    /// What it is told when the program lets the question go.
    defaulted: Value,
    /// What it is told when the handler fails with "broken".
    failed: Value,
    /// What it is told when there is no handler; null for nothing.
    unheard: Value,
}

/// How the program treats the question.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Respond,
    LetGo,
    Fail,
    NoHandler,
}

fn newest() -> Value {
    json!({})
}

fn early() -> Value {
    json!({ "connect": false })
}

fn oldest() -> Value {
    json!({ "protocol": 2 })
}

fn event(event_type: &str, data: Value) -> Value {
    json!({ "event_question": { "type": event_type, "data": data } })
}

fn request(method: &str, params: Value) -> Value {
    json!({ "request": { "method": method, "params": params } })
}

fn refusal(message: &str) -> Value {
    json!({ "error": { "code": -32603, "message": message } })
}

fn tool_result(text: &str, result_type: &str, error: Option<&str>) -> Value {
    let mut result = json!({ "textResultForLlm": text, "resultType": result_type, "toolTelemetry": {} });
    if let Some(error) = error {
        result["error"] = json!(error);
    }
    result
}

fn tools() -> Vec<Case> {
    let withheld = "Invoking this tool produced an error. Detailed information is not available.";
    let failure = |error| json!({ "result": { "result": tool_result(withheld, "failure", Some(error)) } });
    let nobody = "Tool 't' is not supported by this client instance.";
    let new = |server| Case {
        server,
        asks: json!({ "tool": { "name": "t" } }),
        kind: Kind::Tool,
        respond: r#""fine""#,
        answered: json!({ "result": tool_result("fine", "success", None) }),
        defaulted: json!({ "error": "the tool's handler gave no answer" }),
        failed: json!({ "error": "broken" }),
        unheard: Value::Null,
    };
    let old = Case {
        answered: json!({ "result": { "result": tool_result("fine", "success", None) } }),
        defaulted: failure("the tool's handler gave no answer"),
        failed: failure("broken"),
        unheard: json!({ "result": { "result": tool_result(nobody, "failure", Some("tool 't' not supported")) } }),
        ..new(oldest())
    };
    vec![new(newest()), new(early()), old]
}

fn permissions() -> Vec<Case> {
    let case = |server, approved: Value, denied: Value| Case {
        server,
        asks: json!({ "permission": { "kind": "shell", "fullCommandText": "true" } }),
        kind: Kind::Permission,
        respond: r#"{"kind":"approve-once"}"#,
        answered: approved,
        defaulted: denied.clone(),
        failed: denied.clone(),
        unheard: denied,
    };
    let says = |kind: &str| json!({ "result": { "kind": kind } });
    let nobody = "denied-no-approval-rule-and-could-not-request-from-user";
    vec![
        case(newest(), says("approve-once"), says("user-not-available")),
        case(early(), says("approved"), says(nobody)),
        case(oldest(), json!({ "result": says("approved") }), json!({ "result": says(nobody) })),
    ]
}

fn broadcasts() -> Vec<Case> {
    let result = |result: Value| json!({ "result": result });
    let token = r#"{"kind":"token","accessToken":"secret"}"#;
    let form = r#"{"action":"accept","content":{"a":1}}"#;
    vec![
        Case {
            server: newest(),
            asks: event("elicitation.requested", json!({ "message": "Who?" })),
            kind: Kind::Elicitation,
            respond: form,
            answered: result(serde_json::from_str(form).unwrap()),
            defaulted: result(json!({ "action": "cancel" })),
            failed: result(json!({ "action": "cancel" })),
            unheard: Value::Null,
        },
        Case {
            server: newest(),
            asks: event(
                "mcp.oauth_required",
                json!({ "serverName": "s", "serverUrl": "https://example.com" }),
            ),
            kind: Kind::McpOauth,
            respond: token,
            answered: result(serde_json::from_str(token).unwrap()),
            defaulted: result(json!({ "kind": "cancelled" })),
            failed: result(json!({ "kind": "cancelled" })),
            unheard: Value::Null,
        },
        Case {
            server: newest(),
            asks: event(
                "command.execute",
                json!({ "command": "/deploy x", "commandName": "deploy", "args": "x" }),
            ),
            kind: Kind::Command,
            respond: "null",
            answered: json!({}),
            defaulted: json!({ "error": "the command's handler gave no answer" }),
            failed: json!({ "error": "broken" }),
            unheard: json!({ "error": "Unknown command: deploy" }),
        },
    ]
}

fn requests() -> Vec<Case> {
    let result = |result: Value| json!({ "result": result });
    let sections = json!({ "sections": { "a": { "content": "x" }, "b": { "content": "y" } } });
    let mut cases = Vec::new();
    for server in [newest(), oldest()] {
        let case = |kind, method: &str, params, respond, answered, defaulted: Value| Case {
            server: server.clone(),
            asks: request(method, params),
            kind,
            respond,
            answered: result(answered),
            defaulted: defaulted.clone(),
            failed: defaulted.clone(),
            unheard: defaulted,
        };
        cases.push(Case {
            failed: refusal("broken"),
            unheard: refusal("User input requested but no handler registered"),
            ..case(
                Kind::UserInput,
                "userInput.request",
                json!({ "question": "Who?" }),
                r#"{"answer":"me","wasFreeform":false}"#,
                json!({ "answer": "me", "wasFreeform": false }),
                refusal("the user input handler gave no answer"),
            )
        });
        cases.push(case(
            Kind::Hook,
            "hooks.invoke",
            json!({ "hookType": "preToolUse", "input": {} }),
            r#"{"permissionDecision":"deny"}"#,
            json!({ "output": { "permissionDecision": "deny" } }),
            result(json!({ "output": null })),
        ));
        cases.push(Case {
            failed: refusal("broken"),
            ..case(
                Kind::ExitPlanMode,
                "exitPlanMode.request",
                json!({ "summary": "All of it" }),
                r#"{"approved":false,"feedback":"no"}"#,
                json!({ "approved": false, "feedback": "no" }),
                result(json!({ "approved": true })),
            )
        });
        cases.push(Case {
            failed: refusal("broken"),
            ..case(
                Kind::AutoModeSwitch,
                "autoModeSwitch.request",
                json!({}),
                r#""yes_always""#,
                json!({ "response": "yes_always" }),
                result(json!({ "response": "no" })),
            )
        });
        cases.push(case(
            Kind::SystemMessage,
            "systemMessage.transform",
            sections.clone(),
            r#"{"sections":{"a":{"content":"z"}}}"#,
            json!({ "sections": { "a": { "content": "z" }, "b": { "content": "y" } } }),
            result(sections.clone()),
        ));
    }
    cases
}

fn run(case: &Case, way: Way) {
    let what = format!("{:?} {way:?} on {}", case.kind, case.server);
    let expected = match way {
        Way::Respond => &case.answered,
        Way::LetGo => &case.defaulted,
        Way::Fail => &case.failed,
        Way::NoHandler => &case.unheard,
    };
    let mut asks = case.asks.clone();
    if expected.is_null() {
        let verb = asks.as_object().unwrap().keys().next().unwrap().clone();
        asks[verb]["wait"] = json!(false);
    }
    let mut script = case.server.clone();
    script["turns"] = json!([[asks, { "text": "done" }]]);
    let bed = Bed::new(script);
    let respond = case.respond;
    let handle = move |request: &Request| match way {
        Way::Respond => request.answer(Answer::Respond(respond.into())).unwrap(),
        Way::Fail => request.answer(Answer::Fail("broken".into())).unwrap(),
        Way::LetGo | Way::NoHandler => {}
    };
    let setup = Setup::new(json!({}));
    let setup = match (way, case.kind) {
        (Way::NoHandler, _) => setup,
        (_, Kind::Tool) => setup.tool(json!({ "name": "t" }), handle),
        (_, kind) => setup.answer(kind, handle),
    };
    let session = setup.create(&bed.client).unwrap();
    let end = ask(&bed.client, &session, "Go").unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(end["event"]["data"]["content"], "done", "{what}");
    stop(&bed.client).unwrap();
    assert_eq!(told(&bed), if expected.is_null() { vec![] } else { vec![expected.clone()] }, "{what}");
}

/// Everything that the fake was told in answer to its questions, without the ids.
fn told(bed: &Bed) -> Vec<Value> {
    let mut log = bed.fake.log();
    assert!(!log.iter().any(|record| record.get("unmatched_reply").is_some()), "answered twice");
    let is_answer = |message: &Value| match message["method"].as_str() {
        Some(method) => method.contains("handlePending"),
        None => message.is_object(),
    };
    let answers = log.iter_mut().map(|record| record["in"].take()).filter(is_answer);
    let told = answers.map(|mut message| {
        let mut answer = if message["method"].is_null() { message } else { message["params"].take() };
        for id in ["jsonrpc", "id", "sessionId", "requestId"] {
            answer.as_object_mut().unwrap().remove(id);
        }
        answer
    });
    told.collect()
}

fn run_all(cases: Vec<Case>) {
    for case in cases {
        for way in [Way::Respond, Way::LetGo, Way::Fail, Way::NoHandler] {
            run(&case, way);
        }
    }
}

#[test]
fn tool_calls_are_answered_once() {
    run_all(tools());
}

#[test]
fn permissions_are_answered_once_in_the_servers_words() {
    run_all(permissions());
}

#[test]
fn broadcast_questions_are_answered_once() {
    run_all(broadcasts());
}

#[test]
fn requests_are_answered_once() {
    run_all(requests());
}

#[test]
fn a_login_is_asked_for_only_where_the_program_has_a_handler() {
    for declares in [true, false] {
        let bed = Bed::new(json!({}));
        let setup = Setup::new(json!({}));
        let setup = if declares { setup.answer(Kind::McpOauth, |_| {}) } else { setup };
        let _session = setup.create(&bed.client).unwrap();
        let interests = bed.fake.received("session.eventLog.registerInterest");
        assert_eq!(interests.len(), usize::from(declares));
        assert!(interests.iter().all(|call| call["params"]["eventType"] == "mcp.oauth_required"));
    }
}

#[test]
fn what_another_decides_is_left_to_it() {
    let asked = json!({ "permission": { "kind": "shell" } });
    let by_hook = event(
        "permission.requested",
        json!({ "permissionRequest": { "kind": "shell" }, "resolvedByHook": true }),
    );
    for (mut asks, options, has_handler) in [
        (asked, json!({ "permissionDefault": "pending" }), false),
        (by_hook.clone(), json!({}), true),
        (by_hook, json!({}), false),
    ] {
        let verb = asks.as_object().unwrap().keys().next().unwrap().clone();
        asks[verb]["wait"] = json!(false);
        let bed = Bed::new(json!({ "turns": [[asks, { "text": "done" }]] }));
        let setup = Setup::new(options);
        let setup = match has_handler {
            true => setup.answer(Kind::Permission, |_| panic!("nobody is to be asked")),
            false => setup,
        };
        let session = setup.create(&bed.client).unwrap();
        ask(&bed.client, &session, "Go").unwrap();
        stop(&bed.client).unwrap();
        assert_eq!(told(&bed), Vec::<Value>::new());
    }
}
