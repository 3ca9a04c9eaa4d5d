//! The native runtime inside npm's packages, for machines where a package is installed but nothing is on PATH.

use std::path::{Path, PathBuf};

use super::resolve::is_executable;

/// Where a `node_modules` folder, if it holds a Copilot package for this machine, has the native runtime.
pub(super) fn runtime_in(node_modules: &Path) -> Option<PathBuf> {
    let packages = copilot_packages(node_modules);
    // npm nests a package's own dependencies inside it when it installs globally.
    let nested = packages.iter().flat_map(|package| copilot_packages(&package.join("node_modules")));
    let packages: Vec<_> = packages.iter().cloned().chain(nested).collect();
    packages.iter().map(|package| package.join(runtime_path())).find(|path| is_executable(path))
}

/// The `node_modules` folders that npm's global installs may use: beside the folder of each of
/// these programs.
pub(super) fn global_folders(programs: impl Iterator<Item = PathBuf>) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for program in programs {
        // A link into a version manager's folder: its packages lie beside the link's target.
        let target = program.canonicalize().ok();
        for program in [Some(program), target].into_iter().flatten() {
            let prefix = program.parent().and_then(Path::parent);
            let folder = prefix.map(|prefix| prefix.join("lib/node_modules"));
            folders.extend(folder.filter(|folder| folder.is_dir() && !folders.contains(folder)));
        }
    }
    folders
}

/// The runtime's place inside a package: `prebuilds/linux-x64/copilot-runtime`.
pub(super) fn runtime_path() -> PathBuf {
    Path::new("prebuilds").join(platform()).join("copilot-runtime")
}

/// npm's name of this machine.
fn platform() -> String {
    let system = if cfg!(target_env = "musl") { "linuxmusl" } else { "linux" };
    let processor = match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("{system}-{processor}")
}

/// The folders `@github/copilot*`, the SDK's own package for this machine first, the others by name.
fn copilot_packages(node_modules: &Path) -> Vec<PathBuf> {
    let Ok(entries) = node_modules.join("@github").read_dir() else { return Vec::new() };
    let preferred = format!("copilot-sdk-{}", platform());
    let mut names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).collect();
    names.retain(|name| name.as_encoded_bytes().starts_with(b"copilot"));
    names.sort_by_key(|name| (*name != *preferred, name.clone()));
    names.iter().map(|name| node_modules.join("@github").join(name)).collect()
}
