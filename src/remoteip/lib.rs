//! What DNS says about a connecting address: its verified name, and whether block lists name it.
//!
//! [`iprev`] asks for the names of an address and confirms them, [`dnsbl`] asks one list about it, [`dnsbl_health`]
//! whether the list works. All give an outcome, never an error, and ask a bounded number of queries. The networks an
//! address belongs to are `mox_net::prefixes`. RFC 8601 §2.7.3, §3 (iprev), RFC 5782 (DNS lists).

mod dnsbl;
mod iprev;

pub use dnsbl::{
    DnsblHealth, DnsblOutcome, DnsblResult, HealthResult, MAX_CODES, MAX_EXPLANATION, dnsbl, dnsbl_health,
    query_name,
};
pub use iprev::{IprevOutcome, IprevResult, MAX_NAMES, iprev};
