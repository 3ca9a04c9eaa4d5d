//! `next`: what it comes back with, and that several consumers lose nothing.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::callback::Home;
use crate::error::Code;
use crate::queue::test_support::*;
use crate::queue::{Owner, Queue, Taken};

const NOW: Option<Duration> = Some(Duration::ZERO);

/// What came back, in a word.
fn word(taken: &Taken) -> &'static str {
    match taken {
        Taken::Event(_) => "event",
        Taken::Timeout => "timeout",
        Taken::Woken => "woken",
        Taken::Closed => "closed",
    }
}

fn next(queue: &Queue, timeout: Option<Duration>) -> &'static str {
    word(&queue.next(timeout).unwrap())
}

fn waiting_for_ever(queue: &Owner) -> Worker<&'static str> {
    let waiting = queue.clone();
    let worker = Worker::start(move || next(&waiting, None));
    eventually("the consumer waits", || queue.state.lock().waiting > 0);
    worker
}

#[test]
fn nothing_comes_in_time() {
    let queue = queue();
    assert_eq!(next(&queue, NOW), "timeout");
    let begun = Instant::now();
    assert_eq!(next(&queue, Some(A_MOMENT)), "timeout");
    assert!(begun.elapsed() >= A_MOMENT);
}

#[test]
fn a_wake_ends_one_wait_the_current_or_the_next() {
    let queue = queue();
    queue.wake();
    queue.wake();
    assert_eq!(next(&queue, None), "woken", "it is remembered");
    assert_eq!(next(&queue, NOW), "timeout", "once");

    let waiter = waiting_for_ever(&queue);
    queue.wake();
    assert_eq!(waiter.result(), "woken");
    assert_eq!(next(&queue, NOW), "timeout", "it was used up");

    queue.wake();
    assert!(queue.push(Arc::new(event(1))).is_ok());
    assert_eq!(next(&queue, None), "event", "items first");
    assert_eq!(next(&queue, None), "woken");

    queue.wake();
    assert_eq!(queue.dispatch(None, None).unwrap(), 0, "a dispatcher is woken too");
}

#[test]
fn of_two_who_wait_one_is_woken() {
    let queue = queue();
    let both = [waiting_for_ever(&queue), waiting_for_ever(&queue)];
    eventually("both wait", || queue.state.lock().waiting == 2);
    queue.wake();
    eventually("one is back", || queue.state.lock().waiting == 1 && !queue.state.lock().woken);
    assert_eq!(queue.state.lock().waiting, 1);
    queue.close();
    let mut words = both.map(Worker::result);
    words.sort_unstable();
    assert_eq!(words, ["closed", "woken"]);
}

#[test]
fn after_the_close_what_is_left_and_then_closed_for_ever() {
    let queue = queue();
    let waiter = waiting_for_ever(&queue);
    assert!(queue.push(Arc::new(event(0))).is_ok());
    assert_eq!(waiter.result(), "event");
    let waiter = waiting_for_ever(&queue);
    queue.close();
    assert_eq!(waiter.result(), "closed");

    let queue = super::super::test_support::queue();
    for number in 0..3 {
        assert!(queue.push(Arc::new(event(number))).is_ok());
    }
    queue.wake();
    queue.close();
    queue.close();
    assert!(queue.is_closed());
    assert!(queue.push(Arc::new(event(3))).is_err(), "what comes later is given back");
    for expected in 0..3 {
        let Taken::Event(event) = queue.next(None).unwrap() else { panic!("it was queued before") };
        assert_eq!(number(&event), expected);
    }
    for _ in 0..3 {
        assert_eq!(next(&queue, None), "closed");
        assert_eq!(queue.dispatch(None, None).unwrap_err().code(), Code::Closed);
    }
}

#[test]
fn what_is_left_after_the_close_can_be_dispatched() {
    let queue = queue();
    push(&queue, |_| {});
    push(&queue, |_| {});
    queue.close();
    assert_eq!(queue.dispatch(Some(0), None).unwrap(), 0, "not empty yet");
    assert_eq!(queue.dispatch(None, None).unwrap(), 2);
    assert_eq!(queue.dispatch(None, None).unwrap_err().code(), Code::Closed);
}

#[test]
fn what_is_taken_is_run_only_when_it_is_delivered() {
    let queue = queue();
    let (told, tell) = std::sync::mpsc::channel();
    let inner = queue.queue().clone();
    push(&queue, move |_| told.send(inner.dispatch(None, NOW).unwrap_err().code()).unwrap());
    let Taken::Event(event) = queue.next(NOW).unwrap() else { panic!("it was queued") };
    assert!(tell.try_recv().is_err());
    assert!(event.has_callback());
    event.deliver();
    assert_eq!(tell.try_recv(), Ok(Code::InvalidState), "it is a callback of this queue");
}

#[test]
fn remains_are_destroyed_by_the_consumer_and_are_no_items_of_its() {
    let (queue, witness) = (queue(), Witness::default());
    assert!(queue.bury(Box::new(witness.data())).is_ok());
    assert_eq!(queue.len(), 1, "but they wait, so that somebody comes");
    assert_eq!(next(&queue, NOW), "timeout");
    let death = witness.death();
    assert_eq!(death.thread, std::thread::current().id());
    assert!(death.inside_callback);
    assert!(queue.is_empty());

    assert!(queue.bury(Box::new(witness.data())).is_ok());
    assert!(queue.push(Arc::new(event(0))).is_ok());
    assert_eq!(next(&queue, NOW), "event");
    assert_eq!(witness.count(), 2);
}

#[test]
fn several_consumers_lose_nothing() {
    const PRODUCERS: usize = 4;
    const EACH: usize = 5_000;
    let queue = queue();
    let consumers: Vec<_> = (0..4)
        .map(|_| {
            let queue = queue.clone();
            Worker::start(move || {
                let mut taken = Vec::new();
                loop {
                    match queue.next(None).unwrap() {
                        Taken::Event(event) => taken.push(number(&event)),
                        Taken::Woken => {}
                        Taken::Timeout => panic!("it waits for ever"),
                        Taken::Closed => return taken,
                    }
                }
            })
        })
        .collect();
    let producers: Vec<_> = (0..PRODUCERS)
        .map(|producer| {
            let queue = queue.clone();
            Worker::start(move || {
                for number in 0..EACH {
                    assert!(queue.push(Arc::new(event(producer * EACH + number))).is_ok());
                    if number % 100 == 0 {
                        queue.wake();
                    }
                }
            })
        })
        .collect();
    producers.into_iter().for_each(Worker::result);
    queue.close();
    let mut all = Vec::new();
    for consumer in consumers {
        let taken = consumer.result();
        for producer in 0..PRODUCERS {
            let of_one: Vec<_> = taken.iter().filter(|number| *number / EACH == producer).collect();
            assert!(of_one.is_sorted(), "what one consumer takes of one producer is in order");
        }
        all.extend(taken);
    }
    all.sort_unstable();
    assert_eq!(all, (0..PRODUCERS * EACH).collect::<Vec<_>>());
}
