//! What holds for every text, JSON or not. Generated and damaged documents are held to it here, and whatever the fuzzer
//! thinks of in `fuzz/`, which is why it uses nothing but what the library offers to everybody.

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::json::{CText, Json, Kind, scan};

/// Asks every document the same, in turn, and checks the answers: those of a document of its own, of one that is renewed
/// from text to text and of one that is indexed must be the same, and serde_json's where the text is JSON.
pub fn hold(texts: &[&str], pointers: &[&str]) {
    let mut renewed = Json::object();
    for (number, text) in texts.iter().enumerate() {
        // One at the end is the one that C needs.
        let text = text.trim_end_matches('\0');
        let value = first(text).ok();
        let own = value.as_ref().map(self::pointers).unwrap_or_default();
        let own = own.iter().map(|(pointer, _)| pointer.as_str()).take(50);
        let asked: Vec<&str> = own.chain(pointers.iter().copied()).collect();
        if number % 2 == 0 {
            renewed.renew(text.to_owned());
        } else {
            let (before, behind) = ("[1,", "]}");
            renewed.renew_part([before, text, behind].concat(), before.len()..before.len() + text.len());
        }
        one_holds(text, value.as_ref(), &renewed, &asked);
    }
}

fn one_holds(text: &str, value: Option<&Value>, renewed: &Json, pointers: &[&str]) {
    let fresh = Json::from_trusted(text);
    let indexed = Json::from_trusted(text);
    assert_eq!(renewed.text(), fresh.text());
    for pointer in pointers {
        let about = || format!("{pointer} in {text}");
        let raw = fresh.raw(*pointer);
        assert_eq!(renewed.raw(*pointer), raw, "{}", about());
        if !pointer.is_empty() {
            assert_eq!(scan::find(text, pointer), raw, "{}", about());
            assert!(raw.is_none_or(|raw| scan::value_end(raw, 0) == Ok(raw.len())), "{}", about());
        }
        match (value, indexed.at(*pointer)) {
            (None, None) => {}
            (_, part) => assert_eq!(part.map(Json::text), raw, "{}", about()),
        }
        if let Some(value) = value {
            // serde_json takes a tilde that stands for nothing for itself.
            let is_pointer = pointer.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
            let expected = value.pointer(pointer).filter(|_| is_pointer);
            let found = raw.map(|raw| first(raw).expect("a part of JSON is JSON"));
            assert_eq!(found.as_ref(), expected, "{}", about());
            assert_eq!(fresh.string(*pointer).as_deref(), expected.and_then(Value::as_str), "{}", about());
            assert_eq!(fresh.get_bool(*pointer), expected.and_then(Value::as_bool), "{}", about());
            assert_eq!(fresh.kind_at(*pointer), expected.map(kind_of), "{}", about());
            let length = |value: &Value| value.as_array().map_or(0, Vec::len);
            if !expected.is_some_and(Value::is_object) {
                assert_eq!(indexed.count(*pointer), expected.map_or(0, length), "{}", about());
            }
        }
        let string = fresh.string(*pointer).filter(|_| raw.is_some_and(|raw| raw.starts_with('"')));
        // Twice: what is remembered, and where, must not change.
        let lent = [&fresh, renewed, &indexed].map(|json| [json.get_str(*pointer), json.get_str(*pointer)]);
        for json in [&fresh, renewed, &indexed] {
            let is_plain = raw.is_some_and(|raw| raw.starts_with('"') && !raw.contains('\\'));
            let plain = json.str_in_place(pointer.as_bytes());
            assert_eq!(plain, string.as_deref().filter(|_| is_plain), "{}", about());
        }
        for [once, again] in lent {
            assert_eq!(once.map(read).as_deref(), string.as_deref(), "{}", about());
            assert_eq!(once.map(|text| text.as_ptr()), again.map(|text| text.as_ptr()), "{}", about());
        }
        assert_eq!(renewed.get_i64(*pointer), fresh.get_i64(*pointer), "{}", about());
    }
    let whole = fresh.text().replace('\0', "\u{fffd}");
    assert_eq!((read(fresh.text_c()), read(renewed.text_c())), (whole.clone(), whole));
}

/// Reads a text as C does.
pub fn read(text: CText<'_>) -> String {
    // SAFETY: what lends it is alive, and there are so many bytes and a NUL.
    let bytes = unsafe { std::slice::from_raw_parts(text.as_ptr().cast::<u8>(), text.len() + 1) };
    assert_eq!(bytes.last(), Some(&0));
    String::from_utf8(bytes[..text.len()].to_vec()).expect("UTF-8")
}

fn kind_of(value: &Value) -> Kind {
    match value {
        Value::Null => Kind::Null,
        Value::Bool(_) => Kind::Bool,
        Value::Number(_) => Kind::Number,
        Value::String(_) => Kind::String,
        Value::Array(_) => Kind::Array,
        Value::Object(_) => Kind::Object,
    }
}

/// Every pointer into the value, with what it names.
pub fn pointers(value: &Value) -> Vec<(String, &Value)> {
    let mut all = vec![(String::new(), value)];
    let mut next = 0;
    while let Some((pointer, value)) = all.get(next).cloned() {
        match value {
            Value::Array(elements) => {
                all.extend(elements.iter().enumerate().map(|(i, e)| (format!("{pointer}/{i}"), e)))
            }
            Value::Object(members) => all.extend(
                members
                    .iter()
                    .map(|(k, v)| (format!("{pointer}/{}", k.replace('~', "~0").replace('/', "~1")), v)),
            ),
            _ => {}
        }
        next += 1;
    }
    all
}

/// What serde_json reads, but that of members with the same key the first one counts.
pub fn first(text: &str) -> serde_json::Result<Value> {
    match scan::kind(text) {
        Kind::Object => {
            let mut reader = serde_json::Deserializer::from_str(text);
            let members = reader.deserialize_map(Members(Map::new()))?;
            reader.end()?;
            Ok(Value::Object(members))
        }
        Kind::Array => {
            let elements: Vec<First> = serde_json::from_str(text)?;
            Ok(Value::Array(elements.into_iter().map(|First(element)| element).collect()))
        }
        _ => serde_json::from_str(text),
    }
}

struct First(Value);

impl<'de> Deserialize<'de> for First {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<First, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        first(raw).map(First).map_err(D::Error::custom)
    }
}

struct Members(Map<String, Value>);

impl<'de> Visitor<'de> for Members {
    type Value = Map<String, Value>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self::Value, A::Error> {
        while let Some((key, First(value))) = map.next_entry::<String, First>()? {
            self.0.entry(key).or_insert(value);
        }
        Ok(self.0)
    }
}
