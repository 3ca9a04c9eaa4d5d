//! Documents and pointers, separated by NULs: what begins with a slash is a pointer. The documents go through one
//! renewed document in turn, and each must read as serde_json reads it, or be refused, whatever was asked of the others.

#![no_main]

use copilot::json;
use libfuzzer_sys::fuzz_target;

#[path = "../../src/json/tests/laws.rs"]
mod laws;

fuzz_target!(|text: &str| {
    let (pointers, documents): (Vec<&str>, Vec<&str>) =
        text.split('\0').take(24).partition(|part| part.starts_with('/'));
    laws::hold(&documents, &pointers);
});
