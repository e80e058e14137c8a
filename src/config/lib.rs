//! The two files, `mox.conf` (static) and `domains.conf` (dynamic, beside it), behind one atomic pointer.
//!
//! The static file is read once, at start. The dynamic file is read again when it changes ([`Handle`]); a bad one
//! keeps what was in effect. Everybody works on a snapshot, [`Config`], which never changes. Fields are
//! documented at their definitions, from which the reference is made too.
//! Fields whose features are not built are read and checked like all others, with a warning ([`not_built`]).

pub mod account;
pub mod acme;
mod check;
mod de;
pub mod dkim;
pub mod domain;
pub mod edit;
mod error;
pub mod junk;
pub mod limits;
pub mod listener;
mod load;
pub mod mtasts;
pub mod not_built;
pub mod pattern;
pub mod reference;
mod reload;
pub mod reports;
mod resolve;
pub mod route;
pub mod ruleset;
pub mod secrets;
pub mod section;
pub mod ser;
pub mod server;
mod signing;
#[cfg(test)]
mod tests;
pub mod text;
pub mod transport;
pub mod tree;
pub mod values;
pub mod web;
pub mod webhandler;
pub mod webhook;
pub mod weburl;

pub use domain::Dynamic;
pub use error::{Errors, Fault, MAX_PROBLEMS, Problem, Warning};
pub use limits::Limits;
pub use load::Config;
pub use reload::Handle;
pub use resolve::{AliasTarget, Reports, Resolved, Rules, Target};
pub use section::Table;
pub use server::Static;
