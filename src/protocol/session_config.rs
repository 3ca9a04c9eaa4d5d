//! A session's configuration: what the program gave, checked, and the params that it becomes.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, LazyLock};

use super::keys::{Given, Marks, Part, Place, check, check_valid};
use super::members::{Members, ObjectText, array_text, items, text_of};
use super::names::method;
use super::pick::pick_lenient;
use super::question::{Kind, row};
use super::session_keys::SESSION;
use super::session_mode;
use super::session_secrets;
use super::session_sense::{self, ToolFilters};
use super::tool::Tool;
use crate::error::{Code, Error, Result};

mod offers;
mod said;

pub use offers::Offers;
use said::Said;

/// The params that the library itself decides; `rawParams` may not.
const DECIDED: [&str; 5] =
    ["sessionId", "tools", "envValueMode", "toolFilterPrecedence", "requestPermission"];

/// Room for the params of a usual session.
const ROOM: usize = 512;

/// What is sent with every session. Without `requestPermission` CLI 0.0.420 runs everything unasked.
const ALWAYS: &str = r#""envValueMode":"direct","toolFilterPrecedence":"excluded","requestPermission":true"#;

/// What the params are for.
#[derive(Clone, Copy, Debug)]
pub enum Target<'a> {
    /// `session.create` under this id.
    Create(&'a str),
    /// `session.resume` of this id.
    Resume(&'a str),
}

/// The kinds of requests that the program has said it answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeclaredKinds(u32);

impl DeclaredKinds {
    /// The same kinds and this one.
    pub fn with(self, kind: Kind) -> DeclaredKinds {
        DeclaredKinds(self.0 | 1 << kind as i32)
    }

    /// These kinds and those.
    pub fn and(self, others: DeclaredKinds) -> DeclaredKinds {
        DeclaredKinds(self.0 | others.0)
    }

    /// True where the program answers this kind.
    pub fn has(self, kind: Kind) -> bool {
        self.0 & 1 << kind as i32 != 0
    }
}

/// Members of the params, by the wire's names.
type Offered = Vec<(&'static str, String)>;

/// A session's configuration, checked; good for many sessions.
#[derive(Clone)]
pub struct SessionConfig {
    /// The id that the program wants for a new session; otherwise the library makes one.
    pub session_id: Option<Arc<str>>,
    /// True where permission requests without a handler are left to other clients, false where they are denied;
    /// `None` leaves it to the kind of connection.
    pub permission_pending: Option<bool>,
    /// The permission policy as JSON, its members of the right types.
    pub permission_policy: Option<Box<str>>,
    /// How long a request may wait for its answer before the default is sent.
    pub request_timeout_ms: Option<u64>,
    said: Said,
    /// What the program's handlers add to what is sent, if they add anything.
    offered: Option<Box<Offered>>,
    /// Where there are any.
    filters: Option<Box<ToolFilters>>,
    sub_agent_streaming: bool,
    declared_tools: Option<Vec<Tool>>,
}

impl SessionConfig {
    /// Checks the configuration. Fails with `InvalidJson`, or with `InvalidArgument` that names the key by its
    /// pointer.
    pub fn parse(json: &str) -> Result<SessionConfig> {
        SessionConfig::of(json, check(json, &SESSION)?)
    }

    /// The same for text that is known to be JSON.
    pub fn parse_valid(json: &str) -> Result<SessionConfig> {
        SessionConfig::of(json, check_valid(json, &SESSION)?)
    }

    fn of(json: &str, given: Given<'_>) -> Result<SessionConfig> {
        session_sense::check(&given)?;
        check_raw_params(&given)?;
        Ok(SessionConfig {
            session_id: given.raw("sessionId").and_then(text_of).map(Arc::from),
            permission_pending: given.text("permissionDefault").map(|word| word == "pending"),
            permission_policy: given.raw("permissionPolicy").map(Box::from),
            request_timeout_ms: given.integer("requestTimeoutMs").map(|ms| ms as u64),
            said: Said::new(json, &given),
            offered: None,
            filters: ToolFilters::of(&given).map(Box::new),
            sub_agent_streaming: given.flag("includeSubAgentStreamingEvents").unwrap_or(true),
            declared_tools: given.raw("tools").map(declared_tools).transpose()?,
        })
    }

    /// True where this is what was made of that text.
    pub fn is_of(&self, json: &str) -> bool {
        self.said.is_of(json)
    }

    /// This configuration with what another says in place of what this one says of the same. Fails where the two
    /// together make no sense.
    pub fn overlaid(&self, newer: &SessionConfig) -> Result<SessionConfig> {
        SessionConfig::parse_valid(&self.said.overlaid(&newer.said))
    }

    /// This configuration with the declared tools of another one in place of its own.
    pub fn with_tools_of(&self, newer: &SessionConfig) -> SessionConfig {
        let said = self.said.with("tools", &newer.said);
        SessionConfig { said, declared_tools: newer.declared_tools.clone(), ..self.clone() }
    }

    /// Where the agent is to work, by whichever name that was given.
    pub fn working_directory(&self) -> Option<String> {
        let name = "workingDirectory";
        let given = self.said.raw(name).and_then(text_of);
        given.or_else(|| self.raw_param(name).and_then(text_of)).map(Cow::into_owned)
    }

    /// The secrets that the session's params carry.
    pub fn secrets(&self) -> Vec<String> {
        const CARRIERS: Marks = Marks::of(&session_secrets::CARRIERS);
        match self.said.may_have_any(CARRIERS) {
            true => session_secrets::of_params(&self.sent(Part::Create)),
            false => Vec::new(),
        }
    }

    /// Checks what only the making of a session can tell: that the model will see the program's tools, and, with a
    /// client of mode "empty", that the configuration says which tools there are. Fails with `InvalidArgument`.
    pub fn check_for(&self, tools: &[Tool], empty_mode: bool) -> Result<()> {
        if empty_mode {
            session_mode::check(self.filters.as_deref())?;
        }
        let Some(filters) = &self.filters else { return Ok(()) };
        tools.iter().chain(self.declared_tools.iter().flatten()).try_for_each(|tool| filters.check(tool))
    }

    /// The params of the call. A tool of the program replaces a declaration of the same name in the configuration.
    pub fn encode(
        &self,
        target: Target<'_>,
        tools: &[Tool],
        declared: DeclaredKinds,
        empty_mode: bool,
    ) -> String {
        let (id, part) = match target {
            Target::Create(id) => (id, Part::Create),
            Target::Resume(id) => (id, Part::Resume),
        };
        let raw_params = self.said.raw("rawParams");
        let mut object = ObjectText::with_room(ROOM).known_text("sessionId", id);
        object = match empty_mode {
            true => object.members_of(&session_mode::opening(&self.sent(part), raw_params.unwrap_or("{}"))),
            false => self.add_sent(part, object),
        };
        if !tools.is_empty() || self.declared_tools.is_some() {
            object = object.raw("tools", &self.tools_text(tools));
        }
        object =
            object.flag("includeSubAgentStreamingEvents", self.sub_agent_streaming).known_members(ALWAYS);
        object = match declared.0 & UNANSWERED.kinds {
            0 => object.known_members(&UNANSWERED.flags),
            _ => object.known_members(&handler_flags_text(declared)),
        };
        match raw_params {
            Some(raw_params) => object.members_of(raw_params).finish(),
            None => object.finish(),
        }
    }

    /// The params of `session.options.update`, which has what create and resume do not take; `None` where there is
    /// nothing to say.
    pub fn encode_update(&self, session_id: &str, empty_mode: bool) -> Option<String> {
        if !empty_mode && !self.said.has(Part::Update) {
            return None;
        }
        let object = ObjectText::new().known_text("sessionId", session_id);
        let object = match empty_mode {
            true => {
                let updated = self.said.add_to(ObjectText::new(), |part| part == Part::Update).finish();
                object.members_of(&session_mode::update(&updated, &self.sent(Part::Create)))
            }
            false => self.said.add_to(object, |part| part == Part::Update),
        };
        Some(object.finish())
    }

    /// The error where the server does not know `session.options.update`: it names the options that need it.
    pub fn cannot_update(&self, empty_mode: bool) -> Error {
        let names: Vec<_> = self.said.names(|part| part == Part::Update).collect();
        let what = match (names.is_empty(), empty_mode) {
            (true, true) => String::from("a client of mode \"empty\" needs"),
            _ => format!("\"{}\" needs", names.join("\", \"")),
        };
        let message = format!(
            "{what} {}, which this CLI does not have; update the CLI or leave that out",
            method::OPTIONS_UPDATE
        );
        Error::new(Code::Unsupported, message)
    }

    /// The params of `session.tools.set` with these tools and those that the configuration declares.
    pub fn encode_tools(&self, session_id: &str, tools: &[Tool]) -> String {
        ObjectText::new().known_text("sessionId", session_id).raw("tools", &self.tools_text(tools)).finish()
    }

    /// What one of the two calls sends: an object in the user's order, in the wire's spelling.
    fn sent(&self, by: Part) -> String {
        self.add_sent(by, ObjectText::new()).finish()
    }

    fn add_sent(&self, by: Part, object: ObjectText) -> ObjectText {
        let object = self.said.add_to(object, |part| part == Part::Always || part == by);
        self.offered
            .iter()
            .flat_map(|offered| offered.iter())
            .fold(object, |object, (name, value)| object.raw(name, value))
    }

    fn raw_param(&self, name: &str) -> Option<&str> {
        pick_lenient(self.said.raw("rawParams")?, [name])[0]
    }

    fn tools_text(&self, tools: &[Tool]) -> String {
        let declared = self.declared_tools.iter().flatten();
        let only_declared = declared.filter(|tool| !tools.iter().any(|other| other.name() == tool.name()));
        array_text(only_declared.chain(tools).map(Tool::encode))
    }
}

impl fmt::Debug for SessionConfig {
    /// Names only: tokens, keys and headers are among the values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<&str> = self.said.names(|_| true).collect();
        f.debug_struct("SessionConfig").field("keys", &keys).finish_non_exhaustive()
    }
}

/// The flags that follow from what the program answers, besides `requestPermission`.
fn handler_flags() -> impl Iterator<Item = (Kind, &'static str)> {
    let flags = Kind::ALL.into_iter().filter_map(|kind| Some((kind, row(kind).flag?)));
    flags.filter(|(kind, _)| *kind != Kind::Permission)
}

fn handler_flags_text(declared: DeclaredKinds) -> String {
    let add = |object: ObjectText, (kind, flag)| object.flag(flag, declared.has(kind));
    let text = handler_flags().fold(ObjectText::new(), add).finish();
    text.trim_matches(['{', '}']).to_owned()
}

/// What is sent where the program answers nothing that has such a flag.
static UNANSWERED: LazyLock<Unanswered> = LazyLock::new(|| Unanswered {
    kinds: handler_flags().fold(0, |kinds, (kind, _)| kinds | DeclaredKinds::default().with(kind).0),
    flags: handler_flags_text(DeclaredKinds::default()),
});

struct Unanswered {
    /// Those that have a flag.
    kinds: u32,
    flags: String,
}

fn declared_tools(json: &str) -> Result<Vec<Tool>> {
    let place = Place::member(SESSION.what, "tools");
    let mut tools: Vec<Tool> = Vec::new();
    for (index, tool) in items(json).unwrap_or_default().into_iter().enumerate() {
        let place = place.at(index);
        let tool = Tool::declared(tool, &place)?;
        if tools.iter().any(|other| other.name() == tool.name()) {
            return Err(
                place.refuse(format_args!("declares \"{}\" a second time; names are unique", tool.name()))
            );
        }
        tools.push(tool);
    }
    Ok(tools)
}

/// Raw params may add, not contradict: two members of one name would leave the choice to the server's parser.
fn check_raw_params(given: &Given<'_>) -> Result<()> {
    let Some(raw_params) = given.raw("rawParams").map(Members::lenient) else { return Ok(()) };
    let place = Place::member(SESSION.what, "rawParams");
    for (index, (name, _)) in raw_params.0.iter().enumerate() {
        let place = place.at(&**name);
        if DECIDED.contains(&&**name) || handler_flags().any(|(_, flag)| flag == name) {
            return Err(place.refuse("may not be given: the library decides it"));
        }
        if name == "includeSubAgentStreamingEvents" || given.keys.iter().any(|(key, _)| key.wire == name) {
            return Err(place.refuse("is an option already; give it there only"));
        }
        if raw_params.0[..index].iter().any(|(other, _)| other == name) {
            return Err(place.refuse("is given twice; give it once"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod key_tests;
#[cfg(test)]
mod tests;
