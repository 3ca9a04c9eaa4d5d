//! What the reader of a connection remembers from one event to the next, so that it need not look for it again.

use std::ops::Range;
use std::sync::{Arc, Weak};

use super::Core;
use super::connection::{Attached, Connection};
use super::event_types::{EventType, EventTypes};
use crate::protocol::envelope::{self, Beginning};
use crate::queue::{Direct, Queue};

/// Pieces of a text come with reports of how much has come, in turn.
const RECENT: usize = 2;

/// The reader's memory. Nobody else uses it.
#[derive(Default)]
pub(super) struct Reading {
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
    /// Kept for no longer than a batch.
    session: Option<Arc<dyn Attached>>,
    /// What [`Sessions::changes`](super::sessions::Sessions::changes) was when it was found.
    found_at: u64,
    /// The session has not been told yet that it came.
    is_untold: bool,
}

/// An event that is for a session here.
pub(super) struct Found<'r> {
    pub session: &'r Arc<dyn Attached>,
    pub event_type: &'r EventType,
    /// Where it is in the params.
    pub event: Range<usize>,
    pub direct: &'r mut Direct,
}

impl Reading {
    /// Whom an event is for, of what type it is, and where. `None` for a session that is not of this connection.
    pub fn find(&mut self, core: &Core, connection: &Weak<Connection>, params: &str) -> Option<Found<'_>> {
        let (last, other) = (self.last, (self.last + 1) % RECENT);
        let known = [last, other]
            .into_iter()
            .find_map(|index| self.recent[index].beginning.event(params).map(|event| (index, event)));
        let (index, event) = match known {
            Some(known) => known,
            None => (other, self.replace(other, params)?),
        };
        self.last = index;
        let recent = &mut self.recent[index];
        recent.look_for_session(core, connection);
        let (session, event_type) = recent.session.as_ref().zip(recent.event_type.as_ref())?;
        // What is acted upon is told at once, for it may end what is told of it.
        recent.is_untold = !event_type.is_acted;
        self.events += 1;
        let start = event.as_ptr() as usize - params.as_ptr() as usize;
        let direct = &mut self.direct;
        Some(Found { session, event_type, event: start..start + event.len(), direct })
    }

    /// Remembers this event in place of an older one.
    fn replace<'p>(&mut self, index: usize, params: &'p str) -> Option<&'p str> {
        let envelope = envelope::read(params)?;
        let recent = &mut self.recent[index];
        recent.tell();
        recent.beginning.remember(params, &envelope);
        recent.event_type = Some(Arc::clone(self.types.get(&envelope.event_type)));
        if recent.id != envelope.session_id {
            recent.id.clear();
            recent.id.push_str(&envelope.session_id);
            recent.session = None;
        }
        Some(envelope.event)
    }

    /// The queue has begun to tell nobody of what comes.
    pub fn is_silent(&mut self, queue: Arc<Queue>) {
        self.silent.push(queue);
    }

    /// A batch has ended: whoever waits for what came learns of it.
    pub fn end(&mut self, core: Option<&Core>) {
        let events = std::mem::take(&mut self.events);
        if let Some(core) = core
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

impl Recent {
    fn look_for_session(&mut self, core: &Core, connection: &Weak<Connection>) {
        let changes = core.sessions.changes();
        if self.session.is_none() || self.found_at != changes {
            self.tell();
            self.session = core.sessions.get(&self.id).filter(|session| session.is_on(connection));
            self.found_at = changes;
        }
    }

    /// Tells the session what came last.
    fn tell(&mut self) {
        if std::mem::take(&mut self.is_untold)
            && let Some((session, event_type)) = self.session.as_ref().zip(self.event_type.as_ref())
        {
            session.came(&event_type.name);
        }
    }

    fn end(&mut self) {
        self.tell();
        self.session = None;
    }
}
