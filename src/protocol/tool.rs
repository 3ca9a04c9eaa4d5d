//! A tool of the program, as the server learns of it.

use std::sync::Arc;

use super::keys::{Given, Otherwise, Place, Table, Wants, check, check_inner, key};
use super::members::ObjectText;
use crate::error::Result;

static NAMESPACE: Table = Table {
    what: "namespace",
    keys: &[key("name", Wants::Name).required(), key("description", Wants::Text)],
    open: false,
    index: None,
};

pub(crate) static TOOL: Table = Table {
    what: "the tool",
    keys: &[
        key("name", Wants::Name).required(),
        key("description", Wants::Text).otherwise(Otherwise::Json("\"\"")),
        key("parameters", Wants::Object),
        key("overridesBuiltInTool", Wants::Flag),
        key("skipPermission", Wants::Flag),
        key("defer", Wants::Word(&["auto", "never"])),
        key("metadata", Wants::Object),
        key("isTerminal", Wants::Flag),
        key("namespacedName", Wants::Text),
        key("instructions", Wants::Text),
        key("namespace", Wants::Shape(&NAMESPACE)),
        key("title", Wants::Text),
    ],
    open: false,
    index: None,
};

/// A tool's declaration, checked. Cheap to clone, for every session has its tools.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tool {
    name: Arc<str>,
    overrides_built_in: bool,
    text: Arc<str>,
}

impl Tool {
    /// Checks a declaration; snake_case spellings are accepted. Fails with `InvalidJson`, or with
    /// `InvalidArgument` that names the key by its pointer.
    pub fn parse(json: &str) -> Result<Tool> {
        Tool::from_given(check(json, &TOOL)?, &Place::root(TOOL.what))
    }

    /// Checks a declaration inside a configuration.
    pub(crate) fn declared(raw: &str, place: &Place) -> Result<Tool> {
        Tool::from_given(check_inner(raw, &TOOL, place)?, place)
    }

    fn from_given(given: Given<'_>, place: &Place) -> Result<Tool> {
        let name = given.text("name").unwrap_or_default();
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if let Some(offender) = name.chars().find(|c| !is_allowed(*c)) {
            let problem =
                format!("contains {offender:?}; a tool's name is made of a-z, A-Z, 0-9, '_' and '-'");
            return Err(place.at("name").refuse(problem));
        }
        let text = given.wire_object(|_| true, ObjectText::new()).finish();
        let overrides_built_in = given.flag("overridesBuiltInTool").unwrap_or(false);
        Ok(Tool { name: name.into(), overrides_built_in, text: text.into() })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same, to be kept.
    pub fn shared_name(&self) -> Arc<str> {
        Arc::clone(&self.name)
    }

    /// True where it takes the place of a tool of the agent's.
    pub fn overrides_built_in(&self) -> bool {
        self.overrides_built_in
    }

    /// Its declaration on the wire, a JSON object. Protocol 2 knows the first four keys and ignores the others.
    pub fn encode(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_was_given_and_adds_a_description() {
        let json = r#"{"name":"get_weather-2","parameters":{"type":"object","properties":{"z":{},"a":{}}}}"#;
        let tool = Tool::parse(json).unwrap();
        assert_eq!(tool.name(), "get_weather-2");
        assert_eq!(tool.encode(), format!("{},\"description\":\"\"}}", &json[..json.len() - 1]));
        let json = concat!(
            r#"{"name":"t","description":"d","parameters":{},"overridesBuiltInTool":true,"skipPermission":true,"#,
            r#""defer":"auto","metadata":{"z":{"b":1.0,"a":[]}},"isTerminal":true,"namespacedName":"n/t","instructions":"i","#,
            r#""namespace":{"name":"n","description":"N"},"title":"T"}"#
        );
        assert_eq!(Tool::parse(json).unwrap().encode(), json);
        let never = json.replace("auto", "never");
        assert_eq!(Tool::parse(&never).unwrap().encode(), never);
    }

    #[test]
    fn takes_snake_case() {
        let tool =
            Tool::parse(r#"{"name":"t","overrides_built_in_tool":true,"skip_permission":true}"#).unwrap();
        assert_eq!(
            tool.encode(),
            r#"{"name":"t","overridesBuiltInTool":true,"skipPermission":true,"description":""}"#
        );
    }

    #[test]
    fn names_what_is_wrong() {
        for (json, message) in [
            ("{}", "the tool: /name is missing"),
            (r#"{"name":null}"#, "the tool: /name is missing"),
            (r#"{"name":""}"#, "the tool: /name must not be empty; leave it out instead"),
            (
                r#"{"name":"a.b"}"#,
                "the tool: /name contains '.'; a tool's name is made of a-z, A-Z, 0-9, '_' and '-'",
            ),
            (
                r#"{"name":"grün"}"#,
                "the tool: /name contains 'ü'; a tool's name is made of a-z, A-Z, 0-9, '_' and '-'",
            ),
            (
                r#"{"name":"t","parameter":{}}"#,
                "the tool: /parameter is not a known key; did you mean \"parameters\"?",
            ),
            (r#"{"name":"t","handler":1}"#, "the tool: /handler is not a known key"),
            (r#"{"name":"t","parameters":"{}"}"#, "the tool: /parameters must be an object, but is a string"),
            (
                r#"{"name":"t","defer":"always"}"#,
                r#"the tool: /defer must be one of "auto", "never", but is "always""#,
            ),
            (r#"{"name":"t","namespace":{}}"#, "the tool: /namespace/name is missing"),
        ] {
            assert_eq!(Tool::parse(json).unwrap_err().message(), message);
        }
    }
}
