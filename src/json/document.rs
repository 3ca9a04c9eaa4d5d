//! An owned JSON text that is read in place.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::ctext::CText;
use super::escape::unescape;
use super::index::Children;
use super::jumps::{Jumps, Known};
use super::lately::Lately;
use super::memo::{Memo, Raw, Recalled};
use super::pointer::{Found, search, split_token};
use super::scan::{self, Kind, end_of_value};
use super::source::{Source, whole};
use super::texts::Texts;
use super::token::{Quoted, quoted};
use super::{compact, number, validate};
use crate::error::{Code, Error, Result};

/// The highest index of an array's element up to which the elements before it are read each time it is asked for by
/// pointer. For the element of a higher one the array is indexed.
const WITHOUT_AN_INDEX: usize = 3;

/// A JSON value: a document, or a borrowed view of a part of one.
///
/// Reading is lazy and works on the text. Every getter may be called from many threads at once, none blocks except
/// for another that builds the same index or decodes a string of the same document, and whatever it lends lives as
/// long as the borrow of the document.
///
/// A pointer is a JSON pointer (RFC 6901): a text, or its bytes, which name nothing where they are not UTF-8. Of a key
/// that occurs twice the first one counts, so that nothing behind a value needs to be read to find it.
pub struct Json {
    pub(super) doc: Arc<Doc>,
    /// Where in the document's text this value is.
    pub(super) range: Range<usize>,
    pub(super) children: OnceLock<Box<Children>>,
}

/// What a document and the views of its parts share.
pub(super) struct Doc {
    pub source: Source,
    pub jumps: Jumps,
    pub lately: Lately,
    /// Made when the first string is asked for.
    pub memo: OnceLock<Memo>,
    /// What found no room in the memo: strings by the offset of the raw one, keys by that of theirs, and the
    /// NUL-terminated copies of values by [`copy_key`].
    pub texts: Texts,
}

impl Json {
    /// A document from any text.
    ///
    /// # Errors
    ///
    /// `InvalidJson`, as [`validate`] says it.
    pub fn parse(text: &str) -> Result<Json> {
        validate(text)?;
        Ok(Json::from_trusted(compact(text)))
    }

    /// A document from text that a scan has found inside valid text, or that this library wrote: it is not checked,
    /// and kept as it is.
    ///
    /// Should it not be JSON after all, then reading it finds nothing where the text makes no sense. A raw NUL, which
    /// no JSON can contain, becomes U+FFFD where C gets the text as it stands.
    pub fn from_trusted<'a>(text: impl Into<Cow<'a, str>>) -> Json {
        let text = match text.into() {
            Cow::Owned(text) => text,
            Cow::Borrowed(text) => {
                let mut owned = String::with_capacity(text.len() + 1);
                owned.push_str(text);
                owned
            }
        };
        let all = whole(&text);
        Json::of_part(text, all)
    }

    /// A document from a part of such a text, which is not copied: what is behind the part is cut off and what is
    /// before it stays unused. Where nothing is behind it, there must be room for one byte more to save the copy.
    pub fn of_part(text: String, part: Range<usize>) -> Json {
        let (source, range) = Source::owned(text, part);
        Json::new(source, range)
    }

    /// A document that is an empty object.
    pub fn object() -> Json {
        Json::from_trusted("{}")
    }

    pub(super) fn new(source: Source, range: Range<usize>) -> Json {
        let doc = Doc {
            source,
            jumps: Jumps::default(),
            lately: Lately::default(),
            memo: OnceLock::new(),
            texts: Texts::default(),
        };
        Json { doc: Arc::new(doc), range, children: OnceLock::new() }
    }

    /// The part of a document that is this value.
    pub(super) fn view(doc: &Arc<Doc>, range: Range<usize>) -> Json {
        Json { doc: Arc::clone(doc), range, children: OnceLock::new() }
    }

    /// The value's text.
    pub fn text(&self) -> &str {
        &self.doc.source.as_str()[self.range.clone()]
    }

    /// How many bytes its text has.
    #[allow(clippy::len_without_is_empty)] // a value is never empty
    pub fn len(&self) -> usize {
        self.range.len()
    }

    /// What stands before the value in the text that it is a part of.
    pub fn text_before(&self) -> &str {
        self.doc.source.as_str().get(..self.range.start).unwrap_or_default()
    }

    /// Says that the first member of this key has its value so far behind the beginning of the text, so that what is asked
    /// of it is found there without a search. What is not so is not believed.
    pub fn expect_member(&self, key: &str, at: usize) {
        let base = self.range.start;
        self.doc.lately.note(self.bytes(), base, key.as_bytes(), base + at);
    }

    /// The value's text for C. Of a document it is the text itself, of a view, or where the text is lent, a copy that is
    /// made once.
    pub fn text_c(&self) -> CText<'_> {
        self.doc.source.in_place(&self.range).unwrap_or_else(|| self.copied_text())
    }

    /// [`Json::text_c`] of a document that was asked for it before. `None` says only that that is to be asked.
    #[inline(always)]
    pub fn text_in_place(&self) -> Option<CText<'_>> {
        self.doc.source.known_in_place(&self.range)
    }

    /// The part that a pointer names, as a view that lives as long as this value.
    ///
    /// The containers on the way are indexed, so that a second walk through them is fast. The same part is always the
    /// same view.
    pub fn at(&self, pointer: &(impl AsRef<[u8]> + ?Sized)) -> Option<&Json> {
        let (mut view, mut rest) = (self, pointer.as_ref());
        while !rest.is_empty() {
            let (token, further) = split_token(rest)?;
            view = view.child(token)?;
            rest = further;
        }
        Some(view)
    }

    /// An array's element, or an object's member value, by position.
    ///
    /// The first call indexes the container; each call then takes the same time, however large it is.
    #[inline]
    pub fn item(&self, index: usize) -> Option<&Json> {
        self.children().get(index)
    }

    /// [`Json::item`] of a container that has been indexed. `None` says only that it is to be asked.
    #[inline(always)]
    pub fn indexed_item(&self, index: usize) -> Option<&Json> {
        self.children.get()?.get(index)
    }

    /// What the pointer names is; `None` when there is nothing.
    pub fn kind_at(&self, pointer: &(impl AsRef<[u8]> + ?Sized)) -> Option<Kind> {
        self.raw(pointer).map(scan::kind)
    }

    /// How many elements or members the container has that the pointer names; 0 when it is none.
    pub fn count(&self, pointer: &(impl AsRef<[u8]> + ?Sized)) -> usize {
        self.at(pointer).map_or(0, |value| value.children().len())
    }

    /// The key of an object's member by position, decoded. The same member always has the same address.
    pub fn key(&self, pointer: &(impl AsRef<[u8]> + ?Sized), index: usize) -> Option<CText<'_>> {
        let at = self.at(pointer)?.children().key(index)?;
        let texts = &self.doc.texts;
        if let Some(key) = texts.get(at) {
            return Some(key);
        }
        let end = quoted(self.bytes(), at).ok()?.end;
        Some(texts.insert(at, unescape(&self.doc.source.as_str()[at + 1..end - 1])?))
    }

    /// The string that the pointer names, decoded, for C. The same string always has the same address.
    ///
    /// `None` when there is nothing or it is not a string.
    pub fn get_str(&self, pointer: &(impl AsRef<[u8]> + ?Sized)) -> Option<CText<'_>> {
        let pointer = pointer.as_ref();
        self.recall(pointer).or_else(|| self.search_str(pointer))
    }

    /// The string, where it was lent before to whoever asked with this pointer, or is where an earlier text foretold.
    /// `None` says only that it must be searched. Quick, and free of whatever could panic or wait.
    #[inline(always)]
    pub fn recall(&self, pointer: &[u8]) -> Option<CText<'_>> {
        let (doc, base) = (&*self.doc, self.range.start);
        let memo = doc.memo.get()?;
        match memo.recall(&doc.texts, base, pointer) {
            Recalled::Known(text) => Some(text),
            Recalled::Foretold(answer) => {
                let document = doc.source.as_str().as_bytes().get(base..self.range.end)?;
                memo.keep_foretold(&doc.texts, answer, base, document)
            }
            Recalled::Unknown => None,
        }
    }

    /// [`Json::get_str`] for a string that must be searched.
    #[inline(never)]
    pub fn search_str(&self, pointer: &[u8]) -> Option<CText<'_>> {
        let doc = &*self.doc;
        let start = self.locate(pointer)?;
        let Quoted { end, plain } = quoted(self.bytes(), start).ok()?;
        if pointer.is_empty() && end != self.range.end {
            return None;
        }
        doc.jumps.note(start, end);
        let raw = Raw { key: start, source: doc.source.as_str(), start: start + 1, end: end - 1, plain };
        doc.memo.get_or_init(Memo::default).keep(&doc.texts, self.range.start, pointer, raw)
    }

    /// The string that the pointer names where it stands in the text, if it has no escapes. Neither copied nor
    /// remembered. `None` says only that [`Json::get_str`] is to be asked.
    pub fn str_in_place(&self, pointer: &[u8]) -> Option<&str> {
        let start = self.locate(pointer)?;
        let Quoted { end, plain } = quoted(self.bytes(), start).ok()?;
        if !plain || pointer.is_empty() && end != self.range.end {
            return None;
        }
        self.doc.jumps.note(start, end);
        self.doc.source.as_str().get(start + 1..end - 1)
    }

    /// The string that the pointer names, decoded, for Rust: borrowed where it holds no escape, and not remembered.
    pub fn string(&self, pointer: &(impl AsRef<[u8]> + ?Sized)) -> Option<Cow<'_, str>> {
        self.raw(pointer).and_then(scan::string)
    }

    /// The integer that the pointer names; `None` unless it is one exactly: `1.0` and `1e3` are, `1.5` is not.
    pub fn get_i64(&self, pointer: &(impl AsRef<[u8]> + ?Sized)) -> Option<i64> {
        let pointer = pointer.as_ref();
        if !pointer.is_empty() {
            let start = self.locate(pointer)?;
            if let Some(small) = self.bytes().get(start..).and_then(number::small_i64) {
                return Some(small);
            }
        }
        self.number(pointer).and_then(number::exact_i64)
    }

    /// The number that the pointer names; `None` unless a finite double comes near it.
    pub fn get_f64(&self, pointer: &(impl AsRef<[u8]> + ?Sized)) -> Option<f64> {
        self.number(pointer).and_then(number::finite_f64)
    }

    /// The boolean that the pointer names.
    pub fn get_bool(&self, pointer: &(impl AsRef<[u8]> + ?Sized)) -> Option<bool> {
        match self.raw(pointer)? {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    /// The raw text of what the pointer names. `""` is the whole.
    pub fn raw(&self, pointer: &(impl AsRef<[u8]> + ?Sized)) -> Option<&str> {
        let pointer = pointer.as_ref();
        if pointer.is_empty() {
            return Some(self.text());
        }
        let start = self.locate(pointer)?;
        let end = end_of_value(self.bytes(), start, self.known()).ok()?;
        self.doc.source.as_str().get(start..end)
    }

    /// A document of its own with what the pointer names.
    ///
    /// # Errors
    ///
    /// `NotFound`, naming the pointer.
    pub fn copy(&self, pointer: &str) -> Result<Json> {
        match self.raw(pointer) {
            Some(raw) => Ok(Json::from_trusted(raw)),
            None => Err(Error::new(Code::NotFound, format!("the JSON has nothing at \"{pointer}\""))),
        }
    }

    /// Whether the container was indexed, for the test that a plain read does without.
    #[cfg(test)]
    pub(super) fn is_indexed(&self) -> bool {
        self.children.get().is_some()
    }

    fn number(&self, pointer: &(impl AsRef<[u8]> + ?Sized)) -> Option<&str> {
        self.raw(pointer).filter(|raw| scan::kind(raw) == Kind::Number)
    }

    /// The document's text up to this value's end: offsets are the document's, and nothing is read past the value.
    #[inline]
    fn bytes(&self) -> &[u8] {
        let bytes = self.doc.source.as_str().as_bytes();
        bytes.get(..self.range.end).unwrap_or(bytes)
    }

    #[inline]
    fn known(&self) -> Known<'_> {
        Known(Some(&self.doc.jumps))
    }

    /// Where in the document's text the value begins that the pointer names.
    fn locate(&self, pointer: &[u8]) -> Option<usize> {
        // Where an index is there it is faster; the rest of the way is searched in the text. So is what is damaged, whose
        // index is empty, though some of it can be found.
        let (mut view, mut rest) = (self, pointer);
        while !rest.is_empty()
            && view.children.get().is_some_and(|children| !matches!(**children, Children::None))
        {
            let (token, further) = split_token(rest)?;
            view = view.child(token)?;
            rest = further;
        }
        let (start, last) = view.walk_into(rest)?;
        let search = |farthest| search(view.bytes(), start, last, farthest, self.known());
        match search(WITHOUT_AN_INDEX) {
            Found::Far => {
                let indexed = view.at(rest).map(|value| value.range.start);
                indexed.or_else(|| search(usize::MAX).start())
            }
            found => found.start(),
        }
    }

    /// The first step along a pointer of several, into a member that is remembered: where its value begins, and the rest
    /// of the pointer. No step, where it leads elsewhere; `None` where it leads nowhere.
    fn walk_into<'p>(&self, pointer: &'p [u8]) -> Option<(usize, &'p [u8])> {
        let (bytes, base) = (self.bytes(), self.range.start);
        if let Some(known) = self.doc.lately.follow(bytes, base, pointer) {
            return Some(known);
        }
        let Some((key, rest)) = split_token(pointer).filter(|(_, rest)| !rest.is_empty()) else {
            return Some((base, pointer));
        };
        match search(bytes, base, &pointer[..=key.len()], WITHOUT_AN_INDEX, self.known()) {
            Found::At(value) => {
                self.doc.lately.note(bytes, base, key, value);
                Some((value, rest))
            }
            Found::Far => Some((base, pointer)),
            Found::Nothing => None,
        }
    }

    /// The NUL-terminated copy of the value's text.
    fn copied_text(&self) -> CText<'_> {
        let (key, texts) = (copy_key(self.range.start), &self.doc.texts);
        let memo = self.doc.memo.get_or_init(Memo::default);
        if let Recalled::Known(text) = memo.recall(texts, key, b"") {
            return text;
        }
        let text = self.text();
        let has_nul = memchr::memchr(0, text.as_bytes()).is_some();
        let text = if has_nul { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { text.into() };
        let raw = Raw { key, source: &text, start: 0, end: text.len(), plain: true };
        memo.keep(texts, key, b"", raw).unwrap_or_else(|| texts.insert(key, Cow::Borrowed(&text)))
    }

    /// The child that one token of a pointer names.
    fn child(&self, token: &[u8]) -> Option<&Json> {
        self.children().named(self.bytes(), token)
    }

    #[inline]
    fn children(&self) -> &Children {
        self.children.get_or_init(|| Box::new(Children::of(&self.doc, self.bytes(), self.range.start)))
    }
}

/// The key of a value's NUL-terminated copy: apart from the offsets of strings, which are below every text's end.
fn copy_key(start: usize) -> usize {
    !start
}

impl Drop for Json {
    /// Takes the views apart one by one: dropping them inside one another would need as much stack as they nest.
    fn drop(&mut self) {
        let mut open: Vec<_> = self.children.take().into_iter().collect();
        while let Some(children) = open.pop() {
            open.extend(children.into_views().filter_map(|mut view| view.children.take()));
        }
    }
}

impl fmt::Debug for Json {
    /// Only how long it is: the text may hold what must not be logged.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Json({} bytes)", self.range.len())
    }
}
