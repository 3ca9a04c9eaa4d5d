//! TCP: how a server that was started tells its port, and how any server is reached.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::exit::describe;
use super::input::Input;
use super::output::Output;
use super::process::{Process, Stdout};
use super::stderr::{self, Tail};
use crate::error::{Code, Error, Result};

/// How long the end of a process is awaited whose output has ended.
const AFTER_OUTPUT: Duration = Duration::from_millis(500);
/// How long a connection may take to be made.
const CONNECT_PATIENCE: Duration = Duration::from_secs(10);
/// What stands before the port, in lower case.
const ANNOUNCEMENT: &[u8] = b"listening on port ";
/// A line that is longer announces nothing.
const LINE_BYTES: usize = 8 * 1024;

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// A name or an IP address, the latter without brackets.
    pub host: String,
    /// From 1 on.
    pub port: u16,
}

impl Address {
    /// A server of this machine's, which the CLI's are: they listen on IPv4 loopback only.
    pub fn local(port: u16) -> Address {
        Address { host: Ipv4Addr::LOCALHOST.to_string(), port }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

/// A child that will listen on a TCP port of this machine, and says on its stdout which one.
pub struct Serving {
    /// The process.
    pub process: Process,
    stdout: Stdout,
    /// What it prints, for the log.
    printed: Arc<Tail>,
}

impl Serving {
    pub(super) fn new(process: Process, stdout: Stdout, printed: Tail) -> Serving {
        Serving { process, stdout, printed: Arc::new(printed) }
    }

    /// Waits for the port. What the child prints is read on and on in the background from then on, so that it never
    /// blocks on a full pipe.
    ///
    /// Errors: `Code::Spawn` when it ends before, with its exit, or has not announced a port within `patience`.
    pub async fn port(mut self, patience: Duration) -> Result<u16> {
        match timeout(patience, self.announced()).await {
            Ok(Some(port)) => {
                tokio::spawn(stderr::drain(self.stdout, self.printed));
                Ok(port)
            }
            Ok(None) => Err(self.ended().await),
            Err(_) => Err(self.is_late(patience)),
        }
    }

    /// The port; `None` when the output has ended without one.
    async fn announced(&mut self) -> Option<u16> {
        let mut announcement = Announcement::default();
        let mut buffer = vec![0; 4096];
        loop {
            match self.stdout.read(&mut buffer).await {
                Ok(count @ 1..) => {
                    stderr::tell_all(&self.printed, &buffer[..count]);
                    if let Some(port) = announcement.push(&buffer[..count]) {
                        return Some(port);
                    }
                }
                _ => return announcement.finish(),
            }
        }
    }

    async fn ended(&self) -> Error {
        match timeout(AFTER_OUTPUT, self.process.exited()).await {
            Ok(exit) => {
                let message = format!("the CLI ended before it listened: {}", describe(&exit));
                Error::new(Code::Spawn, message).with_exit(exit)
            }
            Err(_) => self.without_port("closed its stdout without naming the port that it listens on"),
        }
    }

    fn is_late(&self, patience: Duration) -> Error {
        self.without_port(&format!("named no port to connect to within {} s", patience.as_secs_f64()))
    }

    fn without_port(&self, what: &str) -> Error {
        let mut message = format!("the CLI {what}; check that cliPath is a Copilot CLI that can be a server");
        let said = self.process.stderr_tail();
        if !said.is_empty() {
            message = format!("{message}. Its stderr:\n{said}");
        }
        Error::new(Code::Spawn, message)
    }
}

/// Looks for `listening on port N` in what arrives piece by piece.
#[derive(Default)]
struct Announcement {
    line: Vec<u8>,
}

impl Announcement {
    /// Takes more of the output; the port, once the line with it is complete.
    fn push(&mut self, bytes: &[u8]) -> Option<u16> {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            if self.line.len() + piece.len() <= LINE_BYTES {
                self.line.extend_from_slice(piece);
            }
            if piece.ends_with(b"\n") {
                let line = std::mem::take(&mut self.line);
                if let Some(port) = port_in(&line) {
                    return Some(port);
                }
            }
        }
        None
    }

    /// The output has ended: its last line may have no end.
    fn finish(&mut self) -> Option<u16> {
        port_in(&std::mem::take(&mut self.line))
    }
}

fn port_in(line: &[u8]) -> Option<u16> {
    let lower = line.to_ascii_lowercase();
    let at = memchr::memmem::find(&lower, ANNOUNCEMENT)? + ANNOUNCEMENT.len();
    let digits: Vec<u8> = lower[at..].iter().copied().take_while(u8::is_ascii_digit).collect();
    let port = std::str::from_utf8(&digits).ok()?.parse().ok()?;
    (port > 0).then_some(port)
}

/// Connects to a server: what it writes, and where to write to it.
///
/// Errors: `Code::Connect`, with the reason and what to do about it.
pub async fn connect(address: &Address) -> Result<(Input, Output)> {
    let connected = timeout(CONNECT_PATIENCE, connect_to_any(address)).await;
    let late = || Err(io::Error::new(io::ErrorKind::TimedOut, "it does not answer"));
    connected.unwrap_or_else(|_| late()).and_then(Output::of_connection).map_err(|error| {
        let message = format!(
            "cannot connect to the server at {address}: {error}; check that it is running, and its host and port"
        );
        Error::new(Code::Connect, message)
    })
}

/// Tries every address of the host in turn.
async fn connect_to_any(address: &Address) -> io::Result<TcpStream> {
    let mut failure = None;
    for candidate in candidates(address).await? {
        match TcpStream::connect(candidate).await {
            Ok(stream) => {
                // A frame is written in one piece and waited for; holding it back only costs time.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    Err(failure.unwrap_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the host has no address")))
}

/// "localhost" is IPv4 first, where a CLI listens, and needs nobody to look it up.
async fn candidates(address: &Address) -> io::Result<Vec<SocketAddr>> {
    if address.host.eq_ignore_ascii_case("localhost") {
        let port = address.port;
        return Ok(vec![(Ipv4Addr::LOCALHOST, port).into(), (Ipv6Addr::LOCALHOST, port).into()]);
    }
    lookup_host((address.host.as_str(), address.port)).await.map(Iterator::collect)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_announcement_is_found_however_it_arrives() {
        let text = b"Starting on port 1\nCLI server Listening on PORT 43210\nmore\n";
        for size in 1..text.len() {
            let mut announcement = Announcement::default();
            let found: Vec<_> = text.chunks(size).filter_map(|chunk| announcement.push(chunk)).collect();
            assert_eq!(found, [43210], "in pieces of {size}");
        }
        let mut unfinished = Announcement::default();
        assert_eq!(unfinished.push(b"listening on port 80"), None, "the number may go on");
        assert_eq!(unfinished.finish(), Some(80));
    }

    #[test]
    fn what_announces_nothing() {
        let mut announcement = Announcement::default();
        for line in [
            "listening on port\n",
            "listening on port x\n",
            "listening on port 0\n",
            "listening on port 65536\n",
        ] {
            assert_eq!(announcement.push(line.as_bytes()), None, "{line}");
        }
        for _ in 0..100 {
            assert_eq!(announcement.push(&[b'x'; 1000]), None);
            assert!(announcement.line.len() <= LINE_BYTES, "an endless line costs no memory");
        }
        assert_eq!(announcement.push(b"\nlistening on port 7\n"), Some(7));
    }

    #[test]
    fn addresses_are_shown_as_they_are_written() {
        assert_eq!(Address::local(8080).to_string(), "127.0.0.1:8080");
        assert_eq!(Address { host: "::1".into(), port: 1 }.to_string(), "[::1]:1");
    }
}
