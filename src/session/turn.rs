//! Sending a message, and waiting until its turn is over.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::time::sleep_until;

use super::Core;
use super::wait::{Activity, Ticket, TurnEnd, Wait};
use crate::error::{Code, Error, LastActivity, Reason, Result};
use crate::json::{self, Json, scan};
use crate::protocol::message::Message;
use crate::protocol::names::method;
use crate::protocol::replies;

/// What was waited for, in the text of a timeout.
const WHAT: &str = "while waiting for the turn to end";

impl Core {
    /// Sends a message; the reply is the server's `{"messageId":…}`.
    pub async fn send(self: Arc<Core>, message: Message) -> Result<Json> {
        let params = message.encode(&self.id);
        let ticket = self.waits.note(&prompt_of(&params));
        let result = self.post(ticket, &params).await?;
        Ok(Json::from_trusted(result))
    }

    /// Sends the message of this ticket.
    async fn post(&self, ticket: Ticket, params: &str) -> Result<String> {
        let sent = self.call(method::SESSION_SEND, params).await;
        match &sent {
            Ok(_) => self.waits.accepted(ticket),
            Err(_) => self.waits.refused(ticket),
        }
        sent
    }

    /// Sends a message and waits until its turn is over: `{"outcome":…,"messageId":…,"event":…}`. `None` waits for
    /// ever; the time counts from the call.
    pub async fn send_and_wait(self: Arc<Core>, message: Message, timeout: Option<Duration>) -> Result<Json> {
        let begun = Instant::now();
        let limits = Limits {
            total: timeout.and_then(|timeout| begun.checked_add(timeout)).map(Into::into),
            inactivity: message.inactivity_timeout_ms.map(Duration::from_millis),
        };
        let params = message.encode(&self.id);
        let (wait, ended) = self.waits.begin(&prompt_of(&params));
        let mut watch = Watch { core: Arc::clone(&self), wait, aborts: message.abort_on_cancel };
        let outcome = watch.turn(&params, ended, &limits).await;
        // What failed a turn is told in the words of the server or of the model's provider.
        let outcome = outcome.map_err(|error| watch.explain(error).redacted(self.connection.secrets()));
        watch.aborts = match &outcome {
            Err(error) if error.code() == Code::Timeout => message.abort_on_timeout,
            _ => false,
        };
        outcome
    }
}

struct Limits {
    total: Option<tokio::time::Instant>,
    inactivity: Option<Duration>,
}

/// A wait that ends with its future: dropped halfway, it aborts the turn if the message asks for that.
struct Watch {
    core: Arc<Core>,
    wait: Arc<Wait>,
    aborts: bool,
}

impl Watch {
    async fn turn(
        &self,
        params: &str,
        ended: oneshot::Receiver<Result<TurnEnd>>,
        limits: &Limits,
    ) -> Result<Json> {
        let reply = self.within(limits, self.core.post(self.wait.ticket(), params)).await?;
        let message_id = replies::message_id(&reply).unwrap_or_default();
        self.wait.accept(&message_id);
        let gone = |_| Err(Error::new(Code::Closed, "the session is gone"));
        let end = self.within(limits, async { ended.await.unwrap_or_else(gone) }).await?;
        let id = json::quote(&message_id);
        let model =
            end.model.map_or_else(String::new, |model| format!(r#""model":{},"#, json::quote(&model)));
        let event = end.event.as_deref().unwrap_or("null");
        let text = format!(r#"{{"outcome":"{}","messageId":{id},{model}"event":{event}}}"#, end.outcome);
        Ok(Json::from_trusted(text))
    }

    /// The error with why the wait ended and what it saw last.
    fn explain(&self, error: Error) -> Error {
        let reason = match error.code() {
            _ if error.reason().is_some() => None,
            Code::Transport if error.exit().is_some() => Some(Reason::Exit),
            Code::Transport | Code::Closed => Some(Reason::Disconnected),
            _ => None,
        };
        let error = match reason {
            Some(reason) => error.with_reason(reason),
            None => error,
        };
        let Activity { at, event_type } = self.wait.activity();
        match event_type {
            Some(event_type) => error.with_last_activity(LastActivity {
                event: event_type.to_string_lossy().into_owned(),
                ago_ms: at.elapsed().as_millis() as u64,
            }),
            None => error,
        }
    }

    /// Waits for this until the time given is over, or nothing has happened in the session for too long.
    async fn within<T>(&self, limits: &Limits, work: impl Future<Output = Result<T>>) -> Result<T> {
        let mut work = pin!(work);
        loop {
            let idle = limits.inactivity.and_then(|limit| self.wait.activity().at.checked_add(limit));
            let next = [idle.map(Into::into), limits.total].into_iter().flatten().min();
            let out_of_time = async {
                match next {
                    Some(next) => sleep_until(next).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                outcome = &mut work => return outcome,
                () = out_of_time => self.check(limits)?,
            }
        }
    }

    /// An error when a limit is reached. Something may have happened since the clock was set.
    fn check(&self, limits: &Limits) -> Result<()> {
        if limits.total.is_some_and(|total| total <= tokio::time::Instant::now()) {
            return Err(self.too_late(Reason::Timeout, "the time given ran out"));
        }
        match limits.inactivity.filter(|limit| self.wait.activity().at.elapsed() >= *limit) {
            Some(limit) => {
                let which = format!("{} ms passed without any event", limit.as_millis());
                Err(self.too_late(Reason::Inactivity, &which))
            }
            None => Ok(()),
        }
    }

    fn too_late(&self, reason: Reason, which: &str) -> Error {
        let Activity { at, event_type } = self.wait.activity();
        let last = match event_type {
            Some(event_type) => {
                format!(
                    "the last event was {}, {} ms ago",
                    event_type.to_string_lossy(),
                    at.elapsed().as_millis()
                )
            }
            None => "no event has come since the message was sent".into(),
        };
        let message = format!("{which} {WHAT}; {last}. The turn goes on unless it is aborted");
        Error::new(Code::Timeout, message).with_reason(reason)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.core.waits.forget(&self.wait);
        if self.aborts {
            let core = Arc::clone(&self.core);
            self.core.client.runtime().spawn(async move { core.abort().await });
        }
    }
}

/// The text of a message, from its encoded form.
fn prompt_of(params: &str) -> String {
    scan::find(params, "/prompt").and_then(scan::string).unwrap_or_default().into_owned()
}
