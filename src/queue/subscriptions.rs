//! Who wants to hear of which events.

use std::sync::atomic::{self, AtomicI64, Ordering};
use std::sync::{Arc, Weak};

use super::event::{Deliver, Event};
use super::name::Name;
use crate::callback::{Callback, Home};
use crate::protocol::event_alias;
use crate::sync::{AtomicU8, AtomicU64, RwLock};

/// A set of event callbacks, each for one type of event or for all.
#[derive(Default)]
pub struct Subscriptions {
    /// Replaced whole, so that delivering holds no lock while user code runs.
    list: RwLock<Arc<[Subscription]>>,
    /// What the list comes to: asked once for each event, and most programs want either all or nothing.
    summary: AtomicU8,
    /// A number that no other list of any subscriptions has or had; 0 for the first one, which is empty.
    version: AtomicU64,
}

/// A list that was looked up, for who delivers many events in a row. The callbacks in it live as long.
#[derive(Default)]
pub struct Listed {
    version: u64,
    list: Arc<[Subscription]>,
}

/// Nobody wants anything.
const NOTHING: u8 = 0;
/// Only the list tells.
const SOME: u8 = 1;
/// Somebody wants everything.
const ALL: u8 = 2;

#[derive(Clone)]
struct Subscription {
    id: i64,
    /// `None` for all.
    event_type: Option<Box<Wanted>>,
    callback: Arc<Callback<Event>>,
}

/// A type of event, as the program spells it and as the wire does, where that differs.
#[derive(Clone)]
struct Wanted {
    given: Box<str>,
    wire: Option<Box<str>>,
}

impl Subscription {
    fn wants(&self, event_type: &[u8]) -> bool {
        self.event_type.as_ref().is_none_or(|wanted| wanted.is(event_type))
    }
}

impl Wanted {
    fn new(given: &str) -> Wanted {
        Wanted { given: given.into(), wire: event_alias::wire_spelling(given).map(Box::from) }
    }

    fn is(&self, event_type: &[u8]) -> bool {
        self.given.as_bytes() == event_type
            || self.wire.as_deref().is_some_and(|wire| wire.as_bytes() == event_type)
    }
}

static NEXT_ID: AtomicI64 = AtomicI64::new(1);
static NEXT_VERSION: atomic::AtomicU64 = atomic::AtomicU64::new(1);

impl Subscriptions {
    /// Adds a callback for a type of event, in the wire's spelling or the documents', or for all, and gives the number that removes it. Numbers are unique
    /// in the process.
    pub fn add(&self, event_type: Option<&str>, callback: Arc<Callback<Event>>, home: Weak<dyn Home>) -> i64 {
        callback.settle(home);
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        let added =
            Subscription { id, event_type: event_type.map(|given| Box::new(Wanted::new(given))), callback };
        self.change(|list| list.iter().cloned().chain([added]).collect());
        id
    }

    /// Ends the subscription of this number, as [`Callback::retire`] does; false when there is none.
    pub fn end(&self, id: i64) -> bool {
        match self.remove(id) {
            Some(callback) => {
                callback.retire();
                true
            }
            None => false,
        }
    }

    /// Takes a callback out, for the caller to retire. `None` when there is no such number.
    pub(super) fn remove(&self, id: i64) -> Option<Arc<Callback<Event>>> {
        let mut removed = None;
        let former = self.change(|list| {
            removed = list.iter().find(|s| s.id == id).map(|s| s.callback.clone());
            list.iter().filter(|s| s.id != id).cloned().collect()
        });
        drop(former);
        removed
    }

    /// Ends the subscriptions of these numbers without waiting for a call that is running.
    pub fn forget(&self, ids: &[i64]) {
        for id in ids {
            drop(self.remove(*id));
        }
    }

    /// Takes all of them out.
    pub fn clear(&self) {
        drop(self.change(|_| Arc::default()));
    }

    /// True when some callback wants events of this type.
    #[inline]
    pub fn wants(&self, event_type: impl AsRef<[u8]>) -> bool {
        match self.summary.load(Ordering::Relaxed) {
            NOTHING => false,
            ALL => true,
            _ => self.lists(event_type.as_ref()),
        }
    }

    /// The same for a type that is often asked for.
    #[inline(always)]
    pub fn wants_named(&self, event_type: &Name) -> bool {
        match self.summary.load(Ordering::Relaxed) {
            NOTHING => false,
            ALL => true,
            _ => self.lists(event_type.to_bytes()),
        }
    }

    fn lists(&self, event_type: &[u8]) -> bool {
        self.list.read().iter().any(|s| s.wants(event_type))
    }

    /// Replaces the list; gives back the former one, to be dropped without the lock: with it may go data of the
    /// program's.
    fn change(&self, make: impl FnOnce(&[Subscription]) -> Arc<[Subscription]>) -> Arc<[Subscription]> {
        let mut list = self.list.write();
        let next = make(&list);
        let summary = match &*next {
            [] => NOTHING,
            some if some.iter().any(|s| s.event_type.is_none()) => ALL,
            _ => SOME,
        };
        let former = std::mem::replace(&mut *list, next);
        self.summary.store(summary, Ordering::Relaxed);
        self.version.store(NEXT_VERSION.fetch_add(1, Ordering::Relaxed), Ordering::Release);
        former
    }
}

impl Listed {
    /// True where nothing was looked up.
    pub fn is_none(&self) -> bool {
        self.version == 0
    }
}

impl Subscriptions {
    /// Runs the callbacks that want the event. `listed` is what it delivered by before, and will.
    #[inline(always)]
    pub fn deliver_again(&self, event: &Event, listed: &mut Listed) {
        if listed.version != self.version.load(Ordering::Acquire) {
            self.look_up(listed);
        }
        run(&listed.list, event);
    }
}

impl Subscriptions {
    #[cold]
    fn look_up(&self, listed: &mut Listed) {
        let list = self.list.read();
        *listed = Listed { version: self.version.load(Ordering::Acquire), list: Arc::clone(&list) };
    }
}

impl Deliver for Subscriptions {
    fn deliver(&self, event: &Event) {
        let list = Arc::clone(&self.list.read());
        run(&list, event);
    }
}

#[inline(always)]
fn run(list: &[Subscription], event: &Event) {
    for subscription in list {
        match &subscription.event_type {
            Some(wanted) if !wanted.is(event.event_type().to_bytes()) => {}
            _ => drop(subscription.callback.run(event)),
        }
    }
}
