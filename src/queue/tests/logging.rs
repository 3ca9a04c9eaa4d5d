//! Messages of the library as items. The log is the process's, so each test has a target of its own.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use crate::json::Json;
use crate::log::{self, Level};
use crate::queue::test_support::*;
use crate::queue::{Event, Kind, Mode, Options, Owner, Subscriptions, Taken, intern};

const NOW: Option<Duration> = Some(Duration::ZERO);

fn items(level: Level) -> Options {
    Options { mode: Mode::Items, log: Some(level), ..Options::default() }
}

fn message(event: &Event, target: &str) -> Option<String> {
    let member = |pointer: &str| event.json().string(pointer).map(|text| text.into_owned());
    assert_eq!((event.kind(), event.event_type()), (Kind::Log, c"log"));
    (member("/target")? == target)
        .then(|| format!("{}: {}", member("/level").unwrap(), member("/message").unwrap()))
}

/// What this target has said.
fn told(queue: &Owner, target: &str) -> Vec<String> {
    std::iter::from_fn(|| match queue.next(NOW).unwrap() {
        Taken::Event(event) => Some(event),
        _ => None,
    })
    .filter_map(|event| message(&event, target))
    .collect()
}

#[test]
fn each_queue_takes_what_is_grave_enough() {
    let (some, all) = (Owner::new(items(Level::Warn)), Owner::new(items(Level::Trace)));
    let without = Owner::new(Options { mode: Mode::Items, ..Options::default() });
    assert!(log::enabled(Level::Trace));
    log::emit(Level::Error, "grave", "e");
    log::emit(Level::Warn, "grave", "a \"w\"");
    log::emit(Level::Trace, "grave", "t");
    assert_eq!(told(&some, "grave"), ["error: e", "warn: a \"w\""]);
    assert_eq!(told(&all, "grave"), ["error: e", "warn: a \"w\"", "trace: t"]);
    assert!(without.is_empty());
    drop(all);
    some.close();
    log::emit(Level::Error, "grave", "nobody is there");
    assert_eq!(told(&some, "grave"), Vec::<String>::new());
}

#[test]
fn callbacks_are_run_where_the_queue_is_served() {
    let queue = Owner::new(Options { log: Some(Level::Info), ..Options::default() });
    let (heard, listeners) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Subscriptions::default()));
    queue.add_listener(&listeners);
    log::emit(Level::Info, "served", "nobody listens");
    assert!(queue.is_empty());
    let hears = Arc::clone(&heard);
    let hear = move |event: &Event| hears.lock().extend(message(event, "served"));
    let id = listeners.add(Some("log"), callback(Witness::default().data(), hear), home(&queue));
    log::emit(Level::Info, "served", "one");
    assert!(heard.lock().is_empty());
    queue.dispatch(None, NOW).unwrap();
    assert_eq!(*heard.lock(), ["info: one"]);
    assert!(listeners.end(id));
}

#[test]
fn a_full_queue_takes_none_and_says_how_many() {
    let queue = Owner::new(Options { hard_limit_bytes: 1, ..items(Level::Error) });
    let event = Event::new(Kind::State, intern("state"), None, Json::object());
    assert!(queue.push(Arc::new(event)).is_ok());
    log::emit(Level::Error, "full", "too much");
    let kinds: Vec<_> = std::iter::from_fn(|| match queue.next(NOW).unwrap() {
        Taken::Event(event) => Some(event.kind()),
        _ => None,
    })
    // Another test's may have come before.
    .filter(|kind| *kind != Kind::Log)
    .collect();
    assert_eq!(kinds, [Kind::State, Kind::Overflow]);
    assert!(queue.losses().dropped >= 1);
}
