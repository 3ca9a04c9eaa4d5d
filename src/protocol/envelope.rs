//! The params of `session.event`: whose event it is, of what type, and where its text lies.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::{memchr, memchr2};

use super::events::type_of;
use super::names::notification;
use crate::json::scan;
use crate::rpc::notification_head;

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

/// How a message that brings an event of one session and of one type begins: whatever begins like this is of the same
/// two. A stream has few beginnings, each of them a great many times.
#[derive(Debug, Default)]
pub struct Beginning {
    text: String,
    /// Where the event begins in it; 0 where nothing is known.
    event: usize,
}

impl Beginning {
    /// Remembers how a message with such params begins, which had this envelope.
    pub fn remember(&mut self, params: &str, envelope: &Envelope<'_>) {
        self.event = 0;
        let Envelope { session_id: Cow::Borrowed(session_id), event_type: Cow::Borrowed(event_type), .. } =
            envelope
        else {
            return;
        };
        self.text.clear();
        self.text.push_str(&HEAD);
        let head = self.text.len();
        for part in [r#"{"sessionId":""#, session_id, r#"","event":"#] {
            self.text.push_str(part);
        }
        let event = self.text.len();
        for part in [r#"{"type":""#, event_type, r#"","data":{"#] {
            self.text.push_str(part);
        }
        // What is spelled in another way would never be met again.
        if params.starts_with(&self.text[head..]) {
            self.event = event;
        }
    }

    /// The event in a message, if it is of the session and of the type that are remembered and all is spelled as usual.
    ///
    /// What [`usual`] says of the params goes for the whole: the beginning opens four objects, and where no other opens, the
    /// three braces at the end close the event, the params and the message.
    #[inline]
    pub fn event<'b>(&self, body: &'b str) -> Option<&'b str> {
        if self.event == 0 {
            return None;
        }
        let inside = body.strip_prefix(&*self.text)?.strip_suffix("}}}")?;
        if opens_nothing(inside) || self.opens_and_closes(body) {
            body.get(self.event..body.len() - 2)
        } else {
            None
        }
    }

    /// True where the data has objects inside, and what is behind it has none.
    #[inline(never)]
    fn opens_and_closes(&self, body: &str) -> bool {
        let data = body.get(self.text.len() - 1..body.len() - 3);
        data.is_some_and(holds_the_rest)
    }
}

/// How the message of any event begins, up to its params.
static HEAD: LazyLock<String> = LazyLock::new(|| notification_head(notification::SESSION_EVENT));

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
