//! One call on its way: something that can be waited for, asked, cancelled, and that reports its end.

use std::any::Any;
use std::sync::atomic::{self, Ordering};
use std::sync::{Arc, Weak};

use tokio::runtime::Handle;

use super::event::{Deliver, Event, Kind};
use super::serve::{Awaited, Deadline};
use super::work::Work;
use super::{Owner, Queue, State, intern};
use crate::callback::Callback;
use crate::error::{Code, Error, Result};
use crate::json::Json;
use crate::protocol::members::ObjectText;
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

/// What became of it.
pub(super) enum End {
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
    /// None as long as it is pending.
    outcome: Mutex<Option<End>>,
    /// How many items the queue had been given when the operation ended; [`NOT_ENDED`] before.
    ended_at: AtomicU64,
    on_end: Mutex<Option<Arc<Callback<Operation>>>>,
    announced: bool,
    pub(super) work: Mutex<Work>,
}

static NEXT_ID: atomic::AtomicU64 = atomic::AtomicU64::new(1);

/// No queue has been given so many items.
const NOT_ENDED: u64 = u64::MAX;

impl Operation {
    /// Starts `work`: its first steps here, so that what a thread asks for goes out in the order in which it asks, by
    /// whichever form of a call; the rest in the background. With `announced` its end is an item of the queue, which runs
    /// `on_end`; without, only whoever waits learns of it.
    pub fn start<T: Send + 'static>(
        runtime: &Handle,
        queue: &Arc<Queue>,
        on_end: Option<Arc<Callback<Operation>>>,
        announced: bool,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Arc<Operation> {
        let work = Work::new(runtime, queue.expect_operation(), work);
        let operation = Operation::pending(queue, on_end, announced, work);
        operation.begin_work(runtime);
        operation
    }

    fn pending(
        queue: &Arc<Queue>,
        on_end: Option<Arc<Callback<Operation>>>,
        announced: bool,
        work: Work,
    ) -> Arc<Operation> {
        if let Some(on_end) = &on_end {
            on_end.settle(queue.this.clone());
        }
        Arc::new_cyclic(|this| Operation {
            this: this.clone(),
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            queue: Arc::clone(queue),
            stay: Mutex::new(Some(Owner::join(queue))),
            outcome: Mutex::new(None),
            ended_at: AtomicU64::new(NOT_ENDED),
            on_end: Mutex::new(on_end),
            announced,
            work: Mutex::new(work),
        })
    }

    /// One without work, and what its work would do at the end.
    #[cfg(all(test, copilot_loom))]
    pub(super) fn taskless(
        queue: &Arc<Queue>,
        on_end: Option<Arc<Callback<Operation>>>,
    ) -> (Arc<Operation>, impl FnOnce(Output) + use<>) {
        let operation = Operation::pending(queue, on_end, true, Work::Over);
        let working = Arc::clone(&operation);
        (operation, move |output| working.end(End::Done(Some(output))))
    }

    /// Its number: never 0, never used twice in a process.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// How far it has come.
    pub fn progress(&self) -> Progress {
        match &*self.outcome.lock() {
            None => Progress::Pending,
            Some(End::Done(_)) => Progress::Done,
            Some(End::Failed(_)) => Progress::Failed,
            Some(End::Cancelled(_)) => Progress::Cancelled,
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
        match &*self.outcome.lock() {
            Some(End::Failed(error) | End::Cancelled(error)) => Some(error.clone()),
            Some(End::Done(_)) | None => None,
        }
    }

    /// Moves what it yielded out, once.
    pub fn take_output(&self) -> Result<Output> {
        match &mut *self.outcome.lock() {
            None => Err(Error::new(Code::InvalidState, "the operation has not ended yet; wait for it first")),
            Some(End::Done(output)) => output.take().ok_or_else(|| {
                Error::new(
                    Code::InvalidState,
                    "the operation's result was taken already; it can be taken once",
                )
            }),
            Some(End::Failed(error) | End::Cancelled(error)) => Err(error.clone()),
        }
    }

    /// True while a result of this type waits to be taken.
    pub fn yields<T: 'static>(&self) -> bool {
        matches!(&*self.outcome.lock(), Some(End::Done(Some(output))) if (**output).is::<T>())
    }

    /// Ends it now, unless it has ended: what it would have yielded is dropped.
    pub fn cancel(&self) {
        self.give_up(Error::new(Code::Cancelled, "the operation was cancelled"));
    }

    /// Cancels it for this reason.
    pub fn give_up(&self, reason: Error) {
        // What its end destroys may hold the program's reference.
        let _kept = self.this.upgrade();
        self.end(End::Cancelled(reason));
        self.drop_work();
    }

    pub(super) fn ended_at(&self) -> Option<u64> {
        Some(self.ended_at.load(Ordering::Acquire)).filter(|end| *end != NOT_ENDED)
    }

    /// True when all is done that its end brings about.
    #[cfg(all(test, not(copilot_loom)))]
    pub(super) fn has_left(&self) -> bool {
        self.stay.lock().is_none()
    }

    pub(super) fn end(&self, end: End) {
        {
            let mut outcome = self.outcome.lock();
            if outcome.is_some() {
                return;
            }
            *outcome = Some(end);
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

impl Awaited for &Operation {
    fn ended_at(&mut self, _state: &mut MutexGuard<'_, State>) -> Option<u64> {
        Operation::ended_at(self)
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
    let mut json = ObjectText::new().number("operation", operation.id()).known_text("state", state);
    if let Some(error) = operation.error() {
        let code = (error.code() as i32).to_string();
        let error = ObjectText::new().known("code", &code).known_text("message", error.message()).finish();
        json = json.known("error", &error);
    }
    Event::new(Kind::Completion, intern("completion"), None, Json::from_trusted(json.finish()))
        .of_operation(Arc::clone(operation))
}
