//! Texts as C reads them.

use std::ffi::c_char;
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

use super::token::first_of;

/// A text that C can read: its bytes and a NUL after them.
///
/// A `\u0000` in JSON is the only way to a NUL inside; the length tells.
#[derive(Clone, Copy, Debug)]
pub struct CText<'a> {
    start: NonNull<c_char>,
    length: usize,
    lender: PhantomData<&'a [u8]>,
}

impl<'a> CText<'a> {
    /// The text that ends before the last byte, which must be a NUL.
    #[inline]
    pub(super) fn of_bytes(with_nul: &'a [u8]) -> CText<'a> {
        debug_assert_eq!(with_nul.last(), Some(&0));
        CText {
            start: NonNull::from(with_nul).cast(),
            length: with_nul.len().saturating_sub(1),
            lender: PhantomData,
        }
    }

    /// The first `length` bytes in the memory of these words, where [`put`] has put them.
    #[inline]
    pub(super) fn of_words(words: &'a [AtomicU64], length: usize) -> CText<'a> {
        debug_assert!(length < size_of_val(words));
        CText { start: NonNull::from(words).cast(), length, lender: PhantomData }
    }

    /// The first byte, for C; good for as long as the lender is.
    #[inline]
    pub fn as_ptr(&self) -> *const c_char {
        self.start.as_ptr()
    }

    /// How many bytes it has, the NUL after them not counted.
    #[inline]
    #[allow(clippy::len_without_is_empty)] // a C string's length; nobody asks whether it is empty
    pub fn len(&self) -> usize {
        self.length
    }
}

/// How many words a text needs, its NUL included.
#[inline]
pub(super) fn words_for(length: usize) -> usize {
    length / 8 + 1
}

/// Writes a text and its NUL into as many words as it needs.
pub(super) fn put(text: &[u8], words: &[AtomicU64]) {
    let (whole, rest) = text.as_chunks::<8>();
    for (word, bytes) in words.iter().zip(whole) {
        word.store(u64::from_ne_bytes(*bytes), Ordering::Relaxed);
    }
    if let Some(word) = words.get(whole.len()) {
        word.store(last_word(text, rest).to_le(), Ordering::Relaxed);
    }
}

/// Writes the string whose opening quote is just before `raw`, and a NUL, and tells how long it is. `None` when there is
/// an escape in it or no room for it; then what is in the words does not matter.
#[inline(never)]
pub(super) fn put_string(raw: &[u8], words: &[AtomicU64]) -> Option<usize> {
    let (blocks, _) = raw.as_chunks::<16>();
    let (pairs, _) = words.as_chunks::<2>();
    let mut size = 0;
    for (block, [low, high]) in blocks.iter().zip(pairs) {
        let (first, rest) = block.split_at(8);
        let [lower, higher] =
            [first, rest].map(|half| half.first_chunk().map_or(0, |half| u64::from_le_bytes(*half)));
        low.store(lower.to_le(), Ordering::Relaxed);
        high.store(higher.to_le(), Ordering::Relaxed);
        if let Some(end) = first_of(b'"', b'\\', block) {
            // What is behind the NUL is not read.
            let (word, half) = if end < 8 { (low, lower) } else { (high, higher) };
            word.store((half & !(0xff << (8 * (end % 8)))).to_le(), Ordering::Relaxed);
            return (block[end] == b'"').then_some(size + end);
        }
        size += 16;
    }
    None
}

/// The last bytes of a text, less than eight, as a number with the first one lowest and zeros above.
#[inline]
pub(super) fn last_word(text: &[u8], rest: &[u8]) -> u64 {
    match text.last_chunk::<8>() {
        // With those before them, which are shifted out: a load instead of a loop.
        Some(last) => u64::from_le_bytes(*last).unbounded_shr(64 - 8 * rest.len() as u32),
        None => rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    }
}
