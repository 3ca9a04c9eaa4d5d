//! The programs of `examples/cpp`: short, accepted by both compilers from C++14 on, and right when they converse with the
//! real CLIs.
//!
//! `COPILOT_TEST_CLIS` names the CLIs, as in `real_cli.rs`.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::time::Duration;

use serde_json::{Value, json};
use support::{c, clis};
use testbed::cli::{Cli, Fence};
use testbed::model::Model;

const LIMIT: Duration = Duration::from_secs(100);
const MAX_LINES: usize = 80;

/// Each compiler with the standards it is tried with; the last one's program is run.
const COMPILERS: [(&str, &str); 4] =
    [("clang++", "c++20"), ("clang++", "c++14"), ("g++", "c++20"), ("g++", "c++14")];

struct Case {
    program: &'static str,
    arguments: &'static [&'static str],
    /// The model's steps; without them it is the echo.
    script: Option<Value>,
    output: &'static str,
}

fn cases() -> Vec<Case> {
    let list = json!([{ "tools": [["bash", { "command": "ls", "description": "List the files" }]] },
                      { "text": "Done." }]);
    let case = |program, arguments, output| Case { program, arguments, script: None, output };
    vec![
        case("ask", &["Hello from C++! \"ünd\" \\"], "You said: Hello from C++! \"ünd\" \\\n"),
        case("ask", &[], "You said: Say hello.\n"),
        case("ask_with_tool", &[], "[add(19, 23) = 42]\nThe tool add answered: 42\n(1 added)\n"),
        Case {
            script: Some(list),
            ..case("ask_with_tool", &["List the files."], "[shell: refused]\nDone.\n(0 added)\n")
        },
        case("loop", &["9", "one two"], "You said: one two\n[done]\n"),
        case("loop", &["5", "one two three four five six"], "You said: one two three\n[cut off]\n"),
        case("pull", &[], "[clock]\nThe tool clock answered: a quarter to nine\n"),
    ]
}

fn sources() -> Vec<PathBuf> {
    let entries = fs::read_dir(c::root().join("examples/cpp")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "cpp")).collect()
}

#[test]
fn each_is_short_and_is_run_by_these_tests() {
    let run: Vec<_> = cases().iter().map(|case| case.program).collect();
    for path in sources() {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= MAX_LINES, "{} has {lines} lines; {MAX_LINES} are allowed", path.display());
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(run.contains(&name), "nothing runs {}", path.display());
    }
}

fn compile(compiler: &str, standard: &str, source: &Path, library: &Path) {
    let program = library.join(source.file_stem().unwrap());
    let output = Command::new(compiler)
        .args([&format!("-std={standard}"), "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion"])
        .args(["-Werror", "-g", "-I"])
        .arg(c::root().join("include"))
        .arg(source)
        .arg("-o")
        .arg(program)
        .arg(format!("-L{}", library.display()))
        .arg("-lcopilot")
        .arg(format!("-Wl,-rpath,{}", library.display()))
        .output()
        .unwrap_or_else(|why| panic!("{compiler} cannot be run: {why}"));
    assert!(output.status.success(), "{compiler}: {}", String::from_utf8_lossy(&output.stderr));
}

fn has(compiler: &str) -> bool {
    compiler == "g++" || Command::new(compiler).arg("--version").output().is_ok()
}

/// The folder with all of them.
fn built() -> &'static Path {
    static BUILT: LazyLock<PathBuf> = LazyLock::new(|| {
        let library = c::library_folder("examples-cpp");
        for (compiler, standard) in COMPILERS.into_iter().filter(|(compiler, _)| has(compiler)) {
            sources().iter().for_each(|source| compile(compiler, standard, source, &library));
        }
        library
    });
    &BUILT
}

/// Runs one as a user would from a shell and returns how it was not as expected.
fn fault(cli: &Cli, case: &Case, model: &Model, id: &str) -> Option<String> {
    let fence = Fence::new(cli);
    if let Some(script) = &case.script {
        model.script(id, script);
    }
    let session = json!({
        "model": "fake",
        "provider": { "type": "openai", "baseUrl": model.base_url(id), "apiKey": "none" },
    });
    let mut command = Command::new(built().join(case.program));
    command.args(case.arguments).current_dir(fence.workdir()).env_clear();
    for (name, value) in fence.env().as_object().unwrap() {
        command.env(name, value.as_str().unwrap());
    }
    command.env("COPILOT_CLI_PATH", &cli.path).env("COPILOT_SESSION_JSON", session.to_string());
    let output = c::run(&mut command, "", LIMIT);
    let right =
        output.status.success() && output.stdout == case.output.as_bytes() && output.stderr.is_empty();
    (!right).then(|| format!("{} {id}: {}\nexpected: {}", case.program, c::told(&output), case.output))
}

#[test]
fn each_converses_with_the_real_clis() {
    let model = Model::start();
    let faults = |cli: &Cli| -> Vec<String> {
        let cases = cases().into_iter().enumerate();
        cases.filter_map(|(n, case)| fault(cli, &case, &model, &format!("{}-cpp-{n}", cli.name))).collect()
    };
    let (clis, faults) = (clis::wanted(), &faults);
    let faults: Vec<_> = std::thread::scope(|scope| {
        let runs: Vec<_> = clis.iter().map(|cli| scope.spawn(move || faults(cli))).collect();
        runs.into_iter().flat_map(|run| run.join().unwrap()).collect()
    });
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}

#[test]
fn without_a_cli_they_say_so() {
    for case in cases() {
        let mut command = Command::new(built().join(case.program));
        let output = c::run(command.env_clear().env("COPILOT_CLI_PATH", "/nowhere/copilot"), "", LIMIT);
        let said = String::from_utf8_lossy(&output.stderr);
        let told = c::told(&output);
        assert_eq!(output.status.code(), Some(1), "{}: {told}", case.program);
        assert!(said.contains("/nowhere/copilot") && output.stdout.is_empty(), "{}: {told}", case.program);
    }
}
