//! What the tests of queues, callbacks, questions and the runtime have in common.

use std::panic::{self, AssertUnwindSafe};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Weak};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::{
    Arrival, Deliver, Event, Kind, Operation, Options, Origin, Owner, Queue, Subscriptions, Words, intern,
    name,
};
use crate::callback::{Callback, Home, inside_callback};
use crate::error::{Code, Error, Result};
use crate::json::Json;
use crate::protocol::answer::{Answer, Wire};
use crate::protocol::question::{self, Question, Shown};
use crate::request::{Request, Responder, Way};
use crate::runtime::{self, Residence};

/// Longer than anything here takes, also on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Long enough that a wait has begun and ended.
pub const A_MOMENT: Duration = Duration::from_millis(30);

/// A thread whose end is awaited for a limited time.
pub struct Worker<T>(Receiver<thread::Result<T>>);

impl<T: Send + 'static> Worker<T> {
    pub fn start(work: impl FnOnce() -> T + Send + 'static) -> Worker<T> {
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || sender.send(panic::catch_unwind(AssertUnwindSafe(work))));
        Worker(receiver)
    }

    /// What the work yielded; it fails the test when it panicked or hangs.
    pub fn result(self) -> T {
        match self.0.recv_timeout(PATIENCE) {
            Ok(Ok(result)) => result,
            Ok(Err(panic)) => panic::resume_unwind(panic),
            Err(RecvTimeoutError::Timeout) => panic!("still not done after {PATIENCE:?}"),
            Err(RecvTimeoutError::Disconnected) => unreachable!("a worker sends before it ends"),
        }
    }

    /// True when the work goes on after a moment.
    pub fn is_busy(&self) -> bool {
        matches!(self.0.recv_timeout(A_MOMENT), Err(RecvTimeoutError::Timeout))
    }
}

/// Runs work that could hang.
pub fn in_time<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    Worker::start(work).result()
}

/// Waits until it is so.
pub fn eventually(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "not in time: {what}");
        thread::yield_now();
    }
}

/// A set of this thread's signals, as /proc has it: `SigBlk`, `SigPnd`.
pub fn signals_of_this_thread(set: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/thread-self/status").unwrap();
    let signals = status.lines().find_map(|line| line.strip_prefix(set)?.strip_prefix(':')).unwrap();
    u64::from_str_radix(signals.trim(), 16).unwrap()
}

/// True in a process in which this test is the only one; elsewhere runs it in such a process.
pub fn is_alone(test: &'static str) -> bool {
    const ALONE: &str = "COPILOT_TEST_ALONE";
    if std::env::var_os(ALONE).is_some_and(|name| name == test) {
        return true;
    }
    let program = std::env::current_exe().unwrap();
    let mut child = Command::new(program)
        .args([test, "--exact", "--test-threads=1"])
        .env(ALONE, test)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let reader = Worker::start(move || std::io::read_to_string(&mut out).unwrap());
    let errors = Worker::start(move || std::io::read_to_string(&mut err).unwrap());
    let Ok(Ok(said)) = reader.0.recv_timeout(PATIENCE) else {
        child.kill().unwrap();
        panic!("{test} hangs");
    };
    let passed = child.wait().unwrap().success() && said.contains("1 passed");
    assert!(passed, "{said}\n{}", errors.result());
    false
}

/// The end of some user data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Death {
    pub thread: ThreadId,
    pub on_runtime: bool,
    pub inside_callback: bool,
}

/// Sees user data being destroyed.
#[derive(Clone, Default)]
pub struct Witness(Arc<Mutex<Vec<Death>>>);

/// User data: its drop stands for the program's `destroy`.
pub struct Data(Witness);

impl Witness {
    pub fn data(&self) -> Data {
        Data(self.clone())
    }

    pub fn count(&self) -> usize {
        self.0.lock().len()
    }

    /// The one death; anything else fails the test.
    pub fn death(&self) -> Death {
        let deaths = self.0.lock();
        assert_eq!(deaths.len(), 1, "destroyed exactly once");
        assert!(!deaths[0].on_runtime, "nothing of the program's runs on the runtime");
        deaths[0]
    }
}

impl Drop for Data {
    fn drop(&mut self) {
        let death = Death {
            thread: thread::current().id(),
            on_runtime: runtime::is_runtime_thread(),
            inside_callback: inside_callback(),
        };
        self.0.0.lock().push(death);
    }
}

/// A registration that owns data.
pub fn callback<A: ?Sized + 'static>(
    data: Data,
    function: impl Fn(&A) + Send + Sync + 'static,
) -> Arc<Callback<A>> {
    Callback::new(Box::new(move |argument: &A| {
        let _owned = &data;
        function(argument);
    }))
}

/// A queue that runs callbacks.
pub fn queue() -> Owner {
    Owner::new(Options::default())
}

/// The queue as the home of a callback.
pub fn home(queue: &Queue) -> Weak<dyn Home> {
    queue.this.clone()
}

struct Run<F>(F);

impl<F: Fn(&Event) + Send + Sync> Deliver for Run<F> {
    fn deliver(&self, event: &Event) {
        (self.0)(event);
    }
}

/// An event with this number.
pub fn event(number: usize) -> Event {
    Event::new(Kind::Session, intern("test"), None, Json::from_trusted(number.to_string()))
}

/// A session whose callbacks these are.
pub fn origin(session: &str, subscriptions: &Arc<Subscriptions>) -> Arc<Origin> {
    Origin::new(name(session), Arc::clone(subscriptions))
}

/// Brings an event with this number, as the reader does; callbacks are run where there are any.
pub fn tell(queue: &Queue, origin: &Arc<Origin>, number: usize) -> Arrival {
    queue.tell(origin, &intern("test"), Words::Lent(&number.to_string()))
}

/// The number of an event.
pub fn number(event: &Event) -> usize {
    event.json().text().parse().unwrap()
}

/// An event that runs this.
pub fn running(function: impl Fn(&Event) + Send + Sync + 'static) -> Event {
    event(0).delivered_by(Arc::new(Run(function)))
}

/// Pushes an event that runs this.
pub fn push(queue: &Queue, function: impl Fn(&Event) + Send + Sync + 'static) {
    assert!(queue.push(Arc::new(running(function))).is_ok(), "the queue is closed");
}

/// Runs this inside a callback of the queue, on this thread.
pub fn inside<T: Send + 'static>(queue: &Queue, work: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = mpsc::channel();
    let work = Mutex::new(Some((work, sender)));
    push(queue, move |_| {
        let (work, sender) = work.lock().take().unwrap();
        sender.send(work()).unwrap();
    });
    assert_eq!(queue.dispatch(None, Some(Duration::ZERO)).unwrap(), 1);
    receiver.try_recv().unwrap()
}

/// A callback that has begun and goes on until it is told to end.
pub struct Paused {
    begun: Receiver<()>,
    go_on: mpsc::Sender<()>,
}

impl Paused {
    /// The two ends: what the test holds, and what the callback runs.
    pub fn pair() -> (Paused, impl Fn() + Send + Sync + 'static) {
        let (begin, begun) = mpsc::channel();
        let (go_on, going_on) = mpsc::channel();
        let ends = Mutex::new((begin, going_on));
        let pause = move || {
            let ends = ends.lock();
            ends.0.send(()).unwrap();
            // The test may have failed and be gone.
            let _ = ends.1.recv_timeout(PATIENCE);
        };
        (Paused { begun, go_on }, pause)
    }

    pub fn wait_until_begun(&self) {
        self.begun.recv_timeout(PATIENCE).unwrap();
    }

    pub fn go_on(&self) {
        self.go_on.send(()).unwrap();
    }
}

/// The background runtime, for as long as this lives.
pub struct Background(Arc<Residence>);

/// What ends an operation of a test's.
pub struct End(oneshot::Sender<Result<()>>);

impl End {
    pub fn succeed(self) {
        let _ = self.0.send(Ok(()));
    }

    pub fn fail(self) {
        let _ = self.0.send(Err(Error::new(Code::Rpc, "refused")));
    }
}

impl Background {
    pub fn new() -> Background {
        Background(Residence::take(2).unwrap())
    }

    /// Where to spawn.
    pub fn handle(&self) -> &tokio::runtime::Handle {
        self.0.handle()
    }

    /// Runs this on a thread of the runtime.
    pub fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        let (sender, receiver) = mpsc::channel();
        self.0.handle().spawn(async move {
            assert!(runtime::is_runtime_thread());
            let _ = sender.send(work());
        });
        receiver.recv_timeout(PATIENCE).unwrap()
    }

    /// An operation that ends when the test says so.
    pub fn operation(
        &self,
        queue: &Owner,
        on_end: Option<Arc<Callback<Operation>>>,
        announced: bool,
    ) -> (Arc<Operation>, End) {
        let (end, ended) = oneshot::channel();
        let work = async move { ended.await.unwrap_or_else(|_| Err(Error::new(Code::Closed, "given up"))) };
        (Operation::start(self.0.handle(), queue.queue(), on_end, announced, work), End(end))
    }

    /// An operation that nobody is told of.
    pub fn quiet_operation(&self, queue: &Owner) -> (Arc<Operation>, End) {
        self.operation(queue, None, false)
    }
}

/// What a question's answers came to.
#[derive(Clone, Default)]
pub struct Answers {
    pub encoded: Arc<Mutex<Vec<Answer<'static>>>>,
    pub sent: Arc<Mutex<Vec<Wire>>>,
}

fn kept(answer: &Answer<'_>) -> Answer<'static> {
    match answer {
        Answer::Respond(json) => Answer::Respond(json.to_string().into()),
        Answer::Say(text) => Answer::Say(text.to_string().into()),
        Answer::Fail(message) => Answer::Fail(message.to_string().into()),
        Answer::Decline => Answer::Decline,
        Answer::Unanswered => Answer::Unanswered,
        Answer::NoHandler => Answer::NoHandler,
    }
}

impl Responder for Answers {
    fn encode(&self, _: &Question, answer: Answer<'_>) -> Result<Wire> {
        self.encoded.lock().push(kept(&answer));
        match answer {
            Answer::Respond(json) if json == "wrong" => Err(Error::new(Code::InvalidArgument, "wrong shape")),
            Answer::Respond(text) | Answer::Say(text) => Ok(Wire::Result(text.into_owned())),
            Answer::Fail(message) => Ok(Wire::Error { code: 0, message: message.into_owned(), data: None }),
            Answer::Decline | Answer::NoHandler => Ok(Wire::Silence),
            Answer::Unanswered => Ok(Wire::Result("default".into())),
        }
    }

    fn send(&self, _: &Question, wire: Wire) -> Result<()> {
        self.sent.lock().push(wire);
        Ok(())
    }
}

/// A question whose callbacks run where the queue is served.
pub fn request(queue: &Queue, answers: &Answers) -> Arc<Request> {
    let question = Question {
        kind: question::Kind::Tool,
        method: "tool.call".into(),
        params: Shown::new(None, Some("look"), "{}"),
        resolved_by_hook: false,
    };
    Request::new(question, None, Way::Own(Box::new(answers.clone())), home(queue))
}

/// The item that brings a question.
pub fn asking(request: Arc<Request>) -> Event {
    Event::new(Kind::Request, intern("tool"), None, Json::from_trusted("{}")).with_request(request)
}
