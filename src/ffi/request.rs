//! Requests: what the server asks the program.

use std::ffi::{c_char, c_void};
use std::ptr;

use super::ffi;
use super::guard::{self, optional_text, text};
use super::handle::{
    copilot_error, copilot_json, copilot_request, get, give_arc, lend, need, share, take_arc,
};
use super::types::{copilot_destroy_cb, copilot_request_cb, copilot_request_kind, copilot_status};
use super::user_data::{UserData, request_callback};
use crate::callback::clear_graveyard;
use crate::error::{Error, Result};
use crate::json::quote;
use crate::protocol::answer::Answer;
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

/// What is asked, as JSON: the data of the event or the parameters of the request, word for word.
/// Members of one kind have the same names whatever the server's version:
///
///   TOOL              /toolName, /toolCallId, /arguments (what the model passes to the tool)
///   PERMISSION        /permissionRequest, with /permissionRequest/kind "shell", "write", "read",
///                     "mcp", "url", "custom-tool" or another, and what belongs to that kind
///   USER_INPUT        /question, /choices (array of strings), /allowFreeform
///   ELICITATION       /message, /requestedSchema (JSON schema), /mode ("form" or "url"), /url
///   HOOK              /hookType ("preToolUse", "sessionStart", ...), /input
///   COMMAND           /commandName, /command (as it was typed), /args
///   EXIT_PLAN_MODE    /summary, /planContent, /actions, /recommendedAction
///   AUTO_MODE_SWITCH  /errorCode, /retryAfterSeconds
///   SYSTEM_MESSAGE    /sections, with /sections/<id>/content
///   MCP_OAUTH         /serverName, /serverUrl, /runtimeRefreshSupported
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

/// Answers.
///
/// The first answer counts. An answer that is not what the kind takes is refused, and the question
/// stays open for another try. What each kind takes, and what is sent for you when the request is
/// freed, or when its callback returns, without an answer:
///
///   TOOL
///     A string is the text for the model. So is any other JSON, by its text; null is an empty
///     text. An object with "textResultForLlm" is a result with all that belongs to one:
///     {"textResultForLlm":"...","resultType":"success","sessionLog":"...","toolTelemetry":{...},
///     "binaryResultsForLlm":[...]}; "resultType" may also be "failure", "rejected" or "denied". An
///     MCP result, {"content":[...],"isError":false}, is converted.
///     Unanswered: the tool failed, "the tool's handler gave no answer".
///   PERMISSION
///     {"kind":"approve-once"}, {"kind":"approve-for-session"}, {"kind":"reject","feedback":"..."}
///     (without feedback the turn ends), {"kind":"user-not-available"},
///     {"kind":"approve-for-location", "approval":{...},"locationKey":"..."} or
///     {"kind":"approve-permanently","domain":"..."}. The words of old servers ("approved",
///     "denied-interactively-by-user", "denied-by-rules",
///     "denied-no-approval-rule-and-could-not-request-from-user") are understood as well, and either
///     kind of words is translated for the server at hand. {"kind":"no-result"} is
///     copilot_request_decline().
///     Unanswered: denied because nobody was there to decide; the turn goes on.
///   USER_INPUT
///     {"answer":"...","wasFreeform":false}, or just the answer as a string, which counts as
///     freeform.
///     Unanswered: an error is sent.
///   ELICITATION
///     {"action":"accept","content":{...}}, {"action":"decline"} or {"action":"cancel"}.
///     Unanswered: {"action":"cancel"}.
///   HOOK
///     An object with the outputs of the hook's type, such as {"permissionDecision":"deny"} for
///     "preToolUse", or null for no opinion.
///     Unanswered: null.
///   COMMAND
///     null or {}: the command was carried out.
///     Unanswered: the command failed.
///   EXIT_PLAN_MODE
///     {"approved":true,"selectedAction":"...","autoApproveEdits":false} or
///     {"approved":false,"feedback":"..."}; all but "approved" is optional.
///     Unanswered: {"approved":true}.
///   AUTO_MODE_SWITCH
///     {"response":"yes"}, "yes_always" or "no", or just the word as a string.
///     Unanswered: "no".
///   SYSTEM_MESSAGE
///     {"sections":{"<id>":{"content":"..."}}}. Sections that you leave out stay as they are.
///     Unanswered: all of them stay as they are.
///   MCP_OAUTH
///     {"kind":"token","accessToken":"...","tokenType":"Bearer","expiresIn":3600} (the last two are
///     optional), {"kind":"cancelled"}, or {"kind":"runtimeRefresh"} where the request says
///     "runtimeRefreshSupported".
///     Unanswered: {"kind":"cancelled"}.
///   OTHER
///     Any JSON: the result of the method.
///     Unanswered: the error "Unhandled method ...".
///
/// @param request      the request
/// @param result_json  the answer as JSON text, UTF-8
/// @param error        receives the error on failure, NULL on success; may be NULL
/// @return COPILOT_OK or a negative status
///
/// @threads  any; of several at once one wins and the others get COPILOT_E_INVALID_STATE
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the request stays yours; the text is copied
/// @errors   COPILOT_E_INVALID_JSON: it is not JSON; COPILOT_E_INVALID_ARGUMENT: request or text is
///           NULL, or not what the kind takes; COPILOT_E_INVALID_UTF8; COPILOT_E_INVALID_STATE: it
///           was answered before; COPILOT_E_CANCELLED: it was withdrawn; COPILOT_E_CLOSED: the
///           connection is gone; COPILOT_E_UNSUPPORTED: "no-result" where the server asks this
///           client alone
/// @wire     session.tools.handlePendingToolCall, handlePendingPermissionRequest and their like, or
///           the reply to the server's request
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_request_respond(
    request: *mut copilot_request,
    result_json: *const c_char,
    error: *mut *mut copilot_error,
) -> copilot_status {
    ffi!(error, {
        // SAFETY: NULL or as the manual says.
        let (request, result) = unsafe { (need(request)?, text(result_json, "result_json")?) };
        request.answer(Answer::Respond(result.to_owned())).map(|()| 0)
    })
}

/// Answers with plain text: the result of a tool, or the user's answer to a question. It is
/// copilot_request_respond() with the text as a JSON string.
///
/// @param request  the request, of kind COPILOT_REQUEST_TOOL or COPILOT_REQUEST_USER_INPUT
/// @param text     the text, UTF-8
/// @param error    receives the error on failure, NULL on success; may be NULL
/// @return COPILOT_OK or a negative status
///
/// @threads  any; of several at once one wins and the others get COPILOT_E_INVALID_STATE
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the request stays yours; the text is copied
/// @errors   COPILOT_E_INVALID_ARGUMENT: request or text is NULL, or the request is of another kind;
///           COPILOT_E_INVALID_UTF8; otherwise as copilot_request_respond()
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_request_respond_text(
    request: *mut copilot_request,
    text: *const c_char,
    error: *mut *mut copilot_error,
) -> copilot_status {
    ffi!(error, {
        // SAFETY: NULL or as the manual says.
        let (request, text) = unsafe { (need(request)?, guard::text(text, "text")?) };
        takes_text(request.kind())?;
        request.answer(Answer::Respond(quote(text))).map(|()| 0)
    })
}

/// An error for the kinds whose answer is no plain text.
fn takes_text(kind: Kind) -> Result<()> {
    if matches!(kind, Kind::Tool | Kind::UserInput) {
        return Ok(());
    }
    Err(Error::invalid_argument(format!(
        "a {} request is not answered with plain text; use copilot_request_respond, whose manual says what JSON \
         it takes",
        kind.name()
    )))
}

/// Answers that it could not be done.
///
/// A tool fails with the message, which goes into events and logs while the model learns only that
/// the tool failed; to tell the model more, respond with {"textResultForLlm":"...",
/// "resultType":"failure"}. A command fails with the message. For USER_INPUT, EXIT_PLAN_MODE,
/// AUTO_MODE_SWITCH and OTHER the server gets a JSON-RPC error with it. The other kinds have no room
/// for a reason on the wire: they get what copilot_request_respond() names under "unanswered".
///
/// @param request  the request
/// @param message  why, UTF-8, for people; NULL or "" is "the handler failed"
/// @param error    receives the error on failure, NULL on success; may be NULL
/// @return COPILOT_OK or a negative status
///
/// @threads  any; of several at once one wins and the others get COPILOT_E_INVALID_STATE
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the request stays yours; the text is copied
/// @errors   COPILOT_E_INVALID_ARGUMENT: request is NULL; COPILOT_E_INVALID_UTF8;
///           COPILOT_E_INVALID_STATE: it was answered before; COPILOT_E_CANCELLED: it was withdrawn;
///           COPILOT_E_CLOSED: the connection is gone
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_request_fail(
    request: *mut copilot_request,
    message: *const c_char,
    error: *mut *mut copilot_error,
) -> copilot_status {
    ffi!(error, {
        // SAFETY: NULL or as the manual says.
        let (request, message) = unsafe { (need(request)?, optional_text(message, "message")?) };
        request.answer(Answer::Fail(message.unwrap_or_default().to_owned())).map(|()| 0)
    })
}

/// Leaves the question to another client of the session. Nothing is sent, and the server goes on
/// waiting: do this only when another client is there to answer.
///
/// It can be done where the server asks all clients at once: TOOL, PERMISSION, ELICITATION, COMMAND
/// and MCP_OAUTH on protocol 3. Every other question is put to this client alone.
///
/// @param request  the request
/// @param error    receives the error on failure, NULL on success; may be NULL
/// @return COPILOT_OK or a negative status
///
/// @threads  any; of several at once one wins and the others get COPILOT_E_INVALID_STATE
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the request stays yours
/// @errors   COPILOT_E_UNSUPPORTED: this client alone was asked; the question stays open.
///           COPILOT_E_INVALID_ARGUMENT: request is NULL; COPILOT_E_INVALID_STATE: it was answered
///           before; COPILOT_E_CANCELLED: it was withdrawn; COPILOT_E_CLOSED: the connection is gone
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_request_decline(
    request: *mut copilot_request,
    error: *mut *mut copilot_error,
) -> copilot_status {
    ffi!(error, {
        // SAFETY: NULL or as the manual says.
        let request = unsafe { need(request)? };
        request.answer(Answer::Decline).map(|()| 0)
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
