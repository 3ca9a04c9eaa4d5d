use super::matcher::replace;
use super::{Observed, Permission, Place, Scenario, all, at, matches, matches_pattern, subsequence};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

fn fits(matcher: Value, actual: Value) -> bool {
    matches(&matcher, Some(&actual)).is_ok()
}

#[test]
fn each_word_of_the_matchers_accepts_and_refuses() {
    let calls = json!([{"name": "a"}, {"name": "b"}]);
    for (matcher, good, bad) in [
        (json!("x"), json!("x"), json!("xy")),
        (json!({"contains": "x"}), json!("wxy"), json!("wy")),
        (json!({"contains": 2}), json!([1, 2]), json!([1])),
        (json!({"contains": {"a": 1}}), json!({"a": 1, "b": 2}), json!({"a": 2})),
        (json!({"lacks": "x"}), json!("wy"), json!("wxy")),
        (json!({"some": {"name": "b"}}), calls.clone(), json!([{"name": "c"}])),
        (json!({"none": {"name": "c"}}), calls.clone(), json!([{"name": "c"}])),
        (json!({"exists": true}), json!(0), Value::Null),
        (json!({"exists": false}), Value::Null, json!(0)),
        (json!({"oneOf": [1, {"contains": "x"}]}), json!("x"), json!(2)),
        (json!({"all": [{"contains": "x"}, {"contains": "y"}]}), json!("xy"), json!("x")),
        (json!({"equals": {"contains": 1}}), json!({"contains": 1}), json!([1])),
        (json!({"length": 2}), calls, json!([])),
        (json!({"json": {"equals": {"a": 1}}}), json!("{\"a\": 1}"), json!("{\"a\": 2}")),
    ] {
        assert!(fits(matcher.clone(), good.clone()), "{matcher} should accept {good}");
        assert!(!fits(matcher.clone(), bad.clone()), "{matcher} should refuse {bad}");
    }
    assert!(
        matches(&json!({"exists": false}), None).is_ok() && matches(&json!({"contains": ""}), None).is_err()
    );
}

#[test]
fn pointers_count_from_the_end_too() {
    let value = json!({"a": [{"b/c": 1}, {"b/c": 2}]});
    assert_eq!(at(&value, "/a/-1/b~1c"), Some(&json!(2)));
    assert_eq!(at(&value, "/a/0/b~1c"), Some(&json!(1)));
    assert_eq!(at(&value, "/a/-3"), None);
    assert_eq!(at(&value, ""), Some(&value));
    let why = matches_pattern(&json!({"/a/-1/b~1c": 3}), &value).unwrap_err();
    assert_eq!(why, "/a/-1/b~1c should be such that it is 3, but there was 2");
}

#[test]
fn a_subsequence_keeps_its_order_and_says_what_is_missing() {
    let events = [json!({"type": "a", "n": 1}), json!({"type": "b"}), json!({"type": "a", "n": 2})];
    assert_eq!(subsequence(&[json!({"type": "a"}), json!({"type": "a"})], &events), Ok(()));
    let early = subsequence(&[json!({"type": "a", "n": 2}), json!({"type": "b"})], &events).unwrap_err();
    assert!(early.contains("only earlier"), "{early}");
    let near = subsequence(&[json!({"type": "b"}), json!({"type": "a", "n": 3})], &events).unwrap_err();
    assert!(
        near.contains("number 2") && near.contains("but there was 2") && near.contains("after b: a"),
        "{near}"
    );
    assert!(subsequence(&[json!({"type": "b"}), json!({"type": "b"})], &events).is_err());
}

#[test]
fn only_known_placeholders_are_replaced() {
    let with = |name: &str| (name == "x").then(|| "1".to_owned());
    let value = json!({"${x}": ["a${x}${y}$", "${x"]});
    assert_eq!(replace(&value, &with), json!({"1": ["a1${y}$", "${x"]}));
}

fn place(workdir: &Path) -> Place<'_> {
    Place { base_url: "http://127.0.0.1:1/s/x/v1", workdir, protocol: 3, version: "1.0.85" }
}

/// An empty folder that no other test uses; the caller removes it.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("copilot-scenario-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn binding_completes_the_session_writes_files_and_drops_what_is_for_others() {
    let text = json!({
        "about": "x", "script": [], "inputs": [{"send": "see ${workdir}/sub/a"}],
        "session": {"streaming": false}, "files": {"sub/a": "content"},
        "tools": [{"tool": {"name": "t"}, "reply": "got ${/n} ${/text}"}],
        "expect": {"events": [
            {"type": "old", "needs": {"protocol": 2}},
            {"type": "new", "needs": {"protocol": 3, "minVersion": "1.0.9"}},
            {"type": "newer", "needs": {"minVersion": "1.0.102"}},
        ]},
    });
    let folder = folder("bind");
    let row = Scenario::parse("row", &text.to_string()).unwrap().bind(&place(&folder)).unwrap();
    assert_eq!(std::fs::read_to_string(folder.join("sub/a")).unwrap(), "content");
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(row.inputs[0].send, format!("see {}/sub/a", folder.display()));
    assert_eq!((&row.session["streaming"], &row.session["model"]), (&json!(false), &json!("fake")));
    assert_eq!(row.session["provider"]["baseUrl"], "http://127.0.0.1:1/s/x/v1");
    assert_eq!(row.expect.events, [json!({"type": "new"})]);
    assert_eq!(row.tools[0].answer(&json!({"n": 1, "text": "x"})), Ok(json!("got 1 x")));
}

#[test]
fn malformed_rows_are_refused() {
    let refusal = |text: &str| Scenario::parse("row", text).unwrap_err();
    assert!(refusal("{").contains("line 1"));
    assert!(
        refusal(r#"{"about": "", "script": [], "inputs": [], "expect": {"evnts": []}}"#).contains("evnts")
    );
    let tool =
        r#"{"about": "", "script": [], "inputs": [], "expect": {}, "tools": [{"tool": {"name": "t"}}]}"#;
    assert!(refusal(tool).contains("either reply or fail"));
}

#[test]
fn permissions_are_answered_in_order() {
    let row = r#"{"about": "", "script": [], "inputs": [], "expect": {}, "permissions": ["deny", {"feedback": "no"}]}"#;
    let row = Scenario::parse("row", row).unwrap();
    let feedback = Permission::Feedback("no".into());
    let answers: Vec<_> = (0..3).map(|n| row.permissions.answer(n)).collect();
    assert_eq!(answers, [Permission::Deny, feedback.clone(), feedback]);
}

#[test]
fn counts_calls_and_files_are_judged() {
    let text = json!({
        "about": "", "script": [], "inputs": [],
        "expect": {
            "requests": [{"n": 1}], "calls": [{"tool": "a"}, {"tool": "b"}], "never": [{"type": "bad"}],
            "joined": {"delta": "xy"}, "answer": "end", "files": {"f": "x"},
        },
    });
    let row = Scenario::parse("row", &text.to_string()).unwrap();
    let folder = folder("judge");
    let delta = |text: &str| json!({"type": "delta", "data": {"deltaContent": text}});
    let said = |text: &str| json!({"type": "assistant.message", "data": {"content": text}});
    let good = Observed {
        events: vec![delta("x"), delta("y"), said("end"), said("")],
        requests: vec![json!({"n": 1})],
        calls: vec![json!({"tool": "b"}), json!({"tool": "a"})],
        asked: vec![],
    };
    let without_file = row.check(&good, &folder).unwrap_err();
    assert!(without_file.starts_with("row: files: f should"), "{without_file}");
    std::fs::write(folder.join("f"), "x").unwrap();
    assert_eq!(row.check(&good, &folder), Ok(()));
    let mut bad = good.clone();
    bad.requests.push(json!({}));
    bad.calls.pop();
    bad.events = vec![delta("x"), json!({"type": "bad"})];
    let faults = row.check(&bad, &folder).unwrap_err();
    std::fs::remove_dir_all(&folder).unwrap();
    for what in ["requests: expected 1 but there were 2", "calls:", "never:", "joined delta", "answer:"] {
        assert!(faults.contains(what), "{what} is not in {faults}");
    }
}

/// A row that passes when nothing has happened proves nothing.
#[test]
fn every_row_fails_on_a_run_without_events() {
    let rows = all();
    assert!(rows.len() >= 17);
    for row in rows {
        let folder = folder(&row.name);
        let bound = row.bind(&place(&folder)).unwrap();
        assert!(bound.check(&Observed::default(), &folder).is_err(), "{} passes on an empty run", row.name);
        crate::model::Model::start().script(&row.name, &bound.script);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
