//! TLSA records for SMTP: which certificate a mail host has, said by DNS. RFC 6698, 7671, 7672.
//!
//! Records are read, written, made, looked up, and compared with what a server shows. Only records that DNSSEC proves
//! mean anything; [`lookup`] sees to that.

mod judge;
mod kinds;
mod lookup;
mod record;
mod verify;

pub use judge::{NoMatch, satisfied};
pub use kinds::{Matching, Selector, UnknownKind, Usage};
pub use lookup::{Found, Tlsa, lookup};
pub use record::{MAX_DATA, Record, RecordError, tlsa_name};
pub use verify::{MakeError, Unusable, usable};
