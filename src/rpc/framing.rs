//! Frames: `Content-Length: <bytes>`, an empty line, a body. Bytes go in at one end, whole bodies come out.
//!
//! The reader does no I/O of its own (only `fill` knows that there is such a thing), so every split of a stream
//! can be tested. Bodies are lent out of one reused buffer; only a frame that is larger than the buffer gets
//! memory of its own, which then belongs to whoever takes the frame.

use std::borrow::Cow;

use memchr::memmem;
use tokio::io::{AsyncRead, AsyncReadExt};

use super::header::{self, quoted};
use crate::error::{Code, Error, Result};
use crate::json::scan;

/// The size of the reused buffer. A pipe of 1 MiB is drained in four reads, and idle pages of it cost nothing.
const BUFFER: usize = 256 * 1024;

/// What a frame that does not fit the buffer gets before its bytes have arrived: a claim is not yet data.
const FIRST_GRANT: usize = 64 * 1024;

/// Up to this many left-over bytes are moved to the front rather than read on behind them: the front of the
/// buffer is in the processor's cache.
const CHEAP_MOVE: usize = 4 * 1024;

/// The largest frame that is read unless the owner says otherwise.
pub const DEFAULT_FRAME_LIMIT: usize = 1 << 30;

/// Takes a stream of bytes apart into the bodies of its frames.
///
/// Call [`next_frame`](Self::next_frame) until it returns `None`, then give it more bytes with
/// [`push`](Self::push) or [`fill`](Self::fill); at the end of the stream ask [`finish`](Self::finish) whether
/// it was a clean one. After an error the position in the stream is lost: drop the reader.
pub struct FrameReader {
    buffer: Vec<u8>,
    /// Everything before this was handed out.
    start: usize,
    /// The length of the body at `start`, once its header was read.
    body: Option<usize>,
    /// A frame in the making that does not fit the buffer; what follows it is in the buffer.
    large: Option<Large>,
    limit: usize,
    /// Bytes that [`fill`](Self::fill) has read.
    filled: u64,
    escape: memmem::Finder<'static>,
}

struct Large {
    bytes: Vec<u8>,
    length: usize,
}

impl FrameReader {
    /// A reader at the start of a stream; it refuses a frame of more than `limit` bytes before reading it.
    pub fn new(limit: usize) -> FrameReader {
        FrameReader {
            buffer: Vec::with_capacity(BUFFER),
            start: 0,
            body: None,
            large: None,
            limit,
            filled: 0,
            escape: memmem::Finder::new(br"\u"),
        }
    }

    /// Appends bytes of the stream.
    pub fn push(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let spare = self.spare();
            let (now, later) = rest.split_at(rest.len().min(spare.capacity() - spare.len()));
            spare.extend_from_slice(now);
            rest = later;
        }
    }

    /// Reads once from `input` into the buffer; false at the end of the stream. Safe to cancel.
    ///
    /// # Errors
    /// `Transport` when reading fails.
    pub async fn fill<R: AsyncRead + Unpin>(&mut self, input: &mut R) -> Result<bool> {
        match input.read_buf(self.spare()).await {
            Ok(count) => {
                self.filled += count as u64;
                Ok(count > 0)
            }
            Err(error) => {
                Err(Error::new(Code::Transport, format!("reading from the server failed: {error}")))
            }
        }
    }

    /// How many bytes have been read since this was last asked.
    pub fn take_filled(&mut self) -> u64 {
        std::mem::take(&mut self.filled)
    }

    /// The next body, lent out of the buffer where possible; `None` until more bytes have come.
    ///
    /// A body is valid UTF-8, and has no unpaired surrogate escape left in it; whether it is JSON is not looked at.
    ///
    /// # Errors
    /// `Protocol` when what came is not a frame, too large a frame, or not UTF-8.
    pub fn next_frame(&mut self) -> Result<Option<Cow<'_, str>>> {
        if self.large.is_some() {
            return self.next_large();
        }
        let Some(length) = self.body_length()? else { return Ok(None) };
        if self.buffer.len() - self.start < length {
            self.body = Some(length);
            if length > BUFFER {
                self.begin_large(length);
            }
            return Ok(None);
        }
        self.body = None;
        let body = self.start..self.start + length;
        self.start = body.end;
        let bytes = &self.buffer[body];
        if has_surrogate_escape(&self.escape, bytes) {
            return repaired(bytes.to_vec()).map(Some);
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Some(Cow::Borrowed(text))),
            Err(error) => Err(not_utf8(bytes.len(), error)),
        }
    }

    /// Says whether the stream may end here.
    ///
    /// # Errors
    /// `Transport` when it ends inside a frame.
    pub fn finish(&self) -> Result<()> {
        let ended = |what: String| Err(Error::new(Code::Transport, format!("the stream ended {what}")));
        if let Some(large) = &self.large {
            return ended(cut_short(large.bytes.len(), large.length));
        }
        let rest = &self.buffer[self.start..];
        match self.body {
            Some(length) => ended(cut_short(rest.len(), length)),
            None if rest.is_empty() => Ok(()),
            None => ended(format!("where a message should begin, after {}", quoted(rest))),
        }
    }

    /// The length of the body at `start`, whose header is read first if that was not yet done.
    fn body_length(&mut self) -> Result<Option<usize>> {
        if self.body.is_some() {
            return Ok(self.body);
        }
        let Some(header) = header::read(&self.buffer[self.start..])? else { return Ok(None) };
        match usize::try_from(header.length) {
            Ok(length) if length <= self.limit => {
                self.start += header.size;
                Ok(Some(length))
            }
            _ => Err(Error::new(
                Code::Protocol,
                format!(
                    "the server announced a frame of {} bytes; this client reads frames of at most {}",
                    header.length, self.limit
                ),
            )),
        }
    }

    /// The buffer that the next bytes of the stream belong into, with room for some.
    fn spare(&mut self) -> &mut Vec<u8> {
        match self.large {
            Some(ref mut large) if large.bytes.len() < large.length => {
                large.grow();
                &mut large.bytes
            }
            _ => {
                tidy(&mut self.buffer, &mut self.start);
                &mut self.buffer
            }
        }
    }

    /// Moves what has come of an oversized frame to a buffer of its own.
    fn begin_large(&mut self, length: usize) {
        let arrived = &self.buffer[self.start..];
        let mut bytes = Vec::with_capacity(grant(arrived.len(), length));
        bytes.extend_from_slice(arrived);
        self.buffer.clear();
        self.start = 0;
        self.body = None;
        self.large = Some(Large { bytes, length });
    }

    fn next_large(&mut self) -> Result<Option<Cow<'_, str>>> {
        let Some(large) = self.large.take_if(|large| large.bytes.len() >= large.length) else {
            return Ok(None);
        };
        let Large { mut bytes, length } = large;
        // An allocator may give more than was asked for, and then more than the frame was read.
        self.buffer.splice(self.start..self.start, bytes.drain(length..));
        if has_surrogate_escape(&self.escape, &bytes) {
            return repaired(bytes).map(Some);
        }
        owned(bytes).map(Some)
    }
}

impl Default for FrameReader {
    fn default() -> FrameReader {
        FrameReader::new(DEFAULT_FRAME_LIMIT)
    }
}

impl Large {
    /// Makes room for more, but for no more than has already come, and for nothing behind the frame.
    fn grow(&mut self) {
        let arrived = self.bytes.len();
        if self.bytes.capacity() == arrived {
            self.bytes.reserve_exact(grant(arrived, self.length) - arrived);
        }
    }
}

/// Frees the space of what was handed out, everything before `start`, and sees to it that there is some.
fn tidy(buffer: &mut Vec<u8>, start: &mut usize) {
    let rest = buffer.len() - *start;
    if rest == 0 && buffer.capacity() > 2 * BUFFER {
        *buffer = Vec::with_capacity(BUFFER); // frames that nobody took at once had stretched it
    } else if rest <= CHEAP_MOVE || buffer.capacity() - buffer.len() < FIRST_GRANT {
        buffer.copy_within(*start.., 0);
        buffer.truncate(rest);
    } else {
        return;
    }
    *start = 0;
    if buffer.capacity() == rest {
        buffer.reserve(rest);
    }
}

/// How much memory a frame gets that claims `length` bytes and has sent `arrived`.
fn grant(arrived: usize, length: usize) -> usize {
    length.min(FIRST_GRANT.max(2 * arrived)).max(arrived)
}

fn cut_short(arrived: usize, length: usize) -> String {
    format!("in the middle of a frame (got {arrived} of {length} bytes)")
}

/// True when there may be an unpaired surrogate escape: there is an escape of some surrogate.
pub(super) fn has_surrogate_escape(escape: &memmem::Finder<'_>, bytes: &[u8]) -> bool {
    escape.find_iter(bytes).any(|at| matches!(bytes.get(at + 2), Some(b'd' | b'D')))
}

/// The CLI can emit `"\ud800"`, which no JSON parser takes.
fn repaired(mut bytes: Vec<u8>) -> Result<Cow<'static, str>> {
    scan::repair_lone_surrogates(&mut bytes);
    owned(bytes)
}

fn owned(bytes: Vec<u8>) -> Result<Cow<'static, str>> {
    let length = bytes.len();
    String::from_utf8(bytes).map(Cow::Owned).map_err(|error| not_utf8(length, error.utf8_error()))
}

fn not_utf8(length: usize, error: std::str::Utf8Error) -> Error {
    let at = error.valid_up_to();
    Error::new(
        Code::Protocol,
        format!("the server sent a message of {length} bytes that is not UTF-8 at byte {at}"),
    )
}

/// Appends one frame whose body is `parts` in a row. A frame has no other header and no newline at its end.
pub fn write_frame(out: &mut Vec<u8>, parts: &[&str]) {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let decimal = Decimal::new(length as u64);
    let header = ["Content-Length: ", decimal.as_str(), "\r\n\r\n"];
    out.reserve(40 + length); // a header is no longer than that
    for part in header.iter().chain(parts) {
        out.extend_from_slice(part.as_bytes());
    }
}

/// A number in decimal digits, without the detour over a `String`.
pub(super) struct Decimal {
    digits: [u8; 20],
    start: usize,
}

impl Decimal {
    pub fn new(number: u64) -> Decimal {
        let mut decimal = Decimal { digits: [b'0'; 20], start: 20 };
        let mut rest = number;
        while rest > 0 || decimal.start == 20 {
            decimal.start -= 1;
            decimal.digits[decimal.start] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        decimal
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.digits[self.start..]).unwrap_or_default() // digits are UTF-8
    }
}

#[cfg(test)]
mod tests;
