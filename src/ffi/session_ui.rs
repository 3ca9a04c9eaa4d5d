//! Questions that the program puts to the user of a session.

use std::ffi::{c_char, c_void};
use std::sync::Arc;

use super::call::{self, Call, Work};
use super::ffi;
use super::guard::{optional_text, text};
use super::handle::{copilot_error, copilot_json, copilot_op, copilot_session, need};
use super::session::call_of;
use super::types::{copilot_destroy_cb, copilot_op_cb};
use super::user_data::{UserData, op_callback};
use crate::error::Result;
use crate::json::Json;
use crate::protocol::forms::Form;
use crate::session::Session;

fn asking(
    session: &Session,
    name: &'static str,
    form: Form,
    message: &str,
    options: Option<&str>,
) -> Result<Call<impl Work<Json>>> {
    Ok(call_of(session, name, Arc::clone(session.core()).ask_user(form, message, options)?))
}

/// Asks the user of the session a question with the answers yes and no.
///
/// The user is that of whichever client of the session answers COPILOT_REQUEST_ELICITATION, this
/// program included: its callback then gets the form. Without such a client there is nobody to ask.
///
/// @param session       the session
/// @param message       what the user is asked, UTF-8
/// @param timeout_ms    milliseconds to wait, or COPILOT_WAIT_FOREVER
/// @param error         receives the error on failure, NULL on success; may be NULL
/// @return true when the user agreed, else false, declining included, to be freed with
///         copilot_json_free(); NULL on failure
///
/// @threads  any
/// @blocks   up to timeout_ms; serves the session's queue meanwhile if nobody else does
/// @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the session's queue
/// @owner    the result is yours until copilot_json_free(); texts are copied
/// @errors   COPILOT_E_UNSUPPORTED: no client of the session has a user, or the server is too old;
///           nothing was sent. COPILOT_E_INVALID_ARGUMENT: a pointer is NULL, the message is empty,
///           or timeout_ms is 0; otherwise those of copilot_session_call()
/// @wire     session.ui.elicitation
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_json_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_session_confirm(
    session: *mut copilot_session,
    message: *const c_char,
    timeout_ms: i32,
    error: *mut *mut copilot_error,
) -> *mut copilot_json {
    ffi!(error, {
        // SAFETY: NULL or as the manual says.
        let call = unsafe {
            asking(need(session)?, "copilot_session_confirm", Form::Confirm, text(message, "message")?, None)?
        };
        call.wait(timeout_ms).map(call::json)
    })
}

/// copilot_session_confirm() without waiting; the operation yields the answer.
///
/// @param session       the session
/// @param message       as for copilot_session_confirm()
/// @param callback      runs on the session's queue when the operation has ended; NULL for none
/// @param user_data     handed to it
/// @param destroy       called once for user_data when it is not needed any more; NULL for none
/// @param error         receives the error on failure, NULL on success; may be NULL
/// @return the operation, to be freed with copilot_op_free(); NULL on failure
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the operation is yours until copilot_op_free(); user_data is the library's from the
///           call on, also when the call fails; texts are copied
/// @errors   COPILOT_E_INVALID_ARGUMENT, COPILOT_E_INVALID_JSON, COPILOT_E_INVALID_UTF8. The
///           operation ends with those of copilot_session_confirm()
/// @wire     session.ui.elicitation
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_op_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_session_confirm_async(
    session: *mut copilot_session,
    message: *const c_char,
    callback: copilot_op_cb,
    user_data: *mut c_void,
    destroy: copilot_destroy_cb,
    error: *mut *mut copilot_error,
) -> *mut copilot_op {
    ffi!(error, {
        let data = UserData::own(user_data, destroy);
        // SAFETY: NULL or as the manual says.
        let call = unsafe {
            asking(need(session)?, "copilot_session_confirm", Form::Confirm, text(message, "message")?, None)?
        };
        Ok(call.begin(op_callback(callback, data)))
    })
}

/// Asks the user of the session to choose one of several texts. Whom it asks is said at
/// copilot_session_confirm().
///
/// @param session       the session
/// @param message       what the user is asked, UTF-8
/// @param options_json  the texts, a JSON array of at least one string, UTF-8
/// @param timeout_ms    milliseconds to wait, or COPILOT_WAIT_FOREVER
/// @param error         receives the error on failure, NULL on success; may be NULL
/// @return the text that was chosen as a JSON string, or null when none was, to be freed with
///         copilot_json_free(); NULL on failure
///
/// @threads  any
/// @blocks   up to timeout_ms; serves the session's queue meanwhile if nobody else does
/// @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the session's queue
/// @owner    the result is yours until copilot_json_free(); texts are copied
/// @errors   COPILOT_E_UNSUPPORTED: no client of the session has a user, or the server is too old;
///           nothing was sent. COPILOT_E_INVALID_ARGUMENT: a pointer is NULL, the message is empty,
///           the options are no array of strings or none at all, or timeout_ms is 0; otherwise
///           those of copilot_session_call()
/// @wire     session.ui.elicitation
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_json_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_session_select(
    session: *mut copilot_session,
    message: *const c_char,
    options_json: *const c_char,
    timeout_ms: i32,
    error: *mut *mut copilot_error,
) -> *mut copilot_json {
    ffi!(error, {
        // SAFETY: NULL or as the manual says.
        let call = unsafe {
            asking(
                need(session)?,
                "copilot_session_select",
                Form::Select,
                text(message, "message")?,
                Some(text(options_json, "options_json")?),
            )?
        };
        call.wait(timeout_ms).map(call::json)
    })
}

/// copilot_session_select() without waiting; the operation yields the answer.
///
/// @param session       the session
/// @param message       as for copilot_session_select()
/// @param options_json  as for copilot_session_select()
/// @param callback      runs on the session's queue when the operation has ended; NULL for none
/// @param user_data     handed to it
/// @param destroy       called once for user_data when it is not needed any more; NULL for none
/// @param error         receives the error on failure, NULL on success; may be NULL
/// @return the operation, to be freed with copilot_op_free(); NULL on failure
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the operation is yours until copilot_op_free(); user_data is the library's from the
///           call on, also when the call fails; texts are copied
/// @errors   COPILOT_E_INVALID_ARGUMENT, COPILOT_E_INVALID_JSON, COPILOT_E_INVALID_UTF8. The
///           operation ends with those of copilot_session_select()
/// @wire     session.ui.elicitation
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_op_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_session_select_async(
    session: *mut copilot_session,
    message: *const c_char,
    options_json: *const c_char,
    callback: copilot_op_cb,
    user_data: *mut c_void,
    destroy: copilot_destroy_cb,
    error: *mut *mut copilot_error,
) -> *mut copilot_op {
    ffi!(error, {
        let data = UserData::own(user_data, destroy);
        // SAFETY: NULL or as the manual says.
        let call = unsafe {
            asking(
                need(session)?,
                "copilot_session_select",
                Form::Select,
                text(message, "message")?,
                Some(text(options_json, "options_json")?),
            )?
        };
        Ok(call.begin(op_callback(callback, data)))
    })
}

/// Asks the user of the session for a text. Whom it asks is said at copilot_session_confirm().
///
/// The options are a JSON object, all of whose keys are optional:
///
///   "title"        string: the name of the field
///   "description"  string: what belongs into it
///   "default"      string: what stands in it at the beginning
///   "minLength", "maxLength"
///                  whole numbers: how long the text may be
///   "format"       "email", "uri", "date" or "date-time"
///
/// @param session       the session
/// @param message       what the user is asked, UTF-8
/// @param options_json  the options as JSON text, UTF-8; NULL for none
/// @param timeout_ms    milliseconds to wait, or COPILOT_WAIT_FOREVER
/// @param error         receives the error on failure, NULL on success; may be NULL
/// @return the text as a JSON string, or null when the user gave none, to be freed with
///         copilot_json_free(); NULL on failure
///
/// @threads  any
/// @blocks   up to timeout_ms; serves the session's queue meanwhile if nobody else does
/// @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the session's queue
/// @owner    the result is yours until copilot_json_free(); texts are copied
/// @errors   COPILOT_E_UNSUPPORTED: no client of the session has a user, or the server is too old;
///           nothing was sent. COPILOT_E_INVALID_ARGUMENT: a pointer is NULL, the message is empty,
///           an option is not known or not what it should be, or timeout_ms is 0; otherwise
///           those of copilot_session_call()
/// @wire     session.ui.elicitation
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_json_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_session_input(
    session: *mut copilot_session,
    message: *const c_char,
    options_json: *const c_char,
    timeout_ms: i32,
    error: *mut *mut copilot_error,
) -> *mut copilot_json {
    ffi!(error, {
        // SAFETY: NULL or as the manual says.
        let call = unsafe {
            asking(
                need(session)?,
                "copilot_session_input",
                Form::Input,
                text(message, "message")?,
                optional_text(options_json, "options_json")?,
            )?
        };
        call.wait(timeout_ms).map(call::json)
    })
}

/// copilot_session_input() without waiting; the operation yields the answer.
///
/// @param session       the session
/// @param message       as for copilot_session_input()
/// @param options_json  as for copilot_session_input()
/// @param callback      runs on the session's queue when the operation has ended; NULL for none
/// @param user_data     handed to it
/// @param destroy       called once for user_data when it is not needed any more; NULL for none
/// @param error         receives the error on failure, NULL on success; may be NULL
/// @return the operation, to be freed with copilot_op_free(); NULL on failure
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the operation is yours until copilot_op_free(); user_data is the library's from the
///           call on, also when the call fails; texts are copied
/// @errors   COPILOT_E_UNSUPPORTED, COPILOT_E_INVALID_ARGUMENT, COPILOT_E_INVALID_JSON and
///           COPILOT_E_INVALID_UTF8 as for copilot_session_input(). The operation ends with those of
///           copilot_session_call()
/// @wire     session.ui.elicitation
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_op_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_session_input_async(
    session: *mut copilot_session,
    message: *const c_char,
    options_json: *const c_char,
    callback: copilot_op_cb,
    user_data: *mut c_void,
    destroy: copilot_destroy_cb,
    error: *mut *mut copilot_error,
) -> *mut copilot_op {
    ffi!(error, {
        let data = UserData::own(user_data, destroy);
        // SAFETY: NULL or as the manual says.
        let call = unsafe {
            asking(
                need(session)?,
                "copilot_session_input",
                Form::Input,
                text(message, "message")?,
                optional_text(options_json, "options_json")?,
            )?
        };
        Ok(call.begin(op_callback(callback, data)))
    })
}
