//! A scripted server on the other end of two pipes.

mod at_once;
mod calls;
mod endings;
mod faults;
mod requests;
mod streams;

use std::io::PipeReader;
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::io::{AsyncWriteExt, duplex};
use tokio::net::unix::pipe;
use tokio::sync::{Notify, mpsc};
use tokio::time::timeout;

use super::super::framing::{FrameReader, write_frame};
use super::*;

/// No test may hang.
async fn within<F: Future>(future: F) -> F::Output {
    timeout(Duration::from_secs(20), future).await.expect("in time")
}

/// What the handler was told.
enum Event {
    Notification(String, String),
    Request(Incoming, String, String),
    Cancelled(Id),
    Closed(Error),
}

/// A body that the handler knows, and that nobody could read.
const KNOWN: &str = "{known";

/// A handler that passes everything on.
struct Recorder {
    events: mpsc::UnboundedSender<Event>,
    full: AtomicBool,
    room: Notify,
    /// Pending calls are dead only after this was given, when it is there.
    epitaph: Mutex<Option<Arc<Notify>>>,
    frame_limit: usize,
    /// How many notifications came before each end of a batch, and since the last one.
    batches: Mutex<(Vec<usize>, usize)>,
    /// How many bodies it knew in each of them.
    recalled: Mutex<Vec<usize>>,
    /// The whole texts that notifications were given away in.
    wholes: Mutex<Vec<String>>,
}

impl Handler for Recorder {
    /// How many bodies were recalled since the last end of a batch.
    type Memory = usize;

    fn recalls(&self, memory: &mut usize, body: &str) -> bool {
        let is_known = body == KNOWN;
        *memory += usize::from(is_known);
        is_known
    }

    fn on_notification(&self, _memory: &mut usize, method: &str, params: &str) {
        assert_ne!(method, "panic", "a test asked for it");
        self.batches.lock().1 += 1;
        let _ = self.events.send(Event::Notification(method.to_string(), params.to_string()));
    }

    fn on_large_notification(&self, memory: &mut usize, method: &str, params: Part) {
        self.on_notification(memory, method, &params);
        self.wholes.lock().push(params.into_whole().0);
    }

    fn batch_end(&self, memory: &mut usize) {
        let (ended, since) = &mut *self.batches.lock();
        ended.push(std::mem::take(since));
        self.recalled.lock().push(std::mem::take(memory));
    }

    fn on_request(&self, request: Incoming, method: &str, params: &str) {
        assert_ne!(method, "panic", "a test asked for it");
        let _ = self.events.send(Event::Request(request, method.to_string(), params.to_string()));
    }

    fn cancellable(&self, method: &str) -> bool {
        method.starts_with("slow.")
    }

    fn on_cancelled(&self, id: &Id) {
        let _ = self.events.send(Event::Cancelled(id.clone()));
    }

    fn has_room(&self) -> bool {
        !self.full.load(Ordering::SeqCst)
    }

    async fn room(&self) {
        self.room.notified().await;
    }

    async fn epitaph(&self, reason: Error) -> Error {
        let permit = self.epitaph.lock().clone();
        if let Some(permit) = permit {
            permit.notified().await;
        }
        reason.within("epitaph")
    }

    fn vet(&self, error: Error) -> Error {
        if error.message().contains("s3cret") { Error::new(error.code(), "vetted") } else { error }
    }

    fn on_close(&self, reason: &Error) {
        let _ = self.events.send(Event::Closed(reason.clone()));
    }

    fn frame_limit(&self) -> usize {
        self.frame_limit
    }
}

/// The other end.
struct Server {
    frames: FrameReader,
    input: Box<dyn AsyncRead + Send + Unpin>,
    output: Box<dyn AsyncWrite + Send + Unpin>,
}

impl Server {
    fn new(
        input: impl AsyncRead + Send + Unpin + 'static,
        output: impl AsyncWrite + Send + Unpin + 'static,
    ) -> Server {
        Server { frames: FrameReader::default(), input: Box::new(input), output: Box::new(output) }
    }

    /// The next body that the client sent; `None` at the end of its stream.
    async fn next(&mut self) -> Option<String> {
        within(async {
            loop {
                if let Some(body) = self.frames.next_frame().unwrap() {
                    return Some(body.into_owned());
                }
                if !self.frames.fill(&mut self.input).await.unwrap() {
                    self.frames.finish().unwrap();
                    return None;
                }
            }
        })
        .await
    }

    async fn expect(&mut self, body: &str) {
        assert_eq!(self.next().await.as_deref(), Some(body));
    }

    async fn send(&mut self, body: &str) {
        let mut bytes = Vec::new();
        write_frame(&mut bytes, &[body]);
        self.raw(&bytes).await;
    }

    async fn raw(&mut self, bytes: &[u8]) {
        within(self.output.write_all(bytes)).await.unwrap();
    }

    /// Shows that everything sent so far was handled, and that nothing unexpected came back.
    async fn settle(&mut self, client: &mut Client) {
        self.send(r#"{"jsonrpc":"2.0","id":"sync","method":"sync"}"#).await;
        client.request().await.0.reply("1");
        self.expect(r#"{"jsonrpc":"2.0","id":"sync","result":1}"#).await;
    }
}

/// Our end, with what its handler was told.
struct Client {
    peer: Peer,
    events: mpsc::UnboundedReceiver<Event>,
    handler: Arc<Recorder>,
}

impl Client {
    async fn event(&mut self) -> Event {
        within(self.events.recv()).await.expect("an event")
    }

    async fn notification(&mut self) -> (String, String) {
        match self.event().await {
            Event::Notification(method, params) => (method, params),
            other => panic!("expected a notification, got {}", other.name()),
        }
    }

    async fn request(&mut self) -> (Incoming, String, String) {
        match self.event().await {
            Event::Request(request, method, params) => (request, method, params),
            other => panic!("expected a request, got {}", other.name()),
        }
    }

    async fn closed(&mut self) -> Error {
        match self.event().await {
            Event::Closed(reason) => reason,
            other => panic!("expected the close, got {}", other.name()),
        }
    }

    /// The close, after this many notifications.
    async fn closed_after(&mut self, notifications: usize) -> Error {
        for _ in 0..notifications {
            self.notification().await;
        }
        self.closed().await
    }

    fn has_no_event(&mut self) -> bool {
        self.events.try_recv().is_err()
    }
}

impl Event {
    fn name(&self) -> String {
        match self {
            Event::Notification(method, _) => format!("the notification {method}"),
            Event::Request(_, method, _) => format!("the request {method}"),
            Event::Cancelled(id) => format!("the cancellation of {id}"),
            Event::Closed(reason) => format!("the close: {reason}"),
        }
    }
}

fn recorder(events: mpsc::UnboundedSender<Event>, frame_limit: usize) -> Arc<Recorder> {
    Arc::new(Recorder {
        events,
        full: AtomicBool::new(false),
        room: Notify::new(),
        epitaph: Mutex::new(None),
        frame_limit,
        batches: Mutex::default(),
        recalled: Mutex::default(),
        wholes: Mutex::default(),
    })
}

fn connect() -> (Client, Server) {
    connect_with(64 * 1024, DEFAULT_FRAME_LIMIT)
}

/// Both ends, joined by pipes that hold this many bytes.
fn connect_with(pipe: usize, frame_limit: usize) -> (Client, Server) {
    let (client_input, output) = duplex(pipe);
    let (client_output, input) = duplex(pipe);
    let (sender, events) = mpsc::unbounded_channel();
    let handler = recorder(sender, frame_limit);
    let peer = Peer::start(client_input, client_output, handler.clone());
    (Client { peer, events, handler }, Server::new(input, output))
}

/// The same by pipes of the system's with room for this many bytes (4096 at least), and with the thread that reads.
fn connect_by_pipes(capacity: usize) -> (Client, Server) {
    let (client, server, _) = connect_by_pipes_with_a_spy(capacity);
    (client, server)
}

/// The third is what the server reads, once more, to look what is there at once.
fn connect_by_pipes_with_a_spy(capacity: usize) -> (Client, Server, PipeReader) {
    let [(client_input, output), (input, client_output)] = [(); 2].map(|()| {
        let (reader, writer) = std::io::pipe().unwrap();
        // SAFETY: the descriptor is open; the call touches no memory.
        unsafe { libc::fcntl(reader.as_raw_fd(), libc::F_SETPIPE_SZ, capacity) };
        (reader, writer)
    });
    let spy = input.try_clone().unwrap();
    let client_input = pipe::Receiver::from_owned_fd(client_input.into()).unwrap();
    let (client_input, client_output) =
        (Input::of_child(client_input).unwrap(), Output::of_pipe(client_output.into()).unwrap());
    let (sender, events) = mpsc::unbounded_channel();
    let handler = recorder(sender, DEFAULT_FRAME_LIMIT);
    let peer = Peer::start_on(client_input, client_output, handler.clone()).unwrap();
    let input = pipe::Receiver::from_owned_fd(input.into()).unwrap();
    let output = pipe::Sender::from_owned_fd(output.into()).unwrap();
    (Client { peer, events, handler }, Server::new(input, output), spy)
}
