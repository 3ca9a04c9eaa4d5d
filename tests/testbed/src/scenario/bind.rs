//! A row at the place where it runs.

use super::expect::{Asked, Expect};
use super::{Needs, Scenario, matcher};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

/// Where a scenario runs.
#[derive(Debug, Clone)]
pub struct Place<'a> {
    /// The model's base URL for this run's script.
    pub base_url: &'a str,
    /// The session's folder; it exists and is empty.
    pub workdir: &'a Path,
    /// The server's protocol.
    pub protocol: u32,
    /// The server's version.
    pub version: &'a str,
}

/// What a file has in it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Content {
    /// This text.
    Text(String),
    /// These bytes.
    Bytes {
        /// In base64.
        base64: String,
    },
}

impl Content {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Content::Text(text) => text.clone().into_bytes(),
            Content::Bytes { base64 } => crate::base64::decode(base64),
        }
    }
}

impl Scenario {
    /// This row at a place: writes its files, fills in the placeholders, completes the session's configuration, and
    /// drops the steps and patterns that are for other servers.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn bind(&self, place: &Place) -> Result<Scenario, String> {
        let workdir = place.workdir.to_string_lossy().into_owned();
        let known = |name: &str| match name {
            "workdir" => Some(workdir.clone()),
            "session" => Some(session_id(&self.name)),
            "model" => Some(place.base_url.trim_end_matches("/v1").to_owned()),
            "mcp" => Some(crate::program::path("mcp-server").to_string_lossy().into_owned()),
            _ => None,
        };
        let bound = matcher::replace(&json!(self), &known);
        let mut bound: Scenario = serde_json::from_value(bound).map_err(|e| e.to_string())?;
        for (path, content) in &bound.files {
            let path = place.workdir.join(path);
            let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
            folder
                .and_then(|()| fs::write(&path, content.bytes()))
                .map_err(|e| format!("{}: {e}", path.display()))?;
        }
        bound.session = session(&self.name, &workdir, place, bound.session);
        bound.inputs.retain(|input| place.fulfils(&input.needs));
        bound.expect.keep_for(place);
        Ok(bound)
    }
}

/// The id of a row's session: the same in every run, and a UUID, as older servers want it.
fn session_id(name: &str) -> String {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    format!("00000000-0000-4000-8000-{:012x}", hasher.finish() & 0xffff_ffff_ffff)
}

/// The configuration that every row begins with, and over it the row's own.
fn session(name: &str, workdir: &str, place: &Place, mut own: Map<String, Value>) -> Map<String, Value> {
    let mut session = Map::new();
    session.insert("sessionId".into(), session_id(name).into());
    session.insert("model".into(), "fake".into());
    session.insert("streaming".into(), true.into());
    session.insert("workingDirectory".into(), workdir.into());
    session.insert("provider".into(), provider(place, own.shift_remove("provider")));
    session.append(&mut own);
    session.retain(|_, value| !value.is_null());
    session
}

/// The scripted model with these members over its own; null is none at all.
fn provider(place: &Place, own: Option<Value>) -> Value {
    let mut provider = json!({"type": "openai", "baseUrl": place.base_url, "apiKey": "x"});
    let members = provider.as_object_mut().expect("it was made as an object");
    match own {
        Some(Value::Object(mut own)) => members.append(&mut own),
        Some(other) => return other,
        None => {}
    }
    members.retain(|_, value| !value.is_null());
    provider
}

impl Place<'_> {
    fn fulfils(&self, needs: &Needs) -> bool {
        needs.met_by(self.protocol, self.version)
    }
}

impl Expect {
    /// Drops the patterns that are for other servers.
    fn keep_for(&mut self, place: &Place) {
        let mut lists = vec![&mut self.events, &mut self.never];
        lists.extend(self.requests.as_mut());
        lists.extend(self.records.as_mut());
        lists.extend(self.calls.as_mut());
        match &mut self.asked {
            Some(Asked::Permissions(patterns)) => lists.push(patterns),
            Some(Asked::Kinds(kinds)) => lists.extend(kinds.values_mut()),
            None => {}
        }
        for patterns in lists {
            *patterns = patterns.iter().filter_map(|pattern| for_server(pattern, place)).collect();
        }
    }
}

/// The pattern without its `needs`, if the server fulfils them.
fn for_server(pattern: &Value, place: &Place) -> Option<Value> {
    let mut pattern = pattern.clone();
    let needs = pattern.as_object_mut().and_then(|members| members.shift_remove("needs"));
    let needs: Needs = needs.map_or(Ok(Needs::default()), serde_json::from_value).ok()?;
    place.fulfils(&needs).then_some(pattern)
}
