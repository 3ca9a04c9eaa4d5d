//! The scripted model as a program, for tests in other languages than Rust.
//!
//! `scripted-model [--script id=file.json]…` prints `PORT n` and serves on 127.0.0.1 until its stdin is closed, so it
//! cannot outlive the program that started it. The paths that steer it are in `tests/testbed/README.md`.

use std::io::{Read, Write};
use std::process::ExitCode;
use testbed::model::Model;

fn main() -> ExitCode {
    let model = Model::start();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let prepared = load_scripts(&model, &arguments).and_then(|()| {
        let mut out = std::io::stdout();
        writeln!(out, "PORT {}", model.port()).and_then(|()| out.flush()).map_err(|e| format!("stdout: {e}"))
    });
    if let Err(why) = prepared {
        eprintln!("scripted-model: {why}");
        return ExitCode::from(2);
    }
    let mut ignored = [0; 256];
    while std::io::stdin().read(&mut ignored).is_ok_and(|n| n > 0) {}
    ExitCode::SUCCESS
}

fn load_scripts(model: &Model, arguments: &[String]) -> Result<(), String> {
    let usage = "usage: scripted-model [--script id=file.json]...";
    for pair in arguments.chunks(2) {
        let [option, value] = pair else { return Err(usage.into()) };
        let (id, file) =
            value.split_once('=').filter(|_| option == "--script").ok_or_else(|| usage.to_owned())?;
        let text = std::fs::read_to_string(file).map_err(|e| format!("{file}: {e}"))?;
        let steps = serde_json::from_str(&text).map_err(|e| format!("{file}: {e}"))?;
        model.try_script(id, &steps).map_err(|e| format!("{file}: {e}"))?;
    }
    Ok(())
}
