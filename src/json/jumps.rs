//! Where the long values of a document end, so that none of them is read twice.

use std::sync::atomic::{AtomicU64, Ordering};

/// What is shorter is read again as quickly as it is looked up.
pub(super) const LONG: usize = 128;

/// The ends of a few long values, by where they begin. A newer one takes the place of an older one.
///
/// Each entry is one number, so that threads may fill in and read at any time: whatever is there was true of the text
/// when it was written, and the text does not change.
#[derive(Debug, Default)]
pub(super) struct Jumps([AtomicU64; 8]);

impl Jumps {
    /// Where the value that begins here ends, if that is known.
    pub fn end_of(&self, start: usize) -> Option<usize> {
        let entry = self.place(start).load(Ordering::Relaxed);
        let end = (entry as u32) as usize;
        (end != 0 && entry >> 32 == start as u64).then_some(end)
    }

    /// Notes where a value ends. Short ones, and those that lie behind the first 4 GiB, are not worth it.
    #[inline]
    pub fn note(&self, start: usize, end: usize) {
        if end - start >= LONG {
            self.note_long(start, end);
        }
    }

    #[inline(never)]
    fn note_long(&self, start: usize, end: usize) {
        if let (Ok(from), Ok(to)) = (u32::try_from(start), u32::try_from(end)) {
            self.place(start).store(u64::from(from) << 32 | u64::from(to), Ordering::Relaxed);
        }
    }

    /// Forgets everything, for another text.
    pub fn clear(&mut self) {
        *self = Jumps::default();
    }

    /// Values often begin at multiples of something: the multiplication spreads them.
    fn place(&self, start: usize) -> &AtomicU64 {
        &self.0[((start as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 61) as usize]
    }
}

/// The jumps of a document that is being read, or none where the text is nobody's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known<'a>(pub Option<&'a Jumps>);

impl Known<'_> {
    /// As [`Jumps::end_of`].
    pub fn end_of(self, start: usize) -> Option<usize> {
        self.0?.end_of(start)
    }

    /// As [`Jumps::note`].
    pub fn note(self, start: usize, end: usize) {
        if let Some(jumps) = self.0 {
            jumps.note(start, end);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_are_known_until_forgotten() {
        let mut jumps = Jumps::default();
        jumps.note(0, LONG);
        assert_eq!((jumps.end_of(0), jumps.end_of(1)), (Some(LONG), None));
        jumps.note(7, 7 + LONG - 1);
        assert_eq!(jumps.end_of(7), None, "too short");
        jumps.note(1 << 32, 1 << 33);
        assert_eq!((jumps.end_of(1 << 32), jumps.end_of(0)), (None, Some(LONG)), "too far");
        for start in 0..1000 {
            jumps.note(start, start + LONG);
            assert_eq!(jumps.end_of(start), Some(start + LONG));
        }
        assert!((0..1000).all(|start| jumps.end_of(start).is_none_or(|end| end == start + LONG)));
        jumps.clear();
        assert!((0..1000).all(|start| jumps.end_of(start).is_none()));
    }
}
