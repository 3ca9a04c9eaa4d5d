//! Requests without a kind of their own: who is asked, what goes back, and what the server is told beforehand.

use copilot::Code;
use copilot::json::Json;
use copilot::session::Asked;

use super::*;

fn respond(request: &Request, json: &str) {
    request.answer(Answer::Respond(json.into())).unwrap();
}

/// Answers with this name, so that one sees who was asked.
fn named(name: &'static str) -> impl Fn(&Request) + Send + Sync + 'static {
    move |request| respond(request, &json!({ "by": name }).to_string())
}

fn on_client(bed: &Bed, method: &str, run: impl Fn(&Request) + Send + Sync + 'static) {
    bed.client.core().on_request(method, Some(Callback::new(Box::new(run))));
}

/// The action that asks by this method.
fn asks(method: &str, params: Value) -> Value {
    json!({ "request": { "method": method, "params": params } })
}

/// What the fake was told in answer to the last question of this method.
fn told(bed: &Bed, method: &str) -> Value {
    let mut told = bed.logged(|record| record["answered"] == method)["answer"].take();
    told.as_object_mut().unwrap().retain(|key, _| key == "result" || key == "error");
    told
}

fn created_with(bed: &Bed) -> Value {
    bed.fake.received("session.create").pop().unwrap()["params"].take()
}

#[test]
fn every_way_of_dealing_with_a_method_has_its_answer() {
    let refusal = |code: i64, message: &str| json!({ "error": { "code": code, "message": message } });
    let no_file =
        |text: &str| json!({ "result": { "content": "", "error": { "code": "UNKNOWN", "message": text } } });
    let silent = "the handler gave no answer";
    let canvas = |code: &str, text: &str| json!({ "error": { "code": -32603, "message": text, "data": { "code": code, "message": text } } });
    for (method, answer, answered, let_go, failed, unheard) in [
        (
            "sessionFs.readFile",
            r#"{"content":"text"}"#,
            json!({ "result": { "content": "text" } }),
            no_file(silent),
            no_file("broken"),
            refusal(-32603, "No session filesystem provider for session: s"),
        ),
        (
            "canvas.open",
            r#"{"url":"u"}"#,
            json!({ "result": { "url": "u" } }),
            canvas("canvas_handler_failed", silent),
            canvas("canvas_handler_failed", "broken"),
            canvas("canvas_handler_unset", "no canvas handler is registered"),
        ),
        (
            "skillProvider.list",
            r#"{"skills":[]}"#,
            json!({ "result": { "skills": [] } }),
            refusal(-32603, "Skill provider listSkills failed"),
            refusal(-32603, "Skill provider listSkills failed"),
            refusal(-32603, "No skill provider for session: s"),
        ),
        (
            "tomorrows.question",
            "[1,2]",
            json!({ "result": [1, 2] }),
            refusal(-32601, "Unhandled method tomorrows.question"),
            refusal(-32603, "broken"),
            refusal(-32601, "Unhandled method tomorrows.question"),
        ),
    ] {
        for (way, expected) in [
            ("respond", &answered),
            ("let go", &let_go),
            ("fail", &failed),
            ("retired", &unheard),
            ("none", &unheard),
        ] {
            for of_session in [true, false] {
                let turn = json!([asks(method, json!({ "path": "/" })), { "text": "done" }]);
                let bed = Bed::new(json!({ "turns": [turn] }));
                let run = move |request: &Request| {
                    assert_eq!(request.kind(), QuestionKind::Other);
                    assert_eq!(request.params().string("/path").as_deref(), Some("/"));
                    assert_eq!(request.session_id(), Some(c"s"));
                    match way {
                        "respond" => {
                            let wrong = request.answer(Answer::Respond("{".into())).unwrap_err();
                            assert_eq!(wrong.code(), Code::InvalidJson);
                            respond(request, answer);
                        }
                        "fail" => request.answer(Answer::Fail("broken".into())).unwrap(),
                        _ => {}
                    }
                };
                let setup = Setup::new(json!({ "sessionId": "s" }));
                let setup = match (way, of_session) {
                    ("none", _) => setup,
                    ("retired", true) => continue,
                    (_, true) => setup.method(method, run),
                    (_, false) => {
                        on_client(&bed, method, run);
                        setup
                    }
                };
                if way == "retired" {
                    bed.client.core().on_request(method, None);
                }
                let session = setup.create(&bed.client).unwrap();
                ask(&bed.client, &session, "Go").unwrap();
                assert_eq!(told(&bed, method), *expected, "{method} {way} {of_session}");
            }
        }
    }
}

#[test]
fn the_session_comes_first_and_the_most_exact_name() {
    let methods = ["a.b", "a.c", "a.d.e", "x.y", "unheard.of"];
    let turn: Vec<_> =
        methods.iter().map(|method| asks(method, json!({}))).chain([json!({ "text": "done" })]).collect();
    let bed = Bed::new(json!({ "turns": [turn, turn] }));
    on_client(&bed, "a.b", named("client a.b"));
    on_client(&bed, "a.*", named("client a.*"));
    on_client(&bed, "x.*", named("client x.*"));
    let first = Setup::new(json!({}))
        .method("a.*", named("session a.*"))
        .method("a.c", named("session a.c"))
        .method("a.d.*", named("session a.d.*"))
        .create(&bed.client)
        .unwrap();
    ask(&bed.client, &first, "Go").unwrap();
    let by = |method: &str| told(&bed, method)["result"]["by"].clone();
    assert_eq!(by("a.b"), "session a.*");
    assert_eq!(by("a.c"), "session a.c");
    assert_eq!(by("a.d.e"), "session a.d.*");
    assert_eq!(by("x.y"), "client x.*");
    assert_eq!(told(&bed, "unheard.of")["error"]["code"], -32601);

    let bed = Bed::new(json!({ "turns": [turn] }));
    on_client(&bed, "a.b", named("client a.b"));
    on_client(&bed, "a.*", named("client a.*"));
    on_client(&bed, "*", named("client *"));
    let second = Setup::new(json!({})).create(&bed.client).unwrap();
    ask(&bed.client, &second, "Go").unwrap();
    let by = |method: &str| told(&bed, method)["result"]["by"].clone();
    assert_eq!(by("a.b"), "client a.b");
    assert_eq!(by("a.d.e"), "client a.*");
    assert_eq!(by("x.y"), "client *");
}

#[test]
fn names_that_stand_for_nothing_are_refused() {
    let mut setup = Setup::new(json!({}));
    for name in ["", "a*", "hooks.invoke", "tool.call"] {
        let error = setup.0.on_method(name, Asked::Item).unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument, "{name}: {error}");
    }
    // Items need a queue that takes them.
    setup.0.on_method("a.*", Asked::Item).unwrap();
    let bed = Bed::new(json!({}));
    let error = setup.create(&bed.client).err().unwrap();
    assert!(error.message().contains("a.*") && error.message().contains("items"), "{error}");
}

#[test]
fn methods_come_as_items_too() {
    let bed = Bed::items(json!({ "turns": [[asks("a.b", json!({})), { "text": "done" }]] }));
    let mut setup = Setup::new(json!({}));
    setup.0.on_method("a.*", Asked::Item).unwrap();
    let session = setup.create(&bed.client).unwrap();
    let turn = Arc::clone(session.core()).send_and_wait(prompt("Go"), Some(PATIENCE));
    let op = begin(&bed.client, session.queue().queue(), turn);
    let item = bed.take("request", |event| event.kind() == Kind::Request);
    assert_eq!(item.json().string("/method").as_deref(), Some("a.b"));
    respond(&item.take_request().unwrap(), "1");
    end_of::<Json>(&op).unwrap();
}

#[test]
fn what_the_session_asks_before_it_is_open_reaches_its_handlers() {
    let stat = asks("sessionFs.stat", json!({ "sessionId": "s", "path": "/state" }));
    let hook = asks("hooks.invoke", json!({ "sessionId": "s", "hookType": "sessionStart", "input": {} }));
    let bed = Bed::new(json!({ "on": { "session.create": [stat, hook, { "builtin": true }] } }));
    let session = Setup::new(json!({ "sessionId": "s" }))
        .method("sessionFs.*", |request| request.answer(Answer::Fail("ENOENT".into())).unwrap())
        .answer(QuestionKind::Hook, |request| respond(request, r#"{"additionalContext":"x"}"#))
        .create(&bed.client)
        .unwrap();
    assert_eq!(told(&bed, "sessionFs.stat")["result"]["error"]["code"], "ENOENT");
    assert_eq!(told(&bed, "hooks.invoke")["result"]["output"]["additionalContext"], "x");
    drop(session);
}

#[test]
fn handlers_are_announced() {
    let provider = json!({ "baseUrl": "http://127.0.0.1:9" });
    let options = json!({ "model": "m", "provider": provider });
    for of_session in [true, false] {
        let bed = Bed::new(json!({}));
        let mut setup = Setup::new(options.clone());
        for method in ["skillProvider.*", "providerToken.getToken"] {
            match of_session {
                true => setup = setup.method(method, |_| {}),
                false => on_client(&bed, method, |_| {}),
            }
        }
        setup.create(&bed.client).unwrap();
        let params = created_with(&bed);
        assert_eq!(params["hasSkillProvider"], true);
        assert_eq!(params["provider"]["hasBearerTokenProvider"], true);
        assert!(params.get("gitHubTokenProviderRegistrationId").is_none());
    }
    // Who answers whatever comes has offered nothing.
    let bed = Bed::new(json!({}));
    on_client(&bed, "*", |_| {});
    Setup::new(options).method("*", |_| {}).create(&bed.client).unwrap();
    let params = created_with(&bed);
    assert!(params.get("hasSkillProvider").is_none() && params["provider"] == provider, "{params}");
}

/// A bed whose turn asks for tokens of these registrations, all at once.
fn token_bed(registrations: &[&str]) -> Bed {
    let ask = |id: &&str| json!({ "method": "gitHubToken.getToken", "global": true, "params": { "registrationId": id } });
    let all: Vec<_> = registrations.iter().map(ask).collect();
    Bed::items(json!({ "turns": [[{ "request": all }, { "text": "done" }]] }))
}

fn token_session(bed: &Bed, id: &str) -> Arc<copilot::session::Session> {
    let mut setup = Setup::new(json!({ "gitHubTokenProviderRegistrationId": id }));
    setup.0.on_method("gitHubToken.getToken", Asked::Item).unwrap();
    setup.create(&bed.client).unwrap()
}

#[test]
fn tokens_are_asked_of_their_registration_one_at_a_time() {
    let bed = token_bed(&["one", "one", "two", "three"]);
    let one = token_session(&bed, "one");
    let two = token_session(&bed, "two");
    let turn = Arc::clone(one.core()).send_and_wait(prompt("Go"), Some(PATIENCE));
    let op = begin(&bed.client, one.queue().queue(), turn);
    let first = bed.take_request();
    let other = bed.take_request();
    assert_eq!((first.session_id(), other.session_id()), (Some(one.core().id()), Some(two.core().id())));
    let nobody = bed.logged(|record| record["in"]["error"]["code"] == -32603);
    assert_eq!(nobody["in"]["error"]["message"], "unknown GitHub token provider registration");
    let token = r#"{"kind":"token","accessToken":"t","expiresIn":60}"#;
    respond(&other, token);
    assert_eq!(bed.client.queue().queue().len(), 0, "the second question waits for the first answer");
    respond(&first, token);
    // The answered one is still held.
    let second = bed.take_request();
    assert_eq!(second.params().string("/registrationId").as_deref(), Some("one"));
    drop(second);
    end_of::<Json>(&op).unwrap();
    let told =
        bed.fake.log().iter().filter(|record| record["answer"]["result"]["kind"] == "cancelled").count();
    assert_eq!(told, 1, "what was let go was cancelled");
}

#[test]
fn a_registration_is_made_announced_and_ends_with_its_session() {
    let bed = Bed::items(json!({ "on": { "test.ask": [
        { "request": { "method": "gitHubToken.getToken", "global": true, "params": { "registrationId": "mine" } } },
        { "reply": {} },
    ] } }));
    let mut setup = Setup::new(json!({}));
    setup.0.on_method("gitHubToken.*", Asked::Item).unwrap();
    let _made = setup.create(&bed.client).unwrap();
    let id = created_with(&bed)["gitHubTokenProviderRegistrationId"].clone();
    assert_eq!(id.as_str().unwrap().len(), 36);
    let mut setup = Setup::new(json!({ "gitHubToken": "t" }));
    setup.0.on_method("gitHubToken.*", Asked::Item).unwrap();
    let error = setup.create(&bed.client).err().unwrap();
    assert!(error.code() == Code::InvalidArgument && error.message().contains("/gitHubToken"), "{error}");

    let session = token_session(&bed, "mine");
    on_session(&bed.client, &session, Arc::clone(session.core()).disconnect()).unwrap();
    bed.call("test.ask", json!({})).unwrap();
    let told = bed.logged(|record| record["answered"] == "gitHubToken.getToken");
    assert_eq!(told["answer"]["error"]["message"], "unknown GitHub token provider registration");
}

#[test]
fn a_waiting_question_ends_with_its_session() {
    let bed = token_bed(&["one", "one"]);
    let session = token_session(&bed, "one");
    let turn = Arc::clone(session.core()).send_and_wait(prompt("Go"), Some(PATIENCE));
    let op = begin(&bed.client, session.queue().queue(), turn);
    let first = bed.take_request();
    on_session(&bed.client, &session, Arc::clone(session.core()).disconnect()).unwrap();
    end_of::<Json>(&op).unwrap_err();
    assert!(first.is_cancelled());
    // The first is still held; the second may have come before the end or after it.
    bed.logged(|record| record["in"]["error"]["code"] == -32603);
    drop(first);
}

#[test]
fn other_notifications_are_events_of_the_client() {
    let telemetry = json!({ "method": "gitHubTelemetry.event", "params": { "sessionId": "s", "event": { "kind": "k" } } });
    let script = json!({ "on": { "ping": [
        { "unknown_notification": telemetry }, { "unknown_notification": true }, { "builtin": true },
    ] } });
    let bed = Bed::new(script.clone());
    let (one, all) = (Log::default(), Log::default());
    for (event_type, log) in [(Some("gitHubTelemetry.event"), &one), (None, &all)] {
        let log = Arc::clone(log);
        let callback = Callback::new(Box::new(move |event: &Event| {
            if event.kind() == Kind::Notification {
                log.lock().push(event.json().text().to_owned());
            }
        }));
        bed.client.core().on_event(event_type, callback);
    }
    bed.call("ping", json!({})).unwrap();
    bed.until("the notifications are heard", || all.lock().len() == 2);
    assert_eq!(one.lock().len(), 1);
    assert!(one.lock()[0].contains(r#""kind":"k""#));
    assert!(all.lock()[1].contains("unknown"));

    let bed = Bed::items(script);
    bed.call("ping", json!({})).unwrap();
    let item = bed.take("notification", |event| event.kind() == Kind::Notification);
    assert_eq!((item.event_type(), item.session_id()), (c"gitHubTelemetry.event", Some(c"s")));
}

#[test]
fn arguments_are_there_and_alike_on_every_server() {
    let call = |name: &str| json!({ "requestId": name, "toolCallId": "", "toolName": name });
    let requested =
        |data: Value| json!({ "event_question": { "type": "external_tool.requested", "data": data } });
    let mut broken = call("t");
    broken["toolName"] = json!(7);
    broken["requestId"] = json!("broken");
    let bed = Bed::new(json!({
        "turns": [[requested(call("t")), requested(call("tool_search_tool")), requested(broken), { "text": "done" }]],
        "on": { "session.tools.getCurrentMetadata": { "reply": { "tools": [{ "name": "grep" }] } } },
    }));
    let session = Setup::new(json!({}))
        .tool(json!({ "name": "t" }), |request| {
            assert_eq!(request.params().raw("/arguments"), Some("{}"));
            assert_eq!(request.params().string("/toolCallId").as_deref(), Some(""));
            respond(request, "1");
        })
        .tool(json!({ "name": "tool_search_tool", "overridesBuiltInTool": true }), |request| {
            assert_eq!(request.params().string("/availableTools/0/name").as_deref(), Some("grep"));
            respond(request, "2");
        })
        .create(&bed.client)
        .unwrap();
    ask(&bed.client, &session, "Go").unwrap();
    let answers = bed.fake.received("session.tools.handlePendingToolCall");
    let texts: Vec<_> = answers.iter().map(|call| call["params"].to_string()).collect();
    assert_eq!(texts.len(), 3, "{texts:?}");
    assert!(texts[2].contains("Failed to deserialize tool request: toolName is a number"), "{texts:?}");

    let input = json!({ "toolName": "t", "toolArgs": "{\"a\":1}" });
    for (protocol, is_object) in [(2, true), (3, false)] {
        let hook = asks("hooks.invoke", json!({ "hookType": "preToolUse", "input": input }));
        let bed = Bed::new(json!({ "protocol": protocol, "turns": [[hook, { "text": "done" }]] }));
        let session = Setup::new(json!({}))
            .answer(QuestionKind::Hook, move |request| {
                let read = request.params().get_i64("/input/toolArgs/a");
                assert_eq!(read, is_object.then_some(1), "protocol {protocol}");
                respond(request, "{}");
            })
            .create(&bed.client)
            .unwrap();
        ask(&bed.client, &session, "Go").unwrap();
        assert_eq!(told(&bed, "hooks.invoke"), json!({ "result": { "output": {} } }));
    }
}

#[test]
fn a_search_is_asked_without_the_tools_too_and_not_at_all_when_it_is_settled() {
    let data = json!({ "requestId": "r", "toolCallId": "c", "toolName": "tool_search_tool" });
    let requested =
        json!({ "event_question": { "type": "external_tool.requested", "data": data, "wait": false } });
    let settled = json!({ "event": { "type": "external_tool.completed", "data": { "requestId": "r" }, "ephemeral": true } });
    for is_settled in [false, true] {
        let refused = json!({ "reply_error": { "code": -32601, "message": "Unhandled method" } });
        let before = if is_settled { vec![settled.clone(), refused] } else { vec![refused] };
        let asked_and_told = match is_settled {
            true => json!([requested, { "hang": true }]),
            false => json!([requested, { "await": true }, { "text": "done" }]),
        };
        let bed = Bed::items(json!({
            "turns": [asked_and_told], "on": { "session.tools.getCurrentMetadata": before },
        }));
        let mut setup = Setup::new(json!({}));
        let tool = copilot::protocol::tool::Tool::parse(r#"{"name":"tool_search_tool"}"#).unwrap();
        setup.0.add_tool(tool, Asked::Item).unwrap();
        let session = setup.create(&bed.client).unwrap();
        let turn = Arc::clone(session.core()).send_and_wait(prompt("Go"), Some(PATIENCE));
        let op = begin(&bed.client, session.queue().queue(), turn);
        if is_settled {
            bed.called("session.tools.getCurrentMetadata");
            bed.take("settlement", |event| event.event_type() == c"external_tool.completed");
            // A later call is answered after the refusal was read.
            bed.call("ping", json!({})).unwrap();
            on_session(&bed.client, &session, Arc::clone(session.core()).abort()).unwrap();
            end_of::<Json>(&op).unwrap_err();
            stop(&bed.client).unwrap();
            assert!(bed.fake.received("session.tools.handlePendingToolCall").is_empty());
        } else {
            let request = bed.take_request();
            assert_eq!(request.params().raw("/availableTools"), None);
            respond(&request, "1");
            end_of::<Json>(&op).unwrap();
        }
    }
}
