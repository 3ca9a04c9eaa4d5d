//! A frame that does not fit the buffer: it is read straight into memory of its own, of exactly its size in the end,
//! and that memory is given away with it.

use memchr::memmem;

use super::FIRST_GRANT;
use super::text::{has_surrogate_escape, owned, repaired};
use crate::error::Result;

/// A large frame in the making.
pub(super) struct Large {
    bytes: Vec<u8>,
    length: usize,
}

impl Large {
    /// One of `length` bytes, of which some have come.
    pub fn begun(length: usize, arrived: &[u8]) -> Large {
        let mut bytes = Vec::with_capacity(grant(arrived.len(), length));
        bytes.extend_from_slice(arrived);
        Large { bytes, length }
    }

    pub fn length(&self) -> usize {
        self.length
    }

    pub fn arrived(&self) -> usize {
        self.bytes.len()
    }

    pub fn is_complete(&self) -> bool {
        self.bytes.len() == self.length
    }

    /// Where its next bytes go, and how many there is room for: for no more than have already come, and for nothing
    /// behind the frame.
    pub fn spare(&mut self) -> (&mut Vec<u8>, usize) {
        let arrived = self.bytes.len();
        let granted = grant(arrived, self.length);
        if self.bytes.capacity() == arrived {
            self.bytes.reserve_exact(granted - arrived);
        }
        // An allocator may give more than was asked for.
        let room = self.bytes.capacity().min(self.length) - arrived;
        (&mut self.bytes, room)
    }

    /// Its text, without a copy.
    pub fn text(self, escape: &memmem::Finder<'_>) -> Result<String> {
        if has_surrogate_escape(escape, &self.bytes) { repaired(self.bytes) } else { owned(self.bytes) }
    }
}

/// How much memory a frame gets that claims `length` bytes and has sent `arrived`.
fn grant(arrived: usize, length: usize) -> usize {
    length.min(FIRST_GRANT.max(2 * arrived)).max(arrived)
}
