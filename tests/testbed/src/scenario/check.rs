//! Judges what a run has shown.

use super::matcher::{matches, matches_pattern, short, subsequence};
use super::{Asked, Expect, Input, Scenario};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// What a driver has seen of a run.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    /// The session's events as the wire has them, in order.
    pub events: Vec<Value>,
    /// The model requests as `{"path", "headers", "body"}`, in order.
    pub records: Vec<Value>,
    /// `{"tool": name, "arguments": {…}}` for each call of a tool of the scenario.
    pub calls: Vec<Value>,
    /// By kind, what was asked, in order: of kind `permission` the `permissionRequest`s, of others what the row has an
    /// answer for.
    pub asked: BTreeMap<String, Vec<Value>>,
    /// `{"result": …}` or `{"error": message}` for each call of the inputs, in order.
    pub replies: Vec<Value>,
}

impl Observed {
    /// The text of the last `assistant.message` that has one.
    pub fn answer(&self) -> Option<&Value> {
        let messages = self.events.iter().rev().filter(|event| event["type"] == "assistant.message");
        messages
            .map(|event| &event["data"]["content"])
            .find(|text| text.as_str().is_some_and(|t| !t.is_empty()))
    }

    /// Adds a question and says which one of its kind it is, from 0.
    pub fn note_asked(&mut self, kind: &str, question: Value) -> usize {
        let of_kind = self.asked.entry(kind.to_owned()).or_default();
        of_kind.push(question);
        of_kind.len() - 1
    }

    fn joined(&self, kind: &str) -> Value {
        let deltas = self.events.iter().filter(|event| event["type"] == kind);
        deltas.filter_map(|event| event["data"]["deltaContent"].as_str()).collect::<String>().into()
    }
}

impl Scenario {
    /// Judges a run of this bound scenario.
    ///
    /// # Errors
    /// Every expectation that was not met, a line each.
    pub fn check(&self, observed: &Observed, workdir: &Path) -> Result<(), String> {
        let expect = &self.expect;
        let mut faults = Vec::new();
        let mut note = |what: &str, result: Result<(), String>| {
            faults.extend(result.err().map(|why| format!("{}: {what}: {why}", self.name)));
        };
        note("events", subsequence(&expect.events, &observed.events));
        note("never", none_of(&expect.never, &observed.events));
        for (kind, matcher) in &expect.joined {
            note(&format!("joined {kind}"), matches(matcher, Some(&observed.joined(kind))));
        }
        let bodies: Vec<Value> = observed.records.iter().map(|record| record["body"].clone()).collect();
        note("requests", in_order(expect.requests.as_deref(), &bodies));
        note("records", in_order(expect.records.as_deref(), &observed.records));
        for (kind, patterns) in expect.asked.iter().flat_map(Asked::by_kind) {
            let asked = observed.asked.get(kind).map_or(&[][..], Vec::as_slice);
            note(&format!("asked {kind}"), in_order(Some(patterns), asked));
        }
        note("replies", replies(&self.inputs, &observed.replies));
        note("calls", in_any_order(expect.calls.as_deref(), &observed.calls));
        note("answer", expect.answer.as_ref().map_or(Ok(()), |matcher| matches(matcher, observed.answer())));
        note("files", files(expect, workdir));
        if faults.is_empty() { Ok(()) } else { Err(faults.join("\n")) }
    }
}

fn none_of(patterns: &[Value], events: &[Value]) -> Result<(), String> {
    for pattern in patterns {
        if let Some(event) = events.iter().find(|event| matches_pattern(pattern, event).is_ok()) {
            return Err(format!("{pattern} matches {}", short(event)));
        }
    }
    Ok(())
}

fn in_order(patterns: Option<&[Value]>, values: &[Value]) -> Result<(), String> {
    let Some(patterns) = patterns else { return Ok(()) };
    for (n, (pattern, value)) in patterns.iter().zip(values).enumerate() {
        matches_pattern(pattern, value).map_err(|why| format!("number {}: {why}", n + 1))?;
    }
    same_count(patterns, values)
}

fn in_any_order(patterns: Option<&[Value]>, values: &[Value]) -> Result<(), String> {
    let Some(patterns) = patterns else { return Ok(()) };
    let mut left: Vec<&Value> = values.iter().collect();
    for pattern in patterns {
        let found = left.iter().position(|value| matches_pattern(pattern, value).is_ok());
        let found = found.ok_or_else(|| format!("{pattern} is not among {}", short(&Value::from(values))))?;
        left.swap_remove(found);
    }
    same_count(patterns, values)
}

/// The replies to the calls: a result that matches what is expected, or the error that is.
fn replies(inputs: &[Input], replies: &[Value]) -> Result<(), String> {
    let calls: Vec<&Input> = inputs.iter().filter(|input| input.is_call()).collect();
    for (n, (call, reply)) in calls.iter().zip(replies).enumerate() {
        let judged = match (&call.error, &call.expect, reply.get("result")) {
            (Some(error), _, _) => matches(error, reply.get("error")),
            (None, Some(pattern), Some(result)) => matches_pattern(pattern, result),
            (None, None, Some(_)) => Ok(()),
            (None, _, None) => Err(format!("it failed: {}", short(reply))),
        };
        judged.map_err(|why| format!("number {}: {why}", n + 1))?;
    }
    if calls.len() == replies.len() {
        return Ok(());
    }
    Err(format!("{} of {} calls were answered", replies.len(), calls.len()))
}

fn same_count(patterns: &[Value], values: &[Value]) -> Result<(), String> {
    if patterns.len() == values.len() {
        return Ok(());
    }
    let last = values.last().map_or("none".to_owned(), short);
    Err(format!("expected {} but there were {}; the last one: {last}", patterns.len(), values.len()))
}

fn files(expect: &Expect, workdir: &Path) -> Result<(), String> {
    for (path, matcher) in &expect.files {
        let content = std::fs::read_to_string(workdir.join(path)).ok().map(Value::from);
        matches(matcher, content.as_ref()).map_err(|why| format!("{path} {why}"))?;
    }
    Ok(())
}
