//! One rule: what it was given as, and what it is about.

use super::glob::NameGlob;
use super::host::{self, HostPattern};
use super::path::{Anchored, Pattern, Places};
use super::shell::{self, Simple};
use super::subject::Subject;
use crate::error::Result;
use crate::protocol::keys::{Given, Place};
use crate::protocol::permission_request::{KINDS, PermissionRequest};

/// Which list a rule is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is done.
    Allow,
    /// It is not done, and the model is told why.
    Deny,
    /// The program's handler decides.
    Ask,
}

impl Decision {
    /// The name of the list, and the word in events.
    pub fn name(self) -> &'static str {
        match self {
            Decision::Allow => "allow",
            Decision::Deny => "deny",
            Decision::Ask => "ask",
        }
    }
}

/// A command with its first arguments.
#[derive(Clone, Debug)]
struct Command {
    words: Vec<String>,
    exact: bool,
}

/// A rule. `P` is a path's pattern, anchored or not yet.
#[derive(Clone, Debug)]
pub(super) struct Rule<P> {
    /// Where it is in the policy, such as "/allow/0".
    pub pointer: String,
    /// What the program says of it.
    pub reason: Option<String>,
    kinds: Vec<&'static str>,
    tool: Option<NameGlob>,
    server: Option<NameGlob>,
    command: Option<Command>,
    path: Option<P>,
    host: Option<HostPattern>,
    read_only: Option<bool>,
}

/// What can be judged of a request of a kind. Paths and hosts of a shell command are guesses: good for denying.
fn applies(member: &str, kind: &str, list: Decision) -> bool {
    let guesses = list != Decision::Allow && kind == "shell";
    match member {
        "tool" => matches!(kind, "mcp" | "custom-tool" | "hook"),
        "server" => kind == "mcp",
        "command" | "exact" => kind == "shell",
        "path" => matches!(kind, "read" | "write") || guesses,
        "host" => kind == "url" || guesses,
        "readOnly" => matches!(kind, "mcp" | "shell"),
        _ => true,
    }
}

impl Rule<Pattern> {
    /// Reads a rule whose members are of the right types. Fails with `InvalidArgument` and the place of what cannot
    /// be meant.
    pub(super) fn parse(given: &Given<'_>, list: Decision, pointer: String, place: &Place) -> Result<Self> {
        let named = |name: &'static str| given.raw(name).is_some();
        let members: Vec<&str> =
            given.keys.iter().map(|(key, _)| key.name).filter(|name| *name != "reason").collect();
        if members.is_empty() {
            return Err(
                place.refuse("says nothing; give at least one of kind, tool, server, command, path, host")
            );
        }
        let kind = given.text("kind");
        let of_kind = |known: &&str| kind.as_deref().is_none_or(|kind| kind == *known);
        let mut kinds: Vec<&'static str> = KINDS.into_iter().filter(of_kind).collect();
        for member in &members {
            kinds.retain(|kind| applies(member, kind, list));
            if kinds.is_empty() {
                let problem = "does not go with the other members: no kind of request has them together; see \
                    docs/permissions.md";
                return Err(place.at(*member).refuse(problem));
            }
        }
        if list == Decision::Allow && kind.is_none() && named("path") {
            return Err(place.at("kind").refuse("is missing: allowing a path needs \"read\" or \"write\""));
        }
        if list == Decision::Allow && !named("command") {
            kinds.retain(|kind| *kind != "shell");
        }
        // A hook that asks wants more than the tool's own permission.
        if list == Decision::Allow && kind.is_none() {
            kinds.retain(|kind| *kind != "hook");
        }
        if kinds.is_empty() {
            let problem = "is for shell commands and names none; allowing needs a \"command\"";
            return Err(place.refuse(problem));
        }
        if named("exact") && !named("command") {
            return Err(place.at("exact").refuse("needs a \"command\" beside it"));
        }
        let name_glob = |name: &'static str| {
            let glob = given.text(name).map(|pattern| NameGlob::parse(&pattern));
            glob.transpose().map_err(|problem| place.at(name).refuse(problem))
        };
        let path = given.text("path").map(|pattern| Pattern::parse(&pattern));
        let host = given.text("host").map(|pattern| HostPattern::parse(&pattern));
        Ok(Rule {
            pointer,
            reason: given.text("reason"),
            kinds,
            tool: name_glob("tool")?,
            server: name_glob("server")?,
            command: command(given, &place.at("command"))?,
            path: path.transpose().map_err(|problem| place.at("path").refuse(problem))?,
            host: host.transpose().map_err(|problem| place.at("host").refuse(problem))?,
            read_only: given.flag("readOnly"),
        })
    }

    /// The same rule with its path's root known.
    pub(super) fn anchored(&self, list: Decision, places: &Places, place: &Place) -> Result<Rule<Anchored>> {
        if list == Decision::Allow && self.path.is_some() && !places.is_here {
            let problem = "cannot be allowed: the server was not started by this client, so its files may be others \
                than those here, and links cannot be followed; let a callback for PERMISSION decide";
            return Err(place.at("path").refuse(problem));
        }
        let path = self.path.as_ref().map(|path| path.anchored(places)).transpose();
        Ok(Rule {
            pointer: self.pointer.clone(),
            reason: self.reason.clone(),
            kinds: self.kinds.clone(),
            tool: self.tool.clone(),
            server: self.server.clone(),
            command: self.command.clone(),
            path: path.map_err(|problem| place.at("path").refuse(problem))?,
            host: self.host.clone(),
            read_only: self.read_only,
        })
    }
}

fn command(given: &Given<'_>, place: &Place) -> Result<Option<Command>> {
    let exact = given.flag("exact").unwrap_or(false);
    let Some(raw) = given.raw("command") else { return Ok(None) };
    if let Ok(words) = serde_json::from_str::<Vec<String>>(raw) {
        let is_named = words.first().is_some_and(|name| !name.is_empty());
        if !is_named || words.iter().any(|word| word.contains('\0')) {
            return Err(place.refuse("must begin with the command's name, and have no NUL in it"));
        }
        return Ok(Some(Command { words, exact }));
    }
    let text: String = serde_json::from_str(raw)
        .map_err(|_| place.refuse("must be a text such as \"git status\" or an array of words"))?;
    match shell::strict(&text).as_deref() {
        Some([Simple { words, .. }]) => Ok(Some(Command { words: words.clone(), exact })),
        _ => Err(place.refuse(
            "must be one command of plain words, such as \"git status\"; give an array where a word has other characters",
        )),
    }
}

impl Rule<Anchored> {
    /// Whether it has a path to compare.
    pub(super) fn has_path(&self) -> bool {
        self.path.is_some()
    }

    fn is_of(&self, kind: Option<&str>) -> bool {
        kind.is_some_and(|kind| self.kinds.contains(&kind))
    }

    /// Whether the rule is, or may be, about the request: for denying and asking. What cannot be told counts as a hit.
    pub(super) fn may_be_about(&self, subject: &Subject<'_>) -> bool {
        let request = subject.request;
        let is_shell = request.kind.as_deref() == Some("shell");
        let name = |glob: &Option<NameGlob>, name: &Option<String>| match (glob, name) {
            (Some(glob), Some(name)) => glob.matches(name),
            _ => true,
        };
        let command = |command: &Command| {
            subject.heard.as_ref().is_none_or(|heard| heard.may_be(&command.words, command.exact))
        };
        let path = |path: &Anchored| {
            let pattern = subject.readings(path);
            match is_shell {
                true => {
                    let mut named = subject.paths.iter().chain(subject.words.iter().flatten());
                    subject.words.is_none() || named.any(|seen| pattern.perhaps_named(seen))
                }
                false => subject.paths.is_empty() || subject.paths.iter().any(|seen| pattern.perhaps(seen)),
            }
        };
        let host = |host: &HostPattern| {
            subject.hosts.is_empty() || subject.hosts.iter().any(|found| host.perhaps(found))
        };
        self.is_of(request.kind.as_deref())
            && name(&self.tool, &request.tool)
            && name(&self.server, &request.server)
            && self.command.as_ref().is_none_or(command)
            && self.read_only.is_none_or(|wanted| wanted == request.read_only)
            && self.host.as_ref().is_none_or(host)
            && self.path.as_ref().is_none_or(path)
    }

    /// Whether the request is to search a folder in which something is that the rule is about.
    pub(super) fn is_about_something_in(&self, subject: &Subject<'_>) -> bool {
        self.is_of(Some("read"))
            && subject.request.kind.as_deref() == Some("read")
            && self.path.as_ref().is_some_and(|path| {
                let pattern = subject.readings(path);
                subject.paths.iter().any(|seen| pattern.below(seen))
            })
    }

    /// Whether the rule is beyond doubt about the request, which is no shell command: for allowing.
    pub(super) fn is_about(&self, subject: &Subject<'_>) -> bool {
        let request = subject.request;
        let name = |glob: &Option<NameGlob>, name: &Option<String>| {
            glob.as_ref().is_none_or(|glob| name.as_ref().is_some_and(|name| glob.matches(name)))
        };
        let all_paths =
            |path: &Anchored| !subject.paths.is_empty() && subject.paths.iter().all(|seen| path.surely(seen));
        let all_urls =
            |host: &HostPattern| !request.urls.is_empty() && request.urls.iter().all(|url| host.surely(url));
        request.kind.as_deref() != Some("shell")
            && self.is_of(request.kind.as_deref())
            && name(&self.tool, &request.tool)
            && name(&self.server, &request.server)
            && self.path.as_ref().is_none_or(all_paths)
            && self.host.as_ref().is_none_or(all_urls)
            && request.urls.iter().all(|url| host::is_clear(url))
            && self.read_only.is_none_or(|wanted| wanted == request.read_only)
    }

    /// Whether the rule allows a command of a shell request.
    pub(super) fn allows(&self, command: &Simple<'_>, request: &PermissionRequest<'_>) -> bool {
        let fits = |wanted: &Command| match wanted.exact {
            true => command.words == wanted.words,
            false => {
                command.words.starts_with(&wanted.words) && !shell::does_more_than_it_looks(&command.words)
            }
        };
        self.is_of(Some("shell"))
            && self.command.as_ref().is_some_and(fits)
            && self.read_only.is_none_or(|wanted| wanted == request.read_only)
    }
}
