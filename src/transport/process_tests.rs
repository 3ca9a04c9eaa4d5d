//! The life of a child: its streams, its end, and what is left of it.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::process::launch_watched_by;
use super::reap::open_pidfd;
use super::test_support::{
    bounded, in_own_process, is_gone, launch_of, read_line, read_to_end, run, shell, until,
};
use super::{Running, describe, launch};
use crate::error::Exit;
use crate::log::{self, Level};

/// A system without pidfds, which a thread stands in for.
fn no_pidfd(_: libc::pid_t) -> io::Result<OwnedFd> {
    Err(io::Error::from_raw_os_error(libc::ENOSYS))
}

/// Both ways to see the end of a child.
const WATCHES: [fn(libc::pid_t) -> io::Result<OwnedFd>; 2] = [open_pidfd, no_pidfd];

/// Linux 6.9 and later can signal a group whose leader the system has reaped by itself.
fn knows_groups_of_pidfds() -> bool {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map(|number| number.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= (6, 9)
}

/// Ends by a signal only, or with the test: its stdin stays open as long as the test holds it, and not a moment
/// longer, so that a test that is killed leaves nothing behind.
const HANG: &str = "exec cat";
/// A grandchild of the same kind, in the background, where a shell would give it no stdin of its own accord.
const HANGING_GRANDCHILD: &str = "exec 3<&0; cat <&3 3<&- & exec 3<&-;";

#[tokio::test]
async fn bytes_go_through_and_the_end_of_input_ends_the_child() {
    let Running { process, mut stdin, mut stdout } = launch(launch_of("/bin/cat", &[])).await.unwrap();
    let sent: Vec<u8> = (0..3_000_000u32).map(|number| number as u8).collect();
    let mut received = Vec::new();
    bounded(async {
        let write = async {
            stdin.write_all(&sent).await.unwrap();
            drop(stdin);
        };
        let (_, read) = tokio::join!(write, stdout.read_to_end(&mut received));
        read.unwrap();
    })
    .await;
    assert!(received == sent);
    assert_eq!(bounded(process.exited()).await, Exit { code: Some(0), ..Exit::default() });
}

#[tokio::test]
async fn the_end_is_told_to_everybody_in_words() {
    for open_pidfd in WATCHES {
        let child = launch_watched_by(shell("echo oh no >&2; exit 3"), open_pidfd).await.unwrap();
        let other = child.process.clone();
        let exit = bounded(child.process.exited()).await;
        assert_eq!(exit, Exit { code: Some(3), signal: None, stderr_tail: "oh no".to_owned() });
        assert_eq!(bounded(other.exited()).await, exit);
        assert_eq!(other.try_exited().as_ref(), Some(&exit));
        assert_eq!(describe(&exit), "the CLI exited with code 3; its last words on stderr:\noh no");
        assert!(is_gone(child.process.pid()), "no zombie");
    }
}

#[tokio::test]
async fn a_kill_takes_the_whole_group() {
    for open_pidfd in WATCHES {
        let what = shell(&format!("{HANGING_GRANDCHILD} echo ready; {HANG}"));
        let child = launch_watched_by(what, open_pidfd).await.unwrap();
        let (ready, mut rest) = read_line(child.stdout).await;
        assert_eq!(ready, "ready");
        assert_eq!(child.process.try_exited(), None);

        let process = child.process.clone();
        std::thread::spawn(move || process.kill()).join().unwrap();
        let exit = bounded(child.process.exited()).await;
        assert_eq!(describe(&exit), "the CLI was killed by signal 9 (SIGKILL)");
        // Its grandchild held stdout, too: the stream ends only when both are dead.
        assert_eq!(bounded(rest.read_to_end(&mut Vec::new())).await.unwrap(), 0);
        child.process.kill();
        child.process.terminate();
    }
}

#[tokio::test]
async fn no_grandchild_survives_a_child_that_ends_by_itself() {
    for open_pidfd in WATCHES {
        let what = shell(&format!("{HANGING_GRANDCHILD} exit 7"));
        let child = launch_watched_by(what, open_pidfd).await.unwrap();
        assert_eq!(read_to_end(child.stdout).await, "");
        assert_eq!(bounded(child.process.exited()).await.code, Some(7));
    }
}

#[tokio::test]
async fn stop_waits_then_asks_then_kills() {
    let obedient = launch(launch_of("/bin/cat", &[])).await.unwrap();
    drop(obedient.stdin);
    let exit = bounded(obedient.process.stop(Duration::from_secs(10))).await;
    assert_eq!((exit.code, exit.signal), (Some(0), None));

    let deaf = launch(shell(HANG)).await.unwrap();
    let exit = bounded(deaf.process.stop(Duration::ZERO)).await;
    assert_eq!(exit.signal, Some(libc::SIGTERM));
    assert_eq!(bounded(deaf.process.stop(Duration::ZERO)).await, exit, "a second stop finds it stopped");

    let stubborn = launch(shell(&format!("trap '' TERM; echo ready; {HANG}"))).await.unwrap();
    read_line(stubborn.stdout).await;
    let exit = bounded(stubborn.process.stop(Duration::ZERO)).await;
    assert_eq!(exit.signal, Some(libc::SIGKILL));
}

#[tokio::test]
async fn a_child_that_everybody_forgot_is_reaped() {
    for open_pidfd in WATCHES {
        let child = launch_watched_by(launch_of("/bin/cat", &[]), open_pidfd).await.unwrap();
        let pid = child.process.pid();
        drop(child);
        until("the child is gone", || is_gone(pid)).await;
    }
}

#[test]
fn a_child_that_outlives_the_runtime_is_reaped() {
    for open_pidfd in WATCHES {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let child = runtime.block_on(launch_watched_by(launch_of("/bin/cat", &[]), open_pidfd)).unwrap();
        let process = child.process.clone();
        drop(child);
        drop(runtime);
        run(async {
            until("the child is gone", || is_gone(process.pid())).await;
            let exit = process.exited().await;
            assert_eq!((exit.code, exit.signal), (None, None));
        });
        process.kill();
    }
}

#[test]
fn a_host_that_ignores_sigchld_still_learns_of_the_end() {
    if !in_own_process("process_tests::a_host_that_ignores_sigchld_still_learns_of_the_end") {
        return;
    }
    // SAFETY: a plain system call; the process is this test's own.
    unsafe { libc::signal(libc::SIGCHLD, libc::SIG_IGN) };
    run(async {
        for open_pidfd in WATCHES {
            let child = launch_watched_by(shell("echo gone >&2; exit 3"), open_pidfd).await.unwrap();
            let exit = bounded(child.process.exited()).await;
            assert_eq!(exit, Exit { code: None, signal: None, stderr_tail: "gone".to_owned() });
            assert!(describe(&exit).starts_with("the CLI ended (its exit status went to the host program)"));

            let child = launch_watched_by(shell(HANG), open_pidfd).await.unwrap();
            child.process.kill();
            bounded(child.process.exited()).await;
            child.process.kill();
        }
        if knows_groups_of_pidfds() {
            let child = launch(shell(&format!("{HANGING_GRANDCHILD} echo ready; {HANG}"))).await.unwrap();
            let (_, mut rest) = read_line(child.stdout).await;
            // SAFETY: a plain system call. The child alone, which runs for certain, not its group.
            unsafe { libc::kill(child.process.pid() as libc::pid_t, libc::SIGKILL) };
            let end = bounded(rest.read_to_end(&mut Vec::new())).await;
            assert_eq!(end.unwrap(), 0, "the grandchild was killed");
        }
    });
}

#[tokio::test]
async fn a_flood_on_stderr_blocks_nobody_and_leaves_its_last_lines() {
    let script = "i=0; while [ $i -lt 20000 ]; do echo \"line $i\"; i=$((i+1)); done >&2";
    let child = launch(shell(script)).await.unwrap();
    let exit = bounded(child.process.exited()).await;
    let lines: Vec<_> = exit.stderr_tail.lines().collect();
    assert!(exit.stderr_tail.len() <= 8192);
    assert_eq!(lines.last(), Some(&"line 19999"));
    assert!(lines[0].len() == "line 19999".len(), "cut at a line start: {}", lines[0]);
    assert_eq!(child.process.stderr_tail(), exit.stderr_tail);
}

#[test]
fn every_line_of_stderr_reaches_the_log_without_its_secrets() {
    if !in_own_process("process_tests::every_line_of_stderr_reaches_the_log_without_its_secrets") {
        return;
    }
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ear = Arc::clone(&heard);
    log::set_sink(
        Level::Debug as i32,
        Some(Arc::new(move |level, target, line| {
            ear.lock().push((level, target.to_owned(), line.to_owned()))
        })),
    );
    run(async {
        let what = shell("printf 'one\\r\\n\\n  two\\nghp_s3cret! ghp_\\nunfinished ghp_s3c' >&2");
        what.secrets.learn(["ghp_s3cret"]);
        let child = launch(what).await.unwrap();
        let exit = child.process.exited().await;
        assert_eq!(exit.stderr_tail, "one\r\n\n  two\n[redacted]! ghp_\nunfinished [redacted]");
    });
    let line = |text: &str| (Level::Debug, "cli".to_owned(), text.to_owned());
    let lines = ["one", "  two", "[redacted]! ghp_", "unfinished [redacted]"];
    assert_eq!(*heard.lock(), lines.map(line));
}

#[tokio::test]
async fn a_stderr_that_stays_open_does_not_hold_up_the_end() {
    // A daemon with a session of its own is not ours to kill; this one ends when the test's pipe does.
    let daemon = "exec 3<&0; setsid sh -c 'echo ready; exec cat' <&3 & echo last >&2; exec cat";
    let child = launch(shell(daemon)).await.unwrap();
    assert_eq!(read_line(child.stdout).await.0, "ready");
    until("the child has spoken", || child.process.stderr_tail() == "last").await;
    child.process.kill();
    assert_eq!(bounded(child.process.exited()).await.stderr_tail, "last");
    drop(child.stdin);
}

#[tokio::test]
async fn writing_to_a_dead_child_is_an_error_and_no_signal() {
    let mut child = launch(shell("exit 0")).await.unwrap();
    bounded(child.process.exited()).await;
    let error = bounded(child.stdin.write_all(b"hello")).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
}

#[test]
fn a_launch_may_run_on_any_thread_of_the_runtime() {
    fn assert_send<T: Send>(_: T) {}
    assert_send(launch(shell("true")));
    fn assert_shared<T: Send + Sync + 'static>() {}
    assert_shared::<super::Process>();
}
