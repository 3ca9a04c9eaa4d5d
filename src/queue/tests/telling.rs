//! Events of sessions: they wait by value, are told of together, and are told in memory that is used again.

use std::os::fd::RawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use crate::queue::test_support::*;
use crate::queue::{AT_ONCE, intern};
use crate::queue::{
    Arrival, Event, Kind, Mode, Options, Origin, Owner, Queue, Subscriptions, Taken, Text, Words,
};

const NOW: Option<Duration> = Some(Duration::ZERO);

fn items() -> Owner {
    Owner::new(Options { mode: Mode::Items, ..Options::default() })
}

fn silent_origin() -> Arc<Origin> {
    origin("s", &Arc::default())
}

/// A session with one callback, which is for all of its events.
fn heard_by(queue: &Queue, function: impl Fn(&Event) + Send + Sync + 'static) -> Arc<Origin> {
    let subscriptions: Arc<Subscriptions> = Arc::default();
    subscriptions.add(None, callback(Witness::default().data(), function), home(queue));
    origin("s", &subscriptions)
}

fn next(queue: &Queue) -> Arc<Event> {
    match queue.next(NOW).unwrap() {
        Taken::Event(event) => event,
        _ => panic!("an event waits"),
    }
}

fn is_readable(fd: RawFd) -> bool {
    let mut poll = libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
    // SAFETY: one pollfd, which outlives the call.
    unsafe { libc::poll(&raw mut poll, 1, 0) == 1 }
}

#[test]
fn an_event_is_what_was_told_of_it() {
    let (queue, origin) = (items(), silent_origin());
    assert_eq!(tell(&queue, &origin, 7), Arrival { is_first: true, is_full: false });
    assert_eq!(tell(&queue, &origin, 8), Arrival::default(), "the first one is to be announced already");
    assert!(queue.push(Arc::new(event(9))).is_ok());
    assert!(tell(&queue, &origin, 10).is_first, "a push announces all that waits");
    for expected in 7..=10 {
        let event = next(&queue);
        assert_eq!((event.kind(), event.event_type(), number(&event)), (Kind::Session, c"test", expected));
        assert_eq!(event.session_id(), if expected == 9 { None } else { Some(c"s") });
        assert!(!event.has_callback() && event.operation().is_none() && event.take_request().is_none());
    }
    assert_eq!(queue.load(), (0, 0));
    queue.close();
    assert_eq!(tell(&queue, &origin, 11), Arrival::default());
    assert!(queue.is_empty(), "there is nobody to tell");
}

#[test]
fn callbacks_are_run_in_order_with_everything_else() {
    let queue = queue();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hearing = Arc::clone(&heard);
    let origin = heard_by(&queue, move |event| hearing.lock().push(number(event)));
    for round in 0..100 {
        tell(&queue, &origin, 2 * round);
        let heard = Arc::clone(&heard);
        push(&queue, move |_| heard.lock().push(2 * round + 1));
    }
    assert_eq!(queue.dispatch(None, NOW).unwrap(), 200);
    assert_eq!(*heard.lock(), (0..200).collect::<Vec<_>>());
}

#[test]
fn who_waits_is_told_when_the_batch_ends_or_is_long() {
    let (queue, origin) = (items(), silent_origin());
    let fd = queue.descriptor().unwrap();
    let woken = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&woken);
    let wakeup =
        callback(Witness::default().data(), move |(): &()| _ = counted.fetch_add(1, Ordering::SeqCst));
    queue.set_wakeup(Some(wakeup));
    let waiting = queue.clone();
    let waiter = Worker::start(move || waiting.dispatch(Some(AT_ONCE), None).unwrap());
    eventually("the dispatcher waits", || queue.state.lock().waiting > 0);
    for number in 1..AT_ONCE {
        tell(&queue, &origin, number);
    }
    assert!(waiter.is_busy() && !is_readable(fd) && woken.load(Ordering::SeqCst) == 0);
    assert!(!tell(&queue, &origin, 0).is_first);
    assert_eq!(waiter.result(), AT_ONCE, "so many are told of at once");
    assert_eq!(woken.load(Ordering::SeqCst), 1);

    assert!(tell(&queue, &origin, 1).is_first);
    tell(&queue, &origin, 2);
    assert!(!is_readable(fd));
    assert_eq!(queue.len(), 2);
    assert!(is_readable(fd), "whoever knows that something waits can poll for it");
    assert_eq!(queue.dispatch(None, NOW).unwrap(), 2);
    assert!(!is_readable(fd));
    (0..2).for_each(|number| _ = tell(&queue, &origin, number));
    assert!(!is_readable(fd));
    drop(next(&queue));
    assert!(is_readable(fd), "another one waits");
    queue.announce_rest();
    assert!(is_readable(fd));
    assert_eq!(woken.load(Ordering::SeqCst), 2, "armed again by the dispatcher that returned");
    drop(next(&queue));
    queue.announce_rest();
    assert!(!is_readable(fd) && woken.load(Ordering::SeqCst) == 2, "nothing is left to tell of");
    queue.set_wakeup(None);
}

#[test]
fn whoever_looks_finds_what_was_not_announced() {
    let (queue, origin) = (items(), silent_origin());
    tell(&queue, &origin, 1);
    assert_eq!(number(&next(&queue)), 1);
    tell(&queue, &origin, 2);
    assert_eq!(queue.dispatch(None, None).unwrap(), 1);
    tell(&queue, &origin, 3);
    queue.set_wakeup(Some(callback(Witness::default().data(), |(): &()| {})));
    assert!(tell(&queue, &origin, 4).is_first, "a wakeup that is set is told of what waits");
    queue.set_wakeup(None);
}

#[test]
fn an_event_that_nobody_keeps_is_told_in_the_place_of_the_last() {
    let queue = queue();
    let (places, kept) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Vec::new())));
    let (place, keep) = (Arc::clone(&places), Arc::clone(&kept));
    let origin = heard_by(&queue, move |event| {
        place.lock().push(std::ptr::from_ref(event).addr());
        if number(event) == 5 {
            // As `copilot_event_ref` does.
            let event = std::ptr::from_ref(event);
            // SAFETY: the event is held by an `Arc` while its callbacks run.
            keep.lock().push(unsafe {
                Arc::increment_strong_count(event);
                Arc::from_raw(event)
            });
        }
    });
    (0..10).for_each(|number| _ = tell(&queue, &origin, number));
    assert_eq!(queue.dispatch(None, NOW).unwrap(), 10);
    let places = places.lock();
    assert!(places[..6].iter().all(|place| *place == places[0]));
    assert!(places[6..].iter().all(|place| *place == places[6] && *place != places[0]));
    let kept = kept.lock().pop().unwrap();
    assert_eq!((number(&kept), kept.session_id()), (5, Some(c"s")), "what is kept does not change");
}

#[test]
fn nothing_of_a_session_is_held_when_no_event_waits() {
    let queue = queue();
    let witness = Witness::default();
    let subscriptions: Arc<Subscriptions> = Arc::default();
    subscriptions.add(None, callback(witness.data(), |_: &Event| {}), home(&queue));
    let origin = origin("s", &subscriptions);
    drop(subscriptions);
    tell(&queue, &origin, 1);
    tell(&queue, &origin, 2);
    drop(origin);
    assert_eq!(queue.dispatch(Some(1), NOW).unwrap(), 1);
    assert_eq!(witness.count(), 0);
    assert_eq!(queue.dispatch(None, NOW).unwrap(), 1);
    witness.death();
}

#[test]
fn a_freed_event_is_taken_again() {
    let (queue, origin) = (items(), silent_origin());
    let mut places = Vec::new();
    for round in 0..10 {
        tell(&queue, &origin, round);
        let event = next(&queue);
        assert_eq!(number(&event), round);
        places.push(Arc::as_ptr(&event));
        crate::queue::recycle(event);
    }
    assert!(places.iter().all(|place| *place == places[0]));

    tell(&queue, &origin, 10);
    let event = next(&queue);
    let other = Arc::clone(&event);
    crate::queue::recycle(event);
    tell(&queue, &origin, 11);
    assert!(!Arc::ptr_eq(&next(&queue), &other), "somebody has it still");
    assert_eq!(number(&other), 10);
}

#[test]
fn a_text_in_memory_of_its_own_is_not_copied() {
    let (queue, origin) = (items(), silent_origin());
    let whole = format!("before{}behind", "7".repeat(100_000));
    let text = Text::part(whole.clone(), 6..100_006);
    queue.tell(&origin, &intern("test"), Words::Given(text));
    assert!(queue.load().1 > 100_000);
    assert_eq!(next(&queue).json().text(), &whole[6..100_006]);

    let long = "8".repeat(100_000);
    queue.tell(&origin, &intern("test"), Words::Lent(&long));
    assert_eq!(next(&queue).json().text(), long);
    assert_eq!(queue.load(), (0, 0));
}

#[test]
fn a_queue_that_is_full_says_so() {
    let queue = Owner::new(Options { mode: Mode::Items, hard_limit_bytes: 1000, ..Options::default() });
    let origin = silent_origin();
    let arrivals: Vec<bool> = (0..20).map(|number| tell(&queue, &origin, number).is_full).collect();
    assert!(!arrivals[0] && arrivals[19] && arrivals.is_sorted());
    assert!(!queue.has_room());
    while matches!(queue.next(NOW).unwrap(), Taken::Event(_)) {}
    assert!(!tell(&queue, &origin, 0).is_full && queue.has_room());
}

#[test]
fn spare_memory_goes_when_nothing_waits_for_a_while() {
    let (queue, origin) = (queue(), heard_by(&queue(), |_| {}));
    for number in 0..5_000 {
        tell(&queue, &origin, number);
    }
    assert_eq!(queue.dispatch(None, NOW).unwrap(), 5_000);
    let spares = queue.state.lock().spares.count();
    assert!(spares > 1_000 && spares < 5_000, "{spares}: some, and not without limit");
    assert!(!queue.look_after());
    assert_eq!(queue.state.lock().spares.count(), 0);
}
