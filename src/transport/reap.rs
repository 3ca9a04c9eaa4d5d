//! The end of the child, seen by a pidfd or by a waiting thread; never by SIGCHLD, which is the host's.
//!
//! The child leads a process group of its own. A process id stays taken until its process is reaped, so whoever
//! signals the group does it under the same lock as the reaper: a signal can never reach a stranger.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::ptr;
use std::sync::Arc;
use std::thread;

use libc::{c_int, pid_t};
use parking_lot::Mutex;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::oneshot;

use super::spawn::above_standard_streams;
use crate::runtime;

/// How the child ended; `None` when the host took the status away, by ignoring SIGCHLD or waiting for everything.
pub(super) type Status = Option<ExitStatus>;

/// Linux 6.9's flag of `pidfd_send_signal`: the whole group that this process leads or led.
const PIDFD_SIGNAL_PROCESS_GROUP: libc::c_uint = 1 << 2;

/// A child that leads its own process group and has not been waited for by anybody else of this library.
pub(super) struct Leader {
    pid: pid_t,
    pidfd: Option<Arc<OwnedFd>>,
    reaped: Mutex<bool>,
}

impl Leader {
    /// `pidfd` refers to the same child; without it the end is awaited by a thread.
    pub(super) fn new(pid: pid_t, pidfd: Option<OwnedFd>) -> Leader {
        Leader { pid, pidfd: pidfd.map(Arc::new), reaped: Mutex::new(false) }
    }

    pub(super) fn pid(&self) -> pid_t {
        self.pid
    }

    /// Signals every process of the group; does nothing once the child is reaped.
    pub(super) fn signal(&self, signal: c_int) {
        let reaped = self.reaped.lock();
        if !*reaped && !self.signal_by_pidfd(signal) {
            self.signal_by_pid(signal);
        }
    }

    /// Kills the child and reaps it, for one that nobody wants.
    pub(super) fn end(&self) {
        self.signal(libc::SIGKILL);
        self.wait();
    }

    /// Blocks until the child has ended, takes along what is left of its group, and reaps it.
    fn wait(&self) -> Status {
        loop {
            match peek_at_end(self.pid, 0) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                _ => break,
            }
        }
        self.reap().unwrap_or_default()
    }

    /// Reaps the child if it has ended, after killing what is left of its group: while the dead child is not
    /// reaped, the group's number is certainly still its own. `None` when it still runs.
    fn reap(&self) -> Option<Status> {
        let mut reaped = self.reaped.lock();
        let status = match peek_at_end(self.pid, libc::WNOHANG) {
            Ok(false) => return None,
            Ok(true) => {
                self.signal_by_pid(libc::SIGKILL);
                wait_status(self.pid)
            }
            // Somebody else reaped it, and its number may be anyone's by now; a pidfd still means this group.
            // Without one the rest of the group lives on: better than to kill a stranger.
            Err(_) => {
                self.signal_by_pidfd(libc::SIGKILL);
                None
            }
        };
        *reaped = true;
        Some(status)
    }

    fn signal_by_pid(&self, signal: c_int) {
        // SAFETY: plain system calls without memory. The child is not reaped, so both numbers are its own.
        unsafe {
            if libc::kill(-self.pid, signal) != 0 {
                // It moved itself into another group.
                libc::kill(self.pid, signal);
            }
        }
    }

    /// Safe against a number that is somebody else's by now. False when the system cannot do it.
    fn signal_by_pidfd(&self, signal: c_int) -> bool {
        let Some(pidfd) = &self.pidfd else { return false };
        let send = |flags: libc::c_uint| {
            // SAFETY: the descriptor is open, and a null siginfo asks for that of `kill`.
            let sent = unsafe {
                let no_info = ptr::null::<libc::siginfo_t>();
                libc::syscall(libc::SYS_pidfd_send_signal, pidfd.as_raw_fd(), signal, no_info, flags)
            };
            if sent == 0 { None } else { io::Error::last_os_error().raw_os_error() }
        };
        match send(PIDFD_SIGNAL_PROCESS_GROUP) {
            None => true,
            // It moved itself into another group, or everything is over.
            Some(libc::ESRCH) => {
                send(0);
                true
            }
            Some(_) => false,
        }
    }
}

/// True when the child has ended; it stays unreaped. `options` may hold WNOHANG.
fn peek_at_end(pid: pid_t, options: c_int) -> io::Result<bool> {
    // SAFETY: all zeroes is a valid siginfo_t, and the call writes only into it.
    let (result, ended) = unsafe {
        let mut info: libc::siginfo_t = std::mem::zeroed();
        let options = libc::WEXITED | libc::WNOWAIT | options;
        let result = libc::waitid(libc::P_PID, pid as libc::id_t, &mut info, options);
        (result, info.si_pid() == pid)
    };
    if result == 0 { Ok(ended) } else { Err(io::Error::last_os_error()) }
}

fn wait_status(pid: pid_t) -> Status {
    let mut status = 0;
    // SAFETY: the call writes only into `status`.
    let waited = unsafe { libc::waitpid(pid, &mut status, libc::WNOHANG) };
    (waited == pid).then(|| ExitStatus::from_raw(status))
}

/// Opens a descriptor of a child that becomes readable when the child ends.
pub(super) fn open_pidfd(pid: pid_t) -> io::Result<OwnedFd> {
    // SAFETY: a plain system call without memory.
    let descriptor = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    if descriptor < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made it for us, close-on-exec, and nobody else knows it.
    above_standard_streams(unsafe { OwnedFd::from_raw_fd(descriptor as RawFd) })
}

/// The wait for a child's end. Dropped before that, with the runtime it ran on, it leaves the child to a thread,
/// so that no zombie stays behind.
pub(super) struct Watch {
    leader: Arc<Leader>,
    how: How,
}

enum How {
    Pidfd(AsyncFd<Arc<OwnedFd>>),
    Thread(oneshot::Receiver<Status>),
    Ended,
}

impl Watch {
    /// Begins to wait, on a runtime's thread. An error means that neither way could be had; the child is then
    /// killed and reaped.
    pub(super) fn begin(leader: Arc<Leader>) -> io::Result<Watch> {
        let how = match leader.pidfd.clone().and_then(readable) {
            Some(pidfd) => How::Pidfd(pidfd),
            None => How::Thread(wait_on_a_thread(&leader).inspect_err(|_| leader.end())?),
        };
        Ok(Watch { leader, how })
    }

    /// Waits until the child has ended, and reaps it.
    pub(super) async fn ended(mut self) -> Status {
        let status = match &mut self.how {
            How::Pidfd(pidfd) => reap_when_readable(pidfd, &self.leader).await,
            How::Thread(status) => Some(status.await.unwrap_or_default()),
            How::Ended => Some(None),
        };
        match status {
            Some(status) => {
                self.how = How::Ended;
                status
            }
            // The runtime is going away; `drop` sees to the child.
            None => None,
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if matches!(self.how, How::Pidfd(_)) {
            // Without a thread to be had, the child becomes the host's zombie until the host ends.
            let _ = wait_on_a_thread(&self.leader);
        }
    }
}

fn readable(pidfd: Arc<OwnedFd>) -> Option<AsyncFd<Arc<OwnedFd>>> {
    // SAFETY: an `Arc` owns its descriptor, keeps it open, and always names the same one.
    unsafe { AsyncFd::register_with_interest(pidfd, Interest::READABLE) }.ok()
}

async fn reap_when_readable(pidfd: &AsyncFd<Arc<OwnedFd>>, leader: &Leader) -> Option<Status> {
    loop {
        let mut ready = pidfd.readable().await.ok()?;
        match leader.reap() {
            Some(status) => return Some(status),
            None => ready.clear_ready(),
        }
    }
}

fn wait_on_a_thread(leader: &Arc<Leader>) -> io::Result<oneshot::Receiver<Status>> {
    let (sender, receiver) = oneshot::channel();
    let leader = Arc::clone(leader);
    let body = move || {
        let _ = sender.send(leader.wait());
    };
    let thread = thread::Builder::new().name("copilot-reaper".to_owned()).stack_size(128 * 1024);
    // The thread inherits the mask of its maker, and the host's handlers must not run on one of ours.
    runtime::with_all_blocked(|| thread.spawn(body))?;
    Ok(receiver)
}

#[cfg(test)]
mod tests {
    use super::super::spawn::{Image, pipe};
    use super::super::test_support::{launch_of, shell};
    use super::*;

    #[test]
    fn a_reaped_number_is_never_signalled() {
        // What is held here ends its reader with this process, whatever becomes of the test.
        let ((input, _held), (_unread, output)) = (pipe().unwrap(), pipe().unwrap());
        let start = |launch| Image::of(&launch).unwrap().start([&input, &output, &output]).unwrap();

        let ended = Leader::new(start(shell("true")), None);
        ended.wait();
        assert!(*ended.reaped.lock());

        // A stranger whose number was once a child's.
        let stranger = start(launch_of("/bin/cat", &[]));
        for pidfd in [None, Some(open_pidfd(stranger).unwrap())] {
            let former = Leader { pid: stranger, pidfd: pidfd.map(Arc::new), reaped: Mutex::new(true) };
            former.signal(libc::SIGKILL);
        }
        let stranger = Leader::new(stranger, None);
        stranger.signal(libc::SIGTERM);
        assert_eq!(stranger.wait().unwrap().signal(), Some(libc::SIGTERM), "the first signal it got");
    }
}
