//! When a turn is over, and what it came to: the rule by which `send_and_wait` waits.
//!
//! Several waits may run at once, so each follows its own message by the id that the server gave it. Events that
//! come before that id is known are kept and looked at again when it is.

use std::sync::Arc;
use std::time::Instant;

use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::error::{Code, Error, Result};
use crate::protocol::events::{self, Acted};
use crate::queue::Name;

/// How a turn ended well.
#[derive(Debug, PartialEq)]
pub struct TurnEnd {
    /// "answer", "empty" (no message with text came last) or "refused" (a policy or a hook kept the message back).
    pub outcome: &'static str,
    /// The last message of the turn, as the raw event.
    pub event: Option<String>,
}

/// What happened last, for the text of a timeout.
#[derive(Clone)]
pub struct Activity {
    /// When.
    pub at: Instant,
    /// The event's type; `None` when nothing happened yet.
    pub event_type: Option<Name>,
}

/// The waits of a session.
#[derive(Default)]
pub struct Waits(Mutex<Vec<Arc<Wait>>>);

/// One wait for one turn.
pub struct Wait {
    rule: Mutex<Rule>,
    done: Mutex<Option<oneshot::Sender<Result<TurnEnd>>>>,
    activity: Mutex<Activity>,
}

impl Waits {
    /// Begins a wait, before the message is sent.
    pub fn begin(&self) -> (Arc<Wait>, oneshot::Receiver<Result<TurnEnd>>) {
        let (done, ended) = oneshot::channel();
        let wait = Arc::new(Wait {
            rule: Mutex::default(),
            done: Mutex::new(Some(done)),
            activity: Mutex::new(Activity { at: Instant::now(), event_type: None }),
        });
        self.0.lock().push(Arc::clone(&wait));
        (wait, ended)
    }

    /// Ends a wait that nobody waits for any more.
    pub fn forget(&self, wait: &Arc<Wait>) {
        self.0.lock().retain(|held| !Arc::ptr_eq(held, wait));
    }

    /// Something happened in the session.
    pub fn touch(&self, event_type: &Name) {
        for wait in self.0.lock().iter() {
            *wait.activity.lock() = Activity { at: Instant::now(), event_type: Some(Arc::clone(event_type)) };
        }
    }

    /// Shows an event of the main agent's to every wait.
    pub fn see(&self, acted: &Acted, event: &str) {
        for wait in self.0.lock().iter() {
            wait.see(acted, event);
        }
    }

    /// Fails every wait.
    pub fn fail(&self, reason: &Error) {
        for wait in std::mem::take(&mut *self.0.lock()) {
            wait.finish(Err(reason.clone()));
        }
    }
}

impl Wait {
    /// The message was accepted under this id; "" when the server gave none.
    pub fn accept(&self, message_id: &str) {
        let end = self.rule.lock().accept(message_id);
        if let Some(end) = end {
            self.finish(end);
        }
    }

    /// What happened last.
    pub fn activity(&self) -> Activity {
        self.activity.lock().clone()
    }

    fn see(&self, acted: &Acted, event: &str) {
        let end = self.rule.lock().see(acted, event);
        if let Some(end) = end {
            self.finish(end);
        }
    }

    fn finish(&self, end: Result<TurnEnd>) {
        if let Some(done) = self.done.lock().take() {
            let _ = done.send(end);
        }
    }
}

/// The state of one wait.
#[derive(Default)]
struct Rule {
    message_id: Option<String>,
    early: Vec<(Acted, String)>,
    started: bool,
    refused: bool,
    aborted: bool,
    answer: Option<String>,
    has_text: bool,
}

type Verdict = Option<Result<TurnEnd>>;

impl Rule {
    fn accept(&mut self, message_id: &str) -> Verdict {
        self.message_id = Some(message_id.to_owned());
        // A server that names no message cannot tell turns apart: the first end is ours.
        self.started = message_id.is_empty();
        let early = std::mem::take(&mut self.early);
        early.iter().find_map(|(acted, event)| self.judge(acted, event))
    }

    fn see(&mut self, acted: &Acted, event: &str) -> Verdict {
        if self.message_id.is_none() {
            self.early.push((acted.clone(), event.to_owned()));
            return None;
        }
        self.judge(acted, event)
    }

    fn judge(&mut self, acted: &Acted, event: &str) -> Verdict {
        match acted {
            // Older servers do not repeat the id; then the next user message is taken for ours.
            Acted::UserMessage { message_id } => {
                self.started |= message_id.as_deref().is_none_or(|id| self.is_ours(id));
                None
            }
            Acted::PolicyBlocked { originating, .. } => {
                if originating.as_deref().is_some_and(|id| self.is_ours(id)) {
                    self.started = true;
                    self.refused = true;
                }
                None
            }
            Acted::AssistantMessage { originating, has_text } => {
                let ours = originating.as_deref().map_or(self.started, |id| self.is_ours(id));
                if ours {
                    self.started = true;
                    self.answer = Some(event.to_owned());
                    self.has_text = *has_text;
                }
                None
            }
            Acted::Idle { autopilot: true, .. } => None,
            Acted::Idle { aborted, .. } => {
                self.started.then(|| self.conclude(aborted.unwrap_or(self.aborted)))
            }
            Acted::AutopilotStopped { request_id, reason } => {
                let ours = request_id.as_deref().is_some_and(|id| self.is_ours(id));
                ours.then(|| match reason.as_deref() {
                    Some("error") => {
                        Err(Error::new(Code::Session, "the autopilot stopped because of an error")
                            .with_class("model"))
                    }
                    reason => self.conclude(reason == Some("aborted")),
                })
            }
            Acted::SessionError { originating, error_type, message, status_code, .. } => {
                // `session.log` reports its errors by the same event, as notifications: they end nothing.
                let ends =
                    error_type != "notification" && originating.as_deref().is_none_or(|id| self.is_ours(id));
                ends.then(|| Err(failure(error_type, message, *status_code)))
            }
            Acted::Shutdown => Some(Err(Error::new(
                Code::Session,
                "the server shut the session down before the turn had ended",
            ))),
            Acted::Aborted { .. } => {
                self.aborted |= self.started;
                None
            }
            Acted::Asked(_) | Acted::Undecodable { .. } | Acted::Settled { .. } => None,
        }
    }

    fn is_ours(&self, id: &str) -> bool {
        self.message_id.as_deref().is_some_and(|ours| ours.is_empty() || ours == id)
    }

    fn conclude(&mut self, aborted: bool) -> Result<TurnEnd> {
        if aborted {
            return Err(Error::new(Code::Cancelled, "the turn was aborted before it had ended"));
        }
        let event = self.answer.take();
        let outcome = match &event {
            _ if self.refused => "refused",
            Some(_) if self.has_text => "answer",
            _ => "empty",
        };
        Ok(TurnEnd { outcome, event })
    }
}

fn failure(error_type: &str, message: &str, status_code: Option<u16>) -> Error {
    let error = Error::new(Code::Session, message).with_status(status_code, None);
    match events::error_class(error_type, status_code) {
        Some(class) => error.with_class(class),
        None => error,
    }
}

#[cfg(test)]
mod tests;
