use std::ffi::CStr;

use super::*;
use crate::error::Code;
use crate::ffi::error::{copilot_error_code, copilot_error_free};
use crate::ffi::json_set::*;

/// A value that is freed when the test is done with it.
struct Value(*mut copilot_json);

impl Value {
    fn of(json: &CStr) -> Value {
        // SAFETY: a NUL-terminated text.
        let value = unsafe { copilot_json_parse(json.as_ptr(), ptr::null_mut()) };
        assert!(!value.is_null(), "{json:?}");
        Value(value)
    }

    fn text(&self) -> &str {
        // SAFETY: live, and the text lives until the next change.
        unsafe { CStr::from_ptr(copilot_json_text(self.0, ptr::null_mut())) }.to_str().unwrap()
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        // SAFETY: owned.
        unsafe { copilot_json_free(self.0) };
    }
}

#[test]
fn getters_find_what_is_there_and_leave_the_rest_alone() {
    let value = Value::of(c"{\"a\":[1,2.5,true,null,\"x\\u0000y\"],\"b/c\":{}}");
    let (json, mut length, mut int, mut double, mut flag) = (value.0, 99, 99, 0.0, 99);
    // SAFETY: everything is live and writable.
    unsafe {
        assert_eq!(copilot_json_get_int(json, c"/a/0".as_ptr(), &mut int), 1);
        assert_eq!(int, 1);
        assert_eq!(copilot_json_get_int(json, c"/a/1".as_ptr(), &mut int), 0);
        assert_eq!(int, 1, "untouched");
        assert_eq!(copilot_json_get_double(json, c"/a/1".as_ptr(), &mut double), 1);
        assert_eq!(double, 2.5);
        assert_eq!(copilot_json_get_bool(json, c"/a/2".as_ptr(), &mut flag), 1);
        assert_eq!(flag, 1);
        assert!(copilot_json_get_string(json, c"/a/3".as_ptr(), &mut length).is_null());
        assert_eq!(length, 99, "untouched");
        let string = copilot_json_get_string(json, c"/a/4".as_ptr(), &mut length);
        assert_eq!((CStr::from_ptr(string), length), (c"x", 3));
        assert_eq!(copilot_json_count(json, c"/a".as_ptr()), 5);
        assert_eq!(CStr::from_ptr(copilot_json_key(json, ptr::null(), 1)), c"b/c");
        assert_eq!(copilot_json_type_at(json, c"/b~1c".as_ptr()), COPILOT_JSON_OBJECT as i32);
        assert_eq!(copilot_json_type_at(json, c"/nothing".as_ptr()), COPILOT_JSON_MISSING as i32);
        let array = copilot_json_at(json, c"/a".as_ptr());
        assert_eq!(copilot_json_type_at(copilot_json_item(array, 3), ptr::null()), COPILOT_JSON_NULL as i32);
        assert!(copilot_json_item(array, 5).is_null());
        assert_eq!(copilot_json_get_int(array, c"/0".as_ptr(), ptr::null_mut()), 1, "only asked for");
    }
}

#[test]
fn the_bytes_of_a_string_are_those_of_the_text_where_they_are_the_same() {
    let value = Value::of(c"{\"plain\":\"caf\u{e9}\",\"escaped\":\"x\\u0000y\",\"empty\":\"\",\"number\":1}");
    let json = value.0;
    let bytes = |json: *const copilot_json, pointer: &CStr| {
        let mut length = 99;
        // SAFETY: everything is live and writable, and so many bytes are there.
        unsafe {
            let bytes = copilot_json_get_bytes(json, pointer.as_ptr(), &mut length);
            (!bytes.is_null()).then(|| std::slice::from_raw_parts(bytes.cast::<u8>(), length)).ok_or(length)
        }
    };
    // SAFETY: as above.
    unsafe {
        let mut length = 0;
        let text = copilot_json_text(json, &mut length);
        let text = std::slice::from_raw_parts(text.cast::<u8>(), length);
        let plain = bytes(json, c"/plain").unwrap();
        assert_eq!(plain, "caf\u{e9}".as_bytes());
        assert!(text.as_ptr_range().contains(&plain.as_ptr()), "not copied");
        let escaped = bytes(json, c"/escaped").unwrap();
        assert_eq!(escaped, b"x\0y");
        let string = copilot_json_get_string(json, c"/escaped".as_ptr(), ptr::null_mut());
        assert_eq!(escaped.as_ptr(), string.cast(), "decoded once");
        assert_eq!(bytes(json, c"/empty").unwrap(), b"");
        assert_eq!(bytes(copilot_json_at(json, c"/plain".as_ptr()), c"").unwrap(), plain);
        for (json, pointer) in
            [(json.cast_const(), c"/number"), (json, c"/none"), (json, c""), (ptr::null(), c"")]
        {
            assert_eq!(bytes(json, pointer), Err(99), "{pointer:?}: untouched");
        }
        assert!(copilot_json_get_bytes(json, c"/plain".as_ptr(), ptr::null_mut()).is_null());
    }
}

#[test]
fn null_and_bytes_that_are_not_utf8_are_nothing() {
    let (none, mut length) = (ptr::null(), 99);
    let value = Value::of(c"{}");
    // SAFETY: NULL is allowed everywhere here.
    unsafe {
        assert_eq!(CStr::from_ptr(copilot_json_text(none, &mut length)), c"");
        assert_eq!(length, 0);
        assert!(copilot_json_at(none, none.cast()).is_null());
        assert!(copilot_json_item(none, 0).is_null());
        assert!(copilot_json_key(none, none.cast(), 0).is_null());
        assert_eq!(copilot_json_type_at(none, none.cast()), 0);
        assert_eq!(copilot_json_count(none, none.cast()), 0);
        assert_eq!(copilot_json_type_at(value.0, c"\xff".as_ptr()), 0);
        copilot_json_free(ptr::null_mut());
    }
}

#[test]
fn setters_build_a_document() {
    let value = Value(
        // SAFETY: takes nothing.
        unsafe { copilot_json_new_object() },
    );
    let (json, none) = (value.0, ptr::null_mut());
    // SAFETY: everything is live.
    unsafe {
        assert_eq!(copilot_json_set_string(json, c"/a/b".as_ptr(), c"x\"".as_ptr(), none), 0);
        assert_eq!(copilot_json_set_int(json, c"/list/-".as_ptr(), -7, none), 0);
        assert_eq!(copilot_json_set_double(json, c"/list/-".as_ptr(), 0.5, none), 0);
        assert_eq!(copilot_json_set_bool(json, c"/list/2".as_ptr(), 5, none), 0);
        assert_eq!(copilot_json_set_json(json, c"/n".as_ptr(), c" null ".as_ptr(), none), 0);
    }
    assert_eq!(value.text(), r#"{"a":{"b":"x\""},"list":[-7,0.5,true],"n":null}"#);
}

#[test]
fn failures_leave_the_value_alone_and_tell_why() {
    let value = Value::of(c"{\"a\":1}");
    let json = value.0;
    let fails = |wanted: Code, call: &dyn Fn(*mut *mut copilot_error) -> i32| {
        let mut error = ptr::null_mut();
        assert_eq!(call(&mut error), wanted as i32);
        // SAFETY: an error that was just made.
        unsafe {
            assert_eq!(copilot_error_code(error), wanted as i32);
            copilot_error_free(error);
        }
    };
    // SAFETY: live and NUL-terminated, or NULL, which is refused.
    unsafe {
        fails(Code::InvalidArgument, &|e| copilot_json_set_int(ptr::null_mut(), c"".as_ptr(), 1, e));
        fails(Code::InvalidArgument, &|e| copilot_json_set_int(json, ptr::null(), 1, e));
        fails(Code::InvalidArgument, &|e| copilot_json_set_int(json, c"/a/b".as_ptr(), 1, e));
        fails(Code::InvalidArgument, &|e| copilot_json_set_double(json, c"/a".as_ptr(), f64::NAN, e));
        fails(Code::InvalidArgument, &|e| copilot_json_set_string(json, c"/a".as_ptr(), ptr::null(), e));
        fails(Code::InvalidUtf8, &|e| copilot_json_set_string(json, c"/a".as_ptr(), c"\xff".as_ptr(), e));
        fails(Code::InvalidJson, &|e| copilot_json_set_json(json, c"/a".as_ptr(), c"{".as_ptr(), e));
        let code = |json: *mut copilot_json, code: Code| if json.is_null() { code as i32 } else { 0 };
        fails(Code::NotFound, &|e| code(copilot_json_copy(json, c"/b".as_ptr(), e), Code::NotFound));
        fails(Code::InvalidJson, &|e| code(copilot_json_parse(c"".as_ptr(), e), Code::InvalidJson));
    }
    assert_eq!(value.text(), r#"{"a":1}"#);
}

#[test]
fn a_copy_outlives_its_source() {
    let value = Value::of(c"{\"a\":{\"b\":\"c\"}}");
    // SAFETY: live and NUL-terminated.
    let copy = Value(unsafe { copilot_json_copy(value.0, c"/a".as_ptr(), ptr::null_mut()) });
    drop(value);
    assert_eq!(copy.text(), r#"{"b":"c"}"#);
}
