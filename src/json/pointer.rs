//! JSON pointers (RFC 6901), and the search along one.

use std::borrow::Cow;

use super::escape::unescape;
use super::jumps::Known;
use super::scan::{SPACE, end_of_value, value_end};
use super::token::{Quoted, quoted, skip_colon, skip_space};
use super::usual;

/// The raw text of the value that an RFC 6901 pointer names, without space around it.
///
/// `""` is the whole text. Of a key that occurs twice the first one counts. An array index is decimal without leading
/// zeros, and `-` names nothing. `None` when there is no such value, the pointer is not one, or the text is not JSON.
/// It is read as far as the value reaches and no further: what is wrong behind it goes unseen.
pub fn find<'a>(text: &'a str, pointer: &str) -> Option<&'a str> {
    if pointer.is_empty() {
        let value = text.trim_matches(SPACE);
        return (value_end(value, 0) == Ok(value.len())).then_some(value);
    }
    let bytes = text.as_bytes();
    let start = search(bytes, 0, pointer.as_bytes(), usize::MAX, Known(None)).start()?;
    Some(&text[start..end_of_value(bytes, start, Known(None)).ok()?])
}

/// What a search came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// The value begins here.
    At(usize),
    /// There is no such value.
    Nothing,
    /// It is in an array, behind more elements than the search should walk over.
    Far,
}

impl Found {
    /// Where the value begins, if it was found.
    pub fn start(self) -> Option<usize> {
        match self {
            Found::At(start) => Some(start),
            Found::Nothing | Found::Far => None,
        }
    }
}

/// Where the value begins that the pointer names inside the value at `at`. Whether it is a sound one is not looked at.
///
/// An element of an array is looked for only up to the index `farthest`. A pointer that is not UTF-8 names nothing, for
/// no key is like it.
pub(super) fn search(bytes: &[u8], at: usize, pointer: &[u8], farthest: usize, known: Known<'_>) -> Found {
    usual::search(bytes, at, pointer, known)
        .unwrap_or_else(|| search_any(bytes, at, pointer, farthest, known))
}

/// The search through text of any kind.
pub(super) fn search_any(
    bytes: &[u8],
    at: usize,
    pointer: &[u8],
    farthest: usize,
    known: Known<'_>,
) -> Found {
    let mut at = skip_space(bytes, at);
    let mut rest = pointer;
    while let Some((token, further)) = split_token(rest) {
        let inside = match bytes.get(at) {
            Some(b'{') => key_of(token).and_then(|key| member(bytes, at, &key, known)),
            Some(b'[') => match index_of(token) {
                Some(index) if index > farthest => return Found::Far,
                index => index.and_then(|index| element(bytes, at, index, known)),
            },
            _ => None,
        };
        let Some(value) = inside else { return Found::Nothing };
        (at, rest) = (value, further);
    }
    if rest.is_empty() { Found::At(at) } else { Found::Nothing }
}

/// Where the value of the first member of this key begins in the object whose bracket is at `at`.
fn member(bytes: &[u8], at: usize, wanted: &[u8], known: Known<'_>) -> Option<usize> {
    let mut at = skip_space(bytes, at + 1);
    loop {
        // Where there is no key there is a bracket, or damage.
        let (key, end) = Key::at(bytes, at)?;
        let value = skip_space(bytes, skip_colon(bytes, end).ok()?);
        if key.is(wanted) {
            return Some(value);
        }
        at = past_comma(bytes, end_of_value(bytes, value, known).ok()?)?;
    }
}

/// Where the element of this index begins in the array whose bracket is at `at`.
fn element(bytes: &[u8], at: usize, index: usize, known: Known<'_>) -> Option<usize> {
    let mut at = skip_space(bytes, at + 1);
    for _ in 0..index {
        at = past_comma(bytes, end_of_value(bytes, at, known).ok()?)?;
    }
    (bytes.get(at) != Some(&b']')).then_some(at)
}

/// The first byte of the item that follows; `None` when none does.
#[inline]
fn past_comma(bytes: &[u8], at: usize) -> Option<usize> {
    let at = skip_space(bytes, at);
    (bytes.get(at) == Some(&b',')).then(|| skip_space(bytes, at + 1))
}

/// The key of a member, without its quotes.
pub(super) struct Key<'a> {
    text: &'a [u8],
    /// True when there is no escape in it.
    plain: bool,
}

impl<'a> Key<'a> {
    /// The key whose opening quote is at `at`, and the offset just after it.
    pub fn at(bytes: &'a [u8], at: usize) -> Option<(Key<'a>, usize)> {
        let Quoted { end, plain } = quoted(bytes, at).ok()?;
        Some((Key { text: bytes.get(at + 1..end - 1)?, plain }, end))
    }

    /// True when it stands for this.
    pub fn is(&self, wanted: &[u8]) -> bool {
        if self.plain {
            return self.text == wanted;
        }
        let decoded = str::from_utf8(self.text).ok().and_then(unescape);
        decoded.is_some_and(|key| key.as_bytes() == wanted)
    }
}

/// Takes the first token off a pointer that has one.
pub(super) fn split_token(pointer: &[u8]) -> Option<(&[u8], &[u8])> {
    let tokens = pointer.strip_prefix(b"/")?;
    Some(tokens.split_at(tokens.iter().position(|byte| *byte == b'/').unwrap_or(tokens.len())))
}

/// The key that a token of a pointer stands for, its `~0` and `~1` decoded; `None` for any other `~`.
pub(super) fn key_of(token: &[u8]) -> Option<Cow<'_, [u8]>> {
    if !token.contains(&b'~') {
        return Some(Cow::Borrowed(token));
    }
    let mut parts = token.split(|byte| *byte == b'~');
    let mut key = parts.next()?.to_vec();
    for part in parts {
        let (escape, plain) = part.split_first()?;
        key.push(match escape {
            b'0' => b'~',
            b'1' => b'/',
            _ => return None,
        });
        key.extend_from_slice(plain);
    }
    Some(Cow::Owned(key))
}

/// The index that a token of a pointer stands for.
pub(super) fn index_of(token: &[u8]) -> Option<usize> {
    if token.is_empty() || token.len() > 1 && token[0] == b'0' {
        return None;
    }
    token.iter().try_fold(0_usize, |index, digit| {
        let digit = digit.is_ascii_digit().then(|| usize::from(digit - b'0'))?;
        index.checked_mul(10)?.checked_add(digit)
    })
}
