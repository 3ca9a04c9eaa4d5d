//! What a queue does when too much waits: it joins pieces of one text, it lets the oldest go where it was told to, and
//! it says so.

use std::mem;
use std::sync::{Arc, Weak};

use super::event::{Deliver, Event, Kind};
use super::options::Overflow;
use super::told::{Text, Told};
use super::{Cargo, Queue, State, Subscriptions, intern};
use crate::json::Json;
use crate::protocol::deltas::Delta;

/// The type of the event that tells of it.
const TYPE: &str = "overflow";

/// So far back a piece looks for the one that it continues: more streams than this at the same time are not joined.
const LOOK_BACK: usize = 64;

/// What was done to items.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// Events whose text was added to one that waited before them.
    pub merged: u64,
    /// Events that nobody will see.
    pub dropped: u64,
    /// What those held.
    pub dropped_bytes: u64,
}

impl Losses {
    fn add(&mut self, other: Losses) {
        self.merged += other.merged;
        self.dropped += other.dropped;
        self.dropped_bytes += other.dropped_bytes;
    }
}

/// What a queue has had to do.
#[derive(Default)]
pub struct Account {
    /// Since the last item that told of it was taken; `None` while nothing is to be told.
    untold: Option<Losses>,
    /// Ever.
    total: Losses,
    /// Those who may have a callback for the item.
    listeners: Vec<Weak<Subscriptions>>,
}

/// A piece that waits, and what it needs to become an event again.
pub struct Waiting {
    /// The event that came first, without its text.
    first: Told,
    delta: Delta,
}

impl Waiting {
    pub fn bytes(&self) -> usize {
        size_of::<Waiting>() + self.delta.bytes()
    }

    fn into_told(self) -> Told {
        Told { text: Text::whole(self.delta.into_event()), ..self.first }
    }
}

/// What is to be dropped once the state is unlocked: with it may go the last reference to data of the program's.
#[must_use]
pub struct LeftOver {
    _cargo: Vec<Cargo>,
    _listeners: Vec<Arc<Subscriptions>>,
}

impl State {
    /// Appends an event, or adds it to what waits when that is over the limit.
    #[inline(always)]
    pub(super) fn admit(&mut self, cargo: Cargo, queue: &Queue) -> Option<Box<LeftOver>> {
        let below = self.bytes < queue.options.soft_limit_bytes.min(queue.options.hard_limit_bytes);
        if below && queue.options.overflow == Overflow::Pause {
            self.append(cargo);
            return None;
        }
        self.admit_with_care(cargo, below, queue).map(Box::new)
    }

    #[cold]
    fn admit_with_care(&mut self, cargo: Cargo, below: bool, queue: &Queue) -> Option<LeftOver> {
        if below {
            self.append(cargo);
        } else {
            let left_over = self.admit_over_the_limit(cargo, queue);
            if left_over.is_some() {
                return left_over;
            }
        }
        let options = &queue.options;
        let is_full = options.overflow == Overflow::DropOldest && self.bytes >= options.hard_limit_bytes;
        is_full.then(|| self.drop_oldest(queue))
    }

    fn admit_over_the_limit(&mut self, cargo: Cargo, queue: &Queue) -> Option<LeftOver> {
        match cargo {
            Cargo::Event(event)
                if event.kind() == Kind::Log && self.bytes >= queue.options.hard_limit_bytes =>
            {
                let dropped_bytes = event.bytes() as u64;
                let listeners =
                    self.account(Losses { dropped: 1, dropped_bytes, ..Losses::default() }, queue);
                return Some(LeftOver { _cargo: vec![Cargo::Event(event)], _listeners: listeners });
            }
            Cargo::Told(told) => match delta(&told) {
                Some(delta) => match self.merge(&told, delta) {
                    Ok(()) => {
                        let merged = Losses { merged: 1, ..Losses::default() };
                        let listeners = self.account(merged, queue);
                        return Some(LeftOver { _cargo: vec![Cargo::Told(told)], _listeners: listeners });
                    }
                    Err(delta) => {
                        let first = Told { text: Text::default(), ..told };
                        self.append(Cargo::Delta(Box::new(Waiting { first, delta })));
                    }
                },
                None => self.append(Cargo::Told(told)),
            },
            cargo => self.append(cargo),
        }
        None
    }

    /// Adds a piece to the one it continues. Only pieces may lie between: what is not one keeps its place.
    fn merge(&mut self, told: &Told, mut delta: Delta) -> Result<(), Delta> {
        for item in self.items.iter_mut().rev().take(LOOK_BACK) {
            match &mut item.cargo {
                Cargo::Delta(waiting) if waiting.first.is_beside(told) => {
                    let before = waiting.bytes();
                    match waiting.delta.join(delta) {
                        Ok(()) => {
                            self.bytes = self.bytes - before + waiting.bytes();
                            return Ok(());
                        }
                        Err(other) => delta = other,
                    }
                }
                Cargo::Told(other) if other.is_beside(told) => break,
                Cargo::Asking(other) if other.request.session_id() == Some(&**told.origin.session_id()) => {
                    break;
                }
                Cargo::Event(other) if other.session_id() == Some(&**told.origin.session_id()) => break,
                // What is of another session has no order with this one.
                Cargo::Told(_)
                | Cargo::Asking(_)
                | Cargo::Event(_)
                | Cargo::Delta(_)
                | Cargo::Overflow
                | Cargo::Remains(_) => {}
            }
        }
        Err(delta)
    }

    /// Lets the oldest events go until the rest is below the limit; what somebody has to act upon stays.
    fn drop_oldest(&mut self, queue: &Queue) -> LeftOver {
        let mut losses = Losses::default();
        let (mut dropped, mut at) = (Vec::new(), 0);
        while self.bytes >= queue.options.hard_limit_bytes {
            let Some(item) = self.items.get(at) else { break };
            if !item.cargo.is_expendable() {
                at += 1;
                continue;
            }
            let Some(item) = self.items.remove(at) else { break };
            let bytes = item.cargo.bytes();
            self.bytes -= bytes;
            losses.dropped += 1;
            losses.dropped_bytes += bytes as u64;
            dropped.push(item.cargo);
        }
        let listeners = if losses.dropped > 0 { self.account(losses, queue) } else { Vec::new() };
        LeftOver { _cargo: dropped, _listeners: listeners }
    }

    /// Enters it in the books, with one item that tells of it and of what follows until it is taken.
    fn account(&mut self, losses: Losses, queue: &Queue) -> Vec<Arc<Subscriptions>> {
        self.account.total.add(losses);
        if let Some(untold) = &mut self.account.untold {
            untold.add(losses);
            return Vec::new();
        }
        let listeners = self.account.listeners();
        if queue.takes_everything() || listeners.iter().any(|listener| listener.wants(TYPE)) {
            self.account.untold = Some(losses);
            self.append(Cargo::Overflow);
        }
        listeners
    }

    /// What an item has become by the time it is taken.
    #[cold]
    pub(super) fn ripen(&mut self, cargo: &mut Cargo) {
        *cargo = match mem::replace(cargo, Cargo::Overflow) {
            Cargo::Delta(waiting) => Cargo::Told(waiting.into_told()),
            Cargo::Overflow => Cargo::Event(Arc::new(self.account.tell())),
            cargo => cargo,
        };
    }
}

/// The event as a piece of a stream.
fn delta(told: &Told) -> Option<Delta> {
    Delta::read(told.event_type.to_str().ok()?, told.text.as_str())
}

impl Cargo {
    /// True for what stands for something else until it is taken.
    pub(super) fn is_unripe(&self) -> bool {
        matches!(self, Cargo::Delta(_) | Cargo::Overflow)
    }

    /// True for what tells the program of something and asks nothing of it.
    fn is_expendable(&self) -> bool {
        match self {
            Cargo::Delta(_) | Cargo::Told(_) => true,
            Cargo::Event(event) => {
                use Kind::{Lifecycle, Log, Notification, Policy, Session};
                matches!(event.kind(), Session | Lifecycle | Notification | Policy | Log)
            }
            Cargo::Asking(_) | Cargo::Overflow | Cargo::Remains(_) => false,
        }
    }
}

impl Account {
    pub(super) fn listeners(&self) -> Vec<Arc<Subscriptions>> {
        self.listeners.iter().filter_map(Weak::upgrade).collect()
    }

    fn tell(&mut self) -> Event {
        let Losses { merged, dropped, dropped_bytes } = self.untold.take().unwrap_or_default();
        let json = serde_json::json!({ "merged": merged, "dropped": dropped, "droppedBytes": dropped_bytes });
        let event = Event::new(Kind::Overflow, intern(TYPE), None, Json::from_trusted(json.to_string()));
        event.delivered_by(Arc::new(Listeners(self.listeners())))
    }
}

/// Everybody who may have a callback for what a queue tells of itself.
pub(super) struct Listeners(pub Vec<Arc<Subscriptions>>);

impl Listeners {
    pub fn want(&self, event_type: &str) -> bool {
        self.0.iter().any(|listener| listener.wants(event_type))
    }
}

impl Deliver for Listeners {
    fn deliver(&self, event: &Event) {
        self.0.iter().for_each(|listener| listener.deliver(event));
    }
}

impl Queue {
    /// Lets the callbacks of a client or session that delivers here hear of merging and dropping too.
    pub fn add_listener(&self, subscriptions: &Arc<Subscriptions>) {
        let mut state = self.state.lock();
        state.account.listeners.retain(|listener| listener.strong_count() > 0);
        state.account.listeners.push(Arc::downgrade(subscriptions));
    }

    /// What was merged and dropped since the queue was made.
    pub fn losses(&self) -> Losses {
        self.state.lock().account.total
    }
}
