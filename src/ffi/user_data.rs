//! The program's functions and the data that goes with them.

use std::ffi::c_void;
use std::sync::Arc;

use super::handle::{copilot_event, copilot_op, copilot_request, lend};
use super::types::{
    copilot_destroy_cb, copilot_event_cb, copilot_op_cb, copilot_request_cb, copilot_wakeup_cb,
};
use crate::callback::Callback;
use crate::queue::{Event, Operation};
use crate::request::Request;

/// A `user_data` pointer that the library owns: `destroy` runs when it is dropped.
pub struct UserData {
    pointer: *mut c_void,
    destroy: copilot_destroy_cb,
}

// SAFETY: the manual says that user_data goes from thread to thread with its callback; the library only passes it on.
unsafe impl Send for UserData {}
// SAFETY: as above.
unsafe impl Sync for UserData {}

impl UserData {
    /// Takes the pointer over, before anything can fail.
    pub fn own(pointer: *mut c_void, destroy: copilot_destroy_cb) -> UserData {
        UserData { pointer, destroy }
    }

    /// The pointer, for a call of the callback.
    pub fn pointer(&self) -> *mut c_void {
        self.pointer
    }
}

impl Drop for UserData {
    fn drop(&mut self) {
        if let Some(destroy) = self.destroy {
            // SAFETY: the program gave function and pointer together, and this is their one call.
            unsafe { destroy(self.pointer) };
        }
    }
}

/// An event callback; `None` for NULL, whose user data is destroyed.
pub fn event_callback(callback: copilot_event_cb, data: UserData) -> Option<Arc<Callback<Event>>> {
    let callback = callback?;
    Some(Callback::new(Box::new(move |event: &Event| {
        // SAFETY: the program's function, called as its type says, with its own data.
        unsafe { callback(lend::<copilot_event>(event), data.pointer()) };
    })))
}

/// A request callback; `None` for NULL, whose user data is destroyed.
pub fn request_callback(callback: copilot_request_cb, data: UserData) -> Option<Arc<Callback<Request>>> {
    let callback = callback?;
    Some(Callback::new(Box::new(move |request: &Request| {
        // SAFETY: as above.
        unsafe { callback(lend::<copilot_request>(request).cast_mut(), data.pointer()) };
    })))
}

/// A completion callback; `None` for NULL, whose user data is destroyed.
pub fn op_callback(callback: copilot_op_cb, data: UserData) -> Option<Arc<Callback<Operation>>> {
    let callback = callback?;
    Some(Callback::new(Box::new(move |op: &Operation| {
        // SAFETY: as above.
        unsafe { callback(lend::<copilot_op>(op).cast_mut(), data.pointer()) };
    })))
}

/// A wakeup callback; `None` for NULL, whose user data is destroyed.
pub fn wakeup_callback(callback: copilot_wakeup_cb, data: UserData) -> Option<Arc<Callback<()>>> {
    let callback = callback?;
    Some(Callback::new(Box::new(move |(): &()| {
        // SAFETY: as above.
        unsafe { callback(data.pointer()) };
    })))
}
