//! The two forms of every call that takes time: wait for it here, or be told when it has ended.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

use super::handle::{copilot_op, give_arc};
use super::json::give_json;
use super::types::COPILOT_WAIT_FOREVER;
use super::{handle, types};
use crate::callback::Callback;
use crate::error::{Code, Error, Result};
use crate::json::Json;
use crate::queue::{Operation, Queue, deadline_after};
use crate::session::Session;

/// A timeout parameter: negative is for ever.
pub fn timeout(timeout_ms: i32) -> Option<Duration> {
    u64::try_from(timeout_ms).ok().map(Duration::from_millis)
}

/// What a call does: a future of its result.
pub trait Work<T>: Future<Output = Result<T>> + Send + 'static {}

impl<T, W: Future<Output = Result<T>> + Send + 'static> Work<T> for W {}

/// A call that has not begun.
pub struct Call<W> {
    /// Its name in C, for messages.
    name: &'static str,
    runtime: Handle,
    /// The work has timers and tasks of the runtime's.
    enters: bool,
    queue: Arc<Queue>,
    work: W,
}

impl<T: Send + 'static, W: Future<Output = Result<T>> + Send + 'static> Call<W> {
    /// A call named `name`, that completes on `queue`.
    pub fn new(name: &'static str, runtime: &Handle, queue: &Arc<Queue>, work: W) -> Call<W> {
        Call { name, runtime: runtime.clone(), enters: true, queue: Arc::clone(queue), work }
    }

    /// The same call, which is known to wait for nothing but replies: the runtime need not be entered for each step, which
    /// takes longer than the steps. A timer or a task of it would panic at once, in every test.
    pub fn of_replies(self) -> Call<W> {
        Call { enters: false, ..self }
    }

    /// Waits up to the timeout. A call that is late is cancelled.
    pub fn wait(self, timeout_ms: i32) -> Result<T> {
        let name = self.name;
        if timeout_ms == 0 {
            let message = format!(
                "{name} needs the wire and cannot be done in 0 ms; give a time, COPILOT_WAIT_FOREVER, or use the \
                 _async form"
            );
            return Err(Error::invalid_argument(message));
        }
        self.queue.refuse_inside(name)?;
        let work = pin!(self.work);
        let runtime = Some(&self.runtime).filter(|_| self.enters);
        let outcome = self.queue.drive(runtime, deadline_after(timeout(timeout_ms)), work);
        outcome.unwrap_or_else(|| {
            Err(Error::new(Code::Timeout, format!("{name} did not end within {timeout_ms} ms")))
        })
    }

    /// Waits for as long as the call itself takes, which has a limit of its own.
    pub fn wait_for_itself(self, timeout_ms: i32) -> Result<T> {
        if timeout_ms == 0 {
            return self.wait(timeout_ms);
        }
        self.wait(COPILOT_WAIT_FOREVER)
    }

    /// Begins the call; the operation completes on its queue.
    pub fn begin(self, on_end: Option<Arc<Callback<Operation>>>) -> *mut copilot_op {
        give_arc::<copilot_op>(Operation::start(&self.runtime, &self.queue, on_end, true, self.work))
    }
}

/// Moves the output out of an operation that has ended.
pub fn take<T: 'static>(op: &Operation) -> Result<T> {
    let output = op.take_output()?;
    match output.downcast::<T>() {
        Ok(output) => Ok(*output),
        Err(_) => Err(Error::new(
            Code::InvalidState,
            "the operation yields something else; copilot_op_take_result is for JSON, copilot_op_take_session for \
             sessions",
        )),
    }
}

/// The end of a call that yields nothing.
pub fn status(_: ()) -> types::copilot_status {
    0
}

/// The end of a call that yields JSON.
pub fn json(json: Json) -> *mut handle::copilot_json {
    give_json(json)
}

/// The end of a call that yields a session.
pub fn session(session: Arc<Session>) -> *mut handle::copilot_session {
    give_arc::<handle::copilot_session>(session)
}
