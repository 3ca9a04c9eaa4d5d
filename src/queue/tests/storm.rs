//! Nothing runs after the call that ends it, however much is going on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::queue::test_support::*;
use crate::queue::{Owner, Subscriptions};

const NOW: Option<Duration> = Some(Duration::ZERO);

/// A thread that keeps a few events of these subscriptions waiting.
struct Storm {
    goes_on: Arc<AtomicBool>,
    pusher: Worker<()>,
}

impl Storm {
    fn begin(queue: &Owner, subscriptions: &Arc<Subscriptions>) -> Storm {
        let goes_on = Arc::new(AtomicBool::new(true));
        let (going, queue) = (Arc::clone(&goes_on), queue.clone());
        let subscriptions = Arc::clone(subscriptions);
        let pusher = Worker::start(move || {
            while going.load(Ordering::SeqCst) {
                if queue.len() > 100 {
                    thread::yield_now();
                    continue;
                }
                let event = event(0).delivered_by(Arc::clone(&subscriptions) as _);
                assert!(queue.push(Arc::new(event)).is_ok());
            }
        });
        Storm { goes_on, pusher }
    }

    fn end(self) {
        self.goes_on.store(false, Ordering::SeqCst);
        self.pusher.result();
    }
}

#[test]
fn no_callback_runs_after_the_thread_was_stopped() {
    let (queue, subscriptions) = (queue(), Arc::new(Subscriptions::default()));
    let (stopped, ran) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicUsize::new(0)));
    let late = Arc::new(AtomicUsize::new(0));
    let (is_stopped, counted, too_late) = (Arc::clone(&stopped), Arc::clone(&ran), Arc::clone(&late));
    let counts = callback(Witness::default().data(), move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        too_late.fetch_add(usize::from(is_stopped.load(Ordering::SeqCst)), Ordering::SeqCst);
    });
    subscriptions.add(None, counts, home(&queue));
    let storm = Storm::begin(&queue, &subscriptions);
    for round in 0..1_000 {
        stopped.store(false, Ordering::SeqCst);
        queue.start_thread().unwrap();
        if round % 10 == 0 {
            let before = ran.load(Ordering::SeqCst);
            eventually("it runs", || ran.load(Ordering::SeqCst) > before);
        }
        queue.stop_thread().unwrap();
        stopped.store(true, Ordering::SeqCst);
        let after = ran.load(Ordering::SeqCst);
        thread::yield_now();
        assert_eq!(ran.load(Ordering::SeqCst), after, "round {round}");
    }
    storm.end();
    assert_eq!(late.load(Ordering::SeqCst), 0);
}

#[test]
fn no_callback_runs_after_its_subscription_was_ended() {
    let (queue, subscriptions) = (queue(), Arc::new(Subscriptions::default()));
    queue.start_thread().unwrap();
    let storm = Storm::begin(&queue, &subscriptions);
    let late = Arc::new(AtomicUsize::new(0));
    for round in 0..1_000 {
        let (ended, ran) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let (is_ended, counted, too_late) = (Arc::clone(&ended), Arc::clone(&ran), Arc::clone(&late));
        let witness = Witness::default();
        let counts = callback(witness.data(), move |_| {
            counted.fetch_add(1, Ordering::SeqCst);
            too_late.fetch_add(usize::from(is_ended.load(Ordering::SeqCst)), Ordering::SeqCst);
        });
        let id = subscriptions.add(None, counts, home(&queue));
        if round % 10 == 0 {
            eventually("it runs", || ran.load(Ordering::SeqCst) > 0);
        }
        subscriptions.remove(id).unwrap().retire();
        ended.store(true, Ordering::SeqCst);
        assert_eq!(witness.death().thread, thread::current().id(), "round {round}");
    }
    storm.end();
    queue.stop_thread().unwrap();
    assert_eq!(late.load(Ordering::SeqCst), 0);
}

#[test]
fn subscriptions_that_end_themselves_are_destroyed_once() {
    let (queue, subscriptions) = (queue(), Arc::new(Subscriptions::default()));
    let storm = Storm::begin(&queue, &subscriptions);
    in_time(move || {
        for _ in 0..1_000 {
            let (witness, id) = (Witness::default(), Arc::new(parking_lot::Mutex::new(None)));
            let (own, all) = (Arc::clone(&id), Arc::downgrade(&subscriptions));
            let ends = callback(witness.data(), move |_| {
                if let Some(id) = own.lock().take() {
                    all.upgrade().unwrap().remove(id).unwrap().retire();
                }
            });
            *id.lock() = Some(subscriptions.add(None, ends, home(&queue)));
            while witness.count() == 0 {
                queue.dispatch(Some(3), NOW).unwrap();
            }
            assert!(witness.death().inside_callback);
        }
    });
    storm.end();
}
