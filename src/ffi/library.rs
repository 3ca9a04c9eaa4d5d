//! The library as a whole.

use std::cell::Cell;
use std::ffi::{CStr, CString, c_char, c_void};
use std::sync::{Arc, LazyLock};

use super::call::timeout;
use super::ffi;
use super::guard::text;
use super::handle::{copilot_error, given, keeping};
use super::types::copilot_status_code::*;
use super::types::{
    copilot_destroy_cb, copilot_log_cb, copilot_log_level, copilot_status, copilot_status_code,
};
use super::user_data::UserData;
use crate::error::{Code, Error, Result};
use crate::log::{self, Level, Sink};
use crate::protocol::server::{MAX_PROTOCOL, MIN_PROTOCOL};
use crate::{callback, client, queue, runtime};

/// Changes only when a program built against the old header would break. `build.rs` has the number, for the soname,
/// the header and this to agree.
const ABI_VERSION: i32 = number(env!("COPILOT_ABI_VERSION"));
const VERSION_NUMBER: i32 = number(env!("CARGO_PKG_VERSION_MAJOR")) * 1_000_000
    + number(env!("CARGO_PKG_VERSION_MINOR")) * 1_000
    + number(env!("CARGO_PKG_VERSION_PATCH"));

const VERSION: &CStr = match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
    Ok(version) => version,
    Err(_) => c"",
};

/// What this build has beyond what every build has.
const FEATURES: [&str; 0] = [];

const fn number(digits: &str) -> i32 {
    match i32::from_str_radix(digits, 10) {
        Ok(number) => number,
        Err(_) => panic!("not a number"),
    }
}

static BUILD_INFO: LazyLock<CString> = LazyLock::new(|| {
    let info = serde_json::json!({
        "version": env!("CARGO_PKG_VERSION"),
        "abi": ABI_VERSION,
        "commit": env!("COPILOT_COMMIT"),
        "target": env!("COPILOT_TARGET"),
        "rustc": env!("COPILOT_RUSTC"),
        "profile": env!("COPILOT_PROFILE"),
        "features": FEATURES,
        "protocolMin": MIN_PROTOCOL,
        "protocolMax": MAX_PROTOCOL,
    });
    CString::new(info.to_string()).unwrap_or_default()
});

/// The ABI number of the library that is loaded. A program may use a library whose ABI number is
/// that of the header it was compiled with: see COPILOT_CHECK_ABI.
///
/// @return COPILOT_ABI_VERSION of the library
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback
/// @owner    none
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_abi_version() -> i32 {
    ffi!(also_forked or ABI_VERSION, { ABI_VERSION })
}

/// The version of the library that is loaded, as major * 1000000 + minor * 1000 + patch.
///
/// @return COPILOT_VERSION_NUMBER of the library
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback
/// @owner    none
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_version_number() -> i32 {
    ffi!(also_forked or VERSION_NUMBER, { VERSION_NUMBER })
}

/// The version of the library that is loaded, for people: "1.2.3".
///
/// @return COPILOT_VERSION_STRING of the library, never NULL
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback
/// @owner    the text is static: do not free it
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_version_string() -> *const c_char {
    ffi!(also_forked or c"".as_ptr(), { VERSION.as_ptr() })
}

/// The highest version of the CLI's protocol that the library speaks. It speaks several; the lowest
/// is "protocolMin" in copilot_build_info().
///
/// @return the version
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback
/// @owner    none
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_protocol_version() -> i32 {
    ffi!(also_forked or MAX_PROTOCOL as i32, { MAX_PROTOCOL as i32 })
}

/// How the library was built, as a JSON object: "version", "abi", "commit" (of the source, or
/// "unknown"), "target", "rustc", "profile", "features" (an array of names), "protocolMin" and
/// "protocolMax". Attach it to bug reports.
///
/// @return the JSON text, never NULL
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback
/// @owner    the text is static: do not free it
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_build_info() -> *const c_char {
    ffi!(also_forked or c"{}".as_ptr(), { BUILD_INFO.as_ptr() })
}

/// Tells whether this build has an optional part. There are none yet; the names will be those that
/// "features" of copilot_build_info() lists.
///
/// @param name  the part's name; NULL is no part
/// @return 1 when the library has it, else 0
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback
/// @owner    the name stays yours
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_has_feature(name: *const c_char) -> i32 {
    ffi!(also_forked or 0, {
        // SAFETY: NULL or a NUL-terminated text, says the manual.
        unsafe { text(name, "name") }.map_or(0, |name| i32::from(FEATURES.contains(&name)))
    })
}

/// The name of a status: "COPILOT_E_TIMEOUT" for COPILOT_E_TIMEOUT.
///
/// @param status  any number
/// @return the name, never NULL: "COPILOT_OK" for every number from 0 on, "unknown status" for a
///         negative one that this version does not know
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback
/// @owner    the text is static: do not free it
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_status_name(status: copilot_status) -> *const c_char {
    ffi!(also_forked or c"unknown status".as_ptr(), {
        explain(status).map_or(c"unknown status", |(name, _)| name).as_ptr()
    })
}

/// What a status means, as an English phrase: "the time was up" for COPILOT_E_TIMEOUT. The message
/// of an error says more: prefer copilot_error_message() where there is an error.
///
/// @param status  any number
/// @return the phrase, never NULL
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback
/// @owner    the text is static: do not free it
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_status_text(status: copilot_status) -> *const c_char {
    ffi!(also_forked or c"unknown status".as_ptr(), {
        explain(status).map_or(c"unknown status", |(_, text)| text).as_ptr()
    })
}

/// Name and meaning of each status.
const STATUSES: [(copilot_status_code, &CStr, &CStr); 21] = [
    (COPILOT_OK, c"COPILOT_OK", c"success"),
    (COPILOT_E_INVALID_ARGUMENT, c"COPILOT_E_INVALID_ARGUMENT", c"a parameter is wrong"),
    (COPILOT_E_INVALID_UTF8, c"COPILOT_E_INVALID_UTF8", c"a text is not UTF-8"),
    (COPILOT_E_INVALID_JSON, c"COPILOT_E_INVALID_JSON", c"a text is not JSON"),
    (COPILOT_E_INVALID_STATE, c"COPILOT_E_INVALID_STATE", c"this cannot be done in the present state"),
    (COPILOT_E_TIMEOUT, c"COPILOT_E_TIMEOUT", c"the time was up"),
    (COPILOT_E_CANCELLED, c"COPILOT_E_CANCELLED", c"it was cancelled"),
    (COPILOT_E_CLOSED, c"COPILOT_E_CLOSED", c"what was needed has ended"),
    (COPILOT_E_WOULD_DEADLOCK, c"COPILOT_E_WOULD_DEADLOCK", c"the call would wait for itself"),
    (COPILOT_E_FORKED, c"COPILOT_E_FORKED", c"the library's threads are not in this forked process"),
    (COPILOT_E_NOT_FOUND, c"COPILOT_E_NOT_FOUND", c"there is no such thing"),
    (COPILOT_E_UNSUPPORTED, c"COPILOT_E_UNSUPPORTED", c"this cannot be done here"),
    (COPILOT_E_SPAWN, c"COPILOT_E_SPAWN", c"the CLI could not be started"),
    (COPILOT_E_CONNECT, c"COPILOT_E_CONNECT", c"the CLI did not shake hands"),
    (COPILOT_E_TRANSPORT, c"COPILOT_E_TRANSPORT", c"the connection broke"),
    (COPILOT_E_PROTOCOL, c"COPILOT_E_PROTOCOL", c"the server broke its protocol"),
    (COPILOT_E_PROTOCOL_VERSION, c"COPILOT_E_PROTOCOL_VERSION", c"the server speaks another protocol"),
    (COPILOT_E_RPC, c"COPILOT_E_RPC", c"the server refused the call"),
    (COPILOT_E_SESSION, c"COPILOT_E_SESSION", c"the session failed"),
    (COPILOT_E_IO, c"COPILOT_E_IO", c"the operating system refused"),
    (COPILOT_E_INTERNAL, c"COPILOT_E_INTERNAL", c"a defect of the library"),
];

fn explain(status: copilot_status) -> Option<(&'static CStr, &'static CStr)> {
    let row = STATUSES.iter().find(|(code, ..)| *code as i32 == status.min(0))?;
    Some((row.1, row.2))
}

/// Lets a function receive the library's log, of the whole process. By default nobody does, and the
/// library writes nothing anywhere.
///
/// The former function is replaced: when this returns, its last call has returned and its user data
/// is destroyed.
///
/// @param max_level  the least grave level to receive: a COPILOT_LOG_ constant
/// @param callback   the function; NULL ends logging
/// @param user_data  passed to the function; may be NULL
/// @param destroy    destroys the user data when the function is replaced; may be NULL
/// @param error      where to put the error; may be NULL
/// @return COPILOT_OK, or a negative status
///
/// @threads  any
/// @blocks   while the former function runs on other threads
/// @callback allowed, but not in the wakeup callback; inside the log callback
///           COPILOT_E_WOULD_DEADLOCK
/// @owner    takes the user data at once, also when it fails
/// @errors   COPILOT_E_INVALID_ARGUMENT: no such level; COPILOT_E_WOULD_DEADLOCK: see above;
///           COPILOT_E_FORKED
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_set_log(
    max_level: copilot_log_level,
    callback: copilot_log_cb,
    user_data: *mut c_void,
    destroy: copilot_destroy_cb,
    error: *mut *mut copilot_error,
) -> copilot_status {
    ffi!(error, {
        let data = UserData::own(user_data, destroy);
        refuse_inside_log("copilot_set_log")?;
        if !(0..=Level::Trace as i32).contains(&max_level) {
            return Err(Error::invalid_argument(format!(
                "max_level is {max_level}; it must be a COPILOT_LOG_ constant, 0 to 5"
            )));
        }
        drop(log::set_sink(max_level, log_sink(callback, data)));
        Ok(0)
    })
}

thread_local! {
    static INSIDE_LOG: Cell<bool> = const { Cell::new(false) };
}

fn refuse_inside_log(what: &str) -> Result<()> {
    if !INSIDE_LOG.get() {
        return Ok(());
    }
    let message = format!("{what} was called inside the log callback and would wait for itself");
    Err(Error::new(Code::WouldDeadlock, message))
}

/// The sink that calls the program; `None` for NULL, whose user data is destroyed.
fn log_sink(callback: copilot_log_cb, data: UserData) -> Option<Sink> {
    let callback = callback?;
    Some(Arc::new(move |level: Level, target: &str, message: &str| {
        let c_text = |text: &str| CString::new(text.replace('\0', "\u{fffd}")).unwrap_or_default();
        let (target, message) = (c_text(target), c_text(message));
        let nested = INSIDE_LOG.replace(true);
        // SAFETY: the program's function, called as its type says, with its own data.
        unsafe { callback(level as i32, target.as_ptr(), message.as_ptr(), data.pointer()) };
        INSIDE_LOG.set(nested);
    }))
}

/// Ends the library's work in this process: stops the threads that serve queues, waits until the
/// CLIs of freed clients have ended, and stops the background threads. When it has returned
/// COPILOT_OK, none of the library's threads is left and none of your functions runs or will run
/// on one.
///
/// It is not needed before the end of a program. It is for hosts that want to be rid of a plug-in
/// without trace. A client that is made afterwards starts everything anew.
///
/// @param timeout_ms  how long to wait, in milliseconds; 0 does not wait, negative waits for ever
/// @param error       where to put the error; may be NULL
/// @return COPILOT_OK, or a negative status
///
/// @threads  any
/// @blocks   up to timeout_ms, and until the callbacks have returned that run on library threads
/// @callback not allowed: COPILOT_E_WOULD_DEADLOCK in every callback
/// @owner    queues and other handles that are left stay valid and must still be freed
/// @errors   COPILOT_E_INVALID_STATE: a client or session is not freed, the message says how many;
///           COPILOT_E_TIMEOUT: a CLI did not end in time, try again;
///           COPILOT_E_WOULD_DEADLOCK: called inside a callback; COPILOT_E_FORKED
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_shutdown(timeout_ms: i32, error: *mut *mut copilot_error) -> copilot_status {
    ffi!(error, {
        refuse_inside_log("copilot_shutdown")?;
        if callback::inside_callback() || runtime::is_runtime_thread() {
            let message = "copilot_shutdown was called inside a callback, which it would wait for; call it where the \
                           program ends";
            return Err(Error::new(Code::WouldDeadlock, message));
        }
        let left = client::handles();
        // Without a handle of the program's, what is left is a session that arrived when nobody waited any more.
        if left > 0 && keeping() > 0 {
            let message = format!(
                "{left} client and session handle(s) are not freed yet; free them, and operations that may hold one, \
                 before copilot_shutdown"
            );
            return Err(Error::new(Code::InvalidState, message));
        }
        queue::stop_all_threads()?;
        runtime::shutdown(timeout(timeout_ms))?;
        callback::clear_graveyard();
        Ok(0)
    })
}

/// How many handles the program holds: what functions have returned as its own, and what _ref has
/// made, less what it has freed. For leak tests: 0 when everything is freed.
///
/// @return the number at this moment
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    none
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_debug_live_objects() -> i64 {
    ffi!(also_forked or 0, { given() })
}

#[cfg(test)]
mod tests {
    use std::ptr;

    use super::*;
    use crate::ffi::error::{copilot_error_code, copilot_error_free};

    #[test]
    fn every_status_has_a_name_and_a_meaning() {
        let named = STATUSES.map(|(code, name, _)| (format!("{code:?}"), name.to_str().unwrap().to_owned()));
        assert!(named.iter().all(|(code, name)| code == name), "{named:?}");
        assert_eq!(explain(7).unwrap().0, c"COPILOT_OK");
        assert_eq!(explain(i32::MIN), None);
        // SAFETY: takes any number and returns static text.
        let unknown = unsafe { CStr::from_ptr(copilot_status_name(-1000)) };
        assert_eq!(unknown, c"unknown status");
    }

    #[test]
    fn build_info_is_json_with_everything_in_it() {
        // SAFETY: static text.
        let info = unsafe { CStr::from_ptr(copilot_build_info()) }.to_str().unwrap();
        let info: serde_json::Value = serde_json::from_str(info).unwrap();
        assert_eq!(info["version"], env!("CARGO_PKG_VERSION"));
        for key in ["abi", "commit", "target", "rustc", "profile", "features", "protocolMin", "protocolMax"] {
            assert!(info.get(key).is_some(), "{key}");
        }
    }

    unsafe extern "C" fn count(data: *mut c_void) {
        // SAFETY: the tests pass a pointer to a counter that outlives the call.
        unsafe { *data.cast::<i32>() += 1 };
    }

    unsafe extern "C" fn try_to_replace(
        _: copilot_log_level,
        _: *const c_char,
        _: *const c_char,
        data: *mut c_void,
    ) {
        // SAFETY: as in `count`.
        unsafe { *data.cast::<i32>() = copilot_set_log(0, None, ptr::null_mut(), None, ptr::null_mut()) };
    }

    // One test, for the sink is one for the process.
    #[test]
    fn the_log_callback_is_replaced_and_its_data_destroyed_once() {
        let (mut destroyed, mut status) = (0, 0);
        let counter = (&raw mut destroyed).cast::<c_void>();
        // SAFETY: the data outlive the registrations, which end below.
        unsafe {
            let mut error = ptr::null_mut();
            assert_eq!(
                copilot_set_log(6, None, counter, Some(count), &mut error),
                Code::InvalidArgument as i32
            );
            assert_eq!(copilot_error_code(error), Code::InvalidArgument as i32);
            copilot_error_free(error);
            assert_eq!(destroyed, 1, "also on failure");

            let data = (&raw mut status).cast::<c_void>();
            assert_eq!(copilot_set_log(1, Some(try_to_replace), data, None, ptr::null_mut()), 0);
            log::emit(Level::Error, "test", "a message with a \0 in it");
            assert_eq!(copilot_set_log(0, None, counter, Some(count), ptr::null_mut()), 0);
        }
        assert_eq!(status, Code::WouldDeadlock as i32);
        assert_eq!(destroyed, 2, "NULL keeps no data");
    }
}
