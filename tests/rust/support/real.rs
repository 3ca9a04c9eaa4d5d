//! What tests with real CLIs have in common: the options with which a client stays behind its fence, and a session with
//! its scripted model.

use serde_json::{Value, json};
use testbed::cli::{Cli, Fence};
use testbed::model::Model;

use super::clis;

/// Runs a test on every wanted CLI of this version or later, and names the one that failed.
pub fn on_each_from(version: &str, test: impl Fn(&Cli)) {
    for cli in clis::wanted().iter().filter(|cli| cli.is_at_least(version)) {
        println!("on {} ({})", cli.name, cli.version);
        test(cli);
    }
}

/// Options of a client that starts this CLI, and these.
pub fn client_options(cli: &Cli, fence: &Fence, more: &Value) -> Value {
    let mut options = json!({
        "cliPath": cli.path,
        "cwd": fence.workdir(),
        "env": fence.env(),
        "useLoggedInUser": false,
    });
    merge(&mut options, more);
    options
}

/// Options of a session whose model follows the script of this id, and these.
pub fn session_options(fence: &Fence, model: &Model, script: &str, more: &Value) -> Value {
    let mut options = json!({
        "model": "fake",
        "workingDirectory": fence.workdir(),
        "provider": { "type": "openai", "baseUrl": model.base_url(script), "apiKey": "x" },
    });
    merge(&mut options, more);
    options
}

/// What a model was told last: the messages of its last request.
pub fn told_last(model: &Model, script: &str) -> String {
    model.requests(script).last().expect("the model was asked")["messages"].to_string()
}

/// Adds these members to an object.
pub fn merge(object: &mut Value, more: &Value) {
    object.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
}
