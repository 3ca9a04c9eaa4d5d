//! JSON: values and how to read them.

use std::ffi::{CStr, c_char};
use std::ptr;

use super::ffi;
use super::guard::{optional_text, text};
use super::handle::{copilot_error, copilot_json, get, give_box, lend, need, take_box};
use super::json_quick;
use super::types::copilot_json_type;
use super::types::copilot_json_type_code::*;
use crate::json::{CText, Json, Kind};

/// Hands a value to C, which frees it with `copilot_json_free`.
pub fn give_json(json: Json) -> *mut copilot_json {
    give_box::<copilot_json>(Box::new(json))
}

/// The pointer parameter of a getter: NULL is the whole, and what is not UTF-8 names nothing, which needs no check.
///
/// # Safety
/// `pointer` is NULL or a NUL-terminated string that lives as long as the result is used.
unsafe fn path<'a>(pointer: *const c_char) -> &'a [u8] {
    if pointer.is_null() {
        return b"";
    }
    // SAFETY: promised by the caller.
    unsafe { CStr::from_ptr(pointer) }.to_bytes()
}

/// What a getter reads: the value and the place in it; `None` where either is missing.
///
/// # Safety
/// `json` is NULL or a live value; `pointer` as for [`path`].
pub(super) unsafe fn place<'a>(
    json: *const copilot_json,
    pointer: *const c_char,
) -> Option<(&'a Json, &'a [u8])> {
    // SAFETY: promised by the caller.
    unsafe { Some((get(json)?, path(pointer))) }
}

/// Lends a text and writes its length, if it is wanted.
///
/// # Safety
/// `length` is NULL or points to writable memory for one `usize`.
pub(super) unsafe fn lend_text(text: Option<CText<'_>>, length: *mut usize) -> *const c_char {
    let Some(text) = text else { return ptr::null() };
    if !length.is_null() {
        // SAFETY: promised by the caller.
        unsafe { length.write(text.len()) };
    }
    text.as_ptr()
}

/// Writes what was found; 1 when there was something and it was written.
///
/// # Safety
/// `value` is NULL or points to writable memory for one `T`.
unsafe fn found<T>(found: Option<T>, value: *mut T) -> i32 {
    let Some(found) = found else { return 0 };
    if !value.is_null() {
        // SAFETY: promised by the caller.
        unsafe { value.write(found) };
    }
    1
}

/// Reads a JSON text. Values are read where they lie: the text is checked and kept, and nothing is
/// built but what is asked for.
///
/// A JSON pointer (RFC 6901), as the functions below take it, is a path such as "/data/list/0/name".
/// "" is the whole value; in a key "~" is written "~0" and "/" is written "~1". In an array, "-" is
/// the place behind the last element. Of a key that an object has twice the first one counts: what
/// is behind a value need not be read to find it. The CLIs send no key twice.
///
/// @param text   one JSON value as UTF-8
/// @param error  where to put the error; may be NULL
/// @return the value; NULL on failure
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the value is yours: copilot_json_free(); the text is copied
/// @errors   COPILOT_E_INVALID_JSON: with line and column, also when it nests more than 127 levels
///           deep; COPILOT_E_INVALID_UTF8; COPILOT_E_INVALID_ARGUMENT: `text` is NULL
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_json_free)
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_json_parse(
    text: *const c_char,
    error: *mut *mut copilot_error,
) -> *mut copilot_json {
    ffi!(also_forked error, {
        // SAFETY: NULL or a NUL-terminated text, says the manual.
        let json = Json::parse(unsafe { self::text(text, "text") }?)?;
        Ok(give_json(json))
    })
}

/// Makes an empty object, to be filled with the functions that set.
///
/// @return the value; NULL only when the library has a defect
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the value is yours: copilot_json_free()
/// @errors   none
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_json_free)
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_json_new_object() -> *mut copilot_json {
    ffi!(also_forked or ptr::null_mut(), { give_json(Json::object()) })
}

/// Copies a part of a value out, so that it outlives it and can be changed.
///
/// @param json     the value, or NULL
/// @param pointer  a JSON pointer as UTF-8; "" or NULL for the whole
/// @param error    where to put the error; may be NULL
/// @return a value of its own; NULL on failure
///
/// @threads  any, several at once, while nobody sets anything in the value
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the copy is yours: copilot_json_free()
/// @errors   COPILOT_E_NOT_FOUND: there is nothing at the pointer; COPILOT_E_INVALID_UTF8;
///           COPILOT_E_INVALID_ARGUMENT: `json` is NULL
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_json_free)
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_json_copy(
    json: *const copilot_json,
    pointer: *const c_char,
    error: *mut *mut copilot_error,
) -> *mut copilot_json {
    ffi!(also_forked error, {
        // SAFETY: NULL or a live value and NULL or a NUL-terminated text, says the manual.
        let (json, pointer) = unsafe { (need(json)?, optional_text(pointer, "pointer")?) };
        Ok(give_json(json.copy(pointer.unwrap_or_default())?))
    })
}

/// The text of a value, as compact as its source was.
///
/// Together with copilot_json_at() it gives the text of a part.
///
/// @param json    the value, or NULL
/// @param length  receives the length in bytes, without the NUL at the end; may be NULL
/// @return the text as UTF-8, NUL-terminated, never NULL; "" for NULL
///
/// @threads  any, several at once, while nobody sets anything in the value
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the text belongs to the value and lives until the value is changed or freed
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_json_text(json: *const copilot_json, length: *mut usize) -> *const c_char {
    ffi!(quick or c"".as_ptr(), {
        // SAFETY: NULL or live and writable, says the manual.
        unsafe { json_quick::text(json, length) }
    })
}

/// Looks into a value: the part that a pointer names. The same part is always the same pointer.
///
/// For a walk through a long array use copilot_json_item(), which takes the same time for every
/// element.
///
/// @param json     the value, or NULL
/// @param pointer  a JSON pointer as UTF-8; "" or NULL for the whole
/// @return a view of the part; NULL when there is nothing
///
/// @threads  any, several at once, while nobody sets anything in the value
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the view belongs to the value and lives until the value is changed or freed; do not
///           free it
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_json_at(
    json: *const copilot_json,
    pointer: *const c_char,
) -> *const copilot_json {
    ffi!(also_forked or ptr::null(), {
        // SAFETY: NULL or live and NUL-terminated, says the manual.
        let part = unsafe { place(json, pointer) }.and_then(|(json, pointer)| json.at(pointer));
        part.map_or(ptr::null(), lend::<copilot_json>)
    })
}

/// An element of an array, or a member's value of an object, by position. The first call reads the
/// array once; each call then takes the same time.
///
/// @param json   the value, or NULL
/// @param index  the position, from 0 on
/// @return a view of the element; NULL when there is none
///
/// @threads  any, several at once, while nobody sets anything in the value
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the view belongs to the value and lives until the value is changed or freed; do not
///           free it
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_json_item(json: *const copilot_json, index: usize) -> *const copilot_json {
    ffi!(quick or ptr::null(), {
        // SAFETY: NULL or a live value, says the manual.
        unsafe { json_quick::item(json, index) }
    })
}

/// Tells what there is at a place.
///
/// @param json     the value, or NULL
/// @param pointer  a JSON pointer as UTF-8; "" or NULL for the whole
/// @return one of the COPILOT_JSON_ constants; COPILOT_JSON_MISSING when there is nothing
///
/// @threads  any, several at once, while nobody sets anything in the value
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the value stays yours
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_json_type_at(
    json: *const copilot_json,
    pointer: *const c_char,
) -> copilot_json_type {
    ffi!(also_forked or 0, {
        // SAFETY: NULL or live and NUL-terminated, says the manual.
        let kind = unsafe { place(json, pointer) }.and_then(|(json, pointer)| json.kind_at(pointer));
        type_number(kind)
    })
}

fn type_number(kind: Option<Kind>) -> copilot_json_type {
    let code = match kind {
        None => COPILOT_JSON_MISSING,
        Some(Kind::Null) => COPILOT_JSON_NULL,
        Some(Kind::Bool) => COPILOT_JSON_BOOL,
        Some(Kind::Number) => COPILOT_JSON_NUMBER,
        Some(Kind::String) => COPILOT_JSON_STRING,
        Some(Kind::Array) => COPILOT_JSON_ARRAY,
        Some(Kind::Object) => COPILOT_JSON_OBJECT,
    };
    code as i32
}

/// Tells how many elements an array has, or how many members an object.
///
/// @param json     the value, or NULL
/// @param pointer  a JSON pointer as UTF-8; "" or NULL for the whole
/// @return the number; 0 when there is neither array nor object
///
/// @threads  any, several at once, while nobody sets anything in the value
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the value stays yours
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_json_count(json: *const copilot_json, pointer: *const c_char) -> usize {
    ffi!(also_forked or 0, {
        // SAFETY: NULL or live and NUL-terminated, says the manual.
        unsafe { place(json, pointer) }.map_or(0, |(json, pointer)| json.count(pointer))
    })
}

/// A key of an object, by position: the way to list members whose names are not known. Their values
/// come from copilot_json_item() with the same position.
///
/// @param json     the value, or NULL
/// @param pointer  a JSON pointer as UTF-8; "" or NULL for the whole
/// @param index    the position, from 0 on
/// @return the key as UTF-8, unescaped; NULL when there is none
///
/// @threads  any, several at once, while nobody sets anything in the value
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the key belongs to the value and lives until the value is changed or freed
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_json_key(
    json: *const copilot_json,
    pointer: *const c_char,
    index: usize,
) -> *const c_char {
    ffi!(also_forked or ptr::null(), {
        // SAFETY: NULL or live and NUL-terminated, says the manual.
        let key = unsafe { place(json, pointer) }.and_then(|(json, pointer)| json.key(pointer, index));
        key.map_or(ptr::null(), |key| key.as_ptr())
    })
}

/// Reads a string. The same string is always at the same address, and asking for it again costs
/// next to nothing.
///
/// @param json     the value, or NULL
/// @param pointer  a JSON pointer as UTF-8; "" or NULL for the whole
/// @param length   receives the length in bytes, without the NUL at the end, when there is a string;
///                 may be NULL. It matters only where the string may have a NUL inside ("\u0000")
/// @return the string as UTF-8, unescaped and NUL-terminated; NULL when there is none
///
/// @threads  any, several at once, while nobody sets anything in the value
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the string belongs to the value and lives until the value is changed or freed
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_json_get_string(
    json: *const copilot_json,
    pointer: *const c_char,
    length: *mut usize,
) -> *const c_char {
    ffi!(quick or ptr::null(), {
        // SAFETY: NULL or live, NUL-terminated and writable, says the manual.
        unsafe { json_quick::string(json, pointer, length) }
    })
}

/// Reads a string as its bytes alone, for whoever goes by the length: a binding that makes a string
/// of its own language of it, a program that writes it to a file or decodes base64.
///
/// There is NO NUL behind the bytes. In return a string without escapes is not copied, which counts
/// where it is megabytes long; one with escapes is what copilot_json_get_string() returns.
///
/// @param json     the value, or NULL
/// @param pointer  a JSON pointer as UTF-8; "" or NULL for the whole
/// @param length   receives the length in bytes, when there is a string; must not be NULL
/// @return the string as UTF-8, unescaped and not terminated; NULL when there is none, or `length`
///         is NULL
///
/// @threads  any, several at once, while nobody sets anything in the value
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the bytes belong to the value and live until the value is changed or freed
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_json_get_bytes(
    json: *const copilot_json,
    pointer: *const c_char,
    length: *mut usize,
) -> *const c_char {
    ffi!(also_forked or ptr::null(), {
        // SAFETY: NULL or live, NUL-terminated and writable, says the manual.
        unsafe {
            let asked = place(json, pointer).filter(|_| !length.is_null());
            match asked.and_then(|(json, pointer)| json.str_in_place(pointer)) {
                Some(text) => {
                    length.write(text.len());
                    text.as_ptr().cast()
                }
                None => lend_text(asked.and_then(|(json, pointer)| json.get_str(pointer)), length),
            }
        }
    })
}

/// Reads a whole number: 1, 1.0 and 1e3 are, 1.5 and what does not fit in 64 bits are not.
///
/// @param json     the value, or NULL
/// @param pointer  a JSON pointer as UTF-8; "" or NULL for the whole
/// @param value    receives the number, when there is one; may be NULL
/// @return 1 when it was found and written; else 0, and `value` is untouched
///
/// @threads  any, several at once, while nobody sets anything in the value
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the value stays yours
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_json_get_int(
    json: *const copilot_json,
    pointer: *const c_char,
    value: *mut i64,
) -> i32 {
    ffi!(also_forked or 0, {
        // SAFETY: NULL or live, NUL-terminated and writable, says the manual.
        unsafe { found(place(json, pointer).and_then(|(json, pointer)| json.get_i64(pointer)), value) }
    })
}

/// Reads a number. The locale does not matter.
///
/// @param json     the value, or NULL
/// @param pointer  a JSON pointer as UTF-8; "" or NULL for the whole
/// @param value    receives the nearest double, when there is a number; may be NULL
/// @return 1 when it was found and written; else 0, and `value` is untouched
///
/// @threads  any, several at once, while nobody sets anything in the value
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the value stays yours
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_json_get_double(
    json: *const copilot_json,
    pointer: *const c_char,
    value: *mut f64,
) -> i32 {
    ffi!(also_forked or 0, {
        // SAFETY: NULL or live, NUL-terminated and writable, says the manual.
        unsafe { found(place(json, pointer).and_then(|(json, pointer)| json.get_f64(pointer)), value) }
    })
}

/// Reads true or false.
///
/// @param json     the value, or NULL
/// @param pointer  a JSON pointer as UTF-8; "" or NULL for the whole
/// @param value    receives 1 for true and 0 for false, when it is one of them; may be NULL
/// @return 1 when it was found and written; else 0, and `value` is untouched
///
/// @threads  any, several at once, while nobody sets anything in the value
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the value stays yours
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_json_get_bool(
    json: *const copilot_json,
    pointer: *const c_char,
    value: *mut i32,
) -> i32 {
    ffi!(also_forked or 0, {
        // SAFETY: NULL or live, NUL-terminated and writable, says the manual.
        unsafe { found(place(json, pointer).and_then(|(json, pointer)| json.get_bool(pointer).map(i32::from)), value) }
    })
}

/// Frees a value that the library gave you to own, and with it every text and view that was got
/// from it. Values that are const, and those of options and configs, are not yours to free.
///
/// @param json  the value; NULL is nothing
///
/// @threads  any; nobody may use the value any more
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    takes the value
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_json_free(json: *mut copilot_json) {
    ffi!(also_forked or (), {
        // SAFETY: NULL or an owned value, says the manual, so it came from `give_json`; nobody uses it any more.
        drop(unsafe { take_box(json) });
    });
}

#[cfg(test)]
mod tests;
