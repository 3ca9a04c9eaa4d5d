//! Escapes in strings: what a string as it is spelled stands for.

use std::borrow::Cow;
use std::char::REPLACEMENT_CHARACTER;

use memchr::{memchr, memmem};

use super::scan::SPACE;
use super::token::{Quoted, quoted};

/// True when the raw key, as [`Members`](super::scan::Members) yields it, spells `key`.
pub fn key_is(raw_key: &str, key: &str) -> bool {
    // An escape is always longer than what it stands for, so equal lengths leave only a key without escapes.
    if raw_key.len() == key.len() {
        raw_key == key && !key.as_bytes().contains(&b'\\')
    } else {
        raw_key.len() > key.len() && raw_key.contains('\\') && unescape(raw_key).is_some_and(|k| k == key)
    }
}

/// The text that a raw string value, quotes included, stands for.
///
/// A surrogate escape without its partner becomes U+FFFD. `None` when it is not a string or holds a bad escape.
/// Borrows when there is nothing to decode.
pub fn string(raw: &str) -> Option<Cow<'_, str>> {
    let raw = raw.trim_matches(SPACE);
    let Quoted { end, plain } = quoted(raw.as_bytes(), 0).ok()?;
    if end != raw.len() {
        return None;
    }
    let inside = &raw[1..end - 1];
    if plain { Some(Cow::Borrowed(inside)) } else { unescape(inside) }
}

/// Decodes what stands between the quotes of a string.
pub fn unescape(raw: &str) -> Option<Cow<'_, str>> {
    if !raw.contains('\\') {
        return Some(Cow::Borrowed(raw));
    }
    let mut out = String::with_capacity(raw.len());
    unescape_into(raw, &mut out)?;
    Some(Cow::Owned(out))
}

/// Adds to `out` what stands between the quotes of a string, decoded.
pub(super) fn unescape_into(raw: &str, out: &mut String) -> Option<()> {
    let mut rest = raw;
    loop {
        // Byte by byte up to the next escape would be slow in long text, and a search is slow in dense escapes.
        let plain =
            if rest.starts_with('\\') { 0 } else { memchr(b'\\', rest.as_bytes()).unwrap_or(rest.len()) };
        out.push_str(&rest[..plain]);
        let Some(escape) = rest[plain..].strip_prefix('\\') else { return Some(()) };
        rest = unescape_one(escape, out)?;
    }
}

/// Decodes the escape whose backslash was just read, and returns what follows it.
fn unescape_one<'a>(escape: &'a str, out: &mut String) -> Option<&'a str> {
    let plain = match escape.as_bytes().first()? {
        b'u' => return unescape_hex(escape, out),
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        _ => return None,
    };
    out.push(plain);
    Some(&escape[1..])
}

/// Decodes `u` and its four digits, and the partner of a surrogate with it.
fn unescape_hex<'a>(escape: &'a str, out: &mut String) -> Option<&'a str> {
    let unit = hex_unit(&escape.as_bytes()[1..])?;
    let rest = &escape[5..];
    if is_high(unit) && rest.starts_with("\\u") {
        let low = hex_unit(&rest.as_bytes()[2..])?;
        if is_low(low) {
            let scalar = 0x10000 + ((u32::from(unit) - 0xD800) << 10) + (u32::from(low) - 0xDC00);
            out.push(char::from_u32(scalar)?);
            return Some(&rest[6..]);
        }
    }
    out.push(char::from_u32(u32::from(unit)).unwrap_or(REPLACEMENT_CHARACTER));
    Some(rest)
}

fn hex_unit(bytes: &[u8]) -> Option<u16> {
    bytes.get(..4)?.iter().try_fold(0, |unit, &byte| Some(unit << 4 | char::from(byte).to_digit(16)? as u16))
}

fn is_high(unit: u16) -> bool {
    (0xD800..0xDC00).contains(&unit)
}

fn is_low(unit: u16) -> bool {
    (0xDC00..0xE000).contains(&unit)
}

/// Replaces, in place, each surrogate escape that has no partner by `\ufffd`.
///
/// JSON allows such an escape and JavaScript writes it when text was cut in the middle of a character, but most
/// parsers refuse it.
pub fn repair_lone_surrogates(text: &mut [u8]) {
    if memmem::find(text, br"\ud").is_none() && memmem::find(text, br"\uD").is_none() {
        return;
    }
    // Escapes are stepped over from the first on, so that the second half of `\\` never counts as a backslash.
    let mut at = 0;
    while let Some(found) = memchr(b'\\', &text[at..]) {
        at += found;
        at += match unit_at(text, at) {
            None => 2,
            Some(unit) if is_high(unit) && unit_at(text, at + 6).is_some_and(is_low) => 12,
            Some(unit) => {
                if is_high(unit) || is_low(unit) {
                    text[at..at + 6].copy_from_slice(br"\ufffd");
                }
                6
            }
        };
        if at >= text.len() {
            break;
        }
    }
}

/// The unit of the `\u` escape at `at`, if that is what stands there.
fn unit_at(text: &[u8], at: usize) -> Option<u16> {
    hex_unit(text.get(at..)?.strip_prefix(br"\u")?)
}
