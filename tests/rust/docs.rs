//! The pages of `docs` and the README: their C compiles, their JSON is what the library takes, and the names they name
//! are in the header.
//!
//! The word behind a fence says what a snippet is: `c` a file, `c functions` functions of one, `c fragment` statements
//! (what they may use is in `PRELUDE`), `cpp`, `cpp functions` and `cpp fragment` the same in C++14; `json` any JSON, and `json options`, `json session`, `json message` and
//! `json tool` what the function of that name takes.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use copilot::json::Json;
use copilot::protocol::client_options::ClientOptions;
use copilot::protocol::message::Message;
use copilot::protocol::session_config::{DeclaredKinds, SessionConfig, Target};
use copilot::protocol::tool::Tool;
use copilot::session::Config;
use support::c;

const INCLUDES: &str = "#include <copilot.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n";

const PRELUDE: &str = "
static void on_event(const copilot_event *event, void *user_data) { (void)event; (void)user_data; }
static void on_request(copilot_request *request, void *user_data) { (void)request; (void)user_data; }
static void on_done(copilot_op *op, void *user_data) { (void)op; (void)user_data; }
static int fragment(copilot_client *client, copilot_session *session, copilot_session_config *config,
                    copilot_request *request, copilot_event *event, copilot_queue *queue, copilot_op *op,
                    copilot_error *error) {
";

const CPP_INCLUDES: &str = "#include <copilot.hpp>\n#include <cstdio>\n#include <cstdlib>\n#include <future>\n\
                            using namespace std::chrono_literals;\n";

const CPP_PRELUDE: &str = "
static void fragment(copilot::client client, copilot::session session, copilot::session_config config,
                     copilot::queue queue) {
";

/// What a snippet need not do for itself.
const LENIENT: [&str; 5] = [
    "-Wno-unused-parameter",
    "-Wno-unused-function",
    "-Wno-unused-variable",
    "-Wno-unused-but-set-variable",
    "-Wno-unused-but-set-parameter",
];

/// Names that look like the header's and are not: variables of the environment, and the prefix of the official runtime.
const FOREIGN: [&str; 11] = [
    "copilot_runtime_",
    "COPILOT_CLI_PATH",
    "COPILOT_HOME",
    "COPILOT_SESSION_JSON",
    "COPILOT_GITHUB_TOKEN",
    "COPILOT_CONNECTION_TOKEN",
    "COPILOT_SDK_AUTH_TOKEN",
    "COPILOT_SDK_DEFAULT_CONNECTION",
    "COPILOT_TEST_CLIS",
    "COPILOT_CHECK_ALL",
    "COPILOT_NO_EXCEPTIONS",
];

/// One fenced block of a page.
struct Snippet {
    page: PathBuf,
    line: usize,
    kind: String,
    text: String,
}

impl Snippet {
    fn place(&self) -> String {
        format!("{}:{}", self.page.strip_prefix(c::root()).unwrap().display(), self.line)
    }
}

fn pages() -> Vec<PathBuf> {
    let entries = fs::read_dir(c::root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let mut pages: Vec<_> = entries.filter(|path| path.extension().is_some_and(|end| end == "md")).collect();
    pages.push(c::root().join("README.md"));
    pages.sort();
    pages
}

fn snippets_of(page: &Path) -> Vec<Snippet> {
    let text = fs::read_to_string(page).unwrap();
    let (mut snippets, mut open) = (vec![], None::<Snippet>);
    for (number, line) in text.lines().enumerate() {
        match (line.strip_prefix("```"), open.take()) {
            (Some(_), Some(snippet)) => snippets.push(snippet),
            (Some(kind), None) => {
                let kind = kind.trim().to_owned();
                open = Some(Snippet { page: page.to_owned(), line: number + 1, kind, text: String::new() });
            }
            (None, Some(mut snippet)) => {
                snippet.text += line;
                snippet.text.push('\n');
                open = Some(snippet);
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "{}: a block has no end", page.display());
    snippets
}

fn snippets() -> Vec<Snippet> {
    pages().iter().flat_map(|page| snippets_of(page)).collect()
}

/// The file that a snippet is, or is a part of, and the standard that it is written in; the compiler's messages name the
/// page's lines.
fn source(snippet: &Snippet) -> Option<(&'static str, String)> {
    let Snippet { text, line, page, .. } = snippet;
    let text = format!("#line {} \"{}\"\n{text}", line + 1, page.display());
    match snippet.kind.as_str() {
        "c" => Some(("c99", text)),
        "c functions" => Some(("c99", format!("{INCLUDES}{text}"))),
        "c fragment" => Some(("c99", format!("{INCLUDES}{PRELUDE}{text}\nreturn 0;\n}}\n"))),
        "cpp" => Some(("c++14", text)),
        "cpp functions" => Some(("c++14", format!("{CPP_INCLUDES}{text}"))),
        "cpp fragment" => Some(("c++14", format!("{CPP_INCLUDES}{CPP_PRELUDE}{text}\n}}\n"))),
        _ => None,
    }
}

/// Compiles it and returns what the compiler has against it.
fn complaint(compiler: &str, folder: &Path, number: usize, standard: &str, source: &str) -> Option<String> {
    let extension = if standard.starts_with("c++") { "cc" } else { "c" };
    let file = folder.join(format!("{number}.{extension}"));
    fs::write(&file, source).unwrap();
    let output = Command::new(compiler)
        .arg(format!("-std={standard}"))
        .args(["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", "-I"])
        .arg(c::root().join("include"))
        .args(LENIENT)
        .arg(&file)
        .output()
        .unwrap();
    (!output.status.success()).then(|| String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn every_c_snippet_compiles() {
    let folder = c::scratch("docs");
    let sources: Vec<_> = snippets().iter().filter_map(source).collect();
    assert!(sources.len() > 20, "only {} snippets were found", sources.len());
    let mut complaints = vec![];
    for compiler in c::COMPILERS.into_iter().filter(|compiler| c::has(compiler)) {
        let numbered = sources.iter().enumerate();
        complaints.extend(
            numbered.filter_map(|(n, (standard, source))| complaint(compiler, &folder, n, standard, source)),
        );
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// Why the library would not take this JSON.
fn refusal(kind: &str, text: &str) -> Option<String> {
    let json = Json::parse(text).map_err(|why| why.to_string());
    let refused = match kind {
        "json" => json.map(|_| ()),
        "json options" => ClientOptions::parse(text).map(|_| ()).map_err(|why| why.to_string()),
        "json session" => json.and_then(|json| Config::new(json).map(|_| ()).map_err(|why| why.to_string())),
        "json message" => Message::parse(text).map(|_| ()).map_err(|why| why.to_string()),
        "json tool" => Tool::parse(text).map(|_| ()).map_err(|why| why.to_string()),
        _ => Ok(()),
    };
    refused.err()
}

#[test]
fn every_json_snippet_is_what_the_library_takes() {
    let wrong = |snippet: Snippet| {
        refusal(&snippet.kind, &snippet.text).map(|why| format!("{}: {why}", snippet.place()))
    };
    let wrong: Vec<_> = snippets().into_iter().filter_map(wrong).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(refusal("json session", r#"{"modle":"x"}"#).is_some(), "a wrong one is not noticed");
}

#[test]
fn every_block_says_what_it_is() {
    let known = ["c", "c functions", "c fragment", "json", "json options", "json session", "json message"];
    let others = ["cpp", "cpp functions", "cpp fragment", "json tool", "console", "python", "text"];
    let unknown = |snippet: &Snippet| !known.iter().chain(&others).any(|kind| *kind == snippet.kind);
    let unknown: Vec<_> = snippets().iter().filter(|snippet| unknown(snippet)).map(Snippet::place).collect();
    assert!(unknown.is_empty(), "these fences have no known word: {unknown:?}");
}

/// The rows of the conformance list that the table of a session's keys shows: row and keys, from the note.
fn rows_of_keys() -> Vec<(String, Vec<String>)> {
    let list = fs::read_to_string(c::root().join("tests/conformance.md")).unwrap();
    let shown = list.lines().filter(|line| line.contains("session_config::key_tests::"));
    let is_key = |word: &&str| {
        word.starts_with(|c: char| c.is_ascii_lowercase())
            && !word.starts_with("session.")
            && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '.')
    };
    let row = |line: &str| {
        let note = line.rsplit('|').nth(1).unwrap().split(';').next().unwrap();
        let keys = note.split('`').skip(1).step_by(2).filter(is_key).map(str::to_owned).collect();
        (line[2..7].to_owned(), keys)
    };
    shown.map(row).collect()
}

#[test]
fn the_keys_that_the_conformance_list_names_are_known() {
    let rows = rows_of_keys();
    let keys = rows.iter().flat_map(|(row, keys)| keys.iter().map(move |key| (row, key)));
    let unset = |key: &str| {
        let (opened, closed) = (key.replace('.', r#"":{""#), "}".repeat(key.matches('.').count()));
        format!(r#"{{"{opened}":null{closed}}}"#)
    };
    let unknown = |(row, key): (&String, &String)| {
        let refusal = refusal("json session", &unset(key)).filter(|why| why.contains("not a known key"));
        refusal.map(|why| format!("{row}: {why}"))
    };
    let unknown: Vec<_> = keys.filter_map(unknown).collect();
    assert!(rows.len() > 40, "only {} rows were found", rows.len());
    assert!(unknown.is_empty(), "{}", unknown.join("\n"));
}

/// The names of functions, types and constants in a text. One that ends with "_" is the beginning of several.
fn names(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.filter(|word| word.starts_with("copilot_") || word.starts_with("COPILOT_")).collect()
}

#[test]
fn every_name_is_in_the_header() {
    let header = fs::read_to_string(c::root().join("include/copilot.h")).unwrap();
    let known = names(&header);
    let is_known = |name: &str| {
        known.contains(name)
            || FOREIGN.contains(&name)
            || name.ends_with('_') && known.iter().any(|known| known.starts_with(name))
    };
    let mut unknown = vec![];
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        unknown.extend(
            names(&text)
                .into_iter()
                .filter(|name| !is_known(name))
                .map(|name| format!("{}: {name}", page.strip_prefix(c::root()).unwrap().display())),
        );
    }
    assert!(unknown.is_empty(), "not in copilot.h:\n{}", unknown.join("\n"));
}

/// One row of a table whose first cell is a key: the words between backticks of its first three cells, and the fourth.
struct KeyRow {
    key: String,
    value: String,
    wire: Option<String>,
    sent_by: String,
}

/// The rows of `docs/session-keys.md`.
fn key_rows() -> Vec<KeyRow> {
    let page = fs::read_to_string(c::root().join("docs/session-keys.md")).unwrap();
    let code =
        |cell: &str| cell.trim().strip_prefix('`').and_then(|cell| cell.strip_suffix('`').map(str::to_owned));
    let row = |line: &str| {
        let cells: Vec<_> = line.split(" | ").collect();
        let [key, value, wire, sent_by, _] = cells[..] else { return None };
        let (key, value) = (code(key.trim_start_matches('|'))?, code(value)?);
        Some(KeyRow { key, value, wire: code(wire), sent_by: sent_by.trim().to_owned() })
    };
    page.lines().filter_map(row).collect()
}

/// The keys that stand in the tables of a source file.
fn keys_in(file: &str) -> BTreeSet<String> {
    let source = fs::read_to_string(c::root().join(file)).unwrap();
    let calls = source.split("key(\"").skip(1);
    calls.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

/// What is wrong with a row: the library refuses the value, or does not send it as the row says.
fn wrong_row(row: &KeyRow) -> Option<String> {
    let KeyRow { key, value, wire, sent_by } = row;
    let beside = match key.as_str() {
        "provider" | "providers" => r#","model":"local/small""#,
        "models" => {
            r#","model":"local/small","providers":[{"name":"local","baseUrl":"http://localhost:1/v1"}]"#
        }
        _ => "",
    };
    let config = match SessionConfig::parse(&format!("{{\"{key}\":{value}{beside}}}")) {
        Ok(config) => config,
        Err(why) => return Some(format!("{key}: {why}")),
    };
    let has = |params: &str| {
        let params: serde_json::Value = serde_json::from_str(params).unwrap();
        wire.as_ref().is_some_and(|wire| params.get(wire).is_some())
    };
    let encode = |target| config.encode(target, &[], DeclaredKinds::default(), false);
    let created = has(&encode(Target::Create("s")));
    let resumed = has(&encode(Target::Resume("s")));
    let updated = config.encode_update("s", false).is_some_and(|params| has(&params));
    let sent = match (created, resumed, updated) {
        (true, true, false) => "both",
        (true, false, false) => "create",
        (false, true, false) => "resume",
        (false, false, true) => "update",
        _ => "library",
    };
    // Every call carries the session's id, whoever chose it.
    (sent != sent_by && key != "sessionId")
        .then(|| format!("{key}: sent by {sent}, and the page says {sent_by}"))
}

#[test]
fn the_page_of_session_keys_is_what_the_library_takes_and_sends() {
    let rows = key_rows();
    let wrong: Vec<_> = rows.iter().filter_map(wrong_row).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let shown: BTreeSet<_> = rows.iter().map(|row| row.key.clone()).collect();
    let rules = [
        "deny", "ask", "allow", "kind", "tool", "server", "command", "exact", "path", "host", "readOnly",
        "reason",
    ];
    let mut known = keys_in("src/protocol/session_keys.rs");
    rules.iter().for_each(|key| assert!(known.remove(*key), "{key} is no member of a rule any more"));
    assert_eq!(known.difference(&shown).collect::<Vec<_>>(), Vec::<&String>::new(), "have no row");
    assert_eq!(shown.difference(&known).collect::<Vec<_>>(), Vec::<&String>::new(), "are no keys");
    assert_eq!(shown.len(), rows.len(), "a key has two rows");
}

#[test]
fn every_key_is_on_some_page() {
    let text: String = pages().iter().map(|page| fs::read_to_string(page).unwrap()).collect();
    let words: BTreeSet<_> = text.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    let tables = ["session_shapes.rs", "client_options/table.rs", "message.rs", "tool.rs"];
    let keys: BTreeSet<_> = tables.iter().flat_map(|file| keys_in(&format!("src/protocol/{file}"))).collect();
    assert!(keys.len() > 80, "only {} keys were found", keys.len());
    let missing: Vec<_> = keys.iter().filter(|key| !words.contains(key.as_str())).collect();
    assert!(missing.is_empty(), "on no page: {missing:?}");
}

#[test]
fn every_function_is_on_the_page_of_functions() {
    let exported = fs::read_to_string(c::root().join("include/copilot.cdef.h")).unwrap();
    let page = fs::read_to_string(c::root().join("docs/functions.md")).unwrap();
    let (functions, shown) = (functions(&exported), names(&page));
    let is_shown = |name: &&str| match name.strip_suffix("_async") {
        Some(blocking) => functions.contains(blocking),
        None => shown.contains(name),
    };
    let missing: Vec<_> = functions.iter().copied().filter(|name| !is_shown(name)).collect();
    assert!(
        functions.len() > 150 && missing.is_empty(),
        "{} functions; not shown: {missing:?}",
        functions.len()
    );
}

/// The functions that a header declares.
fn functions(header: &str) -> BTreeSet<&str> {
    let before =
        header.split('(').map(|text| text.rsplit(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next());
    before.flatten().filter(|name| name.starts_with("copilot_")).collect()
}

/// The rows that the tables of a page name: "S-001, S-004 to S-006" and the like.
fn rows_named(page: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(c::root().join("docs").join(page)).unwrap();
    let mut rows = BTreeSet::new();
    for list in text.split(", ").flat_map(|part| part.split(['|', '.', ':', '\n'])) {
        let ends: Vec<_> = list.trim().split(" to ").filter_map(row_number).collect();
        if let (Some((letter, first)), Some((_, last))) = (ends.first(), ends.last()) {
            rows.extend((*first..=*last).map(|number| format!("{letter}-{number:03}")));
        }
    }
    rows
}

/// `('S', 20)` of "S-020".
fn row_number(text: &str) -> Option<(char, u32)> {
    let (letter, number) = text.split_once('-')?;
    let is_row = ["S", "O"].contains(&letter) && number.len() == 3;
    is_row.then(|| Some((letter.chars().next()?, number.parse().ok()?))).flatten()
}

#[test]
fn every_feature_leads_to_its_c_call() {
    let list = fs::read_to_string(c::root().join("tests/conformance.md")).unwrap();
    for (page, prefix, elsewhere) in
        [("from-python.md", "| S-", "python"), ("from-other-sdks.md", "| O-", "not-ours:")]
    {
        let named = rows_named(page);
        let rows: Vec<Vec<&str>> = list
            .lines()
            .filter(|line| line.starts_with(prefix))
            .map(|line| line.split(" | ").collect())
            .collect();
        let missing =
            |row: &&Vec<&str>| !row[2].trim().starts_with(elsewhere) && !named.contains(&row[0][2..]);
        let missing: Vec<_> = rows.iter().filter(missing).map(|row| row[..2].join(" ")).collect();
        assert!(rows.len() > 200, "only {} rows were found", rows.len());
        assert!(missing.is_empty(), "docs/{page} does not name:\n{}", missing.join("\n"));
    }
}
