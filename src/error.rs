//! What can go wrong, as the caller is told: a code to branch on, a message to act on, and the facts behind it.

use std::fmt;
use std::sync::Arc;

use crate::secrets::Secrets;

/// What kind of failure it was. The numbers are the C ABI's and are never reused or renumbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
#[allow(missing_docs)] // each is documented beside its constant in `ffi::types`, where C reads it
pub enum Code {
    InvalidArgument = -1,
    InvalidUtf8 = -2,
    InvalidJson = -3,
    InvalidState = -4,
    Timeout = -5,
    Cancelled = -6,
    Closed = -7,
    WouldDeadlock = -8,
    Forked = -9,
    NotFound = -10,
    Unsupported = -11,
    Spawn = -20,
    Connect = -21,
    Transport = -22,
    Protocol = -23,
    ProtocolVersion = -24,
    Rpc = -25,
    Session = -26,
    Io = -27,
    Internal = -99,
}

/// The JSON-RPC error object of a server's refusal.
#[derive(Clone, Debug, PartialEq)]
pub struct RpcError {
    /// The server's code, up to 64 bits.
    pub code: i64,
    /// The server's `data`, as compact JSON text.
    pub data: Option<String>,
}

/// How the CLI's process ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exit {
    /// The exit code, when it exited.
    pub code: Option<i32>,
    /// The signal's number, when one killed it.
    pub signal: Option<i32>,
    /// The last lines it wrote to stderr.
    pub stderr_tail: String,
}

/// One failure. Cheap to clone: a dying process fails every waiting call with the same one.
#[derive(Clone)]
pub struct Error(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    code: Code,
    message: String,
    class: Option<&'static str>,
    rpc: Option<RpcError>,
    exit: Option<Exit>,
    status_code: Option<u16>,
    retry_after_ms: Option<u64>,
    reason: Option<Reason>,
    last_activity: Option<LastActivity>,
}

/// Why a wait ended without the turn's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The time given ran out.
    Timeout,
    /// No event came for too long.
    Inactivity,
    /// Somebody aborted the turn.
    Aborted,
    /// The server shut the session down.
    Shutdown,
    /// The CLI's process ended.
    Exit,
    /// The program let go of the session or stopped the client, or the connection broke.
    Disconnected,
    /// The turn failed.
    Error,
    /// The autopilot stopped because of an error.
    Autopilot,
}

impl Reason {
    /// Its word in the data of an error.
    pub fn name(self) -> &'static str {
        match self {
            Reason::Timeout => "timeout",
            Reason::Inactivity => "inactivity",
            Reason::Aborted => "aborted",
            Reason::Shutdown => "shutdown",
            Reason::Exit => "exit",
            Reason::Disconnected => "disconnected",
            Reason::Error => "error",
            Reason::Autopilot => "autopilot",
        }
    }
}

/// The last event of a session before a wait for its turn failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastActivity {
    /// The event's type.
    pub event: String,
    /// How long before the failure it came, in milliseconds.
    pub ago_ms: u64,
}

/// The crate's result type.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error with this code; the message says what happened, where, and what to do next.
    pub fn new(code: Code, message: impl Into<String>) -> Error {
        Error(Arc::new(Inner {
            code,
            message: message.into(),
            class: None,
            rpc: None,
            exit: None,
            status_code: None,
            retry_after_ms: None,
            reason: None,
            last_activity: None,
        }))
    }

    /// Shorthand for the most common refusal.
    pub fn invalid_argument(message: impl Into<String>) -> Error {
        Error::new(Code::InvalidArgument, message)
    }

    /// What to branch on.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// What to show.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The field of work the failure belongs to: "auth", "quota", "rate_limit", "context", "model", "tool" or
    /// "transport"; `None` where the wire does not say.
    pub fn class(&self) -> Option<&'static str> {
        self.0.class
    }

    /// The server's own error, when it refused a call.
    pub fn rpc(&self) -> Option<&RpcError> {
        self.0.rpc.as_ref()
    }

    /// How the process ended, when that is why.
    pub fn exit(&self) -> Option<&Exit> {
        self.0.exit.as_ref()
    }

    /// The HTTP status that the model's provider answered with.
    pub fn status_code(&self) -> Option<u16> {
        self.0.status_code
    }

    /// How long to wait before trying again, in milliseconds.
    pub fn retry_after_ms(&self) -> Option<u64> {
        self.0.retry_after_ms
    }

    /// Why a wait ended, for the errors of waits.
    pub fn reason(&self) -> Option<Reason> {
        self.0.reason
    }

    /// What the wait that failed saw last.
    pub fn last_activity(&self) -> Option<&LastActivity> {
        self.0.last_activity.as_ref()
    }

    /// True when the same call may succeed later without anything being changed by the caller.
    pub fn is_retriable(&self) -> bool {
        matches!(self.code(), Code::Timeout | Code::Transport | Code::Connect)
            || self.class() == Some("rate_limit")
    }

    /// True when the client that reported it cannot be used again.
    pub fn is_fatal(&self) -> bool {
        matches!(self.code(), Code::ProtocolVersion | Code::Forked | Code::Internal)
    }

    /// The same error with the server's refusal attached.
    pub fn with_rpc(self, code: i64, data: Option<String>) -> Error {
        self.change(|inner| inner.rpc = Some(RpcError { code, data }))
    }

    /// The same error with the end of the process attached.
    pub fn with_exit(self, exit: Exit) -> Error {
        self.change(|inner| inner.exit = Some(exit))
    }

    /// The same error with its class attached.
    pub fn with_class(self, class: &'static str) -> Error {
        self.change(|inner| inner.class = Some(class))
    }

    /// The same error with the provider's HTTP status and its wish for a pause attached.
    pub fn with_status(self, status_code: Option<u16>, retry_after_ms: Option<u64>) -> Error {
        self.change(|inner| {
            inner.status_code = status_code;
            inner.retry_after_ms = retry_after_ms;
        })
    }

    /// The same error with the reason why it ended a wait.
    pub fn with_reason(self, reason: Reason) -> Error {
        self.change(|inner| inner.reason = Some(reason))
    }

    /// The same error with what the wait saw last.
    pub fn with_last_activity(self, last: LastActivity) -> Error {
        self.change(|inner| inner.last_activity = Some(last))
    }

    /// The same error, its message led by where it happened: `context: message`.
    pub fn within(self, context: impl fmt::Display) -> Error {
        self.change(|inner| inner.message = format!("{context}: {}", inner.message))
    }

    /// The same error, its message followed by more: `message; more`.
    pub fn followed_by(self, more: impl fmt::Display) -> Error {
        self.change(|inner| inner.message = format!("{}; {more}", inner.message))
    }

    /// The same error under another code, for a layer that knows better what the failure means.
    pub fn recoded(self, code: Code) -> Error {
        self.change(|inner| inner.code = code)
    }

    /// The same error without these secrets in any of its texts.
    pub fn redacted(self, secrets: &Secrets) -> Error {
        self.change(|inner| {
            inner.message = secrets.redact(&inner.message).into_owned();
            if let Some(data) = inner.rpc.as_mut().and_then(|rpc| rpc.data.as_mut()) {
                *data = secrets.redact_json(data).into_owned();
            }
            if let Some(exit) = &mut inner.exit {
                exit.stderr_tail = secrets.redact(&exit.stderr_tail).into_owned();
            }
        })
    }

    fn change(mut self, edit: impl FnOnce(&mut Inner)) -> Error {
        edit(Arc::make_mut(&mut self.0));
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.code(), self.message())
    }
}

impl std::error::Error for Error {}
