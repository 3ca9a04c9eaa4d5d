//! What the server asks: one table of the kinds, and one question as it arrived.

use std::borrow::Cow;

use super::members::text_of;
use super::names::{event, pending, request};
use super::pick::{pick_counted, pick_lenient};
use crate::json::scan;

mod id;
mod params;
mod shown;

pub use id::RequestId;
pub use params::{searches_tools, undecodable, with_tools};
pub use shown::Shown;

/// The kinds of questions. The numbers are the C ABI's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i32)]
pub enum Kind {
    /// A method without a kind of its own.
    Other = 0,
    /// Run a tool of the program.
    Tool = 1,
    /// May the agent do this?
    Permission = 2,
    /// The agent asks the user.
    UserInput = 3,
    /// A form to fill in, or a page to visit.
    Elicitation = 4,
    /// A hook runs.
    Hook = 5,
    /// A slash command of the program runs.
    Command = 6,
    /// The plan is ready: go on?
    ExitPlanMode = 7,
    /// The model is out of reach: switch to auto?
    AutoModeSwitch = 8,
    /// Rewrite sections of the system message.
    SystemMessage = 9,
    /// An MCP server wants a login.
    McpOauth = 10,
}

impl Kind {
    /// Every kind, in the order of the numbers.
    pub const ALL: [Kind; 11] = [
        Kind::Other,
        Kind::Tool,
        Kind::Permission,
        Kind::UserInput,
        Kind::Elicitation,
        Kind::Hook,
        Kind::Command,
        Kind::ExitPlanMode,
        Kind::AutoModeSwitch,
        Kind::SystemMessage,
        Kind::McpOauth,
    ];

    /// Whether it is the turn that waits for the answer, so that nobody does once the turn is aborted.
    pub fn ends_with_its_turn(self) -> bool {
        use Kind::{AutoModeSwitch, Elicitation, ExitPlanMode, Permission, Tool, UserInput};
        matches!(self, Tool | Permission | UserInput | Elicitation | ExitPlanMode | AutoModeSwitch)
    }

    /// The name in items and messages.
    #[rustfmt::skip]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Other => "other",
            Kind::Tool => "tool",
            Kind::Permission => "permission",
            Kind::UserInput => "userInput",
            Kind::Elicitation => "elicitation",
            Kind::Hook => "hook",
            Kind::Command => "command",
            Kind::ExitPlanMode => "exitPlanMode",
            Kind::AutoModeSwitch => "autoModeSwitch",
            Kind::SystemMessage => "systemMessage",
            Kind::McpOauth => "mcpOauth",
        }
    }

    /// The kind of this number, if there is one.
    pub fn from_i32(number: i32) -> Option<Kind> {
        Kind::ALL.get(usize::try_from(number).ok()?).copied()
    }
}

/// How a kind travels.
#[derive(Debug)]
pub struct Row {
    /// The kind.
    pub kind: Kind,
    /// The event that asks every attached client.
    pub asked_by: Option<&'static str>,
    /// The event that tells onlookers of a question that comes as a request.
    pub announced_by: Option<&'static str>,
    /// The event that says the question is settled, by whomever.
    pub settled_by: Option<&'static str>,
    /// The method that answers the event.
    pub answered_with: Option<&'static str>,
    /// The request that asks this client alone.
    pub method: Option<&'static str>,
    /// The flag of create and resume that offers to answer.
    pub flag: Option<&'static str>,
    /// True where, asked by an event, a client without a handler stays silent, so that another may answer.
    pub silent_without_handler: bool,
}

const NONE: Row = Row {
    kind: Kind::Other,
    asked_by: None,
    announced_by: None,
    settled_by: None,
    answered_with: None,
    method: None,
    flag: None,
    silent_without_handler: false,
};

/// The one table, in the order of the numbers.
static ROWS: [Row; 11] = [
    NONE,
    Row {
        kind: Kind::Tool,
        asked_by: Some(event::EXTERNAL_TOOL_REQUESTED),
        settled_by: Some(event::EXTERNAL_TOOL_COMPLETED),
        answered_with: Some(pending::TOOL),
        method: Some(request::TOOL_CALL),
        silent_without_handler: true,
        ..NONE
    },
    Row {
        kind: Kind::Permission,
        asked_by: Some(event::PERMISSION_REQUESTED),
        settled_by: Some(event::PERMISSION_COMPLETED),
        answered_with: Some(pending::PERMISSION),
        method: Some(request::PERMISSION),
        flag: Some("requestPermission"),
        ..NONE
    },
    // An event that announces is not to be answered: the same question comes as a request, and answering both would
    // answer twice.
    Row {
        kind: Kind::UserInput,
        announced_by: Some(event::USER_INPUT_REQUESTED),
        settled_by: Some(event::USER_INPUT_COMPLETED),
        method: Some(request::USER_INPUT),
        flag: Some("requestUserInput"),
        ..NONE
    },
    Row {
        kind: Kind::Elicitation,
        asked_by: Some(event::ELICITATION_REQUESTED),
        settled_by: Some(event::ELICITATION_COMPLETED),
        answered_with: Some(pending::ELICITATION),
        flag: Some("requestElicitation"),
        silent_without_handler: true,
        ..NONE
    },
    Row { kind: Kind::Hook, method: Some(request::HOOKS_INVOKE), flag: Some("hooks"), ..NONE },
    Row {
        kind: Kind::Command,
        asked_by: Some(event::COMMAND_EXECUTE),
        settled_by: Some(event::COMMAND_COMPLETED),
        answered_with: Some(pending::COMMAND),
        ..NONE
    },
    Row {
        kind: Kind::ExitPlanMode,
        announced_by: Some(event::EXIT_PLAN_MODE_REQUESTED),
        settled_by: Some(event::EXIT_PLAN_MODE_COMPLETED),
        method: Some(request::EXIT_PLAN_MODE),
        flag: Some("requestExitPlanMode"),
        ..NONE
    },
    Row {
        kind: Kind::AutoModeSwitch,
        settled_by: Some(event::AUTO_MODE_SWITCH_COMPLETED),
        method: Some(request::AUTO_MODE_SWITCH),
        flag: Some("requestAutoModeSwitch"),
        ..NONE
    },
    Row { kind: Kind::SystemMessage, method: Some(request::SYSTEM_MESSAGE_TRANSFORM), ..NONE },
    // Asked only after `session.eventLog.registerInterest` in its event.
    Row {
        kind: Kind::McpOauth,
        asked_by: Some(event::MCP_OAUTH_REQUIRED),
        settled_by: Some(event::MCP_OAUTH_COMPLETED),
        answered_with: Some(pending::MCP_OAUTH),
        silent_without_handler: true,
        ..NONE
    },
];

/// How this kind travels.
pub fn row(kind: Kind) -> &'static Row {
    &ROWS[kind as usize]
}

/// The kind that an event of this type asks.
pub fn by_event(event_type: &str) -> Option<Kind> {
    ROWS.iter().find(|row| row.asked_by == Some(event_type)).map(|row| row.kind)
}

/// The kind of question that an event of this type announces to onlookers.
pub fn announced_by(event_type: &str) -> Option<Kind> {
    ROWS.iter().find(|row| row.announced_by == Some(event_type)).map(|row| row.kind)
}

/// The kind of question that an event of this type settles.
pub fn settled_by(event_type: &str) -> Option<Kind> {
    ROWS.iter().find(|row| row.settled_by == Some(event_type)).map(|row| row.kind)
}

/// The kind that a request of this method asks; [`Kind::Other`] for every method without one.
pub fn by_method(method: &str) -> Kind {
    ROWS.iter().find(|row| row.method == Some(method)).map_or(Kind::Other, |row| row.kind)
}

/// One question, as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// What is asked.
    pub kind: Kind,
    /// The request's method, or the type of the event that asked.
    pub method: Cow<'static, str>,
    /// What the program sees: the event's `data` or the request's `params`, which have the same members for one
    /// kind (`/toolName`, `/toolCallId`, `/arguments`, which are never missing; `/permissionRequest`).
    pub params: Shown,
    /// True where a hook has decided already, so that nobody may answer.
    pub resolved_by_hook: bool,
}

impl Question {
    /// The question in an event's `data`; `None` where it lacks what an answer needs: its id, or the tool's name.
    pub fn from_event(kind: Kind, data: &str) -> Option<Question> {
        Question::of_event(kind, &Given::new(pick_counted(data, Given::NAMES)?), data)
    }

    /// The same, where the data was read already.
    pub(super) fn of_event(kind: Kind, given: &Given<'_>, data: &str) -> Option<Question> {
        let asked_by = row(kind).asked_by?;
        let names = given.names(kind);
        let is_there = |name: &Option<Cow<'_, str>>| name.as_deref().is_some_and(|name| !name.is_empty());
        if !is_there(&names.request_id) || (kind == Kind::Tool && !is_there(&names.tool_name)) {
            return None;
        }
        let (method, params) = (Cow::Borrowed(asked_by), given.shown(kind, &names, data));
        Some(Question { kind, method, params, resolved_by_hook: given.is_resolved_by_hook(kind) })
    }

    /// The question that a request is.
    pub fn from_request(method: &str, params: &str) -> Question {
        let kind = by_method(method);
        let given = Given::new(pick_counted(params, Given::NAMES).unwrap_or_default());
        Question {
            kind,
            method: row(kind).method.map_or_else(|| Cow::Owned(String::from(method)), Cow::Borrowed),
            params: given.shown(kind, &given.names(kind), params),
            resolved_by_hook: given.is_resolved_by_hook(kind),
        }
    }

    /// What an answer to an event names, and what the settling event names.
    pub fn request_id(&self) -> Option<&str> {
        self.params.request_id()
    }

    /// The tool's name, for [`Kind::Tool`].
    pub fn tool_name(&self) -> Option<&str> {
        self.params.tool_name()
    }

    /// The words by which a request is paired with the event that announces it; `None` where no event does.
    pub fn announced_words(&self) -> Option<String> {
        row(self.kind).announced_by?;
        let [words] = pick_lenient(&self.params, ["question"]);
        Some(words.and_then(text_of).map(Cow::into_owned).unwrap_or_default())
    }

    /// Tells the program which sub-agent asks: the event says it beside its `data`, which is all that the program sees.
    pub(crate) fn asked_by_agent(&mut self, agent_id: &str) {
        self.params = self.params.with(&params::with_agent(&self.params, agent_id));
    }
}

/// What an event's data or a request's params say that is looked at before anybody asks.
pub(super) struct Given<'a> {
    pub(super) values: [Option<&'a str>; 5],
    /// One of them was there more than once.
    pub(super) has_repeated: bool,
}

impl<'a> Given<'a> {
    pub(super) const NAMES: [&'static str; 5] =
        ["requestId", "toolName", "arguments", "input", "resolvedByHook"];

    fn new((values, has_repeated): ([Option<&'a str>; 5], bool)) -> Given<'a> {
        Given { values, has_repeated }
    }

    fn is_resolved_by_hook(&self, kind: Kind) -> bool {
        kind == Kind::Permission && self.values[4] == Some("true")
    }

    fn names(&self, kind: Kind) -> Names<'a> {
        let [request_id, tool_name, ..] = self.values;
        Names {
            request_id: request_id.and_then(text_of),
            tool_name: tool_name.filter(|_| kind == Kind::Tool).and_then(text_of),
        }
    }

    /// What the program sees of these params.
    fn shown(&self, kind: Kind, names: &Names<'_>, params: &str) -> Shown {
        let [_, _, arguments, input, _] = self.values;
        let shown =
            |params: &str| Shown::new(names.request_id.as_deref(), names.tool_name.as_deref(), params);
        match (kind, arguments) {
            (Kind::Tool, None | Some("null")) => shown(&params::of_tool(params)),
            (Kind::Tool, Some(arguments)) => {
                let shown = shown(params);
                // Nearly every handler reads in them. What comes twice is not read alike by everybody.
                if !self.has_repeated {
                    shown.json().expect_member("arguments", scan::range_in(params, arguments).start);
                }
                shown
            }
            (Kind::Hook, _) if input.is_some_and(params::is_of_old_hook) => shown(&params::of_hook(params)),
            _ => shown(params),
        }
    }
}

/// The names in them, decoded.
struct Names<'a> {
    request_id: Option<Cow<'a, str>>,
    tool_name: Option<Cow<'a, str>>,
}

/// The session that a request names; `None` where it concerns the whole connection.
pub fn session_id(params: &str) -> Option<String> {
    let [session] = pick_lenient(params, ["sessionId"]);
    session.and_then(text_of).map(Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_by_every_name_it_has() {
        for (number, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, number);
            assert_eq!(Kind::from_i32(number as i32), Some(kind));
            let row = row(kind);
            assert_eq!(row.kind, kind);
            assert_eq!(row.asked_by.is_some(), row.answered_with.is_some(), "{kind:?}");
            assert!(row.asked_by.is_none_or(|name| by_event(name) == Some(kind)));
            assert!(row.announced_by.is_none_or(|name| announced_by(name) == Some(kind)));
            assert!(row.settled_by.is_none_or(|name| settled_by(name) == Some(kind)));
            assert!(row.method.is_none_or(|name| by_method(name) == kind));
        }
        for number in [-1, 11, i32::MAX, i32::MIN] {
            assert_eq!(Kind::from_i32(number), None);
        }
    }

    #[test]
    fn the_names_are_the_wires() {
        use Kind::*;
        for (name, kind) in [
            ("external_tool.requested", Tool),
            ("permission.requested", Permission),
            ("elicitation.requested", Elicitation),
            ("command.execute", Command),
            ("mcp.oauth_required", McpOauth),
        ] {
            assert_eq!(by_event(name), Some(kind));
        }
        for (name, kind) in [
            ("external_tool.completed", Tool),
            ("permission.completed", Permission),
            ("user_input.completed", UserInput),
            ("elicitation.completed", Elicitation),
            ("command.completed", Command),
            ("exit_plan_mode.completed", ExitPlanMode),
            ("auto_mode_switch.completed", AutoModeSwitch),
            ("mcp.oauth_completed", McpOauth),
        ] {
            assert_eq!(settled_by(name), Some(kind));
        }
        for (name, kind) in [
            ("tool.call", Tool),
            ("permission.request", Permission),
            ("userInput.request", UserInput),
            ("hooks.invoke", Hook),
            ("exitPlanMode.request", ExitPlanMode),
            ("autoModeSwitch.request", AutoModeSwitch),
            ("systemMessage.transform", SystemMessage),
            ("sessionFs.stat", Other),
            ("", Other),
        ] {
            assert_eq!(by_method(name), kind);
        }
        for (name, kind) in [("user_input.requested", UserInput), ("exit_plan_mode.requested", ExitPlanMode)]
        {
            assert_eq!((announced_by(name), by_event(name)), (Some(kind), None), "{name}");
        }
        assert_eq!(by_event("auto_mode_switch.requested"), None);
        assert_eq!((announced_by("user_input.completed"), by_event("")), (None, None));
        assert_eq!(settled_by("assistant.message"), None);
        let flags: Vec<_> = Kind::ALL.into_iter().filter_map(|kind| row(kind).flag).collect();
        let expected = "requestPermission requestUserInput requestElicitation hooks requestExitPlanMode \
            requestAutoModeSwitch";
        assert_eq!(flags.join(" "), expected);
    }

    #[test]
    fn a_tool_call_looks_alike_in_both_generations() {
        let data = concat!(
            r#"{"requestId":"r","sessionId":"s","toolCallId":"c","toolName":"t","arguments":{"b":1},"#,
            r#""agentId":"a","traceparent":"00-1-2-01","tracestate":"v=1"}"#
        );
        let event = Question::from_event(Kind::Tool, data).unwrap();
        assert_eq!(event.request_id(), Some("r"));
        assert_eq!(event.tool_name(), Some("t"));
        assert_eq!(event.params, data);
        let params = r#"{"sessionId":"s","toolCallId":"c","toolName":"t","arguments":{"b":1}}"#;
        let request = Question::from_request("tool.call", params);
        assert_eq!((request.kind, request.request_id()), (Kind::Tool, None));
        assert_eq!(request.tool_name(), Some("t"));
        assert_eq!(session_id(&request.params).as_deref(), Some("s"));
    }

    #[test]
    fn the_names_are_decoded_and_no_part_of_the_params() {
        let long = "\u{e9}".repeat(50);
        for id in ["r", "8d8e3e8c-1111-4222-8333-444455556666", &long] {
            let data = format!(r#"{{"requestId":"{id}","toolName":"a\n\u00e9","arguments":{{"x":7}}}}"#);
            let mut question = Question::from_event(Kind::Tool, &data).unwrap();
            assert_eq!((question.request_id(), question.tool_name()), (Some(id), Some("a\n\u{e9}")));
            assert_eq!(
                (question.params.json().text(), question.params.json().text_c().len()),
                (&*data, data.len())
            );
            assert_eq!(question.clone(), question);
            question.asked_by_agent("z");
            assert_eq!((question.request_id(), question.tool_name()), (Some(id), Some("a\n\u{e9}")));
            assert!(question.params.ends_with(r#","agentId":"z"}"#), "{}", question.params);
            assert_eq!(question.params.json().get_i64("/arguments/x"), Some(7));
        }
    }

    #[test]
    fn arguments_are_read_alike_whether_they_are_expected_or_searched() {
        for data in [
            r#"{"requestId":"r","toolName":"t","arguments":{"a":1,"b":2}}"#,
            r#"{"arguments":{"a":1,"b":2},"requestId":"r","toolName":"t"}"#,
            r#"{ "arguments" : {"a":1} , "requestId":"r","toolName":"t"}"#,
            r#"{"requestId":"r","toolName":"t","arguments":{"a":1},"arguments":{"a":2,"b":3}}"#,
            r#"{"requestId":"r","toolName":"t","\u0061rguments":{"a":1},"arguments":{"a":2,"b":3}}"#,
            r#"{"requestId":"r","toolName":"t","x":{"arguments":{"a":3}},"arguments":{"b":4}}"#,
            r#"{"requestId":"r","toolName":"t","arguments":[{"a":1}]}"#,
            r#"{"requestId":"r","toolName":"t","arguments":"a"}"#,
            r#"{"requestId":"r","toolName":"t","arguments":null}"#,
        ] {
            let question = Question::from_event(Kind::Tool, data).unwrap();
            for pointer in ["/arguments/a", "/arguments/b", "/arguments/0/a", "/arguments", "/x/arguments/a"]
            {
                let expected = scan::find(&question.params, pointer);
                assert_eq!(question.params.json().raw(pointer), expected, "{pointer} of {data}");
                let number = expected.and_then(|number| number.parse().ok());
                assert_eq!(question.params.json().get_i64(pointer), number, "{pointer} of {data}");
            }
        }
    }

    #[test]
    fn permissions_note_what_a_hook_decided() {
        let asked = |data| Question::from_event(Kind::Permission, data).unwrap();
        assert!(!asked(r#"{"requestId":"r","permissionRequest":{"kind":"shell"}}"#).resolved_by_hook);
        assert!(asked(r#"{"requestId":"r","permissionRequest":{},"resolvedByHook":true}"#).resolved_by_hook);
        assert!(!asked(r#"{"requestId":"r","resolvedByHook":"yes"}"#).resolved_by_hook);
    }

    #[test]
    fn what_cannot_be_answered_is_no_question() {
        for data in [
            "null",
            "{}",
            r#"{"requestId":""}"#,
            r#"{"requestId":7,"toolName":"t"}"#,
            r#"{"requestId":"r"}"#,
            r#"{"requestId":"r","toolName":""}"#,
        ] {
            assert_eq!(Question::from_event(Kind::Tool, data), None, "{data}");
        }
        assert_eq!(Question::from_event(Kind::Hook, r#"{"requestId":"r"}"#), None);
    }

    #[test]
    fn any_request_is_a_question() {
        let question = Question::from_request("sessionFs.stat", "null");
        assert_eq!((question.kind, &*question.method), (Kind::Other, "sessionFs.stat"));
        assert_eq!(session_id("null"), None);
        assert_eq!(session_id(r#"{"sessionId":1}"#), None);
        let input = Question::from_request("userInput.request", r#"{"requestId":"r","toolName":"x"}"#);
        assert_eq!((input.request_id(), input.tool_name()), (Some("r"), None));
    }
}
