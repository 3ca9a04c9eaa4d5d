//! A client of the CLI with nothing but `Content-Length` frames and JSON: the simplest driver of scenarios.

mod row;

use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use testbed::cli::{Cli, Fence};
use testbed::scenario::{Observed, Scenario};

/// No reply and no turn of a test takes this long.
const LIMIT: Duration = Duration::from_secs(30);

/// A running CLI. Its sessions may be used from several threads at once.
pub struct Raw {
    child: Child,
    input: Mutex<ChildStdin>,
    routes: Arc<Routes>,
    next_id: AtomicU64,
    version: u32,
    /// It wants the permission words of before 1.0.35.
    old_words: bool,
}

/// Who gets what arrives.
#[derive(Default)]
struct Routes {
    replies: Mutex<HashMap<u64, Sender<Value>>>,
    sessions: Mutex<HashMap<String, Sender<Value>>>,
}

impl Routes {
    fn deliver(&self, message: Value) {
        let to = if message.get("method").is_some() {
            let session = message["params"]["sessionId"].as_str().unwrap_or_default();
            self.sessions.lock().unwrap().get(session).cloned()
        } else {
            message["id"].as_u64().and_then(|id| self.replies.lock().unwrap().remove(&id))
        };
        // What nobody waits for any more is dropped.
        let _ = to.map(|to| to.send(message));
    }

    /// Whoever waits learns that nothing comes any more.
    fn close(&self) {
        self.replies.lock().unwrap().clear();
        self.sessions.lock().unwrap().clear();
    }
}

impl Raw {
    pub fn spawn(cli: &Cli, fence: &Fence) -> Raw {
        let mut child = cli.command(fence).spawn().expect("the CLI starts");
        let input = Mutex::new(child.stdin.take().unwrap());
        let output = BufReader::new(child.stdout.take().unwrap());
        let routes = Arc::new(Routes::default());
        let readers = Arc::clone(&routes);
        std::thread::spawn(move || {
            read_frames(output, |message| readers.deliver(message));
            readers.close();
        });
        let old_words = !cli.is_at_least("1.0.35");
        Raw { child, input, routes, next_id: AtomicU64::new(1), version: cli.protocol, old_words }
    }

    fn send(&self, mut message: Value) {
        message["jsonrpc"] = "2.0".into();
        let body = message.to_string();
        let mut input = self.input.lock().unwrap();
        write!(input, "Content-Length: {}\r\n\r\n{body}", body.len()).expect("the CLI reads");
    }

    /// Sends a request, whose reply goes to `to`.
    fn request(&self, method: &str, params: Value, to: &Sender<Value>) -> u64 {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        self.routes.replies.lock().unwrap().insert(id, to.clone());
        self.send(json!({"id": id, "method": method, "params": params}));
        id
    }

    /// Takes what arrives for a session, and forgets who took it before.
    fn listen(&self, session: &str, to: &Sender<Value>) {
        self.routes.sessions.lock().unwrap().insert(session.to_owned(), to.clone());
    }

    /// Sends a request and waits for its result.
    pub fn call(&self, method: &str, params: Value) -> Value {
        let (sender, replies) = channel();
        self.request(method, params, &sender);
        drop(sender);
        let reply = receive(&replies, LIMIT).unwrap_or_else(|why| panic!("no reply to {method}: {why}"));
        assert!(reply.get("error").is_none(), "{method}: {reply}");
        reply["result"].clone()
    }

    /// Runs a bound scenario in a session of its own.
    ///
    /// # Errors
    /// What did not come in time, or failed and should not.
    pub fn run(&self, row: &Scenario) -> Result<Observed, String> {
        row::run(self, row)
    }

    /// Sends a message to a session that there is, and serves it until it is idle, with one tool of one answer.
    pub fn turn(&self, session: &str, prompt: &str, tool: &str, reply: &str) -> Observed {
        let row = json!({
            "about": "", "script": [], "inputs": [{"send": prompt}], "expect": {}, "session": {"sessionId": session},
            "tools": [{"tool": {"name": tool}, "reply": reply}],
        });
        row::continue_session(self, &serde_json::from_value(row).unwrap()).unwrap()
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn receive(inbox: &Receiver<Value>, patience: Duration) -> Result<Value, String> {
    inbox.recv_timeout(patience).map_err(|why| why.to_string())
}

fn read_frames(mut output: impl BufRead, mut deliver: impl FnMut(Value)) {
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if output.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            match line.trim().split_once(':') {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.trim().parse().unwrap_or(0);
                }
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        if output.read_exact(&mut body).is_err() {
            return;
        }
        let Ok(message) = serde_json::from_slice(&body) else { return };
        deliver(message);
    }
}
