//! A request of ours on its way: a future of its answer.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use super::connection::Connection;
use super::framing::Decimal;
use crate::error::{Code, Error, Result};

/// The answer to come: the raw JSON of the result, or the error.
///
/// Can be awaited on any task or thread, inside the runtime or not. Dropped before its end, the request is forgotten
/// and a late answer ignored; the peer goes on with it unless [`cancel_on_drop`](Self::cancel_on_drop) was asked for.
#[must_use = "a dropped call forgets its request"]
pub struct Call(State);

enum State {
    Waiting(Waiting),
    /// It was over before it began.
    Refused(Error),
    Finished,
}

struct Waiting {
    connection: Arc<Connection>,
    id: i64,
    cancel_on_drop: bool,
}

impl Call {
    pub(super) fn new(connection: Arc<Connection>, id: i64) -> Call {
        Call(State::Waiting(Waiting { connection, id, cancel_on_drop: false }))
    }

    pub(super) fn refused(error: Error) -> Call {
        Call(State::Refused(error))
    }

    /// Makes a drop before the answer tell the peer: it is sent `$/cancelRequest`.
    pub fn cancel_on_drop(mut self) -> Call {
        if let State::Waiting(waiting) = &mut self.0 {
            waiting.cancel_on_drop = true;
        }
        self
    }
}

impl Future for Call {
    type Output = Result<String>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let outcome = match &mut self.0 {
            State::Waiting(waiting) => {
                let answer = ready!(waiting.connection.pending.poll(waiting.id, context));
                answer.unwrap_or_else(|| Err(lost()))
            }
            State::Refused(error) => Err(error.clone()),
            State::Finished => Err(lost()),
        };
        self.0 = State::Finished;
        Poll::Ready(outcome)
    }
}

/// What a call answers that is asked again after its answer.
fn lost() -> Error {
    Error::new(Code::Internal, "the answer of a call is no longer there; this is a bug in libcopilot")
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let unanswered = self.connection.pending.abandon(self.id);
        if unanswered && self.cancel_on_drop {
            let id = Decimal::new(self.id.unsigned_abs());
            let head = br#"{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":"#;
            self.connection.outbox.send(&[head, id.as_bytes(), b"}}"]);
        }
    }
}
