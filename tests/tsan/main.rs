//! Everything at once, for ThreadSanitizer: tests/tsan/run builds this with it. A main function of its own, because the
//! threads of a test harness synchronise by locks that the sanitizer cannot see.
//!
//!   COPILOT_SOAK_SECONDS  how long each part takes; 1 by default
//!   COPILOT_SOAK_RACE     plants a data race: a sanitizer that does not report it sees nothing

#[path = "../rust/support/mod.rs"]
mod support;

use std::cell::UnsafeCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use copilot::client::Client;
use copilot::protocol::answer::Answer;
use copilot::queue::{Event, Operation, Output};
use copilot::request::Request;
use copilot::session::Session;
use copilot::{Callback, Code};
use serde_json::json;
use support::*;
use testbed::runtime::FakeRuntime;

fn main() {
    // A harness asks its programs for their lists; this one has none.
    if std::env::args().any(|argument| argument == "--list") {
        return;
    }
    if std::env::var_os("COPILOT_SOAK_RACE").is_some() {
        return plant_a_race();
    }
    let seconds = std::env::var("COPILOT_SOAK_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let each = Duration::from_secs(seconds);
    for (name, part) in [
        ("queue", queue_storm as fn(Duration) -> u64),
        ("operations", operation_storm),
        ("requests", request_storm),
        ("lives", life_storm),
    ] {
        let rounds = part(each);
        assert!(rounds > 0, "{name} did nothing");
        println!("{name}: {rounds} rounds");
    }
    copilot::runtime::shutdown(Some(PATIENCE)).expect("nothing is left");
}

/// Two threads write one number, without anything between them.
fn plant_a_race() {
    struct Shared(UnsafeCell<u64>);
    // SAFETY: it is not: this is the race that the sanitizer is to find. A word is written, and nobody reads it.
    unsafe impl Sync for Shared {}
    static SHARED: Shared = Shared(UnsafeCell::new(0));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for number in 0..1000 {
                    // SAFETY: as above.
                    unsafe { SHARED.0.get().write_volatile(number) };
                }
            });
        }
    });
}

struct Bed {
    client: Arc<Client>,
    _fake: FakeRuntime,
}

fn bed(script: serde_json::Value) -> Bed {
    let fake = FakeRuntime::new(script);
    Bed { client: client(&fake.options()), _fake: fake }
}

/// One by one, because the end of a whole scope is an order that the sanitizer does not see.
fn join(threads: Vec<ScopedJoinHandle<'_, ()>>) {
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

/// Does this on several threads for so long; how often it was done.
fn hammer(time: Duration, works: &[&(dyn Fn(u64) + Sync)]) -> u64 {
    let (end, rounds) = (AtomicBool::new(false), AtomicU64::new(0));
    let goes_on = |work: &&(dyn Fn(u64) + Sync)| {
        let mut round = 0;
        while !end.load(Ordering::Acquire) {
            work(round);
            round += 1;
        }
        rounds.fetch_add(round, Ordering::AcqRel);
    };
    thread::scope(|scope| {
        let threads: Vec<_> = works.iter().map(|work| scope.spawn(|| goes_on(work))).collect();
        thread::sleep(time);
        end.store(true, Ordering::Release);
        join(threads);
    });
    rounds.into_inner()
}

/// A number that a callback uses without any lock, and that is poisoned right after its registration has ended.
struct Poisonable(UnsafeCell<u64>);

// SAFETY: callbacks of one queue never overlap, and the owner writes when the last one has ended. That this is so is
// what the sanitizer is to see.
unsafe impl Sync for Poisonable {}
// SAFETY: a number.
unsafe impl Send for Poisonable {}

const POISON: u64 = u64::MAX;

impl Poisonable {
    fn new() -> Arc<Poisonable> {
        Arc::new(Poisonable(UnsafeCell::new(0)))
    }

    fn touch(&self) {
        // SAFETY: see above.
        unsafe {
            let number = self.0.get();
            assert_ne!(number.read(), POISON, "used after its end");
            number.write(number.read() + 1);
        }
    }

    fn poison(&self) {
        // SAFETY: see above.
        unsafe { self.0.get().write(POISON) };
    }
}

fn stream(bed: &Bed) -> Arc<Session> {
    let session = Setup::new(json!({ "streaming": true })).create(&bed.client).unwrap();
    let turn = Arc::clone(session.core()).send(prompt("Go"));
    block_on(&bed.client, session.queue().queue(), turn).unwrap();
    session
}

/// Subscriptions, wakeups and the library's thread come and go while events stream in.
fn queue_storm(time: Duration) -> u64 {
    let turn = json!([{ "burst": { "count": 20000, "size": 20 } }]);
    let bed = bed(json!({ "turns": [turn, turn, turn, turn] }));
    let sessions: Vec<_> = (0..3).map(|_| stream(&bed)).collect();
    let queue = bed.client.queue();
    let subscribe = |round: u64| {
        let session = &sessions[(round % 3) as usize];
        let used = Poisonable::new();
        let touched = Arc::clone(&used);
        let callback = Callback::new(Box::new(move |_: &Event| touched.touch()));
        let id = session.core().on_event(None, callback);
        thread::yield_now();
        assert!(session.core().off_event(id));
        used.poison();
    };
    let serve = |round: u64| {
        if round.is_multiple_of(4) {
            queue.start_thread().unwrap();
            thread::yield_now();
            queue.stop_thread().unwrap();
        }
        queue.dispatch(Some(20), Some(Duration::from_millis(1))).unwrap();
    };
    let wake = |_: u64| {
        let woken = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&woken);
        queue.set_wakeup(Some(Callback::new(Box::new(move |(): &()| {
            counted.fetch_add(1, Ordering::Relaxed);
        }))));
        queue.wake();
        let _ = queue.load();
        queue.set_wakeup(None);
        assert_eq!(Arc::strong_count(&woken), 1, "the former one is destroyed");
    };
    hammer(time, &[&subscribe, &subscribe, &serve, &serve, &wake])
}

/// Operations end, are cancelled, waited for and asked at the same time.
fn operation_storm(time: Duration) -> u64 {
    let bed = bed(json!({}));
    start(&bed.client).unwrap();
    let ping = |on_end: Option<Arc<Callback<Operation>>>| {
        let connection = Arc::clone(bed.client.core()).connection();
        let work =
            async move { connection.await?.call("ping", "{}").await.map(|text| Box::new(text) as Output) };
        Operation::start(bed.client.core().runtime(), bed.client.queue().queue(), on_end, true, work)
    };
    let one = |round: u64| {
        let used = Poisonable::new();
        let touched = Arc::clone(&used);
        let op = ping(Some(Callback::new(Box::new(move |_: &Operation| touched.touch()))));
        let canceller = Arc::clone(&op);
        thread::scope(|scope| {
            let cancelling = scope.spawn(move || {
                if round.is_multiple_of(2) {
                    canceller.cancel();
                }
                let _ = canceller.progress();
            });
            op.wait(Some(Instant::now() + PATIENCE));
            join(vec![cancelling]);
        });
        match op.take_output() {
            Ok(_) => {}
            Err(error) => assert_eq!(error.code(), Code::Cancelled),
        }
    };
    let serve = |_: u64| {
        bed.client.queue().dispatch(None, Some(Duration::from_millis(1))).unwrap();
    };
    hammer(time, &[&one, &one, &one, &serve])
}

/// Questions are answered by several threads at once, exactly one of which succeeds.
fn request_storm(time: Duration) -> u64 {
    let turn = json!([{ "tool": { "name": "race" } }]);
    let bed = bed(json!({ "turns": vec![turn; 1000] }));
    let answered = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&answered);
    let race = move |request: &Request| {
        let won = AtomicU64::new(0);
        thread::scope(|scope| {
            let answer = || {
                if request.answer(Answer::Respond("\"mine\"".into())).is_ok() {
                    won.fetch_add(1, Ordering::Relaxed);
                }
            };
            let threads = (0..4).map(|_| scope.spawn(answer)).collect();
            let _ = request.on_cancel(Some(Callback::new(Box::new(|_: &Request| ()))));
            join(threads);
        });
        assert_eq!(won.into_inner(), 1);
        counted.fetch_add(1, Ordering::Relaxed);
    };
    let session = Setup::new(json!({})).tool(json!({ "name": "race" }), race).create(&bed.client).unwrap();
    let began = Instant::now();
    while began.elapsed() < time {
        ask(&bed.client, &session, "Go").unwrap();
    }
    answered.load(Ordering::Acquire)
}

/// Clients stop, are stopped by force or are dropped in the middle of a stream.
fn life_storm(time: Duration) -> u64 {
    let began = Instant::now();
    let mut rounds = 0;
    while began.elapsed() < time {
        let bed = bed(json!({ "turns": [[{ "burst": { "count": 2000, "size": 20 } }, { "hang": true }]] }));
        let session = stream(&bed);
        let used = Poisonable::new();
        let touched = Arc::clone(&used);
        session.core().on_event(None, Callback::new(Box::new(move |_: &Event| touched.touch())));
        bed.client.queue().start_thread().unwrap();
        thread::yield_now();
        let stop = Arc::clone(bed.client.core()).stop(Some(PATIENCE));
        match rounds % 3 {
            0 => block_on(&bed.client, bed.client.queue().queue(), stop).unwrap(),
            1 => bed.client.core().force_stop(),
            _ => {}
        }
        bed.client.queue().stop_thread().unwrap();
        used.poison();
        drop(session);
        rounds += 1;
    }
    rounds
}
