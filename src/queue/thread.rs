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
pub struct Slot(Option<Arc<Dispatcher>>);

impl Slot {
    /// The thread that serves the queue.
    pub fn id(&self) -> Option<ThreadId> {
        self.0.as_ref().map(|dispatcher| dispatcher.id)
    }

    /// True when there is a thread that has ended by itself.
    #[cfg(all(test, not(copilot_loom)))]
    pub fn is_finished(&self) -> bool {
        self.0.as_ref().is_some_and(|dispatcher| dispatcher.is_finished())
    }
}

struct Dispatcher {
    queue: Weak<Queue>,
    id: ThreadId,
    /// `None` once it was waited for.
    thread: Mutex<Option<JoinHandle<()>>>,
    stop: Arc<AtomicBool>,
}

impl Dispatcher {
    /// Waits until nothing of the thread is left; so does everybody else who does this at the same time.
    fn join(&self) {
        let mut thread = self.thread.lock();
        if let Some(thread) = thread.take() {
            let _ = thread.join();
        }
    }

    /// Ends it by its queue; without that it is ending.
    fn end(&self) -> Result<()> {
        match self.queue.upgrade() {
            Some(queue) => queue.stop_thread(),
            None => {
                self.join();
                RUNNING.lock().retain(|other| !std::ptr::eq(Arc::as_ptr(other), self));
                Ok(())
            }
        }
    }

    /// True when waiting for it takes no time. Where somebody waits already, that is theirs to tell.
    #[cfg(not(copilot_loom))] // whose threads cannot be asked, and which models none of these
    fn is_finished(&self) -> bool {
        self.thread.try_lock().is_some_and(|thread| thread.as_ref().is_none_or(JoinHandle::is_finished))
    }
}

/// Room for the program's callbacks.
const STACK: usize = 8 << 20;

/// Every thread that was not waited for yet. A queue may be gone before its thread is: the last reference to it may go on
/// that very thread, which cannot wait for itself.
static RUNNING: Mutex<Vec<Arc<Dispatcher>>> = Mutex::new(Vec::new());

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
        let (queue, id) = (self.this.clone(), thread.thread().id());
        let dispatcher = Arc::new(Dispatcher { queue, id, thread: Mutex::new(Some(thread)), stop });
        state.thread = Slot(Some(Arc::clone(&dispatcher)));
        state.relieve_dispatcher();
        drop(state);
        let mut running = RUNNING.lock();
        #[cfg(not(copilot_loom))]
        let ended: Vec<_> =
            running.extract_if(.., |other| other.queue.strong_count() == 0 && other.is_finished()).collect();
        running.push(dispatcher);
        drop(running);
        #[cfg(not(copilot_loom))]
        ended.iter().for_each(|ended| ended.join());
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
        self.tell_all(state);
        dispatcher.join();
        let mut state = self.state.lock();
        state.stopping -= 1;
        self.tell_all(state);
        RUNNING.lock().retain(|other| !Arc::ptr_eq(other, &dispatcher));
        Ok(())
    }
}

/// Ends the thread of every queue, for the end of the library's work in this process.
pub fn stop_all_threads() -> Result<()> {
    let running = RUNNING.lock().clone();
    let stopped: Vec<Result<()>> = running.iter().map(|dispatcher| dispatcher.end()).collect();
    stopped.into_iter().collect()
}
