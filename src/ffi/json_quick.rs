//! JSON: the getters that a handler calls for every event, in two halves. The first is what they mostly come to, so small
//! that the compiler sees that it cannot panic and leaves out the barrier that [`ffi!`](super::ffi) puts around it. The
//! second is everything else, behind a barrier of its own.

use std::ffi::c_char;
use std::ptr;

use super::ffi;
use super::handle::{copilot_json, get, lend};
use super::json::{lend_text, place};
use crate::json::Json;

/// The string at a place.
///
/// # Safety
/// As for [`place`] and [`lend_text`].
#[inline(always)]
pub unsafe fn string(json: *const copilot_json, pointer: *const c_char, length: *mut usize) -> *const c_char {
    // SAFETY: promised by the caller.
    let known = unsafe { place(json, pointer) }.and_then(|(json, pointer)| json.recall(pointer));
    // SAFETY: promised by the caller.
    unsafe { if known.is_some() { lend_text(known, length) } else { searched_string(json, pointer, length) } }
}

/// A string that was not asked for before.
///
/// # Safety
/// As for [`string`].
#[inline(never)]
unsafe fn searched_string(
    json: *const copilot_json,
    pointer: *const c_char,
    length: *mut usize,
) -> *const c_char {
    ffi!(also_forked or ptr::null(), {
        // SAFETY: promised by the caller.
        unsafe {
            let string = place(json, pointer).and_then(|(json, pointer)| json.search_str(pointer));
            lend_text(string, length)
        }
    })
}

/// An element by position.
///
/// # Safety
/// `json` is NULL or a live value.
#[inline(always)]
pub unsafe fn item(json: *const copilot_json, index: usize) -> *const copilot_json {
    // SAFETY: promised by the caller.
    match unsafe { get(json) }.and_then(|json| json.indexed_item(index)) {
        Some(item) => lend(item),
        // SAFETY: promised by the caller.
        None => unsafe { other_item(json, index) },
    }
}

/// An element of a value that was not indexed yet, or none.
///
/// # Safety
/// As for [`item`].
#[inline(never)]
unsafe fn other_item(json: *const copilot_json, index: usize) -> *const copilot_json {
    ffi!(also_forked or ptr::null(), {
        // SAFETY: promised by the caller.
        unsafe { get(json) }.and_then(|json| json.item(index)).map_or(ptr::null(), lend::<copilot_json>)
    })
}

/// The text of a value, `""` for NULL.
///
/// # Safety
/// `json` is NULL or a live value; `length` as for [`lend_text`].
#[inline(always)]
pub unsafe fn text(json: *const copilot_json, length: *mut usize) -> *const c_char {
    // SAFETY: promised by the caller.
    let known = unsafe { get(json) }.and_then(Json::text_in_place);
    // SAFETY: promised by the caller.
    unsafe { if known.is_some() { lend_text(known, length) } else { other_text(json, length) } }
}

/// The text of a part of a document, or of one that was not asked for it before.
///
/// # Safety
/// As for [`text`].
#[inline(never)]
unsafe fn other_text(json: *const copilot_json, length: *mut usize) -> *const c_char {
    ffi!(also_forked or c"".as_ptr(), {
        // SAFETY: promised by the caller.
        unsafe {
            let text = get(json).map(Json::text_c);
            if text.is_none() && !length.is_null() {
                length.write(0);
            }
            match lend_text(text, length) {
                none if none.is_null() => c"".as_ptr(),
                text => text,
            }
        }
    })
}
