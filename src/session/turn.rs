//! Sending a message, and waiting until its turn is over.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{sleep_until, timeout_at};

use super::Core;
use super::wait::{Activity, Ticket, Tiding, TurnEnd, Wait};
use crate::error::{Code, Error, LastActivity, Reason, Result};
use crate::json::{self, Json, scan};
use crate::protocol::message::Message;
use crate::protocol::names::method;
use crate::protocol::replies;

/// What was waited for, in the text of a timeout.
const WHAT: &str = "while waiting for the turn to end";

/// How long a turn may take to begin after an abort that seems to have dropped its message.
const GRACE: Duration = Duration::from_secs(2);

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
        let sending = self.waits.sending(ticket).await;
        let sent = match self.connection() {
            // Over when the reply is there, even if nobody waits for it any more.
            Ok(connection) => connection.call_then(method::SESSION_SEND, params, |_| drop(sending)).await,
            Err(gone) => Err(gone),
        };
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
        let (wait, tidings) = self.waits.begin(&prompt_of(&params));
        let mut watch = Watch { core: Arc::clone(&self), wait, aborts: message.abort_on_cancel };
        let outcome = watch.turn(&params, tidings, &limits).await;
        // What failed a turn is told in the words of the server or of the model's provider.
        let outcome = outcome.map_err(|error| watch.explain(error).redacted(self.wire().secrets()));
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

/// How long nothing has happened. A question that is with the program stops the clock: a person may have to answer it.
struct Silence {
    limit: Duration,
    is_asking: bool,
    /// When a question was last found with the program.
    asked: Option<Instant>,
}

impl Silence {
    fn new(limit: Duration) -> Silence {
        Silence { limit, is_asking: false, asked: None }
    }

    /// When to look whether it has become too long, after an activity at this time.
    fn next_look(&self, active: Instant) -> Option<Instant> {
        let since = self.since(active);
        // While a question is open, often enough that the clock goes on soon after the answer.
        since.checked_add(if self.is_asking { self.limit / 8 } else { self.limit })
    }

    /// True when it has become too long.
    fn look(&mut self, active: Instant, is_asking: bool, answered: Option<Instant>) -> bool {
        let was_asking = std::mem::replace(&mut self.is_asking, is_asking);
        self.asked = match is_asking || was_asking {
            true => Some(Instant::now()),
            // A thread that waits by itself does not look while it runs the handler.
            false => self.asked.max(answered),
        };
        self.since(active).elapsed() >= self.limit
    }

    fn since(&self, active: Instant) -> Instant {
        self.asked.map_or(active, |asked| asked.max(active))
    }
}

/// A wait that ends with its future: dropped halfway, it aborts the turn if the message asks for that.
struct Watch {
    core: Arc<Core>,
    wait: Arc<Wait>,
    aborts: bool,
}

impl Watch {
    async fn turn(&self, params: &str, tidings: UnboundedReceiver<Tiding>, limits: &Limits) -> Result<Json> {
        let reply = self.within(limits, self.core.post(self.wait.ticket(), params)).await?;
        let message_id = replies::message_id(&reply).unwrap_or_default();
        self.wait.accept(&message_id);
        let end = self.within(limits, self.end(tidings)).await?;
        let id = json::quote(&message_id);
        let model =
            end.model.map_or_else(String::new, |model| format!(r#""model":{},"#, json::quote(&model)));
        let event = end.event.as_deref().unwrap_or("null");
        let text = format!(r#"{{"outcome":"{}","messageId":{id},{model}"event":{event}}}"#, end.outcome);
        Ok(Json::from_trusted(text))
    }

    /// The end of the turn, as the wait is told of it.
    async fn end(&self, mut tidings: UnboundedReceiver<Tiding>) -> Result<TurnEnd> {
        let mut grace = None;
        loop {
            let told = match grace {
                Some(until) => timeout_at(until, tidings.recv()).await,
                None => Ok(tidings.recv().await),
            };
            match told {
                Ok(Some(Tiding::End(end))) => return end,
                Ok(Some(Tiding::Dropped)) => grace = Some(tokio::time::Instant::now() + GRACE),
                Ok(None) => return Err(Error::new(Code::Closed, "the session is gone")),
                Err(_) if self.wait.has_started() => grace = None,
                // A hook that is asked for the message before its turn.
                Err(_) if self.core.awaits_program() => grace = Some(tokio::time::Instant::now() + GRACE),
                Err(_) => {
                    let message =
                        "the message was dropped, before its turn had begun, when the session was aborted";
                    return Err(Error::new(Code::Cancelled, message).with_reason(Reason::Aborted));
                }
            }
        }
    }

    /// The error with why the wait ended and what it saw last.
    fn explain(&self, error: Error) -> Error {
        let reason = match error.code() {
            _ if error.reason().is_some() => None,
            Code::Transport if error.exit().is_some() => Some(Reason::Exit),
            Code::Transport | Code::Protocol | Code::Closed => Some(Reason::Disconnected),
            _ => None,
        };
        let error = match reason {
            Some(reason) => error.with_reason(reason),
            None => error,
        };
        // That of a limit is what the limit was judged by.
        match error.last_activity() {
            None => self.wait.activity().told_in(error),
            Some(_) => error,
        }
    }

    /// Waits for this until the time given is over, or nothing has happened in the session for too long.
    async fn within<T>(&self, limits: &Limits, work: impl Future<Output = Result<T>>) -> Result<T> {
        let mut work = pin!(work);
        let mut silence = limits.inactivity.map(Silence::new);
        loop {
            let next = silence.as_ref().and_then(|silence| silence.next_look(self.wait.activity().at));
            let next = [next.map(Into::into), limits.total].into_iter().flatten().min();
            let out_of_time = async {
                match next {
                    Some(next) => sleep_until(next).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased; // an end in time counts, however late it is looked at
                outcome = &mut work => return outcome,
                () = out_of_time => self.check(limits, silence.as_mut())?,
            }
        }
    }

    /// An error when a limit is reached. Something may have happened since the clock was set.
    fn check(&self, limits: &Limits, silence: Option<&mut Silence>) -> Result<()> {
        let activity = self.wait.activity();
        if limits.total.is_some_and(|total| total <= tokio::time::Instant::now()) {
            return Err(too_late(Reason::Timeout, "the time given ran out", &activity));
        }
        let Some(silence) = silence else { return Ok(()) };
        if silence.look(activity.at, self.core.awaits_program(), self.core.waits.last_answered()) {
            let which = format!("{} ms passed without any event", silence.limit.as_millis());
            return Err(too_late(Reason::Inactivity, &which, &activity));
        }
        Ok(())
    }
}

fn too_late(reason: Reason, which: &str, activity: &Activity) -> Error {
    let last = match &activity.event_type {
        Some(event_type) => {
            let ago = activity.at.elapsed().as_millis();
            format!("the last event was {}, {ago} ms ago", event_type.to_string_lossy())
        }
        None => "no event has come since the message was sent".into(),
    };
    let message = format!("{which} {WHAT}; {last}. The turn goes on unless it is aborted");
    activity.told_in(Error::new(Code::Timeout, message).with_reason(reason))
}

impl Activity {
    /// The error with this as what happened last, if anything did.
    fn told_in(&self, error: Error) -> Error {
        let Some(event_type) = &self.event_type else { return error };
        error.with_last_activity(LastActivity {
            event: event_type.to_string_lossy().into_owned(),
            ago_ms: self.at.elapsed().as_millis() as u64,
        })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.core.waits.forget(&self.wait);
        if self.aborts {
            let core = Arc::clone(&self.core);
            // From now on, so that the next message goes behind it.
            let aborting = core.waits.aborting();
            self.core.client.runtime().spawn(async move {
                let _ = core.abort().await;
                drop(aborting);
            });
        }
    }
}

/// The text of a message, from its encoded form.
fn prompt_of(params: &str) -> String {
    scan::find(params, "/prompt").and_then(scan::string).unwrap_or_default().into_owned()
}
