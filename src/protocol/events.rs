//! The handful of session events that the library itself acts upon. Every event goes to the program unchanged;
//! what is read here only steers waits, requests and errors.

use std::borrow::Cow;

use super::members::Members;
use super::names::event;
use super::question::{self, Kind, Question};
use super::session_info::Change;
use crate::json::scan;

/// What an event means to the library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acted {
    /// A message was taken into the conversation.
    UserMessage {
        /// The message's id; none from CLI 1.0.71 and before.
        message_id: Option<String>,
        /// Its text, which a hook may have changed.
        content: String,
        /// True where the server put it in by itself: the text of a skill, a nudge to go on.
        injected: bool,
        /// True where it joined the turn that was running; `None` from CLI 1.0.40 and before.
        steering: Option<bool>,
    },
    /// A round of the model's began; a turn has several when tools are called.
    TurnStart,
    /// A round ended.
    TurnEnd,
    /// The main agent has nothing left to do, but work in the background may go on.
    AgentIdle,
    /// A call of the model succeeded.
    ModelUsed {
        /// The model that answered.
        model: String,
    },
    /// A call of the model failed; the server may try again.
    ModelFailed {
        /// The HTTP status that the model's provider answered with.
        status_code: Option<u16>,
    },
    /// After a rate limit the server asks whether to go on with another model.
    RateLimited {
        /// How long the limit lasts.
        retry_after_ms: Option<u64>,
    },
    /// A message was blocked by a policy or a hook.
    PolicyBlocked {
        /// The blocked message's id.
        originating: Option<String>,
    },
    /// The assistant answered.
    AssistantMessage {
        /// The id of the message that it answers.
        originating: Option<String>,
        /// False where it only calls tools.
        has_text: bool,
        /// The model that wrote it; `None` from CLI 1.0.40 and before.
        model: Option<String>,
    },
    /// Nothing is left to do.
    Idle {
        /// True where the turn was aborted; `None` from the servers that do not say (1.0.2 and before).
        aborted: Option<bool>,
        /// True where it is the pause between two turns of the autopilot, not the end.
        autopilot: bool,
    },
    /// An autopilot request ended.
    AutopilotStopped {
        /// The id of the message that started it.
        request_id: Option<String>,
        /// Why it ended.
        reason: Option<String>,
    },
    /// Something failed; not always the turn.
    SessionError {
        /// The id of the message that failed.
        originating: Option<String>,
        /// The server's kind of error: "query", "authentication", …
        error_type: String,
        /// What happened.
        message: String,
        /// The HTTP status that the model's provider answered with.
        status_code: Option<u16>,
        /// True where the server may go on with another model.
        may_go_on: bool,
    },
    /// The session ended.
    Shutdown,
    /// The server asks every attached client.
    Asked(Question),
    /// The server asks in a way that nobody can understand.
    Undecodable {
        /// Which question it is.
        request_id: String,
        /// What is wrong with it, for the server.
        problem: String,
    },
    /// Onlookers are told of a question that comes to some as a request.
    Announced {
        /// What is asked.
        kind: Kind,
        /// What the settling event will name.
        request_id: String,
        /// The question's words, where there are any; the request has the same.
        question: String,
    },
    /// A question is settled, by whomever.
    Settled {
        /// What was asked.
        kind: Kind,
        /// Which question it was.
        request_id: String,
    },
    /// The turn was aborted.
    Aborted {
        /// Why.
        reason: Option<String>,
    },
    /// What is known of the session has changed.
    Changed(Change),
}

/// The type of an event. The CLIs begin an event with it, so that the whole need not be walked; where it stands
/// elsewhere, or has escapes in it, it is searched for.
pub fn type_of(event_json: &str) -> Option<Cow<'_, str>> {
    if let Some(rest) = event_json.strip_prefix(r#"{"type":""#)
        && let Some(end) = memchr::memchr2(b'"', b'\\', rest.as_bytes())
        && rest.as_bytes()[end] == b'"'
    {
        return Some(Cow::Borrowed(&rest[..end]));
    }
    scan::find(event_json, "/type").and_then(scan::string)
}

/// True for the types that [`acted`] reads. Quick, since every event of every stream passes here.
pub fn is_acted(event_type: &str) -> bool {
    matches!(
        event_type,
        event::USER_MESSAGE
            | event::ASSISTANT_MESSAGE
            | event::ASSISTANT_TURN_START
            | event::ASSISTANT_TURN_END
            | event::ASSISTANT_IDLE
            | event::ASSISTANT_USAGE
            | event::MODEL_CALL_FAILURE
            | event::AUTO_MODE_SWITCH_REQUESTED
            | event::SESSION_WARNING
            | event::SESSION_ERROR
            | event::SESSION_IDLE
            | event::SESSION_SHUTDOWN
            | event::AUTOPILOT_STOPPED
            | event::ABORT
            | event::EXTERNAL_TOOL_REQUESTED
            | event::EXTERNAL_TOOL_COMPLETED
            | event::PERMISSION_REQUESTED
            | event::PERMISSION_COMPLETED
            | event::ELICITATION_REQUESTED
            | event::ELICITATION_COMPLETED
            | event::COMMAND_EXECUTE
            | event::COMMAND_COMPLETED
            | event::USER_INPUT_REQUESTED
            | event::EXIT_PLAN_MODE_REQUESTED
            | event::MCP_OAUTH_REQUIRED
            | event::MCP_OAUTH_COMPLETED
            | event::USER_INPUT_COMPLETED
            | event::EXIT_PLAN_MODE_COMPLETED
            | event::AUTO_MODE_SWITCH_COMPLETED
            | event::CAPABILITIES_CHANGED
            | event::CANVAS_OPENED
            | event::CANVAS_CLOSED
            | event::MODEL_CHANGE
    )
}

/// Reads an event (the whole object, with its `data`): whether it comes from a sub-agent, and what it means. `None`
/// where the library has nothing to do. A member of an unexpected type counts as missing, so that no end of a turn
/// is overlooked for the sake of a detail.
pub fn acted(event_type: &str, event_json: &str) -> Option<(bool, Acted)> {
    if !is_acted(event_type) {
        return None;
    }
    let event = Members::lenient(event_json);
    let data = event.get("data").unwrap_or("{}");
    let names = |members: &Members, name| members.text(name).is_some_and(|id| !id.is_empty());
    // Early servers only name the tool call that the sub-agent works for.
    let from_sub_agent =
        names(&event, "agentId") || is_said(event_type) && names(&Members::lenient(data), "parentToolCallId");
    let mut acted = meaning(event_type, data)?;
    if let Acted::Asked(question) = &mut acted
        && let Some(agent) = event.text("agentId").filter(|agent| !agent.is_empty())
    {
        question.asked_by_agent(&agent);
    }
    Some((from_sub_agent, acted))
}

/// True for what an agent says and uses.
fn is_said(event_type: &str) -> bool {
    matches!(event_type, event::ASSISTANT_MESSAGE | event::ASSISTANT_USAGE | event::MODEL_CALL_FAILURE)
}

fn meaning(event_type: &str, data_json: &str) -> Option<Acted> {
    if let Some(kind) = question::by_event(event_type) {
        return match Question::from_event(kind, data_json) {
            Some(question) => Some(Acted::Asked(question)),
            None if kind == Kind::Tool => question::undecodable(data_json)
                .map(|(request_id, problem)| Acted::Undecodable { request_id, problem }),
            None => None,
        };
    }
    let data = Members::lenient(data_json);
    if let Some(kind) = question::announced_by(event_type) {
        let question = data.text("question").unwrap_or_default();
        return data.text("requestId").map(|request_id| Acted::Announced { kind, request_id, question });
    }
    if let Some(kind) = question::settled_by(event_type) {
        return data.text("requestId").map(|request_id| Acted::Settled { kind, request_id });
    }
    let originating = || data.text("originatingMessageId");
    let text = |name: &str| data.text(name).unwrap_or_default();
    Some(match event_type {
        event::USER_MESSAGE => user_message(&data),
        event::ASSISTANT_MESSAGE => Acted::AssistantMessage {
            originating: originating(),
            has_text: !text("content").is_empty(),
            model: data.text("model"),
        },
        event::ASSISTANT_TURN_START => Acted::TurnStart,
        event::ASSISTANT_TURN_END => Acted::TurnEnd,
        event::ASSISTANT_IDLE => Acted::AgentIdle,
        event::ASSISTANT_USAGE => Acted::ModelUsed { model: data.text("model")? },
        event::MODEL_CALL_FAILURE => Acted::ModelFailed { status_code: data.number("statusCode") },
        event::AUTO_MODE_SWITCH_REQUESTED => Acted::RateLimited {
            retry_after_ms: data.number("retryAfterSeconds").map(|seconds: u64| seconds.saturating_mul(1000)),
        },
        event::SESSION_WARNING if text("warningType") == "policy_blocked" => {
            Acted::PolicyBlocked { originating: originating() }
        }
        event::SESSION_IDLE => {
            // A server that names the mode would also name an abort.
            let says = data.get("aborted").or_else(|| data.get("mode")).is_some();
            Acted::Idle {
                aborted: says.then(|| data.flag("aborted")),
                autopilot: text("mode") == "autopilot",
            }
        }
        event::AUTOPILOT_STOPPED => {
            Acted::AutopilotStopped { request_id: data.text("requestId"), reason: data.text("reason") }
        }
        event::SESSION_ERROR => Acted::SessionError {
            originating: originating(),
            error_type: text("errorType"),
            message: text("message"),
            status_code: data.number("statusCode"),
            may_go_on: data.flag("eligibleForAutoSwitch"),
        },
        event::SESSION_SHUTDOWN => Acted::Shutdown,
        event::ABORT => Acted::Aborted { reason: data.text("reason") },
        _ => return Change::read(event_type, data_json).map(Acted::Changed),
    })
}

fn user_message(data: &Members) -> Acted {
    let source = data.text("source");
    Acted::UserMessage {
        message_id: data.text("messageId"),
        content: data.text("content").unwrap_or_default(),
        injected: source.is_some_and(|source| !source.is_empty() && source != "user")
            || data.flag("isAutopilotContinuation"),
        steering: data.text("delivery").map(|delivery| delivery == "steering"),
    }
}

/// The class of an error, for programs to branch on: "auth", "quota", "rate_limit", "context", "model", "tool" or
/// "transport"; `None` where the server does not say. The type comes first; "query" stands for any failed model
/// call, and there the HTTP status decides (CLI 1.0.40 to 1.0.71 call a 429 a "query").
pub fn error_class(error_type: &str, status_code: Option<u16>) -> Option<&'static str> {
    match error_type {
        "authentication" | "authorization" => Some("auth"),
        "quota" => Some("quota"),
        "rate_limit" => Some("rate_limit"),
        "context_limit" => Some("context"),
        "tool" | "tool_execution" => Some("tool"),
        // An entry of the program's own log, or of another client's.
        "notification" => None,
        "query" | "model_call" => Some(status_class(status_code).unwrap_or("model")),
        _ => status_class(status_code),
    }
}

fn status_class(status_code: Option<u16>) -> Option<&'static str> {
    match status_code? {
        401 | 403 => Some("auth"),
        402 => Some("quota"),
        413 => Some("context"),
        429 => Some("rate_limit"),
        408 | 502..=504 => Some("transport"),
        400..=599 => Some("model"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
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
                let expected = Acted::Settled { kind, request_id: String::from("r") };
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
}
