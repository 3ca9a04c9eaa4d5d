//! One call on its way: something that can be waited for, asked, cancelled, and that reports its end.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{self, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::task::{Context, Poll, Waker};

use tokio::runtime::Handle;
use tokio::task::AbortHandle;

use super::drive::defect;
use super::event::{Deliver, Event, Kind};
use super::serve::{Awaited, Deadline};
use super::{Owner, Queue, State as QueueState, intern};
use crate::callback::Callback;
use crate::error::{Code, Error, Result};
use crate::json::Json;
use crate::sync::{AtomicU64, Mutex, MutexGuard};

/// What a call yields. Whoever made the call knows what is inside.
pub type Output = Box<dyn Any + Send>;

/// How far a call has come. The numbers are the C ABI's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Progress {
    /// On its way.
    Pending = 0,
    /// It succeeded.
    Done = 1,
    /// It failed.
    Failed = 2,
    /// It was cancelled before it ended.
    Cancelled = 3,
}

enum State {
    Pending,
    Done(Option<Output>),
    Failed(Error),
    Cancelled(Error),
}

/// One call on its way.
pub struct Operation {
    this: Weak<Operation>,
    id: u64,
    queue: Arc<Queue>,
    /// Keeps the queue open until the operation has ended.
    stay: Mutex<Option<Owner>>,
    state: Mutex<State>,
    /// How many items the queue had been given when the operation ended; [`NOT_ENDED`] before.
    ended_at: AtomicU64,
    on_end: Mutex<Option<Arc<Callback<Operation>>>>,
    announced: bool,
    task: OnceLock<AbortHandle>,
}

static NEXT_ID: atomic::AtomicU64 = atomic::AtomicU64::new(1);

/// No queue has been given so many items.
const NOT_ENDED: u64 = u64::MAX;

impl Operation {
    /// Starts `work`: its first step here, so that what a thread asks for goes out in the order in which it asks, by
    /// whichever form of a call; the rest in the background. With `announced` its end is an item of the queue, which runs
    /// `on_end`; without, only whoever waits learns of it.
    pub fn start<T: Send + 'static>(
        runtime: &Handle,
        queue: &Arc<Queue>,
        on_end: Option<Arc<Callback<Operation>>>,
        announced: bool,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Arc<Operation> {
        let operation = Operation::pending(queue, on_end, announced);
        let expected = queue.expect_operation();
        let working = Working(Arc::clone(&operation));
        let mut work = Box::pin(work);
        if let Some(outcome) = first_step(runtime, work.as_mut()) {
            operation.end_with(outcome);
            return operation;
        }
        let task = runtime.spawn(async move {
            let _expected = expected;
            working.0.end_with(work.await);
        });
        let _ = operation.task.set(task.abort_handle());
        operation
    }

    fn pending(
        queue: &Arc<Queue>,
        on_end: Option<Arc<Callback<Operation>>>,
        announced: bool,
    ) -> Arc<Operation> {
        if let Some(on_end) = &on_end {
            on_end.settle(queue.this.clone());
        }
        Arc::new_cyclic(|this| Operation {
            this: this.clone(),
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            queue: Arc::clone(queue),
            stay: Mutex::new(Some(Owner::join(queue))),
            state: Mutex::new(State::Pending),
            ended_at: AtomicU64::new(NOT_ENDED),
            on_end: Mutex::new(on_end),
            announced,
            task: OnceLock::new(),
        })
    }

    /// One without a task, and what its task would do at the end.
    #[cfg(all(test, copilot_loom))]
    pub(super) fn taskless(
        queue: &Arc<Queue>,
        on_end: Option<Arc<Callback<Operation>>>,
    ) -> (Arc<Operation>, impl FnOnce(Output) + use<>) {
        let operation = Operation::pending(queue, on_end, true);
        let working = Working(Arc::clone(&operation));
        (operation, move |output| working.0.end(State::Done(Some(output))))
    }

    /// Its number: never 0, never used twice in a process.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// How far it has come.
    pub fn progress(&self) -> Progress {
        match &*self.state.lock() {
            State::Pending => Progress::Pending,
            State::Done(_) => Progress::Done,
            State::Failed(_) => Progress::Failed,
            State::Cancelled(_) => Progress::Cancelled,
        }
    }

    /// Waits for its end, serving the queue meanwhile if nobody else does. False when the time was up first.
    pub fn wait(&self, deadline: Deadline) -> bool {
        // A callback may free the program's reference meanwhile.
        let _kept = self.this.upgrade();
        self.queue.wait_for(&mut &*self, deadline)
    }

    /// An error when a wait here would wait for itself.
    pub fn refuse_inside(&self, what: &str) -> Result<()> {
        match self.progress() {
            Progress::Pending => self.queue.refuse_inside(what),
            _ => Ok(()),
        }
    }

    /// The error it ended with, if it did.
    pub fn error(&self) -> Option<Error> {
        match &*self.state.lock() {
            State::Failed(error) | State::Cancelled(error) => Some(error.clone()),
            State::Pending | State::Done(_) => None,
        }
    }

    /// Moves what it yielded out, once.
    pub fn take_output(&self) -> Result<Output> {
        match &mut *self.state.lock() {
            State::Pending => {
                Err(Error::new(Code::InvalidState, "the operation has not ended yet; wait for it first"))
            }
            State::Done(output) => output.take().ok_or_else(|| {
                Error::new(
                    Code::InvalidState,
                    "the operation's result was taken already; it can be taken once",
                )
            }),
            State::Failed(error) | State::Cancelled(error) => Err(error.clone()),
        }
    }

    /// True while a result of this type waits to be taken.
    pub fn yields<T: 'static>(&self) -> bool {
        matches!(&*self.state.lock(), State::Done(Some(output)) if (**output).is::<T>())
    }

    /// Ends it now, unless it has ended: what it would have yielded is dropped.
    pub fn cancel(&self) {
        self.give_up(Error::new(Code::Cancelled, "the operation was cancelled"));
    }

    /// Cancels it for this reason.
    pub fn give_up(&self, reason: Error) {
        // What its end destroys may hold the program's reference.
        let _kept = self.this.upgrade();
        self.end(State::Cancelled(reason));
        if let Some(task) = self.task.get() {
            task.abort();
        }
    }

    pub(super) fn ended_at(&self) -> Option<u64> {
        Some(self.ended_at.load(Ordering::Acquire)).filter(|end| *end != NOT_ENDED)
    }

    /// True when all is done that its end brings about.
    #[cfg(all(test, not(copilot_loom)))]
    pub(super) fn has_left(&self) -> bool {
        self.stay.lock().is_none()
    }

    fn end_with<T: Send + 'static>(&self, outcome: Result<T>) {
        self.end(match outcome {
            Ok(output) => State::Done(Some(Box::new(output))),
            Err(error) => State::Failed(error),
        });
    }

    fn end(&self, end: State) {
        {
            let mut state = self.state.lock();
            if !matches!(*state, State::Pending) {
                return;
            }
            *state = end;
        }
        // Before anybody who waits is told, so that the completion is among what they dispatch before they return.
        self.announce();
        self.ended_at.store(self.queue.pushed(), Ordering::Release);
        self.queue.operation_ended();
        // Without the lock: the queue may be closed by this, and what waits in it destroyed.
        let stay = self.stay.lock().take();
        drop(stay);
    }

    fn announce(&self) {
        let called_for = self.on_end.lock().is_some();
        let wanted = self.announced && (called_for || self.queue.takes_everything());
        if let Some(this) = self.this.upgrade().filter(|_| wanted) {
            let event = completion(&this);
            let event = if called_for { event.delivered_by(this) } else { event };
            // A closed queue has nobody to tell.
            let _ = self.queue.push(Arc::new(event));
        }
    }
}

/// Does as much of the work as can be done now; what it came to, if that was all. Who goes on with it looks for itself
/// whether it can, so that nobody need be woken.
fn first_step<T>(runtime: &Handle, work: Pin<&mut impl Future<Output = Result<T>>>) -> Option<Result<T>> {
    // Timers and tasks of the work are the runtime's.
    let _entered = runtime.enter();
    let step = || work.poll(&mut Context::from_waker(Waker::noop()));
    match catch_unwind(AssertUnwindSafe(step)) {
        Ok(Poll::Ready(outcome)) => Some(outcome),
        Ok(Poll::Pending) => None,
        Err(_) => Some(Err(defect())),
    }
}

impl Awaited for &Operation {
    fn ended_at(&mut self, _state: &mut MutexGuard<'_, QueueState>) -> Option<u64> {
        Operation::ended_at(self)
    }
}

/// The task of an operation. However it ends, so does the operation: by a panic of ours, or with the runtime.
struct Working(Arc<Operation>);

impl Drop for Working {
    fn drop(&mut self) {
        let reason = if std::thread::panicking() {
            defect()
        } else {
            Error::new(Code::Closed, "the library was shut down before the operation had ended")
        };
        self.0.end(State::Failed(reason));
    }
}

/// Runs the completion callback.
impl Deliver for Operation {
    fn deliver(&self, _event: &Event) {
        let on_end = self.on_end.lock().take();
        if let Some(on_end) = on_end {
            on_end.run(self);
        }
    }
}

fn completion(operation: &Arc<Operation>) -> Event {
    let state = match operation.progress() {
        Progress::Pending => "pending",
        Progress::Done => "done",
        Progress::Failed => "failed",
        Progress::Cancelled => "cancelled",
    };
    let mut json = serde_json::json!({ "operation": operation.id(), "state": state });
    if let Some(error) = operation.error() {
        json["error"] = serde_json::json!({ "code": error.code() as i32, "message": error.message() });
    }
    Event::new(Kind::Completion, intern("completion"), None, Json::from_trusted(json.to_string()))
        .of_operation(Arc::clone(operation))
}
