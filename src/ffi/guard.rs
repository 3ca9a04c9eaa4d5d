//! The entry of every exported function: fork check, panic barrier, error filling.

use std::ffi::{CStr, c_char};
use std::panic::{self, AssertUnwindSafe};
use std::ptr;

use super::error::ErrorObject;
use super::handle::copilot_error;
use super::panics::inside;
use crate::error::{Code, Error, Result};
use crate::runtime;

/// What a function returns to C when it fails.
pub trait Failed {
    /// The value for this failure.
    fn failed(code: Code) -> Self;
}

impl Failed for i32 {
    fn failed(code: Code) -> i32 {
        code as i32
    }
}

impl Failed for i64 {
    fn failed(code: Code) -> i64 {
        i64::from(code as i32)
    }
}

impl<T> Failed for *mut T {
    fn failed(_code: Code) -> *mut T {
        ptr::null_mut()
    }
}

/// The body of an exported function.
///
/// `ffi!(error, { … })` is for functions with an error parameter: the block is a `Result`, whose failure is
/// written to `*error`. `ffi!(code, { … })` is for those that return a status but have no such parameter.
/// `ffi!(or fallback, { … })` is for the rest: the block is a plain value, and the fallback is what a forked process
/// or a panic gets. With `also_forked` in front the body runs in a forked process too: for what needs no thread.
/// `ffi!(quick or fallback, { … })` is for a body that mostly does so little that it cannot panic, and has a barrier of its
/// own around the rest: see [`quick`].
macro_rules! ffi {
    (quick or $fallback:expr, $body:block) => {
        $crate::ffi::guard::quick($fallback, || $body)
    };
    (also_forked or $fallback:expr, $body:block) => {
        $crate::ffi::guard::also_forked($fallback, || $body)
    };
    (also_forked $error:ident, $body:block) => {{
        let result = $crate::ffi::guard::caught(|| $body);
        // SAFETY: the caller promises that `error` is NULL or points to writable memory for one pointer.
        unsafe { $crate::ffi::guard::tell($error, result) }
    }};
    (code, $body:block) => {{
        let body = || $body;
        // SAFETY: NULL is allowed.
        unsafe { $crate::ffi::guard::fallible(::std::ptr::null_mut(), body) }
    }};
    (or $fallback:expr, $body:block) => {
        $crate::ffi::guard::plain($fallback, || $body)
    };
    ($error:ident, $body:block) => {{
        let body = || $body;
        // SAFETY: the caller promises that `error` is NULL or points to writable memory for one pointer.
        unsafe { $crate::ffi::guard::fallible($error, body) }
    }};
}

pub(super) use ffi;

/// Runs the body; a failure goes to `*error`, which is always written and never read.
///
/// # Safety
/// `error` is NULL or points to writable memory for one pointer.
pub unsafe fn fallible<T: Failed>(error: *mut *mut copilot_error, body: impl FnOnce() -> Result<T>) -> T {
    let result = refuse_forked().and_then(|()| caught(body));
    // SAFETY: promised by the caller.
    unsafe { tell(error, result) }
}

/// Runs the body; a panic is an error.
pub fn caught<T>(body: impl FnOnce() -> Result<T>) -> Result<T> {
    inside(|| panic::catch_unwind(AssertUnwindSafe(body))).unwrap_or_else(|panic| Err(panicked(&*panic)))
}

/// Writes `*error` and makes the value that C gets.
///
/// # Safety
/// As for [`fallible`].
pub unsafe fn tell<T: Failed>(error: *mut *mut copilot_error, result: Result<T>) -> T {
    let (value, failure) = match result {
        Ok(value) => (value, ptr::null_mut()),
        Err(failure) if error.is_null() => (T::failed(failure.code()), ptr::null_mut()),
        Err(failure) => (T::failed(failure.code()), ErrorObject::give(failure)),
    };
    if !error.is_null() {
        // SAFETY: promised by the caller.
        unsafe { error.write(failure) };
    }
    value
}

/// Runs a body that cannot fail; in a forked process, or should it panic, the fallback is returned.
pub fn plain<T>(fallback: T, body: impl FnOnce() -> T) -> T {
    if runtime::is_forked() {
        return fallback;
    }
    also_forked(fallback, body)
}

/// Runs a body that cannot fail, in a forked process too; should it panic, the fallback is returned.
pub fn also_forked<T>(fallback: T, body: impl FnOnce() -> T) -> T {
    inside(|| panic::catch_unwind(AssertUnwindSafe(body))).unwrap_or(fallback)
}

/// Runs a body that is not expected to panic, in a forked process too. Should it panic all the same, the fallback is
/// returned, but the message is not kept from the hook of a Rust program.
///
/// Where the compiler sees that nothing in it panics this costs nothing, while [`also_forked`] has to mark the thread.
#[inline(always)]
pub fn quick<T>(fallback: T, body: impl FnOnce() -> T) -> T {
    panic::catch_unwind(AssertUnwindSafe(body)).unwrap_or(fallback)
}

/// An error in a forked process.
pub fn refuse_forked() -> Result<()> {
    if !runtime::is_forked() {
        return Ok(());
    }
    Err(Error::new(
        Code::Forked,
        "this process was forked from one that uses libcopilot, whose threads are not here; call exec, or use the \
         library in the parent only",
    ))
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> Error {
    let what = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    Error::new(Code::Internal, format!("a defect in libcopilot was caught: {what}. Please report it"))
}

/// A text parameter that must be there.
///
/// # Safety
/// `text` is NULL or a NUL-terminated string that lives as long as the result is used.
pub unsafe fn text<'a>(text: *const c_char, name: &str) -> Result<&'a str> {
    // SAFETY: promised by the caller.
    unsafe { optional_text(text, name) }?
        .ok_or_else(|| Error::invalid_argument(format!("{name} is NULL; a text is needed")))
}

/// A text parameter that may be NULL.
///
/// # Safety
/// As for [`text`].
pub unsafe fn optional_text<'a>(text: *const c_char, name: &str) -> Result<Option<&'a str>> {
    if text.is_null() {
        return Ok(None);
    }
    // SAFETY: not NULL, and promised by the caller to be NUL-terminated.
    let bytes = unsafe { CStr::from_ptr(text) }.to_bytes();
    std::str::from_utf8(bytes).map(Some).map_err(|e| {
        Error::new(
            Code::InvalidUtf8,
            format!("{name} is not UTF-8: the byte at offset {} is wrong", e.valid_up_to()),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quick_body_that_panics_all_the_same_gives_the_fallback() {
        assert_eq!((quick(7, || 8), quick(7, || panic!("a planted defect"))), (8, 7));
    }
}
