//! The log of what the fake runtime saw and did, one JSON object a line.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

/// A log that several threads append to. Without a file it swallows everything.
#[derive(Clone)]
pub struct Journal(Option<Arc<File>>);

impl Journal {
    /// Appends to the file at `path`, which only its owner may read: it can hold tokens of a test.
    pub fn open(path: Option<&Path>) -> io::Result<Journal> {
        let Some(path) = path else { return Ok(Journal(None)) };
        let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
        Ok(Journal(Some(Arc::new(file))))
    }

    /// Appends one record in one write and without a buffer, so that no kind of death loses it.
    pub fn note(&self, record: &Value) {
        if let Some(file) = &self.0 {
            let line = format!("{record}\n");
            // Nothing sensible can be done about a full disk here; the test misses the record and fails.
            let _ = file.as_ref().write_all(line.as_bytes());
        }
    }

    /// Ends the process with this exit code and says so in the log.
    pub fn exit(&self, code: i32) -> ! {
        self.note(&json!({"exit": code}));
        std::process::exit(code)
    }
}
