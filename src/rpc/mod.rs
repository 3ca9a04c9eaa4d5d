//! Frames and JSON-RPC: a stream of bytes on one side, calls and handlers on the other.
//!
//! From the bottom up: [`framing`] takes bytes apart into bodies, [`message`] says what a body is, and [`Peer`] is one
//! side of a connection: one task or thread reads, and a task writes what no sender has written at once; calls wait in
//! slots, and each request of the other side is an [`Incoming`] that is answered exactly once. Nothing here knows a
//! method by name, save those of JSON-RPC's own `$/` space.

mod alarm;
mod call;
mod connection;
pub mod framing;
mod habit;
mod header;
mod incoming;
pub mod message;
mod outgoing;
mod part;
mod peer;
mod pending;
#[cfg(test)]
mod random;
mod reader;
mod traffic;
mod writer;

pub use call::Call;
pub use habit::notification_head;
pub use incoming::Incoming;
pub use message::Id;
pub use part::Part;
pub use peer::{Handler, Peer};
pub use traffic::{Counted, Traffic};
