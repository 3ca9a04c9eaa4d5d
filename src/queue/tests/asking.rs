//! Questions in a queue.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::protocol::answer::Answer;
use crate::queue::test_support::*;
use crate::queue::{Asking, Kind, Mode, Options, Owner, Queue, Taken};
use crate::request::Request;

const NOW: Option<Duration> = Some(Duration::ZERO);

fn items() -> Owner {
    Owner::new(Options { mode: Mode::Items, ..Options::default() })
}

fn taken(queue: &Queue) -> Arc<crate::queue::Event> {
    match queue.next(NOW).unwrap() {
        Taken::Event(event) => event,
        _ => panic!("nothing waits"),
    }
}

#[test]
fn whoever_takes_one_has_the_event_that_brings_it() {
    let (queue, answers) = (items(), Answers::default());
    let asked = request(&queue, &answers);
    let (empty, id) = (queue.load(), asked.id());
    queue.ask(Asking { request: Arc::clone(&asked), callback: None });
    assert_eq!(queue.load().0, 1);
    let event = taken(&queue);
    assert_eq!(queue.load(), empty, "what it counted for is gone with it");
    assert_eq!((event.kind(), event.event_type(), event.has_callback()), (Kind::Request, c"tool", false));
    assert_eq!(
        event.json().text(),
        format!(r#"{{"request":{id},"kind":"tool","method":"tool.call","toolName":"look"}}"#)
    );
    assert!(Arc::ptr_eq(&event.take_request().unwrap(), &asked));
    assert!(event.take_request().is_none());
    assert!(asked.is_pending());
}

#[test]
fn its_callback_runs_where_it_is_served_and_what_is_left_gets_its_default() {
    let (queue, answers, witness) = (queue(), Answers::default(), Witness::default());
    let ran = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&ran);
    let answering = callback(witness.data(), move |request: &Request| {
        // The first one only.
        if counted.fetch_add(1, Ordering::SeqCst) == 0 {
            request.answer(Answer::Respond("mine".into())).unwrap();
        }
    });
    for _ in 0..2 {
        let request = request(&queue, &answers);
        queue.ask(Asking { request, callback: Some(Arc::clone(&answering)) });
    }
    assert_eq!((ran.load(Ordering::SeqCst), queue.dispatch(None, NOW).unwrap()), (0, 2));
    assert_eq!((ran.load(Ordering::SeqCst), queue.load()), (2, (0, 0)));
    let answered = answers.encoded.lock().clone();
    assert_eq!(answered, [Answer::Respond("mine".into()), Answer::Unanswered]);
    drop(answering);
    assert_eq!(witness.count(), 1);
}

#[test]
fn an_event_that_was_taken_runs_its_callback_too() {
    let (queue, answers, witness) = (items(), Answers::default(), Witness::default());
    let ran = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&ran);
    let answering = callback(witness.data(), move |request: &Request| {
        counted.fetch_add(1, Ordering::SeqCst);
        request.answer(Answer::Say("mine".into())).unwrap();
    });
    queue.ask(Asking { request: request(&queue, &answers), callback: Some(answering) });
    let event = taken(&queue);
    assert!(event.has_callback());
    event.deliver();
    event.deliver();
    assert_eq!((ran.load(Ordering::SeqCst), answers.sent.lock().len()), (1, 1));
    drop(event);
    assert_eq!(witness.count(), 1);
}

#[test]
fn a_queue_that_closes_or_is_closed_gives_it_its_default() {
    for closes_first in [true, false] {
        let (queue, answers) = (queue(), Answers::default());
        let asking = Asking { request: request(&queue, &answers), callback: None };
        if closes_first {
            queue.close();
            queue.ask(asking);
        } else {
            queue.ask(asking);
            assert_eq!(answers.encoded.lock().len(), 0);
            queue.close();
        }
        assert_eq!(*answers.encoded.lock(), [Answer::Unanswered]);
        assert_eq!(queue.load(), (0, 0));
    }
}
