//! The header block of a frame, and what to say when something else stands in its place.

use memchr::memchr;

use crate::error::{Code, Error, Result};

/// A header block that has not ended by then is none. Real ones have 20 to 30 bytes.
pub(super) const LIMIT: usize = 16 * 1024;

/// How much of the server's own text an error repeats.
const QUOTE: usize = 80;

/// A header block that was read.
#[derive(Debug, PartialEq)]
pub(super) struct Header {
    /// Its own size with the empty line: where the body begins.
    pub size: usize,
    /// The size of the body.
    pub length: u64,
}

/// Reads the header block at the start of `bytes`; `None` while its end is still to come.
#[inline]
pub(super) fn read(bytes: &[u8]) -> Result<Option<Header>> {
    match usual(bytes) {
        Some(header) => Ok(Some(header)),
        None => any(bytes),
    }
}

/// The one form that the CLI writes: `Content-Length: 123`, CR LF, CR LF. `None` says only that it is another.
#[inline]
fn usual(bytes: &[u8]) -> Option<Header> {
    const LAST: usize = NAME.len() + 18; // more digits may not fit a number
    let (name, rest) = bytes.split_first_chunk()?;
    if *name != NAME {
        return None;
    }
    if let Some(length) = rest.first_chunk().and_then(three_digits) {
        return Some(Header { size: NAME.len() + 7, length });
    }
    let (mut at, mut length) = (NAME.len(), 0u64);
    while let Some(digit) = bytes.get(at).map(|byte| byte.wrapping_sub(b'0')).filter(|digit| *digit < 10)
        && at < LAST
    {
        length = length * 10 + u64::from(digit);
        at += 1;
    }
    let is_ended = at > NAME.len() && bytes[at..].first_chunk() == Some(b"\r\n\r\n");
    is_ended.then_some(Header { size: at + 4, length })
}

const NAME: [u8; 16] = *b"Content-Length: ";

/// The number that `123`, CR LF, CR LF and the first byte of the body begin with: so long is a piece of a text with its
/// envelope.
#[inline]
fn three_digits(bytes: &[u8; 8]) -> Option<u64> {
    const END: u64 = u64::from_le_bytes(*b"\0\0\0\r\n\r\n\0");
    let word = u64::from_le_bytes(*bytes);
    let digits = (word & 0xff_ffff) ^ 0x30_3030;
    // A byte that is no digit has its highest bit set after this, or had it before.
    let is_other = ((digits + 0x76_7676) | digits) & 0x80_8080 != 0;
    if is_other || word & 0x00ff_ffff_ff00_0000 != END {
        return None;
    }
    Some(100 * (digits & 0xff) + 10 * (digits >> 8 & 0xff) + (digits >> 16))
}

/// Any form: more headers, another case, no space, bare line feeds.
#[cold]
pub(super) fn any(bytes: &[u8]) -> Result<Option<Header>> {
    let mut length = None;
    let mut at = 0;
    while let Some(end) = memchr(b'\n', &bytes[at..]) {
        let line = bytes[at..at + end].trim_ascii();
        at += end + 1;
        if at > LIMIT {
            break;
        }
        if line.is_empty() {
            return match length {
                Some(length) => Ok(Some(Header { size: at, length })),
                None => Err(garbage("without a Content-Length", bytes)),
            };
        }
        if let Some(announced) = content_length(line, bytes)? {
            match length {
                Some(earlier) if earlier != announced => {
                    return Err(garbage("with two different lengths", bytes));
                }
                _ => length = Some(announced),
            }
        }
    }
    if bytes.len() > LIMIT {
        return Err(garbage("without an end", bytes));
    }
    Ok(None)
}

/// The value of a line that is `Content-Length`; `None` for another header. A line that is no header at all is
/// reported at once: no empty line may ever come behind it.
fn content_length(line: &[u8], block: &[u8]) -> Result<Option<u64>> {
    let Some(colon) = memchr(b':', line) else { return Err(garbage("without a colon", block)) };
    let name = line[..colon].trim_ascii_end();
    if name.is_empty() || !name.iter().all(is_name_byte) {
        return Err(garbage("without a name", block));
    }
    if !name.eq_ignore_ascii_case(b"Content-Length") {
        return Ok(None);
    }
    let value = line[colon + 1..].trim_ascii();
    let digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    match std::str::from_utf8(value).ok().filter(|_| digits).and_then(|value| value.parse().ok()) {
        Some(length) => Ok(Some(length)),
        None => Err(garbage("with an impossible length", block)),
    }
}

/// What RFC 9110 allows in the name of a header.
fn is_name_byte(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte)
}

fn garbage(flaw: &str, block: &[u8]) -> Error {
    Error::new(
        Code::Protocol,
        format!(
            "the server sent {} where the header of a message should be (a header {flaw}); check that the program \
             is the Copilot CLI and that nothing else writes to its output",
            quoted(block)
        ),
    )
}

/// The first characters of `bytes` in quotation marks, fit for one line of a message.
pub(super) fn quoted(bytes: &[u8]) -> String {
    let head = &bytes[..bytes.len().min(8 * QUOTE)];
    let mut text = String::from("\"");
    let mut count = 0;
    for character in String::from_utf8_lossy(head).trim().chars() {
        if count == QUOTE {
            text.push('…');
            break;
        }
        let shown = if character.is_control() { ' ' } else { character };
        if shown == ' ' && text.ends_with([' ', '"']) {
            continue;
        }
        text.push(shown);
        count += 1;
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(bytes: &[u8]) -> u64 {
        read(bytes).unwrap().expect("a whole header").length
    }

    fn refused(bytes: &[u8]) -> String {
        let error = read(bytes).unwrap_err();
        assert_eq!(error.code(), Code::Protocol);
        error.message().to_string()
    }

    #[test]
    fn the_usual_form_is_read() {
        assert_eq!(read(b"Content-Length: 123\r\n\r\n{").unwrap(), Some(Header { size: 23, length: 123 }));
    }

    #[test]
    fn the_usual_form_and_any_form_agree() {
        for value in [
            "0",
            "7",
            "10",
            "462",
            "000",
            "999",
            "090",
            "1000",
            "0462",
            "1000000",
            "999999999999999999",
            "000000000000000000",
        ] {
            let block = format!("Content-Length: {value}\r\n\r\n");
            assert!(usual(block.as_bytes()).is_some(), "{block:?}");
            let stream = format!("{block}body").into_bytes();
            for cut in 0..=stream.len() {
                let bytes = &stream[..cut];
                let (short, long) = (usual(bytes), any(bytes).unwrap());
                assert_eq!(short, long, "{block:?} cut at {cut}");
                assert_eq!(short.is_some(), cut >= block.len());
            }
        }
        // What it leaves to the other.
        for block in [
            "Content-Length: \r\n\r\n",
            "Content-Length:7\r\n\r\n",
            "Content-length: 7\r\n\r\n",
            "Content-Length: 7\n\n",
            "Content-Length: 7 \r\n\r\n",
            "Content-Length: 7\r\nA: b\r\n\r\n",
            "Content-Length: 777\r\nA: b\r\n\r\n",
            "Content-Length: 77\r\r\n\r\n{",
            "Content-Length: 1000000000000000000\r\n\r\n",
        ] {
            assert_eq!(usual(block.as_bytes()), None, "{block:?}");
        }
    }

    #[test]
    fn three_digits_are_three_digits() {
        for number in 0..1000 {
            assert_eq!(
                three_digits(format!("{number:03}\r\n\r\n{{").as_bytes().try_into().unwrap()),
                Some(number)
            );
        }
        for at in 0..7 {
            for byte in 0..=255 {
                let mut bytes = *b"123\r\n\r\n{";
                let same = (at < 3 && u8::is_ascii_digit(&byte)) || bytes[at] == byte;
                bytes[at] = byte;
                assert_eq!(three_digits(&bytes).is_some(), same, "{bytes:?}");
            }
        }
    }

    #[test]
    fn every_tolerated_form_is_read() {
        for form in [
            "content-length: 7\r\n\r\n",
            "CONTENT-LENGTH:7\r\n\r\n",
            "Content-Length :  7  \r\n\r\n",
            "Content-Length: 7\n\n",
            "Content-Length: 7\r\n\n",
            "Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length: 7\r\n\r\n",
            "Content-Length: 7\r\nX-Other: a:b\r\n\r\n",
            "Content-Length: 7\r\nContent-Length: 7\r\n\r\n",
            "Content-Length: 0000000000000000000007\r\n\r\n",
        ] {
            let header = read(form.as_bytes()).unwrap().expect(form);
            assert_eq!(header, Header { size: form.len(), length: 7 }, "{form:?}");
            for cut in 0..form.len() {
                assert_eq!(read(&form.as_bytes()[..cut]).unwrap(), None, "{form:?} cut at {cut}");
            }
        }
    }

    #[test]
    fn a_length_of_64_bits_is_read_and_a_longer_one_refused() {
        assert_eq!(length(b"Content-Length: 18446744073709551615\r\n\r\n"), u64::MAX);
        assert!(refused(b"Content-Length: 18446744073709551616\r\n\r\n").contains("18446744073709551616"));
    }

    #[test]
    fn every_impossible_length_is_refused_and_quoted() {
        for value in ["", "abc", "-1", "+5", "1.5", "5 5", "0x10", "٣"] {
            let message = refused(format!("Content-Length: {value}\r\n\r\n").as_bytes());
            assert!(message.contains("impossible length"), "{message}");
            assert!(message.contains(value), "{message}");
        }
    }

    #[test]
    fn conflicting_lengths_and_a_missing_one_are_refused() {
        assert!(refused(b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n").contains("two different"));
        assert!(refused(b"Content-Type: text/plain\r\n\r\n").contains("without a Content-Length"));
        assert!(refused(b"\r\n").contains("without a Content-Length"));
    }

    #[test]
    fn a_printed_line_is_diagnosed_at_once() {
        let message = refused(b"Hello world\n");
        assert!(message.contains("\"Hello world\""), "{message}");
        assert!(refused(b"{\"type\": \"init\"}\n").contains("{\"type\": \"init\"}"));
        assert!(refused(b"copilot 1.0: ready\n").contains("copilot 1.0: ready"));
    }

    #[test]
    fn text_without_a_newline_is_diagnosed_at_the_limit() {
        let text = vec![b'x'; LIMIT];
        assert_eq!(read(&text).unwrap(), None);
        let text = vec![b'x'; LIMIT + 1];
        assert!(refused(&text).contains("without an end"));
        let text = "Name: value\r\n".repeat(LIMIT / 10);
        assert!(refused(text.as_bytes()).contains("without an end"));
    }

    #[test]
    fn a_quote_is_short_and_printable() {
        let message = quoted("\u{1b}[31m\0\tré\r\n\r\n".repeat(100).as_bytes());
        assert!(message.chars().all(|c| !c.is_control()), "{message:?}");
        assert_eq!(message.chars().count(), 80 + 3);
        assert_eq!(quoted(b"\xff\xfe"), "\"\u{fffd}\u{fffd}\"");
        assert_eq!(quoted(b""), "\"\"");
    }
}
