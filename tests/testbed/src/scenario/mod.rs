//! Scenarios: rows of a test as data, so that the C ABI and every binding run the same ones.
//!
//! A row says what the session is, what the model does, how tools and permissions are answered, what is sent, and what
//! must be seen. A driver binds it to a place, does what it says, collects an [`Observed`], and lets
//! [`Scenario::check`] judge. `tests/testbed/README.md` has the format.

mod answers;
mod bind;
mod check;
mod expect;
mod input;
mod matcher;
#[cfg(test)]
mod tests;

use crate::cli::version_parts;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

pub use answers::{Permission, Permissions, Questions, Tool};
pub use bind::{Content, Place};
pub use check::Observed;
pub use expect::{Asked, Expect};
pub use input::{Input, Step};
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
    /// How questions of other kinds are answered.
    #[serde(default)]
    pub questions: Questions,
    /// Files in the session's folder before it starts: path and content.
    #[serde(default)]
    pub files: BTreeMap<String, Content>,
    /// What is done, one after the other.
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
    /// Whether every server fulfils them.
    pub fn is_empty(&self) -> bool {
        *self == Needs::default()
    }

    /// Whether a server of this protocol and version fulfils them.
    pub fn met_by(&self, protocol: u32, version: &str) -> bool {
        self.protocol.is_none_or(|needed| needed == protocol)
            && self.min_version.as_ref().is_none_or(|v| version_parts(v) <= version_parts(version))
    }
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

/// Whether the variable `SCENARIOS`, parts of names separated by commas, names this row; without it all are wanted.
pub fn is_wanted(name: &str) -> bool {
    std::env::var("SCENARIOS").map_or(true, |parts| parts.split(',').any(|part| name.contains(part)))
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
        let mut faults = scenario.inputs.iter().filter_map(Input::fault);
        match answers::fault(&scenario.tools, &scenario.questions).or_else(|| faults.next()) {
            Some(fault) => Err(fault),
            None => {
                drop(faults);
                Ok(scenario)
            }
        }
    }

    /// The tool with this name.
    pub fn tool(&self, name: &str) -> Option<&Tool> {
        self.tools.iter().find(|tool| tool.name() == name)
    }
}
