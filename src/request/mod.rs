//! What the server asks: one object for every kind of question, answered exactly once.
//!
//! A question is pending until the first of these happens: the program answers it, the server withdraws it, or the
//! last reference goes, which sends the default of its kind. Everything after the first is refused.

use std::ffi::{CStr, CString};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};

use crate::callback::{Callback, Home};
use crate::error::{Code, Error, Result};
use crate::json::Json;
use crate::log::{self, Level};
use crate::protocol::answer::{Answer, Wire};
use crate::protocol::permission;
use crate::protocol::question::{Kind, Question};
use crate::queue::Name;
use crate::sync::{AtomicU8, Mutex};

#[cfg(all(test, not(copilot_loom)))]
mod tests;

/// Takes an answer to where the question came from.
pub trait Responder: Send + Sync {
    /// Puts the answer into the wire's words. An answer of the wrong shape is refused, and the question stays open.
    fn encode(&self, question: &Question, answer: Answer<'_>) -> Result<Wire>;

    /// Sends what that came to; `Code::Closed` when the connection is gone.
    fn send(&self, question: &Question, wire: Wire) -> Result<()>;

    /// True where settings of an organisation decide what the agent may do.
    fn is_managed(&self) -> bool {
        false
    }
}

/// Who takes the answer to a question.
pub enum Way {
    /// One who is there for this question.
    Own(Box<dyn Responder>),
    /// One who takes those to many, for as long as it is there.
    Shared(Weak<dyn Responder>),
}

impl Way {
    fn encode(&self, question: &Question, answer: Answer<'_>) -> Result<Wire> {
        self.with(|responder| responder.encode(question, answer))
    }

    fn send(&self, question: &Question, wire: Wire) -> Result<()> {
        self.with(|responder| responder.send(question, wire))
    }

    fn is_managed(&self) -> bool {
        self.with(|responder| Ok(responder.is_managed())).unwrap_or(false)
    }

    fn with<T>(&self, work: impl FnOnce(&dyn Responder) -> Result<T>) -> Result<T> {
        match self {
            Way::Own(responder) => work(&**responder),
            Way::Shared(responder) => work(&*responder.upgrade().ok_or_else(gone)?),
        }
    }
}

/// The error of an answer that comes after the end.
pub fn gone() -> Error {
    Error::new(Code::Closed, "the connection that asked is gone; there is nobody to answer")
}

/// A question of the server's.
pub struct Request {
    id: u64,
    question: Question,
    /// The question's names as C reads them, made for whoever asks.
    method: OnceLock<CString>,
    tool_name: OnceLock<CString>,
    session_id: Option<Name>,
    state: AtomicU8,
    way: Way,
    home: Weak<dyn Home>,
    on_cancel: Mutex<Option<Arc<Callback<Request>>>>,
}

const PENDING: u8 = 0;
const ANSWERED: u8 = 1;
const CANCELLED: u8 = 2;
/// Cancelled, and what was registered for that has been run.
const TOLD: u8 = 3;

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

fn c_text(text: &str) -> CString {
    CString::new(text.replace('\0', "")).unwrap_or_default()
}

impl Request {
    /// A pending question, whose callbacks run where `home` is served.
    pub fn new(question: Question, session_id: Option<Name>, way: Way, home: Weak<dyn Home>) -> Arc<Request> {
        Arc::new(Request {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            question,
            method: OnceLock::new(),
            tool_name: OnceLock::new(),
            session_id,
            state: AtomicU8::new(PENDING),
            way,
            home,
            on_cancel: Mutex::new(None),
        })
    }

    /// Its number: never 0, never used twice in a process.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// What kind of question it is.
    pub fn kind(&self) -> Kind {
        self.question.kind
    }

    /// The question.
    pub fn question(&self) -> &Question {
        &self.question
    }

    /// The wire's name of the event or request that asked.
    pub fn method(&self) -> &CStr {
        self.method.get_or_init(|| c_text(&self.question.method))
    }

    /// The session that asks.
    pub fn session_id(&self) -> Option<&CStr> {
        self.session_id.as_deref()
    }

    /// The same, to be shared.
    pub fn session_name(&self) -> Option<Name> {
        self.session_id.clone()
    }

    /// The tool to run, for a tool call.
    pub fn tool_name(&self) -> Option<&CStr> {
        let name = self.question.tool_name()?;
        Some(self.tool_name.get_or_init(|| c_text(name)))
    }

    /// What is asked.
    pub fn params(&self) -> &Json {
        self.question.params.json()
    }

    /// True until it is answered or withdrawn.
    pub fn is_pending(&self) -> bool {
        self.state.load(Ordering::Acquire) == PENDING
    }

    /// True when the question was withdrawn: nobody waits for an answer.
    pub fn is_cancelled(&self) -> bool {
        matches!(self.state.load(Ordering::Acquire), CANCELLED | TOLD)
    }

    /// Answers. The first answer counts; a later one is `Code::InvalidState`, one to a withdrawn question
    /// `Code::Cancelled`, one after the connection's end `Code::Closed`. An answer of the wrong shape is refused
    /// and leaves the question open.
    pub fn answer(&self, answer: Answer<'_>) -> Result<()> {
        self.check_open()?;
        let wire = self.way.encode(&self.question, answer)?;
        if !self.leave_pending(ANSWERED) {
            return self.check_open();
        }
        let sent = self.way.send(&self.question, wire);
        // Last, because the data destroyed here may hold the last reference to this question.
        let unneeded = self.on_cancel.lock().take();
        drop(unneeded);
        sent
    }

    /// Lets the agent do what it asks to do, once: the whole of a handler that approves everything. What an
    /// organisation wants to be decided by a person is left to other clients, and where its settings apply at all
    /// nothing is approved. Questions of other kinds are left alone.
    pub fn approve(&self) {
        if self.kind() != Kind::Permission {
            return;
        }
        let decision = if self.way.is_managed() {
            permission::UNAVAILABLE
        } else {
            permission::approval(&self.question.params)
        };
        let answered = self.answer(Answer::Respond(decision.into()));
        // Nobody else can be asked on protocol 2, and then it is not approved either.
        if answered.is_err_and(|error| error.code() == Code::Unsupported) {
            let _ = self.answer(Answer::Unanswered);
        }
    }

    /// Refuses what the agent asks to do, and lets it go on: the whole of a handler that denies everything. Questions
    /// of other kinds are left alone.
    pub fn deny(&self) {
        if self.kind() == Kind::Permission {
            let _ = self.answer(Answer::Respond(permission::DENIAL.into()));
        }
    }

    /// Withdraws the question; false when it was answered or withdrawn before.
    pub fn cancel(&self) -> bool {
        self.leave_pending(CANCELLED)
    }

    /// Registers what runs when the question is withdrawn, in place of what was there. Fails as [`Request::answer`]
    /// does when the question is not open any more, and then changes nothing; but `None` removes in any case. Outside
    /// of callbacks this waits for what was there to return if it is running.
    pub fn on_cancel(&self, callback: Option<Arc<Callback<Request>>>) -> Result<()> {
        if let Some(callback) = &callback {
            callback.settle(self.home.clone());
        }
        // Checked under the lock: who withdraws looks for a registration after that, so this one is told or refused.
        let mut registered = self.on_cancel.lock();
        let open = self.check_open();
        let former = if open.is_ok() || callback.is_none() {
            std::mem::replace(&mut *registered, callback)
        } else {
            None
        };
        drop(registered);
        if let Some(former) = former {
            former.retire();
        }
        open
    }

    /// True when something is to run when the question is withdrawn.
    pub fn has_on_cancel(&self) -> bool {
        self.on_cancel.lock().is_some()
    }

    /// Runs what was registered for the withdrawal, on this thread, once.
    pub fn tell_cancelled(&self) {
        if !self.leave(CANCELLED, TOLD) {
            return;
        }
        // Left in its place while it runs, so that whoever removes it meanwhile waits for its return.
        let callback = self.on_cancel.lock().clone();
        if let Some(callback) = callback {
            callback.run(self);
            let told = self.on_cancel.lock().take_if(|registered| Arc::ptr_eq(registered, &callback));
            drop(told);
        }
    }

    fn leave_pending(&self, next: u8) -> bool {
        self.leave(PENDING, next)
    }

    fn leave(&self, state: u8, next: u8) -> bool {
        self.state.compare_exchange(state, next, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    fn check_open(&self) -> Result<()> {
        match self.state.load(Ordering::Acquire) {
            PENDING => Ok(()),
            CANCELLED | TOLD => Err(Error::new(
                Code::Cancelled,
                format!("{} was withdrawn: nobody waits for an answer any more", self.describe()),
            )),
            _ => Err(Error::new(
                Code::InvalidState,
                format!("{} was answered already; a question is answered once", self.describe()),
            )),
        }
    }

    fn describe(&self) -> String {
        match self.question.tool_name() {
            Some(tool) => format!("the call of tool \"{tool}\" (request {})", self.id),
            None => format!("request {} ({})", self.id, self.question.kind.name()),
        }
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        if !self.leave_pending(ANSWERED) {
            return;
        }
        let sent = self
            .way
            .encode(&self.question, Answer::Unanswered)
            .and_then(|wire| self.way.send(&self.question, wire));
        if sent.is_ok() {
            let message = format!("{} was let go unanswered; its default was sent", self.describe());
            log::emit(Level::Warn, "request", &message);
        }
    }
}
