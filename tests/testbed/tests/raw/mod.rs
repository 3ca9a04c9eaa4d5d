//! A client of the CLI with nothing but `Content-Length` frames and JSON: the simplest driver of scenarios.

use serde_json::{Map, Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use testbed::cli::{Cli, Fence};
use testbed::scenario::{Observed, Permission, Scenario};

/// No reply and no turn of a test takes this long.
const LIMIT: Duration = Duration::from_secs(60);

/// How the questions of a turn are answered: the scenario, and what waits for more calls of its tool.
pub struct Answers {
    row: Scenario,
}

impl Answers {
    /// One tool with one answer; every permission is given.
    pub fn fixed(tool: &str, reply: Value) -> Answers {
        let row = json!({
            "about": "", "script": [], "inputs": [], "expect": {},
            "tools": [{"tool": {"name": tool}, "reply": reply}],
        });
        Answers { row: serde_json::from_value(row).unwrap() }
    }
}

/// A call of a tool that has not been answered.
struct Waiting {
    /// The request's id: of JSON-RPC in protocol 2, of the event in protocol 3.
    id: Value,
    tool: String,
    arguments: Value,
}

pub struct Raw {
    child: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    next_id: u64,
    version: u32,
    /// It wants the permission words of before 1.0.35.
    old_words: bool,
}

impl Raw {
    pub fn spawn(cli: &Cli, fence: &Fence) -> Raw {
        let mut child = cli.command(fence).spawn().expect("the CLI starts");
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, messages) = channel();
        std::thread::spawn(move || read_frames(output, |message| sender.send(message).is_ok()));
        let old_words = !cli.is_at_least("1.0.35");
        Raw { child, input, messages, next_id: 0, version: cli.protocol, old_words }
    }

    fn send(&mut self, mut message: Value) {
        message["jsonrpc"] = "2.0".into();
        let body = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{body}", body.len()).expect("the CLI reads");
    }

    fn request(&mut self, method: &str, params: Value) -> u64 {
        self.next_id += 1;
        self.send(json!({"id": self.next_id, "method": method, "params": params}));
        self.next_id
    }

    fn receive(&self, deadline: Instant, waiting_for: &str) -> Value {
        let left = deadline.saturating_duration_since(Instant::now());
        self.messages.recv_timeout(left).unwrap_or_else(|e| panic!("no {waiting_for}: {e}"))
    }

    /// Sends a request and waits for its result; what arrives before it is dropped.
    pub fn call(&mut self, method: &str, params: Value) -> Value {
        let id = self.request(method, params);
        let deadline = Instant::now() + LIMIT;
        loop {
            let message = self.receive(deadline, &format!("reply to {method}"));
            if message["id"] == id && message.get("method").is_none() {
                assert!(message.get("error").is_none(), "{method}: {message}");
                return message["result"].clone();
            }
        }
    }

    /// Runs a bound scenario in a session of its own.
    pub fn run(&mut self, row: &Scenario) -> Observed {
        let mut session = row.session.clone();
        session.insert("sessionId".into(), row.name.clone().into());
        session.insert("requestPermission".into(), true.into());
        let tools: Vec<Value> = row.tools.iter().map(|tool| tool.tool.clone()).collect();
        session.insert("tools".into(), tools.into());
        self.call("session.create", session.into());
        let answers = Answers { row: row.clone() };
        let mut observed = Observed::default();
        for input in &row.inputs {
            let mut message = Map::from_iter([("prompt".to_owned(), json!(input.send))]);
            message.extend(input.with.clone());
            self.continue_turn(&row.name, message.into(), &answers, &mut observed);
        }
        observed
    }

    /// Sends a message and serves the session until it is idle.
    pub fn turn(&mut self, session: &str, message: Value, answers: &Answers) -> Observed {
        let mut observed = Observed::default();
        self.continue_turn(session, message, answers, &mut observed);
        observed
    }

    fn continue_turn(&mut self, session: &str, mut message: Value, answers: &Answers, seen: &mut Observed) {
        message["sessionId"] = session.into();
        self.request("session.send", message);
        let deadline = Instant::now() + LIMIT;
        let mut waiting = Vec::new();
        loop {
            let message =
                self.receive(deadline, &format!("idle in {session}; seen: {:?}", kinds(&seen.events)));
            assert!(message.get("error").is_none(), "{session}: {message}");
            let params = &message["params"];
            if params["sessionId"] != session {
                continue;
            }
            match message["method"].as_str() {
                Some("session.event") => {
                    let event = params["event"].clone();
                    let idle = event["type"] == "session.idle";
                    seen.events.push(event.clone());
                    let data = &event["data"];
                    match event["type"].as_str() {
                        Some("external_tool.requested") => {
                            waiting.push(note_call(&data["requestId"], data, seen));
                        }
                        Some("permission.requested") => {
                            self.permit(
                                &data["requestId"],
                                session,
                                &data["permissionRequest"],
                                answers,
                                seen,
                            );
                        }
                        _ => {}
                    }
                    if idle {
                        return;
                    }
                }
                Some("tool.call") => waiting.push(note_call(&message["id"], params, seen)),
                Some("permission.request") => {
                    self.permit(&message["id"], session, &params["permissionRequest"], answers, seen);
                }
                _ => {}
            }
            self.answer_calls(session, &mut waiting, answers);
        }
    }

    fn permit(&mut self, id: &Value, session: &str, request: &Value, answers: &Answers, seen: &mut Observed) {
        let answer = answers.row.permissions.answer(seen.asked.len());
        seen.asked.push(request.clone());
        let result = match answer {
            Permission::Approve if self.old_words => json!({"kind": "approved"}),
            Permission::Approve => json!({"kind": "approve-once"}),
            _ if self.old_words => json!({"kind": "denied-interactively-by-user"}),
            Permission::Deny => json!({"kind": "reject"}),
            Permission::Feedback(words) => json!({"kind": "reject", "feedback": words}),
        };
        if self.version == 2 {
            self.send(json!({"id": id, "result": {"result": result}}));
        } else {
            let params = json!({"sessionId": session, "requestId": id, "result": result});
            self.request("session.permissions.handlePendingPermissionRequest", params);
        }
    }

    /// Answers the waiting calls of every tool that has as many as it wants.
    fn answer_calls(&mut self, session: &str, waiting: &mut Vec<Waiting>, answers: &Answers) {
        for tool in &answers.row.tools {
            if waiting.iter().filter(|call| call.tool == tool.name()).count() < tool.together {
                continue;
            }
            for call in waiting.extract_if(.., |call| call.tool == tool.name()) {
                self.answer_call(session, call.id, tool.answer(&call.arguments));
            }
        }
    }

    fn answer_call(&mut self, session: &str, id: Value, answer: Result<Value, String>) {
        if self.version == 2 {
            let result = answer.unwrap_or_else(|why| {
                let text = "Invoking this tool produced an error. Detailed information is not available.";
                json!({"textResultForLlm": text, "resultType": "failure", "error": why, "toolTelemetry": {}})
            });
            self.send(json!({"id": id, "result": {"result": result}}));
        } else {
            let mut params = json!({"sessionId": session, "requestId": id});
            match answer {
                Ok(result) => params["result"] = result,
                Err(why) => params["error"] = why.into(),
            }
            self.request("session.tools.handlePendingToolCall", params);
        }
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn note_call(id: &Value, call: &Value, seen: &mut Observed) -> Waiting {
    let (tool, arguments) = (call["toolName"].clone(), call["arguments"].clone());
    seen.calls.push(json!({"tool": tool, "arguments": arguments}));
    Waiting { id: id.clone(), tool: tool.as_str().unwrap_or_default().to_owned(), arguments }
}

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().filter_map(|event| event["type"].as_str()).collect()
}

fn read_frames(mut output: impl BufRead, mut deliver: impl FnMut(Value) -> bool) {
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
        if !deliver(message) {
            return;
        }
    }
}
