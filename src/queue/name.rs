//! Names that come again and again, kept once: the types of events, as C reads them.

use std::collections::HashMap;
use std::ffi::{CStr, CString};
use std::ops::Deref;
use std::sync::{Arc, LazyLock};

use parking_lot::RwLock;

/// A NUL-terminated text that many events share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(Text);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Text {
    /// Lives as long as the process: whoever has it counts nothing, which two threads that pass a stream of events to
    /// each other would have to agree about.
    Kept(&'static CString),
    Counted(Arc<CStr>),
}

impl Default for Name {
    /// The empty one.
    fn default() -> Name {
        static EMPTY: LazyLock<CString> = LazyLock::new(CString::default);
        Name(Text::Kept(&EMPTY))
    }
}

impl Name {
    /// True where both are known to be the same without being read; false says nothing.
    pub fn is_same(&self, other: &Name) -> bool {
        std::ptr::eq(&**self, &**other)
    }
}

impl Deref for Name {
    type Target = CStr;

    fn deref(&self) -> &CStr {
        match &self.0 {
            Text::Kept(text) => text,
            Text::Counted(text) => text,
        }
    }
}

/// More names than any server has; what comes after is not kept, so that a hostile server cannot fill memory.
const LIMIT: usize = 4096;

/// By their bytes, as the wire has them.
static NAMES: LazyLock<RwLock<HashMap<&'static [u8], &'static CString>>> = LazyLock::new(RwLock::default);

/// The shared form of a name. A NUL ends it.
pub fn intern(name: &str) -> Name {
    if let Some(known) = NAMES.read().get(name.as_bytes()) {
        return Name(Text::Kept(known));
    }
    let mut names = NAMES.write();
    if let Some(known) = names.get(name.as_bytes()) {
        return Name(Text::Kept(known));
    }
    if names.len() >= LIMIT || name.contains('\0') {
        return self::name(name);
    }
    let kept: &'static CString = Box::leak(Box::new(until_nul(name)));
    names.insert(kept.to_bytes(), kept);
    Name(Text::Kept(kept))
}

/// The same form of a name that is not kept, such as an id.
pub fn name(text: &str) -> Name {
    let mut short = [0; SHORT];
    let counted = match short[..SHORT - 1].get_mut(..text.len()) {
        Some(place) => {
            place.copy_from_slice(text.as_bytes());
            CStr::from_bytes_until_nul(&short).map(Arc::from).unwrap_or_default()
        }
        None => Arc::from(until_nul(text)),
    };
    Name(Text::Counted(counted))
}

/// A text that is shorter gets its NUL without an allocation; ids are.
const SHORT: usize = 64;

fn until_nul(name: &str) -> CString {
    let end = memchr::memchr(0, name.as_bytes()).unwrap_or(name.len());
    CString::new(&name.as_bytes()[..end]).unwrap_or_default()
}
