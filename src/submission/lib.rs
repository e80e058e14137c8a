//! The way out for users: who may send as whom, what a submitted message lacks, then the same commit as for
//! incoming mail. RFC 6409.

mod fixup;
mod handler;
mod login;
mod signing;
mod willing;

pub use handler::{Strictness, SubmissionHandler, Untaken, Wishes};
pub use login::Logins;
pub use signing::{ConfiguredKeys, Keys, Signing};
pub use willing::Willing;

#[cfg(test)]
mod tests;
