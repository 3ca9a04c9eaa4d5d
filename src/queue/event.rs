//! One thing that happened, as the program sees it.

use std::borrow::Cow;
use std::ffi::CStr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;

use super::name::Name;
use super::operation::Operation;
use super::recycling::Spares;
use super::subscriptions::Listed;
use super::told::{Origin, Text, Told};
use crate::callback::Serving;
use crate::json::Json;
use crate::protocol::members::ObjectText;
use crate::request::Request;

/// What kind of thing happened. The numbers are the C ABI's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Kind {
    /// An event of a session.
    Session = 1,
    /// A session was created, changed, deleted, shown or hidden, by any client of the server.
    Lifecycle = 2,
    /// The client's connection changed its state.
    State = 3,
    /// The server asks something.
    Request = 4,
    /// An operation has ended.
    Completion = 5,
    /// The library says something of itself.
    Log = 6,
    /// So much was waiting that events were merged or dropped.
    Overflow = 7,
    /// A question no longer needs an answer.
    RequestCancelled = 8,
    /// A notification of the server's that nothing else here stands for.
    Notification = 9,
    /// The permission policy has decided, or has left a decision to the handler.
    Policy = 10,
}

/// Who runs the callbacks that an event has.
pub trait Deliver: Send + Sync {
    /// Runs them on this thread.
    fn deliver(&self, event: &Event);
}

/// One event. Immutable, but that its request can be taken out once.
pub struct Event {
    kind: Kind,
    event_type: Name,
    /// There from the beginning, but for what is asked.
    json: OnceLock<Json>,
    asked: Option<Asked>,
    /// Where it comes from, if it is of a session: that tells who has callbacks for it.
    origin: Option<Arc<Origin>>,
    /// True where that session had a callback for it when it came.
    called_for: bool,
    /// The session that it tells of, if it is not of one.
    session_id: Option<Name>,
    /// Who has callbacks for it, if it is not of a session.
    deliver: Option<Arc<dyn Deliver>>,
    operation: Option<Arc<Operation>>,
    request: Mutex<Option<Arc<Request>>>,
    /// The queue it went into, so that its callbacks know where they run.
    home: AtomicUsize,
}

/// What the item of a question says. Hardly anybody reads it who has the question.
pub(super) struct Asked {
    /// The question's number.
    pub request: u64,
    /// The wire's name of what asked.
    pub method: Cow<'static, str>,
    /// The tool to run.
    pub tool_name: Option<Arc<str>>,
}

impl Asked {
    /// `{"request":…,"kind":…,"method":…,"toolName"?}`.
    fn json(&self, kind: &CStr) -> Json {
        let item = ObjectText::new()
            .number("request", self.request)
            .known_text("kind", kind.to_str().unwrap_or_default())
            .known_text("method", &self.method);
        let item = match &self.tool_name {
            Some(tool) => item.known_text("toolName", tool),
            None => item,
        };
        Json::from_trusted(item.finish())
    }

    /// About as many bytes as the JSON has.
    fn size(&self) -> usize {
        Asked::size_of(&self.method, self.tool_name.as_deref())
    }

    /// As many as it would have of such a question.
    pub(super) fn size_of(method: &str, tool_name: Option<&str>) -> usize {
        64 + method.len() + tool_name.map_or(0, str::len)
    }
}

impl Default for Event {
    /// An event that tells nothing yet.
    fn default() -> Event {
        Event::new(Kind::Session, Name::default(), None, Json::from_trusted(""))
    }
}

impl Event {
    /// An event without callbacks, request or operation.
    pub fn new(kind: Kind, event_type: Name, session_id: Option<Name>, json: Json) -> Event {
        Event::made(kind, event_type, session_id, OnceLock::from(json), None)
    }

    /// The item that brings a question; its type is the question's kind.
    pub(super) fn asking(event_type: Name, session_id: Option<Name>, asked: Asked) -> Event {
        Event::made(Kind::Request, event_type, session_id, OnceLock::new(), Some(asked))
    }

    fn made(
        kind: Kind,
        event_type: Name,
        session_id: Option<Name>,
        json: OnceLock<Json>,
        asked: Option<Asked>,
    ) -> Event {
        Event {
            kind,
            event_type,
            json,
            asked,
            origin: None,
            called_for: false,
            session_id,
            deliver: None,
            operation: None,
            request: Mutex::new(None),
            home: AtomicUsize::new(0),
        }
    }

    /// The same event with somebody who runs its callbacks.
    pub fn delivered_by(self, deliver: Arc<dyn Deliver>) -> Event {
        Event { deliver: Some(deliver), ..self }
    }

    /// The same event carrying the operation that ended.
    pub fn of_operation(mut self, operation: Arc<Operation>) -> Event {
        self.operation = Some(operation);
        self
    }

    /// The same event carrying the question asked.
    pub fn with_request(self, request: Arc<Request>) -> Event {
        *self.request.lock() = Some(request);
        self
    }

    /// Tells of something else from now on. Gives back the text of what it told before.
    #[inline(always)]
    pub(super) fn tell(&mut self, told: Told, home: usize) -> String {
        let Told { origin, event_type, called_for, text: Text { whole, start } } = told;
        self.event_type = event_type;
        self.origin = Some(origin);
        self.called_for = called_for;
        *self.home.get_mut() = home;
        let end = whole.len();
        match self.json.get_mut() {
            Some(json) => json.renew_part(whole, start..end),
            None => {
                self.json = OnceLock::from(Json::of_part(whole, start..end));
                String::new()
            }
        }
    }

    /// Gives its text back, and tells nothing any more.
    pub(super) fn take_back(&mut self) -> Text {
        match self.json.get_mut().and_then(Json::take_text) {
            Some((text, part)) => Text::part(text, part),
            None => Text::whole(self.json().text().to_owned()),
        }
    }

    /// Lets go of everything that it is made of and that is not its own. False where it is not to be kept to tell
    /// something else: it is more than what a session told, or not worth it.
    #[inline]
    pub(super) fn forget(&mut self) -> bool {
        let is_told = self.kind == Kind::Session && self.session_id.is_none() && self.deliver.is_none();
        if !is_told
            || self.operation.is_some()
            || self.json.get().is_none_or(|json| Spares::is_large(json.len()))
        {
            return false;
        }
        // With the last reference goes data of the program's, for which this is not the place.
        if self.origin.as_ref().is_some_and(|origin| Arc::strong_count(origin) == 1) {
            return false;
        }
        self.origin = None;
        true
    }

    /// What kind of thing happened.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The wire's name for it.
    pub fn event_type(&self) -> &CStr {
        &self.event_type
    }

    /// The session it belongs to.
    pub fn session_id(&self) -> Option<&CStr> {
        self.origin.as_ref().map(|origin| origin.session_id()).or(self.session_id.as_ref()).map(|id| &**id)
    }

    /// Its JSON.
    pub fn json(&self) -> &Json {
        self.json.get_or_init(|| match &self.asked {
            Some(asked) => asked.json(&self.event_type),
            None => Json::object(),
        })
    }

    /// Its JSON, where that has been made already. Quick, and free of whatever could panic or wait.
    #[inline(always)]
    pub fn json_in_place(&self) -> Option<&Json> {
        self.json.get()
    }

    /// The operation that ended.
    pub fn operation(&self) -> Option<&Arc<Operation>> {
        self.operation.as_ref()
    }

    /// Moves the question out; it can be done once.
    pub fn take_request(&self) -> Option<Arc<Request>> {
        self.request.lock().take()
    }

    /// True when it is nothing but what it tells: no request, no operation, and nobody has a callback for it.
    pub(super) fn is_plain(&self) -> bool {
        self.kind != Kind::Request && self.operation.is_none() && !self.has_callback()
    }

    /// True when it has callbacks to run.
    pub fn has_callback(&self) -> bool {
        self.called_for || self.deliver.is_some()
    }

    /// Remembers the queue it goes into.
    pub(super) fn enter(&self, home: usize) {
        self.home.store(home, Ordering::Relaxed);
    }

    /// Runs its callbacks on this thread. A question that no callback took or kept gets its default answer.
    pub fn deliver(&self) {
        let _serving = Serving::enter(self.home.load(Ordering::Relaxed));
        self.run();
    }

    /// The same for an event of a session, by what was looked up for the one before.
    #[inline]
    pub(super) fn run_listed(&self, listed: &mut Listed) {
        if self.called_for
            && let Some(origin) = &self.origin
        {
            origin.subscriptions().deliver_again(self, listed);
        }
    }

    /// The same, where the thread is known to serve the queue.
    pub(super) fn run(&self) {
        match (&self.origin, &self.deliver) {
            (Some(origin), _) if self.called_for => origin.subscriptions().deliver(self),
            (None, Some(deliver)) => deliver.deliver(self),
            _ => {}
        }
        if self.kind == Kind::Request {
            drop(self.take_request());
        }
    }

    /// What it counts for in the limits of a queue.
    pub fn bytes(&self) -> usize {
        // The same whenever it is asked, so that what a queue counts comes out even.
        size_of::<Event>() + self.asked.as_ref().map_or_else(|| self.json().text().len(), Asked::size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::intern;

    #[test]
    fn an_item_is_written_for_whoever_reads_it_and_counts_the_same() {
        let asked = |tool_name: Option<&str>| {
            let method = Cow::Borrowed("tool.\"call\"");
            Event::asking(
                intern("tool"),
                None,
                Asked { request: 7, method, tool_name: tool_name.map(Arc::from) },
            )
        };
        for (tool_name, json) in [
            (Some("look"), r#"{"request":7,"kind":"tool","method":"tool.\"call\"","toolName":"look"}"#),
            (None, r#"{"request":7,"kind":"tool","method":"tool.\"call\""}"#),
        ] {
            let event = asked(tool_name);
            let before = event.bytes();
            assert_eq!(event.json().text(), json);
            assert!(std::ptr::eq(event.json(), event.json()));
            assert_eq!(event.bytes(), before);
            assert!(before.abs_diff(size_of::<Event>() + json.len()) < 64, "{before}");
        }
    }
}
