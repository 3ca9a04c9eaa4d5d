//! The background runtime: one per process, started with the first client, stopped by [`shutdown`].
//!
//! Its threads are guests in the host's process. They block every signal but those that report a fault of their
//! own, so the host's handlers never run on them and writing to a dead child yields EPIPE instead of SIGPIPE.

use std::cell::Cell;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use tokio::runtime::Handle;

use crate::error::{Code, Error, Result};

mod lasting;
mod reading;
mod signals;
#[cfg(test)]
mod tests;
mod to_the_end;
mod worker;

use lasting::LastingThread;
use reading::ReadingThread;
pub(crate) use reading::{await_readable, run_soon};
pub use signals::with_signals_blocked_like_a_dispatcher;
pub(crate) use signals::{with_all_blocked, without_sigpipe};
pub use to_the_end::{ToTheEnd, to_the_end};
use worker::Worker;

struct Shared {
    /// None while it is not running.
    workers: Vec<Worker>,
    /// Clients whose child may still be running, with or without a handle to them.
    residents: usize,
    /// How many there have been.
    came: usize,
    /// Started when something needs it.
    lasting: Option<LastingThread>,
    /// Threads that read, and how many of them have not ended.
    readers: Vec<ReadingThread>,
    reading: usize,
}

static SHARED: Mutex<Shared> = Mutex::new(Shared {
    workers: Vec::new(),
    residents: 0,
    came: 0,
    lasting: None,
    readers: Vec::new(),
    reading: 0,
});
/// A resident has left, or a thread that reads has ended.
static RESIDENT_LEFT: Condvar = Condvar::new();
static FORKED: AtomicBool = AtomicBool::new(false);

thread_local! {
    static ON_RUNTIME: Cell<bool> = const { Cell::new(false) };
}

/// A client's stay in the runtime; the runtime cannot be shut down while one lasts.
pub struct Residence {
    handle: Handle,
}

impl Residence {
    /// Starts the runtime when it is not running. `threads` counts only for whoever starts it; the residents are divided
    /// among them.
    pub fn take(threads: usize) -> Result<Arc<Residence>> {
        let mut shared = SHARED.lock();
        if shared.workers.is_empty() {
            shared.workers = start(threads)?;
        }
        let worker = &shared.workers[shared.came % shared.workers.len()];
        let residence = Residence { handle: worker.handle().clone() };
        shared.came = shared.came.wrapping_add(1);
        shared.residents += 1;
        Ok(Arc::new(residence))
    }

    /// Where to spawn.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }
}

impl Drop for Residence {
    fn drop(&mut self) {
        SHARED.lock().residents -= 1;
        RESIDENT_LEFT.notify_all();
    }
}

fn start(threads: usize) -> Result<Vec<Worker>> {
    signals::watch_forks(&FORKED);
    let workers: io::Result<Vec<_>> = (0..threads.max(1)).map(Worker::start).collect();
    workers
        .map_err(|e| Error::new(Code::Io, format!("the background runtime could not start its threads: {e}")))
}

/// Runs `job` on a thread that stays until [`shutdown`], and the same each time: for what the kernel ties to the life
/// of a thread. Jobs run one after the other. The thread blocks all signals but those of faults.
///
/// Called on behalf of a resident. Errors: the thread could not be started.
pub(crate) fn on_lasting_thread(job: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let mut shared = SHARED.lock();
    let thread = match shared.lasting.take() {
        Some(thread) => thread,
        None => LastingThread::start()?,
    };
    shared.lasting.insert(thread).run(job);
    Ok(())
}

/// Runs `future` on a thread of its own until it is ready, or dropped by [`shutdown`] when no resident is left. It may
/// await what reads from a descriptor by [`await_readable`], timers, and whatever else wakes its waker.
///
/// Called inside the runtime. Errors: the thread could not be started; the future is dropped.
pub(crate) fn read_on_own_thread(future: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
    let handle = Handle::current();
    let mut shared = SHARED.lock();
    let (ended, readers) =
        std::mem::take(&mut shared.readers).into_iter().partition(ReadingThread::is_finished);
    shared.readers = readers;
    shared.reading += 1;
    drop(shared);
    Vec::into_iter(ended).for_each(ReadingThread::join);
    let at_end = || {
        SHARED.lock().reading -= 1;
        RESIDENT_LEFT.notify_all();
    };
    // Should it not start, `at_end` runs all the same.
    let thread = ReadingThread::start(future, handle, at_end)?;
    SHARED.lock().readers.push(thread);
    Ok(())
}

/// True on a thread of the runtime, where no code of the program's may run.
pub fn is_runtime_thread() -> bool {
    ON_RUNTIME.get()
}

/// True in a process that was forked from one which had started the runtime: its threads are not there.
pub fn is_forked() -> bool {
    FORKED.load(Ordering::Relaxed)
}

/// Waits until no client is left, then stops every thread of the runtime. `None` waits for ever.
pub fn shutdown(timeout: Option<Duration>) -> Result<()> {
    // What no clock can hold is for ever.
    let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    let mut shared = SHARED.lock();
    loop {
        if shared.residents == 0 {
            // What they read is of use to nobody.
            shared.readers.iter().for_each(ReadingThread::stop);
            if shared.reading == 0 {
                break;
            }
        }
        let late = match deadline {
            Some(deadline) => RESIDENT_LEFT.wait_until(&mut shared, deadline).timed_out(),
            None => {
                RESIDENT_LEFT.wait(&mut shared);
                false
            }
        };
        if late && shared.residents + shared.reading > 0 {
            return Err(still_busy(&shared));
        }
    }
    let readers = std::mem::take(&mut shared.readers);
    let workers = std::mem::take(&mut shared.workers);
    let lasting = shared.lasting.take();
    drop(shared);
    readers.into_iter().for_each(ReadingThread::join);
    // Without residents it has nothing to do, and no child depends on it.
    drop(lasting);
    for worker in workers {
        let left =
            deadline.map_or(Duration::MAX, |deadline| deadline.saturating_duration_since(Instant::now()));
        // Nothing is pending any more; the time is for the threads to notice.
        worker.stop(left.clamp(Duration::from_millis(100), Duration::from_secs(60)));
    }
    Ok(())
}

fn still_busy(shared: &Shared) -> Error {
    let what = match shared.residents {
        0 => "a thread that reads was still busy".to_owned(),
        clients => format!("{clients} client(s) were still stopping their process"),
    };
    Error::new(Code::Timeout, format!("{what} when the time was up; call copilot_shutdown again"))
}
