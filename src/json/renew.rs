//! Using a document again for another text: its memory, and what it has learned, stay.

use std::mem;
use std::ops::Range;
use std::sync::Arc;

use super::document::{Doc, Json};
use super::source::{Source, whole};
use super::texts::Texts;

/// Giving a document another text. Everything that was lent is gone by then, for this borrows the document mutably.
///
/// The text is as for [`Json::from_trusted`]. The former text's memory is returned, to be filled again; it has none
/// where that text was lent. A document that is renewed over and over and asked the same each time allocates nothing.
impl Json {
    /// Reads another text from now on, all of it.
    pub fn renew(&mut self, text: String) -> String {
        let all = whole(&text);
        self.renew_part(text, all)
    }

    /// Reads a part of another text from now on, as [`Json::of_part`] does.
    #[inline(always)]
    pub fn renew_part(&mut self, text: String, part: Range<usize>) -> String {
        self.read(Source::owned(text, part))
    }

    /// Reads a text that somebody lends until the document is renewed again or dropped. No NUL need be behind it.
    pub fn renew_lent(&mut self, text: &'static str) -> String {
        self.read(Source::lent(text))
    }

    /// Gives the text back, which is not copied, and where in it the document was; is empty from now on. `None` where the
    /// text was lent.
    pub fn take_text(&mut self) -> Option<(String, Range<usize>)> {
        let range = self.range.clone();
        // The views share the document: they go first.
        drop(self.children.take());
        let text = Arc::get_mut(&mut self.doc)?.source.take_text()?;
        self.renew(String::new());
        Some((text, range))
    }

    #[inline(always)]
    fn read(&mut self, (source, range): (Source, Range<usize>)) -> String {
        // The views share the document: they go first.
        if self.children.get().is_some() {
            drop(self.children.take());
        }
        let former = mem::replace(&mut self.range, range);
        match Arc::get_mut(&mut self.doc) {
            Some(doc) => doc.read(source, former, self.range.start),
            None => {
                *self = Json::new(source, self.range.clone());
                String::new()
            }
        }
    }
}

impl Doc {
    /// Reads another text, in which the document begins at `next`; the former document was at `former`.
    #[inline(always)]
    fn read(&mut self, source: Source, former: Range<usize>, next: usize) -> String {
        if let Some(memo) = self.memo.get_mut()
            && !memo.renew_as_usual(next)
        {
            let document = self.source.as_str().as_bytes().get(former.clone()).unwrap_or_default();
            memo.renew(document, former.start, next);
        }
        self.jumps.clear();
        self.lately.clear();
        if !self.texts.is_empty() {
            self.texts = Texts::default();
        }
        self.source.replace(source)
    }
}
