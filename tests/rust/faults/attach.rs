//! A server that runs already: reached, spoken to, lost, and never ended.

use std::net::TcpListener;
use std::process::{Child, Stdio};

use copilot::Code;
use copilot::client::State;

use super::*;

/// A fake that somebody else has started on TCP; it ends with the test.
struct Server {
    fake: FakeRuntime,
    process: Child,
    port: u64,
}

impl Server {
    fn start(script: Value, token: Option<&str>) -> Server {
        let fake = FakeRuntime::new(script);
        let mut command = fake.command();
        command.args(["--headless", "--port", "0"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if let Some(token) = token {
            command.env("COPILOT_CONNECTION_TOKEN", token);
        }
        let process = command.spawn().unwrap();
        let listens = fake.wait_log(|record| record.get("listening").is_some(), PATIENCE).unwrap();
        Server { port: listens["listening"].as_u64().unwrap(), fake, process }
    }

    fn client(&self, more: Value) -> Arc<Client> {
        let mut options = json!({ "cliUrl": format!("http://localhost:{}", self.port) });
        options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        client(&options)
    }

    fn is_running(&mut self) -> bool {
        self.process.try_wait().unwrap().is_none()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn ping(client: &Client) -> Result<String> {
    let connection = Arc::clone(client.core()).connection();
    let work = async move { connection.await?.call("ping", "{}").await };
    block_on(client, client.queue().queue(), work)
}

#[test]
fn clients_come_and_go_and_the_server_stays() {
    let mut server = Server::start(json!({}), None);
    for url in [format!("{}", server.port), format!("127.0.0.1:{}", server.port)] {
        for how in ["stop", "force_stop", "drop"] {
            let client = client(&json!({ "cliUrl": url }));
            let session = Setup::new(json!({})).create(&client).unwrap();
            assert_eq!(ask(&client, &session, "Hello").unwrap()["outcome"], "answer");
            assert_eq!(client.core().process_id(), None);
            match how {
                "stop" => {
                    let (stopped, time) = timed(|| stop(&client));
                    stopped.unwrap();
                    assert!(time < AT_ONCE, "{time:?}");
                    assert_eq!(ask(&client, &session, "Still?").unwrap_err().code(), Code::Closed);
                }
                "force_stop" => client.core().force_stop(),
                _ => {}
            }
            drop((session, client));
        }
    }
    let ended = |log: &[Value]| log.iter().filter(|record| record["eof"] == true).count();
    let deadline = Instant::now() + PATIENCE;
    while ended(&server.fake.log()) < 6 {
        assert!(Instant::now() < deadline, "a connection stays open");
        std::thread::sleep(Duration::from_millis(2));
    }
    assert!(server.is_running());
    assert!(server.fake.received("runtime.shutdown").is_empty());
    assert_eq!(server.fake.received("session.detach").len(), 4, "by each stop, and by each last handle");
}

/// Early servers know no other way to leave a session than to end it, and the end of the connection.
#[test]
fn an_early_servers_session_is_left_to_its_other_clients() {
    let server = Server::start(json!({ "connect": false }), None);
    let client = server.client(json!({}));
    let _session = Setup::new(json!({})).create(&client).unwrap();
    stop(&client).unwrap();
    assert!(server.fake.received("session.destroy").is_empty());
    support::start(&client).unwrap();
    let session = Setup::new(json!({})).create(&client).unwrap();
    on_session(&client, &session, Arc::clone(session.core()).disconnect()).unwrap();
    assert_eq!(server.fake.received("session.destroy").len(), 1, "the connection goes on");
    stop(&client).unwrap();
}

#[test]
fn sessions_of_a_server_leave_permissions_to_others() {
    let turn = json!([{ "permission": { "kind": "shell", "fullCommandText": "ls", "wait": false } }, { "text": "done" }]);
    for (options, answers) in [(json!({}), 0), (json!({ "permissionDefault": "deny" }), 1)] {
        let server = Server::start(json!({ "turns": [turn] }), None);
        let client = server.client(json!({}));
        let session = Setup::new(options.clone()).create(&client).unwrap();
        ask(&client, &session, "May I?").unwrap();
        // What was sent before a reply has arrived with it.
        ping(&client).unwrap();
        let method = "session.permissions.handlePendingPermissionRequest";
        assert_eq!(server.fake.received(method).len(), answers, "{options}");
    }
}

#[test]
fn tokens_are_given_and_refused() {
    const TOKEN: &str = "the right token";
    for (of_server, given, hint, code) in [
        (Some(TOKEN), None, "it wants a connection token", -32002),
        (Some(TOKEN), Some("a wrong token"), "did not accept the connection token", -32002),
        (None, Some("a wrong token"), "started without a connection token", -32003),
    ] {
        let mut server = Server::start(json!({}), of_server);
        let client = server.client(json!({ "connectionToken": given }));
        let error = support::start(&client).unwrap_err();
        assert_eq!((error.code(), error.class()), (Code::Rpc, Some("auth")), "{error}");
        assert_eq!(error.rpc().map(|rpc| rpc.code), Some(code), "{error}");
        assert!(error.message().contains(hint), "{error}");
        assert!(error.message().contains(&format!("localhost:{}", server.port)), "{error}");
        assert!(!format!("{error:?}").contains("a wrong token"), "{error}");
        assert_eq!(client.core().state(), State::Failed);
        assert!(server.is_running());
    }
    let server = Server::start(json!({}), Some(TOKEN));
    ping(&server.client(json!({ "connectionToken": TOKEN }))).unwrap();
}

#[test]
fn a_token_that_the_server_quotes_is_not_shown() {
    let token = "quoted-token-123";
    let refusal = json!({ "reply_error": { "code": -32002, "message": format!("no such token: {token}") } });
    let server = Server::start(json!({ "on": { "connect": [refusal] } }), None);
    let error = support::start(&server.client(json!({ "connectionToken": token }))).unwrap_err();
    assert!(error.message().contains("[redacted]") && !error.message().contains(token), "{error}");
}

#[test]
fn a_lost_connection_is_told_and_the_next_call_connects_anew_if_it_may() {
    for auto_restart in [true, false] {
        let server = Server::start(json!({ "turns": [[{ "close_connection": true }]] }), None);
        let client = server.client(json!({ "autoRestart": auto_restart }));
        let session = Setup::new(json!({})).create(&client).unwrap();
        let error = ask(&client, &session, "Hang up").unwrap_err();
        assert_eq!(error.code(), Code::Transport, "{error}");
        assert!(error.message().contains(&format!("localhost:{}", server.port)), "{error}");
        assert!(error.exit().is_none());
        assert_eq!(client.core().state(), State::Disconnected);
        match auto_restart {
            true => drop(ping(&client).unwrap()),
            false => {
                assert_eq!(ping(&client).unwrap_err().code(), Code::Transport);
                support::start(&client).unwrap();
            }
        }
        assert_eq!(client.core().state(), State::Connected);
    }
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = support::start(&client(&json!({ "cliUrl": port.to_string() }))).unwrap_err();
    assert_eq!(error.code(), Code::Connect, "{error}");
    assert!(error.is_retriable());
    assert!(error.message().contains(&format!("localhost:{port}")), "{error}");
    assert!(error.message().contains("refused"), "{error}");
    let nowhere = client(&json!({ "cliUrl": "no-such-host.invalid:80" }));
    let error = support::start(&nowhere).unwrap_err();
    assert_eq!(error.code(), Code::Connect, "{error}");
    assert!(error.message().contains("no-such-host.invalid:80"), "{error}");
}

#[test]
fn what_is_no_cli_is_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let web_server = std::thread::spawn(move || {
        use std::io::{Read, Write};
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 1024]);
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
    });
    let error =
        support::start(&client(&json!({ "cliUrl": format!("http://127.0.0.1:{port}") }))).unwrap_err();
    assert_eq!(error.code(), Code::Protocol, "{error}");
    assert!(error.message().contains(&format!("127.0.0.1:{port} did not get ready")), "{error}");
    web_server.join().unwrap();
}
