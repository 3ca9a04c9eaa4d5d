//! The answers of a model without a script, for demonstrations.

use super::step::{Answer, ToolCall};
use serde_json::{Map, Value, json};

/// The pause between two words.
pub(super) const DELAY_MS: u64 = 15;

/// Answers by the messages alone: a tool's result is told, a mentioned tool is called, anything else is said back.
pub(super) fn answer(request: &Value) -> Answer {
    let messages = request["messages"].as_array().map_or(&[][..], Vec::as_slice);
    let prompt = prompt(messages);
    let results = results(messages);
    if !results.is_empty() {
        return said(&results.join(" "));
    }
    match mentioned_call(request, &prompt) {
        Some(call) => Answer { tools: vec![call], ..Answer::default() },
        None => said(&format!("You said: {prompt}")),
    }
}

fn said(text: &str) -> Answer {
    Answer { chunks: text.split_inclusive(' ').map(str::to_owned).collect(), ..Answer::default() }
}

/// The last user message without the sections that the CLI puts around a prompt.
fn prompt(messages: &[Value]) -> String {
    let last = messages.iter().rev().find(|m| m["role"] == "user");
    let text = last.map(|m| text_of(&m["content"])).unwrap_or_default();
    let mut rest = text.as_str();
    let mut kept = String::new();
    while let Some((before, section)) = rest.split_once('<') {
        let name: String = section.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        let end = format!("</{name}>");
        kept += before;
        match section.split_once(&end).filter(|_| !name.is_empty()) {
            Some((_, after)) => rest = after,
            None => {
                kept.push('<');
                rest = section;
            }
        }
    }
    (kept + rest).trim().to_owned()
}

/// A message's text: a string, or the text parts of an array.
fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|p| p["text"].as_str()).collect::<Vec<_>>().join("\n"),
        _ => String::new(),
    }
}

/// A sentence for each tool result that came after the last assistant message.
fn results(messages: &[Value]) -> Vec<String> {
    let Some(asked) = messages.iter().rposition(|m| m["role"] == "assistant") else { return vec![] };
    let name = |id: &Value| {
        let calls = messages[asked]["tool_calls"].as_array()?;
        calls.iter().find(|call| call["id"] == *id)?["function"]["name"].as_str()
    };
    let tools = messages[asked..].iter().filter(|m| m["role"] == "tool");
    let sentence = |m: &Value| {
        let name = name(&m["tool_call_id"]).unwrap_or("it");
        format!("The tool {name} answered: {}", text_of(&m["content"]))
    };
    tools.map(sentence).collect()
}

/// A call of the offered tool that the prompt names, if its required arguments can be found in the prompt. That they
/// must be found keeps a prompt like "create a poem" from calling a built-in tool named `create`.
fn mentioned_call(request: &Value, prompt: &str) -> Option<ToolCall> {
    let functions = request["tools"].as_array()?.iter().map(|tool| &tool["function"]);
    let named = functions.filter_map(|f| Some((f["name"].as_str()?, &f["parameters"])));
    let mut mentioned: Vec<_> = named.filter(|(name, _)| mentions(prompt, name)).collect();
    mentioned.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    let call = |(name, schema): (&str, &Value)| {
        let arguments = json!(arguments(schema, prompt)?).to_string();
        Some(ToolCall { name: name.to_owned(), arguments })
    };
    mentioned.into_iter().find_map(call)
}

fn mentions(prompt: &str, name: &str) -> bool {
    prompt.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '-').any(|word| word == name)
}

/// Integers of the prompt for the number properties, quoted texts for the string properties, each in order.
fn arguments(schema: &Value, prompt: &str) -> Option<Map<String, Value>> {
    let mut integers = integers(prompt).into_iter();
    let mut quoted = quoted(prompt).into_iter();
    let mut found = Map::new();
    let properties = schema["properties"].as_object().cloned().unwrap_or_default();
    for (name, property) in &properties {
        let value = match property["type"].as_str() {
            Some("string") => quoted.next().map(Value::from),
            Some("integer" | "number") | None => integers.next().map(Value::from),
            Some(_) => None,
        };
        found.extend(value.map(|v| (name.clone(), v)));
    }
    let required = schema["required"].as_array().map_or(&[][..], Vec::as_slice);
    required.iter().filter_map(Value::as_str).all(|name| found.contains_key(name)).then_some(found)
}

/// Every integer that is a word of its own, with its sign.
fn integers(text: &str) -> Vec<i64> {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '-' && c != '_');
    words.filter_map(|word| word.parse().ok()).collect()
}

/// Every text between two double quotes, or else between two single ones.
fn quoted(text: &str) -> Vec<String> {
    let mark = if text.contains('"') { '"' } else { '\'' };
    let parts: Vec<&str> = text.split(mark).collect();
    let whole = parts.len() - (parts.len() + 1) % 2; // an odd mark at the end quotes nothing
    parts[..whole].iter().skip(1).step_by(2).map(|&part| part.to_owned()).collect()
}
