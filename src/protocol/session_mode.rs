//! The client's mode "empty": a session with nothing but what the program gives it.

use super::keys::Place;
use super::members::{Members, ObjectText};
use super::session_keys::SESSION;
use super::session_sense::ToolFilters;
use crate::error::Result;

/// What create and resume say where the configuration does not.
const OPENING: [(&str, &str); 12] = [
    ("mcpOAuthTokenStorage", "\"in-memory\""),
    ("customAgentsLocalOnly", "true"),
    ("enableSkills", "false"),
    ("enableFileHooks", "false"),
    ("enableHostGitOperations", "false"),
    ("enableSessionStore", "false"),
    ("enableOnDemandInstructionDiscovery", "false"),
    ("skipEmbeddingRetrieval", "true"),
    ("embeddingCacheStorage", "\"in-memory\""),
    ("memory", "{\"enabled\":false}"),
    ("enableSessionTelemetry", "false"),
    ("isExperimentalMode", "false"),
];

/// What the update behind them says.
const UPDATE: [(&str, &str); 6] = [
    ("skipCustomInstructions", "true"),
    ("customAgentsLocalOnly", "true"),
    ("coauthorEnabled", "false"),
    ("manageScheduleEnabled", "false"),
    ("installedPlugins", "[]"),
    ("includedBuiltinSkills", "[]"),
];

/// The section that tells the model about the machine.
const ENVIRONMENT: &str = "environment_context";

/// The mode has no tools that it could begin with, so the configuration must name them.
pub(super) fn check(filters: Option<&ToolFilters>) -> Result<()> {
    if filters.is_some_and(ToolFilters::names_available) {
        return Ok(());
    }
    let problem =
        "is missing: a client of mode \"empty\" offers no tool by itself; list them, or [] for none";
    Err(Place::member(SESSION.what, "availableTools").refuse(problem))
}

/// The members that open a session, in the wire's spelling; what `further` has is said there.
pub(super) fn opening(members: &str, further: &str) -> String {
    let (given, further) = (Members::lenient(members), Members::lenient(further));
    let mut object = ObjectText::new();
    for (name, value) in given.0.iter().filter(|(name, _)| name != "systemMessage") {
        object = object.raw(name, value);
    }
    if further.get("systemMessage").is_none() {
        object = object.raw("systemMessage", &system_message(given.get("systemMessage").unwrap_or("{}")));
    }
    let is_unsaid = |name: &str| given.get(name).is_none() && further.get(name).is_none();
    let defaults = OPENING.iter().filter(|(name, _)| is_unsaid(name));
    defaults.fold(object, |object, (name, json)| object.raw(name, json)).finish()
}

/// The members of the update. Installed plugins are none, whatever the configuration says.
pub(super) fn update(members: &str, opened: &str) -> String {
    let (given, opened) = (Members::lenient(members), Members::lenient(opened));
    let mut object = ObjectText::new();
    for (name, json) in UPDATE {
        let said = given.get(name).or_else(|| opened.get(name)).filter(|_| name != "installedPlugins");
        object = object.raw(name, said.unwrap_or(json));
    }
    object.finish()
}

/// The system message without what it says about the machine, unless the program has a say in that.
fn system_message(json: &str) -> String {
    let given = Members::lenient(json);
    if given.text("mode").as_deref() == Some("replace") {
        return String::from(json);
    }
    let sections = Members::lenient(given.get("sections").unwrap_or("{}"));
    let mut changed = sections.0.iter().fold(ObjectText::new(), |o, (id, value)| o.raw(id, value));
    if sections.get(ENVIRONMENT).is_none() {
        changed = changed.raw(ENVIRONMENT, r#"{"action":"remove"}"#);
    }
    let object = ObjectText::new().text("mode", "customize").raw("sections", &changed.finish());
    match given.get("content") {
        Some(content) => object.raw("content", content).finish(),
        None => object.finish(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strips_the_machine_from_the_system_message() {
        let customize =
            |sections: &str, rest: &str| format!(r#"{{"mode":"customize","sections":{{{sections}}}{rest}}}"#);
        let removed = r#""environment_context":{"action":"remove"}"#;
        for (given, sent) in [
            ("{}", customize(removed, "")),
            (r#"{"mode":"append","content":"x"}"#, customize(removed, r#","content":"x""#)),
            (r#"{"content":"x"}"#, customize(removed, r#","content":"x""#)),
            (r#"{"mode":"replace","content":"x"}"#, r#"{"mode":"replace","content":"x"}"#.into()),
            (
                r#"{"mode":"customize","sections":{"tone":{"action":"remove"}}}"#,
                customize(&format!(r#""tone":{{"action":"remove"}},{removed}"#), ""),
            ),
            (
                r#"{"mode":"customize","sections":{"environment_context":{"action":"preserve"}}}"#,
                customize(r#""environment_context":{"action":"preserve"}"#, ""),
            ),
        ] {
            assert_eq!(system_message(given), sent, "{given}");
        }
    }

    #[test]
    fn what_is_given_wins_but_for_the_plugins() {
        let opened = opening(r#"{"model":"m","enableSkills":true}"#, r#"{"memory":{"enabled":true}}"#);
        let opened = Members::read(&opened).unwrap();
        assert_eq!(opened.get("enableSkills"), Some("true"));
        assert_eq!(opened.get("enableFileHooks"), Some("false"));
        assert_eq!(opened.get("memory"), None);
        assert_eq!(opened.0.len(), 1 + OPENING.len() - 1 + 1);
        let updated = update(
            r#"{"coauthorEnabled":true,"installedPlugins":[{}]}"#,
            r#"{"customAgentsLocalOnly":false}"#,
        );
        let expected = concat!(
            r#"{"skipCustomInstructions":true,"customAgentsLocalOnly":false,"coauthorEnabled":true,"#,
            r#""manageScheduleEnabled":false,"installedPlugins":[],"includedBuiltinSkills":[]}"#
        );
        assert_eq!(updated, expected);
    }
}
