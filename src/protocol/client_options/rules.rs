//! What goes together: how the CLI is reached, and which options contradict each other.

use super::address;
use super::table::CLIENT_OPTIONS;
use crate::error::Result;
use crate::protocol::keys::{Given, Place};
use crate::transport::Address;

/// How the CLI is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transport {
    /// It is started, and spoken to over its stdin and stdout.
    Stdio,
    /// It is started, and spoken to over TCP on this machine; 0 lets it choose its port.
    Tcp(u16),
    /// It runs already, at this address.
    Url(Address),
}

/// Options that concern a process which the library starts.
const OF_OUR_PROCESS: [&str; 13] = [
    "cliPath",
    "cliArgs",
    "cwd",
    "env",
    "port",
    "logLevel",
    "githubToken",
    "useLoggedInUser",
    "baseDirectory",
    "sessionIdleTimeoutSeconds",
    "telemetry",
    "disableClientTelemetry",
    "enableRemoteSessions",
];

/// The variable that carries the connection token to a server.
pub(in crate::protocol) const CONNECTION_TOKEN: &str = "COPILOT_CONNECTION_TOKEN";

pub(super) fn place(name: &str) -> Place<'_> {
    Place::member(CLIENT_OPTIONS.what, name)
}

/// The transport that the options ask for, and whether they ask for one at all.
pub(super) fn transport(given: &Given<'_>) -> Result<(Transport, bool)> {
    let (port, use_stdio) = (given.integer("port"), given.flag("useStdio"));
    if let Some(url) = given.text("cliUrl") {
        refuse_what_needs_a_process(given)?;
        let address = address::parse(&url).map_err(|problem| place("cliUrl").refuse(problem))?;
        return Ok((Transport::Url(address), true));
    }
    match (port, use_stdio) {
        (Some(_), Some(true)) => Err(place("port").refuse(
            "may not be given together with \"useStdio\":true: over stdio there is no port; leave one of them out",
        )),
        (Some(port), _) => Ok((Transport::Tcp(port as u16), true)),
        (None, Some(false)) => Ok((Transport::Tcp(0), true)),
        (None, chosen) => Ok((Transport::Stdio, chosen.is_some())),
    }
}

fn refuse_what_needs_a_process(given: &Given<'_>) -> Result<()> {
    if let Some(name) = OF_OUR_PROCESS.iter().find(|name| given.raw(name).is_some()) {
        return Err(place(name).refuse(
            "may not be given together with cliUrl: it concerns a CLI that is started, and the one at cliUrl runs \
             already; leave one of them out",
        ));
    }
    if given.flag("useStdio") == Some(true) {
        return Err(place("useStdio").refuse(
            "may not be true together with cliUrl, which is reached over TCP; leave one of them out",
        ));
    }
    Ok(())
}

/// Refuses options that no transport can carry out together.
pub(super) fn check(given: &Given<'_>, transport: &Transport) -> Result<()> {
    if *transport == Transport::Stdio && given.raw("connectionToken").is_some() {
        return Err(place("connectionToken").refuse(
            "may not be given over stdio, where nobody else can connect; add \"useStdio\":false, a port or a cliUrl, \
             or leave it out",
        ));
    }
    let keeps_state_apart = given.raw("baseDirectory").is_some() || given.raw("sessionFs").is_some();
    let is_empty_mode = given.text("mode").as_deref() == Some("empty");
    if is_empty_mode && !keeps_state_apart && !matches!(transport, Transport::Url(_)) {
        return Err(place("mode").refuse(
            "\"empty\" needs baseDirectory or sessionFs: in this mode nothing is kept in the user's own ~/.copilot",
        ));
    }
    Ok(())
}
