//! One side of a JSON-RPC connection: calls out, requests and notifications in.

use std::future::Future;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};

use super::call::Call;
use super::connection::Connection;
use super::framing::{DEFAULT_FRAME_LIMIT, Decimal};
use super::incoming::Incoming;
use super::message::Id;
use super::part::Part;
use super::pending::OnResult;
use super::traffic::Traffic;
use super::writer::Sent;
use super::{outgoing, reader, writer};
use crate::error::{Code, Error, Result};
use crate::runtime;
use crate::transport::{Input, Output};

/// What the owner of a connection does with what comes in.
///
/// All of it runs on the reader, one call at a time, in the order of the wire; so none of the plain functions may
/// block. Should one panic, the connection closes with an `Internal` error.
pub trait Handler: Send + Sync + 'static {
    /// What the handler remembers from one message to the next. The reader keeps it for the handler and drops it before
    /// [`on_close`](Self::on_close), also after a panic.
    type Memory: Default + Send;

    /// The whole body of any message, before it is read. True when the handler knows what it is without that, and has
    /// done with it what there is to do: to the reader it then is a notification like another.
    fn recalls(&self, _memory: &mut Self::Memory, _body: &str) -> bool {
        false
    }

    /// A notification. `params` is raw JSON, `{}` when there were none, and gone when this returns.
    fn on_notification(&self, memory: &mut Self::Memory, method: &str, params: &str);

    /// A notification whose text is in memory of its own, which is given away: one that was larger than the reader's
    /// buffer, or had to be repaired.
    fn on_large_notification(&self, memory: &mut Self::Memory, method: &str, params: Part) {
        self.on_notification(memory, method, &params);
    }

    /// Nothing more is complete of what has been read: whoever was to be woken for what came since the last such call
    /// should be woken now. Called before each wait, be it for more bytes or for [`room`](Self::room).
    fn batch_end(&self, _memory: &mut Self::Memory) {}

    /// A request. The answer may come later and from any thread.
    fn on_request(&self, request: Incoming, method: &str, params: &str);

    /// Says whether the peer may cancel requests of this method.
    fn cancellable(&self, method: &str) -> bool;

    /// Such a request was cancelled, and has been answered with -32800; a later answer goes nowhere.
    fn on_cancelled(&self, id: &Id);

    /// Says whether the next frame can be taken. While it says no, nothing is read, and the pipe fills up.
    fn has_room(&self) -> bool;

    /// Waits for room; asked for between two frames when there is none.
    fn room(&self) -> impl Future<Output = ()> + Send;

    /// Called at the end of the stream, before pending calls fail, to add what the owner knows of the end to its reason,
    /// such as how the process exited. Not called when it was the owner who closed; dropped when the owner closes
    /// meanwhile.
    fn epitaph(&self, reason: Error) -> impl Future<Output = Error> + Send;

    /// The connection is closed and every pending call has failed. Called once, and nothing is called after it.
    fn on_close(&self, reason: &Error);

    /// An error that quotes the peer, before anybody else sees it: the owner may take out what is not to be shown.
    fn vet(&self, error: Error) -> Error {
        error
    }

    /// What the connection's traffic is added to. Asked for once, at the start.
    fn traffic(&self) -> Arc<Traffic> {
        Arc::default()
    }

    /// The largest frame that is read, in bytes; a larger one ends the connection. 1 GiB.
    fn frame_limit(&self) -> usize {
        DEFAULT_FRAME_LIMIT
    }
}

/// A handle on a connection. Clones are the same connection, and it lives on without any: close it.
///
/// Every function can be called on any thread, callbacks included, and none blocks.
#[derive(Clone)]
pub struct Peer(Arc<Connection>);

impl Peer {
    /// Starts to read and write, each in a task of its own on the current tokio runtime, which must have its timer
    /// enabled. Both halves are dropped when the connection has closed, the writing one already when writing ends.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn start<R, W, H>(input: R, output: W, handler: Arc<H>) -> Peer
    where
        R: AsyncRead + Send + 'static,
        W: AsyncWrite + Send + 'static,
        H: Handler,
    {
        let connection = Arc::new(Connection::new(handler.traffic(), None));
        tokio::spawn(writer::run(connection.clone(), output));
        tokio::spawn(reader::run(connection.clone(), input, handler));
        Peer(connection)
    }

    /// The same with less on the way: reading has a thread of its own, and what is sent alone is written at once by the
    /// thread that sends it.
    ///
    /// # Errors
    /// `Io` when the thread cannot be started; the handler has then been told of the close.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    pub fn start_on<H: Handler>(input: Input, output: Output, handler: Arc<H>) -> Result<Peer> {
        let connection = Arc::new(Connection::new(handler.traffic(), Some(output.at_once())));
        runtime::read_on_own_thread(reader::run(connection.clone(), input, handler)).map_err(|error| {
            Error::new(Code::Io, format!("cannot start a thread to read what the server sends: {error}"))
        })?;
        tokio::spawn(writer::run(connection.clone(), output));
        Ok(Peer(connection))
    }

    /// Calls a method; `params` is the text of a JSON object. The frame is queued when this returns, so that calls go
    /// out in the order in which they were made.
    ///
    /// # Errors
    /// As the answer, never here: `InvalidArgument` when the params cannot be sent (nothing was written then), `Rpc`
    /// with the server's code when it refused, `Protocol` when its answer made no sense, and the reason of the close
    /// when the connection is closed or closes before the answer.
    pub fn call(&self, method: &str, params: &str) -> Call {
        self.send(method, params, None)
    }

    /// Like [`call`](Self::call), and has `on_result` run with the raw result on the reader: before the next frame
    /// is looked at, before the caller learns of it, and even if the caller waits no longer. Without a result it is
    /// dropped unrun, likewise before the caller learns of the failure. It must not block.
    pub fn call_then(
        &self,
        method: &str,
        params: &str,
        on_result: impl FnOnce(&str) + Send + 'static,
    ) -> Call {
        self.send(method, params, Some(Box::new(on_result)))
    }

    /// Like [`call`](Self::call), for params that the library has written itself, member by member, and that are therefore
    /// not looked at again. What may stand in them:
    ///
    /// - names and words of ours;
    /// - texts, whoever they are of, each put into quotation marks here;
    /// - the program's JSON, of which every detail of the grammar, the depth and the surrogates were checked when it
    ///   came (`user_json` in `protocol`, which leaves room for the levels that are put around it).
    ///
    /// JSON of the server's is never passed on by this, nor anything that nobody has looked at: [`call`](Self::call) is
    /// for that. Debug builds, which the tests are, check all of it again. And a mistake could not shift what follows it: how
    /// long a frame is does not depend on what stands in it. The server would refuse the one frame, without an id, as
    /// which every call that is pending then fails.
    pub fn call_fit(&self, method: &'static str, params: &str) -> Call {
        debug_assert!(outgoing::params(method, params).is_ok_and(|fit| fit == params), "{method} {params}");
        self.send_fit(method, params, None)
    }

    /// Like [`call_fit`](Self::call_fit), where nobody wants the answer, nor to know whether there was one.
    pub fn call_unheard(&self, method: &'static str, params: &str) {
        debug_assert!(outgoing::params(method, params).is_ok_and(|fit| fit == params), "{method} {params}");
        if let Ok((id, is_alone)) = self.0.pending.number() {
            self.write(id, is_alone, method, params);
        }
    }

    fn send(&self, method: &str, params: &str, on_result: Option<OnResult>) -> Call {
        match outgoing::params(method, params) {
            Ok(params) => self.send_fit(&outgoing::escaped(method), &params, on_result),
            Err(error) => Call::refused(error),
        }
    }

    /// Of a name that has nothing to escape.
    fn send_fit(&self, name: &str, params: &str, on_result: Option<OnResult>) -> Call {
        let (id, is_alone) = match self.0.pending.add(on_result) {
            Ok(added) => added,
            Err(reason) => return Call::refused(reason),
        };
        let sent = self.write(id, is_alone, name, params);
        if sent == Sent::Ended && self.0.pending.withdraw(id) {
            return Call::refused(sending_ended(name));
        }
        Call::new(self.0.clone(), id)
    }

    fn write(&self, id: i64, is_alone: bool, name: &str, params: &str) -> Sent {
        let number = Decimal::new(id.unsigned_abs());
        let body: [&[u8]; 7] = [
            br#"{"jsonrpc":"2.0","id":"#,
            number.as_bytes(),
            br#","method":""#,
            name.as_bytes(),
            br#"","params":"#,
            params.as_bytes(),
            b"}",
        ];
        match is_alone {
            true => self.0.outbox.send(&body),
            false => self.0.outbox.send_among_others(&body),
        }
    }

    /// Sends a notification; `params` is the text of a JSON object.
    ///
    /// # Errors
    /// `InvalidArgument` when the params cannot be sent, the reason of the close or the failure when nothing can be.
    pub fn notify(&self, method: &str, params: &str) -> Result<()> {
        let params = outgoing::params(method, params)?;
        let name = outgoing::escaped(method);
        let body = [r#"{"jsonrpc":"2.0","method":""#, &name, r#"","params":"#, &params, "}"];
        match self.0.outbox.send(&body.map(str::as_bytes)) {
            Sent::Queued => Ok(()),
            Sent::Ended => Err(sending_ended(method)),
            Sent::Dead => {
                let reason = self.0.reason().cloned().or_else(|| self.0.outbox.failure());
                Err(reason.unwrap_or_else(|| sending_ended(method)))
            }
        }
    }

    /// Bytes of frames that the peer has not yet taken. The queue has no limit of its own: whoever sends much to a peer
    /// that may not read looks here.
    pub fn queued_bytes(&self) -> usize {
        self.0.outbox.queued_bytes()
    }

    /// How many calls wait for their answers.
    pub fn calls_pending(&self) -> usize {
        self.0.pending.len()
    }

    /// Ends the sending side once what is queued is out: the peer reads an end of file. Receiving goes on.
    pub fn close_writer(&self) {
        self.0.outbox.end();
    }

    /// Closes at once: pending calls fail with the reason, on this thread and before this returns; what is queued is
    /// not sent; the tasks end. Nothing happens when it was closed before.
    pub fn close(&self, reason: Error) {
        self.0.close(reason);
    }

    /// True once the connection was closed, by whichever side.
    pub fn is_closed(&self) -> bool {
        self.0.reason().is_some()
    }

    /// Waits until the connection is closed and every pending call has failed; says why.
    pub async fn closed(&self) -> Error {
        self.0.stopped().await;
        let reason = self.0.reason().cloned();
        reason.unwrap_or_else(|| Error::new(Code::Closed, "the connection is closed"))
    }
}

fn sending_ended(method: &str) -> Error {
    Error::new(
        Code::Closed,
        format!("{method}: the client has ended the connection and sends nothing any more"),
    )
}

#[cfg(test)]
mod tests;
