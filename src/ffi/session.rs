//! Sessions: one conversation each.

use std::ffi::{c_char, c_void};
use std::ptr;
use std::sync::Arc;

use super::call::{self, Call, Work};
use super::client_events::{subscriber, unsubscribed};
use super::ffi;
use super::guard::{optional_text, text};
use super::handle::{
    copilot_client, copilot_error, copilot_op, copilot_session, copilot_session_config, get, give_arc, need,
    share, take_arc,
};
use super::types::{copilot_destroy_cb, copilot_event_cb, copilot_op_cb, copilot_status};
use super::user_data::{UserData, op_callback};
use crate::callback::clear_graveyard;
use crate::client::Client;
use crate::error::Result;
use crate::json::Json;
use crate::session::{self, Config, Session};

/// A call of the session's, which completes on its queue.
pub(super) fn call_of<T: Send + 'static, W: Work<T>>(
    session: &Session,
    name: &'static str,
    work: W,
) -> Call<W> {
    Call::new(name, session.core().runtime(), session.queue().queue(), work)
}

/// A call that makes a session: it completes where the session will deliver.
fn making<W: Work<Arc<Session>>>(client: &Client, config: &Config, name: &'static str, work: W) -> Call<W> {
    let queue = config.queue().unwrap_or(client.queue());
    Call::new(name, client.core().runtime(), queue.queue(), work)
}

fn create(client: &Client, config: Option<&Config>) -> Result<Call<impl Work<Arc<Session>>>> {
    let default;
    let config = match config {
        Some(config) => config,
        None => {
            default = Config::new(Json::object())?;
            &default
        }
    };
    Ok(making(client, config, "copilot_session_create", session::create(client.core(), config)?))
}

/// Creates a session on the server, starting the CLI first if need be.
///
/// Callbacks of the configuration are in place before the server is asked, so that no event is
/// missed. The session delivers to the configuration's queue if it has one, else to the client's.
/// When the time is up, a session that is made all the same is let go of.
///
/// @param client      the client
/// @param config      what it is made from; NULL leaves everything at its default
/// @param timeout_ms  milliseconds to wait, or COPILOT_WAIT_FOREVER
/// @param error       receives the error on failure, NULL on success; may be NULL
/// @return the session, to be freed with copilot_session_free(); NULL on failure
///
/// @threads  any
/// @blocks   up to timeout_ms; serves the queue that the session is to have meanwhile if nobody else
///           does
/// @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the queue that the session is to have
/// @owner    the session is yours until copilot_session_free(); client and configuration stay yours
/// @errors   those of copilot_client_call(); COPILOT_E_INVALID_ARGUMENT also when the
///           configuration's JSON was changed into something that is none, when its tool filters
///           hide a tool of yours, or when something is to come as items and the queue is not of
///           mode "items"; COPILOT_E_RPC also when the server refuses the configuration;
///           COPILOT_E_SESSION, COPILOT_E_UNSUPPORTED: it refuses, or does not know, the options
///           that are told after the making
/// @wire     session.create, session.options.update
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_session_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_session_create(
    client: *mut copilot_client,
    config: *const copilot_session_config,
    timeout_ms: i32,
    error: *mut *mut copilot_error,
) -> *mut copilot_session {
    ffi!(error, {
        // SAFETY: NULL or as the manual says.
        let call = unsafe { create(need(client)?, get(config))? };
        call.wait(timeout_ms).map(call::session)
    })
}

/// copilot_session_create() without waiting; the operation yields the session.
///
/// @param client     the client
/// @param config     what it is made from; NULL leaves everything at its default
/// @param callback   runs on the queue that the session is to have when the operation has ended;
///                   NULL for none
/// @param user_data  handed to it
/// @param destroy    called once for user_data when it is not needed any more; NULL for none
/// @param error      receives the error on failure, NULL on success; may be NULL
/// @return the operation, to be freed with copilot_op_free(); NULL on failure
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the operation is yours until copilot_op_free(); user_data is the library's from the
///           call on, also when the call fails; client and configuration stay yours
/// @errors   COPILOT_E_INVALID_ARGUMENT: a pointer is NULL, or as for copilot_session_create(). The
///           operation ends with those of copilot_session_create()
/// @wire     session.create
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_op_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_session_create_async(
    client: *mut copilot_client,
    config: *const copilot_session_config,
    callback: copilot_op_cb,
    user_data: *mut c_void,
    destroy: copilot_destroy_cb,
    error: *mut *mut copilot_error,
) -> *mut copilot_op {
    ffi!(error, {
        let data = UserData::own(user_data, destroy);
        // SAFETY: NULL or as the manual says.
        let call = unsafe { create(need(client)?, get(config))? };
        Ok(call.begin(op_callback(callback, data)))
    })
}

fn resume(
    client: &Client,
    session_id: &str,
    config: Option<&Config>,
) -> Result<Call<impl Work<Arc<Session>>>> {
    let default;
    let config = match config {
        Some(config) => config,
        None => {
            default = Config::new(Json::object())?;
            &default
        }
    };
    let work = session::resume(client.core(), session_id, config)?;
    Ok(making(client, config, "copilot_session_resume", work))
}

/// Opens a session again that the server has kept, with its history. Tools and callbacks are those
/// of the configuration; nothing is left of those that the session had before. The session delivers
/// to the configuration's queue if it has one, else to the client's. A handle that this client still
/// has to the same session ends: its calls fail with COPILOT_E_CLOSED. To keep that handle with its
/// tools and callbacks there is copilot_session_reopen().
///
/// @param client      the client
/// @param session_id  the session, UTF-8
/// @param config      what it is made from; NULL leaves everything at its default
/// @param timeout_ms  milliseconds to wait, or COPILOT_WAIT_FOREVER
/// @param error       receives the error on failure, NULL on success; may be NULL
/// @return the session, to be freed with copilot_session_free(); NULL on failure
///
/// @threads  any
/// @blocks   up to timeout_ms; serves the queue that the session is to have meanwhile if nobody else
///           does
/// @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the queue that the session is to have
/// @owner    the session is yours until copilot_session_free(); client and configuration stay yours
/// @errors   those of copilot_session_create(); COPILOT_E_RPC also when there is no such session;
///           COPILOT_E_INVALID_ARGUMENT also when the id is empty or the configuration names another
///           one
/// @wire     session.resume
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_session_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_session_resume(
    client: *mut copilot_client,
    session_id: *const c_char,
    config: *const copilot_session_config,
    timeout_ms: i32,
    error: *mut *mut copilot_error,
) -> *mut copilot_session {
    ffi!(error, {
        // SAFETY: NULL or as the manual says.
        let call = unsafe { resume(need(client)?, text(session_id, "session_id")?, get(config))? };
        call.wait(timeout_ms).map(call::session)
    })
}

/// copilot_session_resume() without waiting; the operation yields the session.
///
/// @param client      the client
/// @param session_id  the session, UTF-8
/// @param config      what it is made from; NULL leaves everything at its default
/// @param callback    runs on the queue that the session is to have when the operation has ended;
///                    NULL for none
/// @param user_data   handed to it
/// @param destroy     called once for user_data when it is not needed any more; NULL for none
/// @param error       receives the error on failure, NULL on success; may be NULL
/// @return the operation, to be freed with copilot_op_free(); NULL on failure
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the operation is yours until copilot_op_free(); user_data is the library's from the
///           call on, also when the call fails; client and configuration stay yours
/// @errors   COPILOT_E_INVALID_ARGUMENT: a pointer is NULL, or as for copilot_session_resume();
///           COPILOT_E_INVALID_UTF8. The operation ends with those of copilot_session_resume()
/// @wire     session.resume
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_op_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_session_resume_async(
    client: *mut copilot_client,
    session_id: *const c_char,
    config: *const copilot_session_config,
    callback: copilot_op_cb,
    user_data: *mut c_void,
    destroy: copilot_destroy_cb,
    error: *mut *mut copilot_error,
) -> *mut copilot_op {
    ffi!(error, {
        let data = UserData::own(user_data, destroy);
        // SAFETY: NULL or as the manual says.
        let call = unsafe { resume(need(client)?, text(session_id, "session_id")?, get(config))? };
        Ok(call.begin(op_callback(callback, data)))
    })
}

/// One more reference to the same session.
///
/// @param session  the session, or NULL
/// @return the same session, to be freed with copilot_session_free(); NULL for NULL
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the reference is yours until copilot_session_free()
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_session_ref(session: *mut copilot_session) -> *mut copilot_session {
    ffi!(or ptr::null_mut(), {
        // SAFETY: NULL or a live session, says the manual.
        unsafe { share(session) }.map_or(ptr::null_mut(), give_arc::<copilot_session>)
    })
}

/// Gives a reference up. With the last one the session's callbacks end: those that are not running
/// are destroyed here, questions that wait get their default, and the session is let go of in the
/// background as by copilot_session_disconnect(). The server keeps its data.
///
/// @param session  the session; NULL is nothing
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    takes the reference
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_session_free(session: *mut copilot_session) {
    ffi!(or(), {
        // SAFETY: NULL or a reference that nobody uses any more, says the manual.
        drop(unsafe { take_arc(session) });
        clear_graveyard();
    });
}

/// The session's id.
///
/// @param session  the session, or NULL
/// @return the id as UTF-8; NULL for NULL
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the text belongs to the session and lives as long as it
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_session_id(session: *const copilot_session) -> *const c_char {
    ffi!(or ptr::null(), {
        // SAFETY: NULL or a live session, says the manual.
        unsafe { get(session) }.map_or(ptr::null(), |session| session.core().id().as_ptr())
    })
}

/// Where the session keeps its files, such as plans and checkpoints, when it was first opened.
///
/// @param session  the session, or NULL
/// @return the path as UTF-8; NULL when the session has no such place, and for NULL
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the text belongs to the session and lives as long as it
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_session_workspace_path(session: *const copilot_session) -> *const c_char {
    ffi!(or ptr::null(), {
        // SAFETY: NULL or a live session, says the manual.
        let path = unsafe { get(session) }.and_then(|session| session.core().workspace_path());
        path.map_or(ptr::null(), |path| path.as_ptr())
    })
}

/// Calls a function for the session's events from now on. To miss none of the first ones use
/// copilot_session_config_on_event(), which also tells how types may be spelled.
///
/// @param session     the session
/// @param event_type  the type of event, such as "assistant.message", UTF-8; NULL for all
/// @param callback    the function; it runs on the session's queue
/// @param user_data   handed to it
/// @param destroy     called once for user_data when it is not needed any more; NULL for none
/// @param error       receives the error on failure, NULL on success; may be NULL
/// @return the number of the subscription, greater than 0, or a negative status
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    user_data is the library's from the call on, also when the call fails; it is destroyed
///           when the subscription ends or the session's last reference is freed
/// @errors   COPILOT_E_INVALID_ARGUMENT: session or callback is NULL, or the type is empty;
///           COPILOT_E_INVALID_UTF8
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_session_on_event(
    session: *mut copilot_session,
    event_type: *const c_char,
    callback: copilot_event_cb,
    user_data: *mut c_void,
    destroy: copilot_destroy_cb,
    error: *mut *mut copilot_error,
) -> i64 {
    ffi!(error, {
        let data = UserData::own(user_data, destroy);
        // SAFETY: NULL or as the manual says.
        let (session, event_type) = unsafe { (need(session)?, optional_text(event_type, "event_type")?) };
        Ok(session.core().on_event(event_type, subscriber(event_type, callback, data)?))
    })
}

/// Ends a subscription of copilot_session_on_event() or of copilot_session_on_event_direct().
/// Outside of callbacks, when this returns the callback is not running, will not run, and its
/// user_data is destroyed. Inside any callback it does not wait: the callback may be finishing a
/// call on another thread, and the thread that serves the queue destroys user_data.
///
/// @param session       the session
/// @param subscription  the number that one of the two returned
/// @param error         receives the error on failure, NULL on success; may be NULL
/// @return COPILOT_OK or a negative status
///
/// @threads  any
/// @blocks   outside of callbacks until a running call has returned; hold no lock that it takes
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    ends the library's ownership of user_data
/// @errors   COPILOT_E_NOT_FOUND: there is no such subscription; COPILOT_E_INVALID_ARGUMENT: session
///           is NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_session_off_event(
    session: *mut copilot_session,
    subscription: i64,
    error: *mut *mut copilot_error,
) -> copilot_status {
    ffi!(error, {
        // SAFETY: NULL or as the manual says.
        let session = unsafe { need(session)? };
        unsubscribed(session.core().off_event(subscription), subscription)
    })
}

fn disconnect(session: &Session) -> Call<impl Work<()>> {
    call_of(session, "copilot_session_disconnect", Arc::clone(session.core()).disconnect())
}

/// Lets go of the session: no more events come, its questions are withdrawn, waits and later calls
/// fail with COPILOT_E_CLOSED. The server keeps its data: copilot_session_reopen() opens it again on
/// this handle, copilot_session_resume() on another, and copilot_client_delete_session() deletes it.
/// Doing it twice is no error.
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
/// @errors   COPILOT_E_SESSION, COPILOT_E_RPC: the server could not, and the session is let go of on
///           this side all the same; COPILOT_E_TRANSPORT: the CLI went away; COPILOT_E_TIMEOUT;
///           COPILOT_E_WOULD_DEADLOCK; COPILOT_E_INVALID_ARGUMENT: session is NULL or timeout_ms is
///           0
/// @wire     session.detach, or session.destroy where the server does not know it
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_session_disconnect(
    session: *mut copilot_session,
    timeout_ms: i32,
    error: *mut *mut copilot_error,
) -> copilot_status {
    ffi!(error, {
        // SAFETY: NULL or as the manual says.
        let call = unsafe { disconnect(need(session)?) };
        call.wait(timeout_ms).map(call::status)
    })
}

/// copilot_session_disconnect() without waiting; the operation yields nothing.
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
///           copilot_session_disconnect()
/// @wire     session.detach, or session.destroy where the server does not know it
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_op_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_session_disconnect_async(
    session: *mut copilot_session,
    callback: copilot_op_cb,
    user_data: *mut c_void,
    destroy: copilot_destroy_cb,
    error: *mut *mut copilot_error,
) -> *mut copilot_op {
    ffi!(error, {
        let data = UserData::own(user_data, destroy);
        // SAFETY: NULL or as the manual says.
        let call = unsafe { disconnect(need(session)?) };
        Ok(call.begin(op_callback(callback, data)))
    })
}
