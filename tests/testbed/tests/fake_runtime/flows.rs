//! The flows of the fake runtime, driven raw.

use super::peer::{LIMIT, Peer};
use serde_json::{Value, json};
use testbed::runtime::{FakeRuntime, program};

const UNHANDLED: i64 = -32601;

fn answer_tool(peer: &mut Peer, asked: &Value, result: &str) -> Value {
    let params = json!({"sessionId": "s", "requestId": asked["requestId"], "result": result});
    peer.call("session.tools.handlePendingToolCall", params)
}

#[test]
fn an_empty_script_shakes_hands_as_protocol_3() {
    let mut peer = Peer::start(json!({}));
    let connected = peer.call("connect", json!({"supportedTaskKinds": ["agent"]}));
    assert_eq!(connected["result"], json!({"ok": true, "version": "1.0.102", "protocolVersion": 3}));
    let ping = peer.call("ping", json!({"message": "hi"}));
    assert_eq!(ping["result"]["message"], "pong: hi");
    assert_eq!(ping["result"]["protocolVersion"], 3);
    assert!(ping["result"]["timestamp"].as_str().unwrap().ends_with('Z'));
    assert_eq!(peer.call("status.get", json!({}))["result"]["version"], "1.0.102");
    assert_eq!(peer.call("connect", json!({"typo": 1}))["error"]["code"], -32602);
    assert_eq!(peer.call("connect", json!({"token": "t"}))["error"]["code"], -32003);
    assert_eq!(peer.call("session.sendAndWait", json!({}))["error"]["code"], UNHANDLED);
    assert!(peer.call("runtime.shutdown", json!({}))["result"].is_null());
    assert_eq!(peer.exit_status().code(), Some(0));
}

#[test]
fn protocol_2_shakes_hands_by_ping() {
    let mut peer = Peer::start(json!({"protocol": 2}));
    let refused = peer.call("connect", json!({}));
    assert_eq!(refused["error"], json!({"code": UNHANDLED, "message": "Unhandled method connect"}));
    let ping = peer.call("ping", json!({}));
    assert_eq!(ping["result"]["protocolVersion"], 2);
    assert!(ping["result"]["timestamp"].is_u64());
    assert_eq!(peer.call("status.get", json!({}))["result"]["version"], "0.0.420");
    for newer in ["runtime.shutdown", "session.detach"] {
        assert_eq!(peer.call(newer, json!({"sessionId": "s"}))["error"]["code"], UNHANDLED);
    }
    drop(peer.take_stdin());
    assert_eq!(peer.exit_status().code(), Some(0));
}

#[test]
fn any_protocol_number_or_none_can_be_reported() {
    let mut peer = Peer::start(json!({"protocol": 99}));
    assert_eq!(peer.call("connect", json!({}))["result"]["protocolVersion"], 99);
    let mut peer = Peer::start(json!({"protocol": null, "connect": false, "pingTimestamp": "iso"}));
    assert_eq!(peer.call("connect", json!({}))["error"]["code"], UNHANDLED);
    let ping = peer.call("ping", json!({}));
    assert!(ping["result"].get("protocolVersion").is_none() && ping["result"]["timestamp"].is_string());
}

#[test]
fn the_log_has_argv_env_messages_and_the_end() {
    let runtime = FakeRuntime::new(json!({"logEnv": ["NAMED"]}));
    let mut command = runtime.command();
    command.args(["--headless", "--stdio"]).env("NAMED", "yes").env("OTHER", "secret");
    let mut child = command.env("COPILOT_HOME", "home").spawn().unwrap();
    drop(child.stdin.take());
    runtime.wait_log(|record| record["eof"] == true, LIMIT).unwrap();
    child.wait().unwrap();
    let log = runtime.log();
    assert_eq!((&log[0]["argv"][1], &log[0]["argv"][2]), (&json!("--headless"), &json!("--stdio")));
    assert_eq!((&log[0]["env"]["COPILOT_HOME"], &log[0]["env"]["NAMED"]), (&json!("home"), &json!("yes")));
    assert!(log[0]["env"].get("OTHER").is_none());
    assert_eq!(log[1..], [json!({"eof": true}), json!({"exit": 0})]);
}

#[test]
fn the_default_turn_echoes_as_a_stream() {
    let mut peer = Peer::with_session(json!({}));
    let id = peer.prompt("hello");
    assert_eq!(peer.event("user.message"), json!({"content": "hello", "messageId": id}));
    let streamed: String = (0..3)
        .map(|_| peer.event("assistant.message_delta")["deltaContent"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(streamed, "hello");
    let message = peer.event("assistant.message");
    assert_eq!((&message["content"], &message["originatingMessageId"]), (&json!("hello"), &json!(id)));
    assert_eq!(peer.event("session.idle"), json!({}));
    let kept = peer.call("session.getMessages", json!({"sessionId": "s"}));
    let kinds: Vec<_> =
        kept["result"]["events"].as_array().unwrap().iter().map(|e| e["type"].clone()).collect();
    let lasting =
        ["session.start", "user.message", "assistant.turn_start", "assistant.message", "assistant.turn_end"];
    assert_eq!(kinds, lasting);
    let events = kept["result"]["events"].as_array().unwrap();
    assert!(events.windows(2).all(|pair| pair[1]["parentId"] == pair[0]["id"]));
}

#[test]
fn a_session_that_does_not_stream_gets_whole_messages() {
    let mut peer = Peer::start(json!({}));
    peer.call("session.create", json!({"sessionId": "s"}));
    peer.prompt("hello");
    let types = peer.event_types_until("session.idle");
    let plain = ["session.start", "user.message", "assistant.turn_start", "assistant.message"];
    let end = ["assistant.turn_end", "assistant.idle", "session.idle"];
    assert_eq!(types, [&plain[1..], &end[..]].concat());
}

#[test]
fn a_protocol_3_turn_asks_by_events() {
    let turn = json!([
        {"permission": {"kind": "custom-tool", "toolName": "t"}},
        {"tool": {"name": "t", "arguments": {"q": 1}}},
        {"text": "done", "chunks": 2}
    ]);
    let mut peer = Peer::with_session(json!({"turns": [turn]}));
    peer.prompt("go");
    let asked = peer.event("permission.requested");
    assert_eq!(asked["permissionRequest"]["kind"], "custom-tool");
    let result = json!({"kind": "approve-once"});
    let params = json!({"sessionId": "s", "requestId": asked["requestId"], "result": result});
    let method = "session.permissions.handlePendingPermissionRequest";
    assert_eq!(peer.call(method, params.clone())["result"], json!({"success": true}));
    assert_eq!(peer.event("permission.completed")["result"], result);
    assert_eq!(peer.call(method, params)["result"], json!({"success": false}), "the first answer wins");
}

#[test]
fn a_protocol_3_tool_call_is_answered_once() {
    let turn = json!([{"tool": {"name": "t", "arguments": {"q": 1}, "agentId": "a"}}, {"text": "done"}]);
    let mut peer = Peer::with_session(json!({"turns": [turn]}));
    peer.prompt("go");
    let event = peer.until(|m| m["params"]["event"]["type"] == "external_tool.requested");
    let asked = event["params"]["event"]["data"].clone();
    assert_eq!(event["params"]["event"]["agentId"], "a");
    assert_eq!((&asked["toolName"], &asked["arguments"]), (&json!("t"), &json!({"q": 1})));
    assert_eq!(answer_tool(&mut peer, &asked, "forty-two")["result"]["success"], true);
    let done = peer.event("tool.execution_complete");
    let result =
        json!({"toolCallId": asked["toolCallId"], "success": true, "result": {"content": "forty-two"}});
    assert_eq!(done, result);
    assert_eq!(peer.event("assistant.message")["content"], "done");
    peer.event("session.idle");
    assert_eq!(answer_tool(&mut peer, &asked, "again")["result"]["success"], false);
    assert_eq!(peer.runtime.received("session.tools.handlePendingToolCall").len(), 2);
}

#[test]
fn a_protocol_2_session_starts_before_its_reply_and_asks_by_requests() {
    let turn = json!([{"permission": {"kind": "shell"}}, {"tool": {"name": "t"}}]);
    let mut peer = Peer::start(json!({"protocol": 2, "turns": [turn]}));
    let create = peer.request("session.create", json!({"sessionId": "s"}));
    assert_eq!(peer.next()["params"]["event"]["type"], "session.start");
    assert_eq!(peer.until(|m| m["method"] == "session.lifecycle")["params"]["sessionId"], "s");
    assert_eq!(peer.until(|m| m["id"] == create)["result"]["sessionId"], "s");
    peer.prompt("go");
    let permission = peer.server_request();
    assert_eq!((&permission["id"], &permission["method"]), (&json!(0), &json!("permission.request")));
    peer.send(&json!({"jsonrpc": "2.0", "id": 0, "result": {"result": {"kind": "approved"}}}));
    let tool = peer.server_request();
    assert_eq!((&tool["id"], &tool["method"]), (&json!(1), &json!("tool.call")));
    assert_eq!((&tool["params"]["sessionId"], &tool["params"]["toolName"]), (&json!("s"), &json!("t")));
    let result = json!({"textResultForLlm": "no", "resultType": "failure", "error": "broken"});
    peer.send(&json!({"jsonrpc": "2.0", "id": 1, "result": {"result": result}}));
    assert_eq!(
        peer.event("tool.execution_complete")["error"],
        json!({"message": "broken", "code": "failure"})
    );
    assert_eq!(peer.event_types_until("session.idle"), ["assistant.turn_end", "session.idle"]);
}

#[test]
fn protocol_3_replies_to_create_before_the_session_starts() {
    let mut peer = Peer::start(json!({}));
    let params = json!({"sessionId": "s", "requestElicitation": true});
    peer.request("session.create", params);
    let reply = peer.next();
    assert_eq!(reply["result"]["capabilities"]["ui"]["elicitation"], true);
    assert_eq!(peer.next()["params"]["event"]["type"], "session.start");
    let created = |m: &Value| m["params"]["type"] == "session.created";
    peer.until(created);
    assert!(created(&peer.next()), "said twice");
}

#[test]
fn parallel_tools_complete_in_the_order_of_the_answers() {
    let tools = json!([{"name": "a", "toolCallId": "a"}, {"name": "b", "toolCallId": "b"}]);
    let mut peer = Peer::with_session(json!({"turns": [[{"tool": tools}]]}));
    peer.prompt("go");
    let (a, b) = (peer.event("external_tool.requested"), peer.event("external_tool.requested"));
    answer_tool(&mut peer, &b, "B");
    assert_eq!(peer.event("tool.execution_complete")["toolCallId"], "b");
    answer_tool(&mut peer, &a, "A");
    assert_eq!(peer.event("tool.execution_complete")["toolCallId"], "a");
}

#[test]
fn other_questions_wait_for_their_own_methods() {
    let ask = |kind: &str| json!({"event_question": {"type": kind, "data": {"message": "?"}}});
    let turn = json!([ask("elicitation.requested"), ask("command.execute"), ask("mcp.oauth_required")]);
    let mut peer = Peer::with_session(json!({"turns": [turn]}));
    peer.prompt("go");
    for (asked, method, completed) in [
        ("elicitation.requested", "session.ui.handlePendingElicitation", "elicitation.completed"),
        ("command.execute", "session.commands.handlePendingCommand", "command.completed"),
        ("mcp.oauth_required", "session.mcp.oauth.handlePendingRequest", "mcp.oauth_completed"),
    ] {
        let request_id = peer.event(asked)["requestId"].clone();
        peer.call(method, json!({"sessionId": "s", "requestId": request_id}));
        assert_eq!(peer.event(completed)["requestId"], request_id);
    }
    let unknown = json!({"sessionId": "s", "requestId": "unknown"});
    let command = peer.call("session.commands.handlePendingCommand", unknown.clone());
    assert_eq!(command["result"]["success"], true, "commands succeed with any id");
    let elicitation = peer.call("session.ui.handlePendingElicitation", unknown);
    assert_eq!(elicitation["result"]["success"], false);
}

#[test]
fn a_request_is_asked_cancelled_and_its_reply_logged() {
    let request = json!({"method": "userInput.request", "params": {"question": "?"}, "wait": false});
    let turn = json!([{"request": request}, {"cancel": "last"}, {"await": true}, {"text": "after"}]);
    let mut peer = Peer::with_session(json!({"turns": [turn]}));
    peer.prompt("go");
    let asked = peer.server_request();
    assert_eq!((&asked["id"], &asked["params"]["sessionId"]), (&json!(1), &json!("s")));
    assert_eq!(peer.until(|m| m["method"] == "$/cancelRequest")["params"], json!({"id": 1}));
    peer.send(&json!({"jsonrpc": "2.0", "id": "1", "result": {}}));
    peer.logged(|record| record["unmatched_reply"] == "1");
    peer.send(&json!({"jsonrpc": "2.0", "id": 1, "error": {"code": -32800, "message": "cancelled"}}));
    peer.event("assistant.message");
    let answered = peer.logged(|record| record["answered"] == "userInput.request");
    assert_eq!(answered["answer"]["error"]["code"], -32800);
}

#[test]
fn a_tool_call_that_somebody_else_settled_is_late() {
    let turn = json!([{"tool": {"name": "t", "wait": false}}, {"cancel": "last"}]);
    let mut peer = Peer::with_session(json!({"turns": [turn]}));
    peer.prompt("go");
    let asked = peer.event("external_tool.requested");
    assert_eq!(peer.event("external_tool.completed")["requestId"], asked["requestId"]);
    assert_eq!(answer_tool(&mut peer, &asked, "late")["result"]["success"], false);
}

#[test]
fn an_abort_ends_a_waiting_turn_and_makes_its_answers_late() {
    let mut peer = Peer::with_session(json!({"turns": [[{"tool": {"name": "t"}}, {"text": "never"}]]}));
    peer.prompt("go");
    let asked = peer.event("external_tool.requested");
    assert_eq!(peer.call("session.abort", json!({"sessionId": "s"}))["result"]["success"], true);
    let types = peer.event_types_until("session.idle");
    assert_eq!(types, ["abort", "assistant.turn_end", "assistant.idle", "session.idle"]);
    assert_eq!(answer_tool(&mut peer, &asked, "late")["result"]["success"], false);
    peer.prompt("next");
    assert_eq!(peer.event("assistant.message")["content"], "next", "the abort is over");
}

#[test]
fn a_script_can_wait_for_the_abort_and_end_in_its_own_way() {
    let turn =
        json!([{"await_abort": true}, {"text": "last words"}, {"idle": {"aborted": true, "mode": "plan"}}]);
    let hang = json!([{"hang": true}, {"text": "never"}]);
    let mut peer = Peer::with_session(json!({"turns": [turn, hang]}));
    peer.prompt("go");
    peer.call("session.abort", json!({"sessionId": "s"}));
    assert_eq!(peer.event("assistant.message")["content"], "last words");
    assert_eq!(peer.event("session.idle"), json!({"aborted": true, "mode": "plan"}));
    peer.prompt("hang");
    peer.event("assistant.turn_start");
    peer.call("session.abort", json!({"sessionId": "s", "reason": "why"}));
    assert_eq!(peer.event("abort")["reason"], "why");
    assert_eq!(peer.event("session.idle"), json!({"aborted": true}));
}

#[test]
fn errors_and_idles_are_as_scripted() {
    let turn = json!([
        {"event": {"type": "made.up", "data": {"x": 1}, "agentId": "child", "ephemeral": true}},
        {"idle": {"mode": "autopilot"}},
        {"error": {"errorType": "rate_limit", "statusCode": 429}}
    ]);
    let mut peer = Peer::with_session(json!({"turns": [turn]}));
    let id = peer.prompt("go");
    let made_up = peer.until(|m| m["params"]["event"]["type"] == "made.up")["params"]["event"].clone();
    assert_eq!((&made_up["agentId"], &made_up["ephemeral"]), (&json!("child"), &json!(true)));
    assert_eq!(peer.event("session.idle")["mode"], "autopilot");
    let error = peer.event("session.error");
    assert_eq!((&error["statusCode"], &error["originatingMessageId"]), (&json!(429), &json!(id)));
    assert_eq!(peer.event("session.idle"), json!({}), "an autopilot idle is not the end");
}

#[test]
fn sessions_are_listed_detached_resumed_and_deleted() {
    let mut peer = Peer::start(json!({"sessions": ["old"]}));
    let resumed = peer.call("session.resume", json!({"sessionId": "old"}));
    assert_eq!(resumed["result"]["sessionId"], "old");
    assert_eq!(peer.event("session.resume")["eventCount"], 0);
    assert!(
        peer.call("session.resume", json!({"sessionId": "new"}))["error"]["message"]
            .as_str()
            .unwrap()
            .contains("Session not found: new")
    );
    peer.call("session.create", json!({"sessionId": "s"}));
    assert_eq!(peer.call("session.getLastId", json!({}))["result"]["sessionId"], "s");
    assert_eq!(peer.call("session.list", json!({}))["result"]["sessions"].as_array().unwrap().len(), 2);
    let it = json!({"sessionId": "s"});
    assert_eq!(peer.call("session.detach", it.clone())["result"]["success"], true);
    assert_eq!(peer.call("session.send", it.clone())["error"]["code"], -32603);
    assert_eq!(peer.call("session.destroy", it.clone())["result"]["success"], false);
    assert_eq!(peer.call("session.delete", it.clone())["result"]["success"], true);
    assert_eq!(peer.until(|m| m["params"]["type"] == "session.deleted")["params"]["sessionId"], "s");
    assert_eq!(peer.call("session.delete", it)["result"]["success"], false);
    let switched = peer.call("session.model.switchTo", json!({"sessionId": "old", "modelId": "m"}));
    assert_eq!(switched["result"]["modelId"], "m");
    assert_eq!(peer.event("session.model_change")["newModel"], "m");
}

#[test]
fn bad_messages_of_the_client_are_refused_and_logged() {
    let mut peer = Peer::start(json!({}));
    peer.write(b"Content-Length: 3\r\n\r\n{x}");
    assert_eq!(
        (&peer.next()["id"], &peer.logged(|r| r.get("in_bad").is_some())["in_bad"]),
        (&Value::Null, &json!("{x}"))
    );
    peer.send(&json!({"id": 1, "method": "ping"}));
    assert_eq!(peer.next()["error"]["code"], -32600);
    peer.send(&json!({"jsonrpc": "2.0", "id": 1.5, "method": "ping"}));
    assert_eq!(peer.next()["error"]["code"], -32600);
    assert!(!peer.runtime.log().iter().any(|record| record.get("odd_header").is_some()));
    let body = r#"{"jsonrpc":"2.0","id":"x","method":"ping"}"#;
    peer.write(format!("content-length:{}\r\nX: y\r\n\r\n{body}", body.len()).as_bytes());
    assert_eq!(peer.next()["id"], "x");
    peer.logged(|record| record["odd_header"].as_str().is_some_and(|header| header.contains("X: y")));
    peer.write(b"Content-Length: 10\r\n\r\n{");
    drop(peer.take_stdin());
    peer.logged(|record| *record == json!({"eof": true, "insideFrame": true}));
}

#[test]
fn each_process_of_a_runtime_plays_its_own_script() {
    let runtime = FakeRuntime::new(json!({"runs": [{"start": {"exit": 3}}, {"start": {"exit": 4}}]}));
    let codes: Vec<_> = (0..3).map(|_| runtime.command().output().unwrap().status.code().unwrap()).collect();
    assert_eq!(codes, [3, 4, 4]);
}

#[test]
fn an_unusable_script_is_an_exit_with_a_reason() {
    let mut command = std::process::Command::new(program());
    let output = command.env("FAKE_RUNTIME", r#"{"turns":[[{"txt":"x"}]]}"#).output().unwrap();
    assert_eq!(output.status.code(), Some(64));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no known action"));
}

#[test]
#[should_panic(expected = "a bad script: unknown key \"turn\"")]
fn a_test_with_an_unusable_script_fails_at_once() {
    FakeRuntime::new(json!({"turn": []}));
}

#[test]
fn options_name_the_program_and_the_script() {
    let runtime = FakeRuntime::new(json!({}));
    let options = runtime.options();
    assert!(options["cliPath"].as_str().unwrap().ends_with("fake-runtime"));
    let script = std::fs::read_to_string(options["env"]["FAKE_RUNTIME_FILE"].as_str().unwrap()).unwrap();
    assert_eq!(script, "{}");
    assert_eq!(options["env"]["FAKE_RUNTIME_LOG"], json!(runtime.log_path()));
}
