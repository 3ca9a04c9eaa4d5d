//! The calls of a session.

use std::ffi::{c_char, c_void};
use std::sync::Arc;
use std::time::Duration;

use super::call::{self, Call, Work, timeout};
use super::ffi;
use super::guard::{optional_text, text};
use super::handle::{copilot_error, copilot_json, copilot_op, copilot_session, need};
use super::session::call_of;
use super::types::{copilot_destroy_cb, copilot_op_cb, copilot_status};
use super::user_data::{UserData, op_callback};
use crate::error::Result;
use crate::json::Json;
use crate::protocol::message::Message;
use crate::session::Session;

fn send(session: &Session, message: &str) -> Result<Call<impl Work<Json>>> {
    let message = Message::parse(message)?;
    Ok(call_of(session, "copilot_session_send", Arc::clone(session.core()).send(message)))
}

/// Sends a message and returns as soon as the server has taken it. What becomes of it comes as
/// events: "assistant.message", and "session.idle" when the turn is over. The result is
/// {"messageId":"..."}.
///
/// The message is a JSON object; a key that is not known is an error.
///
///   "prompt"          string, needed: the text
///   "attachments"     array of objects by "type":
///                       "file"       "path", absolute, of a text or an image; "lineRange"
///                       "directory"  "path", absolute
///                       "selection"  "filePath", "text", "selection":{"start":{"line":1,
///                                    "character":0},"end":{...}}
///                       "blob"       "data" in base64, "mimeType"; an image, say
///                       "github_reference", "github_commit", "github_release",
///                       "github_actions_job", "github_repository", "github_file_diff",
///                       "github_tree_comparison", "github_url", "github_file",
///                       "github_snippet", "extension_context"
///                                    as the wire has them
///                     The first four have a "displayName", which is made where it is missing.
///   "mode"            "enqueue" waits for the turn that is running, "immediate" steers it. Default:
///                     the server's.
///   "agentMode"       "interactive", "plan", "autopilot" or "shell"
///   "displayPrompt"   string: what the history shows in place of the prompt
///   "responseFormat"  object: {"type":"json_schema","jsonSchema":{...}}
///   "requestHeaders"  object of strings: headers for the model's provider
///   "source", "traceparent", "tracestate"
///                     strings, as the wire has them
///   "rawParams"       object: further members of the call, sent as they are
///
/// The keys of copilot_session_send_and_wait() are allowed and mean nothing here.
///
/// @param session       the session
/// @param message_json  the message as JSON text, UTF-8
/// @param timeout_ms    milliseconds to wait, or COPILOT_WAIT_FOREVER
/// @param error         receives the error on failure, NULL on success; may be NULL
/// @return the result, to be freed with copilot_json_free(); NULL on failure
///
/// @threads  any
/// @blocks   up to timeout_ms; serves the session's queue meanwhile if nobody else does
/// @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the session's queue
/// @owner    the result is yours until copilot_json_free(); the text is copied
/// @errors   those of copilot_session_call()
/// @wire     session.send
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_json_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_session_send(
    session: *mut copilot_session,
    message_json: *const c_char,
    timeout_ms: i32,
    error: *mut *mut copilot_error,
) -> *mut copilot_json {
    ffi!(error, {
        // SAFETY: NULL or as the manual says.
        let call = unsafe { send(need(session)?, text(message_json, "message_json")?)? };
        call.wait(timeout_ms).map(call::json)
    })
}

/// copilot_session_send() without waiting; the operation yields the result.
///
/// @param session       the session
/// @param message_json  the message as JSON text, UTF-8
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
///           call on, also when the call fails; the text is copied
/// @errors   COPILOT_E_INVALID_JSON; COPILOT_E_INVALID_ARGUMENT: a pointer is NULL or the message is
///           not as it should be; COPILOT_E_INVALID_UTF8. The operation ends with those of
///           copilot_session_send()
/// @wire     session.send
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_op_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_session_send_async(
    session: *mut copilot_session,
    message_json: *const c_char,
    callback: copilot_op_cb,
    user_data: *mut c_void,
    destroy: copilot_destroy_cb,
    error: *mut *mut copilot_error,
) -> *mut copilot_op {
    ffi!(error, {
        let data = UserData::own(user_data, destroy);
        // SAFETY: NULL or as the manual says.
        let call = unsafe { send(need(session)?, text(message_json, "message_json")?)? };
        Ok(call.begin(op_callback(callback, data)))
    })
}

fn send_and_wait(session: &Session, message: &str, limit: Option<Duration>) -> Result<Call<impl Work<Json>>> {
    let message = Message::parse(message)?;
    let work = Arc::clone(session.core()).send_and_wait(message, limit);
    Ok(call_of(session, "copilot_session_send_and_wait", work))
}

/// Sends a message and waits until its turn is over. The result is
///
///   {"outcome":"answer","messageId":"...","model":"...","event":{...}}
///
///   "outcome"    "answer": the turn ended with an event of type "assistant.message" that has a
///                text, which is at "/event/data/content". "empty": it ended well, but without a
///                text; CLIs from 1.0.85 on report a model that says nothing as an error instead.
///                "refused": a policy or a hook kept the message back.
///   "messageId"  the id under which the server accepted the message
///   "model"      the model that wrote the answer, to be compared with the one that was asked for;
///                only where the server says it
///   "event"      the turn's last "assistant.message", or null
///
/// The turn is over when the session has nothing left to do: also none of the background tasks that
/// the agent started, as far as the server waits for them. Not the end are: what sub-agents
/// do and how they fail, the pauses between two turns of the autopilot, errors that were reported by
/// "session.log", failures in the background after which the turn goes on, and whatever belongs to
/// the messages of others. Several waits may go on at once. Messages that were sent while a turn was
/// running end together when the session is idle again, each with its own answer; a message with
/// "mode" "immediate" that joined a turn has the answer of that turn. CLIs before 1.0.85 do not
/// say to which message an event belongs, so there the text and the order of the messages decide.
///
/// When the time is up, or the wait is cancelled, the turn goes on at the server and its events keep
/// coming. Besides the keys of copilot_session_send() the message may have:
///
///   "inactivityTimeoutMs"  whole number from 1: gives up with COPILOT_E_TIMEOUT when no event of
///                          the session has come for so many milliseconds. The clock stands still
///                          while a question of the session is with the program, since a person may
///                          have to answer it; timeout_ms goes on. A server that obeys a rate limit
///                          waits in silence, so choose the limit longer than that may take.
///   "abortOnTimeout"       boolean: aborts the turn when a time is up. Default: false.
///   "abortOnCancel"        boolean: aborts the turn when the operation is cancelled. Default:
///                          false.
///
/// The member "reason" of copilot_error_data() says why a wait ended without a result, and
/// "lastActivity" what the session was doing:
///
///   "timeout"       COPILOT_E_TIMEOUT: timeout_ms ran out
///   "inactivity"    COPILOT_E_TIMEOUT: "inactivityTimeoutMs" ran out
///   "aborted"       COPILOT_E_CANCELLED: somebody aborted the turn, or the session while the
///                   message waited for its turn
///   "error"         COPILOT_E_SESSION: the turn failed; "class" may tell in what field
///   "autopilot"     COPILOT_E_SESSION: the autopilot stopped because of an error
///   "shutdown"      COPILOT_E_SESSION: the server shut the session down
///   "exit"          COPILOT_E_TRANSPORT: the CLI's process ended; "exit" tells how
///   "disconnected"  COPILOT_E_CLOSED: the session was disconnected or its client stopped;
///                   COPILOT_E_TRANSPORT: the connection broke; COPILOT_E_PROTOCOL: the server
///                   sent what nobody can read
///
/// @param session       the session
/// @param message_json  the message as JSON text, UTF-8
/// @param timeout_ms    milliseconds that all of it may take, or COPILOT_WAIT_FOREVER
/// @param error         receives the error on failure, NULL on success; may be NULL
/// @return the result, to be freed with copilot_json_free(); NULL on failure
///
/// @threads  any
/// @blocks   up to timeout_ms; serves the session's queue meanwhile if nobody else does
/// @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the session's queue
/// @owner    the result is yours until copilot_json_free(); the text is copied
/// @errors   those of the table above, and where the message was not accepted those of
///           copilot_session_call()
/// @wire     session.send
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_json_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_session_send_and_wait(
    session: *mut copilot_session,
    message_json: *const c_char,
    timeout_ms: i32,
    error: *mut *mut copilot_error,
) -> *mut copilot_json {
    ffi!(error, {
        // SAFETY: NULL or as the manual says.
        let call = unsafe {
            send_and_wait(need(session)?, text(message_json, "message_json")?, timeout(timeout_ms))?
        };
        call.wait_for_itself(timeout_ms).map(call::json)
    })
}

/// copilot_session_send_and_wait() without waiting; the operation yields the result. It has
/// no limit of time but "inactivityTimeoutMs"; copilot_op_cancel() ends it.
///
/// @param session       the session
/// @param message_json  the message as JSON text, UTF-8
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
///           call on, also when the call fails; the text is copied
/// @errors   COPILOT_E_INVALID_JSON; COPILOT_E_INVALID_ARGUMENT: a pointer is NULL or the message is
///           not as it should be; COPILOT_E_INVALID_UTF8. The operation ends with those of
///           copilot_session_send_and_wait()
/// @wire     session.send
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_op_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_session_send_and_wait_async(
    session: *mut copilot_session,
    message_json: *const c_char,
    callback: copilot_op_cb,
    user_data: *mut c_void,
    destroy: copilot_destroy_cb,
    error: *mut *mut copilot_error,
) -> *mut copilot_op {
    ffi!(error, {
        let data = UserData::own(user_data, destroy);
        // SAFETY: NULL or as the manual says.
        let call = unsafe { send_and_wait(need(session)?, text(message_json, "message_json")?, None)? };
        Ok(call.begin(op_callback(callback, data)))
    })
}

fn abort(session: &Session) -> Call<impl Work<()>> {
    call_of(session, "copilot_session_abort", Arc::clone(session.core()).abort())
}

/// Aborts the turn that is running. Its questions are withdrawn, and a wait for it ends with
/// COPILOT_E_CANCELLED. The session can be used further. Where no turn is running it does nothing.
///
/// @param session     the session
/// @param timeout_ms  milliseconds to wait, or COPILOT_WAIT_FOREVER
/// @param error       receives the error on failure, NULL on success; may be NULL
/// @return COPILOT_OK or a negative status
///
/// @threads  any
/// @blocks   up to timeout_ms; serves the session's queue meanwhile if nobody else does
/// @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the session's queue
/// @owner    the session stays yours
/// @errors   those of copilot_session_call(); COPILOT_E_SESSION: the server could not
/// @wire     session.abort
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_session_abort(
    session: *mut copilot_session,
    timeout_ms: i32,
    error: *mut *mut copilot_error,
) -> copilot_status {
    ffi!(error, {
        // SAFETY: NULL or as the manual says.
        let call = unsafe { abort(need(session)?) };
        call.wait(timeout_ms).map(call::status)
    })
}

/// copilot_session_abort() without waiting; the operation yields nothing.
///
/// @param session    the session
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
///           call on, also when the call fails
/// @errors   COPILOT_E_INVALID_ARGUMENT: session is NULL. The operation ends with those of
///           copilot_session_abort()
/// @wire     session.abort
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_op_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_session_abort_async(
    session: *mut copilot_session,
    callback: copilot_op_cb,
    user_data: *mut c_void,
    destroy: copilot_destroy_cb,
    error: *mut *mut copilot_error,
) -> *mut copilot_op {
    ffi!(error, {
        let data = UserData::own(user_data, destroy);
        // SAFETY: NULL or as the manual says.
        let call = unsafe { abort(need(session)?) };
        Ok(call.begin(op_callback(callback, data)))
    })
}

fn get_messages(session: &Session) -> Call<impl Work<Json>> {
    call_of(session, "copilot_session_get_messages", Arc::clone(session.core()).get_messages())
}

/// Asks for the session's history. The result is {"events":[...]}: the events so far in their order,
/// without those that are not kept, such as deltas and "session.idle".
///
/// @param session     the session
/// @param timeout_ms  milliseconds to wait, or COPILOT_WAIT_FOREVER
/// @param error       receives the error on failure, NULL on success; may be NULL
/// @return the result, to be freed with copilot_json_free(); NULL on failure
///
/// @threads  any
/// @blocks   up to timeout_ms; serves the session's queue meanwhile if nobody else does
/// @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the session's queue
/// @owner    the result is yours until copilot_json_free()
/// @errors   those of copilot_session_call()
/// @wire     session.getMessages
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_json_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_session_get_messages(
    session: *mut copilot_session,
    timeout_ms: i32,
    error: *mut *mut copilot_error,
) -> *mut copilot_json {
    ffi!(error, {
        // SAFETY: NULL or as the manual says.
        let call = unsafe { get_messages(need(session)?) };
        call.wait(timeout_ms).map(call::json)
    })
}

/// copilot_session_get_messages() without waiting; the operation yields the result.
///
/// @param session    the session
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
///           call on, also when the call fails
/// @errors   COPILOT_E_INVALID_ARGUMENT: session is NULL. The operation ends with those of
///           copilot_session_get_messages()
/// @wire     session.getMessages
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_op_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_session_get_messages_async(
    session: *mut copilot_session,
    callback: copilot_op_cb,
    user_data: *mut c_void,
    destroy: copilot_destroy_cb,
    error: *mut *mut copilot_error,
) -> *mut copilot_op {
    ffi!(error, {
        let data = UserData::own(user_data, destroy);
        // SAFETY: NULL or as the manual says.
        let call = unsafe { get_messages(need(session)?) };
        Ok(call.begin(op_callback(callback, data)))
    })
}

fn set_model(session: &Session, model_id: &str, options: Option<&str>) -> Result<Call<impl Work<Json>>> {
    let work = Arc::clone(session.core()).set_model(model_id, options)?;
    Ok(call_of(session, "copilot_session_set_model", work))
}

/// Lets another model answer, from the next message on. The result is {"modelId":"..."}; newer
/// servers add members.
///
/// @param session       the session
/// @param model_id      the model, UTF-8; copilot_client_list_models() has the ids
/// @param options_json  more members of the call as the text of a JSON object, UTF-8; NULL for none:
///                      "reasoningEffort", "reasoningSummary", "contextTier", "modelCapabilities",
///                      "autoTier" (null takes the tier back; for the model "auto"), and others
///                      that the server knows
/// @param timeout_ms    milliseconds to wait, or COPILOT_WAIT_FOREVER
/// @param error         receives the error on failure, NULL on success; may be NULL
/// @return the result, to be freed with copilot_json_free(); NULL on failure
///
/// @threads  any
/// @blocks   up to timeout_ms; serves the session's queue meanwhile if nobody else does
/// @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the session's queue
/// @owner    the result is yours until copilot_json_free(); texts are copied
/// @errors   those of copilot_session_call()
/// @wire     session.model.switchTo
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_json_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_session_set_model(
    session: *mut copilot_session,
    model_id: *const c_char,
    options_json: *const c_char,
    timeout_ms: i32,
    error: *mut *mut copilot_error,
) -> *mut copilot_json {
    ffi!(error, {
        // SAFETY: NULL or as the manual says.
        let call = unsafe {
            set_model(
                need(session)?,
                text(model_id, "model_id")?,
                optional_text(options_json, "options_json")?,
            )?
        };
        call.wait(timeout_ms).map(call::json)
    })
}

/// copilot_session_set_model() without waiting; the operation yields the result.
///
/// @param session       the session
/// @param model_id      as for copilot_session_set_model()
/// @param options_json  as for copilot_session_set_model()
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
/// @errors   COPILOT_E_INVALID_JSON: the options are not JSON; COPILOT_E_INVALID_ARGUMENT: they are
///           no object, a pointer is NULL, or the id is empty; COPILOT_E_INVALID_UTF8. The operation
///           ends with those of copilot_session_set_model()
/// @wire     session.model.switchTo
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_op_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_session_set_model_async(
    session: *mut copilot_session,
    model_id: *const c_char,
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
            set_model(
                need(session)?,
                text(model_id, "model_id")?,
                optional_text(options_json, "options_json")?,
            )?
        };
        Ok(call.begin(op_callback(callback, data)))
    })
}

fn call(session: &Session, method: &str, params: Option<&str>) -> Result<Call<impl Work<Json>>> {
    let work = Arc::clone(session.core()).call_with(method, params)?;
    Ok(call_of(session, "copilot_session_call", work).of_replies())
}

/// Calls any method of the server's that concerns this session, also one that this library does not
/// know. The session's id is added to the parameters.
///
/// @param session      the session
/// @param method       the method's name, UTF-8
/// @param params_json  the parameters as the text of a JSON object, UTF-8, without "sessionId";
///                     NULL for none
/// @param timeout_ms   milliseconds to wait, or COPILOT_WAIT_FOREVER
/// @param error        receives the error on failure, NULL on success; may be NULL
/// @return the result, to be freed with copilot_json_free(); NULL on failure
///
/// @threads  any
/// @blocks   up to timeout_ms; serves the session's queue meanwhile if nobody else does
/// @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the session's queue
/// @owner    the result is yours until copilot_json_free(); texts are copied
/// @errors   COPILOT_E_RPC: the server refused, copilot_error_rpc_code() is -32601 when it does not
///           know the method; COPILOT_E_TIMEOUT; COPILOT_E_TRANSPORT: the CLI went away, and the
///           session with it until copilot_session_reopen(); COPILOT_E_PROTOCOL: the CLI sent what
///           is no message; COPILOT_E_CLOSED: the session was disconnected or opened again, or the
///           client stopped; COPILOT_E_INVALID_JSON: a text is not JSON; COPILOT_E_INVALID_ARGUMENT:
///           it is not what it should be, a pointer is NULL, a text is empty, or timeout_ms is 0;
///           COPILOT_E_INVALID_UTF8; COPILOT_E_WOULD_DEADLOCK
/// @wire     the method given, such as session.mode.set
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_json_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_session_call(
    session: *mut copilot_session,
    method: *const c_char,
    params_json: *const c_char,
    timeout_ms: i32,
    error: *mut *mut copilot_error,
) -> *mut copilot_json {
    ffi!(error, {
        // SAFETY: NULL or as the manual says.
        let call = unsafe {
            call(need(session)?, text(method, "method")?, optional_text(params_json, "params_json")?)?
        };
        call.wait(timeout_ms).map(call::json)
    })
}

/// copilot_session_call() without waiting; the operation yields the result.
///
/// @param session      the session
/// @param method       the method's name, UTF-8
/// @param params_json  as for copilot_session_call()
/// @param callback     runs on the session's queue when the operation has ended; NULL for none
/// @param user_data    handed to it
/// @param destroy      called once for user_data when it is not needed any more; NULL for none
/// @param error        receives the error on failure, NULL on success; may be NULL
/// @return the operation, to be freed with copilot_op_free(); NULL on failure
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the operation is yours until copilot_op_free(); user_data is the library's from the
///           call on, also when the call fails; texts are copied
/// @errors   COPILOT_E_INVALID_JSON: the parameters are not JSON; COPILOT_E_INVALID_ARGUMENT: they
///           are no object or name another session, a pointer is NULL, or the method is empty;
///           COPILOT_E_INVALID_UTF8. The operation ends with those of copilot_session_call()
/// @wire     the method given, such as session.mode.set
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_op_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_session_call_async(
    session: *mut copilot_session,
    method: *const c_char,
    params_json: *const c_char,
    callback: copilot_op_cb,
    user_data: *mut c_void,
    destroy: copilot_destroy_cb,
    error: *mut *mut copilot_error,
) -> *mut copilot_op {
    ffi!(error, {
        let data = UserData::own(user_data, destroy);
        // SAFETY: NULL or as the manual says.
        let call = unsafe {
            call(need(session)?, text(method, "method")?, optional_text(params_json, "params_json")?)?
        };
        Ok(call.begin(op_callback(callback, data)))
    })
}
