//! User code: how it is run, how one waits until it no longer runs, and where its data is destroyed.
//!
//! A [`Callback`] is a registration: a function together with the data it owns. It is dropped (which, for a C
//! callback, runs the program's `destroy`) exactly once, after its last call has returned, and never on a thread
//! of the background runtime: what the runtime drops last is laid to rest on the queue that serves the callback.

use std::cell::RefCell;
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
        GRAVEYARD.lock().push(remains);
    }
}

static GRAVEYARD: Mutex<Vec<Remains>> = Mutex::new(Vec::new());

fn lay_to_rest(home: Option<Arc<dyn Home>>, remains: Remains) {
    let refused = match home {
        Some(home) => home.bury(remains).err(),
        None => Some(remains),
    };
    if let Some(remains) = refused {
        GRAVEYARD.lock().push(remains);
    }
}

/// Drops what no queue could take. Called on the program's threads only: when a handle is freed, when a client is
/// made, and at shutdown.
pub fn clear_graveyard() {
    if runtime::is_runtime_thread() {
        return;
    }
    let remains = std::mem::take(&mut *GRAVEYARD.lock());
    drop(remains);
}

#[cfg(not(copilot_loom))]
thread_local! {
    /// The homes this thread is running callbacks of, innermost last.
    static SERVING: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

#[cfg(copilot_loom)]
loom::thread_local! {
    static SERVING: RefCell<Vec<usize>> = RefCell::new(Vec::new());
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
    pub fn enter(identity: usize) -> Serving {
        with_stack(|stack| stack.push(identity));
        Serving(())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        with_stack(Vec::pop);
    }
}

/// `None` on a thread that is past its end: its destructors may still free handles, but it runs no callbacks.
fn with_stack<T>(work: impl FnOnce(&mut Vec<usize>) -> T) -> Option<T> {
    SERVING.try_with(|stack| work(&mut stack.borrow_mut())).ok()
}

/// True while this thread runs a callback of the home with this identity.
pub fn is_serving(identity: usize) -> bool {
    with_stack(|stack| stack.contains(&identity)).unwrap_or(false)
}

/// True while this thread runs any callback.
pub fn inside_callback() -> bool {
    with_stack(|stack| !stack.is_empty()).unwrap_or(false)
}
