//! The order of items, how many there are, and what a dispatcher counts.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use crate::callback::Home;
use crate::queue::test_support::*;
use crate::queue::{Kind, Operation, Subscriptions, Taken, intern};

const NOW: Option<Duration> = Some(Duration::ZERO);

#[test]
fn events_are_run_in_the_order_they_came() {
    let queue = queue();
    let order = Arc::new(Mutex::new(Vec::new()));
    for number in 0..1_000 {
        let order = Arc::clone(&order);
        push(&queue, move |_| order.lock().push(number));
        assert_eq!(queue.len(), number + 1);
    }
    for left in (0..10).rev() {
        assert_eq!(queue.dispatch(Some(100), None).unwrap(), 100);
        assert_eq!(queue.len(), left * 100);
    }
    assert_eq!(queue.dispatch(Some(100), NOW).unwrap(), 0);
    assert_eq!(*order.lock(), (0..1_000).collect::<Vec<_>>());
}

#[test]
fn items_that_a_callback_brings_come_after_those_that_wait() {
    let queue = queue();
    let order = Arc::new(Mutex::new(Vec::new()));
    let (inner, later) = (queue.queue().clone(), Arc::clone(&order));
    push(&queue, move |_| {
        let later = Arc::clone(&later);
        push(&inner, move |_| later.lock().push("brought"));
        assert_eq!(inner.len(), 2, "the one that runs does not wait any more");
    });
    let waiting = Arc::clone(&order);
    push(&queue, move |_| waiting.lock().push("waiting"));
    assert_eq!(queue.dispatch(None, NOW).unwrap(), 3);
    assert_eq!(*order.lock(), ["waiting", "brought"]);
}

#[test]
fn remains_keep_their_place_and_are_not_counted() {
    let (queue, witness) = (queue(), Witness::default());
    for before in 0..3 {
        let seen = witness.clone();
        push(&queue, move |_| assert_eq!(seen.count(), before));
        assert!(queue.bury(Box::new(witness.data())).is_ok());
    }
    assert_eq!(queue.len(), 6, "but they wait");
    assert_eq!(queue.dispatch(Some(2), NOW).unwrap(), 2);
    assert_eq!(queue.dispatch(None, NOW).unwrap(), 1);
    assert_eq!(witness.count(), 3);
    assert!(queue.bury(Box::new(witness.data())).is_ok());
    assert_eq!(queue.dispatch(None, NOW).unwrap(), 0);
    assert_eq!(witness.count(), 4);
}

#[test]
fn a_completion_comes_after_the_events_before_it() {
    let (background, queue) = (Background::new(), queue());
    let order = Arc::new(Mutex::new(Vec::new()));
    for number in 0..3 {
        let order = Arc::clone(&order);
        push(&queue, move |_| order.lock().push(number));
    }
    let ended = Arc::clone(&order);
    let on_end = callback(Witness::default().data(), move |_: &Operation| ended.lock().push(3));
    let (operation, end) = background.operation(&queue, Some(on_end), true);
    end.succeed();
    eventually("the completion is queued", || queue.len() == 4);
    let last = Arc::clone(&order);
    push(&queue, move |_| last.lock().push(4));
    assert_eq!(queue.dispatch(None, NOW).unwrap(), 5);
    assert_eq!(*order.lock(), [0, 1, 2, 3, 4]);
    assert!(operation.take_output().is_ok());
}

#[test]
fn a_wait_dispatches_in_order_too() {
    let (background, queue) = (Background::new(), queue());
    let order = Arc::new(Mutex::new(Vec::new()));
    let (operation, end) = background.quiet_operation(&queue);
    let end = Mutex::new(Some(end));
    for number in 0..100 {
        let order = Arc::clone(&order);
        push(&queue, move |_| order.lock().push(number));
    }
    push(&queue, move |_| end.lock().take().unwrap().succeed());
    assert!(in_time(move || operation.wait(None)));
    assert_eq!(*order.lock(), (0..100).collect::<Vec<_>>());
}

#[test]
fn events_know_what_they_are() {
    let (background, queue) = (Background::new(), queue());
    let answers = Answers::default();
    let question = request(&queue, &answers);
    let asking = asking(Arc::clone(&question));
    assert_eq!((asking.kind(), asking.has_callback()), (Kind::Request, false));
    assert!(Arc::ptr_eq(&asking.take_request().unwrap(), &question));
    assert!(asking.take_request().is_none(), "it is taken once");
    asking.deliver();
    assert_eq!(answers.sent.lock().len(), 0, "what was taken is not answered for its owner");

    let event = event(7);
    assert_eq!((event.event_type(), event.session_id()), (c"test", None));
    assert!(event.bytes() >= event.json().text().len());
    assert!(event.operation().is_none());
    let (operation, _end) = background.quiet_operation(&queue);
    let event = event.of_operation(Arc::clone(&operation));
    assert!(Arc::ptr_eq(event.operation().unwrap(), &operation));
}

#[test]
fn subscriptions_hear_what_they_asked_for_in_the_order_they_asked() {
    let (queue, subscriptions) = (queue(), Arc::new(Subscriptions::default()));
    let heard = Arc::new(Mutex::new(Vec::new()));
    let mut ids = Vec::new();
    for (name, wanted) in [("all", None), ("test", Some("test")), ("other", Some("other"))] {
        let heard = Arc::clone(&heard);
        let callback = callback(Witness::default().data(), move |_| heard.lock().push(name));
        ids.push(subscriptions.add(wanted, callback, home(&queue)));
    }
    ids.dedup();
    assert_eq!(ids.len(), 3);
    assert!(subscriptions.wants("anything"));
    let push =
        || assert!(queue.push(Arc::new(event(0).delivered_by(Arc::clone(&subscriptions) as _))).is_ok());
    push();
    assert_eq!(queue.dispatch(None, NOW).unwrap(), 1);
    assert_eq!(*heard.lock(), ["all", "test"]);

    subscriptions.remove(ids[0]).unwrap().retire();
    assert!(subscriptions.remove(ids[0]).is_none());
    assert!(subscriptions.wants("other") && !subscriptions.wants("anything"));
    push();
    push();
    subscriptions.clear();
    assert!(!subscriptions.wants("test"));
    assert_eq!(queue.dispatch(None, NOW).unwrap(), 2, "the items are still there");
    assert_eq!(heard.lock().len(), 2, "but nobody hears them");
}

#[test]
fn a_subscription_made_in_a_callback_hears_the_next_event() {
    let (queue, subscriptions) = (queue(), Arc::new(Subscriptions::default()));
    let heard = Arc::new(Mutex::new(0));
    let (weak, counted, place) = (Arc::downgrade(&subscriptions), Arc::clone(&heard), home(&queue));
    let adds = callback(Witness::default().data(), move |_| {
        let counted = Arc::clone(&counted);
        let added = callback(Witness::default().data(), move |_| *counted.lock() += 1);
        weak.upgrade().unwrap().add(None, added, place.clone());
    });
    subscriptions.add(None, adds, home(&queue));
    for expected in [0, 1, 3] {
        assert!(queue.push(Arc::new(event(0).delivered_by(Arc::clone(&subscriptions) as _))).is_ok());
        assert_eq!(queue.dispatch(None, NOW).unwrap(), 1);
        assert_eq!(*heard.lock(), expected);
    }
}

#[test]
fn names_are_kept_once_and_end_at_a_nul() {
    assert!(std::ptr::eq(&*intern("session.start"), &*intern("session.start")));
    assert_eq!(&*intern("cut\0off"), c"cut");
    assert_eq!(&*intern(""), c"");
    let worker = |_| Worker::start(|| (0..200).map(|n| intern(&format!("name.{n}"))).collect::<Vec<_>>());
    let all: Vec<_> = (0..4).map(worker).collect::<Vec<_>>().into_iter().map(Worker::result).collect();
    assert!(all.iter().all(|names| *names == all[0]));
}

#[test]
fn an_empty_queue_is_found_empty() {
    let queue = queue();
    assert!(queue.is_empty() && !queue.is_closed());
    assert_eq!(queue.dispatch(None, NOW).unwrap(), 0);
    assert!(matches!(queue.next(NOW).unwrap(), Taken::Timeout));
}
