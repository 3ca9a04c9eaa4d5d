//! One-level reading and writing of JSON objects. Nested values stay the text they came as, so that key order and
//! numbers survive and big values are not printed again.

use std::borrow::Cow;
use std::str::FromStr;

use serde::de::IgnoredAny;

use crate::error::{Code, Error, Result};
use crate::json::scan;

/// The server's parser stops at 127 levels; this leaves room for what the library wraps around a value.
const MAX_DEPTH: usize = 120;

/// As many members as most objects of the wire have at most.
const USUAL: usize = 12;

/// The members of a JSON object in their order: the keys decoded, the values unparsed.
pub(crate) struct Members<'a>(pub(crate) Vec<(Cow<'a, str>, &'a str)>);

impl<'a> Members<'a> {
    /// The members, or `None` where the text is no object.
    pub(crate) fn read(json: &'a str) -> Option<Members<'a>> {
        let walk = scan::members(json).ok()?;
        let mut members = Vec::new();
        for member in walk {
            let (key, value) = member.ok()?;
            if members.is_empty() {
                members.reserve(USUAL);
            }
            members.push((scan::unescape(key)?, value));
        }
        Some(Members(members))
    }

    /// The members of the server's object; none at all where it sent something else.
    pub(crate) fn lenient(json: &'a str) -> Members<'a> {
        Members::read(json).unwrap_or(Members(Vec::new()))
    }

    /// The value's text; the last one where a key is repeated, as in the CLI's own parser. What the library decides, the
    /// permission policy above all, is decided by what the CLI takes it for; [`json`](crate::json), which only shows
    /// texts, stops at the first.
    pub(crate) fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| *value)
    }

    /// A number of this type; `None` where it is missing or something else.
    pub(crate) fn number<T: FromStr>(&self, name: &str) -> Option<T> {
        self.get(name)?.parse().ok()
    }

    /// A string; `None` where it is missing or something else.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.string(name).map(Cow::into_owned)
    }

    /// A string, as [`text_of`] reads it; `None` where it is missing or something else.
    pub(crate) fn string(&self, name: &str) -> Option<Cow<'a, str>> {
        self.get(name).and_then(text_of)
    }

    /// True where it says so.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.get(name) == Some("true")
    }
}

/// The text of a member's value, borrowed where it has no escapes; `None` where the value is no string. Half a surrogate
/// pair makes it none: whoever acts on it must not act on a text with a hole.
pub(crate) fn text_of(value: &str) -> Option<Cow<'_, str>> {
    let inside = value.strip_prefix('"')?.strip_suffix('"')?;
    match is_plain(inside) {
        true => Some(Cow::Borrowed(inside)),
        false => serde_json::from_str(value).ok().map(Cow::Owned),
    }
}

/// The items of a JSON array, unparsed; `None` where the text is none.
pub(crate) fn items(json: &str) -> Option<Vec<&str>> {
    scan::elements(json).ok()?.collect::<std::result::Result<_, _>>().ok()
}

/// Room for the params of a usual call.
const ROOM: usize = 256;

/// Writes an object member by member.
pub(crate) struct ObjectText {
    text: String,
    /// Where the first member begins.
    start: usize,
}

impl ObjectText {
    pub(crate) fn new() -> ObjectText {
        ObjectText::with_room(ROOM)
    }

    /// An object that will have about so many bytes.
    pub(crate) fn with_room(bytes: usize) -> ObjectText {
        ObjectText::behind(String::with_capacity(bytes))
    }

    /// An object that is written behind a text.
    pub(crate) fn behind(mut text: String) -> ObjectText {
        text.push('{');
        ObjectText { start: text.len(), text }
    }

    /// An object of which at least one member is written.
    pub(crate) fn begun(text: String) -> ObjectText {
        ObjectText { text, start: 0 }
    }

    /// Adds a member whose value is JSON text already.
    pub(crate) fn raw(mut self, name: &str, json: &str) -> ObjectText {
        self.key(name);
        self.text.push_str(json);
        self
    }

    /// The same for a name of ours, in which nothing needs an escape.
    pub(crate) fn known(mut self, name: &'static str, json: &str) -> ObjectText {
        self.known_key(name, json.len());
        self.text.push_str(json);
        self
    }

    /// A text under such a name.
    pub(crate) fn known_text(mut self, name: &'static str, value: &str) -> ObjectText {
        self.known_key(name, value.len() + 2);
        push_quoted(&mut self.text, value);
        self
    }

    fn known_key(&mut self, name: &'static str, room: usize) {
        self.text.reserve(name.len() + room + 4);
        self.text.push_str(if self.text.len() > self.start { ",\"" } else { "\"" });
        self.text.push_str(name);
        self.text.push_str("\":");
    }

    pub(crate) fn text(mut self, name: &str, value: &str) -> ObjectText {
        self.key(name);
        push_quoted(&mut self.text, value);
        self
    }

    pub(crate) fn number(mut self, name: &'static str, value: u64) -> ObjectText {
        self.known_key(name, 20);
        push_number(&mut self.text, value);
        self
    }

    /// Adds a member whose value `write` appends to the text.
    pub(crate) fn written(
        mut self,
        name: &'static str,
        write: impl FnOnce(&mut String) -> Result<()>,
    ) -> Result<ObjectText> {
        self.known_key(name, 0);
        write(&mut self.text)?;
        Ok(self)
    }

    fn key(&mut self, name: &str) {
        if self.text.len() > self.start {
            self.text.push(',');
        }
        push_quoted(&mut self.text, name);
        self.text.push(':');
    }

    pub(crate) fn flag(self, name: &'static str, value: bool) -> ObjectText {
        self.known(name, if value { "true" } else { "false" })
    }

    /// Adds every member of an object that is sound JSON text.
    pub(crate) fn members_of(mut self, object: &str) -> ObjectText {
        let inner = object.trim().trim_start_matches('{');
        let inner = inner.strip_suffix('}').unwrap_or(inner).trim();
        if self.text.len() > self.start && !inner.is_empty() {
            self.text.push(',');
        }
        self.text.push_str(inner);
        self
    }

    /// Adds members of ours, as they stand between the braces.
    pub(crate) fn known_members(mut self, members: &str) -> ObjectText {
        if self.text.len() > self.start {
            self.text.push(',');
        }
        self.text.push_str(members);
        self
    }

    pub(crate) fn finish(mut self) -> String {
        self.text.push('}');
        self.text
    }
}

/// A JSON array of texts that are JSON already.
pub(crate) fn array_text<'t>(items: impl IntoIterator<Item = &'t str>) -> String {
    let mut text = String::from("[");
    for item in items {
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(item);
    }
    text.push(']');
    text
}

/// A JSON string.
pub(crate) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    push_quoted(&mut quoted, text);
    quoted
}

/// True where a text stands between the quotation marks of a JSON string as it is.
fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (blocks, rest) = bytes.as_chunks::<16>();
    if !blocks.iter().all(is_plain_block) {
        return false;
    }
    match bytes.last_chunk::<16>() {
        // With a part of the block before it, so that it is looked at as quickly.
        Some(last) => rest.is_empty() || is_plain_block(last),
        None => rest.iter().all(|byte| !has_escape(*byte)),
    }
}

/// Without a way out in the middle, for the processor to look at all bytes at once.
fn is_plain_block(block: &[u8; 16]) -> bool {
    !block.iter().fold(false, |found, byte| found | has_escape(*byte))
}

/// True for what stands in a JSON string as an escape only.
fn has_escape(byte: u8) -> bool {
    (byte < b' ') | (byte == b'"') | (byte == b'\\')
}

/// Appends a JSON string. Most texts have nothing to escape.
pub(crate) fn push_quoted(out: &mut String, text: &str) {
    if !is_plain(text) {
        out.push_str(&serde_json::Value::from(text).to_string());
        return;
    }
    out.reserve(text.len() + 2);
    out.push('"');
    out.push_str(text);
    out.push('"');
}

/// Appends a number, digit by digit: the means of formatting would cost more than all else that is said beside it.
fn push_number(out: &mut String, value: u64) {
    if value >= 10 {
        push_number(out, value / 10);
    }
    out.push(char::from(b'0' + (value % 10) as u8));
}

/// The caller's JSON text, found sound: one value, no deeper than the server reads, no lone surrogate (the server
/// could not read the frame that carries one). `what` names it in errors, which never repeat its content.
pub(crate) fn user_json<'a>(json: &'a str, what: &str) -> Result<&'a str> {
    let raw = json.trim_matches(scan::SPACE);
    if raw.strip_prefix('"').and_then(|text| text.strip_suffix('"')).is_some_and(is_plain) {
        return Ok(raw);
    }
    serde_json::from_str::<IgnoredAny>(json)
        .map_err(|error| Error::new(Code::InvalidJson, format!("{what} is not valid JSON: {error}")))?;
    check_sendable(raw, what).map(|()| raw)
}

/// The rest of that for text that is known to be JSON.
pub(crate) fn check_sendable(raw: &str, what: &str) -> Result<()> {
    // A level takes two brackets, so that most texts are too short to be too deep.
    if raw.len() / 2 <= MAX_DEPTH && !raw.contains('\\') {
        return Ok(());
    }
    let mut depth = 0;
    let mut in_string = false;
    let mut bytes = raw.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'"' => in_string = !in_string,
            b'\\' => {
                let skip = escape_length(&raw[at..])
                    .ok_or_else(|| unsound(what, format!("half a surrogate pair at byte {at}")))?;
                bytes.nth(skip - 2);
            }
            b'{' | b'[' if !in_string => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(unsound(what, format!("more than {MAX_DEPTH} nested levels")));
                }
            }
            b'}' | b']' if !in_string => depth -= 1,
            _ => {}
        }
    }
    Ok(())
}

fn unsound(what: &str, problem: String) -> Error {
    Error::new(Code::InvalidJson, format!("{what} cannot be sent: it has {problem}"))
}

/// The length of the escape that the text begins with, a surrogate pair counting as one; `None` for half a pair.
fn escape_length(text: &str) -> Option<usize> {
    let Some(first) = code_unit(text) else { return Some(2) };
    match first {
        0xD800..=0xDBFF => match code_unit(text.get(6..)?) {
            Some(0xDC00..=0xDFFF) => Some(12),
            _ => None,
        },
        0xDC00..=0xDFFF => None,
        _ => Some(6),
    }
}

/// The number in a leading `\u` escape.
fn code_unit(text: &str) -> Option<u16> {
    u16::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok()
}

/// What a JSON text is, with its article: it completes "…, but is".
pub(crate) fn type_name(json: &str) -> &'static str {
    match json.trim_start().as_bytes().first() {
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_order_and_numbers() {
        let members = Members::read(r#"{"b":1.0,"a":{"z":12345678901234567890,"y":[ 1 ]}}"#).unwrap();
        let text = members.0.iter().fold(ObjectText::new(), |o, (k, v)| o.raw(k, v)).finish();
        assert_eq!(text, r#"{"b":1.0,"a":{"z":12345678901234567890,"y":[ 1 ]}}"#);
        assert_eq!(members.get("b"), Some("1.0"));
        assert!(Members::read("[]").is_none());
        assert!(Members::lenient("7").0.is_empty());
    }

    #[test]
    fn what_is_plain_needs_no_escapes() {
        for length in 0..70 {
            let plain = "\u{e9}x~ \u{7f}".chars().cycle().take(length).collect::<String>();
            assert!(is_plain(&plain), "{plain:?}");
            for (at, _) in plain.char_indices() {
                for escaped in ["\"", "\\", "\0", "\n", "\u{1f}"] {
                    let mut text = plain.clone();
                    text.insert_str(at, escaped);
                    assert!(!is_plain(&text), "{text:?}");
                    let json = quoted(&text);
                    assert_eq!(json, serde_json::Value::from(&*text).to_string());
                    assert_eq!(text_of(&json).as_deref(), Some(&*text));
                }
            }
            assert_eq!(text_of(&quoted(&plain)).as_deref(), Some(&*plain));
        }
        for no_text in ["", "\"", "7", "null", "[\"a\"]", "\"a", "a\"", r#""\ud800""#, "\"a\nb\""] {
            assert_eq!(text_of(no_text), None, "{no_text:?}");
        }
    }

    #[test]
    fn writes_escaped_texts() {
        let text = ObjectText::new().text("a\"b", "x\n\u{1}").flag("f", false).finish();
        assert_eq!(text, r#"{"a\"b":"x\n\u0001","f":false}"#);
        let joined = ["{ }", r#"{ "b":{} }"#, "{}", r#"{"c":[]}"#].into_iter();
        assert_eq!(joined.fold(ObjectText::new(), ObjectText::members_of).finish(), r#"{"b":{},"c":[]}"#);
        assert_eq!(array_text(["1", "\"b\""]), r#"[1,"b"]"#);
        assert_eq!(ObjectText::new().finish(), "{}");
        for number in [0, 9, 10, 12_345, u64::MAX] {
            assert_eq!(ObjectText::new().number("n", number).finish(), format!("{{\"n\":{number}}}"));
        }
        let behind = ObjectText::behind(String::from("[")).raw("a", "1").members_of(r#"{"b":2}"#).finish();
        assert_eq!(behind, r#"[{"a":1,"b":2}"#);
    }

    #[test]
    fn refuses_what_the_server_cannot_read() {
        for sound in
            [r#"{"a":"\ud83d\ude00 \" \\ud800 \u0041"}"#, r#"" [[[ {{{ ""#, " 7 ", "null", "\"\\\\\""]
        {
            assert!(user_json(sound, "it").is_ok(), "{sound}");
        }
        for lone in [r#""\ud83d""#, r#""\ud83dx\ude00""#, r#""\ude00""#, r#""\ud83d\u0041""#, r#""\ud83d\n""#]
        {
            let error = user_json(lone, "it").unwrap_err();
            assert_eq!(error.code(), Code::InvalidJson);
            assert!(error.message().contains("surrogate"), "{lone}: {error}");
        }
        let nested = |n: usize| "[".repeat(n) + &"]".repeat(n);
        assert!(user_json(&nested(MAX_DEPTH), "it").is_ok());
        assert_eq!(user_json(&nested(MAX_DEPTH + 1), "it").unwrap_err().code(), Code::InvalidJson);
        let error = user_json("{\"secret\": x}", "the options").unwrap_err();
        assert!(error.message().starts_with("the options is not valid JSON: "), "{error}");
        assert!(!error.message().contains("secret"));
    }

    #[test]
    fn names_types() {
        for (json, name) in [
            ("{}", "an object"),
            (" []", "an array"),
            ("\"\"", "a string"),
            ("true", "a boolean"),
            ("false", "a boolean"),
            ("null", "null"),
            ("-1", "a number"),
        ] {
            assert_eq!(type_name(json), name);
        }
    }
}
