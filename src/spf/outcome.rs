//! What is asked of SPF, and what it answers: the result with everything that header fields, reports and people need.
//! RFC 7208 §2.4, §2.6.

use std::fmt;
use std::net::IpAddr;

use serde::Serialize;

use mox_address::{IpDomain, Path};
use mox_clock::Timestamp;

/// Longest text of a record that an outcome keeps, in octets.
pub const MAX_RECORD_KEPT: usize = 2000;

/// Longest problem text, in characters.
pub const MAX_PROBLEM: usize = 500;

/// The result of an evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SpfResult {
    /// No domain to ask about, or it publishes nothing.
    None,
    /// The domain does not say.
    Neutral,
    /// The address may use the domain.
    Pass,
    /// It may not.
    Fail,
    /// It probably may not.
    SoftFail,
    /// DNS did not answer, or not credibly; trying again later may help.
    TempError,
    /// What the domain publishes cannot be evaluated.
    PermError,
}

impl SpfResult {
    /// The registered word: `none`, `neutral`, `pass`, `fail`, `softfail`, `temperror`, `permerror`.
    pub const fn keyword(self) -> &'static str {
        match self {
            SpfResult::None => "none",
            SpfResult::Neutral => "neutral",
            SpfResult::Pass => "pass",
            SpfResult::Fail => "fail",
            SpfResult::SoftFail => "softfail",
            SpfResult::TempError => "temperror",
            SpfResult::PermError => "permerror",
        }
    }
}

impl fmt::Display for SpfResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.keyword())
    }
}

/// Whose domain is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Identity {
    /// That of the reverse-path.
    MailFrom,
    /// That of the greeting.
    Helo,
}

impl Identity {
    /// The word for Received-SPF and reports: `mailfrom`, `helo`.
    pub const fn keyword(self) -> &'static str {
        match self {
            Identity::MailFrom => "mailfrom",
            Identity::Helo => "helo",
        }
    }
}

/// What is known of the client when SPF is asked.
#[derive(Debug, Clone, Copy)]
pub struct Query<'a> {
    /// Address of the client.
    pub ip: IpAddr,
    /// What it said in HELO or EHLO.
    pub helo: &'a IpDomain,
    /// The reverse-path; none when it is null.
    pub mail_from: Option<&'a Path>,
    /// Name of this host, for the macro `r` and for Received-SPF; may be empty.
    pub local_hostname: &'a str,
    /// Address of this host that the client connected to; named when the host has no name.
    pub local_ip: Option<IpAddr>,
    /// The time, for the macro `t`.
    pub now: Timestamp,
}

/// What was found out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The result.
    pub result: SpfResult,
    /// The domain it is about: in A-labels, or an address literal as the client gave it.
    pub domain: String,
    /// Where that domain is from.
    pub identity: Identity,
    /// The mechanism that matched, as `ip4:192.0.2.0/24`; none when none did.
    pub mechanism: Option<String>,
    /// What the domain's owner says to those who fail: printable ASCII. Only for [`SpfResult::Fail`].
    pub explanation: Option<String>,
    /// Why the result is an error or `none`; at most [`MAX_PROBLEM`] characters, some of them the domain owner's.
    pub problem: Option<String>,
    /// The record of the domain, at most [`MAX_RECORD_KEPT`] octets of it.
    pub record: Option<String>,
    /// Terms evaluated that ask DNS (RFC 7208 §4.6.4).
    pub lookups: u32,
    /// How many of them found nothing.
    pub void_lookups: u32,
    /// Whether every DNS answer the result rests on was authentic. That of the explanation does not count.
    pub authentic: bool,
}
