//! The locks, atomics and threads of what is shared between the program's threads and ours: [`queue`](crate::queue),
//! [`request`](crate::request) and callbacks. Under `--cfg copilot_loom` they are a model checker's, which runs the
//! models (`tests/loom/run`) through every order in which the threads can meet.
//!
//! Statics and what no model touches stay with parking_lot and the standard library: the checker's objects live no longer
//! than one run of a model.

#[cfg(copilot_loom)]
mod modelled;

#[cfg(copilot_loom)]
pub use modelled::*;

#[cfg(not(copilot_loom))]
pub use parking_lot::{Condvar, Mutex, MutexGuard, RwLock};
#[cfg(not(copilot_loom))]
pub use std::{
    sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize},
    thread,
};
