//! The mock CLI: speaks protocol 3 on a pair of pipes, and says what a prompt asks for as fast as the pipe takes it.

mod output;
mod requests;
mod workload;

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};

use crate::frames;
use crate::split::Splitter;
use output::Output;
use requests::Request;

/// Answers what comes in until the input ends or `runtime.shutdown` comes.
pub fn serve(input: impl Read, output: File) -> io::Result<()> {
    let mut frames = Splitter::new(input, 1 << 20);
    let mut server = Server::new(output);
    loop {
        // Whatever is there is answered in one write.
        while let Some(body) = frames.buffered_frame()? {
            if server.answer(body)? == Then::Leave {
                return server.output.flush();
            }
        }
        server.output.flush()?;
        match frames.next_frame()? {
            None => return Ok(()),
            Some(body) if server.answer(body)? == Then::Leave => return server.output.flush(),
            Some(_) => {}
        }
    }
}

/// What the server does after an answer.
#[derive(PartialEq)]
enum Then {
    GoOn,
    Leave,
}

/// A session that is open.
struct Session {
    id: String,
    /// The message that the turn in progress answers.
    origin: String,
    /// Tool calls yet to be requested in the turn in progress, when there is one with tools.
    tools_left: Option<u64>,
    /// The body of the result of `session.getMessages`.
    history: String,
}

struct Server {
    output: Output,
    sessions: Vec<Session>,
    by_id: HashMap<String, usize>,
    /// Of events and of what needs an id besides.
    serial: u64,
}

impl Server {
    fn new(output: File) -> Server {
        Server { output: Output::new(output), sessions: Vec::new(), by_id: HashMap::new(), serial: 0 }
    }

    fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    fn answer(&mut self, body: &[u8]) -> io::Result<Then> {
        let request: Request = serde_json::from_slice(body)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        // A notification, such as $/cancelRequest, has no id and gets no answer.
        let Some(id) = request.id else { return Ok(Then::GoOn) };
        let (id, params) = (id.get(), &request.params);
        match &*request.method {
            "ping" => self.reply(id, &frames::pong(params.message.as_deref()))?,
            "session.create" | "session.resume" => self.open(id, params.session_id.as_deref())?,
            "session.send" => self.send(id, params)?,
            "session.getMessages" => self.history(id, params.session_id.as_deref())?,
            "session.tools.handlePendingToolCall" => self.tool_answered(id, params)?,
            "session.detach" | "session.destroy" | "session.delete" => {
                self.close(params.session_id.as_deref());
                self.constant(id, &request.method)?;
            }
            "runtime.shutdown" => {
                self.constant(id, &request.method)?;
                return Ok(Then::Leave);
            }
            method => self.constant(id, method)?,
        }
        Ok(Then::GoOn)
    }

    fn reply(&mut self, id: &str, result: &str) -> io::Result<()> {
        self.output.frame(&frames::response(id, result))
    }

    fn refuse(&mut self, id: &str, message: &str) -> io::Result<()> {
        self.output.frame(&frames::failure(id, -32603, message))
    }

    fn constant(&mut self, id: &str, method: &str) -> io::Result<()> {
        match frames::constant_result(method) {
            Some(result) => self.reply(id, result),
            None => self.output.frame(&frames::failure(id, -32601, &format!("Unhandled method {method}"))),
        }
    }

    fn open(&mut self, request: &str, wanted: Option<&str>) -> io::Result<()> {
        let serial = self.next_serial();
        let id = wanted
            .filter(|id| !id.is_empty())
            .map_or_else(|| format!("8d8e3e8c-1111-4222-8333-{serial:012}"), str::to_owned);
        if !self.by_id.contains_key(&id) {
            self.by_id.insert(id.clone(), self.sessions.len());
            let history = r#"{"events":[]}"#.to_owned();
            self.sessions.push(Session { id: id.clone(), origin: String::new(), tools_left: None, history });
        }
        self.reply(request, &frames::created(&id))?;
        self.output.frame(&frames::session_start(&id, serial))
    }

    fn close(&mut self, id: Option<&str>) {
        let Some(at) = id.and_then(|id| self.by_id.remove(id)) else { return };
        self.sessions.swap_remove(at);
        if let Some(moved) = self.sessions.get(at) {
            self.by_id.insert(moved.id.clone(), at);
        }
    }

    fn find(&self, id: Option<&str>) -> Option<usize> {
        id.and_then(|id| self.by_id.get(id).copied())
    }

    fn history(&mut self, request: &str, id: Option<&str>) -> io::Result<()> {
        match self.find(id) {
            Some(at) => self.output.frame(&frames::response(request, &self.sessions[at].history)),
            None => {
                self.refuse(request, "Request session.getMessages failed with message: Session not found")
            }
        }
    }
}
