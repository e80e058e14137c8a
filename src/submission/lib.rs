//! The way out for users: who may send as whom, what a submitted message lacks, then the same commit as for
//! incoming mail. RFC 6409.

mod fixup;
mod handler;
mod login;

pub use handler::{Strictness, SubmissionHandler};
pub use login::Logins;

#[cfg(test)]
mod tests;
