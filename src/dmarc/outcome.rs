//! The verdict about a message, with what header fields, pages and reports say of it.
//!
//! Serialized names are stable. RFC 9989 §9.1, §9.2 (Authentication-Results), RFC 9990 §3.1.6 (overrides).

use mox_address::Domain;
use mox_message::authres::MethodResult;
use serde::{Deserialize, Serialize};

use crate::record::{Alignment, Disposition, Policy, Record};

/// How policies are found, as reports name it.
pub const METHOD: &str = "treewalk";

/// The result, by its keyword in Authentication-Results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DmarcResult {
    /// The author's domain publishes nothing.
    None,
    /// Something that passed is aligned with the author's domain.
    Pass,
    /// Nothing is.
    Fail,
    /// DNS did not answer; asking later may help.
    TempError,
    /// There is no verdict, and will be none: the record or the From field is no good.
    PermError,
}

impl DmarcResult {
    /// The keyword.
    pub const fn keyword(self) -> &'static str {
        match self {
            DmarcResult::None => "none",
            DmarcResult::Pass => "pass",
            DmarcResult::Fail => "fail",
            DmarcResult::TempError => "temperror",
            DmarcResult::PermError => "permerror",
        }
    }
}

/// The tag a policy was taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PolicyTag {
    /// Of the domain itself.
    P,
    /// Of names below that exist.
    Sp,
    /// Of names below that do not exist.
    Np,
}

impl PolicyTag {
    /// The name in records.
    pub const fn name(self) -> &'static str {
        match self {
            PolicyTag::P => "p",
            PolicyTag::Sp => "sp",
            PolicyTag::Np => "np",
        }
    }
}

/// A record and its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Published {
    /// As published.
    pub text: String,
    /// As read.
    #[serde(flatten)]
    pub record: Record,
}

/// A signature that passed and is aligned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AlignedDkim {
    /// The signing domain.
    pub domain: String,
    /// Its selector.
    pub selector: String,
    /// How close it is to the author's domain.
    pub alignment: Alignment,
}

/// Why something else was done than the owner asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// The kind.
    #[serde(rename = "type")]
    pub kind: OverrideKind,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// Kinds of overrides, by their names in reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OverrideKind {
    /// A rule of this host.
    LocalPolicy,
    /// It came by a mailing list, which breaks signatures.
    MailingList,
    /// Something else; the comment says what.
    Other,
    /// The owner tests: `t=y`.
    PolicyTestMode,
    /// It came by a host that is known to forward.
    TrustedForwarder,
}

impl OverrideKind {
    /// The name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            OverrideKind::LocalPolicy => "local_policy",
            OverrideKind::MailingList => "mailing_list",
            OverrideKind::Other => "other",
            OverrideKind::PolicyTestMode => "policy_test_mode",
            OverrideKind::TrustedForwarder => "trusted_forwarder",
        }
    }
}

/// The verdict about one message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The result.
    pub result: DmarcResult,
    /// The domain in From.
    pub author_domain: Option<Domain>,
    /// Where the record stands: at the author's domain, its organization or its public suffix.
    pub policy_domain: Option<Domain>,
    /// The organization of the author's domain; none when DNS did not say.
    pub organizational_domain: Option<Domain>,
    /// The record that applies.
    pub record: Option<Published>,
    /// Which tag of it holds for the author's domain.
    pub policy_tag: Option<PolicyTag>,
    /// What that tag asks for mail that fails.
    pub policy: Option<Policy>,
    /// What the owner asks for this message: `none` unless it fails, one level below the policy while testing.
    pub disposition: Disposition,
    /// Whether the owner tests (`t=y`).
    pub testing: bool,
    /// Whether SPF passed for an aligned domain.
    pub aligned_spf: bool,
    /// How close that domain is to the author's.
    pub spf_alignment: Option<Alignment>,
    /// Signatures that passed and are aligned.
    pub aligned_dkim: Vec<AlignedDkim>,
    /// Why the disposition is not the policy. Who decides about the message adds reasons of its own.
    pub overrides: Vec<Override>,
    /// What went wrong or is odd.
    pub problem: Option<String>,
    /// Whether DNSSEC proves where the record stands and what it says.
    pub authentic: bool,
    /// How the policy was found.
    pub discovery_method: &'static str,
    /// DNS questions asked.
    pub lookups: u32,
}

impl Outcome {
    /// A verdict with nothing found yet.
    pub(crate) fn of(result: DmarcResult) -> Outcome {
        Outcome {
            result,
            author_domain: None,
            policy_domain: None,
            organizational_domain: None,
            record: None,
            policy_tag: None,
            policy: None,
            disposition: Disposition::None,
            testing: false,
            aligned_spf: false,
            spf_alignment: None,
            aligned_dkim: Vec::new(),
            overrides: Vec::new(),
            problem: None,
            authentic: false,
            discovery_method: METHOD,
            lookups: 0,
        }
    }

    /// The entry in Authentication-Results. `policy.dmarc` is what was asked for this message.
    pub fn method_result(&self) -> MethodResult {
        let mut properties = Vec::new();
        if let Some(domain) = &self.author_domain {
            properties.push(("header.from", domain.to_string()));
        }
        let mut comment = None;
        if let (Some(tag), Some(policy), Some(at)) = (self.policy_tag, self.policy, &self.policy_domain) {
            properties.push(("policy.dmarc", self.disposition.to_string()));
            let testing = if self.testing { ", testing" } else { "" };
            comment = Some(format!("{}={policy} at {at}{testing}", tag.name()));
        }
        MethodResult {
            method: "dmarc",
            result: self.result.keyword(),
            comment,
            reason: self.problem.clone().filter(|_| self.result != DmarcResult::Pass),
            properties,
        }
    }
}
