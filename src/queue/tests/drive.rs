//! Blocking calls: the waiting thread does the work, and what else its queue asks of it.

use std::future;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::error::{Code, Error, Result};
use crate::queue::test_support::*;
use crate::queue::{Operation, deadline_after};

#[test]
fn it_yields_what_the_work_yields_and_does_it_here() {
    let (background, queue) = (Background::new(), queue());
    let me = thread::current().id();
    let work = async move {
        assert_eq!(thread::current().id(), me);
        Ok(7)
    };
    assert_eq!(queue.queue().drive(Some(background.handle()), None, pin!(work)).unwrap().unwrap(), 7);
    let refused = async { Err::<(), _>(Error::new(Code::Rpc, "no")) };
    let error = queue.queue().drive(Some(background.handle()), None, pin!(refused)).unwrap().unwrap_err();
    assert_eq!(error.code(), Code::Rpc);
    assert!(!queue.is_awaited());
}

#[test]
fn it_goes_on_with_every_ring_and_serves_meanwhile() {
    let (background, queue) = (Background::new(), queue());
    in_time(move || {
        let (steps, ran) = (16, Arc::new(AtomicUsize::new(0)));
        let (senders, receivers): (Vec<_>, Vec<_>) = (0..steps).map(|_| oneshot::channel::<()>()).unzip();
        let (helper, counted) = (queue.clone(), Arc::clone(&ran));
        let bringer = Worker::start(move || {
            for sender in senders {
                let counted = Arc::clone(&counted);
                push(&helper, move |_| _ = counted.fetch_add(1, Ordering::SeqCst));
                sender.send(()).unwrap();
            }
        });
        let work = async move {
            for receiver in receivers {
                receiver.await.unwrap();
            }
            Ok(())
        };
        queue.queue().drive(Some(background.handle()), None, pin!(work)).unwrap().unwrap();
        assert_eq!(ran.load(Ordering::SeqCst), steps, "what came before its end was run before it returned");
        bringer.result();
    });
}

#[test]
fn a_ring_while_it_goes_on_is_heard() {
    let (background, queue) = (Background::new(), queue());
    in_time(move || {
        let mut left = 3;
        let work = future::poll_fn(move |context| {
            left -= 1;
            context.waker().wake_by_ref();
            if left == 0 { Poll::Ready(Ok(())) } else { Poll::Pending }
        });
        queue.queue().drive(Some(background.handle()), None, pin!(work)).unwrap().unwrap();
    });
}

#[test]
fn timers_and_tasks_are_the_runtimes() {
    let (background, queue) = (Background::new(), queue());
    in_time(move || {
        let work = async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            let elsewhere = tokio::spawn(async { thread::current().id() }).await.unwrap();
            Ok(elsewhere != thread::current().id())
        };
        assert!(queue.queue().drive(Some(background.handle()), None, pin!(work)).unwrap().unwrap());
    });
}

#[test]
fn when_the_time_is_up_the_work_is_dropped_here() {
    struct Dropped(mpsc::Sender<thread::ThreadId>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.send(thread::current().id()).unwrap();
        }
    }
    let (background, queue) = (Background::new(), queue());
    let (sender, dropped) = mpsc::channel();
    let held = Dropped(sender);
    let work = async move {
        let _held = held;
        future::pending::<Result<()>>().await
    };
    assert!(
        queue.queue().drive(Some(background.handle()), deadline_after(Some(A_MOMENT)), pin!(work)).is_none()
    );
    assert_eq!(dropped.try_recv().unwrap(), thread::current().id());
    assert!(!queue.is_awaited());
}

#[test]
fn a_panic_of_the_work_is_its_end() {
    let (background, queue) = (Background::new(), queue());
    let work = async { panic!("planted, to be seen in the output of this test") };
    let outcome: Result<()> = queue.queue().drive(Some(background.handle()), None, pin!(work)).unwrap();
    assert_eq!(outcome.unwrap_err().code(), Code::Internal);
}

#[test]
fn many_threads_drive_on_one_queue() {
    let (background, queue) = (Arc::new(Background::new()), queue());
    let (senders, workers): (Vec<_>, Vec<_>) = (0..8)
        .map(|number| {
            let (sender, receiver) = oneshot::channel();
            let (background, queue) = (Arc::clone(&background), queue.clone());
            let work = async move { Ok(receiver.await.unwrap() == number) };
            (
                sender,
                Worker::start(move || {
                    queue.queue().drive(Some(background.handle()), None, pin!(work)).unwrap().unwrap()
                }),
            )
        })
        .unzip();
    for (number, sender) in senders.into_iter().enumerate().rev() {
        sender.send(number).unwrap();
    }
    assert!(workers.into_iter().all(Worker::result));
}

#[test]
fn work_may_wait_for_an_operation_of_the_same_queue() {
    let (background, queue) = (Background::new(), queue());
    in_time(move || {
        let (told, hears) = oneshot::channel();
        let told = parking_lot::Mutex::new(Some(told));
        let on_end = callback(Witness::default().data(), move |_: &Operation| {
            told.lock().take().unwrap().send(()).unwrap();
        });
        let (_operation, end) = background.operation(&queue, Some(on_end), true);
        end.succeed();
        // Its callback is an item, which this very thread runs.
        let work = async move { hears.await.map_err(|_| Error::new(Code::Closed, "untold")) };
        queue.queue().drive(Some(background.handle()), None, pin!(work)).unwrap().unwrap();
    });
}
