//! The CLI as a child process: started with pipes for its stdio, awaited, stopped.

use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use libc::pid_t;
use tokio::net::unix::pipe;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::environment::Environment;
use super::lifeline;
use super::output::Output;
use super::reap::{self, Leader, Status, Watch};
use super::resolve::Program;
use super::spawn::{self, Image};
use super::spawn_error;
use super::stderr::{self, Tail};
use super::tcp::Serving;
use crate::error::{Code, Error, Exit, Result};
use crate::runtime;
use crate::secrets::Secrets;

/// How long the end of stderr is awaited once the child is dead; a grandchild that left the group may hold it.
const LAST_WORDS: Duration = Duration::from_millis(100);
/// How long a child has between SIGTERM and SIGKILL. The CLI needs 60 to 130 ms on an idle machine.
const AFTER_TERMINATE: Duration = Duration::from_secs(2);
/// How long a killed child is awaited: a process that the kernel cannot let go, on a dead network file system
/// for one, must not hold up its host.
const AFTER_KILL: Duration = Duration::from_secs(2);
/// The pauses before another try when the program's file is being written to. Usually that is the short time in
/// which a fork of another thread holds a copy of the descriptor of the file's writer.
const BUSY_PAUSES_MS: [u64; 5] = [5, 10, 20, 40, 80];

/// What to start, and with what.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The program, from [`resolve`](super::resolve()).
    pub program: Program,
    /// Its arguments, after the program's own leading ones. Every user of the machine can read them.
    pub args: Vec<OsString>,
    /// All of its variables; nothing is inherited beside them.
    pub environment: Environment,
    /// Its working directory; `None` is that of this process.
    pub cwd: Option<PathBuf>,
    /// What it may know and neither the log nor an error may show, whatever it writes to stderr.
    pub secrets: Arc<Secrets>,
}

/// The reading end of the child's stdout, an `AsyncRead`.
pub type Stdout = pipe::Receiver;

/// A child with its byte streams.
pub struct Running {
    /// The process behind the streams.
    pub process: Process,
    /// What the child reads.
    pub stdin: Output,
    /// What the child writes.
    pub stdout: Stdout,
}

/// A handle of the child. Dropping the last one does not end the child, whose end is that of its stdin; it is
/// awaited and leaves no trace in any case.
#[derive(Clone)]
pub struct Process {
    leader: Arc<Leader>,
    exit: watch::Receiver<Option<Exit>>,
    stderr: Arc<Tail>,
}

/// Starts a child in a process group of its own, with no descriptor but its stdin, stdout and stderr, no signal
/// blocked and none ignored.
///
/// Called on a thread of a tokio runtime with I/O and time. Blocks that thread until the program is loaded, about a millisecond.
///
/// Errors: `Code::Spawn`, with the reason and what to do about it. Death after that is no error of this call but
/// the end of stdout, and [`Process::exited`].
pub async fn launch(launch: Launch) -> Result<Running> {
    launch_watched_by(launch, reap::open_pidfd).await
}

/// `launch`, with the way to get a pidfd; where that fails, a thread waits for the child.
pub(super) async fn launch_watched_by(
    launch: Launch,
    open_pidfd: fn(pid_t) -> io::Result<OwnedFd>,
) -> Result<Running> {
    let image = prepare(&launch)?;
    let stderr = Tail::without(Arc::clone(&launch.secrets));
    start(image, stderr, open_pidfd).await.map_err(|error| spawn_error::explain(&error, &launch))
}

/// Starts a child that will be spoken to over TCP: like [`launch`], but without an input. It gets SIGTERM when this
/// process ends, however that happens, unless the program is set-user-id.
///
/// Errors: as [`launch`].
pub async fn launch_server(launch: Launch) -> Result<Serving> {
    let image = prepare(&launch)?;
    let stderr = Tail::without(Arc::clone(&launch.secrets));
    let printed = Tail::without(Arc::clone(&launch.secrets));
    let started = start_server(image, stderr, reap::open_pidfd).await;
    let (process, stdout) = started.map_err(|error| spawn_error::explain(&error, &launch))?;
    Ok(Serving::new(process, stdout, printed))
}

fn prepare(launch: &Launch) -> Result<Arc<Image>> {
    if let Some(reason) = spawn_error::bad_folder(launch.cwd.as_deref()) {
        return Err(Error::new(Code::Spawn, format!("cannot start the CLI: {reason}")));
    }
    Image::of(launch).map(Arc::new)
}

async fn start(
    image: Arc<Image>,
    tail: Tail,
    open_pidfd: fn(pid_t) -> io::Result<OwnedFd>,
) -> io::Result<Running> {
    let (child_stdin, stdin) = spawn::pipe()?;
    let (stdout, child_stdout) = spawn::pipe()?;
    let (stderr, child_stderr) = spawn::pipe()?;
    spawn::enlarge(&stdout);
    // Before there is a child, so that a failure has none to clean up.
    let (stdin, stdout) = (Output::of_pipe(stdin)?, Stdout::from_owned_fd(stdout)?);
    let stderr = pipe::Receiver::from_owned_fd(stderr)?;

    let stdio = Arc::new([child_stdin, child_stdout, child_stderr]);
    let pid = start_when_free(&image, &stdio, Tie::Input).await?;
    let process = adopt(pid, stderr, tail, open_pidfd)?;
    Ok(Running { process, stdin, stdout })
}

async fn start_server(
    image: Arc<Image>,
    tail: Tail,
    open_pidfd: fn(pid_t) -> io::Result<OwnedFd>,
) -> io::Result<(Process, Stdout)> {
    let no_input = spawn::no_input()?;
    let (stdout, child_stdout) = spawn::pipe()?;
    let (stderr, child_stderr) = spawn::pipe()?;
    let (stdout, stderr) = (Stdout::from_owned_fd(stdout)?, pipe::Receiver::from_owned_fd(stderr)?);
    let stdio = Arc::new([no_input, child_stdout, child_stderr]);
    let pid = start_when_free(&image, &stdio, Tie::Kernel).await?;
    Ok((adopt(pid, stderr, tail, open_pidfd)?, stdout))
}

/// Watches over a child that has just been started.
fn adopt(
    pid: pid_t,
    stderr: pipe::Receiver,
    tail: Tail,
    open_pidfd: fn(pid_t) -> io::Result<OwnedFd>,
) -> io::Result<Process> {
    let tail = Arc::new(tail);
    let leader = Arc::new(Leader::new(pid, open_pidfd(pid).ok()));
    let watch = Watch::begin(Arc::clone(&leader))?;
    let drained = tokio::spawn(stderr::drain(stderr, Arc::clone(&tail)));
    let (publish, exit) = watch::channel(None);
    tokio::spawn(report_end(watch, drained, Arc::clone(&tail), publish));
    Ok(Process { leader, exit, stderr: tail })
}

/// How a child learns of the host's death.
#[derive(Clone, Copy)]
enum Tie {
    /// It reads the end of its input.
    Input,
    /// The kernel sends it a signal.
    Kernel,
}

/// Tries again for a moment while the file is being written to.
async fn start_when_free(image: &Arc<Image>, stdio: &Arc<[OwnedFd; 3]>, tie: Tie) -> io::Result<pid_t> {
    for pause in BUSY_PAUSES_MS {
        match start_once(image, stdio, tie).await {
            Err(error) if error.raw_os_error() == Some(libc::ETXTBSY) => {
                sleep(Duration::from_millis(pause)).await;
            }
            result => return result,
        }
    }
    start_once(image, stdio, tie).await
}

async fn start_once(image: &Arc<Image>, stdio: &Arc<[OwnedFd; 3]>, tie: Tie) -> io::Result<pid_t> {
    match tie {
        Tie::Input => image.start([&stdio[0], &stdio[1], &stdio[2]]),
        Tie::Kernel => {
            let (image, stdio) = (Arc::clone(image), Arc::clone(stdio));
            let (tell, told) = oneshot::channel();
            runtime::on_lasting_thread(move || {
                if let Err(Ok(unwanted)) = tell.send(lifeline::start(&image, &stdio)) {
                    Leader::new(unwanted, None).end();
                }
            })?;
            told.await.unwrap_or_else(|_| Err(io::Error::other("the thread that starts servers has ended")))
        }
    }
}

/// Waits for the end and then, for a moment, for the last words.
async fn report_end(
    watch: Watch,
    drained: JoinHandle<()>,
    stderr: Arc<Tail>,
    publish: watch::Sender<Option<Exit>>,
) {
    let status = watch.ended().await;
    let _ = timeout(LAST_WORDS, drained).await;
    publish.send_replace(Some(exit(status, &stderr)));
}

fn exit(status: Status, stderr: &Tail) -> Exit {
    let code = status.and_then(|status| status.code());
    let signal = status.and_then(|status| status.signal());
    Exit { code, signal, stderr_tail: stderr.text() }
}

impl Process {
    /// The child's process id. It may be another process's once the child has ended.
    pub fn pid(&self) -> u32 {
        self.leader.pid().unsigned_abs()
    }

    /// Waits until the child has ended and tells how. Every call gets the same answer. It has neither code nor
    /// signal when the host program took the status away, by ignoring SIGCHLD or by waiting for every child, or
    /// when the runtime that watched the child has been shut down.
    pub async fn exited(&self) -> Exit {
        let mut exit = self.exit.clone();
        match exit.wait_for(Option::is_some).await {
            Ok(exit) => exit.clone().unwrap_or_default(),
            Err(_) => self::exit(None, &self.stderr),
        }
    }

    /// How the child ended, if it has. Any thread; does not block.
    pub fn try_exited(&self) -> Option<Exit> {
        self.exit.borrow().clone()
    }

    /// The last lines of the child's stderr so far, at most 8 KiB. Any thread; does not block.
    pub fn stderr_tail(&self) -> String {
        self.stderr.text()
    }

    /// Ends the child and its descendants at once (SIGKILL to its process group). Nothing happens once it has
    /// ended. Any thread; does not block.
    pub fn kill(&self) {
        self.leader.signal(libc::SIGKILL);
    }

    /// Asks the child and its descendants to end (SIGTERM to its process group). Nothing happens once it has
    /// ended. Any thread; does not block.
    pub fn terminate(&self) {
        self.leader.signal(libc::SIGTERM);
    }

    /// Waits for the child's end for `grace`, asks for it, waits two seconds more, and kills it. The caller drops
    /// the child's stdin first, or has asked it to end. Returns how it ended; neither code nor signal when the
    /// kernel has not let go of it two seconds after it was killed.
    pub async fn stop(&self, grace: Duration) -> Exit {
        if let Ok(exit) = timeout(grace, self.exited()).await {
            return exit;
        }
        self.terminate();
        if let Ok(exit) = timeout(AFTER_TERMINATE, self.exited()).await {
            return exit;
        }
        self.kill();
        match timeout(AFTER_KILL, self.exited()).await {
            Ok(exit) => exit,
            Err(_) => exit(None, &self.stderr),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_support::{bounded, shell};
    use super::*;

    #[tokio::test]
    async fn the_last_words_are_waited_for() {
        let image = Image::of(&shell("true")).unwrap();
        let (input, output) = spawn::pipe().unwrap();
        let leader = Leader::new(image.start([&input, &output, &output]).unwrap(), None);
        let watch = Watch::begin(Arc::new(leader)).unwrap();
        let tail = Arc::new(Tail::default());
        let late = Arc::clone(&tail);
        let drained = tokio::spawn(async move {
            sleep(LAST_WORDS / 5).await;
            late.push(b"too late?");
        });
        let (publish, exit) = watch::channel(None);
        bounded(report_end(watch, drained, tail, publish)).await;
        assert_eq!(exit.borrow().as_ref().unwrap().stderr_tail, "too late?");
    }
}
