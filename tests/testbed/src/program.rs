//! The programs of the test bed, for tests that start them.

use std::env;
use std::path::PathBuf;

/// The path of a program: what the variable `<NAME>_PROGRAM` says, else the program in a folder above the running test
/// (target/debug for a test in target/debug/deps).
///
/// # Panics
/// When there is none; the text says how to build it.
pub fn path(name: &str) -> PathBuf {
    let variable = format!("{}_PROGRAM", name.to_uppercase().replace('-', "_"));
    if let Some(path) = env::var_os(&variable) {
        return path.into();
    }
    let test = env::current_exe().expect("a program knows its path");
    let found = test.ancestors().skip(1).map(|folder| folder.join(name)).find(|path| path.is_file());
    found.unwrap_or_else(|| {
        panic!(
            "the program {name} is in no folder above {}. Build it first, with the same profile and target as this \
             test: cargo build -p testbed --bins. Or name it in {variable}.",
            test.display()
        )
    })
}
