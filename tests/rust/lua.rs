//! `bindings/lua`: its tests on the fake runtime, and its examples on the real CLIs, all in LuaJIT.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::json;
use support::{c, clis};
use testbed::cli::{Cli, Fence};
use testbed::model::Model;

const LIMIT: Duration = Duration::from_secs(100);
/// A hundred thousand events through a library without optimisation, on a machine that does other things too.
const LOAD_LIMIT: Duration = Duration::from_secs(400);
const MAX_LINES: usize = 80;

/// The Lua files of a folder, but for what they share.
fn programs(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(c::root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    let lua = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "lua");
    let mut found: Vec<_> = entries.filter(lua).filter(|path| !path.ends_with("support.lua")).collect();
    found.sort();
    found
}

/// LuaJIT with this program, in an empty environment but for the library that is tested.
fn luajit(program: &Path, library: &Path) -> Command {
    let mut command = Command::new("luajit");
    command.arg(program).env_clear().env("COPILOT_LIBRARY", library.join("libcopilot.so"));
    command
}

#[test]
fn its_own_tests() {
    let library = c::library_folder("lua-own");
    let fake = testbed::program::path("fake-runtime");
    let run = |program: &PathBuf| {
        let folder = c::scratch(&format!("lua-{}", program.file_stem().unwrap().to_string_lossy()));
        fs::remove_dir_all(&folder).unwrap(); // of the run before
        fs::create_dir_all(&folder).unwrap();
        let mut command = luajit(program, &library);
        let output =
            c::run(command.env("FAKE_RUNTIME_PROGRAM", &fake).env("TEST_DIR", folder), "", LOAD_LIMIT);
        let good = output.status.success() && output.stderr.is_empty();
        (!good).then(|| format!("{}: {}", program.display(), c::told(&output)))
    };
    let programs = programs("tests/lua");
    assert!(programs.len() >= 6, "{programs:?}");
    let faults: Vec<_> = programs.iter().filter_map(run).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}

/// Example, argument, and what it prints: the same as its namesake in C.
const EXAMPLES: [(&str, &str, &str); 3] = [
    ("02_ask", "Hello from Lua! \"ünd\" \\", "You said: Hello from Lua! \"ünd\" \\\n"),
    ("04_tool", "Use add: what is 19 + 23?", "[add(19, 23) = 42]\nThe tool add answered: 42\n"),
    ("06_pull", "Ask the clock for the time.", "[clock]\nThe tool clock answered: a quarter to nine\n"),
];

fn example(name: &str) -> PathBuf {
    c::root().join(format!("bindings/lua/examples/{name}.lua"))
}

#[test]
fn each_example_is_short_and_is_run_by_these_tests() {
    let found = programs("bindings/lua/examples");
    assert_eq!(found, EXAMPLES.map(|(name, ..)| example(name)));
    for path in found {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= MAX_LINES, "{} has {lines} lines; {MAX_LINES} are allowed", path.display());
    }
}

#[test]
fn without_a_cli_the_examples_say_so() {
    let library = c::library_folder("lua-lost");
    for (name, ..) in EXAMPLES {
        let mut command = luajit(&example(name), &library);
        let output = c::run(command.env("COPILOT_CLI_PATH", "/nowhere/copilot"), "", LIMIT);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{name}: {}", c::told(&output));
        assert!(said.starts_with("create: ") && said.contains("/nowhere/copilot"), "{name}: {said}");
        assert!(output.stdout.is_empty(), "{name}: {}", c::told(&output));
    }
}

/// Runs an example on a CLI, and tells how it was not as expected.
fn fault(
    library: &Path,
    cli: &Cli,
    model: &Model,
    (name, argument, expected): (&str, &str, &str),
) -> Option<String> {
    let (fence, id) = (Fence::new(cli), format!("{}-{name}", cli.name));
    let session = json!({
        "model": "fake",
        "provider": { "type": "openai", "baseUrl": model.base_url(&id), "apiKey": "none" },
    });
    let mut command = luajit(&example(name), library);
    for (variable, value) in fence.env().as_object().unwrap() {
        command.env(variable, value.as_str().unwrap());
    }
    command.env("COPILOT_CLI_PATH", &cli.path).env("COPILOT_SESSION_JSON", session.to_string());
    let output = c::run(command.current_dir(fence.workdir()).arg(argument), "", LIMIT);
    let right = output.status.success() && output.stdout == expected.as_bytes() && output.stderr.is_empty();
    (!right).then(|| format!("{id}: {}\nexpected: {expected}", c::told(&output)))
}

#[test]
fn each_example_converses_with_the_real_clis() {
    let library = c::library_folder("lua-examples");
    let model = Model::start();
    let clis = clis::wanted();
    let runs = clis.iter().flat_map(|cli| EXAMPLES.map(|example| (cli, example)));
    let faults: Vec<_> = runs.filter_map(|(cli, example)| fault(&library, cli, &model, example)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}
