//! The smallest pieces of JSON text, by their first and last bytes: space, strings, numbers and literals.

use memchr::memchr2;

use super::jumps::{Known, LONG};
use super::scan::{Malformed, Scan};

/// How far into a string it is searched block by block, which costs nothing to start. What is longer is left to
/// `memchr2`, which is faster once it runs.
const NEAR: usize = LONG;

/// A key as the CLIs write it: without escapes, of less than 32 bytes, its colon and its value close behind it.
pub(super) struct UsualKey<'a> {
    pub text: &'a [u8],
    /// What begins with it, or with its first sixteen bytes.
    block: &'a [u8; 16],
    /// The offset of the value.
    pub value: usize,
}

/// The key whose opening quote is at `at`. `None` says only that it is another kind of key.
#[inline(always)]
pub(super) fn usual_key(bytes: &[u8], at: usize) -> Option<UsualKey<'_>> {
    if bytes.get(at) != Some(&b'"') {
        return None;
    }
    let inside = bytes.get(at + 1..)?;
    let block = inside.first_chunk()?;
    let mut length = quote_or_backslash(block);
    if length == 16 {
        length += quote_or_backslash(inside.get(16..)?.first_chunk()?);
    }
    // Together with a byte that a value may begin with. Space is unusual.
    let is_usual = matches!(inside.get(length..)?, [b'"', b':', first, ..] if *first > b' ');
    is_usual.then_some(UsualKey { text: inside.get(..length)?, block, value: at + length + 3 })
}

impl UsualKey<'_> {
    /// True when there is a slash or a tilde in it, which are written in another way in a pointer.
    #[inline(always)]
    pub fn is_spelled_otherwise(&self) -> bool {
        slash_or_tilde(self.block) < self.text.len().min(16)
            || self.text.get(16..).is_some_and(|rest| rest.iter().any(|byte| matches!(byte, b'/' | b'~')))
    }
}

/// The offset just after the string whose opening quote is at `at`, where it is short and without escapes. `None` says
/// only that it is another kind of string.
#[inline(never)]
pub(super) fn short_string_end(bytes: &[u8], at: usize) -> Option<usize> {
    let (blocks, rest) = bytes.get(at + 1..)?.as_chunks::<16>();
    let mut read = at + 1;
    for block in blocks.iter().take(NEAR / 16) {
        if let Some(found) = first_of(b'"', b'\\', block) {
            return (block[found] == b'"').then_some(read + found + 1);
        }
        read += 16;
    }
    if blocks.len() > NEAR / 16 {
        return None;
    }
    // The text ends soon.
    let found = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
    (rest[found] == b'"').then_some(read + found + 1)
}

/// A string that was read up to here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Quoted {
    /// The offset just after what was read, which is the closing quote when the string has ended.
    pub end: usize,
    /// True when there is no escape in it.
    pub plain: bool,
}

/// The string whose opening quote is at `at`.
#[inline(always)]
pub(super) fn quoted(bytes: &[u8], at: usize) -> Scan<Quoted> {
    if bytes.get(at) != Some(&b'"') {
        return Err(Malformed { at });
    }
    match short_string_end(bytes, at) {
        Some(end) => Ok(Quoted { end, plain: true }),
        None => other_quoted(bytes, at),
    }
}

#[inline(never)]
fn other_quoted(bytes: &[u8], at: usize) -> Scan<Quoted> {
    near_end(bytes, at).or_else(|rest| far_end(bytes, rest))
}

/// The offset just after the string whose opening quote is at `at`. A long one is jumped over if it was met before.
#[inline(always)]
pub(super) fn string_end(bytes: &[u8], at: usize, known: Known<'_>) -> Scan<usize> {
    match short_string_end(bytes, at) {
        Some(end) => Ok(end),
        None => other_string_end(bytes, at, known),
    }
}

#[inline(never)]
fn other_string_end(bytes: &[u8], at: usize, known: Known<'_>) -> Scan<usize> {
    let rest = match near_end(bytes, at) {
        Ok(quoted) => return Ok(quoted.end),
        Err(rest) => rest,
    };
    if let Some(end) = known.end_of(at) {
        return Ok(end);
    }
    let end = far_end(bytes, rest)?.end;
    known.note(at, end);
    Ok(end)
}

/// The end of the string whose opening quote is at `at`, if it is near; else how far it was read.
fn near_end(bytes: &[u8], at: usize) -> Result<Quoted, Quoted> {
    let mut read = Quoted { end: at + 1, plain: true };
    while read.end < at + NEAR
        && let Some(block) = bytes.get(read.end..).and_then(|rest| rest.first_chunk())
    {
        let found = quote_or_backslash(block);
        if found == 16 {
            read.end += 16;
            continue;
        }
        if block[found] == b'"' {
            return Ok(Quoted { end: read.end + found + 1, ..read });
        }
        // What follows a backslash is no end, whatever it is.
        read = Quoted { end: read.end + found + 2, plain: false };
    }
    Err(read)
}

/// The end of a string of which something was read.
#[inline(never)]
fn far_end(bytes: &[u8], mut read: Quoted) -> Scan<Quoted> {
    loop {
        let found = bytes.get(read.end..).and_then(|rest| memchr2(b'"', b'\\', rest));
        let Some(found) = found.map(|found| read.end + found) else {
            return Err(Malformed { at: bytes.len() });
        };
        if bytes[found] == b'"' {
            return Ok(Quoted { end: found + 1, ..read });
        }
        read = Quoted { end: found + 2, plain: false };
    }
}

/// Where in the block the first quote or backslash is; 16 when there is none.
#[inline(never)]
fn quote_or_backslash(block: &[u8; 16]) -> usize {
    first_of(b'"', b'\\', block).unwrap_or(16)
}

/// Where in the block the first slash or tilde is; 16 when there is none.
#[inline(never)]
fn slash_or_tilde(block: &[u8; 16]) -> usize {
    first_of(b'/', b'~', block).unwrap_or(16)
}

/// Where in the block the first of either byte is.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(super) fn first_of(one: u8, other: u8, block: &[u8; 16]) -> Option<usize> {
    // What every x86-64 has; without the choice of something better, which `memchr2` makes in each call.
    memchr::arch::x86_64::sse2::memchr::Two::new(one, other).and_then(|either| either.find(block))
}

/// Where in the block the first of either byte is.
#[cfg(not(target_arch = "x86_64"))]
pub(super) fn first_of(one: u8, other: u8, block: &[u8; 16]) -> Option<usize> {
    block.iter().position(|byte| *byte == one || *byte == other)
}

/// The offset just after the number or literal at `at`.
#[inline(always)]
pub(super) fn scalar_end(bytes: &[u8], at: usize) -> Scan<usize> {
    // Most are a digit alone, or true, with what ends an item behind it.
    match bytes.get(at..) {
        Some([b'0'..=b'9', b',' | b'}' | b']', ..]) => Ok(at + 1),
        Some([b't', b'r', b'u', b'e', ..]) => Ok(at + 4),
        _ => other_scalar_end(bytes, at),
    }
}

#[inline(never)]
fn other_scalar_end(bytes: &[u8], at: usize) -> Scan<usize> {
    let literal: &[u8] = match bytes.get(at) {
        Some(b'-' | b'0'..=b'9') => return number_end(bytes, at),
        Some(b't') => b"true",
        Some(b'f') => b"false",
        Some(b'n') => b"null",
        _ => return Err(Malformed { at }),
    };
    if bytes[at..].starts_with(literal) { Ok(at + literal.len()) } else { Err(Malformed { at }) }
}

fn number_end(bytes: &[u8], at: usize) -> Scan<usize> {
    let mut at = at + usize::from(bytes[at] == b'-');
    at = if bytes.get(at) == Some(&b'0') { at + 1 } else { digits_end(bytes, at)? };
    if bytes.get(at) == Some(&b'.') {
        at = digits_end(bytes, at + 1)?;
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        at = digits_end(bytes, at + 1 + sign)?;
    }
    Ok(at)
}

/// Past at least one digit.
fn digits_end(bytes: &[u8], at: usize) -> Scan<usize> {
    let mut end = at;
    while let Some(b'0'..=b'9') = bytes.get(end) {
        end += 1;
    }
    if end == at { Err(Malformed { at }) } else { Ok(end) }
}

/// Past a colon, and the space before it.
#[inline]
pub(super) fn skip_colon(bytes: &[u8], at: usize) -> Scan<usize> {
    let at = skip_space(bytes, at);
    if bytes.get(at) == Some(&b':') { Ok(at + 1) } else { Err(Malformed { at }) }
}

/// The offset of the first byte from `at` on that is no space.
#[inline]
pub(super) fn skip_space(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at) {
        Some(byte) if *byte > b' ' => at,
        _ => skip_spaces(bytes, at),
    }
}

/// The CLIs write none between their tokens.
#[cold]
fn skip_spaces(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(|byte| is_space(*byte)) {
        at += 1;
    }
    at
}

/// What JSON counts as space.
#[inline]
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}
