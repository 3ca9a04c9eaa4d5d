//! How a question reaches the program, and how its answer goes back.

use std::sync::{Arc, LazyLock, Weak};

use parking_lot::Mutex;

use super::connection::Connection;
use crate::callback::Callback;
use crate::error::{Code, Error, Result};
use crate::json::Json;
use crate::protocol::answer::{self, Answer, Wire};
use crate::protocol::members::ObjectText;
use crate::protocol::question::{self, Question};
use crate::protocol::server::Server;
use crate::queue::{Asked, Deliver, Event, Kind, Name, Queue, intern};
use crate::request::{Request, Responder};
use crate::rpc::Incoming;

/// Answers a request that nobody here handles.
pub fn answer_unheard(incoming: Incoming, question: &Question, server: Option<&Server>) {
    let unknown = Server::unknown();
    match answer::encode(question, "", false, server.unwrap_or(&unknown), false, Answer::NoHandler) {
        Ok(wire) => reply(incoming, wire),
        Err(error) => incoming.fail(-32603, error.message(), None),
    };
}

/// True when the answer is on its way.
fn reply(incoming: Incoming, wire: Wire) -> bool {
    match wire {
        Wire::Result(result) => incoming.reply(&result),
        Wire::Error { code, message, data } => incoming.fail(code, &message, data.as_deref()),
        // Only broadcast questions are answered by a call or by silence.
        Wire::Call { .. } | Wire::Silence => {
            incoming.fail(-32603, "the answer has no form for a request", None)
        }
    }
}

/// Answers a JSON-RPC request by its reply.
pub struct ByReply {
    incoming: Mutex<Option<Incoming>>,
    session_id: String,
    connection: Option<Weak<Connection>>,
}

impl ByReply {
    /// For this request; the connection tells the server's generation.
    pub fn new(incoming: Incoming, session_id: String, connection: Option<Weak<Connection>>) -> ByReply {
        ByReply { incoming: Mutex::new(Some(incoming)), session_id, connection }
    }
}

impl Responder for ByReply {
    fn encode(&self, question: &Question, answer: Answer) -> Result<Wire> {
        let connection = self.connection.as_ref().and_then(Weak::upgrade);
        let unknown = Server::unknown();
        let server = connection.as_deref().map_or(&unknown, Connection::server);
        answer::encode(question, &self.session_id, false, server, false, answer)
    }

    fn send(&self, wire: Wire) -> Result<()> {
        let Some(incoming) = self.incoming.lock().take() else { return Ok(()) };
        if reply(incoming, wire) { Ok(()) } else { Err(gone()) }
    }
}

/// The error of an answer that comes after the end.
pub fn gone() -> Error {
    Error::new(Code::Closed, "the connection that asked is gone; there is nobody to answer")
}

/// The item that brings a question to the program.
pub fn asking_event(request: &Arc<Request>, handler: Option<Arc<Callback<Request>>>) -> Event {
    let question = request.question();
    let asked = Asked {
        request: request.id(),
        method: question.method.clone(),
        tool_name: question.tool_name.clone(),
    };
    let event = Event::asking(kind_name(question.kind), request.session_name(), asked)
        .with_request(Arc::clone(request));
    match handler {
        Some(handler) => event.delivered_by(handler),
        None => event,
    }
}

/// The type of the item.
fn kind_name(kind: question::Kind) -> Name {
    static NAMES: LazyLock<[Name; 11]> =
        LazyLock::new(|| question::Kind::ALL.map(|kind| intern(kind.name())));
    NAMES[kind as usize].clone()
}

/// Runs the callback of a question.
impl Deliver for Callback<Request> {
    fn deliver(&self, event: &Event) {
        if let Some(request) = event.take_request() {
            self.run(&request);
        }
    }
}

/// Runs what the program registered for a question's withdrawal.
struct Withdrawal(Arc<Request>);

impl Deliver for Withdrawal {
    fn deliver(&self, _event: &Event) {
        self.0.tell_cancelled();
    }
}

/// Withdraws a question and tells the program through the queue.
pub fn withdraw(request: &Arc<Request>, queue: &Queue) {
    if !request.cancel() {
        return;
    }
    let called_for = request.has_on_cancel();
    if !called_for && !queue.takes_everything() {
        return;
    }
    let json =
        ObjectText::new().number("request", request.id()).known_text("kind", request.kind().name()).finish();
    let session = request.session_name();
    let event =
        Event::new(Kind::RequestCancelled, intern("request_cancelled"), session, Json::from_trusted(json));
    let told = Arc::new(Withdrawal(Arc::clone(request)));
    let event = if called_for { event.delivered_by(told) } else { event };
    let _ = queue.push(Arc::new(event));
}
