//! A part of a text that comes with all of it.

use std::ops::{Deref, Range};

/// A part of a text that is given away whole, so that a large part need not be copied out of its frame.
#[derive(Debug)]
pub struct Part {
    text: String,
    range: Range<usize>,
}

impl Part {
    /// The part of `text` that is `part`, which was borrowed from it; all of it for a text of other origin.
    pub(super) fn of(text: String, part: Option<Range<usize>>) -> Part {
        let range = part.filter(|range| text.get(range.clone()).is_some()).unwrap_or(0..text.len());
        Part { text, range }
    }

    /// The whole text, and where the part lies in it.
    pub fn into_whole(self) -> (String, Range<usize>) {
        (self.text, self.range)
    }

    /// The part alone, in the memory of the whole: it is moved to the front.
    pub fn into_string(self) -> String {
        let Part { mut text, range } = self;
        text.truncate(range.end);
        text.drain(..range.start);
        text
    }
}

impl Deref for Part {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text[self.range.clone()]
    }
}

/// Where `part`, a slice of `whole`, lies in it; `None` for a text of other origin.
pub(super) fn range_in(whole: &str, part: &str) -> Option<Range<usize>> {
    let start = (part.as_ptr() as usize).checked_sub(whole.as_ptr() as usize)?;
    let range = start..start + part.len();
    whole.get(range.clone()).map(|_| range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_found_in_its_whole_and_cut_out_of_it() {
        let whole = r#"{"result":{"a":1}}"#.to_string();
        let range = range_in(&whole, &whole[10..17]);
        assert_eq!(range, Some(10..17));
        assert_eq!(range_in(&whole, "null"), None);
        let part = Part::of(whole.clone(), range.clone());
        assert_eq!(&*part, r#"{"a":1}"#);
        assert_eq!(part.into_whole(), (whole.clone(), 10..17));
        let memory = whole.as_ptr();
        let alone = Part::of(whole, range).into_string();
        assert_eq!((alone.as_str(), alone.as_ptr()), (r#"{"a":1}"#, memory));
        assert_eq!(Part::of("all".to_string(), None).into_string(), "all");
    }
}
