//! The program `fake-runtime`: reads its environment and runs.

use std::collections::BTreeMap;
use std::env;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, exit};
use std::thread;

use serde_json::{Value, json};

use super::faults::new_image;
use super::journal::Journal;
use super::player::Player;
use super::script::Script;
use super::server::Server;
use super::tcp;
use super::{FILE_VARIABLE, LOG_VARIABLE, SCRIPT_VARIABLE};

/// Set in the image that ignores SIGTERM, so that it does not start yet another one.
const SIGTERM_IGNORED: &str = "FAKE_RUNTIME_SIGTERM_IGNORED";
/// Exit code for a script that cannot be used, as in sysexits.h.
const USAGE: i32 = 64;

/// Runs the fake runtime on this process' stdin and stdout, or as a server on TCP.
pub fn main() -> ! {
    let log_path = env::var_os(LOG_VARIABLE).map(PathBuf::from);
    let journal = Journal::open(log_path.as_deref()).unwrap_or_else(|error| {
        fail(&format!("{LOG_VARIABLE} names a file that cannot be written: {error}"))
    });
    let script = read_script(log_path.as_deref()).unwrap_or_else(|error| {
        journal.note(&json!({"script_error": error}));
        fail(&format!("the script cannot be used: {error}"))
    });
    if script.mentions("ignore_sigterm") && env::var_os(SIGTERM_IGNORED).is_none() {
        let error = ignoring_sigterm().exec();
        fail(&format!("cannot start sh to ignore SIGTERM: {error}"));
    }
    if script.drain().is_none() {
        journal.note(&first_record(&script));
    }
    run(script, journal)
}

fn run(script: Script, journal: Journal) -> ! {
    if let Some(port) = tcp::wanted_port(env::args()) {
        tcp::serve(script, journal, port)
    }
    let (start, drain) = (script.start(), script.drain());
    let server = Server::new(script, journal)
        .unwrap_or_else(|error| fail(&format!("cannot use the standard output: {error}")));
    let player = Player::for_start(server.clone());
    if let Some(ignores_eof) = drain {
        if ignores_eof {
            server.ignore_eof();
        }
        thread::spawn(move || player.play_list(&start));
        server.drain()
    }
    player.play_list(&start);
    server.serve(std::io::stdin())
}

fn read_script(log: Option<&Path>) -> Result<Script, String> {
    let text = match (env::var(SCRIPT_VARIABLE), env::var_os(FILE_VARIABLE)) {
        (Ok(text), _) => text,
        (_, Some(file)) => {
            std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?
        }
        _ => "{}".into(),
    };
    Script::parse(&text, log.map_or(0, runs_so_far))
}

/// How many processes wrote their first record to this log.
fn runs_so_far(log: &Path) -> usize {
    let text = std::fs::read(log).unwrap_or_default();
    String::from_utf8_lossy(&text).lines().filter(|line| line.starts_with(r#"{"argv":"#)).count()
}

/// This program started by a shell that ignores SIGTERM, which an exec keeps; the standard library cannot.
fn ignoring_sigterm() -> Command {
    let image = new_image();
    let mut shell = Command::new("sh");
    shell.args(["-c", r#"trap "" TERM; exec "$0" "$@""#]).arg(image.get_program()).args(image.get_args());
    shell.env(SIGTERM_IGNORED, "1");
    shell
}

fn first_record(script: &Script) -> Value {
    let argv: Vec<_> = env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect();
    let cwd = env::current_dir().map(|path| path.to_string_lossy().into_owned()).unwrap_or_default();
    json!({"argv": argv, "env": logged_env(&script.log_env()), "cwd": cwd, "pid": std::process::id()})
}

/// The variables that a client sets or removes, and those that the script names. Others can be secrets of the
/// person who runs the tests.
fn logged_env(named: &[String]) -> BTreeMap<String, String> {
    let wanted = |name: &str| {
        let prefixes = ["COPILOT_", "OTEL_", "XDG_"];
        prefixes.iter().any(|prefix| name.starts_with(prefix))
            || ["HOME", "NODE_DEBUG"].contains(&name)
            || named.iter().any(|one| one == name)
    };
    let all = env::vars_os().map(|(name, value)| (lossy(name), lossy(value)));
    all.filter(|(name, _)| wanted(name)).collect()
}

fn lossy(text: std::ffi::OsString) -> String {
    text.to_string_lossy().into_owned()
}

fn fail(text: &str) -> ! {
    eprintln!("fake-runtime: {text}");
    exit(USAGE)
}
