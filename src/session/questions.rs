//! What the server asks in a session: by broadcast event or by request, answered through one kind of object.

use std::sync::{Arc, Weak};

use super::Core;
use super::broadcasts::Broadcast;
use super::config::Asked;
use crate::client::{self, ByReply, Connection};
use crate::error::{Code, Result};
use crate::log::{self, Level};
use crate::protocol::answer::{self, Answer, Wire};
use crate::protocol::names::pending;
use crate::protocol::question::{self, Kind, Question, RequestId};
use crate::queue::{Asking, Queue};
use crate::request::{Request, Responder, Way, gone};
use crate::rpc::{self, Id, Incoming};

impl Core {
    /// A request asks. It comes back when it is not the session's to answer.
    pub(super) fn asked(&self, incoming: Incoming, method: &str, params: &str) -> Option<Incoming> {
        if question::by_method(method) == Kind::Other {
            return self.asked_by_method(incoming, method, params);
        }
        self.asked_by_request(incoming, method, params);
        None
    }

    /// A broadcast asks. Every client of the session sees it; the first answer counts.
    pub(super) fn asked_by_event(&self, question: Question, from_sub_agent: bool) {
        let Some(id) = question.request_id().filter(|id| !id.is_empty()) else { return };
        if question.resolved_by_hook || self.questions.lock().is_settling(id) {
            return;
        }
        if let Some(answer) = self.judged(&question) {
            return send_now(self, &question, answer);
        }
        let handler = self.handlers.lock().of(question.kind, question.tool_name()).cloned();
        match handler {
            Some(asked) => {
                let id = RequestId::of(id);
                let of_turn = question.kind.ends_with_its_turn() && !from_sub_agent;
                let asking = self.ask(question, Way::Shared(self.this.clone()), asked);
                let request = Arc::downgrade(&asking.request);
                self.questions.lock().insert(Broadcast { id, request, answered: false, of_turn });
                // A closed queue drops the question, which sends its default.
                self.queue.ask(asking);
            }
            None => send_now(self, &question, Answer::NoHandler),
        }
    }

    /// A JSON-RPC request asks; it is ours alone to answer.
    pub(super) fn asked_by_request(&self, incoming: Incoming, method: &str, params: &str) {
        let question = Question::from_request(method, params);
        if let Some(answer) = self.judged(&question) {
            return send_now(&self.by_reply(incoming), &question, answer);
        }
        let handler = self.handlers.lock().of(question.kind, question.tool_name()).cloned();
        match handler {
            Some(asked) => {
                let id = incoming.id().clone();
                let way = Way::Own(Box::new(self.by_reply(incoming)));
                self.put(id, question, way, asked);
            }
            None => client::answer_unheard(incoming, &question, Some(self.wire().server())),
        }
    }

    /// Answers a request as the server at hand wants it.
    pub(super) fn by_reply(&self, incoming: Incoming) -> OfSession {
        let connection: Weak<Connection> = Arc::downgrade(&self.wire());
        OfSession {
            reply: ByReply::new(incoming, self.id.to_string(), Some(connection)),
            core: self.this.clone(),
        }
    }

    /// Puts a request of this id to the program.
    pub(super) fn put(&self, id: Id, question: Question, way: Way, asked: Asked) {
        let announced = question.announced_words();
        let kind = question.kind;
        let asking = self.ask(question, way, asked);
        if let Some(words) = announced {
            self.announced.lock().ask(kind, words, Arc::downgrade(&asking.request));
        }
        let mut requests = self.requests.lock();
        requests.retain(|(_, request)| request.strong_count() > 0);
        requests.push((id, Arc::downgrade(&asking.request)));
        drop(requests);
        // A closed queue drops the question, which sends its default.
        self.queue.ask(asking);
    }

    fn ask(&self, question: Question, way: Way, asked: Asked) -> Asking {
        let home: Weak<Queue> = Arc::downgrade(&self.queue);
        let request = Request::new(question, Some(self.origin.session_id().clone()), way, home);
        self.limit_time(&request);
        let callback = match asked {
            Asked::Callback(callback) => Some(callback),
            Asked::Item => None,
        };
        Asking { request, callback }
    }

    /// True while a question of this session is with the program, which may take its time.
    pub(super) fn awaits_program(&self) -> bool {
        // Looked at without a lock: should this be the last one to have a question, then letting it go answers it.
        let mut asked: Vec<_> = self.questions.lock().requests().collect();
        asked.extend(self.requests.lock().iter().filter_map(|(_, request)| request.upgrade()));
        asked.iter().any(|request| request.is_pending())
    }

    /// Sends the default when the program takes longer than `requestTimeoutMs`.
    fn limit_time(&self, request: &Arc<Request>) {
        let Some(limit) = self.request_timeout() else { return };
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
        let connection = self.wire();
        self.client.runtime().spawn(async move {
            if call.await.is_err_and(|error| error.code() == Code::Rpc) {
                drop(connection.call_fit(pending::ELICITATION, &instead));
            }
        });
    }

    /// A question to every client was settled: by us or by another client.
    pub(super) fn withdraw_question(&self, id: &RequestId) {
        let broadcast = self.questions.lock().remove(id).and_then(|asked| asked.request.upgrade());
        let request = broadcast.or_else(|| self.announced.lock().settle(id));
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
        let broadcast = self.questions.lock().take_those_of_the_turn();
        for request in broadcast.into_iter().filter_map(|asked| asked.request.upgrade()) {
            client::withdraw(&request, &self.queue);
        }
        self.announced.lock().clear();
        self.withdraw_requests(Kind::ends_with_its_turn);
    }

    /// Withdraws what is asked of a session that has ended for the program.
    pub(super) fn withdraw_kinds(&self) {
        let broadcast = self.questions.lock().take_all();
        for request in broadcast.into_iter().filter_map(|asked| asked.request.upgrade()) {
            client::withdraw(&request, &self.queue);
        }
        self.announced.lock().clear();
        self.withdraw_requests(|kind| kind != Kind::Other);
    }

    /// Withdraws the rest, which the server needs to let go of the session in good order: it writes its last files.
    pub(super) fn withdraw_methods(&self) {
        self.handlers.lock().close();
        self.withdraw_requests(|kind| kind == Kind::Other);
    }

    fn withdraw_requests(&self, which: impl Fn(Kind) -> bool) {
        let requests: Vec<_> =
            self.requests.lock().iter().filter_map(|(_, request)| request.upgrade()).collect();
        for request in requests.iter().filter(|request| which(request.kind())) {
            client::withdraw(request, &self.queue);
        }
    }
}

/// Answers without asking the program.
fn send_now(responder: &dyn Responder, question: &Question, answer: Answer<'_>) {
    let sent = responder.encode(question, answer).and_then(|wire| responder.send(question, wire));
    if let Err(error) = sent {
        log::emit(Level::Warn, "session", &format!("an answer that needs no handler was not sent: {error}"));
    }
}

/// Answers a request of the session's by its reply.
pub(super) struct OfSession {
    reply: ByReply,
    core: Weak<Core>,
}

impl Responder for OfSession {
    fn encode(&self, question: &Question, answer: Answer<'_>) -> Result<Wire> {
        self.reply.encode(question, answer)
    }

    fn send(&self, question: &Question, wire: Wire) -> Result<()> {
        if let Some(core) = self.core.upgrade() {
            core.waits.program_answered();
        }
        self.reply.send(question, wire)
    }
}

/// Answers broadcast questions by a call.
impl Responder for Core {
    fn encode(&self, question: &Question, answer: Answer<'_>) -> Result<Wire> {
        let connection = self.wire();
        let pending = question.kind == Kind::Permission && self.permission_default_pending();
        answer::encode(question, &self.id, true, connection.server(), pending, answer)
    }

    fn send(&self, question: &Question, wire: Wire) -> Result<()> {
        self.waits.program_answered();
        let Wire::Call { method, params } = wire else { return Ok(()) };
        let connection = self.wire();
        if connection.is_closed() {
            return Err(gone());
        }
        // Before it is sent: copilot-runtime announces each call of a sub-agent twice, and a tool that is quick must not
        // run twice.
        if let Some(id) = question.request_id() {
            self.questions.lock().answered(id);
        }
        if method == pending::ELICITATION {
            self.cancel_if_refused(connection.call_fit(method, &params), &params);
        } else {
            // Whether this answer or another client's was the first is not for us to act upon.
            connection.call_unheard(method, &params);
        }
        Ok(())
    }

    fn is_managed(&self) -> bool {
        self.handlers.lock().managed
    }
}
