//! TLSA records for SMTP: which certificate a mail host has, said by DNS. RFC 6698, 7671, 7672.
//!
//! Here is what needs no network: records read, written, made and compared. Only records that DNSSEC proves mean
//! anything, which whoever looks them up must see to.

mod kinds;
mod record;
mod verify;

pub use kinds::{Matching, Selector, UnknownKind, Usage};
pub use record::{MAX_DATA, Record, RecordError, tlsa_name};
pub use verify::{MakeError, Unusable, usable};
