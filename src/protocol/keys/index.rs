//! Finding a key by its name without looking at all of them.

use super::Key;

/// Where the keys of a table with many are, by both of their names. Most are found at the first look.
#[derive(Debug)]
pub struct Index {
    /// The key's place plus one, from the place of its name on; 0 where nothing is.
    slots: [u8; SLOTS],
    /// True where some key must be given.
    pub(super) requires: bool,
}

const SLOTS: usize = 256;

impl Index {
    /// The index of these keys, which is made by the compiler.
    pub(crate) const fn of(keys: &[Key]) -> Index {
        assert!(2 * keys.len() < SLOTS, "an index that is full has no end");
        let mut index = Index { slots: [0; SLOTS], requires: false };
        let mut place = 0;
        while place < keys.len() {
            let key = &keys[place];
            index.enter(key.name, place);
            if !is_same(key.name.as_bytes(), key.wire.as_bytes()) {
                index.enter(key.wire, place);
            }
            index.requires |= key.required;
            place += 1;
        }
        index
    }

    const fn enter(&mut self, name: &str, place: usize) {
        let mut slot = hash(name) as u8;
        while self.slots[slot as usize] != 0 {
            slot = slot.wrapping_add(1);
        }
        self.slots[slot as usize] = place as u8 + 1;
    }

    /// The key that has this name, or has it on the wire.
    pub(super) fn find(&self, keys: &'static [Key], name: &str) -> Option<&'static Key> {
        let mut slot = hash(name) as u8;
        loop {
            let place = usize::from(self.slots[usize::from(slot)]).checked_sub(1)?;
            let key = keys.get(place)?;
            if key.name == name || key.wire == name {
                return Some(key);
            }
            slot = slot.wrapping_add(1);
        }
    }
}

/// Names that were met, so that most of those that were not are known to be none of them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Marks(u64);

impl Marks {
    /// The marks of these names.
    pub(crate) const fn of(names: &[&str]) -> Marks {
        let mut marks = Marks(0);
        let mut at = 0;
        while at < names.len() {
            marks.0 |= bit(names[at]);
            at += 1;
        }
        marks
    }

    pub(crate) fn add(&mut self, name: &str) {
        self.0 |= bit(name);
    }

    /// False for a name that was not met. Of a name that stands in the source the compiler makes a number.
    #[inline(always)]
    pub(crate) fn may_have(self, name: &str) -> bool {
        self.0 & bit(name) != 0
    }

    /// False where none of those names was met.
    pub(crate) fn may_have_any(self, names: Marks) -> bool {
        self.0 & names.0 != 0
    }
}

#[inline(always)]
const fn bit(name: &str) -> u64 {
    1 << (hash(name) >> 8 & 63)
}

/// By the length and three letters, which tell most names from each other.
#[inline(always)]
const fn hash(name: &str) -> u32 {
    let bytes = name.as_bytes();
    let length = bytes.len();
    if length == 0 {
        return 0;
    }
    let letters = bytes[0] as u32 | (bytes[length / 2] as u32) << 8 | (bytes[length - 1] as u32) << 16;
    (letters ^ (length as u32) << 24).wrapping_mul(MIXER) >> 16
}

/// 2^32 / the golden ratio, made odd.
const MIXER: u32 = 0x9E37_79B1;

const fn is_same(one: &[u8], other: &[u8]) -> bool {
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}

#[cfg(test)]
mod tests {
    use super::super::key;
    use super::*;
    use crate::protocol::keys::{Part, Wants};
    use crate::protocol::session_keys::SESSION;

    /// Finds it by looking at all.
    fn slowly(keys: &'static [Key], name: &str) -> Option<&'static Key> {
        keys.iter().find(|key| key.name == name || key.wire == name)
    }

    #[test]
    fn every_name_is_found_and_no_other() {
        let index = SESSION.index.unwrap();
        let names: Vec<&str> = SESSION.keys.iter().flat_map(|key| [key.name, key.wire]).collect();
        for name in &names {
            assert!(std::ptr::eq(
                index.find(SESSION.keys, name).unwrap(),
                slowly(SESSION.keys, name).unwrap()
            ));
            for other in
                [format!("{name}s"), name[1..].to_owned(), name.to_uppercase(), name.replace('e', "a")]
            {
                let (found, expected) = (index.find(SESSION.keys, &other), slowly(SESSION.keys, &other));
                assert_eq!(found.map(|key| key.name), expected.map(|key| key.name), "{other}");
            }
        }
        for name in ["", "é", "s", "nothing"] {
            assert!(index.find(SESSION.keys, name).is_none(), "{name}");
        }
        // What the letters do not tell apart costs a further look.
        let first = names.iter().filter(|name| {
            let place = usize::from(index.slots[usize::from(hash(name) as u8)]) - 1;
            SESSION.keys[place].name == **name || SESSION.keys[place].wire == **name
        });
        assert!(first.count() * 4 > names.len() * 3);
    }

    #[test]
    fn names_that_collide_and_those_of_the_wire_are_found() {
        static KEYS: [Key; 3] = [
            key("a", Wants::Any),
            key("abca", Wants::Any).wire("adca"),
            key("adda", Wants::Any).on(Part::Local),
        ];
        let index = Index::of(&KEYS);
        assert!(!index.requires);
        for (name, expected) in [("a", 0), ("abca", 1), ("adca", 1), ("adda", 2)] {
            assert!(std::ptr::eq(index.find(&KEYS, name).unwrap(), &KEYS[expected]), "{name}");
        }
        assert!(index.find(&KEYS, "aaaa").is_none());
        assert!(Index::of(&[key("a", Wants::Any).required()]).requires);
    }

    #[test]
    fn what_was_met_is_marked() {
        let mut marks = Marks::default();
        let names = SESSION.keys.iter().map(|key| key.name);
        assert!(names.clone().all(|name| !marks.may_have(name)));
        marks.add("streaming");
        marks.add("sessionId");
        assert!(marks.may_have("streaming") && marks.may_have("sessionId"));
        assert!(names.filter(|name| marks.may_have(name)).count() < 20);
        assert!(marks.may_have_any(Marks::of(&["sessionId", "provider"])));
        assert!(!marks.may_have_any(Marks::of(&[])) && !Marks::default().may_have_any(marks));
    }
}
