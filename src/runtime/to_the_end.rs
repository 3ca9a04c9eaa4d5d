//! Work that is not left half done.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::Handle;

/// Work that goes on to its end whatever becomes of whoever awaits it: dropped before, it becomes a task of the runtime.
pub struct ToTheEnd<T: Send + 'static> {
    runtime: Handle,
    /// Gone once it has ended.
    work: Option<Pin<Box<dyn Future<Output = T> + Send>>>,
}

/// The work, to be awaited or dropped.
pub fn to_the_end<T: Send + 'static>(
    runtime: &Handle,
    work: impl Future<Output = T> + Send + 'static,
) -> ToTheEnd<T> {
    ToTheEnd { runtime: runtime.clone(), work: Some(Box::pin(work)) }
}

impl<T: Send + 'static> Future for ToTheEnd<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let Some(work) = &mut self.work else { return Poll::Pending };
        let polled = work.as_mut().poll(context);
        if polled.is_ready() {
            self.work = None;
        }
        polled
    }
}

impl<T: Send + 'static> Drop for ToTheEnd<T> {
    fn drop(&mut self) {
        // What panicked has no end.
        if let Some(work) = self.work.take().filter(|_| !std::thread::panicking()) {
            self.runtime.spawn(async move { drop(work.await) });
        }
    }
}
