//! Paths: where they really lead, and the patterns they are compared with.

use std::collections::{HashMap, VecDeque};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::glob::{Case, Fit, Part, fit, parts};

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

/// What the file system has said of paths, so that it is asked once while something is judged.
#[derive(Debug, Default)]
pub(super) struct Links(HashMap<PathBuf, Found>);

/// What is at a path.
#[derive(Clone, Debug)]
enum Found {
    Link(String),
    /// Something else, or nothing.
    NoLink,
    Unknown,
}

impl Links {
    fn at(&mut self, path: PathBuf) -> Found {
        self.0.entry(path).or_insert_with_key(|path| Links::look(path).unwrap_or(Found::Unknown)).clone()
    }

    fn look(path: &Path) -> Option<Found> {
        match path.symlink_metadata() {
            Ok(about) if about.is_symlink() => Some(Found::Link(path.read_link().ok()?.to_str()?.to_owned())),
            Ok(_) => Some(Found::NoLink),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                Some(Found::NoLink)
            }
            Err(_) => None,
        }
    }
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
        let base = base.filter(|base| base.is_absolute()).and_then(|base| base.to_str());
        let base = base.ok_or_else(|| match self.root {
            Root::Home => String::from("begins with ~/, but HOME is no absolute path"),
            _ => String::from(
                "begins with ./, but the working directory is not known here; set \"workingDirectory\" to an absolute \
                 path, or begin the pattern with /",
            ),
        })?;
        let links = &mut Links::default();
        // The system and who folds the text would begin at different folders.
        if places.is_here && resolve(folded(base), links) != resolve(names_of(base), links) {
            return Err(String::from(
                "begins at a folder that is given with \"..\" behind a link, which is not the same folder to \
                 everybody; give that folder without \"..\"",
            ));
        }
        let base = folded(base).into_iter().map(Part::Name);
        let written: Vec<Part> = base.chain(self.parts.iter().cloned()).collect();
        let resolved = with_links_followed(&written, links);
        Ok(Anchored { written, resolved })
    }
}

/// The pattern with the links in its literal beginning followed.
fn with_links_followed(pattern: &[Part], links: &mut Links) -> Option<Vec<Part>> {
    let name = |part: &Part| if let Part::Name(name) = part { Some(name.clone()) } else { None };
    let literal: Vec<String> = pattern.iter().map_while(name).collect();
    let rest = pattern[literal.len()..].iter().cloned();
    Some(resolve(literal, links)?.into_iter().map(Part::Name).chain(rest).collect())
}

impl Anchored {
    /// Whether the path fits, in every reading of it.
    pub(super) fn surely(&self, path: &Seen) -> bool {
        let Some(pattern) = &self.resolved else { return false };
        // A search in a folder reads all that is below.
        let fits = |fit: Fit| if path.is_folder { fit.all_below } else { fit.is };
        path.is_clear && path.followed.iter().all(|names| fits(fit(pattern, names, Case::Counts)))
    }

    /// The pattern in every reading, links followed as they are now, for denying and asking.
    pub(super) fn readings<'a>(&'a self, links: &mut Links) -> Readings<'a> {
        let mut readings = Readings { kept: vec![&self.written], now: None };
        readings.kept.extend(self.resolved.as_ref().filter(|resolved| **resolved != self.written));
        readings.now = with_links_followed(&self.written, links).filter(|now| !readings.kept.contains(&now));
        readings
    }
}

/// A pattern in every reading, none of them twice.
pub(super) struct Readings<'a> {
    kept: Vec<&'a Vec<Part>>,
    now: Option<Vec<Part>>,
}

impl Readings<'_> {
    /// Whether the path may fit: in any reading of it, or because nobody knows where it leads.
    pub(super) fn perhaps(&self, path: &Seen) -> bool {
        !path.is_clear || self.names(path)
    }

    /// Whether a word of a command may be a path that fits. Most words are no paths, so that only the ways round by
    /// another process's folders count as leading anywhere.
    pub(super) fn perhaps_named(&self, word: &Seen) -> bool {
        word.leads_anywhere() || self.names(word)
    }

    /// Whether something in the folder that the path is may fit.
    pub(super) fn below(&self, path: &Seen) -> bool {
        path.is_folder && self.fits(path, |fit| fit.below)
    }

    fn names(&self, path: &Seen) -> bool {
        self.fits(path, |fit| fit.is)
    }

    fn fits(&self, path: &Seen, as_wanted: impl Fn(Fit) -> bool) -> bool {
        self.kept.iter().copied().chain(&self.now).any(|pattern| {
            path.written
                .iter()
                .chain(&path.followed)
                .any(|names| as_wanted(fit(pattern, names, Case::Ignored)))
        })
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
    pub(super) fn look(path: &str, places: &Places, links: &mut Links) -> Seen {
        let mut seen = Seen { is_clear: true, ..Seen::default() };
        if path.is_empty() || path.len() > LONGEST || path.contains('\0') {
            return Seen::default();
        }
        // A tilde is a name to the CLIs that were looked at, and may be the home folder to others: clear to nobody.
        // `~me` may be the home folder as well, and `~+` is the directory to a shell.
        if path.starts_with('~') {
            seen.is_clear = false;
            let rest = path.split_once('/').map_or("", |(_, rest)| rest);
            for base in [&places.home, &places.directory].into_iter().flatten() {
                seen.read(base, rest, links);
            }
        }
        match &places.directory {
            _ if path.starts_with('/') => seen.read(Path::new("/"), path, links),
            Some(directory) => seen.read(directory, path, links),
            None => seen.is_clear = false,
        }
        seen
    }

    /// Whether the path goes through the folders of a process, where everything can be found under other names.
    fn leads_anywhere(&self) -> bool {
        let by_process = |names: &Vec<String>| {
            let is_way = |name: &String| matches!(name.as_str(), "cwd" | "root");
            names.len() > 2 && is_of_a_process(&names[..2]) && names[2..].iter().any(is_way)
        };
        self.written.iter().any(by_process)
    }

    fn read(&mut self, base: &Path, path: &str, links: &mut Links) {
        let path = base.to_str().filter(|base| base.starts_with('/')).map(|base| format!("{base}/{path}"));
        let Some(path) = path else {
            self.is_clear = false;
            return;
        };
        let written = folded(&path);
        let followed = [resolve(written.iter().cloned(), links), resolve(names_of(&path), links)];
        self.is_clear &= followed.iter().all(Option::is_some);
        self.written.push(written);
        for names in followed.into_iter().flatten() {
            if !self.followed.contains(&names) {
                self.is_folder |= text_of(&names).is_dir();
                self.followed.push(names);
            }
        }
        // What counts for both is compared once.
        let followed = &self.followed;
        self.written.retain(|names| !followed.contains(names));
    }
}

fn text_of(names: &[String]) -> PathBuf {
    names.iter().fold(PathBuf::from("/"), |path, name| path.join(name))
}

/// The names of a path as they come.
fn names_of(path: &str) -> impl Iterator<Item = String> {
    path.split('/').map(String::from)
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
fn resolve(names: impl IntoIterator<Item = String>, found_links: &mut Links) -> Option<Vec<String>> {
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
        match found_links.at(text_of(&found)) {
            Found::Link(target) => {
                links += 1;
                if links > MOST_LINKS {
                    return None;
                }
                found.pop();
                if target.starts_with('/') {
                    found.clear();
                }
                target.split('/').rev().for_each(|name| ahead.push_front(name.to_owned()));
            }
            Found::NoLink => {}
            Found::Unknown => return None,
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
