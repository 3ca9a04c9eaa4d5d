//! The permission policy against the real CLIs: what really runs, and what does not.
//!
//! `COPILOT_TEST_CLIS` names the CLIs, as in `real_cli.rs`.

#[path = "../support/mod.rs"]
mod support;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use copilot::protocol::answer::Answer;
use copilot::protocol::question::Kind;
use parking_lot::Mutex;
use serde_json::{Value, json};
use support::*;
use testbed::cli::{Cli, Fence};
use testbed::model::Model;

/// What came of a turn.
struct Turn {
    fence: Fence,
    /// Each verdict as "decision rule".
    verdicts: Vec<String>,
    /// What the handler was asked, where there was one.
    asked: Vec<String>,
    /// What the model was told of each of its calls.
    told: Vec<String>,
}

impl Turn {
    fn made(&self, name: &str) -> bool {
        self.fence.workdir().join(name).symlink_metadata().is_ok()
    }
}

/// Lets the model make these calls, one after the other, in a folder that `prepare` has furnished. `WORK` in them is
/// that folder.
fn play(cli: &Cli, policy: &Value, calls: &[(&str, Value)], has_handler: bool, prepare: fn(&Path)) -> Turn {
    play_as("fake", cli, policy, calls, has_handler, prepare)
}

/// The same with a model of this name, which decides what tools it has.
fn play_as(
    name: &str,
    cli: &Cli,
    policy: &Value,
    calls: &[(&str, Value)],
    has_handler: bool,
    prepare: fn(&Path),
) -> Turn {
    let (fence, model) = (Fence::new(cli), Model::start());
    let folder = fence.workdir();
    prepare(&folder);
    let filled = |value: &Value| -> Value {
        serde_json::from_str(&value.to_string().replace("WORK", folder.to_str().unwrap())).unwrap()
    };
    let steps = calls.iter().map(|(tool, arguments)| json!({ "tools": [[tool, filled(arguments)]] }));
    model.script("policy", &steps.chain([json!({ "text": "done" })]).collect());
    let client = client(&json!({
        "cliPath": cli.path, "cwd": folder, "env": fence.env(), "useLoggedInUser": false,
    }));
    let (verdicts, asked) = (Log::default(), Log::default());
    let heard = Arc::clone(&verdicts);
    let setup = Setup::new(json!({
        "model": name,
        "workingDirectory": folder,
        "provider": { "type": "openai", "baseUrl": model.base_url("policy"), "apiKey": "x" },
        "permissionPolicy": filled(policy),
    }))
    .event(Some("permission.policy"), move |event| {
        let of = |pointer| event.json().string(pointer).unwrap().into_owned();
        heard.lock().push(format!("{} {}", of("/decision"), of("/rule")));
    });
    let hears = Arc::clone(&asked);
    let setup = match has_handler {
        true => setup.answer(Kind::Permission, move |request| {
            hears.lock().push(request.params().string("/permissionRequest/kind").unwrap().into_owned());
            let no = json!({ "kind": "reject", "feedback": "The user said no." });
            request.answer(Answer::Respond(no.to_string().into())).unwrap();
        }),
        false => setup,
    };
    let session = setup.create(&client).unwrap();
    assert_eq!(
        ask(&client, &session, "Go").unwrap()["outcome"],
        "answer",
        "the turn goes on after each refusal"
    );
    drop(session);
    stop(&client).unwrap();
    let requests = model.requests("policy");
    let messages = requests.last().unwrap()["messages"].as_array().unwrap();
    let told = messages
        .iter()
        .filter(|message| message["role"] == "tool")
        .map(|m| m["content"].to_string())
        .collect();
    let take = |log: Arc<Mutex<Vec<String>>>| std::mem::take(&mut *log.lock());
    Turn { fence, verdicts: take(verdicts), asked: take(asked), told }
}

fn bash(command: &str) -> (&'static str, Value) {
    ("bash", json!({ "command": command, "description": "Do it" }))
}

fn create(path: &str) -> (&'static str, Value) {
    ("create", json!({ "path": path, "file_text": "made" }))
}

#[test]
fn an_allowed_command_runs_without_a_handler() {
    let policy = json!({ "allow": [{ "command": "touch" }, { "command": "ls" }] });
    for cli in clis::wanted() {
        let calls = [bash("touch made"), bash("ls && touch 'also made' | ls"), bash("ls; touch third")];
        let turn = play(&cli, &policy, &calls, false, |_| {});
        assert_eq!(turn.verdicts, ["allow /allow/0", "allow /allow/1", "allow /allow/1"], "{}", cli.name);
        for name in ["made", "also made", "third"] {
            assert!(turn.made(name), "{}: {name}: {:?}", cli.name, turn.told);
        }
    }
}

/// Each of them makes the file `bad`, if it runs.
#[rustfmt::skip]
const CHAINED: [&str; 22] = [
    "ls && touch bad", "ls; touch bad", "ls || touch bad", "ls | touch bad", "ls & touch bad", "ls\ntouch bad",
    "ls\r\ntouch bad", "ls $(touch bad)", "ls `touch bad`", "ls \"$(touch bad)\"", "ls <(touch bad)", "ls > bad",
    "ls >| bad", "ls 2> bad", "ls &> bad", "cat <<EOF > bad\nx\nEOF", "ls |& tee bad", "(touch bad)", "! touch bad",
    "if ls; then touch bad; fi", "ls() { touch bad; }; ls", "ls ${x:-$(touch bad)}",
];

#[test]
fn nothing_that_is_chained_to_an_allowed_command_runs() {
    let policy = json!({ "allow": [{ "command": "ls" }, { "command": "cat" }] });
    for cli in clis::wanted() {
        let calls: Vec<_> = CHAINED.iter().map(|command| bash(command)).collect();
        let turn = play(&cli, &policy, &calls, true, |_| {});
        assert!(!turn.made("bad"), "{}: {:?}", cli.name, turn.told);
        assert_eq!(turn.verdicts, Vec::<String>::new(), "{}", cli.name);
        assert_eq!(turn.asked.len(), CHAINED.len(), "{}: every one of them is asked about", cli.name);
        // They would make it: with a rule for each command that they are made of, the first does.
        let policy = json!({ "allow": [{ "command": "ls" }, { "command": "touch" }] });
        assert!(play(&cli, &policy, &calls[..1], false, |_| {}).made("bad"), "{}", cli.name);
    }
}

#[test]
fn no_builtin_of_the_shell_runs_or_becomes_another_command() {
    let policy = json!({ "allow": [{ "command": "printf" }, { "command": "test" }, { "command": "ls" }] });
    let prepare = |folder: &Path| {
        use std::os::unix::fs::PermissionsExt;
        fs::create_dir_all(folder.join("1")).unwrap();
        fs::write(folder.join("1/ls"), "#!/bin/sh\n/bin/touch bad\n").unwrap();
        fs::set_permissions(folder.join("1/ls"), fs::Permissions::from_mode(0o755)).unwrap();
    };
    let calls = [
        bash("printf -v 'a[$(touch bad)]' x"),
        bash("test -v 'a[$(touch bad)]'"),
        bash("printf -v PATH 1; ls"),
        bash("printf '1%n' PATH; ls"),
    ];
    for cli in clis::wanted() {
        let turn = play(&cli, &policy, &calls, true, prepare);
        assert!(!turn.made("bad"), "{}: {:?}", cli.name, turn.told);
        assert_eq!(turn.asked.len(), calls.len(), "{}: {:?}", cli.name, turn.verdicts);
    }
}

#[test]
fn a_denied_command_is_denied_in_any_clothes_and_the_model_is_told_why() {
    let policy = json!({ "deny": [{ "command": "touch", "reason": "No touching." }], "allow": [{ "command": "env" }] });
    for cli in clis::wanted() {
        let calls =
            [bash("touch bad"), bash("env touch bad"), bash("bash -c 'touch bad'"), bash("to\"uc\"h bad")];
        let turn = play(&cli, &policy, &calls, true, |_| {});
        assert!(!turn.made("bad"), "{}: {:?}", cli.name, turn.told);
        assert_eq!(turn.verdicts, ["deny /deny/0"; 4], "{}", cli.name);
        assert_eq!(turn.asked, Vec::<String>::new(), "{}", cli.name);
        assert!(turn.told.iter().all(|told| told.contains("No touching.")), "{}: {:?}", cli.name, turn.told);
    }
}

#[test]
fn a_link_or_dots_lead_no_write_out_of_the_allowed_folder() {
    let policy = json!({
        "deny": [{ "kind": "write", "path": "/**/.env" }],
        "allow": [{ "kind": "write", "path": "./in/**" }],
    });
    let prepare = |folder: &Path| {
        let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, folder.join(name)).unwrap();
        fs::create_dir_all(folder.join("in/sub")).unwrap();
        fs::create_dir_all(folder.join("out/sub")).unwrap();
        link("../out", "in/link");
        link("../out/dangled", "in/dangling");
        link("../out/sub", "in/deep");
    };
    for cli in clis::wanted() {
        let calls = [
            create("WORK/in/good"),
            create("WORK/in/sub/../fine"),
            create("WORK/in/link/bad"),
            create("WORK/in/dangling"),
            create("WORK/in/../out/bad"),
            create("WORK/in/deep/../bad"),
            create("WORK/in/.env"),
        ];
        let turn = play(&cli, &policy, &calls, false, prepare);
        let allowed = ["allow /allow/0", "allow /allow/0", "deny /deny/0"];
        assert_eq!(turn.verdicts, allowed, "{}: {:?}", cli.name, turn.told);
        assert!(turn.made("in/good") && turn.made("in/fine"), "{}: {:?}", cli.name, turn.told);
        for name in ["out/bad", "out/dangled", "in/.env", "in/bad", "out/sub/bad"] {
            assert!(!turn.made(name), "{}: {name}: {:?}", cli.name, turn.told);
        }
    }
}

/// Every CLI but 1.0.102 asks for where a file is moved to, and says nothing of where it comes from.
#[test]
fn nothing_is_moved_into_the_allowed_folder() {
    let policy = json!({ "allow": [{ "kind": "write", "path": "./in/**" }] });
    let prepare = |folder: &Path| {
        fs::create_dir_all(folder.join("in")).unwrap();
        fs::write(folder.join("secret"), "old\n").unwrap();
        fs::write(folder.join("in/plain"), "old\n").unwrap();
    };
    let moving = |from: &str, to: &str| {
        let patch = format!(
            "*** Begin Patch\n*** Update File: {from}\n*** Move to: {to}\n@@\n-old\n+new\n*** End Patch\n"
        );
        ("apply_patch", json!({ "input": patch }))
    };
    let calls = [moving("secret", "in/bad"), moving("in/plain", "in/good")];
    for cli in clis::wanted() {
        let turn = play_as("gpt-5.1-codex", &cli, &policy, &calls, true, prepare);
        assert!(!turn.made("in/bad") && turn.made("secret"), "{}: {:?}", cli.name, turn.told);
        assert!(turn.made("in/good"), "{}: {:?}", cli.name, turn.told);
        assert_eq!(turn.asked, ["write"], "{}: {:?}", cli.name, turn.verdicts);
    }
}

#[test]
fn reads_and_urls_are_judged_too() {
    let policy = json!({
        "deny": [{ "kind": "read", "path": "./secret/**" }, { "host": "denied.example" }],
        "allow": [{ "kind": "read", "path": "./**" }],
    });
    let prepare = |folder: &Path| {
        fs::create_dir_all(folder.join("secret")).unwrap();
        fs::write(folder.join("secret/key"), "hush-hush").unwrap();
        fs::write(folder.join("plain"), "plain-words").unwrap();
        std::os::unix::fs::symlink("secret/key", folder.join("alias")).unwrap();
    };
    for cli in clis::wanted() {
        let view = |path: &str| ("view", json!({ "path": path }));
        let fetch = |url: &str| ("web_fetch", json!({ "url": url }));
        let search = ("grep", json!({ "pattern": "hush", "path": "WORK", "output_mode": "content" }));
        let calls = [
            view("WORK/plain"),
            view("WORK/secret/key"),
            view("WORK/alias"),
            view("WORK/sub/../secret/key"),
            search,
            fetch("https://DENIED.example:8443/"),
            fetch("https://x@denied.example/"),
        ];
        let turn = play(&cli, &policy, &calls, false, prepare);
        assert!(turn.told[0].contains("plain-words"), "{}: {:?}", cli.name, turn.told);
        assert!(!turn.told.concat().contains("hush-hush"), "{}: {:?}", cli.name, turn.told);
        let denied = turn.verdicts.iter().filter(|verdict| verdict.starts_with("deny")).count();
        assert_eq!(turn.verdicts[0], "allow /allow/0", "{}", cli.name);
        assert!(denied >= 4, "{}: {:?}", cli.name, turn.verdicts);
        assert!(turn.verdicts.contains(&String::from("ask /deny/0")), "{}: {:?}", cli.name, turn.verdicts);
    }
}
