//! What the real CLIs send for commands that try to get round a policy. The fixtures are their words, but for what the
//! policy does not read (texts for people, contents of files) and for the folder, which is `/yard/project`.

use super::*;

const CAPTURED: [(&str, &str); 3] = [
    ("copilot-runtime 1.0.85", include_str!("fixtures/runtime.json")),
    ("1.0.102", include_str!("fixtures/1.0.102.json")),
    ("0.0.420", include_str!("fixtures/0.0.420.json")),
];

/// What is allowed of it all, under the rules below.
const ALLOWED: [&str; 13] = [
    "git status",
    "git 'status'",
    "git status;",
    "git -c core.pager=touch log",
    "cat in.txt",
    "cat /etc/passwd",
    "cat ../secret",
    "cat sub/../../x",
    "cat link/passwd",
    "cd sub && git status",
    "cd /etc && cat passwd",
    "ls",
    "git clone https://github.com/a/b",
];

fn requests(yard: &Yard, fixture: &str) -> Vec<Value> {
    serde_json::from_str(&fixture.replace("/yard/", &yard.filled("$/"))).unwrap()
}

#[test]
fn no_cli_words_a_command_so_that_more_is_allowed() {
    let yard = Yard::new();
    let policy = yard.policy(json!({ "allow": [
        { "command": "git" }, { "command": "cat" }, { "command": "cd" }, { "command": "ls" },
    ] }));
    for (cli, fixture) in CAPTURED {
        let requests = requests(&yard, fixture);
        assert!(requests.len() > 140, "{cli}");
        let allowed = requests.iter().filter(|request| comes(&policy, request) == Allow);
        let allowed: Vec<_> = allowed.map(|request| request["fullCommandText"].as_str().unwrap()).collect();
        for command in &allowed {
            assert!(ALLOWED.contains(command), "{cli}: {command:?}");
        }
        assert_eq!(allowed.len(), ALLOWED.len(), "{cli}: {allowed:?}");
    }
}

#[test]
fn every_touch_is_denied_however_a_cli_words_it() {
    let yard = Yard::new();
    let policy = yard.policy(json!({ "deny": [{ "command": "touch" }] }));
    for (cli, fixture) in CAPTURED {
        for request in requests(&yard, fixture) {
            let touches = request["fullCommandText"].as_str().is_some_and(|text| text.contains("touch"));
            let wanted = if touches { Deny } else { Handler };
            assert_eq!(comes(&policy, &request), wanted, "{cli}: {request}");
        }
    }
}

#[test]
fn paths_and_urls_are_found_where_the_clis_put_them() {
    let yard = Yard::new();
    let policy = yard.policy(json!({ "allow": [
        { "kind": "write", "path": "./**" }, { "kind": "read", "path": "./**" }, { "host": "example.com" },
    ] }));
    for (cli, fixture) in CAPTURED {
        let requests = requests(&yard, fixture);
        let allowed = requests.iter().filter(|request| comes(&policy, request) == Allow);
        let of = |request: &Value| {
            ["fileName", "path", "url"].into_iter().find_map(|m| Some(request[m].as_str()?.to_owned()))
        };
        let allowed: Vec<_> =
            allowed.filter_map(of).map(|text| text.replace(yard.root.to_str().unwrap(), "$")).collect();
        // The earliest refuses a relative path by itself; the later ones make it absolute.
        let mut wanted = vec![
            "$/project/n.txt",
            "$/project/in.txt",
            "$/project/in.txt",
            "https://example.com/x",
            "HTTPS://EXAMPLE.com:443/x",
        ];
        if cli != "0.0.420" {
            wanted.insert(1, "$/project/rel.txt");
        }
        assert_eq!(allowed, wanted, "{cli}");
    }
}
