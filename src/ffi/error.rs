//! Errors: what went wrong.

use std::ffi::{CString, c_char};
use std::ptr;
use std::sync::OnceLock;

use super::ffi;
use super::handle::{copilot_error, copilot_json, get, give_box, lend, take_box};
use super::types::copilot_status;
use crate::error::Error;
use crate::json::{Json, quote};

/// An error in C's hands.
pub struct ErrorObject {
    error: Error,
    message: CString,
    /// Made when it is first asked for: most errors are shown and freed.
    data: OnceLock<Option<Json>>,
}

impl ErrorObject {
    /// Hands an error to C.
    pub fn give(error: Error) -> *mut copilot_error {
        let message = CString::new(error.message().replace('\0', "\u{fffd}")).unwrap_or_default();
        give_box(Box::new(ErrorObject { error, message, data: OnceLock::new() }))
    }

    fn data(&self) -> Option<&Json> {
        self.data.get_or_init(|| facts(&self.error).map(Json::from_trusted)).as_ref()
    }
}

/// The facts behind an error as a JSON object, or nothing where there are none.
fn facts(error: &Error) -> Option<String> {
    let number = |number: Option<i32>| number.map(|number| number.to_string());
    let rpc = error
        .rpc()
        .and_then(|rpc| object([("code", Some(rpc.code.to_string())), ("data", rpc.data.clone())]));
    let exit = error.exit().and_then(|exit| {
        object([
            ("code", number(exit.code)),
            ("signal", number(exit.signal)),
            ("stderrTail", Some(quote(&exit.stderr_tail))),
        ])
    });
    let last_activity = error.last_activity().and_then(|last| {
        object([("event", Some(quote(&last.event))), ("agoMs", Some(last.ago_ms.to_string()))])
    });
    object([
        ("reason", error.reason().map(|reason| quote(reason.name()))),
        ("class", error.class().map(quote)),
        ("statusCode", error.status_code().map(|code| code.to_string())),
        ("retryAfterMs", error.retry_after_ms().map(|pause| pause.to_string())),
        ("rpc", rpc),
        ("exit", exit),
        ("lastActivity", last_activity),
    ])
}

/// A JSON object of the members that have a value; `None` when none has.
fn object<const N: usize>(members: [(&str, Option<String>); N]) -> Option<String> {
    let given: Vec<String> = members
        .into_iter()
        .filter_map(|(key, value)| value.map(|value| format!("{}:{value}", quote(key))))
        .collect();
    (!given.is_empty()).then(|| format!("{{{}}}", given.join(",")))
}

/// What to branch on: one of the COPILOT_E_ constants.
///
/// @param error  the error, or NULL
/// @return the code; COPILOT_OK for NULL
///
/// @threads  any; an error never changes
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the error stays yours
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_error_code(error: *const copilot_error) -> copilot_status {
    ffi!(also_forked or 0, {
        // SAFETY: NULL or a live error, says the manual.
        unsafe { get(error) }.map_or(0, |error| error.error.code() as i32)
    })
}

/// What to show: one or two English sentences that say what happened, where, and what to do next.
///
/// The wording is for people and may change in any version; branch on the code. Tokens and other
/// secrets that the library knows are not in it.
///
/// @param error  the error, or NULL
/// @return the message as UTF-8, never NULL; "" for NULL
///
/// @threads  any; an error never changes
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the text belongs to the error and lives as long as it
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_error_message(error: *const copilot_error) -> *const c_char {
    ffi!(also_forked or c"".as_ptr(), {
        // SAFETY: NULL or a live error, says the manual.
        unsafe { get(error) }.map_or(c"".as_ptr(), |error| error.message.as_ptr())
    })
}

/// The JSON-RPC code with which the server refused a call.
///
/// @param error  the error, or NULL
/// @return the server's code; 0 when the error is no refusal of the server's
///
/// @threads  any; an error never changes
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the error stays yours
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_error_rpc_code(error: *const copilot_error) -> i64 {
    ffi!(also_forked or 0, {
        // SAFETY: NULL or a live error, says the manual.
        unsafe { get(error) }.and_then(|error| error.error.rpc()).map_or(0, |rpc| rpc.code)
    })
}

/// The facts behind an error, as a JSON object. Each member is there only where it is known:
///
///   "reason"        why copilot_session_send_and_wait() ended without a result: "timeout",
///                   "inactivity", "aborted", "error", "autopilot", "shutdown", "exit" or
///                   "disconnected", as told there
///   "class"         the field of work that the failure belongs to:
///                     "auth"        no login, a wrong key, or no right: HTTP 401, 403
///                     "quota"       what was paid for is used up: HTTP 402
///                     "rate_limit"  too much at a time: HTTP 429
///                     "context"     more than the model can read: HTTP 413
///                     "model"       any other failure of a call of the model
///                     "tool"        a tool failed
///                     "transport"   the provider or the CLI could not be reached: HTTP 408, 502
///                                   to 504, a broken connection
///   "statusCode"    the HTTP status with which the model's provider answered last
///   "retryAfterMs"  how long a rate limit lasts, in milliseconds. CLIs tell it only where they
///                   offer to go on with another model.
///   "rpc"           {"code":...,"data":...}: the server's refusal of a call
///   "exit"          {"code":...,"signal":...,"stderrTail":...}: how the CLI ended: the exit code
///                   or the number of the signal that killed it, and the last lines it wrote to
///                   stderr
///   "lastActivity"  {"event":...,"agoMs":...}: the type of the session's last event before the end
///                   of a wait, and how many milliseconds before the end it came
///
/// @param error  the error, or NULL
/// @return the object; NULL when there is nothing to tell beyond code and message
///
/// @threads  any; an error never changes
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the JSON belongs to the error and lives as long as it; do not free it
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_error_data(error: *const copilot_error) -> *const copilot_json {
    ffi!(also_forked or ptr::null(), {
        // SAFETY: NULL or a live error, says the manual.
        unsafe { get(error) }.and_then(ErrorObject::data).map_or(ptr::null(), lend::<copilot_json>)
    })
}

/// Tells whether the same call may succeed later without anything being changed by you: after a
/// timeout, a broken connection, or a rate limit.
///
/// @param error  the error, or NULL
/// @return 1 or 0; 0 for NULL
///
/// @threads  any; an error never changes
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the error stays yours
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_error_is_retriable(error: *const copilot_error) -> i32 {
    ffi!(also_forked or 0, {
        // SAFETY: NULL or a live error, says the manual.
        unsafe { get(error) }.map_or(0, |error| i32::from(error.error.is_retriable()))
    })
}

/// Tells whether the client that reported the error cannot be used again.
///
/// @param error  the error, or NULL
/// @return 1 or 0; 0 for NULL
///
/// @threads  any; an error never changes
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the error stays yours
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_error_is_fatal(error: *const copilot_error) -> i32 {
    ffi!(also_forked or 0, {
        // SAFETY: NULL or a live error, says the manual.
        unsafe { get(error) }.map_or(0, |error| i32::from(error.error.is_fatal()))
    })
}

/// Frees an error, and with it the message and the data that were got from it.
///
/// @param error  the error; NULL is nothing
///
/// @threads  any; nobody may use the error any more
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    takes the error
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_error_free(error: *mut copilot_error) {
    ffi!(also_forked or (), {
        // SAFETY: NULL or an error that nobody uses any more, says the manual.
        drop(unsafe { take_box(error) });
    });
}

#[cfg(test)]
mod tests {
    use std::ffi::CStr;

    use super::*;
    use crate::error::{Code, Exit, LastActivity, Reason};

    fn data_of(error: Error) -> Option<String> {
        let error = ErrorObject::give(error);
        // SAFETY: made above, freed below, used between.
        unsafe {
            let data = get(copilot_error_data(error)).map(|json| json.text().to_owned());
            copilot_error_free(error);
            data
        }
    }

    #[test]
    fn no_error_is_ok_and_says_nothing() {
        // SAFETY: every function takes NULL.
        unsafe {
            assert_eq!(copilot_error_code(ptr::null()), 0);
            assert_eq!(CStr::from_ptr(copilot_error_message(ptr::null())), c"");
            assert_eq!(copilot_error_rpc_code(ptr::null()), 0);
            assert!(copilot_error_data(ptr::null()).is_null());
            assert_eq!(copilot_error_is_retriable(ptr::null()), 0);
            assert_eq!(copilot_error_is_fatal(ptr::null()), 0);
            copilot_error_free(ptr::null_mut());
        }
    }

    #[test]
    fn what_is_not_known_is_not_in_the_data() {
        assert_eq!(data_of(Error::new(Code::Timeout, "late")), None);
        let refused =
            Error::new(Code::Rpc, "no").with_rpc(-32601, Some(r#"{"a":12345678901234567890}"#.into()));
        assert_eq!(
            data_of(refused).as_deref(),
            Some(r#"{"rpc":{"code":-32601,"data":{"a":12345678901234567890}}}"#)
        );
        let exit = Exit { code: None, signal: Some(9), stderr_tail: "a \"b\"\n".into() };
        let died = Error::new(Code::Transport, "gone").with_exit(exit).with_class("transport");
        assert_eq!(
            data_of(died).as_deref(),
            Some(r#"{"class":"transport","exit":{"signal":9,"stderrTail":"a \"b\"\n"}}"#)
        );
        let late = Error::new(Code::Timeout, "late")
            .with_reason(Reason::Inactivity)
            .with_last_activity(LastActivity { event: "assistant.turn_start".into(), ago_ms: 250 });
        assert_eq!(
            data_of(late).as_deref(),
            Some(r#"{"reason":"inactivity","lastActivity":{"event":"assistant.turn_start","agoMs":250}}"#)
        );
        let slow = Error::new(Code::Session, "wait").with_status(Some(429), Some(1500));
        assert_eq!(data_of(slow).as_deref(), Some(r#"{"statusCode":429,"retryAfterMs":1500}"#));
    }
}
