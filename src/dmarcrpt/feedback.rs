//! An aggregate report as a value. Domains are A-labels where they are written, and as they came where they were read.
//!
//! Serialized names are those of the XML elements. RFC 9990 §3.1, appendix A; RFC 7489 appendix C.

use std::fmt;
use std::net::IpAddr;

use mox_clock::Timestamp;
use mox_dmarc::{Alignment, Policy};
use serde::{Deserialize, Serialize};

/// How a report is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Form {
    /// Namespace `urn:ietf:params:xml:ns:dmarc-2.0`.
    #[default]
    #[serde(rename = "rfc9990")]
    Rfc9990,
    /// The form before, with or without a namespace.
    #[serde(rename = "rfc7489")]
    Rfc7489,
}

/// A report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Feedback {
    /// The form it came in.
    pub form: Form,
    /// Who reports on which time.
    pub metadata: Metadata,
    /// Under which policy.
    pub policy: PolicyPublished,
    /// What was seen.
    pub records: Vec<Record>,
}

/// Who reports on which time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    /// Name of the reporter.
    pub org_name: String,
    /// Whom to ask.
    pub email: String,
    /// How else to ask.
    pub extra_contact_info: String,
    /// Id, unique among reports to the same domain.
    pub report_id: String,
    /// First second of the period.
    pub begin: Timestamp,
    /// Last second of the period.
    pub end: Timestamp,
    /// What was wrong with the record, or with the report.
    pub error: Vec<String>,
    /// The software that wrote it.
    pub generator: String,
}

/// A policy as it was published, defaults filled in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyPublished {
    /// The policy domain: where the record stands.
    pub domain: String,
    /// For the domain; none where the report does not say.
    pub p: Option<Policy>,
    /// For names below.
    pub sp: Option<Policy>,
    /// For names below that do not exist.
    pub np: Option<Policy>,
    /// Alignment of DKIM.
    pub adkim: Option<Alignment>,
    /// Alignment of SPF.
    pub aspf: Option<Alignment>,
    /// When failure reports are wanted; empty where it is not told.
    pub fo: String,
    /// `t=y`.
    pub testing: Option<bool>,
    /// `treewalk` or `psl`; empty where it is not told.
    pub discovery_method: String,
    /// Share of mail the policy is for, of RFC 7489.
    pub pct: Option<u8>,
}

/// What was done with messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Nothing.
    #[default]
    None,
    /// Nothing, since they passed under a policy that asks for something.
    Pass,
    /// They were taken as suspicious.
    Quarantine,
    /// They were refused.
    Reject,
}

impl Action {
    /// All of them.
    pub const ALL: [Action; 4] = [Action::None, Action::Pass, Action::Quarantine, Action::Reject];

    /// The word in reports.
    pub const fn keyword(self) -> &'static str {
        match self {
            Action::None => "none",
            Action::Pass => "pass",
            Action::Quarantine => "quarantine",
            Action::Reject => "reject",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.keyword())
    }
}

/// Why what was done is not what the policy asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonKind {
    /// The receiver decides otherwise.
    LocalPolicy,
    /// It came through a mailing list.
    MailingList,
    /// Something else.
    Other,
    /// The owner tests (`t=y`).
    PolicyTestMode,
    /// It came through a forwarder that is trusted.
    TrustedForwarder,
    /// It was forwarded (RFC 7489 only).
    Forwarded,
    /// It was not among those that `pct` picks (RFC 7489 only).
    SampledOut,
}

impl ReasonKind {
    /// All of them.
    pub const ALL: [ReasonKind; 7] = [
        ReasonKind::LocalPolicy,
        ReasonKind::MailingList,
        ReasonKind::Other,
        ReasonKind::PolicyTestMode,
        ReasonKind::TrustedForwarder,
        ReasonKind::Forwarded,
        ReasonKind::SampledOut,
    ];

    /// The word in reports.
    pub const fn keyword(self) -> &'static str {
        match self {
            ReasonKind::LocalPolicy => "local_policy",
            ReasonKind::MailingList => "mailing_list",
            ReasonKind::Other => "other",
            ReasonKind::PolicyTestMode => "policy_test_mode",
            ReasonKind::TrustedForwarder => "trusted_forwarder",
            ReasonKind::Forwarded => "forwarded",
            ReasonKind::SampledOut => "sampled_out",
        }
    }
}

/// A reason, with words for people.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Reason {
    /// Which.
    #[serde(rename = "type")]
    pub kind: ReasonKind,
    /// Words; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
}

/// Result of SPF or of a signature, by its word of RFC 8601 §2.7.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuthResult {
    /// There was nothing to look at.
    None,
    /// It holds.
    Pass,
    /// It does not.
    Fail,
    /// It probably does not (SPF).
    SoftFail,
    /// It is not acceptable to the receiver.
    Policy,
    /// Nothing is said.
    Neutral,
    /// DNS did not answer.
    TempError,
    /// It will never hold.
    PermError,
}

impl AuthResult {
    /// All of them.
    pub const ALL: [AuthResult; 8] = [
        AuthResult::None,
        AuthResult::Pass,
        AuthResult::Fail,
        AuthResult::SoftFail,
        AuthResult::Policy,
        AuthResult::Neutral,
        AuthResult::TempError,
        AuthResult::PermError,
    ];

    /// The word in reports.
    pub const fn keyword(self) -> &'static str {
        match self {
            AuthResult::None => "none",
            AuthResult::Pass => "pass",
            AuthResult::Fail => "fail",
            AuthResult::SoftFail => "softfail",
            AuthResult::Policy => "policy",
            AuthResult::Neutral => "neutral",
            AuthResult::TempError => "temperror",
            AuthResult::PermError => "permerror",
        }
    }

    /// Reads the word, in any case.
    pub fn parse(word: &str) -> Option<AuthResult> {
        AuthResult::ALL.into_iter().find(|one| word.eq_ignore_ascii_case(one.keyword()))
    }
}

/// Messages that had everything in common that a report tells.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Record {
    /// Where they came from; none where the report does not say, or hides it.
    pub source_ip: Option<IpAddr>,
    /// How many.
    pub count: u64,
    /// What was done.
    pub disposition: Action,
    /// A signature passed and is aligned.
    pub dkim: bool,
    /// SPF passed and is aligned.
    pub spf: bool,
    /// Why it is not what the policy asks for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
    /// Domain in From.
    pub header_from: String,
    /// Domain of MAIL FROM; empty for the null reverse-path, none where it is not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub envelope_from: Option<String>,
    /// Domain of the recipient; none where it is not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub envelope_to: Option<String>,
    /// Each signature: those that count for DMARC first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dkim_results: Vec<DkimAuth>,
    /// What SPF said; older reports have two.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spf_results: Vec<SpfAuth>,
}

impl Record {
    /// Whether the messages passed DMARC.
    pub fn passes(&self) -> bool {
        self.dkim || self.spf
    }
}

/// A signature.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DkimAuth {
    /// Who signed (`d=`).
    pub domain: String,
    /// With which key (`s=`); empty in older reports.
    #[serde(default)]
    pub selector: String,
    /// How it went.
    pub result: AuthResult,
    /// The same in words; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub human_result: String,
}

/// Which identity SPF was asked about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// MAIL FROM; with a null reverse-path that is the name in the greeting (RFC 7208 §2.4).
    #[default]
    MFrom,
    /// The name in the greeting (RFC 7489 only).
    Helo,
}

/// What SPF said.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SpfAuth {
    /// Domain that was asked about.
    pub domain: String,
    /// Where the domain was taken from; none where it is not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// How it went.
    pub result: AuthResult,
    /// The same in words; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub human_result: String,
}
