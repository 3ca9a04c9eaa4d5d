//! Messages in the CLI's own spelling, recognised without a walk through their members.
//!
//! The order of members is the CLI's habit and not a promise: whatever is spelled otherwise is left to
//! [`message::classify`], which reads any message and is what this has to agree with.

use std::ops::Range;

use memchr::memchr2;

use super::message::{self, Id, Message, Outcome};
use crate::error::Result;
use crate::json::scan;

/// A head that is longer is not remembered.
const HEAD: usize = 128;

/// How a notification of this method begins as the CLI spells it, up to its params.
pub fn notification_head(method: &str) -> String {
    [NOTIFICATION, method, PARAMS].concat()
}

const NOTIFICATION: &str = r#"{"jsonrpc":"2.0","method":""#;
const PARAMS: &str = r#"","params":"#;

/// A notification's method and params.
pub(super) type Parts<'a> = (&'a str, &'a str);

/// What has been usual so far.
#[derive(Default)]
pub(super) struct Habit {
    /// How the last notification began, up to its params, and where in that its method stands. The next one is most
    /// often of the same method.
    head: String,
    method: Range<usize>,
}

impl Habit {
    /// The parts of a notification as the CLI spells it. Nearly all of the traffic has this form, and walking it costs
    /// more than everything else that is done to a frame; `None` says only that the body has another one.
    ///
    /// Sound for whoever speaks JSON-RPC, whose messages have no members but `jsonrpc`, `id`, `method` and `params`:
    /// where the first two seen are `jsonrpc` and `method`, and the last value ends in a brace, that value is the
    /// params, for an id is no object.
    #[inline]
    pub fn notification<'a>(&mut self, body: &'a str) -> Option<Parts<'a>> {
        if !self.head.is_empty()
            && let Some(rest) = body.strip_prefix(self.head.as_str())
        {
            return Some((&body[self.method.clone()], params(rest)?));
        }
        self.another(body)
    }

    /// A notification that does not begin as the last one did.
    fn another<'a>(&mut self, body: &'a str) -> Option<Parts<'a>> {
        let rest = body.strip_prefix(NOTIFICATION)?;
        let (method, rest) = rest.split_at(memchr2(b'"', b'\\', rest.as_bytes())?);
        let rest = rest.strip_prefix(PARAMS)?;
        let params = params(rest)?;
        let end = body.len() - rest.len();
        if end <= HEAD {
            self.head.clear();
            self.head.push_str(&body[..end]);
            self.method = NOTIFICATION.len()..NOTIFICATION.len() + method.len();
        }
        Some((method, params))
    }
}

/// The params, if that is what `rest`, all that is left of the message, begins with.
#[inline]
fn params(rest: &str) -> Option<&str> {
    let params = rest.strip_suffix('}')?;
    (params.starts_with('{') && params.ends_with('}')).then_some(params)
}

/// What a body is that is no notification of the usual kind.
///
/// # Errors
/// As [`message::classify`].
pub(super) fn classify(body: &str) -> Result<Message<'_>> {
    match response(body) {
        Some(response) => Ok(response),
        None => message::classify(body),
    }
}

/// A result as the CLI spells it: `{"jsonrpc":"2.0","id":7,"result":…}`. The result is walked once, so that it is one
/// JSON value by structure, and nothing stands behind it.
fn response(body: &str) -> Option<Message<'_>> {
    let rest = body.strip_prefix(r#"{"jsonrpc":"2.0","id":"#)?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (id, rest) = rest.split_at(digits);
    let rest = rest.strip_prefix(r#","result":"#)?;
    // No space before the value, and no id with a leading zero, which is no number.
    if rest.starts_with(char::is_whitespace) || id.starts_with('0') {
        return None;
    }
    let start = body.len() - rest.len();
    let end = scan::value_end(body, start).ok()?;
    if body.get(end..) != Some("}") {
        return None;
    }
    Some(Message::Response { id: Id::Number(id.parse().ok()?), outcome: Outcome::Result(&body[start..end]) })
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::super::random::Random;
    use super::*;

    /// What the shortcuts make of a body, if they make something of it.
    fn short<'a>(habit: &mut Habit, body: &'a str) -> Option<Message<'a>> {
        let notification = habit.notification(body);
        let notification = notification
            .map(|(method, params)| Message::Notification { method: Cow::Borrowed(method), params });
        notification.or_else(|| response(body))
    }

    #[test]
    fn the_short_ways_and_the_long_one_agree() {
        for (body, is_short) in [
            (r#"{"jsonrpc":"2.0","method":"a.b","params":{}}"#, true),
            (r#"{"jsonrpc":"2.0","method":"","params":{"x":{"id":1,"method":"n"},"y":"}"}}"#, true),
            (r#"{"jsonrpc":"2.0","method":"é","params":{ "x" : [ {} ] }}"#, true),
            (r#"{"jsonrpc":"2.0","method":"m","params":{},"id":1}"#, false),
            (r#"{"jsonrpc":"2.0","method":"m","params":{},"id":"}"}"#, false),
            (r#"{"jsonrpc":"2.0","id":1,"method":"m","params":{}}"#, false),
            (r#"{"jsonrpc":"2.0","method":"m","id":1,"params":{}}"#, false),
            (r#"{"jsonrpc":"2.0","method":"\u006d","params":{}}"#, false),
            (r#"{"jsonrpc":"2.0","method":"m\"","params":{}}"#, false),
            (r#"{"jsonrpc":"2.0","method":"m","params":[{}]}"#, false),
            (r#"{"jsonrpc":"2.0","method":"m","params":null}"#, false),
            (r#"{"jsonrpc":"2.0","method":"m","params": {}}"#, false),
            (r#"{"jsonrpc":"2.0","method":"m","params":{}} "#, false),
            (r#"{"jsonrpc":"2.0","method":"m"}"#, false),
            (r#"{"method":"m","jsonrpc":"2.0","params":{}}"#, false),
            (r#" {"jsonrpc":"2.0","method":"m","params":{}}"#, false),
            (r#"{"jsonrpc":"2.0","id":7,"result":{"a":[1,"}"]}}"#, true),
            (r#"{"jsonrpc":"2.0","id":7,"result":null}"#, true),
            (r#"{"jsonrpc":"2.0","id":9223372036854775807,"result":"x"}"#, true),
            (r#"{"jsonrpc":"2.0","id":7,"result":1 }"#, false),
            (r#"{"jsonrpc":"2.0","id":7,"result": 1}"#, false),
            (r#"{"jsonrpc":"2.0","id":7,"result":1,"result":2}"#, false),
            (r#"{"jsonrpc":"2.0","id":7,"result":1,"error":{"code":1,"message":"m"}}"#, false),
            (r#"{"jsonrpc":"2.0","id":7,"result":1,"method":"m"}"#, false),
            (r#"{"jsonrpc":"2.0","id":-7,"result":1}"#, false),
            (r#"{"jsonrpc":"2.0","id":0,"result":1}"#, false),
            (r#"{"jsonrpc":"2.0","id":"7","result":1}"#, false),
            (r#"{"jsonrpc":"2.0","id":7}"#, false),
            (r#"{"jsonrpc":"2.0","result":1,"id":7}"#, false),
            (r#"{"jsonrpc":"2.0","id":7,"error":{"code":1,"message":"m"}}"#, false),
        ] {
            let mut habit = Habit::default();
            for _ in 0..2 {
                let short = short(&mut habit, body);
                assert_eq!(short.is_some(), is_short, "{body}");
                if let Some(short) = short {
                    assert_eq!(short, message::classify(body).unwrap(), "{body}");
                }
            }
        }
        // No message at all.
        for body in [
            r#"{"jsonrpc":"2.0","method":"m","params":}"#,
            r#"{"jsonrpc":"2.0","method":"m","params":{"#,
            r#"{"jsonrpc":"2.0","id":7,"result":}"#,
            r#"{"jsonrpc":"2.0","id":7,"result":{"a":}}"#,
            r#"{"jsonrpc":"2.0","id":7,"result":1"#,
            r#"{"jsonrpc":"2.0","id":7,"result":1}}"#,
            r#"{"jsonrpc":"2.0","id":9223372036854775808,"result":1}"#,
            r#"{"jsonrpc":"2.0","id":07,"result":1}"#,
            r#"{"jsonrpc":"2.0","id":,"result":1}"#,
        ] {
            assert_eq!(short(&mut Habit::default(), body), None, "{body}");
            assert!(message::classify(body).is_err(), "{body}");
        }
    }

    #[test]
    fn what_the_last_one_was_does_not_matter_for_the_next() {
        let long = "m".repeat(2 * HEAD);
        let methods = ["session.event", "session.lifecycle", "session", "", "é", &long];
        let mut random = Random::of(1);
        let mut habit = Habit::default();
        for _ in 0..1000 {
            let method = random.one_of(&methods);
            let params = random.one_of(&["{}", r#"{"a":{}}"#, "[]", "{},\"id\":7", "{} "]);
            let body = format!(r#"{{"jsonrpc":"2.0","method":"{method}","params":{params}}}"#);
            let usual = matches!(params, "{}" | r#"{"a":{}}"#);
            assert_eq!(habit.notification(&body), usual.then_some((method, params)), "{body}");
        }
    }

    #[test]
    fn a_damaged_result_is_never_taken_for_another() {
        for seed in 1..=20_000 {
            let mut random = Random::of(seed);
            let result = random.one_of(&["{}", r#"{"a":[1,{"b":"c"}]}"#, "[]", "\"}\"", "12", "null"]);
            let mut body = format!(r#"{{"jsonrpc":"2.0","id":{},"result":{result}}}"#, random.below(200));
            for _ in 0..random.below(3) {
                let at = random.below(body.len());
                match random.below(3) {
                    0 => drop(body.remove(at)),
                    1 => body.insert(at, char::from(b' ' + random.below(95) as u8)),
                    _ => body
                        .insert_str(at, random.one_of(&["\"", ",", "}", "\"id\":1,", "\"result\":2,", " "])),
                }
            }
            if let Some(short) = response(&body) {
                assert_eq!(message::classify(&body).ok(), Some(short), "seed {seed}: {body}");
            }
        }
    }
}
