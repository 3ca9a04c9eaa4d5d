//! Plays lists of actions: those of a turn, and those that replace a built-in reply.

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use serde_json::{Value, json};

use super::questions::Question;
use super::script::verb;
use super::server::{Call, Server, Turn, park_for_ever};

/// How the list goes on after an action.
#[derive(Clone, Copy, PartialEq)]
pub enum Flow {
    Next,
    /// The rest of the list is not played.
    Stop,
    /// The turn was aborted; the rest is not played and the turn ends as an aborted one.
    Aborted,
}

/// One run over a list of actions.
pub struct Player {
    pub server: Arc<Server>,
    /// The request that is being answered; a turn's is its `session.send`.
    pub call: Call,
    pub session_id: String,
    pub message_id: Option<String>,
    /// Questions asked and not yet awaited.
    pub open: Vec<Question>,
    pub last_reply: Option<Value>,
    /// True from the start of a turn to its idle.
    is_turn: bool,
    /// The reason of the abort that the script waited for.
    abort: Option<Value>,
    /// Held while the reader must wait for this list; see [`Server::serve`].
    baton: Option<Sender<()>>,
}

impl Player {
    /// A player for a request.
    pub fn for_call(server: Arc<Server>, call: Call) -> Player {
        let named = call.params.get("sessionId").and_then(Value::as_str).map(str::to_owned);
        let last = || server.state().last_session.clone().unwrap_or_else(|| "no-session".into());
        let session_id = named.unwrap_or_else(last);
        Player {
            server,
            call,
            session_id,
            message_id: None,
            open: Vec::new(),
            last_reply: None,
            is_turn: false,
            abort: None,
            baton: None,
        }
    }

    /// A player for what happens before the first request.
    pub fn for_start(server: Arc<Server>) -> Player {
        Player::for_call(server, Call { id: None, method: "start".into(), params: Value::Null })
    }

    /// A player for a turn.
    pub fn for_turn(server: Arc<Server>, session_id: &str, turn: &Turn) -> Player {
        let mut player = Player::for_call(server, turn.send.clone());
        player.session_id = session_id.to_owned();
        player.message_id = Some(turn.message_id.clone());
        player.is_turn = true;
        player
    }

    /// Makes the reader wait until this player is dropped or waits for something itself.
    pub fn with_baton(mut self, baton: Sender<()>) -> Player {
        self.baton = Some(baton);
        self
    }

    /// Lets the reader go on.
    pub fn release_reader(&mut self) {
        self.baton = None;
    }

    /// Plays a list that is no turn.
    pub fn play_list(mut self, actions: &[Value]) {
        self.play(actions);
    }

    /// Plays a turn from the user's message to the idle.
    pub fn play_turn(mut self, turn: Turn) {
        let prompt = self.call.params["prompt"].as_str().unwrap_or_default().to_owned();
        self.emit("user.message", json!({"content": prompt, "messageId": turn.message_id}));
        self.emit("assistant.turn_start", json!({"turnId": turn.message_id}));
        let echo = || vec![json!({"text": prompt})];
        let flow = self.play(&turn.actions.unwrap_or_else(echo));
        self.drop_questions();
        if self.is_turn {
            match self.take_abort() {
                Some(reason) => self.end_aborted(&reason),
                None if flow == Flow::Stop => self.close_turn(),
                None => self.end_turn(json!({})),
            }
        }
    }

    fn play(&mut self, actions: &[Value]) -> Flow {
        for (index, action) in actions.iter().enumerate() {
            let rest = &actions[index + 1..];
            let flow = match verb(action) {
                Ok(verb) => self.action(verb, action, rest),
                // The script was checked when it was read.
                Err(_) => Flow::Stop,
            };
            if flow != Flow::Next {
                return flow;
            }
            // An abort that a later action waits for is left to it.
            let awaited = rest.iter().any(|action| action.get("await_abort").is_some());
            if self.is_turn && !awaited && self.server.wait_abort(&self.session_id, Some(Duration::ZERO)) {
                return Flow::Aborted;
            }
        }
        Flow::Next
    }

    fn action(&mut self, verb: &'static str, action: &Value, rest: &[Value]) -> Flow {
        let argument = &action[verb];
        match verb {
            "event" => self.emit_event(argument),
            "text" => self.text(argument.as_str().unwrap_or_default(), action.get("chunks")),
            "tool" | "permission" | "event_question" | "request" => return self.ask(verb, argument),
            "await" => return self.await_open(),
            "cancel" => self.cancel_last(),
            "sleep_ms" => return self.sleep(argument),
            "await_abort" => return self.await_abort(),
            "idle" => self.idle(argument),
            "error" => self.error(argument),
            "hang" => return self.hang(),
            "reply" => self.reply(argument.clone()),
            "reply_error" => self.reply_error(argument.clone()),
            "builtin" => self.builtin(),
            _ => return self.fault(verb, action, rest),
        }
        Flow::Next
    }

    /// Emits an event with this type and data.
    pub fn emit(&self, kind: &str, data: Value) {
        self.emit_event(&json!({"type": kind, "data": data}));
    }

    /// Emits an event that is not persisted.
    pub fn emit_ephemeral(&self, kind: &str, data: Value) {
        self.emit_event(&json!({"type": kind, "data": data, "ephemeral": true}));
    }

    /// Emits an event of the script. Its `sessionId` names another session than this player's.
    pub fn emit_event(&self, event: &Value) {
        let mut event = event.clone();
        let other = event.as_object_mut().and_then(|event| event.remove("sessionId"));
        let session_id = other.as_ref().and_then(Value::as_str).unwrap_or(&self.session_id);
        self.server.emit(session_id, &event);
    }

    /// An answer of the assistant, streamed in chunks where the session streams or the script says so.
    fn text(&mut self, text: &str, chunks: Option<&Value>) {
        let streams =
            self.server.state().sessions.get(&self.session_id).is_some_and(|session| session.streaming);
        let default = if streams { 4 } else { 0 };
        let chunks = chunks.and_then(Value::as_u64).unwrap_or(default) as usize;
        let message_id = self.server.state().uuid();
        if chunks > 0 && !self.server.script.is_protocol_2() {
            self.emit_ephemeral("assistant.message_start", json!({"messageId": message_id}));
        }
        let mut sent = 0;
        for chunk in pieces(text, chunks) {
            sent += chunk.len();
            self.emit_ephemeral("assistant.streaming_delta", json!({"totalResponseSizeBytes": sent}));
            let delta = json!({"messageId": message_id, "deltaContent": chunk});
            self.emit_ephemeral("assistant.message_delta", delta);
        }
        let mut message = json!({"messageId": message_id, "content": text, "toolRequests": []});
        if let Some(origin) = &self.message_id {
            message["originatingMessageId"] = json!(origin);
        }
        self.emit("assistant.message", message);
    }

    fn sleep(&mut self, argument: &Value) -> Flow {
        self.release_reader();
        let time = Duration::from_millis(argument.as_u64().unwrap_or_default());
        if self.is_turn && self.server.wait_abort(&self.session_id, Some(time)) {
            return Flow::Aborted;
        }
        if !self.is_turn {
            std::thread::sleep(time);
        }
        Flow::Next
    }

    fn await_abort(&mut self) -> Flow {
        self.release_reader();
        self.server.wait_abort(&self.session_id, None);
        self.abort = self.take_abort();
        Flow::Next
    }

    /// In a turn: nothing more until an abort. At the start: nothing ever. Elsewhere: no reply.
    fn hang(&mut self) -> Flow {
        self.release_reader();
        if self.is_turn {
            self.server.wait_abort(&self.session_id, None);
            return Flow::Aborted;
        }
        if self.call.method == "start" {
            park_for_ever();
        }
        Flow::Stop
    }

    fn idle(&mut self, data: &Value) {
        self.end_turn(if data.is_object() { data.clone() } else { json!({}) });
    }

    fn error(&mut self, data: &Value) {
        let mut error = json!({"errorType": "query", "message": "the scripted error"});
        if let Some(origin) = &self.message_id {
            error["originatingMessageId"] = json!(origin);
        }
        for (key, value) in data.as_object().into_iter().flatten() {
            error[key] = value.clone();
        }
        self.emit("session.error", error);
    }

    fn end_aborted(&mut self, reason: &Value) {
        self.emit("abort", json!({"reason": reason}));
        self.end_turn(json!({"aborted": true}));
    }

    fn end_turn(&mut self, idle: Value) {
        self.emit("assistant.turn_end", json!({"turnId": self.message_id}));
        if !self.server.script.is_protocol_2() {
            self.emit_ephemeral("assistant.idle", json!({}));
        }
        // Closed first: an abort that answers the idle comes too late for this turn.
        if idle["mode"] != "autopilot" {
            self.close_turn();
        }
        self.emit_ephemeral("session.idle", idle);
    }

    /// From here on an abort is none of this turn's.
    fn close_turn(&mut self) {
        if !std::mem::replace(&mut self.is_turn, false) {
            return;
        }
        if let Some(session) = self.server.state().sessions.get_mut(&self.session_id) {
            session.turns_open = session.turns_open.saturating_sub(1);
            session.aborted = None;
        }
    }

    fn take_abort(&mut self) -> Option<Value> {
        let seen = self.abort.take();
        seen.or_else(|| self.server.state().sessions.get_mut(&self.session_id)?.aborted.take())
    }

    /// The session whose aborts end this player's waits.
    pub fn abortable(&self) -> Option<&str> {
        self.is_turn.then_some(self.session_id.as_str())
    }

    /// Replies to the request. A notification has no reply.
    pub fn reply(&mut self, result: Value) {
        if let Some(id) = self.call.id.clone() {
            self.send_reply(json!({"jsonrpc": "2.0", "id": id, "result": result}));
        }
    }

    /// Replies with an error object; missing members get values.
    pub fn reply_error(&mut self, error: Value) {
        if let Some(id) = self.call.id.clone() {
            self.send_reply(json!({"jsonrpc": "2.0", "id": id, "error": completed_error(error, -32603)}));
        }
    }

    fn send_reply(&mut self, reply: Value) {
        self.server.wire.send(&reply);
        self.last_reply = Some(reply);
    }
}

/// An error object with code and message, whatever the script left out.
pub fn completed_error(error: Value, code: i64) -> Value {
    let mut completed = json!({"code": code, "message": "the scripted error"});
    for (key, value) in error.as_object().into_iter().flatten() {
        completed[key] = value.clone();
    }
    completed
}

/// The text in at most `count` pieces of about the same number of characters.
fn pieces(text: &str, count: usize) -> Vec<String> {
    if count == 0 {
        return Vec::new();
    }
    let characters: Vec<char> = text.chars().collect();
    let size = characters.len().div_ceil(count).max(1);
    characters.chunks(size).map(|piece| piece.iter().collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_cut_between_characters_and_lose_none() {
        assert_eq!(pieces("añb€c", 2), ["añb", "€c"]);
        assert_eq!(pieces("ab", 5), ["a", "b"]);
        assert!(pieces("", 3).is_empty() && pieces("abc", 0).is_empty());
        assert_eq!(pieces(&"€".repeat(100), 7).concat(), "€".repeat(100));
    }
}
