//! A reader that is faster than who serves the queue: it gives that a moment.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use crate::queue::test_support::*;
use crate::queue::{Mode, Options, Owner, Queue, Taken, Words, intern};

const NOW: Option<Duration> = Some(Duration::ZERO);

/// So many of the events below are too many.
const CROWD: usize = 16;

fn items() -> Owner {
    Owner::new(Options { mode: Mode::Items, ..Options::default() })
}

/// Tells of events of 64 KiB; how often the reader was asked to wait.
fn tell_large(queue: &Queue, count: usize) -> usize {
    let (origin, text) = (origin("s", &Arc::default()), "8".repeat(64 << 10));
    (0..count).filter(|_| queue.tell(&origin, &intern("test"), Words::Lent(&text)).is_full).count()
}

fn take(queue: &Queue, count: usize) {
    (0..count).for_each(|_| assert!(matches!(queue.next(NOW).unwrap(), Taken::Event(_))));
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().build().unwrap()
}

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Wakes>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn the_moment_is_over_when_half_is_taken() {
    let (queue, runtime, wakes) = (items(), runtime(), Arc::new(Wakes::default()));
    assert_eq!(tell_large(&queue, CROWD), 1);
    assert!(queue.is_pressing() && queue.has_room(), "far from the limit");
    // Nobody drives this runtime, whose time stands still.
    let _entered = runtime.enter();
    let mut room = pin!(queue.room(|| false));
    let waker = Waker::from(Arc::clone(&wakes));
    let mut context = Context::from_waker(&waker);
    assert!(room.as_mut().poll(&mut context).is_pending());
    take(&queue, CROWD / 2 - 1);
    assert_eq!(wakes.0.load(Ordering::Relaxed), 0);
    assert!(room.as_mut().poll(&mut context).is_pending());
    take(&queue, 2);
    assert!(wakes.0.load(Ordering::Relaxed) > 0);
    assert_eq!(room.as_mut().poll(&mut context), Poll::Ready(()));
    assert_eq!(tell_large(&queue, CROWD / 2), 0);
    assert_eq!(tell_large(&queue, 1), 1);
}

#[test]
fn where_nobody_serves_it_goes_on_and_asks_again_when_more_has_come() {
    in_time(|| {
        let (queue, runtime) = (items(), runtime());
        assert_eq!(tell_large(&queue, CROWD), 1);
        runtime.block_on(queue.room(|| false));
        assert!(!queue.is_pressing());
        assert_eq!(tell_large(&queue, CROWD / 4), 1);
        queue.press_on();
        assert_eq!(tell_large(&queue, CROWD / 4 - 1), 0);
        assert_eq!(tell_large(&queue, 1), 1);
        // What was in vain is forgotten with the last item.
        runtime.block_on(queue.room(|| false));
        take(&queue, queue.len());
        assert_eq!(tell_large(&queue, CROWD), 1);
    });
}

#[test]
fn nobody_waits_whose_server_waits_for_the_reader() {
    let (background, queue) = (Background::new(), items());
    let (operation, end) = background.quiet_operation(&queue);
    assert_eq!(tell_large(&queue, 2 * CROWD), 0);
    let _entered = runtime().enter();
    let mut context = Context::from_waker(Waker::noop());
    assert!(pin!(queue.room(|| false)).poll(&mut context).is_ready());
    operation.cancel();
    drop(end);
    eventually("no operation is pending", || queue.is_pressing());
    assert!(pin!(queue.room(|| true)).poll(&mut context).is_ready(), "another queue's server waits");
    queue.close();
    assert!(!queue.is_pressing());
}
