//! Taking many items at once, as events or as one text: for programs that pay for each call.

use std::sync::Arc;
use std::time::Duration;

use super::serve::{Parcel, Taken, deadline_after};
use super::{Event, Kind, Queue, Told, slot};
use crate::callback::Home;
use crate::error::Result;
use crate::json;

/// A text does not begin another item when it has become as large as this.
const LARGE: usize = 1 << 20;

/// Items as text.
pub struct Written {
    /// A JSON array: `{"kind":…,"type":…,"sessionId":…,"event":…}` for each item.
    pub text: String,
    /// The item behind them, if it is more than its JSON: it has a request, an operation, or callbacks.
    pub event: Option<Arc<Event>>,
}

impl Queue {
    /// Takes as many events as wait, up to `most`, and leaves their callbacks alone. Waits for the first one only. Says
    /// how many were given, or what it came back with instead.
    pub fn next_batch(
        &self,
        timeout: Option<Duration>,
        most: usize,
        mut give: impl FnMut(Arc<Event>),
    ) -> Result<std::result::Result<usize, Taken>> {
        self.take_some(timeout, |first, queue| {
            let (mut given, mut next) = (0, Some(first));
            let mut spare = None;
            while let Some(parcel) = next {
                let (event, former) = queue.event(parcel);
                give(event);
                given += 1;
                spare = former;
                next = if given < most { queue.take_another(spare.take()) } else { None };
            }
            (given, spare)
        })
    }

    /// The same as text, up to the first item that is more than its JSON. It ends earlier when it has become large.
    pub fn next_written(
        &self,
        timeout: Option<Duration>,
        most: usize,
    ) -> Result<std::result::Result<Written, Taken>> {
        self.take_some(timeout, |first, queue| {
            let mut written = Written { text: String::from("["), event: None };
            let (mut count, mut next, mut spare) = (0, Some(first), None);
            while let Some(parcel) = next {
                spare = match parcel {
                    Parcel::Told(told) if !told.called_for => {
                        written.add_told(&told);
                        Some(told.text.whole)
                    }
                    Parcel::Event(event) if event.is_plain() => {
                        written.add_event(&event);
                        None
                    }
                    parcel => {
                        let (event, former) = queue.event(parcel);
                        written.event = Some(event);
                        spare = former;
                        break;
                    }
                };
                count += 1;
                let goes_on = count < most && written.text.len() < LARGE;
                next = if goes_on { queue.take_another(spare.take()) } else { None };
            }
            written.text.push(']');
            (written, spare)
        })
    }

    /// Waits for an item and lets `take` have it and take others. Gives back what that made of them.
    fn take_some<T>(
        &self,
        timeout: Option<Duration>,
        take: impl FnOnce(Parcel, &Queue) -> (T, Option<String>),
    ) -> Result<std::result::Result<T, Taken>> {
        if timeout != Some(Duration::ZERO) {
            self.refuse_inside("copilot_queue_next_batch")?;
        }
        let _kept = self.keep();
        let (taken, spare) = match self.take(deadline_after(timeout)) {
            Ok(first) => {
                let (taken, spare) = take(first, self);
                (Ok(taken), spare)
            }
            Err(nothing) => (Err(nothing), None),
        };
        self.looked(spare);
        Ok(taken)
    }

    /// An event for somebody to have, and the text of the one that it was before.
    pub(super) fn event(&self, parcel: Parcel) -> (Arc<Event>, Option<String>) {
        match parcel {
            Parcel::Event(event) => (event, None),
            Parcel::Told(told) => {
                let (event, former) = slot::event(told, self.identity());
                (event, Some(former))
            }
        }
    }
}

impl Written {
    fn add_told(&mut self, told: &Told) {
        let session_id = told.origin.session_id().to_str().ok();
        let event_type = told.event_type.to_str().unwrap_or_default();
        self.add(Kind::Session, event_type, session_id, told.text.as_str());
    }

    fn add_event(&mut self, event: &Event) {
        let session_id = event.session_id().and_then(|id| id.to_str().ok());
        let event_type = event.event_type().to_str().unwrap_or_default();
        self.add(event.kind(), event_type, session_id, event.json().text());
    }

    fn add(&mut self, kind: Kind, event_type: &str, session_id: Option<&str>, event: &str) {
        let Written { text, .. } = self;
        text.reserve(event.len() + 128);
        text.push_str(if text.len() == 1 { "{\"kind\":" } else { ",{\"kind\":" });
        let number = kind as u8;
        if number >= 10 {
            text.push(char::from(b'0' + number / 10));
        }
        text.push(char::from(b'0' + number % 10));
        text.push_str(",\"type\":");
        quote(text, event_type);
        text.push_str(",\"sessionId\":");
        match session_id {
            Some(id) => quote(text, id),
            None => text.push_str("null"),
        }
        text.push_str(",\"event\":");
        text.push_str(event);
        text.push('}');
    }
}

/// Appends a text as a JSON string.
fn quote(to: &mut String, text: &str) {
    if text.bytes().any(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
        to.push_str(&json::quote(text));
    } else {
        to.push('"');
        to.push_str(text);
        to.push('"');
    }
}
