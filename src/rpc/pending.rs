//! Our requests: they wait here for their answers, and the answers for those who asked.
//!
//! A request is in the slot that its id names, modulo the number of slots. As ids count up, two of them meet in a slot only
//! when one has waited while as many others came as there are slots; its id is then left out.

use std::mem::take;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::task::{Context, Poll, Waker};

use parking_lot::Mutex;

use crate::error::{Code, Error, Result};

/// What is done with a result on the reader, before the next frame is looked at.
pub(super) type OnResult = Box<dyn FnOnce(&str) + Send>;

/// The table of requests. Ids count up from 1 and are never reused.
#[derive(Default)]
pub(super) struct Pending(Mutex<Table>);

/// Requests that a close has taken out of the table, to fail them.
pub(super) struct Failing {
    ids: Vec<i64>,
    bookkeeping: Vec<OnResult>,
}

#[derive(Default)]
struct Table {
    closed: Option<Error>,
    last_id: i64,
    /// A power of two, or none before the first request.
    slots: Vec<Slot>,
    /// Slots that are taken; at most half of them.
    taken: usize,
    /// Requests that the peer has not answered.
    open: usize,
}

/// One request. It is there as long as somebody may ask for its answer, or something is to be done with its result.
#[derive(Default)]
struct Slot {
    /// 0 in a free slot.
    id: i64,
    /// The peer has not answered.
    open: bool,
    caller: Caller,
    on_result: Option<OnResult>,
}

/// The one who asked.
#[derive(Default)]
enum Caller {
    /// It stopped waiting, or has got its answer.
    #[default]
    Gone,
    Waiting(Option<Waker>),
    Answered(Result<String>),
}

/// How many slots there are to begin with.
const FIRST: usize = 16;
/// A table without requests that has more slots than this gives them back.
const KEEP: usize = 1024;

impl Pending {
    /// Enters a request: its id, and whether it is the only one that waits for its answer. After the close it is refused
    /// with the reason of that.
    pub fn add(&self, on_result: Option<OnResult>) -> Result<(i64, bool)> {
        let mut table = self.0.lock();
        match &table.closed {
            Some(reason) => Err(reason.clone()),
            None => {
                let id = table.add(on_result);
                Ok((id, table.open == 1))
            }
        }
    }

    /// A number for a request whose answer nobody wants, and whether no other waits for one.
    pub fn number(&self) -> Result<(i64, bool)> {
        let mut table = self.0.lock();
        match &table.closed {
            Some(reason) => Err(reason.clone()),
            None => {
                table.last_id += 1;
                Ok((table.last_id, table.open == 0))
            }
        }
    }

    /// Takes out a request that was not sent; false when it was answered meanwhile, by a close.
    pub fn withdraw(&self, id: i64) -> bool {
        let mut table = self.0.lock();
        let Some(slot) = table.find(id).filter(|slot| slot.open) else { return false };
        let withdrawn = (take(&mut slot.caller), slot.on_result.take());
        table.tidy(id);
        drop(table);
        drop(withdrawn);
        true
    }

    /// Hands an answer over, to the bookkeeping first; false when nobody waits for it. Its text is made with `text`, and only
    /// where it is wanted.
    pub fn settle<T>(&self, id: i64, answer: Result<T>, text: impl FnOnce(T) -> String) -> bool {
        let mut table = self.0.lock();
        let Some(slot) = table.find(id).filter(|slot| slot.open) else { return false };
        slot.open = false;
        let on_result = slot.on_result.take();
        table.open -= 1;
        let Some(on_result) = on_result else {
            let told = table.answer(id, answer.map(text));
            drop(table);
            told.wake();
            return true;
        };
        drop(table);
        let answer = answer.map(text);
        // Not even a panic may leave the caller waiting.
        let booked = catch_unwind(AssertUnwindSafe(|| match &answer {
            Ok(result) => on_result(result),
            Err(_) => drop(on_result),
        }));
        let answer = if booked.is_ok() { answer } else { Err(panicked()) };
        let told = self.0.lock().answer(id, answer);
        told.wake();
        if let Err(panic) = booked {
            resume_unwind(panic);
        }
        true
    }

    /// The answer, once it is there; `None` when it has been handed out.
    pub fn poll(&self, id: i64, context: &Context<'_>) -> Poll<Option<Result<String>>> {
        let mut table = self.0.lock();
        let Some(slot) = table.find(id) else { return Poll::Ready(None) };
        match &mut slot.caller {
            Caller::Waiting(Some(waker)) if waker.will_wake(context.waker()) => Poll::Pending,
            Caller::Waiting(waker) => {
                let former = waker.replace(context.waker().clone());
                drop(table);
                drop(former); // may be the last of a task that drops a call
                Poll::Pending
            }
            Caller::Gone => Poll::Ready(None),
            Caller::Answered(_) => {
                let Caller::Answered(answer) = take(&mut slot.caller) else { return Poll::Ready(None) };
                table.tidy(id);
                Poll::Ready(Some(answer))
            }
        }
    }

    /// How many requests wait for their answers.
    pub fn len(&self) -> usize {
        self.0.lock().open
    }

    /// The caller stopped waiting; true when there was no answer yet. What is to be done with a result is still done.
    pub fn abandon(&self, id: i64) -> bool {
        let mut table = self.0.lock();
        let Some(slot) = table.find(id) else { return false };
        let caller = take(&mut slot.caller);
        table.tidy(id);
        drop(table);
        matches!(caller, Caller::Waiting(_))
    }

    /// Tells every caller of a failure that may concern any of them. Requests with bookkeeping stay, for those that it
    /// does not concern are still answered.
    pub fn fail_callers(&self, error: &Error) {
        let mut wakers = Vec::new();
        let mut table = self.0.lock();
        for id in table.open_ids() {
            if let Some(slot) = table.find(id)
                && slot.on_result.is_none()
            {
                slot.open = false;
                table.open -= 1;
            }
            wakers.push(table.answer(id, Err(error.clone())));
        }
        drop(table);
        wakers.into_iter().for_each(Told::wake);
    }

    /// Refuses what comes from now on; returns what is to be [failed](Self::fail), or `None` when this was done before.
    /// `closing` runs under the lock, so that nobody sees one without the other.
    pub fn close(&self, reason: &Error, closing: impl FnOnce()) -> Option<Failing> {
        let mut table = self.0.lock();
        if table.closed.is_some() {
            return None;
        }
        table.closed = Some(reason.clone());
        closing();
        let ids = table.open_ids();
        let mut bookkeeping = Vec::new();
        for id in &ids {
            if let Some(slot) = table.find(*id) {
                slot.open = false;
                bookkeeping.extend(slot.on_result.take());
            }
        }
        table.open = 0;
        Some(Failing { ids, bookkeeping })
    }

    /// Ends what was open at the close: the bookkeeping is dropped unrun, and then the callers are told.
    pub fn fail(&self, failing: Failing, reason: &Error) {
        drop(failing.bookkeeping);
        let mut table = self.0.lock();
        let told: Vec<_> = failing.ids.into_iter().map(|id| table.answer(id, Err(reason.clone()))).collect();
        drop(table);
        told.into_iter().for_each(Told::wake);
    }
}

/// Why a call fails whose bookkeeping or handler panicked.
pub(super) fn panicked() -> Error {
    Error::new(Code::Internal, "a handler of the connection panicked; this is a bug in libcopilot")
}

/// What is left to do for an answer once the lock is released.
struct Told {
    waker: Option<Waker>,
    /// An answer that nobody wanted, to be dropped.
    _unwanted: Option<Result<String>>,
}

impl Told {
    fn wake(self) {
        if let Some(waker) = self.waker {
            waker.wake();
        }
    }
}

impl Table {
    fn add(&mut self, on_result: Option<OnResult>) -> i64 {
        if self.taken * 2 >= self.slots.len() {
            self.resize((self.slots.len() * 2).max(FIRST));
        }
        loop {
            self.last_id += 1;
            let id = self.last_id;
            let at = self.slot_of(id);
            let slot = &mut self.slots[at];
            if slot.id == 0 {
                *slot = Slot { id, open: true, caller: Caller::Waiting(None), on_result };
                self.taken += 1;
                self.open += 1;
                return id;
            }
        }
    }

    fn slot_of(&self, id: i64) -> usize {
        id as usize & (self.slots.len() - 1)
    }

    fn find(&mut self, id: i64) -> Option<&mut Slot> {
        if id <= 0 || self.slots.is_empty() {
            return None;
        }
        let at = self.slot_of(id);
        Some(&mut self.slots[at]).filter(|slot| slot.id == id)
    }

    /// Puts every request into its slot among so many. Those that had different slots have different ones again when
    /// there are twice as many.
    fn resize(&mut self, slots: usize) {
        let former = std::mem::replace(&mut self.slots, (0..slots).map(|_| Slot::default()).collect());
        for slot in former.into_iter().filter(|slot| slot.id != 0) {
            let at = self.slot_of(slot.id);
            self.slots[at] = slot;
        }
    }

    /// Gives the caller its answer, if it is still there.
    fn answer(&mut self, id: i64, answer: Result<String>) -> Told {
        let mut told = Told { waker: None, _unwanted: None };
        match self.find(id) {
            Some(Slot { caller: caller @ Caller::Waiting(_), .. }) => {
                if let Caller::Waiting(waker) = std::mem::replace(caller, Caller::Answered(answer)) {
                    told.waker = waker;
                }
            }
            _ => told._unwanted = Some(answer),
        }
        self.tidy(id);
        told
    }

    /// Frees the slot when nobody needs it any more, and all of them when there are many and none is needed.
    fn tidy(&mut self, id: i64) {
        let Some(slot) = self.find(id) else { return };
        let has_caller = !matches!(slot.caller, Caller::Gone);
        if has_caller || (slot.open && slot.on_result.is_some()) {
            return;
        }
        let was_open = slot.open;
        (slot.id, slot.open) = (0, false);
        self.open -= usize::from(was_open);
        self.taken -= 1;
        if self.taken == 0 && self.slots.len() > KEEP {
            self.slots = Vec::new();
        }
    }

    fn open_ids(&self) -> Vec<i64> {
        self.slots.iter().filter(|slot| slot.open).map(|slot| slot.id).collect()
    }
}

#[cfg(test)]
mod tests;
