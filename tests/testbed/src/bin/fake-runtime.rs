//! A fake Copilot runtime that plays a script; see tests/testbed/RUNTIME.md.

fn main() {
    testbed::runtime::program::main()
}
