//! Reading a few members of an object, in one pass and without a list of all.

use crate::json::each::{Key, each_member, end_of, ends};
use crate::json::scan;

/// The values of the members with these names, unparsed; the last one where a key is repeated. `None` where the text is no
/// object.
pub(crate) fn pick<'a, const N: usize>(json: &'a str, names: [&str; N]) -> Option<[Option<&'a str>; N]> {
    pick_counted(json, names).map(|(values, _)| values)
}

/// The same, and whether any of them was there more than once.
pub(crate) fn pick_counted<'a, const N: usize>(
    json: &'a str,
    names: [&str; N],
) -> Option<([Option<&'a str>; N], bool)> {
    let (mut picked, mut has_repeated) = ([None; N], false);
    let end = each_member(json, 0, |key, start| {
        let end = end_of(json, start)?;
        has_repeated |= keep(&mut picked, &names, &key, || json.get(start..end));
        Some(end)
    })?;
    ends(json, end).then_some((picked, has_repeated))
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
    /// One of those was there more than once.
    pub has_repeated: bool,
}

/// The values of the members with these names, and inside the member named `inside` of those with the inner names.
/// `None` where the text is no object.
pub(crate) fn pick_nested<'a, const N: usize, const M: usize>(
    json: &'a str,
    names: [&str; N],
    inside: &str,
    inner_names: [&str; M],
) -> Option<Nested<'a, N, M>> {
    let mut picked = Nested { outer: [None; N], text: None, inner: [None; M], has_repeated: false };
    let end = each_member(json, 0, |key, start| {
        if !key.is(inside) {
            let end = end_of(json, start)?;
            keep(&mut picked.outer, &names, &key, || json.get(start..end));
            return Some(end);
        }
        picked.inner = [None; M];
        let read = each_member(json, start, |key, start| {
            let end = end_of(json, start)?;
            picked.has_repeated |= keep(&mut picked.inner, &inner_names, &key, || json.get(start..end));
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

/// Keeps the value where it is wanted; true where there was one already.
#[inline(always)]
fn keep<'a>(
    picked: &mut [Option<&'a str>],
    names: &[&str],
    key: &Key<'_>,
    value: impl FnOnce() -> Option<&'a str>,
) -> bool {
    let wanted = picked.iter_mut().zip(names).find(|(_, name)| key.is(name)).map(|(place, _)| place);
    wanted.is_some_and(|place| std::mem::replace(place, value()).is_some())
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
        let (mut found, mut repeated) = (0, 0);
        for json in objects() {
            let expected = pick(&json, ["a", "d"]).map(|[a, d]| {
                let inner = pick_lenient(d.unwrap_or_default(), ["b", "c"]);
                Nested { outer: [a], text: d, inner, has_repeated: false }
            });
            let nested = pick_nested(&json, ["a"], "d", ["b", "c"]);
            let has_repeated = nested.as_ref().is_some_and(|nested| nested.has_repeated);
            let expected = expected.map(|expected| Nested { has_repeated, ..expected });
            assert_eq!(nested, expected, "{json}");
            let inner = Members::lenient(expected.and_then(|expected| expected.text).unwrap_or_default());
            for name in ["b", "c"] {
                let count = inner.0.iter().filter(|(key, _)| key == name).count();
                assert!(count < 2 || has_repeated, "{json}");
            }
            repeated += usize::from(has_repeated);
            found += usize::from(nested.is_some_and(|nested| nested.inner[0].is_some()));
        }
        assert!(found > 50 && repeated > 10 && repeated < found, "{found} {repeated}");
    }
}
