//! Sessions: events without a queue, on the thread that reads them.

use std::ffi::{c_char, c_void};

use super::client_events::subscriber;
use super::ffi;
use super::guard::optional_text;
use super::handle::{copilot_error, copilot_session, copilot_session_config, need, need_mut};
use super::types::{copilot_destroy_cb, copilot_event_cb, copilot_status};
use super::user_data::UserData;

/// Calls a function for the session's events on the thread that reads them, before they go anywhere
/// else: the shortest way that an event can take. Nothing waits, nothing is allocated for an event,
/// and nobody need serve a queue.
///
/// The price is that the function runs on a thread of the library's, for which this call asks, and
/// that nothing else of the client is read until it returns: it must not block, and should be done
/// in a moment. Blocking calls of the library, copilot_queue_dispatch() and copilot_queue_next()
/// with a timeout return COPILOT_E_WOULD_DEADLOCK inside it, for whatever client or queue; every
/// other call is allowed, the _async ones and copilot_session_off_event() among them. The thread has
/// 2 MiB of stack and blocks nearly all signals. The functions of one client run one at a time.
///
/// The session's other functions, and a queue that takes everything, get the event as well, after
/// this one has returned. Requests, completions and all other kinds of items go through queues as
/// ever. The event is lent for the call, in memory that the next one is told in; copilot_event_ref()
/// keeps it. It has no callbacks for copilot_event_deliver() to run.
///
/// To miss none of the first events use copilot_session_config_on_event_direct().
///
/// @param session     the session
/// @param event_type  the type of event, such as "assistant.message_delta", UTF-8; NULL for all
/// @param callback    the function
/// @param user_data   handed to it
/// @param destroy     called once for user_data when it is not needed any more; NULL for none
/// @param error       receives the error on failure, NULL on success; may be NULL
/// @return the number of the subscription for copilot_session_off_event(), greater than 0, or a
///         negative status
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    user_data is the library's from the call on, also when the call fails; it is destroyed
///           when the subscription ends or the session's last reference is freed. Where that is not
///           by copilot_session_off_event() outside of callbacks, the function may be running at
///           that moment, and user_data is destroyed after it by the thread that serves the
///           session's queue, never by the one that reads
/// @errors   COPILOT_E_INVALID_ARGUMENT: session or callback is NULL, or the type is empty;
///           COPILOT_E_INVALID_UTF8
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_session_on_event_direct(
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
        Ok(session.core().on_event_direct(event_type, subscriber(event_type, callback, data)?))
    })
}

/// Calls a function for the session's events on the thread that reads them, from the very first one
/// on: it may run before copilot_session_create() has returned, and then the program has no session
/// yet. In all else as copilot_session_on_event_direct().
///
/// Sessions of several clients that are made from one configuration have readers of their own, which
/// may call the function at the same time.
///
/// @param config      the configuration
/// @param event_type  the type of event, such as "assistant.message_delta", UTF-8; NULL for all
/// @param callback    the function
/// @param user_data   handed to it
/// @param destroy     called once for user_data when it is not needed any more; NULL for none
/// @param error       receives the error on failure, NULL on success; may be NULL
/// @return COPILOT_OK or a negative status
///
/// @threads  one at a time for each configuration
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    user_data is the library's from the call on, also when the call fails; it is destroyed
///           when the configuration and every session made from it are freed, and not by the thread
///           that reads
/// @errors   COPILOT_E_INVALID_ARGUMENT: config or callback is NULL, or the type is empty;
///           COPILOT_E_INVALID_UTF8
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_session_config_on_event_direct(
    config: *mut copilot_session_config,
    event_type: *const c_char,
    callback: copilot_event_cb,
    user_data: *mut c_void,
    destroy: copilot_destroy_cb,
    error: *mut *mut copilot_error,
) -> copilot_status {
    ffi!(error, {
        let data = UserData::own(user_data, destroy);
        // SAFETY: NULL or as the manual says.
        let (config, event_type) = unsafe { (need_mut(config)?, optional_text(event_type, "event_type")?) };
        config.on_event_direct(event_type, subscriber(event_type, callback, data)?);
        Ok(0)
    })
}
