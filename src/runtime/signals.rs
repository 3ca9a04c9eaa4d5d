//! Signal masks and the fork watch: the operating system's side of being a guest.

use std::io;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

/// Faults of the thread itself: blocking these would keep crash reporters from seeing them.
const FAULTS: [libc::c_int; 7] =
    [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGTRAP, libc::SIGABRT, libc::SIGSYS];

/// Runs `work` with every signal but the faults blocked on this thread, then restores the mask. Threads that are
/// spawned meanwhile keep the blocked mask.
pub fn with_all_blocked<T>(work: impl FnOnce() -> T) -> T {
    let mut mask = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: sigfillset initialises the whole set; sigdelset changes an initialised one.
    let mask = unsafe {
        libc::sigfillset(mask.as_mut_ptr());
        for fault in FAULTS {
            libc::sigdelset(mask.as_mut_ptr(), fault);
        }
        mask.assume_init()
    };
    with_mask(libc::SIG_SETMASK, &mask, work)
}

/// Runs `work` with SIGPIPE blocked on top of the caller's own mask: what a dispatch thread inherits.
pub fn with_signals_blocked_like_a_dispatcher<T>(work: impl FnOnce() -> T) -> T {
    let mut mask = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: sigemptyset initialises the whole set; sigaddset changes an initialised one.
    let mask = unsafe {
        libc::sigemptyset(mask.as_mut_ptr());
        libc::sigaddset(mask.as_mut_ptr(), libc::SIGPIPE);
        mask.assume_init()
    };
    with_mask(libc::SIG_BLOCK, &mask, work)
}

/// Runs `write`, which may write to a pipe that nobody reads: the SIGPIPE of that reaches nobody, on any thread, and the
/// mask is the caller's again. A SIGPIPE that had come before is left for whoever waits for it.
pub fn without_sigpipe<T>(write: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    if super::is_runtime_thread() {
        return write(); // it is blocked there, and nobody waits for it
    }
    let mut pipe = MaybeUninit::<libc::sigset_t>::uninit();
    let mut former = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: sigemptyset initialises `pipe`, pthread_sigmask `former`, which succeeds with a valid `how`.
    let (pipe, former, was_blocked) = unsafe {
        libc::sigemptyset(pipe.as_mut_ptr());
        libc::sigaddset(pipe.as_mut_ptr(), libc::SIGPIPE);
        libc::pthread_sigmask(libc::SIG_BLOCK, pipe.as_ptr(), former.as_mut_ptr());
        let was_blocked = libc::sigismember(former.as_ptr(), libc::SIGPIPE) == 1;
        (pipe.assume_init(), former.assume_init(), was_blocked)
    };
    let was_pending = was_blocked && is_sigpipe_pending();
    let result = write();
    if result.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::BrokenPipe) && !was_pending {
        let at_once = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: set and time outlive the call; a null siginfo is not written to. The signal is this thread's own.
        unsafe { libc::sigtimedwait(&pipe, ptr::null_mut(), &at_once) };
    }
    if !was_blocked {
        // SAFETY: `former` holds the mask that was in force.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &former, ptr::null_mut()) };
    }
    result
}

fn is_sigpipe_pending() -> bool {
    let mut pending = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: sigpending initialises the set, which is read only if it did.
    unsafe {
        libc::sigpending(pending.as_mut_ptr()) == 0 && libc::sigismember(pending.as_ptr(), libc::SIGPIPE) == 1
    }
}

fn with_mask<T>(how: libc::c_int, mask: &libc::sigset_t, work: impl FnOnce() -> T) -> T {
    let mut former = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: both sets outlive the call, and `former` is written before it is read below.
    let masked = unsafe { libc::pthread_sigmask(how, mask, former.as_mut_ptr()) } == 0;
    let result = work();
    if masked {
        // SAFETY: the first call succeeded, so `former` holds the mask that was in force.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, former.as_ptr(), ptr::null_mut()) };
    }
    result
}

static FLAG: AtomicPtr<AtomicBool> = AtomicPtr::new(ptr::null_mut());

extern "C" fn in_child() {
    let flag = FLAG.load(Ordering::Relaxed);
    if !flag.is_null() {
        // SAFETY: the pointer was made from a `&'static AtomicBool` in `watch_forks`.
        unsafe { (*flag).store(true, Ordering::Relaxed) };
    }
}

/// Sets `flag` in every process that is forked from this one from now on.
pub fn watch_forks(flag: &'static AtomicBool) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        FLAG.store(ptr::from_ref(flag).cast_mut(), Ordering::Relaxed);
        // SAFETY: `in_child` only stores to an atomic, which is safe between fork and exec.
        unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
    });
}
