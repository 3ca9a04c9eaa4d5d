//! The secrets that a client knows of, and texts without them.
//!
//! A CLI may print what it was given, and a server may quote it: into an error, its data, or the log. Whatever comes
//! from there passes by here first.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use memchr::memmem;
use parking_lot::RwLock;
use serde_json::Value;

use crate::json;

/// What stands in place of a secret.
const REDACTED: &str = "[redacted]";

/// A text of fewer characters is no secret worth the name, and would be found where nobody meant it.
const SHORTEST: usize = 6;

/// Secret texts. They can be added and not be taken out again: what a server was once given, it may quote at any
/// time. Any thread; nothing here blocks for longer than it takes to look through a text.
#[derive(Default)]
pub struct Secrets(RwLock<Vec<Box<[u8]>>>);

impl Secrets {
    /// Adds these texts, as far as they are long enough: as they are, in the form that JSON gives them, and each
    /// line on its own, for output is looked at line by line.
    pub fn learn<T: AsRef<str>>(&self, texts: impl IntoIterator<Item = T>) {
        let mut known = self.0.write();
        for text in texts {
            let text = text.as_ref().trim();
            let in_json = json::quote(text);
            let in_json = &in_json[1..in_json.len() - 1];
            let forms = [text, in_json].into_iter().filter(|_| is_long_enough(text.as_bytes()));
            for form in forms.chain(text.lines().map(str::trim)).map(str::as_bytes) {
                if is_long_enough(form) && !known.iter().any(|other| **other == *form) {
                    known.push(form.into());
                }
            }
        }
    }

    /// The text with "[redacted]" in place of each secret. Where it was shortened, which a "…" tells, the beginning
    /// of a secret counts as one.
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.redact_bytes(text.as_bytes()) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            Cow::Owned(bytes) => {
                Cow::Owned(String::from_utf8(bytes).unwrap_or_else(|_| String::from(REDACTED)))
            }
        }
    }

    /// The same for JSON text, which stays JSON text, whatever form the secret has in it.
    pub fn redact_json<'t>(&self, json: &'t str) -> Cow<'t, str> {
        let looks_clean = matches!(self.redact(json), Cow::Borrowed(_));
        match serde_json::from_str::<Value>(json) {
            Ok(value) => match self.redact_value(&value) {
                clean if looks_clean && clean == value => Cow::Borrowed(json),
                clean => Cow::Owned(clean.to_string()),
            },
            Err(_) if looks_clean => Cow::Borrowed(json),
            Err(_) => Cow::Owned(json::quote(REDACTED)),
        }
    }

    fn redact_value(&self, value: &Value) -> Value {
        let text = |text: &str| self.redact(text).into_owned();
        match value {
            Value::String(string) => Value::String(text(string)),
            Value::Number(number) if text(&number.to_string()).contains(REDACTED) => Value::from(REDACTED),
            Value::Array(items) => items.iter().map(|item| self.redact_value(item)).collect(),
            Value::Object(members) => {
                members.iter().map(|(key, value)| (text(key), self.redact_value(value))).collect()
            }
            other => other.clone(),
        }
    }

    /// [`redact`](Self::redact) for what may be no UTF-8.
    pub(crate) fn redact_bytes<'t>(&self, text: &'t [u8]) -> Cow<'t, [u8]> {
        replaced(text, found(&self.0.read(), text, false))
    }

    /// [`redact_bytes`](Self::redact_bytes) for a text that may have been cut off in the middle of a secret.
    pub(crate) fn redact_cut_off<'t>(&self, text: &'t [u8]) -> Cow<'t, [u8]> {
        replaced(text, found(&self.0.read(), text, true))
    }

    /// How much of a text that goes on can be taken by itself without parting a secret.
    pub(crate) fn cut(&self, text: &[u8]) -> usize {
        let known = self.0.read();
        let Some(start) = begun(&known, text) else { return text.len() };
        let whole = found(&known, text, false);
        whole.iter().find(|range| range.start < start && start < range.end).map_or(start, |range| range.end)
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").finish_non_exhaustive()
    }
}

fn is_long_enough(text: &[u8]) -> bool {
    text.iter().filter(|byte| **byte & 0xC0 != 0x80).count() >= SHORTEST
}

/// Where secrets are, in order and without overlaps.
fn found(known: &[Box<[u8]>], text: &[u8], cut_off: bool) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    for secret in known {
        let mut from = 0;
        while let Some(at) = text.get(from..).and_then(|rest| memmem::find(rest, secret)) {
            ranges.push(from + at..from + at + secret.len());
            from += at + 1;
        }
    }
    let ellipses = memmem::find_iter(text, "…");
    for end in ellipses.chain(cut_off.then_some(text.len())) {
        let start = begun(known, &text[..end]);
        ranges.extend(start.map(|start| start..end).filter(|range| is_long_enough(&text[range.clone()])));
    }
    merged(ranges)
}

/// Where the longest beginning of a secret starts that the text ends with.
fn begun(known: &[Box<[u8]>], text: &[u8]) -> Option<usize> {
    let beginning = |secret: &[u8]| (1..secret.len()).rev().find(|length| text.ends_with(&secret[..*length]));
    known.iter().filter_map(|secret| beginning(secret)).max().map(|length| text.len() - length)
}

fn merged(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_by_key(|range| range.start);
    let mut merged: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

fn replaced(text: &[u8], ranges: Vec<Range<usize>>) -> Cow<'_, [u8]> {
    if ranges.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut clean = Vec::with_capacity(text.len());
    let mut kept = 0;
    for range in ranges {
        clean.extend_from_slice(&text[kept..range.start]);
        clean.extend_from_slice(REDACTED.as_bytes());
        kept = range.end;
    }
    clean.extend_from_slice(&text[kept..]);
    Cow::Owned(clean)
}

#[cfg(test)]
mod tests;
