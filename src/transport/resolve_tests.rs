//! Every way to the CLI, in its order, and every way to miss it.

use std::os::unix::fs::symlink;
use std::path::Path;

use super::npm;
use super::test_support::TempDir;
use super::{Environment, Program, resolve};
use crate::error::Code;

fn path_of(folders: &[&Path]) -> Environment {
    Environment::from_iter([("PATH", std::env::join_paths(folders).unwrap())])
}

/// The program found with nothing but variables and a working directory to go by.
fn found(environment: &Environment, cwd: &Path) -> Program {
    resolve(None, environment, Some(cwd)).unwrap()
}

/// The message of a failed search.
fn failure(cli_path: Option<&str>, environment: &Environment, cwd: &Path) -> String {
    let error = resolve(cli_path, environment, Some(cwd)).unwrap_err();
    assert_eq!(error.code(), Code::Spawn);
    error.message().to_owned()
}

#[track_caller]
fn assert_tells(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "no {part:?} in: {message}");
    }
}

#[test]
fn the_stated_order_is_kept() {
    let temp = TempDir::new();
    let (first, second) = (temp.folder("first"), temp.folder("second"));
    let option = temp.script("option", "");
    let variable = temp.script("variable", "");
    let runtime = temp.script("first/copilot-runtime", "");
    let cli = temp.script("second/copilot", "");
    temp.script("first/npm", "");
    let native = format!("lib/node_modules/@github/copilot/{}", npm::runtime_path().display());
    let native = temp.file(&native, "x", 0o755);

    let mut environment = path_of(&[&first, &second]);
    environment.set("COPILOT_CLI_PATH", &variable);
    let program = resolve(option.to_str(), &environment, Some(temp.path())).unwrap();
    assert_eq!(program, Program { path: option, leading_args: vec![], found_by: "cliPath" });

    let program = found(&environment, temp.path());
    assert_eq!((program.path, program.found_by), (variable, "COPILOT_CLI_PATH"));

    environment.set("COPILOT_CLI_PATH", "");
    let program = found(&environment, temp.path());
    assert_eq!((&program.path, program.found_by), (&cli, "copilot on PATH"));

    std::fs::remove_file(cli).unwrap();
    let program = found(&environment, temp.path());
    assert_eq!((&program.path, program.found_by), (&runtime, "copilot-runtime on PATH"));

    std::fs::remove_file(runtime).unwrap();
    let program = found(&environment, temp.path());
    assert_eq!((program.path, program.found_by), (native, "npm's global folder"));
}

#[test]
fn path_passes_over_what_cannot_run_and_what_is_relative() {
    let temp = TempDir::new();
    temp.file("a/copilot", "not executable", 0o644);
    temp.folder("b/copilot");
    temp.script("copilot", "of the working directory");
    let good = temp.script("c/copilot", "");
    let folders = ["a", "b", "c"].map(|name| temp.path().join(name));
    let environment = path_of(&[Path::new(""), Path::new("."), &folders[0], &folders[1], &folders[2]]);
    assert_eq!(found(&environment, temp.path()).path, good);
}

#[test]
fn javascript_runs_under_the_node_on_path() {
    let temp = TempDir::new();
    let node = temp.script("bin/node", "");
    let environment = path_of(&[&temp.path().join("bin")]);
    for name in ["cli.js", "cli.mjs", "cli.cjs"] {
        let script = temp.file(name, "", 0o644);
        let program = resolve(script.to_str(), &environment, None).unwrap();
        assert_eq!(program.path, node);
        assert_eq!(program.leading_args, [script]);
    }

    let message = failure(Some("./cli.js"), &path_of(&[temp.path()]), temp.path());
    assert_tells(
        &message,
        &["cliPath names", "cli.js, which needs Node.js", "no `node` on PATH", "install Node.js"],
    );
}

#[test]
fn a_relative_path_starts_at_the_working_directory() {
    let temp = TempDir::new();
    let script = temp.script("tools/cli", "");
    let mut environment = Environment::empty();
    let program = resolve(Some("./cli"), &environment, Some(&temp.path().join("tools"))).unwrap();
    assert_eq!(program.path, script);

    environment.set("COPILOT_CLI_PATH", "tools/cli");
    assert_eq!(found(&environment, temp.path()).path, script);

    let here = resolve(Some("./Cargo.toml.js"), &environment, None).unwrap_err();
    let here_in_words = std::env::current_dir().unwrap().join("Cargo.toml.js").display().to_string();
    assert_tells(here.message(), &[&here_in_words, "does not exist"]);
}

#[test]
fn a_bare_name_is_searched_on_path() {
    let temp = TempDir::new();
    let cli = temp.script("bin/copilot-beta", "");
    temp.script("work/local", "");
    let bin = temp.path().join("bin");
    let environment = path_of(&[&bin]);
    let program = resolve(Some("copilot-beta"), &environment, None).unwrap();
    assert_eq!((program.path, program.found_by), (cli, "cliPath"));

    let message = failure(Some("copilot-gamma"), &environment, temp.path());
    assert_tells(&message, &["cliPath names `copilot-gamma`", bin.to_str().unwrap(), "correct the name"]);
    let message = failure(Some("local"), &environment, &temp.path().join("work"));
    assert_tells(&message, &["write ./local"]);
    let message = failure(Some("copilot"), &Environment::empty(), temp.path());
    assert_tells(&message, &["on PATH, which is empty or not set"]);
}

#[test]
fn what_was_named_must_be_usable() {
    let temp = TempDir::new();
    temp.folder("folder");
    temp.file("plain", "", 0o644);
    symlink("nowhere", temp.path().join("dangling")).unwrap();
    let cases = [
        ("", "cliPath is empty"),
        ("./missing", "missing, which does not exist; correct the path"),
        ("~/copilot", "`~` is not expanded here"),
        ("./dangling", "is a link to nowhere, which does not exist"),
        ("./folder", "is a directory; name the program inside it"),
        ("/dev/null", "is not a regular file"),
        ("./plain", "is not executable; run `chmod +x"),
        ("./plain/copilot", "cannot be looked at: Not a directory"),
        ("./nul\0byte", "cannot be looked at"),
    ];
    for (path, reason) in cases {
        assert_tells(&failure(Some(path), &Environment::empty(), temp.path()), &["cliPath ", reason]);
    }
    let environment = Environment::from_iter([("COPILOT_CLI_PATH", "./plain")]);
    assert_tells(&failure(None, &environment, temp.path()), &["COPILOT_CLI_PATH names", "/plain`"]);
}

#[test]
fn nothing_found_lists_every_place_and_what_to_do() {
    let temp = TempDir::new();
    let plain = temp.file("bin/copilot", "", 0o644);
    let search = path_of(&[&temp.path().join("bin"), Path::new("/nonexistent")]);
    let message = failure(None, &search, temp.path());
    let lines: Vec<_> = message.lines().collect();
    let chmod = format!("  {0}: not executable; run `chmod +x {0}`", plain.display());
    assert_eq!(lines[0], "no Copilot CLI was found. These places were tried:");
    assert_eq!(lines[1], "  cliPath: not set");
    assert_eq!(lines[2], "  COPILOT_CLI_PATH: not set");
    let folders = format!("on PATH ({}/bin, /nonexistent)", temp.path().display());
    assert_eq!(lines[3], format!("  copilot: not {folders}"));
    assert_eq!(lines[4], chmod);
    assert_eq!(lines[5], format!("  copilot-runtime: not {folders}"));
    assert_eq!(lines[6], "  npm's global folder: none beside npm, node or copilot on PATH");
    assert_tells(lines[7], &["npm install -g @github/copilot", "cliPath", "COPILOT_CLI_PATH"]);

    temp.script("bin/npm", "");
    temp.folder("lib/node_modules/@github/copilot");
    let message = failure(None, &search, temp.path());
    let modules = format!("  {}/lib/node_modules/@github/copilot*/prebuilds/", temp.path().display());
    assert!(message.lines().nth(6).unwrap().starts_with(&modules), "{message}");
}

#[test]
fn the_native_runtime_is_found_in_packages() {
    let temp = TempDir::new();
    let inside = npm::runtime_path().display().to_string();
    let platform = inside.split('/').nth(1).unwrap();
    let nested = format!("lib/node_modules/@github/copilot/node_modules/@github/copilot-x/{inside}");
    let nested = temp.file(&nested, "x", 0o755);
    temp.script("bin/npm", "");
    temp.script("a/bin/node", "");
    let environment = path_of(&[&temp.path().join("a/bin"), &temp.path().join("bin")]);
    let cwd = temp.folder("work");
    assert_eq!(found(&environment, &cwd).path, nested);

    let other = temp.file(&format!("lib/node_modules/@github/copilot-other/{inside}"), "x", 0o755);
    assert_eq!(found(&environment, &cwd).path, other, "a package of its own comes before a nested one");

    let sdk = temp.file(&format!("lib/node_modules/@github/copilot-sdk-{platform}/{inside}"), "x", 0o755);
    assert_eq!(found(&environment, &cwd).path, sdk, "the SDK's package for this machine comes first");

    temp.file(&format!("a/lib/node_modules/@github/copilot/{inside}"), "not executable", 0o644);
    temp.file(&format!("a/lib/node_modules/@other/copilot/{inside}"), "x", 0o755);
    assert_eq!(
        found(&environment, &cwd).path,
        sdk,
        "a runtime that cannot run, or of somebody else, is none"
    );
}

#[test]
fn a_program_planted_in_a_checkout_is_not_run() {
    let temp = TempDir::new();
    let inside = npm::runtime_path().display().to_string();
    for folder in [
        "checkout/deep/node_modules",
        "checkout/node_modules",
        "node_modules",
        "checkout/deep/lib/node_modules",
    ] {
        temp.file(&format!("{folder}/@github/copilot/{inside}"), "x", 0o755);
    }
    for name in ["npm", "node", "copilot", "copilot-runtime"] {
        temp.script(&format!("checkout/deep/bin/{name}"), "");
    }
    let cwd = temp.path().join("checkout/deep");
    for folders in [&[] as &[&str], &["", ".", "bin", "./bin", "node_modules/.bin"]] {
        let folders: Vec<_> = folders.iter().map(Path::new).collect();
        let message = failure(None, &path_of(&folders), &cwd);
        assert!(!message.contains("checkout/"), "not even looked at: {message}");
    }
}

#[test]
fn the_global_folder_is_beside_npm_or_the_target_of_a_link_to_node() {
    let temp = TempDir::new();
    let inside = npm::runtime_path().display().to_string();
    let package = format!("lib/node_modules/@github/copilot/{inside}");
    let cwd = temp.folder("work");

    let beside_npm = temp.file(&format!("usr/{package}"), "x", 0o755);
    temp.script("usr/bin/npm", "");
    let program = found(&path_of(&[&temp.path().join("usr/bin")]), &cwd);
    assert_eq!((program.path, program.found_by), (beside_npm, "npm's global folder"));

    let beside_node = temp.file(&format!("versions/20/{package}"), "x", 0o755);
    let node = temp.script("versions/20/bin/node", "");
    temp.folder("links");
    symlink(node, temp.path().join("links/node")).unwrap();
    assert_eq!(found(&path_of(&[&temp.path().join("links")]), &cwd).path, beside_node);

    let beside_copilot = temp.file(&format!("npm-prefix/{package}"), "x", 0o755);
    let bin = temp.folder("npm-prefix/bin");
    symlink("../lib/node_modules/@github/copilot/gone.js", bin.join("copilot")).unwrap();
    assert_eq!(found(&path_of(&[&bin]), &cwd).path, beside_copilot);
}
