//! Our requests that wait for their answers.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::error::{Error, Result};

/// What is done with a result on the reader task, before the next frame is looked at.
pub(super) type OnResult = Box<dyn FnOnce(&str) + Send>;

/// Where an answer goes.
pub(super) struct Waiting {
    /// The one who called; gone once it stopped waiting or was told of a failure.
    caller: Option<oneshot::Sender<Result<String>>>,
    on_result: Option<OnResult>,
}

impl Waiting {
    /// Hands the answer over, to the bookkeeping first.
    pub fn settle(self, outcome: Result<String>) {
        match (&outcome, self.on_result) {
            (Ok(result), Some(on_result)) => on_result(result),
            (_, on_result) => drop(on_result),
        }
        if let Some(caller) = self.caller {
            let _ = caller.send(outcome); // it may have stopped waiting just now
        }
    }
}

/// The table of pending requests. Ids count up from 1 and are never reused.
#[derive(Default)]
pub(super) struct Pending(Mutex<Table>);

#[derive(Default)]
struct Table {
    closed: Option<Error>,
    last_id: i64,
    waiting: HashMap<i64, Waiting, BuildHasherDefault<IdHasher>>,
}

/// An empty table with more room than this gives it back.
const KEEP: usize = 1024;

impl Pending {
    /// Enters a request; after the close it is refused with the reason of that.
    pub fn add(&self, caller: oneshot::Sender<Result<String>>, on_result: Option<OnResult>) -> Result<i64> {
        let mut table = self.0.lock();
        if let Some(reason) = &table.closed {
            return Err(reason.clone());
        }
        table.last_id += 1;
        let id = table.last_id;
        table.waiting.insert(id, Waiting { caller: Some(caller), on_result });
        Ok(id)
    }

    /// Takes a request out, to be settled by the taker alone.
    pub fn take(&self, id: i64) -> Option<Waiting> {
        let mut table = self.0.lock();
        let waiting = table.waiting.remove(&id);
        if table.waiting.is_empty() && table.waiting.capacity() > KEEP {
            table.waiting = HashMap::default();
        }
        waiting
    }

    /// How many requests wait.
    pub fn len(&self) -> usize {
        self.0.lock().waiting.len()
    }

    /// The caller stopped waiting; true when there was no answer yet. What is to be done with a result is still done.
    pub fn abandon(&self, id: i64) -> bool {
        let mut table = self.0.lock();
        let Some(waiting) = table.waiting.get_mut(&id) else { return false };
        let waited = waiting.caller.take().is_some();
        if waiting.on_result.is_none() {
            table.waiting.remove(&id);
        }
        waited
    }

    /// Tells every caller of a failure that may concern any of them. Requests with bookkeeping stay, for those that it
    /// does not concern are still answered.
    pub fn fail_callers(&self, error: &Error) {
        let mut callers = Vec::new();
        self.0.lock().waiting.retain(|_, waiting| {
            callers.extend(waiting.caller.take());
            waiting.on_result.is_some()
        });
        for caller in callers {
            let _ = caller.send(Err(error.clone()));
        }
    }

    /// Refuses what comes from now on; returns what waits, or `None` when this was done before. `closing` runs under
    /// the lock, so that nobody sees one without the other.
    pub fn close(&self, reason: &Error, closing: impl FnOnce()) -> Option<Vec<Waiting>> {
        let mut table = self.0.lock();
        if table.closed.is_some() {
            return None;
        }
        table.closed = Some(reason.clone());
        closing();
        Some(std::mem::take(&mut table.waiting).into_values().collect())
    }

    /// How many wait.
    #[cfg(test)]
    pub fn count(&self) -> usize {
        self.0.lock().waiting.len()
    }
}

/// Spreads consecutive integers. Nobody but this client chooses them, so there is no flooding to defend against.
#[derive(Default)]
struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_i64(&mut self, id: i64) {
        self.0 = (id as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15); // 2^64 / the golden ratio
    }
}
