//! Sending a message, and waiting until its turn is over.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::time::sleep_until;

use super::Core;
use super::wait::{Activity, TurnEnd, Wait};
use crate::error::{Code, Error, Result};
use crate::json::{self, Json};
use crate::protocol::message::Message;
use crate::protocol::names::method;
use crate::protocol::replies;

/// What was waited for, in the text of a timeout.
const WHAT: &str = "while waiting for the turn to end";

impl Core {
    /// Sends a message; the reply is the server's `{"messageId":…}`.
    pub async fn send(self: Arc<Core>, message: Message) -> Result<Json> {
        let params = message.encode(&self.id);
        let result = self.call(method::SESSION_SEND, &params).await?;
        Ok(Json::from_trusted(result))
    }

    /// Sends a message and waits until its turn is over: `{"outcome":…,"messageId":…,"event":…}`. `None` waits for
    /// ever; the time counts from the call.
    pub async fn send_and_wait(self: Arc<Core>, message: Message, timeout: Option<Duration>) -> Result<Json> {
        let begun = Instant::now();
        let limits = Limits {
            total: timeout.and_then(|timeout| begun.checked_add(timeout)).map(Into::into),
            inactivity: message.inactivity_timeout_ms.map(Duration::from_millis),
        };
        let (wait, ended) = self.waits.begin();
        let mut watch = Watch { core: Arc::clone(&self), wait, aborts: message.abort_on_cancel };
        // What failed a turn is told in the words of the server or of the model's provider.
        let outcome = watch.turn(&message, ended, &limits).await;
        let outcome = outcome.map_err(|error| error.redacted(self.wire().secrets()));
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
        message: &Message,
        ended: oneshot::Receiver<Result<TurnEnd>>,
        limits: &Limits,
    ) -> Result<Json> {
        let params = message.encode(&self.core.id);
        let reply = self.within(limits, self.core.call(method::SESSION_SEND, &params)).await?;
        let message_id = replies::message_id(&reply).unwrap_or_default();
        self.wait.accept(&message_id);
        let gone = |_| Err(Error::new(Code::Closed, "the session is gone"));
        let end = self.within(limits, async { ended.await.unwrap_or_else(gone) }).await?;
        let id = json::quote(&message_id);
        let event = end.event.as_deref().unwrap_or("null");
        let text = format!(r#"{{"outcome":"{}","messageId":{id},"event":{event}}}"#, end.outcome);
        Ok(Json::from_trusted(text))
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
            return Err(self.too_late("the time given ran out"));
        }
        match limits.inactivity.filter(|limit| self.wait.activity().at.elapsed() >= *limit) {
            Some(limit) => Err(self.too_late(&format!("{} ms passed without any event", limit.as_millis()))),
            None => Ok(()),
        }
    }

    fn too_late(&self, which: &str) -> Error {
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
        Error::new(Code::Timeout, format!("{which} {WHAT}; {last}. The turn goes on unless it is aborted"))
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
