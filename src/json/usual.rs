//! The search along a pointer through text as the CLIs write it: objects only, no space between the tokens, and keys that
//! are short and without escapes. What is otherwise is left to the general search.

use super::jumps::Known;
use super::pointer::Found;
use super::scan::end_of_value;
use super::token::usual_key;

/// What the general search would find. `None` says only that something is unusual.
pub(super) fn search(bytes: &[u8], at: usize, pointer: &[u8], known: Known<'_>) -> Option<Found> {
    if *bytes.get(at)? <= b' ' {
        return None;
    }
    let (mut at, mut rest) = (at, pointer);
    while let Some(tokens) = rest.strip_prefix(b"/") {
        if bytes.get(at) != Some(&b'{') {
            return None;
        }
        loop {
            // At the bracket or the comma before a key.
            let key = usual_key(bytes, at + 1)?;
            if let Some((token, further)) = tokens.split_at_checked(key.text.len())
                && matches!(further.first(), None | Some(b'/'))
                && same(token, key.text)
            {
                if key.is_spelled_otherwise() {
                    return None;
                }
                (at, rest) = (key.value, further);
                break;
            }
            at = end_of_value(bytes, key.value, known).ok()?;
            match bytes.get(at)? {
                b',' => {}
                b'}' if !pointer.contains(&b'~') => return Some(Found::Nothing),
                _ => return None,
            }
        }
    }
    rest.is_empty().then_some(Found::At(at))
}

/// True when both, which are of the same length, are the same. The usual keys are compared without a call.
#[inline(always)]
fn same(token: &[u8], key: &[u8]) -> bool {
    fn ends<const N: usize>(bytes: &[u8]) -> Option<(&[u8; N], &[u8; N])> {
        Some((bytes.first_chunk()?, bytes.last_chunk()?))
    }
    match key.len() {
        4..8 => ends::<4>(token) == ends::<4>(key),
        8..=16 => ends::<8>(token) == ends::<8>(key),
        _ => token == key,
    }
}
