//! Callbacks on the thread that reads.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use crate::callback::{inside_callback, inside_direct};
use crate::error::Code;
use crate::queue::test_support::*;
use crate::queue::{Direct, Event, Kind, Origin, Queue, Subscriptions, Text, Words, intern, recycle};

const NOW: Option<Duration> = Some(Duration::ZERO);

fn heard(queue: &Queue, data: Data, function: impl Fn(&Event) + Send + Sync + 'static) -> (Arc<Origin>, i64) {
    let origin = origin("s", &Arc::new(Subscriptions::default()));
    let id = origin.direct().add(None, callback(data, function), home(queue));
    (origin, id)
}

fn show(direct: &mut Direct, origin: &Arc<Origin>, number: usize) {
    direct.run(origin, &intern("test"), Words::Lent(&number.to_string()));
}

#[test]
fn every_event_is_shown_here_and_now_in_the_place_of_the_last() {
    let queue = queue();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let seeing = Arc::clone(&seen);
    let (origin, _) = heard(&queue, Witness::default().data(), move |event| {
        assert!(inside_callback() && inside_direct());
        assert_eq!(
            (event.kind(), event.event_type(), event.session_id()),
            (Kind::Session, c"test", Some(c"s"))
        );
        assert!(!event.has_callback());
        seeing.lock().push((number(event), std::ptr::from_ref(event).addr()));
    });
    let mut direct = Direct::default();
    for event in 0..10 {
        show(&mut direct, &origin, event);
        assert!(!inside_direct());
    }
    direct.rest();
    show(&mut direct, &origin, 10);
    let seen = seen.lock();
    assert!(seen.iter().map(|(number, _)| *number).eq(0..=10));
    assert!(seen.iter().all(|(_, place)| *place == seen[0].1));
    assert!(queue.is_empty());
}

#[test]
fn an_event_that_is_kept_stays_what_it_is() {
    let queue = queue();
    let kept = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&kept);
    let (origin, _) = heard(&queue, Witness::default().data(), move |event| {
        let event = std::ptr::from_ref(event);
        // SAFETY: the event is held by an `Arc` while its callbacks run, as `copilot_event_ref` relies on.
        keep.lock().push(unsafe {
            Arc::increment_strong_count(event);
            Arc::from_raw(event)
        });
    });
    let mut direct = Direct::default();
    (0..5).for_each(|number| show(&mut direct, &origin, number));
    direct.rest();
    drop(direct);
    let kept = std::mem::take(&mut *kept.lock());
    assert!(kept.iter().map(|event| number(event)).eq(0..5));
    kept.into_iter().for_each(|event| drop(recycle(event)));
}

#[test]
fn words_that_are_given_are_shown_and_given_on_without_a_copy() {
    let queue = queue();
    let (kept, keeps) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicUsize::new(0)));
    let (seen, keep, does) = (Arc::new(Mutex::new(0)), Arc::clone(&kept), Arc::clone(&keeps));
    let seeing = Arc::clone(&seen);
    let (origin, _) = heard(&queue, Witness::default().data(), move |event| {
        assert_eq!(event.json().get_i64("/n"), Some(7));
        *seeing.lock() = event.json().text().as_ptr().addr();
        if does.load(Ordering::SeqCst) > 0 {
            let event = std::ptr::from_ref(event);
            // SAFETY: as above.
            keep.lock().push(unsafe {
                Arc::increment_strong_count(event);
                Arc::from_raw(event)
            });
        }
    });
    let mut direct = Direct::default();
    let given = || {
        let frame = String::from(r#"{"event":{"n":7}}"#);
        let place = frame.as_ptr().addr() + 9;
        (Words::Given(Text::part(frame, 9..16)), place)
    };
    for _ in 0..3 {
        let (words, place) = given();
        let Words::Given(left) = direct.run(&origin, &intern("test"), words) else {
            panic!("nobody keeps it")
        };
        assert_eq!((left.as_str(), left.as_str().as_ptr().addr()), (r#"{"n":7}"#, place));
        assert_eq!(*seen.lock(), place);
    }
    keeps.store(1, Ordering::SeqCst);
    let (words, place) = given();
    let Words::Lent(left) = direct.run(&origin, &intern("test"), words) else { panic!("it is kept") };
    assert_eq!((left, left.as_ptr().addr(), *seen.lock()), (r#"{"n":7}"#, place, place));
    drop(direct.run(&origin, &intern("test"), given().0));
    assert_eq!(kept.lock()[0].json().text(), r#"{"n":7}"#);
}

#[test]
fn what_would_wait_is_refused() {
    let (background, queue) = (Background::new(), queue());
    let codes = Arc::new(Mutex::new(Vec::new()));
    let (operation, _end) = background.quiet_operation(&queue);
    let (raw, heard_codes) = (Arc::clone(queue.queue()), Arc::clone(&codes));
    let (origin, _) = heard(&queue, Witness::default().data(), move |_| {
        let refused = [
            raw.next(None).map(|_| ()),
            raw.next_batch(None, 1, |_| {}).map(|_| ()),
            raw.dispatch(None, NOW).map(|_| ()),
            raw.stop_thread(),
            raw.refuse_inside("a blocking call"),
            operation.refuse_inside("copilot_op_wait"),
        ];
        heard_codes.lock().extend(refused.map(|outcome| outcome.unwrap_err().code()));
        assert!(raw.next(NOW).is_ok(), "what only looks may look");
    });
    show(&mut Direct::default(), &origin, 0);
    assert_eq!(*codes.lock(), [Code::WouldDeadlock; 6]);
    assert_eq!(queue.dispatch(None, NOW).unwrap(), 0, "the thread is free again");
}

#[test]
fn the_end_waits_for_a_call_that_is_running() {
    let queue = queue();
    let (paused, pause) = Paused::pair();
    let witness = Witness::default();
    let (origin, id) = heard(&queue, witness.data(), move |_| pause());
    let reading = Arc::clone(&origin);
    let reader = Worker::start(move || show(&mut Direct::default(), &reading, 0));
    paused.wait_until_begun();
    let ended = Arc::clone(&origin);
    let ender = Worker::start(move || ended.direct().end(id));
    assert!(ender.is_busy());
    paused.go_on();
    assert!(ender.result());
    witness.death();
    reader.result();
    show(&mut Direct::default(), &origin, 1);
}

#[test]
fn what_ends_itself_is_destroyed_where_the_queue_is_served() {
    let (background, queue) = (Background::new(), queue());
    let (witness, ran) = (Witness::default(), Arc::new(AtomicUsize::new(0)));
    let origin = origin("s", &Arc::default());
    let (own, counted) = (Arc::downgrade(&origin), Arc::clone(&ran));
    let id = Arc::new(Mutex::new(0));
    let number = Arc::clone(&id);
    let ends = callback(witness.data(), move |_: &Event| {
        counted.fetch_add(1, Ordering::SeqCst);
        assert!(own.upgrade().unwrap().direct().end(*number.lock()));
    });
    *id.lock() = origin.direct().add(None, ends, home(&queue));
    background.run(move || (0..3).for_each(|number| show(&mut Direct::default(), &origin, number)));
    assert_eq!((ran.load(Ordering::SeqCst), witness.count()), (1, 0), "not on the thread that reads");
    assert_eq!(queue.dispatch(None, NOW).unwrap(), 0);
    assert_eq!(witness.death().thread, std::thread::current().id());
}
