//! User code: how it is run, how one waits until it no longer runs, and where its data is destroyed.
//!
//! A [`Callback`] is a registration: a function together with the data it owns. It is dropped (which, for a C
//! callback, runs the program's `destroy`) exactly once, after its last call has returned, and never on a thread
//! of the background runtime: what the runtime drops last is laid to rest on the queue that serves the callback.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, Weak};

use parking_lot::Mutex;

use crate::runtime;
use crate::sync::RwLock;

#[cfg(all(test, not(copilot_loom)))]
mod tests;

/// The function of a registration, with what it owns.
pub type Function<A> = Box<dyn Fn(&A) + Send + Sync>;

/// Something of the program's that is waiting to be dropped on a thread of the program's.
pub type Remains = Box<dyn Send>;

/// The place whose serving thread runs a callback, and so destroys it too.
pub trait Home: Send + Sync {
    /// Takes the remains to be dropped by the serving thread, or gives them back when nothing will serve again.
    fn bury(&self, remains: Remains) -> Result<(), Remains>;

    /// A number that tells one home from another.
    fn identity(&self) -> usize;
}

/// One registration of user code.
pub struct Callback<A: ?Sized + 'static> {
    function: RwLock<Option<Function<A>>>,
    home: OnceLock<Weak<dyn Home>>,
}

impl<A: ?Sized + 'static> Callback<A> {
    /// A registration that has no home yet.
    pub fn new(function: Function<A>) -> Arc<Callback<A>> {
        Arc::new(Callback { function: RwLock::new(Some(function)), home: OnceLock::new() })
    }

    /// Names the home; the first one stays.
    pub fn settle(&self, home: Weak<dyn Home>) {
        let _ = self.home.set(home);
    }

    /// Runs the function; false when the registration has ended.
    pub fn run(&self, argument: &A) -> bool {
        // Recursive, so that a callback which leads to itself is not stopped by somebody waiting to end it.
        match &*self.function.read_recursive() {
            Some(function) => {
                function(argument);
                true
            }
            None => false,
        }
    }

    /// Ends the registration. Outside of callbacks this waits for a running call and destroys the data before it
    /// returns; inside a callback it does not wait, and the serving thread destroys the data.
    pub fn retire(self: Arc<Self>) {
        if !inside_callback() {
            let ended = self.function.write().take();
            drop(ended);
            return;
        }
        if let Some(mut slot) = self.function.try_write() {
            let ended = slot.take();
            drop(slot);
            if let Some(function) = ended {
                self.rest(function);
            }
            return;
        }
        // It is running, and its runner holds it too: whoever lets go last destroys the data. Should the runner have
        // been done in this moment, that is this thread, which need not be the one that serves.
        if let Some(mut last) = Arc::into_inner(self)
            && let Some(function) = last.function.get_mut().take()
        {
            last.rest(function);
        }
    }

    fn rest(&self, function: Function<A>) {
        let home = self.home.get().and_then(Weak::upgrade);
        let here = home.as_ref().is_some_and(|home| is_serving(home.identity()));
        if here || (home.is_none() && !runtime::is_runtime_thread()) {
            return drop(function);
        }
        lay_to_rest(home, Box::new(function));
    }
}

impl<A: ?Sized + 'static> Drop for Callback<A> {
    fn drop(&mut self) {
        let Some(function) = self.function.get_mut().take() else { return };
        if !runtime::is_runtime_thread() {
            return drop(function);
        }
        lay_to_rest(self.home.get().and_then(Weak::upgrade), Box::new(function));
    }
}

/// Drops what no queue can take any more: here, or later when this is a thread of the runtime.
pub fn abandon(remains: Remains) {
    if runtime::is_runtime_thread() {
        lay_in_the_graveyard(remains);
    }
}

static GRAVEYARD: Mutex<Vec<Remains>> = Mutex::new(Vec::new());

/// True while there may be something in it: it is looked at whenever a handle is freed.
static IS_GRAVE: AtomicBool = AtomicBool::new(false);

fn lay_in_the_graveyard(remains: Remains) {
    let mut graveyard = GRAVEYARD.lock();
    graveyard.push(remains);
    IS_GRAVE.store(true, Ordering::Release);
}

fn lay_to_rest(home: Option<Arc<dyn Home>>, remains: Remains) {
    let refused = match home {
        Some(home) => home.bury(remains).err(),
        None => Some(remains),
    };
    if let Some(remains) = refused {
        lay_in_the_graveyard(remains);
    }
}

/// True while there may be something for [`clear_graveyard`].
#[inline]
pub fn is_grave() -> bool {
    IS_GRAVE.load(Ordering::Acquire)
}

/// Drops what no queue could take. Called on the program's threads only: when a handle is freed, when a client is
/// made, and at shutdown.
pub fn clear_graveyard() {
    if !is_grave() || runtime::is_runtime_thread() {
        return;
    }
    let mut graveyard = GRAVEYARD.lock();
    IS_GRAVE.store(false, Ordering::Relaxed);
    let remains = std::mem::take(&mut *graveyard);
    drop(graveyard);
    drop(remains);
}

#[cfg(not(copilot_loom))]
thread_local! {
    /// The home that this thread is running a callback of, 0 outside of callbacks, and how many there are around it.
    static SERVING: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
    /// Those around it, the innermost last.
    static AROUND: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

#[cfg(copilot_loom)]
loom::thread_local! {
    static SERVING: Cell<(usize, usize)> = Cell::new((0, 0));
    static AROUND: RefCell<Vec<usize>> = RefCell::new(Vec::new());
}

/// Marks this thread as running callbacks of a home until it is dropped.
pub struct Serving(());

/// Stands for the reader of whatever connection, which is no home: nothing lies at the last address.
const DIRECT: usize = usize::MAX;

/// True while this thread, which reads what a server sends, shows an event to the program: whoever waited here for
/// something of the server's would wait for itself.
pub fn inside_direct() -> bool {
    is_serving(DIRECT)
}

impl Serving {
    /// The thread reads, and runs a callback all the same.
    pub fn enter_direct() -> Serving {
        Serving::enter(DIRECT)
    }

    /// Enters the home with this identity.
    #[inline]
    pub fn enter(identity: usize) -> Serving {
        let (innermost, around) = SERVING.with(Cell::get);
        if innermost != 0 {
            with_those_around(|those| those.push(innermost));
        }
        SERVING.with(|serving| serving.set((identity, around + usize::from(innermost != 0))));
        Serving(())
    }
}

impl Drop for Serving {
    #[inline]
    fn drop(&mut self) {
        let left = match SERVING.with(Cell::get) {
            (_, 0) => (0, 0),
            (_, around) => (with_those_around(Vec::pop).flatten().unwrap_or(0), around - 1),
        };
        SERVING.with(|serving| serving.set(left));
    }
}

/// `None` on a thread that is past its end: its destructors may still free handles, but it runs no callbacks.
#[cold]
fn with_those_around<T>(work: impl FnOnce(&mut Vec<usize>) -> T) -> Option<T> {
    AROUND.try_with(|those| work(&mut those.borrow_mut())).ok()
}

/// True while this thread runs a callback of the home with this identity.
pub fn is_serving(identity: usize) -> bool {
    let (innermost, around) = SERVING.with(Cell::get);
    innermost == identity
        || (around > 0 && with_those_around(|those| those.contains(&identity)).unwrap_or(false))
}

/// True while this thread runs any callback.
pub fn inside_callback() -> bool {
    SERVING.with(Cell::get).0 != 0
}
