//! Frames: `Content-Length: <bytes>`, an empty line, a body. Bytes go in at one end, whole bodies come out.
//!
//! The reader does no I/O of its own (only `fill` knows that there is such a thing), so every split of a stream
//! can be tested. Bodies are lent out of one reused buffer; only a frame that is larger than the buffer gets
//! memory of its own, which then belongs to whoever takes the frame.

mod arrived;
mod large;
mod text;
mod write;

use memchr::memmem;
use tokio::io::{AsyncRead, AsyncReadExt};

use super::header::quoted;
use crate::error::{Code, Error, Result};

pub use arrived::Arrived;
use arrived::Body;
use large::Large;
pub(super) use text::has_surrogate_escape;
pub(super) use write::Decimal;
pub use write::write_frame;

/// The size of the reused buffer. A pipe of 1 MiB is drained in four reads, and idle pages of it cost nothing.
const BUFFER: usize = 256 * 1024;

/// What a frame that does not fit the buffer gets before its bytes have arrived: a claim is not yet data.
const FIRST_GRANT: usize = 64 * 1024;

/// Up to this many left-over bytes are moved to the front rather than read on behind them: the front of the
/// buffer is in the processor's cache.
const CHEAP_MOVE: usize = 4 * 1024;

/// How many frames are looked at together. Those of a token each then fit the processor's first cache.
const AHEAD: usize = 64;

/// The largest frame that is read unless the owner says otherwise.
pub const DEFAULT_FRAME_LIMIT: usize = 1 << 30;

/// Takes a stream of bytes apart into the bodies of its frames.
///
/// Take what has [`arrived`](Self::arrived) to its end, then give it more bytes with [`push`](Self::push) or
/// [`fill`](Self::fill); at the end of the stream ask [`finish`](Self::finish) whether it was a clean one. After an
/// error the position in the stream is lost: drop the reader.
pub struct FrameReader {
    buffer: Vec<u8>,
    place: Place,
    /// Where bodies were found; kept for its memory.
    found: Box<[Body; AHEAD]>,
    /// A frame in the making that does not fit the buffer; what follows it is in the buffer.
    large: Option<Large>,
    limit: usize,
    /// Bytes that [`fill`](Self::fill) has read.
    filled: u64,
    escape: memmem::Finder<'static>,
}

/// How far the buffer has been handed out.
#[derive(Default)]
struct Place {
    /// Everything before this was handed out.
    start: usize,
    /// The length of the body at `start`, once its header was read.
    body: Option<usize>,
}

impl FrameReader {
    /// A reader at the start of a stream; it refuses a frame of more than `limit` bytes before reading it.
    pub fn new(limit: usize) -> FrameReader {
        FrameReader {
            buffer: Vec::with_capacity(BUFFER),
            place: Place::default(),
            found: Box::new([Body::default(); AHEAD]),
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
            let (spare, room) = self.spare();
            let (now, later) = rest.split_at(rest.len().min(room));
            spare.extend_from_slice(now);
            rest = later;
        }
    }

    /// Reads once from `input` into the buffer; false at the end of the stream. Safe to cancel.
    ///
    /// # Errors
    /// `Transport` when reading fails.
    pub async fn fill<R: AsyncRead + Unpin>(&mut self, input: &mut R) -> Result<bool> {
        let (spare, room) = self.spare();
        // The limit keeps what is behind an oversized frame out of its memory.
        match input.take(room as u64).read_buf(spare).await {
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

    /// The bodies of the frames that are complete, one after the other.
    pub fn arrived(&mut self) -> Arrived<'_> {
        Arrived::of(self)
    }

    /// The next body alone. Whoever wants several is better served by [`arrived`](Self::arrived).
    ///
    /// # Errors
    /// As [`Arrived::next`].
    #[cfg(test)]
    pub fn next_frame(&mut self) -> Result<Option<std::borrow::Cow<'_, str>>> {
        self.arrived().next()
    }

    /// Says whether the stream may end here.
    ///
    /// # Errors
    /// `Transport` when it ends inside a frame.
    pub fn finish(&self) -> Result<()> {
        let ended = |what: String| Err(Error::new(Code::Transport, format!("the stream ended {what}")));
        if let Some(large) = &self.large {
            return ended(cut_short(large.arrived(), large.length()));
        }
        let rest = &self.buffer[self.place.start..];
        match self.place.body {
            Some(length) => ended(cut_short(rest.len(), length)),
            None if rest.is_empty() => Ok(()),
            None => ended(format!("where a message should begin, after {}", quoted(rest))),
        }
    }

    /// The buffer that the next bytes of the stream belong into, and how many of them.
    fn spare(&mut self) -> (&mut Vec<u8>, usize) {
        if let Some(length) = self.place.body.take_if(|length| *length > BUFFER) {
            self.large = Some(Large::begun(length, &self.buffer[self.place.start..]));
            self.buffer.clear();
            self.place.start = 0;
        }
        match self.large {
            Some(ref mut large) if !large.is_complete() => large.spare(),
            _ => {
                tidy(&mut self.buffer, &mut self.place.start);
                let room = self.buffer.capacity() - self.buffer.len();
                (&mut self.buffer, room)
            }
        }
    }
}

impl Default for FrameReader {
    fn default() -> FrameReader {
        FrameReader::new(DEFAULT_FRAME_LIMIT)
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

fn cut_short(arrived: usize, length: usize) -> String {
    format!("in the middle of a frame (got {arrived} of {length} bytes)")
}

#[cfg(test)]
mod tests;
