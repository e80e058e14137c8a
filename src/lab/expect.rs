//! What to expect of a domain: of mail from it, or of mail to it, and of the reports about that. RFC 8601, RFC 9990 §3.1,
//! RFC 8460 §4.4.

use std::fmt::{self, Display, Formatter};

use mox_tlsrpt::{PolicyType, ResultType};
use serde::Serialize;

/// What to expect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Expect {
    /// Of mail from the domain.
    Sending(Sending),
    /// Of mail to the domain.
    Receiving(Receiving),
}

/// What to expect of mail from a domain, in the words of RFC 8601.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Sending {
    /// SPF, for MAIL FROM at the domain.
    pub spf: &'static str,
    /// DMARC, for From at the domain and no other signature than [`Sending::signed`].
    pub dmarc: &'static str,
    /// What follows: `accept`, `quarantine`, `reject`, `defer`.
    pub decision: &'static str,
    /// Domain of MAIL FROM, where it is not that of From.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mail_from: Option<&'static str>,
    /// Domain that signs with the lab's key, where one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed: Option<&'static str>,
    /// What a DMARC report tells of the message, where the domain wants such.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<Reported>,
}

/// What a DMARC report tells of a message, in the words of RFC 9990.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Reported {
    /// Whose report it is in.
    pub policy_domain: &'static str,
    /// Whether a signature passes and is aligned: `pass` or `fail`.
    pub dkim: &'static str,
    /// The same of SPF.
    pub spf: &'static str,
    /// What is done by a server that follows policies; none where the message is put off, and not told of.
    pub enforced: Option<Disposed>,
    /// What is done by one that only records, as localserve does without `--enforce`.
    pub recorded: Disposed,
}

/// What was done with a message, and why that is not what the policy asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Disposed {
    /// `none`, `pass`, `quarantine`, `reject`.
    pub disposition: &'static str,
    /// Types of the reasons, in order.
    pub reasons: &'static [&'static str],
}

/// What to expect of a message to a domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Receiving {
    /// What becomes of it.
    pub delivery: Delivery,
    /// What becomes of one that asks for REQUIRETLS, where that is the point of the domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub with_requiretls: Option<Delivery>,
    /// What one attempt adds to the results of TLS: that of the first try, over one connection to each host that is tried.
    pub results: Vec<ExpectedResult>,
}

/// On one line.
impl Display for Expect {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Expect::Sending(Sending { spf, dmarc, decision, .. }) => {
                write!(f, "spf {spf}, dmarc {dmarc}: {decision}")
            }
            Expect::Receiving(Receiving { delivery, results, .. }) => {
                let mut types: Vec<&str> =
                    results.iter().flat_map(|r| &r.details).map(|detail| detail.result.as_str()).collect();
                types.dedup();
                match types.is_empty() {
                    true => f.write_str(delivery.as_str()),
                    false => write!(f, "{}: {}", delivery.as_str(), types.join(", ")),
                }
            }
        }
    }
}

/// What becomes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Delivery {
    /// The first attempt delivers it.
    Delivered,
    /// A later attempt delivers it.
    DeliveredAfterRetry,
    /// It is tried again and again until it is given up.
    Deferred,
    /// The first attempt ends with a bounce.
    Failed,
}

impl Delivery {
    /// As in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Delivery::Delivered => "delivered",
            Delivery::DeliveredAfterRetry => "delivered-after-retry",
            Delivery::Deferred => "deferred",
            Delivery::Failed => "failed",
        }
    }
}

/// What sessions are judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResultKind {
    /// The policy of the recipient domain.
    Domain,
    /// The policy of an MX host.
    Host,
}

/// What one attempt adds for one policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExpectedResult {
    /// The recipient domain, or the host by its TLSA base domain.
    pub policy_domain: String,
    /// The recipient domain.
    pub recipient_domain: String,
    /// Which of them.
    pub kind: ResultKind,
    /// Kind of the policy.
    pub policy_type: PolicyType,
    /// Lines of the MTA-STS policy, or TLSA records, sorted.
    pub policy_string: Vec<String>,
    /// Patterns of the MTA-STS policy.
    pub mx_host: Vec<String>,
    /// Sessions that went well.
    pub successful: u64,
    /// Sessions that failed.
    pub failed: u64,
    /// What failed.
    pub details: Vec<ExpectedDetail>,
}

/// A failure: of its fields those that are the same every time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExpectedDetail {
    /// What.
    #[serde(rename = "result-type")]
    pub result: ResultType,
    /// Stable name of the cause; empty where there is none.
    #[serde(rename = "failure-reason-code")]
    pub reason: String,
    /// The host; empty where it is about none.
    #[serde(rename = "receiving-mx-hostname")]
    pub mx_hostname: String,
    /// Number of sessions.
    #[serde(rename = "failed-session-count")]
    pub failed: u64,
}
