//! Queues by the batch: many items for one call.

use std::ptr;

use super::call::timeout;
use super::ffi;
use super::guard::refuse_forked;
use super::handle::{copilot_error, copilot_event, copilot_json, copilot_queue, give_arc, give_box, need};
use super::types::copilot_status;
use crate::error::{Code, Error};
use crate::json::Json;
use crate::queue::Taken;

/// What a call returns that has no item to give.
fn why(nothing: &Taken) -> copilot_status {
    match nothing {
        Taken::Event(_) => 0,
        Taken::Timeout => Code::Timeout as i32,
        Taken::Woken => Code::Cancelled as i32,
        Taken::Closed => Code::Closed as i32,
    }
}

/// Takes all items that wait in a queue, up to `capacity`, without running their callbacks. It waits
/// for the first one, and never for another: a batch of one is as quick as copilot_queue_next().
///
/// The items come in their order, each as copilot_queue_next() would give it. In all else this is
/// that function: from now on the program serves the queue, COPILOT_E_TIMEOUT, COPILOT_E_CANCELLED
/// and COPILOT_E_CLOSED are no failures and leave `*error` NULL, and after copilot_queue_close()
/// what was queued before is still returned.
///
/// @param queue       the queue
/// @param timeout_ms  how long to wait for the first item, in milliseconds; 0 does not wait,
///                    negative waits for ever
/// @param events      an array of `capacity` pointers; its first `*count` ones receive the items,
///                    the others are not written
/// @param capacity    the most items to take, at least 1. Some dozens are enough to make the call
///                    itself cost nothing
/// @param count       receives how many there are; always written, 0 unless COPILOT_OK is returned
/// @param error       where to put the error; may be NULL
/// @return COPILOT_OK and at least one item, or a negative status
///
/// @threads  any, several at once; then each item goes to one of them, and what one call takes of a
///           session is in order
/// @blocks   up to timeout_ms; copilot_queue_wake() and copilot_queue_close() end the wait
/// @callback allowed with timeout_ms 0; else COPILOT_E_WOULD_DEADLOCK inside a callback of this
///           queue; not in the wakeup and log callbacks
/// @owner    each item is yours: copilot_event_free()
/// @errors   COPILOT_E_TIMEOUT: nothing came in time; COPILOT_E_CANCELLED: copilot_queue_wake();
///           COPILOT_E_CLOSED: closed and empty; COPILOT_E_WOULD_DEADLOCK;
///           COPILOT_E_INVALID_ARGUMENT: `queue`, `events` or `count` is NULL, or `capacity` is 0;
///           COPILOT_E_FORKED
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_queue_next_batch(
    queue: *mut copilot_queue,
    timeout_ms: i32,
    events: *mut *mut copilot_event,
    capacity: usize,
    count: *mut usize,
    error: *mut *mut copilot_error,
) -> copilot_status {
    // In a forked process too, because `*count` is always written.
    ffi!(also_forked error, {
        if count.is_null() {
            return Err(Error::invalid_argument("count is NULL; nobody would know how many items there are"));
        }
        // SAFETY: not NULL, so it points to writable memory for one number, says the manual.
        unsafe { count.write(0) };
        refuse_forked()?;
        if events.is_null() || capacity == 0 {
            return Err(Error::invalid_argument("events is NULL or capacity is 0; there is no room for an item"));
        }
        // SAFETY: NULL or a live queue, says the manual.
        let queue = unsafe { need(queue) }?;
        let mut given = 0;
        let taken = queue.next_batch(timeout(timeout_ms), capacity, |event| {
            // SAFETY: the array has `capacity` pointers, says the manual, and no more events are given than that.
            unsafe { events.add(given).write(give_arc::<copilot_event>(event)) };
            given += 1;
        })?;
        match taken {
            Ok(taken) => {
                // SAFETY: as above.
                unsafe { count.write(taken) };
                Ok(0)
            }
            Err(nothing) => Ok(why(&nothing)),
        }
    })
}

/// Takes items that wait in a queue as one JSON text, without running callbacks: for bindings, whose
/// language reads a text faster than it calls a function for each item.
///
/// The JSON is an array with an object for each item:
///
///   [{"kind":1,"type":"assistant.message_delta","sessionId":"...","event":{...}},...]
///
/// "kind" is one of the COPILOT_EVENT_ constants, "type" what copilot_event_type() returns,
/// "sessionId" null where the item belongs to no session, and "event" the JSON of
/// copilot_event_json() as it is.
///
/// An item that is more than its JSON ends the batch and is given as an object: a request, the
/// completion of an operation, and whatever has a callback, which copilot_event_deliver() would
/// run. It comes behind the items of the text, so handle it after them; where it is the first, the
/// text is the empty array. The batch also ends when no item waits any more, with `max_items`, and
/// when the text has become larger than 1 MiB.
///
/// In all else this is copilot_queue_next(): it waits for the first item only, and from now on the
/// program serves the queue. COPILOT_E_TIMEOUT, COPILOT_E_CANCELLED and COPILOT_E_CLOSED are no
/// failures and leave `*error` NULL.
///
/// @param queue       the queue
/// @param timeout_ms  how long to wait for the first item, in milliseconds; 0 does not wait,
///                    negative waits for ever
/// @param max_items   the most items of the text; negative for no limit
/// @param batch       receives the text as a JSON value: copilot_json_text() has it; always written,
///                    NULL unless COPILOT_OK is returned
/// @param event       receives the item that ended the batch and is more than its JSON, else NULL;
///                    always written
/// @param error       where to put the error; may be NULL
/// @return COPILOT_OK and at least one item, or a negative status
///
/// @threads  any, several at once; then each item goes to one of them
/// @blocks   up to timeout_ms; copilot_queue_wake() and copilot_queue_close() end the wait
/// @callback allowed with timeout_ms 0; else COPILOT_E_WOULD_DEADLOCK inside a callback of this
///           queue; not in the wakeup and log callbacks
/// @owner    both are yours: copilot_json_free(), copilot_event_free()
/// @errors   COPILOT_E_TIMEOUT: nothing came in time; COPILOT_E_CANCELLED: copilot_queue_wake();
///           COPILOT_E_CLOSED: closed and empty; COPILOT_E_WOULD_DEADLOCK;
///           COPILOT_E_INVALID_ARGUMENT: `queue`, `batch` or `event` is NULL, or `max_items` is 0;
///           COPILOT_E_FORKED
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_queue_next_batch_json(
    queue: *mut copilot_queue,
    timeout_ms: i32,
    max_items: i32,
    batch: *mut *mut copilot_json,
    event: *mut *mut copilot_event,
    error: *mut *mut copilot_error,
) -> copilot_status {
    // In a forked process too, because `*batch` and `*event` are always written.
    ffi!(also_forked error, {
        if !batch.is_null() {
            // SAFETY: not NULL, so it points to writable memory for one pointer, says the manual.
            unsafe { batch.write(ptr::null_mut()) };
        }
        if !event.is_null() {
            // SAFETY: likewise.
            unsafe { event.write(ptr::null_mut()) };
        }
        refuse_forked()?;
        if batch.is_null() || event.is_null() {
            return Err(Error::invalid_argument("batch or event is NULL; items would be lost"));
        }
        if max_items == 0 {
            return Err(Error::invalid_argument("max_items is 0; a batch has one item at least"));
        }
        let most = usize::try_from(max_items).unwrap_or(usize::MAX);
        // SAFETY: NULL or a live queue, says the manual.
        match unsafe { need(queue) }?.next_written(timeout(timeout_ms), most)? {
            Ok(written) => {
                let json = Box::new(Json::from_trusted(written.text));
                let last = written.event.map_or(ptr::null_mut(), give_arc::<copilot_event>);
                // SAFETY: as above.
                unsafe {
                    batch.write(give_box::<copilot_json>(json));
                    event.write(last);
                }
                Ok(0)
            }
            Err(nothing) => Ok(why(&nothing)),
        }
    })
}

#[cfg(test)]
mod tests;
