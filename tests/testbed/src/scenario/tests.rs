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
    assert_eq!(row.inputs[0].send, Some(format!("see {}/sub/a", folder.display())));
    assert_eq!((&row.session["streaming"], &row.session["model"]), (&json!(false), &json!("fake")));
    assert_eq!(row.session["provider"]["baseUrl"], "http://127.0.0.1:1/s/x/v1");
    assert_eq!(row.expect.events, [json!({"type": "new"})]);
    assert_eq!(row.tools[0].answer(&json!({"n": 1, "text": "x"})), Some(Ok(json!("got 1 x"))));
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
    assert!(refusal(tool).contains("one of reply, fail and unanswered"));
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
        records: vec![json!({"body": {"n": 1}})],
        calls: vec![json!({"tool": "b"}), json!({"tool": "a"})],
        ..Observed::default()
    };
    let without_file = row.check(&good, &folder).unwrap_err();
    assert!(without_file.starts_with("row: files: f should"), "{without_file}");
    std::fs::write(folder.join("f"), "x").unwrap();
    assert_eq!(row.check(&good, &folder), Ok(()));
    let mut bad = good.clone();
    bad.records.push(json!({}));
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

fn row(text: &Value) -> Result<Scenario, String> {
    let mut whole = json!({"about": "", "script": [], "inputs": [], "expect": {}});
    whole.as_object_mut().unwrap().extend(text.as_object().unwrap().clone());
    Scenario::parse("row", &whole.to_string())
}

#[test]
fn a_step_has_one_action_and_its_own_members() {
    for (step, why) in [
        (json!({}), "exactly one action"),
        (json!({"send": "x", "post": "y"}), "exactly one action"),
        (json!({"send": "x", "expect": {}}), "not its action's"),
        (json!({"call": "x", "with": {"a": 1}}), "not its action's"),
        (json!({"call": "x", "expect": {}, "error": "e"}), "not its action's"),
        (json!({"wait": {"type": "x"}, "params": {"a": 1}}), "not its action's"),
    ] {
        let refusal = row(&json!({"inputs": [step]})).unwrap_err();
        assert!(refusal.contains(why), "{step}: {refusal}");
    }
}

#[test]
fn params_take_parts_of_events_and_of_the_last_reply() {
    let row = row(&json!({"inputs": [{"call": "m", "params": {
        "id": "${asked/data/id}", "all": "${reply/n} of ${reply/m}", "kept": "${none/data}",
    }}]}));
    let events =
        [json!({"type": "asked", "data": {"id": "a"}}), json!({"type": "asked", "data": {"id": "b"}})];
    let params = row.unwrap().inputs[0].params(&events, Some(&json!({"n": 1})));
    assert_eq!(params, json!({"id": "b", "all": "1 of ${reply/m}", "kept": "${none/data}"}));
}

#[test]
fn a_question_takes_the_first_answer_that_is_for_it_and_left() {
    let row = row(&json!({"questions": {
        "hook": [
            {"when": {"hookType": "pre", "/input/tool": "t"}, "times": 1, "reply": {"said": "${/input/tool}"}},
            {"when": {"hookType": "pre"}, "fail": "no"},
            {"when": {"hookType": "post"}, "unanswered": true},
        ],
        "command": {"reply": null},
    }}))
    .unwrap();
    let pre = json!({"hookType": "pre", "input": {"tool": "t"}});
    let questions = &row.questions;
    assert_eq!((questions.has("command"), questions.has("userInput")), (true, false));
    assert_eq!(questions.choose("hook", &pre, &[]), Some(0));
    assert_eq!(questions.choose("hook", &pre, &[0]), Some(1));
    assert_eq!(questions.choose("hook", &json!({"hookType": "else"}), &[]), None);
    assert_eq!(questions.answer("hook", 0, &pre), Some(Ok(json!({"said": "t"}))));
    assert_eq!(questions.answer("hook", 1, &pre), Some(Err("no".into())));
    assert_eq!(questions.answer("hook", 2, &pre), None);
    assert_eq!(questions.answer("command", 0, &pre), Some(Ok(Value::Null)));
}

#[test]
fn answers_to_unknown_kinds_and_without_an_answer_are_refused() {
    assert!(row(&json!({"questions": {"hok": {"reply": 1}}})).unwrap_err().contains("hok is no kind"));
    assert!(row(&json!({"questions": {"hook": {"when": {}}}})).unwrap_err().contains("one of reply"));
}

#[test]
fn replies_questions_and_records_are_judged() {
    let row = row(&json!({
        "inputs": [{"call": "a", "expect": {"n": 1}}, {"clientCall": "b", "error": {"contains": "gone"}}],
        "expect": {"asked": {"hook": [{"n": 1}]}, "records": [{"path": "/p"}]},
    }));
    let row = row.unwrap();
    let good = Observed {
        asked: [("hook".to_owned(), vec![json!({"n": 1})])].into(),
        records: vec![json!({"path": "/p"})],
        replies: vec![json!({"result": {"n": 1}}), json!({"error": "it is gone"})],
        ..Observed::default()
    };
    let nowhere = Path::new("nowhere");
    assert_eq!(row.check(&good, nowhere), Ok(()));
    let judge = |replies: Value| {
        let replies = replies.as_array().unwrap().clone();
        row.check(&Observed { replies, ..good.clone() }, nowhere).unwrap_err()
    };
    assert!(judge(json!([{"result": {"n": 2}}, {"error": "gone"}])).contains("number 1"));
    assert!(judge(json!([{"error": "x"}, {"error": "gone"}])).contains("it failed"));
    assert!(judge(json!([{"result": {"n": 1}}, {"result": {}}])).contains("number 2"));
    assert!(judge(json!([{"result": {"n": 1}}])).contains("1 of 2 calls"));
    let silent =
        row.check(&Observed { replies: good.replies.clone(), ..Observed::default() }, nowhere).unwrap_err();
    assert!(silent.contains("asked hook") && silent.contains("records"), "{silent}");
}

#[test]
fn a_provider_is_completed_and_null_removes_a_member() {
    let row =
        row(&json!({"session": {"provider": {"type": "anthropic", "apiKey": null, "baseUrl": "${model}"}}}));
    let folder = folder("provider");
    let bound = row.unwrap().bind(&place(&folder)).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let provider = json!({"type": "anthropic", "baseUrl": "http://127.0.0.1:1/s/x"});
    assert_eq!(bound.session["provider"], provider);
}
