//! JSON pointers (RFC 6901), and the search along one.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr;

use super::escape::key_is;
use super::scan::{Nesting, SPACE, Walk, value_end};

/// The raw text of the value that an RFC 6901 pointer names, without space around it.
///
/// `""` is the whole text. Of a key that occurs twice the last one counts. An array index is decimal without leading
/// zeros, and `-` names nothing. `None` when there is no such value, the pointer is not one, or the text is not JSON:
/// it is read once and to its end.
pub fn find<'a>(text: &'a str, pointer: &str) -> Option<&'a str> {
    if pointer.is_empty() {
        let value = text.trim_matches(SPACE);
        return (value_end(value, 0) == Ok(value.len())).then_some(value);
    }
    Search::new(text, pointer)?.run()
}

/// A search along a pointer: it goes into what matches, jumps over everything else, and on the way out looks for a
/// later member with the same key.
struct Search<'a, 'p> {
    walk: Walk<'a>,
    /// The containers that were gone into; the walk is in the innermost.
    around: Nesting,
    pointer: &'p str,
    /// Where in the pointer the token is that is looked for in this container.
    token: Range<usize>,
    /// The token as a key.
    key: Cow<'p, str>,
    /// How many elements of this array are still before the one that the token names.
    before: Option<usize>,
    found: Option<&'a str>,
}

impl<'a, 'p> Search<'a, 'p> {
    fn new(text: &'a str, pointer: &'p str) -> Option<Self> {
        let key = Cow::Borrowed("");
        let around = Nesting::default();
        let mut search =
            Search { walk: Walk::before(text), around, pointer, token: 0..0, key, before: None, found: None };
        (pointer.starts_with('/') && search.enter()?).then_some(search)
    }

    fn run(mut self) -> Option<&'a str> {
        while let Some(in_object) = self.around.top() {
            if !self.walk.item_follows().ok()? {
                self.leave()?;
            } else if !self.matches(in_object)? {
                self.walk.value().ok()?;
            } else if self.token.end == self.pointer.len() {
                self.found = Some(self.walk.value().ok()?);
            } else {
                self.found = None;
                if !self.enter()? {
                    self.walk.value().ok()?;
                }
            }
        }
        self.walk.ends().ok()?;
        self.found
    }

    /// Whether the item that follows is the one that the token names. An object's key is read past.
    fn matches(&mut self, in_object: bool) -> Option<bool> {
        if in_object {
            return Some(key_is(self.walk.key().ok()?, &self.key));
        }
        let matches = self.before == Some(0);
        self.before = self.before.and_then(|before| before.checked_sub(1));
        Some(matches)
    }

    /// Goes into the container that follows, to look for the next token; false when a scalar follows.
    fn enter(&mut self) -> Option<bool> {
        let Some(in_object) = self.walk.enter() else { return Some(false) };
        self.around.push(in_object);
        self.aim(self.token.end + 1)?;
        Some(true)
    }

    /// Goes back to the container around this one and its token.
    fn leave(&mut self) -> Option<()> {
        self.around.pop();
        if let Some(in_object) = self.around.top() {
            self.walk.leave_to(in_object);
            let slash = self.token.start - 1;
            self.aim(self.pointer[..slash].rfind('/')? + 1)?;
            // An array has each index once: nothing after it matches.
            self.before = None;
        }
        Some(())
    }

    /// Looks for the token that starts here from now on.
    fn aim(&mut self, start: usize) -> Option<()> {
        let rest = &self.pointer[start..];
        let token = &rest[..memchr(b'/', rest.as_bytes()).unwrap_or(rest.len())];
        self.token = start..start + token.len();
        self.key = pointer_token(token)?;
        self.before = pointer_index(token);
        Some(())
    }
}

/// One token of a pointer with its `~0` and `~1` decoded; `None` for any other `~`.
pub(super) fn pointer_token(token: &str) -> Option<Cow<'_, str>> {
    if !token.contains('~') {
        return Some(Cow::Borrowed(token));
    }
    let valid = token.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    valid.then(|| Cow::Owned(token.replace("~1", "/").replace("~0", "~")))
}

/// One token of a pointer as an array index.
pub(super) fn pointer_index(token: &str) -> Option<usize> {
    let digits = token.bytes().all(|byte| byte.is_ascii_digit());
    let leading_zero = token.len() > 1 && token.starts_with('0');
    if digits && !leading_zero { token.parse().ok() } else { None }
}
