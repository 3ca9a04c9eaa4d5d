//! What allocates nothing: counted, on the thread that does it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use copilot::json::{Json, Kind};

struct Counting;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: the system's allocator does it all; the counter is a plain number without a destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: promised by the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: promised by the caller.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: promised by the caller.
        unsafe { System.realloc(block, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations_of(work: impl FnOnce()) -> u64 {
    let before = COUNT.get();
    work();
    COUNT.get() - before
}

/// Events that differ in what differs from one to the next in a stream: the text, the ids and the type.
fn events() -> Vec<String> {
    (0..60)
        .map(|number| {
            let (kind, text) = (["message", "reasoning"][number % 3 / 2], "word \\n".repeat(number % 40));
            format!(
                r#"{{"type":"assistant.{kind}_delta","data":{{"{kind}Id":"id-{}","deltaContent":"{number}: {text}"}},"ephemeral":true,"size":{number},"id":"{number:036}","parentId":null}}"#,
                number % 2
            )
        })
        .collect()
}

fn read(json: &Json, number: usize) {
    for _ in 0..2 {
        assert!(json.get_str("/data/deltaContent").is_some_and(|text| text.len() > 1));
        assert!(json.get_str("/data/messageId").is_some() || json.get_str("/data/reasoningId").is_some());
        assert!(json.get_str("/id").is_some() && json.get_str("/type").is_some());
        assert!(json.get_str("/agentId").is_none() && json.get_str("/size").is_none());
    }
    assert_eq!((json.get_i64("/size"), json.get_bool("/ephemeral")), (Some(number as i64), Some(true)));
    assert_eq!(json.kind_at("/parentId"), Some(Kind::Null));
    assert_eq!(json.text_c().len(), json.text().len());
}

#[test]
fn a_document_that_is_renewed_allocates_nothing() {
    let events = events();
    let mut json = Json::object();
    let mut memory = String::with_capacity(1_000);
    let mut stream = || {
        for (number, event) in events.iter().enumerate() {
            memory.push_str(event);
            memory = json.renew(std::mem::take(&mut memory));
            read(&json, number);
        }
    };
    let (first, second, third) =
        (allocations_of(&mut stream), allocations_of(&mut stream), allocations_of(stream));
    assert!(first > 0, "the counter counts");
    assert!(second <= 4, "a few when the last of its memory was found too small: {second}");
    assert_eq!(third, 0);
}

#[test]
fn a_document_of_a_lent_text_allocates_nothing() {
    let events: Vec<&'static str> = events().into_iter().map(|event| &*event.leak()).collect();
    let mut json = Json::object();
    json.renew_lent("{}");
    let mut stream = || {
        for (number, event) in events.iter().enumerate() {
            assert_eq!(json.renew_lent(event).capacity(), 0);
            read(&json, number);
        }
    };
    stream();
    stream();
    assert_eq!(allocations_of(stream), 0);
}

#[test]
fn a_part_of_a_text_becomes_a_document_without_a_copy_of_it() {
    let (before, behind) = (r#"{"params":"#, "}");
    let large = format!(r#"{{"content":"{}"}}"#, "x".repeat(1_000_000));
    let frame = [before, &large, behind].concat();
    let part = before.len()..frame.len() - behind.len();
    let place = frame[part.clone()].as_ptr();
    let json = Json::of_part(frame, part);
    assert_eq!((json.text().as_ptr(), json.text_c().as_ptr().cast()), (place, place));
    assert_eq!(json.text(), large);
}
