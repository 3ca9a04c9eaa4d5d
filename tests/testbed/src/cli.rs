//! The real CLIs: where they are, and an environment that fences their state in.
//!
//! `tests/testbed/install-clis` installs them; `tests/testbed/clis/package.json` says which there are.

use serde_json::{Map, Value, json};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// The variable that names another folder than `build/clis`.
const FOLDER_VARIABLE: &str = "TESTBED_CLIS";
const MANIFEST: &str = include_str!("../clis/package.json");

/// An installed CLI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cli {
    /// What `install-clis` calls it: `runtime`, or a version.
    pub name: String,
    /// What it says its version is.
    pub version: String,
    /// The protocol version it speaks.
    pub protocol: u32,
    /// The executable.
    pub path: PathBuf,
}

impl Cli {
    /// The arguments of a server on stdin and stdout. Without `--no-auto-update` a CLI may run as another version
    /// that it finds in its cache.
    pub fn arguments(&self) -> [&'static str; 6] {
        ["--headless", "--no-auto-update", "--no-auto-login", "--log-level", "info", "--stdio"]
    }

    /// A command for a server on stdin and stdout, in the fence's environment and nothing else. Its stderr is dropped.
    pub fn command(&self, fence: &Fence) -> Command {
        let mut command = Command::new(&self.path);
        command.args(self.arguments()).env_clear().current_dir(fence.workdir());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        for (name, value) in fence.env().as_object().into_iter().flatten() {
            command.env(name, value.as_str().unwrap_or_default());
        }
        command
    }

    /// Whether its version is `version` or later.
    pub fn is_at_least(&self, version: &str) -> bool {
        version_parts(&self.version) >= version_parts(version)
    }
}

/// A version's numbers, for comparing; what is no number counts as 0.
pub(crate) fn version_parts(version: &str) -> Vec<u64> {
    version.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

/// Every pinned CLI that is installed, in the manifest's order.
pub fn all_installed() -> Vec<Cli> {
    manifest().keys().filter_map(|name| find(name).ok()).collect()
}

/// Every pinned CLI.
///
/// # Errors
/// When one of them is not installed: the command that installs it.
pub fn pinned() -> Result<Vec<Cli>, String> {
    manifest().keys().map(|name| find(name)).collect()
}

/// The CLIs that every change is tested with: `runtime`, `1.0.102` and `0.0.420`.
///
/// # Errors
/// When one of them is not installed: the command that installs it.
pub fn everyday() -> Result<Vec<Cli>, String> {
    let all = manifest();
    all.iter().filter(|(_, about)| about["everyday"] == true).map(|(name, _)| find(name)).collect()
}

/// The CLI with this name or version.
///
/// # Errors
/// When it is not installed: the command that installs it. When there is no such CLI: the names there are.
pub fn find(name: &str) -> Result<Cli, String> {
    let all = manifest();
    let mut named = all.iter().filter(|(key, about)| *key == name || about["version"] == name);
    let (name, about) = named.next().ok_or_else(|| {
        format!(
            "no CLI is called '{name}'; there are: {}",
            all.keys().cloned().collect::<Vec<_>>().join(", ")
        )
    })?;
    let text = |key: &str| about[key].as_str().unwrap_or_default();
    let path = folder().join(name).join("node_modules").join(text("executable"));
    if !path.is_file() {
        return Err(format!(
            "the CLI '{name}' is not installed (no {}); run: tests/testbed/install-clis {name}",
            path.display()
        ));
    }
    let protocol = about["protocol"].as_u64().unwrap_or_default() as u32;
    Ok(Cli { name: name.clone(), version: text("version").to_owned(), protocol, path })
}

fn manifest() -> Map<String, Value> {
    let manifest: Value = serde_json::from_str(MANIFEST).expect("clis/package.json is JSON");
    manifest["clis"].as_object().cloned().expect("clis/package.json has the object 'clis'")
}

fn folder() -> PathBuf {
    let natural = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../build/clis");
    let folder = std::env::var_os(FOLDER_VARIABLE).map_or_else(natural, PathBuf::from);
    folder.canonicalize().unwrap_or(folder)
}

/// A temporary home for one CLI process, so that it neither finds nor leaves anything outside. Removed on drop.
///
/// Only the cache is kept and shared by all fences of a CLI: a CLI unpacks itself there, which takes a second and up
/// to 235 MB. (1.0.2 and older unpack themselves into their state folder, from where a link leads to the cache.)
pub struct Fence {
    root: PathBuf,
    cache: PathBuf,
}

impl Fence {
    /// A fence for `cli`. The first one ever for a CLI runs it once to warm its cache.
    ///
    /// # Panics
    /// When the folders cannot be made or the CLI cannot be run.
    pub fn new(cli: &Cli) -> Fence {
        let cache = folder().join(&cli.name).join("cache");
        let fence = Fence::cold(&cache).expect("folders for the fence");
        fence.warm(cli).unwrap_or_else(|e| panic!("cannot warm the cache of {}: {e}", cli.path.display()));
        fence
    }

    fn cold(cache: &Path) -> io::Result<Fence> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let root = std::env::temp_dir().join(format!("copilot-fence-{}-{count}", std::process::id()));
        let _ = fs::remove_dir_all(&root); // of a process with the same id that was killed
        for folder in ["home", "config", "state/.copilot", "copilot", "work", "tmp"] {
            fs::create_dir_all(root.join(folder))?;
        }
        fs::create_dir_all(cache.join("pkg"))?;
        for state in ["state/.copilot/pkg", "copilot/pkg"] {
            std::os::unix::fs::symlink(cache.join("pkg"), root.join(state))?;
        }
        Ok(Fence { root: root.canonicalize()?, cache: cache.to_owned() })
    }

    /// Under a file lock, because two processes that unpack at once disturb each other.
    fn warm(&self, cli: &Cli) -> io::Result<()> {
        let lock = File::create(self.cache.join("lock"))?;
        lock.lock()?;
        let warm = self.cache.join("warm");
        if warm.exists() {
            return Ok(());
        }
        // It unpacks itself, sees the end of its input, and exits.
        let mut command = cli.command(self);
        let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status()?;
        if !status.success() {
            return Err(io::Error::other(format!("it ended with {status}")));
        }
        File::create(warm).map(drop)
    }

    /// The whole environment for the CLI, as the client option `env` takes it.
    pub fn env(&self) -> Value {
        let inside = |folder: &str| self.root.join(folder).to_string_lossy().into_owned();
        json!({
            "PATH": std::env::var("PATH").unwrap_or_else(|_| "/usr/local/bin:/usr/bin:/bin".into()),
            "HOME": inside("home"),
            "XDG_CACHE_HOME": self.cache.to_string_lossy(),
            "XDG_CONFIG_HOME": inside("config"),
            "XDG_STATE_HOME": inside("state"),
            "COPILOT_HOME": inside("copilot"),
            "TMPDIR": inside("tmp"),
            "LANG": "C.UTF-8",
            "NO_PROXY": "127.0.0.1,localhost",
        })
    }

    /// An empty folder for a session to work in.
    pub fn workdir(&self) -> PathBuf {
        self.root.join("work")
    }

    /// A new folder below [`Fence::workdir`], for one of many sessions.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn workdir_for(&self, name: &str) -> PathBuf {
        let folder = self.workdir().join(name);
        fs::create_dir_all(&folder).expect("a folder in the fence");
        folder
    }
}

impl Drop for Fence {
    fn drop(&mut self) {
        // A CLI that is still going may add a file while its folder is removed.
        for _ in 0..3 {
            if fs::remove_dir_all(&self.root).is_ok() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_said_with_the_remedy() {
        let unknown = find("9.9.9").unwrap_err();
        assert!(unknown.contains("runtime, 1.0.102"), "{unknown}");
        for name in manifest().keys() {
            match find(name) {
                Ok(cli) => assert_eq!(find(&cli.version).map(|c| c.name), Ok(name.clone())),
                Err(why) => assert!(why.ends_with(&format!("tests/testbed/install-clis {name}")), "{why}"),
            }
        }
    }

    #[test]
    fn versions_compare_by_number() {
        let cli = Cli { name: "x".into(), version: "1.0.102".into(), protocol: 3, path: PathBuf::new() };
        assert!(cli.is_at_least("1.0.71") && cli.is_at_least("1.0.102") && !cli.is_at_least("1.1.0"));
    }

    #[test]
    fn a_fence_is_removed_but_its_cache_stays() {
        let cache = std::env::temp_dir().join(format!("copilot-fence-test-{}", std::process::id()));
        let fence = Fence::cold(&cache).unwrap();
        fs::write(fence.workdir_for("a").join("f"), "x").unwrap();
        fs::write(cache.join("pkg/kept"), "x").unwrap();
        let (root, home) = (fence.root.clone(), fence.env()["HOME"].as_str().unwrap().to_owned());
        assert!(Path::new(&home).is_dir() && home.starts_with(root.to_str().unwrap()));
        drop(fence);
        assert!(!root.exists());
        assert!(cache.join("pkg/kept").is_file());
        fs::remove_dir_all(&cache).unwrap();
    }
}
