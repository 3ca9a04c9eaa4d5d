//! Texts lent to C: NUL-terminated, decoded once, and in one place until their document goes.

use std::borrow::Cow;
use std::ffi::c_char;
use std::sync::OnceLock;

/// A text that C can read: its bytes and a NUL after them.
///
/// A `\u0000` in JSON is the only way to a NUL inside; the length tells.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CText<'a> {
    with_nul: &'a [u8],
}

impl<'a> CText<'a> {
    /// `None` unless the last byte is a NUL.
    pub(super) fn new(with_nul: &'a [u8]) -> Option<CText<'a>> {
        (with_nul.last() == Some(&0)).then_some(CText { with_nul })
    }

    /// The first byte, for C; good for as long as the lender is.
    pub fn as_ptr(&self) -> *const c_char {
        self.with_nul.as_ptr().cast()
    }

    /// How many bytes it has, the NUL after them not counted.
    #[allow(clippy::len_without_is_empty)] // a C string's length; nobody asks whether it is empty
    pub fn len(&self) -> usize {
        self.with_nul.len() - 1
    }

    /// The bytes without the NUL after them.
    pub fn as_bytes(&self) -> &'a [u8] {
        &self.with_nul[..self.len()]
    }

    /// The text.
    pub fn as_str(&self) -> &'a str {
        // Every text starts as a `str` and is never cut, so that the default is never taken.
        str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

impl std::fmt::Debug for CText<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.as_str().fmt(f)
    }
}

/// The longest text, NUL included, that is kept beside its key: a UUID is 37 bytes.
const SHORT: usize = 38;

/// The text with a NUL after it.
pub(super) fn with_nul(text: Cow<'_, str>) -> String {
    match text {
        Cow::Owned(mut text) => {
            text.push('\0');
            text
        }
        Cow::Borrowed(text) => {
            let mut owned = String::with_capacity(text.len() + 1);
            owned.push_str(text);
            owned.push('\0');
            owned
        }
    }
}

/// A stored text with its NUL.
enum Stored {
    Short([u8; SHORT], u8),
    Long(String),
}

impl Stored {
    fn new(text: Cow<'_, str>) -> Stored {
        if text.len() < SHORT {
            let mut bytes = [0; SHORT];
            bytes[..text.len()].copy_from_slice(text.as_bytes());
            return Stored::Short(bytes, text.len() as u8 + 1);
        }
        Stored::Long(with_nul(text))
    }

    fn lend(&self) -> CText<'_> {
        match self {
            Stored::Short(bytes, length) => CText { with_nul: &bytes[..usize::from(*length)] },
            Stored::Long(text) => CText { with_nul: text.as_bytes() },
        }
    }
}

/// Texts by number. Any thread may add one at any time, and none ever moves or goes before the whole does.
///
/// A binary trie over the hashed number: it needs no lock, for its slots are only ever filled, and cannot be deeper
/// than the hash has bits.
#[derive(Default)]
pub(super) struct Texts {
    root: Slot,
}

type Slot = OnceLock<Box<Node>>;

struct Node {
    key: usize,
    text: Stored,
    next: [Slot; 2],
}

impl Texts {
    /// The text under this key, if there is one.
    pub fn get(&self, key: usize) -> Option<CText<'_>> {
        let mut path = Path::of(key);
        let mut node = self.root.get()?;
        while node.key != key {
            node = node.next[path.turn()].get()?;
        }
        Some(node.text.lend())
    }

    /// Stores a text; where the key has one already, that one stays and is returned.
    pub fn insert(&self, key: usize, mut text: Cow<'_, str>) -> CText<'_> {
        let mut path = Path::of(key);
        let mut slot = &self.root;
        loop {
            let node = slot.get_or_init(|| {
                let text = Stored::new(std::mem::take(&mut text));
                Box::new(Node { key, text, next: Default::default() })
            });
            if node.key == key {
                return node.text.lend();
            }
            slot = &node.next[path.turn()];
        }
    }
}

/// The turns that lead to a key.
struct Path(u64);

impl Path {
    /// Offsets in one text share their low bits' patterns; the multiplication (by an odd number, so that no two keys
    /// become one) spreads them over the high ones.
    fn of(key: usize) -> Path {
        Path((key as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    fn turn(&mut self) -> usize {
        let turn = self.0 >> 63;
        self.0 <<= 1;
        turn as usize
    }
}
