//! User data is destroyed exactly once, after the last call, and never on a thread of the runtime.

use std::sync::{Arc, OnceLock, Weak};
use std::thread::{self, ThreadId};
use std::time::Duration;

use parking_lot::Mutex;

use crate::callback::{Callback, clear_graveyard};
use crate::queue::test_support::*;
use crate::queue::{Event, Operation, Owner, Queue, Subscriptions};

const NOW: Option<Duration> = Some(Duration::ZERO);

/// A queue with one subscription, whose data is watched.
struct Subscribed {
    queue: Owner,
    all: Arc<Subscriptions>,
    id: i64,
    witness: Witness,
}

impl Subscribed {
    fn new(function: impl Fn(&Event) + Send + Sync + 'static) -> Subscribed {
        let (queue, all, witness) = (queue(), Arc::new(Subscriptions::default()), Witness::default());
        let id = all.add(None, callback(witness.data(), function), home(&queue));
        Subscribed { queue, all, id, witness }
    }

    fn push(&self) {
        assert!(self.queue.push(Arc::new(event(0).delivered_by(Arc::clone(&self.all) as _))).is_ok());
    }

    fn registration(&self) -> Arc<Callback<Event>> {
        self.all.remove(self.id).unwrap()
    }
}

/// Destroys what no queue took, and waits until that has happened; other tests may do it meanwhile.
fn buried_in_the_end(witness: &Witness) {
    eventually("a thread of the program's destroys it", || {
        clear_graveyard();
        witness.count() > 0
    });
    witness.death();
}

fn here() -> ThreadId {
    thread::current().id()
}

#[test]
fn a_subscription_that_is_ended_is_destroyed_by_the_caller() {
    let subscribed = Subscribed::new(|_| {});
    subscribed.push();
    subscribed.push();
    assert_eq!(subscribed.queue.dispatch(Some(1), NOW).unwrap(), 1);
    subscribed.registration().retire();
    let death = subscribed.witness.death();
    assert_eq!((death.thread, death.inside_callback), (here(), false));
    assert_eq!(subscribed.queue.dispatch(None, NOW).unwrap(), 1);
    drop(subscribed.all);
    subscribed.witness.death();
}

#[test]
fn a_subscription_that_ends_itself_is_destroyed_after_it_has_returned() {
    let itself: Arc<OnceLock<(Weak<Subscriptions>, i64, Witness)>> = Arc::default();
    let own = Arc::clone(&itself);
    let subscribed = Subscribed::new(move |_| {
        let (all, id, witness) = own.get().unwrap();
        all.upgrade().unwrap().remove(*id).unwrap().retire();
        assert_eq!(witness.count(), 0, "it is still running");
    });
    let known = (Arc::downgrade(&subscribed.all), subscribed.id, subscribed.witness.clone());
    assert!(itself.set(known).is_ok());
    subscribed.push();
    subscribed.push();
    assert_eq!(subscribed.queue.dispatch(None, NOW).unwrap(), 2);
    let death = subscribed.witness.death();
    assert_eq!((death.thread, death.inside_callback), (here(), true));
}

#[test]
fn a_subscription_that_a_neighbour_ends_is_destroyed_at_once_and_not_called_again() {
    let subscribed = Subscribed::new(|_| panic!("it was ended before its turn"));
    let registration = Mutex::new(Some(subscribed.registration()));
    let witness = subscribed.witness.clone();
    let neighbour = callback(Witness::default().data(), move |_: &Event| {
        if let Some(registration) = registration.lock().take() {
            registration.retire();
            witness.death();
        }
    });
    let all = Arc::new(Subscriptions::default());
    all.add(None, neighbour, home(&subscribed.queue));
    assert!(subscribed.queue.push(Arc::new(event(0).delivered_by(all))).is_ok());
    assert_eq!(subscribed.queue.dispatch(None, NOW).unwrap(), 1);
    assert_eq!(subscribed.witness.death().thread, here());
}

#[test]
fn ending_a_subscription_waits_while_it_runs_elsewhere() {
    let (paused, pause) = Paused::pair();
    let subscribed = Subscribed::new(move |_| pause());
    subscribed.push();
    let dispatcher = subscribed.queue.clone();
    let dispatcher = Worker::start(move || dispatcher.dispatch(Some(1), None).unwrap());
    paused.wait_until_begun();
    let registration = subscribed.registration();
    let ender = Worker::start(move || {
        registration.retire();
        here()
    });
    assert!(ender.is_busy());
    assert_eq!(subscribed.witness.count(), 0);
    paused.go_on();
    let ender = ender.result();
    assert_eq!(subscribed.witness.death().thread, ender);
    assert_eq!(dispatcher.result(), 1);
}

#[test]
fn inside_a_callback_elsewhere_the_data_goes_to_the_thread_that_serves() {
    let subscribed = Subscribed::new(|_| {});
    let (other, registration) = (queue(), subscribed.registration());
    in_time(move || inside(&other, move || registration.retire()));
    assert_eq!(subscribed.witness.count(), 0);
    assert_eq!(subscribed.queue.len(), 1);
    assert_eq!(subscribed.queue.dispatch(None, NOW).unwrap(), 0);
    assert_eq!(subscribed.witness.death().thread, here());
}

#[test]
fn inside_a_callback_elsewhere_a_running_one_is_not_waited_for() {
    let (paused, pause) = Paused::pair();
    let subscribed = Subscribed::new(move |_| pause());
    subscribed.push();
    let dispatcher = subscribed.queue.clone();
    let dispatcher = Worker::start(move || {
        assert_eq!(dispatcher.dispatch(Some(1), None).unwrap(), 1);
        here()
    });
    paused.wait_until_begun();
    let (other, registration) = (queue(), subscribed.registration());
    in_time(move || inside(&other, move || registration.retire()));
    assert_eq!(subscribed.witness.count(), 0, "it is still running");
    paused.go_on();
    assert_eq!(dispatcher.result(), subscribed.witness.death().thread);
}

#[test]
fn a_subscription_that_the_runtime_drops_goes_to_the_queue() {
    let background = Background::new();
    let subscribed = Subscribed::new(|_| {});
    let all = subscribed.all;
    background.run(move || all.clear());
    assert_eq!(subscribed.witness.count(), 0);
    assert_eq!(subscribed.queue.len(), 1);
    let queue = subscribed.queue;
    let server = in_time(move || {
        assert_eq!(queue.dispatch(None, NOW).unwrap(), 0);
        here()
    });
    assert_eq!(subscribed.witness.death().thread, server);
}

#[test]
fn a_subscription_that_the_runtime_drops_too_late_waits_for_the_program() {
    type Ruin = fn(Owner) -> Option<Owner>;
    let ruins: [Ruin; 2] = [
        |queue| {
            queue.close();
            Some(queue)
        },
        |queue| {
            drop(queue);
            None
        },
    ];
    for ruin in ruins {
        let background = Background::new();
        let subscribed = Subscribed::new(|_| {});
        let kept = ruin(subscribed.queue);
        let all = subscribed.all;
        background.run(move || all.clear());
        buried_in_the_end(&subscribed.witness);
        drop(kept);
    }
}

#[test]
fn the_runtime_itself_never_empties_the_graveyard() {
    let background = Background::new();
    let witness = Witness::default();
    let homeless = callback(witness.data(), |_: &Event| {});
    background.run(move || {
        drop(homeless);
        clear_graveyard();
    });
    buried_in_the_end(&witness);
}

#[test]
fn events_that_nobody_dispatched_take_their_callbacks_with_them() {
    let queue = queue();
    let witness = Witness::default();
    let data = witness.data();
    push(&queue, move |_| {
        let _ = &data;
    });
    queue.close();
    assert_eq!(witness.count(), 0, "it can still be dispatched");
    drop(queue);
    assert_eq!(witness.death().thread, here());
}

fn ended(background: &Background, queue: &Owner, witness: &Witness) -> (Arc<Operation>, End) {
    background.operation(queue, Some(callback(witness.data(), |_| {})), true)
}

#[test]
fn a_completion_callback_is_destroyed_after_it_has_run() {
    for cancelled in [false, true] {
        let (background, queue, witness) = (Background::new(), queue(), Witness::default());
        let (operation, end) = ended(&background, &queue, &witness);
        if cancelled {
            operation.cancel();
        } else {
            end.succeed();
        }
        eventually("its end is queued", || queue.len() == 1);
        assert_eq!(witness.count(), 0);
        assert_eq!(queue.dispatch(None, NOW).unwrap(), 1);
        let death = witness.death();
        assert_eq!((death.thread, death.inside_callback), (here(), true));
        drop(operation);
        witness.death();
    }
}

#[test]
fn a_completion_callback_that_is_never_run_goes_with_its_operation() {
    // Taken as an item and not delivered.
    let (background, queue, witness) = (Background::new(), queue(), Witness::default());
    let (operation, end) = ended(&background, &queue, &witness);
    end.fail();
    drop(queue.next(Some(PATIENCE)).unwrap());
    assert_eq!(witness.count(), 0, "the operation can still be asked");
    eventually("the task is over", || Arc::strong_count(&operation) == 1);
    drop(operation);
    assert_eq!(witness.death().thread, here());

    // Waiting in a queue that is freed.
    let (queue, witness) = (super::super::test_support::queue(), Witness::default());
    let (operation, end) = ended(&background, &queue, &witness);
    drop(operation);
    end.succeed();
    eventually("its end is queued", || queue.len() == 1);
    eventually("the task is over", || queue.owners.load(std::sync::atomic::Ordering::SeqCst) == 1);
    drop(queue);
    buried_in_the_end(&witness);
}

#[test]
fn a_completion_callback_that_comes_too_late_is_not_destroyed_on_the_runtime() {
    for forget_first in [false, true] {
        let (background, queue, witness) = (Background::new(), queue(), Witness::default());
        let (operation, end) = ended(&background, &queue, &witness);
        queue.close();
        if forget_first {
            drop(operation);
            end.succeed();
        } else {
            end.succeed();
            eventually("it ends", || operation.has_left());
            assert_eq!(witness.count(), 0);
            drop(operation);
        }
        buried_in_the_end(&witness);
    }
}

#[test]
fn an_operation_that_loses_its_work_is_destroyed_once() {
    let (background, queue, witness) = (Background::new(), queue(), Witness::default());
    let (operation, end) = ended(&background, &queue, &witness);
    operation.cancel();
    drop((operation, end));
    let raw: Arc<Queue> = queue.queue().clone();
    eventually("the queue is ours alone", || raw.owners.load(std::sync::atomic::Ordering::SeqCst) == 1);
    drop(queue);
    buried_in_the_end(&witness);
}

#[test]
fn a_wakeup_that_is_replaced_in_a_callback_goes_to_the_thread_that_serves() {
    let (queue, other, witness) = (queue(), queue(), Witness::default());
    queue.set_wakeup(Some(callback(witness.data(), |()| {})));
    let raw = queue.queue().clone();
    in_time(move || inside(&other, move || raw.set_wakeup(None)));
    assert_eq!(witness.count(), 0);
    assert_eq!(queue.dispatch(None, NOW).unwrap(), 0);
    assert_eq!(witness.death().thread, here());

    queue.set_wakeup(Some(callback(witness.data(), |()| {})));
    let (raw, seen) = (queue.queue().clone(), witness.clone());
    inside(&queue, move || {
        raw.set_wakeup(None);
        assert_eq!(seen.count(), 2, "here is where it is served");
    });
}

#[test]
fn the_wakeup_of_a_queue_that_the_runtime_drops_last_waits_for_the_program() {
    let (background, queue, witness) = (Background::new(), queue(), Witness::default());
    queue.set_wakeup(Some(callback(witness.data(), |()| {})));
    background.run(move || drop(queue));
    buried_in_the_end(&witness);
}

#[test]
fn what_destroys_may_use_the_queue_and_the_subscriptions() {
    struct Uses(Arc<Queue>, Arc<Subscriptions>);
    impl Drop for Uses {
        fn drop(&mut self) {
            self.1.add(None, callback(Witness::default().data(), |_| {}), home(&self.0));
            self.0.set_wakeup(None);
            self.0.wake();
            assert!(self.0.len() < 10);
        }
    }
    in_time(|| {
        let (queue, all) = (queue(), Arc::new(Subscriptions::default()));
        let registration = || {
            let uses = Uses(queue.queue().clone(), Arc::clone(&all));
            Callback::new(Box::new(move |_: &Event| {
                let _ = &uses;
            }))
        };
        let id = all.add(None, registration(), home(&queue));
        all.remove(id).unwrap().retire();
        let id = all.add(None, registration(), home(&queue));
        let ended = all.remove(id).unwrap();
        inside(&queue, move || ended.retire());
        all.add(None, registration(), home(&queue));
        all.clear();
        let uses = Uses(queue.queue().clone(), Arc::clone(&all));
        queue.set_wakeup(Some(Callback::new(Box::new(move |()| {
            let _ = &uses;
        }))));
        queue.set_wakeup(None);
        all.clear();
    });
}
