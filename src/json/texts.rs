//! Texts kept for as long as a document, by number: what is too long, or too much, for its [memo](super::memo).

use std::borrow::Cow;
use std::sync::OnceLock;

use super::ctext::CText;

/// The longest text, NUL included, that is kept beside its key: a UUID is 37 bytes.
const SHORT: usize = 38;

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
        // Of exactly its size: it may be large.
        let mut owned = match text {
            Cow::Owned(text) => text,
            Cow::Borrowed(text) => {
                let mut owned = String::with_capacity(text.len() + 1);
                owned.push_str(text);
                owned
            }
        };
        owned.reserve_exact(1);
        owned.push('\0');
        Stored::Long(owned)
    }

    fn lend(&self) -> CText<'_> {
        match self {
            Stored::Short(bytes, length) => CText::of_bytes(&bytes[..usize::from(*length)]),
            Stored::Long(text) => CText::of_bytes(text.as_bytes()),
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
    /// True while there is none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.root.get().is_none()
    }

    /// The text under this key, if there is one.
    #[inline]
    pub fn get(&self, key: usize) -> Option<CText<'_>> {
        self.root.get().and_then(|root| Texts::get_below(root, key))
    }

    #[inline(never)]
    fn get_below(mut node: &Node, key: usize) -> Option<CText<'_>> {
        let mut path = Path::of(key);
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
