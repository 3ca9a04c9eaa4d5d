//! The frames that are complete in the buffer, split in place.
//!
//! What costs something per frame is done for some dozens of frames at once: their ends are found by hopping from
//! header to header, and one pass each over all of their bytes checks for UTF-8 and looks for backslashes.

use std::borrow::Cow;
use std::ops::Range;

use memchr::{memchr, memmem};

use super::super::header;
use super::large::Large;
use super::text::{has_surrogate_escape, not_utf8, repaired};
use super::{AHEAD, FrameReader, Place};
use crate::error::{Code, Error, Result};

/// What has arrived. Dropped before its end, it leaves the rest where it is.
pub struct Arrived<'r> {
    bytes: &'r [u8],
    place: &'r mut Place,
    large: &'r mut Option<Large>,
    limit: usize,
    escape: &'r memmem::Finder<'static>,
    found: &'r mut [Body; AHEAD],
    /// Which of them is next, and how many there are.
    next: usize,
    count: usize,
    /// The bytes of those that were found, from the first one's start on, headers between them included; empty when
    /// they are not UTF-8, which is then asked of each.
    text: &'r str,
    /// A backslash in them, with none between it and the body that was looked at last.
    backslash: usize,
}

/// Where a body lies in the buffer.
#[derive(Clone, Copy, Default)]
pub(super) struct Body {
    start: usize,
    end: usize,
}

impl Body {
    fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

impl<'r> Arrived<'r> {
    pub(super) fn of(reader: &'r mut FrameReader) -> Arrived<'r> {
        Arrived {
            bytes: &reader.buffer,
            place: &mut reader.place,
            large: &mut reader.large,
            limit: reader.limit,
            escape: &reader.escape,
            found: &mut reader.found,
            next: 0,
            count: 0,
            text: "",
            backslash: 0,
        }
    }

    /// The next body, lent out of the buffer where possible; `None` until more bytes have come.
    ///
    /// A body is valid UTF-8, and has no unpaired surrogate escape left in it; whether it is JSON is not looked at.
    ///
    /// # Errors
    /// `Protocol` when what came is not a frame, too large a frame, or not UTF-8.
    #[allow(clippy::should_implement_trait)] // it fails for good, which an iterator does not
    #[inline]
    pub fn next(&mut self) -> Result<Option<Cow<'r, str>>> {
        if self.next == self.count {
            if let Some(large) = self.large.take_if(|large| large.is_complete()) {
                return large.text(self.escape).map(|text| Some(Cow::Owned(text)));
            }
            if self.place.start < self.bytes.len() {
                self.look_ahead()?;
            }
            if self.next == self.count {
                return Ok(None);
            }
        }
        let body = self.found[self.next];
        self.next += 1;
        self.place.start = body.end;
        if self.may_need_repair(body) {
            return repaired(self.bytes[body.range()].to_vec()).map(|text| Some(Cow::Owned(text)));
        }
        let first = self.found[0].start;
        match self.text.get(body.start - first..body.end - first) {
            Some(text) => Ok(Some(Cow::Borrowed(text))),
            None => checked_alone(&self.bytes[body.range()]).map(|text| Some(Cow::Borrowed(text))),
        }
    }

    /// Finds the next bodies, and checks their text.
    fn look_ahead(&mut self) -> Result<()> {
        (self.next, self.count) = (0, 0);
        let mut at = self.place.start;
        let mut known = self.place.body.take();
        while self.count < AHEAD {
            let length = match known.take().map_or_else(|| self.header(&mut at), |length| Ok(Some(length))) {
                Ok(Some(length)) => length,
                Ok(None) => break,
                Err(error) if self.count == 0 => return Err(error),
                Err(_) => break, // it comes again when those before it have been handed out
            };
            if self.bytes.len() - at < length {
                if self.count == 0 {
                    *self.place = Place { start: at, body: Some(length) };
                }
                break;
            }
            self.found[self.count] = Body { start: at, end: at + length };
            self.count += 1;
            at += length;
        }
        if self.count > 0 {
            let all = &self.bytes[self.found[0].start..self.end()];
            self.text = simdutf8::basic::from_utf8(all).unwrap_or_default();
            self.backslash = self.backslash_from(self.found[0].start);
        }
        Ok(())
    }

    /// The length of the body whose header is at `at`, which then is behind that; `None` while it is incomplete.
    #[inline]
    fn header(&self, at: &mut usize) -> Result<Option<usize>> {
        let Some(header) = header::read(&self.bytes[*at..])? else { return Ok(None) };
        match usize::try_from(header.length) {
            Ok(length) if length <= self.limit => {
                *at += header.size;
                Ok(Some(length))
            }
            _ => Err(too_large(header.length, self.limit)),
        }
    }

    /// Where the last of those that were found ends.
    fn end(&self) -> usize {
        self.found[self.count - 1].end
    }

    fn backslash_from(&self, at: usize) -> usize {
        let end = self.end();
        memchr(b'\\', &self.bytes[at..end]).map_or(end, |found| at + found)
    }

    /// True when there may be an unpaired surrogate escape in it.
    #[inline]
    fn may_need_repair(&mut self, body: Body) -> bool {
        if self.backslash < body.start {
            self.backslash = self.backslash_from(body.start);
        }
        self.backslash < body.end && has_surrogate_escape(self.escape, &self.bytes[self.backslash..body.end])
    }
}

/// A body beside which something is not UTF-8, or whose length cuts a character.
#[cold]
fn checked_alone(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|error| not_utf8(bytes.len(), error))
}

fn too_large(length: u64, limit: usize) -> Error {
    Error::new(
        Code::Protocol,
        format!(
            "the server announced a frame of {length} bytes; this client reads frames of at most {limit}"
        ),
    )
}
