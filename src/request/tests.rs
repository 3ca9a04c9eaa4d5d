//! Questions, as a program that wants to break them would answer them.

use std::sync::Barrier;
use std::sync::atomic::AtomicUsize;
use std::thread;
use std::time::Duration;

use super::*;
use crate::queue::Queue;
use crate::queue::test_support::*;

const NOW: Option<Duration> = Some(Duration::ZERO);

fn respond(text: &str) -> Answer<'_> {
    Answer::Respond(text.into())
}

/// A registration that counts its calls.
fn counting(witness: &Witness) -> (Arc<AtomicUsize>, Arc<Callback<Request>>) {
    let told = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&told);
    let watch = callback(witness.data(), move |request: &Request| {
        assert!(request.is_cancelled());
        counted.fetch_add(1, Ordering::SeqCst);
    });
    (told, watch)
}

/// The item that tells of a withdrawal.
fn tell(queue: &Queue, request: &Arc<Request>) {
    let request = Arc::clone(request);
    push(queue, move |_| request.tell_cancelled());
}

#[test]
fn of_eight_threads_exactly_one_answers() {
    let queue = queue();
    for _ in 0..200 {
        let answers = Answers::default();
        let request = request(&queue, &answers);
        let start = Arc::new(Barrier::new(8));
        let threads: Vec<_> = (0..8)
            .map(|which| {
                let (request, start) = (Arc::clone(&request), Arc::clone(&start));
                Worker::start(move || {
                    start.wait();
                    request.answer(respond(&which.to_string())).map(|()| which)
                })
            })
            .collect();
        let results: Vec<_> = threads.into_iter().map(Worker::result).collect();
        let winners: Vec<_> = results.iter().flatten().collect();
        assert_eq!(winners.len(), 1);
        assert!(results.iter().filter_map(|r| r.as_ref().err()).all(|e| e.code() == Code::InvalidState));
        assert_eq!(*answers.sent.lock(), [Wire::Result(winners[0].to_string())]);
        drop(request);
        assert_eq!(answers.sent.lock().len(), 1, "what was answered has no default");
    }
}

#[test]
fn every_kind_of_answer_closes_it() {
    let queue = queue();
    for answer in [respond("{}"), Answer::Fail("why".into()), Answer::Decline, Answer::Unanswered] {
        let answers = Answers::default();
        let request = request(&queue, &answers);
        request.answer(answer).unwrap();
        assert_eq!(answers.sent.lock().len(), 1);
        let late = request.answer(respond("{}")).unwrap_err();
        assert_eq!(late.code(), Code::InvalidState);
        assert!(late.message().contains("\"look\""), "it names the question: {late}");
        assert!(!request.cancel(), "too late to withdraw");
        assert!(!request.is_cancelled());
        assert_eq!(answers.encoded.lock().len(), 1, "a late answer is not even looked at");
    }
}

#[test]
fn a_refused_answer_leaves_it_open() {
    let (queue, answers) = (queue(), Answers::default());
    let request = request(&queue, &answers);
    for _ in 0..3 {
        assert_eq!(request.answer(respond("wrong")).unwrap_err().code(), Code::InvalidArgument);
    }
    assert_eq!(answers.sent.lock().len(), 0);
    request.answer(respond("right")).unwrap();
    assert_eq!(*answers.sent.lock(), [Wire::Result("right".into())]);
}

#[test]
fn what_is_dropped_gets_its_default_once() {
    let (queue, answers) = (queue(), Answers::default());
    let request = request(&queue, &answers);
    let second = Arc::clone(&request);
    drop(request);
    assert_eq!(answers.encoded.lock().len(), 0);
    assert_eq!(second.answer(respond("wrong")).unwrap_err().code(), Code::InvalidArgument);
    answers.encoded.lock().clear();
    drop(second);
    assert_eq!(*answers.encoded.lock(), [Answer::Unanswered]);
    assert_eq!(*answers.sent.lock(), [Wire::Result("default".into())]);
}

#[test]
fn what_was_withdrawn_is_not_answered() {
    let (queue, answers) = (queue(), Answers::default());
    let request = request(&queue, &answers);
    assert!(request.cancel());
    assert!(!request.cancel());
    assert!(request.is_cancelled());
    assert_eq!(request.answer(respond("{}")).unwrap_err().code(), Code::Cancelled);
    request.tell_cancelled();
    assert!(request.is_cancelled(), "also after it was told");
    assert_eq!(request.answer(respond("{}")).unwrap_err().code(), Code::Cancelled);
    drop(request);
    assert_eq!(answers.encoded.lock().len(), 0, "and has no default");
}

#[test]
fn withdrawing_races_with_answering() {
    let queue = queue();
    let mut answered = 0;
    for round in 0..500 {
        let (answers, witness) = (Answers::default(), Witness::default());
        let request = request(&queue, &answers);
        let (told, watch) = counting(&witness);
        request.on_cancel(Some(watch)).unwrap();
        let start = Arc::new(Barrier::new(2));
        let (withdrawn, begin) = (Arc::clone(&request), Arc::clone(&start));
        let canceller = Worker::start(move || {
            begin.wait();
            if round % 2 == 0 {
                thread::yield_now();
            }
            let cancelled = withdrawn.cancel();
            if cancelled {
                withdrawn.tell_cancelled();
            }
            cancelled
        });
        start.wait();
        let answer = request.answer(respond("{}"));
        let cancelled = canceller.result();
        assert_eq!(answer.is_ok(), !cancelled, "one of the two");
        if let Err(error) = answer {
            assert_eq!(error.code(), Code::Cancelled);
        }
        assert_eq!(answers.sent.lock().len(), usize::from(!cancelled));
        assert_eq!(told.load(Ordering::SeqCst), usize::from(cancelled));
        witness.death();
        answered += usize::from(!cancelled);
    }
    assert!(answered > 0);
}

#[test]
fn a_watch_runs_once_where_the_queue_is_served() {
    let (queue, answers, witness) = (queue(), Answers::default(), Witness::default());
    let request = request(&queue, &answers);
    let (told, watch) = counting(&witness);
    assert!(!request.has_on_cancel());
    request.on_cancel(Some(watch)).unwrap();
    assert!(request.has_on_cancel());
    request.tell_cancelled();
    assert_eq!(told.load(Ordering::SeqCst), 0, "it was not withdrawn");
    assert!(request.cancel());
    assert_eq!(told.load(Ordering::SeqCst), 0, "withdrawing runs nothing by itself");
    tell(&queue, &request);
    tell(&queue, &request);
    let server = in_time(move || {
        assert_eq!(queue.dispatch(None, NOW).unwrap(), 2);
        thread::current().id()
    });
    assert_eq!(told.load(Ordering::SeqCst), 1);
    assert_eq!(witness.death().thread, server);
    assert!(!request.has_on_cancel());
}

#[test]
fn a_watch_is_destroyed_when_it_is_not_needed_any_more() {
    let (queue, answers) = (queue(), Answers::default());
    let here = thread::current().id();

    let (answered, witness) = (request(&queue, &answers), Witness::default());
    answered.on_cancel(Some(counting(&witness).1)).unwrap();
    answered.answer(respond("{}")).unwrap();
    assert_eq!(witness.death().thread, here, "answered");

    let (dropped, witness) = (request(&queue, &answers), Witness::default());
    dropped.on_cancel(Some(counting(&witness).1)).unwrap();
    drop(dropped);
    assert_eq!(witness.death().thread, here, "dropped");

    let replaced = request(&queue, &answers);
    let (first, second) = (Witness::default(), Witness::default());
    replaced.on_cancel(Some(counting(&first).1)).unwrap();
    replaced.on_cancel(Some(counting(&second).1)).unwrap();
    assert_eq!((first.death().thread, second.count()), (here, 0), "replaced");
    replaced.on_cancel(None).unwrap();
    assert_eq!(second.death().thread, here, "removed");

    let (untold, witness) = (request(&queue, &answers), Witness::default());
    untold.on_cancel(Some(counting(&witness).1)).unwrap();
    assert!(untold.cancel());
    drop(untold);
    assert_eq!(witness.death().thread, here, "withdrawn and never told");
}

#[test]
fn a_watch_that_comes_too_late_is_refused_and_destroyed() {
    let (queue, answers) = (queue(), Answers::default());
    let answered = request(&queue, &answers);
    answered.answer(respond("{}")).unwrap();
    let witness = Witness::default();
    assert_eq!(answered.on_cancel(Some(counting(&witness).1)).unwrap_err().code(), Code::InvalidState);
    witness.death();
    assert!(!answered.has_on_cancel());

    let cancelled = request(&queue, &answers);
    let (kept, late) = (Witness::default(), Witness::default());
    let (told, watch) = counting(&kept);
    cancelled.on_cancel(Some(watch)).unwrap();
    assert!(cancelled.cancel());
    assert_eq!(cancelled.on_cancel(Some(counting(&late).1)).unwrap_err().code(), Code::Cancelled);
    late.death();
    assert_eq!(kept.count(), 0, "the refusal changed nothing");
    cancelled.tell_cancelled();
    assert_eq!(told.load(Ordering::SeqCst), 1);
    kept.death();

    let removed = request(&queue, &answers);
    let witness = Witness::default();
    let (told, watch) = counting(&witness);
    removed.on_cancel(Some(watch)).unwrap();
    assert!(removed.cancel());
    assert_eq!(removed.on_cancel(None).unwrap_err().code(), Code::Cancelled);
    witness.death();
    removed.tell_cancelled();
    assert_eq!(told.load(Ordering::SeqCst), 0, "what was removed is not told, late as it was");
}

#[test]
fn registering_races_with_withdrawing() {
    let queue = queue();
    for _ in 0..500 {
        let (answers, witness) = (Answers::default(), Witness::default());
        let request = request(&queue, &answers);
        let (told, watch) = counting(&witness);
        let start = Arc::new(Barrier::new(2));
        let (withdrawn, begin) = (Arc::clone(&request), Arc::clone(&start));
        let canceller = Worker::start(move || {
            begin.wait();
            // As the client does it: told if somebody wants to know.
            if withdrawn.cancel() && withdrawn.has_on_cancel() {
                withdrawn.tell_cancelled();
            }
        });
        start.wait();
        let registered = request.on_cancel(Some(watch));
        if registered.is_err() {
            witness.death();
        }
        canceller.result();
        assert_eq!(told.load(Ordering::SeqCst), usize::from(registered.is_ok()), "told or refused");
        witness.death();
    }
}

#[test]
fn removing_a_watch_waits_while_it_runs() {
    let (queue, answers, witness) = (queue(), Answers::default(), Witness::default());
    let request = request(&queue, &answers);
    let (paused, pause) = Paused::pair();
    request.on_cancel(Some(callback(witness.data(), move |_| pause()))).unwrap();
    assert!(request.cancel());
    tell(&queue, &request);
    let dispatcher = Worker::start(move || queue.dispatch(None, NOW).unwrap());
    paused.wait_until_begun();
    let remover = Worker::start(move || {
        let removed = request.on_cancel(None);
        (removed.unwrap_err().code(), thread::current().id())
    });
    assert!(remover.is_busy());
    assert_eq!(witness.count(), 0);
    paused.go_on();
    let (code, remover) = remover.result();
    assert_eq!((code, witness.death().thread), (Code::Cancelled, remover));
    assert_eq!(dispatcher.result(), 1);
}

#[test]
fn a_watch_may_remove_itself() {
    let (queue, answers, witness) = (queue(), Answers::default(), Witness::default());
    let request = request(&queue, &answers);
    let seen = witness.clone();
    let watch = callback(witness.data(), move |request: &Request| {
        request.on_cancel(None).unwrap_err();
        assert_eq!(seen.count(), 0, "it is still running");
    });
    request.on_cancel(Some(watch)).unwrap();
    assert!(request.cancel());
    tell(&queue, &request);
    in_time(move || assert_eq!(queue.dispatch(None, NOW).unwrap(), 1));
    assert!(witness.death().inside_callback);
    assert!(!request.has_on_cancel());
}

#[test]
fn what_a_watch_owns_may_use_the_question() {
    /// Data whose destruction goes back to the question, and gives up the program's reference to it.
    struct Holds(Option<Arc<Request>>);
    impl Drop for Holds {
        fn drop(&mut self) {
            let request = self.0.take().unwrap();
            assert!(!request.has_on_cancel());
            let _ = request.on_cancel(None);
            assert_eq!(request.answer(respond("late")).unwrap_err().code(), Code::InvalidState);
        }
    }
    in_time(|| {
        let (queue, answers) = (queue(), Answers::default());
        let request = request(&queue, &answers);
        let holds = Holds(Some(Arc::clone(&request)));
        let watch: Arc<Callback<Request>> = Callback::new(Box::new(move |_| {
            let _ = &holds;
        }));
        request.on_cancel(Some(watch)).unwrap();
        let held = Arc::downgrade(&request);
        request.answer(respond("{}")).unwrap();
        assert_eq!(answers.sent.lock().len(), 1);
        drop(request);
        assert!(held.upgrade().is_none());
    });
}

#[test]
fn a_watch_that_the_runtime_ends_goes_to_the_queue() {
    let (background, queue, answers) = (Background::new(), queue(), Answers::default());
    let (request, witness) = (request(&queue, &answers), Witness::default());
    request.on_cancel(Some(counting(&witness).1)).unwrap();
    background.run(move || request.answer(Answer::Unanswered).unwrap());
    assert_eq!(witness.count(), 0);
    assert_eq!(queue.dispatch(None, NOW).unwrap(), 0);
    assert_eq!(witness.death().thread, thread::current().id());
}

#[test]
fn a_callback_that_lets_the_question_go_answers_with_the_default() {
    let (queue, answers) = (queue(), Answers::default());
    assert!(queue.push(Arc::new(asking(request(&queue, &answers)))).is_ok());
    assert_eq!(queue.dispatch(None, NOW).unwrap(), 1);
    assert_eq!(*answers.encoded.lock(), [Answer::Unanswered]);
}

#[test]
fn it_tells_what_it_is() {
    let (queue, answers) = (queue(), Answers::default());
    let (first, second) = (request(&queue, &answers), request(&queue, &answers));
    assert!(first.id() > 0 && second.id() > first.id());
    assert_eq!(first.kind(), Kind::Tool);
    assert_eq!(first.method(), c"tool.call");
    assert_eq!((first.tool_name(), first.session_id()), (Some(c"look"), None));
    assert_eq!(first.params().text(), "{}");
}

#[test]
fn the_log_tells_of_a_default_that_was_sent() {
    const TEST: &str = "request::tests::the_log_tells_of_a_default_that_was_sent";
    // The sink is one for the process.
    if !is_alone(TEST) {
        return;
    }
    let said = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&said);
    let sink: log::Sink = Arc::new(move |level, target: &str, message: &str| {
        heard.lock().push((level, target.to_owned(), message.to_owned()));
    });
    drop(log::set_sink(Level::Warn as i32, Some(sink)));
    let (queue, answers) = (queue(), Answers::default());
    let answered = request(&queue, &answers);
    answered.answer(respond("{}")).unwrap();
    drop(answered);
    let withdrawn = request(&queue, &answers);
    withdrawn.cancel();
    drop(withdrawn);
    assert_eq!(said.lock().len(), 0);
    drop(request(&queue, &answers));
    let said = said.lock();
    assert_eq!(said.len(), 1);
    assert_eq!((said[0].0, said[0].1.as_str()), (Level::Warn, "request"));
    assert!(said[0].2.contains("\"look\""), "{}", said[0].2);
}
