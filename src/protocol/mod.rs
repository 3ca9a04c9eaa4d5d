//! What the wire says: method names, event names, the shapes of parameters and answers. The server's generations
//! live here and nowhere else; everything is a pure function over text, without IO and without a clock.
//!
//! Going out: [`client_options`] → [`spawn`], [`session_config`], [`tool`], [`message`], [`forms`], [`answer`], [`methods`].
//! Coming in: [`server`] (the handshake), [`events`], [`question`], [`lifecycle`], [`replies`].

pub mod answer;
pub mod client_options;
pub mod events;
pub mod forms;
pub mod keys;
pub mod lifecycle;
mod members;
pub mod message;
pub mod methods;
pub mod names;
pub mod params;
pub mod permission;
pub mod question;
pub mod replies;
pub mod server;
pub mod session_config;
mod session_keys;
mod session_secrets;
pub mod spawn;
pub mod tool;
pub mod tool_result;
