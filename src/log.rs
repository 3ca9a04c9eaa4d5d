//! The process-wide log sink. There is none by default: a library says nothing unless it is asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use parking_lot::RwLock;

/// How grave a message is; a sink takes everything up to its level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i32)]
#[allow(missing_docs)] // the usual five
pub enum Level {
    Error = 1,
    Warn = 2,
    Info = 3,
    Debug = 4,
    Trace = 5,
}

/// A sink: level, target (the module that speaks), message.
pub type Sink = Arc<dyn Fn(Level, &str, &str) + Send + Sync>;

static MAX_LEVEL: AtomicI32 = AtomicI32::new(0);
static SINK: RwLock<Option<Sink>> = RwLock::new(None);

/// Replaces the sink and returns the former one, whose last call has returned by then.
pub fn set_sink(max_level: i32, sink: Option<Sink>) -> Option<Sink> {
    let mut slot = SINK.write();
    MAX_LEVEL.store(if sink.is_some() { max_level } else { 0 }, Ordering::Relaxed);
    std::mem::replace(&mut *slot, sink)
}

/// True when somebody listens at this level, so that a message need not be built for nobody.
pub fn enabled(level: Level) -> bool {
    level as i32 <= MAX_LEVEL.load(Ordering::Relaxed)
}

/// Hands a message to the sink. `target` names the module without the crate: `transport`, `session`.
pub fn emit(level: Level, target: &str, message: &str) {
    if !enabled(level) {
        return;
    }
    // Read recursively, so that a thread waiting in `set_sink` cannot deadlock a sink that logs.
    if let Some(sink) = &*SINK.read_recursive() {
        sink(level, target, message);
    }
}
