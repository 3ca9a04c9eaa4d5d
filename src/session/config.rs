//! What a session is made from: the wire's options as JSON, and the program's functions.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, Weak};

use super::methods::Registration;
use crate::callback::{Callback, Home};
use crate::error::{Code, Error, Result};
use crate::json::Json;
use crate::policy::Rules;
use crate::protocol::methods;
use crate::protocol::question::{self, Kind};
use crate::protocol::session_config::{DeclaredKinds, SessionConfig};
use crate::protocol::tool::Tool;
use crate::queue::{Event, Origin, Owner, Queue};
use crate::request::Request;

/// Who answers a question.
#[derive(Clone)]
pub enum Asked {
    /// This function, on the thread that serves the queue.
    Callback(Arc<Callback<Request>>),
    /// Whoever takes the item from the queue.
    Item,
}

/// What a session is made from; good for many sessions.
pub struct Config {
    /// The options, which the program may still change.
    pub json: Json,
    /// What checking them has given, when they were as they were made.
    checked: Arc<SessionConfig>,
    tools: Vec<(Tool, Asked)>,
    kinds: BTreeMap<Kind, Asked>,
    methods: HashMap<String, Asked>,
    subscriptions: Vec<Subscription>,
    queue: Option<Owner>,
}

/// Who answers what, in a session that was made.
#[derive(Clone, Default)]
pub struct Handlers {
    tools: BTreeMap<Arc<str>, Asked>,
    kinds: BTreeMap<Kind, Asked>,
    /// By method or namespace.
    methods: HashMap<String, Asked>,
    pub(super) registration: Option<Arc<Registration>>,
    /// Settings of an organisation decide what the agent may do.
    pub(super) managed: bool,
}

impl Handlers {
    /// Nobody answers anything.
    pub(super) fn none() -> Arc<Handlers> {
        static NONE: LazyLock<Arc<Handlers>> = LazyLock::new(Arc::default);
        Arc::clone(&NONE)
    }

    /// For a session to have. Those that answer nothing have theirs together.
    pub(super) fn shared(self) -> Arc<Handlers> {
        let Handlers { tools, kinds, methods, registration, managed } = &self;
        let answers = !(tools.is_empty() && kinds.is_empty() && methods.is_empty());
        if answers || registration.is_some() || *managed { Arc::new(self) } else { Handlers::none() }
    }

    /// Who answers this kind of question, or this tool's calls.
    pub fn of(&self, kind: Kind, tool_name: Option<&str>) -> Option<&Asked> {
        match (kind, tool_name) {
            (Kind::Tool, Some(name)) => self.tools.get(name),
            (Kind::Tool, None) => None,
            (kind, _) => self.kinds.get(&kind),
        }
    }

    /// These, with those of another in place of what they have in common.
    pub(super) fn joined(&self, newer: &Handlers) -> Handlers {
        let mut joined = self.clone();
        joined.tools.extend(newer.tools.clone());
        joined.kinds.extend(newer.kinds.clone());
        joined.methods.extend(newer.methods.clone());
        joined
    }

    /// These, with another's tools in place of the own ones.
    pub(super) fn with_tools_of(&self, newer: &Handlers) -> Handlers {
        Handlers { tools: newer.tools.clone(), ..self.clone() }
    }

    /// Who answers requests of this method, which has no kind of its own.
    pub fn of_method(&self, method: &str) -> Option<&Asked> {
        methods::find(&self.methods, method)
    }

    pub(super) fn has_tools(&self) -> bool {
        !self.tools.is_empty()
    }

    pub(super) fn offers(&self, method: &str) -> bool {
        methods::offered(&self.methods, method).is_some()
    }

    /// The session has ended.
    pub(super) fn close(&self) {
        if let Some(registration) = &self.registration {
            registration.close();
        }
    }
}

impl Config {
    /// A configuration with these options, checked here and, if the program has changed them, when a session is made.
    pub fn new(json: Json) -> Result<Config> {
        let checked = SessionConfig::parse_valid(json.text())?;
        checked.permission_policy.as_deref().map(Rules::parse).transpose()?;
        Ok(Config {
            checked: Arc::new(checked),
            json,
            tools: Vec::new(),
            kinds: BTreeMap::new(),
            methods: HashMap::new(),
            subscriptions: Vec::new(),
            queue: None,
        })
    }

    /// The options, checked.
    pub(super) fn checked(&self) -> Result<Arc<SessionConfig>> {
        match self.checked.is_of(self.json.text()) {
            true => Ok(Arc::clone(&self.checked)),
            false => SessionConfig::parse(self.json.text()).map(Arc::new),
        }
    }

    /// Lets sessions deliver to this queue instead of the client's; `None` goes back to that.
    pub fn set_queue(&mut self, queue: Option<Owner>) {
        self.queue = queue;
    }

    /// The queue of its sessions, if it is not the client's.
    pub fn queue(&self) -> Option<&Owner> {
        self.queue.as_ref()
    }

    /// Offers a tool to the model.
    pub fn add_tool(&mut self, tool: Tool, asked: Asked) -> Result<()> {
        if self.tools.iter().any(|(held, _)| held.name() == tool.name()) {
            let message =
                format!("the tool \"{}\" was added already; each name can be had once", tool.name());
            return Err(Error::invalid_argument(message));
        }
        self.tools.push((tool, asked));
        Ok(())
    }

    /// Declares that this kind of question will be answered, in place of what was declared before.
    pub fn on_request(&mut self, kind: Kind, asked: Asked) -> Result<()> {
        match kind {
            Kind::Tool => Err(Error::invalid_argument(
                "tool calls are answered by the function given to copilot_session_config_add_tool",
            )),
            Kind::Other => Err(Error::invalid_argument(
                "requests without a kind of their own are answered by copilot_session_config_on_method, by method name",
            )),
            kind => {
                let former = self.kinds.insert(kind, asked);
                drop(former);
                Ok(())
            }
        }
    }

    /// Declares that requests of this method, or of all methods of a namespace (`canvas.*`), will be answered, in place
    /// of what was declared before.
    pub fn on_method(&mut self, method: &str, asked: Asked) -> Result<()> {
        if let Some(problem) = methods::misnamed(method) {
            return Err(Error::invalid_argument(format!("the method {method:?}: {problem}")));
        }
        match question::by_method(method) {
            Kind::Other => {
                let former = self.methods.insert(method.to_owned(), asked);
                drop(former);
                Ok(())
            }
            Kind::Tool => Err(has_a_kind(method, "copilot_session_config_add_tool")),
            _ => Err(has_a_kind(method, "copilot_session_config_on_request")),
        }
    }

    /// Calls `callback` for events of this type, or of all, from the very first one.
    pub fn on_event(&mut self, event_type: Option<&str>, callback: Arc<Callback<Event>>) {
        let event_type = event_type.map(String::from);
        self.subscriptions.push(Subscription { event_type, callback, is_direct: false });
    }

    /// The same on the thread that reads them, before they go anywhere else.
    pub fn on_event_direct(&mut self, event_type: Option<&str>, callback: Arc<Callback<Event>>) {
        let event_type = event_type.map(String::from);
        self.subscriptions.push(Subscription { event_type, callback, is_direct: true });
    }

    pub(super) fn tools(&self) -> Vec<Tool> {
        self.tools.iter().map(|(tool, _)| tool.clone()).collect()
    }

    pub(super) fn declared(&self) -> DeclaredKinds {
        self.kinds.keys().fold(DeclaredKinds::default(), |declared, kind| declared.with(*kind))
    }

    /// The functions for one session that delivers to this queue.
    pub(super) fn handlers(&self, queue: &Arc<Queue>) -> Result<Handlers> {
        if self.tools.is_empty() && self.kinds.is_empty() && self.methods.is_empty() {
            return Ok(Handlers::default());
        }
        let settle = |asked: &Asked, what: &dyn Fn() -> String| match asked {
            Asked::Callback(callback) => {
                callback.settle(Arc::downgrade(queue) as Weak<dyn Home>);
                Ok(())
            }
            Asked::Item if queue.takes_everything() => Ok(()),
            Asked::Item => Err(nobody_takes_items(&what())),
        };
        for (tool, asked) in &self.tools {
            settle(asked, &|| format!("calls of the tool \"{}\"", tool.name()))?;
        }
        for (kind, asked) in &self.kinds {
            settle(asked, &|| format!("{} requests", kind.name()))?;
        }
        for (method, asked) in &self.methods {
            settle(asked, &|| format!("requests of {method}"))?;
        }
        let tools = self.tools.iter().map(|(tool, asked)| (tool.shared_name(), asked.clone())).collect();
        let methods = self.methods.clone();
        Ok(Handlers { tools, kinds: self.kinds.clone(), methods, ..Handlers::default() })
    }

    /// Adds the subscriptions to a session that delivers to this queue.
    pub(super) fn subscribe(&self, origin: &Origin, queue: &Arc<Queue>) {
        for subscription in &self.subscriptions {
            subscription.add_to(origin, queue);
        }
    }

    /// What it changes in a session that delivers to this queue.
    pub(super) fn patch(&self, queue: &Arc<Queue>) -> Result<Patch> {
        if self.queue().is_some_and(|own| !Arc::ptr_eq(own.queue(), queue)) {
            return Err(Error::invalid_argument(
                "the configuration has a queue of its own, and a session keeps the one it has; leave it out",
            ));
        }
        Ok(Patch {
            config: self.checked()?,
            tools: self.tools(),
            declared: self.declared(),
            handlers: self.handlers(queue)?,
            subscriptions: self.subscriptions.clone(),
        })
    }
}

/// What a configuration changes in a session that there is already.
pub(super) struct Patch {
    pub(super) config: Arc<SessionConfig>,
    pub(super) tools: Vec<Tool>,
    pub(super) declared: DeclaredKinds,
    pub(super) handlers: Handlers,
    subscriptions: Vec<Subscription>,
}

impl Patch {
    /// Adds its subscriptions; the numbers end them.
    pub(super) fn subscribe(&self, origin: &Origin, queue: &Arc<Queue>) -> Vec<i64> {
        self.subscriptions.iter().map(|subscription| subscription.add_to(origin, queue)).collect()
    }
}

/// A callback for events of a type, or of all.
#[derive(Clone)]
struct Subscription {
    event_type: Option<String>,
    callback: Arc<Callback<Event>>,
    is_direct: bool,
}

impl Subscription {
    fn add_to(&self, origin: &Origin, queue: &Arc<Queue>) -> i64 {
        let subscriptions = if self.is_direct { origin.direct() } else { origin.subscriptions() };
        let home: Weak<Queue> = Arc::downgrade(queue);
        subscriptions.add(self.event_type.as_deref(), Arc::clone(&self.callback), home)
    }
}

fn has_a_kind(method: &str, instead: &str) -> Error {
    Error::invalid_argument(format!("{method} has a kind of its own; it is answered by {instead}"))
}

fn nobody_takes_items(what: &str) -> Error {
    let message = format!(
        "{what} have no callback, so they come as items, which a queue of mode \"callbacks\" does not \
         take; give the session a queue of mode \"items\" or register a callback"
    );
    Error::new(Code::InvalidArgument, message)
}
