//! The handful of session events that the library itself acts upon. Every event goes to the program unchanged;
//! what is read here only steers waits, requests and errors.

use std::borrow::Cow;
use std::cell::Cell;
use std::str::FromStr;

use super::members::text_of;
use super::names::event;
use super::pick::pick_nested;
use super::question::{self, Given, Kind, Question, RequestId};
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
        request_id: RequestId,
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
    let event = Event::new(event_json);
    let (by_tool_call, mut acted) = match event_type {
        event::ASSISTANT_MESSAGE | event::ASSISTANT_USAGE | event::MODEL_CALL_FAILURE => {
            said(event_type, &event)?
        }
        _ => (false, meaning(event_type, &event)?),
    };
    let agent = event.agent();
    if let (Acted::Asked(question), Some(agent)) = (&mut acted, &agent) {
        question.asked_by_agent(agent);
    }
    Some((agent.is_some() || by_tool_call, acted))
}

/// An event, of which the little is read that is wanted.
struct Event<'a> {
    json: &'a str,
    seen: Cell<Option<Seen<'a>>>,
}

/// What is found beside the wanted members.
#[derive(Clone, Copy, Default)]
struct Seen<'a> {
    agent: Option<&'a str>,
    data: Option<&'a str>,
    /// A wanted member of the data was there more than once.
    has_repeated: bool,
}

impl<'a> Event<'a> {
    fn new(json: &'a str) -> Event<'a> {
        Event { json, seen: Cell::new(None) }
    }

    /// Members of the event's data, unparsed.
    fn pick<const N: usize>(&self, names: [&str; N]) -> [Option<&'a str>; N] {
        let read = pick_nested(self.json, ["agentId"], "data", names);
        let (seen, picked) = read.map_or((Seen::default(), [None; N]), |read| {
            let seen = Seen { agent: read.outer[0], data: read.text, has_repeated: read.has_repeated };
            (seen, read.inner)
        });
        self.seen.set(Some(seen));
        picked
    }

    /// The sub-agent that it comes from.
    fn agent(&self) -> Option<Cow<'a, str>> {
        self.seen().agent.and_then(text_of).filter(|agent| !agent.is_empty())
    }

    /// All of its data.
    fn data(&self) -> &'a str {
        self.seen().data.unwrap_or("{}")
    }

    fn seen(&self) -> Seen<'a> {
        if self.seen.get().is_none() {
            self.pick([]);
        }
        self.seen.get().unwrap_or_default()
    }
}

/// What an agent says and uses, and whether it names the tool call that it works for, as the sub-agents of early servers
/// do, which say no more of themselves.
fn said(event_type: &str, event: &Event<'_>) -> Option<(bool, Acted)> {
    let [tool_call, originating, content, model, status_code] =
        event.pick(["parentToolCallId", "originatingMessageId", "content", "model", "statusCode"]);
    let acted = match event_type {
        event::ASSISTANT_MESSAGE => Acted::AssistantMessage {
            originating: owned(originating),
            has_text: content.is_some_and(is_text),
            model: owned(model),
        },
        event::ASSISTANT_USAGE => Acted::ModelUsed { model: owned(model)? },
        _ => Acted::ModelFailed { status_code: number(status_code) },
    };
    Some((tool_call.is_some_and(is_text), acted))
}

fn meaning(event_type: &str, event: &Event<'_>) -> Option<Acted> {
    if let Some(kind) = question::by_event(event_type) {
        return asked(kind, event);
    }
    if let Some(kind) = question::settled_by(event_type) {
        let [request_id] = event.pick(["requestId"]);
        let request_id = request_id.and_then(text_of)?;
        return Some(Acted::Settled { kind, request_id: RequestId::of(&request_id) });
    }
    if let Some(kind) = question::announced_by(event_type) {
        let [request_id, question] = event.pick(["requestId", "question"]);
        let question = owned(question).unwrap_or_default();
        return owned(request_id).map(|request_id| Acted::Announced { kind, request_id, question });
    }
    Some(match event_type {
        event::USER_MESSAGE => user_message(event),
        event::ASSISTANT_TURN_START => Acted::TurnStart,
        event::ASSISTANT_TURN_END => Acted::TurnEnd,
        event::ASSISTANT_IDLE => Acted::AgentIdle,
        event::AUTO_MODE_SWITCH_REQUESTED => {
            let [seconds] = event.pick(["retryAfterSeconds"]);
            let retry_after_ms = number(seconds).map(|seconds: u64| seconds.saturating_mul(1000));
            Acted::RateLimited { retry_after_ms }
        }
        event::SESSION_WARNING => {
            let [warning, originating] = event.pick(["warningType", "originatingMessageId"]);
            warning.and_then(text_of).filter(|warning| warning == "policy_blocked")?;
            Acted::PolicyBlocked { originating: owned(originating) }
        }
        event::SESSION_IDLE => {
            let [aborted, mode] = event.pick(["aborted", "mode"]);
            // A server that names the mode would also name an abort.
            let says = aborted.or(mode).is_some();
            let autopilot = mode.and_then(text_of).is_some_and(|mode| mode == "autopilot");
            Acted::Idle { aborted: says.then(|| is_true(aborted)), autopilot }
        }
        event::AUTOPILOT_STOPPED => {
            let [request_id, reason] = event.pick(["requestId", "reason"]);
            Acted::AutopilotStopped { request_id: owned(request_id), reason: owned(reason) }
        }
        event::SESSION_ERROR => session_error(event),
        event::SESSION_SHUTDOWN => Acted::Shutdown,
        event::ABORT => Acted::Aborted { reason: owned(event.pick(["reason"])[0]) },
        _ => return Change::read(event_type, event.data()).map(Acted::Changed),
    })
}

fn asked(kind: Kind, event: &Event<'_>) -> Option<Acted> {
    let values = event.pick(Given::NAMES);
    let given = Given { values, has_repeated: event.seen().has_repeated };
    if let Some(question) = Question::of_event(kind, &given, event.data()) {
        return Some(Acted::Asked(question));
    }
    let (request_id, problem) = question::undecodable(event.data()).filter(|_| kind == Kind::Tool)?;
    Some(Acted::Undecodable { request_id, problem })
}

fn user_message(event: &Event<'_>) -> Acted {
    let names = ["messageId", "content", "source", "delivery", "isAutopilotContinuation"];
    let [message_id, content, source, delivery, continues] = event.pick(names);
    let source = source.and_then(text_of);
    Acted::UserMessage {
        message_id: owned(message_id),
        content: owned(content).unwrap_or_default(),
        injected: source.is_some_and(|source| !source.is_empty() && source != "user") || is_true(continues),
        steering: delivery.and_then(text_of).map(|delivery| delivery == "steering"),
    }
}

fn session_error(event: &Event<'_>) -> Acted {
    let names = ["originatingMessageId", "errorType", "message", "statusCode", "eligibleForAutoSwitch"];
    let [originating, error_type, message, status_code, eligible] = event.pick(names);
    Acted::SessionError {
        originating: owned(originating),
        error_type: owned(error_type).unwrap_or_default(),
        message: owned(message).unwrap_or_default(),
        status_code: number(status_code),
        may_go_on: is_true(eligible),
    }
}

/// A member's text; `None` where it is missing or something else.
fn owned(value: Option<&str>) -> Option<String> {
    value.and_then(text_of).map(Cow::into_owned)
}

fn number<T: FromStr>(value: Option<&str>) -> Option<T> {
    value?.parse().ok()
}

fn is_true(value: Option<&str>) -> bool {
    value == Some("true")
}

/// True for a text that is not empty, however long it is.
fn is_text(value: &str) -> bool {
    value.starts_with('"') && value != r#""""#
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
mod tests;
