mod edit;
mod generator;
mod laws;
mod oracle;
mod renew;
mod sequences;

use super::scan::{
    depth, elements, find, is_null, key_is, kind, members, repair_lone_surrogates, string, value_end,
};
use super::*;
use crate::json;

/// Reads a text as C does.
trait ReadByC {
    fn text(&self) -> String;
}

impl ReadByC for CText<'_> {
    fn text(&self) -> String {
        laws::read(*self)
    }
}

fn nested_arrays(levels: usize) -> String {
    "[".repeat(levels) + &"]".repeat(levels)
}

#[test]
fn find_follows_pointers() {
    let text = r#" {"a":[10 , {"~":null},[]],"k":"\u00e9","a":[1,{"b/c":"x"}],"":{"":7},"m~1n":1,"\u006b2":2,"x/y":3} "#;
    for (pointer, expected) in [
        ("/a/0", "10"),
        ("/a/1/~0", "null"),
        ("/x~1y", "3"),
        ("/k", r#""\u00e9""#),
        ("/", r#"{"":7}"#),
        ("//", "7"),
        ("/m~01n", "1"),
        ("/k2", "2"),
        ("", text.trim()),
    ] {
        assert_eq!(find(text, pointer), Some(expected), "{pointer}");
    }
    for missing in [
        "a",
        "/a/00",
        "/a/-",
        "/a/+1",
        "/a/3",
        "/a/2/0",
        "/a/99999999999999999999",
        "/k/0",
        "/x/y",
        "/a/1/b~1c",
        "/~",
        "/~2",
        "/b",
    ] {
        assert_eq!(find(text, missing), None, "{missing}");
    }
    // The first duplicate counts, also when it lacks what a later one has.
    assert_eq!(find(r#"{"a":{"b":1},"a":{"c":2}}"#, "/a/c"), None);
    assert_eq!(find(r#"{"a":2,"a":{"b":1}}"#, "/a/b"), None);
    assert_eq!(find(r#"{"\u0061":1,"a":2}"#, "/a"), Some("1"));
    assert_eq!(find("[1,2", ""), None);
    assert_eq!(find("1 2", ""), None);
    // What is behind the value is not read; the value and all before it are.
    assert_eq!(find(r#"{"a":1} x"#, "/a"), Some("1"));
    assert_eq!(find(r#"{"a":1,"b":[2}"#, "/a"), Some("1"));
    assert_eq!(find(r#"{"a":1,"b":[2}"#, "/b"), None);
    assert_eq!(find(r#"{"a":[1},"b":2}"#, "/b"), None);
    assert_eq!(find(r#"{"a":1 "b":2}"#, "/b"), None);
}

#[test]
fn strings_are_decoded() {
    for (raw, expected) in [
        (r#""""#, Some("")),
        (r#""plain é""#, Some("plain é")),
        (r#" "\"\\\/\b\f\n\r\t" "#, Some("\"\\/\u{8}\u{c}\n\r\t")),
        (r#""\u00e9\uD83D\ude00\u0000""#, Some("é😀\0")),
        (r#""\ud83d""#, Some("\u{fffd}")),
        (r#""\ude00\ud83dx""#, Some("\u{fffd}\u{fffd}x")),
        (r#""\ud83d\ud83d\ude00""#, Some("\u{fffd}😀")),
        (r#""\ud83d\n""#, Some("\u{fffd}\n")),
        (r#""\x""#, None),
        (r#""\u12""#, None),
        (r#""\u+123""#, None),
        (r#""a"b""#, None),
        (r#""\""#, None),
        (r#"""#, None),
        ("", None),
        ("1", None),
    ] {
        assert_eq!(string(raw).as_deref(), expected, "{raw}");
    }
    assert!(matches!(string(r#""plain""#), Some(Cow::Borrowed(_))));
}

#[test]
fn strings_of_any_length_end_at_their_quote() {
    // '#' and ']' differ from the quote and the backslash in one bit, the lowest; 'é' has high bits.
    for filler in ["x", "#", "!", "]", "é", "\u{222}", r"\\", r#"\""#] {
        for length in (0..150).chain([1_000]) {
            let text = format!("[\"{}\", \"\"]", filler.repeat(length));
            let end = 2 + filler.len() * length;
            assert_eq!(value_end(&text, 1), Ok(end + 1), "{text}");
            assert_eq!(value_end(&text, 0), Ok(text.len()), "{text}");
            assert_eq!(value_end(&text[..end], 0), Err(scan::Malformed { at: end }), "{text}");
        }
    }
}

#[test]
fn keys_are_compared_decoded() {
    assert!(key_is("type", "type"));
    assert!(key_is(r"\u0074ype", "type"));
    assert!(key_is(r"\\", r"\"));
    assert!(!key_is(r"a\n", r"a\n"));
    assert!(!key_is("type", "typ"));
    assert!(!key_is("typ", "type"));
    assert!(!key_is(r"\q", "q"));
}

#[test]
fn kinds_and_null() {
    let kinds = ["null", " true", "false", "-1", "\n\"\"", "[]", "{}"].map(kind);
    use Kind::{Array, Bool, Null, Number, Object, String};
    assert_eq!(kinds, [Null, Bool, Bool, Number, String, Array, Object]);
    assert!(is_null(" null ") && !is_null("nul") && !is_null("\"null\""));
}

#[test]
fn iterators_end_after_an_error() {
    let mut all = elements("[1,2 3]").expect("an array");
    assert_eq!(all.next(), Some(Ok("1")));
    assert_eq!(all.next(), Some(Ok("2")));
    assert_eq!(all.next(), Some(Err(scan::Malformed { at: 5 })));
    assert_eq!(all.next(), None);
    assert_eq!(members("[]").err(), Some(scan::Malformed { at: 0 }));
    assert!(members(r#"{"a":1,}"#).expect("an object").any(|member| member.is_err()));
    assert!(elements("[1],").expect("an array").any(|element| element.is_err()));
}

#[test]
fn only_lone_surrogates_are_repaired() {
    for (text, repaired) in [
        (r#"["\ud83d\uDE00"]"#, r#"["\ud83d\uDE00"]"#),
        (r#"["\uD83d","\uDE00x"]"#, r#"["\ufffd","\ufffdx"]"#),
        (r#"["\\ud800","\\\ud800"]"#, r#"["\\ud800","\\\ufffd"]"#),
        (r#"["\ud800\ud83d\ude00"]"#, r#"["\ufffd\ud83d\ude00"]"#),
        (r#"["\uDbFf\n\udfff"]"#, r#"["\ufffd\n\ufffd"]"#),
        (r#"["\ud7ff\ue000\ud8"]"#, r#"["\ud7ff\ue000\ud8"]"#),
        (r"\ud800\", r"\ufffd\"),
        (r"\ud80", r"\ud80"),
    ] {
        let mut bytes = text.as_bytes().to_vec();
        repair_lone_surrogates(&mut bytes);
        assert_eq!(str::from_utf8(&bytes), Ok(repaired), "{text}");
    }
}

#[test]
fn depth_counts_brackets_outside_strings() {
    assert_eq!(["1", "[]", r#"{"[[[":[{}],"b":[]}"#, r#"["\"[["]"#, "]][["].map(depth), [0, 1, 3, 1, 2]);
}

#[test]
fn deep_brackets_are_matched_by_kind() {
    for levels in [63, 64, 65, 127, 128, 129, 300] {
        let in_object = |level: usize| level.is_multiple_of(3) || level.is_multiple_of(7);
        let mut text: String =
            (0..levels).map(|level| if in_object(level) { "{\"k\":" } else { "[" }).collect();
        text.push('0');
        text.extend((0..levels).rev().map(|level| if in_object(level) { '}' } else { ']' }));
        assert_eq!(value_end(&text, 0), Ok(text.len()), "{text}");
        for level in 0..levels {
            let at = text.len() - 1 - level;
            let wrong = if in_object(level) { "]" } else { "}" };
            let damaged = [&text[..at], wrong, &text[at + 1..]].concat();
            assert_eq!(value_end(&damaged, 0), Err(scan::Malformed { at }), "{damaged}");
        }
    }
}

#[test]
fn parse_validates_and_compacts_without_respelling() {
    let json =
        Json::parse(" { \"b\" : [ 1.0 , 1E5, \"a \\u0041 \\\" b\" ] ,\r\n\t\"a\" : null } ").expect("valid");
    assert_eq!(json.text(), r#"{"b":[1.0,1E5,"a \u0041 \" b"],"a":null}"#);
    assert!(matches!(compact(json.text()), Cow::Borrowed(_)));

    let error = Json::parse("{\"key\":\n \"secret\" oops}").expect_err("not valid");
    assert_eq!(error.code(), Code::InvalidJson);
    assert!(error.message().contains("line 2 column 11"), "{error}");
    assert!(!error.message().contains("secret"), "{error}");
    assert!(Json::parse("\"a\0b\"").is_err());
    assert!(Json::parse("").is_err());
    // JavaScript writes such a string; it is kept as it is spelled.
    let lone = Json::parse(r#"["\ud83d"]"#).expect("valid");
    assert_eq!((lone.text(), lone.string("/0").as_deref()), (r#"["\ud83d"]"#, Some("\u{fffd}")));
    assert!(Json::parse(&nested_arrays(MAX_DEPTH)).is_ok());
    assert!(serde_json::from_str::<serde_json::Value>(&nested_arrays(MAX_DEPTH)).is_ok());
    assert!(Json::parse(&nested_arrays(MAX_DEPTH + 1)).is_err());
}

#[test]
fn getters_read_what_is_there() {
    let json = Json::parse(
        r#"{"s":"plain","e":"a\u0000b","i":1e3,"d":1.5,"n":null,"t":true,"f":false,"big":1e400,"o":{"k\n":[{},2]}}"#,
    )
    .expect("valid");
    assert_eq!(json.get_str("/s").expect("a string").text(), "plain");
    let with_nul = json.get_str("/e").expect("a string");
    assert_eq!((with_nul.text(), with_nul.len()), ("a\0b".to_owned(), 3));
    assert_eq!(json.get_str("/e").map(|text| text.as_ptr()), Some(with_nul.as_ptr()));
    assert_eq!(
        json.at("").and_then(|root| root.get_str("/e")).map(|text| text.as_ptr()),
        Some(with_nul.as_ptr())
    );
    assert_eq!(json.string("/s"), Some(Cow::Borrowed("plain")));
    assert_eq!((json.get_i64("/i"), json.get_i64("/d"), json.get_f64("/d")), (Some(1000), None, Some(1.5)));
    assert_eq!((json.get_f64("/big"), json.get_i64("/big"), json.get_i64("/s")), (None, None, None));
    assert_eq!(
        (json.get_bool("/t"), json.get_bool("/f"), json.get_bool("/n")),
        (Some(true), Some(false), None)
    );
    assert!(["/n", "/x", "s"].iter().all(|pointer| json.get_str(pointer).is_none()));
    assert_eq!(
        (json.kind_at("/n"), json.kind_at(""), json.kind_at("/x")),
        (Some(Kind::Null), Some(Kind::Object), None)
    );
    assert_eq!((json.count(""), json.count("/o"), json.count("/s"), json.count("/x")), (9, 1, 0, 0));
    assert_eq!(json.key("/o", 0).expect("a key").text(), "k\n");
    assert!([("/o", 1), ("/o/k\n", 0), ("/x", 0)].iter().all(|(at, index)| json.key(at, *index).is_none()));
    assert_eq!(json.copy("/o/k\n").expect("a part").text(), "[{},2]");
    let error = json.copy("/no/where").expect_err("nothing there");
    assert_eq!(error.code(), Code::NotFound);
    assert!(error.message().contains("/no/where"));
    assert_eq!(format!("{json:?}"), format!("Json({} bytes)", json.text().len()));
}

#[test]
fn integers_are_exact_or_none() {
    for (raw, expected) in [
        ("0", Some(0)),
        ("-0", Some(0)),
        ("-0.0e9", Some(0)),
        ("0e99999999999999999999", Some(0)),
        ("1.0", Some(1)),
        ("-12.50e1", Some(-125)),
        ("100e-2", Some(1)),
        ("100e-3", None),
        ("1.5", None),
        ("9223372036854775807", Some(i64::MAX)),
        ("-9223372036854775808.0", Some(i64::MIN)),
        ("9223372036854775808", None),
        ("1e18", Some(1_000_000_000_000_000_000)),
        ("1e19", None),
        ("1e99999999999999999999", None),
        ("1e-99999999999999999999", None),
        ("0.00000000000000000001e20", Some(1)),
        ("123456789012345678901234567890123456789012345678901234567890", None),
    ] {
        assert_eq!(Json::parse(raw).expect(raw).get_i64(""), expected, "{raw}");
    }
}

#[test]
fn views_are_stable_and_lend_their_own_text() {
    let json = Json::parse(r#"{"a":[{"id":"x"},[1,2]],"b":3}"#).expect("valid");
    let view = json.at("/a/0").expect("an element");
    assert!(std::ptr::eq(view, json.at("/a").and_then(|a| a.item(0)).expect("the same")));
    assert_eq!(view.text(), r#"{"id":"x"}"#);
    let text = view.text_c();
    assert_eq!((text.text(), text.as_ptr()), (r#"{"id":"x"}"#.to_owned(), view.text_c().as_ptr()));
    assert_eq!(view.get_str("/id").map(|id| id.as_ptr()), json.get_str("/a/0/id").map(|id| id.as_ptr()));
    assert_eq!(json.item(1).and_then(|b| b.get_i64("")), Some(3));
    assert_eq!(view.at("/id").and_then(|id| id.get_str("")).map(|id| id.text()), Some("x".into()));
    // A string has two texts: as it is spelled and as it is decoded.
    assert_eq!(view.at("/id").map(|id| id.text_c().text()), Some("\"x\"".into()));
    assert_eq!(json.text_c().as_ptr().cast(), json.text().as_ptr());
    assert!(json.item(2).is_none() && json.at("/a/2").is_none() && json.at("a").is_none());
}

#[test]
fn a_first_read_builds_no_index_and_long_texts_are_lent_too() {
    let long = "é".repeat(1000);
    let json = Json::from_trusted(format!(r#"{{"type":"x","data":{{"content":"{long}"}}}}"#));
    assert_eq!(json.get_str("/data/content").map(|text| text.text()).as_deref(), Some(long.as_str()));
    assert_eq!(json.kind_at("/data"), Some(Kind::Object));
    assert!(!json.is_indexed());
    assert_eq!(json.count(""), 2);
    assert!(json.is_indexed());
    assert_eq!(json.get_str("/data/content").map(|text| text.text()).as_deref(), Some(long.as_str()));
}

#[test]
fn a_walk_over_20000_elements_is_linear() {
    // What each of them takes.
    assert_eq!(size_of::<Json>(), 40);
    let ids: Vec<_> = (0..20_000).map(|i| format!(r#"{{"id":"event-{i}"}}"#)).collect();
    let json = Json::from_trusted(format!(r#"{{"events":[{}]}}"#, ids.join(",")));
    let started = std::time::Instant::now();
    let events = json.at("/events").expect("the array");
    for i in 0..json.count("/events") {
        let expected = format!("event-{i}");
        let id = events.item(i).and_then(|event| event.get_str("/id")).expect("an id");
        assert_eq!(id.text(), expected);
        assert_eq!(json.get_str(&format!("/events/{i}/id")).map(|again| again.as_ptr()), Some(id.as_ptr()));
    }
    // By pointer alone, without the index having been asked for.
    let other = json.copy("").expect("the whole");
    for i in 0..20_000 {
        assert!(other.get_str(&format!("/events/{i}/id")).is_some());
    }
    // Reading the elements before each one again would take minutes.
    assert!(started.elapsed() < std::time::Duration::from_secs(10), "{:?}", started.elapsed());
}

#[test]
fn four_threads_read_one_document() {
    let json = Json::from_trusted(
        serde_json::to_string(&(0..500).map(|i| format!("text {i}\n")).collect::<Vec<_>>()).expect("text"),
    );
    let addresses: Vec<Vec<usize>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|thread| {
                let json = &json;
                scope.spawn(move || {
                    let order = (0..500).map(|i| if thread % 2 == 0 { i } else { 499 - i });
                    let mut seen = vec![0; 500];
                    for i in order {
                        let text = json.get_str(&format!("/{i}")).expect("a string");
                        assert_eq!(text.text(), format!("text {i}\n"));
                        seen[i] =
                            text.as_ptr() as usize + json.item(i).expect("a view").text_c().as_ptr() as usize;
                    }
                    seen
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    assert!(addresses.iter().all(|seen| *seen == addresses[0]));
}

#[test]
fn hostile_depth_needs_no_stack() {
    let text = nested_arrays(100_000);
    let small_stack = std::thread::Builder::new().stack_size(256 * 1024);
    let thread = small_stack.spawn(move || {
        assert_eq!(Json::parse(&text).expect_err("too deep").code(), Code::InvalidJson);
        assert_eq!(value_end(&text, 0), Ok(200_000));
        assert_eq!(value_end(&text[..199_999], 0), Err(scan::Malformed { at: 199_999 }));
        assert_eq!(depth(&text), 100_000);
        let json = Json::from_trusted(text.as_str());
        assert_eq!(json.raw("/0/0").map(str::len), Some(200_000 - 4));
        assert_eq!(json.count("/0/0"), 1);
        assert!(Json::object().set_json("/a", &text).is_err());
        // Views inside views, as deep as they were walked, and dropped here.
        let json = Json::from_trusted(nested_arrays(3_000));
        assert_eq!(json.at(&"/0".repeat(2_999)).map(Json::text), Some("[]"));
        let mut deep = Json::object();
        deep.set_i64(&"/a".repeat(20_000), 1).expect("set");
        assert_eq!(depth(deep.text()), 20_000);
    });
    thread.expect("a thread").join().expect("no panic");
}

#[test]
fn text_that_is_no_json_yields_nothing() {
    for text in [
        "",
        " ",
        "{",
        "[1",
        "{\"a\"",
        "{\"a\":",
        "]",
        "\"",
        "\"\\",
        "é",
        "{é",
        "[\"a\" é]",
        "a\0b",
        "{\"a\" 1}",
    ] {
        let mut json = Json::from_trusted(text);
        assert!(json.at("/a").is_none() && json.item(0).is_none(), "{text}");
        assert_eq!(
            (json.count(""), json.raw("/a"), json.get_str("/a").is_none(), json.get_i64("")),
            (0, None, true, None)
        );
        assert_eq!(json.text_c().text(), text.trim().replace('\0', "\u{fffd}"));
        assert!(json.set_bool("/a/b", true).is_err(), "{text}");
        assert!(json.set_bool("", true).is_ok());
        assert_eq!(json.text(), "true");
    }
}
