//! Changing a document: the text is cut open where the change goes, and everything else keeps its spelling.

use std::ops::Range;

use super::document::Json;
use super::pointer::{index_of, key_of};
use super::scan::{self, Kind, Malformed, Scan};
use super::{compact, quote, validate};
use crate::error::{Code, Error, Result};

/// Setting a value. `""` replaces the whole document.
///
/// What is missing on the way is made: an object for each key, an array where the next token is `-`. In an array that
/// exists, `-` and the index after the last append. Of a key that occurs twice the first one is set and the others go,
/// so that every reader finds the same. On an error the document stays as it was.
///
/// # Errors
///
/// `InvalidArgument`, naming the pointer: it is not a pointer, it leads below a scalar, or it names an array's
/// element that cannot be made. `InvalidJson` when the document itself is damaged on the way.
impl Json {
    /// Sets a string.
    pub fn set_str(&mut self, pointer: &str, value: &str) -> Result<()> {
        self.set_raw(pointer, &quote(value))
    }

    /// Sets an integer.
    pub fn set_i64(&mut self, pointer: &str, value: i64) -> Result<()> {
        self.set_raw(pointer, &value.to_string())
    }

    /// Sets a number, which must be finite: JSON has no other.
    pub fn set_f64(&mut self, pointer: &str, value: f64) -> Result<()> {
        if !value.is_finite() {
            return Err(refused(pointer, &format!("JSON cannot hold {value}")));
        }
        self.set_raw(pointer, &serde_json::Value::from(value).to_string())
    }

    /// Sets a boolean.
    pub fn set_bool(&mut self, pointer: &str, value: bool) -> Result<()> {
        self.set_raw(pointer, if value { "true" } else { "false" })
    }

    /// Sets any value from its text, which is validated as [`Json::parse`] does.
    pub fn set_json(&mut self, pointer: &str, text: &str) -> Result<()> {
        validate(text).map_err(|error| error.within(format_args!("the value for \"{pointer}\"")))?;
        self.set_raw(pointer, &compact(text))
    }

    fn set_raw(&mut self, pointer: &str, raw: &str) -> Result<()> {
        let plan = plan(self.text(), pointer, raw)?;
        let next = plan.carried_out(self.text());
        self.renew(next);
        Ok(())
    }
}

/// What becomes of a text.
struct Plan {
    /// The part to replace, and by what.
    part: Range<usize>,
    with: String,
    /// Parts to leave out: further members of a key that the pointer leads through. They are behind the other part, in
    /// the order of the text.
    without: Vec<Range<usize>>,
}

impl Plan {
    fn carried_out(&self, text: &str) -> String {
        let mut next = String::with_capacity(text.len() + self.with.len() + 1);
        next.push_str(&text[..self.part.start]);
        next.push_str(&self.with);
        let mut at = self.part.end;
        for part in &self.without {
            next.push_str(&text[at..part.start]);
            at = part.end;
        }
        next.push_str(&text[at..]);
        next
    }
}

fn plan(text: &str, pointer: &str, raw: &str) -> Result<Plan> {
    let mut container = 0..text.len();
    if pointer.is_empty() {
        return Ok(Plan { part: container, with: raw.to_owned(), without: Vec::new() });
    }
    let tokens = tokens(pointer)?;
    let damaged = |malformed: Malformed| {
        let message =
            format!("cannot set \"{pointer}\": the document is not valid JSON at byte {}", malformed.at);
        Error::new(Code::InvalidJson, message)
    };
    let mut without = Vec::new();
    for (depth, token) in tokens.iter().enumerate() {
        let inside = &text[container.clone()];
        let child = match scan::kind(inside) {
            Kind::Object => find_member(inside, token).map_err(damaged)?,
            Kind::Array => find_element(inside, token).map_err(damaged)?,
            _ => return Err(refused(pointer, "it leads below a value that is no object or array")),
        };
        container = match child {
            Child::At { value, repeated } => {
                let from = container.start;
                let repeated = repeated.into_iter().map(|part| from + part.start..from + part.end);
                // What is inside the value is before what is behind it.
                without.splice(0..0, repeated);
                from + value.start..from + value.end
            }
            Child::Missing { empty, in_object } => {
                // The brackets were seen, so the container's last byte is the closing one.
                let end = container.end - 1;
                let comma = if empty { "" } else { "," };
                let key = if in_object { quote(token) + ":" } else { String::new() };
                let value = nested(&tokens[depth + 1..], raw);
                return Ok(Plan { part: end..end, with: [comma, &key, &value].concat(), without });
            }
            Child::Impossible(why) => return Err(refused(pointer, &why)),
        };
    }
    Ok(Plan { part: container, with: raw.to_owned(), without })
}

/// A place inside a container.
enum Child {
    At {
        value: Range<usize>,
        /// Further members of the same key, each with the comma before it.
        repeated: Vec<Range<usize>>,
    },
    /// It can be made, at the container's end.
    Missing {
        empty: bool,
        in_object: bool,
    },
    Impossible(String),
}

fn find_member(object: &str, key: &str) -> Scan<Child> {
    let mut child = Child::Missing { empty: true, in_object: true };
    // Where the member before this one ends, and so the comma after it begins, or the space before that.
    let mut end = 0;
    for member in scan::members(object)? {
        let (raw_key, value) = member?;
        let value = scan::range_in(object, value);
        let before = std::mem::replace(&mut end, value.end);
        match &mut child {
            Child::At { repeated, .. } if scan::key_is(raw_key, key) => repeated.push(before..value.end),
            Child::Missing { .. } if scan::key_is(raw_key, key) => {
                child = Child::At { value, repeated: Vec::new() };
            }
            Child::Missing { empty, .. } => *empty = false,
            _ => {}
        }
    }
    Ok(child)
}

fn find_element(array: &str, token: &str) -> Scan<Child> {
    let index = index_of(token.as_bytes());
    let mut count = 0;
    let mut found = None;
    for element in scan::elements(array)? {
        let element = element?;
        if index == Some(count) {
            found = Some(scan::range_in(array, element));
        }
        count += 1;
    }
    Ok(match found {
        Some(value) => Child::At { value, repeated: Vec::new() },
        None if token == "-" || index == Some(count) => {
            Child::Missing { empty: count == 0, in_object: false }
        }
        None => Child::Impossible(format!("an array of {count} has no place \"{token}\"; \"-\" appends")),
    })
}

/// The value inside what the tokens of a pointer make on the way to it.
fn nested(tokens: &[String], raw: &str) -> String {
    let mut text = String::new();
    for token in tokens {
        if token == "-" {
            text.push('[');
        } else {
            text.push('{');
            text.push_str(&quote(token));
            text.push(':');
        }
    }
    text.push_str(raw);
    text.extend(tokens.iter().rev().map(|token| if token == "-" { ']' } else { '}' }));
    text
}

fn tokens(pointer: &str) -> Result<Vec<String>> {
    let Some(rest) = pointer.strip_prefix('/') else {
        return Err(refused(pointer, "a JSON pointer is empty or begins with \"/\""));
    };
    rest.split('/')
        .map(|token| match key_of(token.as_bytes()) {
            Some(token) => Ok(String::from_utf8_lossy(&token).into_owned()),
            None => {
                Err(refused(pointer, "in a JSON pointer \"~\" is written \"~0\", and \"/\" in a key \"~1\""))
            }
        })
        .collect()
}

fn refused(pointer: &str, why: &str) -> Error {
    Error::invalid_argument(format!("cannot set \"{pointer}\": {why}"))
}
