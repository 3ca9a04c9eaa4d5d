//! Threads that read: each runs one future, and waits for one descriptor in the meantime.
//!
//! Reading by a task of the runtime costs some 2,000 instructions for each wake-up that are not about what was read. Here
//! it costs the system call that waits.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake, Waker};
use std::thread::{self, JoinHandle};

use tokio::runtime::Handle;

use super::{ON_RUNTIME, with_all_blocked};

thread_local! {
    /// What the future of this thread waits for.
    static AWAITED: Cell<Option<RawFd>> = const { Cell::new(None) };
    /// What this thread is to do before it waits; `None` on other threads.
    static ERRANDS: RefCell<Option<Vec<Errand>>> = const { RefCell::new(None) };
}

type Errand = Box<dyn FnOnce() + Send>;

/// Runs `errand` on this thread, if it reads, before it waits the next time; else as a task of the runtime. It must not
/// block.
pub(crate) fn run_soon(runtime: &Handle, errand: impl FnOnce() + Send + 'static) {
    // At a thread's end there is no list any more.
    if !ERRANDS.try_with(|errands| errands.borrow().is_some()).unwrap_or_default() {
        runtime.spawn(async move { errand() });
        return;
    }
    ERRANDS.with_borrow_mut(|errands| errands.get_or_insert_default().push(Box::new(errand)));
}

/// The time in which this thread runs errands. What is left of them goes to the runtime.
struct Errands<'a>(&'a Handle);

impl Errands<'_> {
    fn begin(runtime: &Handle) -> Errands<'_> {
        ERRANDS.set(Some(Vec::new()));
        Errands(runtime)
    }

    /// Runs those that there are, and those that come of them.
    fn run(&self) {
        while let Some(mut errands) = ERRANDS.with_borrow_mut(|errands| errands.as_mut().map(std::mem::take))
            && !errands.is_empty()
        {
            errands.drain(..).for_each(|errand| errand());
        }
    }
}

impl Drop for Errands<'_> {
    fn drop(&mut self) {
        for errand in ERRANDS.take().unwrap_or_default() {
            self.0.spawn(async move { errand() });
        }
    }
}

/// Says that the future of this thread goes on when `descriptor`, which stays open until then, can be read. Called
/// while it is polled.
pub(crate) fn await_readable(descriptor: RawFd) {
    AWAITED.set(Some(descriptor));
}

/// A thread that reads.
pub(super) struct ReadingThread {
    bell: Arc<Bell>,
    thread: JoinHandle<()>,
}

/// Ends the thread's wait.
struct Bell {
    /// An eventfd.
    descriptor: OwnedFd,
    is_rung: AtomicBool,
    /// The future is to be dropped.
    is_over: AtomicBool,
}

impl ReadingThread {
    /// Starts it; `at_end` runs as its last act. `handle` is where its future finds timers.
    pub fn start(
        future: impl Future<Output = ()> + Send + 'static,
        handle: Handle,
        at_end: impl FnOnce() + Send + 'static,
    ) -> io::Result<ReadingThread> {
        let at_end = AtEnd(Some(at_end));
        let bell = Arc::new(Bell::new()?);
        let heard = Arc::clone(&bell);
        let body = move || {
            let _at_end = at_end;
            ON_RUNTIME.set(true);
            let _entered = handle.enter();
            run(future, &heard, &handle);
        };
        let builder = thread::Builder::new().name("copilot-rt-in".to_owned()).stack_size(2 << 20);
        let thread = with_all_blocked(|| builder.spawn(body))?;
        Ok(ReadingThread { bell, thread })
    }

    /// Has it drop its future and end.
    pub fn stop(&self) {
        self.bell.is_over.store(true, Ordering::Release);
        self.bell.ring();
    }

    pub fn is_finished(&self) -> bool {
        self.thread.is_finished()
    }

    /// Waits for its end.
    pub fn join(self) {
        let _ = self.thread.join(); // what it did last, it did when it panicked as well
    }
}

struct AtEnd<F: FnOnce()>(Option<F>);

impl<F: FnOnce()> Drop for AtEnd<F> {
    fn drop(&mut self) {
        if let Some(at_end) = self.0.take() {
            at_end();
        }
    }
}

fn run(future: impl Future<Output = ()>, bell: &Arc<Bell>, runtime: &Handle) {
    let errands = Errands::begin(runtime);
    let waker = Waker::from(Arc::clone(bell));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    while !bell.is_over.load(Ordering::Acquire) {
        AWAITED.set(None);
        let polled = future.as_mut().poll(&mut context);
        errands.run();
        if polled.is_ready() {
            return;
        }
        bell.wait(AWAITED.get());
    }
}

impl Bell {
    fn new() -> io::Result<Bell> {
        // SAFETY: a plain system call without memory.
        let descriptor = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
        if descriptor < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the kernel has just made it, and nobody else knows it.
        let descriptor = unsafe { OwnedFd::from_raw_fd(descriptor) };
        Ok(Bell { descriptor, is_rung: AtomicBool::new(false), is_over: AtomicBool::new(false) })
    }

    fn ring(&self) {
        if !self.is_rung.swap(true, Ordering::AcqRel) {
            let one = 1_u64;
            // SAFETY: the descriptor is open, and eight bytes are read from `one`.
            unsafe { libc::write(self.descriptor.as_raw_fd(), (&raw const one).cast(), size_of::<u64>()) };
        }
    }

    /// Waits until it is rung, or `descriptor` can be read.
    fn wait(&self, descriptor: Option<RawFd>) {
        let watched = |fd| libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
        // A negative one is not looked at.
        let mut both = [watched(self.descriptor.as_raw_fd()), watched(descriptor.unwrap_or(-1))];
        // SAFETY: two entries are there. Interrupted, it has waited for nothing, and the future is polled in vain.
        unsafe { libc::poll(both.as_mut_ptr(), 2, -1) };
        if both[0].revents != 0 {
            let mut count = 0_u64;
            // SAFETY: the descriptor is open, and eight bytes are written to `count`.
            unsafe { libc::read(self.descriptor.as_raw_fd(), (&raw mut count).cast(), size_of::<u64>()) };
            self.is_rung.swap(false, Ordering::AcqRel); // what was done before it was rung is seen from now on
        }
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.ring();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.ring();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread::ThreadId;
    use std::time::Duration;

    use super::*;
    use crate::runtime::{Residence, read_on_own_thread};

    const PATIENCE: Duration = Duration::from_secs(20);

    /// The thread that read, and the one that ran its errand.
    fn errand_of(end: impl FnOnce() + Send + 'static) -> (ThreadId, ThreadId) {
        let residence = Residence::take(1).unwrap();
        let runtime = residence.handle().clone();
        let (tell, told) = mpsc::channel();
        let reading = async move {
            let tell_later = tell.clone();
            tell.send(thread::current().id()).unwrap();
            run_soon(&runtime, move || tell_later.send(thread::current().id()).unwrap());
            end();
        };
        let entered = residence.handle().enter();
        read_on_own_thread(reading).unwrap();
        drop(entered);
        (told.recv_timeout(PATIENCE).unwrap(), told.recv_timeout(PATIENCE).unwrap())
    }

    #[test]
    fn errands_are_run_by_the_thread_that_reads() {
        let (reader, runner) = errand_of(|| {});
        assert_eq!(runner, reader);
    }

    #[test]
    fn errands_are_run_after_a_panic_too() {
        let (reader, runner) = errand_of(|| panic!("planted, to be seen in the output of this test"));
        assert_ne!(runner, reader);
    }
}
