//! Splits a stream into frames, in place, in one buffer that is reused.

use std::io::{self, Read};
use std::ops::Range;

const HEADER: &[u8] = b"Content-Length: ";

/// Reads frames of the one form that CLI and clients write: `Content-Length: n`, an empty line, the body.
pub struct Splitter<R> {
    input: R,
    buffer: Vec<u8>,
    // The bytes read and not yet taken.
    start: usize,
    end: usize,
}

impl<R: Read> Splitter<R> {
    /// Reads at most `capacity` bytes at once; the buffer grows when a frame is larger.
    pub fn new(input: R, capacity: usize) -> Splitter<R> {
        Splitter { input, buffer: vec![0; capacity.max(64)], start: 0, end: 0 }
    }

    /// The body of the next frame, reading until it is whole; `None` is the end between two frames.
    pub fn next_frame(&mut self) -> io::Result<Option<&[u8]>> {
        loop {
            if let Some(body) = self.take()? {
                return Ok(Some(&self.buffer[body]));
            }
            if !self.fill()? {
                return if self.start == self.end {
                    Ok(None)
                } else {
                    Err(io::ErrorKind::UnexpectedEof.into())
                };
            }
        }
    }

    /// The body of the next frame, if all of it has been read already.
    pub fn buffered_frame(&mut self) -> io::Result<Option<&[u8]>> {
        let body = self.take()?;
        Ok(body.map(|body| &self.buffer[body]))
    }

    fn take(&mut self) -> io::Result<Option<Range<usize>>> {
        let waiting = &self.buffer[self.start..self.end];
        let Some((header, length)) = header(waiting)? else { return Ok(None) };
        if waiting.len() < header + length {
            self.make_room(header + length);
            return Ok(None);
        }
        let body = self.start + header..self.start + header + length;
        self.start = body.end;
        Ok(Some(body))
    }

    /// Makes sure that `size` bytes from `start` on have a place.
    fn make_room(&mut self, size: usize) {
        if self.start + size > self.buffer.len() {
            self.compact();
        }
        if size > self.buffer.len() {
            self.buffer.resize(size, 0);
        }
    }

    fn compact(&mut self) {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
    }

    /// False at the end of the input.
    fn fill(&mut self) -> io::Result<bool> {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        } else if self.end == self.buffer.len() {
            self.compact();
        }
        let read = self.input.read(&mut self.buffer[self.end..])?;
        self.end += read;
        Ok(read > 0)
    }
}

/// The length of the header and of the body behind it, once the header is whole.
fn header(bytes: &[u8]) -> io::Result<Option<(usize, usize)>> {
    let known = bytes.len().min(HEADER.len());
    if bytes[..known] != HEADER[..known] {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "no Content-Length"));
    }
    let mut length = 0usize;
    for (at, byte) in bytes.iter().enumerate().skip(HEADER.len()) {
        match byte {
            b'0'..=b'9' if at < HEADER.len() + 10 => length = length * 10 + usize::from(byte - b'0'),
            b'\r' if bytes.len() < at + 4 => return Ok(None),
            b'\r' if bytes[at..at + 4] == *b"\r\n\r\n" => return Ok(Some((at + 4, length))),
            _ => return Err(io::Error::new(io::ErrorKind::InvalidData, "a header of another form")),
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives the bytes in pieces of one size.
    struct Pieces<'a>(&'a [u8], usize);

    impl Read for Pieces<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let piece = self.0.len().min(self.1).min(into.len());
            into[..piece].copy_from_slice(&self.0[..piece]);
            self.0 = &self.0[piece..];
            Ok(piece)
        }
    }

    #[test]
    fn frames_come_out_however_the_stream_is_cut() {
        let bodies = [b"{}".to_vec(), vec![b'x'; 300], Vec::new(), b"last".to_vec()];
        let mut stream = Vec::new();
        for body in &bodies {
            stream.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
            stream.extend_from_slice(body);
        }
        for piece in 1..stream.len() {
            let mut splitter = Splitter::new(Pieces(&stream, piece), 64);
            for body in &bodies {
                assert_eq!(splitter.next_frame().unwrap(), Some(&body[..]), "in pieces of {piece}");
            }
            assert_eq!(splitter.next_frame().unwrap(), None);
        }
    }

    #[test]
    fn what_is_no_frame_is_refused() {
        for bytes in [
            &b"content-length: 2\r\n\r\n{}"[..],
            b"Content-Length: x",
            b"Content-Length: 2\n\n{}",
            b"Content-Length: 5\r\n\r\n{}",
        ] {
            assert!(Splitter::new(bytes, 64).next_frame().is_err(), "{:?}", String::from_utf8_lossy(bytes));
        }
    }
}
