//! How a foreign loop learns that items wait: a descriptor to poll and a callback.

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use super::{Queue, Server, State};
use crate::callback::Callback;
use crate::error::{Code, Error, Result};
use crate::sync::MutexGuard;

/// A descriptor that is readable exactly while items wait. Made when first asked for; the program never reads it.
#[derive(Default)]
pub struct Descriptor {
    fd: OnceLock<OwnedFd>,
    /// What it is, so that the kernel is only called when it changes.
    readable: AtomicBool,
}

impl Descriptor {
    /// Makes it readable. Called with the queue's state locked, so that the order is that of the items.
    pub fn raise(&self) {
        if let Some(fd) = self.fd.get()
            && !self.readable.swap(true, Ordering::Relaxed)
        {
            // SAFETY: writes the eight bytes of a local to a descriptor that `self` owns.
            unsafe { libc::write(fd.as_raw_fd(), (&raw const ONE).cast(), size_of::<u64>()) };
        }
    }

    /// Makes it unreadable; likewise.
    pub fn lower(&self) {
        if let Some(fd) = self.fd.get()
            && self.readable.swap(false, Ordering::Relaxed)
        {
            let mut count = 0_u64;
            // SAFETY: reads at most eight bytes into a local from a descriptor that `self` owns; it never blocks.
            unsafe { libc::read(fd.as_raw_fd(), (&raw mut count).cast(), size_of::<u64>()) };
        }
    }

    fn open(&self) -> Result<RawFd> {
        if let Some(fd) = self.fd.get() {
            return Ok(fd.as_raw_fd());
        }
        // SAFETY: takes no pointers; the result is checked.
        let fd = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
        if fd < 0 {
            let why = std::io::Error::last_os_error();
            return Err(Error::new(Code::Io, format!("the queue's descriptor could not be made: {why}")));
        }
        // SAFETY: `fd` was just opened and belongs to nobody else.
        Ok(self.fd.get_or_init(|| unsafe { OwnedFd::from_raw_fd(fd) }).as_raw_fd())
    }
}

static ONE: u64 = 1;

/// The wakeup callback of a queue and whether it is due.
#[derive(Default)]
pub struct Wakeup {
    callback: Option<Arc<Callback<()>>>,
    armed: bool,
}

impl Wakeup {
    /// True while there is a callback.
    pub fn is_set(&self) -> bool {
        self.callback.is_some()
    }

    /// The callback to run now that items wait; once each time it was armed.
    pub fn fire(&mut self) -> Option<Arc<Callback<()>>> {
        if !self.armed {
            return None;
        }
        self.armed = self.callback.is_none();
        self.callback.clone()
    }
}

impl Queue {
    /// The descriptor that is readable exactly while items wait. From now on the program serves the queue.
    pub fn descriptor(&self) -> Result<RawFd> {
        let mut state = self.state.lock();
        let fd = self.descriptor.open()?;
        if !state.items.is_empty() {
            self.descriptor.raise();
        }
        state.taken_by = Server::Host;
        Ok(fd)
    }

    /// Replaces the wakeup callback, and returns when the former one does not run any more.
    pub fn set_wakeup(&self, callback: Option<Arc<Callback<()>>>) {
        if let Some(callback) = &callback {
            callback.settle(self.this.clone());
        }
        let mut state = self.state.lock();
        if callback.is_some() {
            state.relieve_dispatcher();
        }
        state.wakeup.armed = true;
        let former = std::mem::replace(&mut state.wakeup.callback, callback);
        self.announce(state);
        self.settled.notify_all();
        if let Some(former) = former {
            former.retire();
        }
    }

    /// Arms the wakeup again after the program has looked at the queue.
    pub(super) fn rearm(&self, mut state: MutexGuard<'_, State>) {
        if state.wakeup.callback.is_some() {
            state.wakeup.armed = true;
            self.announce(state);
        }
    }
}
