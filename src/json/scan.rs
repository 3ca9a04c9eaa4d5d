//! A structural scanner: finds values inside JSON text without building anything.
//!
//! It checks what it walks over for structure: brackets that match, commas and colons in their places, strings that
//! end, literals and numbers that are spelled as such. It does not check what is inside a string; that is left to
//! [`string`] and to [`validate`](super::validate). Nothing here recurses, so no nesting can overflow the stack, and
//! nothing panics: text that is not JSON yields [`Malformed`] or `None`.

use std::ops::Range;

use super::jumps::Known;
use super::token::{quoted, scalar_end, skip_colon, skip_space, string_end, usual_key};
use super::walk::Walk;

pub use super::escape::{key_is, repair_lone_surrogates, string, unescape};
pub use super::pointer::find;

/// The text stopped being JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The byte offset of the first byte that does not fit.
    pub at: usize,
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // JSON's own six
pub enum Kind {
    Null,
    Bool,
    Number,
    String,
    Array,
    Object,
}

/// What JSON counts as space.
pub const SPACE: [char; 4] = [' ', '\t', '\n', '\r'];

/// What reading text yields.
pub(super) type Scan<T> = Result<T, Malformed>;

/// Where a slice of `text`, such as what is found here, lies in it.
pub fn range_in(text: &str, slice: &str) -> Range<usize> {
    let start = slice.as_ptr() as usize - text.as_ptr() as usize;
    start..start + slice.len()
}

/// The offset just after the value whose first byte (or leading space) is at `at`.
///
/// What follows the value is not looked at.
pub fn value_end(text: &str, at: usize) -> Scan<usize> {
    let bytes = text.as_bytes();
    end_of_value(bytes, skip_space(bytes, at), Known(None))
}

/// The offset just after the value that begins at `at`. A long one is jumped over if it was met before.
#[inline(always)]
pub(super) fn end_of_value(bytes: &[u8], at: usize, known: Known<'_>) -> Scan<usize> {
    match bytes.get(at) {
        Some(b'"') => string_end(bytes, at, known),
        Some(b'{' | b'[') => container_end(bytes, at, known),
        _ => scalar_end(bytes, at),
    }
}

#[inline(never)]
fn container_end(bytes: &[u8], start: usize, known: Known<'_>) -> Scan<usize> {
    if let Some(end) = known.end_of(start) {
        return Ok(end);
    }
    let mut open = Nesting::default();
    let mut at = start;
    loop {
        at = match bytes.get(at) {
            Some(b'"') => string_end(bytes, at, known)?,
            Some(bracket @ (b'{' | b'[')) => {
                let inside = skip_space(bytes, at + 1);
                // Two more is the bracket that closes.
                if bytes.get(inside) == Some(&(bracket + 2)) {
                    inside + 1
                } else {
                    let in_object = *bracket == b'{';
                    open.push(in_object);
                    at = inside;
                    if in_object {
                        at = past_key(bytes, at)?;
                    }
                    continue;
                }
            }
            _ => scalar_end(bytes, at)?,
        };
        while let Some(in_object) = open.top() {
            at = skip_space(bytes, at);
            match bytes.get(at) {
                Some(b',') => break,
                Some(b'}') if in_object => {}
                Some(b']') if !in_object => {}
                _ => return Err(Malformed { at }),
            }
            open.pop();
            at += 1;
        }
        at = match open.top() {
            Some(true) => past_key(bytes, skip_space(bytes, at + 1))?,
            Some(false) => skip_space(bytes, at + 1),
            None => break,
        };
    }
    known.note(start, at);
    Ok(at)
}

/// The first byte of the value whose key's opening quote is at `at`.
#[inline(always)]
fn past_key(bytes: &[u8], at: usize) -> Scan<usize> {
    match usual_key(bytes, at) {
        Some(key) => Ok(key.value),
        None => past_other_key(bytes, at),
    }
}

#[inline(never)]
fn past_other_key(bytes: &[u8], at: usize) -> Scan<usize> {
    let key = quoted(bytes, at)?;
    Ok(skip_space(bytes, skip_colon(bytes, key.end)?))
}

/// The members of an object, in the order of the text, duplicates included.
///
/// The text must be one object and nothing else; whatever is wrong after its first byte is reported by the iterator.
pub fn members(object: &str) -> Scan<Members<'_>> {
    Ok(Members { text: object, walk: Walk::through_all(object, true)? })
}

/// The elements of an array.
///
/// The text must be one array and nothing else; whatever is wrong after its first byte is reported by the iterator.
pub fn elements(array: &str) -> Scan<Elements<'_>> {
    Ok(Elements { text: array, walk: Walk::through_all(array, false)? })
}

/// Iterates over the members of an object: the key as it is spelled between its quotes, and the value's text without
/// space around it. Ends after the first error.
#[derive(Clone, Debug)]
pub struct Members<'a> {
    text: &'a str,
    walk: Walk<'a>,
}

impl<'a> Iterator for Members<'a> {
    type Item = Scan<(&'a str, &'a str)>;

    fn next(&mut self) -> Option<Self::Item> {
        let member = self.walk.step(|walk| Ok((walk.key()?.0, walk.value()?)))?;
        Some(member.map(|(key, value)| (&self.text[key], &self.text[value])))
    }
}

/// Iterates over the elements of an array: each one's text without space around it. Ends after the first error.
#[derive(Clone, Debug)]
pub struct Elements<'a> {
    text: &'a str,
    walk: Walk<'a>,
}

impl<'a> Iterator for Elements<'a> {
    type Item = Scan<&'a str>;

    fn next(&mut self) -> Option<Self::Item> {
        let element = self.walk.step(Walk::value)?;
        Some(element.map(|element| &self.text[element]))
    }
}

/// True when the raw value is `null`.
pub fn is_null(raw: &str) -> bool {
    raw.trim_matches(SPACE) == "null"
}

/// What a raw value is, by its first byte. Text that is no value counts as null.
pub fn kind(raw: &str) -> Kind {
    match raw.as_bytes().get(skip_space(raw.as_bytes(), 0)) {
        Some(b't' | b'f') => Kind::Bool,
        Some(b'-' | b'0'..=b'9') => Kind::Number,
        Some(b'"') => Kind::String,
        Some(b'[') => Kind::Array,
        Some(b'{') => Kind::Object,
        _ => Kind::Null,
    }
}

/// The deepest nesting of arrays and objects: 0 for a scalar, 1 for `[]`.
///
/// Of text that is not JSON it counts the brackets outside strings, a closing one matching any opening one.
pub fn depth(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut now, mut deepest, mut at) = (0_usize, 0, 0);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'{' | b'[' => {
                now += 1;
                deepest = deepest.max(now);
            }
            b'}' | b']' => now = now.saturating_sub(1),
            b'"' => {
                let Ok(string) = quoted(bytes, at) else { break };
                at = string.end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    deepest
}

/// Which containers are open, one bit each: hostile depth costs a bit per level, and the usual one no allocation.
#[derive(Default)]
pub(super) struct Nesting {
    depth: usize,
    /// The innermost levels, the last one in the lowest bit.
    top: u64,
    /// The levels outside those, 64 to a word.
    below: Vec<u64>,
}

impl Nesting {
    pub fn push(&mut self, object: bool) {
        if self.depth != 0 && self.depth.is_multiple_of(64) {
            self.below.push(self.top);
        }
        self.top = self.top << 1 | u64::from(object);
        self.depth += 1;
    }

    pub fn pop(&mut self) {
        self.depth -= 1;
        self.top >>= 1;
        if self.depth.is_multiple_of(64) {
            self.top = self.below.pop().unwrap_or(0);
        }
    }

    /// Whether the innermost container is an object; `None` outside any.
    pub fn top(&self) -> Option<bool> {
        (self.depth != 0).then_some(self.top & 1 == 1)
    }
}
