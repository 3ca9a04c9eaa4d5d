//! What a row does, step by step.

use super::Needs;
use super::answers::plain;
use super::matcher::{self, at};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A step; exactly one of the members that name an action is given.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Input {
    /// Action: sends this prompt and waits until the session is idle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send: Option<String>,
    /// Action: sends this prompt and goes on once it is accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post: Option<String>,
    /// Action: waits for an event that has these values at these places and that no wait before has passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait: Option<Map<String, Value>>,
    /// Action: aborts the turn.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub abort: bool,
    /// Action: calls this method of the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<String>,
    /// Action: calls this method of the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_call: Option<String>,
    /// Action: leaves the session and resumes it with these members of its configuration changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resume: Option<Map<String, Value>>,
    /// Of `send` and `post`: the message's other members, such as `attachments`.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub with: Map<String, Value>,
    /// Of a call: its params. `${type/pointer}` is a part of the last event of this type, `${reply/pointer}` of the
    /// reply to the last call.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub params: Map<String, Value>,
    /// Of a call: a pattern for its result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expect: Option<Value>,
    /// Of a call: it fails, with a message that matches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Value>,
    /// The step is only for these servers.
    #[serde(default, skip_serializing_if = "Needs::is_empty")]
    pub needs: Needs,
}

/// The action of a step.
#[derive(Debug)]
pub enum Step<'a> {
    /// Send this prompt and wait until the session is idle.
    Send(&'a str),
    /// Send this prompt.
    Post(&'a str),
    /// Wait for an event with these values.
    Wait(&'a Map<String, Value>),
    /// Abort the turn.
    Abort,
    /// Call this method of the session.
    Call(&'a str),
    /// Call this method of the server.
    ClientCall(&'a str),
    /// Leave the session and resume it with these members.
    Resume(&'a Map<String, Value>),
}

impl Input {
    /// The actions that are given; a row that was read has one.
    fn actions(&self) -> Vec<Step<'_>> {
        let mut actions = Vec::new();
        actions.extend(self.send.as_deref().map(Step::Send));
        actions.extend(self.post.as_deref().map(Step::Post));
        actions.extend(self.wait.as_ref().map(Step::Wait));
        actions.extend(self.abort.then_some(Step::Abort));
        actions.extend(self.call.as_deref().map(Step::Call));
        actions.extend(self.client_call.as_deref().map(Step::ClientCall));
        actions.extend(self.resume.as_ref().map(Step::Resume));
        actions
    }

    /// The step's action.
    ///
    /// # Panics
    /// When there is none, which a row that was read cannot have.
    pub fn step(&self) -> Step<'_> {
        self.actions().pop().expect("a step has an action")
    }

    /// Whether it is a call, which has a reply to judge.
    pub fn is_call(&self) -> bool {
        self.call.is_some() || self.client_call.is_some()
    }

    /// The params of a call, with the parts of events and of the last reply filled in.
    pub fn params(&self, events: &[Value], reply: Option<&Value>) -> Value {
        let part = |name: &str| {
            let (source, pointer) = name.split_once('/')?;
            let source = match source {
                "reply" => reply,
                kind => events.iter().rfind(|event| event["type"] == kind),
            };
            at(source?, &format!("/{pointer}")).map(plain)
        };
        matcher::replace(&Value::Object(self.params.clone()), &part)
    }

    /// What is wrong with the step.
    pub(super) fn fault(&self) -> Option<String> {
        let alien = match self.actions().as_slice() {
            [Step::Send(_) | Step::Post(_)] => {
                !self.params.is_empty() || self.expect.is_some() || self.error.is_some()
            }
            [Step::Call(_) | Step::ClientCall(_)] => {
                !self.with.is_empty() || (self.expect.is_some() && self.error.is_some())
            }
            [_] => [&self.with, &self.params].iter().any(|members| !members.is_empty()),
            _ => return Some(format!("a step has exactly one action: {}", serde_json::json!(self))),
        };
        alien.then(|| format!("a step has members that are not its action's: {}", serde_json::json!(self)))
    }
}
