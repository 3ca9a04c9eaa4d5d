//! The library's own thread.

use std::cell::RefCell;
use std::hint::black_box;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use parking_lot::Mutex;

use crate::error::Code;
use crate::queue::test_support::*;
use crate::queue::{Owner, stop_all_threads};

const NOW: Option<Duration> = Some(Duration::ZERO);

/// A queue with a thread.
fn threaded() -> Owner {
    let queue = queue();
    queue.start_thread().unwrap();
    queue
}

/// Runs this in a callback and waits for what it yields.
fn on_its_thread<T: Send + 'static>(queue: &Owner, work: impl Fn() -> T + Send + Sync + 'static) -> T {
    let (sender, receiver) = mpsc::channel();
    push(queue, move |_| sender.send(work()).unwrap());
    receiver.recv_timeout(PATIENCE).unwrap()
}

fn blocked_signals() -> u64 {
    signals_of_this_thread("SigBlk")
}

#[test]
fn it_has_a_name_and_the_callers_signal_mask_with_sigpipe() {
    in_time(|| {
        let bit = |signal: libc::c_int| 1_u64 << (signal - 1);
        // SAFETY: both calls change a set of this thread's own, initialised by the first.
        unsafe {
            let mut mask = std::mem::zeroed();
            libc::sigemptyset(&raw mut mask);
            libc::sigaddset(&raw mut mask, libc::SIGUSR2);
            libc::pthread_sigmask(libc::SIG_BLOCK, &raw const mask, std::ptr::null_mut());
        }
        let before = blocked_signals();
        assert_ne!(before & bit(libc::SIGUSR2), 0);
        assert_eq!(before & bit(libc::SIGPIPE), 0);
        let queue = threaded();
        assert_eq!(on_its_thread(&queue, blocked_signals), before | bit(libc::SIGPIPE));
        assert_eq!(blocked_signals(), before, "the caller's mask is as it was");
        let name = on_its_thread(&queue, || std::fs::read_to_string("/proc/thread-self/comm").unwrap());
        assert_eq!(name.trim(), "copilot-disp");
        queue.stop_thread().unwrap();
    });
}

#[test]
fn it_has_room_for_the_programs_callbacks() {
    fn deep(levels: usize) -> usize {
        let mut frame = [0_u8; 64 << 10];
        black_box(&mut frame);
        if levels == 0 { 0 } else { deep(levels - 1) + usize::from(frame[levels]) }
    }
    let queue = threaded();
    // 6 MiB, three times what a thread gets by default.
    assert_eq!(on_its_thread(&queue, || deep(96)), 0);
    queue.stop_thread().unwrap();
}

#[test]
fn it_is_started_once_and_stopped_as_often_as_one_likes() {
    let queue = queue();
    queue.stop_thread().unwrap();
    queue.start_thread().unwrap();
    let first = on_its_thread(&queue, || thread::current().id());
    queue.start_thread().unwrap();
    assert_eq!(on_its_thread(&queue, || thread::current().id()), first, "twice is once");
    queue.stop_thread().unwrap();
    queue.stop_thread().unwrap();
    push(&queue, |_| {});
    assert_eq!(queue.len(), 1, "what waits stays");
    assert_eq!(queue.dispatch(None, NOW).unwrap(), 1, "and is the program's again");
    queue.start_thread().unwrap();
    assert_ne!(on_its_thread(&queue, || thread::current().id()), first);
    queue.stop_thread().unwrap();
}

#[test]
fn while_it_serves_nobody_else_runs_callbacks() {
    let queue = threaded();
    let (paused, pause) = Paused::pair();
    push(&queue, move |_| pause());
    paused.wait_until_begun();
    let (told, tell) = mpsc::channel();
    push(&queue, move |_| told.send(thread::current().id()).unwrap());
    let second = queue.clone();
    let second = Worker::start(move || second.dispatch(None, None).unwrap());
    assert!(second.is_busy(), "it waits as any second dispatcher does");
    paused.go_on();
    let library = tell.recv_timeout(PATIENCE).unwrap();
    assert_eq!(on_its_thread(&queue, || thread::current().id()), library);
    // Even idle it is the only one, so whoever wins, it is this thread.
    for _ in 0..200 {
        assert_eq!(on_its_thread(&queue, || thread::current().id()), library);
    }
    queue.stop_thread().unwrap();
    push(&queue, |_| {});
    assert_eq!(second.result(), 1, "after it the program dispatches");
}

#[test]
fn it_cannot_be_started_on_a_closed_queue_and_ends_with_it() {
    let queue = threaded();
    push(&queue, |_| {});
    queue.close();
    eventually("it runs what is left and ends", || queue.state.lock().thread.is_finished());
    assert!(queue.is_empty());
    assert_eq!(queue.start_thread().unwrap_err().code(), Code::Closed);
    queue.stop_thread().unwrap();
    assert_eq!(queue.start_thread().unwrap_err().code(), Code::Closed);
}

#[test]
fn it_does_not_keep_the_queue() {
    let queue = threaded();
    let this = queue.this.clone();
    drop(queue);
    eventually("it ends and lets go", || this.strong_count() == 0);
}

#[test]
fn it_cannot_be_stopped_from_its_own_callback() {
    let (queue, other) = (threaded(), threaded());
    let (inner, others) = (queue.queue().clone(), other.queue().clone());
    let (own, foreign) = on_its_thread(&queue, move || (inner.stop_thread(), others.stop_thread()));
    assert_eq!(own.unwrap_err().code(), Code::WouldDeadlock);
    foreign.unwrap();
    assert!(other.state.lock().thread.id().is_none());
    queue.stop_thread().unwrap();
}

#[test]
fn whoever_stops_it_waits_for_the_callback_that_runs() {
    let queue = threaded();
    let (paused, pause) = Paused::pair();
    push(&queue, move |_| pause());
    push(&queue, |_| panic!("it was stopped before"));
    paused.wait_until_begun();
    let stop = || {
        let queue = queue.clone();
        Worker::start(move || queue.stop_thread().unwrap())
    };
    let first = stop();
    assert!(first.is_busy());
    let second = stop();
    assert!(second.is_busy(), "the second promises the same as the first");
    paused.go_on();
    first.result();
    second.result();
    assert_eq!(queue.len(), 1);
}

#[test]
fn threads_of_several_queues_are_started_and_stopped_at_once() {
    let queues = [queue(), queue()];
    let workers: Vec<_> = (0..4)
        .map(|which| {
            let queues = queues.clone();
            Worker::start(move || {
                for round in 0..500 {
                    let queue = &queues[(which + round / 50) % 2];
                    queue.start_thread().unwrap();
                    queue.stop_thread().unwrap();
                }
            })
        })
        .collect();
    workers.into_iter().for_each(Worker::result);
    assert!(queues.iter().all(|queue| queue.state.lock().thread.id().is_none()));
}

#[test]
fn a_closed_queue_with_a_busy_dispatcher_is_waited_for_without_spinning() {
    let queue = queue();
    let (paused, pause) = Paused::pair();
    push(&queue, move |_| pause());
    push(&queue, |_| {});
    let first = queue.clone();
    let first = Worker::start(move || first.dispatch(None, None).unwrap());
    paused.wait_until_begun();
    queue.close();
    queue.start_thread().unwrap_err();
    let second = queue.clone();
    let second = Worker::start(move || second.dispatch(None, None));
    assert!(second.is_busy(), "a return would only bring it back at once");
    paused.go_on();
    assert_eq!(first.result(), 2);
    assert_eq!(second.result().unwrap_err().code(), Code::Closed);
}

#[test]
fn all_of_them_can_be_stopped() {
    if !is_alone("queue::tests::dispatcher::all_of_them_can_be_stopped") {
        return;
    }
    stop_all_threads().unwrap();
    let queues: Vec<_> = (0..5).map(|_| threaded()).collect();
    let refused = on_its_thread(&queues[0], || stop_all_threads().unwrap_err().code());
    assert_eq!(refused, Code::WouldDeadlock, "its own it cannot stop");
    let running = |queue: &Owner| queue.state.lock().thread.id().is_some();
    assert_eq!(queues.iter().filter(|queue| running(queue)).count(), 1, "the others it has");
    in_time(|| stop_all_threads().unwrap());
    assert!(!queues.iter().any(running), "and what was left is not forgotten");
    let freed = threaded();
    drop(freed);
    in_time(|| stop_all_threads().unwrap());
    let names = || {
        let tasks = std::fs::read_dir("/proc/self/task").unwrap();
        tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok())
    };
    eventually("no such thread is left", || !names().any(|name| name.trim() == "copilot-disp"));
}

/// A queue may go on its own thread, which cannot wait for itself; the end of the library's work does.
#[test]
fn one_whose_queue_is_gone_is_waited_for_too() {
    struct Epilogue(mpsc::Sender<()>);

    impl Drop for Epilogue {
        fn drop(&mut self) {
            // Long enough for who does not wait to be first.
            thread::sleep(Duration::from_millis(200));
            self.0.send(()).unwrap();
        }
    }

    thread_local!(static EPILOGUE: RefCell<Option<Epilogue>> = const { RefCell::new(None) });

    if !is_alone("queue::tests::dispatcher::one_whose_queue_is_gone_is_waited_for_too") {
        return;
    }
    let queue = threaded();
    let (raw, weak) = (Arc::clone(queue.queue()), Arc::downgrade(queue.queue()));
    let (sender, over) = mpsc::channel();
    let last = Mutex::new(Some((queue, Epilogue(sender))));
    push(&raw, move |_| {
        let (queue, epilogue) = last.lock().take().unwrap();
        EPILOGUE.set(Some(epilogue));
        queue.leave();
    });
    drop(raw);
    eventually("the queue is gone", || weak.strong_count() == 0);
    in_time(|| stop_all_threads().unwrap());
    over.try_recv().expect("the thread has ended");
}
