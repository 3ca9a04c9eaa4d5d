//! Where bytes of the other side come from, for a thread that reads.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, ReadBuf};

use super::process::Stdout;
use crate::error::{Code, Error, Result};
use crate::runtime;

/// The end to read from: an `AsyncRead` for the future of a thread of
/// [`runtime::read_on_own_thread`] and nobody else.
pub struct Input {
    descriptor: Arc<OwnedFd>,
    /// The last read got less than there was room for: there is nothing more until the thread has waited.
    is_drained: bool,
    /// How many reads in a row got as much as there was room for.
    full_reads: u32,
}

/// After so many of them the thread does what else there is to do before it reads on, even if the other side never stops.
const FULL_READS: u32 = 16;

impl Input {
    /// `descriptor` does not block.
    pub(super) fn new(descriptor: Arc<OwnedFd>) -> Input {
        Input { descriptor, is_drained: false, full_reads: 0 }
    }

    /// What a child writes to its stdout.
    ///
    /// Errors: `Code::Io`, when the runtime does not let go of it.
    pub fn of_child(stdout: Stdout) -> Result<Input> {
        match stdout.into_nonblocking_fd() {
            Ok(descriptor) => Ok(Input::new(Arc::new(descriptor))),
            Err(error) => Err(Error::new(Code::Io, format!("cannot read what the CLI writes: {error}"))),
        }
    }
}

impl AsyncRead for Input {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if std::mem::take(&mut self.is_drained) || self.full_reads >= FULL_READS {
            self.full_reads = 0;
            runtime::await_readable(self.descriptor.as_raw_fd());
            return Poll::Pending;
        }
        loop {
            // SAFETY: nothing is de-initialised: the kernel only writes to it.
            let room = unsafe { buffer.unfilled_mut() };
            // SAFETY: the descriptor is open as long as `self`, and `room` is writable memory of that length.
            let count =
                unsafe { libc::read(self.descriptor.as_raw_fd(), room.as_mut_ptr().cast(), room.len()) };
            if let Ok(count) = usize::try_from(count) {
                self.is_drained = 0 < count && count < room.len();
                self.full_reads = if self.is_drained { 0 } else { self.full_reads + 1 };
                // SAFETY: the kernel has written this many bytes.
                unsafe { buffer.assume_init(count) };
                buffer.advance(count);
                return Poll::Ready(Ok(()));
            }
            match io::Error::last_os_error() {
                error if error.kind() == io::ErrorKind::Interrupted => {}
                error if error.kind() == io::ErrorKind::WouldBlock => {
                    runtime::await_readable(self.descriptor.as_raw_fd());
                    return Poll::Pending;
                }
                error => return Poll::Ready(Err(error)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::mpsc;
    use std::time::Duration;

    use tokio::io::AsyncReadExt;
    use tokio::net::unix::pipe::Receiver;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(20);

    #[tokio::test]
    async fn a_thread_reads_piece_by_piece_to_the_end() {
        let (reader, mut writer) = io::pipe().unwrap();
        let mut input = Input::of_child(Receiver::from_owned_fd(reader.into()).unwrap()).unwrap();
        let (tell, told) = mpsc::channel();
        runtime::read_on_own_thread(async move {
            assert!(runtime::is_runtime_thread());
            let mut bytes = Vec::with_capacity(10);
            while input.read_buf(&mut bytes).await.unwrap() > 0 {
                tell.send(std::mem::take(&mut bytes)).unwrap();
                bytes.reserve_exact(10);
            }
        })
        .unwrap();
        for text in ["short", "exactly 10", "more than ten bytes, at once"] {
            writer.write_all(text.as_bytes()).unwrap();
            let mut got = Vec::new();
            while got.len() < text.len() {
                got.extend(told.recv_timeout(PATIENCE).unwrap());
            }
            assert_eq!(got, text.as_bytes());
        }
        drop(writer);
        assert_eq!(told.recv_timeout(PATIENCE), Err(mpsc::RecvTimeoutError::Disconnected));
    }

    #[tokio::test]
    async fn what_else_the_thread_awaits_wakes_it() {
        let (reader, writer) = io::pipe().unwrap();
        let mut input = Input::of_child(Receiver::from_owned_fd(reader.into()).unwrap()).unwrap();
        let (wake, woken) = tokio::sync::oneshot::channel::<()>();
        let (tell, told) = mpsc::channel();
        runtime::read_on_own_thread(async move {
            let mut byte = [0];
            tokio::select! {
                _ = input.read(&mut byte) => tell.send("read"),
                _ = woken => tell.send("woken"),
            }
            .unwrap();
        })
        .unwrap();
        assert!(told.recv_timeout(Duration::from_millis(50)).is_err());
        wake.send(()).unwrap();
        assert_eq!(told.recv_timeout(PATIENCE), Ok("woken"));
        drop(writer);
    }
}
