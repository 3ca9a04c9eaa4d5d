//! What happens when an event of the session comes in.

use std::sync::Arc;

use super::Core;
use crate::client::EventType;
use crate::json::Json;
use crate::protocol::events::{self, Acted};
use crate::protocol::question;
use crate::protocol::session_info::Change;
use crate::queue::{Event, Kind};

impl Core {
    /// An event of the session's current life.
    pub(super) fn event(&self, event_type: &EventType, event: &str) {
        self.tell(event_type, event);
        if !event_type.is_acted {
            return;
        }
        self.waits.touch(&event_type.name);
        // After the program's own subscribers were served: what follows may wake somebody who relies on them.
        if let Some((from_sub_agent, acted)) = events::acted(&event_type.text, event) {
            self.act(from_sub_agent, acted, event);
        }
    }

    fn tell(&self, event_type: &EventType, text: &str) {
        let called_for = self.subscriptions.wants(&event_type.text);
        if !called_for && !self.queue.takes_everything() {
            return;
        }
        let event = Event::new(
            Kind::Session,
            event_type.name.clone(),
            Some(self.name.clone()),
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
