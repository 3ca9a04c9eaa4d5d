use super::*;
use crate::error::Code;

#[test]
fn what_cannot_be_meant_is_refused_with_its_place() {
    for (rules, part) in [
        (json!({ "allow": {} }), "/permissionPolicy/allow must be an array"),
        (json!({ "alow": [] }), "/permissionPolicy/alow is not a known key; did you mean \"allow\"?"),
        (json!({ "allow": [{}] }), "/permissionPolicy/allow/0 says nothing"),
        (json!({ "deny": [{ "reason": "r" }] }), "/permissionPolicy/deny/0 says nothing"),
        (json!({ "deny": [{ "kind": null }] }), "/permissionPolicy/deny/0 says nothing"),
        (json!({ "deny": ["shell"] }), "/permissionPolicy/deny/0 must be an object"),
        (json!({ "deny": [{ "kind": "wrte" }] }), "/deny/0/kind must be one of"),
        (
            json!({ "deny": [{ "kind": "read", "pth": "/x" }] }),
            "/deny/0/pth is not a known key; did you mean \"path\"?",
        ),
        (
            json!({ "deny": [{ "kind": "url" }, { "kind": "url", "path": "/x" }] }),
            "/deny/1/path does not go with",
        ),
        (json!({ "deny": [{ "host": "a.example", "tool": "t" }] }), "does not go with the other members"),
        (json!({ "allow": [{ "kind": "shell", "path": "/x" }] }), "/allow/0/path does not go with"),
        (json!({ "allow": [{ "kind": "shell", "host": "a.example" }] }), "/allow/0/host does not go with"),
        (json!({ "allow": [{ "kind": "shell" }] }), "/allow/0 is for shell commands and names none"),
        (
            json!({ "allow": [{ "kind": "shell", "readOnly": true }] }),
            "/allow/0 is for shell commands and names none",
        ),
        (json!({ "allow": [{ "path": "/x" }] }), "/allow/0/kind is missing"),
        (json!({ "deny": [{ "kind": "shell", "exact": true }] }), "/deny/0/exact needs a \"command\""),
        (
            json!({ "allow": [{ "command": "git status; ls" }] }),
            "/allow/0/command must be one command of plain words",
        ),
        (json!({ "allow": [{ "command": "git *" }] }), "/allow/0/command must be one command of plain words"),
        (json!({ "allow": [{ "command": "" }] }), "/allow/0/command must be one command of plain words"),
        (json!({ "allow": [{ "command": [] }] }), "/allow/0/command must begin with the command's name"),
        (
            json!({ "allow": [{ "command": ["", "x"] }] }),
            "/allow/0/command must begin with the command's name",
        ),
        (json!({ "allow": [{ "command": 1 }] }), "/allow/0/command must be a text"),
        (json!({ "deny": [{ "path": "" }] }), "/deny/0/path must not be empty"),
        (json!({ "deny": [{ "path": "a\0b" }] }), "/deny/0/path must not contain a NUL"),
        (json!({ "deny": [{ "path": "src/**" }] }), "/deny/0/path must begin with /"),
        (json!({ "deny": [{ "path": "~root/x" }] }), "/deny/0/path must begin with /"),
        (json!({ "deny": [{ "path": "/a/../b" }] }), "/deny/0/path has the part \"..\""),
        (json!({ "deny": [{ "path": "/a//b" }] }), "/deny/0/path has an empty part"),
        (json!({ "deny": [{ "path": "/a/" }] }), "end it with /**"),
        (json!({ "deny": [{ "path": "/a/b**" }] }), "/deny/0/path has ** beside other characters"),
        (json!({ "deny": [{ "path": "/a/?" }] }), "/deny/0/path has '?'"),
        (json!({ "deny": [{ "path": "/a/[bc]" }] }), "/deny/0/path has '['"),
        (json!({ "deny": [{ "kind": "mcp", "tool": "a?" }] }), "/deny/0/tool has '?'"),
        (json!({ "deny": [{ "host": "https://a.example" }] }), "/deny/0/host must be a host alone"),
        (json!({ "deny": [{ "host": "a.example/x" }] }), "/deny/0/host must be a host alone"),
        (json!({ "deny": [{ "host": "b\u{fc}cher.example" }] }), "/deny/0/host must be in the ASCII form"),
        (json!({ "deny": [{ "host": "*" }] }), "/deny/0/host must be a host such as"),
        (json!({ "deny": [{ "host": "a.*.example" }] }), "/deny/0/host must be a host such as"),
        (json!({ "deny": [{ "host": "a.example." }] }), "/deny/0/host must be a host such as"),
        (json!({ "deny": [{ "host": "127.1" }] }), "/deny/0/host must be a host such as"),
        (json!({ "deny": [{ "host": "*.127.0.0.1" }] }), "/deny/0/host has *. before an address"),
        (json!({ "deny": [{ "host": "a.example:http" }] }), "/deny/0/host has a port that is none"),
    ] {
        let error = parsed(rules.clone()).expect_err(&rules.to_string());
        assert_eq!(error.code(), Code::InvalidArgument);
        assert!(error.message().contains(part), "{rules}: {error}");
    }
}

/// A server on this machine, of which nothing else is known.
fn here() -> Places {
    Places { is_here: true, ..Places::default() }
}

#[test]
fn a_pattern_needs_the_place_that_it_begins_at() {
    for (pattern, part) in [("./x", "\"workingDirectory\""), ("~/x", "HOME")] {
        for list in ["deny", "ask", "allow"] {
            let rules = parsed(json!({ list: [{ "kind": "read", "path": pattern }] })).unwrap();
            let error = rules.anchored(here()).unwrap_err();
            assert!(
                error.message().contains(&format!("/permissionPolicy/{list}/0/path begins with")),
                "{error}"
            );
            assert!(error.message().contains(part), "{error}");
        }
    }
    // A path of an unknown folder is in no folder that is allowed, and may be in one that is denied.
    let rules =
        json!({ "allow": [{ "kind": "read", "path": "/**" }], "deny": [{ "kind": "write", "path": "/x" }] });
    let policy = parsed(rules).unwrap().anchored(here()).unwrap();
    check(&policy, json!({ "kind": "read", "path": "/nowhere/x" }), Allow);
    check(&policy, json!({ "kind": "read", "path": "x" }), Handler);
    check(&policy, json!({ "kind": "write", "fileName": "x" }), Deny);
}

#[test]
fn the_verdict_says_which_rule_and_why() {
    let yard = Yard::new();
    let policy = yard.policy(json!({
        "deny": [{ "command": "rm" }, { "command": "dd", "reason": "Not \"here\"." }],
        "allow": [{ "command": "cat" }, { "command": "ls" }],
    }));
    let judge = |command: &str| {
        let params = json!({ "permissionRequest": shell(command) }).to_string();
        let verdict = policy.judge(&params).unwrap();
        let event: Value = serde_json::from_str(&verdict.event(&params, Some("r1"))).unwrap();
        let answer: Option<Value> = verdict.answer().map(|answer| serde_json::from_str(&answer).unwrap());
        (event, answer)
    };
    let (event, answer) = judge("ls && cat x");
    assert_eq!((&event["decision"], &event["rule"]), (&json!("allow"), &json!("/allow/1")));
    assert_eq!(event["requestId"], "r1");
    assert_eq!(event["permissionRequest"]["fullCommandText"], "ls && cat x");
    assert!(event.get("reason").is_none());
    assert_eq!(answer, Some(json!({ "kind": "approve-once" })));
    let (event, answer) = judge("dd");
    assert_eq!((&event["rule"], &event["reason"]), (&json!("/deny/1"), &json!("Not \"here\".")));
    assert_eq!(answer, Some(json!({ "kind": "reject", "feedback": "Not \"here\"." })));
    let (_, answer) = judge("rm");
    assert!(answer.unwrap()["feedback"].as_str().unwrap().contains("policy"));
    let malformed: Value = serde_json::from_str(
        &policy.judge(r#"{"permissionRequest":{"kind":"shell"}}"#).unwrap().event("{", None),
    )
    .unwrap();
    assert_eq!(malformed["permissionRequest"], Value::Null);
}

#[test]
fn no_path_is_allowed_where_links_cannot_be_followed() {
    let path = json!([{ "kind": "read", "path": "/x/**" }]);
    let elsewhere = |rules: Value| parsed(rules).unwrap().anchored(Places::default());
    let error = elsewhere(json!({ "allow": path })).unwrap_err();
    assert!(error.message().contains("/allow/0/path cannot be allowed"), "{error}");
    let policy = elsewhere(json!({ "deny": path, "allow": [{ "kind": "mcp" }] })).unwrap();
    check(&policy, json!({ "kind": "read", "path": "/x/../x/y" }), Deny);
    check(&policy, json!({ "kind": "read", "path": "/y" }), Handler);
}
