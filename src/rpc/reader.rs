//! The way in: one task reads frames, settles pending calls and hands the rest to the handler.

use std::borrow::Cow;
use std::future::Future;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncRead;
use tokio::time::timeout;

use super::connection::Connection;
use super::framing::FrameReader;
use super::habit::{self, Habit};
use super::incoming;
use super::message::{self, ErrorObject, Id, Message, Outcome};
use super::part::{Part, range_in};
use super::peer::Handler;
use super::pending::panicked;
use crate::error::{Code, Error, Result};
use crate::json::scan;
use crate::log::{self, Level};

/// How long the peer may be silent after writing to it has failed before it is given up. What it sent before it died
/// is already in the pipe, and its end of file right behind.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Reads until the stream ends or the connection closes, and sees the close through to its end. What comes back is a
/// task that, even dropped before its first step, leaves no call waiting.
pub(super) fn run<R: AsyncRead, H: Handler>(
    connection: Arc<Connection>,
    input: R,
    handler: Arc<H>,
) -> impl Future<Output = ()> {
    let last = LastAct { connection, handler };
    async move {
        let LastAct { connection, handler } = &last;
        let input = pin!(input);
        let end = tokio::select! {
            biased;
            end = read(connection, input, &**handler) => Some(end),
            () = connection.reader_stopped.raised() => None,
        };
        if let Some(reason) = end.filter(|_| connection.reason().is_none()) {
            tokio::select! {
                biased;
                reason = handler.epitaph(handler.vet(reason)) => connection.close(reason),
                () = connection.reader_stopped.raised() => {}
            }
        }
        connection.stopped().await; // another thread may still be at it
    }
}

/// Closes the connection, should that not have happened, and tells the owner; on a panic and at the end of the
/// runtime too.
struct LastAct<H: Handler> {
    connection: Arc<Connection>,
    handler: Arc<H>,
}

impl<H: Handler> Drop for LastAct<H> {
    fn drop(&mut self) {
        self.connection.close(if std::thread::panicking() {
            panicked()
        } else {
            Error::new(Code::Closed, "the runtime that served the connection was shut down")
        });
        if let Some(reason) = self.connection.reason() {
            // A second panic while unwinding would abort the process.
            let _ = catch_unwind(AssertUnwindSafe(|| self.handler.on_close(reason)));
        }
    }
}

/// What is remembered from one message to the next: by the reader, and by the handler.
struct Memory<H: Handler> {
    habit: Habit,
    handlers: H::Memory,
}

impl<H: Handler> Default for Memory<H> {
    fn default() -> Memory<H> {
        Memory { habit: Habit::default(), handlers: H::Memory::default() }
    }
}

/// Handles frames until the end of the stream; says what ended it.
async fn read<R: AsyncRead, H: Handler>(
    connection: &Arc<Connection>,
    mut input: Pin<&mut R>,
    handler: &H,
) -> Error {
    let mut frames = FrameReader::new(handler.frame_limit());
    let mut memory = Memory::default();
    let mut write_failed = pin!(connection.outbox.failed());
    loop {
        connection.traffic.came_in(frames.take_filled(), 0);
        connection.outbox.answered();
        loop {
            match handle_frames(connection, &mut frames, &mut memory, handler) {
                Ok(true) => break,
                Ok(false) => handler.room().await,
                Err(error) => return error,
            }
        }
        let more = match connection.outbox.failure() {
            None => tokio::select! {
                biased;
                more = frames.fill(&mut input) => more,
                () = write_failed.as_mut() => continue,
            },
            // Reading goes on while something comes: what was sent before the end is still worth having.
            Some(failure) => timeout(LAST_WORDS, frames.fill(&mut input)).await.unwrap_or(Err(failure)),
        };
        match more.and_then(|more| if more { Ok(true) } else { frames.finish().map(|()| false) }) {
            Ok(true) => {}
            Ok(false) => return connection.outbox.failure().unwrap_or_else(closed_by_server),
            Err(error) => return error,
        }
    }
}

fn closed_by_server() -> Error {
    Error::new(Code::Transport, "the server closed the connection")
}

/// Handles every frame that is complete; false when the handler has no room for the next one.
fn handle_frames<H: Handler>(
    connection: &Arc<Connection>,
    frames: &mut FrameReader,
    memory: &mut Memory<H>,
    handler: &H,
) -> Result<bool> {
    let mut arrived = frames.arrived();
    let mut handled = 0;
    let end = loop {
        if let Some(reason) = connection.reason() {
            break Err(reason.clone());
        }
        match arrived.next() {
            Ok(Some(frame)) => {
                handled += 1;
                let is_done =
                    matches!(frame, Cow::Borrowed(body) if handler.recalls(&mut memory.handlers, body));
                if !is_done && let Err(error) = dispatch(connection, handler, memory, frame) {
                    break Err(error);
                }
            }
            Ok(None) => break Ok(true),
            Err(error) => break Err(error),
        }
        if !handler.has_room() {
            break Ok(false);
        }
    };
    // Once for all of them, so that a frame costs no more than an addition.
    if handled > 0 {
        connection.traffic.came_in(0, handled);
        handler.batch_end(&mut memory.handlers);
    }
    end
}

#[inline(never)]
fn dispatch<H: Handler>(
    connection: &Arc<Connection>,
    handler: &H,
    Memory { habit, handlers: memory }: &mut Memory<H>,
    frame: Cow<'_, str>,
) -> Result<()> {
    let message = match habit.notification(&frame) {
        Some((method, params)) => Message::Notification { method: Cow::Borrowed(method), params },
        None => habit::classify(&frame)?,
    };
    let (id, outcome) = match message {
        Message::Notification { method, params } => {
            if matches!(frame, Cow::Borrowed(_)) {
                notification(connection, handler, memory, &method, Params::Lent(params));
                return Ok(());
            }
            let (method, range) = (method.into_owned(), range_in(&frame, params));
            let params = Part::of(frame.into_owned(), range);
            notification(connection, handler, memory, &method, Params::Given(params));
            return Ok(());
        }
        Message::Request { id, method, params } => {
            let request = incoming::register(connection, id, handler.cancellable(&method))?;
            handler.on_request(request, &method, params);
            return Ok(());
        }
        Message::NullIdError(error) => {
            unattributed(connection, handler, &error);
            return Ok(());
        }
        Message::Response { id, outcome } => (id, outcome),
    };
    let Id::Number(number) = id else {
        late(&id); // not one of ours
        return Ok(());
    };
    let answer = match outcome {
        Outcome::Result(result) => Ok(range_in(&frame, result)),
        Outcome::Error(error) => Err(handler.vet(refusal(&error))),
        Outcome::Malformed => Err(Error::new(
            Code::Protocol,
            "the server answered with an error that has no code or no message",
        )),
    };
    if !connection.pending.settle(number, answer, |range| cut(frame, range)) {
        late(&id);
    }
    Ok(())
}

/// An answer that nobody waits for: its call was dropped, or failed with others by an error without an id.
fn late(id: &Id) {
    if log::enabled(Level::Debug) {
        log::emit(
            Level::Debug,
            "rpc",
            &format!("ignored an answer to the request {id}, for which nobody waits"),
        );
    }
}

/// The params of a notification, in the reader's buffer or in memory of their own.
enum Params<'a> {
    Lent(&'a str),
    Given(Part),
}

fn notification<H: Handler>(
    connection: &Connection,
    handler: &H,
    memory: &mut H::Memory,
    method: &str,
    params: Params<'_>,
) {
    match (method.strip_prefix("$/"), params) {
        (None, Params::Lent(params)) => handler.on_notification(memory, method, params),
        (None, Params::Given(params)) => handler.on_large_notification(memory, method, params),
        (Some("cancelRequest"), Params::Lent(params)) => cancel(connection, handler, params),
        (Some("cancelRequest"), Params::Given(params)) => cancel(connection, handler, &params),
        (Some(_), _) => {} // JSON-RPC's own space: what is not known there is to be ignored
    }
}

fn cancel<H: Handler>(connection: &Connection, handler: &H, params: &str) {
    if let Some(id) = scan::find(params, "/id").and_then(message::parse_id)
        && incoming::cancel(connection, &id)
    {
        handler.on_cancelled(&id);
    }
}

/// The server could not read something of ours. It cannot say what, so that it may concern any call: better all of
/// them fail than that one waits for ever.
fn unattributed<H: Handler>(connection: &Connection, handler: &H, error: &ErrorObject<'_>) {
    let message = sanitised(&error.message);
    let error = handler.vet(Error::new(Code::Rpc, message).with_rpc(error.code, None));
    if log::enabled(Level::Warn) {
        let text = format!("the server could not read a message and failed every pending call: {error}");
        log::emit(Level::Warn, "rpc", &text);
    }
    connection.pending.fail_callers(&error);
}

/// The result out of its frame; `null` where it is not a part of that.
fn cut(frame: Cow<'_, str>, range: Option<Range<usize>>) -> String {
    match (frame, range) {
        (_, None) => "null".to_string(),
        (Cow::Borrowed(text), Some(range)) => {
            // With room for the NUL that ends a document.
            let mut result = String::with_capacity(range.len() + 1);
            result.push_str(&text[range]);
            result
        }
        (Cow::Owned(text), range) => Part::of(text, range).into_string(),
    }
}

fn refusal(error: &ErrorObject<'_>) -> Error {
    Error::new(Code::Rpc, &*error.message).with_rpc(error.code, error.data.map(str::to_string))
}

/// The text of an error that is shown to callers whom it may not concern: what it quotes is left out, and it is short.
fn sanitised(message: &str) -> String {
    const LONGEST: usize = 200;
    let mut text = String::new();
    let mut quote = None;
    let mut before = ' ';
    for character in message.chars() {
        match quote {
            Some(open) if character == open => quote = None,
            Some(_) => continue,
            // An apostrophe inside a word quotes nothing.
            None if character == '\'' && before.is_alphanumeric() => {}
            None if matches!(character, '"' | '\'' | '`') => {
                quote = Some(character);
                text.push(character);
                text.push('…');
                continue;
            }
            None => {}
        }
        before = character;
        text.push(if character.is_control() { ' ' } else { character });
    }
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_text_is_left_out_of_an_unattributed_error() {
        assert_eq!(sanitised(r#"unknown key "secret" at 'x' in `y`"#), r#"unknown key "…" at '…' in `…`"#);
        assert_eq!(sanitised("can't read \"half a quote"), "can't read \"…");
        assert_eq!(sanitised("a\nb"), "a b");
        assert_eq!(sanitised(&"é".repeat(300)).chars().count(), 201);
    }
}
