//! The model checker's primitives in the clothes of parking_lot's.

use std::cell::Cell;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::Ordering;
use std::time::Instant;

use loom::sync as model;

pub use loom::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize};
pub use loom::thread;

/// What is broken on purpose, to show that the models notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nobody who waits on a condition is told of a change.
    LostNotification,
    /// Looking and changing are two steps.
    TornExchange,
}

thread_local! {
    /// All threads of a model are one of the system's.
    static FAULT: Cell<Option<Fault>> = const { Cell::new(None) };
}

/// Breaks something for the models that this thread runs from now on.
pub fn plant(fault: Fault) {
    FAULT.set(Some(fault));
}

fn is_planted(fault: Fault) -> bool {
    FAULT.get() == Some(fault)
}

/// As parking_lot's.
#[derive(Default)]
pub struct Mutex<T>(model::Mutex<T>);

impl<T> Mutex<T> {
    pub fn new(value: T) -> Mutex<T> {
        Mutex(model::Mutex::new(value))
    }

    pub fn lock(&self) -> MutexGuard<'_, T> {
        MutexGuard { lock: &self.0, held: self.0.lock().ok() }
    }
}

/// As parking_lot's.
pub struct MutexGuard<'a, T> {
    lock: &'a model::Mutex<T>,
    held: Option<model::MutexGuard<'a, T>>,
}

impl<T> MutexGuard<'_, T> {
    pub fn unlocked<U>(guard: &mut Self, work: impl FnOnce() -> U) -> U {
        guard.held = None;
        let output = work();
        guard.held = guard.lock.lock().ok();
        output
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.held.as_ref().expect("locked")
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.held.as_mut().expect("locked")
    }
}

/// As parking_lot's, but that no time is ever up: the models have no clock.
pub struct Condvar(model::Condvar);

impl Condvar {
    pub fn new() -> Condvar {
        Condvar(model::Condvar::new())
    }

    pub fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
        let held = guard.held.take().expect("locked");
        guard.held = self.0.wait(held).ok();
    }

    pub fn wait_until<T>(&self, guard: &mut MutexGuard<'_, T>, _deadline: Instant) {
        self.wait(guard);
    }

    pub fn notify_all(&self) {
        if !is_planted(Fault::LostNotification) {
            self.0.notify_all();
        }
    }
}

/// As parking_lot's: the checker's lock is of the kind that a second reader may always have.
#[derive(Default)]
pub struct RwLock<T>(model::RwLock<T>);

impl<T> RwLock<T> {
    pub fn new(value: T) -> RwLock<T> {
        RwLock(model::RwLock::new(value))
    }

    pub fn read(&self) -> model::RwLockReadGuard<'_, T> {
        self.0.read().expect("no model goes on after a panic")
    }

    pub fn read_recursive(&self) -> model::RwLockReadGuard<'_, T> {
        self.read()
    }

    pub fn write(&self) -> model::RwLockWriteGuard<'_, T> {
        self.0.write().expect("no model goes on after a panic")
    }

    pub fn try_write(&self) -> Option<model::RwLockWriteGuard<'_, T>> {
        self.0.try_write().ok()
    }

    pub fn get_mut(&mut self) -> &mut T {
        self.0.get_mut().expect("no model goes on after a panic")
    }
}

/// The checker's, or a broken one.
#[derive(Default)]
pub struct AtomicU8(loom::sync::atomic::AtomicU8);

impl AtomicU8 {
    pub fn new(value: u8) -> AtomicU8 {
        AtomicU8(loom::sync::atomic::AtomicU8::new(value))
    }

    pub fn load(&self, order: Ordering) -> u8 {
        self.0.load(order)
    }

    pub fn store(&self, value: u8, order: Ordering) {
        self.0.store(value, order);
    }

    pub fn compare_exchange(
        &self,
        current: u8,
        new: u8,
        success: Ordering,
        failure: Ordering,
    ) -> Result<u8, u8> {
        if !is_planted(Fault::TornExchange) {
            return self.0.compare_exchange(current, new, success, failure);
        }
        let seen = self.0.load(Ordering::SeqCst);
        if seen != current {
            return Err(seen);
        }
        self.0.store(new, Ordering::SeqCst);
        Ok(seen)
    }
}
