//! The work of an operation: who goes on with it, and where.
//!
//! The thread that makes the call takes the first steps, so that a request is on its way when the call returns. Later
//! something wakes it: a thread that reads goes on with it as soon as it has handled what it has read; else a task of
//! the runtime does.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use tokio::runtime::Handle;

use super::Expected;
use super::drive::defect;
use super::operation::{End, Operation, Output};
use crate::callback;
use crate::error::{Code, Error, Result};
use crate::runtime;

/// What is left to do.
pub(super) struct Steps {
    future: Pin<Box<dyn Future<Output = Result<Output>> + Send>>,
    runtime: Handle,
    _expected: Expected,
}

/// Where the work is.
pub(super) enum Work {
    /// It waits to be woken.
    Waiting(Steps),
    /// It waits for its turn.
    Woken(Steps),
    /// A thread is at it; it may have been woken meanwhile.
    Running { again: bool },
    /// It has ended, or is wanted no more.
    Over,
}

impl Work {
    pub fn new<T: Send + 'static>(
        runtime: &Handle,
        expected: Expected,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Work {
        let future = Box::pin(async move { work.await.map(|output| Box::new(output) as Output) });
        Work::Woken(Steps { future, runtime: runtime.clone(), _expected: expected })
    }

    /// Leaves this in its place.
    fn replace(&mut self, by: Work) -> Option<Steps> {
        match std::mem::replace(self, by) {
            Work::Waiting(steps) | Work::Woken(steps) => Some(steps),
            Work::Running { .. } | Work::Over => None,
        }
    }

    /// The steps, if it is their turn.
    fn run(&mut self) -> Option<Steps> {
        match self {
            Work::Woken(_) => self.replace(Work::Running { again: false }),
            _ => None,
        }
    }

    /// Notes that it can be gone on with; says where that is to be seen to, if it is not.
    fn wake(&mut self) -> Option<Handle> {
        if let Work::Running { again } = self {
            *again = true;
        }
        if !matches!(self, Work::Waiting(_)) {
            return None;
        }
        let steps = self.replace(Work::Over)?;
        let runtime = steps.runtime.clone();
        *self = Work::Woken(steps);
        Some(runtime)
    }
}

impl Operation {
    /// Takes the first steps, unless this thread has to go on reading.
    pub(super) fn begin_work(self: &Arc<Self>, runtime: &Handle) {
        match callback::inside_direct() {
            true => Turn::take(Arc::clone(self), runtime),
            false => self.go_on(),
        }
    }

    /// Goes as far as it can; a panic of ours is its end.
    fn go_on(self: &Arc<Self>) {
        let Some(mut steps) = self.work.lock().run() else { return };
        let waker = Waker::from(Arc::clone(self));
        let mut context = Context::from_waker(&waker);
        let end = loop {
            let polled = catch_unwind(AssertUnwindSafe(|| {
                // Timers and tasks of the work are the runtime's.
                let _entered = steps.runtime.enter();
                steps.future.as_mut().poll(&mut context)
            }));
            match polled {
                Ok(Poll::Ready(Ok(output))) => break End::Done(Some(output)),
                Ok(Poll::Ready(Err(error))) => break End::Failed(error),
                Ok(Poll::Pending) => {}
                Err(_) => break End::Failed(defect()),
            }
            let mut work = self.work.lock();
            match *work {
                Work::Running { again: true } => *work = Work::Running { again: false },
                Work::Running { again: false } => {
                    *work = Work::Waiting(steps);
                    return;
                }
                _ => return, // it was given up meanwhile
            }
        };
        *self.work.lock() = Work::Over;
        let Steps { future, _expected, .. } = steps;
        // What panicked may do so again.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(future)));
        self.end(end);
    }

    /// Drops what is left of the work, on a thread of the runtime.
    pub(super) fn drop_work(&self) {
        if let Some(steps) = self.work.lock().replace(Work::Over) {
            let runtime = steps.runtime.clone();
            runtime.spawn(async move { drop(steps) });
        }
    }
}

impl Wake for Operation {
    fn wake(self: Arc<Self>) {
        let due = self.work.lock().wake();
        if let Some(runtime) = due {
            Turn::take(self, &runtime);
        }
    }
}

/// An operation whose work is to be gone on with. However that ends, so does the operation: also with the runtime.
struct Turn(Option<Arc<Operation>>);

impl Turn {
    fn take(operation: Arc<Operation>, runtime: &Handle) {
        let mut turn = Turn(Some(operation));
        runtime::run_soon(runtime, move || {
            if let Some(operation) = turn.0.take() {
                operation.go_on();
            }
        });
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(operation) = self.0.take() {
            let reason = "the library was shut down before the operation had ended";
            operation.end(End::Failed(Error::new(Code::Closed, reason)));
            operation.drop_work();
        }
    }
}
