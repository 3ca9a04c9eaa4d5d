//! C programs: compiled against `include/` and the shared library of this very build, and run for so long at most.

use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// The compilers that every program must pass; the first is the one that is used.
pub const COMPILERS: [&str; 2] = ["gcc", "clang"];

/// The repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A folder for what a test builds.
pub fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// The shared library that cargo built together with the running test, of which it is a dependency: it stands beside
/// the test's program.
fn built_library() -> PathBuf {
    let library = std::env::current_exe().unwrap().with_file_name("libcopilot.so");
    assert!(library.exists(), "cargo has built no {}", library.display());
    library
}

/// A folder in which the linker and the loader find the library.
///
/// Call it once in a test's program: the folder is made anew.
pub fn library_folder(name: &str) -> PathBuf {
    let (library, folder) = (built_library(), scratch(name));
    for link in ["libcopilot.so", "libcopilot.so.0"] {
        let _ = fs::remove_file(folder.join(link)); // of the run before
        symlink(&library, folder.join(link)).unwrap();
    }
    folder
}

/// Whether this machine has a compiler. gcc there must be: Rust links with it too.
pub fn has(compiler: &str) -> bool {
    compiler == COMPILERS[0] || Command::new(compiler).arg("--version").output().is_ok()
}

/// Compiles a program of one source as strictly as C99 allows, and panics with what the compiler says.
pub fn compile(compiler: &str, source: &Path, library: &Path) -> PathBuf {
    compile_all(compiler, &[source.to_owned()], library)
}

/// Compiles a program, which is called as the first of its sources.
pub fn compile_all(compiler: &str, sources: &[PathBuf], library: &Path) -> PathBuf {
    let name = sources[0].file_stem().unwrap().to_str().unwrap();
    compile_as(name, compiler, sources, &[], library)
}

/// What pkg-config tells of a package for the compiler and the linker.
pub fn package(name: &str) -> Vec<String> {
    let said = Command::new("pkg-config").args(["--cflags", "--libs", name]).output();
    let flags = said.ok().filter(|output| output.status.success());
    let flags = flags.unwrap_or_else(|| panic!("there is no {name}; 'scripts/require {name}' installs it"));
    String::from_utf8(flags.stdout).unwrap().split_whitespace().map(str::to_owned).collect()
}

/// Compiles a program of this name with further flags.
pub fn compile_as(
    name: &str,
    compiler: &str,
    sources: &[PathBuf],
    flags: &[String],
    library: &Path,
) -> PathBuf {
    let program = library.join(format!("{name}-{compiler}"));
    let output = Command::new(compiler)
        .args(["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-g", "-I"])
        .arg(root().join("include"))
        .args(sources)
        .arg("-o")
        .arg(&program)
        .arg(format!("-L{}", library.display()))
        .arg("-lcopilot")
        .args(flags)
        .arg(format!("-Wl,-rpath,{}", library.display()))
        .output()
        .unwrap_or_else(|why| panic!("{compiler} cannot be run: {why}"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    program
}

/// Runs a program with this input to its end, or kills it when that is not reached in time.
pub fn run(command: &mut Command, input: &str, limit: Duration) -> Output {
    let shown = format!("{command:?}");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|why| panic!("{shown}: {why}"));
    let id = child.id();
    // A program that does not read its input may have closed it.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(child.wait_with_output()));
    match receiver.recv_timeout(limit) {
        Ok(output) => output.unwrap(),
        Err(_) => {
            let _ = Command::new("kill").args(["-9", &id.to_string()]).status();
            let output = receiver.recv_timeout(Duration::from_secs(10)).expect("it was killed").unwrap();
            panic!("{shown} did not end in {limit:?}\n{}", told(&output));
        }
    }
}

/// All that a program has said, for the message of a failure.
pub fn told(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}\nstdout: {}\nstderr: {}", output.status, text(&output.stdout), text(&output.stderr))
}
