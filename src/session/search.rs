//! Tool calls that need more than the handler: a search among the tools, and a call that nobody can understand.

use std::sync::Weak;

use super::Core;
use super::broadcasts::Broadcast;
use crate::protocol::names::{method, pending};
use crate::protocol::question::{self, Kind, Question, RequestId};
use crate::protocol::{answer, params};

impl Core {
    /// A program's own search among the tools is told which there are, before it is asked. Without that it is asked
    /// all the same.
    pub(super) fn asked_to_search(&self, mut question: Question, from_sub_agent: bool) {
        let Some(id) = question.request_id().map(RequestId::of) else { return };
        let handled = self.handlers.lock().of(Kind::Tool, question.tool_name()).is_some();
        let asked_already = self.questions.lock().contains(&id);
        let Some(core) = self.this.upgrade().filter(|_| handled && !asked_already) else { return };
        // In its place from now on, so that it can be settled meanwhile.
        let waiting =
            Broadcast { id: id.clone(), request: Weak::new(), answered: false, of_turn: !from_sub_agent };
        self.questions.lock().insert(waiting);
        let tools = self.wire().call_fit(method::TOOLS_METADATA, &params::of_session(&self.id));
        self.client.runtime().spawn(async move {
            if let Ok(metadata) = tools.await {
                question.params = question.params.with(&question::with_tools(&question.params, &metadata));
            }
            if core.questions.lock().remove(&id).is_some() {
                core.asked_by_event(question, from_sub_agent);
            }
        });
    }

    /// Ends a tool call that no program can be asked. Only where there are tools: another client's calls are not ours.
    pub(super) fn refuse(&self, request_id: &str, problem: &str) {
        if self.handlers.lock().has_tools() {
            drop(self.wire().call_fit(pending::TOOL, &answer::tool_error(&self.id, request_id, problem)));
        }
    }
}
