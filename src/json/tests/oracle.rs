//! The scanner and the documents against serde_json, on generated text and on damaged copies of it.

use serde_json::Value;

use super::*;

const DOCUMENTS: u64 = 2_000;
const MUTATIONS: usize = 4;

/// A small deterministic generator (xorshift): a failing document can be made again from its number.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Random {
        Random((seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % limit
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

fn space(random: &mut Random) -> &'static str {
    random.pick(&["", "", "", " ", "\n\t", "\r\n  "])
}

fn key(random: &mut Random) -> &'static str {
    random.pick(&[
        "a",
        "b",
        "a",
        "",
        "0",
        "-",
        "x/y",
        "m~n",
        r"\u0061",
        r#"q\"["#,
        r"\\",
        "é",
        r"\ud83d\uDE00",
        "]}",
    ])
}

fn scalar(random: &mut Random) -> &'static str {
    random.pick(&[
        "null",
        "true",
        "false",
        "0",
        "-0",
        "-12",
        "3.25",
        "1e3",
        "1E-2",
        "-0.5e+1",
        "123456789012",
        r#""""#,
        r#""plain""#,
        r#""[{,:}]""#,
        r#""\"\\\/\b\f\n\r\t""#,
        r#""\\\\\"""#,
        r#""caf\u00e9 é 😀 \ud83d\ude00""#,
        r#""a much longer text, for the search that jumps over it: {\"a\": [1, 2]}""#,
    ])
}

fn document(random: &mut Random, levels: usize, out: &mut String) {
    out.push_str(space(random));
    let shape = if levels == 0 { 0 } else { random.below(5) };
    match shape {
        0 => out.push_str(scalar(random)),
        shape => {
            let object = shape > 2;
            out.push(if object { '{' } else { '[' });
            out.push_str(space(random));
            for i in 0..random.below(4) {
                out.push_str(if i > 0 { "," } else { "" });
                if object {
                    *out += space(random);
                    *out += &format!("\"{}\"{}:", key(random), space(random));
                }
                document(random, levels - 1, out);
            }
            out.push(if object { '}' } else { ']' });
        }
    }
    out.push_str(space(random));
}

fn generated(seed: u64) -> (Random, String) {
    let mut random = Random::new(seed);
    let mut text = String::new();
    document(&mut random, 4, &mut text);
    (random, text)
}

/// Every pointer into the value, with what it names.
fn pointers(value: &Value) -> Vec<(String, &Value)> {
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

/// Everything that can be asked of the text must be what serde_json says.
fn agrees(text: &str, value: &Value) {
    let lazy = Json::from_trusted(text);
    let indexed = Json::parse(text).expect("serde_json reads it");
    for (pointer, expected) in pointers(value) {
        let raw = find(text, &pointer).unwrap_or_else(|| panic!("{pointer} in {text}"));
        assert_eq!(serde_json::from_str::<Value>(raw).ok().as_ref(), Some(expected), "{pointer} in {text}");
        assert_eq!(lazy.raw(&pointer).map(str::trim), Some(raw), "{pointer} in {text}");
        let view = indexed.at(&pointer).unwrap_or_else(|| panic!("{pointer} in {text}"));
        assert_eq!(view.text(), compact(raw), "{pointer} in {text}");
        assert_eq!(indexed.raw(&pointer), Some(view.text()));
        assert_eq!(lazy.get_str(&pointer).map(|s| s.as_str()), expected.as_str(), "{pointer} in {text}");
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
    impl<'de> serde::de::Visitor<'de> for Keys {
        type Value = Vec<String>;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: serde::de::MapAccess<'de>>(
            self,
            mut map: A,
        ) -> std::result::Result<Vec<String>, A::Error> {
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
    let expected = serde::Deserializer::deserialize_map(&mut reader, Keys).expect("valid");
    let json = Json::parse(text).expect("valid");
    let keys: Vec<_> = members(text)
        .expect("an object")
        .map(|m| string(&format!("\"{}\"", m.expect("valid").0)).expect("a key").into_owned())
        .collect();
    assert_eq!(keys, expected, "{text}");
    let keys: Vec<_> =
        (0..json.count("")).map(|i| json.key("", i).expect("a key").as_str().to_owned()).collect();
    assert_eq!(keys, expected, "{text}");
}

#[test]
fn generated_documents_read_as_serde_json_reads_them() {
    for seed in 0..DOCUMENTS {
        let (_, text) = generated(seed);
        let value: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
        agrees(&text, &value);
        yields_every_member(&text);
        let end = value_end(&text, 0).unwrap_or_else(|m| panic!("{m:?}: {text}"));
        assert_eq!(end, text.trim_end().len());
        assert_eq!(serde_json::from_str::<Value>(&compact(&text)).ok(), Some(value));
    }
}

/// One damage: some characters go, come, change or are repeated, or the end is missing.
fn mutate(random: &mut Random, text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let at = random.below(chars.len());
    let until = (at + 1 + random.below(4)).min(chars.len());
    let strange =
        random.pick(&["\"", "\\", "{", "}", "[", "]", ",", ":", "0", "-", ".", "e", "é", "\n", "u", "\0"]);
    let (head, cut, tail): (String, String, String) =
        (chars[..at].iter().collect(), chars[at..until].iter().collect(), chars[until..].iter().collect());
    match random.below(5) {
        0 => head + &tail,
        1 => head + strange + &cut + &tail,
        2 => head + strange + &tail,
        3 => head + &cut + &cut + &tail,
        _ => head,
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
            match serde_json::from_str::<Value>(&text) {
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
            assert_eq!(view.text_c().as_str(), view.text());
        }
    }
    let _ = json.set_str("/a/0/-", "x");
    let _ = json.set_i64("/0", 1);
}
