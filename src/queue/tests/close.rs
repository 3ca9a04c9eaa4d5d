//! Closing, owners, and the limit that stops the reader.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use crate::callback::{Home, clear_graveyard};
use crate::protocol::answer::Answer;
use crate::queue::test_support::*;
use crate::queue::{Mode, Options, Owner, Queue, Taken};

const NOW: Option<Duration> = Some(Duration::ZERO);

#[test]
fn the_questions_that_wait_get_their_default_once() {
    let (queue, answers) = (queue(), Answers::default());
    for number in 0..3 {
        assert!(queue.push(Arc::new(event(number))).is_ok());
        assert!(queue.push(Arc::new(asking(request(&queue, &answers)))).is_ok());
    }
    let kept = request(&queue, &answers);
    assert!(queue.push(Arc::new(asking(Arc::clone(&kept)))).is_ok());
    queue.close();
    queue.close();
    assert_eq!(*answers.encoded.lock(), vec![Answer::Unanswered; 3]);
    assert_eq!(answers.sent.lock().len(), 3);
    assert_eq!(queue.len(), 3, "the rest stays");
    for expected in 0..3 {
        let Taken::Event(event) = queue.next(NOW).unwrap() else { panic!("it was queued before") };
        assert_eq!(number(&event), expected);
    }
    kept.answer(Answer::Respond("late".into())).unwrap();
    assert_eq!(answers.sent.lock().len(), 4, "a question that somebody keeps stays open");
}

#[test]
fn a_question_that_comes_after_the_close_is_given_back() {
    let (queue, answers) = (queue(), Answers::default());
    queue.close();
    let refused = queue.push(Arc::new(asking(request(&queue, &answers)))).unwrap_err();
    assert_eq!(answers.sent.lock().len(), 0);
    drop(refused);
    assert_eq!(*answers.encoded.lock(), [Answer::Unanswered]);
    assert!(queue.bury(Box::new(())).is_err());
}

#[test]
fn what_the_default_runs_may_use_the_queue() {
    // The data of a question's registration, which goes with it, looks at the queue.
    struct Looks(Arc<Queue>);
    impl Drop for Looks {
        fn drop(&mut self) {
            assert!(self.0.is_closed() && self.0.is_empty());
            self.0.wake();
        }
    }
    in_time(|| {
        let (queue, answers) = (queue(), Answers::default());
        let question = request(&queue, &answers);
        let looks = Looks(queue.queue().clone());
        let watch = crate::callback::Callback::new(Box::new(move |_: &crate::request::Request| {
            let _ = &looks;
        }));
        question.on_cancel(Some(watch)).unwrap();
        assert!(queue.push(Arc::new(asking(question))).is_ok());
        queue.close();
        assert_eq!(answers.sent.lock().len(), 1);
    });
}

#[test]
fn the_last_owner_closes_and_the_others_do_not() {
    let first = queue();
    let queue = first.queue().clone();
    let second = first.clone();
    let third = Owner::assume(Owner::join(&queue).release());
    drop(first);
    third.leave();
    assert!(!queue.is_closed());
    assert!(queue.push(Arc::new(event(0))).is_ok());
    drop(second);
    assert!(queue.is_closed());
    assert!(queue.is_empty(), "nobody can take it any more");
}

#[test]
fn leaving_last_waits_for_the_callback_that_runs() {
    let queue = queue();
    let (paused, pause) = Paused::pair();
    push(&queue, move |_| pause());
    let raw = queue.queue().clone();
    let dispatcher = Worker::start(move || raw.dispatch(Some(1), None).unwrap());
    paused.wait_until_begun();
    let leaver = Worker::start(move || queue.leave());
    assert!(leaver.is_busy());
    paused.go_on();
    leaver.result();
    assert_eq!(dispatcher.result(), 1);
}

#[test]
fn leaving_last_ends_the_library_thread() {
    let (queue, witness) = (queue(), Witness::default());
    queue.start_thread().unwrap();
    let raw = queue.queue().clone();
    assert!(raw.bury(Box::new(witness.data())).is_ok());
    eventually("the thread serves", || witness.count() == 1);
    in_time(move || queue.leave());
    assert!(raw.state.lock().thread.id().is_none());
}

#[test]
fn leaving_last_inside_a_callback_does_not_wait() {
    let queue = queue();
    let raw = queue.queue().clone();
    let owner = parking_lot::Mutex::new(Some(queue));
    push(&raw, move |_| owner.lock().take().unwrap().leave());
    push(&raw, |_| panic!("it was freed before"));
    let dispatcher = raw.clone();
    assert_eq!(in_time(move || dispatcher.dispatch(None, None).unwrap()), 1);
    assert!(raw.is_closed());
}

#[test]
fn a_pending_operation_keeps_the_queue_open() {
    let (background, queue) = (Background::new(), queue());
    let (operation, end) = background.quiet_operation(&queue);
    let raw = queue.queue().clone();
    drop(queue);
    assert!(!raw.is_closed());
    end.succeed();
    eventually("the queue closes with it", || raw.is_closed());
    assert!(operation.take_output().is_ok());
}

#[test]
fn what_the_last_owner_leaves_behind_is_not_destroyed_on_the_runtime() {
    let (background, queue, witness) = (Background::new(), queue(), Witness::default());
    let (operation, end) = background.quiet_operation(&queue);
    let raw = queue.queue().clone();
    assert!(raw.bury(Box::new(witness.data())).is_ok());
    drop(queue);
    end.succeed();
    eventually("the queue is closed and empty", || raw.is_closed() && raw.is_empty());
    eventually("a thread of the program's destroys it", || {
        clear_graveyard();
        witness.count() == 1
    });
    witness.death();
    drop(operation);

    let (queue, witness) = (super::super::test_support::queue(), Witness::default());
    assert!(queue.bury(Box::new(witness.data())).is_ok());
    drop(queue);
    assert_eq!(witness.death().thread, thread::current().id(), "the program's own thread does it at once");
}

fn small() -> Owner {
    let limit = event(0).bytes() * 2;
    Owner::new(Options { mode: Mode::Items, hard_limit_bytes: limit, ..Options::default() })
}

fn fill(queue: &Queue) {
    assert!(queue.has_room());
    assert!(queue.push(Arc::new(event(1))).is_ok());
    assert!(queue.has_room(), "one item is below the limit");
    assert!(queue.push(Arc::new(event(2))).is_ok());
    assert!(!queue.has_room(), "two reach it");
}

/// Waits for room, and does `make_room` once it has looked and found none.
fn waits_for_room(queue: &Owner, make_room: impl FnOnce(&Queue)) {
    let reader = queue.queue().clone();
    let mut room = pin!(reader.room(|| false));
    let mut context = Context::from_waker(Waker::noop());
    assert!(room.as_mut().poll(&mut context).is_pending());
    assert!(room.as_mut().poll(&mut context).is_pending());
    make_room(queue);
    assert_eq!(room.as_mut().poll(&mut context), Poll::Ready(()));
}

#[test]
fn the_reader_waits_above_the_limit_until_items_are_taken() {
    let queue = small();
    fill(&queue);
    waits_for_room(&queue, |queue| drop(queue.next(NOW).unwrap()));
    assert!(queue.has_room());
    assert!(queue.push(Arc::new(event(3))).is_ok());
    assert!(queue.push(Arc::new(event(4))).is_ok());
    let reader = queue.queue().clone();
    let mut room = pin!(reader.room(|| false));
    let mut context = Context::from_waker(Waker::noop());
    assert!(room.as_mut().poll(&mut context).is_pending());
    drop(queue.next(NOW).unwrap());
    assert!(room.as_mut().poll(&mut context).is_pending(), "still two");
    assert_eq!(queue.dispatch(None, NOW).unwrap(), 2);
    assert!(room.as_mut().poll(&mut context).is_ready());
}

#[test]
fn the_reader_waits_no_more_once_the_queue_is_closed() {
    let queue = small();
    fill(&queue);
    waits_for_room(&queue, Queue::close);
    assert_eq!(queue.len(), 2);
    assert!(queue.has_room());

    let queue = small();
    fill(&queue);
    let raw = queue.queue().clone();
    let reader = Worker::start(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(raw.room(|| false));
    });
    assert!(reader.is_busy());
    drop(queue);
    reader.result();
}

#[test]
fn the_reader_goes_on_while_an_operation_is_pending() {
    let (background, queue) = (Background::new(), small());
    fill(&queue);
    let mut operation = None;
    waits_for_room(&queue, |_| operation = Some(background.quiet_operation(&queue)));
    let (second, second_end) = background.quiet_operation(&queue);
    let (_, end) = operation.unwrap();
    end.fail();
    assert!(queue.has_room(), "another one is pending");
    second.cancel();
    drop(second_end);
    eventually("it is full again", || !queue.has_room());
}

#[test]
fn the_limit_is_kept_in_a_storm() {
    let queue = small();
    let raw = queue.queue().clone();
    let reader = Worker::start(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for number in 0..20_000 {
            runtime.block_on(raw.room(|| false));
            assert!(raw.push(Arc::new(event(number % 10))).is_ok());
            assert!(raw.len() <= 2);
        }
    });
    in_time(move || {
        for expected in 0..20_000 {
            let Taken::Event(event) = queue.next(None).unwrap() else { panic!("more is to come") };
            assert_eq!(number(&event), expected % 10);
        }
    });
    reader.result();
}
