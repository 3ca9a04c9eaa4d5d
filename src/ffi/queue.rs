//! Queues: where the library delivers.

use std::ffi::{c_char, c_void};
use std::ptr;

use super::call::timeout;
use super::ffi;
use super::guard::{optional_text, refuse_forked};
use super::handle::{copilot_error, copilot_event, copilot_queue, get, give_arc, need, share, take_arc};
use super::types::{copilot_destroy_cb, copilot_status, copilot_wakeup_cb};
use super::user_data::{UserData, wakeup_callback};
use crate::callback::clear_graveyard;
use crate::error::{Code, Error};
use crate::queue::{Options, Owner, Queue, Taken};

/// Makes a queue, to give to clients or sessions. It is not needed for a start: every client has a
/// queue of its own, copilot_client_queue().
///
/// The options are a JSON object. Its keys:
///
///   "mode"            "callbacks" (the default): only what has a callback enters, so that nothing
///                     piles up unserved. "items": everything enters, to be taken by
///                     copilot_queue_next().
///   "hardLimitBytes"  A number from 1024 on, the default is 268435456 (256 MiB). While more than
///                     this is waiting, the connections that deliver here are not read, unless an
///                     operation of theirs is pending: its reply may be behind unread events.
///   "softLimitBytes"  A number from 0 on; by default that of the hard limit. While more than this
///                     is waiting, pieces of one text become one item: the events
///                     "assistant.message_delta" of one message, and likewise
///                     "assistant.reasoning_delta" and "assistant.tool_call_delta". No character
///                     is lost. The item is the first event with the pieces in a row, so pieces
///                     of another text may come behind it that came before its last. Of
///                     "assistant.streaming_delta" the newest stays.
///   "overflow"        "pause" (the default) or "drop_oldest": at the hard limit the connections are
///                     read on, and the oldest events that waited go. Requests, completions, states
///                     and user data to destroy are always kept.
///   "log"             "error", "warn", "info", "debug" or "trace": messages of the library of this
///                     level and of graver ones are items, of kind COPILOT_EVENT_LOG and type
///                     "log". They are those of the whole process, as with copilot_set_log(), and
///                     come whether or not that has a callback. For programs whose functions cannot
///                     be called by threads that they do not know. By default there are none. At
///                     the hard limit they are dropped.
///
/// So by default nothing is ever lost, and pieces are merged only above the hard limit, when the
/// reader has to go on for a pending operation. What was merged and dropped is told by one
/// COPILOT_EVENT_OVERFLOW item at a time; its place is where it began. In mode "callbacks" it comes
/// to the callbacks that a client has for "overflow" or all events, and for a queue of its own to
/// those of a session. copilot_client_stats() has the sums.
///
/// While more than 1 MiB is waiting, the connections that deliver here pause now and then, each time
/// for 5 ms at most and not while an operation is pending, so that whoever serves the queue can
/// catch up and what comes stays with the server and not in memory.
///
/// A queue in which items wait for 5 s while nobody serves it is a message of level
/// COPILOT_LOG_WARN, once until somebody does.
///
/// The same object can be given as "queue" in the options of a client.
///
/// @param options_json  the options as UTF-8; NULL for the defaults
/// @param error         where to put the error; may be NULL
/// @return the queue; NULL on failure
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the queue is yours: copilot_queue_free()
/// @errors   COPILOT_E_INVALID_UTF8, COPILOT_E_INVALID_JSON; COPILOT_E_INVALID_ARGUMENT: an unknown
///           key or a wrong value, the message tells which; COPILOT_E_FORKED
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_queue_free)
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_queue_new(
    options_json: *const c_char,
    error: *mut *mut copilot_error,
) -> *mut copilot_queue {
    ffi!(error, {
        // SAFETY: NULL or a NUL-terminated text, says the manual.
        let options = unsafe { optional_text(options_json, "options_json") }?;
        let options = options.map(Options::parse).transpose()?.unwrap_or_default();
        Ok(give_arc::<copilot_queue>(Owner::new(options).release()))
    })
}

/// Makes one more reference to a queue. References are equal and freed in any order.
///
/// @param queue  the queue; NULL gives NULL
/// @return the same queue; NULL after a fork
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the reference is yours: copilot_queue_free()
/// @errors   none
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_queue_free)
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_queue_ref(queue: *mut copilot_queue) -> *mut copilot_queue {
    ffi!(or ptr::null_mut(), {
        // SAFETY: NULL or a live queue, says the manual.
        let queue = unsafe { share(queue) };
        queue.map_or(ptr::null_mut(), |queue| give_arc::<copilot_queue>(Owner::join(&queue).release()))
    })
}

/// Frees a reference to a queue.
///
/// Clients, sessions and pending operations that deliver to it hold references of their own. With
/// the last one the queue is closed, the requests that wait in it get their default answer, and
/// what else waits is dropped: user data that waits to be destroyed is destroyed here. When this
/// returns after the last one, no callback of the queue is running or will run, unless it was
/// called inside a callback: then the running ones end by themselves.
///
/// @param queue  the queue; NULL is nothing
///
/// @threads  any
/// @blocks   the last reference: while a callback of the queue runs on another thread
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    takes the reference; after a fork it is leaked on purpose
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_queue_free(queue: *mut copilot_queue) {
    ffi!(or(), {
        // SAFETY: NULL or a reference that is not used any more, says the manual.
        if let Some(queue) = unsafe { take_arc(queue) } {
            Owner::assume(queue).leave();
            clear_graveyard();
        }
    });
}

/// Takes the next item out of a queue, without running its callbacks: copilot_event_deliver() does
/// that.
///
/// From now on the program serves this queue, and blocking calls do not do so while they wait.
///
/// COPILOT_E_TIMEOUT, COPILOT_E_CANCELLED and COPILOT_E_CLOSED are no failures here but tell why
/// there is no item; `*error` stays NULL with them. After copilot_queue_close() what was queued
/// before is still returned, and then COPILOT_E_CLOSED for ever.
///
/// @param queue       the queue
/// @param timeout_ms  how long to wait, in milliseconds; 0 does not wait, negative waits for ever
/// @param event       receives the item; always written, NULL unless COPILOT_OK is returned
/// @param error       where to put the error; may be NULL
/// @return COPILOT_OK and an item, or a negative status
///
/// @threads  any, several at once; then each item goes to one of them, in no particular order
/// @blocks   up to timeout_ms; copilot_queue_wake() and copilot_queue_close() end the wait
/// @callback allowed with timeout_ms 0; else COPILOT_E_WOULD_DEADLOCK inside a callback of this
///           queue; not in the wakeup and log callbacks
/// @owner    the item is yours: copilot_event_free()
/// @errors   COPILOT_E_TIMEOUT: nothing came in time; COPILOT_E_CANCELLED: copilot_queue_wake();
///           COPILOT_E_CLOSED: closed and empty; COPILOT_E_WOULD_DEADLOCK;
///           COPILOT_E_INVALID_ARGUMENT: `queue` or `event` is NULL; COPILOT_E_FORKED
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_queue_next(
    queue: *mut copilot_queue,
    timeout_ms: i32,
    event: *mut *mut copilot_event,
    error: *mut *mut copilot_error,
) -> copilot_status {
    // In a forked process too, because `*event` is always written.
    ffi!(also_forked error, {
        if event.is_null() {
            return Err(Error::invalid_argument("event is NULL; the item would be lost"));
        }
        // SAFETY: not NULL, so it points to writable memory for one pointer, says the manual.
        unsafe { event.write(ptr::null_mut()) };
        refuse_forked()?;
        // SAFETY: NULL or a live queue, says the manual.
        match unsafe { need(queue) }?.next(timeout(timeout_ms))? {
            Taken::Event(taken) => {
                // SAFETY: as above.
                unsafe { event.write(give_arc::<copilot_event>(taken)) };
                Ok(0)
            }
            Taken::Timeout => Ok(Code::Timeout as i32),
            Taken::Woken => Ok(Code::Cancelled as i32),
            Taken::Closed => Ok(Code::Closed as i32),
        }
    })
}

/// Serves a queue on this thread: waits for an item and runs callbacks until the queue is empty or
/// `max_items` have been run. An item without a callback is dropped; a request then gets its
/// default answer.
///
/// From now on this thread is the one that serves the queue, and blocking calls made on it do so
/// while they wait. A blocking call on another thread returns when this one has dispatched what
/// was queued before its end, or when its own time is up: go on dispatching. While another thread,
/// or the library's, is dispatching the same queue, this waits, up to `timeout_ms`.
///
/// @param queue       the queue
/// @param max_items   the most items to run; negative for no limit
/// @param timeout_ms  how long to wait for the first item, in milliseconds; 0 does not wait,
///                    negative waits for ever
/// @return how many items were run, 0 when none came in time or copilot_queue_wake() ended the
///         wait; or a negative status
///
/// @threads  any; callbacks of one queue never overlap
/// @blocks   up to timeout_ms, and while the callbacks run; copilot_queue_wake() and
///           copilot_queue_close() end the wait
/// @callback not inside a callback of this queue: COPILOT_E_INVALID_STATE; not in the wakeup and
///           log callbacks
/// @owner    the queue stays yours
/// @errors   COPILOT_E_CLOSED: the queue is closed and empty; COPILOT_E_INVALID_STATE: see above;
///           COPILOT_E_INVALID_ARGUMENT: `queue` is NULL; COPILOT_E_FORKED
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_queue_dispatch(
    queue: *mut copilot_queue,
    max_items: i32,
    timeout_ms: i32,
) -> i32 {
    ffi!(code, {
        // SAFETY: NULL or a live queue, says the manual.
        let queue = unsafe { need(queue) }?;
        let ran = queue.dispatch(usize::try_from(max_items).ok(), timeout(timeout_ms))?;
        Ok(i32::try_from(ran).unwrap_or(i32::MAX))
    })
}

/// Starts a thread of the library's that serves a queue from now on: callbacks run on it, one at a
/// time. Starting it twice is no error.
///
/// Do not do this where callbacks from a foreign thread are not allowed, as in LuaJIT. The thread
/// has the signal mask of the caller, with SIGPIPE blocked in addition.
///
/// @param queue  the queue
/// @param error  where to put the error; may be NULL
/// @return COPILOT_OK, or a negative status
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the queue stays yours; the thread ends with its last reference
/// @errors   COPILOT_E_CLOSED: the queue is closed; COPILOT_E_IO: no thread could be started;
///           COPILOT_E_INVALID_ARGUMENT: `queue` is NULL; COPILOT_E_FORKED
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_queue_start_thread(
    queue: *mut copilot_queue,
    error: *mut *mut copilot_error,
) -> copilot_status {
    ffi!(error, {
        // SAFETY: NULL or a live queue, says the manual.
        unsafe { need(queue) }?.start_thread()?;
        Ok(0)
    })
}

/// Ends the thread that copilot_queue_start_thread() started. When this returns COPILOT_OK, no
/// callback is running on it and none will. What waits stays in the queue. Without such a thread it
/// does nothing.
///
/// @param queue  the queue
/// @param error  where to put the error; may be NULL
/// @return COPILOT_OK, or a negative status
///
/// @threads  any
/// @blocks   until the running callback has returned: hold no lock that the callback takes
/// @callback not inside a callback of this queue: COPILOT_E_WOULD_DEADLOCK; not in the wakeup and
///           log callbacks
/// @owner    the queue stays yours
/// @errors   COPILOT_E_WOULD_DEADLOCK: see above; COPILOT_E_INVALID_ARGUMENT: `queue` is NULL;
///           COPILOT_E_FORKED
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_queue_stop_thread(
    queue: *mut copilot_queue,
    error: *mut *mut copilot_error,
) -> copilot_status {
    ffi!(error, {
        // SAFETY: NULL or a live queue, says the manual.
        unsafe { need(queue) }?.stop_thread()?;
        Ok(0)
    })
}

/// A file descriptor for poll(), epoll or an event loop: readable exactly while items wait.
///
/// Never read it, write it or close it: it is level-triggered and the library keeps it true. When
/// it is readable, call copilot_queue_dispatch() or copilot_queue_next() with timeout 0.
///
/// From now on the program serves this queue, and blocking calls do not do so while they wait,
/// unless they are made on the thread that has dispatched it last.
///
/// @param queue  the queue
/// @return the descriptor; -1 when there is none: `queue` is NULL, no descriptor could be made, the
///         process was forked
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the descriptor belongs to the queue and is closed with it
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_queue_fd(queue: *const copilot_queue) -> i32 {
    ffi!(or - 1, {
        // SAFETY: NULL or a live queue, says the manual.
        unsafe { get(queue) }.and_then(|queue| queue.descriptor().ok()).unwrap_or(-1)
    })
}

/// Lets a function be called when items wait, in place of the one before. It is for hosts that are
/// woken by posting a message to them.
///
/// The function is armed by this call and again by every copilot_queue_next() and
/// copilot_queue_dispatch() that returns. Armed, it is called once when the queue is not empty or
/// becomes so; by any thread, also by this one before this returns. It may only signal another
/// thread; of the library's functions it may call copilot_queue_wake() alone.
///
/// While there is such a function, the program serves this queue, and blocking calls do not do so
/// while they wait.
///
/// @param queue      the queue
/// @param callback   the function; NULL for none
/// @param user_data  passed to the function; may be NULL
/// @param destroy    destroys the user data when the function is replaced or the queue ends; may be
///                   NULL
/// @param error      where to put the error; may be NULL
/// @return COPILOT_OK, or a negative status
///
/// @threads  any
/// @blocks   outside of callbacks: until the former function does not run any more. It is then
///           destroyed before this returns
/// @callback allowed in every callback but the wakeup and log callbacks; it then does not wait, and
///           the former user data is destroyed by the thread that serves the queue
/// @owner    takes the user data at once, also when it fails
/// @errors   COPILOT_E_INVALID_ARGUMENT: `queue` is NULL; COPILOT_E_FORKED
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_queue_set_wakeup(
    queue: *mut copilot_queue,
    callback: copilot_wakeup_cb,
    user_data: *mut c_void,
    destroy: copilot_destroy_cb,
    error: *mut *mut copilot_error,
) -> copilot_status {
    ffi!(error, {
        let data = UserData::own(user_data, destroy);
        // SAFETY: NULL or a live queue, says the manual.
        unsafe { need(queue) }?.set_wakeup(wakeup_callback(callback, data));
        Ok(0)
    })
}

/// Ends one wait in copilot_queue_next() or copilot_queue_dispatch(): the one that is going on, or
/// the next if there is none.
///
/// @param queue  the queue; NULL is nothing
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback, also in the wakeup callback; not in the log callback
/// @owner    the queue stays yours
/// @errors   none; after a fork it does nothing
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_queue_wake(queue: *mut copilot_queue) {
    ffi!(or(), {
        // SAFETY: NULL or a live queue, says the manual.
        if let Some(queue) = unsafe { get(queue) } {
            queue.wake();
        }
    });
}

/// Closes a queue: ends every wait, gives the requests that wait their default answer, and refuses
/// what comes later. What else was queued can still be taken or dispatched.
///
/// @param queue  the queue; NULL is nothing
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the queue stays yours and must still be freed
/// @errors   none; after a fork it does nothing
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_queue_close(queue: *mut copilot_queue) {
    ffi!(or(), {
        // SAFETY: NULL or a live queue, says the manual.
        if let Some(queue) = unsafe { get(queue) } {
            queue.close();
        }
    });
}

/// How many items wait in a queue. Other threads may change it at any time.
///
/// @param queue  the queue; NULL is empty
/// @return the number at this moment; 0 after a fork
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the queue stays yours
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_queue_length(queue: *const copilot_queue) -> usize {
    ffi!(or 0, {
        // SAFETY: NULL or a live queue, says the manual.
        unsafe { get(queue) }.map_or(0, Queue::len)
    })
}

#[cfg(test)]
mod tests;
