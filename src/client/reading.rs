//! What the reader of a connection remembers from one event to the next, so that it need not look for it again.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Weak};

use super::Core;
use super::connection::{Attached, Connection};
use super::event_types::{EventType, EventTypes};
use crate::protocol::envelope::{self, Beginning};
use crate::queue::{Arrival, Direct, Origin, Queue, Words};

/// Pieces of a text come with reports of how much has come, in turn.
const RECENT: usize = 2;

/// The reader's memory.
#[derive(Default)]
pub struct Reading {
    /// The client, for no longer than a batch, as are the sessions.
    core: Option<Arc<Core>>,
    recent: [Recent; RECENT],
    /// Which of them the last event was like.
    last: usize,
    types: EventTypes,
    direct: Direct,
    /// Events that are not in the client's numbers yet.
    events: u64,
    /// Queues that are to tell those who wait on them when the batch ends.
    silent: Vec<Arc<Queue>>,
}

/// An event that came, as far as the next one may be like it.
#[derive(Default)]
struct Recent {
    beginning: Beginning,
    id: String,
    event_type: Option<Arc<EventType>>,
    place: Option<Place>,
    /// What [`Sessions::changes`](super::sessions::Sessions::changes) was when that was found.
    found_at: u64,
    /// The session has not been told yet that it came.
    is_untold: bool,
}

/// Where the events of a session go.
struct Place {
    session: Arc<dyn Attached>,
    origin: Arc<Origin>,
    queue: Arc<Queue>,
}

impl Reading {
    /// The event in a message that begins like one of the last two that were remembered. From then on it is the last one.
    #[inline(always)]
    pub fn recall<'b>(&mut self, body: &'b str) -> Option<&'b str> {
        let event = self.recent[self.last % RECENT].beginning.event(body);
        if event.is_some() { event } else { self.recall_another(body) }
    }

    #[inline(never)]
    fn recall_another<'b>(&mut self, body: &'b str) -> Option<&'b str> {
        let other = (self.last + 1) % RECENT;
        let event = self.recent[other].beginning.event(body)?;
        self.last = other;
        Some(event)
    }

    /// The event in params of any kind. It is remembered as the last one.
    #[inline(never)]
    pub fn recognise<'p>(&mut self, params: &'p str) -> Option<&'p str> {
        let envelope = envelope::read(params)?;
        self.last = (self.last + 1) % RECENT;
        let event_type = self.types.get(&envelope.event_type);
        self.recent[self.last].replace(params, &envelope, event_type);
        Some(envelope.event)
    }

    /// Brings the event that is the last one to the session that it is of, if that is of this connection. Gives back its
    /// queue when that has become too full.
    #[inline(always)]
    pub fn bring(
        &mut self,
        core: &Weak<Core>,
        connection: &Weak<Connection>,
        event: Words<'_>,
    ) -> Option<Arc<Queue>> {
        if self.core.is_none() {
            self.core = core.upgrade();
        }
        let changes = self.core.as_ref()?.sessions.changes();
        let recent = &mut self.recent[self.last % RECENT];
        if recent.place.is_none() || recent.found_at != changes {
            recent.look_for_session(self.core.as_ref()?, connection, changes);
        }
        let (place, event_type) = recent.place.as_ref().zip(recent.event_type.as_ref())?;
        self.events += 1;
        // What is acted upon is told at once, for it may end what is told of it.
        recent.is_untold = !event_type.is_acted;
        let arrival = place.bring(event_type, event, &mut self.direct);
        if arrival.is_first {
            self.silent.push(Arc::clone(&place.queue));
        }
        arrival.is_full.then(|| Arc::clone(&place.queue))
    }

    /// A batch has ended: whoever waits for what came learns of it.
    pub fn end(&mut self) {
        let events = std::mem::take(&mut self.events);
        if let Some(core) = self.core.take()
            && events > 0
        {
            core.stats.events(events);
        }
        self.recent[(self.last + 1) % RECENT].end();
        self.recent[self.last].end();
        self.direct.rest();
        self.silent.drain(..).for_each(|queue| queue.announce_rest());
    }
}

impl Drop for Reading {
    /// After a panic there was no end of the batch.
    fn drop(&mut self) {
        // A second panic while unwinding would abort the process.
        let _ = catch_unwind(AssertUnwindSafe(|| self.end()));
    }
}

impl Recent {
    /// Another event comes in place of this one.
    fn replace(&mut self, params: &str, envelope: &envelope::Envelope<'_>, event_type: &Arc<EventType>) {
        self.tell();
        self.beginning.remember(params, envelope);
        self.event_type = Some(Arc::clone(event_type));
        if self.id != envelope.session_id {
            self.id.clear();
            self.id.push_str(&envelope.session_id);
            self.place = None;
        }
    }

    #[cold]
    fn look_for_session(&mut self, core: &Core, connection: &Weak<Connection>, changes: u64) {
        self.tell();
        let session = core.sessions.get(&self.id).filter(|session| session.is_on(connection));
        self.place = session.map(|session| {
            let (origin, queue) = (Arc::clone(session.origin()), Arc::clone(session.queue()));
            Place { session, origin, queue }
        });
        self.found_at = changes;
    }

    /// Tells the session what came last.
    fn tell(&mut self) {
        if std::mem::take(&mut self.is_untold)
            && let Some((place, event_type)) = self.place.as_ref().zip(self.event_type.as_ref())
        {
            place.session.came(&event_type.name);
        }
    }

    fn end(&mut self) {
        self.tell();
        self.place = None;
    }
}

impl Place {
    #[inline(always)]
    fn bring<'w>(&self, event_type: &EventType, event: Words<'w>, direct: &'w mut Direct) -> Arrival {
        let name = &event_type.name;
        let event = if self.origin.direct().wants_named(name) {
            direct.run(&self.origin, name, event)
        } else {
            event
        };
        // Nearly all that comes needs nothing of the session but those who hear it.
        if event_type.is_acted {
            self.session.event(event_type, event)
        } else {
            self.queue.tell(&self.origin, name, event)
        }
    }
}
