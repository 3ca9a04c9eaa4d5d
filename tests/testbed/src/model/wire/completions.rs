//! Chat completions.

use super::super::step::{Answer, ToolCall};
use super::{CREATED, Form, call_id, halves};
use serde_json::{Value, json};

/// The `chat.completion.chunk` objects of a streamed answer, in order.
pub(super) fn chunks(answer: &Answer, form: &Form) -> Vec<Value> {
    let mut deltas = vec![json!({"role": "assistant", "content": ""})];
    deltas.extend(answer.reasoning.iter().map(|r| json!({"reasoning_content": r})));
    deltas.extend(answer.chunks.iter().map(|c| json!({"content": c})));
    for (index, call) in answer.tools.iter().enumerate() {
        deltas.extend(call_deltas(call, index, form));
    }
    let mut pieces: Vec<Value> = deltas.into_iter().map(|delta| chunk(form, delta, Value::Null)).collect();
    pieces.push(chunk(form, json!({}), json!(finish(answer))));
    if form.with_usage || answer.usage.is_some() {
        let mut last = chunk(form, Value::Null, Value::Null);
        last["choices"] = json!([]);
        last["usage"] = usage(answer);
        pieces.push(last);
    }
    pieces
}

/// The `chat.completion` object of an answer that is not streamed.
pub(super) fn whole(answer: &Answer, form: &Form) -> Value {
    let content = answer.chunks.concat();
    let mut message = json!({"role": "assistant", "content": content});
    if !answer.reasoning.is_empty() {
        message["reasoning_content"] = json!(answer.reasoning.concat());
    }
    if !answer.tools.is_empty() {
        let calls = answer.tools.iter().enumerate();
        message["tool_calls"] =
            calls.map(|(index, c)| call_object(&call_id(form, index), &c.name, &c.arguments)).collect();
    }
    json!({
        "id": completion_id(form), "object": "chat.completion", "created": CREATED, "model": form.model,
        "choices": [{"index": 0, "message": message, "finish_reason": finish(answer)}],
        "usage": usage(answer),
    })
}

fn chunk(form: &Form, delta: Value, finish: Value) -> Value {
    json!({
        "id": completion_id(form), "object": "chat.completion.chunk", "created": CREATED, "model": form.model,
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    })
}

/// The name comes first, then the arguments.
fn call_deltas(call: &ToolCall, index: usize, form: &Form) -> Vec<Value> {
    let [head, tail] = halves(&call.arguments);
    let mut first = call_object(&call_id(form, index), &call.name, "");
    first["index"] = json!(index);
    let part = |text: &str| json!({"index": index, "function": {"arguments": text}});
    [first, part(head), part(tail)].into_iter().map(|c| json!({"tool_calls": [c]})).collect()
}

fn call_object(id: &str, name: &str, arguments: &str) -> Value {
    json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}})
}

fn completion_id(form: &Form) -> String {
    format!("chatcmpl-{}", form.number)
}

fn finish(answer: &Answer) -> String {
    let natural = if answer.tools.is_empty() { "stop" } else { "tool_calls" };
    answer.finish.clone().unwrap_or_else(|| natural.to_owned())
}

fn usage(answer: &Answer) -> Value {
    let natural = json!({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15});
    answer.usage.clone().unwrap_or(natural)
}
