//! Children that are servers: what they are born with, what ends them, and how their port is learned.

use std::fs;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::test_support::{
    TempDir, bounded, in_own_process, is_gone, launch_of, run, shell, status_field, until,
};
use super::{Address, Environment, Launch, connect, launch_server};
use crate::error::Code;

const SOON: Duration = Duration::from_millis(200);

async fn failure(what: Launch) -> String {
    let error = bounded(launch_server(what)).await.map(|_| "it runs").unwrap_err();
    assert_eq!(error.code(), Code::Spawn);
    error.message().to_owned()
}

#[test]
fn a_server_is_born_like_any_child() {
    if !in_own_process("server_tests::a_server_is_born_like_any_child") {
        return;
    }
    // SAFETY: plain system calls; the process is this test's own, and unlike std's this copy is not close-on-exec.
    unsafe {
        for signal in [libc::SIGPIPE, libc::SIGHUP, libc::SIGTERM, libc::SIGRTMIN() + 3] {
            libc::signal(signal, libc::SIG_IGN);
        }
        assert!(libc::dup(2) > 2);
    }
    run(async {
        let temp = TempDir::new();
        // It answers when it is the program, so that nothing of before is left.
        let script = r#"printf '%s|' "$PWD" "$TOKEN" "$(cat)" >&2; echo listening on port 7; exec sleep 60"#;
        let mut what = shell(script);
        what.environment.set("TOKEN", "se=cret");
        what.cwd = Some(temp.path().to_owned());
        let child = launch_server(what).await.unwrap();
        let process = child.process.clone();
        assert_eq!(bounded(child.port(Duration::from_secs(10))).await.unwrap(), 7);
        let expected = format!("{}|se=cret||", temp.path().display());
        until("it has told", || process.stderr_tail() == expected).await;
        let command_line = format!("/proc/{}/cmdline", process.pid());
        until("it sleeps", || fs::read(&command_line).unwrap().starts_with(b"sleep")).await;
        for field in ["SigBlk", "SigIgn", "SigCgt"] {
            assert_eq!(status_field(process.pid(), field), "0000000000000000", "{field}");
        }
        let descriptors = fs::read_dir(format!("/proc/{}/fd", process.pid())).unwrap().count();
        assert_eq!(descriptors, 3);
        // SAFETY: a plain system call.
        assert_eq!(unsafe { libc::getpgid(process.pid() as libc::pid_t) }, process.pid() as libc::pid_t);
        process.terminate();
        assert_eq!(bounded(process.exited()).await.signal, Some(libc::SIGTERM));
        assert!(is_gone(process.pid()), "no zombie");
    });
}

#[tokio::test]
async fn why_a_server_is_not_born() {
    let temp = TempDir::new();
    let missing = failure(launch_of("/nonexistent/copilot", &[])).await;
    assert!(missing.contains("does not exist"), "{missing}");
    let no_program = temp.file("no-program", "this is no program\n", 0o755);
    let message = failure(launch_of(&no_program, &[])).await;
    assert!(message.contains("neither a program"), "{message}");
    let mut elsewhere = shell("true");
    elsewhere.cwd = Some("/nonexistent/folder".into());
    assert!(failure(elsewhere).await.contains("/nonexistent/folder"));
    let mut nameless = shell("true");
    nameless.environment = Environment::from_iter([("", "x")]);
    assert!(failure(nameless).await.contains("no valid name"));
}

#[tokio::test]
async fn a_server_that_names_no_port() {
    let silent = bounded(launch_server(shell("echo 'not yet' >&2; exec sleep 60"))).await.unwrap();
    let process = silent.process.clone();
    until("it has spoken", || process.stderr_tail() == "not yet").await;
    let error = bounded(silent.port(SOON)).await.unwrap_err();
    assert_eq!(error.code(), Code::Spawn);
    assert!(error.message().contains("within 0.2 s"), "{error}");
    assert!(error.message().ends_with("not yet"), "{error}");
    process.kill();

    let closed = bounded(launch_server(shell("exec sleep 60 > /dev/null"))).await.unwrap();
    let process = closed.process.clone();
    let error = bounded(closed.port(Duration::from_secs(10))).await.unwrap_err();
    assert!(error.message().contains("closed its stdout"), "{error}");
    process.kill();

    let ended = bounded(launch_server(shell("echo 'no licence' >&2; exit 3"))).await.unwrap();
    let error = bounded(ended.port(Duration::from_secs(10))).await.unwrap_err();
    assert_eq!(error.exit().unwrap().code, Some(3));
    assert!(error.message().contains("no licence"), "{error}");
}

#[test]
fn a_server_lives_until_the_thread_that_lasts_has_ended() {
    if !in_own_process("server_tests::a_server_lives_until_the_thread_that_lasts_has_ended") {
        return;
    }
    let serve = || async {
        let server = launch_server(shell("echo listening on port 7; exec sleep 60")).await.unwrap();
        let process = server.process.clone();
        bounded(server.port(Duration::from_secs(10))).await.unwrap();
        process
    };
    run(async {
        let [first, second] = [serve().await, serve().await];
        // Whatever thread asks, the same one is the parent; so the first has survived the start of the second.
        assert!(first.try_exited().is_none() && second.try_exited().is_none());
        crate::runtime::shutdown(None).unwrap();
        for process in [first, second] {
            assert_eq!(bounded(process.exited()).await.signal, Some(libc::SIGTERM));
        }
    });
}

#[tokio::test]
async fn localhost_is_reached_by_ipv4() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    for host in ["localhost", "LocalHost", "127.0.0.1"] {
        let address = Address { host: host.into(), port };
        let (connected, accepted) = tokio::join!(bounded(connect(&address)), listener.accept());
        connected.unwrap().1.write_all(b"x").await.unwrap();
        assert_eq!(accepted.unwrap().0.read_u8().await.unwrap(), b'x');
    }
    drop(listener);
    let error = bounded(connect(&Address::local(port))).await.map(|_| "it listens").unwrap_err();
    assert_eq!(error.code(), Code::Connect);
    assert!(error.message().contains(&format!("127.0.0.1:{port}")), "{error}");
}
