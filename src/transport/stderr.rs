//! What the child says on stderr: read for ever, so that it never blocks on a full pipe, the end of it kept for
//! error messages and each line shown to the log.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe::Receiver;

use crate::log::{self, Level};

/// How much of stderr is kept: enough for a stack trace, short enough for an error message.
const TAIL_BYTES: usize = 8 * 1024;
/// A line longer than this reaches the log in pieces, so that a child without line ends costs no memory.
const LINE_BYTES: usize = 8 * 1024;

/// The last 8 KiB of a stream.
#[derive(Default)]
pub(super) struct Tail {
    ring: Mutex<Ring>,
}

#[derive(Default)]
struct Ring {
    bytes: VecDeque<u8>,
    /// The byte before the first one kept was no line end.
    starts_inside_a_line: bool,
}

impl Tail {
    pub(super) fn push(&self, chunk: &[u8]) {
        let ring = &mut *self.ring.lock();
        ring.bytes.extend(chunk);
        let surplus = ring.bytes.len().saturating_sub(TAIL_BYTES);
        if let Some(last_dropped) = ring.bytes.drain(..surplus).next_back() {
            ring.starts_inside_a_line = last_dropped != b'\n';
        }
    }

    /// The kept text, from the start of a line on, without the white space at its end.
    pub(super) fn text(&self) -> String {
        let ring = self.ring.lock();
        let (front, back) = ring.bytes.as_slices();
        let bytes = [front, back].concat();
        let from = if ring.starts_inside_a_line { next_start(&bytes) } else { 0 };
        drop(ring);
        String::from_utf8_lossy(&bytes[from..]).trim_end().to_owned()
    }
}

/// Where the next line starts; in a text of one line, where its next character does.
fn next_start(bytes: &[u8]) -> usize {
    match memchr::memchr(b'\n', bytes) {
        Some(end) if end + 1 < bytes.len() => end + 1,
        _ => bytes.iter().position(|byte| byte & 0xC0 != 0x80).unwrap_or(bytes.len()),
    }
}

/// Cuts a stream into lines for the log.
#[derive(Default)]
struct LineLog {
    unfinished: Vec<u8>,
}

impl LineLog {
    fn push(&mut self, chunk: &[u8]) {
        for piece in chunk.split_inclusive(|byte| *byte == b'\n') {
            self.unfinished.extend_from_slice(piece);
            if piece.ends_with(b"\n") || self.unfinished.len() >= LINE_BYTES {
                self.flush();
            }
        }
    }

    fn flush(&mut self) {
        if log::enabled(Level::Debug) {
            let line = String::from_utf8_lossy(&self.unfinished);
            if !line.trim().is_empty() {
                log::emit(Level::Debug, "cli", line.trim_end());
            }
        }
        self.unfinished.clear();
    }
}

/// Reads `stderr` to its end, which may come later than the child's own: a grandchild can hold the pipe.
pub(super) async fn drain(mut stderr: Receiver, tail: Arc<Tail>) {
    let mut lines = LineLog::default();
    let mut buffer = vec![0; 4096];
    // A read error ends it like the end of the stream: there is nothing more to be had.
    while let Ok(count @ 1..) = stderr.read(&mut buffer).await {
        tail.push(&buffer[..count]);
        lines.push(&buffer[..count]);
    }
    lines.flush();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_text_is_kept_whole() {
        let tail = Tail::default();
        tail.push(b"one\n");
        tail.push(b"two\n\n");
        assert_eq!(tail.text(), "one\ntwo");
    }

    #[test]
    fn a_long_text_is_cut_at_a_line_start() {
        let tail = Tail::default();
        for number in 0..2000 {
            tail.push(format!("line {number:04}\n").as_bytes());
        }
        let text = tail.text();
        let lines: Vec<_> = text.lines().collect();
        assert!(text.len() <= TAIL_BYTES && text.len() > TAIL_BYTES - 20, "{}", text.len());
        assert!(lines.iter().all(|line| line.len() == "line 0000".len()), "{}", lines[0]);
        assert_eq!(*lines.last().unwrap(), "line 1999");
    }

    #[test]
    fn a_cut_that_falls_on_a_line_start_loses_no_line() {
        let tail = Tail::default();
        tail.push(&[b'x'; 10]);
        tail.push(b"\n");
        let kept = format!("{}\n{}\n", "a".repeat(TAIL_BYTES / 2 - 1), "b".repeat(TAIL_BYTES / 2 - 1));
        tail.push(kept.as_bytes());
        assert_eq!(tail.text(), kept.trim_end());
    }

    #[test]
    fn one_endless_line_is_cut_between_characters() {
        let tail = Tail::default();
        tail.push("é".repeat(TAIL_BYTES).as_bytes());
        tail.push(b"!");
        let text = tail.text();
        assert!(text.starts_with('é') && text.ends_with("é!"), "no broken character");
        assert_eq!(text.len(), TAIL_BYTES - 1);
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced() {
        let tail = Tail::default();
        tail.push(b"bad \xFF byte");
        assert_eq!(tail.text(), "bad \u{FFFD} byte");
    }

    #[test]
    fn an_unfinished_line_is_bounded() {
        let mut lines = LineLog::default();
        for _ in 0..100 {
            lines.push(&[b'x'; 1000]);
            assert!(lines.unfinished.len() < LINE_BYTES);
        }
    }
}
