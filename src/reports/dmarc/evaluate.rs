//! What is kept of each message that a DMARC policy was applied to, for the report to its policy domain.
//!
//! Rows are counted when they come: messages that have everything in common that a report tells are one row. Some
//! messages are reported along and are never the reason for a report: reports, DSNs, mail to addresses for reports, and
//! what was refused from an organization with which mail never went well. Else a report would lead to reports, or go to
//! strangers whose name somebody abuses.
//!
//! Limits: [`MAX_ROWS`] rows under a policy, and [`MAX_CONFIGS`] policies of a domain a day; counts of what is told stay
//! right. RFC 9990 §3.1, §3.3.

use aws_lc_rs::digest;
use mox_address::Domain;
use mox_clock::Timestamp;
use mox_db::Tx;
use mox_dmarcrpt::{PolicyPublished, Record};
use mox_store::Error;

use crate::Reports;
use crate::tables::{evaluation, exchange};

/// Rows under one policy of a domain and day.
pub(crate) const MAX_ROWS: i64 = 100_000;
/// Policies of one domain on one day that are told apart.
pub(crate) const MAX_CONFIGS: u32 = 8;

/// What was found out and done about a message, or what was refused in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    policy_domain: Domain,
    organization: Domain,
    /// JSON of the policy.
    config: String,
    /// Address of the client, 4 or 16 octets.
    source: Vec<u8>,
    /// JSON of the record.
    record: String,
    digest: Vec<u8>,
    passed: bool,
    standing: Standing,
}

/// Whether a message may be the reason for a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It was taken.
    Taken,
    /// It was refused or filed as junk: only if mail ever went well with its organization.
    Unwanted,
    /// It is a report or a DSN, or went to an address for reports: never.
    Report,
}

impl Evaluation {
    /// A message under the policy that was published at `policy.domain`, which is `policy_domain`; `organization` is
    /// that of its author. The count of the record is not looked at. None without an address of the client.
    pub fn new(
        policy_domain: Domain,
        organization: Domain,
        policy: &PolicyPublished,
        record: Record,
        standing: Standing,
    ) -> Option<Evaluation> {
        let source = match record.source_ip?.to_canonical() {
            std::net::IpAddr::V4(ip) => ip.octets().to_vec(),
            std::net::IpAddr::V6(ip) => ip.octets().to_vec(),
        };
        let passed = record.passes();
        let record = serde_json::to_string(&Record { count: 0, ..record }).ok()?;
        let config = serde_json::to_string(policy).ok()?;
        let digest =
            digest::digest(&digest::SHA256, record.as_bytes()).as_ref().iter().take(16).copied().collect();
        Some(Evaluation { policy_domain, organization, config, source, record, digest, passed, standing })
    }
}

impl Reports {
    /// Whether messages are counted for DMARC reports.
    pub fn reports_dmarc(&self) -> bool {
        self.0.options.dmarc
    }

    /// Counts a message, in the transaction that accepts it, or in one of its own where it is refused. `at` says of
    /// which day it is.
    pub fn evaluated(&self, tx: &mut Tx<'_>, one: &Evaluation, at: Timestamp) -> Result<(), Error> {
        if !self.reports_dmarc() {
            return Ok(());
        }
        let organization = one.organization.ascii();
        let is_reason = match one.standing {
            Standing::Taken => true,
            Standing::Unwanted => exchange::any(tx.conn(), organization)?,
            Standing::Report => false,
        };
        if one.standing == Standing::Taken && one.passed {
            exchange::note(tx.conn(), organization, at.day())?;
        }
        let new = evaluation::New {
            policy_domain: one.policy_domain.ascii(),
            day: at.day(),
            config: &one.config,
            source: &one.source,
            digest: &one.digest,
            record: &one.record,
            is_reason,
            passed: one.passed,
        };
        evaluation::add(tx.conn(), &new, MAX_CONFIGS, MAX_ROWS)
    }
}
