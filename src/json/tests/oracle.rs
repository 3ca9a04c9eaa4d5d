//! The scanner and the documents against serde_json, on generated text and on damaged copies of it.

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::generator::{generated, mutate};
use super::laws::{first, pointers};
use super::*;

const DOCUMENTS: u64 = 2_000;
const MUTATIONS: usize = 4;

/// Everything that can be asked of the text must be what serde_json says.
fn agrees(text: &str, value: &Value) {
    let lazy = Json::from_trusted(text);
    let indexed = Json::parse(text).expect("serde_json reads it");
    for (pointer, expected) in pointers(value) {
        let raw = find(text, &pointer).unwrap_or_else(|| panic!("{pointer} in {text}"));
        assert_eq!(first(raw).ok().as_ref(), Some(expected), "{pointer} in {text}");
        assert_eq!(lazy.raw(&pointer).map(str::trim), Some(raw), "{pointer} in {text}");
        let view = indexed.at(&pointer).unwrap_or_else(|| panic!("{pointer} in {text}"));
        assert_eq!(view.text(), compact(raw), "{pointer} in {text}");
        assert_eq!(indexed.raw(&pointer), Some(view.text()));
        assert_eq!(
            lazy.get_str(&pointer).map(|s| s.text()).as_deref(),
            expected.as_str(),
            "{pointer} in {text}"
        );
        assert_eq!(lazy.get_f64(&pointer), expected.as_f64(), "{pointer} in {text}");
        if let Some(integer) = expected.as_i64() {
            assert_eq!(lazy.get_i64(&pointer), Some(integer), "{pointer} in {text}");
        }
        assert_eq!(lazy.get_bool(&pointer), expected.as_bool(), "{pointer} in {text}");
        assert_eq!(is_null(raw), expected.is_null());
        for stranger in ["/zz", "/99", "/01"] {
            let stranger = pointer.clone() + stranger;
            assert_eq!((find(text, &stranger), indexed.raw(&stranger)), (None, None), "{stranger} in {text}");
        }
    }
}

/// The order and number of members, duplicates included, as serde_json's own reader meets them.
fn yields_every_member(text: &str) {
    struct Keys;
    impl<'de> Visitor<'de> for Keys {
        type Value = Vec<String>;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Vec<String>, A::Error> {
            let mut keys = Vec::new();
            while let Some((key, _)) = map.next_entry::<String, IgnoredAny>()? {
                keys.push(key);
            }
            Ok(keys)
        }
    }
    if kind(text) != Kind::Object {
        return;
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let expected = reader.deserialize_map(Keys).expect("valid");
    let json = Json::parse(text).expect("valid");
    let keys: Vec<_> = members(text)
        .expect("an object")
        .map(|m| string(&format!("\"{}\"", m.expect("valid").0)).expect("a key").into_owned())
        .collect();
    assert_eq!(keys, expected, "{text}");
    let keys: Vec<_> = (0..json.count("")).map(|i| json.key("", i).expect("a key").text()).collect();
    assert_eq!(keys, expected, "{text}");
}

#[test]
fn generated_documents_read_as_serde_json_reads_them() {
    for seed in 0..DOCUMENTS {
        let (_, text) = generated(seed);
        let value = first(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
        agrees(&text, &value);
        yields_every_member(&text);
        let end = value_end(&text, 0).unwrap_or_else(|m| panic!("{m:?}: {text}"));
        assert_eq!(end, text.trim_end().len());
        assert_eq!(first(&compact(&text)).ok(), Some(value));
    }
}

/// The text with what is inside its strings made harmless, so that only the structure is left to judge.
fn structure_of(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    let mut inside = false;
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                inside = !inside;
                out.push(c);
            }
            '\\' if inside => drop(chars.next()),
            _ if inside => {}
            _ => out.push(c),
        }
    }
    out
}

#[test]
fn damaged_documents_are_read_alike_or_refused() {
    for seed in 0..DOCUMENTS {
        let (mut random, original) = generated(seed);
        let known = serde_json::from_str::<Value>(&original).expect("valid");
        for _ in 0..MUTATIONS {
            let text = mutate(&mut random, &original);
            let accepted = find(&text, "").is_some();
            let sound = serde_json::from_str::<IgnoredAny>(&structure_of(&text)).is_ok();
            assert_eq!(accepted, sound, "{text}");
            let valid = serde_json::from_str::<IgnoredAny>(&text).is_ok() && depth(&text) <= MAX_DEPTH;
            assert_eq!(validate(&text).is_ok(), valid, "{text}");
            match first(&text) {
                Ok(value) => agrees(&text, &value),
                Err(_) => is_harmless(&text, &known),
            }
        }
    }
}

/// Whatever is asked of bad text, the answer is nothing or a part of it, and nothing panics.
fn is_harmless(text: &str, known: &Value) {
    let mut json = Json::from_trusted(text);
    let _ = (depth(text), compact(text), json.count(""), json.item(0), validate(text));
    let mut bytes = text.as_bytes().to_vec();
    repair_lone_surrogates(&mut bytes);
    assert_eq!(bytes.len(), text.len());
    for (pointer, _) in pointers(known) {
        if let Some(raw) = find(text, &pointer) {
            assert!(value_end(raw, 0) == Ok(raw.len()), "{pointer} in {text}");
        }
        let _ =
            (json.get_str(&pointer), json.get_i64(&pointer), json.get_f64(&pointer), json.key(&pointer, 0));
        if let Some(view) = json.at(&pointer) {
            assert_eq!(view.text_c().text(), view.text().replace('\0', "\u{fffd}"));
        }
    }
    let _ = json.set_str("/a/0/-", "x");
    let _ = json.set_i64("/0", 1);
}
