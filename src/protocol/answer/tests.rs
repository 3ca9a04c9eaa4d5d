use super::*;

const V2: (u32, &str) = (2, "0.0.420");
const EARLY: (u32, &str) = (3, "1.0.2");
const NEW: (u32, &str) = (3, "1.0.102");

const WITHHELD: &str = "Invoking this tool produced an error. Detailed information is not available.";

fn put(question: &Question, by_event: bool, generation: (u32, &str), answer: Answer<'_>) -> Result<Wire> {
    let server = Server { protocol: generation.0, version: Some(generation.1.into()) };
    encode(question, "s", by_event, &server, false, answer)
}

/// The question of this kind as an event asks it.
fn event(kind: Kind, more: &str) -> Question {
    let data = format!(r#"{{"requestId":"r","toolName":"t","commandName":"deploy"{more}}}"#);
    Question::from_event(kind, &data).unwrap()
}

/// The params of the call that answers an event, without what every such call has.
fn by_event(kind: Kind, generation: (u32, &str), answer: Answer<'_>) -> Result<Option<String>> {
    match put(&event(kind, r#","runtimeRefreshSupported":true"#), true, generation, answer)? {
        Wire::Call { method, params } => {
            assert_eq!(Some(method), row(kind).answered_with);
            let rest = params.strip_prefix(r#"{"sessionId":"s","requestId":"r""#).expect("addressed");
            Ok(Some(
                rest.trim_start_matches(',').trim_end_matches('}').to_string() + &"}".repeat(braces(rest)),
            ))
        }
        Wire::Silence => Ok(None),
        other => panic!("an event answered by {other:?}"),
    }
}

/// How many closing braces belong to the members, the last one being the params' own.
fn braces(rest: &str) -> usize {
    rest.len() - rest.trim_end_matches('}').len() - 1
}

fn by_request(method: &str, generation: (u32, &str), answer: Answer<'_>) -> Result<Wire> {
    let params = r#"{"sessionId":"s","toolName":"t","sections":{"b":{"content":"1"},"a":{"content":"2"}}}"#;
    put(&Question::from_request(method, params), false, generation, answer)
}

fn respond(json: &str) -> Answer<'_> {
    Answer::Respond(json.into())
}

fn fail(message: &str) -> Answer<'_> {
    Answer::Fail(message.into())
}

fn result(json: &str) -> Wire {
    Wire::Result(json.into())
}

fn rpc_error(code: i64, message: &str) -> Wire {
    Wire::Error { code, message: message.into(), data: None }
}

/// What a text comes to is what its JSON string does.
#[test]
fn a_text_is_answered_like_its_json_string() {
    fn told<T>(outcome: Result<T>) -> std::result::Result<T, String> {
        outcome.map_err(|error| error.to_string())
    }
    for text in ["", "plain", "with \"quotes\" and\nlines \u{1}", "null", "{}", "\u{e9}"] {
        let json = quoted(text);
        for kind in Kind::ALL.into_iter().filter(|kind| row(*kind).asked_by.is_some()) {
            let said = by_event(kind, NEW, Answer::Say(text.into()));
            assert_eq!(told(said), told(by_event(kind, NEW, respond(&json))), "{kind:?} {text:?}");
        }
        for method in Kind::ALL.into_iter().filter_map(|kind| row(kind).method).chain(["sessionFs.readFile"])
        {
            let said = by_request(method, V2, Answer::Say(text.into()));
            assert_eq!(told(said), told(by_request(method, V2, respond(&json))), "{method} {text:?}");
        }
    }
}

#[test]
fn events_are_answered_by_calls() {
    let new_denied = r#""result":{"kind":"user-not-available"}"#;
    let old_denied = r#""result":{"kind":"denied-no-approval-rule-and-could-not-request-from-user"}"#;
    use Answer::{Decline, NoHandler, Unanswered};
    for (kind, generation, answer, expected) in [
        (
            Kind::Tool,
            NEW,
            respond("\"hi\""),
            Some(r#""result":{"textResultForLlm":"hi","resultType":"success","toolTelemetry":{}}"#),
        ),
        (Kind::Tool, NEW, fail("disk full"), Some(r#""error":"disk full""#)),
        (Kind::Tool, EARLY, fail(""), Some(r#""error":"the handler failed""#)),
        (Kind::Tool, NEW, Unanswered, Some(r#""error":"the tool's handler gave no answer""#)),
        (Kind::Tool, NEW, NoHandler, None),
        (Kind::Tool, NEW, Decline, None),
        (
            Kind::Permission,
            NEW,
            respond(r#"{"kind":"approved"}"#),
            Some(r#""result":{"kind":"approve-once"}"#),
        ),
        (
            Kind::Permission,
            EARLY,
            respond(r#"{"kind":"approve-once"}"#),
            Some(r#""result":{"kind":"approved"}"#),
        ),
        (
            Kind::Permission,
            NEW,
            respond(r#"{"kind":"reject","feedback":"f","decisionContext":{"surface":"sdk"}}"#),
            Some(r#""result":{"kind":"reject","feedback":"f"},"decisionContext":{"surface":"sdk"}"#),
        ),
        (Kind::Permission, NEW, respond(r#"{"kind":"no-result"}"#), None),
        (Kind::Permission, NEW, fail("x"), Some(new_denied)),
        (Kind::Permission, EARLY, fail("x"), Some(old_denied)),
        (Kind::Permission, NEW, Unanswered, Some(new_denied)),
        (Kind::Permission, EARLY, Unanswered, Some(old_denied)),
        (Kind::Permission, NEW, NoHandler, Some(new_denied)),
        (Kind::Permission, EARLY, NoHandler, Some(old_denied)),
        (Kind::Permission, NEW, Decline, None),
        (
            Kind::Elicitation,
            NEW,
            respond(r#"{"action":"accept","content":{"z":1,"a":2}}"#),
            Some(r#""result":{"action":"accept","content":{"z":1,"a":2}}"#),
        ),
        (Kind::Elicitation, NEW, fail("x"), Some(r#""result":{"action":"cancel"}"#)),
        (Kind::Elicitation, NEW, Unanswered, Some(r#""result":{"action":"cancel"}"#)),
        (Kind::Elicitation, NEW, NoHandler, None),
        (Kind::Elicitation, NEW, Decline, None),
        (Kind::Command, NEW, respond("null"), Some("")),
        (Kind::Command, NEW, respond("{ }"), Some("")),
        (Kind::Command, NEW, fail("no prod today"), Some(r#""error":"no prod today""#)),
        (Kind::Command, NEW, Unanswered, Some(r#""error":"the command's handler gave no answer""#)),
        (Kind::Command, NEW, NoHandler, Some(r#""error":"Unknown command: deploy""#)),
        (Kind::Command, NEW, Decline, None),
        (
            Kind::McpOauth,
            NEW,
            respond(r#"{"kind":"token","accessToken":"t","expiresIn":60}"#),
            Some(r#""result":{"kind":"token","accessToken":"t","expiresIn":60}"#),
        ),
        (
            Kind::McpOauth,
            NEW,
            respond(r#"{"kind":"runtimeRefresh"}"#),
            Some(r#""result":{"kind":"runtimeRefresh"}"#),
        ),
        (Kind::McpOauth, NEW, fail("x"), Some(r#""result":{"kind":"cancelled"}"#)),
        (Kind::McpOauth, NEW, Unanswered, Some(r#""result":{"kind":"cancelled"}"#)),
        (Kind::McpOauth, NEW, NoHandler, None),
        (Kind::McpOauth, NEW, Decline, None),
    ] {
        let case = format!("{kind:?} {generation:?} {answer:?}");
        assert_eq!(by_event(kind, generation, answer).unwrap().as_deref(), expected, "{case}");
    }
}

#[test]
fn requests_are_answered_by_results() {
    let old_denied = r#"{"result":{"kind":"denied-no-approval-rule-and-could-not-request-from-user"}}"#;
    let failure = |message: &str| {
        result(&format!(
            r#"{{"result":{{"textResultForLlm":"{WITHHELD}","resultType":"failure","error":"{message}","toolTelemetry":{{}}}}}}"#
        ))
    };
    let unchanged = result(r#"{"sections":{"b":{"content":"1"},"a":{"content":"2"}}}"#);
    use Answer::{NoHandler, Unanswered};
    for (method, generation, answer, expected) in [
        (
            "tool.call",
            V2,
            respond("7"),
            result(r#"{"result":{"textResultForLlm":"7","resultType":"success","toolTelemetry":{}}}"#),
        ),
        ("tool.call", V2, fail("disk full"), failure("disk full")),
        ("tool.call", V2, Unanswered, failure("the tool's handler gave no answer")),
        (
            "tool.call",
            V2,
            NoHandler,
            result(concat!(
                r#"{"result":{"textResultForLlm":"Tool 't' is not supported by this client instance.","#,
                r#""resultType":"failure","error":"tool 't' not supported","toolTelemetry":{}}}"#
            )),
        ),
        (
            "permission.request",
            V2,
            respond(r#"{"kind":"approve-once"}"#),
            result(r#"{"result":{"kind":"approved"}}"#),
        ),
        (
            "permission.request",
            V2,
            respond(r#"{"kind":"reject","decisionContext":{}}"#),
            result(r#"{"result":{"kind":"denied-interactively-by-user"}}"#),
        ),
        ("permission.request", V2, fail("x"), result(old_denied)),
        ("permission.request", V2, Unanswered, result(old_denied)),
        ("permission.request", V2, NoHandler, result(old_denied)),
        ("userInput.request", NEW, respond("\"blue\""), result(r#"{"answer":"blue","wasFreeform":true}"#)),
        (
            "userInput.request",
            NEW,
            respond(r#"{"answer":"b"}"#),
            result(r#"{"answer":"b","wasFreeform":true}"#),
        ),
        (
            "userInput.request",
            V2,
            respond(r#"{"was_freeform":false,"answer":""}"#),
            result(r#"{"wasFreeform":false,"answer":""}"#),
        ),
        ("userInput.request", NEW, fail("gone"), rpc_error(-32603, "gone")),
        ("userInput.request", NEW, Unanswered, rpc_error(-32603, "the user input handler gave no answer")),
        (
            "userInput.request",
            V2,
            NoHandler,
            rpc_error(-32603, "User input requested but no handler registered"),
        ),
        (
            "hooks.invoke",
            NEW,
            respond(r#"{"permissionDecision":"deny","modifiedArgs":{"b":1}}"#),
            result(r#"{"output":{"permissionDecision":"deny","modifiedArgs":{"b":1}}}"#),
        ),
        ("hooks.invoke", V2, respond("null"), result(r#"{"output":null}"#)),
        ("hooks.invoke", NEW, fail("x"), result(r#"{"output":null}"#)),
        ("hooks.invoke", NEW, Unanswered, result(r#"{"output":null}"#)),
        ("hooks.invoke", V2, NoHandler, result(r#"{"output":null}"#)),
        (
            "exitPlanMode.request",
            NEW,
            respond(r#"{"approved":false,"feedback":"f"}"#),
            result(r#"{"approved":false,"feedback":"f"}"#),
        ),
        ("exitPlanMode.request", NEW, fail("x"), rpc_error(-32603, "x")),
        ("exitPlanMode.request", NEW, Unanswered, result(r#"{"approved":true}"#)),
        ("exitPlanMode.request", NEW, NoHandler, result(r#"{"approved":true}"#)),
        ("autoModeSwitch.request", NEW, respond("\"yes_always\""), result(r#"{"response":"yes_always"}"#)),
        ("autoModeSwitch.request", NEW, respond(r#"{"response":"yes"}"#), result(r#"{"response":"yes"}"#)),
        ("autoModeSwitch.request", NEW, fail("x"), rpc_error(-32603, "x")),
        ("autoModeSwitch.request", NEW, Unanswered, result(r#"{"response":"no"}"#)),
        ("autoModeSwitch.request", NEW, NoHandler, result(r#"{"response":"no"}"#)),
        (
            "systemMessage.transform",
            NEW,
            respond(r#"{"sections":{"a":{"content":"new"}}}"#),
            result(r#"{"sections":{"a":{"content":"new"},"b":{"content":"1"}}}"#),
        ),
        ("systemMessage.transform", NEW, fail("x"), unchanged.clone()),
        ("systemMessage.transform", NEW, Unanswered, unchanged.clone()),
        ("systemMessage.transform", NEW, NoHandler, unchanged),
        ("no.kind", NEW, respond(" [1] "), result("[1]")),
        ("no.kind", NEW, fail("x"), rpc_error(-32603, "x")),
        ("no.kind", NEW, Unanswered, rpc_error(-32601, "Unhandled method no.kind")),
        ("no.kind", NEW, NoHandler, rpc_error(-32601, "Unhandled method no.kind")),
        ("sessionFs.rm", NEW, fail("x"), result(r#"{"code":"UNKNOWN","message":"x"}"#)),
    ] {
        let case = format!("{method} {generation:?} {answer:?}");
        assert_eq!(by_request(method, generation, answer).unwrap(), expected, "{case}");
    }
}

#[test]
fn what_was_asked_of_us_alone_cannot_be_declined() {
    for row in Kind::ALL.into_iter().map(row) {
        let method = row.method.unwrap_or("sessionFs.stat");
        let error = by_request(method, V2, Answer::Decline).unwrap_err();
        assert_eq!(error.code(), Code::Unsupported);
        assert!(error.message().contains(method), "{error}");
    }
    let error = by_request("permission.request", V2, respond(r#"{"kind":"no-result"}"#)).unwrap_err();
    assert_eq!(error.code(), Code::Unsupported);
}

#[test]
fn pending_leaves_permissions_to_others_where_there_are_others() {
    let server = Server { protocol: 3, version: None };
    let asked = event(Kind::Permission, "");
    let left = |by_event, answer| encode(&asked, "s", by_event, &server, true, answer).unwrap();
    assert_eq!(left(true, Answer::NoHandler), Wire::Silence);
    assert_eq!(left(false, Answer::NoHandler), result(r#"{"result":{"kind":"user-not-available"}}"#));
    assert!(matches!(left(true, Answer::Unanswered), Wire::Call { .. }));
}

#[test]
fn what_a_hook_decided_is_left_alone() {
    let asked = event(Kind::Permission, r#","resolvedByHook":true"#);
    for answer in
        [respond(r#"{"kind":"reject"}"#), fail("x"), Answer::Unanswered, Answer::NoHandler, Answer::Decline]
    {
        assert_eq!(put(&asked, true, NEW, answer).unwrap(), Wire::Silence);
    }
}

#[test]
fn a_transform_without_sections_is_a_mistake_of_the_servers() {
    let asked = Question::from_request("systemMessage.transform", "{}");
    let put = |answer| put(&asked, false, NEW, answer).unwrap();
    assert_eq!(put(Answer::NoHandler), rpc_error(-32602, "missing required field: sections"));
    assert_eq!(put(respond(r#"{"sections":{}}"#)), result(r#"{"sections":{}}"#));
}

#[test]
fn an_event_without_an_id_is_never_answered_at_random() {
    let asked = Question::from_request("permission.request", "{}");
    assert_eq!(put(&asked, true, NEW, Answer::Unanswered).unwrap_err().code(), Code::Internal);
}

#[test]
fn each_kind_says_what_it_wants() {
    use Kind::*;
    for (kind, json, part) in [
        (Tool, r#"{"textResultForLlm":1}"#, "the tool's result: /textResultForLlm must be a string"),
        (Permission, r#"{"kind":"yes"}"#, "it is one of \"approve-once\""),
        (UserInput, "7", "the answer to a user input request must be an object, but is a number"),
        (UserInput, "{}", "/answer is missing"),
        (
            UserInput,
            r#"{"answer":"a","wasFreeform":1}"#,
            "/wasFreeform must be true or false, but is a number",
        ),
        (Elicitation, r#"{"action":"ok"}"#, "/action must be one of \"accept\", \"decline\", \"cancel\""),
        (Elicitation, "null", "the answer to an elicitation must be an object, but is null"),
        (Elicitation, r#"{"action":"accept","content":[]}"#, "/content must be an object, but is an array"),
        (Hook, "\"deny\"", "the answer to a hook must be an object or null, but is a string"),
        (Command, "true", "the answer to a command must be an object or null, but is a boolean"),
        (Command, r#"{"ok":1}"#, "/ok is not a known key: a command has no result"),
        (ExitPlanMode, "{}", "/approved is missing"),
        (ExitPlanMode, r#"{"approve":true}"#, "/approve is not a known key; did you mean \"approved\"?"),
        (
            AutoModeSwitch,
            "\"maybe\"",
            "/response must be one of \"yes\", \"yes_always\", \"no\", but is \"maybe\"",
        ),
        (AutoModeSwitch, "true", "must be an object, but is a boolean"),
        (SystemMessage, "{}", "/sections is missing"),
        (SystemMessage, r#"{"sections":{"a":"x"}}"#, "/sections/a must be an object, but is a string"),
        (SystemMessage, r#"{"sections":{"a":{}}}"#, "/sections/a/content is missing"),
        (McpOauth, r#"{"kind":"token"}"#, "needs an \"accessToken\" beside the kind \"token\""),
        (McpOauth, r#"{"kind":"runtimeRefresh"}"#, "which this request does not support"),
        (McpOauth, r#"{"accessToken":"t"}"#, "/kind is missing"),
    ] {
        let by_event = row(kind).asked_by.is_some();
        let asked = match by_event {
            true => event(kind, ""),
            false => Question::from_request(row(kind).method.unwrap(), "{}"),
        };
        let error = put(&asked, by_event, NEW, respond(json)).unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument, "{error}");
        assert!(error.message().contains(part), "{kind:?}: {error}");
        let error = put(&asked, by_event, NEW, respond("{oops")).unwrap_err();
        assert_eq!(error.code(), Code::InvalidJson, "{kind:?}");
    }
}
