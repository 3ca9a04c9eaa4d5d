//! Where bytes for the other side go: a child's stdin, or a connection over TCP.
//!
//! Any thread may write to it, the program's own included: a peer that is gone is an error and never a SIGPIPE.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncWrite, Interest};
use tokio::net::TcpStream;

use super::input::Input;
use crate::runtime;

/// The end to write to, an `AsyncWrite`. When it and every [`AtOnce`] of it are dropped, the other side's input ends.
pub struct Output(Arc<End>);

/// Writes without waiting, on any thread.
#[derive(Clone)]
pub struct AtOnce(Arc<End>);

struct End {
    descriptor: AsyncFd<Arc<OwnedFd>>,
    kind: Kind,
}

enum Kind {
    /// A child's stdin. Not one of a pair of sockets: its system calls take longer, and it tells whoever waits for it of
    /// every message that was taken out of it, together a fifth of a round trip.
    Pipe,
    Connection,
}

impl Output {
    /// The writing end of a pipe. Called inside a tokio runtime.
    pub(crate) fn of_pipe(end: OwnedFd) -> io::Result<Output> {
        set_nonblocking(&end)?;
        Output::of(Arc::new(end), Kind::Pipe)
    }

    /// Both halves of a connection.
    pub(super) fn of_connection(stream: TcpStream) -> io::Result<(Input, Output)> {
        let descriptor = Arc::new(OwnedFd::from(stream.into_std()?));
        let input = Input::new(Arc::clone(&descriptor));
        Ok((input, Output::of(descriptor, Kind::Connection)?))
    }

    fn of(descriptor: Arc<OwnedFd>, kind: Kind) -> io::Result<Output> {
        // SAFETY: an `Arc` owns its descriptor, keeps it open, and always names the same one.
        let descriptor = unsafe { AsyncFd::register_with_interest(descriptor, Interest::WRITABLE) }?;
        Ok(Output(Arc::new(End { descriptor, kind })))
    }

    /// The way to write to the same end at once. The two must not write at the same time.
    pub fn at_once(&self) -> AtOnce {
        AtOnce(Arc::clone(&self.0))
    }
}

impl AtOnce {
    /// Writes as much as can be taken now, at least one byte.
    ///
    /// # Errors
    /// `WouldBlock` when nothing is taken now; anything else is the end of it.
    pub fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }
}

impl End {
    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        let descriptor = self.descriptor.as_raw_fd();
        match self.kind {
            Kind::Pipe => write_to_pipe(descriptor, bytes),
            Kind::Connection => {
                let flags = libc::MSG_NOSIGNAL | libc::MSG_DONTWAIT;
                // SAFETY: the descriptor is open as long as `self`, and the call only reads `bytes`.
                uninterrupted(|| unsafe { libc::send(descriptor, bytes.as_ptr().cast(), bytes.len(), flags) })
            }
        }
    }
}

impl Drop for End {
    fn drop(&mut self) {
        if let Kind::Connection = self.kind {
            // SAFETY: the descriptor is open; the call touches no memory.
            unsafe { libc::shutdown(self.descriptor.as_raw_fd(), libc::SHUT_WR) };
        }
    }
}

impl AsyncWrite for Output {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            let mut ready = ready!(self.0.descriptor.poll_write_ready(context))?;
            if let Ok(written) = ready.try_io(|_| self.0.write(bytes)) {
                return Poll::Ready(written);
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// Nothing to do: the other side's input ends when this is dropped.
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Writes to a pipe, with `EPIPE` alone where nobody reads it: Linux from 6.18 on leaves the signal out when asked to;
/// before that, and where a filter of system calls refuses, it is blocked meanwhile, for two system calls more.
fn write_to_pipe(pipe: RawFd, bytes: &[u8]) -> io::Result<usize> {
    static LEAVES_IT_OUT: AtomicBool = AtomicBool::new(true);
    if LEAVES_IT_OUT.load(Ordering::Relaxed) {
        match write_without_signal(pipe, bytes) {
            Err(error) if is_refusal(&error) => LEAVES_IT_OUT.store(false, Ordering::Relaxed),
            written => return written,
        }
    }
    runtime::without_sigpipe(|| {
        // SAFETY: the call only reads `bytes`; a descriptor that is not open is an error.
        uninterrupted(|| unsafe { libc::write(pipe, bytes.as_ptr().cast(), bytes.len()) })
    })
}

fn write_without_signal(pipe: RawFd, bytes: &[u8]) -> io::Result<usize> {
    /// Of `linux/fs.h`; the headers of most systems are older.
    const RWF_NOSIGNAL: libc::c_int = 0x100;
    const WHERE_IT_STANDS: libc::off_t = -1;
    let part = libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
    // SAFETY: the call only reads `part` and the bytes it names; a descriptor that is not open is an error.
    uninterrupted(|| unsafe { libc::pwritev2(pipe, &raw const part, 1, WHERE_IT_STANDS, RWF_NOSIGNAL) })
}

/// Whether the call itself was refused. A pipe gives none of these for other reasons.
fn is_refusal(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::EOPNOTSUPP | libc::EINVAL | libc::ENOSYS | libc::EPERM | libc::EACCES)
    )
}

/// The result of a system call that writes, made again when a signal interrupted it.
fn uninterrupted(mut call: impl FnMut() -> libc::ssize_t) -> io::Result<usize> {
    loop {
        match usize::try_from(call()) {
            Ok(count) => return Ok(count),
            Err(_) => match io::Error::last_os_error() {
                error if error.kind() == io::ErrorKind::Interrupted => {}
                error => return Err(error),
            },
        }
    }
}

fn set_nonblocking(descriptor: &OwnedFd) -> io::Result<()> {
    // SAFETY: the descriptor is open; the calls touch no memory.
    let set = unsafe {
        let flags = libc::fcntl(descriptor.as_raw_fd(), libc::F_GETFL);
        libc::fcntl(descriptor.as_raw_fd(), libc::F_SETFL, flags | libc::O_NONBLOCK)
    };
    if set < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::unix::pipe::Receiver;

    use super::super::spawn::pipe;
    use super::super::test_support::{bounded, status_field};
    use super::*;

    /// Writes at once until nothing more is taken.
    fn fill(at_once: &AtOnce) -> usize {
        let mut written = 0;
        loop {
            match at_once.write(&[b'x'; 5000]) {
                Ok(count) => written += count,
                Err(error) => {
                    assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
                    return written;
                }
            }
        }
    }

    #[tokio::test]
    async fn what_is_not_taken_at_once_can_be_waited_for() {
        let (reader, writer) = pipe().unwrap();
        let mut output = Output::of_pipe(writer).unwrap();
        let mut reader = Receiver::from_owned_fd(reader).unwrap();
        let at_once = output.at_once();
        let written = fill(&at_once);
        assert!(written > 0);
        let read = async {
            let mut bytes = vec![0; written + 100_000];
            reader.read_exact(&mut bytes).await.unwrap();
            bytes
        };
        let (sent, bytes) = bounded(async { tokio::join!(output.write_all(&[b'y'; 100_000]), read) }).await;
        sent.unwrap();
        assert!(bytes[..written].iter().all(|byte| *byte == b'x'));
        assert!(bytes[written..].iter().all(|byte| *byte == b'y'));
        drop(output);
        assert_eq!(at_once.write(b"z").unwrap(), 1, "it is as good as the other");
        drop(at_once);
        let mut rest = String::new();
        bounded(reader.read_to_string(&mut rest)).await.unwrap();
        assert_eq!(rest, "z");
    }

    #[tokio::test]
    async fn nobody_at_the_other_end_is_an_error() {
        let (reader, writer) = pipe().unwrap();
        let mut output = Output::of_pipe(writer).unwrap();
        drop(reader);
        assert_eq!(output.at_once().write(b"x").unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        assert_eq!(bounded(output.write(b"x")).await.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }

    #[test]
    fn a_kernel_that_leaves_the_signal_out_leaves_none_behind() {
        // SAFETY: a plain system call.
        let pending = || status_field(unsafe { libc::gettid() } as u32, "SigPnd");
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        runtime::with_signals_blocked_like_a_dispatcher(|| {
            let error = write_without_signal(writer.as_raw_fd(), b"x").unwrap_err();
            assert!(error.kind() == io::ErrorKind::BrokenPipe || is_refusal(&error), "{error}");
            assert_eq!(pending(), "0000000000000000");
            assert_eq!(
                write_to_pipe(writer.as_raw_fd(), b"x").unwrap_err().kind(),
                io::ErrorKind::BrokenPipe
            );
            assert_eq!(pending(), "0000000000000000");
        });
    }

    #[tokio::test]
    async fn a_connection_takes_writes_of_both_kinds() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (connected, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
        let (mut other, _) = accepted.unwrap();
        let (_input, mut output) = Output::of_connection(connected.unwrap()).unwrap();
        let at_once = output.at_once();
        assert_eq!(at_once.write(b"one ").unwrap(), 4);
        bounded(output.write_all(b"two")).await.unwrap();
        drop((output, at_once));
        let mut text = String::new();
        bounded(other.read_to_string(&mut text)).await.unwrap();
        assert_eq!(text, "one two");
    }
}
