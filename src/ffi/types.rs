//! The numbers and function types of the header.
//!
//! The constants are plain enums for the header to show; no signature uses them, for a number that is none of its
//! variants would be undefined behaviour in a Rust enum, and C may pass any. Signatures use the integer aliases.

use std::ffi::{c_char, c_void};

use super::handle::{copilot_event, copilot_op, copilot_request};

/// What a call came to: 0 or more is success, less is one of the COPILOT_E_ constants.
///
/// Numbers are never reused or renumbered. Later versions may add some: treat a negative one that
/// you do not know as you treat COPILOT_E_INTERNAL.
pub type copilot_status = i32;

/// The values of copilot_status.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum copilot_status_code {
    /// It worked.
    COPILOT_OK = 0,
    /// A parameter is wrong: a NULL that may not be one, an unknown key in an option object, a
    /// value outside its range. The message names it. Nothing was done.
    COPILOT_E_INVALID_ARGUMENT = -1,
    /// A text parameter is not UTF-8. The message tells the offset of the wrong byte.
    COPILOT_E_INVALID_UTF8 = -2,
    /// A JSON parameter is not JSON. The message tells line and column.
    COPILOT_E_INVALID_JSON = -3,
    /// The object is in a state in which this cannot be done, for instance a request that was
    /// answered before.
    COPILOT_E_INVALID_STATE = -4,
    /// The time given was up first.
    COPILOT_E_TIMEOUT = -5,
    /// It was cancelled, or a wait was ended by copilot_queue_wake().
    COPILOT_E_CANCELLED = -6,
    /// What the call needs has ended: the queue is closed, the client stopped, the session gone.
    COPILOT_E_CLOSED = -7,
    /// The call would wait for the callback that it was made from. Use the _async form, or another
    /// thread.
    COPILOT_E_WOULD_DEADLOCK = -8,
    /// This process was forked from one that used the library. Its threads are not here; only
    /// functions that need none still work.
    COPILOT_E_FORKED = -9,
    /// There is no such thing: no such part of a JSON value, session, or subscription.
    COPILOT_E_NOT_FOUND = -10,
    /// The server, or this version of the library, cannot do that.
    COPILOT_E_UNSUPPORTED = -11,
    /// The CLI could not be found or started. The message says where it was looked for.
    COPILOT_E_SPAWN = -20,
    /// The CLI started but did not shake hands.
    COPILOT_E_CONNECT = -21,
    /// The connection broke, usually because the CLI ended. copilot_error_data() tells how.
    COPILOT_E_TRANSPORT = -22,
    /// The server said something that its protocol does not allow.
    COPILOT_E_PROTOCOL = -23,
    /// The server speaks no protocol version that this library speaks. Another CLI is needed.
    COPILOT_E_PROTOCOL_VERSION = -24,
    /// The server refused the call. copilot_error_rpc_code() and copilot_error_data() tell more.
    COPILOT_E_RPC = -25,
    /// The session failed: the model could not be reached, a quota is used up, a turn broke off.
    /// The member "class" of copilot_error_data() tells which.
    COPILOT_E_SESSION = -26,
    /// The operating system refused something: a thread, a descriptor, a file.
    COPILOT_E_IO = -27,
    /// A defect of the library, caught before it could do harm. Please report it.
    COPILOT_E_INTERNAL = -99,
}

/// How a client stands; one of the COPILOT_CLIENT_ constants.
pub type copilot_client_state = i32;

/// The values of copilot_client_state.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum copilot_client_state_code {
    /// No CLI is running: never started, stopped, or gone by itself.
    COPILOT_CLIENT_DISCONNECTED = 0,
    /// The CLI is being started.
    COPILOT_CLIENT_CONNECTING = 1,
    /// The CLI is running and has shaken hands.
    COPILOT_CLIENT_CONNECTED = 2,
    /// The last start failed. Starting again is allowed.
    COPILOT_CLIENT_FAILED = 3,
}

/// What kind of thing an event is; one of the COPILOT_EVENT_ constants.
///
/// Later versions may add kinds: ignore those that you do not know.
pub type copilot_event_kind = i32;

/// The values of copilot_event_kind. The opening comment lists type and JSON of each.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum copilot_event_kind_code {
    /// No event: what NULL is.
    COPILOT_EVENT_NONE = 0,
    /// Something happened in a session.
    COPILOT_EVENT_SESSION = 1,
    /// A session was created, changed, deleted, shown or hidden, by whatever client of the server.
    COPILOT_EVENT_LIFECYCLE = 2,
    /// The client's connection changed its state.
    COPILOT_EVENT_STATE = 3,
    /// The server asks something: copilot_event_take_request().
    COPILOT_EVENT_REQUEST = 4,
    /// An operation has ended: copilot_event_op().
    COPILOT_EVENT_COMPLETION = 5,
    /// The library says something of itself.
    COPILOT_EVENT_LOG = 6,
    /// So much was waiting that events were merged or dropped.
    COPILOT_EVENT_OVERFLOW = 7,
    /// A request needs no answer any more.
    COPILOT_EVENT_REQUEST_CANCELLED = 8,
    /// The server notified the client of something else.
    COPILOT_EVENT_NOTIFICATION = 9,
    /// A rule of the session's permission policy was applied.
    COPILOT_EVENT_POLICY = 10,
}

/// What kind of question a request is; one of the COPILOT_REQUEST_ constants.
///
/// Later versions may add kinds: decline those that you do not know, or free them.
pub type copilot_request_kind = i32;

/// The values of copilot_request_kind.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum copilot_request_kind_code {
    /// A method without a kind of its own; copilot_request_method() names it.
    COPILOT_REQUEST_OTHER = 0,
    /// The model calls one of the program's tools.
    COPILOT_REQUEST_TOOL = 1,
    /// The agent wants to do something and asks whether it may.
    COPILOT_REQUEST_PERMISSION = 2,
    /// The agent asks the user a question.
    COPILOT_REQUEST_USER_INPUT = 3,
    /// A form to fill in, or a page to visit.
    COPILOT_REQUEST_ELICITATION = 4,
    /// A hook of the program's runs.
    COPILOT_REQUEST_HOOK = 5,
    /// A slash command of the program's runs.
    COPILOT_REQUEST_COMMAND = 6,
    /// The plan is ready: shall it be carried out?
    COPILOT_REQUEST_EXIT_PLAN_MODE = 7,
    /// The model is out of reach: shall another be chosen?
    COPILOT_REQUEST_AUTO_MODE_SWITCH = 8,
    /// Sections of the system message may be rewritten.
    COPILOT_REQUEST_SYSTEM_MESSAGE = 9,
    /// An MCP server wants the user to log in.
    COPILOT_REQUEST_MCP_OAUTH = 10,
}

/// How far an operation has come; one of the COPILOT_OP_ constants.
pub type copilot_op_state = i32;

/// The values of copilot_op_state.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum copilot_op_state_code {
    /// It is on its way.
    COPILOT_OP_PENDING = 0,
    /// It succeeded; its result can be taken.
    COPILOT_OP_DONE = 1,
    /// It failed; taking the result gives the error.
    COPILOT_OP_FAILED = 2,
    /// It was cancelled before it ended.
    COPILOT_OP_CANCELLED = 3,
}

/// What a JSON value is; one of the COPILOT_JSON_ constants.
pub type copilot_json_type = i32;

/// The values of copilot_json_type.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum copilot_json_type_code {
    /// There is nothing at this place.
    COPILOT_JSON_MISSING = 0,
    /// null
    COPILOT_JSON_NULL = 1,
    /// true or false
    COPILOT_JSON_BOOL = 2,
    /// A number, whole or not.
    COPILOT_JSON_NUMBER = 3,
    /// A string.
    COPILOT_JSON_STRING = 4,
    /// An array.
    COPILOT_JSON_ARRAY = 5,
    /// An object.
    COPILOT_JSON_OBJECT = 6,
}

/// How grave a log message is; one of the COPILOT_LOG_ constants. A higher number is less grave.
pub type copilot_log_level = i32;

/// The values of copilot_log_level.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum copilot_log_level_code {
    /// Nothing at all.
    COPILOT_LOG_OFF = 0,
    /// Something failed that nobody was told of otherwise.
    COPILOT_LOG_ERROR = 1,
    /// Something is probably not as it was meant, such as a request that was let go unanswered.
    COPILOT_LOG_WARN = 2,
    /// The course of things: a CLI started, a session was made.
    COPILOT_LOG_INFO = 3,
    /// What helps to find a fault in a program that uses the library.
    COPILOT_LOG_DEBUG = 4,
    /// What helps to find a fault in the library.
    COPILOT_LOG_TRACE = 5,
}

/// A timeout that never comes. The header has a macro of its own for it.
///
/// cbindgen:ignore
pub const COPILOT_WAIT_FOREVER: i32 = -1;

/// Gets an event. Runs on the thread that serves the queue.
///
/// `event` is borrowed for the call; copilot_event_ref() keeps it.
pub type copilot_event_cb = Option<unsafe extern "C" fn(event: *const copilot_event, user_data: *mut c_void)>;

/// Gets a request, or hears that it was withdrawn. Runs on the thread that serves the queue.
///
/// `request` is borrowed for the call: answer it now, or keep it with copilot_request_ref() and
/// answer later, from any thread. When the callback returns and has done neither, the default of
/// its kind is sent.
pub type copilot_request_cb =
    Option<unsafe extern "C" fn(request: *mut copilot_request, user_data: *mut c_void)>;

/// Hears, once, that an operation has ended. Runs on the thread that serves the queue.
///
/// `op` is borrowed for the call; copilot_op_ref() keeps it.
pub type copilot_op_cb = Option<unsafe extern "C" fn(op: *mut copilot_op, user_data: *mut c_void)>;

/// Hears that items wait in a queue. Runs on any thread, mostly one of the library's own.
///
/// It may only signal another thread. The one function of the library that it may call is
/// copilot_queue_wake().
pub type copilot_wakeup_cb = Option<unsafe extern "C" fn(user_data: *mut c_void)>;

/// Gets a log message. Runs on any thread, also on several at once.
///
/// `target` names the part of the library that speaks, such as "transport"; both texts are borrowed
/// for the call. It may call no function of the library.
pub type copilot_log_cb = Option<
    unsafe extern "C" fn(
        level: copilot_log_level,
        target: *const c_char,
        message: *const c_char,
        user_data: *mut c_void,
    ),
>;

/// Destroys user data. Called exactly once for every `user_data` that was handed over with it,
/// after the last call of its callback has returned; also when the function that it was handed to
/// failed, in which case it has run before that function returns.
pub type copilot_destroy_cb = Option<unsafe extern "C" fn(user_data: *mut c_void)>;

#[cfg(test)]
mod tests {
    use copilot_client_state_code::*;
    use copilot_event_kind_code::*;
    use copilot_log_level_code::*;
    use copilot_op_state_code::*;
    use copilot_request_kind_code::*;
    use copilot_status_code::*;

    use super::*;
    use crate::client::State;
    use crate::error::Code;
    use crate::log::Level;
    use crate::protocol::question;
    use crate::queue::{Kind, Progress};

    /// Compares every constant with the core's; `match` makes a new one of the core's fail to compile here.
    macro_rules! same_numbers {
        ($core:ident, $($variant:ident = $constant:ident),* $(,)?) => {
            $(assert_eq!($core::$variant as i32, $constant as i32, stringify!($constant));)*
            let _complete = |value: $core| match value { $($core::$variant => ()),* };
        };
    }

    #[test]
    fn the_numbers_of_the_header_are_those_of_the_core() {
        same_numbers!(
            Code,
            InvalidArgument = COPILOT_E_INVALID_ARGUMENT,
            InvalidUtf8 = COPILOT_E_INVALID_UTF8,
            InvalidJson = COPILOT_E_INVALID_JSON,
            InvalidState = COPILOT_E_INVALID_STATE,
            Timeout = COPILOT_E_TIMEOUT,
            Cancelled = COPILOT_E_CANCELLED,
            Closed = COPILOT_E_CLOSED,
            WouldDeadlock = COPILOT_E_WOULD_DEADLOCK,
            Forked = COPILOT_E_FORKED,
            NotFound = COPILOT_E_NOT_FOUND,
            Unsupported = COPILOT_E_UNSUPPORTED,
            Spawn = COPILOT_E_SPAWN,
            Connect = COPILOT_E_CONNECT,
            Transport = COPILOT_E_TRANSPORT,
            Protocol = COPILOT_E_PROTOCOL,
            ProtocolVersion = COPILOT_E_PROTOCOL_VERSION,
            Rpc = COPILOT_E_RPC,
            Session = COPILOT_E_SESSION,
            Io = COPILOT_E_IO,
            Internal = COPILOT_E_INTERNAL,
        );
        same_numbers!(
            State,
            Disconnected = COPILOT_CLIENT_DISCONNECTED,
            Connecting = COPILOT_CLIENT_CONNECTING,
            Connected = COPILOT_CLIENT_CONNECTED,
            Failed = COPILOT_CLIENT_FAILED,
        );
        same_numbers!(
            Kind,
            Session = COPILOT_EVENT_SESSION,
            Lifecycle = COPILOT_EVENT_LIFECYCLE,
            State = COPILOT_EVENT_STATE,
            Request = COPILOT_EVENT_REQUEST,
            Completion = COPILOT_EVENT_COMPLETION,
            Log = COPILOT_EVENT_LOG,
            Overflow = COPILOT_EVENT_OVERFLOW,
            RequestCancelled = COPILOT_EVENT_REQUEST_CANCELLED,
            Notification = COPILOT_EVENT_NOTIFICATION,
            Policy = COPILOT_EVENT_POLICY,
        );
        same_numbers!(
            Progress,
            Pending = COPILOT_OP_PENDING,
            Done = COPILOT_OP_DONE,
            Failed = COPILOT_OP_FAILED,
            Cancelled = COPILOT_OP_CANCELLED,
        );
        same_numbers!(
            Level,
            Error = COPILOT_LOG_ERROR,
            Warn = COPILOT_LOG_WARN,
            Info = COPILOT_LOG_INFO,
            Debug = COPILOT_LOG_DEBUG,
            Trace = COPILOT_LOG_TRACE,
        );
    }

    #[test]
    fn the_kinds_of_requests_are_those_of_the_protocol() {
        use question::Kind;
        same_numbers!(
            Kind,
            Other = COPILOT_REQUEST_OTHER,
            Tool = COPILOT_REQUEST_TOOL,
            Permission = COPILOT_REQUEST_PERMISSION,
            UserInput = COPILOT_REQUEST_USER_INPUT,
            Elicitation = COPILOT_REQUEST_ELICITATION,
            Hook = COPILOT_REQUEST_HOOK,
            Command = COPILOT_REQUEST_COMMAND,
            ExitPlanMode = COPILOT_REQUEST_EXIT_PLAN_MODE,
            AutoModeSwitch = COPILOT_REQUEST_AUTO_MODE_SWITCH,
            SystemMessage = COPILOT_REQUEST_SYSTEM_MESSAGE,
            McpOauth = COPILOT_REQUEST_MCP_OAUTH,
        );
    }
}
