use std::ffi::CStr;
use std::sync::Arc;

use super::*;
use crate::callback::Callback;
use crate::ffi::error::copilot_error_free;
use crate::ffi::event::*;
use crate::ffi::handle::share;
use crate::ffi::json::{copilot_json_free, copilot_json_get_int, copilot_json_text};
use crate::ffi::queue::*;
use crate::queue::{Event, Kind, Origin, Queue, Subscriptions, Words, intern, name};

const NONE: *mut *mut copilot_error = ptr::null_mut();

fn new() -> (*mut copilot_queue, Arc<Queue>) {
    // SAFETY: a NUL-terminated text, and the queue that was made.
    unsafe {
        let queue = copilot_queue_new(c"{\"mode\":\"items\"}".as_ptr(), NONE);
        (queue, share(queue).unwrap())
    }
}

fn tell(queue: &Queue, session: &str, event_type: &str, number: usize) {
    let origin = Origin::new(name(session), Arc::default());
    let text = format!(r#"{{"number":{number}}}"#);
    queue.tell(&origin, &intern(event_type), Words::Lent(&text));
}

/// An event that somebody has a callback for.
fn tell_heard(queue: &Arc<Queue>, number: usize) {
    let subscriptions: Arc<Subscriptions> = Arc::default();
    let home: std::sync::Weak<Queue> = Arc::downgrade(queue);
    subscriptions.add(None, Callback::new(Box::new(|_: &Event| ())), home);
    let text = format!(r#"{{"number":{number}}}"#);
    queue.tell(&Origin::new(name("s"), subscriptions), &intern("heard"), Words::Lent(&text));
}

fn push(queue: &Queue, kind: Kind, event_type: &str) {
    let event = Event::new(kind, intern(event_type), None, Json::from_trusted("{\"a\":[1]}"));
    assert!(queue.push(Arc::new(event)).is_ok());
}

/// The numbers of a batch of up to `capacity`, and its status.
fn next_batch(queue: *mut copilot_queue, capacity: usize) -> (copilot_status, Vec<i64>) {
    let untouched: *mut copilot_event = ptr::dangling_mut();
    let mut events = vec![untouched; capacity + 1];
    let (mut count, mut error) = (usize::MAX, ptr::dangling_mut());
    // SAFETY: a live queue, an array of that many pointers, and the events that it gave.
    unsafe {
        let status =
            copilot_queue_next_batch(queue, 0, events.as_mut_ptr(), capacity, &mut count, &mut error);
        assert!(error.is_null());
        assert!(events[count..].iter().all(|event| *event == untouched));
        let number = |event: &*mut copilot_event| {
            let mut number = -1;
            copilot_json_get_int(copilot_event_json(*event), c"/number".as_ptr(), &mut number);
            copilot_event_free(*event);
            number
        };
        (status, events[..count].iter().map(number).collect())
    }
}

/// The text of a batch, the type of the event behind it, and the status.
fn next_json(queue: *mut copilot_queue, most: i32) -> (copilot_status, Option<String>, Option<String>) {
    let (mut batch, mut event, mut error) = (ptr::dangling_mut(), ptr::dangling_mut(), ptr::dangling_mut());
    // SAFETY: a live queue, and what it gave.
    unsafe {
        let status = copilot_queue_next_batch_json(queue, 0, most, &mut batch, &mut event, &mut error);
        assert!(error.is_null());
        let text = |text| CStr::from_ptr(text).to_str().unwrap().to_owned();
        let written = (!batch.is_null()).then(|| text(copilot_json_text(batch, ptr::null_mut())));
        let event_type = (!event.is_null()).then(|| text(copilot_event_type(event)));
        copilot_json_free(batch);
        copilot_event_free(event);
        (status, written, event_type)
    }
}

#[test]
fn a_batch_has_what_waits_in_its_order() {
    let (queue, core) = new();
    assert_eq!(next_batch(queue, 3), (Code::Timeout as i32, vec![]));
    (0..5).for_each(|number| tell(&core, "s", "test", number));
    assert_eq!(next_batch(queue, 3), (0, vec![0, 1, 2]));
    tell_heard(&core, 5);
    push(&core, Kind::State, "state");
    assert_eq!(next_batch(queue, 64), (0, vec![3, 4, 5, -1]), "of every kind");
    // SAFETY: a live queue.
    unsafe { copilot_queue_wake(queue) };
    tell(&core, "s", "test", 6);
    assert_eq!(next_batch(queue, 2), (0, vec![6]), "items first");
    assert_eq!(next_batch(queue, 2), (Code::Cancelled as i32, vec![]));
    tell(&core, "s", "test", 7);
    core.close();
    assert_eq!(next_batch(queue, 2), (0, vec![7]));
    assert_eq!(next_batch(queue, 2), (Code::Closed as i32, vec![]));
    assert_eq!(next_json(queue, -1), (Code::Closed as i32, None, None));
    // SAFETY: a live queue, freed.
    unsafe { copilot_queue_free(queue) };
}

#[test]
fn a_batch_as_text_says_what_its_items_say() {
    let (queue, core) = new();
    assert_eq!(next_json(queue, -1), (Code::Timeout as i32, None, None));
    tell(&core, "s", "test", 1);
    push(&core, Kind::State, "state");
    tell(&core, "quoted \"s\"\n", "odd\\type", 2);
    push(&core, Kind::Policy, "permission.policy");
    let expected = concat!(
        r#"[{"kind":1,"type":"test","sessionId":"s","event":{"number":1}},"#,
        r#"{"kind":3,"type":"state","sessionId":null,"event":{"a":[1]}},"#,
        r#"{"kind":1,"type":"odd\\type","sessionId":"quoted \"s\"\n","event":{"number":2}},"#,
        r#"{"kind":10,"type":"permission.policy","sessionId":null,"event":{"a":[1]}}]"#,
    );
    assert_eq!(next_json(queue, -1), (0, Some(expected.into()), None));
    (0..5).for_each(|number| tell(&core, "s", "test", number));
    let (_, text, _) = next_json(queue, 2);
    assert_eq!(text.unwrap().matches("\"number\"").count(), 2);
    assert_eq!(core.len(), 3);
    // SAFETY: a live queue, freed.
    unsafe { copilot_queue_free(queue) };
}

#[test]
fn what_is_more_than_its_json_ends_a_batch() {
    let (queue, core) = new();
    tell(&core, "s", "test", 1);
    push(&core, Kind::Request, "tool");
    tell_heard(&core, 2);
    tell(&core, "s", "test", 3);
    let one = |number| {
        Some(format!(r#"[{{"kind":1,"type":"test","sessionId":"s","event":{{"number":{number}}}}}]"#))
    };
    assert_eq!(next_json(queue, -1), (0, one(1), Some("tool".into())));
    assert_eq!(next_json(queue, -1), (0, Some("[]".into()), Some("heard".into())), "it came first");
    assert_eq!(next_json(queue, -1), (0, one(3), None));
    // SAFETY: a live queue, freed.
    unsafe { copilot_queue_free(queue) };
}

#[test]
fn a_text_does_not_grow_for_ever() {
    let (queue, core) = new();
    let origin = Origin::new(name("s"), Arc::default());
    let text = format!("\"{}\"", "x".repeat(400_000));
    for _ in 0..5 {
        core.tell(&origin, &intern("test"), Words::Lent(&text));
    }
    let (_, text, _) = next_json(queue, -1);
    assert_eq!(text.unwrap().matches("test").count(), 3, "it may become larger by one item");
    assert_eq!(core.len(), 2);
    // SAFETY: a live queue, freed.
    unsafe { copilot_queue_free(queue) };
}

#[test]
fn where_items_would_be_lost_none_is_taken() {
    let (queue, core) = new();
    tell(&core, "s", "test", 1);
    let invalid = Code::InvalidArgument as i32;
    let (mut events, mut count, mut error) = ([ptr::null_mut(); 1], 7, ptr::null_mut());
    let (mut batch, mut event) = (ptr::dangling_mut(), ptr::dangling_mut());
    // SAFETY: NULL is allowed everywhere.
    unsafe {
        for (array, room, counted) in [
            (ptr::null_mut(), 1, &raw mut count),
            (events.as_mut_ptr(), 0, &raw mut count),
            (events.as_mut_ptr(), 1, ptr::null_mut()),
        ] {
            assert_eq!(copilot_queue_next_batch(queue, 0, array, room, counted, &mut error), invalid);
            assert!(!error.is_null());
            copilot_error_free(error);
        }
        assert_eq!(
            copilot_queue_next_batch(ptr::null_mut(), 0, events.as_mut_ptr(), 1, &mut count, NONE),
            invalid
        );
        assert_eq!(count, 0);
        assert_eq!(copilot_queue_next_batch_json(queue, 0, -1, ptr::null_mut(), &mut event, NONE), invalid);
        assert!(event.is_null(), "it is written all the same");
        assert_eq!(copilot_queue_next_batch_json(queue, 0, -1, &mut batch, ptr::null_mut(), NONE), invalid);
        assert!(batch.is_null());
        assert_eq!(copilot_queue_next_batch_json(queue, 0, 0, &mut batch, &mut event, NONE), invalid);
        assert_eq!(
            copilot_queue_next_batch_json(ptr::null_mut(), 0, 1, &mut batch, &mut event, NONE),
            invalid
        );
        assert_eq!(core.len(), 1);
        copilot_queue_free(queue);
    }
}
