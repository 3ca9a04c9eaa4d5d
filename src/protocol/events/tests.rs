use super::*;

fn read(event_type: &str, data: &str) -> Option<Acted> {
    let json = format!(r#"{{"type":"{event_type}","id":"x","data":{data},"parentId":null}}"#);
    acted(event_type, &json).map(|(from_sub_agent, acted)| {
        assert!(!from_sub_agent);
        acted
    })
}

fn some(text: &str) -> Option<String> {
    Some(String::from(text))
}

fn user(message_id: Option<String>, injected: bool, steering: Option<bool>) -> Acted {
    Acted::UserMessage { message_id, content: "c".into(), injected, steering }
}

#[test]
fn the_type_is_found_wherever_it_stands() {
    for event in [
        r#"{"type":"session.idle","data":{}}"#,
        r#"{"id":"1","type":"session.idle","data":{"type":"other"}}"#,
        r#"{ "type" : "session.idle" }"#,
        r#"{"type":"session\u002eidle"}"#,
    ] {
        assert_eq!(type_of(event).as_deref(), Some("session.idle"), "{event}");
    }
    for event in ["", "{}", "null", r#"{"type":7}"#, r#"{"type":"cut off"#, r#"{"data":{"type":"x"}}"#] {
        assert_eq!(type_of(event), None, "{event}");
    }
}

#[test]
fn reads_every_event_it_acts_upon() {
    let error = r#"{"errorType":"query","message":"m","statusCode":400,"eligibleForAutoSwitch":true,"originatingMessageId":"o"}"#;
    for (event_type, data, expected) in [
        (
            "user.message",
            r#"{"messageId":"m","content":"c","delivery":"steering","source":"user"}"#,
            user(some("m"), false, Some(true)),
        ),
        ("user.message", r#"{"content":"c","delivery":"queued"}"#, user(None, false, Some(false))),
        ("user.message", r#"{"content":"c","source":"skill-x"}"#, user(None, true, None)),
        ("user.message", r#"{"content":"c","isAutopilotContinuation":true}"#, user(None, true, None)),
        ("assistant.turn_start", "{}", Acted::TurnStart),
        ("assistant.turn_end", "{}", Acted::TurnEnd),
        ("assistant.idle", "{}", Acted::AgentIdle),
        ("assistant.usage", r#"{"model":"m"}"#, Acted::ModelUsed { model: "m".into() }),
        ("model.call_failure", r#"{"statusCode":429}"#, Acted::ModelFailed { status_code: Some(429) }),
        (
            "auto_mode_switch.requested",
            r#"{"retryAfterSeconds":90}"#,
            Acted::RateLimited { retry_after_ms: Some(90_000) },
        ),
        ("auto_mode_switch.requested", "{}", Acted::RateLimited { retry_after_ms: None }),
        (
            "session.warning",
            r#"{"warningType":"policy_blocked","message":"no","originatingMessageId":"o"}"#,
            Acted::PolicyBlocked { originating: some("o") },
        ),
        (
            "assistant.message",
            r#"{"originatingMessageId":"o","content":"c","model":"m"}"#,
            Acted::AssistantMessage { originating: some("o"), has_text: true, model: some("m") },
        ),
        (
            "assistant.message",
            "{}",
            Acted::AssistantMessage { originating: None, has_text: false, model: None },
        ),
        ("session.idle", "{}", Acted::Idle { aborted: None, autopilot: false }),
        ("session.idle", "null", Acted::Idle { aborted: None, autopilot: false }),
        (
            "session.idle",
            r#"{"aborted":true,"mode":"interactive"}"#,
            Acted::Idle { aborted: Some(true), autopilot: false },
        ),
        (
            "session.idle",
            r#"{"mode":"autopilot","aborted":null}"#,
            Acted::Idle { aborted: Some(false), autopilot: true },
        ),
        (
            "session.idle",
            r#"{"aborted":1,"mode":[]}"#,
            Acted::Idle { aborted: Some(false), autopilot: false },
        ),
        (
            "session.autopilot_stopped",
            r#"{"requestId":"r","reason":"error"}"#,
            Acted::AutopilotStopped { request_id: some("r"), reason: some("error") },
        ),
        (
            "session.error",
            error,
            Acted::SessionError {
                originating: some("o"),
                error_type: "query".into(),
                message: "m".into(),
                status_code: Some(400),
                may_go_on: true,
            },
        ),
        (
            "session.error",
            r#"{"statusCode":"400"}"#,
            Acted::SessionError {
                originating: None,
                error_type: String::new(),
                message: String::new(),
                status_code: None,
                may_go_on: false,
            },
        ),
        ("session.shutdown", "{}", Acted::Shutdown),
        ("abort", r#"{"reason":"user initiated"}"#, Acted::Aborted { reason: some("user initiated") }),
    ] {
        assert_eq!(read(event_type, data), Some(expected), "{event_type} {data}");
    }
    assert_eq!(read("session.warning", r#"{"warningType":"other"}"#), None);
}

#[test]
fn reads_questions_and_their_settlements() {
    for kind in Kind::ALL {
        let row = question::row(kind);
        let data = r#"{"requestId":"r","toolName":"t"}"#;
        if let Some(asks) = row.asked_by {
            let expected = Question::from_event(kind, data).unwrap();
            assert_eq!(read(asks, data), Some(Acted::Asked(expected)));
            assert_eq!(read(asks, "{}"), None);
            let asked = acted(asks, &format!(r#"{{"data":{data},"agentId":"a"}}"#));
            let Some((true, Acted::Asked(question))) = asked else { panic!("{kind:?}: {asked:?}") };
            assert!(question.params.ends_with(r#","agentId":"a"}"#), "{}", question.params);
        }
        if let Some(announces) = row.announced_by {
            let (request_id, question) = (String::from("r"), String::from("Who?"));
            let expected = Acted::Announced { kind, request_id, question };
            assert_eq!(read(announces, r#"{"requestId":"r","question":"Who?"}"#), Some(expected));
            assert_eq!(read(announces, "{}"), None);
        }
        if let Some(settles) = row.settled_by {
            let expected = Acted::Settled { kind, request_id: RequestId::of("r") };
            assert_eq!(read(settles, data), Some(expected));
            assert_eq!(read(settles, "{}"), None);
        }
    }
}

#[test]
fn tells_sub_agents_from_the_root() {
    let of = |agent: &str| {
        acted("session.idle", &format!(r#"{{"agentId":{agent},"data":{{}}}}"#)).map(|(sub, _)| sub)
    };
    assert_eq!(of("\"a\""), Some(true));
    assert_eq!(of("\"\""), Some(false));
    assert_eq!(of("null"), Some(false));
    assert_eq!(acted("session.idle", "").map(|(sub, _)| sub), Some(false));
    let early = r#"{"data":{"parentToolCallId":"call_1","content":"c"}}"#;
    assert_eq!(acted("assistant.message", early).map(|(sub, _)| sub), Some(true));
    assert_eq!(acted("session.idle", early).map(|(sub, _)| sub), Some(false));
}

#[test]
fn leaves_the_rest_alone() {
    for event_type in ["assistant.message_delta", "session.idles", "", "model.message"] {
        assert!(!is_acted(event_type));
        assert_eq!(acted(event_type, r#"{"data":{"requestId":"r"}}"#), None);
    }
}

#[test]
fn classes() {
    for (error_type, status, class) in [
        ("authentication", Some(401), Some("auth")),
        ("authentication", Some(403), Some("auth")),
        ("authorization", None, Some("auth")),
        ("quota", Some(402), Some("quota")),
        ("rate_limit", Some(429), Some("rate_limit")),
        ("query", Some(429), Some("rate_limit")),
        ("context_limit", None, Some("context")),
        ("query", Some(413), Some("context")),
        ("query", Some(400), Some("model")),
        ("query", Some(404), Some("model")),
        ("query", Some(500), Some("model")),
        ("query", Some(503), Some("transport")),
        ("query", None, Some("model")),
        ("query", Some(200), Some("model")),
        ("query", Some(402), Some("quota")),
        ("tool", None, Some("tool")),
        ("tool_execution", None, Some("tool")),
        ("notification", None, None),
        ("notification", Some(500), None),
        ("something new", None, None),
        ("something new", Some(401), Some("auth")),
        ("", Some(408), Some("transport")),
    ] {
        assert_eq!(error_class(error_type, status), class, "{error_type} {status:?}");
    }
}
