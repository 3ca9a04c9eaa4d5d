//! A child that does not outlive this process.
//!
//! Over stdio a child reads the end of its input when the host dies, however it dies. A server on TCP has no such
//! input, so the kernel is asked to send it SIGTERM (PR_SET_PDEATHSIG). The kernel does so when the *thread* ends that
//! made the child, hence it is made on a thread that lasts; and the child has to ask for it itself, before it becomes
//! the program, which `posix_spawn` has no word for.

use std::ffi::{c_char, c_void};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering};

use libc::{c_int, c_uint, pid_t};

use super::spawn::{Image, inheritable_descriptors, pointers};

/// What the child runs on until it is the program: a few system calls deep.
const STACK_BYTES: usize = 64 * 1024;

/// The kernel's highest signal.
const LAST_SIGNAL: c_int = 64;

/// All that the child needs, made before there is one: between `clone` and `exec` nothing may allocate.
struct Birth {
    path: *const c_char,
    argv: *const *mut c_char,
    envp: *const *mut c_char,
    /// Null to stay where this process is.
    cwd: *const c_char,
    stdio: [RawFd; 3],
    /// What is closed one by one where the kernel cannot do it by the range.
    inherited: Vec<RawFd>,
    host: pid_t,
    /// Why it did not become the program.
    error: AtomicI32,
}

/// Does what [`Image::start`] does, for a child that gets SIGTERM when the calling thread ends. That thread must have
/// every signal blocked, and waits until the program is loaded.
pub(super) fn start(image: &Image, stdio: &[OwnedFd; 3]) -> io::Result<pid_t> {
    let (argv, envp) = (pointers(&image.argv), pointers(&image.envp));
    let birth = Birth {
        path: image.path.as_ptr(),
        argv: argv.as_ptr(),
        envp: envp.as_ptr(),
        cwd: image.cwd.as_ref().map_or(ptr::null(), |cwd| cwd.as_ptr()),
        stdio: [stdio[0].as_raw_fd(), stdio[1].as_raw_fd(), stdio[2].as_raw_fd()],
        inherited: inheritable_descriptors(),
        // SAFETY: a plain system call.
        host: unsafe { libc::getpid() },
        error: AtomicI32::new(0),
    };
    let mut stack = vec![0_u128; STACK_BYTES / size_of::<u128>()];
    // As `posix_spawn` does it: the child borrows this process' memory and this thread sleeps until it has become the
    // program or has ended, so that a large host is not copied.
    let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
    // SAFETY: the stack ends at the pointer given, which is aligned to 16, and it grows down from there. `be_born` makes
    // nothing but system calls on what `birth` points to, all of which outlives the child's use of this memory: the
    // call returns when that is over. Signals are blocked, so no handler of the host's runs on that stack.
    let pid = unsafe {
        let top = stack.as_mut_ptr().add(stack.len()).cast::<c_void>();
        libc::clone(be_born, top, flags, ptr::from_ref(&birth).cast_mut().cast())
    };
    if pid < 0 {
        return Err(io::Error::last_os_error());
    }
    match birth.error.load(Ordering::Relaxed) {
        0 => Ok(pid),
        error => {
            // SAFETY: the child is ours and has ended; a null status is not written to.
            unsafe { libc::waitpid(pid, ptr::null_mut(), 0) };
            Err(io::Error::from_raw_os_error(error))
        }
    }
}

/// What the child does. Returning ends it.
extern "C" fn be_born(birth: *mut c_void) -> c_int {
    // SAFETY: `start` gave the address of a `Birth` that it keeps until the child needs it no more.
    let birth = unsafe { &*birth.cast::<Birth>() };
    // SAFETY: this is the child of `start`.
    let error = unsafe { become_program(birth) };
    birth.error.store(error, Ordering::Relaxed);
    127
}

/// Comes back only when it fails, with the error's number.
///
/// # Safety
/// Only for the child of [`start`]: it makes the calling process another program.
unsafe fn become_program(birth: &Birth) -> c_int {
    // SAFETY: system calls on numbers and on NUL-terminated texts and arrays that `birth` keeps. Dispositions of signals
    // and the mask are the child's own.
    unsafe {
        // By the kernel's own call: the C library's leaves the two out that it uses itself, and those may be ignored.
        // Zeroes are the default action, without flags and mask; of two signals it cannot be changed, nor need it.
        let default = [0_u64; 4];
        for signal in 1..=LAST_SIGNAL {
            let (none, size) = (ptr::null_mut::<c_void>(), size_of::<u64>());
            libc::syscall(libc::SYS_rt_sigaction, signal, default.as_ptr(), none, size);
        }
        if libc::setpgid(0, 0) != 0 || libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGTERM) != 0 {
            return *libc::__errno_location();
        }
        // The host may have died before it could be asked for.
        if libc::getppid() != birth.host {
            return libc::ESRCH;
        }
        if !birth.cwd.is_null() && libc::chdir(birth.cwd) != 0 {
            return *libc::__errno_location();
        }
        for (target, descriptor) in birth.stdio.iter().enumerate() {
            if libc::dup2(*descriptor, target as c_int) < 0 {
                return *libc::__errno_location();
            }
        }
        if libc::syscall(libc::SYS_close_range, 3, c_uint::MAX, 0) != 0 {
            for descriptor in &birth.inherited {
                libc::close(*descriptor);
            }
        }
        let none: libc::sigset_t = std::mem::zeroed();
        libc::sigprocmask(libc::SIG_SETMASK, &none, ptr::null_mut());
        libc::execve(birth.path, birth.argv.cast(), birth.envp.cast());
        *libc::__errno_location()
    }
}
