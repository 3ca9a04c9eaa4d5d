//! Requests of a session's without a kind of their own, and what having handlers for them makes the server know.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use super::Core;
use super::config::{Asked, Handlers};
use super::questions::OfSession;
use crate::client;
use crate::error::{Error, Result};
use crate::protocol::answer::{Answer, Wire};
use crate::protocol::methods::{self, FileCapabilities, GITHUB_TOKEN, PROVIDER_TOKEN, SKILLS_LIST};
use crate::protocol::question::Question;
use crate::protocol::session_config::{Offers, SessionConfig};
use crate::request::{Responder, Way};
use crate::rpc::Incoming;

/// The provider of a session's GitHub tokens. The server may ask again before it has its answer; the program is asked
/// one question at a time.
pub(super) struct Registration {
    id: String,
    line: Mutex<Line>,
}

#[derive(Default)]
struct Line {
    busy: bool,
    closed: bool,
    waiting: VecDeque<(Incoming, String)>,
}

impl Handlers {
    /// Puts into the params what these handlers, and the client's, provide to a session.
    pub(super) fn offer(&mut self, client: &client::Core, config: &mut Arc<SessionConfig>) -> Result<()> {
        if let Some(provider) = client.session_files() {
            self.check_files(client, FileCapabilities::of(provider))?;
        }
        let former = self.registration.take();
        let registration = self.offers(GITHUB_TOKEN).then(|| {
            let given = config.github_registration();
            let goes_on = |former: &Arc<Registration>| {
                !former.is_closed() && given.as_ref().is_none_or(|id| *id == former.id)
            };
            former.filter(goes_on).unwrap_or_else(|| {
                let id = given.unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
                Arc::new(Registration { id, line: Mutex::default() })
            })
        });
        let offering = config.offering(&Offers {
            // A handler of the client's is there for the sessions that can use it.
            skills: self.offers(SKILLS_LIST) || client.handles(SKILLS_LIST) && !config.is_in_the_cloud(),
            bearer_tokens: self.offers(PROVIDER_TOKEN) || client.handles(PROVIDER_TOKEN),
            telemetry: client.forwards_telemetry(),
            github_tokens: registration.as_ref().map(|registration| registration.id.clone()),
        })?;
        if let Some(offering) = offering {
            *config = Arc::new(offering);
        }
        self.registration = registration;
        self.managed = config.is_managed();
        Ok(())
    }

    /// A server would make the session without them, and lose what it writes.
    fn check_files(&self, client: &client::Core, capabilities: FileCapabilities) -> Result<()> {
        let handles = |method: &str| self.of_method(method).is_some() || client.handles(method);
        let missing = methods::missing_files(capabilities, handles);
        if missing.is_empty() {
            return Ok(());
        }
        Err(Error::invalid_argument(format!(
            "the client keeps the files of its sessions (its option sessionFs), but has no handler for {}; give the \
             configuration one with copilot_session_config_on_method, \"sessionFs.*\" for all of them",
            missing.join(", ")
        )))
    }

    pub(super) fn has_registration(&self, id: &str) -> bool {
        self.registration.as_ref().is_some_and(|registration| registration.id == id)
    }
}

impl Registration {
    fn is_closed(&self) -> bool {
        self.line.lock().closed
    }

    /// Nobody is asked any more.
    pub(super) fn close(&self) {
        let mut line = self.line.lock();
        line.closed = true;
        let waiting = std::mem::take(&mut line.waiting);
        drop(line);
        drop(waiting);
    }
}

impl Core {
    /// A request of a method without a kind. It comes back when no handler of the session's is there for it.
    pub(super) fn asked_by_method(&self, incoming: Incoming, method: &str, params: &str) -> Option<Incoming> {
        let handlers = Arc::clone(&self.handlers.lock());
        let Some(asked) = handlers.of_method(method) else { return Some(incoming) };
        match handlers.registration.as_ref().filter(|_| method == GITHUB_TOKEN) {
            Some(registration) => {
                let mut line = registration.line.lock();
                if line.closed {
                    return Some(incoming);
                }
                if line.busy {
                    line.waiting.push_back((incoming, params.to_owned()));
                    return None;
                }
                line.busy = true;
                drop(line);
                self.ask_for_token(Arc::clone(registration), asked.clone(), incoming, params);
            }
            None => {
                let id = incoming.id().clone();
                let way = Way::Own(Box::new(self.by_reply(incoming)));
                self.put(id, Question::from_request(method, params), way, asked.clone());
            }
        }
        None
    }

    fn ask_for_token(&self, registration: Arc<Registration>, asked: Asked, incoming: Incoming, params: &str) {
        let id = incoming.id().clone();
        let turn = Turn {
            core: self.this.clone(),
            registration,
            asked: asked.clone(),
            over: AtomicBool::new(false),
        };
        let way = Way::Own(Box::new(InTurn { reply: self.by_reply(incoming), turn }));
        self.put(id, Question::from_request(GITHUB_TOKEN, params), way, asked);
    }
}

/// Answers a question that others wait behind.
struct InTurn {
    reply: OfSession,
    turn: Turn,
}

impl Responder for InTurn {
    fn encode(&self, question: &Question, answer: Answer<'_>) -> Result<Wire> {
        self.reply.encode(question, answer)
    }

    fn send(&self, question: &Question, wire: Wire) -> Result<()> {
        let sent = self.reply.send(question, wire);
        self.turn.end();
        sent
    }
}

/// The right to ask the program. It ends with the answer, or when nobody can answer any more.
struct Turn {
    core: Weak<Core>,
    registration: Arc<Registration>,
    asked: Asked,
    over: AtomicBool,
}

impl Turn {
    fn end(&self) {
        if self.over.swap(true, Ordering::AcqRel) {
            return;
        }
        let mut line = self.registration.line.lock();
        let next = line.waiting.pop_front();
        line.busy = next.is_some();
        drop(line);
        if let (Some((incoming, params)), Some(core)) = (next, self.core.upgrade()) {
            core.ask_for_token(Arc::clone(&self.registration), self.asked.clone(), incoming, &params);
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.end();
    }
}
