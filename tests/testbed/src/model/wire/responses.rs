//! OpenAI's responses.

use super::super::step::Answer;
use super::{CREATED, Form, call_id, halves};
use serde_json::{Value, json};

/// The answer that is not streamed.
pub(super) fn whole(answer: &Answer, form: &Form) -> Value {
    response(answer, form, "completed", items(answer, form))
}

/// The events of a streamed answer.
pub(super) fn events(answer: &Answer, form: &Form) -> Vec<Value> {
    let begun = response(answer, form, "in_progress", vec![]);
    let mut events = vec![json!({"type": "response.created", "response": begun})];
    let items = items(answer, form);
    for (index, item) in items.iter().enumerate() {
        let parts = match item["type"].as_str() {
            Some("reasoning") => reasoning(item, answer),
            Some("message") => message(item, answer),
            _ => call(item),
        };
        events.extend(parts.into_iter().map(|mut event| {
            event["output_index"] = json!(index);
            event["item_id"] = item["id"].clone();
            event
        }));
    }
    let status = if answer.finish.is_some() { "incomplete" } else { "completed" };
    events.push(json!({
        "type": format!("response.{status}"), "response": response(answer, form, status, items),
    }));
    for (number, event) in events.iter_mut().enumerate() {
        event["sequence_number"] = json!(number);
    }
    events
}

fn response(answer: &Answer, form: &Form, status: &str, output: Vec<Value>) -> Value {
    let usage = json!({
        "input_tokens": 10, "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": 5, "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 15,
    });
    json!({
        "id": format!("resp_{}", form.number), "object": "response", "created_at": CREATED, "model": form.model,
        "status": status, "output": output, "usage": answer.usage.clone().unwrap_or(usage), "error": null,
        "incomplete_details": answer.finish.as_ref().map(|reason| json!({"reason": reason})),
        "parallel_tool_calls": true, "tools": [], "tool_choice": "auto", "metadata": {},
    })
}

/// The finished items of the output.
fn items(answer: &Answer, form: &Form) -> Vec<Value> {
    let mut items = Vec::new();
    if !answer.reasoning.is_empty() {
        let summary = json!([{"type": "summary_text", "text": answer.reasoning.concat()}]);
        items.push(json!({"type": "reasoning", "id": format!("rs_{}", form.number), "summary": summary}));
    }
    if !answer.chunks.is_empty() {
        let part = json!({"type": "output_text", "text": answer.chunks.concat(), "annotations": []});
        items.push(json!({
            "type": "message", "id": format!("msg_{}", form.number), "role": "assistant", "status": "completed",
            "content": [part],
        }));
    }
    for (index, call) in answer.tools.iter().enumerate() {
        items.push(json!({
            "type": "function_call", "id": format!("fc_{}_{index}", form.number), "call_id": call_id(form, index),
            "name": call.name, "arguments": call.arguments, "status": "completed",
        }));
    }
    items
}

fn reasoning(item: &Value, answer: &Answer) -> Vec<Value> {
    let mut added = item.clone();
    added["summary"] = json!([]);
    let part = |text: &Value| json!({"type": "summary_text", "text": text});
    let text = &item["summary"][0]["text"];
    let mut events = vec![
        json!({"type": "response.output_item.added", "item": added}),
        json!({"type": "response.reasoning_summary_part.added", "summary_index": 0, "part": part(&"".into())}),
    ];
    let delta = |piece: &String| json!({"type": "response.reasoning_summary_text.delta", "summary_index": 0, "delta": piece});
    events.extend(answer.reasoning.iter().map(delta));
    events.push(json!({"type": "response.reasoning_summary_text.done", "summary_index": 0, "text": text}));
    events.push(
        json!({"type": "response.reasoning_summary_part.done", "summary_index": 0, "part": part(text)}),
    );
    events.push(json!({"type": "response.output_item.done", "item": item}));
    events
}

fn message(item: &Value, answer: &Answer) -> Vec<Value> {
    let mut added = item.clone();
    added["content"] = json!([]);
    added["status"] = "in_progress".into();
    let empty = json!({"type": "output_text", "text": "", "annotations": []});
    let part = &item["content"][0];
    let mut events = vec![
        json!({"type": "response.output_item.added", "item": added}),
        json!({"type": "response.content_part.added", "content_index": 0, "part": empty}),
    ];
    let delta =
        |piece: &String| json!({"type": "response.output_text.delta", "content_index": 0, "delta": piece});
    events.extend(answer.chunks.iter().map(delta));
    events.push(json!({"type": "response.output_text.done", "content_index": 0, "text": part["text"]}));
    events.push(json!({"type": "response.content_part.done", "content_index": 0, "part": part}));
    events.push(json!({"type": "response.output_item.done", "item": item}));
    events
}

fn call(item: &Value) -> Vec<Value> {
    let mut added = item.clone();
    added["arguments"] = "".into();
    added["status"] = "in_progress".into();
    let arguments = item["arguments"].as_str().unwrap_or_default();
    let delta = |piece: &str| json!({"type": "response.function_call_arguments.delta", "delta": piece});
    let mut events = vec![json!({"type": "response.output_item.added", "item": added})];
    events.extend(halves(arguments).map(delta));
    events.push(json!({"type": "response.function_call_arguments.done", "arguments": arguments}));
    events.push(json!({"type": "response.output_item.done", "item": item}));
    events
}
