//! What the fake answers when the script says nothing else.

use serde_json::{Value, json};

use super::clock;
use super::player::Player;
use super::server::{Session, Turn};

/// The keys that `connect` accepts; a real server refuses any other.
const CONNECT_KEYS: [&str; 4] =
    ["enableGitHubTelemetryForwarding", "clientInfo", "supportedTaskKinds", "token"];

/// A result, or the code and message of an error.
type Answer = Result<Value, (i64, String)>;

impl Player {
    /// Does what a real runtime would do with the request, and replies.
    pub fn builtin(&mut self) {
        match self.call.method.clone().as_str() {
            "session.create" => self.create(),
            "session.resume" => self.resume(),
            "session.send" => self.send(),
            "session.delete" => self.delete(),
            "session.model.switchTo" => self.switch_model(),
            "session.tools.handlePendingToolCall"
            | "session.permissions.handlePendingPermissionRequest"
            | "session.ui.handlePendingElicitation"
            | "session.ui.handlePendingUserInput"
            | "session.mcp.oauth.handlePendingRequest" => self.settle(false),
            "session.abort" => self.abort(),
            "session.detach" if self.server.script.connect => {
                // It succeeds for unknown sessions too.
                self.reply_before_effects(|player| {
                    player.detach();
                    json!({"success": true})
                });
            }
            "session.destroy" => self.reply_before_effects(|player| json!({"success": player.detach()})),
            // Commands alone succeed with any request id.
            "session.commands.handlePendingCommand" => self.settle(true),
            "runtime.shutdown" if self.server.script.connect => {
                self.reply(Value::Null);
                self.server.journal.exit(0);
            }
            method => match self.simple(method) {
                Ok(result) => self.reply(result),
                Err((code, message)) => self.reply_error(json!({"code": code, "message": message})),
            },
        }
    }

    /// The methods that only have a result.
    fn simple(&mut self, method: &str) -> Answer {
        let script = &self.server.script;
        let params = &self.call.params;
        match method {
            "connect" if script.connect => self.connect(),
            "ping" => {
                let said = params.get("message").and_then(Value::as_str);
                let message = said.map_or("pong".to_owned(), |text| format!("pong: {text}"));
                let time =
                    if script.iso_timestamp { json!(clock::iso_now()) } else { json!(clock::millis_now()) };
                Ok(self.with_protocol(json!({"message": message, "timestamp": time})))
            }
            "status.get" => Ok(self.with_protocol(json!({"version": script.version}))),
            "auth.getStatus" => Ok(json!({"isAuthenticated": true, "authType": "user", "login": "fake"})),
            "models.list" => Ok(json!({"models": [model()]})),
            "session.list" => Ok(json!({"sessions": self.list()})),
            "session.getMetadata" => {
                let found = self.list().into_iter().find(|one| one["sessionId"] == params["sessionId"]);
                Ok(found.map_or(json!({}), |session| json!({"session": session})))
            }
            "session.getLastId" => {
                let last = self.server.state().last_session.clone();
                Ok(last.map_or(json!({}), |id| json!({"sessionId": id})))
            }
            "session.getForeground" => Ok(json!({})),
            "session.setForeground" => {
                Ok(json!({"success": false, "error": "Not running in TUI+server mode"}))
            }
            "session.getMessages" => {
                self.with_session(|session| json!({"events": session.events})).ok_or(self.not_found())
            }
            "session.eventLog.registerInterest" => Ok(json!({"handle": "interest-1"})),
            "session.eventLog.releaseInterest" | "session.options.update" => Ok(json!({"success": true})),
            "session.tools.set" => Ok(json!({})),
            "session.skills.reload" => Ok(json!({"warnings": [], "errors": []})),
            _ => Err((-32601, format!("Unhandled method {method}"))),
        }
    }

    fn connect(&self) -> Answer {
        let params = self.call.params.as_object();
        if let Some(key) = params.into_iter().flat_map(|params| params.keys()).find(|key| !is_known(key)) {
            return Err((-32602, format!("unknown field `{key}`, expected one of {CONNECT_KEYS:?}")));
        }
        let given = self.call.params.get("token").filter(|token| !token.is_null());
        match &self.server.token {
            None if given.is_some() => return Err((-32003, "AUTHENTICATION_NOT_CONFIGURED".into())),
            Some(token) if given.and_then(Value::as_str) != Some(token) => {
                return Err((-32002, "AUTHENTICATION_FAILED".into()));
            }
            _ => self.server.state().let_in = true,
        }
        Ok(self.with_protocol(json!({"ok": true, "version": self.server.script.version})))
    }

    /// Adds the protocol version unless the script hides it.
    fn with_protocol(&self, mut result: Value) -> Value {
        if !self.server.script.protocol.is_null() {
            result["protocolVersion"] = self.server.script.protocol.clone();
        }
        result
    }

    fn with_session<T>(&self, ask: impl FnOnce(&Session) -> T) -> Option<T> {
        self.server.state().sessions.get(&self.session_id).filter(|session| session.attached).map(ask)
    }

    fn not_found(&self) -> (i64, String) {
        let (method, id) = (&self.call.method, &self.session_id);
        (-32603, format!("Request {method} failed with message: Session not found: {id}"))
    }

    fn list(&self) -> Vec<Value> {
        let now = clock::iso_now();
        let entry = |id| json!({"sessionId": id, "startTime": now, "modifiedTime": now, "summary": "", "isRemote": false});
        self.server.state().sessions.keys().map(entry).collect()
    }

    /// Takes an answer, and replies whether it was the first one.
    fn settle(&mut self, always_succeeds: bool) {
        let params = self.call.params.clone();
        self.reply_before_effects(|player| {
            let request_id = params["requestId"].as_str();
            let first = request_id.is_some_and(|id| player.server.settle(id, params.clone()));
            json!({"success": first || always_succeeds})
        });
    }

    fn abort(&mut self) {
        let reason = self.call.params.get("reason").cloned().unwrap_or(json!("user_initiated"));
        self.reply_before_effects(|player| {
            player.server.abort(&player.session_id, reason);
            json!({"success": true})
        });
    }

    /// Does something and replies with its result. Under the writers' lock, so that the events that follow
    /// from it in a turn come after the reply.
    fn reply_before_effects(&mut self, act: impl FnOnce(&Player) -> Value) {
        let server = self.server.clone();
        let mut out = server.wire.lock();
        let result = act(self);
        if let Some(id) = &self.call.id {
            let reply = json!({"jsonrpc": "2.0", "id": id, "result": result});
            server.wire.send_locked(&mut out, &reply);
            self.last_reply = Some(reply);
        }
    }

    fn create(&mut self) {
        let given = self.call.params.get("sessionId").and_then(Value::as_str).map(str::to_owned);
        self.session_id = given.unwrap_or_else(|| self.server.state().uuid());
        let is_new = self.attach();
        let start = json!({"sessionId": self.session_id, "version": 1, "producer": "copilot-agent"});
        let open = |player: &Player| {
            if is_new {
                player.emit("session.start", start.clone());
            }
            // Twice, as the real one does.
            player.server.lifecycle("session.created", &player.session_id);
            player.server.lifecycle("session.created", &player.session_id);
        };
        let result = self.opened();
        self.reply_and(result, open);
    }

    fn resume(&mut self) {
        let known = self.call.params["sessionId"].as_str().is_some_and(|id| {
            self.session_id = id.to_owned();
            self.server.state().sessions.contains_key(id)
        });
        if !known {
            let (code, message) = self.not_found();
            return self.reply_error(json!({"code": code, "message": message}));
        }
        let was_attached = self.with_session(|_| ()).is_some();
        self.attach();
        let count = self.with_session(|session| session.events.len()).unwrap_or_default();
        let silent = self.call.params["disableResume"] == true;
        // Protocol 2 says it twice when the session is still resident.
        let times = match (silent, self.server.script.is_protocol_2() && was_attached) {
            (true, _) => 0,
            (false, true) => 2,
            (false, false) => 1,
        };
        let result = self.opened();
        self.reply_and(result, |player| {
            for _ in 0..times {
                player.emit("session.resume", json!({"eventCount": count}));
            }
        });
    }

    /// Protocol 2 sends a session's first events before the reply, protocol 3 after it.
    fn reply_and(&mut self, result: Value, events: impl Fn(&Player)) {
        if self.server.script.is_protocol_2() {
            events(self);
            self.reply(result);
        } else {
            self.reply(result);
            events(self);
        }
    }

    /// Makes the session this connection's. True if there was none.
    fn attach(&self) -> bool {
        let mut state = self.server.state();
        state.last_session = Some(self.session_id.clone());
        let is_new = !state.sessions.contains_key(&self.session_id);
        let session = state.sessions.entry(self.session_id.clone()).or_default();
        session.attached = true;
        session.streaming = self.call.params["streaming"] == true;
        is_new
    }

    fn opened(&self) -> Value {
        let id = &self.session_id;
        let mut result = json!({"sessionId": id, "workspacePath": format!("/fake-runtime/{id}")});
        if self.server.script.connect {
            let elicitation = self.call.params["requestElicitation"] == true;
            result["capabilities"] = json!({"ui": {"elicitation": elicitation}});
        }
        result
    }

    fn send(&mut self) {
        let mut state = self.server.state();
        let message_id = state.uuid();
        let session = state.sessions.get_mut(&self.session_id).filter(|session| session.attached);
        let Some(session) = session else {
            drop(state);
            let (code, message) = self.not_found();
            return self.reply_error(json!({"code": code, "message": message}));
        };
        let actions = self.server.script.turn(session.turns_sent);
        session.turns_sent += 1;
        drop(state);
        self.reply(json!({"messageId": message_id}));
        self.server.enqueue(&self.session_id, Turn { send: self.call.clone(), message_id, actions });
    }

    fn switch_model(&mut self) {
        let model = self.call.params["modelId"].clone();
        self.reply(json!({"modelId": model}));
        self.emit("session.model_change", json!({"newModel": model}));
    }

    fn delete(&mut self) {
        let id = self.session_id.clone();
        let existed = self.server.state().sessions.contains_key(&id);
        self.reply_before_effects(|player| {
            player.server.abort(&id, json!("deleted"));
            match player.server.state().sessions.remove(&id) {
                Some(_) => json!({"success": true}),
                None => json!({"success": false, "error": format!("Session file not found for {id}")}),
            }
        });
        if existed {
            self.server.lifecycle("session.deleted", &id);
            self.server.lifecycle("session.deleted", &id);
        }
    }

    /// Ends what the session is doing and lets go of it. True if it was attached.
    fn detach(&self) -> bool {
        self.server.abort(&self.session_id, json!("detached"));
        let mut state = self.server.state();
        let session = state.sessions.get_mut(&self.session_id);
        session.is_some_and(|session| std::mem::replace(&mut session.attached, false))
    }
}

fn is_known(key: &str) -> bool {
    CONNECT_KEYS.contains(&key)
}

/// A model as `models.list` describes it.
fn model() -> Value {
    let capabilities =
        json!({"supports": {"vision": false}, "limits": {"max_context_window_tokens": 128_000}});
    json!({"id": "fake", "name": "Fake", "capabilities": capabilities})
}
