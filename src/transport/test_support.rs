//! What the tests of this folder share.

use std::fs;
use std::future::Future;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::time::timeout;

use super::{Environment, Launch, Program, Stdout};

/// Longer than anything here takes on a busy machine; a test that gets here has failed.
const LIMIT: Duration = Duration::from_secs(20);

/// A folder that is removed with its owner.
pub(super) struct TempDir(PathBuf);

impl TempDir {
    pub(super) fn new() -> TempDir {
        static COUNTER: AtomicU32 = AtomicU32::new(0);
        let name = format!("libcopilot-{}-{}", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().canonicalize().unwrap().join(name);
        fs::create_dir(&path).unwrap();
        TempDir(path)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// A file at a path inside, with the folders it needs.
    pub(super) fn file(&self, path: &str, text: impl AsRef<[u8]>, mode: u32) -> PathBuf {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    /// An executable script of /bin/sh.
    pub(super) fn script(&self, path: &str, body: &str) -> PathBuf {
        self.file(path, format!("#!/bin/sh\n{body}\n"), 0o755)
    }

    pub(super) fn folder(&self, path: &str) -> PathBuf {
        let path = self.0.join(path);
        fs::create_dir_all(&path).unwrap();
        path
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The output of a future that must not hang.
pub(super) async fn bounded<T>(future: impl Future<Output = T>) -> T {
    timeout(LIMIT, future).await.expect("this must not take so long")
}

/// Waits until something outside of this process is so.
pub(super) async fn until(what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < LIMIT, "never happened: {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// `/bin/sh -c script` with the variables of this process.
pub(super) fn shell(script: &str) -> Launch {
    launch_of("/bin/sh", &["-c", script])
}

pub(super) fn launch_of(path: impl Into<PathBuf>, args: &[&str]) -> Launch {
    Launch {
        program: Program { path: path.into(), leading_args: Vec::new(), found_by: "a test" },
        args: args.iter().map(Into::into).collect(),
        environment: Environment::from_process(),
        cwd: None,
        secrets: Arc::default(),
    }
}

pub(super) async fn read_to_end(mut stdout: Stdout) -> String {
    let mut text = String::new();
    bounded(stdout.read_to_string(&mut text)).await.unwrap();
    text
}

/// The first line, and the stream to go on with.
pub(super) async fn read_line(stdout: Stdout) -> (String, BufReader<Stdout>) {
    let mut stdout = BufReader::new(stdout);
    let mut line = String::new();
    bounded(stdout.read_line(&mut line)).await.unwrap();
    (line.trim_end().to_owned(), stdout)
}

/// Nothing is left of the process, not even a zombie.
pub(super) fn is_gone(pid: u32) -> bool {
    !Path::new(&format!("/proc/{pid}")).exists()
}

/// A test that changes the process it runs in calls this with its own name first, and goes on only where it
/// returns true: in a process of its own. The caller reports how that one went.
pub(super) fn in_own_process(test: &str) -> bool {
    const ROLE: &str = "LIBCOPILOT_TEST_ROLE";
    if std::env::var(ROLE).is_ok_and(|role| role == test) {
        return true;
    }
    let name = format!("transport::{test}");
    let mut command = Command::new(std::env::current_exe().unwrap());
    let output = command.args(["--exact", &name, "--nocapture"]).env(ROLE, test).output().unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && stdout.contains("1 passed"), "{name}:\n{stdout}\n{stderr}");
    false
}

/// Runs the test's future on a runtime of its own, as `#[tokio::test]` does.
pub(super) fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(bounded(future))
}

/// One field of `/proc/ID/status`, of a process or of a thread.
pub fn status_field(id: u32, name: &str) -> String {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(&format!("{name}:")));
    line.unwrap().trim().to_owned()
}
