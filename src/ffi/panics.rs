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

/// Marks this thread as running the body of an exported function until it is dropped.
pub struct Inside(());

impl Inside {
    /// Enters a body.
    pub fn enter() -> Inside {
        static ONCE: Once = Once::new();
        ONCE.call_once(divert);
        // A thread that is past its end may still free handles; a panic there is printed.
        let _ = DEPTH.try_with(|depth| depth.set(depth.get() + 1));
        Inside(())
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        let _ = DEPTH.try_with(|depth| depth.set(depth.get() - 1));
    }
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
    let inside = DEPTH.try_with(|depth| depth.get() > 0).unwrap_or(false);
    inside || thread::current().name().is_some_and(|name| name.starts_with("copilot-"))
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
