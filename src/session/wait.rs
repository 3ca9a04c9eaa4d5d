//! When a turn is over, and what it came to: the rule by which `send_and_wait` waits.
//!
//! Several waits may run at once, so each follows its own message by the id that the server gave it. Events that
//! come before that id is known are kept and looked at again when it is.

mod line;
mod rule;

use std::sync::Arc;
use std::time::Instant;

use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::error::{Error, Result};
use crate::protocol::events::Acted;
use crate::queue::Name;
use line::Line;
use rule::Rule;

pub use line::Ticket;

/// How a turn ended well.
#[derive(Debug, PartialEq)]
pub struct TurnEnd {
    /// "answer", "empty" (no message with text came last) or "refused" (a policy or a hook kept the message back).
    pub outcome: &'static str,
    /// The last message of the turn, as the raw event.
    pub event: Option<String>,
    /// The model that wrote it, where the server says so.
    pub model: Option<String>,
}

/// What happened last, for the errors of a wait.
#[derive(Clone)]
pub struct Activity {
    /// When.
    pub at: Instant,
    /// The event's type; `None` when nothing happened yet.
    pub event_type: Option<Name>,
}

/// The waits of a session, and the order of its messages.
#[derive(Default)]
pub struct Waits(Mutex<Held>);

#[derive(Default)]
struct Held {
    line: Line,
    waits: Vec<Arc<Wait>>,
}

/// One wait for one turn.
pub struct Wait {
    ticket: Ticket,
    rule: Mutex<Rule>,
    done: Mutex<Option<oneshot::Sender<Result<TurnEnd>>>>,
    activity: Mutex<Activity>,
}

impl Waits {
    /// A message is about to be sent that nobody waits for.
    pub fn note(&self, prompt: &str) -> Ticket {
        self.0.lock().line.add(prompt)
    }

    /// The server has the message; its turn has begun or will.
    pub fn accepted(&self, ticket: Ticket) {
        self.0.lock().line.accept(ticket);
    }

    /// The server does not have the message, and there will be no turn.
    pub fn refused(&self, ticket: Ticket) {
        self.0.lock().line.remove(ticket);
    }

    /// Begins a wait, before the message is sent.
    pub fn begin(&self, prompt: &str) -> (Arc<Wait>, oneshot::Receiver<Result<TurnEnd>>) {
        let (done, ended) = oneshot::channel();
        let mut held = self.0.lock();
        let ticket = held.line.add(prompt);
        let wait = Arc::new(Wait {
            ticket,
            rule: Mutex::new(Rule::new(ticket, held.line.is_running())),
            done: Mutex::new(Some(done)),
            activity: Mutex::new(Activity { at: Instant::now(), event_type: None }),
        });
        held.waits.push(Arc::clone(&wait));
        (wait, ended)
    }

    /// Ends a wait that nobody waits for any more.
    pub fn forget(&self, wait: &Arc<Wait>) {
        self.0.lock().waits.retain(|held| !Arc::ptr_eq(held, wait));
    }

    /// Something happened in the session.
    pub fn touch(&self, event_type: &Name) {
        for wait in &self.0.lock().waits {
            *wait.activity.lock() = Activity { at: Instant::now(), event_type: Some(Arc::clone(event_type)) };
        }
    }

    /// Shows an event of the main agent's to every wait.
    pub fn see(&self, acted: &Acted, event: &str) {
        let mut held = self.0.lock();
        let place = held.line.place(acted);
        for wait in &held.waits {
            let end = wait.rule.lock().see(acted, &place, event);
            wait.finish(end);
        }
    }

    /// Fails every wait.
    pub fn fail(&self, reason: &Error) {
        for wait in std::mem::take(&mut self.0.lock().waits) {
            let lost = wait.rule.lock().lose(reason);
            wait.finish(Some(Err(lost)));
        }
    }
}

impl Wait {
    /// Which message it follows.
    pub fn ticket(&self) -> Ticket {
        self.ticket
    }

    /// The message was accepted under this id; "" when the server gave none.
    pub fn accept(&self, message_id: &str) {
        let end = self.rule.lock().accept(message_id);
        self.finish(end);
    }

    /// What happened last.
    pub fn activity(&self) -> Activity {
        self.activity.lock().clone()
    }

    fn finish(&self, end: Option<Result<TurnEnd>>) {
        if let Some(end) = end
            && let Some(done) = self.done.lock().take()
        {
            let _ = done.send(end);
        }
    }
}

#[cfg(test)]
mod tests;
