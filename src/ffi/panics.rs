//! A panic is a defect of ours, and no business of the host's stderr: it goes to the log, and to the caller as
//! `COPILOT_E_INTERNAL`.

use std::cell::Cell;
use std::panic;
use std::sync::Once;
use std::thread;

use crate::log::{self, Level};

thread_local! {
    /// How many bodies of exported functions this thread is in.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// Runs the body of an exported function, which must not let a panic out, and marks this thread meanwhile.
#[inline]
pub fn inside<T>(body: impl FnOnce() -> T) -> T {
    static ONCE: Once = Once::new();
    ONCE.call_once(divert);
    // A plain number without a destructor: it is there as long as the thread runs anything.
    DEPTH.with(|depth| {
        depth.set(depth.get() + 1);
        let result = body();
        depth.set(depth.get() - 1);
        result
    })
}

/// Takes the message of our own panics away from the hook that was there, which prints it. Panics of a Rust program
/// that has this crate linked in are left to its hook.
fn divert() {
    let former = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if is_ours() {
            log::emit(Level::Error, "panic", &info.to_string());
        } else {
            former(info);
        }
    }));
}

fn is_ours() -> bool {
    DEPTH.get() > 0 || thread::current().name().is_some_and(|name| name.starts_with("copilot-"))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use crate::ffi::guard::{caught, plain};
    use crate::{Code, Result};

    const TEST: &str = "ffi::panics::tests::a_panic_is_an_error_and_prints_nothing";

    /// Runs in a process of its own, whose stderr is the test's result.
    #[test]
    fn a_panic_is_an_error_and_prints_nothing() {
        if std::env::var_os("COPILOT_TEST_PANICS").is_some() {
            let error = caught(|| -> Result<()> { panic!("the planted defect") }).unwrap_err();
            assert_eq!(error.code(), Code::Internal);
            assert!(error.message().contains("the planted defect"), "{error}");
            assert_eq!(plain(7, || panic!("another planted defect")), 7);
            return;
        }
        let output = Command::new(std::env::current_exe().unwrap())
            .args([TEST, "--exact", "--nocapture"])
            .env("COPILOT_TEST_PANICS", "1")
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && !stderr.contains("planted"), "{stderr}");
        assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"), "the test was not found");
    }
}
