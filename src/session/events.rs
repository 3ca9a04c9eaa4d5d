//! What happens when an event of the session comes in.

use std::borrow::Cow;

use super::Core;
use crate::client::EventType;
use crate::protocol::events::{self, Acted};
use crate::protocol::question;
use crate::protocol::session_info::Change;
use crate::queue::{Arrival, Words};

impl Core {
    /// An event of the session's current life that the library acts upon.
    pub(super) fn event(&self, event_type: &EventType, event: Words<'_>) -> Arrival {
        // Before it is given away.
        let acted = events::acted(&event_type.text, event.as_str());
        let kept = match &event {
            Words::Lent(event) => Some(Cow::Borrowed(*event)),
            Words::Given(event) if self.waits.are_any() => Some(Cow::Owned(event.as_str().to_owned())),
            Words::Given(_) => None,
        };
        let arrival = self.queue.tell(&self.origin, &event_type.name, event);
        self.waits.touch(&event_type.name);
        // After the program's own subscribers were served: what follows may wake somebody who relies on them.
        if let Some((from_sub_agent, acted)) = acted {
            self.act(from_sub_agent, acted, kept.as_deref());
        }
        // What is asked waits in the queue too.
        Arrival { is_full: self.queue.is_pressing(), ..arrival }
    }

    /// `event` is its text; without it no wait sees the event.
    fn act(&self, from_sub_agent: bool, acted: Acted, event: Option<&str>) {
        match acted {
            Acted::Asked(question) if question::searches_tools(question.tool_name()) => {
                self.asked_to_search(question, from_sub_agent);
            }
            Acted::Asked(question) => self.asked_by_event(question, from_sub_agent),
            Acted::Undecodable { request_id, problem } => self.refuse(&request_id, &problem),
            Acted::Announced { kind, request_id, question } => {
                self.announced.lock().announce(kind, question, request_id);
            }
            Acted::Settled { request_id, .. } => self.withdraw_question(&request_id),
            // A sub-agent may have a model of its own.
            Acted::Changed(Change::Model(_)) if from_sub_agent => {}
            Acted::Changed(change) => self.info.lock().apply(change),
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
