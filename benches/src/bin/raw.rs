//! The floor: reads the mock CLI's stream with the least that has to be done, on one thread, without a library.
//!
//!     raw [--split | --callback] MOCK WORKLOAD NUMBER…
//!
//! `--split` only splits the stream into frames and counts them. `--callback` (the default) also checks that each is
//! UTF-8, tells type and session by the CLI's layout, and hands it to a C function that reads the text. Pipe and
//! buffer have 64 KiB, as a pipe has by default.

use std::ffi::c_void;
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};

use bench::clock::now_ns;
use bench::event::Event;
use bench::frames::{INDEX_DIGITS, STAMP_DIGITS, framed};
use bench::measure::{Section, percentiles};
use bench::split::Splitter;
use serde_json::{Value, json};

const BUFFER: usize = 64 << 10;
const EXEC_TIME: &str = "BENCH_EXEC_NS";
const WINDOW: u64 = 900;
const IN_FLIGHT: u64 = 32;

/// The mock, and what came from it.
struct Raw {
    process: Child,
    input: ChildStdin,
    frames: Splitter<ChildStdout>,
    /// Whether bodies are looked at at all.
    callback: bool,
    last_id: u64,
    seen: Seen,
}

/// What the C function has seen.
#[derive(Default)]
struct Seen {
    received: u64,
    idle: u64,
    /// The index that the next delta of each session has to have; sessions are numbered at the end of their ids.
    next: Vec<u64>,
    out_of_order: bool,
    stamped: bool,
    times_us: Vec<f64>,
}

/// Looks at an event as an application does.
extern "C" fn on_event(event: &Event, seen: *mut c_void) {
    // SAFETY: `Raw::look` passes its own `Seen`, which nobody else uses meanwhile.
    let seen = unsafe { &mut *seen.cast::<Seen>() };
    if event.kind == "session.idle" {
        seen.idle += 1;
        let at = number_of(event.session);
        seen.next[at] = 0;
        return;
    }
    let Some(text) = event.delta_text() else { return };
    seen.received += 1;
    let digits = if seen.stamped { STAMP_DIGITS } else { INDEX_DIGITS };
    let Some(number) = text.get(..digits).and_then(|digits| digits.parse::<u64>().ok()) else { return };
    if seen.stamped {
        seen.times_us.push((now_ns() - number) as f64 / 1e3);
    } else {
        let next = &mut seen.next[number_of(event.session)];
        seen.out_of_order |= *next != number;
        *next = number + 1;
    }
}

fn number_of(session: &str) -> usize {
    session.get(session.len() - 6..).and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

fn session_id(number: u64) -> String {
    format!("8d8e3e8c-1111-4222-8333-444455{number:06}")
}

fn of_session(number: u64) -> String {
    format!(r#"{{"sessionId":"{}"}}"#, session_id(number))
}

impl Raw {
    fn start(mock: &str, callback: bool) -> io::Result<Raw> {
        let mut process = Command::new(mock)
            .args(["--headless", "--stdio"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let gone = || io::Error::other("no pipe");
        let input = process.stdin.take().ok_or_else(gone)?;
        let frames = Splitter::new(process.stdout.take().ok_or_else(gone)?, BUFFER);
        let mut raw = Raw { process, input, frames, callback, last_id: 0, seen: Seen::default() };
        raw.call("connect", "{}", 1)?;
        Ok(raw)
    }

    /// Sends a request; the parameters are JSON.
    fn request(&mut self, method: &str, params: &str) -> io::Result<()> {
        let frame = self.framed_request(method, params);
        self.input.write_all(&frame)
    }

    fn framed_request(&mut self, method: &str, params: &str) -> Vec<u8> {
        self.last_id += 1;
        framed(&format!(r#"{{"jsonrpc":"2.0","id":{},"method":"{method}","params":{params}}}"#, self.last_id))
    }

    /// Sends a request and takes this many frames.
    fn call(&mut self, method: &str, params: &str, frames: u64) -> io::Result<()> {
        self.request(method, params)?;
        (0..frames).try_for_each(|_| self.skip())
    }

    fn skip(&mut self) -> io::Result<()> {
        self.frames.next_frame()?.map(drop).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    fn open(&mut self, number: u64) -> io::Result<()> {
        self.seen.next.push(0);
        self.call("session.create", &of_session(number), 2)
    }

    fn send(&mut self, prompt: &str) -> io::Result<()> {
        self.request("session.send", &format!(r#"{{"sessionId":"{}","prompt":"{prompt}"}}"#, session_id(0)))
    }

    /// Sends a prompt and takes this many events and the reply.
    fn prompt(&mut self, prompt: &str, events: u64) -> io::Result<()> {
        self.send(prompt)?;
        for _ in 0..events + 1 {
            let frame = self.frames.next_frame()?.ok_or(io::ErrorKind::UnexpectedEof)?;
            if self.callback {
                look(frame, &mut self.seen)?;
            }
        }
        Ok(())
    }

    fn pings(&mut self, count: u64) -> io::Result<()> {
        for _ in 0..count {
            let start = now_ns();
            self.call("ping", "{}", 1)?;
            self.seen.times_us.push((now_ns() - start) as f64 / 1e3);
        }
        Ok(())
    }

    /// Some in flight; what is sent together goes in one write.
    fn pings_in_flight(&mut self, count: u64) -> io::Result<()> {
        let (mut to_send, mut to_come, mut room) = (count, count, IN_FLIGHT.min(count));
        let mut frames = Vec::new();
        while to_come > 0 {
            frames.clear();
            for _ in 0..room.min(to_send) {
                to_send -= 1;
                self.last_id += 1;
                let body =
                    format!(r#"{{"jsonrpc":"2.0","id":{},"method":"ping","params":{{}}}}"#, self.last_id);
                frames.extend_from_slice(&framed(&body));
            }
            self.input.write_all(&frames)?;
            self.skip()?;
            room = 1;
            while self.frames.buffered_frame()?.is_some() {
                room += 1;
            }
            to_come -= room;
        }
        Ok(())
    }

    fn tools(&mut self, count: u64) -> io::Result<()> {
        self.send(&format!("tools {count}"))?;
        loop {
            let frame = self.frames.next_frame()?.ok_or(io::ErrorKind::UnexpectedEof)?;
            let Some(event) = Event::read(std::str::from_utf8(frame).map_err(io::Error::other)?) else {
                continue;
            };
            if event.kind == "session.idle" {
                return Ok(());
            }
            let Some(id) = event.request_id().filter(|_| event.kind == "external_tool.requested") else {
                continue;
            };
            let params = format!(r#"{{"sessionId":"{}","requestId":"{id}","result":"3"}}"#, event.session);
            self.request("session.tools.handlePendingToolCall", &params)?;
            self.seen.received += 1;
        }
    }

    fn create_and_detach(&mut self, count: u64) -> io::Result<()> {
        for _ in 0..count {
            let start = now_ns();
            self.call("session.create", &of_session(0), 2)?;
            self.call("session.detach", &of_session(0), 1)?;
            self.seen.times_us.push((now_ns() - start) as f64 / 1e3);
        }
        Ok(())
    }

    /// Closes the mock's input and waits until it has left.
    fn end(mut self) -> io::Result<()> {
        drop(self.input);
        self.process.wait().map(drop)
    }
}

/// Checks and tells apart; a frame of another layout is a response here.
fn look(frame: &[u8], seen: &mut Seen) -> io::Result<()> {
    let body = std::str::from_utf8(frame).map_err(io::Error::other)?;
    if let Some(event) = Event::read(body) {
        // Not to be inlined: a library does not know the function that it calls.
        let callback: extern "C" fn(&Event, *mut c_void) = std::hint::black_box(on_event);
        callback(&event, std::ptr::from_mut(seen).cast());
    }
    Ok(())
}

/// A workload with its numbers: opens the sessions it needs, warms up, and runs.
fn run(raw: &mut Raw, workload: &str, numbers: &[u64]) -> io::Result<Value> {
    let sessions = match (workload, numbers) {
        ("streams" | "mixstreams", &[sessions, ..]) => sessions,
        ("ping" | "ping32" | "create", _) => 0,
        _ => 1,
    };
    (0..sessions).try_for_each(|number| raw.open(number))?;
    raw.seen.next.resize(raw.seen.next.len().max(1), 0);
    if sessions == 1 && workload != "large" {
        raw.prompt("burst 1000 64", 1002)?;
    }
    raw.seen =
        Seen { next: std::mem::take(&mut raw.seen.next), stamped: workload == "paced", ..Seen::default() };

    let section = Section::begin();
    let done = match (workload, numbers) {
        ("burst", &[n, bytes]) => raw.prompt(&format!("burst {n} {bytes}"), n + 2).map(|()| n),
        ("window", &[n, bytes]) => (0..n.div_ceil(WINDOW))
            .try_for_each(|window| {
                let size = WINDOW.min(n - window * WINDOW);
                raw.prompt(&format!("burst {size} {bytes}"), size + 2)
            })
            .map(|()| n),
        ("mix", &[n, bytes]) => raw.prompt(&format!("mix {n} {bytes}"), 2 * n + 2).map(|()| n),
        ("paced", &[n, bytes, rate]) => raw.prompt(&format!("paced {n} {bytes} {rate}"), n + 2).map(|()| n),
        ("streams", &[sessions, n, bytes]) => {
            raw.prompt(&format!("streams {n} {bytes}"), sessions * (n + 1)).map(|()| sessions * n)
        }
        ("mixstreams", &[sessions, n, bytes]) => {
            raw.prompt(&format!("mixstreams {n} {bytes}"), sessions * (2 * n + 1)).map(|()| sessions * n)
        }
        ("ping", &[n]) => raw.pings(n).map(|()| n),
        ("ping32", &[n]) => raw.pings_in_flight(n).map(|()| n),
        ("tools", &[n]) => raw.tools(n).map(|()| raw.seen.received),
        ("large", &[bytes]) => raw.prompt(&format!("large {bytes}"), 2).map(|()| 1),
        ("create", &[n]) => raw.create_and_detach(n).map(|()| n),
        _ => Err(io::Error::other("raw has no such workload, or it takes other numbers")),
    }?;
    let mut report = section.end();
    let looked = raw.callback && raw.seen.idle > 0 && workload != "large";
    report.insert("received".into(), json!(if looked { raw.seen.received } else { done }));
    // What only counts frames does not know.
    report.insert("in_order".into(), if looked { json!(!raw.seen.out_of_order) } else { Value::Null });
    report.append(&mut percentiles(&mut raw.seen.times_us));
    Ok(report.into())
}

/// From the start of the program to the first reply: it begins anew and takes the time along.
fn connect(mock: &str, callback: bool) -> io::Result<(Raw, Value)> {
    let Some(began) = std::env::var(EXEC_TIME).ok().and_then(|ns| ns.parse().ok()) else {
        let mut again = Command::new(std::env::current_exe()?);
        return Err(again.args(std::env::args_os().skip(1)).env(EXEC_TIME, now_ns().to_string()).exec());
    };
    let section = Section::since(began);
    let raw = Raw::start(mock, callback)?;
    let mut report = section.end();
    report.insert("received".into(), json!(1));
    Ok((raw, report.into()))
}

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let flag = if arguments.first().is_some_and(|first| first.starts_with("--")) {
        arguments.remove(0)
    } else {
        String::new()
    };
    let numbers: Result<Vec<u64>, _> = arguments.iter().skip(2).map(|number| number.parse()).collect();
    let ([mock, workload, ..], "" | "--split" | "--callback", Ok(numbers)) =
        (&arguments[..], &*flag, numbers)
    else {
        eprintln!("raw [--split | --callback] MOCK WORKLOAD NUMBER...");
        return ExitCode::from(64);
    };
    match measure(mock, workload, &numbers, flag != "--split") {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("raw: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(mock: &str, workload: &str, numbers: &[u64], callback: bool) -> io::Result<()> {
    let (raw, report) = if workload == "connect" {
        connect(mock, callback)?
    } else {
        let mut raw = Raw::start(mock, callback)?;
        let report = run(&mut raw, workload, numbers)?;
        (raw, report)
    };
    let client = if callback { "raw-callback" } else { "raw-split" };
    let mut line = json!({"client": client, "workload": workload});
    for (name, number) in names(workload).iter().zip(numbers) {
        line[name] = json!(number);
    }
    for (name, value) in report.as_object().into_iter().flatten() {
        line[name] = value.clone();
    }
    println!("{line}");
    raw.end()
}

/// What the numbers of a workload are.
fn names(workload: &str) -> &'static [&'static str] {
    match workload {
        "large" => &["bytes"],
        "streams" | "mixstreams" => &["sessions", "n", "bytes"],
        _ => &["n", "bytes", "rate"],
    }
}
