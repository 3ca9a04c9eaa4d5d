//! Other spellings of event types: those of the SDKs' first documents, in which `assistant.message_delta` is
//! `assistant.message.delta`, and `tool.execution_start` is `tool.executionStart`.

/// Types whose last segment the documents divide by a dot instead of an underscore.
const DOTTED: [(&str, &str); 10] = [
    ("assistant.message.delta", "assistant.message_delta"),
    ("assistant.message.start", "assistant.message_start"),
    ("assistant.reasoning.delta", "assistant.reasoning_delta"),
    ("assistant.streaming.delta", "assistant.streaming_delta"),
    ("assistant.turn.start", "assistant.turn_start"),
    ("assistant.turn.end", "assistant.turn_end"),
    ("tool.execution.start", "tool.execution_start"),
    ("tool.execution.complete", "tool.execution_complete"),
    ("tool.execution.progress", "tool.execution_progress"),
    ("tool.execution.partial_result", "tool.execution_partial_result"),
];

/// The wire's spelling of an event type that is spelled otherwise; `None` where there is no other. Some types are
/// camelCase on the wire too (`permission.carriedForward`), so a subscription means the spelling given as well.
pub fn wire_spelling(event_type: &str) -> Option<String> {
    let mut snake = String::with_capacity(event_type.len() + 4);
    let mut before = '.';
    for letter in event_type.chars() {
        let begins_word = letter.is_ascii_uppercase() && before != '.' && before != '_';
        if begins_word && !before.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
        before = letter;
    }
    let dotted = DOTTED.iter().find(|(alias, _)| *alias == snake).map(|(_, wire)| String::from(*wire));
    dotted.or_else(|| Some(snake).filter(|snake| snake != event_type))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documents_spellings() {
        for (alias, wire) in [
            ("assistant.message.delta", "assistant.message_delta"),
            ("assistant.messageDelta", "assistant.message_delta"),
            ("assistant.reasoning.delta", "assistant.reasoning_delta"),
            ("tool.executionStart", "tool.execution_start"),
            ("tool.executionComplete", "tool.execution_complete"),
            ("tool.execution.partialResult", "tool.execution_partial_result"),
            ("session.usageInfo", "session.usage_info"),
            ("mcp.oauthRequired", "mcp.oauth_required"),
            ("externalTool.requested", "external_tool.requested"),
            ("permission.carriedForward", "permission.carried_forward"),
        ] {
            assert_eq!(wire_spelling(alias).as_deref(), Some(wire), "{alias}");
        }
    }

    #[test]
    fn the_wires_own_spellings_have_no_other() {
        for wire in [
            "assistant.message_delta",
            "assistant.message",
            "session.canvas.opened",
            "mcp.tools.list_changed",
            "abort",
            "",
            ".",
            "state",
            "session.created",
            "something.else.delta",
            "grü.ße",
        ] {
            assert_eq!(wire_spelling(wire), None, "{wire}");
        }
    }
}
