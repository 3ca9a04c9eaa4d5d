//! What a tool's handler returned, in the one form that every server takes: an object with `textResultForLlm`.

use super::members::{Members, ObjectText, array_text, items, push_quoted, quoted, type_name, user_json};
use crate::error::{Error, Result};

/// What a failed tool tells the model: the reason may hold what the model should not see.
const WITHHELD: &str = "Invoking this tool produced an error. Detailed information is not available.";

/// The keys of a result, as document and wire spell them.
const KEYS: [(&str, &str); 6] = [
    ("text_result_for_llm", "textResultForLlm"),
    ("result_type", "resultType"),
    ("session_log", "sessionLog"),
    ("tool_telemetry", "toolTelemetry"),
    ("binary_results_for_llm", "binaryResultsForLlm"),
    ("tool_references", "toolReferences"),
];

/// Appends the result object for what a handler returned: a string is a success text, an object with `textResultForLlm`
/// is a result already, an MCP `CallToolResult` is converted, null is an empty success, and anything else succeeds
/// as its JSON text. Fails with `InvalidJson`, or with `InvalidArgument` where a result object is malformed.
pub fn write(out: &mut String, answer_json: &str) -> Result<()> {
    let json = user_json(answer_json, "the tool's result")?;
    match type_name(json) {
        "null" => success(out, "\"\""),
        "a string" => success(out, json),
        "an object" => return object_result(out, json),
        _ => write_text(out, json),
    }
    Ok(())
}

/// Appends the result object of a success with this text.
pub fn write_text(out: &mut String, text: &str) {
    const BEFORE: &str = r#"{"textResultForLlm":"#;
    const BEHIND: &str = r#","resultType":"success","toolTelemetry":{}}"#;
    out.reserve(BEFORE.len() + text.len() + 2 + BEHIND.len());
    out.push_str(BEFORE);
    push_quoted(out, text);
    out.push_str(BEHIND);
}

/// The result object that says the tool failed, for servers that take no error beside the result (protocol 2). The
/// message is for the log and the events, not for the model.
pub fn failure(message: &str) -> String {
    outcome(&quoted(WITHHELD), "failure").text("error", message).raw("toolTelemetry", "{}").finish()
}

/// The result object that says this client has no such tool (protocol 2, where nobody else could answer).
pub fn unsupported(tool_name: &str) -> String {
    outcome(&quoted(&format!("Tool '{tool_name}' is not supported by this client instance.")), "failure")
        .text("error", &format!("tool '{tool_name}' not supported"))
        .raw("toolTelemetry", "{}")
        .finish()
}

fn outcome(text_json: &str, result_type: &str) -> ObjectText {
    ObjectText::new().raw("textResultForLlm", text_json).text("resultType", result_type)
}

fn success(out: &mut String, text_json: &str) {
    out.push_str(r#"{"textResultForLlm":"#);
    out.push_str(text_json);
    out.push_str(r#","resultType":"success","toolTelemetry":{}}"#);
}

fn object_result(out: &mut String, json: &str) -> Result<()> {
    let members = Members::lenient(json);
    let has = |wire: &str| members.0.iter().any(|(name, _)| camel(name) == wire);
    if has("textResultForLlm") {
        return result_object(out, &members);
    }
    match call_tool_result(&members) {
        Some(converted) => out.push_str(&converted),
        None => write_text(out, json),
    }
    Ok(())
}

fn camel(name: &str) -> &str {
    KEYS.iter().find(|(snake, _)| *snake == name).map_or(name, |(_, wire)| wire)
}

/// A result as the wire has it, but for the spelling of its keys.
fn result_object(out: &mut String, members: &Members<'_>) -> Result<()> {
    let mut object = ObjectText::behind(std::mem::take(out));
    for (index, (name, value)) in members.0.iter().enumerate() {
        let wire = camel(name);
        let must_be = |wanted: &str| {
            let got = type_name(value);
            Error::invalid_argument(format!("the tool's result: /{name} must be {wanted}, but is {got}"))
        };
        let wanted = match wire {
            "textResultForLlm" => Some("a string"),
            "resultType" | "sessionLog" | "error" if *value != "null" => Some("a string"),
            _ => None,
        };
        if let Some(wanted) = wanted.filter(|wanted| type_name(value) != *wanted) {
            return Err(must_be(wanted));
        }
        if members.0[..index].iter().any(|(other, _)| camel(other) == wire) {
            return Err(Error::invalid_argument(format!(
                "the tool's result: /{name} is given twice; give it once"
            )));
        }
        if *value != "null" {
            object = object.raw(wire, value);
        }
    }
    let is_typed = members.0.iter().any(|(name, value)| camel(name) == "resultType" && *value != "null");
    let object = if is_typed { object } else { object.text("resultType", "success") };
    *out = object.finish();
    Ok(())
}

/// An MCP `CallToolResult`, converted; `None` where the object is none.
fn call_tool_result(members: &Members<'_>) -> Option<String> {
    let blocks = items(members.get("content")?)?;
    let mut texts = Vec::new();
    let mut binaries = Vec::new();
    for block in blocks {
        match Block::read(block)? {
            Block::Text(text) => texts.push(text),
            Block::Binary(json) => binaries.push(json),
            Block::Empty => {}
        }
    }
    let result_type = if members.flag("isError") { "failure" } else { "success" };
    let mut object = outcome(&quoted(&texts.join("\n")), result_type);
    if !binaries.is_empty() {
        object = object.raw("binaryResultsForLlm", &array_text(binaries.iter().map(String::as_str)));
    }
    Some(object.raw("toolTelemetry", "{}").finish())
}

enum Block {
    Text(String),
    Binary(String),
    Empty,
}

impl Block {
    /// One entry of `content`; `None` where it is none that MCP knows.
    fn read(json: &str) -> Option<Block> {
        let block = Members::read(json)?;
        match block.text("type")?.as_str() {
            "text" => Some(Block::Text(block.text("text")?)),
            "image" => Some(media(&block, "image")),
            "audio" => Some(media(&block, "resource")),
            "resource" => Some(resource(&Members::read(block.get("resource")?)?)),
            "resource_link" => Some(Block::Text(block.text("uri")?)),
            _ => None,
        }
    }
}

fn media(block: &Members<'_>, kind: &str) -> Block {
    let (data, mime_type) =
        (block.text("data").unwrap_or_default(), block.text("mimeType").unwrap_or_default());
    if data.is_empty() || mime_type.is_empty() {
        return Block::Empty;
    }
    let object = ObjectText::new().text("data", &data).text("mimeType", &mime_type).text("type", kind);
    Block::Binary(object.finish())
}

fn resource(resource: &Members<'_>) -> Block {
    if let Some(text) = resource.text("text") {
        return Block::Text(text);
    }
    let Some(blob) = resource.text("blob").filter(|blob| !blob.is_empty()) else { return Block::Empty };
    let mime_type = resource.text("mimeType").filter(|mime| !mime.is_empty());
    let mut object = ObjectText::new()
        .text("data", &blob)
        .text("mimeType", mime_type.as_deref().unwrap_or("application/octet-stream"))
        .text("type", "resource");
    if let Some(uri) = resource.text("uri") {
        object = object.text("description", &uri);
    }
    Block::Binary(object.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    fn result(answer_json: &str) -> Result<String> {
        let mut out = String::new();
        write(&mut out, answer_json).map(|()| out)
    }

    fn text(text_json: &str) -> String {
        format!(r#"{{"textResultForLlm":{text_json},"resultType":"success","toolTelemetry":{{}}}}"#)
    }

    #[test]
    fn what_is_no_result_becomes_a_text() {
        for (answer, text_json) in [
            ("null", r#""""#),
            (r#""hi \u00e4""#, r#""hi \u00e4""#),
            (" 7.50 ", r#""7.50""#),
            ("true", r#""true""#),
            ("[1, \"a\"]", r#""[1, \"a\"]""#),
            (r#"{"b":1,"a":2}"#, r#""{\"b\":1,\"a\":2}""#),
            (r#"{"resultType":"success"}"#, r#""{\"resultType\":\"success\"}""#),
            (r#"{"content":"x"}"#, r#""{\"content\":\"x\"}""#),
            (r#"{"content":[1]}"#, r#""{\"content\":[1]}""#),
            (r#"{"content":[{"type":"paragraph"}]}"#, r#""{\"content\":[{\"type\":\"paragraph\"}]}""#),
        ] {
            assert_eq!(result(answer).unwrap(), text(text_json), "{answer}");
        }
        assert_eq!(result("nope").unwrap_err().code(), Code::InvalidJson);
    }

    #[test]
    fn a_result_object_passes_in_either_spelling() {
        let whole = concat!(
            r#"{"textResultForLlm":"t","resultType":"denied","error":"e","sessionLog":"l","#,
            r#""toolTelemetry":{"b":1,"a":2},"binaryResultsForLlm":[{"data":"AA=="}],"toolReferences":["grep"],"contents":[],"new":1}"#
        );
        assert_eq!(result(whole).unwrap(), whole);
        let snake = concat!(
            r#"{"text_result_for_llm":"t","result_type":"denied","error":"e","session_log":"l","#,
            r#""tool_telemetry":{"b":1,"a":2},"binary_results_for_llm":[{"data":"AA=="}],"tool_references":["grep"],"contents":[],"new":1}"#
        );
        assert_eq!(result(snake).unwrap(), whole);
        let untyped = result(r#"{"textResultForLlm":"t","result_type":null,"error":null}"#).unwrap();
        assert_eq!(untyped, r#"{"textResultForLlm":"t","resultType":"success"}"#);
        for (json, part) in [
            (r#"{"textResultForLlm":1}"#, "/textResultForLlm must be a string, but is a number"),
            (r#"{"textResultForLlm":null}"#, "/textResultForLlm must be a string, but is null"),
            (r#"{"textResultForLlm":"","result_type":[]}"#, "/result_type must be a string, but is an array"),
            (r#"{"textResultForLlm":"","text_result_for_llm":""}"#, "/text_result_for_llm is given twice"),
        ] {
            let error = result(json).unwrap_err();
            assert_eq!(error.code(), Code::InvalidArgument);
            assert!(error.message().contains(part), "{error}");
        }
    }

    #[test]
    fn converts_what_mcp_tools_return() {
        let answer = r#"{"content":[{"type":"text","text":"a"},{"type":"image","data":"AA==","mimeType":"image/png"},
            {"type":"image","data":"","mimeType":"image/png"},{"type":"audio","data":"BB==","mimeType":"audio/wav"},
            {"type":"resource","resource":{"uri":"u","text":"b"}},{"type":"resource","resource":{"uri":"u","blob":"CC=="}},
            {"type":"resource","resource":{"uri":"u"}},{"type":"resource_link","uri":"file:///l"}],"isError":true}"#;
        let expected = concat!(
            r#"{"textResultForLlm":"a\nb\nfile:///l","resultType":"failure","binaryResultsForLlm":["#,
            r#"{"data":"AA==","mimeType":"image/png","type":"image"},"#,
            r#"{"data":"BB==","mimeType":"audio/wav","type":"resource"},"#,
            r#"{"data":"CC==","mimeType":"application/octet-stream","type":"resource","description":"u"}"#,
            r#"],"toolTelemetry":{}}"#
        );
        assert_eq!(result(answer).unwrap(), expected);
        assert_eq!(result(r#"{"content":[]}"#).unwrap(), text(r#""""#));
    }

    #[test]
    fn failures_withhold_the_reason_from_the_model() {
        assert_eq!(
            failure("disk \"full\""),
            format!(
                r#"{{"textResultForLlm":"{WITHHELD}","resultType":"failure","error":"disk \"full\"","toolTelemetry":{{}}}}"#
            )
        );
        assert_eq!(
            unsupported("t"),
            concat!(
                r#"{"textResultForLlm":"Tool 't' is not supported by this client instance.","resultType":"failure","#,
                r#""error":"tool 't' not supported","toolTelemetry":{}}"#
            )
        );
    }
}
