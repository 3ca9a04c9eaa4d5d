use std::borrow::Cow;
use std::time::Duration;

use super::super::header;
use super::super::random::Random;
use super::*;

fn frame(body: &str) -> Vec<u8> {
    let mut out = Vec::new();
    write_frame(&mut out, &[body]);
    out
}

/// Every body that can be read now.
fn drain(reader: &mut FrameReader) -> Result<Vec<String>> {
    let mut bodies = Vec::new();
    let mut arrived = reader.arrived();
    while let Some(body) = arrived.next()? {
        bodies.push(body.into_owned());
    }
    Ok(bodies)
}

fn read_all(bytes: &[u8]) -> Result<Vec<String>> {
    let mut reader = FrameReader::default();
    reader.push(bytes);
    let bodies = drain(&mut reader)?;
    reader.finish()?;
    Ok(bodies)
}

/// A body of this many bytes that is not the same everywhere.
fn body_of(length: usize) -> String {
    (0..length).map(|at| char::from(b'a' + (at % 23) as u8)).collect()
}

#[test]
fn a_frame_is_a_length_an_empty_line_and_the_body() {
    assert_eq!(frame("{\"é\":1}"), "Content-Length: 8\r\n\r\n{\"é\":1}".as_bytes());
    let mut out = b"before".to_vec();
    write_frame(&mut out, &["ab", "", "c"]);
    assert_eq!(out, b"beforeContent-Length: 3\r\n\r\nabc");
    for length in [0, 9, 10, 99, 100, 65_536] {
        assert!(frame(&body_of(length)).starts_with(format!("Content-Length: {length}\r\n\r\n").as_bytes()));
    }
}

#[test]
fn a_stream_may_be_split_anywhere() {
    let bodies = ["{}", "", "{\"text\":\"grüße 🎉\"}", "x"];
    let mut stream = bodies.map(frame).concat();
    stream.extend_from_slice(b"content-length:3\nContent-Type: text/plain\n\nabc");
    for cut in 0..=stream.len() {
        let mut reader = FrameReader::default();
        reader.push(&stream[..cut]);
        let mut got = drain(&mut reader).unwrap();
        reader.push(&stream[cut..]);
        got.extend(drain(&mut reader).unwrap());
        reader.finish().unwrap();
        assert_eq!(got, ["{}", "", "{\"text\":\"grüße 🎉\"}", "x", "abc"], "cut at {cut}");
    }
}

#[test]
fn a_stream_may_come_byte_by_byte() {
    let stream = [frame("{\"a\":1}"), frame("\"\\ud83d\\ude00 \\ud800\""), frame("ü")].concat();
    let mut reader = FrameReader::default();
    let mut got = Vec::new();
    for byte in &stream {
        reader.push(&[*byte]);
        got.extend(drain(&mut reader).unwrap());
    }
    reader.finish().unwrap();
    assert_eq!(got, ["{\"a\":1}", "\"\\ud83d\\ude00 \\ufffd\"", "ü"]);
}

#[test]
fn small_frames_are_lent_and_oversized_ones_given_away() {
    let mut reader = FrameReader::default();
    reader.push(&frame("{}"));
    assert!(matches!(reader.next_frame().unwrap(), Some(Cow::Borrowed("{}"))));
    let body = body_of(BUFFER + 1);
    for chunk in frame(&body).chunks(60_000) {
        assert!(reader.next_frame().unwrap().is_none());
        reader.push(chunk);
    }
    match reader.next_frame().unwrap() {
        Some(Cow::Owned(text)) => assert!(text == body),
        other => panic!("expected an owned frame, got {} bytes", other.map_or(0, |text| text.len())),
    }
}

#[test]
fn frames_around_the_size_of_the_buffer_keep_their_neighbours() {
    for length in [BUFFER - 30, BUFFER - 1, BUFFER, BUFFER + 1, 2 * BUFFER, 5 * BUFFER + 7] {
        let bodies = [body_of(10), body_of(length), body_of(20), body_of(length), body_of(3)];
        let stream = bodies.iter().map(|body| frame(body)).collect::<Vec<_>>().concat();
        for chunk in [40_000, 65_536, 262_144, 1_000_003] {
            let mut reader = FrameReader::default();
            let mut got = Vec::new();
            for bytes in stream.chunks(chunk) {
                reader.push(bytes);
                got.extend(drain(&mut reader).unwrap());
            }
            reader.finish().unwrap();
            assert!(got == bodies, "{length} in chunks of {chunk}");
        }
    }
}

#[test]
fn a_claimed_length_is_not_allocated_before_its_bytes_come() {
    let mut reader = FrameReader::default();
    let length = 1 << 29;
    reader.push(format!("Content-Length: {length}\r\n\r\n").as_bytes());
    let mut arrived = 0;
    while arrived < 3_000_000 {
        assert!(reader.next_frame().unwrap().is_none());
        let capacity = reader.spare().0.capacity();
        assert!(capacity <= FIRST_GRANT.max(2 * arrived).max(BUFFER), "{capacity} for {arrived} bytes");
        reader.push(&[b'x'; 10_000]);
        arrived += 10_000;
    }
    let error = reader.finish().unwrap_err();
    assert_eq!(error.code(), Code::Transport);
    assert!(error.message().contains(&format!("got {arrived} of {length} bytes")), "{error}");
}

#[test]
fn an_oversized_frame_ends_with_exactly_its_own_memory() {
    let mut reader = FrameReader::default();
    let body = body_of(1_000_001);
    for chunk in frame(&body).chunks(50_000) {
        reader.push(chunk);
        if let Some(Cow::Owned(text)) = reader.next_frame().unwrap() {
            assert_eq!(text.capacity(), text.len());
            return;
        }
    }
    panic!("the frame never came");
}

#[test]
fn a_stretched_buffer_shrinks_again() {
    let mut reader = FrameReader::default();
    reader.push(&frame("{}").repeat(100_000));
    assert_eq!(drain(&mut reader).unwrap().len(), 100_000);
    reader.push(&frame("{}"));
    assert!(reader.buffer.capacity() <= 2 * BUFFER);
}

#[test]
fn a_frame_over_the_limit_is_refused_before_it_is_read() {
    let mut reader = FrameReader::new(10);
    reader.push(&frame("0123456789"));
    assert_eq!(drain(&mut reader).unwrap(), ["0123456789"]);
    reader.push(b"Content-Length: 11\r\n\r\n");
    let error = reader.next_frame().unwrap_err();
    assert_eq!(error.code(), Code::Protocol);
    assert!(error.message().contains("the server announced a frame of 11 bytes"), "{error}");

    let mut reader = FrameReader::default();
    reader.push(format!("Content-Length: {}\r\n\r\n", u64::MAX).as_bytes());
    assert!(reader.next_frame().unwrap_err().message().contains(&u64::MAX.to_string()));
}

#[test]
fn the_end_of_the_stream_is_clean_only_between_frames() {
    assert_eq!(read_all(b"").unwrap(), Vec::<String>::new());
    assert_eq!(read_all(&frame("{}")).unwrap(), ["{}"]);
    let stream = frame("{\"a\":1}");
    for cut in 1..stream.len() {
        let error = read_all(&stream[..cut]).unwrap_err();
        assert_eq!(error.code(), Code::Transport, "cut at {cut}");
        let body = stream.len() - "{\"a\":1}".len();
        let expected = if cut < body { "after \"C" } else { "in the middle of a frame (got" };
        assert!(error.message().contains(expected), "cut at {cut}: {error}");
    }
    let error = read_all(b"error: unknown option").unwrap_err();
    assert!(error.message().contains("error: unknown option"), "{error}");
}

#[test]
fn a_body_that_is_not_utf8_is_refused() {
    for length in [4, BUFFER + 10] {
        let mut stream = format!("Content-Length: {length}\r\n\r\nab").into_bytes();
        stream.extend(std::iter::repeat_n(0xff, length - 2));
        let mut reader = FrameReader::default();
        for chunk in stream.chunks(100_000) {
            reader.push(chunk);
            match reader.next_frame() {
                Ok(None) => {}
                Ok(Some(_)) => panic!("took bytes that are not UTF-8"),
                Err(error) => {
                    assert_eq!(error.code(), Code::Protocol);
                    assert!(error.message().contains("not UTF-8 at byte 2"), "{error}");
                    break;
                }
            }
        }
    }
}

#[test]
fn only_unpaired_surrogates_are_repaired() {
    let cases = [
        (r#"["\ud800"]"#, r#"["\ufffd"]"#),
        (r#"["\uDFFFx"]"#, r#"["\ufffdx"]"#),
        (r#"["\ud83d\ude00"]"#, r#"["\ud83d\ude00"]"#),
        (r#"["\\ud800"]"#, r#"["\\ud800"]"#),
        (r#"["\u00e9"]"#, r#"["\u00e9"]"#),
    ];
    for (body, expected) in cases {
        assert_eq!(read_all(&frame(body)).unwrap(), [expected]);
        let padding = " ".repeat(BUFFER);
        let mut reader = FrameReader::default();
        for chunk in frame(&format!("{body}{padding}")).chunks(99_999) {
            reader.push(chunk);
            if let Some(text) = reader.next_frame().unwrap() {
                assert!(text == format!("{expected}{padding}"));
            }
        }
        reader.finish().unwrap();
    }
}

#[tokio::test]
async fn an_async_stream_is_read_to_its_end() {
    let (mut input, output) = tokio::io::duplex(1000);
    let bodies: Vec<String> = [1, 0, 70_000, BUFFER + 5, 3].into_iter().map(body_of).collect();
    let stream = bodies.iter().map(|body| frame(body)).collect::<Vec<_>>().concat();
    let writer = tokio::spawn(async move {
        let mut output = output;
        tokio::io::AsyncWriteExt::write_all(&mut output, &stream).await.unwrap();
    });
    let read = async {
        let mut reader = FrameReader::default();
        let mut got = drain(&mut reader).unwrap();
        while reader.fill(&mut input).await.unwrap() {
            got.extend(drain(&mut reader).unwrap());
        }
        reader.finish().unwrap();
        got
    };
    let got = tokio::time::timeout(Duration::from_secs(20), read).await.expect("in time");
    assert!(got == bodies);
    writer.await.unwrap();
}

/// The bodies of a stream by the general header reader, one frame after the other, and what is wrong behind them.
fn read_slowly(stream: &[u8], limit: usize) -> (Vec<String>, Option<Code>) {
    let mut bodies = Vec::new();
    let mut rest = stream;
    loop {
        let header = match header::any(rest) {
            Ok(Some(header)) => header,
            Ok(None) => return (bodies, (!rest.is_empty()).then_some(Code::Transport)),
            Err(error) => return (bodies, Some(error.code())),
        };
        if header.length > limit as u64 {
            return (bodies, Some(Code::Protocol));
        }
        let length = header.length as usize;
        rest = &rest[header.size..];
        if rest.len() < length {
            return (bodies, Some(Code::Transport));
        }
        let mut body = rest[..length].to_vec();
        crate::json::scan::repair_lone_surrogates(&mut body);
        match String::from_utf8(body) {
            Ok(body) => bodies.push(body),
            Err(_) => return (bodies, Some(Code::Protocol)),
        }
        rest = &rest[length..];
    }
}

/// The same by the reader itself, to which the stream comes in random pieces.
fn read_in_pieces(stream: &[u8], limit: usize, random: &mut Random) -> (Vec<String>, Option<Code>) {
    let mut reader = FrameReader::new(limit);
    let mut bodies = Vec::new();
    let mut rest = stream;
    let longest = stream.len() / 2000 + random.one_of(&[&1, &30, &3000, &70_000, &400_000]);
    while !rest.is_empty() {
        let (now, later) = rest.split_at((1 + random.below(longest)).min(rest.len()));
        reader.push(now);
        rest = later;
        loop {
            // Whoever leaves in between finds the rest where it was.
            let at_most = if random.below(4) == 0 { random.below(3) } else { usize::MAX };
            let mut arrived = reader.arrived();
            let mut taken = 0;
            let end = loop {
                if taken == at_most {
                    break Ok(false);
                }
                match arrived.next() {
                    Ok(Some(body)) => bodies.push(body.into_owned()),
                    Ok(None) => break Ok(true),
                    Err(error) => break Err(error),
                }
                taken += 1;
            };
            match end {
                Ok(true) => break,
                Ok(false) => {}
                Err(error) => return (bodies, Some(error.code())),
            }
        }
    }
    (bodies, reader.finish().err().map(|error| error.code()))
}

/// One frame, most often of the usual form.
fn any_frame(random: &mut Random) -> Vec<u8> {
    let piece = random.one_of(&[
        "x",
        "x",
        "x",
        "é",
        "🎉",
        "\\n",
        "\\u00e9",
        "\\ud83d\\ude00",
        "\\ud800",
        "\\\\ud800",
    ]);
    let count = match random.below(60) {
        0 => (BUFFER + 5) / piece.len(),
        1..5 => random.below(10_000),
        _ => random.below(60),
    };
    let body = format!("{{\"text\":\"{}\"}}", piece.repeat(count));
    match random.below(12) {
        0 => format!("content-length:{}\n\n{body}", body.len()).into_bytes(),
        1 => format!("A: b\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes(),
        2 => format!("Content-Length: 0{}\r\nContent-Type: é\r\n\r\n{body}", body.len()).into_bytes(),
        _ => frame(&body),
    }
}

#[test]
fn any_stream_in_any_pieces_reads_as_slowly_as_it_can_be_read() {
    for seed in 1..=150 {
        let mut random = Random::of(seed);
        let mut stream: Vec<u8> = (0..random.below(50)).flat_map(|_| any_frame(&mut random)).collect();
        if random.below(3) == 0 && !stream.is_empty() {
            let at = random.below(stream.len());
            match random.below(4) {
                0 => stream.truncate(at),
                1 => stream[at] = 0xff,
                2 => stream[at] ^= 1 << random.below(8),
                _ => drop(stream.drain(at..(at + random.below(9)).min(stream.len()))),
            }
        }
        let limit = if random.below(8) == 0 { 4000 } else { DEFAULT_FRAME_LIMIT };
        let expected = read_slowly(&stream, limit);
        let got = read_in_pieces(&stream, limit, &mut random);
        assert!(got == expected, "seed {seed}: {} and {} bodies, {:?}", got.0.len(), expected.0.len(), got.1);
    }
}

#[test]
fn a_bad_body_does_not_hide_the_good_ones_before_it() {
    let good = frame("{\"é\":1}");
    let bad = [b"Content-Length: 3\r\n\r\n".to_vec(), vec![0x22, 0xff, 0x22]].concat();
    // One that cuts a character in two, which between them are UTF-8.
    let cut = "Content-Length: 2\r\n\r\n\"é\"".as_bytes().to_vec();
    for wrong in [bad, cut] {
        let mut reader = FrameReader::default();
        reader.push(&[good.clone(), good.clone(), wrong, good.clone()].concat());
        let mut arrived = reader.arrived();
        for _ in 0..2 {
            assert!(matches!(arrived.next(), Ok(Some(Cow::Borrowed("{\"é\":1}")))));
        }
        let error = arrived.next().unwrap_err();
        assert!(error.message().contains("not UTF-8 at byte 1"), "{error}");
    }
}

#[test]
fn what_is_behind_an_oversized_frame_is_not_read_into_its_memory() {
    let body = body_of(BUFFER + 100);
    let stream = [frame(&body), frame("{}").repeat(1000)].concat();
    let mut reader = FrameReader::default();
    let (first, rest) = stream.split_at(1000);
    reader.push(first);
    assert!(reader.arrived().next().unwrap().is_none());
    reader.push(rest);
    let mut arrived = reader.arrived();
    match arrived.next().unwrap() {
        Some(Cow::Owned(text)) => assert_eq!((text.len(), text.capacity()), (body.len(), body.len())),
        other => panic!("expected an owned frame, got {:?}", other.map(|text| text.len())),
    }
    let mut small = 0;
    while let Some(body) = arrived.next().unwrap() {
        assert!(matches!(body, Cow::Borrowed("{}")));
        small += 1;
    }
    assert_eq!(small, 1000);
}
