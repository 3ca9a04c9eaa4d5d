//! What the server asks in a session: by broadcast event or by request, answered through one kind of object.

use std::sync::{Arc, Weak};

use super::Core;
use super::config::Asked;
use crate::client::{self, ByReply, Connection};
use crate::error::{Code, Result};
use crate::log::{self, Level};
use crate::protocol::answer::{self, Answer, Wire};
use crate::protocol::names::pending;
use crate::protocol::question::Question;
use crate::queue::Queue;
use crate::request::{Request, Responder};
use crate::rpc::{self, Id, Incoming};

impl Core {
    /// A broadcast asks. Every client of the session sees it; the first answer counts.
    pub(super) fn asked_by_event(&self, question: Question, from_sub_agent: bool) {
        let Some(id) = question.request_id.clone().filter(|id| !id.is_empty()) else { return };
        if question.resolved_by_hook || self.is_pending(&id) {
            return;
        }
        let Some(this) = self.this.upgrade() else { return };
        let responder = ByCall(Arc::downgrade(&this));
        let handler = self.handlers.lock().of(question.kind, question.tool_name.as_deref()).cloned();
        match handler {
            Some(asked) => {
                let of_turn = question.kind.ends_with_its_turn() && !from_sub_agent;
                let asking = self.ask(question, Box::new(responder), asked);
                let request = Arc::downgrade(&asking.request);
                self.questions.lock().insert(id, Broadcast { request, of_turn });
                self.bring(asking);
            }
            None => {
                let sent =
                    responder.encode(&question, Answer::NoHandler).and_then(|wire| responder.send(wire));
                if let Err(error) = sent {
                    log::emit(Level::Warn, "session", &format!("a default answer was not sent: {error}"));
                }
            }
        }
    }

    /// A JSON-RPC request asks; it is ours alone to answer.
    pub(super) fn asked_by_request(&self, incoming: Incoming, method: &str, params: &str) {
        let question = Question::from_request(method, params).as_ever(self.connection.server());
        let handler = self.handlers.lock().of(question.kind, question.tool_name.as_deref()).cloned();
        match handler {
            Some(asked) => {
                let id = incoming.id().clone();
                let responder = Box::new(self.by_reply(incoming));
                self.put(id, question, responder, asked);
            }
            None => client::answer_unheard(incoming, &question, Some(self.connection.server())),
        }
    }

    /// Answers a request as the server at hand wants it.
    pub(super) fn by_reply(&self, incoming: Incoming) -> ByReply {
        let connection: Weak<Connection> = Arc::downgrade(&self.connection);
        ByReply::new(incoming, self.id.clone(), Some(connection))
    }

    /// Puts a request of this id to the program.
    pub(super) fn put(&self, id: Id, question: Question, responder: Box<dyn Responder>, asked: Asked) {
        let asking = self.ask(question, responder, asked);
        let mut requests = self.requests.lock();
        requests.retain(|(_, request)| request.strong_count() > 0);
        requests.push((id, Arc::downgrade(&asking.request)));
        drop(requests);
        self.bring(asking);
    }

    /// True when the question was asked already.
    pub(super) fn is_known(&self, id: &str) -> bool {
        self.questions.lock().contains_key(id)
    }

    fn is_pending(&self, id: &str) -> bool {
        self.questions.lock().get(id).is_some_and(|asked| asked.request.strong_count() > 0)
    }

    fn ask(&self, question: Question, responder: Box<dyn Responder>, asked: Asked) -> Asking {
        let home: Weak<Queue> = Arc::downgrade(&self.queue);
        let request = Request::new(question, Some(Arc::clone(&self.name)), responder, home);
        self.limit_time(&request);
        let callback = match asked {
            Asked::Callback(callback) => Some(callback),
            Asked::Item => None,
        };
        Asking { request, callback }
    }

    fn bring(&self, asking: Asking) {
        let event = client::asking_event(&asking.request, asking.callback);
        drop(asking.request);
        // A closed queue drops the question, which sends its default.
        let _ = self.queue.push(Arc::new(event));
    }

    /// Sends the default when the program takes longer than `requestTimeoutMs`.
    fn limit_time(&self, request: &Arc<Request>) {
        let Some(limit) = self.request_timeout else { return };
        let request = Arc::downgrade(request);
        self.client.runtime().spawn(async move {
            tokio::time::sleep(limit).await;
            if let Some(request) = request.upgrade() {
                // An answer that came in time makes this one too late, as it should.
                let _ = request.answer(Answer::Unanswered);
            }
        });
    }

    /// A form that the server refuses to take back would leave its question open for ever.
    fn cancel_if_refused(&self, call: rpc::Call, params: &str) {
        let Some(instead) = answer::elicitation_cancelled(params) else { return };
        let connection = Arc::clone(&self.connection);
        self.client.runtime().spawn(async move {
            if call.await.is_err_and(|error| error.code() == Code::Rpc) {
                drop(connection.call(pending::ELICITATION, &instead));
            }
        });
    }

    /// A broadcast question was settled: by us or by another client.
    pub(super) fn withdraw_question(&self, id: &str) {
        let request = self.questions.lock().remove(id).and_then(|asked| asked.request.upgrade());
        if let Some(request) = request {
            client::withdraw(&request, &self.queue);
        }
    }

    pub(super) fn withdraw_request(&self, id: &Id) {
        let found = self.requests.lock().iter().find(|(held, _)| held == id).and_then(|(_, r)| r.upgrade());
        if let Some(request) = found {
            client::withdraw(&request, &self.queue);
        }
    }

    /// The turn was aborted. The server says so once, and not again for each question that it has dropped with it.
    /// Sub-agents in the background go on, and so do what the turn does not wait for: hooks, commands, logins.
    pub(super) fn withdraw_those_of_the_turn(&self) {
        let broadcast: Vec<_> = self.questions.lock().extract_if(|_, asked| asked.of_turn).collect();
        for request in broadcast.into_iter().filter_map(|(_, asked)| asked.request.upgrade()) {
            client::withdraw(&request, &self.queue);
        }
        let requested: Vec<_> =
            self.requests.lock().iter().map(|(_, request)| Weak::clone(request)).collect();
        for request in requested.into_iter().filter_map(|request| request.upgrade()) {
            if request.kind().ends_with_its_turn() {
                client::withdraw(&request, &self.queue);
            }
        }
    }

    pub(super) fn withdraw_all(&self) {
        self.handlers.lock().close();
        let broadcast = std::mem::take(&mut *self.questions.lock()).into_values().map(|asked| asked.request);
        let requested = std::mem::take(&mut *self.requests.lock()).into_iter().map(|(_, request)| request);
        for request in broadcast.chain(requested).filter_map(|request| request.upgrade()) {
            client::withdraw(&request, &self.queue);
        }
    }
}

/// A question that was put to all clients.
pub(super) struct Broadcast {
    pub(super) request: Weak<Request>,
    /// Whether the turn waits for it, so that it goes with the turn.
    pub(super) of_turn: bool,
}

/// A question on its way to the program.
struct Asking {
    request: Arc<Request>,
    callback: Option<Arc<crate::callback::Callback<Request>>>,
}

/// Answers a broadcast question by a call.
struct ByCall(Weak<Core>);

impl Responder for ByCall {
    fn encode(&self, question: &Question, answer: Answer) -> Result<Wire> {
        let core = self.0.upgrade().ok_or_else(client::gone)?;
        let server = core.connection.server();
        answer::encode(question, &core.id, true, server, core.permission_default_pending, answer)
    }

    fn send(&self, wire: Wire) -> Result<()> {
        let core = self.0.upgrade().ok_or_else(client::gone)?;
        let Wire::Call { method, params } = wire else { return Ok(()) };
        if core.connection.is_closed() {
            return Err(client::gone());
        }
        // Whether this answer or another client's was the first is not for us to act upon.
        let call = core.connection.call(method, &params);
        if method == pending::ELICITATION {
            core.cancel_if_refused(call, &params);
        }
        Ok(())
    }

    fn is_managed(&self) -> bool {
        self.0.upgrade().is_some_and(|core| core.handlers.lock().managed)
    }
}
