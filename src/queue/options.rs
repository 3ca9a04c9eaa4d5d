//! What a queue can be told when it is made.

use crate::error::Result;
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

static QUEUE: Table = Table {
    what: "the queue's options",
    keys: &[
        key("mode", Wants::Word(&["callbacks", "items"])),
        key("hardLimitBytes", Wants::Integer(1 << 10, 1 << 40)),
    ],
    open: false,
};

impl Options {
    /// Checks the options. Fails with `InvalidJson`, or with `InvalidArgument` that names the key by its pointer.
    pub fn parse(json: &str) -> Result<Options> {
        let given = check(json, &QUEUE)?;
        let default = Options::default();
        Ok(Options {
            mode: match given.text("mode").as_deref() {
                Some("items") => Mode::Items,
                _ => Mode::Callbacks,
            },
            hard_limit_bytes: given
                .integer("hardLimitBytes")
                .and_then(|bytes| usize::try_from(bytes).ok())
                .unwrap_or(default.hard_limit_bytes),
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
        for (json, hint) in [
            (r#"{"mode":"item"}"#, "/mode"),
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
