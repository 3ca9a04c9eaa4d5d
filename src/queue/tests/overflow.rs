//! Too much at once: pieces are merged, the oldest go where that was asked for, and it is told.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use crate::json::Json;
use crate::queue::test_support::*;
use crate::queue::{
    Event, Kind, Losses, Mode, Options, Overflow, Owner, Queue, Subscriptions, Taken, Words, intern,
};

const NOW: Option<Duration> = Some(Duration::ZERO);

/// An event of a session, before it is brought.
struct Brought {
    session: &'static str,
    event_type: &'static str,
    json: String,
}

fn of(session: &'static str, event_type: &'static str, data: &str) -> Brought {
    Brought { session, event_type, json: format!(r#"{{"type":"{event_type}","data":{data}}}"#) }
}

fn delta(session: &'static str, message: &str, text: &str) -> Brought {
    let data = format!(r#"{{"messageId":"{message}","deltaContent":"{text}"}}"#);
    of(session, "assistant.message_delta", &data)
}

/// What one delta counts for.
fn bytes_of_one() -> usize {
    let queue = items(usize::MAX, 1 << 20, Overflow::Pause);
    push_all(&queue, [delta("a", "1", "0")]);
    queue.load().1
}

fn items(soft: usize, hard: usize, overflow: Overflow) -> Owner {
    Owner::new(Options {
        mode: Mode::Items,
        soft_limit_bytes: soft,
        hard_limit_bytes: hard,
        overflow,
        log: None,
    })
}

fn push_all(queue: &Queue, events: impl IntoIterator<Item = Brought>) {
    push_for(queue, &Arc::default(), events);
}

/// Brings events of sessions that have these callbacks.
fn push_for(queue: &Queue, callbacks: &Arc<Subscriptions>, events: impl IntoIterator<Item = Brought>) {
    for Brought { session, event_type, json } in events {
        queue.tell(&origin(session, callbacks), &intern(event_type), Words::Lent(&json));
    }
}

fn take_all(queue: &Owner) -> Vec<Arc<Event>> {
    std::iter::from_fn(|| match queue.next(NOW).unwrap() {
        Taken::Event(event) => Some(event),
        _ => None,
    })
    .collect()
}

/// Session and text of each delta, and the type of the rest.
fn told(events: &[Arc<Event>]) -> Vec<String> {
    let tell = |event: &Arc<Event>| match event.json().string("/data/deltaContent") {
        Some(text) => format!("{}:{text}", event.session_id().unwrap().to_str().unwrap()),
        None => event.event_type().to_str().unwrap().to_owned(),
    };
    events.iter().map(tell).collect()
}

#[test]
fn above_the_soft_limit_the_pieces_of_a_text_become_one_item() {
    let queue = items(0, 1 << 20, Overflow::Pause);
    push_all(
        &queue,
        [
            delta("a", "1", "one "),
            of("a", "assistant.streaming_delta", r#"{"totalResponseSizeBytes":1}"#),
            delta("a", "1", "two "),
            delta("b", "1", "other "),
            of("a", "assistant.streaming_delta", r#"{"totalResponseSizeBytes":2}"#),
            delta("a", "1", "three"),
            delta("b", "1", "session"),
        ],
    );
    let all = take_all(&queue);
    assert_eq!(told(&all), ["a:one two three", "assistant.streaming_delta", "overflow", "b:other session"]);
    assert_eq!(all[1].json().get_i64("/data/totalResponseSizeBytes"), Some(2), "the newest");
    assert_eq!(all[2].kind(), Kind::Overflow);
    assert_eq!(all[2].json().text(), r#"{"merged":4,"dropped":0,"droppedBytes":0}"#);
    assert_eq!(queue.losses(), Losses { merged: 4, ..Losses::default() });
    assert_eq!(queue.load(), (0, 0), "what was merged is accounted for");
}

#[test]
fn nothing_is_merged_across_an_event_of_the_same_session() {
    let queue = items(0, 1 << 20, Overflow::Pause);
    push_all(
        &queue,
        [
            delta("a", "1", "before"),
            of("a", "tool.execution_start", "{}"),
            delta("a", "1", "after"),
            delta("a", "2", "another"),
            delta("a", "1", " it"),
        ],
    );
    assert_eq!(
        told(&take_all(&queue)),
        ["a:before", "tool.execution_start", "a:after it", "a:another", "overflow"]
    );
}

#[test]
fn below_the_limits_everything_is_as_the_wire_has_it() {
    let queue = items(usize::MAX, 1 << 20, Overflow::Pause);
    push_all(&queue, (0..100).map(|_| delta("a", "1", "x")));
    let all = take_all(&queue);
    assert!(all.len() == 100 && all.iter().all(|event| event.kind() == Kind::Session));
    assert_eq!(queue.losses(), Losses::default());
}

#[test]
fn above_the_hard_limit_pieces_are_merged_without_a_soft_limit_too() {
    let queue = items(usize::MAX, 1024, Overflow::Pause);
    // As the reader does while an operation is pending.
    push_all(&queue, (0..100_000).map(|n| delta("a", "1", &(n % 10).to_string())));
    let (count, bytes) = queue.load();
    assert!(count < 20 && bytes < 110_000, "{count} items, {bytes} bytes");
    let all = take_all(&queue);
    let text: String = all.iter().filter_map(|event| event.json().string("/data/deltaContent")).collect();
    assert_eq!(text, "0123456789".repeat(10_000), "not a character is lost");
}

#[test]
fn the_oldest_go_only_where_that_was_asked_for() {
    let hard = bytes_of_one() * 4;
    let queue = items(usize::MAX, hard, Overflow::DropOldest);
    let answers = Answers::default();
    let witness = Witness::default();
    assert!(queue.push(Arc::new(asking(request(&queue, &answers)))).is_ok());
    push_all(&queue, (0..50).map(|n| delta("a", "1", &format!("{}", n % 10))));
    assert!(queue.has_room(), "the reader never waits");
    crate::callback::Home::bury(&**queue.queue(), Box::new(witness.data()))
        .unwrap_or_else(|_| panic!("refused"));
    let (_, bytes) = queue.load();
    assert!(bytes < hard);
    let all = take_all(&queue);
    assert_eq!(all[0].kind(), Kind::Request, "a question stays");
    assert_eq!(witness.count(), 1, "as does what is to be destroyed");
    let told_of = all.iter().find(|event| event.kind() == Kind::Overflow).unwrap();
    let texts: Vec<_> = told(&all).into_iter().filter(|text| text.starts_with("a:")).collect();
    let dropped = 50 - texts.len() as i64;
    assert_eq!(told_of.json().get_i64("/dropped"), Some(dropped));
    assert!(told_of.json().get_i64("/droppedBytes").unwrap() > 0);
    assert_eq!(texts.last().unwrap(), "a:9", "the newest are there");
    assert_eq!(queue.load(), (0, 0));
    assert_eq!(queue.losses().dropped, dropped as u64);
    drop(all);
    assert_eq!(answers.sent.lock().len(), 1, "the question was freed unanswered, by this test");
}

#[test]
fn what_cannot_be_dropped_stops_the_reader_all_the_same() {
    let queue = items(usize::MAX, 1024, Overflow::DropOldest);
    let answers = Answers::default();
    for _ in 0..10 {
        assert!(queue.push(Arc::new(asking(request(&queue, &answers)))).is_ok());
    }
    assert!(!queue.has_room());
    assert_eq!(queue.len(), 10);
}

#[test]
fn one_item_tells_until_it_is_taken_and_then_another() {
    let queue = items(0, 1 << 20, Overflow::Pause);
    push_all(&queue, (0..10).map(|_| delta("a", "1", "x")));
    assert_eq!(told(&take_all(&queue)), ["a:xxxxxxxxxx", "overflow"]);
    push_all(&queue, (0..3).map(|_| delta("a", "1", "y")));
    let all = take_all(&queue);
    assert_eq!(told(&all), ["a:yyy", "overflow"]);
    assert_eq!(all[1].json().get_i64("/merged"), Some(2));
}

#[test]
fn callbacks_hear_of_it_and_merged_events_run_theirs() {
    let queue = Owner::new(Options { soft_limit_bytes: 0, ..Options::default() });
    let (heard, listeners) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Subscriptions::default()));
    queue.add_listener(&listeners);
    let listener = |heard: &Arc<Mutex<Vec<_>>>| {
        let heard = Arc::clone(heard);
        callback(Witness::default().data(), move |event: &Event| heard.lock().extend(told(&[copy(event)])))
    };
    listeners.add(Some("assistant.message_delta"), listener(&heard), home(&queue));
    push_for(&queue, &listeners, ["x", "y"].map(|text| delta("a", "1", text)));
    assert_eq!(queue.dispatch(None, NOW).unwrap(), 1, "nobody listens to overflows");
    assert_eq!(*heard.lock(), ["a:xy"]);
    let id = listeners.add(Some("overflow"), listener(&heard), home(&queue));
    push_for(&queue, &listeners, ["1", "2", "3"].map(|text| delta("a", "1", text)));
    assert_eq!(queue.dispatch(None, NOW).unwrap(), 2);
    assert_eq!(*heard.lock(), ["a:xy", "a:123", "overflow"]);
    assert!(listeners.end(id));
}

fn copy(event: &Event) -> Arc<Event> {
    let name = |text: &std::ffi::CStr| intern(text.to_str().unwrap());
    let json = Json::from_trusted(event.json().text());
    Arc::new(Event::new(event.kind(), name(event.event_type()), event.session_id().map(name), json))
}

#[test]
fn a_queue_that_nobody_serves_is_noticed_until_somebody_does() {
    let queue = items(usize::MAX, 1 << 20, Overflow::Pause);
    push_all(&queue, ["x", "y"].map(|text| delta("a", "1", text)));
    assert!(!queue.is_unserved(), "not at once");
    assert!(queue.look_after() && queue.is_unserved());
    drop(queue.next(NOW).unwrap());
    assert!(!queue.is_unserved(), "it is served");
    assert!(queue.look_after() && !queue.is_unserved(), "since the last look");
    assert!(queue.look_after() && queue.is_unserved(), "and then no more");
    drop(take_all(&queue));
    assert!(!queue.look_after() && !queue.is_unserved(), "an empty queue needs nobody");
}
