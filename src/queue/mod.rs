//! Delivery: the one way out of the library.
//!
//! Everything the library has to tell is an item of a queue: events, questions, completions, and the notice that
//! some user data is to be destroyed. Items wait until a thread of the program's serves the queue: it takes them
//! ([`Queue::next`]), runs their callbacks ([`Queue::dispatch`]), waits for an operation ([`Operation::wait`]), or
//! lets a library thread dispatch ([`Queue::start_thread`]).

mod asking;
mod batch;
mod direct;
mod drive;
mod event;
mod logging;
mod name;
mod operation;
mod options;
mod overflow;
mod patience;
mod recycling;
mod room;
mod serve;
mod slot;
mod subscriptions;
mod thread;
mod told;
mod unserved;
mod wakeup;
mod work;

#[cfg(all(test, copilot_loom))]
mod models;
#[cfg(test)]
#[cfg_attr(copilot_loom, allow(dead_code))] // the models use a part of it
pub(crate) mod test_support;
#[cfg(all(test, not(copilot_loom)))]
mod tests;

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

pub use asking::Asking;
pub use batch::Written;
pub use direct::Direct;
pub use event::{Deliver, Event, Kind};
pub use name::{Name, intern, name};
pub use operation::{Operation, Output, Progress};
pub use options::{Mode, Options, Overflow};
pub use overflow::Losses;
pub use recycling::recycle;
pub use room::look_for_room;
pub use serve::{Deadline, Taken, deadline_after};
pub use subscriptions::Subscriptions;
pub use thread::stop_all_threads;
pub use told::{Arrival, Origin, Text, Words};

use crate::callback::{self, Home, Remains};
use crate::log;
use crate::sync::thread::ThreadId;
use crate::sync::{AtomicUsize, Condvar, Mutex, MutexGuard};
use recycling::Spares;
use told::Told;
use wakeup::{Descriptor, Wakeup};

/// So many items wait before anybody is told of them, when more are expected at once. Telling costs a call of the kernel,
/// and a change of threads where there is one processor; not telling leaves the other processor idle where there are two.
const AT_ONCE: usize = 64;

/// A queue of items and the ways to serve it.
pub struct Queue {
    this: Weak<Queue>,
    options: Options,
    state: Mutex<State>,
    /// Items came that somebody may take; and whatever `settled` is for.
    changed: Condvar,
    /// An operation ended, an item was run, somebody called `wake` or `close`, or another one serves the queue. For those
    /// who take nothing meanwhile: a stream of items does not wake them.
    settled: Condvar,
    owners: AtomicUsize,
    descriptor: Descriptor,
}

#[derive(Default)]
struct State {
    items: VecDeque<Item>,
    bytes: usize,
    rest: room::Rest,
    /// Items ever pushed; an item's number is what this was before it came.
    pushed: u64,
    /// Items of which nobody who waits has been told.
    unannounced: usize,
    closed: bool,
    woken: bool,
    /// Who last took the queue over by `dispatch`, `next` or its descriptor; [`State::server`] knows of the rest.
    taken_by: Server,
    /// Dead once the thread of `Server::Dispatcher` has ended: then nobody serves.
    dispatcher: Weak<()>,
    /// The thread that is running callbacks at this moment, and the number of the item it is at.
    running: Option<(ThreadId, u64)>,
    /// Threads that wait on `changed`.
    waiting: usize,
    /// Threads that wait on `settled`.
    standing_by: usize,
    /// Those of them that wait for items to be run, and the number before which all must be done to concern one of them.
    watching: usize,
    watched_for: u64,
    pending_operations: usize,
    /// How often whoever drives work on this queue was to go on with it.
    rings: u64,
    wakeup: Wakeup,
    thread: thread::Slot,
    /// Calls that wait for a library thread to end.
    stopping: usize,
    account: overflow::Account,
    watch: unserved::Watch,
    spares: Spares,
}

/// Who serves the queue; decides whether a blocking call may.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Server {
    #[default]
    Nobody,
    /// The last thread that called `dispatch`.
    Dispatcher(ThreadId),
    /// The program, by `next`, a descriptor or a wakeup.
    Host,
    /// The library's own thread, while there is one.
    Library(ThreadId),
}

struct Item {
    number: u64,
    cargo: Cargo,
}

enum Cargo {
    /// An event of a session, which becomes an [`Event`] when it is taken.
    Told(Told),
    /// A question, which becomes an [`Event`] when it is taken as an item.
    Asking(Asking),
    /// Any other event.
    Event(Arc<Event>),
    /// A piece of a text that came when the queue was over its limit.
    Delta(Box<overflow::Waiting>),
    /// The place of the item that tells what the limit has led to.
    Overflow,
    Remains(Remains),
}

impl Cargo {
    #[inline(always)]
    fn bytes(&self) -> usize {
        match self {
            Cargo::Told(told) => told.bytes(),
            Cargo::Asking(asking) => asking.bytes(),
            Cargo::Event(event) => event.bytes(),
            Cargo::Delta(waiting) => waiting.bytes(),
            Cargo::Overflow | Cargo::Remains(_) => 0,
        }
    }
}

impl State {
    #[inline(always)]
    fn append(&mut self, cargo: Cargo) {
        self.bytes += cargo.bytes();
        self.items.push_back(Item { number: self.pushed, cargo });
        self.pushed += 1;
    }

    /// Who serves the queue now. A library thread and a wakeup do so for as long as they are there.
    fn server(&self) -> Server {
        let taken_by = match self.taken_by {
            Server::Dispatcher(_) if self.dispatcher.strong_count() == 0 => Server::Nobody,
            taken_by => taken_by,
        };
        match (self.thread.id(), taken_by) {
            (Some(library), _) => Server::Library(library),
            (None, Server::Nobody) if self.wakeup.is_set() => Server::Host,
            (None, taken_by) => taken_by,
        }
    }

    /// A library thread or a wakeup takes the queue over from the thread that dispatched before.
    fn relieve_dispatcher(&mut self) {
        if matches!(self.taken_by, Server::Dispatcher(_)) {
            self.taken_by = Server::Nobody;
        }
    }
}

impl Queue {
    /// True when every item enters; otherwise only those that have a callback do.
    pub fn takes_everything(&self) -> bool {
        self.options.mode == Mode::Items
    }

    /// Appends an event, unless the queue is closed: then the event is given back.
    pub fn push(&self, event: Arc<Event>) -> Result<(), Arc<Event>> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(event);
        }
        event.enter(self.identity());
        let left_over = state.admit(Cargo::Event(event), self);
        self.watch(&mut state);
        self.announce(state);
        drop(left_over);
        Ok(())
    }

    /// Appends an event of a session, if the session has a callback for it or the queue takes everything, and unless it
    /// is closed: then there is nobody to tell.
    ///
    /// Who waits is told when some dozens have come, so that another processor can begin with them; otherwise with
    /// [`Queue::announce_rest`], for which the caller looks when it has no more. Whoever looks by itself finds them.
    #[inline(always)]
    pub fn tell(&self, origin: &Arc<Origin>, event_type: &Name, words: Words<'_>) -> Arrival {
        let called_for = origin.subscriptions().wants_named(event_type);
        if !called_for && !self.takes_everything() {
            return Arrival::default();
        }
        match words {
            Words::Lent(words) => self.admit_lent(origin, event_type, called_for, words),
            Words::Given(text) => self.admit_given(origin, event_type, called_for, text),
        }
    }

    #[inline(never)]
    fn admit_lent(&self, origin: &Arc<Origin>, event_type: &Name, called_for: bool, words: &str) -> Arrival {
        if Spares::is_large(words.len()) {
            let text = Text::whole(Spares::default().copy(words));
            return self.admit_given(origin, event_type, called_for, text);
        }
        let mut state = self.state.lock();
        if state.closed {
            return Arrival::default();
        }
        let text = Text::whole(state.spares.copy(words));
        let told = Told { origin: Arc::clone(origin), event_type: event_type.clone(), called_for, text };
        self.admit(state, told)
    }

    #[inline(never)]
    fn admit_given(&self, origin: &Arc<Origin>, event_type: &Name, called_for: bool, text: Text) -> Arrival {
        let state = self.state.lock();
        if state.closed {
            return Arrival::default();
        }
        let told = Told { origin: Arc::clone(origin), event_type: event_type.clone(), called_for, text };
        self.admit(state, told)
    }

    #[inline(always)]
    fn admit(&self, mut state: MutexGuard<'_, State>, told: Told) -> Arrival {
        let left_over = state.admit(Cargo::Told(told), self);
        self.watch(&mut state);
        let is_first = state.unannounced == 0;
        state.unannounced += 1;
        let arrival = Arrival { is_first, is_full: self.presses(&state) };
        if state.unannounced >= AT_ONCE {
            self.announce(state);
        } else {
            drop(state);
        }
        drop(left_over);
        arrival
    }

    /// Tells whoever waits of what has come by [`Queue::tell`].
    pub fn announce_rest(&self) {
        let state = self.state.lock();
        if state.unannounced > 0 {
            self.announce(state);
        }
    }

    /// How many items wait at this moment.
    pub fn len(&self) -> usize {
        let state = self.state.lock();
        self.admit_what_waits(&state);
        state.items.len()
    }

    /// Makes the descriptor true before anybody can know better: it is not raised for each event that is told.
    #[inline]
    fn admit_what_waits(&self, state: &State) {
        if state.unannounced > 0 && !state.items.is_empty() {
            self.descriptor.raise();
        }
    }

    /// How many items wait at this moment, and how many bytes they hold.
    pub fn load(&self) -> (usize, usize) {
        let state = self.state.lock();
        (state.items.len(), state.bytes)
    }

    /// True when no item waits at this moment.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// True once [`Queue::close`] was called.
    pub fn is_closed(&self) -> bool {
        self.state.lock().closed
    }

    /// Ends every wait, gives the questions that wait their default answer, and refuses what comes later. What
    /// else was queued can still be taken.
    pub fn close(&self) {
        let mut state = self.state.lock();
        state.closed = true;
        let (unanswered, kept) =
            std::mem::take(&mut state.items).into_iter().partition::<VecDeque<_>, _>(|item| {
                match &item.cargo {
                    Cargo::Asking(_) => true,
                    Cargo::Event(event) => event.kind() == Kind::Request,
                    _ => false,
                }
            });
        state.items = kept;
        self.took(&mut state, unanswered.iter().map(|item| item.cargo.bytes()).sum());
        self.announce(state);
        self.settled.notify_all();
        drop(unanswered); // a request that is dropped unanswered sends its default
    }

    /// True while an operation is pending that completes here.
    pub fn is_awaited(&self) -> bool {
        self.state.lock().pending_operations > 0
    }

    /// Tells everybody who waits for items that the state has changed.
    fn announce(&self, mut state: MutexGuard<'_, State>) {
        state.unannounced = 0;
        if !state.items.is_empty() {
            self.descriptor.raise();
        }
        let wakeup = if state.items.is_empty() { None } else { state.wakeup.fire() };
        let waited_for = state.waiting > 0;
        drop(state);
        if waited_for {
            self.changed.notify_all();
        }
        if let Some(wakeup) = wakeup {
            wakeup.run(&());
        }
    }

    /// Tells everybody who waits for anything.
    fn tell_all(&self, state: MutexGuard<'_, State>) {
        let (waited_for, stood_by) = (state.waiting > 0, state.standing_by > 0);
        drop(state);
        if waited_for {
            self.changed.notify_all();
        }
        if stood_by {
            self.settled.notify_all();
        }
    }

    /// Keeps the books after items of this size have left.
    #[inline]
    fn took(&self, state: &mut State, bytes: usize) {
        state.bytes -= bytes;
        if state.items.is_empty() {
            self.descriptor.lower();
        }
        self.admit_what_waits(state);
        if state.closed || state.rest.is_over(state.bytes) {
            look_for_room();
        }
    }

    /// While the guard lives, the reader goes on even when the queue is over its limit.
    fn expect_operation(&self) -> Expected {
        self.state.lock().pending_operations += 1;
        look_for_room();
        Expected(self.this.clone())
    }
}

struct Expected(Weak<Queue>);

impl Drop for Expected {
    fn drop(&mut self) {
        if let Some(queue) = self.0.upgrade() {
            queue.state.lock().pending_operations -= 1;
        }
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        if self.options.log.is_some() {
            log::look_who_listens();
        }
    }
}

impl Home for Queue {
    fn bury(&self, remains: Remains) -> Result<(), Remains> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(remains);
        }
        state.append(Cargo::Remains(remains));
        self.announce(state);
        Ok(())
    }

    fn identity(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }
}

/// A reference that keeps the queue open: the program's own, a client's, a session's, a pending operation's. When
/// the last one goes the queue closes, because nobody can serve it any more.
pub struct Owner(Arc<Queue>);

impl Owner {
    /// The first owner of a new queue.
    pub fn new(options: Options) -> Owner {
        let queue = Arc::new_cyclic(|this| Queue {
            this: this.clone(),
            options,
            state: Mutex::default(),
            changed: Condvar::new(),
            settled: Condvar::new(),
            owners: AtomicUsize::new(1),
            descriptor: Descriptor::default(),
        });
        if let Some(level) = queue.options.log {
            log::listen(level, Arc::downgrade(&queue) as Weak<dyn log::Listener>);
        }
        Owner(queue)
    }

    /// The queue itself, for whoever only delivers to it.
    pub fn queue(&self) -> &Arc<Queue> {
        &self.0
    }

    /// Becomes an owner of a queue that has one already.
    pub fn join(queue: &Arc<Queue>) -> Owner {
        queue.owners.fetch_add(1, Ordering::Relaxed);
        Owner(Arc::clone(queue))
    }

    /// Gives the reference up. When it was the last, the wakeup callback ends too, and outside of callbacks this waits
    /// until no callback of the queue is running and its thread is gone.
    pub fn leave(self) {
        let queue = Arc::clone(&self.0);
        drop(self);
        if queue.owners.load(Ordering::Acquire) > 0 {
            return;
        }
        queue.set_wakeup(None);
        if !callback::inside_callback() {
            // Refused inside a callback only.
            let _ = queue.stop_thread();
            queue.wait_until_idle();
        }
    }

    /// The reference as a handle that owns without being dropped; [`Owner::assume`] turns it back.
    pub fn release(self) -> Arc<Queue> {
        let queue = Arc::clone(&self.0);
        queue.owners.fetch_add(1, Ordering::Relaxed);
        queue
    }

    /// The owner that such a handle is.
    pub fn assume(queue: Arc<Queue>) -> Owner {
        Owner(queue)
    }
}

impl Clone for Owner {
    fn clone(&self) -> Owner {
        Owner::join(&self.0)
    }
}

impl std::ops::Deref for Owner {
    type Target = Queue;

    fn deref(&self) -> &Queue {
        &self.0
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        if self.0.owners.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.close();
            self.0.discard_all();
        }
    }
}
