//! Bytes: finds the CLI, runs it as a child over its stdio or as a server on TCP, and knows when and how it ended;
//! or connects to a server that runs already. Nothing here knows what the bytes mean.
//!
//! [`resolve`] says which program it is, [`launch`] starts it, and [`Running`] holds its two byte streams and the
//! [`Process`] behind them. [`launch_server`] starts it as a server, [`Serving`] tells its port, and [`connect`]
//! reaches any server. The library is a guest in somebody else's process, so no signal handler is
//! installed, the host's own children are never waited for, and no descriptor is left for others to inherit.

mod environment;
mod exit;
mod input;
mod lifeline;
mod npm;
mod output;
mod process;
mod reap;
mod resolve;
mod spawn;
mod spawn_error;
mod stderr;
mod tcp;

#[cfg(test)]
mod process_tests;
#[cfg(test)]
mod resolve_tests;
#[cfg(test)]
mod server_tests;
#[cfg(test)]
mod spawn_tests;
#[cfg(test)]
mod test_support;

pub use environment::Environment;
pub use exit::describe;
pub use input::Input;
pub use output::{AtOnce, Output};
pub use process::{Launch, Process, Running, Stdout, launch, launch_server};
pub use resolve::{Program, resolve};
pub use tcp::{Address, Serving, connect};
