//! When a turn is over, and what it came to: the rule by which `send_and_wait` waits.
//!
//! Several waits may run at once, so each follows its own message by the id that the server gave it. Events that
//! come before that id is known are kept and looked at again when it is.

mod line;
mod rule;
mod underway;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::error::Error;
use crate::protocol::events::Acted;
use crate::queue::Name;
use line::Line;
use rule::Rule;
use underway::Underway;

pub use line::Ticket;
pub use rule::Tiding;
pub use underway::Unanswered;

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
pub struct Waits {
    /// Nothing before there is anything to follow: many sessions are opened and not spoken to for long.
    held: Mutex<Option<Box<Held>>>,
    /// How many wait: for most sessions nobody does at most times.
    waiting: AtomicUsize,
    sends: Underway,
    aborts: Underway,
    /// When the program last answered a question while somebody waited.
    answered: Mutex<Option<Instant>>,
}

/// So long an abort waits for the replies to messages. A server that takes longer may wait for the program, which may
/// be what aborts.
const NO_LONGER: Duration = Duration::from_secs(1);

#[derive(Default)]
struct Held {
    line: Line,
    waits: Vec<Arc<Wait>>,
}

impl Held {
    fn sent(&mut self, ticket: Ticket) {
        for wait in self.waits.iter().filter(|wait| wait.ticket == ticket) {
            wait.rule.lock().sent();
        }
    }
}

/// One wait for one turn.
pub struct Wait {
    ticket: Ticket,
    rule: Mutex<Rule>,
    /// Gone once the end was told.
    told: Mutex<Option<mpsc::UnboundedSender<Tiding>>>,
    activity: Mutex<Activity>,
}

impl Waits {
    /// A message is about to be sent that nobody waits for.
    pub fn note(&self, prompt: &str) -> Ticket {
        self.hold(|held| held.line.add(prompt))
    }

    /// The server has the message; its turn has begun or will.
    pub fn accepted(&self, ticket: Ticket) {
        self.hold(|held| held.line.accept(ticket));
    }

    /// The server does not have the message, and there will be no turn.
    pub fn refused(&self, ticket: Ticket) {
        self.hold(|held| held.line.remove(ticket));
    }

    /// An abort begins.
    pub fn aborting(&self) -> Unanswered {
        self.aborts.begin()
    }

    /// Waits until the message of this ticket may be sent, which it is then: not before every abort has its reply, for
    /// what reaches the server in the middle of one is lost (seen on CLI 1.0.85).
    pub async fn sending(&self, ticket: Ticket) -> Unanswered {
        loop {
            self.aborts.over().await;
            let sending = self.sends.begin();
            // Whoever aborts at this moment either sees the message or is seen here.
            if self.aborts.is_over() {
                self.hold(|held| held.sent(ticket));
                return sending;
            }
        }
    }

    /// Waits until an abort that [has begun](Self::aborting) may be sent: not before every message has its reply. Where
    /// it comes in between, CLI 1.0.85 never says that the turn has ended.
    pub async fn after_sends(&self) {
        // What takes too long is left behind.
        let _ = timeout(NO_LONGER, self.sends.over()).await;
    }

    /// The program has answered a question.
    pub fn program_answered(&self) {
        if self.are_any() {
            *self.answered.lock() = Some(Instant::now());
        }
    }

    /// When the program last answered a question, as far as somebody waited then.
    pub fn last_answered(&self) -> Option<Instant> {
        *self.answered.lock()
    }

    /// Begins a wait, before the message is sent.
    pub fn begin(&self, prompt: &str) -> (Arc<Wait>, mpsc::UnboundedReceiver<Tiding>) {
        let (told, tidings) = mpsc::unbounded_channel();
        let wait = self.hold(|held| {
            let ticket = held.line.add(prompt);
            let wait = Arc::new(Wait {
                ticket,
                rule: Mutex::new(Rule::new(ticket, held.line.is_running())),
                told: Mutex::new(Some(told)),
                activity: Mutex::new(Activity { at: Instant::now(), event_type: None }),
            });
            held.waits.push(Arc::clone(&wait));
            self.waiting.store(held.waits.len(), Ordering::Relaxed);
            wait
        });
        (wait, tidings)
    }

    /// Ends a wait that nobody waits for any more.
    pub fn forget(&self, wait: &Arc<Wait>) {
        self.hold(|held| {
            held.waits.retain(|held| !Arc::ptr_eq(held, wait));
            self.waiting.store(held.waits.len(), Ordering::Relaxed);
        });
    }

    /// Something happened in the session.
    pub fn touch(&self, event_type: &Name) {
        if !self.are_any() {
            return;
        }
        let activity = Activity { at: Instant::now(), event_type: Some(event_type.clone()) };
        self.hold(|held| {
            for wait in &held.waits {
                *wait.activity.lock() = activity.clone();
            }
        });
    }

    /// True while somebody waits.
    pub fn are_any(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0
    }

    /// Shows an event of the main agent's to every wait. Without its text it is noted only: whoever begins to wait at
    /// this very moment begins after it.
    pub fn see(&self, acted: &Acted, event: Option<&str>) {
        self.hold(|held| {
            let place = held.line.place(acted);
            let Some(event) = event else { return };
            for wait in &held.waits {
                let tiding = wait.rule.lock().see(acted, &place, event);
                wait.tell(tiding);
            }
        });
    }

    /// Fails every wait.
    pub fn fail(&self, reason: impl Fn() -> Error) {
        let mut held = self.held.lock();
        let waits = held.as_mut().map(|held| std::mem::take(&mut held.waits));
        self.waiting.store(0, Ordering::Relaxed);
        drop(held);
        for wait in waits.into_iter().flatten() {
            let lost = wait.rule.lock().lose(&reason());
            wait.tell(Some(Tiding::End(Err(lost))));
        }
    }

    fn hold<T>(&self, work: impl FnOnce(&mut Held) -> T) -> T {
        work(self.held.lock().get_or_insert_default())
    }
}

impl Wait {
    /// Which message it follows.
    pub fn ticket(&self) -> Ticket {
        self.ticket
    }

    /// The message was accepted under this id; "" when the server gave none.
    pub fn accept(&self, message_id: &str) {
        let tiding = self.rule.lock().accept(message_id);
        self.tell(tiding);
    }

    /// True once its turn has begun.
    pub fn has_started(&self) -> bool {
        self.rule.lock().has_started()
    }

    /// What happened last.
    pub fn activity(&self) -> Activity {
        self.activity.lock().clone()
    }

    fn tell(&self, tiding: Option<Tiding>) {
        let Some(tiding) = tiding else { return };
        let mut told = self.told.lock();
        let sender = match &tiding {
            Tiding::End(_) => told.take(),
            Tiding::Dropped => told.clone(),
        };
        if let Some(sender) = sender {
            let _ = sender.send(tiding);
        }
    }
}

#[cfg(test)]
mod tests;
