//! The way out: frames queue up without blocking anyone, and one task writes all that wait in one go.

use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::{Notify, watch};

use super::connection::Connection;
use super::framing::write_frame;
use super::traffic::Traffic;
use crate::error::{Code, Error};

/// A buffer that had to grow beyond this is not kept.
const KEEP: usize = 64 * 1024;

/// The queue of frames to be written: bytes, one after the other, so that a frame costs no allocation.
pub(super) struct Outbox {
    queue: Mutex<Queue>,
    ready: Notify,
    failure: watch::Sender<Option<Error>>,
    traffic: Arc<Traffic>,
}

#[derive(Default)]
struct Queue {
    bytes: Vec<u8>,
    /// Bytes that the writer has taken and not yet written.
    in_flight: usize,
    phase: Phase,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum Phase {
    #[default]
    Open,
    /// What is queued is still written.
    Ending,
    /// Nothing is written any more.
    Dead,
}

/// What became of a frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Sent {
    Queued,
    /// The owner ended the sending.
    Ended,
    /// The connection broke or was closed; whoever waits for an answer is told so.
    Dead,
}

impl Outbox {
    pub fn new(traffic: Arc<Traffic>) -> Outbox {
        Outbox { queue: Mutex::default(), ready: Notify::new(), failure: watch::Sender::new(None), traffic }
    }

    /// Queues one frame, whose body is `parts` in a row.
    pub fn send(&self, parts: &[&str]) -> Sent {
        let mut queue = self.queue.lock();
        match queue.phase {
            Phase::Open => {}
            Phase::Ending => return Sent::Ended,
            Phase::Dead => return Sent::Dead,
        }
        let was_empty = queue.bytes.is_empty();
        write_frame(&mut queue.bytes, parts);
        drop(queue);
        self.traffic.queued();
        if was_empty {
            self.ready.notify_one();
        }
        Sent::Queued
    }

    /// Bytes that wait to be written.
    pub fn queued_bytes(&self) -> usize {
        let queue = self.queue.lock();
        queue.bytes.len() + queue.in_flight
    }

    /// Ends the stream behind what is queued.
    pub fn end(&self) {
        let mut queue = self.queue.lock();
        if queue.phase == Phase::Open {
            queue.phase = Phase::Ending;
            self.ready.notify_one();
        }
    }

    /// Drops what is queued; nothing is written any more.
    pub fn kill(&self) {
        *self.queue.lock() = Queue { phase: Phase::Dead, ..Queue::default() };
        self.ready.notify_one();
    }

    /// Why writing failed, if it did.
    pub fn failure(&self) -> Option<Error> {
        self.failure.borrow().clone()
    }

    /// Waits until writing has failed.
    pub async fn failed(&self) {
        let _ = self.failure.subscribe().wait_for(Option::is_some).await; // the sender is in `self`
    }

    /// Swaps what is queued for the empty `batch`, waiting for something to come; false at the end.
    async fn take(&self, batch: &mut Vec<u8>) -> bool {
        loop {
            {
                let mut queue = self.queue.lock();
                queue.in_flight = 0;
                if !queue.bytes.is_empty() {
                    std::mem::swap(&mut queue.bytes, batch);
                    queue.in_flight = batch.len();
                    return true;
                }
                if queue.phase != Phase::Open {
                    return false;
                }
            }
            self.ready.notified().await;
        }
    }

    fn wrote(&self, count: usize) {
        let mut queue = self.queue.lock();
        queue.in_flight = queue.in_flight.saturating_sub(count);
        drop(queue);
        self.traffic.went_out(count);
    }
}

/// Writes until the sending ends, the connection closes or writing fails.
pub(super) async fn run<W: AsyncWrite>(connection: Arc<Connection>, output: W) {
    let outbox = &connection.outbox;
    let output = pin!(output);
    let written = tokio::select! {
        biased;
        written = write_queued(outbox, output) => written,
        () = connection.stopped() => return,
    };
    if let Err(error) = written {
        let failure = Error::new(Code::Transport, format!("writing to the server failed: {error}"));
        outbox.failure.send_replace(Some(failure));
        outbox.kill();
    }
}

async fn write_queued<W: AsyncWrite>(outbox: &Outbox, mut output: Pin<&mut W>) -> io::Result<()> {
    let mut batch = Vec::new();
    while outbox.take(&mut batch).await {
        let mut rest = &batch[..];
        while !rest.is_empty() {
            match output.write(rest).await? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                count => {
                    outbox.wrote(count);
                    rest = &rest[count..];
                }
            }
        }
        output.flush().await?;
        batch.clear();
        batch.shrink_to(KEEP);
    }
    let _ = output.shutdown().await; // everything is written; a peer that is gone needs no goodbye
    Ok(())
}
