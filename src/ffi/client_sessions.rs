//! The sessions that the server keeps, open or not.

use std::ffi::{c_char, c_void};
use std::sync::Arc;

use super::call::{self, Call, Work};
use super::client::call_of;
use super::ffi;
use super::guard::{optional_text, text};
use super::handle::{copilot_client, copilot_error, copilot_json, copilot_op, need};
use super::types::{copilot_destroy_cb, copilot_op_cb, copilot_status};
use super::user_data::{UserData, op_callback};
use crate::client::Client;
use crate::error::{Error, Result};
use crate::json::Json;

fn list_sessions(client: &Client, filter: Option<&str>) -> Result<Call<impl Work<Json>>> {
    let work = Arc::clone(client.core()).list_sessions(filter)?;
    Ok(call_of(client, "copilot_client_list_sessions", work))
}

/// Asks for the sessions on disk. The result is {"sessions":[...]}, each
///
///   {"sessionId":"...","startTime":"...","modifiedTime":"...","summary":"...","isRemote":false,
///    "context":{"cwd":"...","gitRoot":"...","repository":"...","branch":"..."}}
///
/// with ISO 8601 times; "summary" and "context" may be missing, newer servers add members.
///
/// @param client       the client
/// @param filter_json  which sessions, as the text of a JSON object with any of the strings "cwd",
///                         "gitRoot", "repository" and "branch", UTF-8; NULL for all
/// @param timeout_ms   milliseconds to wait, or COPILOT_WAIT_FOREVER
/// @param error        receives the error on failure, NULL on success; may be NULL
/// @return the result, to be freed with copilot_json_free(); NULL on failure
///
/// @threads  any
/// @blocks   up to timeout_ms, the start of the CLI included; serves the client's queue meanwhile
///           if nobody else does
/// @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the client's queue
/// @owner    the result is yours until copilot_json_free(); the text is copied
/// @errors   those of copilot_client_call(), and COPILOT_E_INVALID_JSON or
///           COPILOT_E_INVALID_ARGUMENT when the filter is no JSON object
/// @wire     session.list
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_json_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_client_list_sessions(
    client: *mut copilot_client,
    filter_json: *const c_char,
    timeout_ms: i32,
    error: *mut *mut copilot_error,
) -> *mut copilot_json {
    ffi!(error, {
        // SAFETY: NULL or as the manual says.
        let call = unsafe { list_sessions(need(client)?, optional_text(filter_json, "filter_json")?)? };
        call.wait(timeout_ms).map(call::json)
    })
}

/// copilot_client_list_sessions() without waiting; the operation yields the result.
///
/// @param client       the client
/// @param filter_json  as for copilot_client_list_sessions()
/// @param callback     runs on the client's queue when the operation has ended; NULL for none
/// @param user_data    handed to it
/// @param destroy      called once for user_data when it is not needed any more; NULL for none
/// @param error        receives the error on failure, NULL on success; may be NULL
/// @return the operation, to be freed with copilot_op_free(); NULL on failure
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the operation is yours until copilot_op_free(); user_data is the library's from the
///           call on, also when the call fails
/// @errors   COPILOT_E_INVALID_ARGUMENT: client is NULL or the filter is no object;
///           COPILOT_E_INVALID_JSON: it is not JSON; COPILOT_E_INVALID_UTF8. The operation ends
///           with those of copilot_client_list_sessions()
/// @wire     session.list
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_op_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_client_list_sessions_async(
    client: *mut copilot_client,
    filter_json: *const c_char,
    callback: copilot_op_cb,
    user_data: *mut c_void,
    destroy: copilot_destroy_cb,
    error: *mut *mut copilot_error,
) -> *mut copilot_op {
    ffi!(error, {
        let data = UserData::own(user_data, destroy);
        // SAFETY: NULL or as the manual says.
        let call = unsafe { list_sessions(need(client)?, optional_text(filter_json, "filter_json")?)? };
        Ok(call.begin(op_callback(callback, data)))
    })
}

fn last_session_id(client: &Client) -> Call<impl Work<Json>> {
    call_of(client, "copilot_client_last_session_id", Arc::clone(client.core()).last_session_id())
}

/// Asks which session was used last. The result is its id as a JSON string, or null when there is
/// no session.
///
/// @param client      the client
/// @param timeout_ms  milliseconds to wait, or COPILOT_WAIT_FOREVER
/// @param error       receives the error on failure, NULL on success; may be NULL
/// @return the result, to be freed with copilot_json_free(); NULL on failure
///
/// @threads  any
/// @blocks   up to timeout_ms, the start of the CLI included; serves the client's queue meanwhile
///           if nobody else does
/// @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the client's queue
/// @owner    the result is yours until copilot_json_free()
/// @errors   those of copilot_client_call()
/// @wire     session.getLastId
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_json_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_client_last_session_id(
    client: *mut copilot_client,
    timeout_ms: i32,
    error: *mut *mut copilot_error,
) -> *mut copilot_json {
    ffi!(error, {
        // SAFETY: NULL or as the manual says.
        let call = unsafe { last_session_id(need(client)?) };
        call.wait(timeout_ms).map(call::json)
    })
}

/// copilot_client_last_session_id() without waiting; the operation yields the result.
///
/// @param client     the client
/// @param callback   runs on the client's queue when the operation has ended; NULL for none
/// @param user_data  handed to it
/// @param destroy    called once for user_data when it is not needed any more; NULL for none
/// @param error      receives the error on failure, NULL on success; may be NULL
/// @return the operation, to be freed with copilot_op_free(); NULL on failure
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the operation is yours until copilot_op_free(); user_data is the library's from the
///           call on, also when the call fails
/// @errors   COPILOT_E_INVALID_ARGUMENT: client is NULL. The operation ends with those of
///           copilot_client_last_session_id()
/// @wire     session.getLastId
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_op_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_client_last_session_id_async(
    client: *mut copilot_client,
    callback: copilot_op_cb,
    user_data: *mut c_void,
    destroy: copilot_destroy_cb,
    error: *mut *mut copilot_error,
) -> *mut copilot_op {
    ffi!(error, {
        let data = UserData::own(user_data, destroy);
        // SAFETY: NULL or as the manual says.
        let call = unsafe { last_session_id(need(client)?) };
        Ok(call.begin(op_callback(callback, data)))
    })
}

fn delete_session(client: &Client, session_id: &str) -> Result<Call<impl Work<()>>> {
    let id = not_empty(session_id)?;
    Ok(call_of(client, "copilot_client_delete_session", Arc::clone(client.core()).delete_session(id)))
}

/// Deletes a session's data from the disk. It cannot be undone.
///
/// @param client      the client
/// @param session_id  the session, UTF-8
/// @param timeout_ms  milliseconds to wait, or COPILOT_WAIT_FOREVER
/// @param error       receives the error on failure, NULL on success; may be NULL
/// @return COPILOT_OK or a negative status
///
/// @threads  any
/// @blocks   up to timeout_ms, the start of the CLI included; serves the client's queue meanwhile
///           if nobody else does
/// @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the client's queue
/// @owner    the client stays yours; texts are copied
/// @errors   those of copilot_client_call(), and COPILOT_E_SESSION when the server could not, for
///           instance because there is no such session
/// @wire     session.delete
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_client_delete_session(
    client: *mut copilot_client,
    session_id: *const c_char,
    timeout_ms: i32,
    error: *mut *mut copilot_error,
) -> copilot_status {
    ffi!(error, {
        // SAFETY: NULL or as the manual says.
        let call = unsafe { delete_session(need(client)?, text(session_id, "session_id")?)? };
        call.wait(timeout_ms).map(call::status)
    })
}

/// copilot_client_delete_session() without waiting; the operation yields nothing.
///
/// @param client      the client
/// @param session_id  as for copilot_client_delete_session()
/// @param callback    runs on the client's queue when the operation has ended; NULL for none
/// @param user_data   handed to it
/// @param destroy     called once for user_data when it is not needed any more; NULL for none
/// @param error       receives the error on failure, NULL on success; may be NULL
/// @return the operation, to be freed with copilot_op_free(); NULL on failure
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the operation is yours until copilot_op_free(); user_data is the library's from the
///           call on, also when the call fails
/// @errors   COPILOT_E_INVALID_ARGUMENT: a pointer is NULL or the id is empty;
///           COPILOT_E_INVALID_UTF8. The operation ends with those of
///           copilot_client_delete_session()
/// @wire     session.delete
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_op_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_client_delete_session_async(
    client: *mut copilot_client,
    session_id: *const c_char,
    callback: copilot_op_cb,
    user_data: *mut c_void,
    destroy: copilot_destroy_cb,
    error: *mut *mut copilot_error,
) -> *mut copilot_op {
    ffi!(error, {
        let data = UserData::own(user_data, destroy);
        // SAFETY: NULL or as the manual says.
        let call = unsafe { delete_session(need(client)?, text(session_id, "session_id")?)? };
        Ok(call.begin(op_callback(callback, data)))
    })
}

fn get_foreground_session(client: &Client) -> Call<impl Work<Json>> {
    call_of(
        client,
        "copilot_client_get_foreground_session",
        Arc::clone(client.core()).get_foreground_session(),
    )
}

/// Asks which session the server's terminal shows, where it has one. The result is
/// {"sessionId":"...","workspacePath":"..."}; both members are missing when it shows none.
///
/// @param client      the client
/// @param timeout_ms  milliseconds to wait, or COPILOT_WAIT_FOREVER
/// @param error       receives the error on failure, NULL on success; may be NULL
/// @return the result, to be freed with copilot_json_free(); NULL on failure
///
/// @threads  any
/// @blocks   up to timeout_ms, the start of the CLI included; serves the client's queue meanwhile
///           if nobody else does
/// @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the client's queue
/// @owner    the result is yours until copilot_json_free()
/// @errors   those of copilot_client_call()
/// @wire     session.getForeground
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_json_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_client_get_foreground_session(
    client: *mut copilot_client,
    timeout_ms: i32,
    error: *mut *mut copilot_error,
) -> *mut copilot_json {
    ffi!(error, {
        // SAFETY: NULL or as the manual says.
        let call = unsafe { get_foreground_session(need(client)?) };
        call.wait(timeout_ms).map(call::json)
    })
}

/// copilot_client_get_foreground_session() without waiting; the operation yields the result.
///
/// @param client     the client
/// @param callback   runs on the client's queue when the operation has ended; NULL for none
/// @param user_data  handed to it
/// @param destroy    called once for user_data when it is not needed any more; NULL for none
/// @param error      receives the error on failure, NULL on success; may be NULL
/// @return the operation, to be freed with copilot_op_free(); NULL on failure
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the operation is yours until copilot_op_free(); user_data is the library's from the
///           call on, also when the call fails
/// @errors   COPILOT_E_INVALID_ARGUMENT: client is NULL. The operation ends with those of
///           copilot_client_get_foreground_session()
/// @wire     session.getForeground
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_op_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_client_get_foreground_session_async(
    client: *mut copilot_client,
    callback: copilot_op_cb,
    user_data: *mut c_void,
    destroy: copilot_destroy_cb,
    error: *mut *mut copilot_error,
) -> *mut copilot_op {
    ffi!(error, {
        let data = UserData::own(user_data, destroy);
        // SAFETY: NULL or as the manual says.
        let call = unsafe { get_foreground_session(need(client)?) };
        Ok(call.begin(op_callback(callback, data)))
    })
}

fn set_foreground_session(client: &Client, session_id: &str) -> Result<Call<impl Work<()>>> {
    let id = not_empty(session_id)?;
    Ok(call_of(
        client,
        "copilot_client_set_foreground_session",
        Arc::clone(client.core()).set_foreground_session(id),
    ))
}

/// Lets the server's terminal show a session.
///
/// @param client      the client
/// @param session_id  the session, UTF-8
/// @param timeout_ms  milliseconds to wait, or COPILOT_WAIT_FOREVER
/// @param error       receives the error on failure, NULL on success; may be NULL
/// @return COPILOT_OK or a negative status
///
/// @threads  any
/// @blocks   up to timeout_ms, the start of the CLI included; serves the client's queue meanwhile
///           if nobody else does
/// @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the client's queue
/// @owner    the client stays yours; texts are copied
/// @errors   those of copilot_client_call(), and COPILOT_E_SESSION when the server cannot, for
///           instance because it has no terminal
/// @wire     session.setForeground
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_client_set_foreground_session(
    client: *mut copilot_client,
    session_id: *const c_char,
    timeout_ms: i32,
    error: *mut *mut copilot_error,
) -> copilot_status {
    ffi!(error, {
        // SAFETY: NULL or as the manual says.
        let call = unsafe { set_foreground_session(need(client)?, text(session_id, "session_id")?)? };
        call.wait(timeout_ms).map(call::status)
    })
}

/// copilot_client_set_foreground_session() without waiting; the operation yields nothing.
///
/// @param client      the client
/// @param session_id  as for copilot_client_set_foreground_session()
/// @param callback    runs on the client's queue when the operation has ended; NULL for none
/// @param user_data   handed to it
/// @param destroy     called once for user_data when it is not needed any more; NULL for none
/// @param error       receives the error on failure, NULL on success; may be NULL
/// @return the operation, to be freed with copilot_op_free(); NULL on failure
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the operation is yours until copilot_op_free(); user_data is the library's from the
///           call on, also when the call fails
/// @errors   COPILOT_E_INVALID_ARGUMENT: a pointer is NULL or the id is empty;
///           COPILOT_E_INVALID_UTF8. The operation ends with those of
///           copilot_client_set_foreground_session()
/// @wire     session.setForeground
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_op_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_client_set_foreground_session_async(
    client: *mut copilot_client,
    session_id: *const c_char,
    callback: copilot_op_cb,
    user_data: *mut c_void,
    destroy: copilot_destroy_cb,
    error: *mut *mut copilot_error,
) -> *mut copilot_op {
    ffi!(error, {
        let data = UserData::own(user_data, destroy);
        // SAFETY: NULL or as the manual says.
        let call = unsafe { set_foreground_session(need(client)?, text(session_id, "session_id")?)? };
        Ok(call.begin(op_callback(callback, data)))
    })
}

fn not_empty(session_id: &str) -> Result<String> {
    if session_id.is_empty() {
        return Err(Error::invalid_argument("session_id is empty; a session's id is needed"));
    }
    Ok(session_id.to_owned())
}
