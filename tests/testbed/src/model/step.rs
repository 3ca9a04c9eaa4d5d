//! One step of a script: what the model does with one request.

use serde_json::{Map, Value};

/// What the model does with one request, parsed and checked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Step {
    pub action: Action,
    /// Milliseconds to wait before each piece of the answer.
    pub delay_ms: u64,
}

/// The kinds of answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Action {
    /// A completion in the form the request asks for, streamed or whole.
    Answer(Answer),
    /// Any HTTP answer, verbatim.
    Http { status: u16, headers: Vec<(String, String)>, body: String },
    /// Verbatim bytes as `text/event-stream`.
    RawSse(String),
    /// Closes the connection without a byte.
    Close,
    /// Reads the request and never answers, not even with headers.
    Hang,
}

/// A completion.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Answer {
    pub reasoning: Vec<String>,
    pub chunks: Vec<String>,
    pub tools: Vec<ToolCall>,
    pub usage: Option<Value>,
    pub finish: Option<String>,
    /// Closes the connection after this many pieces.
    pub drop_after: Option<usize>,
    /// Falls silent after this many pieces.
    pub hang_after: Option<usize>,
}

/// A call of a tool; `arguments` is the text on the wire, which need not be JSON.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ToolCall {
    pub name: String,
    pub arguments: String,
}

/// Keys by kind of step, in the words of the error text.
const ANSWER_KEYS: [&str; 8] =
    ["text", "chunks", "reasoning", "tools", "usage", "finish", "drop_after", "hang_after"];
const HTTP_KEYS: [&str; 3] = ["status", "headers", "body"];
const LONE_KEYS: [&str; 3] = ["raw_sse", "close", "hang"];

/// Parses a whole script. The error names the step and what is wrong with it.
pub(super) fn parse_script(script: &Value) -> Result<Vec<Step>, String> {
    let steps = script.as_array().ok_or_else(|| format!("a script is an array of steps, not {script}"))?;
    let numbered = steps.iter().enumerate();
    numbered.map(|(i, step)| parse(step).map_err(|e| format!("step {}: {e}", i + 1))).collect()
}

fn parse(step: &Value) -> Result<Step, String> {
    let step = step.as_object().ok_or_else(|| format!("a step is an object, not {step}"))?;
    let delay_ms = step.get("delay_ms").map_or(Ok(0), |v| whole(v, "delay_ms"))?;
    let keys: Vec<&str> = step.keys().map(String::as_str).filter(|k| *k != "delay_ms").collect();
    let only = |allowed: &[&str]| keys.iter().all(|k| allowed.contains(k));
    let action = if only(&ANSWER_KEYS) {
        Action::Answer(answer(step)?)
    } else if step.contains_key("status") && only(&HTTP_KEYS) {
        http(step)?
    } else if keys.len() == 1 && only(&LONE_KEYS) {
        lone(keys[0], &step[keys[0]])?
    } else {
        return Err(format!(
            "has the keys {keys:?}; allowed together are {ANSWER_KEYS:?}, or {HTTP_KEYS:?} with status, or one of \
             {LONE_KEYS:?}, each with delay_ms"
        ));
    };
    Ok(Step { action, delay_ms })
}

fn answer(step: &Map<String, Value>) -> Result<Answer, String> {
    let mut chunks = step.get("text").map_or(Ok(vec![]), |v| Ok::<_, String>(vec![text(v, "text")?]))?;
    chunks.extend(step.get("chunks").map_or(Ok(vec![]), |v| texts(v, "chunks"))?);
    let calls = match step.get("tools") {
        Some(v) => v.as_array().ok_or("tools is an array of [name, arguments]")?.iter().map(call).collect(),
        None => Ok(vec![]),
    };
    Ok(Answer {
        reasoning: step.get("reasoning").map_or(Ok(vec![]), |v| texts(v, "reasoning"))?,
        chunks,
        tools: calls?,
        usage: step.get("usage").cloned(),
        finish: step.get("finish").map(|v| text(v, "finish")).transpose()?,
        drop_after: step.get("drop_after").map(|v| whole(v, "drop_after")).transpose()?.map(|n| n as usize),
        hang_after: step.get("hang_after").map(|v| whole(v, "hang_after")).transpose()?.map(|n| n as usize),
    })
}

fn call(value: &Value) -> Result<ToolCall, String> {
    let wrong = || format!("a tool call is [name, arguments], not {value}");
    let [name, arguments] = value.as_array().ok_or_else(wrong)?.as_slice() else { return Err(wrong()) };
    let arguments = match arguments {
        Value::String(verbatim) => verbatim.clone(),
        other => other.to_string(),
    };
    Ok(ToolCall { name: name.as_str().ok_or_else(wrong)?.to_owned(), arguments })
}

fn http(step: &Map<String, Value>) -> Result<Action, String> {
    let status = whole(&step["status"], "status")?;
    let status = u16::try_from(status).ok().filter(|s| (100..1000).contains(s));
    let mut headers = Vec::new();
    if let Some(given) = step.get("headers") {
        for (name, value) in given.as_object().ok_or("headers is an object of strings")? {
            headers.push((name.clone(), text(value, name)?));
        }
    }
    let body = match step.get("body") {
        Some(Value::String(verbatim)) => verbatim.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    Ok(Action::Http { status: status.ok_or("status is an HTTP status")?, headers, body })
}

fn lone(key: &str, value: &Value) -> Result<Action, String> {
    match (key, value) {
        ("raw_sse", Value::String(bytes)) => Ok(Action::RawSse(bytes.clone())),
        ("close", Value::Bool(true)) => Ok(Action::Close),
        ("hang", Value::Bool(true)) => Ok(Action::Hang),
        _ => Err(format!("{key} cannot be {value}")),
    }
}

fn text(value: &Value, key: &str) -> Result<String, String> {
    value.as_str().map(str::to_owned).ok_or_else(|| format!("{key} is a string, not {value}"))
}

/// A string or an array of strings.
fn texts(value: &Value, key: &str) -> Result<Vec<String>, String> {
    match value {
        Value::Array(items) => items.iter().map(|item| text(item, key)).collect(),
        one => Ok(vec![text(one, key)?]),
    }
}

fn whole(value: &Value, key: &str) -> Result<u64, String> {
    value.as_u64().ok_or_else(|| format!("{key} is a whole number from 0, not {value}"))
}
