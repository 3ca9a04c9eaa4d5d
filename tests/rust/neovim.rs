//! `examples/neovim` in a headless Neovim, with real CLIs and the scripted model.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{c, clis};
use testbed::cli::{Cli, Fence};
use testbed::model::Model;

const LIMIT: Duration = Duration::from_secs(100);
/// The plug-in leaves a CLI a second for its end.
const QUICK: Duration = Duration::from_secs(20);

/// A Neovim to be, and where the model finds its script.
struct Editor<'a> {
    library: &'a Path,
    model: &'a Model,
    fence: Fence,
    cli: PathBuf,
    id: String,
}

impl<'a> Editor<'a> {
    fn new(library: &'a Path, model: &'a Model, cli: &Cli, script: &Value) -> Editor<'a> {
        static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let count = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let id = format!("neovim-{}-{count}", cli.name);
        model.script(&id, script);
        Editor { library, model, fence: Fence::new(cli), cli: cli.path.clone(), id }
    }

    /// Runs a case of the driver, and returns what it has written. Neovim itself must have nothing to say.
    fn run(&self, case: &str) -> Value {
        let result = self.fence.workdir().join("result.json");
        let session = json!({
            "model": "fake",
            "provider": { "type": "openai", "baseUrl": self.model.base_url(&self.id), "apiKey": "none" },
        });
        let mut command = Command::new("nvim");
        command
            .args(["--headless", "--clean", "-n", "-c"])
            .args(["luafile $NEOVIM_DRIVER", "-c", "cquit"])
            .env_clear();
        for (variable, value) in self.fence.env().as_object().unwrap() {
            command.env(variable, value.as_str().unwrap());
        }
        command
            .current_dir(self.fence.workdir())
            .env("COPILOT_CLI_PATH", &self.cli)
            .env("COPILOT_LIBRARY", self.library.join("libcopilot.so"))
            .env("COPILOT_SESSION_JSON", session.to_string())
            .env("NEOVIM_DRIVER", c::root().join("tests/neovim/drive.lua"))
            .env("NEOVIM_ROOT", c::root())
            .env("NEOVIM_WORKDIR", self.fence.workdir())
            .env("NEOVIM_CASE", case)
            .env("NEOVIM_RESULT", &result);
        let output = c::run(&mut command, "", LIMIT);
        let quiet = output.status.success() && output.stdout.is_empty() && output.stderr.is_empty();
        let written: Value = fs::read_to_string(&result)
            .ok()
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_else(|| panic!("{}: {case} has written nothing: {}", self.id, c::told(&output)));
        assert!(quiet && written["failed"].is_null(), "{}: {written}\n{}", self.id, c::told(&output));
        assert_eq!(json!([]), written["notified"], "{}", self.id);
        written
    }

    /// All that the model was asked, as one text.
    fn asked(&self) -> String {
        self.model.requests(&self.id).iter().map(Value::to_string).collect()
    }
}

/// Runs a check on every CLI that is wanted.
fn on_each_cli(folder: &str, check: impl Fn(&Path, &Model, &Cli)) {
    let (library, model) = (c::library_folder(folder), Model::start());
    for cli in clis::wanted() {
        check(&library, &model, &cli);
    }
}

#[test]
fn an_answer_streams_into_a_buffer_and_a_tool_reads_another() {
    on_each_cli("neovim-reads", |library, model, cli| {
        let pieces: Vec<_> =
            (1..=20).map(|n| format!("piece {n} ")).chain(["\nthe last.".to_owned()]).collect();
        let script = json!([
            { "tools": [["read_buffer", { "first": 2, "last": 3 }]] },
            { "chunks": pieces, "delay_ms": 20 },
            { "text": "Again." },
        ]);
        let editor = Editor::new(library, model, cli, &script);
        let told = editor.run("reads_the_buffer");

        let streamed: String = pieces.concat();
        let (first, last) = streamed.split_once('\n').unwrap();
        let mut lines = vec!["> Which sweet thing is on my list?", "", first, last];
        assert_eq!(json!(lines), told["first"], "{}", cli.name);
        lines.extend(["", "> Again?", "", "Again."]);
        assert_eq!(json!(lines), told["both"], "{}", cli.name);
        assert_eq!("shopping.txt", told["current"], "the cursor was moved");

        let asked = editor.asked();
        assert!(asked.contains("bread\\\\nhoney from the unsaved buffer"), "{}: {asked}", cli.name);
        assert!(!asked.contains("milk") && !asked.contains("salt"), "lines that were not asked for: {asked}");

        // The twenty pieces take four tenths of a second. A timer goes on meanwhile, and sees them come.
        let of = |name: &str| told["beat"][name].as_u64().unwrap();
        let alive = of("ticks") >= 10 && of("states") >= 5;
        assert!(alive, "{}: the editor stood still: {}", cli.name, told["beat"]);
    });
}

#[test]
fn permission_is_asked_for_by_the_editors_own_means() {
    on_each_cli("neovim-asks", |library, model, cli| {
        let run =
            |command: &str| json!({ "tools": [["bash", { "command": command, "description": "Look" }]] });
        let script = json!([run("ls -a"), run("touch made"), { "text": "Done." }]);
        let editor = Editor::new(library, model, cli, &script);
        let told = editor.run("asks_for_permission");
        let ask = |what: &str| {
            let prompt = format!("The agent wants to use shell {what}");
            json!({ "items": ["Allow once", "Refuse"], "prompt": prompt })
        };
        assert_eq!(json!([ask("ls -a"), ask("touch made")]), told["asked"], "{}", cli.name);
        assert_eq!(json!(["> Look around", "", "Done."]), told["lines"], "{}", cli.name);
        assert!(!editor.fence.workdir().join("made").exists(), "{}: what was refused was done", cli.name);
    });
}

#[test]
fn an_answer_is_stopped() {
    on_each_cli("neovim-stops", |library, model, cli| {
        let script = json!([{ "chunks": ["Once", " upon"], "hang_after": 2 }]);
        let told = Editor::new(library, model, cli, &script).run("stops");
        let lines: Vec<_> = told["lines"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert_eq!(["> Tell me everything", ""], lines[..2], "{}", cli.name);
        assert!(lines[2].starts_with("Once"), "{}: {lines:?}", cli.name);
        assert_eq!(["", "(stopped)"], lines[3..], "{}", cli.name);
    });
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
fn the_editor_is_left_while_an_answer_streams() {
    on_each_cli("neovim-left", |library, model, cli| {
        let script = json!([{ "chunks": ["Once", " upon"], "hang_after": 2 }]);
        let editor = Editor::new(library, model, cli, &script);
        let began = Instant::now();
        editor.run("is_left_while_it_streams");
        while !inhabitants(&editor.fence).is_empty() {
            assert!(began.elapsed() < QUICK, "{}: {:?} live on", cli.name, inhabitants(&editor.fence));
            std::thread::sleep(Duration::from_millis(10));
        }
    });
}

#[test]
fn without_a_cli_the_buffer_says_so() {
    let (library, model) = (c::library_folder("neovim-lost"), Model::start());
    let cli = clis::wanted().remove(0);
    let mut editor = Editor::new(&library, &model, &cli, &json!([]));
    editor.cli = "/nowhere/copilot".into();
    let told = editor.run("has_no_cli");
    let last = told["lines"].as_array().unwrap().last().unwrap().as_str().unwrap();
    assert!(last.starts_with("(failed: ") && last.contains("/nowhere/copilot"), "{last}");
}
