//! The loose reading of a shell command, for denying: it finds too much rather than too little.

use std::collections::BTreeSet;

/// A longer text is not read: it may be anything. No system takes half of it as one argument.
const LONGEST: usize = 256 * 1024;

/// What may be in a command, in every way to read it.
pub(super) struct Heard {
    readings: Vec<Vec<Piece>>,
    /// Every word of every reading.
    pub words: BTreeSet<String>,
    /// Every word, and what comes after its last slash, in lower case: what is not here is nowhere.
    names: BTreeSet<String>,
    /// Commands are inside others, so that what ends one may stand between the words of another.
    is_nested: bool,
}

/// Words with nothing but blanks in between.
#[derive(Default)]
struct Piece {
    words: Vec<String>,
    /// A separator of commands is before it; else a redirection, an expansion, or nothing.
    is_new: bool,
}

/// What quotes and backslashes are taken for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quotes {
    /// What they are to the shell.
    Kept,
    /// Blanks and operators in quotes break too: the text may be for another shell.
    Opened,
    /// Nothing: what looks like the start of a quotation may be none (`# don't`), and quotes may be in quotes.
    Dropped,
}

#[derive(Clone, Copy)]
struct Breaks {
    quotes: Quotes,
    /// Braces, commas, equals signs and quotes in quotes break too: `{rm,-rf}`, `--exec=rm`, `awk '…("rm x")'`.
    punctuation: bool,
}

impl Heard {
    /// `None` where the text is too long to be read.
    pub(super) fn new(text: &str) -> Option<Heard> {
        if text.len() > LONGEST {
            return None;
        }
        let breaks = [Quotes::Kept, Quotes::Opened, Quotes::Dropped]
            .into_iter()
            .flat_map(|quotes| [false, true].map(|punctuation| Breaks { quotes, punctuation }));
        let readings: Vec<_> = breaks.map(|breaks| pieces(text, breaks)).collect();
        let words: BTreeSet<String> =
            readings.iter().flatten().flat_map(|piece| &piece.words).cloned().collect();
        let names =
            words.iter().flat_map(|word| [word, after_slash(word)]).map(str::to_ascii_lowercase).collect();
        Some(Heard { readings, words, names, is_nested: text.contains(['(', '`']) })
    }

    /// Whether a command may be the one of the rule: its name anywhere (`sudo rm`, `find -exec rm`, also by path), and
    /// the further words somewhere after it (`git -C x push`). An exact one has no others beside it.
    pub(super) fn may_be(&self, wanted: &[String], exact: bool) -> bool {
        let Some((name, further)) = wanted.split_first() else { return false };
        if !self.names.contains(&name.to_ascii_lowercase()) {
            return false;
        }
        self.readings.iter().any(|reading| match exact {
            true => reading.iter().any(|piece| is_just(&piece.words, name, further)),
            false => self.is_in(reading, name, further),
        })
    }

    fn is_in(&self, reading: &[Piece], name: &str, further: &[String]) -> bool {
        // How many of the further words were found; none before the name was.
        let mut found = None;
        for piece in reading {
            if piece.is_new && !self.is_nested {
                found = None;
            }
            for word in &piece.words {
                found = match found {
                    None => is_named(word, name).then_some(0),
                    Some(count) if *word == further[count] => Some(count + 1),
                    waiting => waiting,
                };
                if found == Some(further.len()) {
                    return true;
                }
            }
        }
        false
    }
}

/// Whether these words end with just those, and perhaps a comment.
fn is_just(words: &[String], name: &str, further: &[String]) -> bool {
    let is_end = |rest: &[String]| rest.first().is_none_or(|word| word.starts_with('#'));
    (0..words.len()).any(|start| {
        let after = &words[start + 1..];
        is_named(&words[start], name) && after.starts_with(further) && is_end(&after[further.len()..])
    })
}

/// Some file systems do not tell letter case, so that `RM` is `rm` there.
fn is_named(word: &str, name: &str) -> bool {
    word.eq_ignore_ascii_case(name) || after_slash(word).eq_ignore_ascii_case(name)
}

fn after_slash(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

/// The text broken at blanks and operators, whatever it is.
fn pieces(text: &str, breaks: Breaks) -> Vec<Piece> {
    let mut pieces = vec![Piece::default()];
    let mut word = String::new();
    let mut quote = None;
    let mut before = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let literal = quote.is_some() && breaks.quotes == Quotes::Kept;
        match c {
            '\\' if breaks.quotes == Quotes::Dropped => drop(chars.next_if_eq(&'\n')),
            '\'' | '"' if breaks.quotes == Quotes::Dropped => {}
            '\\' if quote != Some('\'') => match chars.next() {
                Some('\n') | None => {}
                Some(escaped) => word.push(escaped),
            },
            '\'' | '"' if quote == Some(c) => quote = None,
            '\'' | '"' if quote.is_none() => quote = Some(c),
            ';' | '|' | '&' | '(' | ')' | '<' | '>' | '`' | '$' | '\n' | '\r' if !literal => {
                // The 2 of `2>x` is no argument.
                if matches!(c, '<' | '>') && word.bytes().all(|b| b.is_ascii_digit()) {
                    word.clear();
                }
                end_word(&mut pieces, &mut word);
                // `>&`, `>|` and `&>` redirect.
                let redirects = matches!(before, Some('<' | '>')) || chars.peek() == Some(&'>');
                let is_new = matches!(c, ';' | '\n' | '\r') || (matches!(c, '|' | '&') && !redirects);
                pieces.push(Piece { words: Vec::new(), is_new });
            }
            '{' | '}' | ',' | '=' | '\'' | '"' if breaks.punctuation => end_word(&mut pieces, &mut word),
            c if !literal && (c.is_whitespace() || c.is_control()) => end_word(&mut pieces, &mut word),
            c => word.push(c),
        }
        before = Some(c);
    }
    end_word(&mut pieces, &mut word);
    pieces.retain(|piece| piece.is_new || !piece.words.is_empty());
    pieces
}

fn end_word(pieces: &mut [Piece], word: &mut String) {
    if let Some(piece) = pieces.last_mut().filter(|_| !word.is_empty()) {
        piece.words.push(std::mem::take(word));
    }
}
