//! What each kind of question wants for an answer: checks the program's JSON and returns it as the server wants it.

use crate::error::{Error, Result};
use crate::protocol::keys::{Key, Place, Table, Wants, check, key};
use crate::protocol::members::{Members, ObjectText, type_name, user_json};

const fn table(what: &'static str, keys: &'static [Key]) -> Table {
    Table { what, keys, open: false, index: None }
}

static USER_INPUT: Table = table(
    "the answer to a user input request",
    &[key("answer", Wants::Text).required(), key("wasFreeform", Wants::Flag)],
);

static ELICITATION: Table = table(
    "the answer to an elicitation",
    &[key("action", Wants::Word(&["accept", "decline", "cancel"])).required(), key("content", Wants::Object)],
);

static EXIT_PLAN_MODE: Table = table(
    "the answer to an exit plan mode request",
    &[
        key("approved", Wants::Flag).required(),
        key("selectedAction", Wants::Text),
        key("feedback", Wants::Text),
        key("autoApproveEdits", Wants::Flag),
    ],
);

static AUTO_MODE_SWITCH: Table = table(
    "the answer to an auto mode switch request",
    &[key("response", Wants::Word(&["yes", "yes_always", "no"])).required()],
);

static SYSTEM_MESSAGE: Table = table(
    "the answer to a system message transform",
    &[key("sections", Wants::Map(&Wants::Shape(&SECTION))).required()],
);

static SECTION: Table = table("a section", &[key("content", Wants::Text).required()]);

static TOKEN: Table = table(
    "the answer to an MCP login",
    &[
        key("kind", Wants::Word(&["token", "cancelled", "runtimeRefresh"])).required(),
        key("accessToken", Wants::Name),
        key("tokenType", Wants::Text),
        key("expiresIn", Wants::Number),
    ],
);

/// `{"answer":…,"wasFreeform"?}` or just the answer.
pub(super) fn user_input(json: &str) -> Result<String> {
    let raw = user_json(json, USER_INPUT.what)?;
    if type_name(raw) == "a string" {
        return Ok(ObjectText::new().raw("answer", raw).flag("wasFreeform", true).finish());
    }
    let given = check(json, &USER_INPUT)?;
    let object = given.wire_object(|_| true, ObjectText::new());
    let object = if given.flag("wasFreeform").is_none() { object.flag("wasFreeform", true) } else { object };
    Ok(object.finish())
}

/// `{"action":…,"content"?}`.
pub(super) fn elicitation(json: &str) -> Result<String> {
    checked(json, &ELICITATION)
}

/// `{"approved":…,"selectedAction"?,"feedback"?,"autoApproveEdits"?}`.
pub(super) fn exit_plan_mode(json: &str) -> Result<String> {
    checked(json, &EXIT_PLAN_MODE)
}

/// `{"response":"yes"|"yes_always"|"no"}` or just the word.
pub(super) fn auto_mode_switch(json: &str) -> Result<String> {
    let raw = user_json(json, AUTO_MODE_SWITCH.what)?;
    if type_name(raw) != "a string" {
        return checked(json, &AUTO_MODE_SWITCH);
    }
    checked(&ObjectText::new().raw("response", raw).finish(), &AUTO_MODE_SWITCH)
}

/// A token, "cancelled", or, where the server can, "runtimeRefresh".
pub(super) fn oauth(json: &str, may_refresh: bool) -> Result<String> {
    let given = check(json, &TOKEN)?;
    let place = Place::root(TOKEN.what);
    match given.text("kind").as_deref() {
        Some("token") if given.raw("accessToken").is_none() => {
            Err(place.refuse("needs an \"accessToken\" beside the kind \"token\""))
        }
        Some("runtimeRefresh") if !may_refresh => {
            let problem = "says \"runtimeRefresh\", which this request does not support; answer with a token";
            Err(place.at("kind").refuse(problem))
        }
        _ => Ok(given.wire_object(|_| true, ObjectText::new()).finish()),
    }
}

/// The hook's output: an object, or null for no opinion.
pub(super) fn hook(json: &str) -> Result<String> {
    either("the answer to a hook", json, &["an object", "null"])
}

/// Null, or an empty object: a command has no result.
pub(super) fn command(json: &str) -> Result<()> {
    let what = "the answer to a command";
    let json = either(what, json, &["an object", "null"])?;
    match Members::lenient(&json).0.first() {
        Some((name, _)) => {
            let problem = "is not a known key: a command has no result; answer null, or let it fail";
            Err(Place::member(what, name).refuse(problem))
        }
        None => Ok(()),
    }
}

/// `{"sections":{<id>:{"content":…}}}`. The server wants every section back that it sent, so what the answer leaves
/// out stays as it was.
pub(super) fn system_message(json: &str, asked: &str) -> Result<String> {
    let given = check(json, &SYSTEM_MESSAGE)?;
    let answered = Members::lenient(given.raw("sections").unwrap_or("{}"));
    let asked = Members::lenient(asked);
    let mut sections = ObjectText::new();
    for (id, section) in &answered.0 {
        sections = sections.raw(id, section);
    }
    for (id, section) in asked.0.iter().filter(|(id, _)| answered.get(id).is_none()) {
        sections = sections.raw(id, section);
    }
    Ok(ObjectText::new().raw("sections", &sections.finish()).finish())
}

fn checked(json: &str, table: &'static Table) -> Result<String> {
    let given = check(json, table)?;
    Ok(given.wire_object(|_| true, ObjectText::new()).finish())
}

fn either(what: &str, json: &str, types: &[&str]) -> Result<String> {
    let json = user_json(json, what)?;
    let got = type_name(json);
    if types.contains(&got) {
        return Ok(String::from(json));
    }
    Err(Error::invalid_argument(format!("{what} must be {}, but is {got}", types.join(" or "))))
}
