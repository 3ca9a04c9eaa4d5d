//! Requests: what the server asks the program.
//!
//! How they are answered is in `request_answers`.

use std::ffi::{c_char, c_void};
use std::ptr;

use super::ffi;
use super::handle::{
    copilot_error, copilot_json, copilot_request, get, give_arc, lend, need, share, take_arc,
};
use super::types::{copilot_destroy_cb, copilot_request_cb, copilot_request_kind, copilot_status};
use super::user_data::{UserData, request_callback};
use crate::callback::clear_graveyard;
use crate::protocol::question::Kind;
use crate::request::Request;

/// What kind of question it is.
///
/// @param request  the request, or NULL
/// @return one of the COPILOT_REQUEST_ constants; COPILOT_REQUEST_OTHER for NULL
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the request stays yours
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_request_get_kind(request: *const copilot_request) -> copilot_request_kind {
    ffi!(or Kind::Other as i32, {
        // SAFETY: NULL or a live request, says the manual.
        unsafe { get(request) }.map_or(Kind::Other as i32, |request| request.kind() as i32)
    })
}

/// The wire's name of what asked: the type of the event ("permission.requested") or the method of
/// the request ("userInput.request"). It tells requests of kind COPILOT_REQUEST_OTHER apart.
///
/// @param request  the request, or NULL
/// @return the name as UTF-8; NULL for NULL
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the text belongs to the request and lives as long as it
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_request_method(request: *const copilot_request) -> *const c_char {
    ffi!(or ptr::null(), {
        // SAFETY: NULL or a live request, says the manual.
        unsafe { get(request) }.map_or(ptr::null(), |request| request.method().as_ptr())
    })
}

/// The session that asks.
///
/// @param request  the request, or NULL
/// @return the session's id as UTF-8; NULL when the request belongs to no session
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the text belongs to the request and lives as long as it
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_request_session_id(request: *const copilot_request) -> *const c_char {
    ffi!(or ptr::null(), {
        // SAFETY: NULL or a live request, says the manual.
        unsafe { get(request) }.and_then(Request::session_id).map_or(ptr::null(), |id| id.as_ptr())
    })
}

/// The tool to run.
///
/// @param request  the request, or NULL
/// @return the tool's name as UTF-8; NULL when the request is not of kind COPILOT_REQUEST_TOOL
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the text belongs to the request and lives as long as it
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_request_tool_name(request: *const copilot_request) -> *const c_char {
    ffi!(or ptr::null(), {
        // SAFETY: NULL or a live request, says the manual.
        unsafe { get(request) }.and_then(Request::tool_name).map_or(ptr::null(), |name| name.as_ptr())
    })
}

/// What is asked, as JSON: the data of the event or the parameters of the request. Members of one
/// kind have the same names whatever the server's version:
///
///   TOOL              /toolName, /toolCallId, /arguments (what the model passes to the tool; {}
///                     where that is nothing). A tool named "tool_search_tool", which replaces the
///                     server's own search, also has /availableTools where the server tells them
///   PERMISSION        /permissionRequest, with /permissionRequest/kind "shell", "write", "read",
///                     "mcp", "url", "custom-tool" or another, and what belongs to that kind
///   USER_INPUT        /question, /choices (array of strings), /allowFreeform
///   ELICITATION       /message, /requestedSchema (JSON schema), /mode ("form" or "url"), /url
///   HOOK              /hookType ("preToolUse", "sessionStart", ...), /input, whose /toolArgs is an
///                     object on every server
///   COMMAND           /commandName, /command (as it was typed), /args
///   EXIT_PLAN_MODE    /summary, /planContent, /actions, /recommendedAction
///   AUTO_MODE_SWITCH  /errorCode, /retryAfterSeconds
///   SYSTEM_MESSAGE    /sections, with /sections/<id>/content
///   MCP_OAUTH         /serverName, /serverUrl, /runtimeRefreshSupported
///
/// Where a sub-agent asks, and the server tells, /agentId names it.
///
/// @param request  the request, or NULL
/// @return the JSON; NULL for NULL
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the JSON belongs to the request and lives as long as it; do not free it
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_request_params(request: *const copilot_request) -> *const copilot_json {
    ffi!(or ptr::null(), {
        // SAFETY: NULL or a live request, says the manual.
        let request = unsafe { get(request) };
        request.map_or(ptr::null(), |request| lend::<copilot_json>(request.params()))
    })
}

/// The request's number. REQUEST and REQUEST_CANCELLED items carry it in their JSON at "/request".
///
/// @param request  the request, or NULL
/// @return a number that no other request of this process has; 0 for NULL
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the request stays yours
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_request_id(request: *const copilot_request) -> u64 {
    ffi!(or 0, {
        // SAFETY: NULL or a live request, says the manual.
        unsafe { get(request) }.map_or(0, Request::id)
    })
}

/// Keeps a request: one more reference. In a callback this is how to answer later, when the
/// callback has returned, from whatever thread.
///
/// @param request  the request, or NULL
/// @return the same request, to be freed with copilot_request_free(); NULL for NULL
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the reference is yours until copilot_request_free()
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_request_ref(request: *mut copilot_request) -> *mut copilot_request {
    ffi!(or ptr::null_mut(), {
        // SAFETY: NULL or a live request, says the manual.
        unsafe { share(request) }.map_or(ptr::null_mut(), give_arc::<copilot_request>)
    })
}

/// Tells whether the question was withdrawn: the turn was aborted, another client answered first,
/// the session was disconnected or the connection ended. Nobody waits for an answer any more; long
/// work on one can stop.
///
/// @param request  the request, or NULL
/// @return 1 when it was withdrawn, else 0; 0 for NULL
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the request stays yours
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_request_is_cancelled(request: *const copilot_request) -> i32 {
    ffi!(or 0, {
        // SAFETY: NULL or a live request, says the manual.
        unsafe { get(request) }.map_or(0, |request| i32::from(request.is_cancelled()))
    })
}

/// Calls a function when the question is withdrawn, in place of the one registered before.
///
/// The callback runs at most once, on the thread that serves the request's queue. It never runs
/// for a request that was answered. The request must be kept with copilot_request_ref() meanwhile.
///
/// @param request    the request
/// @param callback   the function; NULL takes the former one back
/// @param user_data  handed to it
/// @param destroy    called once for user_data when it is not needed any more; NULL for none
/// @param error      receives the error on failure, NULL on success; may be NULL
/// @return COPILOT_OK or a negative status
///
/// @threads  any
/// @blocks   outside of callbacks until a running call of the former callback has returned
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    user_data is the library's from the call on, also when the call fails
/// @errors   COPILOT_E_INVALID_ARGUMENT: request is NULL; COPILOT_E_CANCELLED: it was withdrawn
///           already, and the callback will not run; COPILOT_E_INVALID_STATE: it was answered
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_request_on_cancel(
    request: *mut copilot_request,
    callback: copilot_request_cb,
    user_data: *mut c_void,
    destroy: copilot_destroy_cb,
    error: *mut *mut copilot_error,
) -> copilot_status {
    ffi!(error, {
        let data = UserData::own(user_data, destroy);
        // SAFETY: NULL or as the manual says.
        let request = unsafe { need(request)? };
        request.on_cancel(request_callback(callback, data)).map(|()| 0)
    })
}

/// Gives a reference up. When it was the last one and the question is still open, the default of
/// its kind is sent (see copilot_request_respond()) and a warning is logged.
///
/// @param request  the request; NULL is nothing
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks; a request that a callback
///           was lent is not yours to free, unless copilot_request_ref() kept it
/// @owner    takes the reference
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_request_free(request: *mut copilot_request) {
    ffi!(or(), {
        // SAFETY: NULL or a reference that nobody uses any more, says the manual.
        drop(unsafe { take_arc(request) });
        clear_graveyard();
    });
}
