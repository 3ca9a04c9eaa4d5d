//! An owned JSON text that is read in place.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::pointer::{pointer_index, pointer_token};
use super::scan::{self, Kind, Scan};
use super::texts::{CText, Texts, with_nul};
use super::{compact, escape, number, validate};
use crate::error::{Code, Error, Result};

/// A pointer that names an array's element at or behind this index has the array indexed: asking for each element of
/// a long one by pointer would otherwise read all before it, each time.
const WORTH_AN_INDEX: usize = 4;

/// A JSON value: a document, or a borrowed view of a part of one.
///
/// Reading is lazy and works on the text. Every getter may be called from many threads at once, none blocks except
/// for another that builds the same index, and whatever it lends lives as long as the borrow of the document.
pub struct Json {
    doc: Arc<Doc>,
    /// Where in the document's text this value is.
    range: Range<usize>,
    children: OnceLock<Box<[Child]>>,
}

/// What a document and the views of its parts share.
pub(super) struct Doc {
    /// The text, and a NUL after it.
    text: String,
    /// The decoded strings, by the offset of the raw one; the NUL-terminated copies of values, by [`copy_key`].
    texts: Texts,
}

/// An element of an array, or a member of an object.
struct Child {
    /// The raw key, without its quotes; empty in an array.
    key: Range<usize>,
    view: Json,
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
    /// no JSON can contain, becomes U+FFFD.
    pub fn from_trusted<'a>(text: impl Into<Cow<'a, str>>) -> Json {
        let mut text = text.into();
        if memchr::memchr(0, text.as_bytes()).is_some() {
            text = Cow::Owned(text.replace('\0', "\u{fffd}"));
        }
        let start = scan::skip_space(text.as_bytes(), 0);
        let end = text.trim_end_matches(scan::SPACE).len().max(start);
        let doc = Doc { text: with_nul(text), texts: Texts::default() };
        Json { doc: Arc::new(doc), range: start..end, children: OnceLock::new() }
    }

    /// A document that is an empty object.
    pub fn object() -> Json {
        Json::from_trusted("{}")
    }

    /// The value's text.
    pub fn text(&self) -> &str {
        &self.doc.text[self.range.clone()]
    }

    /// The value's text for C. Of a document it is the text itself, of a view a copy that is made once.
    pub fn text_c(&self) -> CText<'_> {
        let Range { start, end } = self.range;
        if let Some(text) = CText::new(&self.doc.text.as_bytes()[start..end + 1]) {
            return text;
        }
        let (texts, key) = (&self.doc.texts, copy_key(start));
        texts.get(key).unwrap_or_else(|| texts.insert(key, Cow::Borrowed(self.text())))
    }

    /// The part that a pointer names, as a view that lives as long as this value.
    ///
    /// The containers on the way are indexed, so that a second walk through them is fast. The same part is always the
    /// same view.
    pub fn at(&self, pointer: &str) -> Option<&Json> {
        if pointer.is_empty() {
            return Some(self);
        }
        pointer.strip_prefix('/')?.split('/').try_fold(self, Json::child)
    }

    /// An array's element, or an object's member value, by position.
    ///
    /// The first call indexes the container; each call then takes the same time, however large it is.
    pub fn item(&self, index: usize) -> Option<&Json> {
        self.children().get(index).map(|child| &child.view)
    }

    /// What the pointer names is; `None` when there is nothing.
    pub fn kind_at(&self, pointer: &str) -> Option<Kind> {
        self.raw(pointer).map(scan::kind)
    }

    /// How many elements or members the container has that the pointer names; 0 when it is none.
    pub fn count(&self, pointer: &str) -> usize {
        self.at(pointer).map_or(0, |value| value.children().len())
    }

    /// The key of an object's member by position, decoded. The same member always has the same address.
    pub fn key(&self, pointer: &str, index: usize) -> Option<CText<'_>> {
        let object = self.at(pointer).filter(|value| value.kind() == Kind::Object)?;
        let key = &object.children().get(index)?.key;
        self.doc.lend(key.start, || escape::unescape(&self.doc.text[key.clone()]))
    }

    /// The string that the pointer names, decoded, for C. The same string always has the same address.
    ///
    /// `None` when there is nothing or it is not a string.
    pub fn get_str(&self, pointer: &str) -> Option<CText<'_>> {
        let raw = self.raw(pointer).filter(|raw| raw.starts_with('"'))?;
        self.doc.lend(self.doc.offset_of(raw), || scan::string(raw))
    }

    /// The string that the pointer names, decoded, for Rust: borrowed where it holds no escape, and not remembered.
    pub fn string(&self, pointer: &str) -> Option<Cow<'_, str>> {
        self.raw(pointer).and_then(scan::string)
    }

    /// The integer that the pointer names; `None` unless it is one exactly: `1.0` and `1e3` are, `1.5` is not.
    pub fn get_i64(&self, pointer: &str) -> Option<i64> {
        self.number(pointer).and_then(number::exact_i64)
    }

    /// The number that the pointer names; `None` unless a finite double comes near it.
    pub fn get_f64(&self, pointer: &str) -> Option<f64> {
        self.number(pointer).and_then(number::finite_f64)
    }

    /// The boolean that the pointer names.
    pub fn get_bool(&self, pointer: &str) -> Option<bool> {
        match self.raw(pointer)? {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    /// The raw text of what the pointer names. `""` is the whole.
    pub fn raw(&self, pointer: &str) -> Option<&str> {
        if pointer.is_empty() {
            return Some(self.text());
        }
        // Where an index is there, or worth building, it is faster; the rest of the way is searched in the text.
        let (mut view, mut rest) = (self, pointer);
        while view.children.get().is_some() || is_worth_an_index(rest) {
            let token = rest.strip_prefix('/')?;
            let end = token.find('/').unwrap_or(token.len());
            view = view.child(&token[..end])?;
            rest = &token[end..];
            if rest.is_empty() {
                return Some(view.text());
            }
        }
        scan::find(view.text(), rest)
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

    /// Replaces a part of the text. Every view of the former text is gone by then, for this borrows the document
    /// mutably.
    pub(super) fn splice(&mut self, part: Range<usize>, with: &str) {
        let text = self.text();
        let mut next = String::with_capacity(text.len() - part.len() + with.len() + 1);
        next.push_str(&text[..part.start]);
        next.push_str(with);
        next.push_str(&text[part.end..]);
        *self = Json::from_trusted(next);
    }

    /// Whether the container was indexed, for the test that a plain read does without.
    #[cfg(test)]
    pub(super) fn is_indexed(&self) -> bool {
        self.children.get().is_some()
    }

    fn kind(&self) -> Kind {
        scan::kind(self.text())
    }

    fn number(&self, pointer: &str) -> Option<&str> {
        self.raw(pointer).filter(|raw| scan::kind(raw) == Kind::Number)
    }

    /// The child that one token of a pointer names.
    fn child(&self, token: &str) -> Option<&Json> {
        let children = self.children();
        let child = match self.kind() {
            Kind::Array => children.get(pointer_index(token)?),
            Kind::Object => {
                let key = pointer_token(token)?;
                children.iter().rfind(|child| scan::key_is(&self.doc.text[child.key.clone()], &key))
            }
            _ => None,
        };
        child.map(|child| &child.view)
    }

    fn children(&self) -> &[Child] {
        self.children.get_or_init(|| self.index().unwrap_or_default())
    }

    /// Reads the container once and notes where its children are.
    fn index(&self) -> Scan<Box<[Child]>> {
        let child = |key: Range<usize>, value: &str| {
            let view =
                Json { doc: self.doc.clone(), range: self.doc.range_of(value), children: OnceLock::new() };
            Child { key, view }
        };
        match self.kind() {
            Kind::Object => scan::members(self.text())?
                .map(|member| member.map(|(key, value)| child(self.doc.range_of(key), value)))
                .collect(),
            Kind::Array => scan::elements(self.text())?.map(|element| Ok(child(0..0, element?))).collect(),
            _ => Ok(Box::default()),
        }
    }
}

/// Whether a pointer leads through so high an index that the array should be indexed.
fn is_worth_an_index(pointer: &str) -> bool {
    pointer.split('/').any(|token| pointer_index(token).is_some_and(|index| index >= WORTH_AN_INDEX))
}

impl Doc {
    /// The text under this key, made when it is asked for the first time.
    fn lend<'a>(&'a self, key: usize, make: impl FnOnce() -> Option<Cow<'a, str>>) -> Option<CText<'a>> {
        if let Some(text) = self.texts.get(key) {
            return Some(text);
        }
        Some(self.texts.insert(key, make()?))
    }

    /// Where a slice of this very text begins.
    fn offset_of(&self, slice: &str) -> usize {
        slice.as_ptr() as usize - self.text.as_ptr() as usize
    }

    fn range_of(&self, slice: &str) -> Range<usize> {
        let start = self.offset_of(slice);
        start..start + slice.len()
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
            open.extend(children.into_iter().filter_map(|mut child| child.view.children.take()));
        }
    }
}

impl fmt::Debug for Json {
    /// Only how long it is: the text may hold what must not be logged.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Json({} bytes)", self.range.len())
    }
}
