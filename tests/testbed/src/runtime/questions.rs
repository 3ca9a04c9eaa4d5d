//! What the runtime asks the client: tool calls, permissions, and whatever else a script asks.

use serde_json::{Value, json};

use super::player::{Flow, Player};
use super::server::Waited;

/// A question that was asked.
pub struct Question {
    /// Under which the server holds the answer.
    key: String,
    kind: Kind,
    means: Means,
}

/// What was asked, for what is said when the answer has come.
enum Kind {
    Tool { call_id: String },
    Other { name: String },
}

/// How it was asked.
enum Means {
    /// By an event; the text is the type of the event that says it is settled.
    Event { completed: String },
    /// By a JSON-RPC request with this id.
    Request { id: u64 },
}

impl Player {
    /// Asks, and waits for the answer unless the script says `"wait": false`. A list is asked at once and
    /// waited for together.
    pub fn ask(&mut self, verb: &str, argument: &Value) -> Flow {
        let many = argument.as_array().cloned().unwrap_or_else(|| vec![argument.clone()]);
        let mut wait = true;
        for mut one in many {
            let own = one.as_object_mut().and_then(|one| one.remove("wait"));
            wait &= own != Some(Value::Bool(false));
            let question = match verb {
                "tool" => self.ask_tool(&one),
                "permission" => self.ask_permission(one),
                "event_question" => self.ask_event(one),
                _ => self.ask_request(&one),
            };
            self.open.push(question);
        }
        if wait { self.await_open() } else { Flow::Next }
    }

    fn ask_tool(&mut self, tool: &Value) -> Question {
        let call_id = match tool.get("toolCallId").and_then(Value::as_str) {
            Some(id) => id.to_owned(),
            None => format!("call_{}", self.server.state().uuid()),
        };
        let arguments = tool.get("arguments").cloned().unwrap_or(json!({}));
        let start = json!({"toolCallId": call_id, "toolName": tool["name"], "arguments": arguments});
        self.emit("tool.execution_start", start.clone());
        let mut data = start;
        data["sessionId"] = json!(self.session_id);
        let mut question = if self.server.script.is_protocol_2() {
            self.request_question("tool.call", data)
        } else {
            let mut event = json!({"type": "external_tool.requested", "data": data});
            if let Some(agent) = tool.get("agentId") {
                event["agentId"] = agent.clone();
            }
            self.ask_event(event)
        };
        question.kind = Kind::Tool { call_id };
        question
    }

    fn ask_permission(&mut self, request: Value) -> Question {
        if self.server.script.is_protocol_2() {
            let params = json!({"sessionId": self.session_id, "permissionRequest": request});
            return self.request_question("permission.request", params);
        }
        let data = json!({"permissionRequest": request, "promptRequest": request});
        self.ask_event(json!({"type": "permission.requested", "data": data}))
    }

    /// Asks by an event of the script's making; the request id is ours unless the script gives one.
    fn ask_event(&mut self, mut event: Value) -> Question {
        let request_id = self.server.open_question(event["data"]["requestId"].as_str());
        let name = event["type"].as_str().unwrap_or_default().to_owned();
        event["data"]["requestId"] = json!(request_id);
        let completed = completed_type(&name);
        // Persisted are those that a session can be resumed with; all others pass.
        let persisted = ["external_tool.requested", "permission.requested"].contains(&name.as_str());
        if !persisted && event.get("ephemeral").is_none() {
            event["ephemeral"] = json!(true);
        }
        self.emit_event(&event);
        Question { key: request_id, kind: Kind::Other { name }, means: Means::Event { completed } }
    }

    fn ask_request(&mut self, request: &Value) -> Question {
        let mut params = request.get("params").cloned().unwrap_or(json!({}));
        let is_global = request.get("global").and_then(Value::as_bool).unwrap_or(false);
        if let Some(params) = params.as_object_mut()
            && !is_global
        {
            params.entry("sessionId").or_insert_with(|| json!(self.session_id));
        }
        self.request_question(request["method"].as_str().unwrap_or_default(), params)
    }

    fn request_question(&mut self, method: &str, params: Value) -> Question {
        let (key, id) = self.server.request(method, params);
        Question { key, kind: Kind::Other { name: method.to_owned() }, means: Means::Request { id } }
    }

    /// Waits for the answers to all open questions, and says of each that it is settled.
    pub fn await_open(&mut self) -> Flow {
        self.release_reader();
        while !self.open.is_empty() {
            let keys: Vec<_> = self.open.iter().map(|question| question.key.clone()).collect();
            let (key, answer) = match self.server.wait_answer(&keys, self.abortable()) {
                Waited::Answer(key, answer) => (key, answer),
                Waited::Aborted => return Flow::Aborted,
            };
            if let Some(index) = self.open.iter().position(|question| question.key == key) {
                let question = self.open.remove(index);
                self.answered(&question, &answer);
            }
        }
        Flow::Next
    }

    fn answered(&mut self, question: &Question, answer: &Value) {
        let name = match &question.kind {
            Kind::Tool { .. } => "tool",
            Kind::Other { name } => name,
        };
        self.server.journal.note(&json!({"answered": name, "answer": answer}));
        if let Means::Event { completed } = &question.means {
            let mut data = json!({"requestId": question.key});
            if completed == "permission.completed" {
                data["result"] = answer["result"].clone();
                self.emit(completed, data);
            } else {
                self.emit_ephemeral(completed, data);
            }
        }
        if let Kind::Tool { call_id } = &question.kind {
            let result = match &question.means {
                Means::Event { .. } => tool_outcome(&answer["result"], answer.get("error")),
                Means::Request { .. } => tool_outcome(&answer["result"]["result"], answer.get("error")),
            };
            let mut data = json!({"toolCallId": call_id});
            for (key, value) in result.as_object().into_iter().flatten() {
                data[key] = value.clone();
            }
            self.emit("tool.execution_complete", data);
        }
    }

    /// Takes the last question back: a request by `$/cancelRequest`, whose reply is then still awaited; an
    /// event by the news that somebody else settled it.
    pub fn cancel_last(&mut self) {
        let Some(question) = self.open.pop() else { return };
        match &question.means {
            Means::Request { id } => {
                self.server.notify("$/cancelRequest", json!({"id": id}));
                self.open.push(question);
            }
            Means::Event { completed } => {
                self.server.settle(&question.key, Value::Null);
                self.emit_ephemeral(completed, json!({"requestId": question.key}));
            }
        }
    }

    /// Closes what the turn leaves open, so that a late answer is told that it is late.
    pub fn drop_questions(&mut self) {
        for question in self.open.drain(..) {
            self.server.settle(&question.key, Value::Null);
        }
    }
}

/// `permission.requested` becomes `permission.completed`, and so on.
fn completed_type(requested: &str) -> String {
    match requested {
        "command.execute" => "command.completed".into(),
        _ => match requested.strip_suffix(".requested") {
            Some(stem) => format!("{stem}.completed"),
            None => format!("{}_completed", requested.trim_end_matches("_required")),
        },
    }
}

/// What `tool.execution_complete` says of a result, as protocol.md 9 normalises it.
fn tool_outcome(result: &Value, error: Option<&Value>) -> Value {
    if error.is_some_and(|error| !error.is_null()) {
        return json!({"success": false, "error": {"message": "Tool execution failed", "code": "failure"}});
    }
    let text = match result {
        Value::String(text) => text.as_str(),
        object => object["textResultForLlm"].as_str().unwrap_or_default(),
    };
    match result["resultType"].as_str().unwrap_or("success") {
        "success" => json!({"success": true, "result": {"content": text}}),
        code => {
            let message = result["error"].as_str().unwrap_or(text);
            json!({"success": false, "error": {"message": message, "code": code}})
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_question_has_its_completed_event() {
        assert_eq!(completed_type("external_tool.requested"), "external_tool.completed");
        assert_eq!(completed_type("mcp.oauth_required"), "mcp.oauth_completed");
        assert_eq!(completed_type("mcp.headers_refresh_required"), "mcp.headers_refresh_completed");
        assert_eq!(completed_type("command.execute"), "command.completed");
    }

    #[test]
    fn tool_results_are_normalised() {
        let ok = |text| json!({"success": true, "result": {"content": text}});
        assert_eq!(tool_outcome(&json!("plain"), None), ok("plain"));
        assert_eq!(tool_outcome(&json!({"textResultForLlm": "t"}), None), ok("t"));
        assert_eq!(tool_outcome(&Value::Null, None), ok(""));
        let failed = json!({"textResultForLlm": "t", "resultType": "rejected", "error": "e"});
        assert_eq!(tool_outcome(&failed, None)["error"], json!({"message": "e", "code": "rejected"}));
        assert_eq!(tool_outcome(&Value::Null, Some(&json!("secret")))["success"], false);
    }
}
