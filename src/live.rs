//! The count of objects that the program has not freed yet.

use std::sync::atomic::{AtomicI64, Ordering};

static LIVE: AtomicI64 = AtomicI64::new(0);

/// A field of everything the program can hold a handle to.
#[derive(Debug)]
pub struct Live(());

impl Live {
    /// Counts one more object.
    pub fn count() -> Live {
        LIVE.fetch_add(1, Ordering::Relaxed);
        Live(())
    }

    /// How many there are.
    pub fn objects() -> i64 {
        LIVE.load(Ordering::Relaxed)
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        LIVE.fetch_sub(1, Ordering::Relaxed);
    }
}
