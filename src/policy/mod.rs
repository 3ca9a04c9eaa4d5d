//! The permission policy: rules that the program gives once, so that it need not be asked each time.
//!
//! It is a security boundary, and errs to one side. A request is allowed only when every part of it is understood and
//! allowed, and denied already when a part of it may be what is denied. What is neither goes to the program's handler.
//! It judges what the server says that it wants to do, before it is done; it is no sandbox.

mod glob;
mod host;
mod loose;
mod path;
mod rule;
mod shell;
mod subject;

use crate::error::Result;
use crate::protocol::keys::{Place, check_inner};
use crate::protocol::members::items;
use crate::protocol::members::{ObjectText, quoted};
use crate::protocol::permission_request::{Parts, PermissionRequest};
use crate::protocol::session_keys::{POLICY, RULE, SESSION};
pub use path::Places;
use path::{Anchored, Pattern};
pub use rule::Decision;
use rule::Rule;
use subject::Subject;

/// The key of a session's configuration.
const KEY: &str = "permissionPolicy";

/// The rules as they were given, before it is known where a session works.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    deny: Vec<Rule<Pattern>>,
    ask: Vec<Rule<Pattern>>,
    allow: Vec<Rule<Pattern>>,
}

/// The policy of a session.
#[derive(Debug)]
pub struct Policy {
    deny: Vec<Rule<Anchored>>,
    ask: Vec<Rule<Anchored>>,
    allow: Vec<Rule<Anchored>>,
    places: Places,
    /// So many rules have a path.
    path_rules: usize,
}

impl Rules {
    /// Reads `permissionPolicy`. Fails with `InvalidArgument` that names the rule and the member by their pointer.
    pub fn parse(json: &str) -> Result<Rules> {
        let place = Place::member(SESSION.what, KEY);
        let given = check_inner(json, &POLICY, &place)?;
        let rules = |list: Decision| {
            let items = given.raw(list.name()).and_then(items).unwrap_or_default();
            let read = |(index, item)| {
                let list_place = place.at(list.name());
                let place = list_place.at(index);
                let pointer = format!("/{}/{index}", list.name());
                Rule::parse(&check_inner(item, &RULE, &place)?, list, pointer, &place)
            };
            items.into_iter().enumerate().map(read).collect::<Result<Vec<_>>>()
        };
        Ok(Rules { deny: rules(Decision::Deny)?, ask: rules(Decision::Ask)?, allow: rules(Decision::Allow)? })
    }

    /// The policy of a session that works there. Looks at the file system where patterns have links in them. Fails
    /// with `InvalidArgument` where a pattern begins at a place that is not known.
    pub fn anchored(&self, places: Places) -> Result<Policy> {
        let place = Place::member(SESSION.what, KEY);
        let anchored = |rules: &[Rule<Pattern>], list: Decision| {
            let with_index = rules.iter().enumerate();
            let anchor = |(index, rule): (usize, &Rule<Pattern>)| {
                rule.anchored(list, &places, &place.at(list.name()).at(index))
            };
            with_index.map(anchor).collect::<Result<Vec<_>>>()
        };
        let deny = anchored(&self.deny, Decision::Deny)?;
        let ask = anchored(&self.ask, Decision::Ask)?;
        let allow = anchored(&self.allow, Decision::Allow)?;
        let path_rules = [&deny, &ask, &allow].into_iter().flatten().filter(|rule| rule.has_path()).count();
        Ok(Policy { deny, ask, allow, places, path_rules })
    }
}

/// What the policy says to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What becomes of it.
    pub decision: Decision,
    /// The rule, such as "/allow/0". Where several commands are allowed by several rules, that of the first.
    pub rule: String,
    /// The rule's reason, or why a rule that allows was not enough.
    pub reason: Option<String>,
}

impl Verdict {
    fn of(decision: Decision, rule: &Rule<Anchored>) -> Verdict {
        Verdict { decision, rule: rule.pointer.clone(), reason: rule.reason.clone() }
    }

    /// The answer to the request, as JSON that servers of every generation are given a translation of; `None` where
    /// the handler is to be asked.
    pub fn answer(&self) -> Option<String> {
        match self.decision {
            Decision::Allow => Some(String::from(r#"{"kind":"approve-once"}"#)),
            Decision::Deny => {
                // With a feedback the turn goes on, and the model can look for another way.
                let reason =
                    self.reason.as_deref().unwrap_or("The permission policy of the program denies this.");
                Some(ObjectText::new().text("kind", "reject").text("feedback", reason).finish())
            }
            Decision::Ask => None,
        }
    }

    /// The event that tells of it.
    pub fn event(&self, params: &str, request_id: Option<&str>) -> String {
        let mut event = ObjectText::new().text("decision", self.decision.name()).text("rule", &self.rule);
        for (name, text) in [("reason", self.reason.as_deref()), ("requestId", request_id)] {
            event = text.iter().fold(event, |event, text| event.raw(name, &quoted(text)));
        }
        event.raw("permissionRequest", PermissionRequest::read(params).text).finish()
    }
}

impl Policy {
    /// Judges a permission question by its params; `None` where no rule is about it. Looks at the file system where
    /// rules have paths.
    pub fn judge(&self, params: &str) -> Option<Verdict> {
        let request = PermissionRequest::read(params);
        let subject = Subject::new(&request, &self.places, self.path_rules);
        let about = |rules: &[Rule<Anchored>], decision| {
            let rule = rules.iter().find(|rule| rule.may_be_about(&subject));
            rule.map(|rule| Verdict::of(decision, rule))
        };
        about(&self.deny, Decision::Deny)
            .or_else(|| about(&self.ask, Decision::Ask))
            .or_else(|| self.allowed(&subject))
    }

    fn allowed(&self, subject: &Subject<'_>) -> Option<Verdict> {
        let request = subject.request;
        let rule = match request.kind.as_deref() {
            Some("shell") => self.shell_rule(request)?,
            _ => self.allow.iter().find(|rule| rule.is_about(subject))?,
        };
        let verdict = Verdict::of(Decision::Allow, rule);
        if let Some(why) = request.held_back {
            return Some(Verdict { decision: Decision::Ask, reason: Some(why.to_owned()), ..verdict });
        }
        let inside = self.deny.iter().chain(&self.ask).find(|rule| rule.is_about_something_in(subject));
        if let Some(rule) = inside {
            let reason = String::from("a search in this folder reads what the rule is about");
            return Some(Verdict {
                decision: Decision::Ask,
                rule: rule.pointer.clone(),
                reason: Some(reason),
            });
        }
        Some(verdict)
    }

    /// The rule that allows the first command, if rules allow all of them and the server reads the text alike.
    fn shell_rule(&self, request: &PermissionRequest<'_>) -> Option<&Rule<Anchored>> {
        let commands = shell::strict(request.command.as_deref()?)?;
        let is_read_alike = match &request.parts {
            Parts::Unknown => false,
            Parts::Whole => true,
            Parts::Count(count) => *count == commands.len(),
            Parts::Texts(texts) => texts.iter().map(|text| text.trim()).eq(commands.iter().map(|c| c.source)),
        };
        if !is_read_alike {
            return None;
        }
        let rule_of = |command| self.allow.iter().find(|rule| rule.allows(command, request));
        let rules: Option<Vec<_>> = commands.iter().map(rule_of).collect();
        rules?.first().copied()
    }
}

#[cfg(test)]
mod tests;
