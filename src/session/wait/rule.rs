//! The state of one wait, and what each event makes of it.

use super::TurnEnd;
use super::line::{Place, Ticket};
use crate::error::{Code, Error, Reason, Result};
use crate::protocol::events::{self, Acted};

/// The state of one wait.
#[derive(Default)]
pub struct Rule {
    ticket: Ticket,
    message_id: Option<String>,
    /// The message whose turn ours has joined.
    host: Option<String>,
    early: Vec<(Acted, Place, String)>,
    /// The message is on its way, or has arrived.
    sent: bool,
    started: bool,
    turn: Whose,
    refused: bool,
    aborted: bool,
    answer: Option<Answer>,
    /// The model of the last call, until its answer comes.
    model: Option<String>,
    /// The status of the last call that failed.
    failed_status: Option<u16>,
    /// A failure that counts if the turn does not go on.
    failure: Option<Error>,
    /// The main agent is done; what fails from here on is something in the background.
    at_rest: bool,
}

/// Whose turn is running.
#[derive(Clone, Copy, Default, PartialEq)]
enum Whose {
    #[default]
    Nobodys,
    Ours,
    Anothers,
}

struct Answer {
    event: String,
    has_text: bool,
    model: Option<String>,
}

/// What a wait is told.
#[derive(Debug)]
pub enum Tiding {
    /// It is over.
    End(Result<TurnEnd>),
    /// An abort dropped the messages that waited for their turn. That of this wait was one of them, unless its turn
    /// begins all the same within moments: it may have come right behind the abort.
    Dropped,
}

type Verdict = Option<Tiding>;

fn fails(error: Error) -> Verdict {
    Some(Tiding::End(Err(error)))
}

impl Rule {
    /// The rule for the message of this ticket, sent while a turn is running or not.
    pub fn new(ticket: Ticket, running: bool) -> Rule {
        let turn = if running { Whose::Anothers } else { Whose::Nobodys };
        Rule { ticket, turn, ..Rule::default() }
    }

    /// The message is sent: an abort may drop it from now on.
    pub fn sent(&mut self) {
        self.sent = true;
    }

    /// The server has accepted the message under this id.
    pub fn accept(&mut self, message_id: &str) -> Verdict {
        self.message_id = Some(message_id.to_owned());
        if message_id.is_empty() {
            // A server that names no message cannot tell turns apart: the first end is ours.
            (self.started, self.turn) = (true, Whose::Ours);
        }
        let early = std::mem::take(&mut self.early);
        let mut verdict = None;
        for (acted, place, event) in &early {
            match self.judge(acted, place, event) {
                Some(Tiding::End(end)) => return Some(Tiding::End(end)),
                told => verdict = told.or(verdict),
            }
        }
        verdict
    }

    /// An event of the main agent's.
    pub fn see(&mut self, acted: &Acted, place: &Place, event: &str) -> Verdict {
        if self.message_id.is_some() {
            return self.judge(acted, place, event);
        }
        let acted = match acted {
            // Whatever that abort dropped, the message was not there yet.
            Acted::Idle { aborted: Some(true), autopilot } if !self.sent => {
                Acted::Idle { aborted: Some(false), autopilot: *autopilot }
            }
            acted => acted.clone(),
        };
        self.early.push((acted, place.clone(), event.to_owned()));
        None
    }

    /// True once the turn has begun.
    pub fn has_started(&self) -> bool {
        self.started
    }

    /// The session is gone: the reason, and the failure that the server told of before, if any.
    pub fn lose(&mut self, reason: &Error) -> Error {
        match self.failure.take() {
            Some(failure) => {
                reason.clone().followed_by(format_args!("before that the server said: {failure}"))
            }
            None => reason.clone(),
        }
    }

    fn judge(&mut self, acted: &Acted, place: &Place, event: &str) -> Verdict {
        match acted {
            Acted::UserMessage { message_id, injected, .. } => {
                self.user_message(message_id.as_deref(), *injected, place);
            }
            Acted::PolicyBlocked { originating } if self.is_about_us(originating.as_deref(), place) => {
                (self.started, self.refused) = (true, true);
            }
            Acted::AssistantMessage { originating, has_text, model } => {
                self.assistant_message(originating.as_deref(), *has_text, model.as_deref(), event);
            }
            Acted::TurnStart => {
                self.at_rest = false;
                // It goes on, so what failed was not the turn.
                self.failure.take_if(|_| self.turn == Whose::Ours);
            }
            Acted::ModelUsed { model } if self.turn == Whose::Ours => self.model = Some(model.clone()),
            Acted::ModelFailed { status_code } if self.turn == Whose::Ours => {
                self.failed_status = *status_code
            }
            Acted::SessionError { .. } => return self.session_error(acted).and_then(fails),
            Acted::RateLimited { retry_after_ms: Some(pause) } => {
                let failure = self.failure.take();
                self.failure =
                    failure.map(|error| error.clone().with_status(error.status_code(), Some(*pause)));
            }
            Acted::Aborted { .. } => self.aborted |= self.turn == Whose::Ours,
            Acted::AgentIdle => {
                self.at_rest = true;
                // What runs in the background may keep the session busy for long.
                let stays = self.turn == Whose::Ours || !self.started;
                return self.failure.take_if(|_| stays).and_then(fails);
            }
            Acted::Idle { autopilot: true, .. } => {}
            Acted::Idle { aborted, .. } => return self.idle(*aborted),
            Acted::AutopilotStopped { request_id, reason } => {
                let ours = request_id.as_deref().is_some_and(|id| self.is_ours(id));
                return ours.then(|| Tiding::End(self.autopilot_stopped(reason.as_deref())));
            }
            Acted::Shutdown => {
                let message = "the server shut the session down before the turn had ended; \
                               copilot_session_resume opens it again";
                return fails(Error::new(Code::Session, message).with_reason(Reason::Shutdown));
            }
            _ => {}
        }
        None
    }

    fn user_message(&mut self, message_id: Option<&str>, injected: bool, place: &Place) {
        if self.is_about_us(message_id, place) {
            (self.started, self.turn) = (true, Whose::Ours);
            (self.at_rest, self.failure, self.failed_status) = (false, None, None);
            self.host = place.host.clone().filter(|_| place.joins);
        } else if !injected
            && !place.joins
            && (message_id.is_some() || place.claim.is_some() || !self.started)
        {
            // Not ours, but ours may go on after it: a hook that lets the agent go on puts a message in, too.
            self.turn = Whose::Anothers;
        }
    }

    fn assistant_message(
        &mut self,
        originating: Option<&str>,
        has_text: bool,
        model: Option<&str>,
        event: &str,
    ) {
        let ours = match originating {
            Some(id) => self.is_ours(id) || self.host.as_deref() == Some(id),
            None => self.turn == Whose::Ours,
        };
        if !ours {
            return;
        }
        (self.started, self.turn) = (true, Whose::Ours);
        (self.failure, self.failed_status) = (None, None);
        let used = self.model.take();
        let model = model.map(String::from).or(used);
        self.answer = Some(Answer { event: event.to_owned(), has_text, model });
    }

    /// Fails the wait at once where the server says that it is our message that failed. Without that word it may be
    /// a failure in the background, so it counts only if nothing follows but the end.
    fn session_error(&mut self, acted: &Acted) -> Option<Error> {
        let Acted::SessionError { originating, error_type, message, status_code, may_go_on } = acted else {
            return None;
        };
        // `session.log` reports its errors by the same event, as notifications: they end nothing.
        if error_type == "notification" {
            return None;
        }
        let named = originating.as_deref().map(|id| self.is_ours(id) || self.host.as_deref() == Some(id));
        let fits = match self.turn {
            Whose::Ours => !self.at_rest,
            // A message can fail before its turn begins, as it does without any login.
            Whose::Nobodys => !self.started,
            Whose::Anothers => false,
        };
        if !named.unwrap_or(fits) {
            return None;
        }
        // CLI 1.0.71 and before leave the status out when they have tried several times.
        let status_code = status_code.or(self.failed_status.filter(|_| error_type == "query"));
        let failure = failure(error_type, message, status_code);
        if named.is_some() && !may_go_on {
            return Some(failure);
        }
        self.failure = Some(failure);
        None
    }

    fn idle(&mut self, aborted: Option<bool>) -> Verdict {
        let turn = std::mem::take(&mut self.turn);
        if let Some(failure) = self.failure.take() {
            return fails(failure);
        }
        if self.started {
            let aborted = match turn {
                Whose::Ours => aborted.unwrap_or(self.aborted),
                _ => self.aborted,
            };
            return Some(Tiding::End(self.conclude(aborted)));
        }
        (aborted == Some(true)).then_some(Tiding::Dropped)
    }

    fn autopilot_stopped(&mut self, reason: Option<&str>) -> Result<TurnEnd> {
        if reason == Some("error") {
            let unknown =
                || Error::new(Code::Session, "the autopilot stopped because of an error").with_class("model");
            return Err(self.failure.take().unwrap_or_else(unknown).with_reason(Reason::Autopilot));
        }
        self.conclude(reason == Some("aborted"))
    }

    fn conclude(&mut self, aborted: bool) -> Result<TurnEnd> {
        if aborted {
            return Err(Error::new(Code::Cancelled, "the turn was aborted before it had ended")
                .with_reason(Reason::Aborted));
        }
        let answer = self.answer.take();
        let outcome = match &answer {
            _ if self.refused => "refused",
            Some(answer) if answer.has_text => "answer",
            _ => "empty",
        };
        let (event, model) = answer.map_or((None, None), |answer| (Some(answer.event), answer.model));
        Ok(TurnEnd { outcome, event, model })
    }

    fn is_ours(&self, id: &str) -> bool {
        self.message_id.as_deref().is_some_and(|ours| ours.is_empty() || ours == id)
    }

    /// By the id where there is one, else by what the session knows of its order.
    fn is_about_us(&self, id: Option<&str>, place: &Place) -> bool {
        id.map_or(place.claim == Some(self.ticket), |id| self.is_ours(id))
    }
}

fn failure(error_type: &str, message: &str, status_code: Option<u16>) -> Error {
    let error = Error::new(Code::Session, message).with_status(status_code, None).with_reason(Reason::Error);
    match events::error_class(error_type, status_code) {
        Some(class) => error.with_class(class),
        None => error,
    }
}
