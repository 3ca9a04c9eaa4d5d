//! A session's configuration: what the program gave, checked, and the params that it becomes.

use std::borrow::Cow;
use std::fmt;

use super::keys::{Given, Part, Place, check};
use super::members::{Members, ObjectText, array_text, items};
use super::names::method;
use super::question::{Kind, row};
use super::session_keys::SESSION;
use super::session_mode;
use super::session_secrets;
use super::session_sense::{self, ToolFilters};
use super::tool::Tool;
use crate::error::{Code, Error, Result};

mod offers;

pub use offers::Offers;

/// The params that the library itself decides; `rawParams` may not.
const DECIDED: [&str; 5] =
    ["sessionId", "tools", "envValueMode", "toolFilterPrecedence", "requestPermission"];

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

/// A session's configuration, checked; good for many sessions.
#[derive(Clone)]
pub struct SessionConfig {
    /// The id that the program wants for a new session; otherwise the library makes one.
    pub session_id: Option<String>,
    /// True where permission requests without a handler are left to other clients, false where they are denied;
    /// `None` leaves it to the kind of connection.
    pub permission_pending: Option<bool>,
    /// The permission policy as JSON, its members of the right types.
    pub permission_policy: Option<String>,
    /// How long a request may wait for its answer before the default is sent.
    pub request_timeout_ms: Option<u64>,
    /// What both calls send, what only one of them sends: object texts in the user's order, in the wire's spelling.
    created: String,
    resumed: String,
    /// What is said by `session.options.update`.
    updated: String,
    filters: ToolFilters,
    sub_agent_streaming: bool,
    declared_tools: Option<Vec<Tool>>,
    raw_params: Option<String>,
    /// All that was given, by the options' own names.
    given: String,
}

impl SessionConfig {
    /// Checks the configuration. Fails with `InvalidJson`, or with `InvalidArgument` that names the key by its
    /// pointer.
    pub fn parse(json: &str) -> Result<SessionConfig> {
        let given = check(json, &SESSION)?;
        session_sense::check(&given)?;
        check_raw_params(&given)?;
        let sent =
            |part: Part| given.wire_object(|p| p == Part::Always || p == part, ObjectText::new()).finish();
        Ok(SessionConfig {
            session_id: given.text("sessionId"),
            permission_pending: given.text("permissionDefault").map(|word| word == "pending"),
            permission_policy: given.raw("permissionPolicy").map(String::from),
            request_timeout_ms: given.integer("requestTimeoutMs").map(|ms| ms as u64),
            created: sent(Part::Create),
            resumed: sent(Part::Resume),
            updated: given.wire_object(|part| part == Part::Update, ObjectText::new()).finish(),
            filters: ToolFilters::of(&given),
            sub_agent_streaming: given.flag("includeSubAgentStreamingEvents").unwrap_or(true),
            declared_tools: given.raw("tools").map(declared_tools).transpose()?,
            raw_params: given.raw("rawParams").map(String::from),
            given: given.named_object(),
        })
    }

    /// This configuration with what another says in place of what this one says of the same. Fails where the two
    /// together make no sense.
    pub fn overlaid(&self, newer: &SessionConfig) -> Result<SessionConfig> {
        let (older, newer) = (Members::lenient(&self.given), Members::lenient(&newer.given));
        let kept = older.0.iter().filter(|(name, _)| newer.get(name).is_none());
        let all = kept.chain(&newer.0).fold(ObjectText::new(), |o, (name, value)| o.raw(name, value));
        SessionConfig::parse(&all.finish())
    }

    /// This configuration with the declared tools of another one in place of its own.
    pub fn with_tools_of(&self, newer: &SessionConfig) -> SessionConfig {
        let (older, tools) = (Members::lenient(&self.given), Members::lenient(&newer.given));
        let kept = older.0.iter().filter(|(name, _)| name != "tools");
        let declared = tools.0.iter().filter(|(name, _)| name == "tools");
        let all = kept.chain(declared).fold(ObjectText::new(), |o, (name, value)| o.raw(name, value));
        SessionConfig { declared_tools: newer.declared_tools.clone(), given: all.finish(), ..self.clone() }
    }

    /// Where the agent is to work, by whichever name that was given.
    pub fn working_directory(&self) -> Option<String> {
        let raw_params = Members::lenient(self.raw_params.as_deref().unwrap_or("{}"));
        Members::lenient(&self.created)
            .text("workingDirectory")
            .or_else(|| raw_params.text("workingDirectory"))
    }

    /// The secrets that the session's params carry.
    pub fn secrets(&self) -> Vec<String> {
        session_secrets::of_params(&self.created)
    }

    /// Checks what only the making of a session can tell: that the model will see the program's tools, and, with a
    /// client of mode "empty", that the configuration says which tools there are. Fails with `InvalidArgument`.
    pub fn check_for(&self, tools: &[Tool], empty_mode: bool) -> Result<()> {
        if empty_mode {
            session_mode::check(&self.filters)?;
        }
        tools.iter().chain(self.declared_tools.iter().flatten()).try_for_each(|tool| self.filters.check(tool))
    }

    /// The params of the call. A tool of the program replaces a declaration of the same name in the configuration.
    pub fn encode(
        &self,
        target: Target<'_>,
        tools: &[Tool],
        declared: DeclaredKinds,
        empty_mode: bool,
    ) -> String {
        let (id, sent) = match target {
            Target::Create(id) => (id, &self.created),
            Target::Resume(id) => (id, &self.resumed),
        };
        let raw_params = self.raw_params.as_deref().unwrap_or("{}");
        let sent = match empty_mode {
            true => Cow::Owned(session_mode::opening(sent, raw_params)),
            false => Cow::Borrowed(sent.as_str()),
        };
        let mut object = ObjectText::new().text("sessionId", id).members_of(&sent);
        if !tools.is_empty() || self.declared_tools.is_some() {
            object = object.raw("tools", &self.tools_text(tools));
        }
        object = object
            .flag("includeSubAgentStreamingEvents", self.sub_agent_streaming)
            .text("envValueMode", "direct")
            .text("toolFilterPrecedence", "excluded")
            // Always: without it CLI 0.0.420 runs everything unasked.
            .flag("requestPermission", true);
        for (kind, flag) in handler_flags() {
            object = object.flag(flag, declared.has(kind));
        }
        object.members_of(raw_params).finish()
    }

    /// The params of `session.options.update`, which has what create and resume do not take; `None` where there is
    /// nothing to say.
    pub fn encode_update(&self, session_id: &str, empty_mode: bool) -> Option<String> {
        let members = match empty_mode {
            true => Cow::Owned(session_mode::update(&self.updated, &self.created)),
            false => Cow::Borrowed(self.updated.as_str()),
        };
        let says = members != "{}";
        says.then(|| ObjectText::new().text("sessionId", session_id).members_of(&members).finish())
    }

    /// The error where the server does not know `session.options.update`: it names the options that need it.
    pub fn cannot_update(&self, empty_mode: bool) -> Error {
        let names: Vec<_> = Members::lenient(&self.updated).0.into_iter().map(|(name, _)| name).collect();
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
        ObjectText::new().text("sessionId", session_id).raw("tools", &self.tools_text(tools)).finish()
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
        let members = Members::lenient(&self.created);
        let keys: Vec<&str> = members.0.iter().map(|(name, _)| &**name).collect();
        f.debug_struct("SessionConfig").field("keys", &keys).finish_non_exhaustive()
    }
}

/// The flags that follow from what the program answers, besides `requestPermission`.
fn handler_flags() -> impl Iterator<Item = (Kind, &'static str)> {
    let flags = Kind::ALL.into_iter().filter_map(|kind| Some((kind, row(kind).flag?)));
    flags.filter(|(kind, _)| *kind != Kind::Permission)
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
    let raw_params = Members::lenient(given.raw("rawParams").unwrap_or("{}"));
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
