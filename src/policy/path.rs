//! Paths: where they really lead, and the patterns they are compared with.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::glob::{Fit, Part, fit, parts};

/// Longer paths the system does not take.
const LONGEST: usize = 4096;
/// As many symbolic links the system follows.
const MOST_LINKS: usize = 40;

/// The folders that paths and patterns may be relative to.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// Where the agent works, absolute; `None` when that is not known here.
    pub directory: Option<PathBuf>,
    /// The home folder, absolute.
    pub home: Option<PathBuf>,
    /// Whether the server's files are those of this machine, so that links can be followed.
    pub is_here: bool,
}

/// What a pattern begins at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Root {
    System,
    Home,
    Directory,
}

/// A pattern as it was given.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    root: Root,
    parts: Vec<Part>,
}

/// A pattern with its root known.
#[derive(Clone, Debug)]
pub(super) struct Anchored {
    /// As it is written.
    written: Vec<Part>,
    /// With the links in its literal part followed, as they were when the session was made; `None` when that did
    /// not lead anywhere certain. Allowing counts on this one alone: links that the agent makes later cannot move it.
    resolved: Option<Vec<Part>>,
}

impl Pattern {
    /// Fails with what is wrong with it.
    pub(super) fn parse(pattern: &str) -> Result<Pattern, String> {
        let (root, rest) = if let Some(rest) = pattern.strip_prefix("~/") {
            (Root::Home, rest)
        } else if let Some(rest) = pattern.strip_prefix("./") {
            (Root::Directory, rest)
        } else if let Some(rest) = pattern.strip_prefix('/') {
            (Root::System, rest)
        } else {
            return Err(String::from("must begin with /, with ~/ (home) or with ./ (the working directory)"));
        };
        Ok(Pattern { root, parts: parts(rest)? })
    }

    /// The same pattern from the root of the system. Fails with what is missing.
    pub(super) fn anchored(&self, places: &Places) -> Result<Anchored, String> {
        let base = match self.root {
            Root::System => Some(Path::new("/")),
            Root::Home => places.home.as_deref(),
            Root::Directory => places.directory.as_deref(),
        };
        let base = base.filter(|base| base.is_absolute()).and_then(|base| base.to_str()).map(folded);
        let base = base.ok_or_else(|| match self.root {
            Root::Home => String::from("begins with ~/, but HOME is no absolute path"),
            _ => String::from(
                "begins with ./, but the working directory is not known here; set \"workingDirectory\" to an absolute \
                 path, or begin the pattern with /",
            ),
        })?;
        let written: Vec<Part> = base.into_iter().map(Part::Name).chain(self.parts.iter().cloned()).collect();
        let resolved = with_links_followed(&written);
        Ok(Anchored { written, resolved })
    }
}

/// The pattern with the links in its literal beginning followed.
fn with_links_followed(pattern: &[Part]) -> Option<Vec<Part>> {
    let name = |part: &Part| if let Part::Name(name) = part { Some(name.clone()) } else { None };
    let literal: Vec<String> = pattern.iter().map_while(name).collect();
    let rest = pattern[literal.len()..].iter().cloned();
    Some(resolve(literal)?.into_iter().map(Part::Name).chain(rest).collect())
}

impl Anchored {
    /// Whether the path fits, in every reading of it.
    pub(super) fn surely(&self, path: &Seen) -> bool {
        let Some(pattern) = &self.resolved else { return false };
        // A search in a folder reads all that is below.
        let fits = |fit: Fit| if path.is_folder { fit.all_below } else { fit.is };
        path.is_clear && path.followed.iter().all(|names| fits(fit(pattern, names)))
    }

    /// Whether the path may fit: in any reading of it, or because nobody knows where it leads.
    pub(super) fn perhaps(&self, path: &Seen) -> bool {
        !path.is_clear || self.names(path)
    }

    /// Whether the path fits in some reading of it.
    pub(super) fn names(&self, path: &Seen) -> bool {
        self.fits(path, |fit| fit.is)
    }

    /// Whether something in the folder that the path is may fit.
    pub(super) fn below(&self, path: &Seen) -> bool {
        path.is_folder && self.fits(path, |fit| fit.below)
    }

    /// Every reading of the path against every reading of the pattern.
    fn fits(&self, path: &Seen, as_wanted: impl Fn(Fit) -> bool) -> bool {
        let now = with_links_followed(&self.written);
        let patterns = [Some(&self.written), self.resolved.as_ref(), now.as_ref()];
        let is_hit = |pattern: &Vec<Part>| {
            path.written.iter().chain(&path.followed).any(|names| as_wanted(fit(pattern, names)))
        };
        patterns.into_iter().flatten().any(is_hit)
    }
}

/// A path that the server has named, in every reading of it.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// As the text says, `..` taken back by the text alone. It counts for denying: a rule may name the link.
    written: Vec<Vec<String>>,
    /// Where it leads: with the links of that followed, which is what a server does that tidies paths up before it
    /// uses them; and with links followed as they come, as the system does.
    followed: Vec<Vec<String>>,
    /// It is known where it leads.
    is_clear: bool,
    /// It is a folder at this moment.
    is_folder: bool,
}

impl Seen {
    /// Looks at the file system; blocks as long as that takes.
    pub(super) fn look(path: &str, places: &Places) -> Seen {
        let mut seen = Seen { is_clear: true, ..Seen::default() };
        if path.is_empty() || path.len() > LONGEST || path.contains('\0') {
            return Seen::default();
        }
        // A tilde is a name to the CLIs that were looked at, and may be the home folder to others: clear to nobody.
        if let (Some(rest), Some(home)) = (path.strip_prefix('~'), &places.home) {
            seen.is_clear = false;
            seen.read(home, rest.trim_start_matches('/'));
        }
        match &places.directory {
            _ if path.starts_with('/') => seen.read(Path::new("/"), path),
            Some(directory) => seen.read(directory, path),
            None => seen.is_clear = false,
        }
        seen
    }

    fn read(&mut self, base: &Path, path: &str) {
        let path = base.to_str().filter(|base| base.starts_with('/')).map(|base| format!("{base}/{path}"));
        let Some(path) = path else {
            self.is_clear = false;
            return;
        };
        let written = folded(&path);
        let followed = [resolve(written.iter().cloned()), resolve(path.split('/').map(String::from))];
        self.written.push(written);
        self.is_clear &= followed.iter().all(Option::is_some);
        for names in followed.into_iter().flatten() {
            self.is_folder |= text_of(&names).is_dir();
            self.followed.push(names);
        }
    }
}

fn text_of(names: &[String]) -> PathBuf {
    names.iter().fold(PathBuf::from("/"), |path, name| path.join(name))
}

/// The names of an absolute path, `.` and `..` taken away by the text alone.
fn folded(path: &str) -> Vec<String> {
    let mut names = Vec::new();
    for name in path.split('/') {
        match name {
            "" | "." => {}
            ".." => drop(names.pop()),
            name => names.push(name.to_owned()),
        }
    }
    names
}

/// The names of the path that these lead to from the root, links followed, also one that leads to nothing yet.
/// `None` when that cannot be told: too many links, a folder that may not be looked into, names that are no UTF-8,
/// or what is another thing for each process.
fn resolve(names: impl IntoIterator<Item = String>) -> Option<Vec<String>> {
    let mut ahead: VecDeque<String> = names.into_iter().collect();
    let mut found: Vec<String> = Vec::new();
    let mut links = 0;
    while let Some(name) = ahead.pop_front() {
        match name.as_str() {
            "" | "." => continue,
            ".." => {
                found.pop();
                continue;
            }
            _ => found.push(name),
        }
        if is_of_a_process(&found) {
            return None;
        }
        let path = text_of(&found);
        match path.symlink_metadata() {
            Ok(about) if about.is_symlink() => {
                links += 1;
                let target = path.read_link().ok()?;
                let target = target.to_str().filter(|_| links <= MOST_LINKS)?;
                found.pop();
                if target.starts_with('/') {
                    found.clear();
                }
                target.split('/').rev().for_each(|name| ahead.push_front(name.to_owned()));
            }
            Ok(_) => {}
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
            Err(_) => return None,
        }
    }
    Some(found)
}

/// Whether it is below /proc where each process has its own: root, directory, open files.
fn is_of_a_process(names: &[String]) -> bool {
    let [root, process] = names else { return false };
    let is_process =
        matches!(process.as_str(), "self" | "thread-self") || process.bytes().all(|b| b.is_ascii_digit());
    root == "proc" && is_process
}
