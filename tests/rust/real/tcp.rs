//! The real CLIs as servers on TCP, offline: started, attached to, and ended; and their tokens kept to themselves.
//!
//! `COPILOT_TEST_CLIS` names the CLIs, as for real_cli.rs.

#[path = "../support/mod.rs"]
mod support;

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use copilot::client::{Client, State};
use copilot::log::{self, Level};
use copilot::{Callback, Code};
use serde_json::{Value, json};
use support::*;
use testbed::cli::{Cli, Fence};
use testbed::model::Model;

/// One CLI in its own fence, with a model that is all its own.
struct Bed {
    cli: Cli,
    fence: Fence,
    model: Model,
}

impl Bed {
    fn new(cli: &Cli) -> Bed {
        Bed { cli: cli.clone(), fence: Fence::new(cli), model: Model::start() }
    }

    /// A client with these options beside those of every test.
    fn options(&self, more: Value) -> Value {
        let mut options = real::client_options(&self.cli, &self.fence, &json!({ "logLevel": "all" }));
        real::merge(&mut options, &more);
        options
    }

    fn setup(&self, script: &str, steps: Value) -> Setup {
        self.model.script(script, &steps);
        Setup::new(real::session_options(&self.fence, &self.model, script, &json!({ "streaming": true })))
    }

    /// Whether it knows connection tokens; the early ones let everybody in.
    fn knows_tokens(&self) -> bool {
        self.cli.is_at_least("1.0.71")
    }
}

fn on_each(test: impl Fn(&Bed)) {
    real::on_each_from("0", |cli| test(&Bed::new(cli)));
}

fn ping(client: &Client) -> copilot::Result<String> {
    let connection = Arc::clone(client.core()).connection();
    let work = async move { connection.await?.call("ping", "{}").await };
    block_on(client, client.queue().queue(), work)
}

fn stats(client: &Client) -> Value {
    serde_json::from_str(client.core().stats().text()).unwrap()
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn command_line(pid: u32) -> String {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&line).replace('\0', " ")
}

/// Every file below a folder that has this text in it.
fn files_with(folder: &Path, text: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => found.extend(files_with(&entry.path(), text)),
            Ok(kind) if kind.is_file() => {
                let bytes = fs::read(entry.path()).unwrap_or_default();
                if String::from_utf8_lossy(&bytes).contains(text) {
                    found.push(entry.path());
                }
            }
            _ => {}
        }
    }
    found
}

#[test]
fn a_server_is_started_converses_and_ends() {
    let lines: Log = Log::default();
    let heard = Arc::clone(&lines);
    log::set_sink(
        Level::Trace as i32,
        Some(Arc::new(move |_, target, text| heard.lock().push(format!("{target}: {text}")))),
    );
    on_each(|bed| {
        let token = format!("sesame-{}-open", bed.cli.name);
        let client = client(&bed.options(json!({ "useStdio": false, "connectionToken": token })));
        let session = bed.setup("talk", json!([{ "text": "42" }])).create(&client).unwrap();
        let end = ask(&client, &session, "How much?").unwrap();
        assert_eq!(end["event"]["data"]["content"], "42");
        let told = stats(&client);
        assert_eq!(told["transport"], "tcp");
        assert!(told["startTimings"]["connectMs"].as_f64().unwrap() > 0.0, "{told}");
        assert!(told["events"].as_u64().unwrap() > 5, "{told}");
        println!("start: {}", told["startTimings"]);
        let pid = client.core().process_id().unwrap();
        let argv = command_line(pid);
        assert!(argv.contains("--port 0"), "{argv}");
        assert!(!argv.contains(&token), "{argv}");
        let begun = Instant::now();
        stop(&client).unwrap();
        println!("stop: {:?}", begun.elapsed());
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
        assert!(!Path::new(&format!("/proc/{pid}")).exists(), "a stop returns when the process is gone");
        let home = bed.fence.workdir().parent().unwrap().to_owned();
        assert_eq!(files_with(&home, &token), Vec::<PathBuf>::new());
        assert!(!lines.lock().iter().any(|line| line.contains(&token)));
    });
    log::set_sink(0, None);
    assert!(
        lines.lock().iter().any(|line| line.contains("listening on port")),
        "what it prints is in the log"
    );
}

#[test]
fn a_second_client_attaches_and_leaves_the_server_alone() {
    on_each(|bed| {
        let (port, token) = (free_port(), "a token of 24 characters");
        let owner = client(&bed.options(json!({ "port": port, "connectionToken": token })));
        let session =
            bed.setup("shared", json!([{ "text": "one" }, { "text": "two" }])).create(&owner).unwrap();
        ask(&owner, &session, "First").unwrap();
        let attached = |more: Value| {
            let mut options = json!({ "cliUrl": format!("http://localhost:{port}") });
            real::merge(&mut options, &more);
            client(&options)
        };
        if bed.knows_tokens() {
            for (more, hint) in [
                (json!({ "connectionToken": "another token" }), "did not accept the connection token"),
                (json!({}), "wants a connection token"),
            ] {
                let error = start(&attached(more)).unwrap_err();
                assert_eq!((error.code(), error.class()), (Code::Rpc, Some("auth")), "{error}");
                assert!(error.message().contains(hint), "{error}");
                assert!(!error.message().contains("another token"), "{error}");
            }
        }
        let guest = attached(json!({ "connectionToken": token }));
        start(&guest).unwrap();
        assert!(stats(&guest).get("processId").is_none());
        if bed.cli.protocol > 2 {
            let events: Log = Log::default();
            let id = session.core().id().to_str().unwrap().to_owned();
            let same =
                bed.setup("shared", json!([{ "text": "two" }])).log(&events).resume(&guest, &id).unwrap();
            let end = ask(&owner, &session, "Second").unwrap();
            assert_eq!(end["outcome"], "answer");
            ping(&guest).unwrap();
            let deadline = Instant::now() + PATIENCE;
            while !events.lock().iter().any(|event| event == "assistant.message") {
                assert!(Instant::now() < deadline, "the guest saw {:?}", events.lock());
                guest.queue().dispatch(None, Some(Duration::from_millis(5))).unwrap();
            }
            drop(same);
        }
        stop(&guest).unwrap();
        assert_eq!(guest.core().state(), State::Disconnected);
        ping(&owner).unwrap();
        start(&guest).unwrap();
        ping(&guest).unwrap();
        let pid = owner.core().process_id().unwrap();
        stop(&owner).unwrap();
        assert!(!Path::new(&format!("/proc/{pid}")).exists());
        // The guest learns of it, and finds nobody any more.
        let deadline = Instant::now() + PATIENCE;
        while guest.core().state() == State::Connected {
            assert!(Instant::now() < deadline, "the guest still believes that it is connected");
            std::thread::sleep(Duration::from_millis(2));
        }
        let error = ping(&guest).unwrap_err();
        assert_eq!(error.code(), Code::Connect, "{error}");
    });
}

#[test]
fn what_the_program_brings_is_declared_where_the_cli_knows_it() {
    on_each(|bed| {
        let plugins = bed.fence.workdir_for("plugins");
        let fs = json!({ "initialCwd": "/w", "sessionStatePath": "/s" });
        for (option, value, since) in [
            ("builtinPluginDirectories", json!([plugins]), "1.0.85"),
            ("sessionFs", fs, "1.0.40"),
            ("kerberosAuth", json!({ "mode": "fallback" }), "9"),
            ("entra", json!({ "clientId": "c" }), "9"),
            ("enableGitHubTelemetryForwarding", json!(true), "1.0.71"),
        ] {
            let client = client(&bed.options(json!({ option: value })));
            match start(&client) {
                // It takes what it does not know in `connect` without a word.
                Ok(()) if option == "entra" && bed.cli.name == "1.0.71" => {}
                Ok(()) => assert!(bed.cli.is_at_least(since), "{option} on {}", bed.cli.name),
                Err(error) => {
                    assert!(!bed.cli.is_at_least(since), "{option}: {error}");
                    assert_eq!(error.code(), Code::Unsupported, "{error}");
                    assert!(error.message().contains(option), "{error}");
                }
            }
        }
        let client = client(&bed.options(json!({ "mode": "empty", "baseDirectory": bed.fence.workdir() })));
        client.core().on_request("llmInference.*", Some(Callback::new(Box::new(|_| {}))));
        match start(&client) {
            Ok(()) => assert!(bed.knows_tokens()),
            Err(error) => assert!(!bed.knows_tokens() && error.code() == Code::Unsupported, "{error}"),
        }
    });
}

/// The client options of the process that plays the host.
const HOST: &str = "LIBCOPILOT_TEST_REAL_TCP_HOST";

#[test]
fn a_server_ends_with_a_host_that_is_killed() {
    if let Ok(options) = std::env::var(HOST) {
        let options: Value = serde_json::from_str(&options).unwrap();
        let client = client(&options);
        start(&client).unwrap();
        fs::write(
            options["cwd"].as_str().unwrap().to_owned() + "/pid",
            stats(&client)["processId"].to_string(),
        )
        .unwrap();
        loop {
            std::thread::park();
        }
    }
    on_each(|bed| {
        let note = bed.fence.workdir().join("pid");
        let mut host = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "a_server_ends_with_a_host_that_is_killed", "--nocapture"])
            .env(HOST, bed.options(json!({ "useStdio": false })).to_string())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let deadline = Instant::now() + PATIENCE;
        let pid = loop {
            if let Ok(pid) = fs::read_to_string(&note).unwrap_or_default().parse() {
                break pid;
            }
            assert!(Instant::now() < deadline, "the host does not start its CLI");
            std::thread::sleep(Duration::from_millis(5));
        };
        assert!(!command_line(pid).is_empty(), "the test's own premise");
        host.kill().unwrap();
        host.wait().unwrap();
        // That of a zombie, which whoever adopts orphans here may leave for a while, is empty.
        while !command_line(pid).is_empty() {
            assert!(Instant::now() < deadline, "the CLI outlives its host");
            std::thread::sleep(Duration::from_millis(5));
        }
    });
}
