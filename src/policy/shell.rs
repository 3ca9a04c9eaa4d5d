//! The strict reading of a shell command, for allowing.
//!
//! It knows so little of the shell that it cannot be wrong about it: what it does not know, it does not read at all.

/// A longer text is nobody's plain command.
const LONGEST: usize = 64 * 1024;

/// Words that are grammar, not commands, where a command may begin.
const RESERVED: [&str; 17] = [
    "if", "then", "else", "elif", "fi", "do", "done", "case", "esac", "while", "until", "for", "in",
    "function", "select", "time", "coproc",
];

/// One command with its arguments, as the shell will run it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Simple<'t> {
    /// The command and its arguments, unquoted.
    pub words: Vec<String>,
    /// What it was read from.
    pub source: &'t str,
}

/// The simple commands of a text that is nothing but plain words, joined by `&&`, `||`, `;`, `|` and line ends.
///
/// `None` for everything else: expansions, substitutions, redirections, globs, braces, tildes, assignments, reserved
/// words, comments, `&`, escapes, control characters (the CLIs run commands on a pseudo-terminal, which acts on
/// them) and characters beyond ASCII outside quotes (which of them are blanks depends on the locale).
pub(super) fn strict(text: &str) -> Option<Vec<Simple<'_>>> {
    if text.len() > LONGEST || text.chars().any(|c| c.is_control() && c != '\n') {
        return None;
    }
    let mut reader = Reader { text, at: 0 };
    let mut commands = Vec::new();
    reader.skip(" \n");
    loop {
        commands.push(reader.simple()?);
        match reader.separator()? {
            Separator::Joins => reader.skip(" "),
            Separator::Ends => {
                reader.skip(" \n");
                if reader.rest().is_empty() {
                    return Some(commands);
                }
            }
        }
    }
}

enum Separator {
    /// Another command must follow.
    Joins,
    /// The text may end here.
    Ends,
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn skip(&mut self, what: &str) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches(|c| what.contains(c)).len();
    }

    fn eat(&mut self, what: &str) -> bool {
        let is_next = self.rest().starts_with(what);
        if is_next {
            self.at += what.len();
        }
        is_next
    }

    fn simple(&mut self) -> Option<Simple<'t>> {
        let start = self.at;
        let mut words = Vec::new();
        let mut end;
        loop {
            let begun = self.at;
            words.push(self.word()?);
            end = self.at;
            // The command's name must be plain: no quotes, no assignment, no word of the grammar.
            if words.len() == 1 {
                let name = words[0].as_str();
                let is_plain = self.text[begun..end] == *name && !name.contains('=');
                if !is_plain || RESERVED.contains(&name) {
                    return None;
                }
            }
            self.skip(" ");
            if self.rest().is_empty() || self.rest().starts_with(['&', '|', ';', '\n']) {
                return Some(Simple { words, source: &self.text[start..end] });
            }
        }
    }

    fn separator(&mut self) -> Option<Separator> {
        if self.rest().is_empty() {
            return Some(Separator::Ends);
        }
        if self.eat("&&") || self.eat("||") {
            return Some(Separator::Joins);
        }
        if self.eat("|") {
            return (!self.rest().starts_with('&')).then_some(Separator::Joins);
        }
        // `;;` and `;&` are not read: no command begins with those.
        (self.eat(";") || self.eat("\n")).then_some(Separator::Ends)
    }

    fn word(&mut self) -> Option<String> {
        let start = self.at;
        let mut word = String::new();
        let mut before = None;
        while let Some(c) = self.rest().chars().next() {
            match c {
                ' ' | '\n' | '&' | '|' | ';' => break,
                '\'' => word.push_str(self.quoted('\'', "")?),
                // In double quotes these four are not what they look like.
                '"' => word.push_str(self.quoted('"', "$`\\!")?),
                c if is_plain(c, before) => {
                    word.push(c);
                    self.at += 1;
                }
                _ => return None,
            }
            before = Some(c);
        }
        (self.at > start).then_some(word)
    }

    fn quoted(&mut self, quote: char, special: &str) -> Option<&'t str> {
        let inner = &self.rest()[1..];
        let end = inner.find(quote)?;
        let inner = &inner[..end];
        if inner.contains(|c| c == '\n' || special.contains(c)) {
            return None;
        }
        self.at += end + 2;
        Some(inner)
    }
}

/// Whether the shell takes this character for itself, outside quotes and after that one.
fn is_plain(c: char, before: Option<char>) -> bool {
    match c {
        '_' | '-' | '.' | '/' | ':' | ',' | '@' | '+' => true,
        // At the start of a word: a job (`%1`), and in some shells a command's path (`=ls`).
        '%' | '=' => before.is_some(),
        // As in HEAD~1 and HEAD^^; elsewhere a home folder, and history.
        '~' | '^' => {
            before.is_some_and(|before| before.is_ascii_alphanumeric() || before == '~' || before == '^')
        }
        _ => c.is_ascii_alphanumeric(),
    }
}

/// Whether one of the shell's own commands does more with these arguments than it looks like: sets a variable, as PATH,
/// so that the next command is another one, or evaluates the index of an array, `'a[$(touch x)]'`, in spite of the
/// quotes.
pub(super) fn does_more_than_it_looks(words: &[String]) -> bool {
    let Some((name, arguments)) = words.split_first() else { return false };
    match name.as_str() {
        "printf" => arguments.first().is_some_and(|format| format.starts_with('-') || stores_a_count(format)),
        "test" => arguments.iter().any(|word| word == "-v" || word == "-R"),
        "declare" | "export" | "getopts" | "let" | "local" | "mapfile" | "read" | "readarray"
        | "readonly" | "typeset" | "unset" | "wait" => arguments.iter().any(|word| word.contains('[')),
        _ => false,
    }
}

/// Whether printf finds a `%n` in its format, and so sets a variable.
fn stores_a_count(format: &str) -> bool {
    let mut rest = format;
    while let Some((_, after)) = rest.split_once('%') {
        rest = match after.strip_prefix('%') {
            Some(after) => after,
            None => after.trim_start_matches(|c: char| !c.is_ascii_alphabetic() || "hjlLtz".contains(c)),
        };
        if rest.starts_with('n') && !after.starts_with('%') {
            return true;
        }
    }
    false
}
