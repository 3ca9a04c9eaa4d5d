//! Events: what the library tells.

use std::ffi::{CStr, c_char};
use std::ptr;
use std::sync::Arc;

use super::ffi;
use super::handle::{
    copilot_event, copilot_json, copilot_op, copilot_request, get, give_arc, lend, share, take_arc,
};
use super::types::copilot_event_kind;
use crate::callback::{clear_graveyard, is_grave};
use crate::queue::{Event, recycle};
use crate::runtime;

/// What kind of thing happened.
///
/// @param event  the event, or NULL
/// @return one of the COPILOT_EVENT_ constants; COPILOT_EVENT_NONE for NULL
///
/// @threads  any; an event never changes
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the event stays yours
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_event_get_kind(event: *const copilot_event) -> copilot_event_kind {
    ffi!(quick or 0, {
        // SAFETY: NULL or a live event, says the manual.
        unsafe { get(event) }.map_or(0, |event| event.kind() as i32)
    })
}

/// The name of what happened. For an event of a session it is the wire's, such as
/// "assistant.message_delta"; the server may send types that this version of the library has never
/// heard of. The opening comment lists the names of the other kinds.
///
/// @param event  the event, or NULL
/// @return the name as UTF-8, never NULL; "" for NULL
///
/// @threads  any; an event never changes
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the text belongs to the event and lives as long as it
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_event_type(event: *const copilot_event) -> *const c_char {
    ffi!(quick or c"".as_ptr(), {
        // SAFETY: NULL or a live event, says the manual.
        unsafe { get(event) }.map_or(c"".as_ptr(), |event| event.event_type().as_ptr())
    })
}

/// The id of the session that an event belongs to.
///
/// @param event  the event, or NULL
/// @return the id as UTF-8; NULL when it belongs to none, and for NULL
///
/// @threads  any; an event never changes
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the text belongs to the event and lives as long as it
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_event_session_id(event: *const copilot_event) -> *const c_char {
    ffi!(quick or ptr::null(), {
        // SAFETY: NULL or a live event, says the manual.
        unsafe { get(event) }.and_then(|event| event.session_id()).map_or(ptr::null(), CStr::as_ptr)
    })
}

/// The JSON of an event. For an event of a session it is the whole event as the server sent it,
/// with the members "id", "timestamp", "type" and "data" among others. The opening comment lists
/// the JSON of the other kinds.
///
/// @param event  the event, or NULL
/// @return the JSON; NULL for NULL
///
/// @threads  any; an event never changes
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the JSON belongs to the event and lives as long as it; do not free it,
///           copilot_json_copy() copies a part out
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_event_json(event: *const copilot_event) -> *const copilot_json {
    ffi!(quick or ptr::null(), {
        // SAFETY: NULL or a live event, says the manual.
        match unsafe { get(event) }.and_then(Event::json_in_place) {
            Some(json) => lend(json),
            // SAFETY: likewise.
            None => unsafe { other_json(event) },
        }
    })
}

/// The JSON of an event that has to be asked for it, or of none.
///
/// # Safety
/// `event` is NULL or a live event.
#[inline(never)]
unsafe fn other_json(event: *const copilot_event) -> *const copilot_json {
    ffi!(also_forked or ptr::null(), {
        // SAFETY: promised by the caller.
        unsafe { get(event) }.map_or(ptr::null(), |event| lend::<copilot_json>(event.json()))
    })
}

/// The operation whose end a COPILOT_EVENT_COMPLETION reports. Its result can be taken.
///
/// @param event  the event, or NULL
/// @return a reference to the operation; NULL for every other kind, for NULL, and after a fork
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the reference is yours: copilot_op_free()
/// @errors   none
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_op_free)
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_event_op(event: *const copilot_event) -> *mut copilot_op {
    ffi!(or ptr::null_mut(), {
        // SAFETY: NULL or a live event, says the manual.
        let op = unsafe { get(event) }.and_then(|event| event.operation());
        op.map_or(ptr::null_mut(), |op| give_arc::<copilot_op>(Arc::clone(op)))
    })
}

/// Takes the request out of a COPILOT_EVENT_REQUEST, to answer it now or later. It can be taken
/// once. A request that is not taken gets its default answer when the last reference to the event
/// is freed.
///
/// @param event  the event, or NULL
/// @return the request; NULL when it was taken already, for every other kind, for NULL, and after a
///         fork
///
/// @threads  any; one of several threads gets it
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the request is yours: answer it and then copilot_request_free()
/// @errors   none
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_request_free)
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_event_take_request(event: *mut copilot_event) -> *mut copilot_request {
    ffi!(or ptr::null_mut(), {
        // SAFETY: NULL or a live event, says the manual.
        let request = unsafe { get(event) }.and_then(|event| event.take_request());
        request.map_or(ptr::null_mut(), give_arc::<copilot_request>)
    })
}

/// Runs the callbacks that an event has, on this thread: for programs that take items with
/// copilot_queue_next() and want some of them to be handled by the functions that were registered.
///
/// A request that is still in the event afterwards gets its default answer.
///
/// @param event  the event; NULL is nothing
/// @return 1 when there was a callback to run, else 0; 0 after a fork
///
/// @threads  any, but only one at a time for the events of one queue: callbacks expect it
/// @blocks   while the callbacks run
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the event stays yours
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_event_deliver(event: *mut copilot_event) -> i32 {
    ffi!(or 0, {
        // SAFETY: NULL or a live event, says the manual. The reference outlives a callback that frees the handle.
        let Some(event) = (unsafe { share(event) }) else { return 0 };
        event.deliver();
        i32::from(event.has_callback())
    })
}

/// Makes one more reference to an event: how a callback keeps it.
///
/// @param event  the event; NULL gives NULL
/// @return the same event; NULL after a fork
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the reference is yours: copilot_event_free()
/// @errors   none
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_event_free)
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_event_ref(event: *const copilot_event) -> *mut copilot_event {
    ffi!(or ptr::null_mut(), {
        // SAFETY: NULL or a live event, says the manual.
        unsafe { share(event) }.map_or(ptr::null_mut(), give_arc::<copilot_event>)
    })
}

/// Frees a reference to an event. With the last one go its JSON and its texts, and a request that
/// was not taken gets its default answer.
///
/// @param event  the event; NULL is nothing
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    takes the reference; after a fork it is leaked on purpose
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_event_free(event: *mut copilot_event) {
    ffi!(quick or(), {
        if runtime::is_forked() {
            return;
        }
        // SAFETY: NULL or a reference that is not used any more, says the manual.
        let Some(event) = (unsafe { take_arc(event) }) else { return };
        let kept_by_others = recycle(event);
        if kept_by_others.is_some() || is_grave() {
            let_go(kept_by_others);
        }
    });
}

/// The end of an event that is not used again, and of what waits for such a moment.
#[inline(never)]
fn let_go(event: Option<Arc<Event>>) {
    ffi!(or(), {
        drop(event);
        clear_graveyard();
    });
}
