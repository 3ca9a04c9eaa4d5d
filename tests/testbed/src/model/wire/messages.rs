//! Anthropic's messages.

use super::super::step::Answer;
use super::{Form, call_id, halves};
use serde_json::{Value, json};

/// The answer that is not streamed.
pub(super) fn whole(answer: &Answer, form: &Form) -> Value {
    let mut message = begun(answer, form);
    message["content"] = blocks(answer, form).into_iter().map(|block| block.whole).collect();
    message["stop_reason"] = stop_reason(answer);
    message
}

/// The events of a streamed answer.
pub(super) fn events(answer: &Answer, form: &Form) -> Vec<Value> {
    let mut events = vec![json!({"type": "message_start", "message": begun(answer, form)})];
    for (index, block) in blocks(answer, form).into_iter().enumerate() {
        events.push(json!({"type": "content_block_start", "index": index, "content_block": block.start}));
        let delta = |delta: Value| json!({"type": "content_block_delta", "index": index, "delta": delta});
        events.extend(block.deltas.into_iter().map(delta));
        events.push(json!({"type": "content_block_stop", "index": index}));
    }
    events.push(json!({
        "type": "message_delta", "delta": {"stop_reason": stop_reason(answer), "stop_sequence": null},
        "usage": {"output_tokens": 5},
    }));
    events.push(json!({"type": "message_stop"}));
    events
}

fn begun(answer: &Answer, form: &Form) -> Value {
    let usage = json!({"input_tokens": 10, "output_tokens": 5});
    json!({
        "id": format!("msg_{}", form.number), "type": "message", "role": "assistant", "model": form.model,
        "content": [], "stop_reason": null, "stop_sequence": null, "usage": answer.usage.clone().unwrap_or(usage),
    })
}

fn stop_reason(answer: &Answer) -> Value {
    let natural = if answer.tools.is_empty() { "end_turn" } else { "tool_use" };
    answer.finish.clone().unwrap_or_else(|| natural.to_owned()).into()
}

/// A block of the content: whole, as it starts, and what is then added.
struct Block {
    whole: Value,
    start: Value,
    deltas: Vec<Value>,
}

fn blocks(answer: &Answer, form: &Form) -> Vec<Block> {
    let mut blocks = Vec::new();
    if !answer.reasoning.is_empty() {
        let delta = |piece: &String| json!({"type": "thinking_delta", "thinking": piece});
        let mut deltas: Vec<Value> = answer.reasoning.iter().map(delta).collect();
        deltas.push(json!({"type": "signature_delta", "signature": "signed"}));
        blocks.push(Block {
            whole: json!({"type": "thinking", "thinking": answer.reasoning.concat(), "signature": "signed"}),
            start: json!({"type": "thinking", "thinking": "", "signature": ""}),
            deltas,
        });
    }
    if !answer.chunks.is_empty() {
        let delta = |piece: &String| json!({"type": "text_delta", "text": piece});
        blocks.push(Block {
            whole: json!({"type": "text", "text": answer.chunks.concat()}),
            start: json!({"type": "text", "text": ""}),
            deltas: answer.chunks.iter().map(delta).collect(),
        });
    }
    for (index, call) in answer.tools.iter().enumerate() {
        let input: Value = serde_json::from_str(&call.arguments).unwrap_or_default();
        let block = |input: Value| json!({"type": "tool_use", "id": call_id(form, index), "name": call.name, "input": input});
        let delta = |piece: &str| json!({"type": "input_json_delta", "partial_json": piece});
        let deltas = halves(&call.arguments).map(delta).to_vec();
        blocks.push(Block { whole: block(input), start: block(json!({})), deltas });
    }
    blocks
}
