//! A library thread that serves a queue, for programs that ask for one.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use super::Queue;
use crate::error::{Code, Error, Result};
use crate::runtime;
use crate::sync::AtomicBool;
use crate::sync::thread::{Builder, JoinHandle, ThreadId};

/// The thread of a queue, if it has one.
#[derive(Default)]
pub struct Slot(Option<Dispatcher>);

impl Slot {
    /// The thread that serves the queue.
    pub fn id(&self) -> Option<ThreadId> {
        self.0.as_ref().map(|dispatcher| dispatcher.thread.thread().id())
    }

    /// True when there is a thread that has ended by itself.
    #[cfg(all(test, not(copilot_loom)))]
    pub fn is_finished(&self) -> bool {
        self.0.as_ref().is_some_and(|dispatcher| dispatcher.thread.is_finished())
    }
}

struct Dispatcher {
    thread: JoinHandle<()>,
    stop: Arc<AtomicBool>,
}

/// Room for the program's callbacks.
const STACK: usize = 8 << 20;

static WITH_THREADS: Mutex<Vec<Weak<Queue>>> = Mutex::new(Vec::new());

impl Queue {
    /// Lets a library thread run the callbacks from now on. Starting it twice is no error.
    pub fn start_thread(&self) -> Result<()> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(Error::new(
                Code::Closed,
                "the queue is closed; there is nothing to dispatch any more",
            ));
        }
        if state.thread.0.is_some() {
            return Ok(());
        }
        let Some(queue) = self.this.upgrade() else {
            return Err(Error::new(Code::Closed, "the queue is being freed"));
        };
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = runtime::with_signals_blocked_like_a_dispatcher(|| {
            Builder::new()
                .name("copilot-disp".into())
                .stack_size(STACK)
                .spawn(move || queue.dispatch_until(&stopped))
        })
        .map_err(|e| Error::new(Code::Io, format!("the dispatch thread could not be started: {e}")))?;
        state.thread = Slot(Some(Dispatcher { thread, stop }));
        state.relieve_dispatcher();
        drop(state);
        let mut all = WITH_THREADS.lock();
        all.retain(|queue| queue.strong_count() > 0);
        all.push(self.this.clone());
        Ok(())
    }

    fn dispatch_until(&self, stop: &AtomicBool) {
        while !stop.load(Ordering::Acquire) && !self.is_finished() {
            self.run_items(None, None, |_| stop.load(Ordering::Acquire));
        }
    }

    /// Ends the library thread; when this returns it runs no callback any more. Without a thread it is no error.
    pub fn stop_thread(&self) -> Result<()> {
        self.refuse_inside("copilot_queue_stop_thread")?;
        let mut state = self.state.lock();
        let Some(dispatcher) = state.thread.0.take() else {
            // Somebody else may be stopping it in this moment.
            while state.stopping > 0 {
                self.wait(&mut state, None);
            }
            return Ok(());
        };
        dispatcher.stop.store(true, Ordering::Release);
        state.stopping += 1;
        drop(state);
        self.changed.notify_all();
        let _ = dispatcher.thread.join();
        self.state.lock().stopping -= 1;
        self.changed.notify_all();
        let mut all = WITH_THREADS.lock();
        // One entry, for the one thread: somebody may have started the next by now.
        if let Some(stopped) = all.iter().position(|queue| queue.ptr_eq(&self.this)) {
            all.swap_remove(stopped);
        }
        Ok(())
    }
}

/// Ends the thread of every queue, for the end of the library's work in this process.
pub fn stop_all_threads() -> Result<()> {
    let queues = WITH_THREADS.lock().clone();
    let stopped: Vec<Result<()>> =
        queues.iter().filter_map(Weak::upgrade).map(|queue| queue.stop_thread()).collect();
    stopped.into_iter().collect()
}
