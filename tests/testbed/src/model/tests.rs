use super::Model;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_secs(10);

fn connect(model: &Model, method: &str, path: &str, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", model.port())).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    let length = body.len();
    write!(stream, "{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n{body}").unwrap();
    stream
}

/// Status and body as they came, chunk marks included.
fn exchange(model: &Model, method: &str, path: &str, body: &str) -> (u16, String) {
    let mut text = String::new();
    connect(model, method, path, body).read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    (head.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0), body.to_owned())
}

fn ask(model: &Model, id: &str, body: Value) -> (u16, Value) {
    let path = format!("/s/{id}/v1/chat/completions");
    let (status, text) = exchange(model, "POST", &path, &body.to_string());
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

fn stream_text(model: &Model, id: &str) -> String {
    let body =
        json!({"stream": true, "model": "m", "messages": [{"role": "user", "content": "hi"}]}).to_string();
    exchange(model, "POST", &format!("/s/{id}/v1/chat/completions"), &body).1
}

fn events(text: &str) -> Vec<Value> {
    let data = text.lines().filter_map(|l| l.strip_prefix("data: ")).filter(|d| *d != "[DONE]");
    data.map(|d| serde_json::from_str(d).unwrap()).collect()
}

#[test]
fn steps_are_taken_in_order_and_recorded() {
    let model = Model::start();
    model.script("s", &json!([{"text": "one"}, {"text": "two"}]));
    for (n, expected) in ["one", "two"].iter().enumerate() {
        let (status, answer) = ask(&model, "s", json!({"n": n}));
        assert_eq!((status, &answer["choices"][0]["message"]["content"]), (200, &json!(expected)));
    }
    let (status, answer) = ask(&model, "s", json!({}));
    assert_eq!((status, &answer["error"]["message"]), (500, &json!("script s has no step 3")));
    assert_eq!(model.requests("s"), [json!({"n": 0}), json!({"n": 1}), json!({})]);
}

#[test]
fn a_stream_carries_reasoning_text_tools_finish_and_usage() {
    let model = Model::start();
    let step =
        json!([{"reasoning": "hm", "chunks": ["a", "ä"], "tools": [["t", {"q": "é"}]], "usage": {"x": 1}}]);
    model.script("s", &step);
    let text = stream_text(&model, "s");
    assert!(text.contains("data: [DONE]\n\n\r\n0\r\n\r\n"), "{text}");
    let events = events(&text);
    let joined =
        |pointer: &str| -> String { events.iter().filter_map(|e| e.pointer(pointer)?.as_str()).collect() };
    assert_eq!(joined("/choices/0/delta/reasoning_content"), "hm");
    assert_eq!(joined("/choices/0/delta/content"), "aä");
    assert_eq!(joined("/choices/0/delta/tool_calls/0/function/arguments"), r#"{"q":"é"}"#);
    assert_eq!(joined("/choices/0/finish_reason"), "tool_calls");
    assert_eq!(events.last().unwrap()["usage"], json!({"x": 1}));
}

#[test]
fn faults_are_played_as_written() {
    let model = Model::start();
    let steps = json!([
        {"status": 429, "headers": {"retry-after": "0"}, "body": {"error": "slow"}},
        {"raw_sse": "data: nonsense\n\n"},
        {"close": true},
        {"chunks": ["a", "b"], "drop_after": 2},
    ]);
    model.script("f", &steps);
    assert_eq!(ask(&model, "f", json!({})), (429, json!({"error": "slow"})));
    assert!(stream_text(&model, "f").contains("data: nonsense\n\n"));
    assert_eq!(stream_text(&model, "f"), "");
    let dropped = stream_text(&model, "f");
    assert_eq!(events(&dropped).len(), 2, "{dropped}");
    assert!(!dropped.ends_with("0\r\n\r\n"), "a dropped stream has no end mark: {dropped}");
}

#[test]
fn a_hanging_client_blocks_nobody_and_its_leaving_is_seen() {
    let model = Model::start();
    model.script("h", &json!([{"chunks": ["a"], "hang_after": 2}, {"hang": true}]));
    let body = json!({"stream": true}).to_string();
    let hanging = connect(&model, "POST", "/s/h/v1/chat/completions", &body);
    model.wait_requests("h", 1, LIMIT).unwrap();
    let mut half_sent = TcpStream::connect(("127.0.0.1", model.port())).unwrap();
    half_sent.write_all(b"POST /s/h/v1/chat/completions HTTP/1.1\r\nContent-Le").unwrap();
    model.script("other", &json!([{"text": "here"}]));
    assert_eq!(ask(&model, "other", json!({})).0, 200);
    assert!(!model.records("h")[0].client_left);
    hanging.shutdown(Shutdown::Both).unwrap();
    model.wait_client_left("h", 1, LIMIT).unwrap();
}

#[test]
fn dropping_the_server_ends_hanging_and_slow_answers() {
    let model = Model::start();
    model.script("h", &json!([{"hang": true}, {"text": "late", "delay_ms": 60_000}]));
    let mut streams: Vec<_> =
        (0..2).map(|_| connect(&model, "POST", "/s/h/v1/chat/completions", "{}")).collect();
    model.wait_requests("h", 2, LIMIT).unwrap();
    let before = Instant::now();
    drop(model);
    assert!(before.elapsed() < Duration::from_secs(4), "{:?}", before.elapsed());
    for stream in &mut streams {
        assert_eq!(stream.read(&mut [0]).unwrap_or(0), 0);
    }
}

#[test]
fn other_languages_steer_it_over_http() {
    let model = Model::start();
    let (status, text) = exchange(&model, "PUT", "/_script/c", r#"[{"text": "x"}]"#);
    assert_eq!((status, text), (200, json!({"baseUrl": model.base_url("c")}).to_string()));
    let (status, text) = exchange(&model, "PUT", "/_script/c", r#"[{"txt": "x"}]"#);
    assert!(status == 400 && text.contains("step 1") && text.contains("txt"), "{text}");
    assert_eq!(exchange(&model, "GET", "/_wait/c?n=1&timeout_ms=1", "").0, 504);
    ask(&model, "c", json!({"k": 1}));
    assert_eq!(exchange(&model, "GET", "/_wait/c?n=1", ""), (200, r#"[{"k":1}]"#.to_owned()));
    assert_eq!(exchange(&model, "GET", "/_requests/c", "").1, r#"[{"k":1}]"#);
    let records: Value = serde_json::from_str(&exchange(&model, "GET", "/_records/c", "").1).unwrap();
    assert_eq!(records[0]["headers"]["host"], "x");
    assert_eq!(exchange(&model, "GET", "/s/c/v1/models", "").0, 200);
    assert_eq!(model.requests("c").len(), 1, "only model paths take steps");
    assert_eq!(exchange(&model, "GET", "/elsewhere", "").0, 404);
}

#[test]
fn a_request_may_come_in_chunks() {
    let model = Model::start();
    let mut stream = TcpStream::connect(("127.0.0.1", model.port())).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    let head = "POST /s/k/v1/chat/completions HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n";
    write!(stream, "{head}3\r\n{{\"a\r\n4;x=y\r\n\":1}}\r\n0\r\n\r\n").unwrap();
    stream.read_to_end(&mut Vec::new()).unwrap();
    assert_eq!(model.requests("k"), [json!({"a": 1})]);
}

#[test]
fn scripts_that_cannot_work_are_refused() {
    let model = Model::start();
    let refusal = |steps: Value| model.try_script("r", &steps).unwrap_err();
    assert!(refusal(json!({"text": "x"})).contains("array"));
    assert!(refusal(json!([{"text": "x"}, {"status": 200, "text": "y"}])).contains("step 2"));
    assert!(refusal(json!([{"tools": ["t"]}])).contains("[name, arguments]"));
    assert!(refusal(json!([{"status": 7}])).contains("HTTP status"));
    assert!(model.try_script("a/b", &json!([])).unwrap_err().contains("letters"));
}

fn echo(model: &Model, prompt: &str, more: &[Value]) -> Value {
    let number = json!({"type": "integer"});
    let add = json!({"properties": {"a": number, "b": number}, "required": ["a", "b"]});
    let create = json!({"properties": {"path": {"type": "string"}}, "required": ["path"]});
    let tools = [("add", add), ("create", create)]
        .map(|(name, parameters)| json!({"function": {"name": name, "parameters": parameters}}));
    let mut messages = vec![json!({"role": "user", "content": prompt})];
    messages.extend_from_slice(more);
    let (_, answer) = ask(model, "echo", json!({"messages": messages, "tools": tools}));
    answer["choices"][0]["message"].clone()
}

#[test]
fn the_echo_says_back_calls_tools_and_tells_their_results() {
    let model = Model::start();
    let said = echo(&model, "<now>noon</now>\n\ncreate a < b poem", &[]);
    assert_eq!(said["content"], "You said: create a < b poem");
    let called = echo(&model, "Please add -2 and 40.", &[]);
    assert_eq!(called["tool_calls"][0]["function"]["arguments"], r#"{"a":-2,"b":40}"#);
    let quoted = echo(&model, "create 'a.txt'", &[]);
    assert_eq!(quoted["tool_calls"][0]["function"]["arguments"], r#"{"path":"a.txt"}"#);
    let id = called["tool_calls"][0]["id"].clone();
    let result = json!({"role": "tool", "tool_call_id": id, "content": "38"});
    assert_eq!(echo(&model, "add", &[called, result])["content"], "The tool add answered: 38");
}

fn ask_api(model: &Model, api: &str, stream: bool) -> String {
    let body = json!({"stream": stream, "model": "m"}).to_string();
    exchange(model, "POST", &format!("/s/s/v1/{api}"), &body).1
}

#[test]
fn the_other_apis_say_the_same_streamed_and_whole() {
    let model = Model::start();
    let step = json!({"reasoning": "hm", "chunks": ["a", "ä"], "tools": [["t", {"q": "é"}]]});
    model.script("s", &json!([step, step, step, step]));

    let whole: Value = serde_json::from_str(&ask_api(&model, "responses", false)).unwrap();
    let kinds: Vec<_> = whole["output"].as_array().unwrap().iter().map(|item| &item["type"]).collect();
    assert_eq!(kinds, ["reasoning", "message", "function_call"]);
    let streamed = events(&ask_api(&model, "responses", true));
    let joined = |kind: &str, of: &[Value], at: &str| -> String {
        let deltas = of.iter().filter(|event| event["type"] == kind);
        deltas.map(|event| event.pointer(at).unwrap().as_str().unwrap()).collect()
    };
    assert_eq!(joined("response.output_text.delta", &streamed, "/delta"), "aä");
    assert_eq!(joined("response.function_call_arguments.delta", &streamed, "/delta"), r#"{"q":"é"}"#);
    let last = streamed.last().unwrap();
    assert_eq!(
        (&last["type"], &last["response"]["output"][1]["content"][0]["text"]),
        (&json!("response.completed"), &json!("aä"))
    );
    let numbers: Vec<_> = streamed.iter().map(|event| event["sequence_number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (0..streamed.len() as u64).collect::<Vec<_>>());

    let whole: Value = serde_json::from_str(&ask_api(&model, "messages", false)).unwrap();
    assert_eq!(whole["content"][1], json!({"type": "text", "text": "aä"}));
    assert_eq!(
        (&whole["content"][2]["input"], &whole["stop_reason"]),
        (&json!({"q": "é"}), &json!("tool_use"))
    );
    let streamed = events(&ask_api(&model, "messages", true));
    let of = |kind: &str| -> Vec<Value> {
        streamed.iter().filter(|event| event["delta"]["type"] == kind).cloned().collect()
    };
    assert_eq!(joined("content_block_delta", &of("text_delta"), "/delta/text"), "aä");
    assert_eq!(joined("content_block_delta", &of("input_json_delta"), "/delta/partial_json"), r#"{"q":"é"}"#);
    assert_eq!(streamed.last().unwrap()["type"], "message_stop");
    assert_eq!(model.records("s").len(), 4);
}

/// Status and body of a request with this token.
fn with_token(model: &Model, path: &str, token: &str) -> (u16, Value) {
    let mut stream = TcpStream::connect(("127.0.0.1", model.port())).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), serde_json::from_str(body).unwrap())
}

#[test]
fn the_hosted_api_knows_its_accounts() {
    let model = Model::start();
    model.account("t", "mona");
    model.script("hosted", &json!([{"text": "one"}]));
    let (status, user) = with_token(&model, "/copilot_internal/user", "t");
    assert_eq!((status, &user["login"]), (200, &json!("mona")));
    assert_eq!(user["endpoints"]["api"], json!(model.hosted_url()));
    assert_eq!(with_token(&model, "/models", "t").1["data"][0]["id"], "fake");
    assert_eq!(with_token(&model, "/agents/swe/internal/memory/v0/enabled", "t").1["enabled"], true);
    assert_eq!(with_token(&model, "/copilot_internal/user", "other").0, 401);
    assert_eq!(with_token(&model, "/of/tomorrow", "t").0, 404);
    assert!(exchange(&model, "POST", "/chat/completions", "{}").1.contains("one"));
    assert_eq!(exchange(&model, "PUT", "/_account/u", r#"{"login":"hubot","models":["gpt-5","o1"]}"#).0, 200);
    let models = &with_token(&model, "/models", "u").1["data"];
    assert_eq!((&models[0]["name"], &models[1]["id"]), (&json!("Gpt-5"), &json!("o1")));
    assert_eq!((&models[0]["is_chat_default"], &models[1]["is_chat_default"]), (&json!(true), &json!(false)));
    for models in ["[]", "[\"\"]", "[1]", "\"o1\""] {
        let body = format!(r#"{{"login":"hubot","models":{models}}}"#);
        assert_eq!(exchange(&model, "PUT", "/_account/v", &body).0, 400, "{models}");
    }
    assert_eq!(exchange(&model, "PUT", "/_account/u", "[]").0, 400);
    assert_eq!(with_token(&model, "/copilot_internal/user", "u").1["login"], "hubot");
    let paths: Vec<String> = model.records("hosted.api").into_iter().map(|record| record.path).collect();
    assert_eq!(paths.len(), 7, "{paths:?}");
    assert_eq!(model.requests("hosted"), [json!({})]);
}
