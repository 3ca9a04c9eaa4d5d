//! The fake as a server on TCP, which it is when it is started with `--port`.

use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::thread;

use serde_json::json;

use super::frame::Wire;
use super::journal::Journal;
use super::player::Player;
use super::script::Script;
use super::server::Server;

/// The variable with the token that `connect` must give.
const TOKEN_VARIABLE: &str = "COPILOT_CONNECTION_TOKEN";

/// The port of the command line, if this is to be a server on TCP.
pub fn wanted_port(arguments: impl Iterator<Item = String>) -> Option<u16> {
    arguments.skip_while(|argument| argument != "--port").nth(1)?.parse().ok()
}

/// Serves each connection by itself, until a signal or a call ends the process. Sessions are a connection's own.
pub fn serve(script: Script, journal: Journal, port: u16) -> ! {
    let fail = |error: std::io::Error| -> ! {
        eprintln!("Failed to start server: Error: {error}");
        journal.exit(1)
    };
    match Server::new(script.clone(), journal.clone()) {
        Ok(before) => Player::for_start(before).play_list(&script.listen()),
        Err(error) => fail(error),
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap_or_else(|error| fail(error));
    let port = listener.local_addr().map_or(port, |address| address.port());
    journal.note(&json!({"listening": port}));
    if let Some(text) = script.announcement() {
        // A client that does not read it is tested for by what it does then.
        let _ = writeln!(std::io::stdout(), "{}", text.replace("{port}", &port.to_string()));
    }
    let token = std::env::var(TOKEN_VARIABLE).ok().filter(|token| !token.is_empty());
    loop {
        let (stream, _) = listener.accept().unwrap_or_else(|error| fail(error));
        journal.note(&json!({"accepted": true}));
        let wire = Wire::over_socket(&stream, journal.clone()).unwrap_or_else(|error| fail(error));
        let server = Server::on(wire, script.clone(), journal.clone(), token.clone());
        thread::spawn(move || {
            Player::for_start(Arc::clone(&server)).play_list(&server.script.start());
            server.serve(stream)
        });
    }
}
