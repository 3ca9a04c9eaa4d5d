//! Signal masks and the fork watch: the operating system's side of being a guest.

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
