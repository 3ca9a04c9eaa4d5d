//! Operations: what the program asks the server, on its way.

use std::ptr;
use std::sync::Arc;

use super::call::{self, timeout};
use super::ffi;
use super::handle::{
    copilot_error, copilot_json, copilot_op, copilot_session, get, give_arc, need, share, take_arc,
};
use super::types::{copilot_op_state, copilot_status};
use crate::callback::clear_graveyard;
use crate::error::{Code, Error, Result};
use crate::json::Json;
use crate::queue::{Operation, Progress, deadline_after};
use crate::session::Session;

/// The operation's number. COMPLETION items carry it in their JSON at "/operation".
///
/// @param op  the operation, or NULL
/// @return a number that no other operation of this process has; 0 for NULL
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the operation stays yours
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_op_id(op: *const copilot_op) -> u64 {
    ffi!(or 0, {
        // SAFETY: NULL or a live operation, says the manual.
        unsafe { get(op) }.map_or(0, Operation::id)
    })
}

/// How far the operation has come, at this moment.
///
/// @param op  the operation, or NULL
/// @return one of the COPILOT_OP_ constants; COPILOT_OP_FAILED for NULL, so that polling ends
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the operation stays yours
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_op_get_state(op: *const copilot_op) -> copilot_op_state {
    ffi!(or Progress::Failed as i32, {
        // SAFETY: NULL or a live operation, says the manual.
        unsafe { get(op) }.map_or(Progress::Failed as i32, |op| op.progress() as i32)
    })
}

/// Waits until the operation has ended.
///
/// When the time is up the operation goes on; wait again, or cancel it. When it has ended, its
/// completion callback and all that was queued before have been dispatched too, where this thread
/// or another dispatcher serves the queue. The result stays to be taken.
///
/// @param op          the operation
/// @param timeout_ms  milliseconds to wait; 0 only looks, COPILOT_WAIT_FOREVER waits for ever
/// @param error       receives the error on failure, NULL on success; may be NULL
/// @return COPILOT_OK when it has succeeded, else a negative status
///
/// @threads  any, several at once
/// @blocks   up to timeout_ms; serves the operation's queue meanwhile if nobody else does
/// @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the operation's queue, unless the
///           operation has ended
/// @owner    the operation stays yours
/// @errors   COPILOT_E_TIMEOUT: it has not ended yet; COPILOT_E_CANCELLED: it was cancelled;
///           COPILOT_E_WOULD_DEADLOCK; COPILOT_E_INVALID_ARGUMENT: op is NULL; otherwise the error
///           that the operation ended with
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_op_wait(
    op: *mut copilot_op,
    timeout_ms: i32,
    error: *mut *mut copilot_error,
) -> copilot_status {
    ffi!(error, {
        // SAFETY: NULL or as the manual says.
        let op = unsafe { need(op)? };
        wait(op, timeout_ms)
    })
}

fn wait(op: &Operation, timeout_ms: i32) -> Result<copilot_status> {
    op.refuse_inside("copilot_op_wait")?;
    if !op.wait(deadline_after(timeout(timeout_ms))) {
        let message = format!("operation {} did not end within {timeout_ms} ms; it goes on", op.id());
        return Err(Error::new(Code::Timeout, message));
    }
    op.error().map_or(Ok(0), Err)
}

/// Ends the operation now, unless it has ended: its state becomes COPILOT_OP_CANCELLED, what it
/// would have yielded is dropped, and its completion is delivered as any other. A reply that the
/// server still sends is ignored; a message that was sent is not recalled (see "abortOnCancel" in
/// copilot_session_send_and_wait()).
///
/// @param op  the operation; NULL is nothing
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the operation stays yours
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_op_cancel(op: *mut copilot_op) {
    ffi!(or(), {
        // SAFETY: NULL or a live operation, says the manual.
        if let Some(op) = unsafe { get(op) } {
            op.cancel();
        }
    });
}

/// Moves out what the operation yielded. It can be done once.
///
/// The manual of the _async function that began the operation says what the JSON is. An operation
/// that yields nothing gives the JSON value null.
///
/// @param op     the operation, which has ended
/// @param error  receives the error on failure, NULL on success; may be NULL
/// @return the result, to be freed with copilot_json_free(); NULL on failure
///
/// @threads  any; of several at once one gets it
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the result is yours until copilot_json_free(); the operation stays yours
/// @errors   COPILOT_E_INVALID_STATE: it has not ended, its result was taken already, or it yields a
///           session, which copilot_op_take_session() can still take;
///           COPILOT_E_INVALID_ARGUMENT: op is NULL; otherwise the error that it ended with
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_json_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_op_take_result(
    op: *mut copilot_op,
    error: *mut *mut copilot_error,
) -> *mut copilot_json {
    ffi!(error, {
        // SAFETY: NULL or as the manual says.
        let op = unsafe { need(op)? };
        take_result(op).map(call::json)
    })
}

fn take_result(op: &Operation) -> Result<Json> {
    if op.yields::<Arc<Session>>() {
        return Err(Error::new(
            Code::InvalidState,
            "the operation yields a session, not JSON; take it with copilot_op_take_session",
        ));
    }
    if op.yields::<()>() {
        return call::take::<()>(op).map(|()| Json::from_trusted("null"));
    }
    call::take(op)
}

/// Moves out the session that a create or a resume made. It can be done once.
///
/// @param op     the operation, which has ended
/// @param error  receives the error on failure, NULL on success; may be NULL
/// @return the session, to be freed with copilot_session_free(); NULL on failure
///
/// @threads  any; of several at once one gets it
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the session is yours until copilot_session_free(); the operation stays yours. A
///           session that nobody takes is freed with the last reference to the operation
/// @errors   COPILOT_E_INVALID_STATE: it has not ended, the session was taken already, or it yields
///           JSON, which copilot_op_take_result() can still take;
///           COPILOT_E_INVALID_ARGUMENT: op is NULL; otherwise the error that it ended with
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_session_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_op_take_session(
    op: *mut copilot_op,
    error: *mut *mut copilot_error,
) -> *mut copilot_session {
    ffi!(error, {
        // SAFETY: NULL or as the manual says.
        let op = unsafe { need(op)? };
        take_session(op).map(call::session)
    })
}

fn take_session(op: &Operation) -> Result<Arc<Session>> {
    if op.yields::<Json>() || op.yields::<()>() {
        return Err(Error::new(
            Code::InvalidState,
            "the operation yields JSON, not a session; take it with copilot_op_take_result",
        ));
    }
    call::take(op)
}

/// One more reference to the same operation.
///
/// @param op  the operation, or NULL
/// @return the same operation, to be freed with copilot_op_free(); NULL for NULL
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the reference is yours until copilot_op_free()
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_op_ref(op: *mut copilot_op) -> *mut copilot_op {
    ffi!(or ptr::null_mut(), {
        // SAFETY: NULL or a live operation, says the manual.
        unsafe { share(op) }.map_or(ptr::null_mut(), give_arc::<copilot_op>)
    })
}

/// Gives a reference up. The operation is not cancelled: it goes on, and its completion callback
/// still runs. Freeing it right after it was begun is the way to start something and let it run.
///
/// @param op  the operation; NULL is nothing
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks; an operation that a
///           callback was lent is not yours to free, unless copilot_op_ref() kept it
/// @owner    takes the reference
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_op_free(op: *mut copilot_op) {
    ffi!(or(), {
        // SAFETY: NULL or a reference that nobody uses any more, says the manual.
        drop(unsafe { take_arc(op) });
        clear_graveyard();
    });
}
