//! Records of a domain in DNS: those that it should have, whether they are there, and what is wrong with them.

use serde::{Deserialize, Serialize};

/// Lists the records that a domain of the configuration should have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DnsRecords {
    /// Its name.
    pub domain: String,
    /// Ask DNS what is there now; that takes two seconds at most.
    #[serde(default)]
    pub look: bool,
}

/// The records that a domain should have. The JSON is that of `mox dnsrecords --json`, with more where it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DnsRecordSet {
    /// The domain.
    pub domain: String,
    /// The records, those of mail coming in first.
    pub records: Vec<DnsRecordRow>,
    /// The same as a part of a zone file.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub zone: String,
    /// Lines for `mox.conf`, without which this host has no record for reports about its TLS; none where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_tlsrpt: Option<String>,
    /// Who has the zone, where DNS was asked and it is somebody known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<DnsProvider>,
}

/// A provider of name servers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DnsProvider {
    /// Its name.
    pub name: String,
    /// How records are entered there, a sentence each.
    pub notes: Vec<String>,
}

/// A record of a zone file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DnsRecordRow {
    /// Absolute, without the final dot.
    pub name: String,
    /// Time to live, in seconds.
    pub ttl: u32,
    /// As `TXT`.
    #[serde(rename = "type")]
    pub kind: String,
    /// As in a zone file.
    pub data: String,
    /// What it is for.
    pub about: String,
    /// Whether DNS has it; none where nobody asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<DnsRecordState>,
    /// What DNS has in its place, as in a zone file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub found: Vec<String>,
    /// Why it is not known, or why another record does as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Whether DNS has a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DnsRecordState {
    /// It is there.
    Present,
    /// There is another one in its place.
    Differs,
    /// There is none.
    Missing,
    /// DNS gave no usable answer.
    Unknown,
}

/// Finds out what is wrong with a domain's records for mail, and what mends it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DnsCheck {
    /// The domain, one of the configuration or any other.
    pub domain: String,
    /// Only these of [`DnsCheck::CHECKS`]; all if none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<String>,
}

impl DnsCheck {
    /// The checks by their names, and what they look at.
    pub const CHECKS: [(&str, &str); 12] = [
        ("mx", "mail hosts"),
        ("hosts", "addresses of the mail hosts"),
        ("tls", "TLS and DANE of the mail hosts"),
        ("dnssec", "DNSSEC"),
        ("spf", "SPF"),
        ("dkim", "DKIM"),
        ("dmarc", "DMARC"),
        ("mtasts", "MTA-STS"),
        ("tlsrpt", "reports about TLS"),
        ("caa", "authorities for certificates"),
        ("srv", "settings for mail programs"),
        ("misplaced", "records at wrong names"),
    ];
}

/// What was found out about a domain. The JSON is that of `mox dnscheck --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DnsChecked {
    /// The domain.
    pub domain: String,
    /// Whether it was compared with the configuration.
    pub ours: bool,
    /// The findings, the worst first.
    pub findings: Vec<DnsFinding>,
    /// Lines for `mox.conf`, without which this host has no record for reports about its TLS; none where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_tlsrpt: Option<String>,
}

/// One fact about a domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DnsFinding {
    /// A stable word, the check first: `spf-missing`.
    pub id: String,
    /// How bad it is.
    pub severity: DnsSeverity,
    /// The name or address that it is about.
    pub subject: String,
    /// A sentence: what was found, and its consequence.
    pub evidence: String,
    /// The record to publish or the step to take.
    pub fix: Option<String>,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DnsSeverity {
    /// As it should be.
    Ok,
    /// Worth knowing.
    Info,
    /// Mail works, and is worse protected or less trusted than it could be; or nobody knows.
    Warning,
    /// Mail is lost or refused, or a record has no effect.
    Error,
}
