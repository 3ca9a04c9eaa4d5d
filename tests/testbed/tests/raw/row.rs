//! One scenario in one session: does its steps, answers what is asked, and collects what is seen.

use super::{LIMIT, Raw, receive};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Instant;
use testbed::scenario::{Observed, Permission, Scenario, Step, at};

pub fn run(raw: &Raw, row: &Scenario) -> Result<Observed, String> {
    let mut run = Run::new(raw, row);
    run.open("session.create", &row.session)?;
    run.steps()
}

pub fn continue_session(raw: &Raw, row: &Scenario) -> Result<Observed, String> {
    Run::new(raw, row).steps()
}

/// A call of a tool that has not been answered.
struct Waiting {
    /// The request's id: of JSON-RPC in protocol 2, of the event in protocol 3.
    id: Value,
    tool: String,
    arguments: Value,
}

/// Where a question came from, which is where its answer goes.
enum From<'a> {
    Request(&'a Value),
    Event(&'a Value),
}

struct Run<'a> {
    raw: &'a Raw,
    row: &'a Scenario,
    session: String,
    inbox: Receiver<Value>,
    sender: Sender<Value>,
    /// Replies that nobody has taken yet, by the request's id.
    replies: HashMap<u64, Value>,
    waiting: Vec<Waiting>,
    /// By kind of question, the answers that were given.
    taken: HashMap<String, Vec<usize>>,
    /// How many events the waits have passed.
    passed: usize,
    /// The methods whose failure is a fault, by the request's id.
    unwatched: HashMap<u64, String>,
    seen: Observed,
}

impl<'a> Run<'a> {
    fn new(raw: &'a Raw, row: &'a Scenario) -> Run<'a> {
        let session = row.session["sessionId"].as_str().expect("a bound row has its session's id").to_owned();
        let (sender, inbox) = channel();
        raw.listen(&session, &sender);
        Run {
            raw,
            row,
            session,
            inbox,
            sender,
            replies: HashMap::new(),
            waiting: Vec::new(),
            taken: HashMap::new(),
            passed: 0,
            unwatched: HashMap::new(),
            seen: Observed::default(),
        }
    }

    fn open(&mut self, method: &str, config: &Map<String, Value>) -> Result<(), String> {
        let mut params = config.clone();
        params.insert("sessionId".into(), self.session.clone().into());
        params.insert("requestPermission".into(), true.into());
        // Otherwise the values of an MCP server's `env` are names of variables.
        params.insert("envValueMode".into(), "direct".into());
        // Otherwise a tool that is both named and excluded is offered.
        params.insert("toolFilterPrecedence".into(), "excluded".into());
        for (kind, flag) in FLAGS {
            if self.row.questions.has(kind) {
                params.insert(flag.into(), true.into());
            }
        }
        let tools: Vec<Value> = self.row.tools.iter().map(|tool| tool.tool.clone()).collect();
        params.insert("tools".into(), tools.into());
        self.call(method, params.into())?.map(drop).map_err(|why| format!("{method}: {why}"))
    }

    fn steps(mut self) -> Result<Observed, String> {
        for (n, input) in self.row.inputs.iter().enumerate() {
            let done = match input.step() {
                Step::Send(prompt) => self.send(prompt, &input.with),
                Step::Post(prompt) => self.post(prompt, &input.with),
                Step::Wait(values) => self.wait(values),
                Step::Abort => self.must("session.abort", json!({})),
                Step::Call(method) => self.judged(method, self.with_session(self.params(input))),
                Step::ClientCall(method) => self.judged(method, self.params(input)),
                Step::Resume(members) => self.resume(members),
            };
            done.map_err(|why| format!("step {}: {why}", n + 1))?;
        }
        Ok(self.seen)
    }

    fn send(&mut self, prompt: &str, with: &Map<String, Value>) -> Result<(), String> {
        let before = self.seen.events.len();
        let is_idle = |event: &Value| event["type"] == "session.idle";
        self.post(prompt, with)?;
        self.until("idle", |run| run.seen.events[before..].iter().any(is_idle))?;
        self.passed = self.seen.events.len();
        Ok(())
    }

    fn post(&mut self, prompt: &str, with: &Map<String, Value>) -> Result<(), String> {
        let mut message = Map::from_iter([("prompt".to_owned(), json!(prompt))]);
        message.extend(with.clone());
        self.must("session.send", message.into())
    }

    fn wait(&mut self, values: &Map<String, Value>) -> Result<(), String> {
        let is_it = |event: &Value| {
            values.iter().all(|(place, value)| {
                let pointer = if place.starts_with('/') { place.clone() } else { format!("/{place}") };
                at(event, &pointer) == Some(value)
            })
        };
        let what = format!("event {}", Value::from(values.clone()));
        self.until(&what, |run| run.seen.events[run.passed..].iter().any(is_it))?;
        self.passed += self.seen.events[self.passed..].iter().position(is_it).unwrap_or(0) + 1;
        Ok(())
    }

    fn resume(&mut self, members: &Map<String, Value>) -> Result<(), String> {
        self.must("session.destroy", json!({}))?;
        let mut config = self.row.session.clone();
        config.extend(members.clone());
        self.open("session.resume", &config)
    }

    fn params(&self, input: &testbed::scenario::Input) -> Value {
        let reply = self.seen.replies.last().and_then(|reply| reply.get("result"));
        input.params(&self.seen.events, reply)
    }

    fn with_session(&self, mut params: Value) -> Value {
        params["sessionId"] = self.session.clone().into();
        params
    }

    /// Calls the session, which must not fail.
    fn must(&mut self, method: &str, params: Value) -> Result<(), String> {
        let params = self.with_session(params);
        self.call(method, params)?.map(drop).map_err(|why| format!("{method}: {why}"))
    }

    /// Calls and keeps what comes of it.
    fn judged(&mut self, method: &str, params: Value) -> Result<(), String> {
        let reply = match self.call(method, params)? {
            Ok(result) => json!({ "result": result }),
            Err(error) => json!({"error": error["message"]}),
        };
        self.seen.replies.push(reply);
        Ok(())
    }

    fn call(&mut self, method: &str, params: Value) -> Result<Result<Value, Value>, String> {
        let id = self.raw.request(method, params, &self.sender);
        self.until(&format!("reply to {method}"), |run| run.replies.contains_key(&id))?;
        let mut reply = self.replies.remove(&id).unwrap_or_default();
        Ok(if reply.get("error").is_some() { Err(reply["error"].take()) } else { Ok(reply["result"].take()) })
    }

    /// Calls the session and does not wait; a failure ends the run.
    fn answer_by(&mut self, method: &str, params: Value) {
        let id = self.raw.request(method, self.with_session(params), &self.sender);
        self.unwatched.insert(id, method.to_owned());
    }

    fn until(&mut self, what: &str, done: impl Fn(&Run) -> bool) -> Result<(), String> {
        let deadline = Instant::now() + LIMIT;
        while !done(self) {
            let left = deadline.saturating_duration_since(Instant::now());
            let message = receive(&self.inbox, left)
                .map_err(|why| format!("no {what}: {why}; seen: {:?}", kinds(&self.seen.events)))?;
            self.handle(&message)?;
        }
        Ok(())
    }

    fn handle(&mut self, message: &Value) -> Result<(), String> {
        let params = &message["params"];
        match message["method"].as_str() {
            None => return self.take_reply(message),
            Some("session.event") => {
                self.seen.events.push(params["event"].clone());
                self.asked_by_event(&params["event"]);
            }
            Some("tool.call") => self.note_call(&message["id"], params),
            Some("permission.request") => {
                self.permit(&From::Request(&message["id"]), &params["permissionRequest"]);
            }
            Some(method) => {
                if let Some((kind, _)) = REQUESTS.iter().find(|(_, known)| *known == method) {
                    self.answer(kind, &From::Request(&message["id"]), params);
                }
            }
        }
        self.answer_calls();
        Ok(())
    }

    fn take_reply(&mut self, message: &Value) -> Result<(), String> {
        let id = message["id"].as_u64().unwrap_or_default();
        match (self.unwatched.remove(&id), message.get("error")) {
            (Some(method), Some(error)) => return Err(format!("{method}: {error}")),
            (Some(_), None) => {}
            (None, _) => drop(self.replies.insert(id, message.clone())),
        }
        Ok(())
    }

    fn asked_by_event(&mut self, event: &Value) {
        let data = &event["data"];
        match event["type"].as_str() {
            Some("external_tool.requested") => self.note_call(&data["requestId"], data),
            Some("permission.requested") if data["resolvedByHook"] != true => {
                self.permit(&From::Event(&data["requestId"]), &data["permissionRequest"]);
            }
            Some("elicitation.requested") => {
                self.answer("elicitation", &From::Event(&data["requestId"]), data);
            }
            Some("command.execute") => self.answer("command", &From::Event(&data["requestId"]), data),
            _ => {}
        }
    }

    fn permit(&mut self, from: &From, request: &Value) {
        let index = self.seen.note_asked("permission", request.clone());
        let denied = "denied-no-approval-rule-and-could-not-request-from-user";
        let result = match (self.row.permissions.answer(index), self.raw.old_words) {
            (Permission::Approve, true) => json!({"kind": "approved"}),
            (Permission::Approve, false) => json!({"kind": "approve-once"}),
            (Permission::Nobody, true) => json!({ "kind": denied }),
            (Permission::Nobody, false) => json!({"kind": "user-not-available"}),
            (Permission::Result(result), _) => result,
            (Permission::Deny | Permission::Feedback(_), true) => {
                json!({"kind": "denied-interactively-by-user"})
            }
            (Permission::Deny, false) => json!({"kind": "reject"}),
            (Permission::Feedback(words), false) => json!({"kind": "reject", "feedback": words}),
        };
        match from {
            From::Request(id) => self.raw.send(json!({"id": id, "result": {"result": result}})),
            From::Event(id) => {
                let method = "session.permissions.handlePendingPermissionRequest";
                self.answer_by(method, json!({"requestId": id, "result": result}));
            }
        }
    }

    /// Answers a question of any other kind as the row says, and with the kind's default where it says nothing.
    fn answer(&mut self, kind: &str, from: &From, question: &Value) {
        if !self.row.questions.has(kind) {
            return;
        }
        let taken = self.taken.entry(kind.to_owned()).or_default();
        let chosen = self.row.questions.choose(kind, question, taken);
        let outcome = match chosen {
            Some(index) => {
                taken.push(index);
                self.seen.note_asked(kind, question.clone());
                match self.row.questions.answer(kind, index, question) {
                    Some(outcome) => outcome,
                    None => return,
                }
            }
            None => Err("the row has no answer to this".to_owned()),
        };
        match from {
            From::Request(id) => self.raw.send(reply_to(kind, id, outcome, question)),
            From::Event(id) if kind == "command" => {
                let error = outcome.err().map(|why| ("error".to_owned(), why.into()));
                let mut params = Map::from_iter(error);
                params.insert("requestId".into(), (*id).clone());
                self.answer_by("session.commands.handlePendingCommand", params.into());
            }
            From::Event(id) => {
                let result = outcome.unwrap_or_else(|_| json!({"action": "cancel"}));
                self.answer_by(
                    "session.ui.handlePendingElicitation",
                    json!({"requestId": id, "result": result}),
                );
            }
        }
    }

    fn note_call(&mut self, id: &Value, call: &Value) {
        let (tool, arguments) = (call["toolName"].clone(), call["arguments"].clone());
        self.seen.calls.push(json!({"tool": tool, "arguments": arguments}));
        let tool = tool.as_str().unwrap_or_default().to_owned();
        self.waiting.push(Waiting { id: id.clone(), tool, arguments });
    }

    /// Answers the waiting calls of every tool that has as many as it wants.
    fn answer_calls(&mut self) {
        for tool in &self.row.tools {
            if self.waiting.iter().filter(|call| call.tool == tool.name()).count() < tool.together {
                continue;
            }
            let ready: Vec<_> = self.waiting.extract_if(.., |call| call.tool == tool.name()).collect();
            for call in ready {
                if let Some(answer) = tool.answer(&call.arguments) {
                    self.answer_call(call.id, answer);
                }
            }
        }
    }

    fn answer_call(&mut self, id: Value, answer: Result<Value, String>) {
        if self.raw.version == 2 {
            let result = answer.unwrap_or_else(|why| {
                let text = "Invoking this tool produced an error. Detailed information is not available.";
                json!({"textResultForLlm": text, "resultType": "failure", "error": why, "toolTelemetry": {}})
            });
            self.raw.send(json!({"id": id, "result": {"result": result}}));
            return;
        }
        let (member, value) = match answer {
            Ok(result) => ("result", result),
            Err(why) => ("error", why.into()),
        };
        self.answer_by("session.tools.handlePendingToolCall", json!({"requestId": id, member: value}));
    }
}

/// The flag of a session's configuration by the kind of question that it lets come up.
const FLAGS: [(&str, &str); 4] = [
    ("userInput", "requestUserInput"),
    ("elicitation", "requestElicitation"),
    ("hook", "hooks"),
    ("exitPlanMode", "requestExitPlanMode"),
];

/// The requests by which the server asks this client alone.
const REQUESTS: [(&str, &str); 4] = [
    ("userInput", "userInput.request"),
    ("hook", "hooks.invoke"),
    ("exitPlanMode", "exitPlanMode.request"),
    ("systemMessage", "systemMessage.transform"),
];

fn reply_to(kind: &str, id: &Value, outcome: Result<Value, String>, question: &Value) -> Value {
    let result = match (kind, outcome) {
        ("hook", outcome) => json!({"output": outcome.unwrap_or_default()}),
        ("systemMessage", outcome) => {
            let mut sections = question["sections"].clone();
            for (name, section) in outcome.unwrap_or_default()["sections"].as_object().into_iter().flatten() {
                sections[name] = section.clone();
            }
            json!({ "sections": sections })
        }
        (_, Ok(result)) => result,
        (_, Err(why)) => return json!({"id": id, "error": {"code": -32603, "message": why}}),
    };
    json!({"id": id, "result": result})
}

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().filter_map(|event| event["type"].as_str()).collect()
}
