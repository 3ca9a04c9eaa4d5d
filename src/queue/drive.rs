//! A blocking call: the thread that waits does the work itself, and serves the queue meanwhile.
//!
//! The work is a future. Whatever it waits for (a reply, a timer, another call) rings the queue, and the waiting thread
//! goes on with it; no task of the runtime stands between the reply and the caller.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use tokio::runtime::Handle;

use super::serve::{Awaited, Deadline};
use super::{Owner, Queue, State};
use crate::error::{Code, Error, Result};
use crate::sync::MutexGuard;

/// Whoever drives work on this queue is to go on with it.
impl Wake for Queue {
    fn wake(self: Arc<Queue>) {
        self.ring();
    }

    fn wake_by_ref(self: &Arc<Queue>) {
        self.ring();
    }
}

impl Queue {
    /// Does the work on this thread, serving the queue while it waits for something, if nobody else does; and then until
    /// what was queued before its end has been dispatched. Without a runtime it must not have timers or tasks. `None` when the time was up first: the work is dropped then.
    pub fn drive<T>(
        self: &Arc<Queue>,
        runtime: Option<&Handle>,
        deadline: Deadline,
        work: Pin<&mut dyn Future<Output = Result<T>>>,
    ) -> Option<Result<T>> {
        let _stay = Owner::join(self);
        let _expected = self.expect_operation();
        let waker = Waker::from(Arc::clone(self));
        let mut driven = Driven { work, waker, runtime, heard: None, outcome: None, ended_at: None };
        self.wait_for(&mut driven, deadline);
        driven.outcome
    }

    fn ring(&self) {
        let mut state = self.state.lock();
        state.rings += 1;
        self.tell_all(state);
    }
}

/// Work that the waiting thread does.
struct Driven<'w, T> {
    work: Pin<&'w mut dyn Future<Output = Result<T>>>,
    waker: Waker,
    /// What its timers and tasks are of, if it may have any.
    runtime: Option<&'w Handle>,
    /// How often the queue had been rung when the work was last gone on with.
    heard: Option<u64>,
    outcome: Option<Result<T>>,
    ended_at: Option<u64>,
}

impl<T> Driven<'_, T> {
    /// Goes on as far as it can. A panic of ours is its end.
    fn go_on(&mut self) {
        let _entered = self.runtime.map(Handle::enter);
        let mut context = Context::from_waker(&self.waker);
        match catch_unwind(AssertUnwindSafe(|| self.work.as_mut().poll(&mut context))) {
            Ok(Poll::Ready(outcome)) => self.outcome = Some(outcome),
            Ok(Poll::Pending) => {}
            Err(_) => self.outcome = Some(Err(defect())),
        }
    }
}

impl<T> Awaited for Driven<'_, T> {
    fn ended_at(&mut self, state: &mut MutexGuard<'_, State>) -> Option<u64> {
        // It may be rung while it goes on.
        while self.outcome.is_none() && self.heard != Some(state.rings) {
            self.heard = Some(state.rings);
            MutexGuard::unlocked(state, || self.go_on());
            if self.outcome.is_some() {
                self.ended_at = Some(state.pushed);
            }
        }
        self.ended_at
    }
}

/// What becomes of work that panicked.
pub(super) fn defect() -> Error {
    Error::new(Code::Internal, "a defect in libcopilot ended the operation; the log has it. Please report it")
}
