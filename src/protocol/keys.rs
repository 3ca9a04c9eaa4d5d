//! The table-driven check of option objects. The server ignores unknown keys and wrong types in silence; the
//! library does not, and names the place by its RFC 6901 pointer.

use serde_json::value::RawValue;

use super::members::{Members, ObjectText, array_text, type_name, user_json};
use crate::error::{Error, Result};

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
}

/// A key that goes wherever its object goes.
pub(crate) const fn key(name: &'static str, wants: Wants) -> Key {
    Key { name, wire: name, wants, part: Part::Always, required: false }
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
}

/// The keys that an object gives, checked, in its order and without those that are null.
pub(crate) struct Given<'a>(pub(crate) Vec<(&'static Key, &'a RawValue)>);

impl<'a> Given<'a> {
    pub(crate) fn raw(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(key, _)| key.name == name).map(|(_, value)| value.get())
    }

    pub(crate) fn text(&self, name: &str) -> Option<String> {
        serde_json::from_str(self.raw(name)?).ok()
    }

    pub(crate) fn texts(&self, name: &str) -> Option<Vec<String>> {
        serde_json::from_str(self.raw(name)?).ok()
    }

    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        serde_json::from_str(self.raw(name)?).ok()
    }

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
        let value = self.0.iter().find(|(key, _)| key.name == name).map(|(_, value)| *value);
        value.map(|value| object(value, table, &place.at(name), true)).transpose()
    }

    /// The object's text without the keys the library keeps, in the wire's spelling.
    pub(crate) fn wire_object(&self, sent: impl Fn(Part) -> bool, mut object: ObjectText) -> ObjectText {
        for (key, value) in self.0.iter().filter(|(key, _)| sent(key.part)) {
            object = match wire_form(value.get(), key.wants) {
                Some(renamed) => object.raw(key.wire, &renamed),
                None => object.raw(key.wire, value.get()),
            };
        }
        object
    }
}

/// Where in the caller's JSON a check is.
pub(crate) struct Place {
    what: &'static str,
    pointer: String,
}

impl Place {
    pub(crate) fn root(what: &'static str) -> Place {
        Place { what, pointer: String::new() }
    }

    pub(crate) fn at(&self, segment: impl std::fmt::Display) -> Place {
        let segment = segment.to_string().replace('~', "~0").replace('/', "~1");
        Place { what: self.what, pointer: format!("{}/{segment}", self.pointer) }
    }

    /// The error for this place; `problem` completes "the options: /key …".
    pub(crate) fn refuse(&self, problem: impl std::fmt::Display) -> Error {
        let colon = if self.pointer.is_empty() { "" } else { ": " };
        Error::invalid_argument(format!("{}{colon}{} {problem}", self.what, self.pointer))
    }

    fn must_be(&self, wanted: impl std::fmt::Display, got: &str) -> Error {
        self.refuse(format_args!("must be {wanted}, but is {}", type_name(got)))
    }
}

/// Checks an option object that the caller gave, snake_case spellings of its keys included. Fails with
/// `InvalidJson` or with `InvalidArgument` that names the pointer.
pub(crate) fn check<'a>(json: &'a str, table: &'static Table) -> Result<Given<'a>> {
    let raw = user_json(json, table.what)?;
    object(raw, table, &Place::root(table.what), true)
}

/// The same for an object inside another one, where only the exact spellings count.
pub(crate) fn check_inner<'a>(raw: &'a RawValue, table: &'static Table, place: &Place) -> Result<Given<'a>> {
    object(raw, table, place, false)
}

fn object<'a>(raw: &'a RawValue, table: &'static Table, place: &Place, snake: bool) -> Result<Given<'a>> {
    let members = Members::read(raw.get()).ok_or_else(|| place.must_be("an object", raw.get()))?;
    let mut given: Vec<(&'static Key, &'a RawValue)> = Vec::new();
    for (name, value) in members.0 {
        let place = place.at(&name);
        let Some(key) = find(table, &name, snake) else {
            if table.open {
                continue;
            }
            return Err(unknown(table, &name, &place));
        };
        if value.get() == "null" {
            continue;
        }
        if let Part::Never(reason) = key.part {
            return Err(place.refuse(format_args!("may not be given: {reason}")));
        }
        if given.iter().any(|(other, _)| other.name == key.name) {
            return Err(place.refuse(format_args!("gives \"{}\" a second time; give it once", key.name)));
        }
        value_is(value, key.wants, &place)?;
        given.push((key, value));
    }
    for key in table.keys.iter().filter(|key| key.required) {
        if !given.iter().any(|(other, _)| other.name == key.name) {
            return Err(place.at(key.name).refuse("is missing"));
        }
    }
    Ok(Given(given))
}

fn value_is(raw: &RawValue, wants: Wants, place: &Place) -> Result<()> {
    let json = raw.get();
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
        Wants::List(inner) => {
            let items: Vec<&RawValue> =
                serde_json::from_str(json).map_err(|_| place.must_be("an array", json))?;
            items.iter().enumerate().try_for_each(|(index, item)| value_is(item, *inner, &place.at(index)))
        }
        Wants::Map(inner) => {
            let members = Members::read(json).ok_or_else(|| place.must_be("an object", json))?;
            members.0.iter().try_for_each(|(name, item)| value_is(item, *inner, &place.at(name)))
        }
    }
}

fn text(json: &str, place: &Place) -> Result<String> {
    serde_json::from_str(json).map_err(|_| place.must_be("a string", json))
}

fn not_empty(value: &str, place: &Place) -> Result<()> {
    if value.is_empty() { Err(place.refuse("must not be empty; leave it out instead")) } else { Ok(()) }
}

fn no_nul(value: &str, place: &Place) -> Result<()> {
    if value.contains('\0') { Err(place.refuse("must not contain a NUL character")) } else { Ok(()) }
}

fn word(json: &str, words: &[&str], place: &Place) -> Result<()> {
    let wanted = || format!("one of \"{}\"", words.join("\", \""));
    let given: String = serde_json::from_str(json).map_err(|_| place.must_be(wanted(), json))?;
    if words.contains(&given.as_str()) {
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

fn find(table: &'static Table, name: &str, snake: bool) -> Option<&'static Key> {
    table
        .keys
        .iter()
        .find(|key| key.name == name || key.wire == name)
        .or_else(|| table.keys.iter().find(|key| snake && name.contains('_') && snake_case(key.name) == name))
}

/// "gitHubToken" → "github_token".
fn snake_case(name: &str) -> String {
    let name = name.replace("gitHub", "github").replace("GitHub", "Github").replace("OAuth", "Oauth");
    name.chars().fold(String::new(), |mut snake, c| {
        if c.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
        snake
    })
}

fn unknown(table: &'static Table, name: &str, place: &Place) -> Error {
    match did_you_mean(table, name) {
        Some(near) => place.refuse(format_args!("is not a known key; did you mean \"{near}\"?")),
        None => place.refuse("is not a known key"),
    }
}

/// The key that was probably meant: the same letters, else at most two edits away.
fn did_you_mean(table: &'static Table, name: &str) -> Option<&'static str> {
    let letters = |text: &str| text.replace(['_', '-'], "").to_lowercase();
    let same = table.keys.iter().find(|key| letters(key.name) == letters(name));
    let near = || {
        let distances = table.keys.iter().map(|key| (edits(key.name, name), key));
        let nearest = distances.min_by_key(|(distance, _)| *distance)?;
        (nearest.0 <= 2 && nearest.0 < name.chars().count()).then_some(nearest.1)
    };
    same.or_else(near).map(|key| key.name)
}

/// The edit distance between two names; 3 stands for "too far" where the lengths alone say so.
fn edits(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > 2 {
        return 3;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}

/// The value's text in the wire's spelling; `None` where it is that already.
fn wire_form(json: &str, wants: Wants) -> Option<String> {
    match wants {
        Wants::Shape(table) => {
            let renamed = |name: &str| {
                table.keys.iter().find(|key| key.name == name && key.wire != name).map(|key| key.wire)
            };
            let members = Members::read(json)?;
            members.0.iter().find(|(name, _)| renamed(name).is_some())?;
            let spelt = |object: ObjectText, (name, value): &(String, &RawValue)| {
                object.raw(renamed(name).unwrap_or(name), value.get())
            };
            Some(members.0.iter().fold(ObjectText::new(), spelt).finish())
        }
        Wants::Map(inner) => {
            let members = Members::read(json)?;
            let forms: Vec<_> = members.0.iter().map(|(_, value)| wire_form(value.get(), *inner)).collect();
            forms.iter().find(|form| form.is_some())?;
            let spelt =
                |object: ObjectText, ((name, value), form): (&(String, &RawValue), &Option<String>)| {
                    object.raw(name, form.as_deref().unwrap_or(value.get()))
                };
            Some(members.0.iter().zip(&forms).fold(ObjectText::new(), spelt).finish())
        }
        Wants::List(inner) => {
            let items: Vec<&RawValue> = serde_json::from_str(json).ok()?;
            let forms: Vec<_> = items.iter().map(|item| wire_form(item.get(), *inner)).collect();
            forms.iter().find(|form| form.is_some())?;
            let spelt = items.iter().zip(&forms).map(|(item, form)| form.as_deref().unwrap_or(item.get()));
            Some(array_text(spelt))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
