//! A walk through one array or object, from separator to separator.

use std::ops::Range;

use super::jumps::Known;
use super::scan::{Malformed, Scan, end_of_value};
use super::token::{Quoted, quoted, skip_colon, skip_space};

/// A walk that is before an item or behind the last one.
#[derive(Clone, Debug)]
pub(super) struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    close: u8,
    state: State,
    known: Known<'a>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    First,
    Later,
    Done,
}

impl<'a> Walk<'a> {
    /// A walk through the container whose opening bracket is at `at`. `None` when there is none.
    #[inline]
    pub fn into(bytes: &'a [u8], at: usize, known: Known<'a>) -> Option<Walk<'a>> {
        let close = match bytes.get(at)? {
            b'{' => b'}',
            b'[' => b']',
            _ => return None,
        };
        Some(Walk { bytes, at: at + 1, close, state: State::First, known })
    }

    /// A walk through the text's only value, an object or an array.
    pub fn through_all(text: &'a str, object: bool) -> Scan<Walk<'a>> {
        let at = skip_space(text.as_bytes(), 0);
        match Walk::into(text.as_bytes(), at, Known(None)) {
            Some(walk) if walk.is_in_object() == object => Ok(walk),
            _ => Err(Malformed { at }),
        }
    }

    /// Whether this is an object's walk.
    #[inline]
    pub fn is_in_object(&self) -> bool {
        self.close == b'}'
    }

    /// One step: past the separator, then `item`; nothing at the closing bracket, behind which the text must end, or
    /// after an error.
    pub fn step<T>(&mut self, item: impl FnOnce(&mut Self) -> Scan<T>) -> Option<Scan<T>> {
        if self.state == State::Done {
            return None;
        }
        let found = match self.item_follows() {
            Ok(true) => item(self),
            Ok(false) => {
                self.state = State::Done;
                return self.ends().err().map(Err);
            }
            Err(malformed) => Err(malformed),
        };
        if found.is_err() {
            self.state = State::Done;
        }
        Some(found)
    }

    /// Past the separator, if an item follows, or past the closing bracket.
    #[inline]
    pub fn item_follows(&mut self) -> Scan<bool> {
        self.skip_space();
        match self.bytes.get(self.at) {
            Some(b',') if self.state == State::Later => {
                self.at += 1;
                Ok(true)
            }
            Some(&byte) if byte == self.close => {
                self.at += 1;
                Ok(false)
            }
            Some(_) if self.state == State::First => {
                self.state = State::Later;
                Ok(true)
            }
            _ => Err(Malformed { at: self.at }),
        }
    }

    /// Past a key and its colon; where the key is, without its quotes, and whether it has no escapes in it.
    #[inline]
    pub fn key(&mut self) -> Scan<(Range<usize>, bool)> {
        self.skip_space();
        let Quoted { end, plain } = quoted(self.bytes, self.at)?;
        let key = self.at + 1..end - 1;
        self.at = skip_colon(self.bytes, end)?;
        Ok((key, plain))
    }

    /// Where the value that follows begins.
    #[inline]
    pub fn value_start(&mut self) -> usize {
        self.skip_space();
        self.at
    }

    /// Past a value; where it is, without the space around it.
    #[inline]
    pub fn value(&mut self) -> Scan<Range<usize>> {
        let start = self.value_start();
        self.at = end_of_value(self.bytes, start, self.known)?;
        Ok(start..self.at)
    }

    /// Checks that nothing but space follows.
    fn ends(&mut self) -> Scan<()> {
        self.skip_space();
        if self.at == self.bytes.len() { Ok(()) } else { Err(Malformed { at: self.at }) }
    }

    #[inline]
    fn skip_space(&mut self) {
        self.at = skip_space(self.bytes, self.at);
    }
}
