//! The two files, `mox.conf` (static) and `domains.conf` (dynamic, beside it), behind one atomic pointer.
//!
//! The static file is read once, at start. The dynamic file is read again when it changes ([`Handle`]); a bad one
//! keeps what was in effect. Everybody works on a snapshot, [`Config`], which never changes. Fields are
//! documented at their definitions, from which the reference is made too.
//! Keys of the Go server whose features are not built are accepted with a warning ([`not_built`]).

pub mod account;
mod check;
mod de;
pub mod domain;
pub mod edit;
mod error;
pub mod limits;
pub mod listener;
mod load;
pub mod not_built;
pub mod reference;
mod reload;
mod resolve;
pub mod route;
pub mod section;
pub mod ser;
pub mod server;
#[cfg(test)]
mod tests;
pub mod text;
pub mod transport;
pub mod tree;
pub mod values;

pub use domain::Dynamic;
pub use error::{Errors, Fault, MAX_PROBLEMS, Problem, Warning};
pub use limits::Limits;
pub use load::Config;
pub use reload::Handle;
pub use resolve::{AliasTarget, Resolved, Target};
pub use section::Table;
pub use server::Static;
