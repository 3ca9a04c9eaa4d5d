//! What happens when an event of the session comes in.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Core;
use crate::client::Attached;
use crate::error::{Code, Error, Result};
use crate::json::Json;
use crate::protocol::events::{self, Acted};
use crate::protocol::question;
use crate::queue::{Event, Kind, Name, Queue, intern};
use crate::rpc::{Id, Incoming};

impl Attached for Core {
    fn queue(&self) -> &Arc<Queue> {
        &self.queue
    }

    fn event(&self, event: &str) {
        let Some(event_type) = events::type_of(event) else { return };
        let name = intern(&event_type);
        self.tell(&event_type, &name, event);
        self.waits.touch(&name);
        if !events::is_acted(&event_type) {
            return;
        }
        // After the program's own subscribers were served: what follows may wake somebody who relies on them.
        if let Some((from_sub_agent, acted)) = events::acted(&event_type, event) {
            self.act(from_sub_agent, acted, event);
        }
    }

    fn request(&self, incoming: Incoming, method: &str, params: &str) -> Option<Incoming> {
        if question::by_method(method) == question::Kind::Other {
            return self.asked_by_method(incoming, method, params);
        }
        self.asked_by_request(incoming, method, params);
        None
    }

    fn has_registration(&self, registration: &str) -> bool {
        self.handlers.lock().has_registration(registration)
    }

    fn request_cancelled(&self, id: &Id) {
        self.withdraw_request(id);
    }

    fn lost(&self, reason: &Error) {
        // The server has nothing of it any more, or it is another handle's now.
        self.let_go.store(true, Ordering::Release);
        self.end(&lost(&self.id, reason));
    }

    fn let_go(&self, reason: &Error) -> Pin<Box<dyn Future<Output = Result<()>> + Send>> {
        // First, so that a wait fails for this reason and not by what the server makes of the end.
        self.end(&lost(&self.id, reason));
        let core = self.this.upgrade();
        Box::pin(async move {
            match core {
                Some(core) => core.part().await,
                None => Ok(()),
            }
        })
    }
}

/// The end of the connection, as the session's calls report it.
fn lost(id: &str, reason: &Error) -> Error {
    if reason.code() == Code::Closed {
        let message = format!("session {id}: {}, then copilot_session_resume opens it", reason.message());
        return Error::new(Code::Closed, message);
    }
    let message = format!(
        "session {id} was lost: {}; copilot_session_resume opens it again with its history",
        reason.message()
    );
    let lost = Error::new(reason.code(), message).with_class("transport");
    match reason.exit() {
        Some(exit) => lost.with_exit(exit.clone()),
        None => lost,
    }
}

impl Core {
    fn tell(&self, event_type: &str, name: &Name, text: &str) {
        let called_for = self.subscriptions.wants(event_type);
        if !called_for && !self.queue.takes_everything() {
            return;
        }
        let event = Event::new(
            Kind::Session,
            Arc::clone(name),
            Some(Arc::clone(&self.name)),
            Json::from_trusted(text),
        );
        let event =
            if called_for { event.delivered_by(Arc::clone(&self.subscriptions) as Arc<_>) } else { event };
        // A closed queue has nobody to tell.
        let _ = self.queue.push(Arc::new(event));
    }

    fn act(&self, from_sub_agent: bool, acted: Acted, event: &str) {
        match acted {
            Acted::Asked(question) if question::searches_tools(question.tool_name.as_deref()) => {
                self.asked_to_search(question, from_sub_agent);
            }
            Acted::Asked(question) => self.asked_by_event(question, from_sub_agent),
            Acted::Undecodable { request_id, problem } => self.refuse(&request_id, &problem),
            Acted::Settled { request_id, .. } => self.withdraw_question(&request_id),
            turn if !from_sub_agent => {
                if matches!(turn, Acted::Aborted { .. }) {
                    self.withdraw_those_of_the_turn();
                }
                self.waits.see(&turn, event);
            }
            _ => {}
        }
    }
}
