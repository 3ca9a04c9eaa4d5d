//! The changes of a client's state, told in the order in which they came about, whichever threads brought them about.

use std::collections::VecDeque;

use parking_lot::MutexGuard;

use super::Core;
use super::phase::State;
use crate::error::Error;

/// Changes that the program has not been told of yet.
#[derive(Default)]
pub(super) struct Changes {
    waiting: VecDeque<Change>,
    /// A thread tells of them, and of those that come meanwhile.
    being_told: bool,
}

struct Change {
    previous: State,
    state: State,
    reason: Option<Error>,
}

impl Core {
    /// Takes note of a change. Called while the phase is locked, so that the order is that of the phases; to be followed by
    /// [`tell_changes`](Self::tell_changes) when it is not any more, for telling may run code of the program's.
    pub(super) fn note_change(&self, previous: State, state: State, reason: Option<&Error>) {
        if previous != state {
            let reason = reason.cloned();
            self.changes.lock().waiting.push_back(Change { previous, state, reason });
        }
    }

    /// Tells of what was noted, unless another thread is about to.
    pub(super) fn tell_changes(&self) {
        let mut changes = self.changes.lock();
        if std::mem::replace(&mut changes.being_told, true) {
            return;
        }
        while let Some(Change { previous, state, reason }) = changes.waiting.pop_front() {
            MutexGuard::unlocked(&mut changes, || self.tell_state(previous, state, reason.as_ref()));
        }
        changes.being_told = false;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::client::Client;
    use crate::protocol::client_options::ClientOptions;
    use crate::queue::{Mode, Options, Owner, Taken};

    #[test]
    fn who_changes_the_state_while_another_thread_tells_leaves_it_to_that() {
        let queue = Owner::new(Options { mode: Mode::Items, ..Options::default() });
        let client = Client::new(ClientOptions::parse("{}").unwrap(), Some(queue)).unwrap();
        let core = client.core();
        core.note_change(State::Disconnected, State::Disconnected, None);
        core.note_change(State::Disconnected, State::Connecting, None);
        core.changes.lock().being_told = true;
        core.note_change(State::Connecting, State::Failed, None);
        core.tell_changes();
        assert!(core.queue().is_empty());
        core.changes.lock().being_told = false;
        core.tell_changes();
        let mut told = Vec::new();
        while let Taken::Event(event) = core.queue().next(Some(Duration::ZERO)).unwrap() {
            told.push(event.json().text().to_owned());
        }
        assert_eq!(
            told,
            [
                r#"{"state":"connecting","previous":"disconnected"}"#,
                r#"{"state":"failed","previous":"connecting"}"#
            ]
        );
    }
}
