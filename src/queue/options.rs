//! What a queue can be told when it is made.

/// Which items enter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Those that have a callback.
    #[default]
    Callbacks,
    /// All of them.
    Items,
}

/// Options of a queue.
#[derive(Clone, Debug)]
pub struct Options {
    /// Which items enter.
    pub mode: Mode,
    /// Above this many bytes of waiting items the connection is not read until the queue is served.
    pub hard_limit_bytes: usize,
}

impl Default for Options {
    fn default() -> Options {
        Options { mode: Mode::default(), hard_limit_bytes: 256 << 20 }
    }
}
