//! From bytes to text: UTF-8, and no unpaired surrogate.

use memchr::memmem;

use crate::error::{Code, Error, Result};
use crate::json::scan;

/// True when there may be an unpaired surrogate escape: there is an escape of some surrogate. `escape` finds `\u`.
pub fn has_surrogate_escape(escape: &memmem::Finder<'_>, bytes: &[u8]) -> bool {
    escape.find_iter(bytes).any(|at| matches!(bytes.get(at + 2), Some(b'd' | b'D')))
}

/// The CLI can emit `"\ud800"`, which no JSON parser takes.
pub fn repaired(mut bytes: Vec<u8>) -> Result<String> {
    scan::repair_lone_surrogates(&mut bytes);
    owned(bytes)
}

/// The same bytes as text.
pub fn owned(bytes: Vec<u8>) -> Result<String> {
    let length = bytes.len();
    String::from_utf8(bytes).map_err(|error| not_utf8(length, error.utf8_error()))
}

/// Says where a message stops being text.
pub fn not_utf8(length: usize, error: std::str::Utf8Error) -> Error {
    let at = error.valid_up_to();
    Error::new(
        Code::Protocol,
        format!("the server sent a message of {length} bytes that is not UTF-8 at byte {at}"),
    )
}
