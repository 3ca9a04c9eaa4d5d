//! Params of events, separated by NULs. They are read in turn, and each must be of the session and the type that
//! serde_json finds in it, whatever the ones before it were.

#![no_main]

use copilot::protocol::envelope;
use libfuzzer_sys::fuzz_target;

#[path = "../../src/protocol/envelope/tests/laws.rs"]
mod laws;

fuzz_target!(|text: &str| laws::hold(&text.split('\0').take(24).collect::<Vec<_>>()));
