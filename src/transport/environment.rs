//! The variables a child is given: a snapshot that may be edited without touching the host's own environment.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;

/// A snapshot of environment variables. Its `Debug` shows the names only, because values are often secrets.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment {
    variables: BTreeMap<OsString, OsString>,
}

impl Environment {
    /// No variables at all.
    pub fn empty() -> Environment {
        Environment::default()
    }

    /// The variables of this process as they are now. Any thread; the host must not change its environment at
    /// the same time, which is C's rule for `setenv` and not ours.
    pub fn from_process() -> Environment {
        std::env::vars_os().collect()
    }

    /// The value of a variable, if it is there.
    pub fn get(&self, name: impl AsRef<OsStr>) -> Option<&OsStr> {
        self.variables.get(name.as_ref()).map(OsString::as_os_str)
    }

    /// Sets a variable, replacing its former value. A name or value that no system could pass on (an empty name,
    /// `=` in the name, a NUL) is refused when the child is launched.
    pub fn set(&mut self, name: impl Into<OsString>, value: impl Into<OsString>) {
        self.variables.insert(name.into(), value.into());
    }

    /// Takes a variable out; nothing happens when it is not there.
    pub fn remove(&mut self, name: impl AsRef<OsStr>) {
        self.variables.remove(name.as_ref());
    }

    /// Every name and value, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.variables.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }
}

impl<N: Into<OsString>, V: Into<OsString>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Environment {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Environment { variables }
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_set_replaced_and_removed() {
        let mut environment = Environment::from_iter([("A", "1"), ("B", "2")]);
        environment.set("A", "3");
        environment.remove("B");
        environment.remove("never there");
        assert_eq!(environment.get("A"), Some(OsStr::new("3")));
        assert_eq!(environment.get("B"), None);
        assert_eq!(environment.iter().collect::<Vec<_>>(), [(OsStr::new("A"), OsStr::new("3"))]);
    }

    #[test]
    fn the_snapshot_of_this_process_has_its_path() {
        assert_eq!(Environment::from_process().get("PATH"), std::env::var_os("PATH").as_deref());
    }

    #[test]
    fn debug_shows_names_and_never_values() {
        let environment = Environment::from_iter([("GITHUB_TOKEN", "ghp_secret")]);
        let shown = format!("{environment:?} {environment:#?}");
        assert!(shown.contains("GITHUB_TOKEN"), "{shown}");
        assert!(!shown.contains("secret"), "{shown}");
    }
}
