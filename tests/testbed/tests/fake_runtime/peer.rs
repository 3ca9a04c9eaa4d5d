//! A raw client of the fake runtime: frames in, frames out, every wait bounded.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, ExitStatus};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testbed::runtime::FakeRuntime;

/// Far more than anything here takes, even on a busy machine.
pub const LIMIT: Duration = Duration::from_secs(20);

/// A running fake and what it wrote.
pub struct Peer {
    pub runtime: FakeRuntime,
    pub child: Child,
    stdin: Option<ChildStdin>,
    output: Receiver<Vec<u8>>,
    buffer: Vec<u8>,
    next_id: u64,
}

impl Peer {
    pub fn start(script: Value) -> Peer {
        let runtime = FakeRuntime::new(script);
        let mut child = runtime.command().arg("--stdio").spawn().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        let (sender, output) = channel();
        thread::spawn(move || {
            let mut bytes = [0; 8192];
            while let Ok(n @ 1..) = stdout.read(&mut bytes) {
                if sender.send(bytes[..n].to_vec()).is_err() {
                    return;
                }
            }
        });
        let stdin = child.stdin.take();
        Peer { runtime, child, stdin, output, buffer: Vec::new(), next_id: 0 }
    }

    /// A started fake with a session `s` that streams.
    pub fn with_session(script: Value) -> Peer {
        let mut peer = Peer::start(script);
        peer.call("session.create", json!({"sessionId": "s", "streaming": true}));
        peer
    }

    pub fn write(&mut self, bytes: &[u8]) {
        self.stdin.as_mut().unwrap().write_all(bytes).unwrap();
    }

    pub fn send(&mut self, message: &Value) {
        let body = message.to_string();
        self.write(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    }

    /// Sends a request and gives its id.
    pub fn request(&mut self, method: &str, params: Value) -> u64 {
        self.next_id += 1;
        self.send(&json!({"jsonrpc": "2.0", "id": self.next_id, "method": method, "params": params}));
        self.next_id
    }

    /// Sends a request and gives its reply; what comes before is skipped.
    pub fn call(&mut self, method: &str, params: Value) -> Value {
        let id = self.request(method, params);
        self.until(|message| message["id"] == id && message.get("method").is_none())
    }

    /// Sends a prompt and gives the reply's message id.
    pub fn prompt(&mut self, prompt: &str) -> String {
        let reply = self.call("session.send", json!({"sessionId": "s", "prompt": prompt}));
        reply["result"]["messageId"].as_str().unwrap().to_owned()
    }

    /// The stdin, to write to it from elsewhere; dropping it is the end of input.
    pub fn take_stdin(&mut self) -> ChildStdin {
        self.stdin.take().unwrap()
    }

    /// The next message.
    pub fn next(&mut self) -> Value {
        let header = self.bytes_until(b"\r\n\r\n");
        let text = String::from_utf8(header).unwrap();
        let length = text.strip_prefix("Content-Length: ").unwrap().trim().parse().unwrap();
        let body = self.bytes(length);
        serde_json::from_slice(&body).unwrap()
    }

    /// The next message like this.
    pub fn until(&mut self, is_it: impl Fn(&Value) -> bool) -> Value {
        loop {
            let message = self.next();
            if is_it(&message) {
                return message;
            }
        }
    }

    /// The data of the next event of this type.
    pub fn event(&mut self, kind: &str) -> Value {
        self.until(|message| message["params"]["event"]["type"] == kind)["params"]["event"]["data"].take()
    }

    /// The next request of the server.
    pub fn server_request(&mut self) -> Value {
        self.until(|message| message.get("id").is_some() && message.get("method").is_some())
    }

    /// Types of the events up to this one, without repetitions in a row.
    pub fn event_types_until(&mut self, last: &str) -> Vec<String> {
        let mut types: Vec<String> = Vec::new();
        while types.last().is_none_or(|kind| kind != last) {
            let message = self.until(|message| message["method"] == "session.event");
            let kind = message["params"]["event"]["type"].as_str().unwrap();
            if types.last().is_none_or(|previous| previous != kind) {
                types.push(kind.to_owned());
            }
        }
        types
    }

    /// The next bytes up to and with these.
    pub fn bytes_until(&mut self, end: &[u8]) -> Vec<u8> {
        loop {
            if let Some(at) = self.buffer.windows(end.len()).position(|window| window == end) {
                return self.buffer.drain(..at + end.len()).collect();
            }
            assert!(self.fill(), "stdout ended before {end:?}; it has {:?}", self.buffer);
        }
    }

    /// The next so many bytes.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        while self.buffer.len() < count {
            assert!(self.fill(), "stdout ended after {} of {count} bytes", self.buffer.len());
        }
        self.buffer.drain(..count).collect()
    }

    /// All bytes to the end of stdout.
    pub fn rest(&mut self) -> Vec<u8> {
        while self.fill() {}
        std::mem::take(&mut self.buffer)
    }

    /// Takes in more output; false at its end.
    fn fill(&mut self) -> bool {
        match self.output.recv_timeout(LIMIT) {
            Ok(bytes) => self.buffer.extend(bytes),
            Err(RecvTimeoutError::Disconnected) => return false,
            Err(RecvTimeoutError::Timeout) => {
                let log = self.runtime.log();
                panic!("nothing came for {LIMIT:?}; buffer {:?}, log {log:#?}", self.buffer)
            }
        }
        true
    }

    /// Waits for the end of the process.
    pub fn exit_status(&mut self) -> ExitStatus {
        let end = Instant::now() + LIMIT;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < end, "the fake did not end; log {:#?}", self.runtime.log());
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Waits for a record of the log.
    pub fn logged(&self, is_it: impl Fn(&Value) -> bool) -> Value {
        self.runtime.wait_log(is_it, LIMIT).unwrap()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
