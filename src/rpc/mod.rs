//! Frames and JSON-RPC: a stream of bytes on one side, calls and handlers on the other.
//!
//! From the bottom up: [`framing`] (bytes to bodies), [`message`] (what a body is), [`peer`] (calls, answers,
//! requests, cancellation). Nothing here knows a method by name, save those of JSON-RPC's own `$/` space.

pub mod framing;
mod header;
pub mod message;
