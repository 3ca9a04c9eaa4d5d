//! What libcopilot is tested against.
//!
//! - [`model`]: a scripted model server, so that the real CLI can run with nothing but loopback.
//! - [`runtime`]: a fake Copilot runtime for the faults that a real one cannot be made to have.
//! - [`cli`]: where the real CLIs are, and an environment that fences their state in.
//! - [`scenario`]: rows of a test as data, the same for the C ABI and every binding.

pub mod cli;
pub mod model;
pub mod runtime;
pub mod scenario;
