//! Which real CLIs a test runs on.

use testbed::cli::{self, Cli};

/// Those that `COPILOT_TEST_CLIS` names, separated by commas, or `all`; without it those for every day.
///
/// Panics when one is not installed; the text is the command that installs it.
pub fn wanted() -> Vec<Cli> {
    let wanted = std::env::var("COPILOT_TEST_CLIS").unwrap_or_default();
    let found = match wanted.as_str() {
        "" => cli::everyday(),
        "all" => cli::pinned(),
        names => names.split(',').map(|name| cli::find(name.trim())).collect(),
    };
    found.unwrap_or_else(|why| panic!("{why}"))
}
