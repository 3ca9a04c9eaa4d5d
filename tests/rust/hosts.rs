//! The same callbacks in different hosts: `npc.c` of `examples/game` in a command-line program, in an epoll server and in
//! Neovim.
//! The game itself, which needs SDL and an X server, is in `game.rs`.
//!
//! `COPILOT_TEST_CLIS` names the CLIs, as in `real_cli.rs`.

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use support::{c, clis, village};
use testbed::cli::Fence;
use testbed::model::Model;

const LIMIT: Duration = Duration::from_secs(100);
const PIECES: usize = 300;

#[test]
fn the_callbacks_know_no_host() {
    for file in ["npc.h", "npc.c", "scene.h", "scene.c"] {
        let text = fs::read_to_string(c::root().join("examples/game").join(file)).unwrap();
        let includes: Vec<_> = text.lines().filter(|line| line.starts_with("#include")).collect();
        assert!(
            includes.iter().all(|line| !line.contains("SDL") && !line.contains("sys/")),
            "{file}: {includes:?}"
        );
    }
}

#[test]
fn a_command_line_program_runs_them() {
    let library = c::library_folder("host-terminal");
    let programs = c::COMPILERS.into_iter().filter(|compiler| c::has(compiler));
    let programs: Vec<_> =
        programs.map(|compiler| village::build(compiler, &["terminal"], &[], &library)).collect();
    let model = Model::start();
    for cli in clis::wanted() {
        let (fence, id) = (Fence::new(&cli), format!("terminal-{}", cli.name));
        model.script(&id, &village::script(PIECES));
        let mut command = Command::new(&programs[0]);
        village::fenced(&mut command, &cli, &fence, &model, &id);
        let output = c::run(&mut command, &format!("{}\n", village::PROMPT), LIMIT);
        let expected = format!("Tam: {}\n{}\n", village::line(PIECES), village::SEEN);
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{}: {}", cli.name, c::told(&output));
        assert!(output.status.success() && output.stderr.is_empty(), "{}: {}", cli.name, c::told(&output));
        village::check_tools(&model, &id);
    }
}

#[test]
fn the_programs_say_what_is_missing() {
    let library = c::library_folder("host-lost");
    let program = village::build(c::COMPILERS[0], &["terminal"], &[], &library);
    let mut command = Command::new(program);
    let output = c::run(command.env_clear().env("COPILOT_CLI_PATH", "/nowhere/copilot"), "Hello\n", LIMIT);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.starts_with('(') && said.contains("/nowhere/copilot"), "{}", c::told(&output));
}

/// A server that is running, killed when a test fails.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// One visit: a line, and all that is answered.
fn visit(port: &str, words: &str) -> String {
    let mut visitor = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    visitor.set_read_timeout(Some(LIMIT)).unwrap();
    // In two parts, as a network may deliver it.
    let (first, rest) = words.split_at(words.len() / 2);
    visitor.write_all(first.as_bytes()).unwrap();
    visitor.write_all(format!("{rest}\n").as_bytes()).unwrap();
    let mut answer = String::new();
    visitor.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn an_epoll_server_runs_them() {
    let library = c::library_folder("host-server");
    let programs = c::COMPILERS.into_iter().filter(|compiler| c::has(compiler));
    let programs: Vec<_> =
        programs.map(|compiler| village::build(compiler, &["server"], &[], &library)).collect();
    let model = Model::start();
    for cli in clis::wanted() {
        let (fence, id) = (Fence::new(&cli), format!("server-{}", cli.name));
        let mut script = village::script(PIECES);
        script.as_array_mut().unwrap().push(serde_json::json!({ "text": "Good night." }));
        model.script(&id, &script);
        let mut command = Command::new(&programs[0]);
        village::fenced(&mut command, &cli, &fence, &model, &id);
        let mut server = Server(command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap());
        let mut output = BufReader::new(server.0.stdout.take().unwrap());
        let mut port = String::new();
        output.read_line(&mut port).unwrap();
        let port = port.trim().strip_prefix("PORT ").unwrap_or_else(|| panic!("{}: {port:?}", cli.name));

        assert_eq!(visit(port, village::PROMPT), format!("{}\n", village::line(PIECES)), "{}", cli.name);
        village::check_tools(&model, &id);
        assert_eq!(visit(port, "Thanks"), "Good night.\n", "{}", cli.name);

        drop(server.0.stdin.take());
        let mut last = String::new();
        output.read_to_string(&mut last).unwrap();
        assert_eq!(last, format!("{}\n", village::SEEN), "{}", cli.name);
        assert!(server.0.wait().unwrap().success(), "{}", cli.name);
    }
}

#[test]
fn an_editor_runs_them() {
    let library = c::library_folder("host-editor");
    let programs = c::COMPILERS.into_iter().filter(|compiler| c::has(compiler));
    let shared = ["-shared".to_owned(), "-fPIC".to_owned()];
    let programs: Vec<_> =
        programs.map(|compiler| village::build(compiler, &["editor"], &shared, &library)).collect();
    let model = Model::start();
    for cli in clis::wanted() {
        let (fence, id) = (Fence::new(&cli), format!("editor-{}", cli.name));
        model.script(&id, &village::script(PIECES));
        let shown = fence.workdir().join("shown");
        let mut command = Command::new("nvim");
        village::fenced(&mut command, &cli, &fence, &model, &id);
        command
            .args(["--headless", "--clean", "-n", "-c", "luafile $EDITOR_SCRIPT"])
            .env("EDITOR_SCRIPT", c::root().join("examples/game/editor.lua"))
            .env("EDITOR_LIBRARY", &programs[0])
            .env("EDITOR_WORDS", village::PROMPT)
            .env("EDITOR_SHOW", &shown);
        let output = c::run(&mut command, "", LIMIT);
        let expected = format!("Tam: {}\n{}\n", village::line(PIECES), village::SEEN);
        let buffer = fs::read_to_string(&shown).unwrap_or_default();
        assert_eq!(buffer, expected, "{}: {}", cli.name, c::told(&output));
        assert!(output.status.success() && output.stderr.is_empty(), "{}: {}", cli.name, c::told(&output));
        village::check_tools(&model, &id);
    }
}
