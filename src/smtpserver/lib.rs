//! SMTP sessions for MX and MSA; no mail decisions: those are behind the seam [`Handler`].
//!
//! [`serve`] accepts, counts and gives each session its connection id; [`run`] holds one session over any stream.
//! Replies to pipelined commands leave in one write; message data goes to the handler without being copied.
//! RFC 5321, 1870, 2034, 2920, 3030 (CHUNKING), 3207, 4865, 4954, 6152, 6531, 8689, 9422.

mod auth;
mod cid;
mod context;
mod data;
mod gate;
mod handler;
mod hello;
mod limits;
mod listener;
mod mail;
mod other;
mod rcpt;
mod record;
mod session;
mod starttls;
mod wire;

#[cfg(test)]
mod script;
#[cfg(test)]
mod tests;

pub use cid::Cid;
pub use context::{Context, LoginAttempt, Nobody, Observer};
pub use gate::{Gate, Permit};
pub use handler::{Authenticated, Body, BoxFuture, Handler, Port, Session};
pub use limits::Limits;
pub use listener::{serve, serve_one};
pub use session::{End, run};
