//! The wakeup: armed by being set and by every `next` or `dispatch` that returns, fired once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use parking_lot::Mutex;

use crate::callback::Home;
use crate::queue::test_support::*;
use crate::queue::{Owner, Queue};

const NOW: Option<Duration> = Some(Duration::ZERO);

/// A queue with a wakeup, and how often that was fired.
fn watched() -> (Owner, Arc<AtomicUsize>) {
    let queue = queue();
    let fired = watch(&queue, &Witness::default());
    (queue, fired)
}

fn watch(queue: &Queue, witness: &Witness) -> Arc<AtomicUsize> {
    let fired = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&fired);
    queue.set_wakeup(Some(callback(witness.data(), move |()| {
        counted.fetch_add(1, Ordering::SeqCst);
    })));
    fired
}

fn pushed(queue: &Queue) {
    push(queue, |_| {});
}

#[test]
fn it_fires_once_for_many_items() {
    let (queue, fired) = watched();
    assert_eq!(fired.load(Ordering::SeqCst), 0, "not while the queue is empty");
    for _ in 0..10 {
        pushed(&queue);
        assert_eq!(fired.load(Ordering::SeqCst), 1);
    }
}

#[test]
fn it_fires_at_once_when_items_wait_already() {
    let queue = queue();
    pushed(&queue);
    let here = Arc::new(Mutex::new(None));
    let seen = Arc::clone(&here);
    queue.set_wakeup(Some(callback(Witness::default().data(), move |()| {
        *seen.lock() = Some(thread::current().id());
    })));
    assert_eq!(here.lock().take(), Some(thread::current().id()), "by this very thread");
    pushed(&queue);
    assert_eq!(*here.lock(), None);
}

#[test]
fn every_return_of_next_and_dispatch_arms_it() {
    type Look = fn(&Queue);
    let looks: [(&str, Look); 5] = [
        ("next", |queue| drop(queue.next(NOW).unwrap())),
        ("next, waiting", |queue| drop(queue.next(Some(Duration::from_millis(1))).unwrap())),
        ("dispatch of one", |queue| _ = queue.dispatch(Some(1), NOW).unwrap()),
        ("dispatch of none", |queue| _ = queue.dispatch(Some(0), NOW).unwrap()),
        ("dispatch", |queue| _ = queue.dispatch(None, NOW).unwrap()),
    ];
    for (name, look) in looks {
        let (queue, fired) = watched();
        pushed(&queue);
        pushed(&queue);
        let mut expected = 1;
        while !queue.is_empty() && expected < 4 {
            assert_eq!(fired.load(Ordering::SeqCst), expected, "{name}");
            look(&queue);
            expected += usize::from(!queue.is_empty());
            assert_eq!(fired.load(Ordering::SeqCst), expected, "{name}: again while items wait");
        }
        while !queue.is_empty() {
            queue.dispatch(None, NOW).unwrap();
        }
        let before = fired.load(Ordering::SeqCst);
        look(&queue);
        assert_eq!(fired.load(Ordering::SeqCst), before, "{name}: nothing waits");
        pushed(&queue);
        pushed(&queue);
        assert_eq!(fired.load(Ordering::SeqCst), before + 1, "{name}: the next item fires it");
    }
}

#[test]
fn it_does_not_fire_while_the_dispatcher_is_still_at_it() {
    let (queue, fired) = watched();
    let inner = queue.queue().clone();
    push(&queue, move |_| pushed(&inner));
    assert_eq!(queue.dispatch(None, NOW).unwrap(), 2);
    assert_eq!(fired.load(Ordering::SeqCst), 1, "for the first item alone");
}

#[test]
fn remains_fire_it_too() {
    let (queue, fired) = watched();
    assert!(queue.bury(Box::new(Witness::default().data())).is_ok());
    assert_eq!(fired.load(Ordering::SeqCst), 1, "somebody has to destroy them");
}

#[test]
fn it_may_wake_the_queue() {
    let queue = queue();
    let this = queue.this.clone();
    queue.set_wakeup(Some(callback(Witness::default().data(), move |()| {
        this.upgrade().unwrap().wake();
    })));
    in_time(move || {
        pushed(&queue);
        assert_eq!(queue.dispatch(None, NOW).unwrap(), 1);
        assert!(matches!(queue.next(None).unwrap(), crate::queue::Taken::Woken));
    });
}

#[test]
fn the_former_one_is_destroyed_before_the_call_returns() {
    let queue = queue();
    let (first, second) = (Witness::default(), Witness::default());
    watch(&queue, &first);
    watch(&queue, &second);
    assert_eq!(first.death().thread, thread::current().id());
    assert_eq!(second.count(), 0);
    queue.set_wakeup(None);
    queue.set_wakeup(None);
    assert_eq!(second.death().thread, thread::current().id());
}

#[test]
fn replacing_it_waits_for_a_running_one() {
    let (queue, witness) = (queue(), Witness::default());
    let (paused, pause) = Paused::pair();
    queue.set_wakeup(Some(callback(witness.data(), move |()| pause())));
    let pusher = queue.clone();
    let pusher = Worker::start(move || pushed(&pusher));
    paused.wait_until_begun();
    let remover = queue.clone();
    let remover = Worker::start(move || {
        remover.set_wakeup(None);
        thread::current().id()
    });
    assert!(remover.is_busy());
    assert_eq!(witness.count(), 0);
    paused.go_on();
    let remover = remover.result();
    assert_eq!(witness.death().thread, remover);
    pusher.result();
}

#[test]
fn nothing_fires_after_it_was_removed() {
    let queue = queue();
    let storming = Arc::new(AtomicBool::new(true));
    let storm = {
        let (queue, storming) = (queue.clone(), Arc::clone(&storming));
        Worker::start(move || {
            while storming.load(Ordering::SeqCst) {
                pushed(&queue);
                queue.dispatch(None, NOW).unwrap();
            }
        })
    };
    let fired = Arc::new(AtomicUsize::new(0));
    for round in 0..1_000 {
        let removed = Arc::new(AtomicBool::new(false));
        let (seen, counted) = (Arc::clone(&removed), Arc::clone(&fired));
        let witness = Witness::default();
        queue.set_wakeup(Some(callback(witness.data(), move |()| {
            assert!(!seen.load(Ordering::SeqCst));
            counted.fetch_add(1, Ordering::SeqCst);
        })));
        if round % 2 == 0 {
            let before = fired.load(Ordering::SeqCst);
            eventually("it fires", || fired.load(Ordering::SeqCst) > before);
        }
        queue.set_wakeup(None);
        removed.store(true, Ordering::SeqCst);
        assert_eq!(witness.death().thread, thread::current().id(), "round {round}");
    }
    storming.store(false, Ordering::SeqCst);
    storm.result();
    assert!(fired.load(Ordering::SeqCst) >= 500);
}

#[test]
fn the_end_of_the_queue_ends_it() {
    let witness = Witness::default();
    let queue = queue();
    watch(&queue, &witness);
    queue.leave();
    assert_eq!(witness.death().thread, thread::current().id());
}
