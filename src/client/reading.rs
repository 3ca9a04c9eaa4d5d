//! What the reader of a connection remembers from one event to the next, so that it need not look for it again.

use std::sync::{Arc, Weak};

use super::Core;
use super::connection::{Attached, Connection};
use super::event_types::{EventType, EventTypes};
use crate::queue::Name;

/// The reader's memory. Nobody else uses it.
#[derive(Default)]
pub(super) struct Reading {
    types: EventTypes,
    /// The session that the last event was of, kept for no longer than a batch.
    session: Option<Arc<dyn Attached>>,
    id: String,
    /// What [`Sessions::changes`](super::sessions::Sessions::changes) was when it was found.
    found_at: u64,
    /// The type of its last event, when it has not been told of that yet.
    came: Option<Name>,
}

impl Reading {
    /// Whom an event is for, and its type. `None` for a session that is not of this connection.
    pub fn find(
        &mut self,
        core: &Core,
        connection: &Weak<Connection>,
        id: &str,
        event_type: &str,
    ) -> Option<(&Arc<dyn Attached>, &EventType)> {
        let changes = core.sessions.changes();
        if self.session.is_none() || self.found_at != changes || self.id != id {
            self.end();
            let found = core.sessions.get(id).filter(|session| session.is_on(connection))?;
            self.session = Some(found);
            self.found_at = changes;
            id.clone_into(&mut self.id);
        }
        let event_type = self.types.get(event_type);
        // What is acted upon is told at once, for it may end what is told of it.
        self.came = if event_type.is_acted { None } else { Some(event_type.name.clone()) };
        self.session.as_ref().map(|session| (session, event_type))
    }

    /// A batch has ended.
    pub fn end(&mut self) {
        if let Some((session, came)) = self.session.take().zip(self.came.take()) {
            session.came(&came);
        }
    }
}
