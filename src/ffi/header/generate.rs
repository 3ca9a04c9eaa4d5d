//! The header: what cbindgen makes of src/ffi, between the opening comment and the macros of src/ffi/header, and with
//! headings and a few things that cbindgen has no words for.

use std::fs;
use std::path::Path;

/// The text of the header.
pub fn generate(root: &Path, version: &str, abi: &str) -> Result<String, String> {
    let ffi = root.join("src/ffi");
    let read = |name: &str| fs::read_to_string(ffi.join(name)).map_err(|e| format!("src/ffi/{name}: {e}"));
    let mut config = cbindgen::Config::from_file(root.join("cbindgen.toml"))?;
    config.header = Some(fill_in(&read("header/tour.h")?, version, abi).trim_end().into());
    config.after_includes = Some(fill_in(&read("header/macros.h")?, version, abi));
    let files = reading_order(&read("mod.rs")?);
    let builder = files
        .iter()
        .fold(cbindgen::Builder::new().with_config(config), |builder, file| builder.with_src(ffi.join(file)));
    let mut text = Vec::new();
    builder.generate().map_err(|e| e.to_string())?.write(&mut text);
    let mut text = tidy(&String::from_utf8(text).map_err(|e| e.to_string())?);
    for file in &files {
        text = with_heading(&text, &read(file)?);
    }
    Ok(with_frees_declared(&text))
}

/// The files to read: the types, and what mod.rs makes public, in its order.
fn reading_order(modules: &str) -> Vec<String> {
    let public = modules.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    ["handle"].into_iter().chain(public).map(|module| format!("{module}.rs")).collect()
}

fn fill_in(template: &str, version: &str, abi: &str) -> String {
    let mut numbers = version.split(['.', '-', '+']);
    let mut next = || numbers.next().unwrap_or("0");
    let (major, minor, patch) = (next(), next(), next());
    [("@VERSION@", version), ("@MAJOR@", major), ("@MINOR@", minor), ("@PATCH@", patch), ("@ABI@", abi)]
        .iter()
        .fold(template.to_owned(), |text, (name, value)| text.replace(name, value))
}

/// C89 knows no comma at the end of an enum and no `//`; cbindgen knows no calling convention for function pointers,
/// leaves an empty line of comment where an annotation was, and takes three lines to say one.
fn tidy(text: &str) -> String {
    let text = text
        .replace(",\n}", "\n}")
        .replace("}  // extern \"C\"", "} /* extern \"C\" */")
        .replace("#endif // __cplusplus", "#endif")
        .replace("#endif  // __cplusplus", "#endif")
        .replace("#endif  /* COPILOT_H */", "#endif /* COPILOT_H */")
        .replace("typedef void (*copilot_", "typedef void (COPILOT_CALL *copilot_")
        .replace(" *\n */", " */")
        .replace("\nCOPILOT_OWNED(", "\n  COPILOT_OWNED(");
    let mut lines = text.lines().map(str::trim_end).peekable();
    let mut tidy = String::new();
    let mut in_callback = false;
    while let Some(line) = lines.next() {
        if in_callback {
            tidy.push_str(&" ".repeat("COPILOT_CALL ".len()));
        }
        in_callback = (in_callback || line.starts_with("typedef void (")) && !line.ends_with(';');
        tidy.push_str(line);
        if line.trim_start() == "/**" {
            let only = lines.next().map(|line| line.trim_start().trim_start_matches('*')).unwrap_or_default();
            match lines.next_if(|line| line.trim_start() == "*/") {
                Some(_) => tidy.push_str(&format!("{only} */")),
                None => tidy.push_str(&format!("\n{}*{only}", &line.replace("/**", " "))),
            }
        }
        tidy.push('\n');
    }
    tidy
}

/// Puts a heading, the first line of a file's own comment, before the first of its functions.
fn with_heading(text: &str, source: &str) -> String {
    let heading = source.lines().next().unwrap_or_default().trim_start_matches("//! ").trim_end_matches('.');
    let first = source.split("extern \"C\" fn ").nth(1).and_then(|rest| rest.split('(').next());
    let place = first.filter(|name| name.starts_with("copilot_")).and_then(|name| comment_of(text, name));
    let Some(place) = place else { return text.to_owned() };
    let rule = "-".repeat(100 - "/* ----   */".len() - heading.len());
    format!("{}/* ---- {heading} {rule} */\n\n{}", &text[..place], &text[place..])
}

/// Where the comment of a function begins.
fn comment_of(text: &str, name: &str) -> Option<usize> {
    text.match_indices(&format!("{name}(")).find_map(|(at, _)| {
        // Comments and macros name functions too; only a declaration begins where its line does.
        let line = text[..at].rfind('\n')? + 1;
        let declared = !text[line..].starts_with([' ', '#', '/']);
        declared.then(|| text[..line].rfind("/**")).flatten()
    })
}

/// `COPILOT_OWNED` names functions that come later, so those are declared ahead where it needs them.
fn with_frees_declared(text: &str) -> String {
    let frees: Vec<&str> = text
        .lines()
        .map(|line| line.strip_prefix("COPILOT_API ").unwrap_or(line))
        .filter(|line| line.starts_with("void copilot_") && line.contains("_free("))
        .collect();
    let Some(place) = text.find("/* ---- ") else { return text.to_owned() };
    let declared = frees.iter().fold(String::new(), |text, free| text + "COPILOT_API " + free + "\n");
    let block = format!("#ifdef COPILOT_OWNED_NEEDS_DECLARATIONS\n{declared}#endif\n\n");
    format!("{}{block}{}", &text[..place], &text[place..])
}
