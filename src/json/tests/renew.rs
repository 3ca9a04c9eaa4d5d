use super::*;

const DELTA: &str = r#"{"type":"assistant.message_delta","data":{"messageId":"270c4690","deltaContent":"?"},"id":"8b0c2819"}"#;

fn delta(text: &str) -> String {
    DELTA.replace('?', text)
}

/// The string, and where it is.
fn string(json: &Json, pointer: &str) -> Option<(String, usize)> {
    json.get_str(pointer).map(|text| (text.text(), text.as_ptr() as usize))
}

#[test]
fn a_renewed_document_reads_the_new_text_and_gives_the_old_ones_memory_back() {
    let mut json = Json::from_trusted(delta("one"));
    assert_eq!(string(&json, "/data/deltaContent").expect("there").0, "one");
    assert_eq!(json.count("/data"), 2);
    let before = json.text().as_ptr();
    let memory = json.renew(String::from(r#" {"data":[1,2,3]} "#));
    assert!(memory.is_empty() && memory.as_ptr() == before && memory.capacity() > DELTA.len());
    assert_eq!(string(&json, "/data/deltaContent"), None);
    assert!(!json.is_indexed());
    assert_eq!((json.text(), json.count("/data")), (r#"{"data":[1,2,3]}"#, 3));
    // A NUL that is there already is the one that C needs.
    json.renew(String::from("[7]\0"));
    assert_eq!((json.text(), json.text_c().text(), json.get_i64("/0")), ("[7]", "[7]".to_owned(), Some(7)));
}

#[test]
fn a_text_is_taken_back_as_it_was_and_leaves_nothing_behind() {
    let frame = format!("before {} ", delta("one"));
    let (place, part) = (frame.as_ptr(), 7..frame.len() - 1);
    let mut json = Json::of_part(frame, part.clone());
    assert_eq!(string(&json, "/data/deltaContent").expect("there").0, "one");
    assert_eq!(json.count("/data"), 2);
    let (text, taken) = json.take_text().expect("its own");
    assert_eq!((&text[taken.clone()], text.as_ptr(), taken), (&*delta("one"), place, part));
    assert_eq!((json.text(), string(&json, "/data/deltaContent"), json.count("/data")), ("", None, 0));
    json.renew(delta("two"));
    assert_eq!(string(&json, "/data/deltaContent").expect("there").0, "two");
    json.renew_lent("[1]");
    assert_eq!((json.take_text(), json.text()), (None, "[1]"));
}

#[test]
fn strings_of_one_event_after_the_other_are_in_the_same_memory() {
    let mut json = Json::object();
    let (mut memory, mut places) = (String::new(), Vec::new());
    for round in 0..50 {
        memory.push_str(&delta(&format!("text {round} \\n {}", "é".repeat(round % 7))));
        memory = json.renew(memory);
        let (content, place) = string(&json, "/data/deltaContent").expect("there");
        assert_eq!(content, format!("text {round} \n {}", "é".repeat(round % 7)));
        let (id, _) = string(&json, "/data/messageId").expect("there");
        assert_eq!(id, "270c4690");
        places.push(place);
    }
    assert!(places[2..].iter().all(|place| *place == places[2]), "{places:?}");
}

#[test]
fn what_was_foretold_is_believed_only_where_the_text_begins_alike() {
    let mut json = Json::from_trusted(delta("first"));
    let pointer = "/data/deltaContent";
    assert_eq!(string(&json, pointer).expect("there").0, "first");
    for (text, expected) in [
        (delta("second"), Some("second")),
        (delta(r#"\"third\" "#), Some("\"third\" ")),
        (delta(""), Some("")),
        // As long before the string, but another string, another key, another place, no string at all.
        (delta("x").replace("270c4690", "370c4690"), Some("x")),
        (delta("x").replace("270c4690", r#"270c469""#), None),
        (delta("x").replace("deltaContent", "deltaXontent"), None),
        (delta("x").replace(r#""data""#, r#""dbta""#), None),
        (delta("x").replace(r#":"x""#, ": \"x\""), Some("x")),
        (delta("x").replace(r#""x""#, "123"), None),
        (delta("x").replace(r#""x""#, r#"["x"]"#), None),
        (delta("again"), Some("again")),
        (delta("cut")[..delta("cut").len() - 20].to_owned(), None),
        ("".to_owned(), None),
        (delta("last"), Some("last")),
    ] {
        json.renew(text.clone());
        assert_eq!(json.get_str(pointer).map(|text| text.text()).as_deref(), expected, "{text}");
        assert_eq!(Json::from_trusted(text).string(pointer).as_deref(), expected);
    }
}

#[test]
fn many_and_long_strings_are_read_anew_too() {
    let mut json = Json::object();
    for round in 0..4 {
        let long = |index: usize| format!("{round}:{index} \\t").repeat(index * index);
        let members: Vec<_> = (0..40).map(|index| format!(r#""key {index}":"{}""#, long(index))).collect();
        json.renew(format!("{{{}}}", members.join(",")));
        let mut seen = Vec::new();
        for index in (0..40).chain((0..40).rev()) {
            let (text, place) = string(&json, &format!("/key {index}")).expect("there");
            assert_eq!(text, long(index).replace("\\t", "\t"), "{index}");
            seen.push(place);
        }
        assert!(seen[..40].iter().eq(seen[40..].iter().rev()), "each string has one place");
        assert!((0..40).all(|index| json.key("", index).expect("a key").text() == format!("key {index}")));
    }
}

#[test]
fn a_lent_text_is_read_where_it_is_and_copied_for_c() {
    let mut json = Json::object();
    let lent: &'static str = r#" {"a":"x\u0000y","b":[{"c":"z"}]} and more"#;
    for _ in 0..3 {
        json.renew_lent(&lent[..lent.len() - 9]);
        assert_eq!(json.text().as_ptr(), lent[1..].as_ptr());
        assert_eq!(json.text_c().text(), r#"{"a":"x\u0000y","b":[{"c":"z"}]}"#);
        assert_eq!(json.text_c().as_ptr(), json.text_c().as_ptr());
        assert_eq!(string(&json, "/a").expect("there").0, "x\0y");
        assert_eq!(json.at("/b/0").expect("there").text_c().text(), r#"{"c":"z"}"#);
    }
    // Nothing was its own, so that there is no memory to give back.
    assert_eq!(json.renew(delta("own")).capacity(), 0);
    assert_eq!(string(&json, "/data/deltaContent").expect("there").0, "own");
    assert_eq!(json.text_c().as_ptr().cast(), json.text().as_ptr());
}

#[test]
fn a_part_of_a_text_is_read_without_copying_it() {
    let frame = format!(r#"{{"method":"session.event","params":{{"event":{}}}}}"#, delta("in a frame"));
    let start = frame.find(r#"{"type""#).expect("there");
    let part = start..frame.len() - 2;
    let place = frame[start..].as_ptr();
    let mut json = Json::of_part(frame.clone(), part.clone());
    assert_eq!(json.text(), delta("in a frame"));
    let owned = json.renew_part(frame, part.clone());
    assert_eq!(json.text().as_ptr(), place, "nothing was moved");
    assert_eq!((json.text_c().as_ptr().cast(), json.text_c().text()), (place, delta("in a frame")));
    assert_eq!(string(&json, "/data/deltaContent").expect("there").0, "in a frame");
    assert_eq!(string(&json, "/id").expect("there").0, "8b0c2819");
    // The same strings from texts that begin elsewhere.
    json.renew(delta("alone"));
    assert_eq!(string(&json, "/data/deltaContent").expect("there").0, "alone");
    drop(owned);
    for nonsense in [std::ops::Range { start: 5, end: 4 }, 3..1_000, 1_000..1_001, 1..2] {
        json.renew_part("[\"é\"]".into(), nonsense.clone());
        assert!(json.get_str("/0").is_none() && json.count("") == 0, "{nonsense:?}");
    }
    json.renew_part("[\"é\"]".into(), 3..4);
    assert_eq!((json.text(), json.text_c().text()), ("", String::new()));
}

#[test]
fn four_threads_read_one_renewed_document() {
    let mut json = Json::object();
    for round in 0..30 {
        let members: Vec<_> = (0..10).map(|index| format!(r#""{index}":"{round}\u002f{index}""#)).collect();
        json.renew(format!(r#"{{"same":"as ever","list":{{{}}}}}"#, members.join(",")));
        let seen: Vec<Vec<usize>> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|thread| {
                    let json = &json;
                    scope.spawn(move || {
                        let mut places = vec![string(json, "/same").expect("there").1; 11];
                        for step in 0..10 {
                            let index = if thread % 2 == 0 { step } else { 9 - step };
                            let (text, place) = string(json, &format!("/list/{index}")).expect("there");
                            assert_eq!(text, format!("{round}/{index}"));
                            places[index] = place;
                        }
                        places
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
        });
        assert!(seen.iter().all(|places| *places == seen[0]), "the same string has the same address");
    }
}

#[test]
fn long_values_are_read_once_and_jumped_over_later() {
    let long = "x".repeat(500);
    let text =
        format!(r#"{{"a":"{long}","b":{{"c":["{long}",{{"d":"{long}"}}]}},"e":[[["{long}"]]],"f":"end"}}"#);
    let json = Json::from_trusted(text.as_str());
    let pointers = ["/f", "/b/c/1/d", "/e/0/0/0", "/a", "/b/c/0", "/b/c", "/e", "/nothing", "/b/c/1/x"];
    for _ in 0..3 {
        for pointer in pointers {
            assert_eq!(json.raw(pointer), find(&text, pointer), "{pointer}");
        }
        let view = json.at("/b/c").expect("there");
        assert_eq!(view.raw("/1/d"), find(&text, "/b/c/1/d"));
    }
}
