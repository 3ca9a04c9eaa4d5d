//! One pass over the members of an object, for who wants a few of them.

use super::jumps::Known;
use super::scan::{end_of_value, key_is};
use super::token::{quoted, skip_colon, skip_space, usual_key};

/// A key as it is spelled between its quotes.
pub enum Key<'a> {
    /// Without escapes.
    Plain(&'a [u8]),
    /// Any other.
    Other(&'a str),
}

impl Key<'_> {
    /// True when it stands for this.
    #[inline(always)]
    pub fn is(&self, name: &str) -> bool {
        match self {
            Key::Plain(key) => *key == name.as_bytes(),
            Key::Other(key) => key_is(key, name),
        }
    }
}

/// Calls `member` for each member of the object whose bracket is at this place (or behind the space here), with the key and
/// with where its value begins, for where the value ends. Returns where the object ends; `None` where there is none, or
/// `member` says so.
#[inline(always)]
pub fn each_member<'a>(
    text: &'a str,
    at: usize,
    mut member: impl FnMut(Key<'a>, usize) -> Option<usize>,
) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = skip_space(bytes, at);
    if bytes.get(at) != Some(&b'{') {
        return None;
    }
    at = skip_space(bytes, at + 1);
    if bytes.get(at) == Some(&b'}') {
        return Some(at + 1);
    }
    loop {
        let (key, value) = match usual_key(bytes, at) {
            Some(key) => (Key::Plain(key.text), key.value),
            None => other_key(text, at)?,
        };
        at = skip_space(bytes, member(key, value)?);
        match bytes.get(at)? {
            b',' => at = skip_space(bytes, at + 1),
            b'}' => return Some(at + 1),
            _ => return None,
        }
    }
}

/// The key whose opening quote is here, and where its value begins.
#[inline(never)]
fn other_key(text: &str, at: usize) -> Option<(Key<'_>, usize)> {
    let bytes = text.as_bytes();
    let key = quoted(bytes, at).ok()?;
    let value = skip_space(bytes, skip_colon(bytes, key.end).ok()?);
    Some((Key::Other(text.get(at + 1..key.end - 1)?), value))
}

/// The offset just after the value whose first byte is at `at`.
#[inline(always)]
pub fn end_of(text: &str, at: usize) -> Option<usize> {
    end_of_value(text.as_bytes(), at, Known(None)).ok()
}

/// True where nothing but space follows.
#[inline]
pub fn ends(text: &str, at: usize) -> bool {
    skip_space(text.as_bytes(), at) == text.len()
}
