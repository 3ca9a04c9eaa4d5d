//! The permission policy at work: it answers before the program is asked, and says so.

use std::sync::Arc;

use super::Core;
use crate::json::Json;
use crate::protocol::answer::Answer;
use crate::protocol::question::{Kind, Question};
use crate::queue::{self, Event, intern};

/// The type of the event that tells what the policy has said.
const TYPE: &str = "permission.policy";

impl Core {
    /// The policy's answer to a question; `None` where the handler, or what stands for a missing one, is to answer.
    pub(super) fn judged(&self, question: &Question) -> Option<Answer<'static>> {
        if question.kind != Kind::Permission {
            return None;
        }
        let policy = self.made.lock().policy.clone()?;
        let verdict = policy.judge(&question.params)?;
        self.tell_verdict(&verdict.event(&question.params, question.request_id()));
        verdict.answer().map(|answer| Answer::Respond(answer.into()))
    }

    fn tell_verdict(&self, json: &str) {
        let called_for = self.origin.subscriptions().wants(TYPE);
        if !called_for && !self.queue.takes_everything() {
            return;
        }
        let session = Some(self.origin.session_id().clone());
        let event = Event::new(queue::Kind::Policy, intern(TYPE), session, Json::from_trusted(json));
        let event = if called_for {
            event.delivered_by(Arc::clone(self.origin.subscriptions()) as Arc<_>)
        } else {
            event
        };
        // A closed queue has nobody to tell.
        let _ = self.queue.push(Arc::new(event));
    }
}
