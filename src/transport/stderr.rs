//! What the child says on stderr: read for ever, so that it never blocks on a full pipe, the end of it kept for
//! error messages and each line shown to the log.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe::Receiver;

use crate::log::{self, Level};
use crate::secrets::Secrets;

/// How much of stderr is kept: enough for a stack trace, short enough for an error message.
const TAIL_BYTES: usize = 8 * 1024;
/// A line longer than this reaches the log in pieces, so that a child without line ends costs no memory.
const LINE_BYTES: usize = 8 * 1024;

/// The last 8 KiB of a stream, without the secrets in it.
#[derive(Default)]
pub(super) struct Tail {
    secrets: Arc<Secrets>,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    ring: Ring,
    /// The line that is being written, with whatever secrets it has: half of one cannot be told from other text.
    unfinished: Vec<u8>,
}

#[derive(Clone, Default)]
struct Ring {
    bytes: VecDeque<u8>,
    /// The byte before the first one kept was no line end.
    starts_inside_a_line: bool,
}

impl Tail {
    /// A tail that shows none of these secrets.
    pub(super) fn without(secrets: Arc<Secrets>) -> Tail {
        Tail { secrets, kept: Mutex::default() }
    }

    /// Takes the next bytes. Gives back the lines that they finish, and pieces of a long one, fit to be shown.
    pub(super) fn push(&self, chunk: &[u8]) -> Vec<Vec<u8>> {
        let kept = &mut *self.kept.lock();
        let mut lines = Vec::new();
        for piece in chunk.split_inclusive(|byte| *byte == b'\n') {
            kept.unfinished.extend_from_slice(piece);
            let end = if piece.ends_with(b"\n") {
                kept.unfinished.len()
            } else if kept.unfinished.len() >= LINE_BYTES {
                self.secrets.cut(&kept.unfinished)
            } else {
                0
            };
            if end > 0 {
                let line: Vec<u8> = kept.unfinished.drain(..end).collect();
                lines.push(kept.keep(&self.secrets.redact_bytes(&line)));
            }
        }
        lines
    }

    /// Takes the end of the stream. Gives back the line that it cuts off, fit to be shown.
    fn finish(&self) -> Vec<u8> {
        let kept = &mut *self.kept.lock();
        let line = std::mem::take(&mut kept.unfinished);
        kept.keep(&self.secrets.redact_cut_off(&line))
    }

    /// The kept text, from the start of a line on, without the white space at its end.
    pub(super) fn text(&self) -> String {
        let kept = self.kept.lock();
        let mut ring = kept.ring.clone();
        ring.push(&self.secrets.redact_cut_off(&kept.unfinished));
        drop(kept);
        ring.text()
    }
}

impl Kept {
    fn keep(&mut self, line: &[u8]) -> Vec<u8> {
        self.ring.push(line);
        line.to_vec()
    }
}

impl Ring {
    fn push(&mut self, chunk: &[u8]) {
        self.bytes.extend(chunk);
        let surplus = self.bytes.len().saturating_sub(TAIL_BYTES);
        if let Some(last_dropped) = self.bytes.drain(..surplus).next_back() {
            self.starts_inside_a_line = last_dropped != b'\n';
        }
    }

    fn text(self) -> String {
        let bytes = Vec::from(self.bytes);
        let from = if self.starts_inside_a_line { next_start(&bytes) } else { 0 };
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

/// Reads `stderr` to its end, which may come later than the child's own: a grandchild can hold the pipe.
pub(super) async fn drain(mut stderr: Receiver, tail: Arc<Tail>) {
    let mut buffer = vec![0; 4096];
    // A read error ends it like the end of the stream: there is nothing more to be had.
    while let Ok(count @ 1..) = stderr.read(&mut buffer).await {
        tell_all(&tail, &buffer[..count]);
    }
    tell(&tail.finish());
}

/// Takes the next bytes, and shows the lines that they finish to the log.
pub(super) fn tell_all(tail: &Tail, chunk: &[u8]) {
    tail.push(chunk).iter().for_each(|line| tell(line));
}

/// Shows a line to the log.
fn tell(line: &[u8]) {
    if log::enabled(Level::Debug) {
        let line = String::from_utf8_lossy(line);
        if !line.trim().is_empty() {
            log::emit(Level::Debug, "cli", line.trim_end());
        }
    }
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
        let tail = Tail::default();
        for _ in 0..100 {
            tail.push(&[b'x'; 1000]);
            assert!(tail.kept.lock().unfinished.len() < LINE_BYTES);
        }
    }

    /// A tail that knows a secret, and the lines that it gave out when it was given these chunks and the end.
    fn without_secret<'c>(chunks: impl IntoIterator<Item = &'c [u8]>) -> (Tail, Vec<String>) {
        let tail = Tail::default();
        tail.secrets.learn(["ghp_0123456789"]);
        let mut lines: Vec<_> = chunks.into_iter().flat_map(|chunk| tail.push(chunk)).collect();
        lines.push(tail.finish());
        (tail, lines.into_iter().map(|line| String::from_utf8(line).unwrap()).collect())
    }

    #[test]
    fn a_secret_is_found_however_it_arrives() {
        let text = b"one ghp_0123456789 two\nthree ghp_0123456789";
        for size in 1..text.len() {
            let (tail, lines) = without_secret(text.chunks(size));
            assert_eq!(lines, ["one [redacted] two\n", "three [redacted]"]);
            assert_eq!(tail.text(), "one [redacted] two\nthree [redacted]");
        }
    }

    #[test]
    fn no_part_of_a_secret_is_seen_in_an_unfinished_line() {
        let tail = Tail::default();
        tail.secrets.learn(["ghp_0123456789"]);
        for byte in b"the token is ghp_0123456789" {
            tail.push(&[*byte]);
            assert!(!tail.text().contains("ghp_01"), "{}", tail.text());
        }
        assert_eq!(tail.text(), "the token is [redacted]");
    }

    #[test]
    fn a_long_line_is_not_cut_in_a_secret() {
        for before in LINE_BYTES - 20..LINE_BYTES + 5 {
            let text = format!("{}ghp_0123456789{}", "x".repeat(before), "y".repeat(10));
            let (tail, lines) = without_secret(text.as_bytes().chunks(LINE_BYTES));
            assert_eq!(lines.concat(), format!("{}[redacted]{}", "x".repeat(before), "y".repeat(10)));
            assert!(tail.text().ends_with("xx[redacted]yyyyyyyyyy"));
        }
    }

    #[test]
    fn a_secret_that_the_end_cuts_off_is_not_shown() {
        let (tail, lines) = without_secret([b"fatal: ghp_012345678" as &[u8]]);
        assert_eq!(
            (lines.concat().as_str(), tail.text().as_str()),
            ("fatal: [redacted]", "fatal: [redacted]")
        );
    }
}
