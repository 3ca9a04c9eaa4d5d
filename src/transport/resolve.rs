//! Which program the CLI is.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt::Write;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{self, Path, PathBuf};

use super::environment::Environment;
use super::npm;
use crate::error::{Code, Error, Result};

const OPTION: &str = "cliPath";
const VARIABLE: &str = "COPILOT_CLI_PATH";
const REMEDY: &str = "install it with `npm install -g @github/copilot`, or name it by the option cliPath or the \
                      variable COPILOT_CLI_PATH";

/// A program to run, and why this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The executable, as an absolute path.
    pub path: PathBuf,
    /// What comes before every other argument: the script, when `path` is its interpreter.
    pub leading_args: Vec<OsString>,
    /// What led to it: an option, a variable or a place. For messages.
    pub found_by: &'static str,
}

/// Finds the CLI: the option `cliPath`, else the variable `COPILOT_CLI_PATH`, else `copilot` and then
/// `copilot-runtime` on PATH, else the native runtime of an npm package in npm's global folder, which is looked for
/// beside `npm`, `node` and `copilot` on PATH.
///
/// Nothing in or above `cwd` is ever run unless it was named: that may be anybody's checkout, and a program in its
/// `node_modules` anybody's program.
///
/// A path with a slash is taken relative to `cwd` (by default the process's own), a bare name is searched on
/// PATH. A JavaScript file is run by the `node` on PATH. Variables, PATH among them, are read from `environment`.
/// Entries of PATH that are not absolute are passed over.
///
/// Errors: `Code::Spawn`, when the option or the variable names something that cannot be run, or when there is
/// nothing anywhere; the message says what to do. Any thread; blocks for a few look-ups in the file system.
pub fn resolve(cli_path: Option<&str>, environment: &Environment, cwd: Option<&Path>) -> Result<Program> {
    let search = Search { environment, cwd };
    if let Some(path) = cli_path {
        return search.named(OsStr::new(path), OPTION);
    }
    match environment.get(VARIABLE).filter(|path| !path.is_empty()) {
        Some(path) => search.named(path, VARIABLE),
        None => search.installed(),
    }
}

/// True for a regular file that somebody may execute; whether this user may, the system decides at the launch.
pub(super) fn is_executable(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

struct Search<'a> {
    environment: &'a Environment,
    cwd: Option<&'a Path>,
}

impl Search<'_> {
    /// What the user named, checked at once so that the message can say who named it.
    fn named(&self, path: &OsStr, named_by: &'static str) -> Result<Program> {
        if path.is_empty() {
            return Err(refusal(named_by, "is empty; leave it out to have the CLI searched for"));
        }
        if !path.as_encoded_bytes().contains(&b'/') {
            return self.named_on_path(path, named_by);
        }
        let path = self.absolute(Path::new(path)).map_err(|reason| refusal(named_by, &reason))?;
        if let Some(reason) = unusable(&path) {
            return Err(refusal(named_by, &format!("names {}, which {reason}", path.display())));
        }
        self.program(path, named_by)
    }

    fn named_on_path(&self, name: &OsStr, named_by: &'static str) -> Result<Program> {
        if let Some(path) = self.on_path(name) {
            return self.program(path, named_by);
        }
        let shown = name.display();
        let mut reason = format!("names `{shown}`, and there is no such program {}", self.path_in_words());
        if self.absolute(Path::new(name)).is_ok_and(|path| path.exists()) {
            let _ = write!(reason, "; for the file in the working directory write ./{shown}");
        } else {
            reason.push_str("; give a path with a slash, or correct the name");
        }
        Err(refusal(named_by, &reason))
    }

    /// The first CLI that is installed on this machine, or an error that tells every place without one.
    fn installed(&self) -> Result<Program> {
        let mut tried = vec![format!("{OPTION}: not set"), format!("{VARIABLE}: not set")];
        for (name, found_by) in
            [("copilot", "copilot on PATH"), ("copilot-runtime", "copilot-runtime on PATH")]
        {
            match self.on_path(OsStr::new(name)) {
                Some(path) => return self.program(path, found_by),
                None => tried.push(format!("{name}: not {}", self.path_in_words())),
            }
            tried.extend(self.not_executable_on_path(name));
        }
        let global = npm::global_folders(self.beside_npm());
        for folder in &global {
            match npm::runtime_in(folder) {
                Some(path) => return self.program(path, "npm's global folder"),
                None => tried.push(format!("{}: no native runtime for this machine", in_packages(folder))),
            }
        }
        if global.is_empty() {
            tried.push("npm's global folder: none beside npm, node or copilot on PATH".to_owned());
        }
        let tried: String = tried.iter().map(|place| format!("\n  {place}")).collect();
        Err(Error::new(
            Code::Spawn,
            format!("no Copilot CLI was found. These places were tried:{tried}\nTo go on, {REMEDY}."),
        ))
    }

    /// The program for a file: itself, or node for JavaScript.
    fn program(&self, path: PathBuf, found_by: &'static str) -> Result<Program> {
        if !is_javascript(&path) {
            return Ok(Program { path, leading_args: Vec::new(), found_by });
        }
        let Some(node) = self.on_path(OsStr::new("node")) else {
            let (path, place) = (path.display(), self.path_in_words());
            let reason = format!(
                "names {path}, which needs Node.js to run, and there is no `node` {place}; install Node.js, or \
                 name the CLI's native program instead"
            );
            return Err(refusal(found_by, &reason));
        };
        Ok(Program { path: node, leading_args: vec![path.into()], found_by })
    }

    fn on_path(&self, name: &OsStr) -> Option<PathBuf> {
        self.path_folders().map(|folder| folder.join(name)).find(|path| is_executable(path))
    }

    /// Files of the right name that PATH passes over, which is worth telling somebody who finds nothing.
    fn not_executable_on_path(&self, name: &str) -> impl Iterator<Item = String> {
        let files = self.path_folders().map(move |folder| folder.join(name)).filter(|path| path.is_file());
        files.map(|path| format!("{0}: not executable; run `chmod +x {0}`", path.display()))
    }

    /// The folders of PATH. An empty or relative entry means a program of the current directory, which is
    /// whatever the agent is working on; nothing may be run from there unasked.
    fn path_folders(&self) -> impl Iterator<Item = PathBuf> {
        let path = self.environment.get("PATH").unwrap_or_default();
        env::split_paths(path).filter(|folder| folder.is_absolute()).collect::<Vec<_>>().into_iter()
    }

    fn path_in_words(&self) -> String {
        let folders: Vec<_> = self.path_folders().map(|folder| folder.display().to_string()).collect();
        match folders.as_slice() {
            [] => "on PATH, which is empty or not set".to_owned(),
            folders => format!("on PATH ({})", folders.join(", ")),
        }
    }

    /// Files on PATH that npm's global folder may lie beside. npm's own link to the CLI tells the place even when
    /// it cannot be run, its target being gone or not executable.
    fn beside_npm(&self) -> impl Iterator<Item = PathBuf> {
        let programs = ["npm", "node"].into_iter().filter_map(|name| self.on_path(OsStr::new(name)));
        let links = self.path_folders().map(|folder| folder.join("copilot"));
        programs.chain(links.filter(|path| path.is_symlink()))
    }

    fn absolute(&self, path: &Path) -> std::result::Result<PathBuf, String> {
        let path = self.cwd.unwrap_or(Path::new(".")).join(path);
        path::absolute(&path).map_err(|error| {
            format!("is relative ({}), and the working directory cannot be read: {error}", path.display())
        })
    }
}

fn refusal(named_by: &str, reason: &str) -> Error {
    Error::new(Code::Spawn, format!("{named_by} {reason}"))
}

/// Why a file cannot be the CLI and what to do about it; `None` when it can.
fn unusable(path: &Path) -> Option<String> {
    let shown = path.display();
    let found = match path.metadata() {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => return Some(why_missing(path)),
        Err(error) => {
            return Some(format!("cannot be looked at: {error}; check the path and its permissions"));
        }
    };
    if found.is_dir() {
        return Some("is a directory; name the program inside it".to_owned());
    }
    if !found.is_file() {
        return Some("is not a regular file; name the CLI's program".to_owned());
    }
    if !is_javascript(path) && !is_executable(path) {
        return Some(format!("is not executable; run `chmod +x {shown}`"));
    }
    None
}

fn why_missing(path: &Path) -> String {
    if let Ok(target) = path.read_link() {
        return format!("is a link to {}, which does not exist; {REMEDY}", target.display());
    }
    if path.components().any(|part| part.as_os_str() == "~") {
        return "does not exist (`~` is not expanded here); write the home directory out".to_owned();
    }
    format!("does not exist; correct the path, or {REMEDY}")
}

fn is_javascript(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "js" || ending == "mjs" || ending == "cjs")
}

fn in_packages(node_modules: &Path) -> String {
    format!("{}/@github/copilot*/{}", node_modules.display(), npm::runtime_path().display())
}
