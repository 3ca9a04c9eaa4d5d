//! What a configuration says: the options that were given, each read once.

use std::ops::Range;

use crate::json::scan;
use crate::protocol::keys::{Given, Key, Marks, Part};
use crate::protocol::members::ObjectText;

/// The options that a program gave, in its order.
#[derive(Clone)]
pub(super) struct Said {
    /// The configuration's text, or the values one after the other.
    text: Box<str>,
    options: Box<[SaidOption]>,
    /// Of both names of each.
    marks: Marks,
}

#[derive(Clone)]
struct SaidOption {
    key: &'static Key,
    /// Where in the text its value is.
    given: Range<usize>,
    /// What is sent, where that is something else.
    sent: Option<Box<str>>,
}

impl Said {
    /// What the text gives.
    pub(super) fn new(text: &str, given: &Given<'_>) -> Said {
        let option = |(key, value): &(&'static Key, &str)| SaidOption {
            key,
            given: scan::range_in(text, value),
            sent: key.wire_form(value).map(Box::from),
        };
        Said::of(text.into(), given.keys.iter().map(option).collect())
    }

    fn of(text: Box<str>, options: Box<[SaidOption]>) -> Said {
        let mut marks = Marks::default();
        for option in &options {
            marks.add(option.key.name);
            marks.add(option.key.wire);
        }
        Said { text, options, marks }
    }

    /// True where this is what that text gives.
    pub(super) fn is_of(&self, text: &str) -> bool {
        *self.text == *text
    }

    /// False where none of the options of these names was given.
    pub(super) fn may_have_any(&self, names: Marks) -> bool {
        self.marks.may_have_any(names)
    }

    /// The value of the option of this name, as it was given.
    #[inline(always)]
    pub(super) fn raw(&self, name: &str) -> Option<&str> {
        if self.marks.may_have(name) { self.look_for(name) } else { None }
    }

    fn look_for(&self, name: &str) -> Option<&str> {
        let option = self.options.iter().find(|option| option.key.name == name)?;
        Some(self.given(option))
    }

    /// The value that create or resume sends under this name of the wire's.
    #[inline(always)]
    pub(super) fn sent(&self, wire: &str) -> Option<&str> {
        if self.marks.may_have(wire) { self.look_for_sent(wire) } else { None }
    }

    fn look_for_sent(&self, wire: &str) -> Option<&str> {
        let sends = |part| matches!(part, Part::Always | Part::Create | Part::Resume);
        let option = self.options.iter().find(|option| option.key.wire == wire && sends(option.key.part))?;
        Some(self.sent_by(option))
    }

    /// Sends something else under this name of the wire's, if it is sent at all.
    pub(super) fn change(&mut self, wire: &str, change: impl FnOnce(&str) -> String) {
        if let Some(place) = self.options.iter().position(|option| option.key.wire == wire) {
            let changed = change(self.sent_by(&self.options[place]));
            self.options[place].sent = Some(changed.into());
        }
    }

    /// The same, but of the option of this name what another configuration says.
    pub(super) fn with(&self, name: &str, newer: &Said) -> Said {
        let (mut text, mut options) = (String::new(), Vec::new());
        let kept = self.options.iter().filter(|option| option.key.name != name).map(|option| (option, self));
        let taken =
            newer.options.iter().filter(|option| option.key.name == name).map(|option| (option, newer));
        for (option, from) in kept.chain(taken) {
            let start = text.len();
            text.push_str(from.given(option));
            options.push(SaidOption { given: start..text.len(), ..option.clone() });
        }
        Said::of(text.into(), options.into())
    }

    /// The text of a configuration that says all this, and what another one says in place of what this one says of the
    /// same.
    pub(super) fn overlaid(&self, newer: &Said) -> String {
        let is_kept = |option: &&SaidOption| newer.raw(option.key.name).is_none();
        let kept = self.options.iter().filter(is_kept).map(|option| (option, self));
        let all = kept.chain(newer.options.iter().map(|option| (option, newer)));
        all.fold(ObjectText::new(), |all, (option, said)| all.known(option.key.name, said.given(option)))
            .finish()
    }

    /// True where it says something that goes there.
    pub(super) fn has(&self, part: Part) -> bool {
        self.options.iter().any(|option| option.key.part == part)
    }

    /// The wire's names of what goes there.
    pub(super) fn names(&self, goes: impl Fn(Part) -> bool) -> impl Iterator<Item = &'static str> {
        self.options.iter().map(|option| option.key).filter(move |key| goes(key.part)).map(|key| key.wire)
    }

    /// Adds what goes there to an object, in the wire's spelling.
    pub(super) fn add_to(&self, object: ObjectText, goes: impl Fn(Part) -> bool) -> ObjectText {
        let going = self.options.iter().filter(|option| goes(option.key.part));
        going.fold(object, |object, option| object.known(option.key.wire, self.sent_by(option)))
    }

    fn given(&self, option: &SaidOption) -> &str {
        &self.text[option.given.clone()]
    }

    fn sent_by<'s>(&'s self, option: &'s SaidOption) -> &'s str {
        option.sent.as_deref().unwrap_or_else(|| self.given(option))
    }
}
