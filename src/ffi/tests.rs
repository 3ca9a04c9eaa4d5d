//! The C functions from requests to sessions, called as C calls them, against the fake runtime.

mod calls;
mod clients;
mod server;
mod sessions;

use std::ffi::{CStr, CString, c_char, c_void};
use std::ptr::{null, null_mut};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use serde_json::{Value, json};
use testbed::runtime::FakeRuntime;

use super::client::*;
use super::client_calls::*;
use super::client_events::*;
use super::client_options::*;
use super::client_sessions::*;
use super::error::*;
use super::event::*;
use super::handle::*;
use super::json::*;
use super::json_set::*;
use super::op::*;
use super::queue::*;
use super::request::*;
use super::request_answers::*;
use super::session::*;
use super::session_calls::*;
use super::session_config::*;
use super::session_ui::*;
use crate::error::Code;

/// Milliseconds far beyond what anything here takes, so that a hang fails instead of hanging.
const PATIENCE: i32 = 30_000;

/// What a call returned, or the code and the text of its error.
type Outcome<T> = Result<T, (Code, String)>;

/// Calls a function with somewhere to put its error.
fn call<T>(function: impl FnOnce(*mut *mut copilot_error) -> T) -> Outcome<T> {
    let mut error = std::ptr::dangling_mut(); // never read, always written
    let value = function(&mut error);
    if error.is_null() {
        return Ok(value);
    }
    // SAFETY: an error that this owns.
    unsafe {
        let code = copilot_error_code(error);
        let message = CStr::from_ptr(copilot_error_message(error)).to_str().unwrap().to_owned();
        copilot_error_free(error);
        Err((known(code), message))
    }
}

fn known(code: i32) -> Code {
    use Code::*;
    let codes = [
        InvalidArgument,
        InvalidUtf8,
        InvalidJson,
        InvalidState,
        Timeout,
        Cancelled,
        Closed,
        WouldDeadlock,
        NotFound,
        Unsupported,
        Spawn,
        Transport,
        Rpc,
        Session,
    ];
    codes.into_iter().find(|known| *known as i32 == code).unwrap_or_else(|| panic!("status {code}"))
}

fn code<T: std::fmt::Debug>(outcome: Outcome<T>) -> Code {
    outcome.expect_err("the call should fail").0
}

/// Takes a JSON value over and reads it.
fn read(json: *mut copilot_json) -> Value {
    assert!(!json.is_null());
    // SAFETY: a value that this owns.
    unsafe {
        let text = CStr::from_ptr(copilot_json_text(json, null_mut())).to_str().unwrap().to_owned();
        copilot_json_free(json);
        serde_json::from_str(&text).unwrap()
    }
}

fn c(text: &str) -> CString {
    CString::new(text).unwrap()
}

/// User data that counts how often it was destroyed and keeps what was seen with it.
#[derive(Default)]
struct Watch {
    destroyed: AtomicUsize,
    seen: Mutex<Vec<String>>,
}

impl Watch {
    fn data(self: &Arc<Watch>) -> *mut c_void {
        Arc::into_raw(Arc::clone(self)).cast_mut().cast()
    }

    fn destroyed(&self) -> usize {
        self.destroyed.load(Ordering::SeqCst)
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().clone()
    }
}

unsafe fn watch<'a>(data: *mut c_void) -> &'a Watch {
    // SAFETY: the tests pass what `Watch::data` gave.
    unsafe { &*data.cast::<Watch>() }
}

unsafe extern "C" fn destroy(data: *mut c_void) {
    // SAFETY: as above, and this is the one call for it.
    let watch = unsafe { Arc::from_raw(data.cast::<Watch>()) };
    watch.destroyed.fetch_add(1, Ordering::SeqCst);
}

unsafe extern "C" fn note_event(event: *const copilot_event, data: *mut c_void) {
    // SAFETY: the library's event and the test's data.
    unsafe {
        let event_type = CStr::from_ptr(copilot_event_type(event)).to_str().unwrap();
        watch(data).seen.lock().push(event_type.to_owned());
    }
}

unsafe extern "C" fn note_end(op: *mut copilot_op, data: *mut c_void) {
    // SAFETY: the library's operation and the test's data.
    unsafe { watch(data).seen.lock().push(format!("state {}", copilot_op_get_state(op))) };
}

/// Answers an addition, after trying what must not work.
unsafe extern "C" fn add(request: *mut copilot_request, data: *mut c_void) {
    // SAFETY: the library's request and the test's data.
    unsafe {
        let params = copilot_request_params(request);
        let (mut a, mut b) = (0, 0);
        copilot_json_get_int(params, c"/arguments/a".as_ptr(), &mut a);
        copilot_json_get_int(params, c"/arguments/b".as_ptr(), &mut b);
        let name = CStr::from_ptr(copilot_request_tool_name(request)).to_str().unwrap();
        let mut seen = watch(data).seen.lock();
        seen.push(format!(
            "{name} {} {}",
            copilot_request_get_kind(request),
            copilot_request_is_cancelled(request)
        ));
        seen.push(format!("{:?}", code(call(|e| copilot_request_respond(request, c"{".as_ptr(), e)))));
        let sum = c(&(a + b).to_string());
        assert_eq!(call(|e| copilot_request_respond_text(request, sum.as_ptr(), e)), Ok(0));
        seen.push(format!("{:?}", code(call(|e| copilot_request_fail(request, null(), e)))));
    }
}

unsafe extern "C" fn keep(request: *mut copilot_request, data: *mut c_void) {
    // SAFETY: the library's request and the test's data.
    unsafe {
        let kept = copilot_request_ref(request);
        watch(data).seen.lock().push((kept as usize).to_string());
    }
}

/// A client of the fake runtime, with one session at most.
struct Host {
    fake: FakeRuntime,
    client: *mut copilot_client,
}

impl Host {
    fn new(script: Value, more: Value) -> Host {
        let fake = FakeRuntime::new(script);
        let mut options = fake.options();
        options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let options = c(&options.to_string());
        // SAFETY: texts and handles that live.
        let client = unsafe {
            let options = call(|e| copilot_client_options_new(options.as_ptr(), e)).unwrap();
            let client = call(|e| copilot_client_new(options, e)).unwrap();
            copilot_client_options_free(options);
            client
        };
        Host { fake, client }
    }

    fn session(&self, config: *mut copilot_session_config) -> *mut copilot_session {
        // SAFETY: handles that live.
        unsafe { call(|e| copilot_session_create(self.client, config, PATIENCE, e)).unwrap() }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // SAFETY: the client is this one's.
        unsafe {
            copilot_client_force_stop(self.client);
            copilot_client_free(self.client);
        }
    }
}

fn config(json: &CStr) -> *mut copilot_session_config {
    // SAFETY: a text.
    unsafe { call(|e| copilot_session_config_new(json.as_ptr(), e)).unwrap() }
}
