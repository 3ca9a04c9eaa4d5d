//! The programs of `examples/c` and those in foreign event loops, `examples/glib` and `examples/libuv`: short, accepted by both compilers, and right when they converse with the real CLIs.
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
/// Those that have a test of their own.
const APART: [&str; 3] = ["01_version", "11_resume", "12_own_test"];

/// What a program gets and what it prints, whatever the CLI.
#[derive(Default)]
struct Case {
    program: &'static str,
    /// `${workdir}` is the folder it runs in, `${model}` the base URL of the model, `${host}` the same without "/v1".
    arguments: &'static [&'static str],
    env: &'static [(&'static str, &'static str)],
    /// The model's steps; without them it is the echo.
    script: Option<Value>,
    input: &'static str,
    output: &'static str,
    /// What the requests that the model gets must have somewhere.
    seen: &'static [&'static str],
    /// The CLI that is the first to do it; without it all do.
    since: Option<&'static str>,
}

impl Case {
    fn echoed(program: &'static str, arguments: &'static [&'static str], output: &'static str) -> Case {
        Case { program, arguments, output, ..Case::default() }
    }

    /// Allowed, denied, and chained to what is allowed.
    fn ruled() -> Case {
        let run =
            |command: &str| json!({ "tools": [["bash", { "command": command, "description": "Look" }]] });
        let script = json!([run("ls -a"), run("rm -rf ."), run("ls && touch made"), { "text": "Done." }]);
        let output = "[allow by /allow/0: ls -a]\n[deny by /deny/0: rm -rf .]\nDone.\n";
        Case { program: "13_policy", script: Some(script), output, ..Case::default() }
    }

    /// The model calls a tool, then says that it is done.
    fn calling(program: &'static str, tool: Value, input: &'static str, output: &'static str) -> Case {
        let script = Some(json!([{ "tools": [tool] }, { "text": "Done." }]));
        Case { program, script, input, output, ..Case::default() }
    }

    fn listing(program: &'static str, input: &'static str, output: &'static str) -> Case {
        let list = json!(["bash", { "command": "ls", "description": "List the files" }]);
        Case::calling(program, list, input, output)
    }

    fn asking(input: &'static str, output: &'static str) -> Case {
        let question = json!({ "question": "Which colour?", "choices": ["red", "blue"] });
        Case::calling("14_user_input", json!(["ask_user", question]), input, output)
    }

    fn seen(self, seen: &'static [&'static str]) -> Case {
        Case { seen, ..self }
    }

    fn with_env(self, env: &'static [(&'static str, &'static str)]) -> Case {
        Case { env, ..self }
    }

    fn since(self, version: &'static str) -> Case {
        Case { since: Some(version), ..self }
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
        Case::listing(
            "05_permission",
            "y\n",
            "The agent wants to use shell: ls\nAllow? [y/n] [shell: allowed]\nDone.\n",
        ),
        Case::listing(
            "05_permission",
            "n\n",
            "The agent wants to use shell: ls\nAllow? [y/n] [shell: refused]\nDone.\n",
        ),
        Case::echoed(
            "06_pull",
            &["Ask the clock for the time."],
            "[clock]\nThe tool clock answered: a quarter to nine\n",
        ),
        Case::ruled(),
    ]
    .into_iter()
    .chain(cases_of_hosts())
    .chain(cases_of_groups())
    .collect()
}

/// 07 to 12: one for each kind of host, and for what hosts do.
fn cases_of_hosts() -> Vec<Case> {
    vec![
        Case::echoed(
            "07_epoll",
            &[],
            "1: You said: Hello number 1\n2: You said: Hello number 2\n3: You said: Hello number 3\n",
        ),
        Case::echoed("08_frames", &["Hail!"], "You said: Hail!\nframes went on meanwhile: yes\n"),
        Case::echoed(
            "09_answer_later",
            &[],
            "[the build begins]\nYou said: How are you meanwhile?\nThe tool build answered: no errors\n",
        ),
        Case {
            program: "10_cancel",
            script: Some(Value::from(vec![json!({ "tools": [["dig", {}]] }); 3])),
            output: "cancelled: COPILOT_E_CANCELLED\naborted: COPILOT_E_CANCELLED, reason aborted\n\
                     the time is up: COPILOT_E_TIMEOUT\n",
            ..Case::default()
        },
    ]
}

/// Those from 14 on: one for each group of features.
fn cases_of_groups() -> Vec<Case> {
    const SYSTEM: &str = "16_system_message";
    let hello = "You said: Say hello.\n";
    vec![
        Case::asking("2\n", "Which colour?\n  1 red\n  2 blue\nDone.\n").seen(&["blue"]),
        Case::asking("mauve\n", "Which colour?\n  1 red\n  2 blue\nDone.\n").seen(&["mauve"]),
        Case::listing("15_hooks", "", "[bash: forbidden]\nDone.\n")
            .seen(&["Which files are here? Be brief.", "This machine has no shell for you."]),
        Case::echoed(SYSTEM, &["append", "Answer in French.", "Hi"], "You said: Hi\n")
            .seen(&["Answer in French.", "GitHub"]),
        Case::echoed(SYSTEM, &["replace", "You are a parrot.", "Hi"], "You said: Hi\n")
            .seen(&["You are a parrot."]),
        Case::echoed(SYSTEM, &["customize", "Speak like a pirate.", "Hi"], "You said: Hi\n")
            .seen(&["Speak like a pirate.", "GitHub"])
            .since("1.0.40"),
        Case::echoed(
            "17_attachments",
            &["What is it?", "${workdir}/notes.txt", "${workdir}/"],
            "You said: What is it?\n",
        )
        .seen(&["notes.txt"]),
        Case::echoed("17_attachments", &[], "You said: What is selected?\n")
            .seen(&["int answer = 42;"])
            .since("1.0.40"),
        Case::echoed("18_byok", &["openai", "fake", "${model}"], hello)
            .with_env(&[("OPENAI_API_KEY", "key-of-openai")])
            .seen(&["\"authorization\":\"Bearer key-of-openai\""]),
        Case::echoed("18_byok", &["azure", "fake", "${host}"], hello)
            .with_env(&[("AZURE_OPENAI_API_KEY", "key-of-azure")])
            .seen(&["/openai/deployments/fake/chat/completions", "\"api-key\":\"key-of-azure\""])
            // The CLIs before drop the path of the address, and so the name of the script.
            .since("1.0.85"),
        Case::echoed("18_byok", &["anthropic", "fake", "${host}"], hello)
            .with_env(&[("ANTHROPIC_API_KEY", "key-of-anthropic")])
            .seen(&["/v1/messages", "\"x-api-key\":\"key-of-anthropic\""]),
        Case::echoed("18_byok", &["ollama", "fake", "${model}"], hello).seen(&["/chat/completions"]),
        Case {
            program: "20_mcp",
            arguments: &["Note that.", "python3", "${workdir}/notes_server.py"],
            script: Some(json!([{ "tools": [["notes-add", { "text": "milk" }]] }, { "text": "Done." }])),
            output: "[notes-add: allowed]\nDone.\n",
            seen: &["noted: milk"],
            ..Case::default()
        },
        Case {
            program: "21_custom_agents",
            script: Some(json!([
                { "tools": [["task", { "agent_type": "poet", "name": "verse", "mode": "sync",
                                       "description": "A poem", "prompt": "Write about C." }]] },
                { "text": "Two lines that rhyme." },
                { "text": "Done." },
            ])),
            output: "[Poet: started]\npoet: Two lines that rhyme.\n[Poet: completed]\nmain: Done.\n",
            seen: &["You are a poet."],
            since: Some("1.0.40"),
            ..Case::default()
        },
        Case::echoed(
            "22_lifecycle",
            &[],
            "session.created\nlisted: yes\nsession.deleted\nlisted: no\nthe client is disconnected\n",
        ),
        Case {
            program: "23_chat",
            script: Some(json!([
                { "text": "Hello." },
                { "tools": [["bash", { "command": "ls", "description": "List the files" }]] },
                { "text": "Done." },
            ])),
            input: "Hi\n/model other\nWhat is here?\ny\n/quit\n",
            output: "> Hello.\n> > [shell: ls] allow? Done.\n> ",
            seen: &["\"model\":\"other\""],
            ..Case::default()
        },
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
    let run: Vec<_> = cases().iter().map(|case| case.program).chain(APART).collect();
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
    for (name, text) in [("notes.txt", "milk"), ("notes_server.py", include_str!("support/notes_server.py"))]
    {
        fs::write(fence.workdir().join(name), text).unwrap();
    }
    command
}

/// All that the model was asked, paths, headers and bodies, as one JSON text.
fn asked(model: &Model, id: &str) -> String {
    let records = model.records(id).into_iter();
    records.map(|record| json!([record.path, record.headers, record.body]).to_string()).collect()
}

/// Runs one and returns how it was not as expected.
fn fault(folder: &Path, cli: &Cli, case: &Case, model: &Model, id: &str) -> Option<String> {
    let fence = Fence::new(cli);
    if let Some(script) = &case.script {
        model.script(id, script);
    }
    let url = model.base_url(id);
    let place = |argument: &&str| {
        argument
            .replace("${workdir}", fence.workdir().to_str().unwrap())
            .replace("${model}", &url)
            .replace("${host}", url.trim_end_matches("/v1"))
    };
    let mut command = converse(folder, case.program, cli, &fence, model, id);
    command.args(case.arguments.iter().map(place)).envs(case.env.iter().copied());
    let output = c::run(&mut command, case.input, LIMIT);
    let asked = asked(model, id);
    let missed: Vec<_> = case.seen.iter().filter(|text| !asked.contains(**text)).collect();
    let right =
        output.status.success() && output.stdout == case.output.as_bytes() && output.stderr.is_empty();
    (!right || !missed.is_empty()).then(|| {
        let told = c::told(&output);
        format!("{} {id}: {told}\nexpected: {}\nnot seen by the model: {missed:?}", case.program, case.output)
    })
}

#[test]
fn each_converses_with_the_real_clis() {
    let folder = build("examples");
    let model = Model::start();
    let faults = |cli: &Cli| -> Vec<String> {
        let fits = |case: &Case| case.since.is_none_or(|version| cli.is_at_least(version));
        let numbered = cases().into_iter().enumerate().filter(|(_, case)| fits(case));
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

/// The event loops, each with the package that it is in.
const LOOPS: [(&str, &str); 2] = [("glib", "glib-2.0"), ("libuv", "libuv")];

#[test]
fn it_fits_into_foreign_loops() {
    let (folder, model) = (c::library_folder("examples-loops"), Model::start());
    for (name, package) in LOOPS {
        let (source, flags) = (c::root().join(format!("examples/{name}/ask.c")), c::package(package));
        for compiler in c::COMPILERS.into_iter().filter(|compiler| c::has(compiler)) {
            c::compile_as(name, compiler, std::slice::from_ref(&source), &flags, &folder);
        }
        let script = json!([
            { "tools": [["weigh", {}]] },
            { "tools": [["bash", { "command": "ls", "description": "List the files" }]] },
            { "text": "Done." },
        ]);
        let output = "[the clock ticked while the tool worked: yes]\n[shell: allowed]\nDone.\n";
        let case =
            Case { program: name, script: Some(script), output, seen: &["two pounds"], ..Case::default() };
        for cli in clis::wanted() {
            let fault = fault(&folder, &cli, &case, &model, &format!("{}-{name}", cli.name));
            assert_eq!(fault, None);
        }
    }
}

#[test]
fn a_program_tests_itself_against_a_scripted_server() {
    let folder = build("examples-tested");
    let server = testbed::runtime::program();
    let run = |server: &Path| {
        c::run(command(&folder, "12_own_test").env_clear().env("COPILOT_CLI_PATH", server), "", LIMIT)
    };
    let told = run(&server);
    let output = "ok 1 - tea has a price\nok 2 - gold has none\nok 3 - reading is allowed\n\
                  ok 4 - deleting is not\n1..4\n";
    assert!(told.status.success() && told.stderr.is_empty(), "{}", c::told(&told));
    assert_eq!(String::from_utf8_lossy(&told.stdout), output);
    assert!(!run(Path::new("/nowhere/copilot")).status.success());
}

#[test]
fn a_session_goes_on_in_the_next_program() {
    let folder = build("examples-resumed");
    let model = Model::start();
    for cli in clis::wanted() {
        let fence = Fence::new(&cli);
        for (prompt, output) in [
            ("Use add: what is 1 + 2?", "(a new session: my-notes)\nThe tool add answered: 3\n"),
            ("Use add: what is 3 + 4?", "(going on with my-notes)\nThe tool add answered: 7\n"),
        ] {
            let mut command = converse(&folder, "11_resume", &cli, &fence, &model, &cli.name);
            let told = c::run(command.args(["my-notes", prompt]), "", LIMIT);
            assert_eq!(String::from_utf8_lossy(&told.stdout), output, "{}: {}", cli.name, c::told(&told));
            assert!(told.stderr.is_empty(), "{}: {}", cli.name, c::told(&told));
        }
        let last = model.records(&cli.name).pop().unwrap().body.to_string();
        assert!(last.contains("what is 1 + 2?"), "{}: the history is gone: {last}", cli.name);
    }
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
