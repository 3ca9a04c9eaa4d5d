//! The lamplighter of `examples/game`: what his model says, and his three hosts, each with the same `npc.c`.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use testbed::cli::{Cli, Fence};
use testbed::model::Model;

use super::c;

/// How he finds the village, how he leaves it, and what he is asked.
pub const SEEN: &str =
    "You are at the well. Lamps that burn: well. Dark: gate, bakery, inn, chapel. It is night, and it snows.";
/// The prompt of a test's turn.
pub const PROMPT: &str = "Light the lamp at the well.";

/// A turn with three tool calls, and then a line of so many pieces.
pub fn script(pieces: usize) -> Value {
    json!([
        { "tools": [["look_around", {}]] },
        { "tools": [["move_to", { "place": "well" }]] },
        { "tools": [["light_lamp", { "place": "well" }]] },
        { "chunks": (0..pieces).map(piece).collect::<Vec<_>>() },
    ])
}

/// The line of `script`.
pub fn line(pieces: usize) -> String {
    (0..pieces).map(piece).collect()
}

fn piece(number: usize) -> String {
    format!("piece {number}, ")
}

/// What the tools have told the model, in the order of `script`.
pub fn tool_results(model: &Model, id: &str) -> Vec<String> {
    let last = model.requests(id).pop().unwrap_or_default();
    let messages = last["messages"].as_array().cloned().unwrap_or_default();
    let results = messages.iter().filter(|message| message["role"] == "tool");
    results.map(|message| message["content"].as_str().unwrap_or_default().to_owned()).collect()
}

/// Panics where they have not been called, or told something else.
pub fn check_tools(model: &Model, id: &str) {
    let told = tool_results(model, id);
    let expected = ["You are at the gate. Lamps that burn: none.", "You are at the well now.", "It burns."];
    assert_eq!(told.len(), expected.len(), "{id}: {told:?}");
    for (told, expected) in told.iter().zip(expected) {
        assert!(told.starts_with(expected), "{id}: {told:?} instead of {expected:?}");
    }
}

/// Compiles a host of these sources, the lamplighter and his scene; `more` is for the compiler.
pub fn build(compiler: &str, sources: &[&str], more: &[String], library: &Path) -> PathBuf {
    let program = library.join(format!("{}-{compiler}", sources[0]));
    let source = |name: &&str| c::root().join(format!("examples/game/{name}.c"));
    let output = Command::new(compiler)
        .args(["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-O2", "-g", "-I"])
        .arg(c::root().join("include"))
        .args(sources.iter().chain(&["npc", "scene"]).map(source))
        .arg("-o")
        .arg(&program)
        .arg(format!("-L{}", library.display()))
        .args(["-lcopilot", "-lm"])
        .arg(format!("-Wl,-rpath,{}", library.display()))
        .args(more)
        .output()
        .unwrap_or_else(|why| panic!("{compiler} cannot be run: {why}"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    program
}

/// Puts a command behind the fence, with the model of this script.
pub fn fenced(command: &mut Command, cli: &Cli, fence: &Fence, model: &Model, id: &str) {
    let provider = json!({ "type": "openai", "baseUrl": model.base_url(id), "apiKey": "none" });
    command
        .current_dir(fence.workdir())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default());
    for (name, value) in fence.env().as_object().unwrap() {
        command.env(name, value.as_str().unwrap());
    }
    let session = json!({ "model": "fake", "provider": provider });
    command.env("COPILOT_CLI_PATH", &cli.path).env("COPILOT_SESSION_JSON", session.to_string());
}
