//! The runtime as a guest. It is one per process, so each test has a process of its own.

use std::sync::mpsc;
use std::thread;

use super::*;
use crate::queue::test_support::{
    A_MOMENT, PATIENCE, Worker, eventually, in_time, is_alone, signals_of_this_thread,
};

const FAULTS: [libc::c_int; 7] =
    [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGTRAP, libc::SIGABRT, libc::SIGSYS];

/// Names and blocked signals of the runtime's threads, by /proc.
fn threads() -> Vec<(String, u64)> {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let mut found: Vec<_> = tasks
        .filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("status")).ok())
        .filter_map(|status| {
            let field = |name: &str| status.lines().find_map(|line| Some(line.strip_prefix(name)?.trim()));
            let name = field("Name:").filter(|name| name.starts_with("copilot-rt"))?;
            Some((name.to_owned(), u64::from_str_radix(field("SigBlk:")?, 16).unwrap()))
        })
        .collect();
    found.sort();
    found
}

/// Runs this on a thread of the runtime.
fn on_runtime<T: Send + 'static>(residence: &Residence, work: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = mpsc::channel();
    residence.handle().spawn(async move { sender.send(work()) });
    receiver.recv_timeout(PATIENCE).unwrap()
}

#[test]
fn its_threads_have_names_and_block_all_signals_but_faults() {
    if !is_alone("runtime::tests::its_threads_have_names_and_block_all_signals_but_faults") {
        return;
    }
    assert_eq!(threads(), []);
    let residence = Residence::take(3).unwrap();
    let second = Residence::take(7).unwrap();
    eventually("its threads have their names", || threads().len() == 3);
    let seen = threads();
    let names: Vec<_> = seen.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["copilot-rt-0", "copilot-rt-1", "copilot-rt-2"]);
    // Those that nobody can block: SIGKILL, SIGSTOP and the two that the C library keeps for itself.
    let unblockable = [libc::SIGKILL, libc::SIGSTOP, 32, 33];
    for (name, blocked) in &seen {
        for signal in (1..=64).filter(|signal| !unblockable.contains(signal)) {
            let is_blocked = blocked & (1 << (signal - 1)) != 0;
            assert_eq!(is_blocked, !FAULTS.contains(&signal), "{name}, signal {signal}");
        }
    }
    let name = || thread::current().name().map(str::to_owned);
    assert_ne!(on_runtime(&residence, name), on_runtime(&second, name), "they are divided among them");
    drop((residence, second));
    in_time(|| shutdown(None)).unwrap();
}

#[test]
fn it_knows_its_threads() {
    if !is_alone("runtime::tests::it_knows_its_threads") {
        return;
    }
    let residence = Residence::take(1).unwrap();
    assert!(on_runtime(&residence, is_runtime_thread));
    assert!(!is_runtime_thread());
    assert!(!in_time(is_runtime_thread));
}

#[test]
fn it_waits_for_those_who_stay_and_starts_again() {
    if !is_alone("runtime::tests::it_waits_for_those_who_stay_and_starts_again") {
        return;
    }
    in_time(|| shutdown(Some(Duration::ZERO))).unwrap();
    for _ in 0..3 {
        let first = Residence::take(2).unwrap();
        let second = Arc::clone(&first);
        let third = Residence::take(2).unwrap();
        let begun = Instant::now();
        let late = in_time(|| shutdown(Some(A_MOMENT))).unwrap_err();
        assert_eq!(late.code(), Code::Timeout);
        assert!(late.message().starts_with("2 client(s)"), "{late}");
        assert!(begun.elapsed() >= A_MOMENT);
        assert_eq!(in_time(|| shutdown(Some(Duration::ZERO))).unwrap_err().code(), Code::Timeout);
        assert!(on_runtime(&first, is_runtime_thread), "it goes on meanwhile");

        let waiter = Worker::start(|| shutdown(None));
        let patient = Worker::start(|| shutdown(Some(Duration::MAX)));
        assert!(waiter.is_busy());
        drop(first);
        drop(third);
        assert!(waiter.is_busy(), "one is left");
        assert!(patient.is_busy());
        drop(second);
        waiter.result().unwrap();
        patient.result().unwrap();
        eventually("no thread is left", || threads().is_empty());
    }
}

#[test]
fn the_last_may_leave_on_the_runtime_itself() {
    if !is_alone("runtime::tests::the_last_may_leave_on_the_runtime_itself") {
        return;
    }
    for _ in 0..20 {
        let residence = Residence::take(2).unwrap();
        let handle = residence.handle().clone();
        handle.spawn(async move { drop(residence) });
        in_time(|| shutdown(Some(PATIENCE))).unwrap();
        eventually("no thread is left", || threads().is_empty());
    }
}

#[test]
fn starting_and_stopping_race() {
    if !is_alone("runtime::tests::starting_and_stopping_race") {
        return;
    }
    let workers: Vec<_> = (0..3)
        .map(|which| {
            Worker::start(move || {
                for _ in 0..30 {
                    if which == 0 {
                        let _ = shutdown(Some(Duration::ZERO));
                        thread::yield_now();
                    } else {
                        let residence = Residence::take(1).unwrap();
                        assert!(on_runtime(&residence, is_runtime_thread));
                    }
                }
            })
        })
        .collect();
    workers.into_iter().for_each(Worker::result);
    in_time(|| shutdown(None)).unwrap();
    eventually("no thread is left", || threads().is_empty());
}

/// What a forked process finds: 0 when it does not know, 1 when it knows that it was forked.
fn fork_and_ask() -> libc::c_int {
    // SAFETY: the child only loads an atomic and exits; the parent waits for it.
    unsafe {
        let child = libc::fork();
        if child == 0 {
            libc::_exit(libc::c_int::from(is_forked()));
        }
        assert!(child > 0);
        let mut status = 0;
        assert_eq!(libc::waitpid(child, &raw mut status, 0), child);
        assert!(libc::WIFEXITED(status));
        libc::WEXITSTATUS(status)
    }
}

#[test]
fn a_forked_process_knows() {
    if !is_alone("runtime::tests::a_forked_process_knows") {
        return;
    }
    assert_eq!(fork_and_ask(), 0, "without a runtime nothing is lost by a fork");
    let residence = Residence::take(1).unwrap();
    for _ in 0..3 {
        assert_eq!(in_time(fork_and_ask), 1);
        assert!(!is_forked(), "the parent is what it was");
    }
    drop(residence);
    in_time(|| shutdown(None)).unwrap();
    assert_eq!(fork_and_ask(), 1, "what is not running any more could still be running here");
}

#[test]
fn the_callers_mask_is_as_it_was() {
    in_time(|| {
        let mask = || signals_of_this_thread("SigBlk");
        let before = mask();
        let within = signals::with_all_blocked(mask);
        assert_ne!(within, before);
        assert_eq!(mask(), before);
        assert_ne!(with_signals_blocked_like_a_dispatcher(mask), before);
        assert_eq!(mask(), before);
    });
}

#[test]
fn work_that_is_dropped_goes_on_to_its_end() {
    let residence = Residence::take(2).unwrap();
    let _entered = residence.handle().enter();
    let (go_on, going_on) = tokio::sync::oneshot::channel::<()>();
    let (sender, ended) = std::sync::mpsc::channel();
    let mut work = to_the_end(residence.handle(), async move {
        going_on.await.unwrap();
        sender.send(is_runtime_thread()).unwrap();
    });
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(std::pin::Pin::new(&mut work).poll(&mut context).is_pending(), "begun here");
    drop(work);
    go_on.send(()).unwrap();
    assert!(ended.recv_timeout(PATIENCE).unwrap(), "ended there");
}

#[test]
fn work_that_is_awaited_ends_where_it_is() {
    let residence = Residence::take(2).unwrap();
    let mut work = to_the_end(residence.handle(), async { is_runtime_thread() });
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert_eq!(std::pin::Pin::new(&mut work).poll(&mut context), std::task::Poll::Ready(false));
    assert!(std::pin::Pin::new(&mut work).poll(&mut context).is_pending(), "it has told its outcome");
}

#[test]
fn a_write_to_a_closed_pipe_raises_no_signal_on_any_thread() {
    if !is_alone("runtime::tests::a_write_to_a_closed_pipe_raises_no_signal_on_any_thread") {
        return;
    }
    let is_pending = || signals_of_this_thread("SigPnd") & (1 << (libc::SIGPIPE - 1)) != 0;
    let write = || {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        without_sigpipe(|| std::io::Write::write(&mut &writer, b"x")).unwrap_err().kind()
    };
    // SAFETY: plain system calls; the process is this test's own.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
    let mask = signals_of_this_thread("SigBlk");
    for _ in 0..3 {
        assert_eq!(write(), std::io::ErrorKind::BrokenPipe);
        assert_eq!(signals_of_this_thread("SigBlk"), mask);
    }
    with_signals_blocked_like_a_dispatcher(|| {
        assert_eq!(write(), std::io::ErrorKind::BrokenPipe);
        assert!(!is_pending(), "nothing is left for the program");
        // SAFETY: as above.
        unsafe { libc::raise(libc::SIGPIPE) };
        assert_eq!(write(), std::io::ErrorKind::BrokenPipe);
        assert!(is_pending(), "what was the program's still is");
        // SAFETY: as above; ignoring a signal throws away what is pending of it.
        unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
        assert!(!is_pending());
    });
    assert_eq!(without_sigpipe(|| Ok(7)).unwrap(), 7);
    let residence = Residence::take(1).unwrap();
    assert_eq!(on_runtime(&residence, write), std::io::ErrorKind::BrokenPipe);
    drop(residence);
    in_time(|| shutdown(None)).unwrap();
}

#[test]
fn threads_that_read_are_its_own_and_end_with_it() {
    if !is_alone("runtime::tests::threads_that_read_are_its_own_and_end_with_it") {
        return;
    }
    struct Tell(mpsc::Sender<bool>);
    impl Drop for Tell {
        fn drop(&mut self) {
            let _ = self.0.send(is_runtime_thread());
        }
    }
    for _ in 0..3 {
        let residence = Residence::take(1).unwrap();
        let entered = residence.handle().enter();
        let (tell, told) = mpsc::channel();
        for what in [Tell(tell.clone()), Tell(tell)] {
            read_on_own_thread(async move {
                let _what = what;
                std::future::pending::<()>().await;
            })
            .unwrap();
        }
        read_on_own_thread(async {}).unwrap();
        read_on_own_thread(async { panic!("a test asked for it") }).unwrap();
        eventually("the last two have ended", || SHARED.lock().reading == 2);
        let read = || threads().into_iter().filter(|(name, _)| name == "copilot-rt-in").collect::<Vec<_>>();
        eventually("the first two have begun", || read().len() == 2);
        for (_, blocked) in read() {
            assert!(blocked & (1 << (libc::SIGPIPE - 1)) != 0 && blocked & (1 << (libc::SIGTERM - 1)) != 0);
        }
        assert!(told.try_recv().is_err());
        drop(entered);
        drop(residence);
        in_time(|| shutdown(Some(PATIENCE))).unwrap();
        assert_eq!(told.iter().collect::<Vec<_>>(), [true, true], "what they held was dropped there");
        eventually("no thread is left", || threads().is_empty());
    }
}

#[test]
fn a_reading_thread_that_is_busy_is_waited_for_in_vain_only_so_long() {
    if !is_alone("runtime::tests::a_reading_thread_that_is_busy_is_waited_for_in_vain_only_so_long") {
        return;
    }
    let residence = Residence::take(1).unwrap();
    let (go, gone) = mpsc::channel::<()>();
    let (begin, begun) = mpsc::channel();
    let entered = residence.handle().enter();
    let busy = async move {
        begin.send(()).unwrap();
        let _ = gone.recv();
    };
    read_on_own_thread(busy).unwrap();
    begun.recv_timeout(PATIENCE).unwrap();
    drop(entered);
    drop(residence);
    let late = in_time(|| shutdown(Some(A_MOMENT))).unwrap_err();
    assert_eq!(late.code(), Code::Timeout);
    assert!(late.message().contains("thread that reads"), "{late}");
    drop(go);
    in_time(|| shutdown(None)).unwrap();
    eventually("no thread is left", || threads().is_empty());
}
