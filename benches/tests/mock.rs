//! The mock CLI, driven with raw frames: what it says, how much, in which order, and in the real CLI's layout.

use std::collections::HashMap;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use bench::split::Splitter;
use serde_json::{Value, json};

const CAPTURED: &str = include_str!("../frames/captured.jsonl");

/// A running mock. Its frames come through a channel, so that a test which waits in vain ends.
struct Mock {
    process: Child,
    input: ChildStdin,
    frames: Receiver<Vec<u8>>,
    last_id: u64,
}

impl Mock {
    fn start() -> Mock {
        let mut process = Command::new(env!("CARGO_BIN_EXE_mock-cli"))
            .args(["--headless", "--stdio", "--no-auto-update", "--log-level", "error"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = process.stdin.take().unwrap();
        let frames = read_on_a_thread(process.stdout.take().unwrap());
        Mock { process, input, frames, last_id: 0 }
    }

    fn next_bytes(&self) -> Vec<u8> {
        self.frames.recv_timeout(Duration::from_secs(60)).expect("another frame")
    }

    fn next(&self) -> Value {
        serde_json::from_slice(&self.next_bytes()).unwrap()
    }

    fn next_event(&self) -> Value {
        let mut frame = self.next();
        assert_eq!(frame["method"], "session.event", "{frame}");
        frame["params"].take()
    }

    fn request(&mut self, method: &str, params: Value) {
        use std::io::Write;
        self.last_id += 1;
        let body =
            json!({"jsonrpc": "2.0", "id": self.last_id, "method": method, "params": params}).to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    }

    /// The response, which has to be the next frame.
    fn response(&self) -> Value {
        let frame = self.next();
        assert_eq!(frame["id"], self.last_id, "{frame}");
        frame
    }

    fn call(&mut self, method: &str, params: Value) -> Value {
        self.request(method, params);
        self.response()
    }

    fn open(&mut self, session: &str) {
        assert_eq!(
            self.call("session.create", json!({"sessionId": session}))["result"]["sessionId"],
            session
        );
        assert_eq!(self.next_event()["event"]["type"], "session.start");
    }

    fn prompt(&mut self, session: &str, prompt: &str) {
        let reply = self.call("session.send", json!({"sessionId": session, "prompt": prompt}));
        assert!(reply["result"]["messageId"].is_string(), "{reply}");
    }

    fn expect_text(&self, kind: &str, pointer: &str) -> String {
        let params = self.next_event();
        assert_eq!(params["event"]["type"], kind);
        params["event"].pointer(pointer).and_then(Value::as_str).expect(pointer).to_owned()
    }

    fn expect_end_of_turn(&self, content: &str) {
        assert_eq!(self.expect_text("assistant.message", "/data/content"), content);
        assert_eq!(self.next_event()["event"]["type"], "session.idle");
    }

    /// Closes the input; nothing may follow, and the mock leaves.
    fn end(mut self) {
        drop(self.input);
        assert!(self.frames.recv_timeout(Duration::from_secs(60)).is_err(), "a frame after the last one");
        assert!(self.process.wait().unwrap().success());
    }
}

fn read_on_a_thread(output: ChildStdout) -> Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut frames = Splitter::new(output, 1 << 16);
        while let Some(body) = frames.next_frame().expect("frames of the canonical form") {
            if sender.send(body.to_vec()).is_err() {
                break;
            }
        }
    });
    receiver
}

/// The names of all members in their order, and the kind of each value: what a layout is.
fn layout(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let members: Vec<_> =
                members.iter().map(|(key, value)| format!("{key}:{}", layout(value))).collect();
            format!("{{{}}}", members.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(layout).collect::<Vec<_>>().join(",")),
        Value::String(_) => "string".into(),
        Value::Number(_) => "number".into(),
        Value::Bool(_) => "bool".into(),
        Value::Null => "null".into(),
    }
}

fn captured() -> impl Iterator<Item = Value> {
    CAPTURED.lines().map(|line| serde_json::from_str(line).unwrap())
}

/// The captured event of a type.
fn captured_event(kind: &str) -> Value {
    captured().find(|frame| frame["params"]["event"]["type"] == kind).expect(kind)
}

/// The captured response with this id.
fn captured_response(id: u64) -> Value {
    captured().find(|frame| frame["id"] == id).expect("a response with this id")
}

/// Compares bytes too: a space more would be another layout, which a parsed value does not show.
fn assert_layout(frame: &[u8], original: &Value) {
    let value: Value = serde_json::from_slice(frame).unwrap();
    assert_eq!(layout(&value), layout(original));
    assert_eq!(value.to_string().as_bytes(), frame, "white space or escapes differ");
}

#[test]
fn frames_have_the_layout_of_the_real_cli() {
    let mut mock = Mock::start();
    for (method, id) in [("connect", 1), ("ping", 2), ("status.get", 3)] {
        mock.request(method, json!({}));
        assert_layout(&mock.next_bytes(), &captured_response(id));
    }
    mock.request("session.create", json!({"sessionId": "one"}));
    assert_layout(&mock.next_bytes(), &captured_response(6));
    assert_layout(&mock.next_bytes(), &captured_event("session.start"));
    mock.request("session.options.update", json!({"sessionId": "one"}));
    assert_layout(&mock.next_bytes(), &captured_response(7));
    mock.request("session.send", json!({"sessionId": "one", "prompt": "mix 1 64"}));
    assert_layout(&mock.next_bytes(), &captured_response(8));
    for kind in ["assistant.streaming_delta", "assistant.message_delta", "assistant.message", "session.idle"]
    {
        assert_layout(&mock.next_bytes(), &captured_event(kind));
    }
    mock.request("session.send", json!({"sessionId": "one", "prompt": "tools 1"}));
    mock.response();
    assert_layout(&mock.next_bytes(), &captured_event("external_tool.requested"));
    mock.request(
        "session.tools.handlePendingToolCall",
        json!({"sessionId": "one", "requestId": "r", "result": "3"}),
    );
    assert_layout(&mock.next_bytes(), &captured_event("external_tool.completed"));
    assert_layout(&mock.next_bytes(), &captured_response(10));
    mock.expect_end_of_turn("done");
    mock.request("no.such.method", json!({}));
    assert_layout(&mock.next_bytes(), &captured_response(13));
    mock.end();
}

#[test]
fn a_delta_of_64_bytes_is_as_large_as_a_real_one() {
    let mut mock = Mock::start();
    // As long as the id in the captured frames.
    let session = "8d8e3e8c-1111-4222-8333-444455556666";
    mock.open(session);
    mock.prompt(session, "burst 1 64");
    let original = captured_event("assistant.message_delta");
    let text = original["params"]["event"]["data"]["deltaContent"].as_str().unwrap();
    assert_eq!(mock.next_bytes().len(), original.to_string().len() - text.len() + 64);
    mock.expect_end_of_turn("1");
    mock.end();
}

#[test]
fn a_burst_is_complete_and_in_order() {
    let mut mock = Mock::start();
    mock.open("s");
    // The second time and in another size, as a window does it.
    for (count, size) in [(900, 64), (900, 16), (20_000, 100), (3, 70_000), (0, 64)] {
        mock.prompt("s", &format!("burst {count} {size}"));
        let mut ids = std::collections::HashSet::new();
        for index in 0..count {
            let params = mock.next_event();
            let event = &params["event"];
            assert_eq!(
                (&params["sessionId"], &event["type"]),
                (&json!("s"), &json!("assistant.message_delta"))
            );
            let text = event["data"]["deltaContent"].as_str().unwrap();
            assert_eq!(text.len(), size);
            assert_eq!(text[..8], format!("{index:08}"));
            assert!(ids.insert(event["id"].as_str().unwrap().to_owned()), "an id comes twice");
        }
        mock.expect_end_of_turn(&count.to_string());
    }
    mock.end();
}

#[test]
fn a_mix_has_the_size_before_each_delta() {
    let mut mock = Mock::start();
    mock.open("s");
    mock.prompt("s", "mix 500 8");
    let mut last = 0;
    for index in 0..500 {
        let event = &mock.next_event()["event"];
        assert_eq!(event["type"], "assistant.streaming_delta");
        let size = event["data"]["totalResponseSizeBytes"].as_u64().unwrap();
        assert!(last == 0 || size == last + 8, "{last}, then {size}");
        last = size;
        assert_eq!(mock.expect_text("assistant.message_delta", "/data/deltaContent"), format!("{index:08}"));
    }
    mock.expect_end_of_turn("500");
    mock.end();
}

#[test]
fn paced_deltas_carry_the_time_and_keep_the_pace() {
    let mut mock = Mock::start();
    mock.open("s");
    let before = bench::clock::now_ns();
    mock.prompt("s", "paced 50 64 1000");
    let mut stamps = Vec::new();
    for _ in 0..50 {
        let text = mock.expect_text("assistant.message_delta", "/data/deltaContent");
        assert_eq!(text.len(), 64);
        stamps.push(text[..20].parse::<u64>().unwrap());
    }
    mock.expect_end_of_turn("50");
    assert!(before < stamps[0] && stamps.is_sorted() && stamps[49] < bench::clock::now_ns());
    // None comes before its time, however late the machine lets them come.
    assert!(stamps[49] - before >= 49_000_000);
    mock.end();
}

#[test]
fn streams_go_round_all_open_sessions() {
    let mut mock = Mock::start();
    let sessions: Vec<String> = (0..20).map(|n| format!("session-{n}")).collect();
    for session in &sessions {
        mock.open(session);
    }
    // One that is closed takes no part.
    assert_eq!(mock.call("session.detach", json!({"sessionId": "session-3"}))["result"]["success"], true);
    for (word, mixed) in [("streams", false), ("mixstreams", true)] {
        mock.prompt("session-7", &format!("{word} 30 32"));
        let mut received: HashMap<String, u64> = HashMap::new();
        let mut speakers = Vec::new();
        for _ in 0..19 * 30 {
            if mixed {
                assert_eq!(mock.next_event()["event"]["type"], "assistant.streaming_delta");
            }
            let params = mock.next_event();
            let speaker = params["sessionId"].as_str().unwrap().to_owned();
            let text = params["event"]["data"]["deltaContent"].as_str().unwrap().to_owned();
            let index = received.entry(speaker.clone()).or_default();
            assert_eq!(text[..8], format!("{index:08}"), "of {speaker}");
            *index += 1;
            speakers.push(speaker);
        }
        assert!(!received.contains_key("session-3"));
        assert_eq!(received.len(), 19);
        assert_eq!(speakers[..19], speakers[19..38], "not round and round");
        let mut idle: Vec<String> = (0..19)
            .map(|_| {
                let params = mock.next_event();
                assert_eq!(params["event"]["type"], "session.idle");
                params["sessionId"].as_str().unwrap().to_owned()
            })
            .collect();
        idle.sort();
        idle.dedup();
        assert_eq!(idle.len(), 19, "each session is told once");
    }
    mock.end();
}

#[test]
fn tools_are_requested_one_after_the_other() {
    let mut mock = Mock::start();
    mock.open("s");
    mock.prompt("s", "tools 3");
    let mut requests = Vec::new();
    for _ in 0..3 {
        let params = mock.next_event();
        assert_eq!(params["event"]["type"], "external_tool.requested");
        assert_eq!(params["event"]["data"]["toolName"], "add");
        let id = params["event"]["data"]["requestId"].clone();
        assert!(!requests.contains(&id), "{id} comes twice");
        // Nothing else comes before the answer: a ping's reply is next.
        assert_eq!(mock.call("ping", json!({"message": "x"}))["result"]["message"], "pong: x");
        mock.request(
            "session.tools.handlePendingToolCall",
            json!({"sessionId": "s", "requestId": id, "result": "3"}),
        );
        assert_eq!(mock.expect_text("external_tool.completed", "/data/requestId"), id.as_str().unwrap());
        assert_eq!(mock.response()["result"]["success"], true);
        requests.push(id);
    }
    mock.expect_end_of_turn("done");
    let late = mock.call("session.tools.handlePendingToolCall", json!({"sessionId": "s", "requestId": "r"}));
    assert_eq!(late["result"]["success"], false, "no call is pending");
    mock.end();
}

#[test]
fn large_messages_and_long_histories_have_their_size() {
    let mut mock = Mock::start();
    mock.open("s");
    mock.prompt("s", "large 3000000");
    assert_eq!(mock.expect_text("assistant.message", "/data/content").len(), 3_000_000);
    assert_eq!(mock.next_event()["event"]["type"], "session.idle");
    assert_eq!(mock.call("session.getMessages", json!({"sessionId": "s"}))["result"]["events"], json!([]));
    mock.prompt("s", "history 2000 500");
    assert_eq!(mock.next_event()["event"]["type"], "session.idle");
    let reply = mock.call("session.getMessages", json!({"sessionId": "s"}));
    let events = reply["result"]["events"].as_array().unwrap();
    assert_eq!(events.len(), 2000);
    assert!(
        events.iter().all(|event| event["data"]["content"].as_str().is_some_and(|text| text.len() == 500))
    );
    assert_eq!(layout(&events[0]), layout(&captured_event("assistant.message")["params"]["event"]));
    mock.end();
}

#[test]
fn what_is_no_workload_is_refused_and_shutdown_ends_it() {
    let mut mock = Mock::start();
    mock.open("s");
    for prompt in ["", "hello", "burst 5", "burst 5 x", "paced 1 64 0"] {
        let reply = mock.call("session.send", json!({"sessionId": "s", "prompt": prompt}));
        assert_eq!(reply["error"]["code"], -32603, "{prompt}");
    }
    let unknown = mock.call("session.send", json!({"sessionId": "other", "prompt": "burst 1 64"}));
    assert_eq!(unknown["error"]["code"], -32603);
    assert_eq!(mock.call("runtime.shutdown", json!({}))["result"], Value::Null);
    // It leaves although its input is open.
    assert!(mock.process.wait().unwrap().success());
}
