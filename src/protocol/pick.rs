//! Reading a few members of an object, in one pass and without a list of all.

use crate::json::scan;

/// The values of the members with these names, unparsed; the last one where a key is repeated. `None` where the text is no
/// object.
pub(crate) fn pick<'a, const N: usize>(json: &'a str, names: [&str; N]) -> Option<[Option<&'a str>; N]> {
    let mut picked = [None; N];
    let end = each_member(json, 0, |key, start| {
        let end = value_end(json, start)?;
        keep(&mut picked, &names, &key, || json.get(start..end));
        Some(end)
    })?;
    ends(json, end).then_some(picked)
}

/// The same for the server's object; nothing where it sent something else.
pub(crate) fn pick_lenient<'a, const N: usize>(json: &'a str, names: [&str; N]) -> [Option<&'a str>; N] {
    pick(json, names).unwrap_or([None; N])
}

/// Members of an object, and of another object that is the value of one of them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Nested<'a, const N: usize, const M: usize> {
    /// The wanted members around it.
    pub outer: [Option<&'a str>; N],
    /// What is said under the other one's name, whatever it is.
    pub text: Option<&'a str>,
    /// The wanted members in it.
    pub inner: [Option<&'a str>; M],
}

/// The values of the members with these names, and inside the member named `inside` of those with the inner names.
/// `None` where the text is no object.
pub(crate) fn pick_nested<'a, const N: usize, const M: usize>(
    json: &'a str,
    names: [&str; N],
    inside: &str,
    inner_names: [&str; M],
) -> Option<Nested<'a, N, M>> {
    let mut picked = Nested { outer: [None; N], text: None, inner: [None; M] };
    let end = each_member(json, 0, |key, start| {
        if !key.is(inside) {
            let end = value_end(json, start)?;
            keep(&mut picked.outer, &names, &key, || json.get(start..end));
            return Some(end);
        }
        picked.inner = [None; M];
        let read = each_member(json, start, |key, start| {
            let end = value_end(json, start)?;
            keep(&mut picked.inner, &inner_names, &key, || json.get(start..end));
            Some(end)
        });
        let end = match read {
            Some(end) => end,
            None => {
                picked.inner = [None; M];
                scan::value_end(json, start).ok()?
            }
        };
        picked.text = json.get(start..end);
        Some(end)
    })?;
    ends(json, end).then_some(picked)
}

#[inline(always)]
fn keep<'a>(
    picked: &mut [Option<&'a str>],
    names: &[&str],
    key: &Key<'_>,
    value: impl FnOnce() -> Option<&'a str>,
) {
    if let Some(index) = names.iter().position(|name| key.is(name)) {
        picked[index] = value();
    }
}

/// A key as it is spelt between its quotes.
struct Key<'a> {
    raw: &'a [u8],
    is_plain: bool,
}

impl Key<'_> {
    #[inline]
    fn is(&self, name: &str) -> bool {
        match self.is_plain {
            true => self.raw == name.as_bytes(),
            false => std::str::from_utf8(self.raw).is_ok_and(|raw| scan::key_is(raw, name)),
        }
    }
}

/// Calls `value` for each member of the object at this place, with where its value begins, for where the value ends. Returns
/// where the object ends; `None` where there is none, or `value` says so.
#[inline(always)]
fn each_member<'a>(
    text: &'a str,
    at: usize,
    mut value: impl FnMut(Key<'a>, usize) -> Option<usize>,
) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = skip_space(bytes, at);
    if bytes.get(at) != Some(&b'{') {
        return None;
    }
    at = skip_space(bytes, at + 1);
    if bytes.get(at) == Some(&b'}') {
        return Some(at + 1);
    }
    loop {
        let (key, end) = key_at(text, at)?;
        at = skip_space(bytes, end);
        if bytes.get(at) != Some(&b':') {
            return None;
        }
        at = value(key, skip_space(bytes, at + 1))?;
        at = skip_space(bytes, at);
        match bytes.get(at)? {
            b',' => at = skip_space(bytes, at + 1),
            b'}' => return Some(at + 1),
            _ => return None,
        }
    }
}

/// The key whose opening quote is here, and where it ends.
#[inline(always)]
fn key_at(text: &str, at: usize) -> Option<(Key<'_>, usize)> {
    let bytes = text.as_bytes();
    if bytes.get(at) != Some(&b'"') {
        return None;
    }
    let inside = bytes.get(at + 1..)?;
    let length = quote_or_backslash(inside)?;
    if inside[length] == b'"' {
        return Some((Key { raw: &inside[..length], is_plain: true }, at + length + 2));
    }
    let end = scan::value_end(text, at).ok()?;
    Some((Key { raw: bytes.get(at + 1..end - 1)?, is_plain: false }, end))
}

/// Where the value ends whose first byte is here. Most are texts, and short.
#[inline(always)]
fn value_end(text: &str, start: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    if bytes.get(start) == Some(&b'"') {
        let inside = &bytes[start + 1..];
        let inside = inside.get(..SHORT).unwrap_or(inside);
        if let Some(length) = quote_or_backslash(inside)
            && inside[length] == b'"'
        {
            return Some(start + length + 2);
        }
    }
    scan::value_end(text, start).ok()
}

/// What is made for long texts is quicker from here on.
const SHORT: usize = 48;

/// Where the first quote or backslash is. Keys are short, so that eight bytes at a time are quicker than a call of what
/// is made for long texts.
#[inline(always)]
fn quote_or_backslash(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    while let Some(block) = bytes.get(at..).and_then(|rest| rest.first_chunk()) {
        let word = u64::from_le_bytes(*block);
        let found = zero_bytes(word ^ eight(b'"')) | zero_bytes(word ^ eight(b'\\'));
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    bytes[at..].iter().position(|byte| matches!(byte, b'"' | b'\\')).map(|found| at + found)
}

/// The same byte eight times.
const fn eight(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// The high bit of each byte that is zero; above the lowest of them there may be false ones.
fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(eight(1)) & !word & eight(0x80)
}

/// True where nothing but space follows.
fn ends(text: &str, at: usize) -> bool {
    skip_space(text.as_bytes(), at) == text.len()
}

#[inline]
fn skip_space(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at) {
        Some(byte) if *byte <= b' ' => skip_spaces(bytes, at),
        _ => at,
    }
}

/// The CLIs write none between their tokens.
#[cold]
fn skip_spaces(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\t' | b'\n' | b'\r') = bytes.get(at) {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::members::Members;

    const VALUES: [&str; 10] = [
        "1.0",
        "null",
        r#""x\"}y""#,
        r#"{"z":[1,{"b":2}]}"#,
        "[ ]",
        "{}",
        r#"{ "b" : "\u0061" , "c":7,"b":8}"#,
        r#"{"\u0062":1}"#,
        r#"{"a":1,}"#,
        "tru",
    ];

    fn objects() -> Vec<String> {
        let mut objects: Vec<String> =
            ["", "{}", " { } ", "[]", "null", "{,}", "{\"a\"}", "{\"a\":1,\"b\"}", "{} {}"]
                .map(String::from)
                .into();
        for first in VALUES {
            for second in VALUES {
                for (one, other) in
                    [("a", "b"), ("b", "a"), ("d", "d"), ("\\u0061", "d"), ("d", "\\u0064"), ("d\\\"", "e")]
                {
                    objects.push(format!(r#"{{"{one}":{first},"{other}":{second}}}"#));
                    objects.push(format!(" {{ \"{one}\" : {first} , \"{other}\"\n:\t{second}\r}} "));
                    objects.push(format!(r#"{{"{one}":{first},"{other}":{second}"#));
                }
            }
        }
        objects
    }

    #[test]
    fn picks_what_reading_all_would_find() {
        let mut found = 0;
        for json in objects() {
            let read = Members::read(&json);
            let expected = read.as_ref().map(|members| ["a", "b", "\u{e9}"].map(|name| members.get(name)));
            assert_eq!(pick(&json, ["a", "b", "\u{e9}"]), expected, "{json}");
            assert_eq!(pick_lenient(&json, ["a"]), [Members::lenient(&json).get("a")], "{json}");
            found += usize::from(expected.is_some_and(|values| values.iter().any(Option::is_some)));
        }
        assert!(found > 300, "{found}");
    }

    #[test]
    fn what_is_inside_is_read_as_by_itself() {
        let mut found = 0;
        for json in objects() {
            let expected = pick(&json, ["a", "d"]).map(|[a, d]| {
                let inner = pick_lenient(d.unwrap_or_default(), ["b", "c"]);
                Nested { outer: [a], text: d, inner }
            });
            let nested = pick_nested(&json, ["a"], "d", ["b", "c"]);
            assert_eq!(nested, expected, "{json}");
            found += usize::from(nested.is_some_and(|nested| nested.inner[0].is_some()));
        }
        assert!(found > 50, "{found}");
    }
}
