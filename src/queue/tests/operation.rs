//! Operations: one end, whoever brings it, and one notice of it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::task::Poll;
use std::time::Duration;

use crate::error::{Code, Error};
use crate::queue::test_support::*;
use crate::queue::{Kind, Mode, Operation, Options, Owner, Progress, Queue, Taken, deadline_after};

const NOW: Option<Duration> = Some(Duration::ZERO);

fn counting() -> (Arc<AtomicUsize>, Arc<crate::callback::Callback<Operation>>) {
    let told = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&told);
    let on_end = callback(Witness::default().data(), move |operation: &Operation| {
        assert_ne!(operation.progress(), Progress::Pending);
        counted.fetch_add(1, Ordering::SeqCst);
    });
    (told, on_end)
}

#[test]
fn it_yields_its_output_once() {
    let (background, queue) = (Background::new(), queue());
    let (operation, end) = background.quiet_operation(&queue);
    assert_eq!(operation.progress(), Progress::Pending);
    assert!(operation.error().is_none());
    assert_eq!(operation.take_output().err().map(|e| e.code()), Some(Code::InvalidState));
    assert!(!operation.wait(deadline_after(NOW)), "it has not ended");
    end.succeed();
    assert!(operation.wait(deadline_after(Some(PATIENCE))));
    assert_eq!(operation.progress(), Progress::Done);
    assert!(operation.yields::<()>() && !operation.yields::<String>());
    assert!(operation.take_output().unwrap().is::<()>());
    assert!(!operation.yields::<()>());
    assert_eq!(operation.take_output().err().map(|e| e.code()), Some(Code::InvalidState));
    assert!(operation.wait(deadline_after(NOW)), "waiting again finds it ended");
}

#[test]
fn it_keeps_its_error() {
    let (background, queue) = (Background::new(), queue());
    let (operation, end) = background.quiet_operation(&queue);
    end.fail();
    assert!(operation.wait(deadline_after(Some(PATIENCE))));
    assert_eq!(operation.progress(), Progress::Failed);
    for _ in 0..2 {
        assert_eq!(operation.error().unwrap().code(), Code::Rpc);
        assert_eq!(operation.take_output().err().map(|e| e.code()), Some(Code::Rpc));
    }
    operation.cancel();
    assert_eq!(operation.progress(), Progress::Failed, "it had ended");
}

#[test]
fn a_cancel_ends_it_now_and_the_work_is_dropped() {
    struct Dropped(std::sync::mpsc::Sender<bool>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            let _ = self.0.send(crate::runtime::is_runtime_thread());
        }
    }
    let residence = crate::runtime::Residence::take(2).unwrap();
    let queue = queue();
    let (sender, dropped) = std::sync::mpsc::channel();
    let held = Dropped(sender);
    let work = async move {
        let _held = held;
        std::future::pending::<crate::Result<()>>().await
    };
    let operation = Operation::start(residence.handle(), queue.queue(), None, false, work);
    operation.cancel();
    operation.give_up(Error::new(Code::Timeout, "later"));
    assert_eq!(operation.progress(), Progress::Cancelled);
    assert_eq!(operation.error().unwrap().code(), Code::Cancelled, "the first reason stays");
    assert!(operation.wait(deadline_after(NOW)));
    dropped.recv_timeout(PATIENCE).unwrap();
}

#[test]
fn the_first_step_is_done_by_whoever_starts_it_and_the_rest_by_the_runtime() {
    let (background, queue) = (Background::new(), queue());
    let (sender, steps) = std::sync::mpsc::channel();
    let (go_on, gone_on) = tokio::sync::oneshot::channel();
    let work = async move {
        let tell = |step: &str| sender.send((step.to_owned(), std::thread::current().id())).unwrap();
        tell("first");
        gone_on.await.unwrap();
        tell("last");
        Ok(())
    };
    let operation = Operation::start(background.handle(), queue.queue(), None, false, work);
    let here = std::thread::current().id();
    assert_eq!(steps.try_recv().unwrap(), ("first".to_owned(), here), "before it returns");
    assert_eq!(operation.progress(), Progress::Pending);
    go_on.send(()).unwrap();
    assert!(operation.wait(deadline_after(Some(PATIENCE))));
    let (step, there) = steps.try_recv().unwrap();
    assert!(step == "last" && there != here);
}

#[test]
fn what_is_over_with_its_first_step_has_ended_when_it_is_started() {
    let (background, queue) = (Background::new(), queue());
    let start = |work| Operation::start::<()>(background.handle(), queue.queue(), None, true, work);
    let (done, failed, broken): (_, _, Step) = (
        start(Box::pin(async { Ok(()) }) as Step),
        start(Box::pin(async { Err(Error::new(Code::Rpc, "no")) })),
        Box::pin(async { panic!("a defect") }),
    );
    assert_eq!((done.progress(), failed.progress()), (Progress::Done, Progress::Failed));
    assert_eq!(start(broken).error().unwrap().code(), Code::Internal);
    assert!(done.has_left() && done.take_output().unwrap().is::<()>());
}

type Step = std::pin::Pin<Box<dyn Future<Output = crate::Result<()>> + Send>>;

#[test]
fn a_cancel_wakes_whoever_waits() {
    let (background, queue) = (Background::new(), queue());
    let (operation, _end) = background.quiet_operation(&queue);
    let waited = Arc::clone(&operation);
    let waiter = Worker::start(move || waited.wait(None));
    eventually("it waits", || queue.state.lock().waiting == 1);
    operation.cancel();
    assert!(waiter.result());
}

#[test]
fn its_end_is_one_item_however_it_came() {
    for cancelled in [false, true] {
        for round in 0..200 {
            let (background, queue) = (Background::new(), queue());
            let (told, on_end) = counting();
            let (operation, end) = background.operation(&queue, Some(on_end), true);
            let racing = Arc::clone(&operation);
            let racer = Worker::start(move || {
                if cancelled {
                    racing.cancel();
                }
            });
            end.succeed();
            racer.result();
            eventually("it ends", || queue.len() == 1);
            assert_eq!(queue.dispatch(None, NOW).unwrap(), 1, "round {round}");
            assert_eq!(told.load(Ordering::SeqCst), 1);
            let done = operation.progress() == Progress::Done;
            assert_eq!(operation.take_output().is_ok(), done);
        }
    }
}

#[test]
fn only_what_is_announced_becomes_an_item() {
    let background = Background::new();
    let all = Options { mode: Mode::Items, ..Options::default() };
    for (options, with_callback, announced, items) in [
        (Options::default(), true, true, 1),
        (Options::default(), false, true, 0),
        (Options::default(), true, false, 0),
        (all.clone(), false, true, 1),
        (all.clone(), true, true, 1),
        (all, false, false, 0),
    ] {
        let queue = Owner::new(options);
        let on_end = with_callback.then(|| counting().1);
        let (operation, end) = background.operation(&queue, on_end, announced);
        end.fail();
        eventually("it ends", || operation.ended_at().is_some());
        eventually("it has left the queue", || operation.has_left());
        assert_eq!(queue.len(), items, "{with_callback} {announced}");
    }
}

#[test]
fn the_item_tells_what_became_of_it() {
    let background = Background::new();
    let queue = Owner::new(Options { mode: Mode::Items, ..Options::default() });
    let taken = |finish: &dyn Fn(&Operation, End)| {
        let (told, on_end) = counting();
        let (operation, end) = background.operation(&queue, Some(on_end), true);
        finish(&operation, end);
        let Taken::Event(event) = queue.next(Some(PATIENCE)).unwrap() else { panic!("its end is an item") };
        assert_eq!((event.kind(), event.event_type()), (Kind::Completion, c"completion"));
        assert!(Arc::ptr_eq(event.operation().unwrap(), &operation));
        let json: serde_json::Value = serde_json::from_str(event.json().text()).unwrap();
        assert_eq!(json["operation"], operation.id());
        event.deliver();
        event.deliver();
        assert_eq!(told.load(Ordering::SeqCst), 1, "told once, however often it is delivered");
        json
    };
    assert_eq!(taken(&|_, end| end.succeed())["state"], "done");
    let failed = taken(&|_, end| end.fail());
    assert_eq!((&failed["state"], &failed["error"]["code"]), (&"failed".into(), &(Code::Rpc as i32).into()));
    let cancelled = taken(&|operation, _| operation.cancel());
    assert_eq!(cancelled["state"], "cancelled");
    assert_eq!(cancelled["error"]["code"], Code::Cancelled as i32);
}

#[test]
fn numbers_are_never_used_twice() {
    let (background, queue) = (Background::new(), queue());
    let mut ids: Vec<_> = (0..100).map(|_| background.quiet_operation(&queue).0.id()).collect();
    assert!(ids.is_sorted() && !ids.contains(&0));
    ids.dedup();
    assert_eq!(ids.len(), 100);
}

#[test]
fn nothing_of_it_stays_behind() {
    let mut left: Vec<(Weak<Operation>, Weak<Queue>)> = Vec::new();
    for round in 0..50 {
        let (background, queue) = (Background::new(), queue());
        let (_, on_end) = counting();
        let (operation, end) = background.operation(&queue, Some(on_end), true);
        left.push((Arc::downgrade(&operation), Arc::downgrade(queue.queue())));
        match round % 5 {
            0 => end.succeed(),
            1 => operation.cancel(),
            2 => queue.close(),
            3 => {
                end.succeed();
                eventually("it ends", || queue.len() == 1);
                queue.dispatch(None, NOW).unwrap();
            }
            _ => drop(end),
        }
    }
    eventually("every operation and queue is gone", || {
        left.iter().all(|(operation, queue)| operation.strong_count() + queue.strong_count() == 0)
    });
}

#[test]
fn a_panic_of_its_work_is_its_end() {
    let (background, queue) = (Background::new(), queue());
    let work = async { panic!("planted, to be seen in the output of this test") };
    let operation = Operation::start::<()>(background.handle(), queue.queue(), None, false, work);
    assert!(operation.wait(deadline_after(Some(PATIENCE))));
    assert_eq!(operation.error().map(|error| error.code()), Some(Code::Internal));
}

#[test]
fn the_first_steps_are_the_callers() {
    let (background, queue) = (Background::new(), queue());
    let caller = std::thread::current().id();
    let woken = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&woken);
    // Woken while it runs, it is gone on with at once.
    let work = std::future::poll_fn(move |context| {
        assert_eq!(std::thread::current().id(), caller);
        if counted.fetch_add(1, Ordering::SeqCst) == 2 {
            return Poll::Ready(Ok(()));
        }
        context.waker().wake_by_ref();
        Poll::Pending
    });
    let operation = Operation::start(background.handle(), queue.queue(), None, false, work);
    assert_eq!(operation.progress(), Progress::Done);
    assert_eq!(woken.load(Ordering::SeqCst), 3);
}

#[test]
fn a_direct_callback_leaves_its_work_to_others() {
    let (background, queue) = (Background::new(), queue());
    let caller = std::thread::current().id();
    let serving = crate::callback::Serving::enter_direct();
    let work = async move { Ok(std::thread::current().id()) };
    let operation = Operation::start(background.handle(), queue.queue(), None, false, work);
    drop(serving);
    assert!(operation.wait(deadline_after(Some(PATIENCE))));
    let worker = operation.take_output().unwrap().downcast::<std::thread::ThreadId>().unwrap();
    assert_ne!(*worker, caller);
}

#[test]
fn what_a_reading_thread_wakes_it_goes_on_with_when_it_has_read() {
    let (background, queue) = (Background::new(), queue());
    let (end, ended) = tokio::sync::oneshot::channel();
    let work = async move {
        ended.await.unwrap();
        Ok(std::thread::current().id())
    };
    let operation = Operation::start(background.handle(), queue.queue(), None, false, work);
    let (tell, told) = std::sync::mpsc::channel();
    let pending = Arc::clone(&operation);
    let read = async move {
        end.send(()).unwrap();
        tell.send((std::thread::current().id(), pending.progress())).unwrap();
        std::future::pending().await
    };
    let entered = background.handle().enter();
    crate::runtime::read_on_own_thread(read).unwrap();
    drop(entered);
    let (reader, progress) = told.recv_timeout(PATIENCE).unwrap();
    assert_eq!(progress, Progress::Pending, "it reads first");
    assert!(operation.wait(deadline_after(Some(PATIENCE))));
    let worker = operation.take_output().unwrap().downcast::<std::thread::ThreadId>().unwrap();
    assert_eq!(*worker, reader);
}

#[test]
fn what_is_given_up_while_it_runs_is_dropped_by_the_thread_that_runs_it() {
    let (background, queue) = (Background::new(), queue());
    let held = Arc::new(());
    let left = Arc::downgrade(&held);
    let (begin, begun) = std::sync::mpsc::channel();
    let (go_on, gone_on) = std::sync::mpsc::channel::<()>();
    let serving = crate::callback::Serving::enter_direct();
    let work = std::future::poll_fn(move |_| {
        let _held = &held;
        begin.send(()).unwrap();
        gone_on.recv_timeout(PATIENCE).unwrap();
        Poll::<crate::Result<()>>::Pending
    });
    let operation = Operation::start(background.handle(), queue.queue(), None, false, work);
    drop(serving);
    begun.recv_timeout(PATIENCE).unwrap();
    operation.cancel();
    assert_eq!(operation.progress(), Progress::Cancelled);
    assert!(left.upgrade().is_some(), "it runs");
    go_on.send(()).unwrap();
    eventually("it is dropped", || left.upgrade().is_none());
}
