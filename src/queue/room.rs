//! When the reader of a connection waits for who serves a queue: at the limit for as long as it takes, and before that for
//! a moment now and then, so that on a busy machine what the server sends waits in the pipe and not in memory.

use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::timeout;

use super::{Queue, State};

/// From this many waiting bytes on, and whenever a quarter of it came on top of them, the reader gives who serves the queue
/// a moment to take half of it. That is some thousands of deltas, so that nobody who keeps up ever sees it.
const CROWD: usize = 1 << 20;

/// How long a moment is at most. Whoever serves the queue may be waiting for what has not been read yet, or nobody may
/// serve it: then the reader goes on.
const MOMENT: Duration = Duration::from_millis(5);

/// The readers of connections wait here while a queue is over its limit. One place for all of them, because what lets a
/// reader go on may happen in another queue of its client: they are few, and they look for themselves.
static ROOM: Notify = Notify::const_new();

/// How many of them wait. Nearly always none, and to know that is cheaper than to tell them. Raised before what they wait
/// for is looked at, under the lock under which it changes: who changes it after that sees them.
static READERS: AtomicUsize = AtomicUsize::new(0);

/// Lets the readers that wait for room look again.
#[inline]
pub fn look_for_room() {
    if READERS.load(Ordering::SeqCst) > 0 {
        ROOM.notify_waiters();
    }
}

/// A reader that waits.
struct Reader(());

impl Reader {
    fn enter() -> Reader {
        READERS.fetch_add(1, Ordering::SeqCst);
        Reader(())
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        READERS.fetch_sub(1, Ordering::SeqCst);
    }
}

/// What a queue knows of the readers that wait for it.
#[derive(Default)]
pub(super) struct Rest {
    /// With fewer bytes than this a reader wants to go on; 0 where none waits.
    until_below: usize,
    /// So much was waiting when a moment was over in vain.
    in_vain_at: usize,
}

impl Rest {
    /// True when a reader that waits is to look again, now that so much is waiting; said once.
    #[inline(always)]
    pub fn is_over(&mut self, bytes: usize) -> bool {
        if bytes == 0 {
            self.in_vain_at = 0;
        }
        bytes < self.until_below && std::mem::take(&mut self.until_below) > 0
    }
}

impl Queue {
    /// False while more is waiting than the limit allows and no call of ours is pending, whose reply may be behind
    /// what the reader has not read yet.
    pub fn has_room(&self) -> bool {
        is_roomy(&self.state.lock(), self.options.hard_limit_bytes)
    }

    /// True when the reader is to wait, for room or for a moment: [`Queue::room`].
    pub fn is_pressing(&self) -> bool {
        self.presses(&self.state.lock())
    }

    #[inline]
    pub(super) fn presses(&self, state: &State) -> bool {
        let limit = CROWD.min(self.options.hard_limit_bytes);
        !is_roomy(state, limit) && (is_crowded(state) || !is_roomy(state, self.options.hard_limit_bytes))
    }

    /// The reader cannot wait now: it is not asked to for a moment until more has come.
    pub fn press_on(&self) {
        let mut state = self.state.lock();
        state.rest.in_vain_at = state.bytes;
    }

    /// Gives who serves the queue a moment, if much waits, and then waits until [`Queue::has_room`]; or until `otherwise`
    /// says that reading is to go on all the same.
    pub async fn room(&self, otherwise: impl Fn() -> bool) {
        if is_crowded(&self.state.lock())
            && timeout(MOMENT, self.room_below(CROWD / 2, &otherwise)).await.is_err()
        {
            self.press_on();
        }
        self.room_below(self.options.hard_limit_bytes, &otherwise).await;
    }

    async fn room_below(&self, limit: usize, otherwise: &impl Fn() -> bool) {
        let _reader = Reader::enter();
        loop {
            let mut notified = pin!(ROOM.notified());
            // From here on no change is missed.
            notified.as_mut().enable();
            if self.has_room_below(limit) || otherwise() {
                return;
            }
            notified.await;
        }
    }

    /// True when there is; otherwise [`look_for_room`] will be called when there may be.
    fn has_room_below(&self, limit: usize) -> bool {
        let mut state = self.state.lock();
        let is_roomy = is_roomy(&state, limit);
        if !is_roomy {
            state.rest.until_below = state.rest.until_below.max(limit);
        }
        is_roomy
    }
}

#[inline(always)]
fn is_roomy(state: &State, limit: usize) -> bool {
    state.bytes < limit || state.pending_operations > 0 || state.closed
}

fn is_crowded(state: &State) -> bool {
    !is_roomy(state, CROWD) && state.bytes >= state.rest.in_vain_at.saturating_add(CROWD / 4)
}
