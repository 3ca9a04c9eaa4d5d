//! What is known of an open session: what the server said when it was opened, kept up to date by its events.

use serde_json::Value;

use super::members::{Members, ObjectText, array_text, items, quoted, type_name};
use super::names::event;
use crate::error::{Code, Error, Result};
use crate::json::scan;

/// What the server answers to create and resume.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionReply {
    /// The session's id; some servers leave it out of the answer to a resume.
    pub session_id: Option<String>,
    /// Where the session keeps its files; none without infinite sessions.
    pub workspace_path: Option<String>,
    /// What becomes part of the session's information.
    told: Known,
    canvases: Vec<String>,
}

/// What is known, by name, as JSON text.
type Known = Vec<(&'static str, String)>;

const CAPABILITIES: &str = "capabilities";
const GRANTED: &str = "grantedEnvironmentVariables";
const MODEL: &str = "model";

/// The members of a reply that stay true, or that an event keeps true; each with another name that some servers
/// give it.
const TOLD: [(&str, &str); 7] = [
    ("workspacePath", "workspacePath"),
    ("remoteUrl", "remote_url"),
    ("isRemote", "isRemote"),
    ("startTime", "startTime"),
    (CAPABILITIES, CAPABILITIES),
    ("transcriptRecovery", "transcriptRecovery"),
    (GRANTED, GRANTED),
];

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
        let value = |name: &str| members.get(name).filter(|value| *value != "null");
        let mut told = Known::new();
        for (name, alias) in TOLD {
            if let Some(value) = value(name).or_else(|| value(alias)) {
                told.push((name, value.into()));
            }
        }
        if let Some(model) = value("modelState").and_then(|state| scan::find(state, "/modelId")) {
            told.push((MODEL, model.into()));
        }
        let canvases =
            ["openCanvases", "openCanvasInstances"].into_iter().find_map(|name| items(value(name)?));
        Ok(SessionReply {
            session_id: members.text("sessionId"),
            workspace_path: members.text("workspacePath"),
            told,
            canvases: canvases.into_iter().flatten().map(String::from).collect(),
        })
    }

    /// The values of environment variables that the server has handed out: they are secrets.
    pub fn secrets(&self) -> Vec<String> {
        let granted = Members::lenient(find(&self.told, GRANTED).unwrap_or("{}"));
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
#[derive(Debug)]
pub struct SessionInfo {
    session_id: String,
    known: Known,
    canvases: Vec<String>,
}

impl SessionInfo {
    /// Of a session that is not open yet.
    pub fn new(session_id: &str) -> SessionInfo {
        SessionInfo { session_id: session_id.into(), known: Known::new(), canvases: Vec::new() }
    }

    /// Forgets what was true of a former opening.
    pub fn forget(&mut self) {
        self.known.clear();
        self.canvases.clear();
    }

    /// The server has opened the session. Events may have been quicker than its reply, and they are newer.
    pub fn opened(&mut self, reply: SessionReply) {
        let earlier = std::mem::replace(&mut self.known, reply.told);
        for (name, value) in earlier {
            match name {
                CAPABILITIES if type_name(&value) == "an object" => self.apply(Change::Capabilities(value)),
                _ => self.learn(name, value),
            }
        }
        for canvas in reply.canvases {
            if !self.canvases.iter().any(|known| is_same(known, &canvas)) {
                self.canvases.push(canvas);
            }
        }
    }

    /// Takes note of a change.
    pub fn apply(&mut self, change: Change) {
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

    /// Whether the session can do this; the pointer is into its `capabilities`.
    pub fn is_capable(&self, pointer: &str) -> bool {
        find(&self.known, CAPABILITIES).and_then(|known| scan::find(known, pointer)) == Some("true")
    }

    /// `{"sessionId":…,"capabilities":{…},"openCanvases":[…],…}`.
    pub fn to_json(&self) -> String {
        let mut told = ObjectText::new().text("sessionId", &self.session_id);
        for (name, value) in &self.known {
            told = told.raw(name, value);
        }
        if find(&self.known, CAPABILITIES).is_none() {
            told = told.raw(CAPABILITIES, "{}");
        }
        told.raw("openCanvases", &array_text(self.canvases.iter().map(String::as_str))).finish()
    }

    fn learn(&mut self, name: &'static str, value: String) {
        match self.known.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => self.known.push((name, value)),
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
        serde_json::from_str(&info.to_json()).unwrap()
    }

    fn opened(info: &mut SessionInfo, reply: Value) {
        info.opened(SessionReply::parse(&reply.to_string()).unwrap());
    }

    fn happens(info: &mut SessionInfo, event_type: &str, data: Value) {
        info.apply(Change::read(event_type, &data.to_string()).unwrap());
    }

    #[test]
    fn reads_every_generations_reply() {
        let oldest = SessionReply::parse(r#"{"sessionId":"s","workspacePath":"/w"}"#).unwrap();
        assert_eq!((oldest.session_id.as_deref(), oldest.workspace_path.as_deref()), (Some("s"), Some("/w")));
        let mut info = SessionInfo::new("s");
        info.opened(oldest);
        assert_eq!(
            info.to_json(),
            r#"{"sessionId":"s","workspacePath":"/w","capabilities":{},"openCanvases":[]}"#
        );
        let newest = json!({
            "sessionId": "s", "nativeSessionId": "s", "mode": "interactive", "isRemote": false,
            "remote_url": "https://x", "openCanvasInstances": [{ "instanceId": "1" }],
            "capabilities": { "ui": { "elicitation": true } }, "modelState": { "modelId": "m" },
            "transcriptRecovery": { "invalidLineNumbers": [3] }, "grantedEnvironmentVariables": { "T": "hush" },
        });
        let reply = SessionReply::parse(&newest.to_string()).unwrap();
        assert_eq!(reply.secrets(), ["hush"]);
        opened(&mut info, newest);
        let told = told(&info);
        assert_eq!(told["remoteUrl"], "https://x");
        assert_eq!(told["openCanvases"][0]["instanceId"], "1");
        assert_eq!(told["capabilities"]["ui"]["elicitation"], true);
        assert_eq!((&told["model"], &told["isRemote"]), (&json!("m"), &json!(false)));
        assert!(told.get("mode").is_none(), "nothing keeps it up to date");
        assert_eq!(SessionReply::parse("{}").unwrap(), SessionReply::default());
        assert_eq!(SessionReply::parse("null").unwrap_err().code(), Code::Protocol);
    }

    #[test]
    fn follows_the_events() {
        let mut info = SessionInfo::new("s");
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
        assert_eq!(info.to_json(), r#"{"sessionId":"s","capabilities":{},"openCanvases":[]}"#);
    }

    #[test]
    fn what_overtook_the_reply_is_newer() {
        let mut info = SessionInfo::new("s");
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
        let mut info = SessionInfo::new("s");
        opened(&mut info, json!({ "openCanvases": 7, "capabilities": [] }));
        happens(&mut info, "session.canvas.opened", json!({ "instanceId": "1" }));
        happens(&mut info, "capabilities.changed", json!({ "ui": true }));
        assert_eq!(told(&info)["openCanvases"], json!([{ "instanceId": "1" }]));
        assert_eq!(told(&info)["capabilities"], json!({ "ui": true }));
    }
}
