//! The programs of `examples/c`: short, accepted by both compilers, and right when they converse with the real CLIs.
//!
//! `COPILOT_TEST_CLIS` names the CLIs, as in `real_cli.rs`.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{c, clis};
use testbed::cli::{Cli, Fence};
use testbed::model::Model;

const LIMIT: Duration = Duration::from_secs(100);
const MAX_LINES: usize = 80;

/// What a program gets and what it prints, whatever the CLI.
struct Case {
    program: &'static str,
    arguments: &'static [&'static str],
    /// The model's steps; without them it is the echo.
    script: Option<Value>,
    input: &'static str,
    output: &'static str,
}

impl Case {
    fn echoed(program: &'static str, arguments: &'static [&'static str], output: &'static str) -> Case {
        Case { program, arguments, script: None, input: "", output }
    }

    /// Allowed, denied, and chained to what is allowed.
    fn ruled() -> Case {
        let run =
            |command: &str| json!({ "tools": [["bash", { "command": command, "description": "Look" }]] });
        let script = json!([run("ls -a"), run("rm -rf ."), run("ls && touch made"), { "text": "Done." }]);
        Case {
            program: "13_policy",
            arguments: &[],
            script: Some(script),
            input: "",
            output: "[allow by /allow/0: ls -a]\n[deny by /deny/0: rm -rf .]\nDone.\n",
        }
    }

    fn listing(input: &'static str, output: &'static str) -> Case {
        let list = json!({ "tools": [["bash", { "command": "ls", "description": "List the files" }]] });
        let script = Some(json!([list, { "text": "Done." }]));
        Case { program: "05_permission", arguments: &["What is here?"], script, input, output }
    }
}

fn cases() -> Vec<Case> {
    vec![
        Case::echoed("02_ask", &["Hello from C! \"ünd\" \\"], "You said: Hello from C! \"ünd\" \\\n"),
        Case::echoed("02_ask", &[], "You said: Say hello.\n"),
        Case::echoed("03_stream", &["word by word"], "You said: word by word\n(22 bytes streamed)\n"),
        Case::echoed(
            "04_tool",
            &["Use add: what is 19 + 23?"],
            "[add(19, 23) = 42]\nThe tool add answered: 42\n",
        ),
        Case::listing("y\n", "The agent wants to use shell: ls\nAllow? [y/n] [shell: allowed]\nDone.\n"),
        Case::listing("n\n", "The agent wants to use shell: ls\nAllow? [y/n] [shell: refused]\nDone.\n"),
        Case::echoed(
            "06_pull",
            &["Ask the clock for the time."],
            "[clock]\nThe tool clock answered: a quarter to nine\n",
        ),
        Case::ruled(),
    ]
}

/// Every example's source.
fn sources() -> Vec<PathBuf> {
    let entries = fs::read_dir(c::root().join("examples/c")).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "c"));
    paths.sort();
    paths
}

#[test]
fn each_is_short_and_is_run_by_these_tests() {
    let run: Vec<_> = cases().iter().map(|case| case.program).chain(["01_version"]).collect();
    for path in sources() {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= MAX_LINES, "{} has {lines} lines; {MAX_LINES} are allowed", path.display());
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(run.contains(&name), "nothing runs {}", path.display());
    }
}

/// Builds all of them with every compiler that there is; the folder has those of the first.
fn build(folder: &str) -> PathBuf {
    let library = c::library_folder(folder);
    for compiler in c::COMPILERS.into_iter().filter(|compiler| c::has(compiler)) {
        for source in sources() {
            c::compile(compiler, &source, &library);
        }
    }
    library
}

fn command(folder: &Path, program: &str) -> Command {
    Command::new(folder.join(format!("{program}-{}", c::COMPILERS[0])))
}

#[test]
fn the_version_needs_nothing() {
    let folder = build("examples-version");
    let output = c::run(command(&folder, "01_version").env_clear(), "", LIMIT);
    let said = String::from_utf8_lossy(&output.stdout);
    let (first, second) = said.split_once('\n').unwrap();
    assert!(output.status.success(), "{}", c::told(&output));
    assert!(first.starts_with(concat!("libcopilot ", env!("CARGO_PKG_VERSION"), ", ABI ")), "{first}");
    let about: Value = serde_json::from_str(second).unwrap();
    assert_eq!(about["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn without_a_cli_they_say_so() {
    let folder = build("examples-lost");
    for case in cases() {
        let mut command = command(&folder, case.program);
        let output = c::run(command.env_clear().env("COPILOT_CLI_PATH", "/nowhere/copilot"), "", LIMIT);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{}: {}", case.program, c::told(&output));
        assert!(
            said.starts_with("create: ") && said.contains("/nowhere/copilot"),
            "{}: {said}",
            case.program
        );
        assert!(output.stdout.is_empty(), "{}: {}", case.program, c::told(&output));
    }
}

/// One of them as a user would run it from a shell, with the model of this script.
fn converse(folder: &Path, program: &str, cli: &Cli, fence: &Fence, model: &Model, id: &str) -> Command {
    let session = json!({
        "model": "fake",
        "provider": { "type": "openai", "baseUrl": model.base_url(id), "apiKey": "none" },
    });
    let mut command = command(folder, program);
    command.current_dir(fence.workdir()).env_clear();
    for (name, value) in fence.env().as_object().unwrap() {
        command.env(name, value.as_str().unwrap());
    }
    command.env("COPILOT_CLI_PATH", &cli.path).env("COPILOT_SESSION_JSON", session.to_string());
    command
}

/// Runs one and returns how it was not as expected.
fn fault(folder: &Path, cli: &Cli, case: &Case, model: &Model, id: &str) -> Option<String> {
    let fence = Fence::new(cli);
    if let Some(script) = &case.script {
        model.script(id, script);
    }
    let mut command = converse(folder, case.program, cli, &fence, model, id);
    let output = c::run(command.args(case.arguments), case.input, LIMIT);
    let right =
        output.status.success() && output.stdout == case.output.as_bytes() && output.stderr.is_empty();
    (!right).then(|| format!("{} {id}: {}\nexpected: {}", case.program, c::told(&output), case.output))
}

#[test]
fn each_converses_with_the_real_clis() {
    let folder = build("examples");
    let model = Model::start();
    let faults = |cli: &Cli| -> Vec<String> {
        let numbered = cases().into_iter().enumerate();
        numbered
            .filter_map(|(n, case)| fault(&folder, cli, &case, &model, &format!("{}-{n}", cli.name)))
            .collect()
    };
    let (clis, faults) = (clis::wanted(), &faults);
    let faults: Vec<_> = std::thread::scope(|scope| {
        let runs: Vec<_> = clis.iter().map(|cli| scope.spawn(move || faults(cli))).collect();
        runs.into_iter().flat_map(|run| run.join().unwrap()).collect()
    });
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}

/// The processes that run in the home of this fence.
fn inhabitants(fence: &Fence) -> Vec<String> {
    let home = format!("HOME={}", fence.env()["HOME"].as_str().unwrap());
    let processes = fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path());
    let lives_there = |process: &PathBuf| {
        let environment = fs::read(process.join("environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable == home.as_bytes())
    };
    processes.filter(lives_there).map(|process| process.display().to_string()).collect()
}

#[test]
fn a_host_that_is_killed_leaves_nothing_running() {
    let folder = build("examples-killed");
    let model = Model::start();
    for cli in clis::wanted() {
        let fence = Fence::new(&cli);
        model.script(&cli.name, &json!([{ "hang": true }]));
        let mut command = converse(&folder, "02_ask", &cli, &fence, &model, &cli.name);
        let mut host = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        model.wait_requests(&cli.name, 1, LIMIT).unwrap();
        assert!(inhabitants(&fence).len() > 1, "{}: the CLI and its host are not found", cli.name);
        host.kill().unwrap();
        host.wait().unwrap();
        let deadline = Instant::now() + LIMIT;
        while !inhabitants(&fence).is_empty() {
            assert!(Instant::now() < deadline, "{}: {:?} live on", cli.name, inhabitants(&fence));
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

#[test]
fn the_readme_shows_a_program_that_compiles() {
    let readme = fs::read_to_string(c::root().join("README.md")).unwrap();
    let program = readme.split("```c\n").nth(1).unwrap().split("```").next().unwrap();
    let folder = c::library_folder("readme");
    let source = folder.join("readme.c");
    fs::write(&source, program).unwrap();
    for compiler in c::COMPILERS.into_iter().filter(|compiler| c::has(compiler)) {
        c::compile(compiler, &source, &folder);
    }
}
