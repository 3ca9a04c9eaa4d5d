//! What the program sees of a question, alike on every generation of servers.

use std::borrow::Cow;

use crate::protocol::members::{Members, ObjectText, quoted, type_name};

/// The tool that the server has for searching other tools, when a program puts its own in that place.
const TOOL_SEARCH: &str = "tool_search_tool";

/// A tool call always has arguments, be there none.
pub(super) fn of_tool(params: &str) -> Cow<'_, str> {
    match Members::lenient(params).get("arguments") {
        None | Some("null") => Cow::Owned(with_member(params, "arguments", "{}")),
        Some(_) => Cow::Borrowed(params),
    }
}

/// The arguments of a hook's tool, which CLI 1.0.71 and older send as the text of an object, as that object. Newer ones
/// are not told apart: no tool takes a text that is an object's.
pub(super) fn of_hook(params: &str) -> Cow<'_, str> {
    let given = Members::lenient(params);
    let input = given.get("input").unwrap_or("{}");
    let arguments = Members::lenient(input).text("toolArgs");
    match arguments.filter(|text| Members::read(text).is_some()) {
        Some(text) => Cow::Owned(with_member(params, "input", &with_member(input, "toolArgs", &text))),
        None => Cow::Borrowed(params),
    }
}

/// True where the question is a search among the tools, for which one must know them.
pub fn searches_tools(tool_name: Option<&str>) -> bool {
    tool_name == Some(TOOL_SEARCH)
}

/// The params of a search, with the tools of the server's reply to `session.tools.getCurrentMetadata`.
pub fn with_tools(params: &str, metadata: &str) -> String {
    match Members::lenient(metadata).get("tools").filter(|tools| type_name(tools) == "an array") {
        Some(tools) => with_member(params, "availableTools", tools),
        None => String::from(params),
    }
}

/// The id of a tool call that cannot be put to anybody, and why.
pub fn undecodable(data: &str) -> Option<(String, String)> {
    let given = Members::read(data)?;
    let request_id = given.text("requestId").filter(|id| !id.is_empty())?;
    let name = given.get("toolName")?;
    let found = type_name(name);
    (found != "a string").then(|| {
        (
            request_id,
            format!("Failed to deserialize tool request: toolName is {found} where a string belongs"),
        )
    })
}

/// The params of a question that a sub-agent asks; what they say of it themselves stays.
pub(super) fn with_agent(params: &str, agent_id: &str) -> String {
    match Members::lenient(params).get("agentId") {
        None | Some("null") => with_member(params, "agentId", &quoted(agent_id)),
        Some(_) => String::from(params),
    }
}

/// The object with this member in place of one of the same name, or at its end.
fn with_member(object: &str, name: &str, json: &str) -> String {
    let members = Members::lenient(object);
    let others = members.0.iter().filter(|(other, _)| other != name);
    let object = others.fold(ObjectText::new(), |object, (name, value)| object.raw(name, value));
    object.raw(name, json).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_call_has_arguments() {
        assert_eq!(of_tool(r#"{"toolCallId":""}"#), r#"{"toolCallId":"","arguments":{}}"#);
        assert_eq!(of_tool(r#"{"arguments":null,"a":1}"#), r#"{"a":1,"arguments":{}}"#);
        for given in [r#"{"arguments":{"x":1}}"#, r#"{"arguments":"text"}"#, r#"{"arguments":[]}"#] {
            assert_eq!(of_tool(given), given);
        }
    }

    #[test]
    fn the_arguments_of_an_old_hook_are_an_object() {
        let old = r#"{"hookType":"preToolUse","input":{"toolName":"t","toolArgs":"{\"a\":1}","cwd":"/"}}"#;
        let new = r#"{"hookType":"preToolUse","input":{"toolName":"t","cwd":"/","toolArgs":{"a":1}}}"#;
        assert_eq!(of_hook(old), new);
        for given in [new, r#"{"input":{"toolArgs":"words"}}"#, r#"{"input":7}"#, "null"] {
            assert_eq!(of_hook(given), given);
        }
    }

    #[test]
    fn a_search_gets_the_tools_where_the_server_tells_them() {
        assert_eq!(
            with_tools(r#"{"a":1}"#, r#"{"tools":[{"name":"x"}]}"#),
            r#"{"a":1,"availableTools":[{"name":"x"}]}"#
        );
        for nothing in ["{}", r#"{"tools":null}"#, "null"] {
            assert_eq!(with_tools(r#"{"a":1}"#, nothing), r#"{"a":1}"#);
        }
        assert!(
            searches_tools(Some("tool_search_tool")) && !searches_tools(Some("t")) && !searches_tools(None)
        );
    }

    #[test]
    fn the_agent_that_asks_is_named_once() {
        assert_eq!(with_agent(r#"{"a":1}"#, "x\"y"), r#"{"a":1,"agentId":"x\"y"}"#);
        assert_eq!(with_agent(r#"{"agentId":null}"#, "x"), r#"{"agentId":"x"}"#);
        assert_eq!(with_agent(r#"{"agentId":"own"}"#, "x"), r#"{"agentId":"own"}"#);
    }

    #[test]
    fn a_call_without_a_readable_name_is_told_from_one_without_any() {
        let (id, why) = undecodable(r#"{"requestId":"r","toolName":7}"#).unwrap();
        assert_eq!(id, "r");
        assert!(why.starts_with("Failed to deserialize tool request: ") && why.contains("a number"), "{why}");
        for skipped in [
            r#"{"requestId":"r"}"#,
            r#"{"requestId":"","toolName":7}"#,
            r#"{"requestId":"r","toolName":""}"#,
            "7",
        ] {
            assert_eq!(undecodable(skipped), None, "{skipped}");
        }
    }
}
