//! Pieces of a stream: events of which several can be told as one without losing a character.

use crate::json::scan;

/// What makes two pieces parts of one text, and where in an event its part is.
struct Shape {
    event_type: &'static str,
    /// The member of `data` that names the text; pieces with different ones never meet.
    id: &'static str,
    /// The member of `data` with the piece; `None` where the newest event says all that the ones before have said.
    piece: Option<&'static str>,
}

const SHAPES: [Shape; 4] = [
    Shape { event_type: "assistant.message_delta", id: "/messageId", piece: Some("/deltaContent") },
    Shape { event_type: "assistant.reasoning_delta", id: "/reasoningId", piece: Some("/deltaContent") },
    Shape { event_type: "assistant.tool_call_delta", id: "/toolCallId", piece: Some("/inputDelta") },
    Shape { event_type: "assistant.streaming_delta", id: "", piece: None },
];

/// A waiting piece, to which the pieces behind it are added.
#[derive(Debug, PartialEq, Eq)]
pub struct Delta {
    shape: usize,
    id: String,
    /// The event up to the end of its piece, inside of the quotes; all of it where there is no piece.
    head: String,
    /// The rest of it.
    tail: String,
}

impl Delta {
    /// The event as a piece of a stream; `None` when it is none.
    pub fn read(event_type: &str, event: &str) -> Option<Delta> {
        let shape = SHAPES.iter().position(|shape| shape.event_type == event_type)?;
        let Some(piece) = SHAPES[shape].piece else {
            let (head, tail) = (event.to_owned(), String::new());
            return Some(Delta { shape, id: String::new(), head, tail });
        };
        let data = scan::find(event, "/data")?;
        let id = scan::string(scan::find(data, SHAPES[shape].id)?)?.into_owned();
        let piece = scan::find(data, piece).filter(|raw| raw.len() > 1 && raw.starts_with('"'))?;
        // A slice of the event, so it lies in it; its last byte is the closing quote.
        let end = (piece.as_ptr() as usize).checked_sub(event.as_ptr() as usize)? + piece.len() - 1;
        let (head, tail) = event.split_at_checked(end)?;
        Some(Delta { shape, id, head: head.to_owned(), tail: tail.to_owned() })
    }

    /// Adds the next piece of the same stream; gives it back when it is of another one.
    pub fn join(&mut self, next: Delta) -> Result<(), Delta> {
        if (self.shape, &self.id) != (next.shape, &next.id) {
            return Err(next);
        }
        if SHAPES[self.shape].piece.is_none() {
            *self = next;
            return Ok(());
        }
        // Raw, as the wire has it: halves of an escaped surrogate pair meet here too.
        match next.piece_start() {
            Some(start) => {
                self.head.push_str(&next.head[start..]);
                Ok(())
            }
            None => Err(next),
        }
    }

    /// Where the piece begins in `head`, behind its quote. The quote is the last one that is not escaped, for the piece
    /// has none inside.
    fn piece_start(&self) -> Option<usize> {
        let bytes = self.head.as_bytes();
        let mut end = bytes.len();
        loop {
            let quote = memchr::memrchr(b'"', &bytes[..end])?;
            let escapes = bytes[..quote].iter().rev().take_while(|byte| **byte == b'\\').count();
            if escapes % 2 == 0 {
                return Some(quote + 1);
            }
            end = quote;
        }
    }

    /// The event that stands for all of them: the first one, with their pieces in a row.
    pub fn into_event(mut self) -> String {
        self.head.push_str(&self.tail);
        self.head
    }

    /// What it holds.
    pub fn bytes(&self) -> usize {
        self.head.len() + self.tail.len() + self.id.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delta(event_type: &str, data: &str) -> Delta {
        Delta::read(event_type, &format!(r#"{{"id":"1","data":{data},"type":"x"}}"#)).unwrap()
    }

    #[test]
    fn pieces_of_one_text_become_one_event() {
        for (event_type, id, piece) in [
            ("assistant.message_delta", "messageId", "deltaContent"),
            ("assistant.reasoning_delta", "reasoningId", "deltaContent"),
            ("assistant.tool_call_delta", "toolCallId", "inputDelta"),
        ] {
            let part = |text: &str| delta(event_type, &format!(r#"{{"{piece}":"{text}","{id}":"m"}}"#));
            let mut whole = part("one");
            for text in ["", r#" \"two\" "#, r"\\", r"\ud83d", r"\ude00", "ü"] {
                whole.join(part(text)).unwrap();
            }
            let event: serde_json::Value = serde_json::from_str(&whole.into_event()).unwrap();
            assert_eq!(event["data"][piece], "one \"two\" \\😀ü");
            assert_eq!((&event["data"][id], &event["type"]), (&"m".into(), &"x".into()));
        }
    }

    #[test]
    fn pieces_of_different_texts_stay_apart() {
        let message = "assistant.message_delta";
        let mut first = delta(message, r#"{"messageId":"a","deltaContent":"1"}"#);
        let other = delta(message, r#"{"messageId":"b","deltaContent":"2"}"#);
        let other = first.join(other).unwrap_err();
        let reasoning = delta("assistant.reasoning_delta", r#"{"reasoningId":"a","deltaContent":"3"}"#);
        assert!(first.join(reasoning).is_err());
        assert!(other.into_event().contains(r#""deltaContent":"2""#));
        assert!(first.into_event().contains(r#""deltaContent":"1""#));
    }

    #[test]
    fn of_the_bytes_received_only_the_newest_counts() {
        let streaming = "assistant.streaming_delta";
        let mut first = delta(streaming, r#"{"totalResponseSizeBytes":1}"#);
        first.join(delta(streaming, r#"{"totalResponseSizeBytes":22}"#)).unwrap();
        assert!(first.into_event().contains("22"));
    }

    #[test]
    fn what_is_no_piece_is_left_alone() {
        for (event_type, event) in [
            ("assistant.message", r#"{"data":{"messageId":"m","deltaContent":"x"}}"#),
            ("assistant.message_delta", r#"{"data":{"deltaContent":"x"}}"#),
            ("assistant.message_delta", r#"{"data":{"messageId":"m","deltaContent":7}}"#),
            ("assistant.message_delta", r#"{"data":{"messageId":1,"deltaContent":"x"}}"#),
            ("assistant.message_delta", "7"),
            ("assistant.message_delta", ""),
        ] {
            assert_eq!(Delta::read(event_type, event), None, "{event}");
        }
    }
}
