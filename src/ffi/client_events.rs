//! What a client answers and hears, apart from its sessions.

use std::ffi::{c_char, c_void};
use std::sync::Arc;

use super::ffi;
use super::guard::{optional_text, text};
use super::handle::{copilot_client, copilot_error, need};
use super::types::{copilot_destroy_cb, copilot_event_cb, copilot_request_cb, copilot_status};
use super::user_data::{UserData, event_callback, request_callback};
use crate::callback::Callback;
use crate::error::{Code, Error, Result};
use crate::protocol::methods;
use crate::protocol::question::{self, Kind};
use crate::queue::Event;

/// An event callback, which must be there, for events of a type that must not be "".
pub(super) fn subscriber(
    event_type: Option<&str>,
    callback: copilot_event_cb,
    data: UserData,
) -> Result<Arc<Callback<Event>>> {
    if event_type == Some("") {
        return Err(Error::invalid_argument("the event type is empty; NULL stands for all types"));
    }
    event_callback(callback, data)
        .ok_or_else(|| Error::invalid_argument("the callback is NULL; a subscription needs one"))
}

/// The end of an unsubscription.
pub(super) fn unsubscribed(found: bool, subscription: i64) -> Result<copilot_status> {
    if found {
        return Ok(0);
    }
    let message = format!("there is no subscription {subscription} here; it was ended before, or never made");
    Err(Error::new(Code::NotFound, message))
}

/// Answers the server's requests of a method that has no kind of its own, such as "canvas.open", or
/// of all methods of a namespace, such as "sessionFs.*"; "*" is whatever comes. They arrive with
/// kind COPILOT_REQUEST_OTHER. Where several names fit, the most exact one is asked; and a
/// session's own handler, of copilot_session_config_on_method(), comes before all of these.
///
/// copilot_request_respond() lists the methods that are known, with their answers and defaults. Some
/// are asked only when the server has been told that somebody will answer: for skillProvider.list
/// and providerToken.getToken a handler for them, or for their namespace, does that when a session
/// is made; gitHubToken.getToken needs a handler of the session's own; the others need an option or
/// a call of their own.
///
/// What has a kind of its own is answered per session, by copilot_session_config_add_tool() and
/// copilot_session_config_on_request().
///
/// @param client     the client
/// @param method     the method's name, or a namespace with ".*", or "*", UTF-8
/// @param callback   runs on the client's queue for each request, in place of the one registered
///                   before. With NULL the requests come as REQUEST items where the client's queue
///                   is of mode "items"; on a queue of mode "callbacks" the registration ends, and
///                   the server is told that nobody knows the method
/// @param user_data  handed to the callback
/// @param destroy    called once for user_data when it is not needed any more; NULL for none
/// @param error      receives the error on failure, NULL on success; may be NULL
/// @return COPILOT_OK or a negative status
///
/// @threads  any
/// @blocks   outside of callbacks until a running call of the former callback has returned
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    user_data is the library's from the call on, also when the call fails; it is destroyed
///           when the callback is replaced or the client's last reference is freed
/// @errors   COPILOT_E_INVALID_ARGUMENT: client or method is NULL, the method is empty, has a "*"
///           elsewhere than at its end, or has a kind of its own; COPILOT_E_INVALID_UTF8
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_client_on_request(
    client: *mut copilot_client,
    method: *const c_char,
    callback: copilot_request_cb,
    user_data: *mut c_void,
    destroy: copilot_destroy_cb,
    error: *mut *mut copilot_error,
) -> copilot_status {
    ffi!(error, {
        let data = UserData::own(user_data, destroy);
        // SAFETY: NULL or as the manual says.
        let (client, method) = unsafe { (need(client)?, text(method, "method")?) };
        has_no_kind(method)?;
        client.core().on_request(method, request_callback(callback, data));
        Ok(0)
    })
}

/// An error for what is answered per session.
fn has_no_kind(method: &str) -> Result<()> {
    if let Some(problem) = methods::misnamed(method) {
        return Err(Error::invalid_argument(format!("the method {method:?}: {problem}")));
    }
    let instead = match question::by_method(method) {
        Kind::Other => return Ok(()),
        Kind::Tool => "copilot_session_config_add_tool",
        _ => "copilot_session_config_on_request",
    };
    Err(Error::invalid_argument(format!(
        "{method} has a kind of its own and is answered per session; use {instead}"
    )))
}

/// Calls a function for events that belong to the connection: STATE events, of type "state";
/// LIFECYCLE events, of types such as "session.created", "session.deleted", "session.updated",
/// "session.foreground" and "session.background", which tell of the sessions of every client of the
/// server; and NOTIFICATION events, whose type is the method of a notification that nothing else
/// stands for, such as "gitHubTelemetry.event". The events of your own sessions come by
/// copilot_session_config_on_event().
///
/// @param client      the client
/// @param event_type  the type of event, UTF-8; NULL for all
/// @param callback    the function; it runs on the client's queue
/// @param user_data   handed to it
/// @param destroy     called once for user_data when it is not needed any more; NULL for none
/// @param error       receives the error on failure, NULL on success; may be NULL
/// @return the number of the subscription, greater than 0, or a negative status
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    user_data is the library's from the call on, also when the call fails; it is destroyed
///           when the subscription ends or the client's last reference is freed
/// @errors   COPILOT_E_INVALID_ARGUMENT: client or callback is NULL, or the type is empty;
///           COPILOT_E_INVALID_UTF8
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_client_on_event(
    client: *mut copilot_client,
    event_type: *const c_char,
    callback: copilot_event_cb,
    user_data: *mut c_void,
    destroy: copilot_destroy_cb,
    error: *mut *mut copilot_error,
) -> i64 {
    ffi!(error, {
        let data = UserData::own(user_data, destroy);
        // SAFETY: NULL or as the manual says.
        let (client, event_type) = unsafe { (need(client)?, optional_text(event_type, "event_type")?) };
        Ok(client.core().on_event(event_type, subscriber(event_type, callback, data)?))
    })
}

/// Ends a subscription of copilot_client_on_event(). Outside of callbacks, when this returns the
/// callback is not running, will not run, and its user_data is destroyed. Inside any callback it
/// does not wait: the callback may be finishing a call on another thread, and the thread that
/// serves the queue destroys user_data.
///
/// @param client        the client
/// @param subscription  the number that copilot_client_on_event() returned
/// @param error         receives the error on failure, NULL on success; may be NULL
/// @return COPILOT_OK or a negative status
///
/// @threads  any
/// @blocks   outside of callbacks until a running call has returned; hold no lock that it takes
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    ends the library's ownership of user_data
/// @errors   COPILOT_E_NOT_FOUND: there is no such subscription; COPILOT_E_INVALID_ARGUMENT: client
///           is NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_client_off_event(
    client: *mut copilot_client,
    subscription: i64,
    error: *mut *mut copilot_error,
) -> copilot_status {
    ffi!(error, {
        // SAFETY: NULL or as the manual says.
        let client = unsafe { need(client)? };
        unsubscribed(client.core().off_event(subscription), subscription)
    })
}
