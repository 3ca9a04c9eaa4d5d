//! A structural scanner: finds values inside JSON text without building anything.
//!
//! It checks what it walks over for structure: brackets that match, commas and colons in their places, strings that
//! end, literals and numbers that are spelled as such. It does not check what is inside a string; that is left to
//! [`string`] and to [`validate`](super::validate). Nothing here recurses, so no nesting can overflow the stack, and
//! nothing panics: text that is not JSON yields [`Malformed`] or `None`.

use memchr::memchr2;

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

/// The offset just after the value whose first byte (or leading space) is at `at`.
///
/// What follows the value is not looked at.
pub fn value_end(text: &str, at: usize) -> Scan<usize> {
    let bytes = text.as_bytes();
    let mut open = Nesting::default();
    let mut at = at;
    loop {
        at = skip_space(bytes, at);
        at = match bytes.get(at) {
            Some(b'{') => match opened(bytes, at, b'}') {
                Some(end) => end,
                None => {
                    open.push(true);
                    at = skip_key(bytes, at + 1)?;
                    continue;
                }
            },
            Some(b'[') => match opened(bytes, at, b']') {
                Some(end) => end,
                None => {
                    open.push(false);
                    at += 1;
                    continue;
                }
            },
            _ => scalar_end(bytes, at)?,
        };
        loop {
            let Some(in_object) = open.top() else { return Ok(at) };
            at = skip_space(bytes, at);
            match bytes.get(at) {
                Some(b',') if in_object => at = skip_key(bytes, at + 1)?,
                Some(b',') => at += 1,
                Some(b'}') if in_object => {
                    open.pop();
                    at += 1;
                    continue;
                }
                Some(b']') if !in_object => {
                    open.pop();
                    at += 1;
                    continue;
                }
                _ => return Err(Malformed { at }),
            }
            break;
        }
    }
}

/// The members of an object, in the order of the text, duplicates included.
///
/// The text must be one object and nothing else; whatever is wrong after its first byte is reported by the iterator.
pub fn members(object: &str) -> Scan<Members<'_>> {
    Ok(Members(Walk::open(object, true)?))
}

/// The elements of an array.
///
/// The text must be one array and nothing else; whatever is wrong after its first byte is reported by the iterator.
pub fn elements(array: &str) -> Scan<Elements<'_>> {
    Ok(Elements(Walk::open(array, false)?))
}

/// Iterates over the members of an object: the key as it is spelled between its quotes, and the value's text without
/// space around it. Ends after the first error.
#[derive(Clone, Debug)]
pub struct Members<'a>(Walk<'a>);

impl<'a> Iterator for Members<'a> {
    type Item = Scan<(&'a str, &'a str)>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.step(Walk::member)
    }
}

/// Iterates over the elements of an array: each one's text without space around it. Ends after the first error.
#[derive(Clone, Debug)]
pub struct Elements<'a>(Walk<'a>);

impl<'a> Iterator for Elements<'a> {
    type Item = Scan<&'a str>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.step(Walk::value)
    }
}

/// A walk through one container, from separator to separator.
#[derive(Clone, Debug)]
pub(super) struct Walk<'a> {
    text: &'a str,
    at: usize,
    close: u8,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    First,
    Later,
    Done,
}

impl<'a> Walk<'a> {
    /// A walk that is before the only value of the text, in no container yet.
    pub fn before(text: &'a str) -> Walk<'a> {
        Walk { text, at: 0, close: 0, state: State::First }
    }

    /// A walk through the text's only value, an object or an array.
    fn open(text: &'a str, object: bool) -> Scan<Walk<'a>> {
        let mut walk = Walk::before(text);
        walk.skip_space();
        let at = walk.at;
        if walk.enter() == Some(object) { Ok(walk) } else { Err(Malformed { at }) }
    }

    /// Goes into the container that follows and tells whether it is an object; `None` when a scalar follows.
    pub fn enter(&mut self) -> Option<bool> {
        self.skip_space();
        let in_object = match self.text.as_bytes().get(self.at)? {
            b'{' => true,
            b'[' => false,
            _ => return None,
        };
        self.at += 1;
        self.go_on(in_object, State::First);
        Some(in_object)
    }

    /// Walks on in the container around the one that has ended.
    pub fn leave_to(&mut self, in_object: bool) {
        self.go_on(in_object, State::Later);
    }

    /// One step: past the separator, then `item`; nothing at the closing bracket or after an error.
    fn step<T>(&mut self, item: impl FnOnce(&mut Self) -> Scan<T>) -> Option<Scan<T>> {
        let found = match self.separator() {
            Ok(true) => item(self),
            Ok(false) => return None,
            Err(malformed) => Err(malformed),
        };
        if found.is_err() {
            self.state = State::Done;
        }
        Some(found)
    }

    /// True when an item follows; after the last one the text must end.
    fn separator(&mut self) -> Scan<bool> {
        if self.state == State::Done {
            return Ok(false);
        }
        let follows = self.item_follows()?;
        if !follows {
            self.state = State::Done;
            self.ends()?;
        }
        Ok(follows)
    }

    /// Past the separator, if an item follows, or past the closing bracket.
    pub fn item_follows(&mut self) -> Scan<bool> {
        self.skip_space();
        match self.text.as_bytes().get(self.at) {
            Some(&byte) if byte == self.close => {
                self.at += 1;
                Ok(false)
            }
            Some(b',') if self.state == State::Later => {
                self.at += 1;
                Ok(true)
            }
            Some(_) if self.state == State::First => {
                self.state = State::Later;
                Ok(true)
            }
            _ => Err(Malformed { at: self.at }),
        }
    }

    /// Checks that nothing but space follows.
    pub fn ends(&mut self) -> Scan<()> {
        self.skip_space();
        if self.at == self.text.len() { Ok(()) } else { Err(Malformed { at: self.at }) }
    }

    fn go_on(&mut self, in_object: bool, state: State) {
        self.close = if in_object { b'}' } else { b']' };
        self.state = state;
    }

    /// Past a value, which is returned without the space around it.
    pub fn value(&mut self) -> Scan<&'a str> {
        self.skip_space();
        let start = self.at;
        self.at = value_end(self.text, start)?;
        Ok(&self.text[start..self.at])
    }

    fn member(&mut self) -> Scan<(&'a str, &'a str)> {
        Ok((self.key()?, self.value()?))
    }

    /// Past a key and its colon.
    pub fn key(&mut self) -> Scan<&'a str> {
        self.skip_space();
        let quote = self.at;
        let after = key_end(self.text.as_bytes(), quote)?;
        self.at = skip_colon(self.text.as_bytes(), after)?;
        Ok(&self.text[quote + 1..after - 1])
    }

    fn skip_space(&mut self) {
        self.at = skip_space(self.text.as_bytes(), self.at);
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
                let Ok(end) = string_end(bytes, at) else { break };
                at = end;
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

/// The end of an empty container whose opening bracket is at `at`; `None` when something is in it.
fn opened(bytes: &[u8], at: usize, close: u8) -> Option<usize> {
    let inside = skip_space(bytes, at + 1);
    (bytes.get(inside) == Some(&close)).then_some(inside + 1)
}

/// Past a key and its colon.
fn skip_key(bytes: &[u8], at: usize) -> Scan<usize> {
    let after = key_end(bytes, skip_space(bytes, at))?;
    skip_colon(bytes, after)
}

fn key_end(bytes: &[u8], at: usize) -> Scan<usize> {
    if bytes.get(at) == Some(&b'"') { string_end(bytes, at) } else { Err(Malformed { at }) }
}

fn skip_colon(bytes: &[u8], at: usize) -> Scan<usize> {
    let at = skip_space(bytes, at);
    if bytes.get(at) == Some(&b':') { Ok(at + 1) } else { Err(Malformed { at }) }
}

/// The offset just after the string whose opening quote is at `at`.
pub(super) fn string_end(bytes: &[u8], at: usize) -> Scan<usize> {
    if bytes.get(at) != Some(&b'"') {
        return Err(Malformed { at });
    }
    let mut at = at + 1;
    loop {
        at = quote_or_backslash(bytes, at)?;
        if bytes[at] == b'"' {
            return Ok(at + 1);
        }
        at += 2;
    }
}

/// The offset of the next quote or backslash.
///
/// Most strings are keys and ids: the first bytes are looked at eight at a time, which is done before `memchr2` has
/// started; long text is left to it.
fn quote_or_backslash(bytes: &[u8], mut at: usize) -> Scan<usize> {
    for _ in 0..5 {
        let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) else { break };
        let word = u64::from_le_bytes(*chunk);
        let hits = zero_bytes(word ^ eight(b'"')) | zero_bytes(word ^ eight(b'\\'));
        if hits != 0 {
            return Ok(at + hits.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    let found = bytes.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest));
    found.map(|found| at + found).ok_or(Malformed { at: bytes.len() })
}

/// The same byte eight times.
const fn eight(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// The high bit of each byte that is zero; above the lowest of them there may be false ones.
fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(eight(0x01)) & !word & eight(0x80)
}

/// The offset just after the string, number or literal at `at`.
fn scalar_end(bytes: &[u8], at: usize) -> Scan<usize> {
    let literal: &[u8] = match bytes.get(at) {
        Some(b'"') => return string_end(bytes, at),
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
    let count = bytes[at.min(bytes.len())..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    if count == 0 { Err(Malformed { at }) } else { Ok(at + count) }
}

pub(super) fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\t' | b'\n' | b'\r') = bytes.get(at) {
        at += 1;
    }
    at
}
