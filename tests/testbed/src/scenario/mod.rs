//! Scenarios: rows of a test as data, so that the C ABI and every binding run the same ones.
//!
//! A row says what the session is, what the model does, how tools and permissions are answered, what is sent, and what
//! must be seen. A driver binds it to a place, does what it says, collects an [`Observed`], and lets
//! [`Scenario::check`] judge. `tests/testbed/README.md` has the format.

mod check;
mod matcher;
#[cfg(test)]
mod tests;

use crate::cli::version_parts;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

pub use check::Observed;
pub use matcher::{at, matches, matches_pattern, subsequence};

/// A row, as its file has it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The file's name without folder and ending.
    #[serde(default)]
    pub name: String,
    /// What the row shows, in a sentence.
    pub about: String,
    /// Which servers it is for.
    #[serde(default)]
    pub needs: Needs,
    /// The session's configuration; after [`Scenario::bind`] with model, provider and folder.
    #[serde(default)]
    pub session: Map<String, Value>,
    /// The model's steps.
    pub script: Value,
    /// The session's tools and their answers.
    #[serde(default)]
    pub tools: Vec<Tool>,
    /// How permission requests are answered.
    #[serde(default)]
    pub permissions: Permissions,
    /// Files in the session's folder before it starts: path and content.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// What is sent, one after the other, each after the session is idle again.
    pub inputs: Vec<Input>,
    /// What must be seen.
    pub expect: Expect,
}

/// Conditions on the server.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Needs {
    /// Exactly this protocol.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<u32>,
    /// This version or a later one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_version: Option<String>,
}

impl Needs {
    /// Whether a server of this protocol and version fulfils them.
    pub fn met_by(&self, protocol: u32, version: &str) -> bool {
        self.protocol.is_none_or(|needed| needed == protocol)
            && self.min_version.as_ref().is_none_or(|v| version_parts(v) <= version_parts(version))
    }
}

/// A tool and its answer; exactly one of `reply` and `fail` is given.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// The definition: name, description, parameters, flags.
    pub tool: Value,
    /// A text or a result object; `${/pointer}` in it is a part of the arguments.
    pub reply: Option<Value>,
    /// The handler fails with this message.
    pub fail: Option<String>,
    /// No call is answered before this many calls are waiting.
    #[serde(default = "one")]
    pub together: usize,
}

fn one() -> usize {
    1
}

impl Tool {
    /// The tool's name.
    pub fn name(&self) -> &str {
        self.tool["name"].as_str().unwrap_or_default()
    }

    /// The answer to a call with these arguments; `Err` is a handler's failure.
    ///
    /// # Errors
    /// The message of `fail`.
    pub fn answer(&self, arguments: &Value) -> Result<Value, String> {
        if let Some(message) = &self.fail {
            return Err(message.clone());
        }
        let part = |pointer: &str| match at(arguments, pointer).filter(|_| pointer.starts_with('/'))? {
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        };
        Ok(matcher::replace(self.reply.as_ref().unwrap_or(&Value::Null), &part))
    }
}

/// How permission requests are answered: one answer for all, or one after the other, of which the last stays.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Permissions {
    /// The same answer to every request.
    All(Permission),
    /// Answers in order.
    Each(Vec<Permission>),
}

impl Default for Permissions {
    fn default() -> Self {
        Permissions::All(Permission::Approve)
    }
}

impl Permissions {
    /// The answer to request number `index`, from 0.
    pub fn answer(&self, index: usize) -> Permission {
        match self {
            Permissions::All(answer) => answer.clone(),
            Permissions::Each(answers) => {
                answers.get(index).or(answers.last()).cloned().unwrap_or(Permission::Approve)
            }
        }
    }
}

/// An answer to a permission request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Permission {
    /// `"approve"`: this once.
    Approve,
    /// `"deny"`: without a word, which ends the turn on newer servers.
    Deny,
    /// `{"feedback": "…"}`: denied with words for the model.
    Feedback(String),
}

/// A message to send.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// The prompt.
    pub send: String,
    /// The message's other members, such as `attachments`.
    #[serde(default)]
    pub with: Map<String, Value>,
}

/// What must be seen. What is absent is not judged, but for `requests`, `calls` and `asked` an array means: exactly
/// these.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// Patterns that occur in the session's events in this order, others between them.
    #[serde(default)]
    pub events: Vec<Value>,
    /// Patterns that no event matches.
    #[serde(default)]
    pub never: Vec<Value>,
    /// By event type: a matcher for all its `deltaContent`s put together.
    #[serde(default)]
    pub joined: BTreeMap<String, Value>,
    /// A pattern for each model request.
    pub requests: Option<Vec<Value>>,
    /// A pattern for each call of a tool, in any order.
    pub calls: Option<Vec<Value>>,
    /// A pattern for each permission request.
    pub asked: Option<Vec<Value>>,
    /// A matcher for the text of the last `assistant.message` that has one; `{"exists": false}` when none may.
    pub answer: Option<Value>,
    /// By path in the session's folder: a matcher for the content.
    #[serde(default)]
    pub files: BTreeMap<String, Value>,
}

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

/// All rows, ordered by name.
///
/// # Panics
/// When a file cannot be read or is malformed; the text names it.
pub fn all() -> Vec<Scenario> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let entries = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "json"));
    paths.sort();
    paths.iter().map(|path| Scenario::load(path).unwrap_or_else(|why| panic!("{why}"))).collect()
}

impl Scenario {
    /// Reads a row from its file.
    ///
    /// # Errors
    /// A text that names the file and the fault.
    pub fn load(path: &Path) -> Result<Scenario, String> {
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let text = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        Scenario::parse(&name, &text).map_err(|why| format!("{}: {why}", path.display()))
    }

    /// Reads a row from its text.
    ///
    /// # Errors
    /// What is malformed, with its line where there is one.
    pub fn parse(name: &str, text: &str) -> Result<Scenario, String> {
        let mut scenario: Scenario = serde_json::from_str(text).map_err(|e| e.to_string())?;
        name.clone_into(&mut scenario.name);
        for tool in &scenario.tools {
            if tool.reply.is_some() == tool.fail.is_some() || tool.name().is_empty() {
                return Err(format!("a tool has a name and either reply or fail: {}", tool.tool));
            }
        }
        Ok(scenario)
    }

    /// This row at a place: writes its files, fills in `${workdir}`, completes the session's configuration, and drops
    /// the patterns that are for other servers.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn bind(&self, place: &Place) -> Result<Scenario, String> {
        let workdir = place.workdir.to_string_lossy().into_owned();
        let text = json!(self);
        let bound = matcher::replace(&text, &|name| (name == "workdir").then(|| workdir.clone()));
        let mut bound: Scenario = serde_json::from_value(bound).map_err(|e| e.to_string())?;
        for (path, content) in &bound.files {
            let path = place.workdir.join(path);
            let written =
                path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, content));
            written.map_err(|e| format!("{}: {e}", path.display()))?;
        }
        let provider = json!({"type": "openai", "baseUrl": place.base_url, "apiKey": "x"});
        let mut session = Map::new();
        session.insert("model".into(), "fake".into());
        session.insert("streaming".into(), true.into());
        session.insert("workingDirectory".into(), workdir.into());
        session.insert("provider".into(), provider);
        session.append(&mut bound.session);
        bound.session = session;
        for patterns in [&mut bound.expect.events, &mut bound.expect.never] {
            *patterns = patterns.iter().filter_map(|pattern| for_server(pattern, place)).collect();
        }
        Ok(bound)
    }

    /// The tool with this name.
    pub fn tool(&self, name: &str) -> Option<&Tool> {
        self.tools.iter().find(|tool| tool.name() == name)
    }
}

/// The pattern without its `needs`, if the server fulfils them.
fn for_server(pattern: &Value, place: &Place) -> Option<Value> {
    let mut pattern = pattern.clone();
    let needs = pattern.as_object_mut().and_then(|members| members.shift_remove("needs"));
    let needs: Needs = needs.map_or(Ok(Needs::default()), serde_json::from_value).ok()?;
    needs.met_by(place.protocol, place.version).then_some(pattern)
}
