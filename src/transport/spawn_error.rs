//! Why a child did not start. The system gives one number; the file system tells the rest.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::process::Launch;
use super::resolve::is_executable;
use crate::error::{Code, Error};

/// The error for a launch that failed with `error`.
pub(super) fn explain(error: &io::Error, launch: &Launch) -> Error {
    let program = &launch.program;
    let reason = bad_folder(launch.cwd.as_deref()).unwrap_or_else(|| why(error, &program.path));
    let (path, found_by) = (program.path.display(), program.found_by);
    Error::new(Code::Spawn, format!("cannot start the CLI {path} (found by {found_by}): {reason}"))
}

/// What is wrong with the working directory. Asked for first: the system's number does not say whether it means
/// the directory or the program.
pub(super) fn bad_folder(cwd: Option<&Path>) -> Option<String> {
    let cwd = cwd?;
    let shown = cwd.display();
    match cwd.metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Some(format!("the working directory {shown} does not exist; create it or name another one"))
        }
        Err(error) => Some(format!("the working directory {shown} cannot be used: {error}")),
        Ok(found) if !found.is_dir() => Some(format!("the working directory {shown} is not a directory")),
        // Its own `.` can be seen only by those who may enter it.
        Ok(_) => {
            let error = cwd.join(".").metadata().err()?;
            Some(format!("the working directory {shown} may not be entered: {error}"))
        }
    }
}

fn why(error: &io::Error, path: &Path) -> String {
    match error.raw_os_error() {
        Some(libc::ENOENT) => what_is_missing(path),
        Some(libc::EACCES) => what_is_forbidden(path),
        Some(libc::ENOEXEC) => what_is_no_program(path),
        Some(libc::ETXTBSY) => {
            "another process is writing to the file, perhaps an update; try again when it is done".to_owned()
        }
        Some(libc::E2BIG) => {
            "its arguments and environment variables are larger than the system allows; pass a smaller \
             environment"
                .to_owned()
        }
        Some(libc::EMFILE | libc::ENFILE) => {
            format!("{error}; close some, or raise the limit on open files (`ulimit -n`)")
        }
        Some(libc::EAGAIN) => {
            format!("{error}; the limit on processes is reached (`ulimit -u`, or that of the container)")
        }
        _ => error.to_string(),
    }
}

fn what_is_missing(path: &Path) -> String {
    if !path.exists() {
        return "the file does not exist; install the CLI again or correct the path".to_owned();
    }
    match interpreter(path) {
        Some(interpreter) => {
            format!("its first line names the interpreter {interpreter:?}, which does not exist; install it")
        }
        None => {
            "its dynamic loader does not exist: the program was built for another system (glibc or musl); \
                 install the package for this one"
                .to_owned()
        }
    }
}

fn what_is_forbidden(path: &Path) -> String {
    let shown = path.display();
    if path.is_dir() {
        return "it is a directory; name the program inside it".to_owned();
    }
    if path.is_file() && !is_executable(path) {
        return format!("it is not executable; run `chmod +x {shown}`");
    }
    if let Some(interpreter) = interpreter(path).filter(|interpreter| !is_executable(interpreter)) {
        return format!("its first line names the interpreter {interpreter:?}, which is not executable");
    }
    "this user may not execute it; check the permissions of the file and of its folders, and whether the file \
     system is mounted noexec"
        .to_owned()
}

fn what_is_no_program(path: &Path) -> String {
    match first_bytes(path).as_slice() {
        [0x7F, b'E', b'L', b'F', ..] => {
            "it is a program for another kind of processor; install the package for this machine".to_owned()
        }
        [] => "the file is empty; install the CLI again".to_owned(),
        _ => "it is neither a program for this machine nor a script that begins with `#!`; name the CLI's \
              program, or install the CLI again"
            .to_owned(),
    }
}

/// The program named by a script's `#!` line.
fn interpreter(path: &Path) -> Option<PathBuf> {
    let start = first_bytes(path);
    let line = start.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
    let mut words = line.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty());
    // A carriage return is kept: it is part of the name that the system looked for, and must be seen.
    words.next().map(|name| PathBuf::from(OsStr::from_bytes(name)))
}

fn first_bytes(path: &Path) -> Vec<u8> {
    let mut start = Vec::new();
    // A file that is no regular one might block, and cannot be executed anyway.
    if fs::metadata(path).is_ok_and(|found| found.is_file()) {
        let _ = File::open(path).and_then(|file| file.take(256).read_to_end(&mut start));
    }
    start
}
