//! Serving a queue: taking items, running callbacks, and doing so while waiting for an operation.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::patience::Patience;
use super::slot::Slot;
use super::{Cargo, Event, Item, Queue, Server, State, Told};
use crate::callback::{self, Home, Serving};
use crate::error::{Code, Error, Result};
use crate::sync::MutexGuard;
use crate::sync::thread::{self, ThreadId};

/// What [`Queue::next`] came back with.
pub enum Taken {
    /// An event, now the caller's.
    Event(Arc<Event>),
    /// Nothing came in time.
    Timeout,
    /// Somebody called [`Queue::wake`].
    Woken,
    /// The queue is closed and empty.
    Closed,
}

/// An item of the program's.
pub(super) enum Parcel {
    Told(Told),
    Event(Arc<Event>),
}

/// How long to wait for an item. The clock is looked at when the wait begins: mostly something waits already.
pub(super) struct LookOut {
    timeout: Option<Duration>,
    deadline: Option<Deadline>,
}

impl LookOut {
    /// One that has not begun.
    pub fn new(timeout: Option<Duration>) -> LookOut {
        LookOut { timeout, deadline: None }
    }

    fn deadline(&mut self) -> Deadline {
        *self.deadline.get_or_insert_with(|| deadline_after(self.timeout))
    }
}

/// A moment by which a wait must be over; `None` is never.
pub type Deadline = Option<Instant>;

/// When a wait of this length is over. `None` waits for ever, as does what no clock can hold.
pub fn deadline_after(timeout: Option<Duration>) -> Deadline {
    timeout.and_then(|timeout| Instant::now().checked_add(timeout))
}

#[cfg(copilot_loom)]
use loom::thread_local;

thread_local! {
    /// Lives as long as the thread.
    static LIFE: Arc<()> = Arc::new(());
}

/// How often a wait looks whether the thread that is to serve the queue still lives: its end tells nobody.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

fn is_over(deadline: Deadline) -> bool {
    deadline.is_some_and(|deadline| Instant::now() >= deadline)
}

impl Queue {
    /// Takes the next event and leaves its callbacks alone. From now on the program serves the queue.
    pub fn next(&self, timeout: Option<Duration>) -> Result<Taken> {
        let mut taken = None;
        let nothing = self.take_events("copilot_queue_next", timeout, 1, |event| taken = Some(event))?.err();
        Ok(taken.map(Taken::Event).or(nothing).unwrap_or(Taken::Timeout))
    }

    /// Takes the next item that is the program's, or says why there is none. From now on the program serves the queue.
    pub(super) fn take(
        &self,
        state: &mut MutexGuard<'_, State>,
        timeout: Option<Duration>,
    ) -> std::result::Result<Parcel, Taken> {
        state.taken_by = Server::Host;
        let mut look_out = LookOut::new(timeout);
        loop {
            match self.take_waiting(state) {
                Some(parcel) => return Ok(parcel),
                None => self.look_out(state, &mut look_out)?,
            }
        }
    }

    /// Waits until something may have come, or says what came instead.
    #[inline(never)]
    pub(super) fn look_out(
        &self,
        state: &mut MutexGuard<'_, State>,
        look_out: &mut LookOut,
    ) -> std::result::Result<(), Taken> {
        if state.closed {
            return Err(Taken::Closed);
        } else if std::mem::take(&mut state.woken) {
            return Err(Taken::Woken);
        }
        let deadline = look_out.deadline();
        if is_over(deadline) {
            return Err(Taken::Timeout);
        }
        self.wait(state, deadline);
        Ok(())
    }

    /// Takes an item that is the program's, if one waits.
    pub(super) fn take_waiting(&self, state: &mut MutexGuard<'_, State>) -> Option<Parcel> {
        loop {
            match self.pop(state)?.cargo {
                Cargo::Told(told) => return Some(Parcel::Told(told)),
                Cargo::Event(event) => return Some(Parcel::Event(event)),
                Cargo::Asking(asking) => return Some(Parcel::Event(asking.into_item(self))),
                cargo => self.end_others(state, cargo),
            }
        }
    }

    /// The end of what is in the queue and not the program's.
    pub(super) fn end_others(&self, state: &mut MutexGuard<'_, State>, cargo: Cargo) {
        MutexGuard::unlocked(state, || self.serving(|| drop(cargo)));
    }

    /// The same, and takes a text that came free.
    pub(super) fn take_another(&self, spare: String) -> Option<Parcel> {
        let mut state = self.state.lock();
        state.spares.give(spare);
        self.take_waiting(&mut state)
    }

    /// The program has looked at the queue, and a text came free.
    pub(super) fn looked(&self, spare: String) {
        let mut state = self.state.lock();
        state.spares.give(spare);
        self.rearm(state);
    }

    /// Runs the callbacks of up to `max_items` items on this thread (of all that come, when `None`), waiting up to
    /// the timeout for the first. Returns how many it ran; 0 also when another thread dispatches all the while.
    pub fn dispatch(&self, max_items: Option<usize>, timeout: Option<Duration>) -> Result<usize> {
        if callback::is_serving(self.identity()) {
            let message = "copilot_queue_dispatch was called inside a callback of the same queue; return from the \
                           callback instead: whoever dispatches goes on with the next item";
            return Err(Error::new(Code::InvalidState, message));
        }
        refuse_direct("copilot_queue_dispatch")?;
        let _kept = self.keep();
        self.take_over();
        let ran = self.run_items(max_items, deadline_after(timeout), |_| false);
        self.looked(String::new());
        if ran == 0 && self.is_finished() {
            return Err(Error::new(Code::Closed, "the queue is closed and empty"));
        }
        Ok(ran)
    }

    /// A reference for the time in which a callback may free the program's last one.
    pub(super) fn keep(&self) -> Option<Arc<Queue>> {
        self.this.upgrade()
    }

    /// This thread is the one that serves the queue from now on, unless a library thread does.
    fn take_over(&self) {
        let mut state = self.state.lock();
        if state.thread.id().is_none() {
            state.taken_by = Server::Dispatcher(thread::current().id());
            state.dispatcher = LIFE.try_with(Arc::downgrade).unwrap_or_default();
        }
    }

    pub(super) fn is_finished(&self) -> bool {
        let state = self.state.lock();
        state.closed && state.items.is_empty()
    }

    /// Runs items until so many were run, nothing came in time, somebody wakes the queue, it is closed and empty, or
    /// `until` says so.
    pub(super) fn run_items(
        &self,
        max_items: Option<usize>,
        deadline: Deadline,
        until: impl Fn(&State) -> bool,
    ) -> usize {
        let mut slot = Slot::default();
        // This thread does nothing but run callbacks, and wait for them.
        let ran = self.serving(|| self.run_items_in(&mut slot, max_items, deadline, until));
        self.put_to_rest(slot);
        ran
    }

    fn run_items_in(
        &self,
        slot: &mut Slot,
        max_items: Option<usize>,
        deadline: Deadline,
        until: impl Fn(&State) -> bool,
    ) -> usize {
        let mut ran = 0;
        let me = thread::current().id();
        let mut state = self.state.lock();
        while max_items.is_none_or(|max| ran < max) && !until(&state) {
            if state.running.is_none() && !state.items.is_empty() && state.may_be_dispatched_by(me) {
                ran += usize::from(self.run_one(&mut state, me, slot));
            } else if ran > 0
                || (state.closed && state.items.is_empty())
                // The library's own thread leaves a wake to the program's waits.
                || (state.thread.id() != Some(me) && std::mem::take(&mut state.woken))
                || is_over(deadline)
            {
                break;
            } else if state.running.is_some() {
                self.stand_by(&mut state, deadline, Some(0));
            } else {
                self.wait(&mut state, deadline);
            }
        }
        ran
    }

    /// Lets go of what is held of the last event: with it may go data of the program's.
    fn put_to_rest(&self, slot: Slot) {
        if !slot.is_at_rest() {
            self.serving(|| drop(slot));
        }
    }

    /// Runs the first item, with the state unlocked, on a thread that is [`Queue::serving`]; false when it was none of the
    /// program's.
    fn run_one<'q>(&'q self, state: &mut MutexGuard<'q, State>, me: ThreadId, slot: &mut Slot) -> bool {
        // Where it is run, for it is moved often enough.
        let Some(item) = slot.put(state.items.pop_front()) else { return false };
        self.popped(state, item);
        let is_last = state.items.is_empty();
        state.running = Some((me, item.number));
        let run = Run { queue: self, state };
        let (is_counted, spare) = MutexGuard::unlocked(run.state, || {
            let ran = slot.run(self.identity());
            if is_last {
                slot.rest();
            }
            ran
        });
        run.state.spares.give(spare);
        is_counted
    }

    /// Does what runs callbacks of this queue's, or drops what is the program's.
    fn serving<T>(&self, work: impl FnOnce() -> T) -> T {
        let _serving = Serving::enter(self.identity());
        work()
    }

    #[inline(always)]
    pub(super) fn pop(&self, state: &mut State) -> Option<Item> {
        let mut item = state.items.pop_front()?;
        self.popped(state, &mut item);
        Some(item)
    }

    /// Keeps the books after this item has left.
    #[inline(always)]
    fn popped(&self, state: &mut State, item: &mut Item) {
        self.took(state, item.cargo.bytes());
        state.watch.served();
        if item.cargo.is_unripe() {
            state.ripen(&mut item.cargo);
        }
    }

    pub(super) fn wait(&self, state: &mut MutexGuard<'_, State>, deadline: Deadline) {
        state.waiting += 1;
        match deadline {
            Some(deadline) => {
                self.changed.wait_until(state, deadline);
            }
            None => self.changed.wait(state),
        }
        state.waiting -= 1;
    }

    /// The same for who takes nothing in any case. Also until an item was run and no item with a number below this waits
    /// any more.
    fn stand_by(&self, state: &mut MutexGuard<'_, State>, deadline: Deadline, watches_for: Option<u64>) {
        state.standing_by += 1;
        if let Some(number) = watches_for {
            state.watched_for = if state.watching == 0 { number } else { number.min(state.watched_for) };
            state.watching += 1;
        }
        match deadline {
            Some(deadline) => {
                self.settled.wait_until(state, deadline);
            }
            None => self.settled.wait(state),
        }
        state.standing_by -= 1;
        state.watching -= usize::from(watches_for.is_some());
    }

    /// Waits until the awaited has ended, serving the queue meanwhile if nobody else does, and then until what
    /// was queued before its end has been dispatched, by this thread or by the one that serves the queue; what a host
    /// takes by its own means is not waited for. False when the time was up before the end.
    pub(super) fn wait_for(&self, awaited: &mut impl Awaited, deadline: Deadline) -> bool {
        let mut slot = Slot::default();
        let has_ended = self.serve_until(awaited, deadline, &mut slot);
        self.put_to_rest(slot);
        has_ended
    }

    fn serve_until(&self, awaited: &mut impl Awaited, deadline: Deadline, slot: &mut Slot) -> bool {
        let me = thread::current().id();
        let inside = callback::is_serving(self.identity());
        let mut patience = Patience::until(deadline);
        let mut state = self.state.lock();
        // This much is served even when the time is up already, so that a wait of no time gets somewhere too.
        let came_before = state.pushed;
        loop {
            let ended_at = awaited.ended_at(&mut state);
            let serves = !inside && !self.takes_everything() && state.may_be_served_by(me);
            if ended_at.is_some_and(|end| inside || !state.owes(end, me, serves)) {
                return true;
            }
            let may_run = serves && state.running.is_none();
            let last = match ended_at {
                Some(end) => end,
                None if patience.is_over() => came_before,
                None => u64::MAX,
            };
            if may_run && state.has_before(last) {
                self.serving(|| self.run_one(&mut state, me, slot));
            } else if patience.is_over_now() {
                return ended_at.is_some();
            } else {
                let until = self.look_again_by(&state, deadline, me);
                if may_run {
                    self.wait(&mut state, until);
                } else {
                    self.stand_by(&mut state, until, if serves { Some(0) } else { ended_at });
                }
            }
        }
    }

    /// The deadline, or a moment before it: the end of another thread that is to serve the queue tells nobody.
    fn look_again_by(&self, state: &State, deadline: Deadline, me: ThreadId) -> Deadline {
        let is_others = matches!(state.server(), Server::Dispatcher(server) if server != me);
        if !is_others || callback::is_serving(self.identity()) {
            return deadline;
        }
        let look_again = Instant::now() + LOOK_AGAIN;
        Some(deadline.map_or(look_again, |deadline| deadline.min(look_again)))
    }

    /// Lets those who wait look at their operation again.
    pub(super) fn operation_ended(&self) {
        self.tell_all(self.state.lock());
    }

    /// Items pushed so far.
    pub(super) fn pushed(&self) -> u64 {
        self.state.lock().pushed
    }

    /// Ends one wait, the current one or the next. Allowed everywhere, also in a wakeup callback.
    pub fn wake(&self) {
        let mut state = self.state.lock();
        state.woken = true;
        self.tell_all(state);
    }

    /// An error inside a callback of this queue, where `what` would wait for itself.
    #[inline]
    pub fn refuse_inside(&self, what: &str) -> Result<()> {
        if callback::inside_callback() { self.refuse_inside_its_own(what) } else { Ok(()) }
    }

    #[cold]
    fn refuse_inside_its_own(&self, what: &str) -> Result<()> {
        refuse_direct(what)?;
        if !callback::is_serving(self.identity()) {
            return Ok(());
        }
        let message = format!(
            "{what} was called inside a callback of the queue that it needs, and would wait for itself; use the \
             _async form, or call it from another thread"
        );
        Err(Error::new(Code::WouldDeadlock, message))
    }

    /// Waits until no callback of the queue runs on another thread.
    pub(super) fn wait_until_idle(&self) {
        let me = thread::current().id();
        let mut state = self.state.lock();
        while state.running.is_some_and(|(thread, _)| thread != me) {
            self.stand_by(&mut state, None, Some(0));
        }
    }

    /// Drops everything that waits: on this thread, if it is one of the program's.
    pub(super) fn discard_all(&self) {
        let mut state = self.state.lock();
        let items = std::mem::take(&mut state.items);
        let bytes = state.bytes;
        self.took(&mut state, bytes);
        drop(state);
        for item in items {
            match item.cargo {
                Cargo::Remains(remains) => callback::abandon(remains),
                cargo => drop(cargo),
            }
        }
    }
}

/// An error inside a direct callback, which keeps its thread from reading.
fn refuse_direct(what: &str) -> Result<()> {
    if !callback::inside_direct() {
        return Ok(());
    }
    let message = format!(
        "{what} was called inside a direct callback, on the thread that reads what the server sends, and must not keep \
         it waiting; use the _async form, or another thread"
    );
    Err(Error::new(Code::WouldDeadlock, message))
}

/// An item that is being run. However that ends, nothing is run any more then.
struct Run<'r, 'q> {
    queue: &'q Queue,
    state: &'r mut MutexGuard<'q, State>,
}

impl Drop for Run<'_, '_> {
    fn drop(&mut self) {
        let Run { queue, state } = self;
        state.running = None;
        if state.watching > 0 && state.next_number() >= state.watched_for {
            queue.settled.notify_all();
        }
    }
}

/// What a thread waits for while it may serve the queue.
pub(super) trait Awaited {
    /// How many items the queue had been given when it ended; `None` before. May unlock the state meanwhile.
    fn ended_at(&mut self, state: &mut MutexGuard<'_, State>) -> Option<u64>;
}

impl State {
    /// True when a blocking call on this thread is to serve the queue.
    fn may_be_served_by(&self, thread: ThreadId) -> bool {
        match self.server() {
            Server::Nobody => true,
            Server::Dispatcher(server) => server == thread,
            Server::Host | Server::Library(_) => false,
        }
    }

    /// False for everybody else while a library thread serves the queue: callbacks are to run on that alone.
    fn may_be_dispatched_by(&self, thread: ThreadId) -> bool {
        self.thread.id().is_none_or(|library| library == thread)
    }

    fn has_before(&self, number: u64) -> bool {
        self.next_number() < number
    }

    /// The number of the first item that waits; above that of all items where none does.
    fn next_number(&self) -> u64 {
        self.items.front().map_or(u64::MAX, |item| item.number)
    }

    /// True while items from before an operation's end still have to be dispatched, by this thread if it `serves`, or
    /// by another one that will.
    fn owes(&self, end: u64, me: ThreadId, serves: bool) -> bool {
        let being_run = self.running.is_some_and(|(_, number)| number < end);
        let others_turn = match self.server() {
            Server::Host => return false,
            Server::Nobody => false,
            Server::Dispatcher(thread) | Server::Library(thread) => thread != me,
        };
        being_run || ((serves || others_turn) && self.has_before(end))
    }
}
