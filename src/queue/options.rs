//! What a queue can be told when it is made.

use crate::error::Result;
use crate::log::Level;
use crate::protocol::keys::{Table, Wants, check, key};

/// Which items enter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Those that have a callback.
    #[default]
    Callbacks,
    /// All of them.
    Items,
}

/// What becomes of events when the hard limit is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overflow {
    /// They wait in the pipe: the connection is not read.
    #[default]
    Pause,
    /// The oldest ones go.
    DropOldest,
}

/// Options of a queue.
#[derive(Clone, Debug)]
pub struct Options {
    /// Which items enter.
    pub mode: Mode,
    /// From this many bytes of waiting items on, pieces of one text become one item. Never above the hard limit.
    pub soft_limit_bytes: usize,
    /// From this many bytes on the connection is not read until the queue is served, or what `overflow` says.
    pub hard_limit_bytes: usize,
    /// What becomes of events when that is reached.
    pub overflow: Overflow,
    /// Messages of the library up to this level are items.
    pub log: Option<Level>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            mode: Mode::default(),
            soft_limit_bytes: usize::MAX,
            hard_limit_bytes: 256 << 20,
            overflow: Overflow::default(),
            log: None,
        }
    }
}

static QUEUE: Table = Table {
    what: "the queue's options",
    keys: &[
        key("mode", Wants::Word(&["callbacks", "items"])),
        key("softLimitBytes", Wants::Integer(0, 1 << 40)),
        key("hardLimitBytes", Wants::Integer(1 << 10, 1 << 40)),
        key("overflow", Wants::Word(&["pause", "drop_oldest"])),
        key("log", Wants::Word(Level::NAMES)),
    ],
    open: false,
    index: None,
};

impl Options {
    /// Checks the options. Fails with `InvalidJson`, or with `InvalidArgument` that names the key by its pointer.
    pub fn parse(json: &str) -> Result<Options> {
        let given = check(json, &QUEUE)?;
        let default = Options::default();
        let bytes = |key| given.integer(key).and_then(|bytes| usize::try_from(bytes).ok());
        Ok(Options {
            mode: match given.text("mode").as_deref() {
                Some("items") => Mode::Items,
                _ => Mode::Callbacks,
            },
            soft_limit_bytes: bytes("softLimitBytes").unwrap_or(default.soft_limit_bytes),
            hard_limit_bytes: bytes("hardLimitBytes").unwrap_or(default.hard_limit_bytes),
            overflow: match given.text("overflow").as_deref() {
                Some("drop_oldest") => Overflow::DropOldest,
                _ => Overflow::Pause,
            },
            log: given.text("log").and_then(|name| Level::by_name(&name)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    #[test]
    fn options_are_checked() {
        let options = Options::parse(r#"{"mode":"items","hardLimitBytes":4096}"#).unwrap();
        assert_eq!((options.mode, options.hard_limit_bytes), (Mode::Items, 4096));
        let options = Options::parse("{}").unwrap();
        assert_eq!((options.mode, options.hard_limit_bytes), (Mode::Callbacks, 256 << 20));
        let options = Options::parse(r#"{"softLimitBytes":0,"overflow":"drop_oldest"}"#).unwrap();
        assert_eq!((options.soft_limit_bytes, options.overflow), (0, Overflow::DropOldest));
        for (number, name) in (1..).zip(Level::NAMES) {
            let log = Options::parse(&format!(r#"{{"log":"{name}"}}"#)).unwrap().log.unwrap();
            assert_eq!((log as i32, log.name()), (number, *name));
        }
        for (json, hint) in [
            (r#"{"log":"loud"}"#, "/log"),
            (r#"{"mode":"item"}"#, "/mode"),
            (r#"{"softLimitBytes":-1}"#, "/softLimitBytes"),
            (r#"{"overflow":"drop_newest"}"#, "/overflow"),
            (r#"{"hardLimitBytes":0}"#, "/hardLimitBytes"),
            (r#"{"hardlimitbytes":4096}"#, "did you mean \"hardLimitBytes\""),
        ] {
            let error = Options::parse(json).unwrap_err();
            assert_eq!(error.code(), Code::InvalidArgument);
            assert!(error.message().contains(hint), "{error}");
        }
        assert_eq!(Options::parse("{").unwrap_err().code(), Code::InvalidJson);
    }
}
