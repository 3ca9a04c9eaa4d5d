//! libcopilot: the C ABI of the GitHub Copilot CLI's agent runtime.
//!
//! A message from the CLI enters at the bottom and leaves at the top; the modules are listed in the order it
//! meets them.

pub mod transport;

pub mod rpc;

pub mod protocol;

pub mod client;

pub mod session;

pub mod policy;

pub mod request;

pub mod queue;

pub mod ffi;

mod callback;
pub mod error;
pub mod json;
pub mod log;
pub mod runtime;
pub mod secrets;
mod sync;

pub use callback::Callback;
pub use error::{Code, Error, Result};
