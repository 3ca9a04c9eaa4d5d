//! Frames: how the fake runtime reads and writes them.

use std::fs::File;
use std::io::{self, BufRead, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Mutex, MutexGuard};

use serde_json::{Value, json};

use super::journal::Journal;

/// What one attempt to read a frame gave.
pub enum Incoming {
    /// A whole frame: its header block and its body.
    Frame { header: String, body: Vec<u8> },
    /// A header block without a usable `Content-Length`.
    NoLength(String),
    /// The client closed its end, inside a frame or between two.
    Eof { inside_frame: bool },
}

/// Reads one frame. A read error counts as the end: the pipe is of no more use either way.
pub fn read(input: &mut impl BufRead) -> Incoming {
    let mut header = String::new();
    while !header.ends_with("\r\n\r\n") && !header.ends_with("\n\n") {
        let mut line = Vec::new();
        match input.read_until(b'\n', &mut line) {
            Ok(n) if n > 0 => header.push_str(&String::from_utf8_lossy(&line)),
            _ => return Incoming::Eof { inside_frame: !header.is_empty() },
        }
    }
    let Some(length) = content_length(&header) else { return Incoming::NoLength(header) };
    let mut body = Vec::new();
    match input.take(length).read_to_end(&mut body) {
        Ok(n) if n as u64 == length => Incoming::Frame { header, body },
        _ => Incoming::Eof { inside_frame: true },
    }
}

/// The value of the `Content-Length` line, in any letter case, as the real CLI accepts it.
fn content_length(header: &str) -> Option<u64> {
    header
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.trim().parse().ok())
}

/// The one header form that clients write; any other is noted in the log as `odd_header`.
pub fn is_canonical(header: &str, body: &[u8]) -> bool {
    header == format!("Content-Length: {}\r\n\r\n", body.len())
}

/// A body with its header in front.
pub fn framed(body: &[u8]) -> Vec<u8> {
    let mut frame = format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    frame.extend_from_slice(body);
    frame
}

/// The way to the client behind a lock, so that the log has messages in the order of the wire.
pub struct Wire {
    out: Mutex<Out>,
    journal: Journal,
    /// The connection, where it is not stdio.
    socket: Option<TcpStream>,
}

/// The locked way to the client.
pub struct Out {
    file: File,
    /// How many bytes go into one write, once the script asked for splitting.
    split: Option<usize>,
}

impl Wire {
    /// A wire over this process' stdout, through a descriptor of its own and without a buffer.
    pub fn over_stdout(journal: Journal) -> io::Result<Wire> {
        let file = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        Ok(Wire { out: Mutex::new(Out { file, split: None }), journal, socket: None })
    }

    /// A wire over a TCP connection.
    pub fn over_socket(socket: &TcpStream, journal: Journal) -> io::Result<Wire> {
        let file = File::from(OwnedFd::from(socket.try_clone()?));
        Ok(Wire { out: Mutex::new(Out { file, split: None }), journal, socket: Some(socket.try_clone()?) })
    }

    /// Whether this is a TCP connection, which can end without the process.
    pub fn is_connection(&self) -> bool {
        self.socket.is_some()
    }

    /// Ends a TCP connection, in both directions.
    pub fn hang_up(&self) {
        if let Some(socket) = &self.socket {
            // The client may have been faster.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }

    /// Keeps other writers out, for a caller that must number what it sends in the order of sending.
    pub fn lock(&self) -> MutexGuard<'_, Out> {
        self.out.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Sends one message.
    pub fn send(&self, message: &Value) {
        self.send_locked(&mut self.lock(), message);
    }

    /// Sends one message on a wire that the caller locked. The log has it before the client can.
    pub fn send_locked(&self, out: &mut Out, message: &Value) {
        self.journal.note(&json!({"out": message}));
        self.write(out, &framed(message.to_string().as_bytes()));
    }

    /// Writes bytes as they are; the log gets only their name and number, since they may be no JSON.
    pub fn send_raw(&self, name: &str, bytes: &[u8]) {
        let mut out = self.lock();
        self.journal.note(&json!({"raw": name, "bytes": bytes.len()}));
        self.write(&mut out, bytes);
    }

    /// From here on, every write takes `size` bytes at a time.
    pub fn split(&self, size: usize) {
        self.lock().split = Some(size.max(1));
    }

    fn write(&self, out: &mut Out, bytes: &[u8]) {
        let size = out.split.unwrap_or(bytes.len().max(1));
        for part in bytes.chunks(size) {
            if let Err(error) = out.file.write_all(part) {
                // The client went away; stdin's end will say so too, and ends the process.
                self.journal.note(&json!({"write_error": error.to_string()}));
                return;
            }
        }
    }
}
