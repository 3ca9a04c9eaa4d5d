//! The way out: a frame that comes alone is written at once, by the thread that sends it; the others queue up without
//! blocking anyone, and one task writes all that wait in one go.

use std::io;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use parking_lot::{Mutex, MutexGuard};
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::Notify;

use super::alarm::Alarm;
use super::connection::Connection;
use super::framing::write_frame;
use super::traffic::Traffic;
use crate::error::{Code, Error};
use crate::transport::AtOnce;

/// A buffer that had to grow beyond this is not kept.
const KEEP: usize = 64 * 1024;

/// The queue of frames to be written: bytes, one after the other, so that a frame costs no allocation.
pub(super) struct Outbox {
    queue: Mutex<Queue>,
    ready: Notify,
    failure: OnceLock<Error>,
    failed: Alarm,
    traffic: Arc<Traffic>,
    /// The peer has said something since the last frame was written at once. Without that several frames are on their
    /// way to it, and more may come: one write for all of them is cheaper, and it is busy anyway.
    is_answered: AtomicBool,
}

#[derive(Default)]
struct Queue {
    bytes: Vec<u8>,
    /// Somebody writes: the task, or a thread that sends. Frames that come meanwhile queue up behind what it has.
    busy: bool,
    /// Bytes that it has taken and not yet written.
    in_flight: usize,
    phase: Phase,
    /// What a thread that sends may write to.
    at_once: Option<AtOnce>,
    /// The memory of the last frame that was written at once.
    spare: Vec<u8>,
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
    pub fn new(traffic: Arc<Traffic>, at_once: Option<AtOnce>) -> Outbox {
        let queue = Mutex::new(Queue { at_once, ..Queue::default() });
        Outbox {
            queue,
            ready: Notify::new(),
            failure: OnceLock::new(),
            failed: Alarm::default(),
            traffic,
            is_answered: AtomicBool::new(true),
        }
    }

    /// The peer has said something.
    pub fn answered(&self) {
        self.is_answered.store(true, Ordering::Relaxed);
    }

    /// Writes or queues one frame, whose body is `parts` in a row.
    pub fn send(&self, parts: &[&[u8]]) -> Sent {
        self.send_or_queue(parts, true)
    }

    /// The same for one of several frames that the peer has to answer.
    pub fn send_among_others(&self, parts: &[&[u8]]) -> Sent {
        self.send_or_queue(parts, false)
    }

    fn send_or_queue(&self, parts: &[&[u8]], is_alone: bool) -> Sent {
        let mut queue = self.queue.lock();
        match queue.phase {
            Phase::Open => {}
            Phase::Ending => return Sent::Ended,
            Phase::Dead => return Sent::Dead,
        }
        self.traffic.queued();
        let is_idle = queue.bytes.is_empty() && !queue.busy;
        // A large frame is not taken in one go.
        let is_small = parts.iter().map(|part| part.len()).sum::<usize>() <= KEEP;
        let at_once = queue.at_once.as_ref().filter(|_| is_idle && is_alone && is_small).cloned();
        match at_once {
            Some(at_once) if self.is_answered.swap(false, Ordering::Relaxed) => {
                self.write_at_once(queue, &at_once, parts);
            }
            _ => {
                write_frame(&mut queue.bytes, parts);
                drop(queue);
                if is_idle {
                    self.ready.notify_one();
                }
            }
        }
        Sent::Queued
    }

    /// Writes a frame on this thread. What is not taken is left to the task.
    fn write_at_once(&self, mut queue: MutexGuard<'_, Queue>, at_once: &AtOnce, parts: &[&[u8]]) {
        let mut frame = std::mem::take(&mut queue.spare);
        write_frame(&mut frame, parts);
        (queue.busy, queue.in_flight) = (true, frame.len());
        // Others need not wait for the system: their frames queue up.
        let written = MutexGuard::unlocked(&mut queue, || match at_once.write(&frame) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
            written => written,
        });
        (queue.busy, queue.in_flight) = (false, 0);
        match written {
            Ok(count) => {
                self.traffic.went_out(count);
                if queue.phase != Phase::Dead {
                    self.go_on_behind(queue, frame, count);
                }
            }
            Err(error) => {
                drop(queue);
                self.fail(&error);
            }
        }
    }

    /// Leaves to the task what is left of a frame, and what came meanwhile.
    fn go_on_behind(&self, mut queue: MutexGuard<'_, Queue>, mut frame: Vec<u8>, written: usize) {
        frame.drain(..written);
        if !frame.is_empty() {
            frame.append(&mut queue.bytes);
            std::mem::swap(&mut frame, &mut queue.bytes);
        }
        frame.shrink_to(KEEP);
        queue.spare = frame;
        if !queue.bytes.is_empty() || queue.phase == Phase::Ending {
            self.ready.notify_one();
        }
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
            queue.at_once = None; // the peer reads its end of file when nothing holds the other end
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
        self.failure.get().cloned()
    }

    /// Waits until writing has failed; one at a time.
    pub async fn failed(&self) {
        self.failed.raised().await;
    }

    fn fail(&self, error: &io::Error) {
        let failure = Error::new(Code::Transport, format!("writing to the server failed: {error}"));
        let _ = self.failure.set(failure);
        self.kill();
        self.failed.raise();
    }

    /// Swaps what is queued for the empty `batch`, waiting for something to come; false at the end.
    async fn take(&self, batch: &mut Vec<u8>) -> bool {
        loop {
            if let Some(taken) = self.queue.lock().take(batch) {
                return taken;
            }
            self.ready.notified().await;
        }
    }

    /// The task has written what it took.
    fn put_down(&self) {
        let mut queue = self.queue.lock();
        (queue.busy, queue.in_flight) = (false, 0);
    }

    fn wrote(&self, count: usize) {
        let mut queue = self.queue.lock();
        queue.in_flight = queue.in_flight.saturating_sub(count);
        drop(queue);
        self.traffic.went_out(count);
    }
}

impl Queue {
    /// True when `batch` was filled, false at the end, `None` when there is nothing to do now.
    fn take(&mut self, batch: &mut Vec<u8>) -> Option<bool> {
        if self.busy {
            return None; // whoever it is says when it is done
        }
        if !self.bytes.is_empty() {
            std::mem::swap(&mut self.bytes, batch);
            (self.busy, self.in_flight) = (true, batch.len());
            return Some(true);
        }
        (self.phase != Phase::Open).then_some(false)
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
        outbox.fail(&error);
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
        outbox.put_down();
        batch.clear();
        batch.shrink_to(KEEP);
    }
    let _ = output.shutdown().await; // everything is written; a peer that is gone needs no goodbye
    Ok(())
}
