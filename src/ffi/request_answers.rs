//! Answers to requests.

use std::ffi::{c_char, c_void};

use super::ffi;
use super::guard::{self, optional_text, text};
use super::handle::{copilot_error, copilot_request, get, need};
use super::types::copilot_status;
use crate::error::{Error, Result};
use crate::protocol::answer::Answer;
use crate::protocol::question::Kind;

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
///     The result of the method: any JSON, but for the methods below, whose answers are checked.
///     Unanswered: the error "Unhandled method ...", or what is said below.
///
/// The methods that are known, with what they take:
///
///   sessionFs.*
///     readFile, readFileBytes {"content":"..."}; readFileRange also "byteLength"; exists,
///     sqliteExists {"exists":true}; stat {"isFile":...,"isDirectory":...,"size":...,"mtime":"...",
///     "birthtime":"..."}; readdir, readdirWithTypes {"entries":[...]}; sqliteQuery {"rows":[...],
///     "columns":[...],"rowsAffected":0}; sqliteTransaction {"results":[...]}; the others null. What
///     fails is answered with {"error":{"code":"ENOENT","message":"..."}} or "UNKNOWN", whatever the
///     method, or with copilot_request_fail().
///     Unanswered: it failed, "UNKNOWN". exists and sqliteExists: false.
///   canvas.open, canvas.close, canvas.action.invoke
///     {"url":"...","title":"...","status":"..."}, all optional; null; any JSON.
///     Unanswered: an error.
///   llmInference.httpRequestStart, llmInference.httpRequestChunk
///     {}, at once; the response is sent by copilot_client_call() of llmInference.httpResponseStart
///     and llmInference.httpResponseChunk.
///     Unanswered: {}.
///   providerToken.getToken
///     {"token":"..."}, or just the token as a string.
///     Unanswered: an error.
///   gitHubToken.getToken
///     {"kind":"token","accessToken":"...","expiresIn":28800} or {"kind":"cancelled"}. expiresIn is
///     in seconds; the server refuses a token that has an hour left or less.
///     Unanswered: {"kind":"cancelled"}.
///   skillProvider.list, skillProvider.read
///     {"skills":[{"name":"...","description":"..."}]}; {"markdown":"..."}, null where there is
///     none.
///     Unanswered: an error.
///   extensionLaunchProvider.resolve
///     {"launch":{"executable":"...","args":[...],"env":{...}}}, or {} for the server's own way.
///     Unanswered: {}.
///   installations.confirm
///     "confirm", "decline" or "cancel", or {"decision":"..."}; the ids are added.
///     Unanswered: an error, and nothing is installed.
///   entraToken.getToken
///     {"kind":"token","accountId":"...","accessToken":"..."},
///     {"kind":"identity","accountId":"..."}, {"kind":"unavailable"} or {"kind":"cancelled"}.
///     Unanswered: {"kind":"unavailable"}.
///   kerberosAuth.acquire
///     {"token":"..."}, null where there is none.
///     Unanswered: {"token":null}.
///   sessionManagement.create
///     {"sessionId":"..."}.
///     Unanswered: an error.
///   tasks.cancel
///     {"cancelled":true}.
///     Unanswered: {"cancelled":false}.
///   workflow.execute, workflow.abort, factory.execute, factory.abort
///     An object; for abort null will do.
///     Unanswered: an error; for abort {}.
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
        request.answer(Answer::Respond(result.into())).map(|()| 0)
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
        request.answer(Answer::Say(text.into())).map(|()| 0)
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
/// Some methods of kind OTHER have failures of their own. For sessionFs methods a message that
/// begins with "ENOENT" says that there is no such file, and any other is "UNKNOWN"; for a
/// sqliteTransaction it may begin with "busyOrLocked" or "postCommitAmbiguous". For canvas methods
/// a message that begins with a code and a colon, as in "canvas_busy: later", has that code. Where
/// a message could give away a secret (skillProvider, installations, entraToken, kerberosAuth), it
/// stays here and the server gets a fixed text.
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
        request.answer(Answer::Fail(message.unwrap_or_default().into())).map(|()| 0)
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

/// A handler for COPILOT_REQUEST_PERMISSION that approves everything, each time once. Give it to
/// copilot_session_config_on_request() as the callback, with NULL for user_data and destroy:
///
///   copilot_session_config_on_request(config, COPILOT_REQUEST_PERMISSION, copilot_approve_all,
///                                     NULL, NULL, &error);
///
/// The agent then runs whatever commands it likes, without asking. Two things are never approved:
/// what carries "managedApprovalRequired", because an organisation wants a person to decide, is left
/// to another client; and in a session with "enableManagedSettings" or "managedSettings" the user is
/// not available. A request of another kind is left alone and gets the default of its kind.
///
/// @param request    the request; NULL is nothing
/// @param user_data  not used
///
/// @threads  any
/// @blocks   no
/// @callback it is one; also allowed in every callback but the wakeup and log callbacks
/// @owner    the request stays whose it is
/// @errors   none; a request that was answered or withdrawn before stays as it is
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_approve_all(request: *mut copilot_request, user_data: *mut c_void) {
    ffi!(or(), {
        let _ = user_data;
        // SAFETY: NULL or a live request, says the manual.
        if let Some(request) = unsafe { get(request) } {
            request.approve();
        }
    });
}

/// A handler for COPILOT_REQUEST_PERMISSION that refuses everything. The model is told, and the turn
/// goes on. Give it to copilot_session_config_on_request() as the callback, with NULL for user_data
/// and destroy. A request of another kind is left alone and gets the default of its kind.
///
/// @param request    the request; NULL is nothing
/// @param user_data  not used
///
/// @threads  any
/// @blocks   no
/// @callback it is one; also allowed in every callback but the wakeup and log callbacks
/// @owner    the request stays whose it is
/// @errors   none; a request that was answered or withdrawn before stays as it is
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_deny_all(request: *mut copilot_request, user_data: *mut c_void) {
    ffi!(or(), {
        let _ = user_data;
        // SAFETY: NULL or a live request, says the manual.
        if let Some(request) = unsafe { get(request) } {
            request.deny();
        }
    });
}
