//! The peer's requests: each is answered exactly once, whatever happens to it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;

use super::connection::Connection;
use super::message::Id;
use super::outgoing::{self, Unfit};
use super::writer::Sent;
use crate::error::{Code, Error, Result};

const INTERNAL_ERROR: i64 = -32603;
const REQUEST_CANCELLED: i64 = -32800;

/// A request of the peer that waits for its answer. May be kept and answered later, on any thread; nothing here
/// blocks. Dropped, it answers -32603, "the handler gave no answer".
pub struct Incoming {
    connection: Arc<Connection>,
    id: Id,
    /// Set by whoever answers first; shared with the registry of cancellable requests.
    settled: Option<Settled>,
    answered: bool,
}

type Settled = Arc<AtomicBool>;

impl Incoming {
    /// The peer's id of the request.
    pub fn id(&self) -> &Id {
        &self.id
    }

    /// True once the peer has cancelled the request; it has then got its answer.
    pub fn is_cancelled(&self) -> bool {
        self.settled.as_ref().is_some_and(|settled| settled.load(Ordering::Acquire))
    }

    /// Answers with a result, which is JSON text; true when the answer was queued, false when the request was
    /// cancelled or the connection is no more.
    ///
    /// A result that is not JSON, or is nested deeper than the peer reads, is replaced by an error -32603.
    pub fn reply(mut self, result: &str) -> bool {
        self.claim() && send_result(&self.connection, &self.id, result)
    }

    /// Answers with an error; `data` is JSON text. True and false as with [`reply`](Self::reply).
    pub fn fail(mut self, code: i64, message: &str, data: Option<&str>) -> bool {
        self.claim() && send_error(&self.connection, &self.id, code, message, data)
    }

    /// Takes the right to answer; false when the request was cancelled.
    fn claim(&mut self) -> bool {
        self.answered = true;
        let Some(settled) = &self.settled else { return true };
        let first = !settled.swap(true, Ordering::AcqRel);
        if first {
            // Before the answer is sent, for the peer may use the id again as soon as it has it.
            self.connection.cancellable.forget(&self.id, settled);
        }
        first
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if !self.answered && self.claim() {
            send_error(&self.connection, &self.id, INTERNAL_ERROR, "the handler gave no answer", None);
        }
    }
}

/// The unanswered requests that the peer may cancel.
#[derive(Default)]
pub(super) struct Cancellable(Mutex<HashMap<Id, Settled>>);

impl Cancellable {
    fn add(&self, id: &Id) -> Result<Settled> {
        let mut requests = self.0.lock();
        if requests.contains_key(id) {
            return Err(Error::new(
                Code::Protocol,
                format!("the server sent a second request with the id {id} before the first was answered"),
            ));
        }
        let settled = Settled::default();
        requests.insert(id.clone(), settled.clone());
        Ok(settled)
    }

    fn remove(&self, id: &Id) -> Option<Settled> {
        self.0.lock().remove(id)
    }

    /// Removes this one request, not another that has got its id since.
    fn forget(&self, id: &Id, settled: &Settled) {
        let mut requests = self.0.lock();
        if requests.get(id).is_some_and(|registered| Arc::ptr_eq(registered, settled)) {
            requests.remove(id);
        }
    }
}

/// A request as it goes to the handler. Registered here, on the reader, so that a cancellation right behind it
/// finds it.
pub(super) fn register(connection: &Arc<Connection>, id: Id, cancellable: bool) -> Result<Incoming> {
    let settled = if cancellable { Some(connection.cancellable.add(&id)?) } else { None };
    Ok(Incoming { connection: connection.clone(), id, settled, answered: false })
}

/// Cancels a request; true when it was there and unanswered, and was now answered with -32800.
pub(super) fn cancel(connection: &Connection, id: &Id) -> bool {
    let Some(settled) = connection.cancellable.remove(id) else { return false };
    if settled.swap(true, Ordering::AcqRel) {
        return false;
    }
    send_error(connection, id, REQUEST_CANCELLED, "the request was cancelled", None);
    true
}

fn send_result(connection: &Connection, id: &Id, result: &str) -> bool {
    match outgoing::fit(result, 1) {
        Ok(result) => {
            let id = id.to_string();
            send(connection, [r#"{"jsonrpc":"2.0","id":"#, &id, r#","result":"#, &result, "}"])
        }
        Err(unfit) => send_unfit(connection, id, "the result", unfit),
    }
}

fn send_error(connection: &Connection, id: &Id, code: i64, message: &str, data: Option<&str>) -> bool {
    let data = match data.map(|data| outgoing::fit(data, 2)).transpose() {
        Ok(data) => data,
        Err(unfit) => return send_unfit(connection, id, "the error's data", unfit),
    };
    let head = format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":{code},"message":""#);
    let message = outgoing::escaped(message);
    match data {
        Some(data) => send(connection, [&head, &message, r#"","data":"#, &data, "}}"]),
        None => send(connection, [&head, &message, r#""}}"#]),
    }
}

/// The answer in place of one that the peer could not read.
fn send_unfit(connection: &Connection, id: &Id, what: &str, unfit: Unfit) -> bool {
    send_error(connection, id, INTERNAL_ERROR, &format!("{what} is {unfit}"), None)
}

fn send<const N: usize>(connection: &Connection, parts: [&str; N]) -> bool {
    connection.outbox.send(&parts.map(str::as_bytes)) == Sent::Queued
}
