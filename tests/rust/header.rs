//! The header: that it is what the source says, that its first program compiles, and that no function of the C layer
//! goes without its guard.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn header() -> String {
    fs::read_to_string(root().join("include/copilot.h")).unwrap()
}

/// Every file of the C layer with its text, tests left out.
fn sources() -> Vec<(PathBuf, String)> {
    fs::read_dir(root().join("src/ffi"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs")
        })
        .map(|path| (path.clone(), fs::read_to_string(path).unwrap()))
        .collect()
}

#[test]
fn the_committed_header_is_what_the_source_says() {
    let generated = fs::read_to_string(concat!(env!("OUT_DIR"), "/copilot.h")).unwrap();
    let committed = header();
    let differing = generated.lines().zip(committed.lines()).position(|(a, b)| a != b);
    assert!(
        generated == committed,
        "include/copilot.h was changed by hand at line {}; change src/ffi instead and run cargo build",
        differing.map_or(committed.lines().count().min(generated.lines().count()), |line| line) + 1
    );
}

/// The program in the opening comment.
fn first_program(header: &str) -> String {
    let code = header.split(" * @code\n").nth(1).unwrap().split(" * @endcode\n").next().unwrap();
    code.lines()
        .map(|line| line.strip_prefix(" *").unwrap())
        .fold(String::new(), |program, line| program + line.strip_prefix(' ').unwrap_or(line) + "\n")
}

#[test]
fn the_first_program_compiles_as_it_stands() {
    let source = Path::new(env!("CARGO_TARGET_TMPDIR")).join("first.c");
    fs::write(&source, first_program(&header())).unwrap();
    let output = Command::new("cc")
        .args(["-std=c89", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", "-I"])
        .arg(root().join("include"))
        .arg(&source)
        .output()
        .expect("cc can be run: Rust links with it too");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A function of the C ABI: its name, and its body without comments and space at its ends.
struct Exported {
    name: String,
    body: String,
    is_exported: bool,
}

/// True when what stands before a function exports it.
fn is_export(before: &str) -> bool {
    let mut attributes = before.lines().rev().skip(1).take_while(|line| line.starts_with("#["));
    before.ends_with("\npub unsafe ") && attributes.any(|line| line == "#[unsafe(no_mangle)]")
}

/// The functions of a file that C can call, tests left out.
fn exported(source: &str) -> Vec<Exported> {
    let source = source.split("#[cfg(test)]").next().unwrap();
    let mut parts = source.split("extern \"C\" fn ");
    let mut before = parts.next().unwrap();
    let mut found = Vec::new();
    for part in parts {
        // Function pointer types have no name.
        if part.starts_with("copilot_") || part.starts_with(|c: char| c.is_ascii_lowercase()) {
            let name = part.split('(').next().unwrap().to_owned();
            let body = &part[part.find(" {\n").unwrap() + 2..part.find("\n}\n").unwrap()];
            let lines = body.lines().filter(|line| !line.trim_start().starts_with("//"));
            let body = lines.collect::<Vec<_>>().join("\n").trim().to_owned();
            found.push(Exported { name, body, is_exported: is_export(before) });
        }
        before = part;
    }
    found
}

#[test]
fn every_exported_function_is_one_guarded_body() {
    let mut names = BTreeSet::new();
    for (path, source) in sources() {
        for function in exported(&source) {
            let (name, body) = (&function.name, &function.body);
            let at = path.display();
            assert!(
                name.starts_with("copilot_"),
                "{at}: {name} would be exported under a name that is not ours"
            );
            assert!(!name.starts_with("copilot_runtime_"), "{at}: {name} is somebody else's name");
            assert!(function.is_exported, "{at}: {name} is not exported as #[unsafe(no_mangle)] pub unsafe");
            let guarded = body.starts_with("ffi!(") && (body.ends_with("})") || body.ends_with("});"));
            // One call, of which everything else is an argument: nothing at the body's own depth but its first line.
            let alone = body.lines().filter(|line| !line.starts_with("     ")).count() <= 2;
            assert!(guarded && alone, "{at}: {name} does something outside of ffi!:\n{body}");
            assert!(names.insert(function.name), "{at}: a name is exported twice");
        }
    }
    assert!(names.len() > 50, "the functions were not found");
    let header = header();
    let missing: Vec<_> = names.iter().filter(|name| !header.contains(&format!("{name}("))).collect();
    assert!(missing.is_empty(), "exported, but not in the header: {missing:?}");
}

#[test]
fn the_guard_test_finds_what_it_is_for() {
    let functions = exported(
        "#[unsafe(no_mangle)]\npub unsafe extern \"C\" fn copilot_a() -> i32 {\n    ffi!(or 0, { 1 })\n}\n\npub type \
         t = Option<unsafe extern \"C\" fn(i32)>;\n\nextern \"C\" fn bare() {\n    work();\n}\n",
    );
    let seen: Vec<_> = functions.iter().map(|f| (f.name.as_str(), f.body.as_str(), f.is_exported)).collect();
    assert_eq!(seen, [("copilot_a", "ffi!(or 0, { 1 })", true), ("bare", "work();", false)]);
}
