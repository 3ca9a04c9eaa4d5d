//! The faults: what a healthy runtime never does.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use super::frame::framed;
use super::player::{Flow, Player, completed_error};
use super::server::park_for_ever;
use super::{FILE_VARIABLE, SCRIPT_VARIABLE};

/// Stands in an event's text for what serde_json cannot write.
const MARK: &str = "@fake-runtime-mark@";

/// How long a grandchild lives that nobody ends: longer than any test, for one that is killed cannot end it.
const GRANDCHILD_SECONDS: &str = "60";

impl Player {
    /// Plays a fault. `rest` are the actions after it, which a new image of the process must take over.
    pub fn fault(&mut self, verb: &str, action: &Value, rest: &[Value]) -> Flow {
        let argument = &action[verb];
        match verb {
            "exit" => {
                write_stderr(&action["stderr"]);
                self.server.journal.exit(argument.as_i64().unwrap_or(1) as i32)
            }
            "stderr" => write_stderr(argument),
            "kill" => self.kill_self(argument.as_i64().unwrap_or(9)),
            "stdout" => {
                // For a server on TCP; a closed stdout is the client's business.
                let _ = std::io::stdout().write_all(argument.as_str().unwrap_or_default().as_bytes());
                let _ = std::io::stdout().flush();
            }
            "close_connection" => self.server.wire.hang_up(),
            "close_stdout" => self.close_stdout(rest),
            "truncated" => self.truncated(),
            "raw" => self.raw(verb, argument.as_str().unwrap_or_default().as_bytes()),
            "raw64" => self.raw(verb, &base64(argument.as_str().unwrap_or_default())),
            "garbage" => self.raw(verb, b"GARBAGE \x00\xff\xfe without a length\r\n\r\n\x1b[31mmore\r\n\r\n"),
            "huge_length" => {
                let length = argument.as_u64().unwrap_or(1 << 31);
                self.raw(verb, format!("Content-Length: {length}\r\n\r\n{{\"jsonrpc\":").as_bytes());
            }
            "not_json" => self.raw(verb, &framed(b"this is not JSON")),
            "lone_surrogate" => {
                let text = self.marked_event(&format!("before {MARK} after")).replace(MARK, "\\ud800");
                self.raw(verb, &framed(text.as_bytes()));
            }
            "deep" => {
                let depth = argument.as_u64().unwrap_or(200) as usize;
                let nested = "[".repeat(depth) + &"]".repeat(depth);
                let text = self.marked_event(MARK).replace(&format!("\"{MARK}\""), &nested);
                self.raw(verb, &framed(text.as_bytes()));
            }
            "big_event" => {
                let size = argument.as_u64().unwrap_or(1 << 20) as usize;
                let text = self.marked_event(&"x".repeat(size));
                self.raw(verb, &framed(text.as_bytes()));
            }
            "burst" => self.burst(argument),
            "split" => self.server.wire.split(argument.as_u64().unwrap_or(1) as usize),
            "unknown_notification" => match argument["method"].as_str() {
                Some(method) => self.server.notify(method, argument["params"].clone()),
                None => self.server.notify("host.event", json!({"kind": "unknown"})),
            },
            "null_id_error" => {
                let error = completed_error(argument.clone(), -32700);
                self.server.wire.send(&json!({"jsonrpc": "2.0", "id": null, "error": error}));
            }
            "duplicate_reply" => self.duplicate_reply(),
            "reply_with_string_id" => self.reply_with_string_id(),
            "events_before_reply" => {
                for event in argument.as_array().into_iter().flatten() {
                    self.emit_event(event);
                }
                self.builtin();
            }
            "spawn_grandchild" => self.spawn_grandchild(argument),
            "ignore_eof" => self.server.ignore_eof(),
            "stop_reading" => self.server.stop_reading(),
            // What is left is `ignore_sigterm`, which took effect when the program started.
            _ => (),
        }
        Flow::Next
    }

    fn raw(&self, name: &str, bytes: &[u8]) {
        self.server.wire.send_raw(name, bytes);
    }

    /// An `assistant.message` event as JSON text, for bytes that the log had better not hold.
    fn marked_event(&self, content: &str) -> String {
        let data = json!({"messageId": "marked", "content": content});
        let event = json!({"type": "assistant.message", "data": data, "ephemeral": true});
        self.server.stamped(&self.session_id, &event).to_string()
    }

    /// Many deltas in one write.
    fn burst(&self, argument: &Value) {
        let count = argument["count"].as_u64().unwrap_or(1000);
        let chunk = "x".repeat(argument["size"].as_u64().unwrap_or(20) as usize);
        let data = json!({"messageId": "burst", "deltaContent": chunk});
        let event = json!({"type": "assistant.message_delta", "data": data, "ephemeral": true});
        let frame = || framed(self.server.stamped(&self.session_id, &event).to_string().as_bytes());
        self.raw("burst", &(0..count).flat_map(|_| frame()).collect::<Vec<u8>>());
    }

    /// A frame that ends before its length, and the end of the process.
    fn truncated(&self) {
        let frame = framed(self.marked_event("this frame is cut short").as_bytes());
        self.raw("truncated", &frame[..frame.len() / 2]);
        self.server.journal.exit(0)
    }

    fn duplicate_reply(&mut self) {
        if self.last_reply.is_none() {
            self.builtin();
        }
        if let Some(reply) = &self.last_reply {
            self.server.wire.send(reply);
        }
    }

    /// The built-in reply, under an id of the wrong type that reads the same.
    fn reply_with_string_id(&mut self) {
        self.call.id = self.call.id.take().map(|id| match id {
            Value::String(text) => json!(format!("{text} ")),
            number => json!(number.to_string()),
        });
        self.builtin();
    }

    /// A process that outlives this one unless the whole group is killed.
    fn spawn_grandchild(&self, argument: &Value) {
        let mut sleep = Command::new("sleep");
        sleep.arg(GRANDCHILD_SECONDS).stdin(Stdio::null());
        // "inherit" keeps the client's pipes open even when this process is gone.
        if argument != "inherit" {
            sleep.stdout(Stdio::null()).stderr(Stdio::null());
        }
        match sleep.spawn() {
            Ok(child) => {
                // Logged when it is there to be seen: its command line is still empty for a moment.
                let command_line = format!("/proc/{}/cmdline", child.id());
                for _ in 0..1000 {
                    if std::fs::read(&command_line).is_ok_and(|text| !text.is_empty()) {
                        break;
                    }
                    std::thread::sleep(Duration::from_millis(1));
                }
                self.server.journal.note(&json!({"grandchild": child.id()}));
            }
            Err(error) => self.server.journal.note(&json!({"grandchild_error": error.to_string()})),
        }
    }

    /// Sends this process a signal. The standard library cannot; every shell can.
    fn kill_self(&self, signal: i64) {
        self.server.journal.note(&json!({"kill": signal}));
        let kill = format!("kill -{signal} {}", std::process::id());
        let status = Command::new("sh").args(["-c", &kill]).status();
        // Reached only by signals that do not end the process at once, or without a shell.
        self.server.journal.note(&json!({"kill_status": format!("{status:?}")}));
        park_for_ever()
    }

    /// Closes stdout for good. The standard library cannot close it, but a new image of this process can start
    /// without it: same process id, same stdin, and the rest of the list to play.
    fn close_stdout(&self, rest: &[Value]) {
        self.server.journal.note(&json!({"close_stdout": true}));
        // Told apart from the actions: the end of stdin may come before the new image plays its first one.
        let coming = rest.iter().any(|action| action.get("ignore_eof").is_some());
        let drain = json!({"ignoreEof": coming || self.server.ignores_eof()});
        let error = new_image()
            .env_remove(FILE_VARIABLE)
            .env(SCRIPT_VARIABLE, json!({"drain": drain, "start": rest}).to_string())
            .stdout(Stdio::null())
            .exec();
        self.server.journal.note(&json!({"close_stdout_error": error.to_string()}));
    }
}

/// This program with its arguments, to take this process' place.
pub fn new_image() -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap_or_else(|_| "/proc/self/exe".into()));
    command.args(std::env::args_os().skip(1));
    command
}

fn write_stderr(text: &Value) {
    // A closed stderr is the client's business.
    let _ = std::io::stderr().write_all(text.as_str().unwrap_or_default().as_bytes());
}

/// The bytes of a base64 text. What is not of its alphabet is skipped.
fn base64(text: &str) -> Vec<u8> {
    let alphabet = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['+', '/']);
    let alphabet: Vec<char> = alphabet.collect();
    let mut bytes = Vec::new();
    let (mut bits, mut held) = (0u32, 0);
    for value in text.chars().filter_map(|c| alphabet.iter().position(|a| *a == c)) {
        bits = (bits << 6) | value as u32;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_of_any_length_is_read() {
        assert_eq!(base64(""), b"");
        assert_eq!(base64("YQ=="), b"a");
        assert_eq!(base64("YWI="), b"ab");
        assert_eq!(base64("YWJj\n"), b"abc");
        assert_eq!(base64("AP/+"), [0, 0xff, 0xfe]);
    }
}
