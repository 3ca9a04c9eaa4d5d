//! A CLI that is started as a server on TCP: its port, its token, and its end.

use std::net::TcpListener;
use std::process::{Command, Stdio};

use copilot::Code;
use copilot::client::State;

use super::*;

/// A client that starts the fake as a server.
fn bed(script: Value) -> Bed {
    Bed::with(script, json!({ "useStdio": false }))
}

/// The first record of the first process.
fn born(bed: &Bed) -> Value {
    bed.logged(|record| record.get("argv").is_some())
}

#[test]
fn a_server_is_started_spoken_to_and_stopped() {
    for (script, last_words) in [
        (json!({}), Some("runtime.shutdown")),
        (json!({ "connect": false }), Some("runtime.shutdown")),
        (json!({ "protocol": 2 }), None),
    ] {
        let bed = bed(script.clone());
        let session = Setup::new(json!({})).create(&bed.client).unwrap();
        assert_eq!(ask(&bed.client, &session, "Hello").unwrap()["outcome"], "answer");
        let born = born(&bed);
        let argv: Vec<_> =
            born["argv"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
        assert_eq!(argv[1..], ["--headless", "--no-auto-update", "--port", "0"]);
        let token = born["env"]["COPILOT_CONNECTION_TOKEN"].as_str().unwrap();
        assert!(token.len() == 32 && token.bytes().all(|digit| digit.is_ascii_hexdigit()), "{token}");
        assert_eq!(bed.called("connect")["token"], token);
        let pid = bed.client.core().process_id().unwrap();
        let (stopped, time) = timed(|| stop(&bed.client));
        stopped.unwrap();
        assert!(time < AT_ONCE, "{time:?}");
        assert!(!is_there(pid), "{script}: a stop returns when the process is gone");
        if let Some(method) = last_words {
            assert_eq!(bed.fake.received(method).len(), 1, "{script}");
        }
    }
}

#[test]
fn every_start_has_a_token_of_its_own() {
    let bed = bed(json!({}));
    for _ in 0..2 {
        support::start(&bed.client).unwrap();
        stop(&bed.client).unwrap();
    }
    let given = bed.fake.received("connect");
    assert_eq!(given.len(), 2);
    assert_ne!(given[0]["params"]["token"], given[1]["params"]["token"]);
}

#[test]
fn port_and_token_can_be_chosen() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let bed = Bed::with(json!({}), json!({ "port": free, "connectionToken": "my own secret" }));
    support::start(&bed.client).unwrap();
    assert_eq!(bed.logged(|record| record.get("listening").is_some())["listening"], free);
    assert_eq!(born(&bed)["env"]["COPILOT_CONNECTION_TOKEN"], "my own secret");
    assert!(!born(&bed)["argv"].to_string().contains("secret"));
    assert_eq!(bed.called("connect")["token"], "my own secret");
}

#[test]
fn a_port_that_is_taken_is_told_with_the_reason() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let bed = Bed::with(json!({}), json!({ "port": taken.local_addr().unwrap().port() }));
    let error = support::start(&bed.client).unwrap_err();
    assert_eq!(error.code(), Code::Spawn, "{error}");
    assert!(error.message().contains("Address already in use"), "{error}");
    assert_eq!(error.exit().and_then(|exit| exit.code), Some(1), "{error}");
}

#[test]
fn the_port_is_found_late_and_in_other_words() {
    for script in [
        json!({ "listen": [{ "stdout": "Loading\nstill loading" }, { "sleep_ms": 300 }] }),
        json!({ "announce": "info: Server LISTENING on Port {port} (IPv4)" }),
        json!({ "listen": { "stdout": "x".repeat(100_000) }, "announce": "\nlistening on port {port}" }),
    ] {
        let bed = bed(script);
        support::start(&bed.client).unwrap();
        bed.call("ping", json!({})).unwrap();
    }
}

#[test]
fn what_a_server_prints_blocks_it_never() {
    let noise = json!({ "stdout": "noise\n".repeat(100_000) });
    let bed = bed(json!({ "turns": [[noise, { "text": "done" }]] }));
    let session = Setup::new(json!({})).create(&bed.client).unwrap();
    assert_eq!(ask(&bed.client, &session, "Print").unwrap()["outcome"], "answer");
}

#[test]
fn a_server_that_ends_before_it_listens_tells_its_last_words() {
    for (listen, code, signal, hint) in [
        (json!({ "exit": 3, "stderr": "boom: no licence\n" }), Some(3), None, "boom: no licence"),
        (json!({ "exit": 0 }), Some(0), None, "exited with code 0"),
        (json!({ "kill": 9 }), None, Some(9), "SIGKILL"),
    ] {
        let bed = bed(json!({ "listen": listen }));
        let error = support::start(&bed.client).unwrap_err();
        assert_eq!(error.code(), Code::Spawn, "{error}");
        assert!(error.message().contains("ended before it listened"), "{error}");
        assert!(error.message().contains(hint), "{error}");
        let exit = error.exit().unwrap();
        assert_eq!((exit.code, exit.signal), (code, signal), "{error}");
        assert_eq!(bed.client.core().state(), State::Failed);
        bed.gone(bed.pid(0));
    }
}

#[test]
fn a_stop_ends_a_start_that_waits_for_the_port() {
    let bed = bed(json!({ "listen": { "hang": true }, "start": { "ignore_sigterm": true } }));
    let start = begin(&bed.client, bed.client.queue().queue(), Arc::clone(bed.client.core()).start());
    born(&bed);
    let pid = bed.pid(0);
    let (stopped, time) = timed(|| stop(&bed.client));
    stopped.unwrap();
    assert!(time < AT_ONCE, "{time:?}");
    assert!(!is_there(pid), "a stop returns when the process is gone");
    assert_eq!(end_of::<()>(&start).unwrap_err().code(), Code::Closed);
}

#[test]
fn a_server_that_does_not_want_to_end_is_killed_in_time() {
    let bed = bed(json!({
        "start": { "ignore_sigterm": true },
        "on": { "runtime.shutdown": { "hang": true }, "session.detach": { "hang": true } },
    }));
    let _session = Setup::new(json!({})).create(&bed.client).unwrap();
    let pid = bed.pid(0);
    let grace = Duration::from_millis(300);
    let stopping = Arc::clone(bed.client.core()).stop(Some(grace));
    let (stopped, time) = timed(|| block_on(&bed.client, bed.client.queue().queue(), stopping));
    stopped.unwrap();
    assert!(time >= grace && time < AT_ONCE, "{time:?}");
    assert!(!is_there(pid));
}

#[test]
fn a_lost_connection_ends_the_server_and_the_next_call_starts_another() {
    let bed = bed(json!({ "runs": [{ "turns": [[{ "close_connection": true }]] }, {}] }));
    let states = bed.states();
    let session = Setup::new(json!({})).create(&bed.client).unwrap();
    let error = ask(&bed.client, &session, "Hang up").unwrap_err();
    assert_eq!(error.code(), Code::Transport, "{error}");
    bed.gone(bed.pid(0));
    bed.call("ping", json!({})).unwrap();
    assert_eq!(bed.starts(), 2);
    bed.until("the restart is told", || states.lock().len() == 5);
    assert_eq!(*states.lock(), ["connecting", "connected", "disconnected", "connecting", "connected"]);
}

#[test]
fn a_server_that_crashes_tells_how() {
    let bed = bed(json!({ "turns": [[{ "exit": 7, "stderr": "out of luck\n" }]] }));
    let session = Setup::new(json!({})).create(&bed.client).unwrap();
    let error = ask(&bed.client, &session, "Crash").unwrap_err();
    assert_eq!(error.code(), Code::Transport, "{error}");
    assert_eq!(error.exit().and_then(|exit| exit.code), Some(7), "{error}");
    assert!(error.message().contains("out of luck"), "{error}");
}

#[test]
fn force_stop_and_the_last_handle_end_it_too() {
    let first = bed(json!({}));
    support::start(&first.client).unwrap();
    first.client.core().force_stop();
    first.gone(first.pid(0));
    let Bed { fake, client } = bed(json!({ "on": { "runtime.shutdown": { "reply": null } } }));
    support::start(&client).unwrap();
    let pid = client.core().process_id().unwrap();
    drop(client);
    let deadline = Instant::now() + PATIENCE;
    while is_there(pid) {
        assert!(Instant::now() < deadline, "process {pid} stays");
        std::thread::sleep(Duration::from_millis(2));
    }
    drop(fake);
}

/// The client options of the process that plays the host.
const HOST: &str = "LIBCOPILOT_TEST_TCP_HOST";

#[test]
fn a_server_ends_with_a_host_that_is_killed() {
    if let Ok(options) = std::env::var(HOST) {
        let client = client(&serde_json::from_str(&options).unwrap());
        support::start(&client).unwrap();
        loop {
            std::thread::park();
        }
    }
    let fake = testbed::runtime::FakeRuntime::new(json!({}));
    let mut options = fake.options();
    options["useStdio"] = json!(false);
    let mut host = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "tcp::a_server_ends_with_a_host_that_is_killed", "--nocapture"])
        .env(HOST, options.to_string())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    fake.wait_log(|record| record["out"]["result"]["ok"] == true, PATIENCE).unwrap();
    let born = fake.wait_log(|record| record.get("argv").is_some(), PATIENCE).unwrap();
    let command_line = format!("/proc/{}/cmdline", born["pid"]);
    // That of a zombie, which whoever adopts orphans here may leave for a while, is empty.
    let runs = || std::fs::read(&command_line).is_ok_and(|text| !text.is_empty());
    assert!(runs(), "the test's own premise");
    host.kill().unwrap();
    host.wait().unwrap();
    let deadline = Instant::now() + PATIENCE;
    while runs() {
        assert!(Instant::now() < deadline, "the server outlives its host");
        std::thread::sleep(Duration::from_millis(2));
    }
}
