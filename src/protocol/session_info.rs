//! What is known of an open session: what the server said when it was opened, kept up to date by its events.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde_json::Value;

use super::members::{Members, ObjectText, array_text, items, quoted, text_of, type_name};
use super::names::event;
use super::pick::pick_lenient;
use crate::error::{Code, Error, Result};
use crate::json::scan;

/// What the server answers to create and resume. It is read when somebody asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionReply {
    text: String,
}

impl Default for SessionReply {
    fn default() -> SessionReply {
        SessionReply { text: String::from("{}") }
    }
}

/// What is known, by name, as JSON text.
type Known = Vec<(&'static str, String)>;

const CAPABILITIES: &str = "capabilities";
const GRANTED: &str = "grantedEnvironmentVariables";
const MODEL: &str = "model";
const WORKSPACE_PATH: &str = "workspacePath";

/// The members of a reply that stay true, or that an event keeps true; each with another name that some servers
/// give it.
const TOLD: [(&str, &str); 7] = [
    (WORKSPACE_PATH, WORKSPACE_PATH),
    ("remoteUrl", "remote_url"),
    ("isRemote", "isRemote"),
    ("startTime", "startTime"),
    (CAPABILITIES, CAPABILITIES),
    ("transcriptRecovery", "transcriptRecovery"),
    (GRANTED, GRANTED),
];

impl SessionReply {
    /// Reads the result. Fails with `Protocol` where it is no object.
    pub fn parse(result: String) -> Result<SessionReply> {
        if scan::kind(&result) != scan::Kind::Object {
            let message = format!(
                "the CLI answered the opening of a session with {} where an object belongs; update the CLI",
                type_name(&result)
            );
            return Err(Error::new(Code::Protocol, message));
        }
        Ok(SessionReply { text: result })
    }

    /// The id of a session that is not the one which was asked for; some servers leave it out of the answer to a resume.
    pub fn names_another(&self, id: &str) -> Option<Cow<'_, str>> {
        // It stands in front in every CLI, and nothing behind it is looked at.
        let usual = self.text.strip_prefix(r#"{"sessionId":""#).and_then(|rest| rest.strip_prefix(id));
        if usual.is_some_and(|rest| rest.starts_with('"')) && !id.contains(['"', '\\']) {
            return None;
        }
        scan::find(&self.text, "/sessionId").and_then(text_of).filter(|named| named != id)
    }

    /// The values of environment variables that the server has handed out: they are secrets.
    pub fn secrets(&self) -> Vec<String> {
        static NAME: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(GRANTED));
        if NAME.find(self.text.as_bytes()).is_none() {
            return Vec::new();
        }
        let granted = Members::lenient(pick_lenient(&self.text, [GRANTED])[0].unwrap_or("{}"));
        granted.0.iter().filter_map(|(_, value)| scan::string(value)).map(String::from).collect()
    }
}

/// An event that changes what is known of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// `capabilities.changed`: what is named in this object has changed, the rest has not.
    Capabilities(String),
    /// `session.canvas.opened`, also when one that is open is shown anew: the canvas, an object.
    CanvasOpened(String),
    /// `session.canvas.closed`: the instance's id.
    CanvasClosed(String),
    /// `session.model_change`: the model that answers from now on.
    Model(String),
}

impl Change {
    /// The change that an event of this type and with this data is.
    pub(super) fn read(event_type: &str, data: &str) -> Option<Change> {
        let object = || Members::read(data).map(|_| String::from(data));
        let text = |name: &str| Members::lenient(data).text(name);
        Some(match event_type {
            event::CAPABILITIES_CHANGED => Change::Capabilities(object()?),
            event::CANVAS_OPENED => Change::CanvasOpened(object()?),
            event::CANVAS_CLOSED => Change::CanvasClosed(text("instanceId")?),
            event::MODEL_CHANGE => Change::Model(text("newModel")?),
            _ => return None,
        })
    }
}

/// What is known of a session.
#[derive(Debug, Default)]
pub struct SessionInfo {
    /// What the server has said at the opening, until an event changes it. It is as it was read, with no room to spare
    /// that would be worth a copy.
    unread: Option<String>,
    told: Option<Box<Told>>,
}

/// What the server has told.
#[derive(Clone, Debug, Default)]
struct Told {
    known: Known,
    canvases: Vec<String>,
}

impl Told {
    /// What it says at the opening.
    fn at_opening(reply: &str) -> Told {
        let members = Members::lenient(reply);
        let value = |name: &str| members.get(name).filter(|value| *value != "null");
        let mut known = Known::new();
        for (name, alias) in TOLD {
            if let Some(value) = value(name).or_else(|| value(alias)) {
                known.push((name, value.into()));
            }
        }
        if let Some(model) = value("modelState").and_then(|state| scan::find(state, "/modelId")) {
            known.push((MODEL, model.into()));
        }
        let canvases =
            ["openCanvases", "openCanvasInstances"].into_iter().find_map(|name| items(value(name)?));
        Told { known, canvases: canvases.into_iter().flatten().map(String::from).collect() }
    }

    /// What was told before the reply came is newer than that.
    fn overlaid(mut self, newer: Told) -> Told {
        for (name, value) in newer.known {
            match name {
                CAPABILITIES if type_name(&value) == "an object" => self.apply(Change::Capabilities(value)),
                _ => self.learn(name, value),
            }
        }
        let older = std::mem::replace(&mut self.canvases, newer.canvases);
        for canvas in older {
            if !self.canvases.iter().any(|known| is_same(known, &canvas)) {
                self.canvases.push(canvas);
            }
        }
        self
    }

    fn is_empty(&self) -> bool {
        self.known.is_empty() && self.canvases.is_empty()
    }

    fn apply(&mut self, change: Change) {
        match change {
            Change::Capabilities(changed) => {
                let merged = merged(find(&self.known, CAPABILITIES).unwrap_or("{}"), &changed);
                self.learn(CAPABILITIES, merged);
            }
            Change::CanvasOpened(canvas) => {
                match self.canvases.iter_mut().find(|known| is_same(known, &canvas)) {
                    Some(known) => *known = canvas,
                    None => self.canvases.push(canvas),
                }
            }
            Change::CanvasClosed(id) => {
                self.canvases
                    .retain(|canvas| Members::lenient(canvas).text("instanceId").as_ref() != Some(&id));
            }
            Change::Model(model) => self.learn(MODEL, quoted(&model)),
        }
    }

    fn learn(&mut self, name: &'static str, value: String) {
        match self.known.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => self.known.push((name, value)),
        }
    }
}

impl SessionInfo {
    /// Forgets what was true of a former opening.
    pub fn forget(&mut self) {
        *self = SessionInfo::default();
    }

    /// The server has opened the session. Events may have been quicker than its reply, and they are newer.
    pub fn opened(&mut self, reply: SessionReply) {
        let earlier = match self.unread.take() {
            Some(former) => Told::at_opening(&former),
            None => self.told.take().map(|told| *told).unwrap_or_default(),
        };
        match earlier.is_empty() {
            true => self.unread = Some(reply.text),
            false => self.told = Some(Box::new(Told::at_opening(&reply.text).overlaid(earlier))),
        }
    }

    /// Takes note of a change.
    pub fn apply(&mut self, change: Change) {
        if let Some(reply) = self.unread.take() {
            self.told = Some(Box::new(Told::at_opening(&reply)));
        }
        self.told.get_or_insert_default().apply(change);
    }

    /// Whether the session can do this; the pointer is into its `capabilities`.
    pub fn is_capable(&self, pointer: &str) -> bool {
        find(&self.told().known, CAPABILITIES).and_then(|known| scan::find(known, pointer)) == Some("true")
    }

    /// Where the session keeps its files; none without infinite sessions.
    pub fn workspace_path(&self) -> Option<String> {
        let path = match &self.unread {
            Some(reply) => scan::find(reply, "/workspacePath"),
            None => find(&self.told.as_ref()?.known, WORKSPACE_PATH),
        };
        path.and_then(text_of).map(String::from)
    }

    /// `{"sessionId":…,"capabilities":{…},"openCanvases":[…],…}`.
    pub fn to_json(&self, session_id: &str) -> String {
        let told = self.told();
        let mut json = ObjectText::new().text("sessionId", session_id);
        for (name, value) in &told.known {
            json = json.known(name, value);
        }
        if find(&told.known, CAPABILITIES).is_none() {
            json = json.known(CAPABILITIES, "{}");
        }
        json.known("openCanvases", &array_text(told.canvases.iter().map(String::as_str))).finish()
    }

    fn told(&self) -> Cow<'_, Told> {
        match (&self.unread, &self.told) {
            (Some(reply), _) => Cow::Owned(Told::at_opening(reply)),
            (None, Some(told)) => Cow::Borrowed(told),
            (None, None) => Cow::default(),
        }
    }
}

fn find<'k>(known: &'k Known, name: &str) -> Option<&'k str> {
    known.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
}

fn is_same(one: &str, other: &str) -> bool {
    let id = |canvas: &str| Members::lenient(canvas).text("instanceId");
    id(one).is_some() && id(one) == id(other)
}

/// An object with what another says in place of what it says of the same, field by field.
fn merged(known: &str, changed: &str) -> String {
    let read = |json: &str| serde_json::from_str(json).unwrap_or(Value::Null);
    let mut known = read(known);
    merge(&mut known, read(changed));
    known.to_string()
}

/// Field by field: an object inside an object is merged, anything else replaced.
fn merge(known: &mut Value, changed: Value) {
    match (known, changed) {
        (Value::Object(known), Value::Object(changed)) => {
            for (name, value) in changed {
                merge(known.entry(name).or_insert(Value::Null), value);
            }
        }
        (known, changed) => *known = changed,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn told(info: &SessionInfo) -> Value {
        serde_json::from_str(&info.to_json("s")).unwrap()
    }

    fn opened(info: &mut SessionInfo, reply: Value) {
        info.opened(SessionReply::parse(reply.to_string()).unwrap());
    }

    fn happens(info: &mut SessionInfo, event_type: &str, data: Value) {
        info.apply(Change::read(event_type, &data.to_string()).unwrap());
    }

    #[test]
    fn reads_every_generations_reply() {
        let oldest = SessionReply::parse(String::from(r#"{"sessionId":"s","workspacePath":"/w"}"#)).unwrap();
        assert_eq!(oldest.names_another("s"), None);
        assert_eq!(oldest.names_another("t").as_deref(), Some("s"));
        for (reply, id, other) in [
            (r#"{"sessionId":"ab"}"#, "a", Some("ab")),
            (r#"{"sessionId":"a"}"#, "ab", Some("a")),
            (r#"{"sessionId":"a\"b"}"#, "a\"b", None),
            (r#"{"sessionId":"a\"b"}"#, "a\\", Some("a\"b")),
            (r#"{"x":1, "sessionId": "\u0061"}"#, "a", None),
            (r#"{"x":1, "sessionId": "\u0061"}"#, "b", Some("a")),
            ("{}", "a", None),
        ] {
            let reply = SessionReply::parse(String::from(reply)).unwrap();
            assert_eq!(reply.names_another(id).as_deref(), other, "{reply:?}, {id}");
        }
        let mut info = SessionInfo::default();
        assert_eq!(info.workspace_path(), None);
        info.opened(oldest);
        assert_eq!(info.workspace_path().as_deref(), Some("/w"));
        happens(&mut info, "session.model_change", json!({ "newModel": "n" }));
        assert_eq!(info.workspace_path().as_deref(), Some("/w"), "the reply was taken apart");
        info.forget();
        assert_eq!(info.workspace_path(), None);
        opened(&mut info, json!({ "sessionId": "s", "workspacePath": "/w" }));
        assert_eq!(
            info.to_json("s"),
            r#"{"sessionId":"s","workspacePath":"/w","capabilities":{},"openCanvases":[]}"#
        );
        let newest = json!({
            "sessionId": "s", "nativeSessionId": "s", "mode": "interactive", "isRemote": false,
            "remote_url": "https://x", "openCanvasInstances": [{ "instanceId": "1" }],
            "capabilities": { "ui": { "elicitation": true } }, "modelState": { "modelId": "m" },
            "transcriptRecovery": { "invalidLineNumbers": [3] }, "grantedEnvironmentVariables": { "T": "hush" },
        });
        let reply = SessionReply::parse(newest.to_string()).unwrap();
        assert_eq!(reply.secrets(), ["hush"]);
        opened(&mut info, newest);
        let told = told(&info);
        assert_eq!(told["remoteUrl"], "https://x");
        assert_eq!(told["openCanvases"][0]["instanceId"], "1");
        assert_eq!(told["capabilities"]["ui"]["elicitation"], true);
        assert_eq!((&told["model"], &told["isRemote"]), (&json!("m"), &json!(false)));
        assert!(told.get("mode").is_none(), "nothing keeps it up to date");
        assert_eq!(SessionReply::parse(String::from("{}")).unwrap(), SessionReply::default());
        assert_eq!(SessionReply::parse(String::from("null")).unwrap_err().code(), Code::Protocol);
    }

    #[test]
    fn follows_the_events() {
        let mut info = SessionInfo::default();
        opened(
            &mut info,
            json!({ "capabilities": { "ui": { "elicitation": true, "canvases": false }, "x": 1 } }),
        );
        happens(&mut info, "capabilities.changed", json!({ "ui": { "canvases": true } }));
        assert_eq!(
            told(&info)["capabilities"],
            json!({ "ui": { "elicitation": true, "canvases": true }, "x": 1 })
        );
        for (id, title) in [("1", "a"), ("2", "b"), ("1", "c")] {
            happens(&mut info, "session.canvas.opened", json!({ "instanceId": id, "title": title }));
        }
        let expected = json!([{ "instanceId": "1", "title": "c" }, { "instanceId": "2", "title": "b" }]);
        assert_eq!(told(&info)["openCanvases"], expected);
        happens(&mut info, "session.canvas.closed", json!({ "instanceId": "1" }));
        assert_eq!(told(&info)["openCanvases"], json!([{ "instanceId": "2", "title": "b" }]));
        happens(&mut info, "session.model_change", json!({ "newModel": "n", "previousModel": "m" }));
        assert_eq!(told(&info)["model"], "n");
        info.forget();
        assert_eq!(info.to_json("s"), r#"{"sessionId":"s","capabilities":{},"openCanvases":[]}"#);
    }

    #[test]
    fn what_overtook_the_reply_is_newer() {
        let mut info = SessionInfo::default();
        happens(&mut info, "session.canvas.opened", json!({ "instanceId": "1", "title": "new" }));
        happens(&mut info, "capabilities.changed", json!({ "ui": { "canvases": true } }));
        opened(
            &mut info,
            json!({
                "openCanvases": [{ "instanceId": "0" }, { "instanceId": "1", "title": "old" }],
                "capabilities": { "ui": { "canvases": false, "elicitation": true } },
            }),
        );
        let expected = json!([{ "instanceId": "1", "title": "new" }, { "instanceId": "0" }]);
        assert_eq!(told(&info)["openCanvases"], expected);
        assert_eq!(told(&info)["capabilities"]["ui"], json!({ "canvases": true, "elicitation": true }));
    }

    #[test]
    fn what_makes_no_sense_changes_nothing() {
        for (event_type, data) in [
            ("capabilities.changed", "7"),
            ("session.canvas.opened", "[]"),
            ("session.canvas.closed", "{}"),
            ("session.model_change", r#"{"newModel":null}"#),
            ("session.idle", "{}"),
        ] {
            assert_eq!(Change::read(event_type, data), None, "{event_type}");
        }
        let mut info = SessionInfo::default();
        opened(&mut info, json!({ "openCanvases": 7, "capabilities": [] }));
        happens(&mut info, "session.canvas.opened", json!({ "instanceId": "1" }));
        happens(&mut info, "capabilities.changed", json!({ "ui": true }));
        assert_eq!(told(&info)["openCanvases"], json!([{ "instanceId": "1" }]));
        assert_eq!(told(&info)["capabilities"], json!({ "ui": true }));
    }
}
