//! A program that stalls while very much comes: memory stays bounded, calls are answered, nothing is lost.

use copilot::queue::{Options, Owner, Progress};
use copilot::session::Session;

use super::*;

/// Some thirty times what the queues here may hold.
const COUNT: usize = 10_000;
const SIZE: usize = 20;
const LIMIT: usize = 128 << 10;

fn burst() -> Value {
    json!({ "burst": { "count": COUNT, "size": SIZE } })
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "not within the test's patience: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A queue of its own for a session, and the session.
fn own_queue(bed: &Bed, options: Value) -> (Owner, Arc<Session>) {
    let queue = Owner::new(Options::parse(&options.to_string()).unwrap());
    let mut setup = Setup::new(json!({ "streaming": true }));
    setup.0.set_queue(Some(queue.clone()));
    let session = setup.create(&bed.client).unwrap();
    (queue, session)
}

fn send(bed: &Bed, session: &Session) {
    let send = begin(&bed.client, bed.client.queue().queue(), Arc::clone(session.core()).send(prompt("Go")));
    end_of::<copilot::json::Json>(&send).unwrap();
}

/// All that waits, up to the end of the turn: how much text there was, and what the overflow items told.
fn drain(queue: &Owner) -> (usize, i64, i64) {
    let (mut text, mut merged, mut dropped) = (0, 0, 0);
    loop {
        let Taken::Event(event) = queue.next(Some(PATIENCE)).unwrap() else {
            panic!("no end of the turn came")
        };
        let json = event.json();
        match event.kind() {
            Kind::Overflow => {
                merged += json.get_i64("/merged").unwrap();
                dropped += json.get_i64("/dropped").unwrap();
            }
            _ if event.event_type() == c"session.idle" => return (text, merged, dropped),
            _ => text += json.string("/data/deltaContent").map_or(0, |text| text.len()),
        }
    }
}

#[test]
fn a_call_on_another_queue_is_answered_while_a_session_stalls() {
    let bed = Bed::new(json!({ "turns": [[burst()]] }));
    let (queue, session) = own_queue(&bed, json!({ "mode": "items", "hardLimitBytes": LIMIT }));
    send(&bed, &session);
    wait_until("the queue is full", || !queue.has_room());
    for _ in 0..3 {
        let (pong, time) = timed(|| bed.call("ping", json!({})));
        pong.unwrap();
        assert!(time < AT_ONCE, "{time:?}");
    }
    let (text, ..) = drain(&queue);
    assert_eq!(text, COUNT * SIZE, "nothing is lost");
}

#[test]
fn the_turn_of_another_session_goes_on_while_one_stalls() {
    let bed = Bed::new(json!({ "turns": [[burst()], [{ "text": "done" }]] }));
    let (queue, stalled) = own_queue(&bed, json!({ "mode": "items", "hardLimitBytes": LIMIT }));
    send(&bed, &stalled);
    wait_until("the queue is full", || !queue.has_room());
    let (other_queue, other) = own_queue(&bed, json!({}));
    let begun = Instant::now();
    let turn = Arc::clone(other.core()).send_and_wait(prompt("Go"), Some(PATIENCE));
    let turn = begin(&bed.client, other_queue.queue(), turn);
    assert!(end_of::<copilot::json::Json>(&turn).is_ok());
    assert!(begun.elapsed() < AT_ONCE, "{:?}", begun.elapsed());
    assert_eq!(drain(&queue).0, COUNT * SIZE);
}

#[test]
fn memory_is_bounded_while_the_program_waits_for_a_turn_and_takes_nothing() {
    let bed = Bed::new(json!({ "turns": [[burst()]] }));
    let (queue, session) = own_queue(&bed, json!({ "mode": "items", "hardLimitBytes": LIMIT }));
    let turn = Arc::clone(session.core()).send_and_wait(prompt("Go"), Some(PATIENCE));
    let turn = begin(&bed.client, queue.queue(), turn);
    let mut most = 0;
    wait_until("the turn has ended", || turn.progress() != Progress::Pending);
    most = most.max(queue.load().1);
    // The text itself, once, and what had come before the limit was reached.
    assert!(most < LIMIT + COUNT * SIZE + (64 << 10), "{most} bytes");
    let (text, merged, dropped) = drain(&queue);
    assert_eq!((text, dropped), (COUNT * SIZE, 0));
    assert!(merged > COUNT as i64 / 2, "{merged}");
}

#[test]
fn with_a_soft_limit_a_stalled_session_costs_its_text_alone() {
    let bed = Bed::new(json!({ "turns": [[burst()]] }));
    let options = json!({ "mode": "items", "softLimitBytes": 4096, "hardLimitBytes": COUNT * SIZE * 2 });
    let (queue, session) = own_queue(&bed, options);
    send(&bed, &session);
    wait_until("the whole turn is there", || queue.losses().merged as usize > COUNT - 100);
    assert!(queue.len() < 100 && queue.has_room());
    assert_eq!(drain(&queue).0, COUNT * SIZE);
}

#[test]
fn with_drop_oldest_the_reader_never_waits_and_the_newest_is_kept() {
    let bed = Bed::new(json!({ "turns": [[burst(), { "text": "the end", "chunks": 0 }]] }));
    let options = json!({ "mode": "items", "hardLimitBytes": LIMIT, "overflow": "drop_oldest" });
    let (queue, session) = own_queue(&bed, options);
    send(&bed, &session);
    bed.logged(|record| record["out"]["params"]["event"]["type"] == "session.idle");
    bed.call("ping", json!({})).unwrap();
    assert!(queue.load().1 < LIMIT + 1024);
    let (text, merged, dropped) = drain(&queue);
    assert!(dropped > COUNT as i64 / 2 && merged == 0, "{dropped} dropped, {merged} merged");
    assert!(text > 0 && text < COUNT * SIZE);
}

#[test]
fn a_queue_that_nobody_serves_shows_in_the_numbers() {
    let bed = Bed::items(json!({ "turns": [[{ "text": "hi" }]] }));
    let unserved = || {
        let stats: Value = serde_json::from_str(bed.client.core().stats().text()).unwrap();
        stats["queue"]["unserved"].as_bool().unwrap()
    };
    let session = Setup::new(json!({})).create(&bed.client).unwrap();
    send(&bed, &session);
    assert!(!unserved());
    wait_until("it is noticed", unserved);
    drop(bed.client.queue().next(None).unwrap());
    assert!(!unserved());
}
