//! A session's configuration: what the program gave, checked, and the params that it becomes.

use std::fmt;

use super::keys::{Given, Part, Place, check};
use super::members::{Members, ObjectText, array_text, type_name};
use super::question::{Kind, row};
use super::session_keys::SESSION;
use super::session_secrets;
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
    /// How long a request may wait for its answer before the default is sent.
    pub request_timeout_ms: Option<u64>,
    /// What both calls send, what only one of them sends: object texts in the user's order, in the wire's spelling.
    created: String,
    resumed: String,
    sub_agent_streaming: bool,
    declared_tools: Option<Vec<Tool>>,
    raw_params: Option<String>,
}

impl SessionConfig {
    /// Checks the configuration. Fails with `InvalidJson`, or with `InvalidArgument` that names the key by its
    /// pointer.
    pub fn parse(json: &str) -> Result<SessionConfig> {
        let given = check(json, &SESSION)?;
        check_sense(&given)?;
        let sent =
            |part: Part| given.wire_object(|p| p == Part::Always || p == part, ObjectText::new()).finish();
        Ok(SessionConfig {
            session_id: given.text("sessionId"),
            permission_pending: given.text("permissionDefault").map(|word| word == "pending"),
            request_timeout_ms: given.integer("requestTimeoutMs").map(|ms| ms as u64),
            created: sent(Part::Create),
            resumed: sent(Part::Resume),
            sub_agent_streaming: given.flag("includeSubAgentStreamingEvents").unwrap_or(true),
            declared_tools: given.raw("tools").map(declared_tools).transpose()?,
            raw_params: given.raw("rawParams").map(String::from),
        })
    }

    /// The secrets that the session's params carry.
    pub fn secrets(&self) -> Vec<String> {
        session_secrets::of_params(&self.created)
    }

    /// The params of the call. A tool of the program replaces a declaration of the same name in the configuration.
    pub fn encode(&self, target: Target<'_>, tools: &[Tool], declared: DeclaredKinds) -> String {
        let (id, sent) = match target {
            Target::Create(id) => (id, &self.created),
            Target::Resume(id) => (id, &self.resumed),
        };
        let mut object = ObjectText::new().text("sessionId", id).members_of(sent);
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
        object.members_of(self.raw_params.as_deref().unwrap_or("{}")).finish()
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
        let keys: Vec<&str> = members.0.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("SessionConfig").field("keys", &keys).finish_non_exhaustive()
    }
}

/// The flags that follow from what the program answers, besides `requestPermission`.
fn handler_flags() -> impl Iterator<Item = (Kind, &'static str)> {
    let flags = Kind::ALL.into_iter().filter_map(|kind| Some((kind, row(kind).flag?)));
    flags.filter(|(kind, _)| *kind != Kind::Permission)
}

fn declared_tools(json: &str) -> Result<Vec<Tool>> {
    let place = Place::root(SESSION.what).at("tools");
    let mut tools: Vec<Tool> = Vec::new();
    for (index, tool) in serde_json::from_str::<Vec<_>>(json).unwrap_or_default().into_iter().enumerate() {
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

/// What the types alone do not say.
fn check_sense(given: &Given<'_>) -> Result<()> {
    let place = Place::root(SESSION.what);
    let raw_params = Members::lenient(given.raw("rawParams").unwrap_or("{}"));
    let is_set = |name: &str| given.raw(name).is_some() || raw_params.get(name).is_some();
    if given.raw("provider").is_some() && !is_set("model") {
        let problem = "needs a model: a provider of your own offers no default; set \"model\"";
        return Err(place.at("provider").refuse(problem));
    }
    for filter in ["availableTools", "excludedTools"] {
        let names = given.texts(filter).unwrap_or_default();
        if let Some(index) = names.iter().position(|name| name == "*") {
            let problem = "is a bare \"*\"; say which: \"builtin:*\", \"mcp:*\" or \"custom:*\"";
            return Err(place.at(filter).at(index).refuse(problem));
        }
    }
    let system_message = Members::lenient(given.raw("systemMessage").unwrap_or("{}"));
    if system_message.text("mode").as_deref() == Some("replace") && system_message.text("content").is_none() {
        return Err(place
            .at("systemMessage")
            .refuse("has mode \"replace\" and no \"content\" to replace it with"));
    }
    check_raw_params(given, &raw_params, &place.at("rawParams"))
}

/// Raw params may add, not contradict: two members of one name would leave the choice to the server's parser.
fn check_raw_params(given: &Given<'_>, raw_params: &Members<'_>, place: &Place) -> Result<()> {
    for (index, (name, _)) in raw_params.0.iter().enumerate() {
        let place = place.at(name);
        if DECIDED.contains(&name.as_str()) || handler_flags().any(|(_, flag)| flag == name) {
            return Err(place.refuse("may not be given: the library decides it"));
        }
        if name == "includeSubAgentStreamingEvents" || given.0.iter().any(|(key, _)| key.wire == name) {
            return Err(place.refuse("is an option already; give it there only"));
        }
        if raw_params.0[..index].iter().any(|(other, _)| other == name) {
            return Err(place.refuse("is given twice; give it once"));
        }
    }
    Ok(())
}

/// What the server answers to create and resume.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionReply {
    /// The session's id; some servers leave it out of the answer to a resume.
    pub session_id: Option<String>,
    /// Where the session keeps its files; none without infinite sessions.
    pub workspace_path: Option<String>,
    /// What the server can do, as JSON object text; none before 1.0.57.
    pub capabilities: Option<String>,
}

impl SessionReply {
    /// Reads the result. Fails with `Protocol` where it is no object.
    pub fn parse(result: &str) -> Result<SessionReply> {
        let Some(members) = Members::read(result) else {
            let message = format!(
                "the CLI answered the opening of a session with {} where an object belongs; update the CLI",
                type_name(result)
            );
            return Err(Error::new(Code::Protocol, message));
        };
        let capabilities = members.get("capabilities").filter(|json| type_name(json) == "an object");
        Ok(SessionReply {
            session_id: members.text("sessionId"),
            workspace_path: members.text("workspacePath"),
            capabilities: capabilities.map(String::from),
        })
    }
}

#[cfg(test)]
mod tests;
