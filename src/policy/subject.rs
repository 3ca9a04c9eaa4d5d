//! A request, and what is looked up and read of it once for all rules.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::host::Found;
use super::loose::Heard;
use super::path::{Anchored, Links, Places, Readings, Seen};
use crate::protocol::permission_request::PermissionRequest;

/// So many words of a command are compared with so many rules; the text may be as long as the model likes.
const MOST_COMPARED: usize = 2_000_000;
/// As many words are looked up however many rules there are.
const ALWAYS_COMPARED: usize = 2_000;

pub(super) struct Subject<'a> {
    pub request: &'a PermissionRequest<'a>,
    pub paths: Vec<Seen>,
    /// Words of a shell command, as paths; `None` where it cannot be told what is in it.
    pub words: Option<Vec<Seen>>,
    /// A shell command read loosely; `None` where that cannot be done.
    pub heard: Option<Heard>,
    /// What hosts are named.
    pub hosts: Vec<Found>,
    links: RefCell<Links>,
}

impl<'a> Subject<'a> {
    /// Blocks as long as the file system takes, if there are rules with paths: so many.
    pub(super) fn new(request: &'a PermissionRequest<'a>, places: &Places, path_rules: usize) -> Subject<'a> {
        let is_shell = request.kind.as_deref() == Some("shell");
        let heard = request.command.as_deref().filter(|_| is_shell).and_then(Heard::new);
        let mut hosts: Vec<Found> = request.urls.iter().map(|url| Found::in_url(url)).collect();
        if is_shell {
            let urls = request.urls.iter().map(String::as_str);
            let words = |heard: &Heard| Found::in_words(heard.words.iter().map(String::as_str).chain(urls));
            hosts = vec![heard.as_ref().map_or(Found::Any, words)];
        }
        let mut links = Links::default();
        let (mut paths, mut words) = (Vec::new(), Some(Vec::new()));
        if let Some(most) = MOST_COMPARED.checked_div(path_rules) {
            let mut look = |path: &String| Seen::look(path, places, &mut links);
            paths = request.paths.iter().map(&mut look).collect();
            if is_shell {
                let most = most.max(ALWAYS_COMPARED);
                let found = request.command.as_deref().and_then(|command| path_words(command, most));
                words = found.map(|found| found.iter().map(look).collect());
            }
        }
        Subject { request, paths, words, heard, hosts, links: RefCell::new(links) }
    }

    /// The pattern in every reading.
    pub(super) fn readings<'p>(&self, pattern: &'p Anchored) -> Readings<'p> {
        pattern.readings(&mut self.links.borrow_mut())
    }
}

/// What in a command may be a path; `None` where that is more than can be looked up.
fn path_words(command: &str, most: usize) -> Option<BTreeSet<String>> {
    let mut command = command.to_owned();
    for (variable, meaning) in [("${HOME}", "~"), ("$HOME", "~"), ("${PWD}", "~+"), ("$PWD", "~+")] {
        command = command.replace(variable, meaning);
    }
    let mut words = BTreeSet::new();
    for word in &Heard::new(&command)?.words {
        let parts = word.split([':', '@', ',']);
        // As in `-I/usr/include`.
        let attached = word.find(['/', '~']).filter(|_| word.starts_with('-')).map(|at| &word[at..]);
        words.extend(
            parts.chain([word.as_str()]).chain(attached).filter(|word| !word.is_empty()).map(String::from),
        );
        if words.len() > most {
            return None;
        }
    }
    Some(words)
}
