//! Patterns with stars: of names, and of paths.

/// A name in which `*` stands for anything.
#[derive(Clone, Debug)]
pub(super) struct NameGlob(String);

impl NameGlob {
    /// Fails with what is wrong with it.
    pub(super) fn parse(pattern: &str) -> Result<NameGlob, String> {
        no_other_wildcard(pattern)?;
        Ok(NameGlob(pattern.to_owned()))
    }

    pub(super) fn matches(&self, name: &str) -> bool {
        stars(self.0.as_bytes(), name.as_bytes())
    }
}

/// What other tools read as a wildcard would be a literal here, and a rule that never matches is a hole.
pub(super) fn no_other_wildcard(pattern: &str) -> Result<(), String> {
    match pattern.chars().find(|c| "?[]{}\\".contains(*c)) {
        Some(c) => Err(format!("has '{c}'; only * and, in paths, ** are wildcards, and they have no escape")),
        None => Ok(()),
    }
}

/// Whether a text fits a pattern in which `*` stands for any run of bytes.
fn stars(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut retry = None;
    while t < text.len() {
        if pattern.get(p) == Some(&b'*') {
            retry = Some((p + 1, t));
            p += 1;
        } else if pattern.get(p) == Some(&text[t]) {
            p += 1;
            t += 1;
        } else if let Some((after, from)) = retry {
            retry = Some((after, from + 1));
            (p, t) = (after, from + 1);
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

/// One part of a path pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// `**`: any number of folders, none included.
    Folders,
    /// A name as it is, whatever is in it.
    Name(String),
    /// A name in which `*` stands for anything.
    Glob(String),
}

/// The parts of a pattern without its root. Fails with what is wrong with it.
pub(super) fn parts(pattern: &str) -> Result<Vec<Part>, String> {
    no_other_wildcard(pattern)?;
    let mut parts = Vec::new();
    for name in pattern.split('/') {
        match name {
            "" => return Err(String::from("has an empty part; for what is in a folder, end it with /**")),
            "." | ".." => return Err(format!("has the part \"{name}\"; name the folder itself")),
            "**" => parts.push(Part::Folders),
            name if name.contains("**") => {
                return Err(String::from("has ** beside other characters; it stands alone, as in /a/**/b"));
            }
            name if name.contains('*') => parts.push(Part::Glob(name.to_owned())),
            name => parts.push(Part::Name(name.to_owned())),
        }
    }
    Ok(parts)
}

/// How a path stands to a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fit {
    /// The path fits.
    pub is: bool,
    /// Something below the path may fit.
    pub below: bool,
    /// Everything below the path fits.
    pub all_below: bool,
}

/// How letters are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    Counts,
    /// There are file systems that do not tell.
    Ignored,
}

/// Compares a path's names with a pattern.
pub(super) fn fit(pattern: &[Part], path: &[String], case: Case) -> Fit {
    // states[i]: the names so far fit the first i parts.
    let mut states = vec![false; pattern.len() + 1];
    let mut next = states.clone();
    states[0] = true;
    skip_folders(pattern, &mut states);
    for name in path {
        next.fill(false);
        for (i, part) in pattern.iter().enumerate().filter(|(i, _)| states[*i]) {
            match part {
                Part::Folders => next[i] = true,
                part => next[i + 1] |= is_like(part, name, case),
            }
        }
        skip_folders(pattern, &mut next);
        std::mem::swap(&mut states, &mut next);
        if !states.contains(&true) {
            break;
        }
    }
    let is = states[pattern.len()];
    let below = states[..pattern.len()].contains(&true);
    Fit { is, below, all_below: is && pattern.last() == Some(&Part::Folders) }
}

fn is_like(part: &Part, name: &str, case: Case) -> bool {
    let is_like = |part: &Part, name: &str| match part {
        Part::Folders => true,
        Part::Name(wanted) => wanted == name,
        Part::Glob(glob) => stars(glob.as_bytes(), name.as_bytes()),
    };
    if is_like(part, name) || case == Case::Counts {
        return is_like(part, name);
    }
    match part {
        Part::Folders => true,
        Part::Name(wanted) if wanted.is_ascii() && name.is_ascii() => wanted.eq_ignore_ascii_case(name),
        Part::Name(wanted) => wanted.to_lowercase() == name.to_lowercase(),
        Part::Glob(glob) => is_like(&Part::Glob(glob.to_lowercase()), &name.to_lowercase()),
    }
}

fn skip_folders(pattern: &[Part], states: &mut [bool]) {
    for (i, part) in pattern.iter().enumerate() {
        if states[i] && *part == Part::Folders {
            states[i + 1] = true;
        }
    }
}
