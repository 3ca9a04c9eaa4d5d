//! From a request to its answer: the model's paths, and the paths by which other languages steer the server.

use super::echo;
use super::hosted;
use super::http::{self, Request};
use super::state::{Account, State, Turn};
use super::step::{Action, Answer, Step};
use super::wire::{self, Api};
use serde_json::{Value, json};
use std::io;
use std::io::Read;
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

/// Serves the one request of a connection.
pub(super) fn serve(stream: &TcpStream, state: &State) -> io::Result<()> {
    let request = match http::read(stream) {
        Ok(Some(request)) => request,
        Ok(None) => return Ok(()),
        Err(why) => return fail(stream, 400, &format!("not a request: {why}")),
    };
    let parts: Vec<&str> = request.path.trim_matches('/').split('/').collect();
    match (request.method.as_str(), parts.as_slice()) {
        ("POST", ["s", id, .., "chat", "completions"]) => {
            complete(stream, state, id, &request, Api::Completions)
        }
        ("POST", ["s", id, .., "responses"]) => complete(stream, state, id, &request, Api::Responses),
        ("POST", ["s", id, .., "messages"]) => complete(stream, state, id, &request, Api::Messages),
        ("GET", ["s", _, .., "models"]) => {
            reply(stream, 200, &json!({"object": "list", "data": [model_entry("fake")]}))
        }
        ("GET", ["s", _, .., "models", name]) => reply(stream, 200, &model_entry(name)),
        ("POST", ["chat", "completions"]) => {
            complete(stream, state, hosted::MODEL, &request, Api::Completions)
        }
        ("PUT", ["_account", token]) => put_account(stream, state, token, &request),
        ("PUT", ["_script", id]) => put_script(stream, state, id, &request),
        ("GET", ["_requests", id]) => reply(stream, 200, &bodies(state, id)),
        ("GET", ["_records", id]) => reply(stream, 200, &json!(state.records(id))),
        ("GET", ["_wait", id]) => wait(stream, state, id, &request),
        (method, _) => {
            if let Some((status, body)) = hosted::answer(state, &request) {
                return reply(stream, status, &body);
            }
            let known = "POST /s/<id>/v1/chat/completions, /responses and /messages, GET /s/<id>/v1/models, PUT /_script/<id>, \
                         GET /_requests/<id>, GET /_records/<id>, GET /_wait/<id>?n=1, PUT /_account/<token>, and of \
                         the hosted API POST /chat/completions, GET /models, GET /copilot_internal/user";
            fail(stream, 404, &format!("nothing is at {method} {}; there are: {known}", request.path))
        }
    }
}

fn model_entry(name: &str) -> Value {
    json!({"id": name, "object": "model", "owned_by": "testbed"})
}

fn bodies(state: &State, id: &str) -> Value {
    state.records(id).into_iter().map(|record| record.body).collect()
}

fn put_script(stream: &TcpStream, state: &State, id: &str, request: &Request) -> io::Result<()> {
    let steps = serde_json::from_slice(&request.body).map_err(|e| format!("not JSON: {e}"));
    match steps.and_then(|steps: Value| state.set_script(id, &steps)) {
        Ok(()) => reply(stream, 200, &json!({"baseUrl": state.base_url(id)})),
        Err(why) => fail(stream, 400, &format!("the script for '{id}': {why}")),
    }
}

fn put_account(stream: &TcpStream, state: &State, token: &str, request: &Request) -> io::Result<()> {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let ids = body.get("models").cloned().unwrap_or(json!(["fake"]));
    let models: Vec<String> = serde_json::from_value(ids).unwrap_or_default();
    let legal =
        !models.is_empty() && models.iter().all(|id| id.starts_with(|c: char| c.is_ascii_alphabetic()));
    let (Some(login), true) = (body["login"].as_str(), legal) else {
        return fail(
            stream,
            400,
            "an account is {\"login\": \"…\", \"models\": [\"…\"]}, and may lack the models",
        );
    };
    state.set_account(token, Account { login: login.to_owned(), models });
    reply(stream, 200, &json!({"url": state.hosted_url()}))
}

fn wait(stream: &TcpStream, state: &State, id: &str, request: &Request) -> io::Result<()> {
    let number = |name: &str, natural: u64| request.parameter(name).map_or(Ok(natural), str::parse);
    let (Ok(n), Ok(timeout_ms)) = (number("n", 1), number("timeout_ms", 10_000)) else {
        return fail(stream, 400, "n and timeout_ms are whole numbers");
    };
    match state.wait(id, Duration::from_millis(timeout_ms), |records| records.len() as u64 >= n) {
        Ok(()) => reply(stream, 200, &bodies(state, id)),
        Err(why) => fail(stream, 504, &format!("waited for {n} requests of '{id}': {why}")),
    }
}

/// Records a model request and plays the step that answers it.
fn complete(stream: &TcpStream, state: &State, id: &str, request: &Request, api: Api) -> io::Result<()> {
    let record = hosted::record(request);
    let body = record.body.clone();
    let (turn, index) = state.take(id, record);
    let step = match turn {
        Turn::Step(step) => step,
        Turn::NoScript => Step { action: Action::Answer(echo::answer(&body)), delay_ms: echo::DELAY_MS },
        Turn::Exhausted(n) => return exhausted(stream, id, n),
    };
    let player = Player { stream, state, api, body: &body, delay: Duration::from_millis(step.delay_ms) };
    match player.play(&step.action) {
        Ok(Ended::ClientLeft) => state.note_client_left(id, index),
        Err(_) => state.note_client_left(id, index),
        Ok(Ended::Served) => {}
    }
    Ok(())
}

/// A script that is too short is a test's mistake: the header keeps newer CLIs from trying five times more.
fn exhausted(stream: &TcpStream, id: &str, n: usize) -> io::Result<()> {
    let once = [("x-should-retry".to_owned(), "false".to_owned())];
    http::respond(stream, 500, &once, &error(&format!("script {id} has no step {n}")))
}

/// How an answer ended.
enum Ended {
    Served,
    ClientLeft,
}

/// Plays one step to one client.
struct Player<'a> {
    stream: &'a TcpStream,
    state: &'a State,
    api: Api,
    body: &'a Value,
    delay: Duration,
}

impl Player<'_> {
    fn play(&self, action: &Action) -> io::Result<Ended> {
        match action {
            Action::Answer(answer) if self.body["stream"] == true => return self.stream_answer(answer),
            Action::Answer(answer) => return self.whole_answer(answer),
            Action::Hang => return self.hang(),
            Action::Close => self.stream.shutdown(Shutdown::Both)?,
            Action::Http { status, headers, body } => {
                self.pause()?;
                http::respond(self.stream, *status, headers, body)?;
            }
            Action::RawSse(text) => {
                http::start_stream(self.stream)?;
                self.pause()?;
                http::stream_piece(self.stream, text)?;
                http::end_stream(self.stream)?;
            }
        }
        Ok(Ended::Served)
    }

    fn stream_answer(&self, answer: &Answer) -> io::Result<Ended> {
        let (pieces, end) = wire::stream(self.api, answer, &self.form());
        http::start_stream(self.stream)?;
        for (sent, piece) in pieces.iter().enumerate() {
            if answer.drop_after == Some(sent) {
                return Ok(Ended::Served);
            }
            if answer.hang_after == Some(sent) {
                return self.hang();
            }
            self.pause()?;
            http::stream_piece(self.stream, piece)?;
        }
        http::stream_piece(self.stream, end)?;
        http::end_stream(self.stream)?;
        Ok(Ended::Served)
    }

    fn whole_answer(&self, answer: &Answer) -> io::Result<Ended> {
        if answer.drop_after.is_some() {
            self.stream.shutdown(Shutdown::Both)?;
            return Ok(Ended::Served);
        }
        if answer.hang_after.is_some() {
            return self.hang();
        }
        self.pause()?;
        reply(self.stream, 200, &wire::whole(self.api, answer, &self.form()))?;
        Ok(Ended::Served)
    }

    fn form(&self) -> wire::Form<'_> {
        wire::Form {
            model: self.body["model"].as_str().unwrap_or("fake"),
            number: self.state.next_number(),
            with_usage: self.body["stream_options"]["include_usage"] == true,
        }
    }

    /// Waits for the step's delay; an error when the server stops meanwhile.
    fn pause(&self) -> io::Result<()> {
        let went_on = self.delay.is_zero() || self.state.pause(self.delay);
        if went_on { Ok(()) } else { Err(io::ErrorKind::Interrupted.into()) }
    }

    /// Says nothing more until the client leaves or the server stops.
    fn hang(&self) -> io::Result<Ended> {
        let mut rest = [0; 256];
        let mut stream = self.stream;
        while stream.read(&mut rest)? > 0 {}
        Ok(if self.state.is_stopped() { Ended::Served } else { Ended::ClientLeft })
    }
}

fn reply(stream: &TcpStream, status: u16, body: &Value) -> io::Result<()> {
    http::respond(stream, status, &[], &body.to_string())
}

fn fail(stream: &TcpStream, status: u16, message: &str) -> io::Result<()> {
    http::respond(stream, status, &[], &error(message))
}

fn error(message: &str) -> String {
    json!({"error": {"message": message, "type": "testbed", "code": null}}).to_string()
}
