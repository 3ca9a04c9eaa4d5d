//! A thread of the runtime: it runs tasks, and waits for what they wait for.

use std::io;
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use super::{ON_RUNTIME, with_all_blocked};

const STACK: usize = 2 << 20;

/// A thread with a scheduler of its own. Several threads do not share one: nothing that runs here is long enough to be
/// worth taking from another thread, and the scheduler that does that needs a library of floating-point functions.
pub(super) struct Worker {
    handle: Handle,
    /// Ends it, and says how long it may wait for what blocks, such as the search for a host's address.
    stop: oneshot::Sender<Duration>,
    ended: Receiver<()>,
    thread: JoinHandle<()>,
}

impl Worker {
    /// Starts it. It ends when it is stopped or dropped.
    pub(super) fn start(number: usize) -> io::Result<Worker> {
        let runtime = Builder::new_current_thread()
            .thread_name("copilot-rt-name")
            .thread_stack_size(STACK)
            .on_thread_start(|| ON_RUNTIME.set(true))
            .enable_io()
            .enable_time()
            .build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel();
        let (end, ended) = mpsc::channel();
        let body = move || {
            let _end = end;
            ON_RUNTIME.set(true);
            let patience = runtime.block_on(stopped).unwrap_or_default();
            runtime.shutdown_timeout(patience);
        };
        let builder = thread::Builder::new().name(format!("copilot-rt-{number}")).stack_size(STACK);
        // The mask is inherited, so that not even a thread's first instruction runs with a signal open.
        let thread = with_all_blocked(|| builder.spawn(body))?;
        Ok(Worker { handle, stop, ended, thread })
    }

    /// Where to spawn.
    pub(super) fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Drops its tasks and ends it, and waits for that. One that is still busy when the time is up is left to itself.
    pub(super) fn stop(self, patience: Duration) {
        let _ = self.stop.send(patience);
        if self.ended.recv_timeout(patience) != Err(mpsc::RecvTimeoutError::Timeout) {
            let _ = self.thread.join();
        }
    }
}
