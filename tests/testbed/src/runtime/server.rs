//! The running fake: one thread reads frames, one thread per session plays its turns.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{self, BufReader, Read};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::clock;
use super::frame::{self, Incoming, Wire};
use super::journal::Journal;
use super::player::Player;
use super::script::Script;

/// A request of the client, or a notification when it has no id.
#[derive(Clone)]
pub struct Call {
    pub id: Option<Value>,
    pub method: String,
    pub params: Value,
}

/// One prompt that waits to be played.
pub struct Turn {
    pub send: Call,
    pub message_id: String,
    /// The script's actions, or nothing for the default turn.
    pub actions: Option<Vec<Value>>,
}

/// What the fake knows about a session.
#[derive(Default)]
pub struct Session {
    /// Persisted events, as `session.getMessages` gives them.
    pub events: Vec<Value>,
    pub streaming: bool,
    /// False once detached or destroyed: it can still be resumed.
    pub attached: bool,
    pub turns_sent: usize,
    /// Turns sent and not yet ended; an abort is ignored while there is none.
    pub turns_open: usize,
    pub aborted: Option<Value>,
    queue: Option<Sender<Turn>>,
}

/// Everything that changes while the fake runs.
#[derive(Default)]
pub struct State {
    pub sessions: BTreeMap<String, Session>,
    pub last_session: Option<String>,
    /// What the client was asked: nothing while it is open, its answer when it is settled.
    asked: HashMap<String, Option<Value>>,
    once_used: HashSet<String>,
    next_request: u64,
    next_uuid: u64,
    /// The right token was given, or there is none.
    pub let_in: bool,
    not_reading: bool,
    ignore_eof: bool,
}

/// Why a wait ended.
pub enum Waited {
    /// The answer to the question with this key.
    Answer(String, Value),
    /// The session's turn was aborted.
    Aborted,
}

/// The fake runtime.
pub struct Server {
    pub script: Script,
    pub wire: Wire,
    pub journal: Journal,
    /// What `connect` must give before anything else is answered.
    pub token: Option<String>,
    state: Mutex<State>,
    changed: Condvar,
}

impl State {
    /// An id that no other process of this fake gives out.
    pub fn uuid(&mut self) -> String {
        self.next_uuid += 1;
        format!("{:08x}-0000-4000-8000-{:012x}", std::process::id(), self.next_uuid)
    }

    /// Completes an event by what every event has, and keeps it if it is persistent.
    fn stamp(&mut self, session_id: &str, event: &Value) -> Value {
        let mut stamped = json!({"id": self.uuid(), "timestamp": clock::iso_now(), "parentId": null});
        let session = self.sessions.get_mut(session_id);
        if let Some(parent) = session.as_ref().and_then(|session| session.events.last()) {
            stamped["parentId"] = parent["id"].clone();
        }
        for (key, value) in event.as_object().into_iter().flatten() {
            stamped[key] = value.clone();
        }
        if let Some(session) = session
            && stamped["ephemeral"] != true
        {
            session.events.push(stamped.clone());
        }
        stamped
    }
}

impl Server {
    /// A server on stdio that has not read anything yet.
    pub fn new(script: Script, journal: Journal) -> io::Result<Arc<Server>> {
        let wire = Wire::over_stdout(journal.clone())?;
        Ok(Server::on(wire, script, journal, None))
    }

    /// A server on this wire that has not read anything yet. The early CLIs have no use for a token.
    pub fn on(wire: Wire, script: Script, journal: Journal, token: Option<String>) -> Arc<Server> {
        let token = token.filter(|_| script.connect);
        // The ids of requests to the client start at 0 on protocol 2 and at 1 on protocol 3.
        let next_request = u64::from(!script.is_protocol_2());
        let mut state = State { next_request, let_in: token.is_none(), ..State::default() };
        for id in script.sessions() {
            state.sessions.insert(id.clone(), Session::default());
            state.last_session = Some(id);
        }
        let (state, changed) = (Mutex::new(state), Condvar::new());
        Arc::new(Server { script, wire, journal, token, state, changed })
    }

    /// The state. Never held while something is written, since a client that reads slowly blocks writes.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Reads and handles frames until the input ends.
    pub fn serve(self: &Arc<Self>, input: impl Read) -> ! {
        let mut input = BufReader::new(input);
        loop {
            self.wait_while_not_reading();
            match frame::read(&mut input) {
                Incoming::Frame { header, body } => {
                    if !frame::is_canonical(&header, &body) {
                        self.journal.note(&json!({"odd_header": header}));
                    }
                    self.receive(&body);
                }
                Incoming::NoLength(header) => {
                    self.journal.note(&json!({"odd_header": header}));
                    self.reject(-32700, "Header must provide a Content-Length property.");
                }
                Incoming::Eof { inside_frame } => self.end_of_input(inside_frame),
            }
        }
    }

    /// Only counts what comes in. For the time after stdout was closed, when nothing can be answered.
    pub fn drain(&self) -> ! {
        let mut buffer = [0; 65536];
        let mut drained = 0;
        while let Ok(n @ 1..) = io::stdin().read(&mut buffer) {
            drained += n;
        }
        self.journal.note(&json!({"drained": drained}));
        self.end_of_input(false)
    }

    fn end_of_input(&self, inside_frame: bool) -> ! {
        match inside_frame {
            true => self.journal.note(&json!({"eof": true, "insideFrame": true})),
            false => self.journal.note(&json!({"eof": true})),
        }
        if self.wire.is_connection() {
            self.wire.hang_up();
        } else if !self.state().ignore_eof {
            self.journal.exit(0);
        }
        park_for_ever()
    }

    fn receive(self: &Arc<Self>, body: &[u8]) {
        let message: Value = match serde_json::from_slice(body) {
            Ok(message) => message,
            Err(error) => {
                let text = String::from_utf8_lossy(body);
                self.journal.note(&json!({"in_bad": text, "error": error.to_string()}));
                return self.reject(-32700, &error.to_string());
            }
        };
        self.journal.note(&json!({"in": message}));
        let id = message.get("id").cloned();
        let Some(method) = message.get("method").and_then(Value::as_str) else {
            return self.receive_reply(&id.unwrap_or(Value::Null), message);
        };
        let valid_id = id.as_ref().is_none_or(|id| id.is_string() || id.is_i64() || id.is_u64());
        if message["jsonrpc"] != "2.0" || !valid_id {
            return self.reject(-32600, "not a valid request");
        }
        let params = message.get("params").cloned().unwrap_or(Value::Null);
        self.call(Call { id, method: method.to_owned(), params });
    }

    fn receive_reply(&self, id: &Value, message: Value) {
        let well_formed = message.get("result").is_some() || message.get("error").is_some();
        if message["jsonrpc"] != "2.0" || !well_formed {
            self.reject(-32600, "not a valid request");
        } else if !self.settle(&reply_key(id), message) {
            self.journal.note(&json!({"unmatched_reply": id}));
        }
    }

    /// Answers a request: by the script if it says how, else as a real runtime would.
    fn call(self: &Arc<Self>, call: Call) {
        if call.method != "connect" && !self.state().let_in {
            let error = json!({"code": -32001, "message": "AUTHENTICATION_REQUIRED"});
            return Player::for_call(self.clone(), call).reply_error(error);
        }
        let Some(actions) = self.scripted(&call.method) else {
            return Player::for_call(self.clone(), call).builtin();
        };
        // The next frame waits until the actions are played, or wait for something themselves. So the order
        // of replies is the script's, and an action that waits for a later message still gets it.
        let (baton, played) = channel();
        let server = self.clone();
        thread::spawn(move || Player::for_call(server, call).with_baton(baton).play_list(&actions));
        // An error only says that the baton was dropped, which is the sign to go on.
        let _ = played.recv();
    }

    fn scripted(&self, method: &str) -> Option<Vec<Value>> {
        if let Some(actions) = self.script.once(method)
            && self.state().once_used.insert(method.to_owned())
        {
            return Some(actions);
        }
        self.script.on(method)
    }

    /// An error for a message that cannot be attributed to a request.
    fn reject(&self, code: i64, message: &str) {
        let error = json!({"code": code, "message": message});
        self.wire.send(&json!({"jsonrpc": "2.0", "id": null, "error": error}));
    }

    /// Sends a notification.
    pub fn notify(&self, method: &str, params: Value) {
        self.wire.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// Sends a lifecycle notification.
    pub fn lifecycle(&self, kind: &str, session_id: &str) {
        self.notify("session.lifecycle", json!({"type": kind, "sessionId": session_id}));
    }

    /// Sends an event, completed by id, time and parent, and the lifecycle update that follows a lasting one.
    pub fn emit(&self, session_id: &str, event: &Value) {
        // Numbered under the writers' lock, so that parents come before their children on the wire.
        let mut out = self.wire.lock();
        let event = self.state().stamp(session_id, event);
        let lasting = event["ephemeral"] != true && self.state().sessions.contains_key(session_id);
        self.wire.send_locked(&mut out, &event_message(session_id, event));
        drop(out);
        if lasting {
            self.lifecycle("session.updated", session_id);
        }
    }

    /// An event as a message, for senders that write the bytes themselves.
    pub fn stamped(&self, session_id: &str, event: &Value) -> Value {
        let event = self.state().stamp(session_id, event);
        event_message(session_id, event)
    }

    /// Sends a request to the client and gives the key and the id under which its reply is awaited.
    pub fn request(&self, method: &str, params: Value) -> (String, u64) {
        let mut state = self.state();
        let id = state.next_request;
        state.next_request += 1;
        let key = reply_key(&id.into());
        state.asked.insert(key.clone(), None);
        drop(state);
        self.wire.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        (key, id)
    }

    /// Opens a question that is answered by a `…handlePending…` call with its request id, which is given or new.
    pub fn open_question(&self, given: Option<&str>) -> String {
        let mut state = self.state();
        let request_id = given.map_or_else(|| state.uuid(), str::to_owned);
        state.asked.insert(request_id.clone(), None);
        request_id
    }

    /// Settles a question. False if there is none or it is settled already: the first answer wins.
    pub fn settle(&self, key: &str, answer: Value) -> bool {
        let mut state = self.state();
        let Some(open @ None) = state.asked.get_mut(key) else { return false };
        *open = Some(answer);
        self.changed.notify_all();
        true
    }

    /// Waits until one of these questions is settled or the turn of the session, if one is given, is aborted.
    pub fn wait_answer(&self, keys: &[String], session_id: Option<&str>) -> Waited {
        let mut state = self.state();
        loop {
            for key in keys {
                if let Some(Some(answer)) = state.asked.get(key) {
                    return Waited::Answer(key.clone(), answer.clone());
                }
            }
            if session_id.is_some_and(|id| is_aborted(&state, id)) {
                return Waited::Aborted;
            }
            state = self.changed.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
    }

    /// Waits until the session's turn is aborted, at most this long. True if it was.
    pub fn wait_abort(&self, session_id: &str, limit: Option<Duration>) -> bool {
        let end = limit.map(|limit| Instant::now() + limit);
        let mut state = self.state();
        loop {
            if is_aborted(&state, session_id) {
                return true;
            }
            // Without a limit an hour does: the client's end is noticed by the reader, which ends the process.
            let left = end.map_or(Duration::from_secs(3600), |end| end.duration_since(Instant::now()));
            if left.is_zero() {
                return false;
            }
            let (guard, _) =
                self.changed.wait_timeout(state, left).unwrap_or_else(|poisoned| poisoned.into_inner());
            state = guard;
        }
    }

    /// Aborts what the session is doing, if it is doing anything.
    pub fn abort(&self, session_id: &str, reason: Value) {
        let mut state = self.state();
        if let Some(session) = state.sessions.get_mut(session_id)
            && session.turns_open > 0
        {
            session.aborted = Some(reason);
            self.changed.notify_all();
        }
    }

    /// Queues a turn behind those of its session, and starts the session's thread at the first.
    pub fn enqueue(self: &Arc<Self>, session_id: &str, turn: Turn) {
        let mut state = self.state();
        let Some(session) = state.sessions.get_mut(session_id) else { return };
        session.turns_open += 1;
        let queue = session.queue.get_or_insert_with(|| {
            let (sender, receiver) = channel::<Turn>();
            let (server, session_id) = (self.clone(), session_id.to_owned());
            thread::spawn(move || {
                for turn in receiver {
                    Player::for_turn(server.clone(), &session_id, &turn).play_turn(turn);
                }
            });
            sender
        });
        // The thread lives as long as the sender, so this cannot fail.
        let _ = queue.send(turn);
    }

    /// The reader reads no further frame.
    pub fn stop_reading(&self) {
        self.state().not_reading = true;
    }

    /// The end of stdin does not end the process.
    pub fn ignore_eof(&self) {
        self.state().ignore_eof = true;
    }

    /// Whether the end of stdin is ignored.
    pub fn ignores_eof(&self) -> bool {
        self.state().ignore_eof
    }

    fn wait_while_not_reading(&self) {
        if self.state().not_reading {
            park_for_ever();
        }
    }
}

fn is_aborted(state: &State, session_id: &str) -> bool {
    state.sessions.get(session_id).is_some_and(|session| session.aborted.is_some())
}

fn event_message(session_id: &str, event: Value) -> Value {
    json!({"jsonrpc": "2.0", "method": "session.event", "params": {"sessionId": session_id, "event": event}})
}

/// Replies are awaited under their id as JSON text: a client that answers "0" to 0 does not match.
fn reply_key(id: &Value) -> String {
    format!("#{id}")
}

/// The end of a thread that must not end the process.
pub fn park_for_ever() -> ! {
    loop {
        thread::park();
    }
}
