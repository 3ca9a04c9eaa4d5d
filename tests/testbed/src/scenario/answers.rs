//! How a row answers what the server asks: tools, permissions, and every other kind of question.

use super::matcher::{self, at};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A tool and its answer; exactly one of `reply`, `fail` and `unanswered` is given.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// The definition: name, description, parameters, flags.
    pub tool: Value,
    /// A text or a result object; `${/pointer}` in it is a part of the arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply: Option<Value>,
    /// The handler fails with this message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fail: Option<String>,
    /// No call is ever answered.
    #[serde(default)]
    pub unanswered: bool,
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

    /// The answer to a call with these arguments, none when it stays open; `Err` is a handler's failure.
    ///
    /// # Errors
    /// The message of `fail`.
    pub fn answer(&self, arguments: &Value) -> Option<Result<Value, String>> {
        outcome(self.unanswered, self.fail.as_ref(), self.reply.as_ref(), arguments)
    }

    fn is_well_formed(&self) -> bool {
        let answers = [self.reply.is_some(), self.fail.is_some(), self.unanswered];
        !self.name().is_empty() && answers.iter().filter(|given| **given).count() == 1
    }
}

/// What one of `unanswered`, `fail` and `reply` says, with the parts of what was asked filled in.
fn outcome(
    unanswered: bool,
    fail: Option<&String>,
    reply: Option<&Value>,
    asked: &Value,
) -> Option<Result<Value, String>> {
    if unanswered {
        return None;
    }
    if let Some(message) = fail {
        return Some(Err(message.clone()));
    }
    let part = |pointer: &str| at(asked, pointer).filter(|_| pointer.starts_with('/')).map(plain);
    Some(Ok(matcher::replace(reply.unwrap_or(&Value::Null), &part)))
}

/// A value as it stands inside of a text.
pub(super) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Permission {
    /// `"approve"`: this once.
    Approve,
    /// `"deny"`: without a word, which ends the turn on newer servers.
    Deny,
    /// `"nobody"`: the program has nothing that answers, so the library gives the default.
    Nobody,
    /// `{"feedback": "…"}`: denied with words for the model.
    Feedback(String),
    /// `{"result": {…}}`: exactly this, in the server's own words.
    Result(Value),
}

/// The kinds of questions besides tools and permissions, in the words of the C ABI's items.
pub const KINDS: [&str; 6] = ["userInput", "elicitation", "hook", "command", "exitPlanMode", "systemMessage"];

/// The answers of a row by kind of question. A kind that is here is one that the session's program answers.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Questions(BTreeMap<String, Answers>);

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
struct Answers(#[serde(deserialize_with = "one_or_many")] Vec<Answer>);

fn one_or_many<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Answer>, D::Error> {
    let given = match Value::deserialize(from)? {
        Value::Array(items) => Value::Array(items),
        one => Value::Array(vec![one]),
    };
    serde_json::from_value(given).map_err(serde::de::Error::custom)
}

/// An answer to a question; exactly one of `reply`, `fail` and `unanswered` is given.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Places and values of the questions that it is for.
    #[serde(default)]
    pub when: Map<String, Value>,
    /// How many questions it is for; after them the next one of the list has its turn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<usize>,
    /// What the program answers; `${/pointer}` in it is a part of the question.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub reply: Option<Value>,
    /// The handler fails with this message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fail: Option<String>,
    /// The question stays open.
    #[serde(default)]
    pub unanswered: bool,
}

/// A null is an answer too.
fn given<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(from).map(Some)
}

impl Answer {
    fn is_well_formed(&self) -> bool {
        [self.reply.is_some(), self.fail.is_some(), self.unanswered].iter().filter(|given| **given).count()
            == 1
    }

    fn is_for(&self, question: &Value) -> bool {
        self.when.iter().all(|(place, value)| matcher::at_place(question, place) == Some(value))
    }
}

impl Questions {
    /// Whether the program answers this kind.
    pub fn has(&self, kind: &str) -> bool {
        self.0.contains_key(kind)
    }

    /// The index of the answer to a question, given how often each was taken.
    pub fn choose(&self, kind: &str, question: &Value, taken: &[usize]) -> Option<usize> {
        let answers = &self.0.get(kind)?.0;
        let is_left = |n: usize| {
            answers[n].times.is_none_or(|times| taken.iter().filter(|other| **other == n).count() < times)
        };
        (0..answers.len()).find(|n| answers[*n].is_for(question) && is_left(*n))
    }

    /// What an answer says to a question, none when it stays open; `Err` is a handler's failure.
    ///
    /// # Errors
    /// The message of `fail`.
    pub fn answer(&self, kind: &str, index: usize, question: &Value) -> Option<Result<Value, String>> {
        let answer = &self.0[kind].0[index];
        outcome(answer.unanswered, answer.fail.as_ref(), answer.reply.as_ref(), question)
    }
}

/// What is wrong with a row's answers.
pub(super) fn fault(tools: &[Tool], questions: &Questions) -> Option<String> {
    if let Some(tool) = tools.iter().find(|tool| !tool.is_well_formed()) {
        return Some(format!("a tool has a name and one of reply, fail and unanswered: {}", tool.tool));
    }
    if let Some(kind) = questions.0.keys().find(|kind| !KINDS.contains(&kind.as_str())) {
        return Some(format!("{kind} is no kind of question; there are {KINDS:?}"));
    }
    let mut answers = questions.0.iter().flat_map(|(kind, answers)| answers.0.iter().map(move |a| (kind, a)));
    let (kind, _) = answers.find(|(_, answer)| !answer.is_well_formed())?;
    Some(format!("an answer to {kind} has one of reply, fail and unanswered"))
}
