//! Where the children of a container are, once somebody asked by position.

use std::sync::Arc;

use super::document::{Doc, Json};
use super::jumps::Known;
use super::pointer::{Key, index_of, key_of};
use super::scan::Scan;
use super::walk::Walk;

/// The children of an array, or of an object with their keys.
pub(super) enum Children {
    /// It is neither, or damaged.
    None,
    Elements(Box<[Json]>),
    Members {
        members: Box<[Member]>,
        /// True when no key has an escape in it.
        plain: bool,
    },
}

/// A member of an object.
pub(super) struct Member {
    /// The offset of the key's opening quote.
    key: usize,
    value: Json,
}

impl Children {
    /// Reads the container that begins at `at` and ends with the bytes.
    pub fn of(doc: &Arc<Doc>, bytes: &[u8], at: usize) -> Children {
        let children = Walk::into(bytes, at, Known(Some(&doc.jumps))).map(|mut walk| {
            if walk.is_in_object() { members(doc, &mut walk) } else { elements(doc, &mut walk) }
        });
        children.and_then(Scan::ok).unwrap_or(Children::None)
    }

    pub fn len(&self) -> usize {
        match self {
            Children::None => 0,
            Children::Elements(elements) => elements.len(),
            Children::Members { members, .. } => members.len(),
        }
    }

    /// The child of this position.
    #[inline]
    pub fn get(&self, index: usize) -> Option<&Json> {
        match self {
            Children::None => None,
            Children::Elements(elements) => elements.get(index),
            Children::Members { members, .. } => members.get(index).map(|member| &member.value),
        }
    }

    /// The offset of the opening quote of the key of the member of this position.
    pub fn key(&self, index: usize) -> Option<usize> {
        match self {
            Children::None | Children::Elements(_) => None,
            Children::Members { members, .. } => members.get(index).map(|member| member.key),
        }
    }

    /// The child that one token of a pointer names; of several members of that key the first one.
    pub fn named(&self, bytes: &[u8], token: &[u8]) -> Option<&Json> {
        match self {
            Children::None => None,
            Children::Elements(elements) => elements.get(index_of(token)?),
            Children::Members { members, plain } => {
                let key = key_of(token)?;
                let member = members.iter().find(|member| {
                    if *plain { stands(bytes, member.key, &key) } else { spells(bytes, member.key, &key) }
                });
                member.map(|member| &member.value)
            }
        }
    }

    /// The children as views, for taking them apart.
    pub fn into_views(self) -> impl Iterator<Item = Json> {
        let (elements, members) = match self {
            Children::None => (Box::default(), Box::default()),
            Children::Elements(elements) => (elements, Box::default()),
            Children::Members { members, .. } => (Box::default(), members),
        };
        elements.into_iter().chain(members.into_iter().map(|member| member.value))
    }
}

fn elements(doc: &Arc<Doc>, walk: &mut Walk<'_>) -> Scan<Children> {
    let mut elements = Vec::new();
    while let Some(range) = walk.step(Walk::value) {
        elements.push(Json::view(doc, range?));
    }
    Ok(Children::Elements(elements.into()))
}

fn members(doc: &Arc<Doc>, walk: &mut Walk<'_>) -> Scan<Children> {
    let mut members = Vec::new();
    let mut all_plain = true;
    while let Some(member) = walk.step(|walk| Ok((walk.key()?, walk.value()?))) {
        let ((key, plain), value) = member?;
        all_plain &= plain;
        members.push(Member { key: key.start - 1, value: Json::view(doc, value) });
    }
    Ok(Children::Members { members: members.into(), plain: all_plain })
}

/// True when the key whose opening quote is at `at`, and which has no escape in it, is this.
fn stands(bytes: &[u8], at: usize, wanted: &[u8]) -> bool {
    let rest = bytes.get(at + 1..).and_then(|rest| rest.strip_prefix(wanted));
    // Otherwise the wanted one ends within the key, or ends with the quote and goes on behind it.
    rest.is_some_and(|rest| rest.first() == Some(&b'"')) && !wanted.contains(&b'"')
}

/// True when the key whose opening quote is at `at` stands for this.
fn spells(bytes: &[u8], at: usize, wanted: &[u8]) -> bool {
    Key::at(bytes, at).is_some_and(|(key, _)| key.is(wanted))
}
