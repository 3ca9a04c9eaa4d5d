//! The forms behind the questions that a program may put to the user of a session: the params of
//! `session.ui.elicitation`, and what its result says.

use super::keys::{Table, Wants, check, key};
use super::members::{Members, ObjectText, array_text, quoted, type_name, user_json};
use crate::error::{Error, Result};

/// A form with one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Yes or no.
    Confirm,
    /// One of several texts.
    Select,
    /// A text.
    Input,
}

static INPUT: Table = Table {
    what: "the input options",
    keys: &[
        key("title", Wants::Text),
        key("description", Wants::Text),
        key("minLength", Wants::Integer(0, i64::MAX)),
        key("maxLength", Wants::Integer(0, i64::MAX)),
        key("format", Wants::Word(&["email", "uri", "date", "date-time"])),
        key("default", Wants::Text),
    ],
    open: false,
    index: None,
};

impl Form {
    /// The params of the call. `options` are the texts to select from, a JSON array, or what describes the input, a
    /// JSON object. Fails with `InvalidJson` or `InvalidArgument` where they are not.
    pub fn params(self, session_id: &str, message: &str, options: Option<&str>) -> Result<String> {
        if message.is_empty() {
            return Err(Error::invalid_argument("the message is empty; it is what the user is asked"));
        }
        let field = match self {
            Form::Confirm => String::from(r#"{"type":"boolean","default":true}"#),
            Form::Select => {
                let texts = selection(options.unwrap_or("[]"))?;
                ObjectText::new().text("type", "string").raw("enum", &texts).finish()
            }
            Form::Input => {
                let given = check(options.unwrap_or("{}"), &INPUT)?;
                given.wire_object(|_| true, ObjectText::new().text("type", "string")).finish()
            }
        };
        let name = self.field();
        let properties = ObjectText::new().raw(name, &field).finish();
        let schema = ObjectText::new().text("type", "object").raw("properties", &properties);
        let schema = schema.raw("required", &array_text([quoted(name).as_str()])).finish();
        let object = ObjectText::new().known_text("sessionId", session_id).text("message", message);
        Ok(object.raw("requestedSchema", &schema).finish())
    }

    /// What the user has said, as JSON: true or false, or a text and null where there is none.
    pub fn answer(self, result: &str) -> String {
        let result = Members::lenient(result);
        let content = Members::lenient(result.get("content").unwrap_or("{}"));
        let accepted = result.text("action").as_deref() == Some("accept");
        let value = content.get(self.field()).filter(|_| accepted);
        let fits = |value: &&str| self == Form::Confirm || type_name(value) == "a string";
        match (self, value.filter(fits)) {
            (Form::Confirm, value) => String::from(if value == Some("true") { "true" } else { "false" }),
            (_, value) => String::from(value.unwrap_or("null")),
        }
    }

    fn field(self) -> &'static str {
        match self {
            Form::Confirm => "confirmed",
            Form::Select => "selection",
            Form::Input => "value",
        }
    }
}

fn selection(options: &str) -> Result<String> {
    let options = user_json(options, "the options")?;
    match serde_json::from_str::<Vec<String>>(options) {
        Ok(texts) if !texts.is_empty() => Ok(String::from(options)),
        _ => Err(Error::invalid_argument("the options must be an array of strings with at least one in it")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::error::Code;

    fn field(form: Form, options: Option<&str>) -> Value {
        let params: Value = serde_json::from_str(&form.params("s", "Well?", options).unwrap()).unwrap();
        assert_eq!((&params["sessionId"], &params["message"]), (&json!("s"), &json!("Well?")));
        let schema = &params["requestedSchema"];
        assert_eq!((&schema["type"], &schema["required"]), (&json!("object"), &json!([form.field()])));
        schema["properties"][form.field()].clone()
    }

    #[test]
    fn each_form_has_one_field() {
        assert_eq!(field(Form::Confirm, None), json!({ "type": "boolean", "default": true }));
        assert_eq!(
            field(Form::Select, Some(r#"["a","b"]"#)),
            json!({ "type": "string", "enum": ["a", "b"] })
        );
        assert_eq!(field(Form::Input, None), json!({ "type": "string" }));
        let options =
            r#"{"title":"T","minLength":1,"maxLength":9,"format":"email","default":"d","description":null}"#;
        let full = json!({ "type": "string", "title": "T", "minLength": 1, "maxLength": 9, "format": "email", "default": "d" });
        assert_eq!(field(Form::Input, Some(options)), full);
    }

    #[test]
    fn wrong_options_are_refused_before_anything_is_sent() {
        for (form, message, options, code) in [
            (Form::Confirm, "", None, Code::InvalidArgument),
            (Form::Select, "m", Some("[]"), Code::InvalidArgument),
            (Form::Select, "m", Some("[1]"), Code::InvalidArgument),
            (Form::Select, "m", Some("{}"), Code::InvalidArgument),
            (Form::Select, "m", Some("["), Code::InvalidJson),
            (Form::Input, "m", Some(r#"{"titel":"T"}"#), Code::InvalidArgument),
            (Form::Input, "m", Some(r#"{"format":"phone"}"#), Code::InvalidArgument),
        ] {
            assert_eq!(form.params("s", message, options).unwrap_err().code(), code, "{form:?} {options:?}");
        }
    }

    #[test]
    fn only_what_was_accepted_is_an_answer() {
        let accept = |content: Value| json!({ "action": "accept", "content": content }).to_string();
        assert_eq!(Form::Confirm.answer(&accept(json!({ "confirmed": true }))), "true");
        for no in
            [accept(json!({ "confirmed": false })), accept(json!({})), accept(json!({ "confirmed": "true" }))]
        {
            assert_eq!(Form::Confirm.answer(&no), "false", "{no}");
        }
        assert_eq!(Form::Confirm.answer(r#"{"action":"decline","content":{"confirmed":true}}"#), "false");
        assert_eq!(Form::Select.answer(&accept(json!({ "selection": "b" }))), r#""b""#);
        assert_eq!(Form::Input.answer(&accept(json!({ "value": "" }))), r#""""#);
        for nothing in ["{}", "null", r#"{"action":"cancel"}"#, r#"{"action":"accept"}"#] {
            assert_eq!(Form::Select.answer(nothing), "null", "{nothing}");
            assert_eq!(Form::Input.answer(nothing), "null", "{nothing}");
        }
        assert_eq!(Form::Input.answer(&accept(json!({ "value": 7 }))), "null");
    }
}
