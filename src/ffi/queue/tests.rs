use std::ffi::CStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use super::*;
use crate::callback::Callback;
use crate::ffi::error::{copilot_error_code, copilot_error_free, copilot_error_message};
use crate::ffi::event::*;
use crate::ffi::json::{copilot_json_get_int, copilot_json_type_at};
use crate::ffi::library::copilot_shutdown;
use crate::json::Json;
use crate::queue::{Event, Kind, Subscriptions, intern};

const NONE: *mut *mut copilot_error = ptr::null_mut();
const LONG: Duration = Duration::from_secs(20);

fn new(options: &CStr) -> *mut copilot_queue {
    // SAFETY: a NUL-terminated text.
    let queue = unsafe { copilot_queue_new(options.as_ptr(), NONE) };
    assert!(!queue.is_null());
    queue
}

fn core(queue: *mut copilot_queue) -> Arc<Queue> {
    // SAFETY: the tests pass live queues.
    unsafe { share(queue) }.unwrap()
}

/// What `next` returns without waiting, and the type of the event it gave.
fn next(queue: *mut copilot_queue) -> (copilot_status, Option<String>) {
    let mut event = ptr::dangling_mut();
    let mut error = ptr::dangling_mut();
    // SAFETY: a live queue; both pointers are written, whatever they are.
    unsafe {
        let status = copilot_queue_next(queue, 0, &mut event, &mut error);
        assert!(error.is_null(), "no outcome of a queue that is there is a failure");
        let event_type = CStr::from_ptr(copilot_event_type(event)).to_str().unwrap().to_owned();
        copilot_event_free(event);
        (status, (!event.is_null()).then_some(event_type))
    }
}

fn push(queue: *mut copilot_queue, event_type: &str, subscriptions: &Arc<Subscriptions>) {
    let event =
        Event::new(Kind::Session, intern(event_type), Some(intern("s")), Json::from_trusted(r#"{"a":1}"#))
            .delivered_by(Arc::clone(subscriptions) as Arc<_>);
    assert!(core(queue).push(Arc::new(event)).is_ok());
}

/// Runs `work` for every event of the queue that is delivered.
fn subscribe(queue: *mut copilot_queue, work: impl Fn(&Event) + Send + Sync + 'static) -> Arc<Subscriptions> {
    let subscriptions = Arc::new(Subscriptions::default());
    let home: std::sync::Weak<Queue> = Arc::downgrade(&core(queue));
    subscriptions.add(None, Callback::new(Box::new(work)), home);
    subscriptions
}

#[test]
fn options_are_checked_and_null_is_refused() {
    // SAFETY: NULL and NUL-terminated texts are allowed.
    unsafe {
        let mut error = ptr::null_mut();
        assert!(copilot_queue_new(c"{\"mod\":\"items\"}".as_ptr(), &mut error).is_null());
        assert!(
            CStr::from_ptr(copilot_error_message(error)).to_str().unwrap().contains("did you mean \"mode\"")
        );
        copilot_error_free(error);
        let mut event = ptr::dangling_mut();
        let invalid = Code::InvalidArgument as i32;
        assert_eq!(copilot_queue_next(ptr::null_mut(), 0, &mut event, &mut error), invalid);
        assert!(event.is_null());
        assert_eq!(copilot_error_code(error), invalid);
        copilot_error_free(error);
        assert_eq!(copilot_queue_dispatch(ptr::null_mut(), 1, 0), invalid);
        assert_eq!(copilot_queue_start_thread(ptr::null_mut(), NONE), invalid);
        assert_eq!(copilot_queue_stop_thread(ptr::null_mut(), NONE), invalid);
        assert_eq!(copilot_queue_fd(ptr::null()), -1);
        assert_eq!(copilot_queue_length(ptr::null()), 0);
        assert!(copilot_queue_ref(ptr::null_mut()).is_null());
        copilot_queue_wake(ptr::null_mut());
        copilot_queue_close(ptr::null_mut());
        copilot_queue_free(ptr::null_mut());
    }
}

#[test]
fn next_tells_why_there_is_no_item() {
    let queue = new(c"{\"mode\":\"items\"}");
    let subscriptions = subscribe(queue, |_| ());
    assert_eq!(next(queue), (Code::Timeout as i32, None));
    // SAFETY: a live queue.
    unsafe { copilot_queue_wake(queue) };
    assert_eq!(next(queue), (Code::Cancelled as i32, None));
    push(queue, "first", &subscriptions);
    // SAFETY: a live queue.
    unsafe { copilot_queue_close(queue) };
    assert_eq!(next(queue), (0, Some("first".into())), "what was queued before is still returned");
    assert_eq!(next(queue), (Code::Closed as i32, None));
    assert_eq!(next(queue), (Code::Closed as i32, None), "for ever");
    // SAFETY: a live queue, freed.
    unsafe {
        assert_eq!(copilot_queue_dispatch(queue, -1, -1), Code::Closed as i32);
        copilot_queue_free(queue);
    }
}

#[test]
fn every_reference_keeps_the_queue_open() {
    let queue = new(c"{}");
    let subscriptions = subscribe(queue, |_| ());
    // SAFETY: live queues, each reference freed once.
    unsafe {
        let other = copilot_queue_ref(queue);
        assert_eq!(other, queue);
        copilot_queue_free(queue);
        push(other, "e", &subscriptions);
        assert_eq!(copilot_queue_dispatch(other, -1, 0), 1);
        let held = core(other);
        copilot_queue_free(other);
        assert!(held.is_closed(), "the last one closes it");
    }
}

unsafe extern "C" fn count(data: *mut c_void) {
    // SAFETY: the tests pass a counter that outlives the queue.
    unsafe { &*data.cast::<AtomicUsize>() }.fetch_add(1, Ordering::SeqCst);
}

#[test]
fn a_wakeup_fires_once_when_armed_and_ends_with_the_queue() {
    static FIRED: AtomicUsize = AtomicUsize::new(0);
    static DESTROYED: AtomicUsize = AtomicUsize::new(0);
    unsafe extern "C" fn fire(data: *mut c_void) {
        assert_eq!(data.cast_const().cast(), &raw const DESTROYED);
        FIRED.fetch_add(1, Ordering::SeqCst);
    }
    let queue = new(c"{}");
    let subscriptions = subscribe(queue, |_| ());
    let destroyed = (&raw const DESTROYED).cast_mut().cast::<c_void>();
    // SAFETY: live queues; the counters are static.
    unsafe {
        let refused = copilot_queue_set_wakeup(ptr::null_mut(), Some(fire), destroyed, Some(count), NONE);
        assert_eq!((refused, DESTROYED.load(Ordering::SeqCst)), (Code::InvalidArgument as i32, 1));
        assert_eq!(copilot_queue_set_wakeup(queue, Some(fire), destroyed, Some(count), NONE), 0);
        push(queue, "a", &subscriptions);
        push(queue, "b", &subscriptions);
        assert_eq!(FIRED.load(Ordering::SeqCst), 1);
        assert_eq!(copilot_queue_dispatch(queue, 1, 0), 1);
        assert_eq!(FIRED.load(Ordering::SeqCst), 2, "armed again, and there is still an item");
        let held = core(queue);
        copilot_queue_free(queue);
        assert_eq!(DESTROYED.load(Ordering::SeqCst), 2, "also while the library holds the queue");
        drop(held);
    }
}

#[test]
fn the_last_free_waits_for_the_running_callback() {
    let (started, has_started) = channel();
    let (release, may_go) = channel::<()>();
    let may_go = parking_lot::Mutex::new(may_go);
    let ended = Arc::new(AtomicUsize::new(0));
    let queue = new(c"{}");
    let subscriptions = subscribe(queue, {
        let ended = Arc::clone(&ended);
        move |_| {
            started.send(()).unwrap();
            may_go.lock().recv_timeout(LONG).unwrap();
            ended.store(1, Ordering::SeqCst);
        }
    });
    push(queue, "e", &subscriptions);
    // SAFETY: a live queue, freed once.
    unsafe {
        assert_eq!(copilot_queue_start_thread(queue, NONE), 0);
        has_started.recv_timeout(LONG).unwrap();
        let address = queue.expose_provenance();
        let freeing = thread::spawn(move || copilot_queue_free(ptr::with_exposed_provenance_mut(address)));
        release.send(()).unwrap();
        freeing.join().unwrap();
    }
    assert_eq!(ended.load(Ordering::SeqCst), 1);
}

#[test]
fn inside_a_callback_what_would_wait_for_it_is_refused() {
    let (tell, told): (Sender<[i32; 5]>, _) = channel();
    let queue = new(c"{}");
    let address = queue.expose_provenance();
    let subscriptions = subscribe(queue, move |_| {
        let queue = ptr::with_exposed_provenance_mut(address);
        let mut event = ptr::null_mut();
        // SAFETY: the queue lives as long as its callbacks run.
        let seen = unsafe {
            [
                copilot_queue_next(queue, 1, &mut event, NONE),
                copilot_queue_next(queue, 0, &mut event, NONE),
                copilot_queue_dispatch(queue, 1, 0),
                copilot_queue_stop_thread(queue, NONE),
                copilot_shutdown(0, NONE),
            ]
        };
        tell.send(seen).unwrap();
    });
    push(queue, "e", &subscriptions);
    // SAFETY: a live queue, freed.
    unsafe {
        assert_eq!(copilot_queue_dispatch(queue, -1, 0), 1);
        copilot_queue_free(queue);
    }
    let deadlock = Code::WouldDeadlock as i32;
    assert_eq!(
        told.recv_timeout(LONG).unwrap(),
        [deadlock, Code::Timeout as i32, Code::InvalidState as i32, deadlock, deadlock]
    );
}

#[test]
fn an_event_is_kept_read_and_delivered() {
    static DELIVERED: AtomicUsize = AtomicUsize::new(0);
    let queue = new(c"{\"mode\":\"items\"}");
    let subscriptions = subscribe(queue, |_| {
        DELIVERED.fetch_add(1, Ordering::SeqCst);
    });
    push(queue, "t", &subscriptions);
    // SAFETY: a live queue and event, each reference freed once; NULL is allowed.
    unsafe {
        let mut event = ptr::null_mut();
        assert_eq!(copilot_queue_next(queue, 0, &mut event, NONE), 0);
        let kept = copilot_event_ref(event);
        copilot_event_free(event);
        copilot_queue_free(queue);
        assert_eq!(copilot_event_get_kind(kept), Kind::Session as i32);
        assert_eq!(CStr::from_ptr(copilot_event_type(kept)), c"t");
        assert_eq!(CStr::from_ptr(copilot_event_session_id(kept)), c"s");
        let mut number = 0;
        assert_eq!(copilot_json_get_int(copilot_event_json(kept), c"/a".as_ptr(), &mut number), 1);
        assert_eq!(number, 1);
        assert!(copilot_event_op(kept).is_null());
        assert!(copilot_event_take_request(kept).is_null());
        assert_eq!(copilot_event_deliver(kept), 1);
        assert_eq!(DELIVERED.load(Ordering::SeqCst), 1);
        copilot_event_free(kept);

        assert_eq!(copilot_event_get_kind(ptr::null()), 0);
        assert_eq!(CStr::from_ptr(copilot_event_type(ptr::null())), c"");
        assert!(copilot_event_session_id(ptr::null()).is_null());
        assert_eq!(copilot_json_type_at(copilot_event_json(ptr::null()), ptr::null()), 0);
        assert_eq!(copilot_event_deliver(ptr::null_mut()), 0);
        assert!(copilot_event_ref(ptr::null()).is_null());
        copilot_event_free(ptr::null_mut());
    }
}
