//! The prompts of `session.send`, and what the mock does for each.

use std::io;

use super::requests::Params;
use super::{Server, Session};
use crate::clock;
use crate::frames::{self, INDEX_DIGITS, Patched, STAMP_DIGITS};

/// What a prompt asks for: a word, and its numbers.
#[derive(Clone, Copy)]
enum Workload {
    Burst { count: u64, size: usize },
    Mix { count: u64, size: usize },
    Paced { count: u64, size: usize, rate: u64 },
    Streams { count: u64, size: usize, mixed: bool },
    Tools { count: u64 },
    Large { size: usize },
    History { count: u64, size: usize },
}

impl Workload {
    fn parse(prompt: &str) -> Option<Workload> {
        let mut words = prompt.split_ascii_whitespace();
        let word = words.next()?;
        let numbers: Vec<u64> = words.map(str::parse).collect::<Result<_, _>>().ok()?;
        Some(match (word, &numbers[..]) {
            ("burst", &[count, size]) => Workload::Burst { count, size: size as usize },
            ("mix", &[count, size]) => Workload::Mix { count, size: size as usize },
            ("paced", &[count, size, rate]) if rate > 0 => {
                Workload::Paced { count, size: size as usize, rate }
            }
            ("streams", &[count, size]) => Workload::Streams { count, size: size as usize, mixed: false },
            ("mixstreams", &[count, size]) => Workload::Streams { count, size: size as usize, mixed: true },
            ("tools", &[count]) => Workload::Tools { count },
            ("large", &[size]) => Workload::Large { size: size as usize },
            ("history", &[count, size]) => Workload::History { count, size: size as usize },
            _ => return None,
        })
    }
}

impl Server {
    /// `session.send`: the reply, and then the turn.
    pub(super) fn send(&mut self, request: &str, params: &Params) -> io::Result<()> {
        let Some(at) = self.find(params.session_id.as_deref()) else {
            return self.refuse(request, "Request session.send failed with message: Session not found");
        };
        let Some(workload) = Workload::parse(&params.prompt) else {
            return self.refuse(request, &format!("the mock knows no prompt \"{}\"", params.prompt));
        };
        let origin = frames::message_id(self.next_serial());
        self.reply(request, &format!(r#"{{"messageId":"{origin}"}}"#))?;
        self.sessions[at].origin = origin;
        self.output.fit_pipe();
        self.run(at, workload)?;
        self.output.flush()
    }

    fn run(&mut self, at: usize, workload: Workload) -> io::Result<()> {
        match workload {
            Workload::Burst { count, size } => self.burst(at, count, size),
            Workload::Mix { count, size } => self.mix(at, count, size),
            Workload::Paced { count, size, rate } => self.paced(at, count, size, rate),
            Workload::Streams { count, size, mixed } => self.streams(count, size, mixed),
            Workload::Tools { count } => self.next_tool(at, count),
            Workload::Large { size } => {
                let content: Vec<u8> = frames::filler(size).collect();
                self.end_of_turn(at, &content)
            }
            Workload::History { count, size } => {
                let events: Vec<String> = (1..=count).map(|n| frames::history_event(n, size)).collect();
                self.sessions[at].history = format!(r#"{{"events":[{}]}}"#, events.join(","));
                self.idle(at)
            }
        }
    }

    fn burst(&mut self, at: usize, count: u64, size: usize) -> io::Result<()> {
        let mut delta = self.delta(at, size, INDEX_DIGITS);
        for index in 0..count {
            let serial = self.next_serial();
            self.output.push(delta.patch(serial, index))?;
        }
        self.end_of_turn(at, count.to_string().as_bytes())
    }

    /// Each of the two events in a write of its own.
    fn mix(&mut self, at: usize, count: u64, size: usize) -> io::Result<()> {
        let mut delta = self.delta(at, size, INDEX_DIGITS);
        let mut progress = Patched::streaming_delta(&self.sessions[at].id);
        self.output.flush()?;
        for index in 0..count {
            let sent = frames::response_size((index + 1) * size as u64);
            for (frame, number) in [(&mut progress, sent), (&mut delta, index)] {
                let serial = self.next_serial();
                self.output.push(frame.patch(serial, number))?;
                self.output.flush()?;
            }
        }
        self.end_of_turn(at, count.to_string().as_bytes())
    }

    /// Each delta begins with the time at which it was written.
    fn paced(&mut self, at: usize, count: u64, size: usize, rate: u64) -> io::Result<()> {
        let mut delta = self.delta(at, size.max(STAMP_DIGITS), STAMP_DIGITS);
        self.output.flush()?;
        let start = clock::now_ns();
        for index in 0..count {
            clock::sleep_until(start + index * 1_000_000_000 / rate);
            let serial = self.next_serial();
            self.output.push(delta.patch(serial, clock::now_ns()))?;
            self.output.flush()?;
        }
        self.end_of_turn(at, count.to_string().as_bytes())
    }

    /// All sessions at the same time, one event of each after the other.
    fn streams(&mut self, count: u64, size: usize, mixed: bool) -> io::Result<()> {
        let mut deltas: Vec<_> =
            (0..self.sessions.len()).map(|at| self.delta(at, size, INDEX_DIGITS)).collect();
        let progress = self.sessions.iter().map(|session| Patched::streaming_delta(&session.id));
        let mut progress: Vec<_> = progress.filter(|_| mixed).collect();
        for index in 0..count {
            let sent = frames::response_size((index + 1) * size as u64);
            for (at, delta) in deltas.iter_mut().enumerate() {
                if let Some(progress) = progress.get_mut(at) {
                    let serial = self.next_serial();
                    self.output.push(progress.patch(serial, sent))?;
                }
                let serial = self.next_serial();
                self.output.push(delta.patch(serial, index))?;
            }
        }
        (0..self.sessions.len()).try_for_each(|at| self.idle(at))
    }

    /// Requests the next tool call, or ends the turn when there is none left.
    fn next_tool(&mut self, at: usize, left: u64) -> io::Result<()> {
        let Some(then_left) = left.checked_sub(1) else {
            self.sessions[at].tools_left = None;
            return self.end_of_turn(at, b"done");
        };
        self.sessions[at].tools_left = Some(then_left);
        let serial = self.next_serial();
        let id = &self.sessions[at].id;
        let data = frames::tool_requested(id, &frames::request_id(serial), serial);
        self.output.frame(&frames::event(id, "external_tool.requested", &data, false, serial))
    }

    /// `session.tools.handlePendingToolCall`: as the real one, tells that the call is completed before it replies.
    pub(super) fn tool_answered(&mut self, request: &str, params: &Params) -> io::Result<()> {
        let found = self.find(params.session_id.as_deref());
        let Some((at, left)) = found.and_then(|at| Some((at, self.sessions[at].tools_left?))) else {
            return self.reply(request, r#"{"success":false}"#);
        };
        let serial = self.next_serial();
        let data = frames::tool_completed(params.request_id.as_deref().unwrap_or_default());
        let completed = frames::event(&self.sessions[at].id, "external_tool.completed", &data, false, serial);
        self.output.frame(&completed)?;
        self.reply(request, r#"{"success":true}"#)?;
        self.next_tool(at, left)
    }

    fn delta(&self, at: usize, size: usize, digits: usize) -> Patched {
        let Session { id, origin, .. } = &self.sessions[at];
        Patched::message_delta(id, &answer_to(origin), size, digits)
    }

    /// `assistant.message` and `session.idle`.
    fn end_of_turn(&mut self, at: usize, content: &[u8]) -> io::Result<()> {
        let serial = self.next_serial();
        let Session { id, origin, .. } = &self.sessions[at];
        let (before, after) = frames::message_around(id, &answer_to(origin), origin, serial);
        self.output.header(before.len() + content.len() + after.len())?;
        self.output.push(before.as_bytes())?;
        self.output.push(content)?;
        self.output.push(after.as_bytes())?;
        self.idle(at)
    }

    fn idle(&mut self, at: usize) -> io::Result<()> {
        let serial = self.next_serial();
        self.output.frame(&frames::event(&self.sessions[at].id, "session.idle", frames::IDLE, true, serial))
    }
}

/// The id of the message that answers the one with the id `origin`.
fn answer_to(origin: &str) -> String {
    format!("a{}", origin.get(1..).unwrap_or_default())
}
