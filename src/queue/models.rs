//! Models: small programs that a model checker runs through every order in which their threads can meet, up to so many
//! forced changes of thread. `tests/loom/run` does.
//!
//! What is shared within a model is in the standard library's atomics where it only counts: the checker need not see it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use loom::thread;

use super::test_support::{Answers, Witness, callback, event, home, origin, queue, request, running, tell};
use super::*;
use crate::protocol::answer::Answer;
use crate::request::Request;
use crate::sync::{Fault, plant};

/// Deep enough for every order of two threads that matters, and done in seconds.
const FORCED_CHANGES: usize = 4;

fn check(model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(FORCED_CHANGES);
    builder.max_branches = 20_000;
    builder.check(model);
}

/// The models notice when this is broken.
fn is_found(fault: Fault, model: fn()) {
    plant(fault);
    let found = catch_unwind(AssertUnwindSafe(|| check(model))).is_err();
    assert!(found, "{fault:?} was not noticed");
}

fn counter() -> (Arc<AtomicUsize>, Arc<AtomicUsize>) {
    let counter = Arc::new(AtomicUsize::new(0));
    (Arc::clone(&counter), counter)
}

/// A consumer that waits gets what two producers push, whoever is first.
fn push_and_next() {
    let queue = queue();
    let producers = [1, 2].map(|number| {
        let queue = Arc::clone(queue.queue());
        thread::spawn(move || assert!(queue.push(Arc::new(event(number))).is_ok()))
    });
    let mut sum = 0;
    for _ in 0..2 {
        let Taken::Event(event) = queue.next(None).unwrap() else { panic!("nothing else ends the wait") };
        sum += test_support::number(&event);
    }
    assert_eq!(sum, 3);
    producers.into_iter().for_each(|producer| producer.join().unwrap());
    assert_eq!(queue.load(), (0, 0));
}

/// A consumer that waits gets what the reader tells, though it is told of that only at the end of the batch, and what
/// another producer pushes meanwhile.
fn tell_and_next() {
    let queue = Owner::new(Options { mode: Mode::Items, ..Options::default() });
    let reader = {
        let queue = Arc::clone(queue.queue());
        thread::spawn(move || {
            let origin = origin("s", &Arc::default());
            if tell(&queue, &origin, 1).is_first {
                queue.announce_rest();
            }
        })
    };
    let producer = {
        let queue = Arc::clone(queue.queue());
        thread::spawn(move || assert!(queue.push(Arc::new(event(2))).is_ok()))
    };
    let mut sum = 0;
    for _ in 0..2 {
        let Taken::Event(event) = queue.next(None).unwrap() else { panic!("nothing else ends the wait") };
        sum += test_support::number(&event);
    }
    assert_eq!(sum, 3);
    reader.join().unwrap();
    producer.join().unwrap();
    assert_eq!(queue.load(), (0, 0));
}

/// A subscription ends while events of its session are told and dispatched: it does not run after that, and is destroyed
/// by whoever ended it.
fn end_of_a_subscription_that_is_told() {
    let queue = queue();
    let (subscriptions, witness) = (Arc::new(Subscriptions::default()), Witness::default());
    let (ended, is_ended) = counter();
    let running = callback(witness.data(), move |_: &Event| {
        assert_eq!(is_ended.load(SeqCst), 0, "called after its end");
    });
    let id = subscriptions.add(None, running, home(&queue));
    let origin = origin("s", &subscriptions);
    (1..=2).for_each(|number| _ = tell(&queue, &origin, number));
    let raw = Arc::clone(queue.queue());
    let server = thread::spawn(move || raw.dispatch(Some(2), Some(std::time::Duration::ZERO)).unwrap());
    assert!(subscriptions.end(id));
    ended.store(1, SeqCst);
    assert_eq!(witness.count(), 1, "destroyed before the call returned");
    server.join().unwrap();
}

/// A wake ends a wait, also one that begins later; a close ends all.
fn wake_and_close() {
    let queue = queue();
    let raw = Arc::clone(queue.queue());
    let waker = thread::spawn(move || {
        raw.wake();
        raw.close();
    });
    let first = queue.next(None).unwrap();
    assert!(matches!(first, Taken::Woken | Taken::Closed));
    waker.join().unwrap();
    assert!(matches!(queue.next(None).unwrap(), Taken::Closed), "closed and empty comes before woken");
}

/// A question is answered once, taken or not: by whoever takes it, or by the close.
fn close_and_push() {
    let (queue, answers) = (queue(), Answers::default());
    let question = request(&queue, &answers);
    let raw = Arc::clone(queue.queue());
    let closer = thread::spawn(move || raw.close());
    // Refused or taken in, it is dropped unanswered.
    queue.ask(Asking { request: question, callback: None });
    closer.join().unwrap();
    assert_eq!(answers.sent.lock().len(), 1);
    assert_eq!(queue.load(), (0, 0));
}

/// Once its thread was stopped nothing runs, and what was left is still there.
fn stop_thread() {
    let queue = queue();
    let (ran, counted) = counter();
    queue.start_thread().unwrap();
    let push = || {
        let counted = Arc::clone(&counted);
        assert!(queue.push(Arc::new(running(move |_| _ = counted.fetch_add(1, SeqCst)))).is_ok());
    };
    push();
    queue.stop_thread().unwrap();
    let after = ran.load(SeqCst);
    push();
    thread::yield_now();
    assert_eq!(ran.load(SeqCst), after);
    assert_eq!(queue.len() + after, 2);
}

/// After `retire` on another thread nothing of the registration runs, and its data is destroyed on that thread.
fn end_of_a_subscription() {
    let queue = queue();
    let (subscriptions, witness) = (Arc::new(Subscriptions::default()), Witness::default());
    let (ended, is_ended) = counter();
    let id = subscriptions.add(
        None,
        callback(witness.data(), move |_: &Event| {
            assert_eq!(is_ended.load(SeqCst), 0, "called after its end");
            thread::yield_now();
            assert_eq!(is_ended.load(SeqCst), 0, "it ended while it was running");
        }),
        home(&queue),
    );
    assert!(queue.push(Arc::new(event(0).delivered_by(Arc::clone(&subscriptions) as _))).is_ok());
    let raw = Arc::clone(queue.queue());
    let server = thread::spawn(move || raw.dispatch(Some(1), None).unwrap());
    assert!(subscriptions.end(id));
    ended.store(1, SeqCst);
    assert_eq!(witness.count(), 1, "destroyed before the call returned");
    server.join().unwrap();
    assert_eq!(witness.count(), 1);
}

/// After `set_wakeup(None)` the former function neither runs nor exists.
fn end_of_a_wakeup() {
    let (queue, witness) = (queue(), Witness::default());
    let (ended, is_ended) = counter();
    queue.set_wakeup(Some(callback(witness.data(), move |(): &()| {
        assert_eq!(is_ended.load(SeqCst), 0, "called after its end");
        thread::yield_now();
        assert_eq!(is_ended.load(SeqCst), 0, "it ended while it was running");
    })));
    let raw = Arc::clone(queue.queue());
    let producer = thread::spawn(move || assert!(raw.push(Arc::new(event(0))).is_ok()));
    queue.set_wakeup(None);
    ended.store(1, SeqCst);
    assert_eq!(witness.count(), 1);
    producer.join().unwrap();
}

/// The last owner leaves while another thread dispatches: then nothing runs, and everything was destroyed once.
fn the_last_owner_leaves() {
    let (queue, witness) = (queue(), Witness::default());
    let (left, has_left) = counter();
    let data = witness.data();
    let event = running(move |_| {
        let _owned = &data;
        assert_eq!(has_left.load(SeqCst), 0, "it runs when the queue is gone");
    });
    assert!(queue.push(Arc::new(event)).is_ok());
    let raw = Arc::clone(queue.queue());
    let server = thread::spawn(move || drop(raw.dispatch(None, Some(std::time::Duration::ZERO))));
    queue.leave();
    left.store(1, SeqCst);
    server.join().unwrap();
    assert_eq!(witness.count(), 1);
}

/// An operation ends once, by itself or by being cancelled; whoever waits is told, after its completion has run.
fn an_operation_ends() {
    let (queue, witness) = (queue(), Witness::default());
    let (ran, counted) = counter();
    let on_end = callback(witness.data(), move |op: &Operation| {
        assert_ne!(op.progress(), Progress::Pending);
        counted.fetch_add(1, SeqCst);
    });
    let (operation, end) = Operation::taskless(queue.queue(), Some(on_end));
    let canceller = Arc::clone(&operation);
    let threads = [thread::spawn(move || end(Box::new(7_u8))), thread::spawn(move || canceller.cancel())];
    assert!(operation.wait(None));
    assert_eq!(ran.load(SeqCst), 1, "the completion was dispatched before the wait returned");
    let progress = operation.progress();
    assert_eq!(operation.take_output().is_ok(), progress == Progress::Done);
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(operation.progress(), progress, "an end is final");
    assert_eq!((ran.load(SeqCst), witness.count()), (1, 1));
}

/// A wait on one thread for what another one dispatches.
fn a_wait_beside_the_librarys_thread() {
    let queue = queue();
    let (ran, counted) = counter();
    let on_end = callback(Witness::default().data(), move |_: &Operation| _ = counted.fetch_add(1, SeqCst));
    queue.start_thread().unwrap();
    let (operation, end) = Operation::taskless(queue.queue(), Some(on_end));
    let ending = thread::spawn(move || end(Box::new(7_u8)));
    assert!(operation.wait(None));
    assert_eq!(ran.load(SeqCst), 1, "it ran, on the library's thread");
    ending.join().unwrap();
    queue.stop_thread().unwrap();
}

/// Of two answers and a withdrawal one counts, and who registered for the withdrawal is told of it once or refused.
fn a_request_ends() {
    let (queue, answers) = (queue(), Answers::default());
    let question = request(&queue, &answers);
    let answering = {
        let question = Arc::clone(&question);
        thread::spawn(move || usize::from(question.answer(Answer::Respond("mine".into())).is_ok()))
    };
    let withdrawing = {
        let question = Arc::clone(&question);
        thread::spawn(move || {
            let withdrawn = question.cancel();
            if withdrawn {
                question.tell_cancelled();
            }
            usize::from(withdrawn)
        })
    };
    let (told, counted) = counter();
    let on_cancel = callback(Witness::default().data(), move |_: &Request| _ = counted.fetch_add(1, SeqCst));
    let registered = question.on_cancel(Some(on_cancel)).is_ok();
    let (answered, withdrawn) = (answering.join().unwrap(), withdrawing.join().unwrap());
    assert_eq!(answered + withdrawn, 1, "one of them counts");
    assert_eq!(answers.sent.lock().len(), answered);
    assert_eq!(told.load(SeqCst), if registered { withdrawn } else { 0 });
    drop(question);
    assert_eq!(answers.sent.lock().len(), answered, "what is answered or withdrawn gets no default");
}

/// Two threads answer at once.
fn two_answers() {
    let (queue, answers) = (queue(), Answers::default());
    let question = request(&queue, &answers);
    let other = Arc::clone(&question);
    let answering = thread::spawn(move || usize::from(other.answer(Answer::Respond("1".into())).is_ok()));
    let mine = usize::from(question.answer(Answer::Respond("2".into())).is_ok());
    assert_eq!(mine + answering.join().unwrap(), 1);
    assert_eq!(answers.sent.lock().len(), 1);
}

/// A reader that waits for room goes on when an item is taken, and when an operation begins.
fn a_reader_waits_for_room() {
    let options = Options { hard_limit_bytes: 1, ..Options::default() };
    let queue = Owner::new(options);
    assert!(queue.push(Arc::new(event(0))).is_ok());
    let raw = Arc::clone(queue.queue());
    let server = thread::spawn(move || assert!(matches!(raw.next(None).unwrap(), Taken::Event(_))));
    loom::future::block_on(queue.room(|| false));
    server.join().unwrap();

    assert!(queue.push(Arc::new(event(0))).is_ok());
    let raw = Arc::clone(queue.queue());
    let caller = thread::spawn(move || raw.expect_operation());
    loom::future::block_on(queue.room(|| false));
    drop(caller.join().unwrap());
    assert!(!queue.has_room());
}

#[test]
fn nothing_is_lost_between_push_and_next() {
    check(push_and_next);
}

#[test]
fn nothing_is_lost_between_tell_and_next() {
    check(tell_and_next);
}

#[test]
fn nothing_told_runs_after_off_event() {
    check(end_of_a_subscription_that_is_told);
}

#[test]
fn wake_and_close_end_waits() {
    check(wake_and_close);
}

#[test]
fn a_question_is_answered_through_a_close() {
    check(close_and_push);
}

#[test]
fn nothing_runs_after_stop_thread() {
    check(stop_thread);
}

#[test]
fn nothing_runs_after_off_event() {
    check(end_of_a_subscription);
}

#[test]
fn nothing_runs_after_set_wakeup() {
    check(end_of_a_wakeup);
}

#[test]
fn nothing_runs_after_the_last_owner_left() {
    check(the_last_owner_leaves);
}

#[test]
fn operations_end_once() {
    check(an_operation_ends);
}

#[test]
fn a_wait_returns_beside_the_librarys_thread() {
    check(a_wait_beside_the_librarys_thread);
}

#[test]
fn requests_end_once() {
    check(a_request_ends);
    check(two_answers);
}

#[test]
fn a_reader_never_sleeps_through_room() {
    check(a_reader_waits_for_room);
}

#[test]
fn planted_faults_are_found() {
    is_found(Fault::LostNotification, push_and_next);
    is_found(Fault::LostNotification, tell_and_next);
    is_found(Fault::TornExchange, two_answers);
}
