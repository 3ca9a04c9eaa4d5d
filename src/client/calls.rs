//! The calls of a client.
