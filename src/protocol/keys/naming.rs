//! Names of keys as programs spell them.

use super::{Place, Table};
use crate::error::Error;

/// "gitHubToken" → "github_token".
pub(super) fn snake_case(name: &str) -> String {
    let name = name.replace("gitHub", "github").replace("GitHub", "Github").replace("OAuth", "Oauth");
    name.chars().fold(String::new(), |mut snake, c| {
        if c.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
        snake
    })
}

pub(super) fn unknown(table: &'static Table, name: &str, place: &Place) -> Error {
    match did_you_mean(table, name) {
        Some(near) => place.refuse(format_args!("is not a known key; did you mean \"{near}\"?")),
        None => place.refuse("is not a known key"),
    }
}

/// The key that was probably meant: the same letters, else at most two edits away.
fn did_you_mean(table: &'static Table, name: &str) -> Option<&'static str> {
    let letters = |text: &str| text.replace(['_', '-'], "").to_lowercase();
    let same = table.keys.iter().find(|key| letters(key.name) == letters(name));
    let near = || {
        let distances = table.keys.iter().map(|key| (edits(&letters(key.name), &letters(name)), key));
        let nearest = distances.min_by_key(|(distance, _)| *distance)?;
        (nearest.0 <= 2 && nearest.0 < name.chars().count()).then_some(nearest.1)
    };
    same.or_else(near).map(|key| key.name)
}

/// The edit distance between two names; 3 stands for "too far" where the lengths alone say so.
pub(super) fn edits(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > 2 {
        return 3;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}
