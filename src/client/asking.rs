//! How a question reaches the program, and how its answer goes back.

use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use super::connection::Connection;
use crate::error::Result;
use crate::json::Json;
use crate::protocol::answer::{self, Answer, Wire};
use crate::protocol::members::ObjectText;
use crate::protocol::question::Question;
use crate::protocol::server::Server;
use crate::queue::{Deliver, Event, Kind, Queue, intern};
use crate::request::{Request, Responder, gone};
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
    fn encode(&self, question: &Question, answer: Answer<'_>) -> Result<Wire> {
        let connection = self.connection.as_ref().and_then(Weak::upgrade);
        let unknown = Server::unknown();
        let server = connection.as_deref().map_or(&unknown, Connection::server);
        answer::encode(question, &self.session_id, false, server, false, answer)
    }

    fn send(&self, _question: &Question, wire: Wire) -> Result<()> {
        let Some(incoming) = self.incoming.lock().take() else { return Ok(()) };
        if reply(incoming, wire) { Ok(()) } else { Err(gone()) }
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
