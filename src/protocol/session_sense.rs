//! What the types of a session's configuration do not say: settings that the server takes without a word and that
//! then do not work.

use super::keys::{Given, Marks, Place};
use super::members::{Members, items};
use super::pick::pick_lenient;
use super::session_keys::SESSION;
use super::tool::Tool;
use crate::error::Result;

const FILTERS: [&str; 2] = ["availableTools", "excludedTools"];

/// Checks what the configuration says as a whole. Fails with `InvalidArgument` that says what to do.
pub(super) fn check(given: &Given<'_>) -> Result<()> {
    let place = Place::root(SESSION.what);
    let raw_model = || pick_lenient(given.raw("rawParams").unwrap_or("{}"), ["model"])[0];
    if given.raw("provider").is_some() && given.raw("model").is_none() && raw_model().is_none() {
        let problem = "needs a model: a provider of your own offers no default; set \"model\"";
        return Err(place.at("provider").refuse(problem));
    }
    check_providers(given, &place)?;
    for filter in FILTERS.into_iter().filter(|_| given.may_have_any(Marks::of(&FILTERS))) {
        let names = given.texts(filter).unwrap_or_default();
        if let Some(index) = names.iter().position(|name| name == "*") {
            let problem = "is a bare \"*\"; say which: \"builtin:*\", \"mcp:*\" or \"custom:*\"";
            return Err(place.at(filter).at(index).refuse(problem));
        }
    }
    check_system_message(given, &place.at("systemMessage"))?;
    check_pairs(given, &place)?;
    check_servers(given, &place)
}

/// Keys that cannot be given together, and what is wrong with the first of each two.
const PAIRS: [(&str, &str, &str); 3] = [
    ("gitHubTokenProviderRegistrationId", "gitHubToken", "is given beside \"gitHubToken\"; give one of them"),
    (
        "gitHubTokenProviderRegistrationId",
        "provider",
        "is given beside \"provider\", which the CLI refuses; give one of them",
    ),
    ("hasSkillProvider", "cloud", "is given beside \"cloud\": a session in the cloud has no skill provider"),
];

fn check_pairs(given: &Given<'_>, place: &Place) -> Result<()> {
    const FIRST: Marks = Marks::of(&[PAIRS[0].0, PAIRS[1].0, PAIRS[2].0]);
    if !given.may_have_any(FIRST) {
        return Ok(());
    }
    for (one, other, problem) in PAIRS {
        if given.raw(one).is_some_and(|json| json != "false") && given.raw(other).is_some() {
            return Err(place.at(one).refuse(problem));
        }
    }
    Ok(())
}

fn check_system_message(given: &Given<'_>, place: &Place) -> Result<()> {
    let Some(members) = given.raw("systemMessage").map(Members::lenient) else { return Ok(()) };
    let is_set = |name: &str| members.get(name).is_some_and(|json| json != "null");
    let mode = members.text("mode");
    if mode.as_deref() == Some("replace") && !is_set("content") {
        return Err(place.refuse("has mode \"replace\" and no \"content\" to replace it with"));
    }
    let sections = Members::lenient(members.get("sections").unwrap_or("{}"));
    // A section that is to be transformed makes the message a customized one.
    let transforms = |(_, section): &(std::borrow::Cow<'_, str>, &str)| {
        Members::lenient(section).text("action").as_deref() == Some("transform")
    };
    if is_set("sections") && mode.as_deref() != Some("customize") && !sections.0.iter().any(transforms) {
        return Err(place.refuse("has \"sections\", which need \"mode\":\"customize\""));
    }
    Ok(())
}

fn check_servers(given: &Given<'_>, place: &Place) -> Result<()> {
    let Some(servers) = given.raw("mcpServers").map(Members::lenient) else { return Ok(()) };
    for (name, server) in &servers.0 {
        let members = Members::lenient(server);
        let is_set = |name: &str| members.get(name).is_some_and(|json| json != "null");
        let problem = match members.text("type").as_deref() {
            Some("http" | "sse") if !is_set("url") => "is reached over HTTP and has no \"url\"",
            Some("stdio" | "local") if !is_set("command") => "is to be started and has no \"command\"",
            None if !is_set("url") && !is_set("command") => {
                "has neither \"command\", to start it, nor \"url\", to reach it"
            }
            _ => continue,
        };
        return Err(place.at("mcpServers").at(&**name).refuse(problem));
    }
    Ok(())
}

fn check_providers(given: &Given<'_>, place: &Place) -> Result<()> {
    if let Some(json) = given.raw("provider") {
        check_provider(&Provider(Members::lenient(json)), &place.at("provider"))?;
    }
    let (named, place) = (given.raw("providers").and_then(items), place.at("providers"));
    let mut named = named.into_iter().flatten().enumerate();
    named.try_for_each(|(index, json)| check_provider(&Provider(Members::lenient(json)), &place.at(index)))
}

struct Provider<'a>(Members<'a>);

impl Provider<'_> {
    fn kind(&self) -> String {
        self.0.text("type").unwrap_or_else(|| String::from("openai"))
    }

    fn base_url(&self) -> String {
        self.0.text("baseUrl").or_else(|| self.0.text("base_url")).unwrap_or_default()
    }
}

/// What is wrong with the address for this kind of provider. The CLI appends the rest of the path by itself.
fn check_provider(provider: &Provider<'_>, place: &Place) -> Result<()> {
    let (kind, url) = (provider.kind(), provider.base_url());
    let place = place.at("baseUrl");
    let Some((host, path)) = host_and_path(&url) else {
        return Err(place.refuse("must begin with https:// or http:// and a host"));
    };
    if path.contains(['?', '#']) {
        return Err(place
            .refuse("has a \"?\" or \"#\" in it, behind which the CLI would put the path; end it before"));
    }
    let path = path.trim_end_matches('/');
    let is_azure =
        [".openai.azure.com", ".cognitiveservices.azure.com"].iter().any(|end| host.ends_with(end));
    match kind.as_str() {
        "azure" if host == "api.openai.com" || host == "api.anthropic.com" => Err(place
            .refuse(format_args!("is {host}, which is not Azure; set the provider's \"type\" to its own"))),
        // A gateway may have a path in front of Azure's own.
        "azure" if path.split('/').any(|segment| segment == "openai") => {
            Err(place
                .refuse("ends with what is Azure's own path, which the CLI makes; end it before /openai"))
        }
        "anthropic" => match ["/v1/messages", "/messages", "/v1"].iter().find(|end| path.ends_with(**end)) {
            Some(end) => Err(doubled(&place, end, "/v1/messages")),
            None if host == "api.openai.com" || is_azure => Err(place.refuse(format_args!(
                "is {host}, which does not speak Anthropic's protocol; set the provider's \"type\""
            ))),
            None => Ok(()),
        },
        "openai" => match ["/chat/completions", "/completions", "/responses"]
            .iter()
            .find(|end| path.ends_with(**end))
        {
            Some(end) => Err(doubled(&place, end, end)),
            // Azure's newer addresses speak OpenAI's own protocol.
            None if is_azure && !path.starts_with("/openai/v1") => Err(place.refuse(
                "is an Azure host: set the provider's \"type\" to \"azure\", or end the URL with /openai/v1",
            )),
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

fn doubled(place: &Place, end: &str, appended: &str) -> crate::error::Error {
    place.refuse(format_args!("ends with {end}, and the CLI appends {appended} by itself; leave that out"))
}

/// The host in lower case without its port, and what follows it.
fn host_and_path(url: &str) -> Option<(String, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    let is_http = ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let host = authority.rsplit('@').next().unwrap_or_default();
    let port = host.rfind(':').filter(|at| !host[*at..].contains(']'));
    let host = &host[..port.unwrap_or(host.len())];
    (is_http && !host.is_empty()).then(|| (host.to_ascii_lowercase(), path))
}

/// Which tools the model is to see.
#[derive(Clone, Debug, Default)]
pub(super) struct ToolFilters {
    available: Option<Vec<String>>,
    excluded: Vec<String>,
}

impl ToolFilters {
    /// `None` where nothing is said of it.
    pub(super) fn of(given: &Given<'_>) -> Option<ToolFilters> {
        let (available, excluded) = (given.texts("availableTools"), given.texts("excludedTools"));
        let is_said = available.is_some() || excluded.is_some();
        is_said.then(|| ToolFilters { available, excluded: excluded.unwrap_or_default() })
    }

    /// True where the configuration says which tools there are.
    pub(super) fn names_available(&self) -> bool {
        self.available.is_some()
    }

    /// An error for a tool of the program's that the model would never see.
    pub(super) fn check(&self, tool: &Tool) -> Result<()> {
        let (name, place) = (tool.name(), Place::root(SESSION.what));
        let mut names = vec![name.to_owned(), format!("custom:{name}"), String::from("custom:*")];
        if tool.overrides_built_in() {
            names.extend([format!("builtin:{name}"), String::from("builtin:*")]);
        }
        if let Some(index) = self.excluded.iter().position(|given| names[..3].contains(given)) {
            let problem = format!("hides your own tool \"{name}\" from the model; leave one of them out");
            return Err(place.at("excludedTools").at(index).refuse(problem));
        }
        match &self.available {
            Some(available) if !available.iter().any(|given| names.contains(given)) => {
                let problem = format!(
                    "hides your own tool \"{name}\" from the model; add \"custom:{name}\" or \"custom:*\""
                );
                Err(place.at("availableTools").refuse(problem))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
