//! What a child is born with, and every reason for which it is not born.

use std::collections::VecDeque;
use std::fs;
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::test_support::{
    TempDir, bounded, in_own_process, launch_of, read_to_end, run, shell, status_field,
};
use super::{Environment, Launch, Running, launch, resolve, spawn};
use crate::error::Code;

async fn failure(what: Launch) -> String {
    let error = bounded(launch(what)).await.map(|_| "it runs").unwrap_err();
    assert_eq!(error.code(), Code::Spawn);
    error.message().to_owned()
}

#[track_caller]
fn assert_tells(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "no {part:?} in: {message}");
    }
}

fn descriptors_of(pid: u32) -> Vec<String> {
    let entries = fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The same `cat`, once it has answered: the system wakes whoever started a program shortly before it closes
/// what is close-on-exec.
async fn answering(mut cat: Running) -> Running {
    bounded(cat.stdin.write_all(b".")).await.unwrap();
    bounded(cat.stdout.read_exact(&mut [0])).await.unwrap();
    cat
}

#[test]
fn no_signal_is_blocked_or_ignored_in_the_child() {
    if !in_own_process("spawn_tests::no_signal_is_blocked_or_ignored_in_the_child") {
        return;
    }
    // SAFETY: plain system calls; the process is this test's own.
    unsafe {
        let mut all = std::mem::zeroed();
        libc::sigfillset(&mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &all, std::ptr::null_mut());
        for signal in [libc::SIGPIPE, libc::SIGHUP, libc::SIGINT, libc::SIGRTMIN() + 3] {
            libc::signal(signal, libc::SIG_IGN);
        }
    }
    run(async {
        let child = launch(launch_of("/bin/cat", &[])).await.unwrap();
        let child = answering(child).await;
        assert_ne!(status_field(std::process::id(), "SigIgn"), "0000000000000000", "the test's own premise");
        for field in ["SigBlk", "SigIgn", "SigCgt"] {
            assert_eq!(status_field(child.process.pid(), field), "0000000000000000", "{field}");
        }
    });
}

#[tokio::test]
async fn the_child_has_three_descriptors_and_its_own_group() {
    // SAFETY: a plain system call; unlike std's, this copy is not close-on-exec.
    let inheritable = unsafe { std::fs::File::from_raw_fd(libc::dup(2)) };
    let child = launch(launch_of("/bin/cat", &[])).await.unwrap();
    let child = answering(child).await;
    let pid = child.process.pid();
    assert_eq!(descriptors_of(pid), ["0", "1", "2"]);
    // SAFETY: a plain system call.
    assert_eq!(unsafe { libc::getpgid(pid as libc::pid_t) }, pid as libc::pid_t);
    drop(inheritable);
}

#[test]
fn what_another_thread_opens_meanwhile_is_not_inherited() {
    if !in_own_process("spawn_tests::what_another_thread_opens_meanwhile_is_not_inherited") {
        return;
    }
    let enough = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut some = VecDeque::new();
            while !enough.load(Ordering::Relaxed) {
                // SAFETY: a plain system call; unlike std's, this copy is not close-on-exec.
                some.push_back(unsafe { fs::File::from_raw_fd(libc::dup(2)) });
                if some.len() > 50 {
                    some.pop_front();
                }
            }
        });
        run(async {
            for _ in 0..30 {
                let child = answering(launch(launch_of("/bin/cat", &[])).await.unwrap()).await;
                let descriptors = descriptors_of(child.process.pid());
                enough.fetch_or(descriptors != ["0", "1", "2"], Ordering::Relaxed);
                assert_eq!(descriptors, ["0", "1", "2"]);
            }
            enough.store(true, Ordering::Relaxed);
        });
    });
}

#[test]
fn a_host_without_standard_streams_has_its_pipes_elsewhere() {
    if !in_own_process("spawn_tests::a_host_without_standard_streams_has_its_pipes_elsewhere") {
        return;
    }
    run(async {
        // Stdout stays, because the other process listens to it.
        // SAFETY: nothing else in this process uses these numbers, which are free afterwards.
        unsafe { (libc::close(0), libc::close(2)) };
        let mut child = launch(launch_of("/bin/cat", &[])).await.unwrap();
        for number in [0, 2] {
            assert!(fs::read_link(format!("/proc/self/fd/{number}")).is_err(), "{number} is not for pipes");
        }
        bounded(child.stdin.write_all(b"through")).await.unwrap();
        drop(child.stdin);
        assert_eq!(read_to_end(child.stdout).await, "through");
    });
}

#[tokio::test]
async fn arguments_variables_and_directory_arrive() {
    let temp = TempDir::new();
    let mut what = shell(r#"printf '%s|' "$0" "$1" "$TOKEN" "$HOME" "$PWD""#);
    what.args.extend(["zero".into(), "two words".into()]);
    what.environment = Environment::from_iter([("TOKEN", "se=cret"), ("HOME", "/h")]);
    what.cwd = Some(temp.path().to_owned());
    let child = launch(what).await.unwrap();
    let expected = format!("zero|two words|se=cret|/h|{}|", temp.path().display());
    assert_eq!(read_to_end(child.stdout).await, expected);
}

#[tokio::test]
async fn javascript_is_given_to_node() {
    let temp = TempDir::new();
    temp.script("bin/node", r#"echo "node runs $1 with $2""#);
    let script = temp.file("cli.js", "", 0o644);
    let environment = Environment::from_iter([("PATH", temp.path().join("bin"))]);
    let program = resolve(Some("./cli.js"), &environment, Some(temp.path())).unwrap();
    let args = vec!["--stdio".into()];
    let what = Launch { program, args, environment, cwd: None, secrets: Default::default() };
    let child = bounded(launch(what)).await.unwrap();
    let expected = format!("node runs {} with --stdio\n", script.display());
    assert_eq!(read_to_end(child.stdout).await, expected);
}

#[tokio::test]
async fn stdout_holds_a_mebibyte() {
    let child = launch(launch_of("/bin/cat", &[])).await.unwrap();
    // SAFETY: a plain system call on an open descriptor.
    let size = unsafe { libc::fcntl(std::os::fd::AsRawFd::as_raw_fd(&child.stdout), libc::F_GETPIPE_SZ) };
    let allowed = fs::read_to_string("/proc/sys/fs/pipe-max-size").unwrap().trim().parse().unwrap();
    assert!(size >= 1024 * 1024.min(allowed), "{size}");
}

#[tokio::test]
async fn a_missing_program_or_interpreter_is_named() {
    let temp = TempDir::new();
    let missing = temp.path().join("missing");
    let message = failure(launch_of(&missing, &[])).await;
    assert_tells(&message, &[missing.to_str().unwrap(), "found by a test", "the file does not exist"]);

    let script = temp.file("script", "#! /nonexistent/python -u\n", 0o755);
    let message = failure(launch_of(script, &[])).await;
    assert_tells(&message, &["names the interpreter \"/nonexistent/python\", which does not exist"]);

    let windows = temp.file("windows", "#!/bin/sh\r\n", 0o755);
    assert_tells(
        &failure(launch_of(windows, &[])).await,
        &[r#"interpreter "/bin/sh\r", which does not exist"#],
    );
}

#[tokio::test]
async fn a_program_of_another_libc_is_told_apart() {
    let mut program = fs::read("/bin/cat").unwrap();
    let loader = memchr::memmem::find(&program, b"/ld-").expect("the loader's path in /bin/cat");
    program[loader + 1] = b'X';
    let temp = TempDir::new();
    let program = temp.file("cat", program, 0o755);
    assert_tells(
        &failure(launch_of(program, &[])).await,
        &["its dynamic loader does not exist", "glibc or musl"],
    );
}

#[tokio::test]
async fn a_program_that_may_not_run_says_why() {
    let temp = TempDir::new();
    let plain = temp.file("plain", "#!/bin/sh\n", 0o644);
    assert_tells(&failure(launch_of(plain, &[])).await, &["it is not executable; run `chmod +x"]);

    let interpreter = temp.file("interpreter", "", 0o644);
    let script = temp.file("script", format!("#!{}\n", interpreter.display()), 0o755);
    assert_tells(
        &failure(launch_of(script, &[])).await,
        &["names the interpreter", "which is not executable"],
    );

    let folder = temp.folder("folder");
    assert_tells(&failure(launch_of(folder, &[])).await, &["it is a directory"]);
}

#[tokio::test]
async fn a_file_that_is_no_program_says_so() {
    let temp = TempDir::new();
    let text = temp.file("text", "echo hello\n", 0o755);
    assert_tells(&failure(launch_of(text, &[])).await, &["neither a program for this machine nor a script"]);

    let empty = temp.file("empty", "", 0o755);
    assert_tells(&failure(launch_of(empty, &[])).await, &["the file is empty"]);

    let mut foreign = fs::read("/bin/cat").unwrap();
    foreign[18] ^= 0x55; // the ELF header's machine
    let foreign = temp.file("foreign", foreign, 0o755);
    assert_tells(&failure(launch_of(foreign, &[])).await, &["another kind of processor"]);
}

#[tokio::test]
async fn a_file_that_is_being_written_is_tried_again_and_then_told() {
    let temp = TempDir::new();
    let script = temp.script("script", "echo done");
    let writer = fs::OpenOptions::new().append(true).open(&script).unwrap();
    if failure_or_none(launch_of(&script, &[])).await.is_none() {
        return; // Linux 6.11 and 6.12 let it run
    }
    let message = failure(launch_of(&script, &[])).await;
    assert_tells(&message, &["another process is writing to the file", "try again"]);

    let (child, ()) = tokio::join!(bounded(launch(launch_of(&script, &[]))), async {
        tokio::task::yield_now().await;
        drop(writer);
    });
    assert_eq!(read_to_end(child.unwrap().stdout).await, "done\n");
}

async fn failure_or_none(what: Launch) -> Option<String> {
    bounded(launch(what)).await.err().map(|error| error.message().to_owned())
}

#[tokio::test]
async fn a_bad_working_directory_is_told_apart_from_a_bad_program() {
    let temp = TempDir::new();
    let file = temp.file("file", "", 0o644);
    let in_folder = |cwd: &Path| Launch { cwd: Some(cwd.to_owned()), ..shell("true") };
    let missing = temp.path().join("missing");
    let message = failure(in_folder(&missing)).await;
    assert_tells(
        &message,
        &[missing.to_str().unwrap(), "the working directory", "does not exist; create it"],
    );
    assert_tells(&failure(in_folder(&file)).await, &["is not a directory"]);
    assert_tells(&failure(in_folder(&file.join("x"))).await, &["the working directory", "cannot be used"]);
}

#[tokio::test]
async fn what_no_program_can_be_given_is_refused_without_its_secrets() {
    let mut what = shell("true");
    what.args.push("a\0b".into());
    assert_tells(&failure(what).await, &["argument 3 of the CLI contains a NUL byte"]);

    for (name, value, reason) in [
        ("TOKEN", "secret\0", "the environment variable \"TOKEN\" contains a NUL byte"),
        ("TO=KEN", "secret", "the environment variable \"TO=KEN\" has no valid name"),
        ("", "secret", "has no valid name"),
    ] {
        let mut what = shell("true");
        what.environment.set(name, value);
        let message = failure(what).await;
        assert_tells(&message, &[reason]);
        assert!(!message.contains("secret"), "{message}");
    }

    let mut what = shell("true");
    what.environment.set("LARGE", std::ffi::OsString::from_vec(vec![b'x'; 16 * 1024 * 1024]));
    assert_tells(&failure(what).await, &["larger than the system allows"]);
}

/// How much the pipe holds.
fn capacity(pipe: &impl AsRawFd) -> i32 {
    // SAFETY: the descriptor is open; the call touches no memory.
    unsafe { libc::fcntl(pipe.as_raw_fd(), libc::F_GETPIPE_SZ) }
}

#[tokio::test]
async fn stdout_is_a_large_pipe_where_the_system_allows_it() {
    let (reader, _writer) = spawn::pipe().unwrap();
    let usual = capacity(&reader);
    spawn::enlarge(&reader);
    // The system refuses where the user's pipes hold too much already.
    let large = capacity(&reader);
    assert!(large == 1 << 20 || large == usual, "{usual} became {large}");
    let child = launch(shell("cat")).await.unwrap();
    let of_child = capacity(&child.stdout);
    assert!(of_child == large || of_child == usual, "{of_child}");
    // What cannot be enlarged is left as it is.
    let no_pipe = spawn::no_input().unwrap();
    spawn::enlarge(&no_pipe);
    assert_eq!(capacity(&no_pipe), -1);
}
