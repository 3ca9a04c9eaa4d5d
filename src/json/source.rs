//! The text of a document: its own, or lent to it.

use std::mem;
use std::ops::Range;
use std::sync::atomic::{AtomicU8, Ordering};

use super::ctext::CText;
use super::token::{is_space, skip_space};

/// A text that is read in place.
pub(super) struct Source {
    text: Text,
    /// Whether there is a NUL in a text of its own, as far as that was asked: one of the constants below.
    nul: AtomicU8,
}

enum Text {
    /// The text and a NUL after it. What is before the document is somebody else's and left alone.
    Owned(String),
    /// A text that somebody lends, without a NUL after it.
    Lent(&'static str),
}

const UNKNOWN: u8 = 0;
const NONE: u8 = 1;
const SOME: u8 = 2;

impl Source {
    /// A text of its own, whose part is the document; and where that is, without the space around it.
    ///
    /// What is behind the part is cut off, and a NUL takes its place: where there was something, without copying.
    #[inline(always)]
    pub fn owned(mut text: String, part: Range<usize>) -> (Source, Range<usize>) {
        // Nearly always an object that ends where its text does.
        let bytes = text.as_bytes();
        let is_tight =
            part.end == bytes.len() && bytes.get(part.start) == Some(&b'{') && bytes.ends_with(b"}");
        let part = if is_tight { part } else { cut(&mut text, part) };
        text.push('\0');
        (Source::new(Text::Owned(text)), part)
    }

    /// A text that somebody lends, all of which is the document.
    pub fn lent(text: &'static str) -> (Source, Range<usize>) {
        (Source::new(Text::Lent(text)), trimmed(text, 0..text.len()))
    }

    fn new(text: Text) -> Source {
        Source { text, nul: AtomicU8::new(UNKNOWN) }
    }

    /// The text, with what is around the document.
    #[inline]
    pub fn as_str(&self) -> &str {
        match &self.text {
            Text::Owned(text) => text,
            Text::Lent(text) => text,
        }
    }

    /// The part, where it can be lent to C as it stands: a NUL is behind it and none inside.
    pub fn in_place(&self, part: &Range<usize>) -> Option<CText<'_>> {
        if self.nul.load(Ordering::Relaxed) == UNKNOWN
            && let Text::Owned(text) = &self.text
        {
            let inside = text.as_bytes().strip_suffix(b"\0").unwrap_or_default();
            let found = memchr::memchr(0, inside).is_some();
            self.nul.store(if found { SOME } else { NONE }, Ordering::Relaxed);
        }
        self.known_in_place(part)
    }

    /// The same where it is known already that there is no NUL. `None` says only that it is not.
    #[inline(always)]
    pub fn known_in_place(&self, part: &Range<usize>) -> Option<CText<'_>> {
        let Text::Owned(text) = &self.text else { return None };
        let text = text.as_bytes().get(part.start..)?;
        (self.nul.load(Ordering::Relaxed) == NONE && text.len() == part.end - part.start + 1)
            .then(|| CText::of_bytes(text))
    }

    /// Takes its own text out, without the NUL after it; nothing is left.
    pub fn take_text(&mut self) -> Option<String> {
        match mem::replace(&mut self.text, Text::Lent("")) {
            Text::Owned(mut text) => {
                text.pop();
                Some(text)
            }
            lent => {
                self.text = lent;
                None
            }
        }
    }

    /// Takes another's place. Gives back the memory of that one's text, to be used again; nothing is in it.
    #[inline(always)]
    pub fn replace(&mut self, next: Source) -> String {
        self.nul = next.nul;
        match (&mut self.text, next.text) {
            (Text::Owned(text), Text::Owned(next)) => {
                let mut former = mem::replace(text, next);
                former.clear();
                former
            }
            (_, next) => match mem::replace(&mut self.text, next) {
                Text::Owned(mut former) => {
                    former.clear();
                    former
                }
                Text::Lent(_) => String::new(),
            },
        }
    }
}

/// All of a text but the NUL that may be behind it already.
pub(super) fn whole(text: &str) -> Range<usize> {
    0..text.strip_suffix('\0').unwrap_or(text).len()
}

/// Cuts the text off behind the part; that without the space around it.
#[inline(never)]
fn cut(text: &mut String, part: Range<usize>) -> Range<usize> {
    let part = trimmed(text, part);
    text.truncate(part.end);
    part
}

/// The part without the space around it. Where there is no such part it is empty.
fn trimmed(text: &str, part: Range<usize>) -> Range<usize> {
    let Some(inside) = text.get(part.clone()) else { return 0..0 };
    let space = inside.bytes().rev().take_while(|byte| is_space(*byte)).count();
    let end = part.end - space;
    skip_space(&text.as_bytes()[..end], part.start)..end
}
