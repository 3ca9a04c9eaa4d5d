//! Something that happens once, for one who waits for it beside something else. Asking costs next to nothing.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};

use parking_lot::Mutex;

/// Raised once, and stays so.
#[derive(Default)]
pub(super) struct Alarm {
    is_raised: AtomicBool,
    waiting: Mutex<Option<Waker>>,
}

impl Alarm {
    pub fn raise(&self) {
        self.is_raised.store(true, Ordering::SeqCst);
        let waiting = self.waiting.lock().take();
        if let Some(waiting) = waiting {
            waiting.wake();
        }
    }

    /// Waits for it; of several that wait only the last one is woken.
    pub async fn raised(&self) {
        poll_fn(|context| self.poll(context)).await;
    }

    fn poll(&self, context: &mut Context<'_>) -> Poll<()> {
        if self.is_raised.load(Ordering::Relaxed) {
            return Poll::Ready(());
        }
        let former = {
            let mut waiting = self.waiting.lock();
            match &*waiting {
                Some(waker) if waker.will_wake(context.waker()) => None,
                _ => waiting.replace(context.waker().clone()),
            }
        };
        drop(former);
        // It may have been raised just before the waker was there to be found.
        if self.is_raised.load(Ordering::SeqCst) { Poll::Ready(()) } else { Poll::Pending }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::Arc;
    use std::task::Wake;

    use super::*;

    struct Flag(AtomicBool);

    impl Wake for Flag {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::SeqCst);
        }
    }

    #[test]
    fn who_waits_is_woken_and_who_comes_later_does_not_wait() {
        let alarm = Alarm::default();
        let flag = Arc::new(Flag(AtomicBool::new(false)));
        let waker = Waker::from(Arc::clone(&flag));
        let mut context = Context::from_waker(&waker);
        let mut waiting = pin!(alarm.raised());
        for _ in 0..2 {
            assert!(waiting.as_mut().poll(&mut context).is_pending());
        }
        alarm.raise();
        assert!(flag.0.load(Ordering::SeqCst));
        assert!(waiting.poll(&mut context).is_ready());
        alarm.raise();
        assert!(pin!(alarm.raised()).poll(&mut context).is_ready());
    }
}
