//! Puts answers to the methods of the table into the server's form.

use super::{Failure, Has, Nobody, Wants, known};
use crate::error::{Error, Result};
use crate::protocol::answer::Wire;
use crate::protocol::members::{Members, ObjectText, type_name, user_json};
use crate::protocol::question::Question;

const INTERNAL_ERROR: i64 = -32603;
const METHOD_MISSING: i64 = -32601;
const NO_ANSWER: &str = "the handler gave no answer";

/// The program's answer. Fails with `InvalidJson`, or with `InvalidArgument` where it is not what the method takes.
pub fn respond(question: &Question, json: &str) -> Result<Wire> {
    let row = known(&question.method);
    let what = format!("the answer to {}", question.method);
    let json = user_json(json, &what)?;
    let refuse = |problem: String| Error::invalid_argument(format!("{what} {problem}"));
    let error = Members::lenient(json).get("error").filter(|error| *error != "null");
    if let Some(failed) = error.and_then(|error| file_failure(row.failure, json, error)) {
        return Ok(Wire::Result(failed));
    }
    let result = match row.wants {
        Wants::Any => String::from(json),
        Wants::Nothing => match type_name(json) {
            "null" | "an object" => String::from(json),
            other => return Err(refuse(format!("must be null or an object, but is {other}"))),
        },
        Wants::Object(has) => {
            check_members(json, has).map_err(refuse)?;
            String::from(json)
        }
        Wants::Kinds(kinds) => {
            check_kinds(json, kinds).map_err(refuse)?;
            String::from(json)
        }
        Wants::Token => token(json).map_err(refuse)?,
        Wants::Confirmation => confirmation(json, &question.params).map_err(refuse)?,
    };
    Ok(Wire::Result(result))
}

/// The handler could not do it.
pub fn fail(question: &Question, message: &str) -> Wire {
    match known(&question.method).failure {
        Failure::Said(prefix) => error(INTERNAL_ERROR, format!("{prefix}{message}")),
        Failure::Fixed(text) => error(INTERNAL_ERROR, String::from(text)),
        Failure::FileStatus => Wire::Result(file_error(message)),
        Failure::FileResult(empty) => Wire::Result(with_error(empty, &file_error(message))),
        Failure::Transaction => Wire::Result(with_error(r#"{"results":[]}"#, &transaction_error(message))),
        Failure::Result(result) => Wire::Result(String::from(result)),
        Failure::Canvas(code) => canvas_error(canvas_code(message).unwrap_or(code), message),
    }
}

/// The program let the request go.
pub fn unanswered(question: &Question) -> Wire {
    let row = known(&question.method);
    match (row.silence, row.nobody, row.failure) {
        (Some(result), ..) => Wire::Result(String::from(result)),
        (None, Nobody::Unknown, Failure::Said("")) if row.name.is_empty() => unknown_method(question),
        _ => fail(question, NO_ANSWER),
    }
}

/// Nobody here handles the method.
pub fn no_handler(question: &Question) -> Wire {
    match known(&question.method).nobody {
        Nobody::Unknown => unknown_method(question),
        Nobody::Error(code, template) => error(code, filled(template, &question.params)),
        Nobody::Canvas => canvas_error("canvas_handler_unset", "no canvas handler is registered"),
    }
}

fn unknown_method(question: &Question) -> Wire {
    error(METHOD_MISSING, format!("Unhandled method {}", question.method))
}

fn error(code: i64, message: String) -> Wire {
    Wire::Error { code, message, data: None }
}

fn canvas_error(code: &str, message: &str) -> Wire {
    let data = ObjectText::new().text("code", code).text("message", message).finish();
    Wire::Error { code: INTERNAL_ERROR, message: String::from(message), data: Some(data) }
}

/// The code that a message such as "canvas_busy: try again" begins with.
fn canvas_code(message: &str) -> Option<&str> {
    let (code, _) = message.split_once(':')?;
    let is_code = |code: &str| code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    Some(code).filter(|code| code.starts_with("canvas_") && is_code(code))
}

/// The wire knows two codes; what else went wrong is for the message to say.
fn file_error(message: &str) -> String {
    let code = if message.starts_with("ENOENT") { "ENOENT" } else { "UNKNOWN" };
    ObjectText::new().text("code", code).text("message", message).finish()
}

fn transaction_error(message: &str) -> String {
    let class = ["busyOrLocked", "postCommitAmbiguous"].into_iter().find(|class| message.starts_with(class));
    ObjectText::new().text("errorClass", class.unwrap_or("fatal")).text("message", message).finish()
}

fn with_error(empty: &str, error: &str) -> String {
    ObjectText::new().members_of(empty).raw("error", error).finish()
}

/// An answer with an `error` in it: the error where the method's result has it, and everything else that the result
/// must have. `None` where the method has no such failures.
fn file_failure(failure: Failure, answer: &str, error: &str) -> Option<String> {
    let given = Members::lenient(error);
    let code = given.text("code").unwrap_or_default();
    let said = given.text("message").or_else(|| serde_json::from_str(error).ok()).unwrap_or_default();
    let message = match (code.as_str(), said.as_str()) {
        ("ENOENT", said) if !said.starts_with("ENOENT") => format!("ENOENT: {said}"),
        (code, "") => String::from(code),
        (_, said) => String::from(said),
    };
    let complete = |empty: &str, error: &str| {
        let answer = Members::lenient(answer);
        let given = answer.0.iter().filter(|(name, _)| name != "error");
        let mut object = given.fold(ObjectText::new(), |object, (name, value)| object.raw(name, value));
        for (name, value) in Members::lenient(empty).0.iter().filter(|(name, _)| answer.get(name).is_none()) {
            object = object.raw(name, value);
        }
        object.raw("error", error).finish()
    };
    match failure {
        Failure::FileStatus => Some(file_error(&message)),
        Failure::FileResult(empty) => Some(complete(empty, &file_error(&message))),
        Failure::Transaction if given.text("errorClass").is_some() => {
            Some(complete(r#"{"results":[]}"#, error))
        }
        Failure::Transaction => Some(complete(r#"{"results":[]}"#, &transaction_error(&message))),
        Failure::Result(result) => Some(String::from(result)),
        Failure::Said(_) | Failure::Fixed(_) | Failure::Canvas(_) => None,
    }
}

/// The template with each `{name}` replaced by that member of the params.
fn filled(template: &str, params: &str) -> String {
    let params = Members::lenient(params);
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, (name, after))) =
        rest.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
    {
        text.push_str(before);
        text.push_str(&params.text(name).unwrap_or_default());
        rest = after;
    }
    text + rest
}

/// The text says what is wrong, as the end of a sentence about the answer.
fn check_members(json: &str, has: &[Has]) -> std::result::Result<(), String> {
    let Some(members) = Members::read(json) else {
        return Err(format!("must be an object, but is {}", type_name(json)));
    };
    for (name, types) in has {
        let types_text = types.join(" or ");
        let Some(value) = members.get(name) else {
            return Err(format!("needs \"{name}\", {types_text}"));
        };
        if !types.contains(&type_name(value)) {
            return Err(format!("has at /{name} {}, but {types_text} belongs there", type_name(value)));
        }
    }
    Ok(())
}

fn check_kinds(json: &str, kinds: &[(&str, &[Has])]) -> std::result::Result<(), String> {
    check_members(json, &[("kind", super::TEXT)])?;
    let kind = Members::lenient(json).text("kind").unwrap_or_default();
    match kinds.iter().find(|(name, _)| *name == kind) {
        Some((_, has)) => check_members(json, has),
        None => {
            let names: Vec<_> = kinds.iter().map(|(name, _)| format!("\"{name}\"")).collect();
            Err(format!("has an unknown kind; it is one of {}", names.join(", ")))
        }
    }
}

fn token(json: &str) -> std::result::Result<String, String> {
    if type_name(json) == "a string" {
        return Ok(ObjectText::new().raw("token", json).finish());
    }
    check_members(json, &[("token", super::TEXT)])?;
    Ok(String::from(json))
}

/// `{"decision":…}`, or just the word, with the ids of what was asked unless the answer has them.
fn confirmation(json: &str, params: &str) -> std::result::Result<String, String> {
    let answer = match type_name(json) {
        "a string" => ObjectText::new().raw("decision", json).finish(),
        _ => String::from(json),
    };
    check_members(&answer, &[("decision", super::TEXT)])?;
    let given = Members::lenient(&answer);
    let decision = given.text("decision").unwrap_or_default();
    if !["confirm", "decline", "cancel"].contains(&decision.as_str()) {
        return Err(String::from(
            "has an unknown decision; it is one of \"confirm\", \"decline\", \"cancel\"",
        ));
    }
    let asked = Members::lenient(params);
    let mut object = ObjectText::new();
    for name in ["confirmationId", "reviewFingerprint"] {
        if let (None, Some(value)) = (given.get(name), asked.get(name)) {
            object = object.raw(name, value);
        }
    }
    Ok(object.members_of(&answer).finish())
}

#[cfg(test)]
mod tests;
