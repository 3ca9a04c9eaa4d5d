//! Names that come again and again, kept once: the types of events, as C reads them.

use std::collections::HashMap;
use std::ffi::{CStr, CString};
use std::sync::{Arc, LazyLock};

use parking_lot::RwLock;

/// A NUL-terminated text that many events share.
pub type Name = Arc<CStr>;

/// More names than any server has; what comes after is not remembered, so that a hostile server cannot fill memory.
const LIMIT: usize = 4096;

static NAMES: LazyLock<RwLock<HashMap<Box<str>, Name>>> = LazyLock::new(RwLock::default);

/// The shared form of a name. A NUL ends it.
pub fn intern(name: &str) -> Name {
    if let Some(known) = NAMES.read().get(name) {
        return Arc::clone(known);
    }
    let made = self::name(name);
    let mut names = NAMES.write();
    if names.len() < LIMIT {
        names.insert(name.into(), Arc::clone(&made));
    }
    made
}

/// The same form of a name that is not remembered, such as an id.
pub fn name(text: &str) -> Name {
    Name::from(until_nul(text))
}

fn until_nul(name: &str) -> CString {
    let end = memchr::memchr(0, name.as_bytes()).unwrap_or(name.len());
    CString::new(&name.as_bytes()[..end]).unwrap_or_default()
}
