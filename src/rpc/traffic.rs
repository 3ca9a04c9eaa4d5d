//! How much has gone over a connection, or over several in a row.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counters that the two tasks of a connection add to. Headers count as bytes.
#[derive(Debug, Default)]
pub struct Traffic {
    bytes_in: AtomicU64,
    frames_in: AtomicU64,
    bytes_out: AtomicU64,
    frames_out: AtomicU64,
}

/// The counters at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Bytes that were read.
    pub bytes_in: u64,
    /// Messages that were read.
    pub frames_in: u64,
    /// Bytes that were written.
    pub bytes_out: u64,
    /// Messages that were queued for writing.
    pub frames_out: u64,
}

impl Traffic {
    /// The counters now; each by itself, for the tasks go on.
    pub fn counted(&self) -> Counted {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counted {
            bytes_in: of(&self.bytes_in),
            frames_in: of(&self.frames_in),
            bytes_out: of(&self.bytes_out),
            frames_out: of(&self.frames_out),
        }
    }

    /// Called once for each read, not for each frame.
    pub(super) fn came_in(&self, bytes: u64, frames: u64) {
        self.bytes_in.fetch_add(bytes, Ordering::Relaxed);
        self.frames_in.fetch_add(frames, Ordering::Relaxed);
    }

    pub(super) fn went_out(&self, bytes: usize) {
        self.bytes_out.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(super) fn queued(&self) {
        self.frames_out.fetch_add(1, Ordering::Relaxed);
    }
}
