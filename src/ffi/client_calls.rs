//! What a client can ask of its server, by name.

use std::ffi::{c_char, c_void};
use std::sync::Arc;

use super::call::{self, Call, Work};
use super::client::call_of;
use super::ffi;
use super::guard::optional_text;
use super::handle::{copilot_client, copilot_error, copilot_json, copilot_op, need};
use super::types::{copilot_destroy_cb, copilot_op_cb};
use super::user_data::{UserData, op_callback};
use crate::client::Client;
use crate::json::Json;

fn ping(client: &Client, message: Option<&str>) -> Call<impl Work<Json>> {
    call_of(client, "copilot_client_ping", Arc::clone(client.core()).ping(message.map(String::from)))
        .of_replies()
}

/// Asks the server for a sign of life. The result is
///
///   {"message":"pong: ...","timestamp":"2026-01-31T12:00:00.000Z","protocolVersion":3}
///
/// with your message after "pong: " and the server's time.
///
/// @param client      the client
/// @param message     a text that comes back, UTF-8; NULL for none
/// @param timeout_ms  milliseconds to wait, or COPILOT_WAIT_FOREVER
/// @param error       receives the error on failure, NULL on success; may be NULL
/// @return the result, to be freed with copilot_json_free(); NULL on failure
///
/// @threads  any
/// @blocks   up to timeout_ms, the start of the CLI included; serves the client's queue meanwhile
///           if nobody else does
/// @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the client's queue
/// @owner    the result is yours until copilot_json_free(); the text is copied
/// @errors   those of copilot_client_call()
/// @wire     ping
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_json_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_client_ping(
    client: *mut copilot_client,
    message: *const c_char,
    timeout_ms: i32,
    error: *mut *mut copilot_error,
) -> *mut copilot_json {
    ffi!(error, {
        // SAFETY: NULL or as the manual says.
        let call = unsafe { ping(need(client)?, optional_text(message, "message")?) };
        call.wait(timeout_ms).map(call::json)
    })
}

/// copilot_client_ping() without waiting; the operation yields the result.
///
/// @param client     the client
/// @param message    as for copilot_client_ping()
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
/// @errors   COPILOT_E_INVALID_ARGUMENT: client is NULL; COPILOT_E_INVALID_UTF8. The operation
///           ends with those of copilot_client_ping()
/// @wire     ping
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_op_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_client_ping_async(
    client: *mut copilot_client,
    message: *const c_char,
    callback: copilot_op_cb,
    user_data: *mut c_void,
    destroy: copilot_destroy_cb,
    error: *mut *mut copilot_error,
) -> *mut copilot_op {
    ffi!(error, {
        let data = UserData::own(user_data, destroy);
        // SAFETY: NULL or as the manual says.
        let call = unsafe { ping(need(client)?, optional_text(message, "message")?) };
        Ok(call.begin(op_callback(callback, data)))
    })
}

fn status(client: &Client) -> Call<impl Work<Json>> {
    call_of(client, "copilot_client_status", Arc::clone(client.core()).status()).of_replies()
}

/// Asks which CLI this is. The result is {"version":"1.0.102","protocolVersion":3}; newer ones add
/// members.
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
/// @wire     status.get
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_json_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_client_status(
    client: *mut copilot_client,
    timeout_ms: i32,
    error: *mut *mut copilot_error,
) -> *mut copilot_json {
    ffi!(error, {
        // SAFETY: NULL or as the manual says.
        let call = unsafe { status(need(client)?) };
        call.wait(timeout_ms).map(call::json)
    })
}

/// copilot_client_status() without waiting; the operation yields the result.
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
///           copilot_client_status()
/// @wire     status.get
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_op_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_client_status_async(
    client: *mut copilot_client,
    callback: copilot_op_cb,
    user_data: *mut c_void,
    destroy: copilot_destroy_cb,
    error: *mut *mut copilot_error,
) -> *mut copilot_op {
    ffi!(error, {
        let data = UserData::own(user_data, destroy);
        // SAFETY: NULL or as the manual says.
        let call = unsafe { status(need(client)?) };
        Ok(call.begin(op_callback(callback, data)))
    })
}

fn auth_status(client: &Client) -> Call<impl Work<Json>> {
    call_of(client, "copilot_client_auth_status", Arc::clone(client.core()).auth_status()).of_replies()
}

/// Asks whether the CLI is signed in. The result is
///
///   {"isAuthenticated":true,"authType":"user","host":"https://github.com","login":"...",
///    "statusMessage":"..."}
///
/// where all but the first member may be missing; "authType" is "user", "env", "gh-cli", "hmac",
/// "api-key" or "token".
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
/// @wire     auth.getStatus
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_json_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_client_auth_status(
    client: *mut copilot_client,
    timeout_ms: i32,
    error: *mut *mut copilot_error,
) -> *mut copilot_json {
    ffi!(error, {
        // SAFETY: NULL or as the manual says.
        let call = unsafe { auth_status(need(client)?) };
        call.wait(timeout_ms).map(call::json)
    })
}

/// copilot_client_auth_status() without waiting; the operation yields the result.
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
///           copilot_client_auth_status()
/// @wire     auth.getStatus
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_op_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_client_auth_status_async(
    client: *mut copilot_client,
    callback: copilot_op_cb,
    user_data: *mut c_void,
    destroy: copilot_destroy_cb,
    error: *mut *mut copilot_error,
) -> *mut copilot_op {
    ffi!(error, {
        let data = UserData::own(user_data, destroy);
        // SAFETY: NULL or as the manual says.
        let call = unsafe { auth_status(need(client)?) };
        Ok(call.begin(op_callback(callback, data)))
    })
}

fn list_models(client: &Client) -> Call<impl Work<Json>> {
    call_of(client, "copilot_client_list_models", Arc::clone(client.core()).list_models()).of_replies()
}

/// Asks for the models on offer. The result is {"models":[...]}, each with "id", "name",
/// "capabilities" and more. The library keeps no copy: each call asks the server.
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
/// @errors   those of copilot_client_call(); a CLI that is not signed in refuses with
///           COPILOT_E_RPC
/// @wire     models.list
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_json_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_client_list_models(
    client: *mut copilot_client,
    timeout_ms: i32,
    error: *mut *mut copilot_error,
) -> *mut copilot_json {
    ffi!(error, {
        // SAFETY: NULL or as the manual says.
        let call = unsafe { list_models(need(client)?) };
        call.wait(timeout_ms).map(call::json)
    })
}

/// copilot_client_list_models() without waiting; the operation yields the result.
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
///           copilot_client_list_models()
/// @wire     models.list
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_op_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_client_list_models_async(
    client: *mut copilot_client,
    callback: copilot_op_cb,
    user_data: *mut c_void,
    destroy: copilot_destroy_cb,
    error: *mut *mut copilot_error,
) -> *mut copilot_op {
    ffi!(error, {
        let data = UserData::own(user_data, destroy);
        // SAFETY: NULL or as the manual says.
        let call = unsafe { list_models(need(client)?) };
        Ok(call.begin(op_callback(callback, data)))
    })
}
