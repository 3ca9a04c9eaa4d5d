//! The opaque types of the header, and what stands behind each pointer.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::client::Client;
use crate::error::{Error, Result};
use crate::json::Json;
use crate::queue::{Event, Operation, Queue};
use crate::request::Request;
use crate::session::Session;

/// A pointer type of the header.
pub trait Handle {
    /// What it points to.
    type Object;
    /// Its name in messages.
    const NAME: &'static str;
    /// Whether a client's child may go on running because of it.
    const KEEPS: bool;
}

macro_rules! handles {
    ($($handle:ident = $object:ty, keeps: $keeps:literal;)*) => {
        $(
            impl Handle for $handle {
                type Object = $object;
                const NAME: &'static str = stringify!($handle);
                const KEEPS: bool = $keeps;
            }
        )*
    };
}

/// What went wrong: a code to branch on, a message to show, and the facts behind it.
pub struct copilot_error(());
/// A JSON value: owned, or a borrowed view into one.
pub struct copilot_json(());
/// Where the library delivers what it has to tell.
pub struct copilot_queue(());
/// One thing that happened. Immutable.
pub struct copilot_event(());
/// One question of the server's.
pub struct copilot_request(());
/// One call on its way.
pub struct copilot_op(());
/// Options for a client.
pub struct copilot_client_options(());
/// A connection to one CLI.
pub struct copilot_client(());
/// What a session is made from.
pub struct copilot_session_config(());
/// One conversation.
pub struct copilot_session(());

handles! {
    copilot_error = super::error::ErrorObject, keeps: false;
    copilot_json = Json, keeps: false;
    copilot_queue = Queue, keeps: false;
    copilot_event = Event, keeps: false;
    copilot_request = Request, keeps: false;
    copilot_op = Operation, keeps: true;
    copilot_client_options = super::client_options::Options, keeps: false;
    copilot_client = Client, keeps: true;
    copilot_session_config = crate::session::Config, keeps: false;
    copilot_session = Session, keeps: true;
}

fn is_null<H: Handle>() -> Error {
    Error::invalid_argument(format!("the {} pointer is NULL", H::NAME))
}

/// What the pointer points to, or nothing for NULL.
///
/// # Safety
/// `handle` is NULL or a live handle of its type.
pub unsafe fn get<'a, H: Handle>(handle: *const H) -> Option<&'a H::Object> {
    // SAFETY: promised by the caller.
    unsafe { handle.cast::<H::Object>().as_ref() }
}

/// What the pointer points to; NULL is an error.
///
/// # Safety
/// As for [`get`].
pub unsafe fn need<'a, H: Handle>(handle: *const H) -> Result<&'a H::Object> {
    // SAFETY: promised by the caller.
    unsafe { get(handle) }.ok_or_else(is_null::<H>)
}

/// What the pointer points to, to be changed; NULL is an error.
///
/// # Safety
/// As for [`get`], and nobody else uses the object meanwhile.
pub unsafe fn need_mut<'a, H: Handle>(handle: *mut H) -> Result<&'a mut H::Object> {
    // SAFETY: promised by the caller.
    unsafe { handle.cast::<H::Object>().as_mut() }.ok_or_else(is_null::<H>)
}

/// Handles that C holds.
static GIVEN: AtomicI64 = AtomicI64::new(0);

/// How many handles C holds and has not given back.
pub fn given() -> i64 {
    GIVEN.load(Ordering::Relaxed)
}

/// Those of them that may keep a child running.
static KEEPING: AtomicI64 = AtomicI64::new(0);

/// How many of the handles that C holds may keep a child running: clients, sessions, and operations, which may have a
/// session that was not taken yet.
pub fn keeping() -> i64 {
    KEEPING.load(Ordering::Relaxed)
}

fn count<H: Handle>(change: i64) {
    GIVEN.fetch_add(change, Ordering::Relaxed);
    if H::KEEPS {
        KEEPING.fetch_add(change, Ordering::Relaxed);
    }
}

/// A borrowed pointer to what somebody else owns.
pub fn lend<H: Handle>(object: &H::Object) -> *const H {
    std::ptr::from_ref(object).cast()
}

/// Hands a reference to C, which must give it back to [`take_arc`].
pub fn give_arc<H: Handle>(object: Arc<H::Object>) -> *mut H {
    count::<H>(1);
    Arc::into_raw(object).cast_mut().cast()
}

/// Takes a reference back from C.
///
/// # Safety
/// `handle` is NULL or came from [`give_arc`] or [`share`], and is not used after this.
pub unsafe fn take_arc<H: Handle>(handle: *mut H) -> Option<Arc<H::Object>> {
    if handle.is_null() {
        return None;
    }
    count::<H>(-1);
    // SAFETY: promised by the caller.
    Some(unsafe { Arc::from_raw(handle.cast::<H::Object>()) })
}

/// One more reference to what a handle refers to.
///
/// # Safety
/// `handle` is NULL or a live handle whose object is held by an [`Arc`].
pub unsafe fn share<H: Handle>(handle: *const H) -> Option<Arc<H::Object>> {
    if handle.is_null() {
        return None;
    }
    let object = handle.cast::<H::Object>();
    // SAFETY: the handle is live, so the count is at least one while it is raised.
    unsafe {
        Arc::increment_strong_count(object);
        Some(Arc::from_raw(object))
    }
}

/// Hands an object to C, which must give it back to [`take_box`].
pub fn give_box<H: Handle>(object: Box<H::Object>) -> *mut H {
    count::<H>(1);
    Box::into_raw(object).cast()
}

/// Takes an object back from C.
///
/// # Safety
/// `handle` is NULL or came from [`give_box`], and is not used after this.
pub unsafe fn take_box<H: Handle>(handle: *mut H) -> Option<Box<H::Object>> {
    if handle.is_null() {
        return None;
    }
    count::<H>(-1);
    // SAFETY: promised by the caller.
    Some(unsafe { Box::from_raw(handle.cast::<H::Object>()) })
}
