//! How a text must begin for a string to be where it was in an earlier text.
//!
//! What a search finds depends on nothing but the bytes before it. So where two texts begin with the same bytes, up to a
//! string's opening quote, the same search finds the string at the same place. Texts of several streams differ in their
//! ids before that: where the beginning was wrong twice in a row, the values in it that are strings may be any others. A
//! search walks over such a value whatever is in it, while keys, which it compares, stay.

use memchr::memchr;

use super::token::{quoted, short_string_end, skip_space};

/// The longest beginning that is kept: an event's string is not far from its start.
const LONGEST: usize = 160;

/// The longest beginning in which strings are left out.
const FARTHEST: usize = 1024;

/// So often in a row it may be wrong before strings are left out, and before it is given up.
const EXACT: u8 = 2;
const PATIENCE: u8 = 8;

/// The beginning of a text, up to a string's opening quote.
#[derive(Default)]
pub(super) struct Proof {
    /// The bytes, without those of the strings that may differ; their quotes are there.
    text: Vec<u8>,
    /// Where in the text those strings are left out, between their quotes.
    holes: Vec<usize>,
    /// How often in a row it was wrong.
    misses: u8,
}

impl Proof {
    /// Where the string's opening quote is in a document; `None` unless it begins like the one that was learned from.
    #[inline(always)]
    pub fn find(&self, document: &[u8]) -> Option<usize> {
        if !self.holes.is_empty() {
            return self.find_around_holes(document);
        }
        // Not by `Option::filter`, which the compiler would call.
        let quote = self.text.len().checked_sub(1)?;
        if document.starts_with(&self.text) { Some(quote) } else { None }
    }

    #[inline(never)]
    fn find_around_holes(&self, document: &[u8]) -> Option<usize> {
        let (mut at, mut from) = (0, 0);
        for &hole in &self.holes {
            let before = self.text.get(from..hole)?;
            if !document.get(at..)?.starts_with(before) {
                return None;
            }
            at = short_string_end(document, at + before.len() - 1)? - 1;
            from = hole;
        }
        let last = self.text.get(from..)?;
        document.get(at..)?.starts_with(last).then(|| at + last.len() - 1)
    }

    /// Learns from a document in which the string's opening quote is the last of these bytes, and that it was wrong, if
    /// it had learned from another before. False when it gives up.
    pub fn learn(&mut self, beginning: &[u8]) -> bool {
        self.misses += u8::from(!self.text.is_empty());
        self.text.clear();
        self.holes.clear();
        if self.misses >= PATIENCE {
            return false;
        }
        if self.misses >= EXACT && beginning.len() <= FARTHEST {
            self.leave_strings_out(beginning);
        } else if beginning.len() <= LONGEST {
            self.text.extend_from_slice(beginning);
        }
        !self.text.is_empty()
    }

    /// It was right.
    pub fn confirm(&mut self) {
        self.misses = 0;
    }

    /// Learns no more from what was.
    pub fn forget(&mut self) {
        self.text.clear();
        self.misses = 0;
    }

    fn leave_strings_out(&mut self, beginning: &[u8]) {
        let (mut copied, mut at) = (0, 0);
        while let Some(found) = beginning.get(at..).and_then(|rest| memchr(b'"', rest)) {
            let quote = at + found;
            // The last one has no end here: it is the string that is looked for.
            let Ok(string) = quoted(beginning, quote) else { break };
            at = string.end;
            let is_key = beginning.get(skip_space(beginning, at)) == Some(&b':');
            if string.plain && !is_key {
                self.text.extend_from_slice(&beginning[copied..=quote]);
                self.holes.push(self.text.len());
                copied = string.end - 1;
            }
        }
        self.text.extend_from_slice(&beginning[copied..]);
        if self.text.len() > LONGEST {
            self.text.clear();
            self.holes.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delta(kind: &str, id: &str, key: &str) -> String {
        format!(
            r#"{{"type":"{kind}","size":7,"list":["{id}",{{"id":"{id}"}}],"data":{{"id":"{id}","{key}":"text"}}}}"#
        )
    }

    /// Up to the opening quote of the value of "content".
    fn beginning(text: &str) -> &[u8] {
        let key = r#""content":""#;
        &text.as_bytes()[..text.find(key).expect("there") + key.len()]
    }

    fn taught(texts: &[&str]) -> Proof {
        let mut proof = Proof::default();
        for text in texts {
            assert!(proof.learn(beginning(text)));
        }
        proof
    }

    #[test]
    fn a_beginning_proves_the_same_beginning_and_nothing_else() {
        let text = delta("a", "one", "content");
        let proof = taught(&[&text]);
        assert_eq!(proof.find(text.as_bytes()), Some(beginning(&text).len() - 1));
        for other in
            [delta("b", "one", "content"), delta("a", "two", "content"), delta("a", "one", "contenT")]
        {
            assert_eq!(proof.find(other.as_bytes()), None, "{other}");
        }
        assert_eq!(proof.find(&beginning(&text)[..10]), None);
        assert_eq!((Proof::default().find(b""), Proof::default().find(b"{}")), (None, None));
    }

    #[test]
    fn after_two_misses_strings_may_differ_but_no_key() {
        let texts = ["one", "two", "three"].map(|id| delta("a", id, "content"));
        let proof = taught(&[&texts[0], &texts[1], &texts[2]]);
        for id in ["one", "", "x\\u0041", &"long".repeat(30)] {
            let text = delta("b", id, "content");
            let expected = Some(beginning(&text).len() - 1).filter(|_| !id.contains('\\'));
            assert_eq!(proof.find(text.as_bytes()), expected, "{id}");
        }
        let text = delta("b", "four", "content");
        for (from, to) in [
            (r#""size""#, r#""siz3""#),
            ("7", "8"),
            (r#""data""#, r#""dat4""#),
            (r#""content""#, r#""c0ntent""#),
            (r#""four",{"#, r#""four","{"#),
            (r#"{"id":"four"}"#, r#"{"ib":"four"}"#),
            (r#""b","#, r#""b" ,"#),
        ] {
            assert_eq!(proof.find(text.replace(from, to).as_bytes()), None, "{to}");
        }
        for cut in 0..beginning(&text).len() {
            assert_eq!(proof.find(&text.as_bytes()[..cut]), None, "{cut}");
        }
    }

    #[test]
    fn what_is_always_wrong_is_given_up_and_what_is_right_is_not() {
        let text = delta("a", "one", "content");
        let mut proof = taught(&[text.as_str(); PATIENCE as usize]);
        assert!(!proof.learn(beginning(&text)));
        proof.forget();
        for _ in 0..100 {
            assert!(proof.learn(beginning(&text)));
            proof.confirm();
        }
        assert_eq!(proof.find(text.as_bytes()), Some(beginning(&text).len() - 1));
        // Too far from the start.
        let far = delta(&"x".repeat(200), "one", "content");
        assert!(!Proof::default().learn(beginning(&far)));
    }
}
