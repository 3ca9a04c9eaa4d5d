//! What the wire says: method names, event names, the shapes of parameters and answers. The server's generations
//! live here and nowhere else; everything is a pure function over text, without IO and without a clock.
//!
//! Going out: [`client_options`] → [`spawn`], [`session_config`], [`tool`], [`message`], [`forms`], [`answer`],
//! [`methods`]. Coming in: [`server`] (the handshake), [`envelope`], [`events`] ([`event_alias`]: their other spellings),
//! [`question`], [`lifecycle`], [`replies`]; [`deltas`], which a full queue joins.

pub mod answer;
mod attachment;
pub mod client_options;
pub mod deltas;
pub mod envelope;
pub mod event_alias;
pub mod events;
pub mod forms;
pub mod keys;
pub mod lifecycle;
pub(crate) mod members;
pub mod message;
pub mod methods;
pub mod names;
pub mod params;
pub mod permission;
pub(crate) mod permission_request;
mod pick;
pub mod question;
pub mod replies;
pub mod server;
pub mod session_config;
pub mod session_info;
pub(crate) mod session_keys;
mod session_mode;
mod session_secrets;
mod session_sense;
mod session_shapes;
pub mod spawn;
pub mod tool;
pub mod tool_result;
