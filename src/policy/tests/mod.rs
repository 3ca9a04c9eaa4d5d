//! The ways round the policy, one a line, and what each of them must come to.

mod attacks;
mod captured;
mod commands;
mod config;
mod generated;
mod places;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use super::{Decision, Places, Policy, Rules};
use crate::error::Result;

/// What a request must come to. `Handler`: no rule is about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comes {
    Allow,
    Deny,
    Ask,
    Handler,
}

use Comes::{Allow, Ask, Deny, Handler};

/// A folder of its own, and a policy of a session that works in its `project`.
struct Yard {
    root: PathBuf,
}

impl Yard {
    /// `project` with `sub` and `in.txt`; `out`, beside it, with `secret`; links from one to the other.
    fn new() -> Yard {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("copilot-policy-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let root = std::env::temp_dir().join(name);
        let folder = |name: &str| std::fs::create_dir_all(root.join(name)).unwrap();
        let file = |name: &str| std::fs::write(root.join(name), "x").unwrap();
        let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, root.join(name)).unwrap();
        ["project/sub/deep", "out/inner", "home/.ssh"].into_iter().for_each(folder);
        ["project/in.txt", "project/.env", "out/secret", "home/.ssh/id"].into_iter().for_each(file);
        link("../out", "project/link");
        link("../out/inner", "project/inner");
        link("../out/new", "project/dangling");
        link("../out/secret", "project/file-link");
        link("loop", "project/loop");
        link("in.txt", "project/same");
        link("project", "alias");
        Yard { root: root.canonicalize().unwrap() }
    }

    fn places(&self) -> Places {
        Places {
            directory: Some(self.root.join("project")),
            home: Some(self.root.join("home")),
            is_here: true,
        }
    }

    /// The policy; `$` stands for the yard's folder.
    fn policy(&self, rules: Value) -> Policy {
        Rules::parse(&self.filled(&rules.to_string())).unwrap().anchored(self.places()).unwrap()
    }

    fn filled(&self, text: &str) -> String {
        text.replace('$', self.root.to_str().unwrap())
    }
}

impl Drop for Yard {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.root);
    }
}

fn comes(policy: &Policy, request: &Value) -> Comes {
    match policy.judge(&json!({ "permissionRequest": request }).to_string()).map(|verdict| verdict.decision) {
        Some(Decision::Allow) => Allow,
        Some(Decision::Deny) => Deny,
        Some(Decision::Ask) => Ask,
        None => Handler,
    }
}

fn check(policy: &Policy, request: Value, wanted: Comes) {
    assert_eq!(comes(policy, &request), wanted, "{request}");
}

/// A shell request as the early servers send it.
fn shell(command: &str) -> Value {
    json!({
        "kind": "shell",
        "fullCommandText": command,
        "commands": [{ "identifier": command, "readOnly": false }],
        "possiblePaths": [],
        "possibleUrls": [],
        "hasWriteFileRedirection": false,
    })
}

fn parsed(rules: Value) -> Result<Rules> {
    Rules::parse(&rules.to_string())
}
