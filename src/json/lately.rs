//! The member that was walked into last: what is asked for next most often lies in it too, and is found without another
//! walk past everything before it.

use std::sync::atomic::{AtomicU64, Ordering};

/// The longest key that is noted, and how far from a text's start a value may begin whose member it is.
const KEY: usize = 0xff;
const FARTHEST: usize = 0xff_ffff;

/// A member of a value: where the member's value begins, where the other one does, and how long its key is. All in one
/// number, so that threads may note and read at any time: whatever is there was true of the text when it was written, and
/// the text does not change. 0 where nothing is noted.
#[derive(Debug, Default)]
pub(super) struct Lately(AtomicU64);

impl Lately {
    /// Notes that the first member of this key in the value at `base` has its value at `value`. A key that is not written
    /// just before its value, or not like its token in a pointer, is not worth it.
    pub fn note(&self, bytes: &[u8], base: usize, key: &[u8], value: usize) {
        let is_plain = !key.iter().any(|byte| matches!(byte, b'~' | b'/' | b'\\'));
        if let (true, true, Ok(place)) = (key.len() <= KEY, base <= FARTHEST, u32::try_from(value))
            && is_plain
            && stands_before(bytes, base, key, value)
        {
            let entry = u64::from(place) << 32 | (base as u64) << 8 | key.len() as u64;
            self.0.store(entry, Ordering::Relaxed);
        }
    }

    /// Where the pointer leads from the value at `base`, as far as that is known: where the member's value begins, and the
    /// rest of the pointer.
    #[inline]
    pub fn follow<'p>(&self, bytes: &[u8], base: usize, pointer: &'p [u8]) -> Option<(usize, &'p [u8])> {
        let entry = self.0.load(Ordering::Relaxed);
        if entry == 0 || (entry as u32 >> 8) as usize != base {
            return None;
        }
        let (value, length) = ((entry >> 32) as usize, (entry & 0xff) as usize);
        let (token, rest) = pointer.strip_prefix(b"/")?.split_at_checked(length)?;
        // Another token may be as long as this one, or begin like it.
        let is_it = rest.first() == Some(&b'/') && stands_before(bytes, base, token, value);
        is_it.then_some((value, rest))
    }

    /// Forgets it, for another text.
    pub fn clear(&mut self) {
        *self = Lately::default();
    }
}

/// True where this key, its quotes and a colon stand just before the value.
#[inline]
fn stands_before(bytes: &[u8], base: usize, key: &[u8], value: usize) -> bool {
    let before = bytes.get(base..value).and_then(|before| before.strip_suffix(b"\":"));
    before.and_then(|before| before.strip_suffix(key)).is_some_and(|before| before.ends_with(b"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_into_a_member_is_known_until_forgotten() {
        let text = br#" {"a":1,"bc":{"d":2},"x/y":{}}"#;
        let mut lately = Lately::default();
        assert_eq!(lately.follow(text, 1, b"/bc/d"), None);
        lately.note(text, 1, b"bc", 13);
        assert_eq!(lately.follow(text, 1, b"/bc/d"), Some((13, &b"/d"[..])));
        assert_eq!(lately.follow(text, 1, b"/bc/d/e"), Some((13, &b"/d/e"[..])));
        for other in ["/bc", "/b/d", "/bcd", "/bx/d", "bc/d", "/", "", "/c/d"] {
            assert_eq!(lately.follow(text, 1, other.as_bytes()), None, "{other}");
        }
        assert_eq!(lately.follow(text, 13, b"/bc/d"), None, "of another value");
        // Not written like their tokens, or not where they are said to be.
        lately.note(text, 1, b"x/y", 27);
        lately.note(text, 1, b"c", 13);
        lately.note(text, 1, b"a", 13);
        lately.note(text, 14, b"bc", 13);
        lately.note(text, 1, b"a", 999);
        assert_eq!(lately.follow(text, 1, b"/bc/d"), Some((13, &b"/d"[..])), "nothing else was noted");
        assert_eq!(lately.follow(text, 1, b"/x/y"), None);
        lately.note(text, 1, b"a", 6);
        assert_eq!(
            (lately.follow(text, 1, b"/bc/d"), lately.follow(text, 1, b"/a/b")),
            (None, Some((6, &b"/b"[..])))
        );
        lately.clear();
        assert_eq!(lately.follow(text, 1, b"/a/b"), None);
    }
}
