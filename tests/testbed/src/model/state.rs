//! What the server's threads share: scripts, recorded requests, open connections.

use super::step::{self, Step};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A recorded model request.
#[derive(Debug, Clone, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// The URL's path.
    pub path: String,
    /// Header names in lower case.
    pub headers: Map<String, Value>,
    /// The body; null when it was not JSON.
    pub body: Value,
    /// The client closed the connection before the answer was complete.
    pub client_left: bool,
}

/// An account with the hosted API.
#[derive(Clone)]
pub(super) struct Account {
    pub login: String,
    /// The ids of the models it may use; each begins with an ASCII letter.
    pub models: Vec<String>,
}

/// What a script has for a request.
pub(super) enum Turn {
    /// The script's next step.
    Step(Step),
    /// The script is used up; the number of the step that is not there.
    Exhausted(usize),
    /// There is no script with this id.
    NoScript,
}

#[derive(Default)]
struct Inner {
    scripts: HashMap<String, Vec<Step>>,
    records: HashMap<String, Vec<Record>>,
    /// By token, of the hosted API.
    accounts: HashMap<String, Account>,
    connections: HashMap<u64, TcpStream>,
    /// Numbers answers and connections.
    counter: u64,
    stopped: bool,
}

pub(super) struct State {
    port: u16,
    inner: Mutex<Inner>,
    changed: Condvar,
}

impl State {
    pub fn new(port: u16) -> State {
        State { port, inner: Mutex::default(), changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn base_url(&self, id: &str) -> String {
        format!("http://127.0.0.1:{}/s/{id}/v1", self.port)
    }

    pub fn set_script(&self, id: &str, steps: &Value) -> Result<(), String> {
        let legal = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if id.is_empty() || !id.chars().all(legal) {
            return Err(
                "an id is made of letters, digits, '-', '_' and '.', since it stands in a path".into()
            );
        }
        let steps = step::parse_script(steps)?;
        let mut inner = self.lock();
        inner.scripts.insert(id.to_owned(), steps);
        inner.records.remove(id);
        Ok(())
    }

    /// The URL of the hosted API.
    pub fn hosted_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn set_account(&self, token: &str, account: Account) {
        self.lock().accounts.insert(token.to_owned(), account);
    }

    pub fn account(&self, token: &str) -> Option<Account> {
        self.lock().accounts.get(token).cloned()
    }

    pub fn records(&self, id: &str) -> Vec<Record> {
        self.lock().records.get(id).cloned().unwrap_or_default()
    }

    /// Records a request and takes the step that answers it; also the request's index.
    pub fn take(&self, id: &str, record: Record) -> (Turn, usize) {
        let mut inner = self.lock();
        let records = inner.records.entry(id.to_owned()).or_default();
        records.push(record);
        let index = records.len() - 1;
        let turn = match inner.scripts.get(id) {
            None => Turn::NoScript,
            Some(steps) => steps.get(index).cloned().map_or(Turn::Exhausted(index + 1), Turn::Step),
        };
        drop(inner);
        self.changed.notify_all();
        (turn, index)
    }

    pub fn note_client_left(&self, id: &str, index: usize) {
        if let Some(record) = self.lock().records.get_mut(id).and_then(|r| r.get_mut(index)) {
            record.client_left = true;
        }
        self.changed.notify_all();
    }

    pub fn next_number(&self) -> u64 {
        let mut inner = self.lock();
        inner.counter += 1;
        inner.counter
    }

    /// Waits until `done` holds for the records of `id`.
    pub fn wait(&self, id: &str, timeout: Duration, done: impl Fn(&[Record]) -> bool) -> Result<(), String> {
        let deadline = Instant::now() + timeout;
        let mut inner = self.lock();
        loop {
            let records = inner.records.get(id).map_or(&[][..], Vec::as_slice);
            if done(records) {
                return Ok(());
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let last = records.last().map_or("none".to_owned(), |r| r.body["messages"].to_string());
                let last: String =
                    last.chars().rev().take(400).collect::<Vec<_>>().into_iter().rev().collect();
                return Err(format!("{} requests in {timeout:?}; the last one's end: {last}", records.len()));
            }
            inner = self.changed.wait_timeout(inner, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Sleeps unless the server stops first; false when it stopped.
    pub fn pause(&self, time: Duration) -> bool {
        let deadline = Instant::now() + time;
        let mut inner = self.lock();
        while !inner.stopped {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            inner = self.changed.wait_timeout(inner, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        false
    }

    pub fn is_stopped(&self) -> bool {
        self.lock().stopped
    }

    /// Ends every connection, and every wait of a connection's thread.
    pub fn stop(&self) {
        let mut inner = self.lock();
        inner.stopped = true;
        for stream in inner.connections.values() {
            let _ = stream.shutdown(Shutdown::Both);
        }
        drop(inner);
        self.changed.notify_all();
    }

    pub fn wait_no_connections(&self, timeout: Duration) {
        let inner = self.lock();
        let busy = |inner: &mut Inner| !inner.connections.is_empty();
        drop(self.changed.wait_timeout_while(inner, timeout, busy));
    }

    /// Registers a connection until the returned guard is dropped; none when the server has stopped.
    pub fn enter(self: &Arc<Self>, stream: &TcpStream) -> Option<Connection> {
        let mut inner = self.lock();
        let twin = stream.try_clone().ok().filter(|_| !inner.stopped)?;
        inner.counter += 1;
        let number = inner.counter;
        inner.connections.insert(number, twin);
        Some(Connection { state: self.clone(), number })
    }
}

/// An open connection, known to the server so that it can be closed when the server stops.
pub(super) struct Connection {
    state: Arc<State>,
    number: u64,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.state.lock().connections.remove(&self.number);
        self.state.changed.notify_all();
    }
}
