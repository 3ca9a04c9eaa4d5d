//! The C ABI: one file for each kind of object, in the order of the header.
//!
//! This is where pointers become references and panics become errors. Every exported function is one [`ffi!`]
//! whose body is a `Result`; it knows nothing but how to take its arguments apart and whom to call. The comments on
//! the exported functions are the C manual: cbindgen copies them into `include/copilot.h`.
#![allow(non_camel_case_types)]
#![allow(clippy::missing_safety_doc)] // the contract of a C function is in its manual, not in a rustdoc section

mod call;
mod guard;
mod handle;
mod json_quick;
mod panics;
mod user_data;

pub mod types;

pub mod library;

pub mod error;

pub mod json;

pub mod json_set;

pub mod queue;

pub mod queue_batch;

pub mod event;

pub mod request;

pub mod request_answers;

pub mod op;

pub mod client_options;

pub mod client;

pub mod client_events;

pub mod client_calls;

pub mod client_sessions;

pub mod session_config;

pub mod session;

pub mod session_direct;

pub mod session_calls;

pub mod session_life;

pub mod session_ui;

#[cfg(test)]
mod tests;

use guard::ffi;
