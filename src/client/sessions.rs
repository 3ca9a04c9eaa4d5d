//! The sessions of a client, found by their ids once for each event that comes.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use super::connection::Attached;

/// What is known under the ids.
pub(super) type ById = HashMap<Arc<str>, Arc<dyn Attached>, BuildHasherDefault<IdHasher>>;

/// The sessions that a connection may speak to.
#[derive(Default)]
pub(super) struct Sessions {
    by_id: Mutex<ById>,
    /// Grows with every change, so that whoever remembers a session notices that it may be another one's turn.
    changes: AtomicU64,
}

impl Sessions {
    /// Adds one; gives back the one that had the id before.
    pub fn insert(&self, id: &Arc<str>, session: Arc<dyn Attached>) -> Option<Arc<dyn Attached>> {
        self.change(|by_id| by_id.insert(Arc::clone(id), session))
    }

    /// Removes this very session. True when it had the id.
    pub fn remove(&self, id: &str, session: &Arc<dyn Attached>) -> bool {
        let removed = self.change(|by_id| {
            let held = by_id.get(id).is_some_and(|held| Arc::ptr_eq(held, session));
            if held { by_id.remove(id) } else { None }
        });
        removed.is_some()
    }

    /// Removes all of them.
    pub fn take(&self) -> ById {
        self.change(std::mem::take)
    }

    /// The session of this id.
    pub fn get(&self, id: &str) -> Option<Arc<dyn Attached>> {
        self.by_id.lock().get(id).cloned()
    }

    /// Every one of them, for whoever must not hold the lock while it deals with them.
    pub fn all(&self) -> Vec<Arc<dyn Attached>> {
        self.by_id.lock().values().cloned().collect()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.by_id.lock().len()
    }

    /// A number that is another one after every change.
    pub fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    /// Changes them, and says so.
    pub fn change<T>(&self, work: impl FnOnce(&mut ById) -> T) -> T {
        let mut by_id = self.by_id.lock();
        let output = work(&mut by_id);
        self.changes.fetch_add(1, Ordering::Release);
        output
    }
}

/// Eight bytes at a step. The ids are chosen by this client and its program; the server only asks for them, so that
/// there is no flooding to defend against.
#[derive(Default)]
pub(super) struct IdHasher(u64);

impl IdHasher {
    /// The upper half of a product is stirred by every bit, the lower one by few: both together make a hash.
    fn stir(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word) * 0x9E37_79B9_7F4A_7C15; // 2^64 / the golden ratio
        self.0 = product as u64 ^ (product >> 64) as u64;
    }
}

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks();
        words.iter().for_each(|word| self.stir(u64::from_le_bytes(*word)));
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.stir(u64::from_le_bytes(last));
    }

    fn write_u8(&mut self, byte: u8) {
        // The end of a text.
        self.0 ^= u64::from(byte);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::hash::BuildHasher;

    use super::*;

    #[test]
    fn ids_that_differ_in_a_digit_are_spread() {
        let hasher = BuildHasherDefault::<IdHasher>::default();
        let ids: Vec<String> = (0..4096)
            .flat_map(|n| {
                [format!("8d8e3e8c-1111-4222-8333-{n:012}"), format!("s{n}"), format!("{n:08x}-session")]
            })
            .collect();
        let hashes: Vec<u64> = ids.iter().map(|id| hasher.hash_one(id)).collect();
        assert_eq!(hashes.iter().collect::<HashSet<_>>().len(), ids.len());
        // A table looks at the lowest bits first, and at the seven highest.
        for part in [|hash: u64| hash & 0xFFF, |hash: u64| hash >> 52] {
            let mut counts = vec![0_usize; 4096];
            hashes.iter().for_each(|hash| counts[part(*hash) as usize] += 1);
            let most = counts.iter().max().unwrap();
            assert!(*most < 20, "{most} of {} in one place of 4096", ids.len());
        }
    }
}
