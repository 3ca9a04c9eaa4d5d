//! Drives the program fake-runtime raw, over its stdin and stdout.

mod faults;
mod flows;
mod peer;
