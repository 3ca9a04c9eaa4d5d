//! What the mock says, gathered and written in pieces as large as the pipe.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsRawFd;

/// A pipe with a buffer in front.
pub struct Output {
    pipe: File,
    buffer: Vec<u8>,
    /// The buffer is written before it would be larger than this.
    piece: usize,
}

impl Output {
    pub fn new(pipe: File) -> Output {
        let mut output = Output { pipe, buffer: Vec::new(), piece: 0 };
        output.fit_pipe();
        output
    }

    /// Looks how large the pipe is: the client may have enlarged it.
    pub fn fit_pipe(&mut self) {
        // SAFETY: asks for a number; what is no pipe answers with an error.
        let size = unsafe { libc::fcntl(self.pipe.as_raw_fd(), libc::F_GETPIPE_SZ) };
        self.piece = usize::try_from(size).unwrap_or(64 << 10).max(4 << 10);
        self.buffer.reserve(self.piece);
    }

    /// A frame with this body.
    pub fn frame(&mut self, body: &str) -> io::Result<()> {
        self.header(body.len())?;
        self.push(body.as_bytes())
    }

    /// The header of a body that is pushed next.
    pub fn header(&mut self, length: usize) -> io::Result<()> {
        self.push(format!("Content-Length: {length}\r\n\r\n").as_bytes())
    }

    /// Bytes as they are.
    pub fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.buffer.len() + bytes.len() > self.piece {
            self.flush()?;
        }
        if bytes.len() > self.piece {
            return self.pipe.write_all(bytes);
        }
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }

    pub fn flush(&mut self) -> io::Result<()> {
        self.pipe.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }
}
