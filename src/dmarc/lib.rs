//! Does the domain in From stand behind a message, and what does it ask for when not?
//!
//! [`verify`] takes what SPF and DKIM found and asks DNS for the policy; [`Outcome`] is the verdict with all that
//! header fields, pages and reports need. [`Record`] is what a domain publishes, [`Walker`] finds it by the DNS tree
//! walk, [`discover`] shows what applies to a domain, [`authorize`] says which report addresses agreed to get reports.
//!
//! Nothing here decides what happens to a message: [`Outcome::disposition`] is what the domain's owner wishes, and a
//! receiver must not refuse for that alone (RFC 9989 §5.4, §7.4). A DNS error that may pass makes the verdict
//! `temperror`, never `none`, `pass` or `fail`, but only where the missing answer could change it: a sender must not be
//! able to escape a policy by breaking DNS of its own. Queries are bounded: [`MAX_WALK`] a walk, [`MAX_QUERIES`] in all.
//! RFC 9989, 9990 §4 (reports to others), 9991 §5.

pub mod authorize;
mod discover;
mod outcome;
pub mod record;
mod treewalk;
mod uri;
mod verify;

#[cfg(test)]
mod tests;

pub use authorize::{Consent, Destination, Wanted, authorize, destinations};
pub use discover::{Discovery, Status, discover};
pub use outcome::{AlignedDkim, DmarcResult, METHOD, Outcome, Override, OverrideKind, PolicyTag, Published};
pub use record::{Alignment, Disposition, Policy, Psd, Record};
pub use treewalk::{Applicable, Found, MAX_QUERIES, MAX_WALK, Step, Undetermined, Walk, Walker};
pub use uri::{MAX_URI, ReportUri};
pub use verify::{Input, author_domains, identified, signed, verify};
