//! What becomes of a session while it is open, and how it is opened again.

use std::ffi::c_void;
use std::sync::Arc;

use super::call::{self, Call, Work};
use super::ffi;
use super::handle::{
    copilot_error, copilot_json, copilot_op, copilot_session, copilot_session_config, get, need,
};
use super::json::give_json;
use super::session::call_of;
use super::types::{copilot_destroy_cb, copilot_op_cb, copilot_status};
use super::user_data::{UserData, op_callback};
use crate::error::Result;
use crate::session::{self, Config, Session};

/// What is known of the session, as the server has said it and its events have changed it since:
///
///   "sessionId"           string
///   "workspacePath"       string: as copilot_session_workspace_path() has it
///   "capabilities"        object: what the server can do for this session, such as
///                         {"ui":{"elicitation":true}}; follows "capabilities.changed"
///   "openCanvases"        array of objects by "instanceId"; follows "session.canvas.opened" and
///                         "session.canvas.closed"
///   "model"               string: the model that answers, where the server has named it; follows
///                         "session.model_change"
///   "remoteUrl", "isRemote", "startTime"
///                         as the server has them
///   "transcriptRecovery"  object: what was repaired, after a resume with "allowTranscriptRecovery"
///   "grantedEnvironmentVariables"
///                         object: what was asked for by "requestedEnvironmentVariables"
///
/// What the server has not told is missing, but for the first, "capabilities" and "openCanvases".
///
/// @param session  the session
/// @param error    receives the error on failure, NULL on success; may be NULL
/// @return the JSON of this moment, to be freed with copilot_json_free(); NULL on failure
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the JSON is yours until copilot_json_free(), and changes no more
/// @errors   COPILOT_E_INVALID_ARGUMENT: session is NULL
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_json_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_session_info(
    session: *const copilot_session,
    error: *mut *mut copilot_error,
) -> *mut copilot_json {
    ffi!(error, {
        // SAFETY: NULL or as the manual says.
        let session = unsafe { need(session)? };
        Ok(give_json(session.core().info()))
    })
}

fn reopen(session: &Session, config: Option<&Config>) -> Result<Call<impl Work<()>>> {
    let work = session::reopen(session.core(), config)?;
    Ok(call_of(session, "copilot_session_reopen", work))
}

/// Opens the session again on this very handle: after the CLI went away, after
/// copilot_client_stop() and copilot_client_start(), after copilot_session_disconnect(), or to
/// change what can only be said when a session is opened. The CLI is started first if need be. The
/// handle, its queue, its subscriptions, tools and callbacks stay what they were; what the old
/// connection still had to say never comes. A session that is open stays open.
///
/// A configuration changes what the session was made with: its options take the place of those of
/// the same name, its tools and request callbacks of those of the same name and kind, its event
/// callbacks are added. Everything is in place before the server is asked; when the server refuses,
/// all of it is as before.
///
/// Calls and waits that were under way when the session was lost have failed by then, and questions
/// from before cannot be answered any more. "continuePendingWork" lets the server go on with what it
/// had in hand. Given up or cancelled, the reopening goes on in the background.
///
/// @param session     the session
/// @param config      what to change; NULL for nothing
/// @param timeout_ms  milliseconds to wait, or COPILOT_WAIT_FOREVER
/// @param error       receives the error on failure, NULL on success; may be NULL
/// @return COPILOT_OK or a negative status
///
/// @threads  any; several at once are done one after the other
/// @blocks   up to timeout_ms; serves the session's queue meanwhile if nobody else does
/// @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the session's queue
/// @owner    session and configuration stay yours
/// @errors   those of copilot_session_resume(); COPILOT_E_INVALID_ARGUMENT also when the
///           configuration has a queue of its own that is not the session's, names another session,
///           or makes no sense together with what the session has
/// @wire     session.resume
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_session_reopen(
    session: *mut copilot_session,
    config: *const copilot_session_config,
    timeout_ms: i32,
    error: *mut *mut copilot_error,
) -> copilot_status {
    ffi!(error, {
        // SAFETY: NULL or as the manual says.
        let call = unsafe { reopen(need(session)?, get(config))? };
        call.wait(timeout_ms).map(call::status)
    })
}

/// copilot_session_reopen() without waiting; the operation yields nothing.
///
/// @param session    the session
/// @param config     what to change; NULL for nothing
/// @param callback   runs on the session's queue when the operation has ended; NULL for none
/// @param user_data  handed to it
/// @param destroy    called once for user_data when it is not needed any more; NULL for none
/// @param error      receives the error on failure, NULL on success; may be NULL
/// @return the operation, to be freed with copilot_op_free(); NULL on failure
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the operation is yours until copilot_op_free(); user_data is the library's from the
///           call on, also when the call fails; session and configuration stay yours
/// @errors   COPILOT_E_INVALID_ARGUMENT: session is NULL, or as for copilot_session_reopen(). The
///           operation ends with those of copilot_session_reopen()
/// @wire     session.resume
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_op_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_session_reopen_async(
    session: *mut copilot_session,
    config: *const copilot_session_config,
    callback: copilot_op_cb,
    user_data: *mut c_void,
    destroy: copilot_destroy_cb,
    error: *mut *mut copilot_error,
) -> *mut copilot_op {
    ffi!(error, {
        let data = UserData::own(user_data, destroy);
        // SAFETY: NULL or as the manual says.
        let call = unsafe { reopen(need(session)?, get(config))? };
        Ok(call.begin(op_callback(callback, data)))
    })
}

fn set_tools(session: &Session, config: &Config) -> Result<Call<impl Work<()>>> {
    let work = Arc::clone(session.core()).set_tools(config)?;
    Ok(call_of(session, "copilot_session_set_tools", work))
}

/// Gives an open session the tools of a configuration, all of them, in place of those that it has:
/// those of copilot_session_config_add_tool() and those of its key "tools". Nothing else of the
/// configuration counts.
///
/// The callbacks are exchanged in the moment in which the server's consent is read. A call of a tool
/// that was asked before that moment is for the old callback, and goes on with it; when the server
/// refuses, the old ones stay.
///
/// @param session     the session
/// @param config      the configuration with the tools
/// @param timeout_ms  milliseconds to wait, or COPILOT_WAIT_FOREVER
/// @param error       receives the error on failure, NULL on success; may be NULL
/// @return COPILOT_OK or a negative status
///
/// @threads  any; several at once are done one after the other
/// @blocks   up to timeout_ms; serves the session's queue meanwhile if nobody else does
/// @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the session's queue
/// @owner    session and configuration stay yours
/// @errors   those of copilot_session_call(); COPILOT_E_UNSUPPORTED: the CLI cannot, but
///           copilot_session_reopen() can; COPILOT_E_INVALID_ARGUMENT also when the configuration
///           has a queue of its own that is not the session's, or a tool is hidden by the session's
///           "availableTools" or "excludedTools"
/// @wire     session.tools.set
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_session_set_tools(
    session: *mut copilot_session,
    config: *const copilot_session_config,
    timeout_ms: i32,
    error: *mut *mut copilot_error,
) -> copilot_status {
    ffi!(error, {
        // SAFETY: NULL or as the manual says.
        let call = unsafe { set_tools(need(session)?, need(config)?)? };
        call.wait(timeout_ms).map(call::status)
    })
}

/// copilot_session_set_tools() without waiting; the operation yields nothing. Cancelling it does not
/// recall what the server was told.
///
/// @param session    the session
/// @param config     the configuration with the tools
/// @param callback   runs on the session's queue when the operation has ended; NULL for none
/// @param user_data  handed to it
/// @param destroy    called once for user_data when it is not needed any more; NULL for none
/// @param error      receives the error on failure, NULL on success; may be NULL
/// @return the operation, to be freed with copilot_op_free(); NULL on failure
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the operation is yours until copilot_op_free(); user_data is the library's from the
///           call on, also when the call fails; session and configuration stay yours
/// @errors   COPILOT_E_INVALID_ARGUMENT: a pointer is NULL, or as for copilot_session_set_tools().
///           The operation ends with those of copilot_session_set_tools()
/// @wire     session.tools.set
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_op_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_session_set_tools_async(
    session: *mut copilot_session,
    config: *const copilot_session_config,
    callback: copilot_op_cb,
    user_data: *mut c_void,
    destroy: copilot_destroy_cb,
    error: *mut *mut copilot_error,
) -> *mut copilot_op {
    ffi!(error, {
        let data = UserData::own(user_data, destroy);
        // SAFETY: NULL or as the manual says.
        let call = unsafe { set_tools(need(session)?, need(config)?)? };
        Ok(call.begin(op_callback(callback, data)))
    })
}
