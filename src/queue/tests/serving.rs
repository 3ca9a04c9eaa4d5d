//! Who may serve a queue while it waits for an operation, and what has been dispatched when it returns.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::error::Code;
use crate::queue::test_support::*;
use crate::queue::{Mode, Options, Owner, Queue, deadline_after};

const NOW: Option<Duration> = Some(Duration::ZERO);

/// Counts the events of `queue` that were run.
fn push_counted(queue: &Queue, ran: &Arc<AtomicUsize>) {
    let ran = Arc::clone(ran);
    push(queue, move |_| {
        ran.fetch_add(1, Ordering::SeqCst);
    });
}

/// Waits on this thread for an operation that only the callback of a waiting item ends.
fn serves(background: &Background, queue: &Owner, patience: Duration) -> bool {
    let (operation, end) = background.quiet_operation(queue);
    let end = Mutex::new(Some(end));
    push(queue, move |_| end.lock().take().unwrap().succeed());
    operation.wait(deadline_after(Some(patience)))
}

/// Whether a blocking call on another thread than the one that marked the queue serves it.
fn serves_elsewhere(queue: &Owner, patience: Duration) -> bool {
    let queue = queue.clone();
    in_time(move || serves(&Background::new(), &queue, patience))
}

#[test]
fn a_wait_serves_a_queue_that_nobody_serves_on_its_own_thread() {
    let (background, queue) = (Background::new(), queue());
    let here = Arc::new(Mutex::new(Vec::new()));
    for _ in 0..3 {
        let here = Arc::clone(&here);
        push(&queue, move |_| here.lock().push(thread::current().id()));
    }
    let waiting = queue.clone();
    let waiter = in_time(move || {
        assert!(serves(&background, &waiting, PATIENCE));
        thread::current().id()
    });
    assert_eq!(*here.lock(), [waiter; 3]);
    assert!(queue.is_empty());
}

#[test]
fn a_wait_serves_again_after_it_served_before() {
    let (background, queue) = (Background::new(), queue());
    in_time(move || {
        assert!(serves(&background, &queue, PATIENCE));
        let elsewhere = queue.clone();
        let background = in_time(move || {
            assert!(serves(&background, &elsewhere, PATIENCE), "serving by waiting claims nothing");
            background
        });
        assert!(serves(&background, &queue, PATIENCE));
    });
}

#[test]
fn a_queue_that_the_program_serves_is_not_served_by_a_wait() {
    type Mark = fn(&Queue);
    let marks: [(&str, Mark); 4] = [
        ("next", |queue| drop(queue.next(NOW).unwrap())),
        ("descriptor", |queue| assert!(queue.descriptor().is_ok())),
        ("wakeup", |queue| queue.set_wakeup(Some(callback(Witness::default().data(), |()| {})))),
        ("dispatch elsewhere", |queue| assert_eq!(queue.dispatch(None, NOW).unwrap(), 0)),
    ];
    for (name, mark) in marks {
        let queue = queue();
        mark(&queue);
        assert!(!serves_elsewhere(&queue, A_MOMENT), "{name}");
        assert_eq!(queue.len(), 1, "{name}: the item is left for whom it is for");
    }
}

#[test]
fn a_host_may_wait_on_its_own_thread_without_serving() {
    let (background, queue) = (Background::new(), queue());
    in_time(move || {
        queue.next(NOW).unwrap();
        assert!(!serves(&background, &queue, A_MOMENT));
    });
}

#[test]
fn the_last_thread_that_dispatched_serves_while_it_waits() {
    let queue = queue();
    let waiting = queue.clone();
    let served = Arc::new(AtomicUsize::new(0));
    let serving = Arc::clone(&served);
    let (stay, leave) = std::sync::mpsc::channel::<()>();
    let dispatcher = Worker::start(move || {
        waiting.next(NOW).unwrap();
        assert_eq!(waiting.dispatch(None, NOW).unwrap(), 0);
        assert!(serves(&Background::new(), &waiting, PATIENCE));
        serving.store(1, Ordering::SeqCst);
        let _ = leave.recv();
    });
    eventually("the dispatcher has served", || served.load(Ordering::SeqCst) == 1);
    assert!(!serves_elsewhere(&queue, A_MOMENT), "but no other thread does");
    drop(stay);
    dispatcher.result();
    assert_eq!(queue.dispatch(None, NOW).unwrap(), 1);
    assert!(serves(&Background::new(), &queue, PATIENCE), "until it has dispatched in turn");
}

#[test]
fn an_items_queue_is_never_served_by_a_wait() {
    let queue = Owner::new(Options { mode: Mode::Items, ..Options::default() });
    assert!(!serves_elsewhere(&queue, A_MOMENT));
    let (operation, end) = Background::new().quiet_operation(&queue);
    end.succeed();
    assert!(in_time(move || operation.wait(None)), "and does not wait for its items either");
    assert_eq!(queue.len(), 1);
}

#[test]
fn removing_the_wakeup_gives_back_only_what_it_took() {
    let with_wakeup = |prepare: fn(&Queue)| {
        let queue = queue();
        prepare(&queue);
        queue.set_wakeup(Some(callback(Witness::default().data(), |()| {})));
        queue.set_wakeup(None);
        queue
    };
    assert!(serves_elsewhere(&with_wakeup(|_| {}), PATIENCE / 2));
    let dispatched = with_wakeup(|queue| assert_eq!(queue.dispatch(None, NOW).unwrap(), 0));
    assert!(serves_elsewhere(&dispatched, PATIENCE / 2), "the wakeup had relieved the dispatcher");

    let taken = with_wakeup(|queue| drop(queue.next(NOW).unwrap()));
    assert!(!serves_elsewhere(&taken, A_MOMENT));
    let polled = with_wakeup(|queue| assert!(queue.descriptor().is_ok()));
    assert!(!serves_elsewhere(&polled, A_MOMENT));
    let threaded = with_wakeup(|queue| queue.start_thread().unwrap());
    let (told, tell) = std::sync::mpsc::channel();
    let (background, waiting) = (Background::new(), threaded.clone());
    in_time(move || {
        let (operation, end) = background.quiet_operation(&waiting);
        let end = Mutex::new(Some(end));
        push(&waiting, move |_| {
            told.send(thread::current().id()).unwrap();
            end.lock().take().unwrap().succeed();
        });
        assert!(operation.wait(None));
        assert_ne!(tell.try_recv().unwrap(), thread::current().id(), "it stays the library thread's");
    });
    threaded.stop_thread().unwrap();
}

#[test]
fn a_second_dispatcher_waits_up_to_its_time_and_runs_nothing() {
    let queue = queue();
    let (paused, pause) = Paused::pair();
    push(&queue, move |_| pause());
    push(&queue, |_| {});
    let first = queue.clone();
    let first = Worker::start(move || first.dispatch(Some(1), None).unwrap());
    paused.wait_until_begun();
    let begun = Instant::now();
    assert_eq!(queue.dispatch(None, Some(A_MOMENT)).unwrap(), 0);
    assert!(begun.elapsed() >= A_MOMENT);
    assert_eq!(queue.dispatch(None, NOW).unwrap(), 0, "not even when it does not wait");
    assert_eq!(queue.len(), 1);

    let second = queue.clone();
    let second = Worker::start(move || second.dispatch(None, None).unwrap());
    assert!(second.is_busy());
    paused.go_on();
    assert_eq!(first.result(), 1);
    assert_eq!(second.result(), 1, "what the first left is the second's");
}

#[test]
fn what_came_before_the_end_is_dispatched_before_the_wait_returns() {
    type Serve = fn(&Owner) -> Option<Worker<()>>;
    let ways: [(&str, Serve); 3] = [
        ("nobody", |_| None),
        ("a dispatcher", |queue| {
            let queue = queue.clone();
            let begun = Arc::new(AtomicUsize::new(0));
            let seen = Arc::clone(&begun);
            let worker = Worker::start(move || {
                assert_eq!(queue.dispatch(None, NOW).unwrap(), 0);
                seen.store(1, Ordering::SeqCst);
                while queue.dispatch(Some(2), None).is_ok() {}
            });
            eventually("the dispatcher is there", || begun.load(Ordering::SeqCst) == 1);
            Some(worker)
        }),
        ("a library thread", |queue| {
            queue.start_thread().unwrap();
            None
        }),
    ];
    for (name, serve) in ways {
        let (background, queue) = (Background::new(), queue());
        let dispatcher = serve(&queue);
        let waiting = queue.clone();
        in_time(move || {
            let ran = Arc::new(AtomicUsize::new(0));
            for round in 1..=300 {
                let (operation, end) = background.quiet_operation(&waiting);
                for _ in 0..5 {
                    push_counted(&waiting, &ran);
                }
                end.succeed();
                assert!(operation.wait(None));
                assert_eq!(ran.load(Ordering::SeqCst), round * 5, "{name}, round {round}");
            }
        });
        queue.close();
        if let Some(dispatcher) = dispatcher {
            dispatcher.result();
        }
        queue.stop_thread().unwrap();
    }
}

#[test]
fn a_wait_stays_for_the_dispatcher_that_is_away() {
    let (background, queue) = (Background::new(), queue());
    assert_eq!(queue.dispatch(None, NOW).unwrap(), 0);
    let ran = Arc::new(AtomicUsize::new(0));
    push_counted(&queue, &ran);
    let (operation, end) = background.quiet_operation(&queue);
    end.succeed();
    let waited = Arc::clone(&operation);
    let waiter = Worker::start(move || waited.wait(None));
    assert!(waiter.is_busy(), "its events are not dispatched yet");
    assert_eq!(queue.dispatch(Some(1), NOW).unwrap(), 1);
    assert!(waiter.result());

    push_counted(&queue, &ran);
    assert!(in_time(move || operation.wait(None)), "what came after the end is not waited for");
    assert_eq!(ran.load(Ordering::SeqCst), 1);
}

#[test]
fn a_dispatcher_that_never_comes_costs_the_wait_its_time_and_no_more() {
    let (background, queue) = (Background::new(), queue());
    assert_eq!(queue.dispatch(None, NOW).unwrap(), 0);
    push(&queue, |_| {});
    let (operation, end) = background.quiet_operation(&queue);
    end.succeed();
    let begun = Instant::now();
    assert!(in_time(move || operation.wait(deadline_after(Some(A_MOMENT)))), "the operation did end");
    assert!(begun.elapsed() >= A_MOMENT);
}

#[test]
fn a_dispatcher_that_has_ended_serves_no_more() {
    let (background, queue) = (Background::new(), queue());
    let dispatched = queue.clone();
    Worker::start(move || assert_eq!(dispatched.dispatch(None, NOW).unwrap(), 0)).result();
    let ran = Arc::new(AtomicUsize::new(0));
    push_counted(&queue, &ran);
    let (operation, end) = background.quiet_operation(&queue);
    end.succeed();
    assert!(in_time(move || operation.wait(None)));
    assert_eq!(ran.load(Ordering::SeqCst), 1, "the wait serves the queue in its place");
}

#[test]
fn a_library_thread_leaves_a_wake_to_the_program() {
    let queue = queue();
    queue.start_thread().unwrap();
    queue.wake();
    push(&queue, |_| {});
    eventually("the library thread has looked", || queue.is_empty());
    assert!(matches!(queue.next(Some(PATIENCE)).unwrap(), crate::queue::Taken::Woken));
    queue.stop_thread().unwrap();
}

#[test]
fn what_a_host_takes_is_not_waited_for() {
    let (background, queue) = (Background::new(), queue());
    queue.next(NOW).unwrap();
    push(&queue, |_| {});
    let (operation, end) = background.quiet_operation(&queue);
    end.succeed();
    assert!(in_time(move || operation.wait(None)));
    assert_eq!(queue.len(), 1);
}

#[test]
fn two_waits_share_the_serving() {
    let queue = queue();
    let busy = Arc::new(Mutex::new(()));
    let ran = Arc::new(AtomicUsize::new(0));
    let waiters: Vec<_> = (0..2)
        .map(|_| {
            let (queue, busy, ran) = (queue.clone(), Arc::clone(&busy), Arc::clone(&ran));
            Worker::start(move || {
                let background = Background::new();
                for _ in 0..300 {
                    let (operation, end) = background.quiet_operation(&queue);
                    for _ in 0..2 {
                        let (busy, ran) = (Arc::clone(&busy), Arc::clone(&ran));
                        push(&queue, move |_| {
                            let _alone = busy.try_lock().expect("callbacks of a queue overlap");
                            ran.fetch_add(1, Ordering::SeqCst);
                        });
                    }
                    let end = Mutex::new(Some(end));
                    push(&queue, move |_| end.lock().take().unwrap().succeed());
                    assert!(operation.wait(None));
                }
            })
        })
        .collect();
    waiters.into_iter().for_each(Worker::result);
    assert_eq!(ran.load(Ordering::SeqCst), 2 * 300 * 2);
    assert!(queue.is_empty());
}

#[test]
fn a_wait_takes_over_when_the_serving_one_is_done() {
    let (background, queue) = (Background::new(), queue());
    let (paused, pause) = Paused::pair();
    push(&queue, move |_| pause());
    let (first, first_end) = background.quiet_operation(&queue);
    first_end.succeed();
    let first = Worker::start(move || first.wait(None));
    paused.wait_until_begun();
    let waiting = queue.clone();
    let second = Worker::start(move || serves(&background, &waiting, PATIENCE));
    assert!(second.is_busy(), "the queue is being served");
    paused.go_on();
    assert!(first.result());
    assert!(second.result());
}

#[test]
fn inside_a_callback_of_the_queue_nothing_waits_for_itself() {
    let (background, outer) = (Background::new(), queue());
    let (queue, other) = (outer.clone(), queue());
    in_time(move || {
        let (pending, _end) = background.quiet_operation(&queue);
        let (ended, end) = background.quiet_operation(&queue);
        end.succeed();
        eventually("the operation ends", || ended.ended_at().is_some());
        let called = queue.clone();
        inside(&queue, move || {
            let code = |result: crate::Result<()>| result.err().map(|error| error.code());
            push(&called, |_| panic!("nothing is run in here"));
            assert_eq!(called.dispatch(None, NOW).unwrap_err().code(), Code::InvalidState);
            assert_eq!(called.dispatch(Some(0), NOW).unwrap_err().code(), Code::InvalidState);
            assert_eq!(code(called.next(Some(A_MOMENT)).map(drop)), Some(Code::WouldDeadlock));
            assert_eq!(code(called.next(None).map(drop)), Some(Code::WouldDeadlock));
            assert_eq!(code(called.stop_thread()), Some(Code::WouldDeadlock));
            assert_eq!(code(pending.refuse_inside("a wait")), Some(Code::WouldDeadlock));
            assert_eq!(code(ended.refuse_inside("a wait")), None, "nothing to wait for");
            assert!(ended.wait(None));
            assert!(matches!(called.next(NOW), Ok(crate::queue::Taken::Event(_))), "taking does not wait");
            assert_eq!(other.dispatch(None, NOW).unwrap(), 0, "another queue is another matter");
        });
        assert!(queue.is_empty());
    });
    drop(outer);
}

#[test]
fn inside_a_callback_of_another_queue_a_wait_serves() {
    let (background, outer) = (Background::new(), queue());
    let inner = queue();
    in_time(move || {
        let innermost = inner.clone();
        let refused = inside(&outer.clone(), move || {
            assert!(serves(&background, &inner, PATIENCE));
            // A callback of the inner queue is inside both.
            inside(&inner, move || {
                let (operation, _end) = background.quiet_operation(&outer);
                operation.refuse_inside("a wait").unwrap_err().code()
            })
        });
        assert_eq!(refused, Code::WouldDeadlock);
        drop(innermost);
    });
}

#[test]
fn the_time_is_up_in_a_storm_too() {
    let (background, queue) = (Background::new(), queue());
    in_time(move || {
        let (operation, _end) = background.quiet_operation(&queue);
        // Each callback brings the next item: there is always one more to run.
        fn again(queue: &Queue) {
            let this = queue.this.clone();
            push(queue, move |_| {
                if let Some(queue) = this.upgrade().filter(|queue| !queue.is_closed()) {
                    again(&queue);
                }
            });
        }
        again(&queue);
        assert!(!operation.wait(deadline_after(Some(A_MOMENT))));
        queue.close();
    });
}

#[test]
fn a_wait_of_no_time_serves_what_is_there() {
    let (background, queue) = (Background::new(), queue());
    in_time(move || {
        let ran = Arc::new(AtomicUsize::new(0));
        push_counted(&queue, &ran);
        push_counted(&queue, &ran);
        let (operation, _end) = background.quiet_operation(&queue);
        assert!(!operation.wait(deadline_after(NOW)));
        assert_eq!(ran.load(Ordering::SeqCst), 2);
    });
}

#[test]
fn a_callback_may_free_what_is_being_served() {
    let (background, queue) = (Background::new(), queue());
    in_time(move || {
        let this = queue.this.clone();
        let before = this.strong_count();
        push(&queue, move |_| assert!(this.strong_count() > before, "dispatch keeps the queue"));
        assert_eq!(queue.dispatch(None, NOW).unwrap(), 1);

        let (operation, end) = background.quiet_operation(&queue);
        let (held, end) = (Arc::downgrade(&operation), Mutex::new(Some(end)));
        let before = held.strong_count();
        push(&queue, move |_| {
            assert!(held.strong_count() > before, "a wait keeps the operation");
            end.lock().take().unwrap().succeed();
        });
        assert!(operation.wait(None));
    });
}
