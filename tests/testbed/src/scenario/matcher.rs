//! Matchers: JSON that says what another JSON value must be like.

use serde_json::{Map, Value};

/// The one key of an object that makes it a matcher; any other value matches what equals it.
const WORDS: [&str; 10] =
    ["all", "contains", "lacks", "some", "none", "exists", "oneOf", "equals", "length", "json"];

/// Matches `actual` (absent: `None`) against a matcher.
///
/// # Errors
/// What was expected and what was there instead.
pub fn matches(matcher: &Value, actual: Option<&Value>) -> Result<(), String> {
    let word = matcher.as_object().filter(|o| o.len() == 1).and_then(|o| o.iter().next());
    let Some((word, operand)) = word.filter(|(word, _)| WORDS.contains(&word.as_str())) else {
        return verdict(actual == Some(matcher), &format!("is {}", short(matcher)), actual);
    };
    let expected = format!("{word} {}", short(operand));
    let ok = match word.as_str() {
        "equals" => actual == Some(operand),
        "exists" => actual.is_some_and(|v| !v.is_null()) == (operand == true),
        "contains" => actual.is_some_and(|v| contains(v, operand)),
        "lacks" => actual.is_none_or(|v| !contains(v, operand)),
        "length" => actual.and_then(length) == operand.as_u64(),
        "some" => items(actual).iter().any(|item| matches_pattern(operand, item).is_ok()),
        "none" => !items(actual).iter().any(|item| matches_pattern(operand, item).is_ok()),
        "json" => parsed(actual).is_some_and(|v| matches(operand, Some(&v)).is_ok()),
        "all" => return items(Some(operand)).iter().try_for_each(|each| matches(each, actual)),
        _ => items(Some(operand)).iter().any(|one| matches(one, actual).is_ok()),
    };
    verdict(ok, &expected, actual)
}

/// Matches `actual` against a pattern: an object of pointers and matchers. A key without a slash is a member's name.
///
/// # Errors
/// The first pointer that does not match, what was expected there and what was there instead.
pub fn matches_pattern(pattern: &Value, actual: &Value) -> Result<(), String> {
    let Some(pattern) = pattern.as_object() else { return matches(pattern, Some(actual)) };
    for (pointer, matcher) in pattern {
        matches(matcher, at_place(actual, pointer)).map_err(|why| format!("{pointer} {why}"))?;
    }
    Ok(())
}

/// The value at a place: a member's name or a pointer.
pub(super) fn at_place<'a>(value: &'a Value, place: &str) -> Option<&'a Value> {
    if place.starts_with('/') { at(value, place) } else { value.get(place) }
}

/// The value at a JSON pointer in which `-1` is an array's last element, `-2` the one before.
pub fn at<'a>(value: &'a Value, pointer: &str) -> Option<&'a Value> {
    pointer.split('/').skip(1).try_fold(value, |value, part| match value {
        Value::Array(items) => match part.parse::<i64>().ok()? {
            back if back < 0 => items.len().checked_sub(back.unsigned_abs() as usize).map(|i| &items[i]),
            index => items.get(index as usize),
        },
        _ => value.get(part.replace("~1", "/").replace("~0", "~")),
    })
}

/// Whether `patterns` occur in `values` in this order, other values between them.
///
/// # Errors
/// The first pattern that was not found, and why the likeliest candidate is not it.
pub fn subsequence(patterns: &[Value], values: &[Value]) -> Result<(), String> {
    let mut from = 0;
    for (n, pattern) in patterns.iter().enumerate() {
        match values[from..].iter().position(|value| matches_pattern(pattern, value).is_ok()) {
            Some(offset) => from += offset + 1,
            None => return Err(missing(n, pattern, &values[..from], &values[from..])),
        }
    }
    Ok(())
}

fn missing(n: usize, pattern: &Value, before: &[Value], rest: &[Value]) -> String {
    let kind = |value: &Value| value["type"].as_str().unwrap_or("?").to_owned();
    let like = rest.iter().rfind(|value| value["type"] == pattern["type"]);
    let early = before.iter().any(|value| matches_pattern(pattern, value).is_ok());
    let reason = match like {
        Some(value) => format!("the last of this type: {}", matches_pattern(pattern, value).unwrap_err()),
        None if early => "it occurs only earlier than expected".to_owned(),
        None => "no value of this type follows".to_owned(),
    };
    let after = before.last().map_or("from the start".to_owned(), |value| format!("after {}", kind(value)));
    let seen: Vec<String> = rest.iter().map(kind).collect();
    format!(
        "number {} of the sequence, {pattern}, is not there: {reason}; seen {after}: {}",
        n + 1,
        seen.join(" > ")
    )
}

fn contains(value: &Value, part: &Value) -> bool {
    match (value, part) {
        (Value::String(text), Value::String(part)) => text.contains(part),
        (Value::Array(items), part) => items.contains(part),
        (Value::Object(members), Value::Object(part)) => part.iter().all(|(k, v)| members.get(k) == Some(v)),
        _ => false,
    }
}

fn length(value: &Value) -> Option<u64> {
    match value {
        Value::Array(items) => Some(items.len() as u64),
        Value::Object(members) => Some(members.len() as u64),
        Value::String(text) => Some(text.chars().count() as u64),
        _ => None,
    }
}

fn items(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn parsed(value: Option<&Value>) -> Option<Value> {
    serde_json::from_str(value?.as_str()?).ok()
}

fn verdict(ok: bool, expected: &str, actual: Option<&Value>) -> Result<(), String> {
    let was = || actual.map_or("nothing".to_owned(), short);
    if ok { Ok(()) } else { Err(format!("should be such that it {expected}, but there was {}", was())) }
}

/// A value's text with its middle cut out when it is long.
pub(super) fn short(value: &Value) -> String {
    const KEPT: usize = 300;
    let text: Vec<char> = value.to_string().chars().collect();
    if text.len() <= 2 * KEPT {
        return text.iter().collect();
    }
    let (head, tail) = (&text[..KEPT], &text[text.len() - KEPT..]);
    format!("{} … {}", head.iter().collect::<String>(), tail.iter().collect::<String>())
}

/// Replaces each `${…}` in the strings of `value` by what `with` gives for it, where it gives something.
pub(super) fn replace(value: &Value, with: &dyn Fn(&str) -> Option<String>) -> Value {
    match value {
        Value::String(text) => replace_text(text, with).into(),
        Value::Array(items) => items.iter().map(|item| replace(item, with)).collect(),
        Value::Object(members) => {
            let pair = |(k, v): (&String, &Value)| (replace_text(k, with), replace(v, with));
            Value::Object(members.iter().map(pair).collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

fn replace_text(text: &str, with: &dyn Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        out += before;
        match after.split_once('}').and_then(|(name, after)| Some((with(name)?, after))) {
            Some((value, after)) => {
                out += &value;
                rest = after;
            }
            None => {
                out += "${";
                rest = after;
            }
        }
    }
    out + rest
}
