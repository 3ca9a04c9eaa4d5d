//! JSON text: the raw text is the truth, and reading it is lazy.
//!
//! [`scan`] finds values in text and builds nothing; [`Json`] owns a text, remembers what was asked of it, and can
//! change it. There is no tree: what nobody asks for is never decoded.

pub mod each;
pub mod scan;

mod ctext;
mod document;
mod edit;
mod escape;
mod index;
mod jumps;
mod lately;
mod memo;
mod number;
mod pointer;
mod proof;
mod renew;
mod source;
mod texts;
mod token;
mod usual;
mod walk;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use serde::de::IgnoredAny;

use crate::error::{Code, Error, Result};

pub use ctext::CText;
pub use document::Json;
pub use scan::Kind;

/// How deeply arrays and objects may nest in text that comes from the caller: as deeply as serde_json reads.
pub const MAX_DEPTH: usize = 127;

/// Checks that the text is one JSON value, every detail of the grammar included.
///
/// # Errors
///
/// `InvalidJson` with the line and column, but nothing of the text itself: it may be a secret. Also when it nests
/// deeper than [`MAX_DEPTH`].
pub fn validate(text: &str) -> Result<()> {
    if !is_plainly_valid(text) {
        serde_json::from_str::<IgnoredAny>(text)
            .map_err(|error| Error::new(Code::InvalidJson, format!("this is not valid JSON: {error}")))?;
    }
    // Each level is two bytes at least.
    if text.len() > 2 * MAX_DEPTH && scan::depth(text) > MAX_DEPTH {
        let message =
            format!("this JSON nests arrays and objects more than {MAX_DEPTH} levels deep; flatten it");
        return Err(Error::new(Code::InvalidJson, message));
    }
    Ok(())
}

/// True for a value without escapes, whose strings need no look inside: its structure is all that could be wrong. Of
/// other text it says nothing.
fn is_plainly_valid(text: &str) -> bool {
    // All bytes at once.
    let has_more = text.bytes().fold(false, |found, byte| found | (byte < b' ') | (byte == b'\\'));
    !has_more && scan::value_end(text, 0) == Ok(text.len())
}

/// The text as a JSON string, quotes included.
pub fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The same JSON without space between its tokens. The order of members and the spelling of numbers and strings stay.
pub fn compact(text: &str) -> Cow<'_, str> {
    // All bytes at once, for most texts have no space anywhere, not even in their strings.
    if !text.bytes().fold(false, |found, byte| found | (byte <= b' ')) {
        return Cow::Borrowed(text);
    }
    let mut out = String::new();
    let mut kept = 0;
    let (bytes, mut at) = (text.as_bytes(), 0);
    while at < bytes.len() {
        match bytes[at] {
            // A string without an end is no JSON: the rest is kept as it is.
            b'"' => at = token::quoted(bytes, at).map_or(bytes.len(), |string| string.end),
            b' ' | b'\t' | b'\n' | b'\r' => {
                out.reserve(text.len() - kept);
                out.push_str(&text[kept..at]);
                at = token::skip_space(bytes, at);
                kept = at;
            }
            _ => at += 1,
        }
    }
    if kept == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[kept..]);
    Cow::Owned(out)
}
