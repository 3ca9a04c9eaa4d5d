//! The params of `session.event`: whose event it is, of what type, and where its text lies.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

use super::events::type_of;
use crate::json::scan;

/// An event and what is written on its envelope, all of it borrowed from the params where nothing is escaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope<'a> {
    /// The session that the event is of.
    pub session_id: Cow<'a, str>,
    /// The event's type.
    pub event_type: Cow<'a, str>,
    /// The event, a JSON object.
    pub event: &'a str,
}

/// Reads the params; `None` where they do not say whose event it is and of what type.
pub fn read(params: &str) -> Option<Envelope<'_>> {
    usual(params).or_else(|| by_members(params))
}

/// An event as every CLI from 0.0.420 to 1.0.102 spells it, without a walk through its data; `None` says only that this
/// one is spelled in another way.
///
/// It is assumed that the params are JSON, as every frame of a server that works. Then nothing is left to habit. The
/// prefixes open three objects: the params, the event and its data. Where no brace opens behind them, not even in a text,
/// three objects have to be closed, and the two braces at the end close the event and the params: no member follows the
/// event, and the event is what is between. Where one opens, the data is walked to its end, behind which the same holds.
/// Whatever has an object there, a member in another place or a key that is spelled otherwise is left to the walk.
///
/// Should the params not be JSON, then neither is the event, and whoever reads in it finds nothing where it makes no
/// sense. It is a piece of its own frame all the same.
fn usual(params: &str) -> Option<Envelope<'_>> {
    let (session_id, rest) = until_quote(params.strip_prefix(r#"{"sessionId":""#)?)?;
    let event = rest.strip_prefix(r#","event":"#)?.strip_suffix('}')?;
    let (event_type, rest) = until_quote(event.strip_prefix(r#"{"type":""#)?)?;
    let data = rest.strip_prefix(r#","data":"#)?.strip_suffix('}')?;
    holds_the_rest(data).then_some(Envelope {
        session_id: Cow::Borrowed(session_id),
        event_type: Cow::Borrowed(event_type),
        event,
    })
}

/// True for data, an object, and members of the event behind it, none of them one.
fn holds_the_rest(data: &str) -> bool {
    let Some(inside) = data.strip_prefix('{') else { return false };
    opens_nothing(inside) || scan::value_end(data, 0).is_ok_and(|end| opens_nothing(&data[end..]))
}

fn opens_nothing(text: &str) -> bool {
    memchr(b'{', text.as_bytes()).is_none()
}

/// How an event of one session and of one type begins: whatever begins like this is of the same two. A stream has few
/// beginnings, each of them a great many times.
#[derive(Debug, Default)]
pub struct Beginning {
    text: String,
    /// Where the event begins in it; 0 where nothing is known.
    event: usize,
}

impl Beginning {
    /// Remembers how these params begin, which had this envelope.
    pub fn remember(&mut self, params: &str, envelope: &Envelope<'_>) {
        self.text.clear();
        self.event = 0;
        let Envelope { session_id: Cow::Borrowed(session_id), event_type: Cow::Borrowed(event_type), .. } =
            envelope
        else {
            return;
        };
        for part in [r#"{"sessionId":""#, session_id, r#"","event":"#] {
            self.text.push_str(part);
        }
        let event = self.text.len();
        for part in [r#"{"type":""#, event_type, r#"","data":"#] {
            self.text.push_str(part);
        }
        // What is spelled in another way would never be met again.
        if params.starts_with(&self.text) {
            self.event = event;
        }
    }

    /// The event, if it is of the session and of the type that are remembered and is spelled as usual.
    #[inline]
    pub fn event<'p>(&self, params: &'p str) -> Option<&'p str> {
        if self.event == 0 {
            return None;
        }
        let data = params.strip_prefix(&*self.text)?.strip_suffix("}}")?;
        if holds_the_rest(data) { params.get(self.event..)?.strip_suffix('}') } else { None }
    }
}

/// What stands before the closing quote of a text without escapes, and what stands behind it.
fn until_quote(text: &str) -> Option<(&str, &str)> {
    let end = memchr2(b'"', b'\\', text.as_bytes())?;
    let rest = text[end..].strip_prefix('"')?;
    Some((&text[..end], rest))
}

/// Any event, by a walk through all of the params. Of a member that comes twice the last one counts.
fn by_members(params: &str) -> Option<Envelope<'_>> {
    let (mut session, mut event) = (None, None);
    for member in scan::members(params).ok()? {
        let (key, value) = member.ok()?;
        if scan::key_is(key, "sessionId") {
            session = Some(value);
        } else if scan::key_is(key, "event") {
            event = Some(value);
        }
    }
    let event = event?;
    Some(Envelope { session_id: scan::string(session?)?, event_type: type_of(event)?, event })
}

#[cfg(test)]
mod tests;
