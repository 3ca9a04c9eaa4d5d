//! What a row expects.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// What must be seen. What is absent is not judged, but for `requests`, `records`, `calls` and `asked` an array means:
/// exactly these.
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
    /// A pattern for each model request with path and headers.
    pub records: Option<Vec<Value>>,
    /// A pattern for each call of a tool, in any order.
    pub calls: Option<Vec<Value>>,
    /// A pattern for each permission request, or by kind of question.
    pub asked: Option<Asked>,
    /// A matcher for the text of the last `assistant.message` that has one; `{"exists": false}` when none may.
    pub answer: Option<Value>,
    /// By path in the session's folder: a matcher for the content.
    #[serde(default)]
    pub files: BTreeMap<String, Value>,
}

/// Patterns for questions, one for each.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Asked {
    /// For the permission requests.
    Permissions(Vec<Value>),
    /// By kind of question.
    Kinds(BTreeMap<String, Vec<Value>>),
}

impl Asked {
    /// The patterns, each list with its kind.
    pub fn by_kind(&self) -> Vec<(&str, &[Value])> {
        match self {
            Asked::Permissions(patterns) => vec![("permission", patterns.as_slice())],
            Asked::Kinds(kinds) => {
                kinds.iter().map(|(k, patterns)| (k.as_str(), patterns.as_slice())).collect()
            }
        }
    }
}
