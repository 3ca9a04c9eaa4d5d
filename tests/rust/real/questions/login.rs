//! An MCP server that wants a login, for which the program has the token.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use copilot::protocol::question::Kind;

use super::*;

/// A server on a port of its own, for as long as the process lives. Its one tool tells the token that it was called
/// with; without "good" it refuses and says where tokens are to be had.
fn server() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || serve(stream, port));
        }
    });
    port
}

fn serve(stream: TcpStream, port: u16) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut writer = stream;
    while let Some((first, token, body)) = read(&mut reader) {
        let reply = answer(&first, token.as_deref(), &body, port);
        if writer.write_all(reply.as_bytes()).is_err() {
            return;
        }
    }
}

/// The request's first line, its bearer token and its body.
fn read(reader: &mut impl BufRead) -> Option<(String, Option<String>, Value)> {
    let mut lines = reader.by_ref().lines();
    let first = lines.next()?.ok()?;
    let (mut length, mut token) = (0, None);
    loop {
        let line = lines.next()?.ok()?;
        match line.split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.parse().ok()?
            }
            Some((name, value)) if name.eq_ignore_ascii_case("authorization") => {
                token = value.strip_prefix("Bearer ").map(str::to_owned);
            }
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((first, token, serde_json::from_slice(&body).unwrap_or_default()))
}

fn answer(first: &str, token: Option<&str>, call: &Value, port: u16) -> String {
    let origin = format!("http://127.0.0.1:{port}");
    let metadata = format!("{origin}/.well-known/oauth-protected-resource");
    if first.contains("/.well-known/oauth-protected-resource") {
        let about = json!({ "resource": format!("{origin}/mcp"), "authorization_servers": [origin] });
        return http("200 OK", "", &about.to_string());
    }
    if !first.starts_with("POST /mcp") {
        return http("404 Not Found", "", "");
    }
    if token != Some("good") {
        let header = format!("WWW-Authenticate: Bearer resource_metadata=\"{metadata}\"\r\n");
        return http("401 Unauthorized", &header, "{}");
    }
    let result = match call["method"].as_str().unwrap_or_default() {
        "initialize" => {
            json!({ "protocolVersion": call["params"]["protocolVersion"], "capabilities": { "tools": {} },
            "serverInfo": { "name": "o", "version": "1" } })
        }
        "tools/list" => json!({ "tools": [{ "name": "say", "description": "Says it",
            "inputSchema": { "type": "object" }, "annotations": { "readOnlyHint": true } }] }),
        "tools/call" => json!({ "content": [{ "type": "text", "text": "you are in" }] }),
        _ => json!({}),
    };
    match call.get("id") {
        Some(id) => http("200 OK", "", &json!({ "jsonrpc": "2.0", "id": id, "result": result }).to_string()),
        None => http("202 Accepted", "", ""),
    }
}

fn http(status: &str, header: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\n{header}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

#[test]
fn a_server_that_wants_a_login_gets_the_programs_token() {
    on_each(NEW, |bed| {
        let port = server();
        let connected = Arc::new(AtomicBool::new(false));
        let sees = Arc::clone(&connected);
        let mut options = bed
            .options("login", json!([{ "text": "hello" }, { "tools": [["o-say", {}]] }, { "text": "done" }]));
        options["mcpServers"] =
            json!({ "o": { "type": "http", "url": format!("http://127.0.0.1:{port}/mcp"), "tools": ["*"] } });
        let session = Setup::new(options)
            .answer(Kind::McpOauth, |request| {
                assert_eq!(request.params().string("/serverName").as_deref(), Some("o"));
                respond(request, json!({ "kind": "token", "accessToken": "good", "expiresIn": 3600 }));
            })
            .answer(Kind::Permission, Request::approve)
            .event(Some("session.mcp_server_status_changed"), move |event| {
                let is_connected = event.json().string("/data/status").as_deref() == Some("connected");
                sees.fetch_or(is_connected, Ordering::AcqRel);
            })
            .create(&bed.client)
            .unwrap();
        assert_eq!(bed.ask(&session), "hello");
        let deadline = Instant::now() + PATIENCE;
        while !connected.load(Ordering::Acquire) {
            assert!(Instant::now() < deadline, "the server was not connected to");
            bed.client.queue().dispatch(None, Some(Duration::from_millis(50))).unwrap();
        }
        assert_eq!(bed.ask(&session), "done");
        assert!(bed.told("login").contains("you are in"));
    });
}
