//! The table-driven check of option objects. The server ignores unknown keys and wrong types in silence; the
//! library does not, and names the place by its RFC 6901 pointer.

use std::borrow::Cow;

use super::members::{
    Members, ObjectText, array_text, check_sendable, items, quoted, text_of, type_name, user_json,
};
use crate::error::{Error, Result};
use crate::json::scan;

/// As many keys as most objects give at most.
const USUAL: usize = 8;

mod index;
mod naming;

pub use index::Index;
pub(crate) use index::Marks;
use naming::{snake_case, unknown};

/// What a value must be.
#[derive(Clone, Copy, Debug)]
pub enum Wants {
    /// A string.
    Text,
    /// A string with something in it.
    Name,
    /// A string that becomes an argument or a variable of a process: no NUL in it.
    Argument,
    /// The same, not empty.
    Path,
    /// The path of something that the CLI opens: absolute, for what a relative one is relative to is the CLI's affair.
    Absolute,
    /// One of these strings.
    Word(&'static [&'static str]),
    /// true or false.
    Flag,
    /// A whole number within these bounds.
    Integer(i64, i64),
    /// Any number.
    Number,
    /// Any object.
    Object,
    /// An object with these keys.
    Shape(&'static Table),
    /// An array of these.
    List(&'static Wants),
    /// An object of any keys whose values are these.
    Map(&'static Wants),
    /// An object of one of these kinds, told apart by its "type".
    Kinds(&'static [Table]),
    /// Null or this.
    Maybe(&'static Wants),
    /// Any JSON.
    Any,
}

/// Where a key goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Wherever its object goes.
    Always,
    /// Sent by `session.create` only.
    Create,
    /// Sent by `session.resume` only.
    Resume,
    /// Sent by `session.options.update`, once the session is open.
    Update,
    /// Kept by the library.
    Local,
    /// May not be given; the text completes "may not be given: ".
    Never(&'static str),
}

/// One key of an option object.
#[derive(Debug)]
pub struct Key {
    /// The option's name.
    pub name: &'static str,
    /// Its spelling on the wire, accepted as well.
    pub wire: &'static str,
    /// What its value must be. Null means unset.
    pub wants: Wants,
    /// Where it goes.
    pub part: Part,
    /// True where it must be given.
    pub required: bool,
    /// What is sent where it is not given; the wire must have the key.
    pub otherwise: Option<Otherwise>,
}

/// The value of a key that is not given.
#[derive(Clone, Copy, Debug)]
pub enum Otherwise {
    /// This JSON.
    Json(&'static str),
    /// The file name in the path that the key of this name gives.
    FileNameOf(&'static str),
}

/// The keys of one kind of object.
#[derive(Debug)]
pub struct Table {
    /// Names the object in errors.
    pub what: &'static str,
    /// Its keys.
    pub keys: &'static [Key],
    /// True where further keys pass unchecked.
    pub open: bool,
    /// For a table of many keys.
    pub index: Option<&'static Index>,
}

/// A key that goes wherever its object goes.
pub(crate) const fn key(name: &'static str, wants: Wants) -> Key {
    Key { name, wire: name, wants, part: Part::Always, required: false, otherwise: None }
}

impl Key {
    pub(crate) const fn on(self, part: Part) -> Key {
        Key { part, ..self }
    }

    pub(crate) const fn wire(self, wire: &'static str) -> Key {
        Key { wire, ..self }
    }

    pub(crate) const fn required(self) -> Key {
        Key { required: true, ..self }
    }

    pub(crate) const fn otherwise(self, otherwise: Otherwise) -> Key {
        Key { otherwise: Some(otherwise), ..self }
    }

    /// The text of a checked value in the wire's spelling; `None` where it is that already.
    pub(crate) fn wire_form(&self, value: &str) -> Option<String> {
        wire_form(value, self.wants)
    }
}

/// The keys that an object gives, checked, in its order and without those that are null.
pub(crate) struct Given<'a> {
    pub(crate) keys: Vec<(&'static Key, &'a str)>,
    /// What an open table does not know.
    further: Vec<(String, &'a str)>,
    table: &'static Table,
    /// The names of the keys.
    marks: Marks,
    /// False where a name is not the wire's, or a null was dropped.
    exact: bool,
}

impl<'a> Given<'a> {
    /// False where none of these keys is given.
    pub(crate) fn may_have_any(&self, names: Marks) -> bool {
        self.marks.may_have_any(names)
    }

    #[inline(always)]
    pub(crate) fn raw(&self, name: &str) -> Option<&'a str> {
        if self.marks.may_have(name) { self.look_for(name) } else { None }
    }

    fn look_for(&self, name: &str) -> Option<&'a str> {
        self.keys.iter().find(|(key, _)| key.name == name).map(|(_, value)| *value)
    }

    #[inline(always)]
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.raw(name).and_then(text_of).map(Cow::into_owned)
    }

    #[inline(always)]
    pub(crate) fn texts(&self, name: &str) -> Option<Vec<String>> {
        serde_json::from_str(self.raw(name)?).ok()
    }

    #[inline(always)]
    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        serde_json::from_str(self.raw(name)?).ok()
    }

    #[inline(always)]
    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        integer(self.raw(name)?)
    }

    /// The object that is the value of this key, checked like the one around it, which is at `place`.
    pub(crate) fn inner(
        &self,
        name: &str,
        table: &'static Table,
        place: &Place,
    ) -> Result<Option<Given<'a>>> {
        self.raw(name).map(|value| check_inner(value, table, &place.at(name))).transpose()
    }

    /// The object's text without the keys the library keeps, in the wire's spelling.
    pub(crate) fn wire_object(&self, sent: impl Fn(Part) -> bool, mut object: ObjectText) -> ObjectText {
        for (key, value) in self.keys.iter().filter(|(key, _)| sent(key.part)) {
            let form = wire_form(value, key.wants);
            object = object.known(key.wire, form.as_deref().unwrap_or(value));
        }
        for (name, value) in &self.further {
            object = object.raw(name, value);
        }
        for key in self.table.keys {
            let Some(otherwise) = key.otherwise.filter(|_| sent(key.part) && !self.has(key)) else {
                continue;
            };
            object = match otherwise {
                Otherwise::Json(json) => object.known(key.wire, json),
                Otherwise::FileNameOf(name) => {
                    let path = self.text(name).unwrap_or_default();
                    object.text(key.wire, file_name(&path))
                }
            };
        }
        object
    }

    fn has(&self, key: &'static Key) -> bool {
        self.keys.iter().any(|(given, _)| std::ptr::eq(*given, key))
    }

    /// True where the object's text can be sent as it came.
    fn is_as_on_the_wire(&self) -> bool {
        let is_filled = |key: &'static Key| key.otherwise.is_none() || self.has(key);
        self.exact
            && self.table.keys.iter().all(is_filled)
            && self.keys.iter().all(|(key, value)| wire_form(value, key.wants).is_none())
    }
}

/// Where in the caller's JSON a check is. A place knows the one around it, so that only an error costs a pointer.
#[derive(Clone, Copy)]
pub(crate) struct Place<'p> {
    what: &'static str,
    around: Option<&'p Place<'p>>,
    here: Segment<'p>,
}

/// The last part of a pointer.
#[derive(Clone, Copy)]
pub(crate) enum Segment<'p> {
    Root,
    Name(&'p str),
    Index(usize),
}

impl<'p> From<&'p str> for Segment<'p> {
    fn from(name: &'p str) -> Segment<'p> {
        Segment::Name(name)
    }
}

impl From<usize> for Segment<'_> {
    fn from(index: usize) -> Self {
        Segment::Index(index)
    }
}

impl<'p> Place<'p> {
    pub(crate) fn root(what: &'static str) -> Place<'p> {
        Place { what, around: None, here: Segment::Root }
    }

    /// A member of the outermost object.
    pub(crate) fn member(what: &'static str, name: &'p str) -> Place<'p> {
        Place { what, around: None, here: Segment::Name(name) }
    }

    pub(crate) fn at<'q>(&'q self, segment: impl Into<Segment<'q>>) -> Place<'q> {
        Place { what: self.what, around: Some(self), here: segment.into() }
    }

    /// The error for this place; `problem` completes "the options: /key …".
    pub(crate) fn refuse(&self, problem: impl std::fmt::Display) -> Error {
        let pointer = self.pointer();
        let colon = if pointer.is_empty() { "" } else { ": " };
        Error::invalid_argument(format!("{}{colon}{pointer} {problem}", self.what))
    }

    fn pointer(&self) -> String {
        let around = self.around.map(Place::pointer).unwrap_or_default();
        match self.here {
            Segment::Root => around,
            Segment::Name(name) => format!("{around}/{}", name.replace('~', "~0").replace('/', "~1")),
            Segment::Index(index) => format!("{around}/{index}"),
        }
    }

    fn must_be(&self, wanted: impl std::fmt::Display, got: &str) -> Error {
        self.refuse(format_args!("must be {wanted}, but is {}", type_name(got)))
    }
}

/// Checks an option object that the caller gave, snake_case spellings of its keys included. Fails with
/// `InvalidJson` or with `InvalidArgument` that names the pointer.
pub(crate) fn check<'a>(json: &'a str, table: &'static Table) -> Result<Given<'a>> {
    let raw = user_json(json, table.what)?;
    check_inner(raw, table, &Place::root(table.what))
}

/// The same for text that is known to be JSON.
pub(crate) fn check_valid<'a>(json: &'a str, table: &'static Table) -> Result<Given<'a>> {
    check_sendable(json, table.what)?;
    check_inner(json, table, &Place::root(table.what))
}

/// The same for an object inside another one.
pub(crate) fn check_inner<'a>(raw: &'a str, table: &'static Table, place: &Place) -> Result<Given<'a>> {
    let no_object = || place.must_be("an object", raw);
    let keys = Vec::with_capacity(USUAL);
    let mut given = Given { keys, further: Vec::new(), table, marks: Marks::default(), exact: true };
    for member in scan::members(raw).map_err(|_| no_object())? {
        let (name, value) = member.map_err(|_| no_object())?;
        let name = scan::unescape(name).ok_or_else(no_object)?;
        let place = place.at(&*name);
        let Some(key) = find(table, &name) else {
            if table.open {
                given.further.push((name.into_owned(), value));
                continue;
            }
            return Err(unknown(table, &name, &place));
        };
        let is_unset = value == "null" && !matches!(key.wants, Wants::Maybe(_));
        given.exact &= key.wire == name && !is_unset;
        if is_unset {
            continue;
        }
        if let Part::Never(reason) = key.part {
            return Err(place.refuse(format_args!("may not be given: {reason}")));
        }
        if given.marks.may_have(key.name) && given.has(key) {
            return Err(place.refuse(format_args!("gives \"{}\" a second time; give it once", key.name)));
        }
        value_is(value, key.wants, &place)?;
        given.marks.add(key.name);
        given.keys.push((key, value));
    }
    if table.index.is_none_or(|index| index.requires)
        && let Some(missing) = table.keys.iter().find(|key| key.required && !given.has(key))
    {
        return Err(place.at(missing.name).refuse("is missing"));
    }
    Ok(given)
}

fn value_is(raw: &str, wants: Wants, place: &Place) -> Result<()> {
    let json = raw;
    match wants {
        Wants::Any => Ok(()),
        Wants::Maybe(_) if json == "null" => Ok(()),
        Wants::Maybe(inner) => value_is(raw, *inner, place),
        Wants::Text => text(json, place).map(drop),
        Wants::Name => not_empty(&text(json, place)?, place),
        Wants::Argument => no_nul(&text(json, place)?, place),
        Wants::Path => {
            let value = text(json, place)?;
            not_empty(&value, place)?;
            no_nul(&value, place)
        }
        Wants::Absolute => {
            let value = text(json, place)?;
            not_empty(&value, place)?;
            absolute(&value, place)
        }
        Wants::Word(words) => word(json, words, place),
        Wants::Flag => match json {
            "true" | "false" => Ok(()),
            _ => Err(place.must_be("true or false", json)),
        },
        Wants::Integer(least, most) => within(json, least, most, place),
        Wants::Number => match type_name(json) {
            "a number" => Ok(()),
            _ => Err(place.must_be("a number", json)),
        },
        Wants::Object => match type_name(json) {
            "an object" => Ok(()),
            _ => Err(place.must_be("an object", json)),
        },
        Wants::Shape(table) => check_inner(raw, table, place).map(drop),
        Wants::Kinds(tables) => check_inner(raw, kind_of(raw, tables, place)?, place).map(drop),
        Wants::List(inner) => {
            let items = items(json).ok_or_else(|| place.must_be("an array", json))?;
            items.iter().enumerate().try_for_each(|(index, item)| value_is(item, *inner, &place.at(index)))
        }
        Wants::Map(inner) => {
            let members = Members::read(json).ok_or_else(|| must_be_a_map(json, *inner, place))?;
            members.0.iter().try_for_each(|(name, item)| value_is(item, *inner, &place.at(&**name)))
        }
    }
}

/// The table for the object's "type".
fn kind_of(raw: &str, tables: &'static [Table], place: &Place) -> Result<&'static Table> {
    let members = Members::read(raw).ok_or_else(|| place.must_be("an object", raw))?;
    let place = place.at("type");
    let json =
        members.get("type").filter(|json| *json != "null").ok_or_else(|| place.refuse("is missing"))?;
    let kinds: Vec<_> = tables.iter().map(|table| table.what).collect();
    word(json, &kinds, &place)?;
    let found = tables.iter().find(|table| json == quoted(table.what));
    found.ok_or_else(|| place.refuse("is written with escapes; write it as it is"))
}

/// Some write a map of things as a list of things with names.
fn must_be_a_map(json: &str, inner: Wants, place: &Place) -> Error {
    match inner {
        Wants::Shape(_) if type_name(json) == "an array" => place.refuse(
            "must be an object, but is an array; write {\"<name>\":{...}} in place of [{\"name\":\"<name>\",...}]",
        ),
        _ => place.must_be("an object", json),
    }
}

fn text<'j>(json: &'j str, place: &Place) -> Result<Cow<'j, str>> {
    text_of(json).ok_or_else(|| place.must_be("a string", json))
}

fn not_empty(value: &str, place: &Place) -> Result<()> {
    if value.is_empty() { Err(place.refuse("must not be empty; leave it out instead")) } else { Ok(()) }
}

fn no_nul(value: &str, place: &Place) -> Result<()> {
    if value.contains('\0') { Err(place.refuse("must not contain a NUL character")) } else { Ok(()) }
}

/// An absolute path of POSIX or of Windows.
fn absolute(path: &str, place: &Place) -> Result<()> {
    let has_drive = path.as_bytes()[0].is_ascii_alphabetic() && path.as_bytes().get(1) == Some(&b':');
    if path.starts_with(['/', '\\']) || has_drive {
        return Ok(());
    }
    let problem = "must be an absolute path: the CLI takes another one from where it was itself started";
    Err(place.refuse(problem))
}

/// The last name in a path of POSIX or of Windows; the path itself where it has none.
fn file_name(path: &str) -> &str {
    let trimmed = path.trim_end_matches(['/', '\\']);
    trimmed.rsplit(['/', '\\']).next().filter(|name| !name.is_empty()).unwrap_or(path)
}

fn word(json: &str, words: &[&str], place: &Place) -> Result<()> {
    let wanted = || format!("one of \"{}\"", words.join("\", \""));
    let given = text_of(json).ok_or_else(|| place.must_be(wanted(), json))?;
    if words.contains(&&*given) {
        return Ok(());
    }
    let shown: String = given.chars().take(40).collect();
    Err(place.refuse(format_args!("must be {}, but is {shown:?}", wanted())))
}

fn within(json: &str, least: i64, most: i64, place: &Place) -> Result<()> {
    let wanted = || match most {
        i64::MAX => format!("a whole number from {least} on"),
        _ => format!("a whole number from {least} to {most}"),
    };
    if type_name(json) != "a number" {
        return Err(place.must_be(wanted(), json));
    }
    match integer(json) {
        Some(number) if (least..=most).contains(&number) => Ok(()),
        _ => Err(place.refuse(format_args!("must be {}, but is {json}", wanted()))),
    }
}

/// A whole number, also where it is written `2.0`, as languages without integers do.
fn integer(json: &str) -> Option<i64> {
    let as_float = |json: &str| {
        let number: f64 = serde_json::from_str(json).ok()?;
        (number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0).then_some(number as i64)
    };
    serde_json::from_str(json).ok().or_else(|| as_float(json))
}

fn find(table: &'static Table, name: &str) -> Option<&'static Key> {
    let known = match table.index {
        Some(index) => index.find(table.keys, name),
        None => table.keys.iter().find(|key| key.name == name || key.wire == name),
    };
    let is_snake = |key: &&Key| snake_case(key.name) == name || snake_case(key.wire) == name;
    known.or_else(|| table.keys.iter().filter(|_| name.contains('_')).find(is_snake))
}

/// The value's text in the wire's spelling, once it was checked; `None` where it is that already.
fn wire_form(raw: &str, wants: Wants) -> Option<String> {
    let nowhere = Place::root("");
    let shape = |table| {
        let given = check_inner(raw, table, &nowhere).ok()?;
        let is_right = given.is_as_on_the_wire();
        (!is_right).then(|| given.wire_object(|_| true, ObjectText::new()).finish())
    };
    match wants {
        Wants::Shape(table) => shape(table),
        Wants::Kinds(tables) => shape(kind_of(raw, tables, &nowhere).ok()?),
        Wants::Map(inner) => {
            let members = Members::read(raw)?;
            let forms: Vec<_> = members.0.iter().map(|(_, value)| wire_form(value, *inner)).collect();
            forms.iter().find(|form| form.is_some())?;
            let spelt =
                |object: ObjectText, ((name, value), form): (&(Cow<'_, str>, &str), &Option<String>)| {
                    object.raw(name, form.as_deref().unwrap_or(value))
                };
            Some(members.0.iter().zip(&forms).fold(ObjectText::new(), spelt).finish())
        }
        Wants::List(inner) => {
            let items = items(raw)?;
            let forms: Vec<_> = items.iter().map(|item| wire_form(item, *inner)).collect();
            forms.iter().find(|form| form.is_some())?;
            let spelt = items.iter().zip(&forms).map(|(item, form)| form.as_deref().unwrap_or(item));
            Some(array_text(spelt))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
