//! JSON: changing values.

use std::ffi::c_char;

use super::ffi;
use super::guard::text;
use super::handle::{copilot_error, copilot_json, need_mut};
use super::types::copilot_status;
use crate::error::Result;
use crate::json::Json;

/// Sets a part of a value.
///
/// # Safety
/// `json` is NULL or a live value that nobody else uses meanwhile; `pointer` is NULL or a NUL-terminated string.
unsafe fn set(
    json: *mut copilot_json,
    pointer: *const c_char,
    change: impl FnOnce(&mut Json, &str) -> Result<()>,
) -> Result<copilot_status> {
    // SAFETY: promised by the caller.
    let (json, pointer) = unsafe { (need_mut(json)?, text(pointer, "pointer")?) };
    change(json, pointer)?;
    Ok(0)
}

/// Sets a part of a value to a string.
///
/// What is missing on the way is made: an object for each key, an array for "-". In an array, "-"
/// and the index behind the last element append. Of a key that an object has twice the first one is
/// set and the other goes. On failure the value stays as it was. Every text and view that was got
/// from the value before is gone afterwards.
///
/// @param json     the value
/// @param pointer  a JSON pointer as UTF-8; "" replaces the whole
/// @param value    the string as UTF-8
/// @param error    where to put the error; may be NULL
/// @return COPILOT_OK, or a negative status
///
/// @threads  one at a time for each value, and while nobody reads it
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the value stays yours; the text is copied
/// @errors   COPILOT_E_INVALID_ARGUMENT: a NULL; it is no pointer, it leads below a value that is
///           no object or array, or it names an element that cannot be made; COPILOT_E_INVALID_UTF8
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_json_set_string(
    json: *mut copilot_json,
    pointer: *const c_char,
    value: *const c_char,
    error: *mut *mut copilot_error,
) -> copilot_status {
    ffi!(also_forked error, {
        // SAFETY: NULL or NUL-terminated, NULL or a live value that nobody else uses, says the manual.
        unsafe {
            let value = self::text(value, "value")?;
            set(json, pointer, |json, pointer| json.set_str(pointer, value))
        }
    })
}

/// Sets a part of a value to a whole number. The rest is as with copilot_json_set_string().
///
/// @param json     the value
/// @param pointer  a JSON pointer as UTF-8; "" replaces the whole
/// @param value    the number
/// @param error    where to put the error; may be NULL
/// @return COPILOT_OK, or a negative status
///
/// @threads  one at a time for each value, and while nobody reads it
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the value stays yours
/// @errors   COPILOT_E_INVALID_ARGUMENT: `json` or `pointer` is NULL; it is no pointer, it leads
///           below a value that is no object or array, or it names an element that cannot be made;
///           COPILOT_E_INVALID_UTF8
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_json_set_int(
    json: *mut copilot_json,
    pointer: *const c_char,
    value: i64,
    error: *mut *mut copilot_error,
) -> copilot_status {
    ffi!(also_forked error, {
        // SAFETY: NULL or a live value that nobody else uses, and NUL-terminated, says the manual.
        unsafe { set(json, pointer, |json, pointer| json.set_i64(pointer, value)) }
    })
}

/// Sets a part of a value to a number. The rest is as with copilot_json_set_string().
///
/// @param json     the value
/// @param pointer  a JSON pointer as UTF-8; "" replaces the whole
/// @param value    the number, which must be finite
/// @param error    where to put the error; may be NULL
/// @return COPILOT_OK, or a negative status
///
/// @threads  one at a time for each value, and while nobody reads it
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the value stays yours
/// @errors   COPILOT_E_INVALID_ARGUMENT: the number is not finite; `json` or `pointer` is NULL; it
///           is no pointer, it leads below a value that is no object or array, or it names an
///           element that cannot be made; COPILOT_E_INVALID_UTF8
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_json_set_double(
    json: *mut copilot_json,
    pointer: *const c_char,
    value: f64,
    error: *mut *mut copilot_error,
) -> copilot_status {
    ffi!(also_forked error, {
        // SAFETY: NULL or a live value that nobody else uses, and NUL-terminated, says the manual.
        unsafe { set(json, pointer, |json, pointer| json.set_f64(pointer, value)) }
    })
}

/// Sets a part of a value to true or false. The rest is as with copilot_json_set_string().
///
/// @param json     the value
/// @param pointer  a JSON pointer as UTF-8; "" replaces the whole
/// @param value    0 for false, anything else for true
/// @param error    where to put the error; may be NULL
/// @return COPILOT_OK, or a negative status
///
/// @threads  one at a time for each value, and while nobody reads it
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the value stays yours
/// @errors   COPILOT_E_INVALID_ARGUMENT: `json` or `pointer` is NULL; it is no pointer, it leads
///           below a value that is no object or array, or it names an element that cannot be made;
///           COPILOT_E_INVALID_UTF8
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_json_set_bool(
    json: *mut copilot_json,
    pointer: *const c_char,
    value: i32,
    error: *mut *mut copilot_error,
) -> copilot_status {
    ffi!(also_forked error, {
        // SAFETY: NULL or a live value that nobody else uses, and NUL-terminated, says the manual.
        unsafe { set(json, pointer, |json, pointer| json.set_bool(pointer, value != 0)) }
    })
}

/// Sets a part of a value to any JSON, null included. The rest is as with copilot_json_set_string().
///
/// @param json     the value
/// @param pointer  a JSON pointer as UTF-8; "" replaces the whole
/// @param text     one JSON value as UTF-8
/// @param error    where to put the error; may be NULL
/// @return COPILOT_OK, or a negative status
///
/// @threads  one at a time for each value, and while nobody reads it
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the value stays yours; the text is copied
/// @errors   COPILOT_E_INVALID_JSON: `text` is not JSON; COPILOT_E_INVALID_ARGUMENT: a NULL; it is
///           no pointer, it leads below a value that is no object or array, or it names an element
///           that cannot be made; COPILOT_E_INVALID_UTF8
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_json_set_json(
    json: *mut copilot_json,
    pointer: *const c_char,
    text: *const c_char,
    error: *mut *mut copilot_error,
) -> copilot_status {
    ffi!(also_forked error, {
        // SAFETY: NULL or NUL-terminated, NULL or a live value that nobody else uses, says the manual.
        unsafe {
            let text = self::text(text, "text")?;
            set(json, pointer, |json, pointer| json.set_json(pointer, text))
        }
    })
}
