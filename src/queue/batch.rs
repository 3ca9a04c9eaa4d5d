//! Taking many items at once, as events or as one text: for programs that pay for each call.

use std::ffi::CStr;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use super::recycling::blank;
use super::serve::{LookOut, Parcel, Taken};
use super::{Cargo, Event, Kind, Name, Origin, Queue, Server, State, Text, Told, slot};
use crate::callback::Home;
use crate::error::Result;
use crate::json;
use crate::sync::MutexGuard;

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
        give: impl FnMut(Arc<Event>),
    ) -> Result<std::result::Result<usize, Taken>> {
        self.take_events("copilot_queue_next_batch", timeout, most, give)
    }

    /// The same for the function of this name. The queue is locked while an event is given.
    #[inline]
    pub(super) fn take_events(
        &self,
        what: &str,
        timeout: Option<Duration>,
        most: usize,
        mut give: impl FnMut(Arc<Event>),
    ) -> Result<std::result::Result<usize, Taken>> {
        if timeout != Some(Duration::ZERO) {
            self.refuse_inside(what)?;
        }
        let _kept = self.keep();
        let mut state = self.state.lock();
        state.taken_by = Server::Host;
        let (mut given, mut look_out) = (0, LookOut::new(timeout));
        let taken = loop {
            match self.take_event(&mut state) {
                Some(event) => {
                    give(event);
                    given += 1;
                    if given >= most {
                        break Ok(given);
                    }
                }
                None if given > 0 => break Ok(given),
                None => match self.look_out(&mut state, &mut look_out) {
                    Ok(()) => {}
                    Err(nothing) => break Err(nothing),
                },
            }
        };
        self.rearm(state);
        Ok(taken)
    }

    /// Takes an item that is the program's, if one waits, as an event for somebody to have.
    #[inline(always)]
    fn take_event(&self, state: &mut MutexGuard<'_, State>) -> Option<Arc<Event>> {
        loop {
            match self.pop(state)?.cargo {
                // Taken apart here and not elsewhere, for it is moved often enough.
                Cargo::Told(Told { origin, event_type, called_for, text: Text { whole, start } }) => {
                    let mut event = blank();
                    let told = Told { origin, event_type, called_for, text: Text { whole, start } };
                    let former = slot::tell(&mut event, told, self.identity());
                    state.spares.give(former);
                    return Some(event);
                }
                Cargo::Event(event) => return Some(event),
                Cargo::Asking(asking) => return Some(asking.into_item(self)),
                cargo => self.end_others(state, cargo),
            }
        }
    }

    /// The same as text, up to the first item that is more than its JSON. It ends earlier when it has become large.
    pub fn next_written(
        &self,
        timeout: Option<Duration>,
        most: usize,
    ) -> Result<std::result::Result<Written, Taken>> {
        self.take_some(timeout, |first, queue| {
            let (mut writing, mut last) = (Writing::new(), None);
            let (mut count, mut next, mut spare) = (0, Some(first), String::new());
            while let Some(parcel) = next {
                spare = match parcel {
                    Parcel::Told(told) if !told.called_for => {
                        writing.add_told(&told);
                        told.text.whole
                    }
                    Parcel::Event(event) if event.is_plain() => {
                        writing.add_event(&event);
                        String::new()
                    }
                    parcel => {
                        let (event, former) = queue.event(parcel);
                        last = Some(event);
                        spare = former;
                        break;
                    }
                };
                count += 1;
                let goes_on = count < most && writing.text.len() < LARGE;
                next = if goes_on { queue.take_another(mem::take(&mut spare)) } else { None };
            }
            (Written { text: writing.finish(), event: last }, spare)
        })
    }

    /// Waits for an item and lets `take` have it and take others. Gives back what that made of them.
    fn take_some<T>(
        &self,
        timeout: Option<Duration>,
        take: impl FnOnce(Parcel, &Queue) -> (T, String),
    ) -> Result<std::result::Result<T, Taken>> {
        if timeout != Some(Duration::ZERO) {
            self.refuse_inside("copilot_queue_next_batch")?;
        }
        let _kept = self.keep();
        let mut state = self.state.lock();
        let first = self.take(&mut state, timeout);
        drop(state);
        let (taken, spare) = match first {
            Ok(first) => {
                let (taken, spare) = take(first, self);
                (Ok(taken), spare)
            }
            Err(nothing) => (Err(nothing), String::new()),
        };
        self.looked(spare);
        Ok(taken)
    }

    /// An event for somebody to have, which nobody else has had, and the text of the one that it was before, if it was one.
    pub(super) fn event(&self, parcel: Parcel) -> (Arc<Event>, String) {
        match parcel {
            Parcel::Event(event) => (event, String::new()),
            Parcel::Told(told) => {
                let mut event = blank();
                let former = slot::tell(&mut event, told, self.identity());
                (event, former)
            }
        }
    }
}

/// A text in the making.
struct Writing {
    text: String,
    /// What stood before the JSON of the last event of a session, and of which session and type it was: the next one
    /// mostly begins in the same way.
    beginning: String,
    origin: Option<Arc<Origin>>,
    event_type: Name,
}

impl Writing {
    fn new() -> Writing {
        let (text, beginning) = (String::from("["), String::new());
        Writing { text, beginning, origin: None, event_type: Name::default() }
    }

    fn add_told(&mut self, told: &Told) {
        let is_like_the_last = self.origin.as_ref().is_some_and(|origin| Arc::ptr_eq(origin, &told.origin))
            && self.event_type.is_same(&told.event_type);
        if !is_like_the_last {
            self.origin = Some(Arc::clone(&told.origin));
            self.event_type = told.event_type.clone();
            let session_id = Some(&**told.origin.session_id());
            self.beginning = beginning(Kind::Session, &told.event_type, session_id);
        }
        let words = told.text.as_str();
        self.text.reserve(self.beginning.len() + words.len() + 2);
        self.begin_item();
        self.text.push_str(&self.beginning);
        self.text.push_str(words);
        self.text.push('}');
    }

    fn add_event(&mut self, event: &Event) {
        self.begin_item();
        self.text.push_str(&beginning(event.kind(), event.event_type(), event.session_id()));
        self.text.push_str(event.json().text());
        self.text.push('}');
    }

    fn begin_item(&mut self) {
        if self.text.len() > 1 {
            self.text.push(',');
        }
    }

    fn finish(mut self) -> String {
        self.text.push(']');
        self.text
    }
}

/// An item up to its event.
fn beginning(kind: Kind, event_type: &CStr, session_id: Option<&CStr>) -> String {
    let quoted = |text: &CStr| json::quote(&text.to_string_lossy());
    let session_id = session_id.map_or_else(|| String::from("null"), quoted);
    format!(r#"{{"kind":{},"type":{},"sessionId":{session_id},"event":"#, kind as i32, quoted(event_type))
}
