//! What libcopilot is tested against.
//!
//! - [`model`]: a scripted model server, so that the real CLI can run with nothing but loopback.
//! - [`runtime`]: a fake Copilot runtime for the faults that a real one cannot be made to have.
//! - [`cli`]: where the real CLIs are, and an environment that fences their state in.
//! - [`mcp`]: a small MCP server.
//! - [`program`]: where the bed's own programs are.
//! - [`scenario`]: rows of a test as data, the same for the C ABI and every binding.

mod base64;
pub mod cli;
pub mod mcp;
pub mod model;
pub mod program;
pub mod runtime;
pub mod scenario;
