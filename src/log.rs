//! The log of the process: one sink, and queues that take messages as items. There are none by default: a library says
//! nothing unless it is asked.

use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Weak};

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

impl Level {
    /// The names, in the order of the numbers.
    pub const NAMES: &[&str] = &["error", "warn", "info", "debug", "trace"];

    /// The level of this name.
    pub fn by_name(name: &str) -> Option<Level> {
        use Level::{Debug, Error, Info, Trace, Warn};
        [Error, Warn, Info, Debug, Trace].into_iter().find(|level| level.name() == name)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        Level::NAMES[self as usize - 1]
    }
}

/// A sink: level, target (the module that speaks), message.
pub type Sink = Arc<dyn Fn(Level, &str, &str) + Send + Sync>;

/// Whoever takes messages beside the sink.
pub trait Listener: Send + Sync {
    /// A message of the level that was asked for, or a graver one. Nothing here holds a lock meanwhile.
    fn hear(&self, level: Level, target: &str, message: &str);
}

/// The highest level that anybody asks for.
static MAX_LEVEL: AtomicI32 = AtomicI32::new(0);
static SINK_LEVEL: AtomicI32 = AtomicI32::new(0);
static SINK: RwLock<Option<Sink>> = RwLock::new(None);
static LISTENERS: RwLock<Vec<(Level, Weak<dyn Listener>)>> = RwLock::new(Vec::new());

/// Replaces the sink and returns the former one, whose last call has returned by then.
pub fn set_sink(max_level: i32, sink: Option<Sink>) -> Option<Sink> {
    let mut slot = SINK.write();
    SINK_LEVEL.store(if sink.is_some() { max_level } else { 0 }, Ordering::Relaxed);
    look_who_listens();
    std::mem::replace(&mut *slot, sink)
}

/// From now on the listener hears messages up to this level, for as long as it lives.
pub fn listen(level: Level, listener: Weak<dyn Listener>) {
    LISTENERS.write().push((level, listener));
    look_who_listens();
}

/// To be called when a listener has come or gone, so that nothing is built for nobody.
pub fn look_who_listens() {
    let mut listeners = LISTENERS.write();
    listeners.retain(|(_, listener)| listener.strong_count() > 0);
    let heard = listeners.iter().map(|(level, _)| *level as i32).max().unwrap_or(0);
    MAX_LEVEL.store(heard.max(SINK_LEVEL.load(Ordering::Relaxed)), Ordering::Relaxed);
}

/// True when somebody listens at this level, so that a message need not be built for nobody.
pub fn enabled(level: Level) -> bool {
    level as i32 <= MAX_LEVEL.load(Ordering::Relaxed)
}

/// Hands a message to the sink and the listeners. `target` names the module without the crate: `transport`, `session`.
pub fn emit(level: Level, target: &str, message: &str) {
    if !enabled(level) {
        return;
    }
    if level as i32 <= SINK_LEVEL.load(Ordering::Relaxed) {
        // Read recursively, so that a thread waiting in `set_sink` cannot deadlock a sink that logs.
        if let Some(sink) = &*SINK.read_recursive() {
            sink(level, target, message);
        }
    }
    let listens =
        |(max, listener): &(Level, Weak<dyn Listener>)| (level <= *max).then(|| listener.upgrade())?;
    let listeners: Vec<_> = LISTENERS.read().iter().filter_map(listens).collect();
    for listener in listeners {
        listener.hear(level, target, message);
    }
}
