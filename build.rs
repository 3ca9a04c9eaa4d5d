//! Writes the header, names the library, and notes what was built.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

#[path = "src/ffi/header/generate.rs"]
mod header;

/// The number in the soname, in the header and in `copilot_abi_version()`. Every break raises it until 1.0.
const ABI_VERSION: &str = "0";

fn main() {
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR"));
    write_header(&root);
    name_the_library();
    note_the_build(&root);
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| "unknown".into())
}

/// Brings `include/copilot.h` up to date. It is only written when it differs, so that nothing is rebuilt for nothing,
/// and a source tree that cannot be written builds all the same; a test compares the two.
fn write_header(root: &Path) {
    let version = variable("CARGO_PKG_VERSION");
    let text = match header::generate(root, &version, ABI_VERSION) {
        Ok(text) => text,
        Err(why) => {
            // The compiler is about to say it better.
            println!("cargo:warning=include/copilot.h was not generated: {why}");
            return;
        }
    };
    fs::write(Path::new(&variable("OUT_DIR")).join("copilot.h"), &text)
        .expect("cargo's OUT_DIR can be written");
    let committed = root.join("include/copilot.h");
    if fs::read_to_string(&committed).ok().as_ref() != Some(&text) && fs::write(&committed, &text).is_err() {
        println!("cargo:warning=include/copilot.h is not what src/ffi says, and could not be written");
    }
    for input in ["build.rs", "src/ffi/header/generate.rs", "cbindgen.toml", "src/ffi"] {
        println!("cargo:rerun-if-changed={input}");
    }
}

fn name_the_library() {
    let arguments = [
        format!("-Wl,-soname,libcopilot.so.{ABI_VERSION}"),
        // Once its threads run, the code must stay where it is: a dlclose() must not unmap it.
        "-Wl,-z,nodelete".into(),
        // Everything is bound at load time and read-only afterwards.
        "-Wl,-z,relro,-z,now".into(),
    ];
    if variable("CARGO_CFG_TARGET_OS") == "linux" {
        for argument in arguments {
            println!("cargo:rustc-cdylib-link-arg={argument}");
        }
    }
}

/// What `copilot_build_info()` tells.
fn note_the_build(root: &Path) {
    let profile = variable("PROFILE");
    // Only releases know their commit: to have every build know it, each commit would rebuild everything.
    let commit = if profile == "release" { commit(root) } else { None };
    let rustc = run(Command::new(variable("RUSTC")).arg("--version"));
    for (name, value) in [
        ("ABI_VERSION", ABI_VERSION.into()),
        ("COMMIT", commit.unwrap_or_else(|| "unknown".into())),
        ("TARGET", variable("TARGET")),
        ("RUSTC", rustc.unwrap_or_else(|| "unknown".into())),
        ("PROFILE", profile),
    ] {
        println!("cargo:rustc-env=COPILOT_{name}={value}");
    }
}

/// The commit of this very source tree; none where it lies inside somebody else's repository.
fn commit(root: &Path) -> Option<String> {
    let git = |arguments: &[&str]| run(Command::new("git").current_dir(root).args(arguments));
    let top = git(&["rev-parse", "--show-toplevel"])?;
    if fs::canonicalize(top).ok()? != fs::canonicalize(root).ok()? {
        return None;
    }
    println!("cargo:rerun-if-changed={}", git(&["rev-parse", "--git-path", "logs/HEAD"])?);
    git(&["rev-parse", "--short=12", "HEAD"])
}

/// The first line that a command prints, if it succeeds.
fn run(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.lines().next().map(str::to_owned)
}
