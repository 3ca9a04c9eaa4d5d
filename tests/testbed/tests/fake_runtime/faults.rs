//! Each fault of the fake runtime produces the bytes, or the end, that it promises.

use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use super::peer::{LIMIT, Peer};
use serde_json::{Value, json};
use testbed::runtime::FakeRuntime;

/// A fake that answers `ping` with these actions.
fn on_ping(actions: Value) -> Peer {
    Peer::start(json!({"on": {"ping": actions}}))
}

/// The bytes that these actions write instead of an answer to `ping`, up to the end of the process.
fn bytes_of(actions: Value) -> Vec<u8> {
    let mut actions = actions.as_array().cloned().unwrap_or_else(|| vec![actions]);
    actions.push(json!({"exit": 0}));
    let mut peer = on_ping(json!(actions));
    peer.request("ping", json!({}));
    peer.rest()
}

/// The body of the one frame in these bytes.
fn body_of(frame: &[u8]) -> &str {
    let text = std::str::from_utf8(frame).unwrap();
    let (header, body) = text.split_once("\r\n\r\n").unwrap();
    assert_eq!(header, format!("Content-Length: {}", body.len()));
    body
}

fn signal(peer: &Peer, name: &str) {
    let kill = format!("kill -{name} {}", peer.child.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
}

#[test]
fn raw_bytes_are_written_as_they_are() {
    assert_eq!(bytes_of(json!({"raw": "Content-Length: x\r\n\r\n\u{0}"})), b"Content-Length: x\r\n\r\n\0");
    assert_eq!(bytes_of(json!({"raw64": "AP/+"})), [0, 0xff, 0xfe]);
}

#[test]
fn garbage_has_no_length() {
    let bytes = bytes_of(json!({"garbage": true}));
    assert!(bytes.starts_with(b"GARBAGE") && bytes.ends_with(b"\r\n\r\n"));
    assert!(!String::from_utf8_lossy(&bytes).contains("Content-Length"));
}

#[test]
fn a_huge_length_is_announced_and_not_sent() {
    let bytes = bytes_of(json!({"huge_length": 2_147_483_648_u64}));
    assert_eq!(bytes, b"Content-Length: 2147483648\r\n\r\n{\"jsonrpc\":");
}

#[test]
fn a_truncated_frame_ends_with_the_process() {
    let mut peer = on_ping(json!({"truncated": true}));
    peer.request("ping", json!({}));
    let bytes = peer.rest();
    let text = String::from_utf8_lossy(&bytes);
    let (header, body) = text.split_once("\r\n\r\n").unwrap();
    let length: usize = header.strip_prefix("Content-Length: ").unwrap().parse().unwrap();
    assert!(!body.is_empty() && body.len() < length);
    assert_eq!(peer.exit_status().code(), Some(0));
}

#[test]
fn a_body_can_be_no_json() {
    assert_eq!(body_of(&bytes_of(json!({"not_json": true}))), "this is not JSON");
}

#[test]
fn a_lone_surrogate_is_an_escape_that_is_no_character() {
    let bytes = bytes_of(json!({"lone_surrogate": true}));
    let body = body_of(&bytes);
    assert!(body.contains(r#""content":"before \ud800 after""#));
    assert!(serde_json::from_str::<Value>(body).is_err());
    let repaired = body.replace(r"\ud800", r"\ufffd");
    assert_eq!(serde_json::from_str::<Value>(&repaired).unwrap()["method"], "session.event");
}

#[test]
fn a_deep_event_nests_as_deep_as_asked() {
    let bytes = bytes_of(json!({"deep": 200}));
    let body = body_of(&bytes);
    assert!(body.contains(&"[".repeat(200)) && body.contains(&"]".repeat(200)));
    assert!(!body.contains(&"[".repeat(201)));
    let shallow = bytes_of(json!({"deep": 3}));
    let event: Value = serde_json::from_str(body_of(&shallow)).unwrap();
    assert_eq!(event["params"]["event"]["data"]["content"], json!([[[]]]));
}

#[test]
fn a_big_event_is_as_big_as_asked() {
    let bytes = bytes_of(json!({"big_event": 3_000_000}));
    let event: Value = serde_json::from_str(body_of(&bytes)).unwrap();
    assert_eq!(event["params"]["event"]["data"]["content"].as_str().unwrap().len(), 3_000_000);
}

#[test]
fn an_unknown_notification_is_a_notification() {
    let mut peer = on_ping(json!([{"unknown_notification": true}, {"builtin": true}]));
    peer.request("ping", json!({}));
    let message = peer.next();
    assert!(message["method"] == "host.event" && message.get("id").is_none());
    assert_eq!(peer.next()["result"]["message"], "pong");
}

#[test]
fn a_null_id_error_names_no_request() {
    let mut peer = on_ping(json!({"null_id_error": {"code": -32600, "message": "what?"}}));
    peer.request("ping", json!({}));
    let error = json!({"code": -32600, "message": "what?"});
    assert_eq!(peer.next(), json!({"jsonrpc": "2.0", "id": null, "error": error}));
}

#[test]
fn replies_can_be_any_result_or_error() {
    let mut peer = on_ping(json!({"reply": ["odd"]}));
    assert_eq!(peer.call("ping", json!({}))["result"], json!(["odd"]));
    let mut peer = on_ping(json!({"reply_error": {"code": 7, "message": "m", "data": {"d": 1}}}));
    let error = json!({"code": 7, "message": "m", "data": {"d": 1}});
    assert_eq!(peer.call("ping", json!({}))["error"], error);
}

#[test]
fn a_duplicate_reply_comes_twice() {
    let mut peer = on_ping(json!({"duplicate_reply": true}));
    let first = peer.call("ping", json!({}));
    assert_eq!(first["result"]["message"], "pong");
    assert_eq!(peer.next(), first);
}

#[test]
fn a_reply_can_have_an_id_of_the_wrong_type() {
    let mut peer = on_ping(json!({"reply_with_string_id": true}));
    let id = peer.request("ping", json!({}));
    let reply = peer.next();
    assert_eq!(reply["id"], json!(id.to_string()));
    assert_eq!(reply["result"]["message"], "pong");
}

#[test]
fn events_can_come_before_the_reply() {
    let event = json!({"type": "early", "data": {}, "ephemeral": true, "sessionId": "s"});
    let script = json!({"on": {"session.create": {"events_before_reply": [event]}}});
    let mut peer = Peer::start(script);
    let id = peer.request("session.create", json!({"sessionId": "s"}));
    let early = peer.next();
    assert_eq!(
        (&early["params"]["event"]["type"], &early["params"]["sessionId"]),
        (&json!("early"), &json!("s"))
    );
    assert_eq!(peer.next()["id"], id);
}

#[test]
fn a_hanging_request_hangs_alone_and_only_as_often_as_scripted() {
    let mut peer = Peer::start(json!({"once": {"ping": {"hang": true}}}));
    let hung = peer.request("ping", json!({}));
    assert_eq!(peer.call("status.get", json!({}))["result"]["protocolVersion"], 3);
    let answered = peer.request("ping", json!({}));
    assert_eq!(peer.next()["id"], answered);
    assert_ne!(hung, answered);
}

#[test]
fn a_sleeping_reply_is_overtaken() {
    let mut peer = on_ping(json!([{"sleep_ms": 100}, {"builtin": true}]));
    let slow = peer.request("ping", json!({}));
    let quick = peer.request("status.get", json!({}));
    assert_eq!((peer.next()["id"].clone(), peer.next()["id"].clone()), (json!(quick), json!(slow)));
}

#[test]
fn an_exit_has_its_code_and_its_last_words() {
    let runtime = FakeRuntime::new(json!({"start": [{"stderr": "one\n"}, {"exit": 9, "stderr": "two\n"}]}));
    let output = runtime.command().output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(9), b"one\ntwo\n".as_slice()));
    assert_eq!(runtime.log()[1], json!({"exit": 9}));
}

#[test]
fn a_kill_is_a_signal_and_the_log_survives_it() {
    let mut peer = on_ping(json!({"kill": 9}));
    peer.request("ping", json!({}));
    assert_eq!(peer.exit_status().signal(), Some(9));
    assert_eq!(peer.runtime.received("ping").len(), 1);
}

#[test]
fn a_closed_stdout_ends_the_output_but_not_the_process() {
    let script = json!([{"ignore_eof": true}, {"close_stdout": true}, {"sleep_ms": 200}, {"exit": 5}]);
    let mut peer = on_ping(script);
    peer.request("ping", json!({}));
    assert_eq!(peer.rest(), b"");
    assert!(peer.child.try_wait().unwrap().is_none(), "still alive");
    peer.request("ping", json!({}));
    drop(peer.take_stdin());
    peer.logged(|record| record["drained"].as_u64().is_some_and(|bytes| bytes > 0));
    assert_eq!(peer.exit_status().code(), Some(5), "the rest of the list was played");
    let starts = peer.runtime.log().iter().filter(|record| record.get("argv").is_some()).count();
    assert_eq!(starts, 1);
}

#[test]
fn after_a_closed_stdout_the_end_of_stdin_is_the_end() {
    let mut peer = on_ping(json!({"close_stdout": true}));
    peer.request("ping", json!({}));
    assert_eq!(peer.rest(), b"");
    drop(peer.take_stdin());
    assert_eq!(peer.exit_status().code(), Some(0));
}

#[test]
fn the_end_of_stdin_can_be_ignored() {
    let turn = json!([{"sleep_ms": 100}, {"exit": 7}]);
    let mut peer = Peer::with_session(json!({"start": {"ignore_eof": true}, "turns": [turn]}));
    peer.prompt("go");
    drop(peer.take_stdin());
    assert_eq!(peer.exit_status().code(), Some(7));
    peer.logged(|record| record["eof"] == true);
}

#[test]
fn sigterm_can_be_ignored() {
    let mut peer = Peer::start(json!({"start": {"ignore_sigterm": true}}));
    peer.call("ping", json!({}));
    signal(&peer, "TERM");
    assert_eq!(peer.call("ping", json!({}))["result"]["message"], "pong");
    drop(peer.take_stdin());
    assert_eq!(peer.exit_status().code(), Some(0));
    let log = peer.runtime.log();
    assert_eq!(log.iter().filter(|record| record.get("argv").is_some()).count(), 1);
    assert_eq!(log[0]["argv"][1], "--stdio");
}

#[test]
fn sigterm_ends_it_otherwise() {
    let mut peer = Peer::start(json!({}));
    peer.call("ping", json!({}));
    signal(&peer, "TERM");
    assert_eq!(peer.exit_status().signal(), Some(15));
}

#[test]
fn a_runtime_that_stops_reading_lets_the_pipe_fill_up() {
    let mut peer = on_ping(json!([{"stop_reading": true}, {"builtin": true}]));
    peer.call("ping", json!({}));
    let mut stdin = peer.take_stdin();
    let (sender, written) = channel();
    thread::spawn(move || {
        // More than any pipe holds. Fails once the fake is gone.
        let done = stdin.write_all(&vec![b' '; 4 << 20]);
        sender.send(done.is_ok())
    });
    assert!(written.recv_timeout(Duration::from_millis(300)).is_err(), "nobody reads");
    peer.child.kill().unwrap();
    assert!(!written.recv_timeout(LIMIT).unwrap());
}

#[test]
fn a_grandchild_outlives_its_parent_until_the_test_ends() {
    let mut peer = on_ping(json!([{"spawn_grandchild": true}, {"exit": 0}]));
    peer.request("ping", json!({}));
    assert_eq!(peer.exit_status().code(), Some(0));
    let pid = peer.logged(|record| record.get("grandchild").is_some())["grandchild"].as_u64().unwrap();
    // Empty for a process that is gone, or dead and not reaped yet.
    let command = || std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    assert_eq!(command(), b"sleep\x0060\x00");
    drop(peer);
    let end = std::time::Instant::now() + LIMIT;
    while !command().is_empty() {
        assert!(std::time::Instant::now() < end, "the grandchild is still there");
        thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn an_inherited_stdout_keeps_the_pipe_open() {
    let mut peer = on_ping(json!([{"spawn_grandchild": "inherit"}, {"exit": 0}]));
    peer.request("ping", json!({}));
    assert_eq!(peer.exit_status().code(), Some(0));
    let pid = peer.logged(|record| record.get("grandchild").is_some())["grandchild"].clone();
    let stdout = std::fs::read_link(format!("/proc/{pid}/fd/1")).unwrap();
    assert!(stdout.to_string_lossy().starts_with("pipe:"));
}

/// What each single write of the fake held: on a socket of datagrams, every write is one of them.
fn writes_of(script: Value, requests: &[Value], count: usize) -> Vec<Vec<u8>> {
    let (ours, theirs) = UnixDatagram::pair().unwrap();
    ours.set_read_timeout(Some(LIMIT)).unwrap();
    let runtime = FakeRuntime::new(script);
    let mut child = runtime.command().stdout(Stdio::from(OwnedFd::from(theirs))).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    for request in requests {
        let body = request.to_string();
        write!(stdin, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    }
    let mut buffer = vec![0; 1 << 20];
    let mut receive = || ours.recv(&mut buffer).map(|n| buffer[..n].to_vec()).unwrap();
    let writes = (0..count).map(|_| receive()).collect();
    drop(stdin);
    // Whatever it still writes must not keep it from ending.
    drop(ours);
    child.wait().unwrap();
    writes
}

#[test]
fn after_a_split_every_write_has_so_many_bytes() {
    let ping = json!({"jsonrpc": "2.0", "id": 1, "method": "ping"});
    let split = |size: u64| json!({"on": {"ping": [{"split": size}, {"reply": {}}]}});
    let frame = b"Content-Length: 36\r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}";
    let writes = writes_of(split(1), std::slice::from_ref(&ping), frame.len());
    assert!(writes.iter().all(|write| write.len() == 1));
    assert_eq!(writes.concat(), frame);
    let writes = writes_of(split(50), &[ping], 2);
    assert_eq!((writes[0].len(), writes.concat().as_slice()), (50, frame.as_slice()));
}

#[test]
fn a_burst_is_many_frames_in_one_write() {
    let script = json!({"on": {"ping": {"burst": {"count": 100, "size": 7}}}});
    let writes = writes_of(script, &[json!({"jsonrpc": "2.0", "id": 1, "method": "ping"})], 1);
    let text = String::from_utf8(writes[0].clone()).unwrap();
    assert_eq!(text.matches("Content-Length: ").count(), 100);
    assert_eq!(text.matches(r#""deltaContent":"xxxxxxx""#).count(), 100);
}
