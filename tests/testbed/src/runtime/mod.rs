//! A fake Copilot runtime, for the faults and flows that a real CLI cannot be made to have.
//!
//! The program `fake-runtime` speaks the wire as protocol 2 or 3 over stdio or TCP and plays a script; a
//! [`FakeRuntime`] holds the script and the log of one test. tests/testbed/RUNTIME.md describes the script.

mod builtin;
mod clock;
mod faults;
mod frame;
mod journal;
mod player;
pub mod program;
mod questions;
mod script;
mod server;
mod tcp;

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// The variable with the script itself.
const SCRIPT_VARIABLE: &str = "FAKE_RUNTIME";
/// The variable with the path of a file that holds the script.
const FILE_VARIABLE: &str = "FAKE_RUNTIME_FILE";
/// The variable with the path of the log.
const LOG_VARIABLE: &str = "FAKE_RUNTIME_LOG";
/// The variable with the path of the program, for tests that are not beside it.
const PROGRAM_VARIABLE: &str = "FAKE_RUNTIME_PROGRAM";

/// A script and the log of the processes that play it, in a folder of their own.
///
/// Dropping it ends the grandchildren that the script left behind and removes the folder, unless the test is
/// panicking: then the log stays for reading.
pub struct FakeRuntime {
    folder: PathBuf,
}

impl FakeRuntime {
    /// Writes the script down. Starts nothing.
    ///
    /// # Panics
    /// When the script holds an unknown word, or the temporary folder cannot be written.
    pub fn new(script: Value) -> FakeRuntime {
        let text = script.to_string();
        for run in 0..script["runs"].as_array().map_or(1, Vec::len) {
            script::Script::parse(&text, run).unwrap_or_else(|error| panic!("a bad script: {error}"));
        }
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = env::temp_dir().join(format!("fake-runtime-{}-{number}", std::process::id()));
        // A folder of this name is left over from a process that had the same id.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("the temporary folder can be written");
        let runtime = FakeRuntime { folder };
        fs::write(runtime.script_path(), text).expect("the temporary folder can be written");
        runtime
    }

    /// The client options that make libcopilot run the fake instead of a CLI.
    ///
    /// # Panics
    /// As [`program`].
    pub fn options(&self) -> Value {
        let env: serde_json::Map<_, _> =
            self.env().into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        json!({"cliPath": program().to_string_lossy(), "env": env})
    }

    /// The variables that the fake reads.
    pub fn env(&self) -> [(&'static str, String); 2] {
        let text = |path: PathBuf| path.to_string_lossy().into_owned();
        [(FILE_VARIABLE, text(self.script_path())), (LOG_VARIABLE, text(self.log_path()))]
    }

    /// The fake as a command with piped stdio, for tests that speak to it themselves.
    ///
    /// # Panics
    /// As [`program`].
    pub fn command(&self) -> Command {
        let mut command = Command::new(program());
        command.env_remove(SCRIPT_VARIABLE).envs(self.env());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Where the log is.
    pub fn log_path(&self) -> PathBuf {
        self.folder.join("log.jsonl")
    }

    fn script_path(&self) -> PathBuf {
        self.folder.join("script.json")
    }

    /// The log so far, without a line that is still being written.
    ///
    /// # Panics
    /// When a whole line is not JSON.
    pub fn log(&self) -> Vec<Value> {
        let bytes = fs::read(self.log_path()).unwrap_or_default();
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        String::from_utf8_lossy(&bytes[..whole])
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}")))
            .collect()
    }

    /// The requests and notifications of this method that the client sent, as whole messages.
    pub fn received(&self, method: &str) -> Vec<Value> {
        let mut log = self.log();
        log.retain(|record| record["in"]["method"] == method);
        log.into_iter().map(|mut record| record["in"].take()).collect()
    }

    /// Waits until the log has a record like this and returns it.
    ///
    /// # Errors
    /// After `timeout`: a text that holds the whole log.
    pub fn wait_log(&self, is_it: impl Fn(&Value) -> bool, timeout: Duration) -> Result<Value, String> {
        let end = Instant::now() + timeout;
        loop {
            let log = self.log();
            if let Some(record) = log.iter().find(|record| is_it(record)) {
                return Ok(record.clone());
            }
            if Instant::now() >= end {
                let lines: Vec<_> = log.iter().map(Value::to_string).collect();
                return Err(format!("no such record after {timeout:?} in\n{}", lines.join("\n")));
            }
            // The log is a file: polling it is the only way to wait for it with the standard library.
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Ends the grandchildren that are left, as far as they still are what the script started.
    fn end_grandchildren(&self) {
        let bytes = fs::read(self.log_path()).unwrap_or_default();
        for line in String::from_utf8_lossy(&bytes).lines().filter(|line| line.contains("grandchild")) {
            let record: Value = serde_json::from_str(line).unwrap_or_default();
            let Some(pid) = record["grandchild"].as_u64() else { continue };
            let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            if command == b"sleep\x0060\x00" {
                let _ = Command::new("sh").args(["-c", &format!("kill -9 {pid}")]).status();
            }
        }
    }
}

impl Drop for FakeRuntime {
    fn drop(&mut self) {
        self.end_grandchildren();
        if !thread::panicking() {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// The path of the program: what FAKE_RUNTIME_PROGRAM says, else `fake-runtime` in a folder above the running
/// test (target/debug for a test in target/debug/deps).
///
/// # Panics
/// When there is none; the text says how to build it.
pub fn program() -> PathBuf {
    if let Some(path) = env::var_os(PROGRAM_VARIABLE) {
        return path.into();
    }
    let test = env::current_exe().expect("a program knows its path");
    let found =
        test.ancestors().skip(1).map(|folder| folder.join("fake-runtime")).find(|path| path.is_file());
    found.unwrap_or_else(|| {
        panic!(
            "the program fake-runtime is in no folder above {}. Build it first, with the same profile and target \
             as this test: cargo build -p testbed --bin fake-runtime. Or name it in {PROGRAM_VARIABLE}.",
            test.display()
        )
    })
}
