//! What mail authentication found out about a message, as it is stored with it and shown. Words of results are
//! those of RFC 8601 §2.7; none means that nothing was asked.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// All that was found out, and what follows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Verdicts {
    /// Address of the client that was judged.
    pub ip: String,
    /// What follows for this copy.
    pub decision: Decision,
    /// Why, a sentence for people.
    pub reason: String,
    /// Whether the policy of the From domain was not followed, and why, in the words of RFC 9990: `local_policy`,
    /// `mailing_list`, `trusted_forwarder`, `other`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#override: Option<String>,
    /// Does the address have a name that leads back to it?
    pub iprev: IprevVerdict,
    /// May the address use the domain?
    pub spf: SpfVerdict,
    /// Each signature, in the order of the header.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dkim: Vec<DkimVerdict>,
    /// Does the From domain stand behind the message?
    pub dmarc: DmarcVerdict,
    /// What hosts on the way found out, as far as seals prove it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arc: Option<ArcVerdict>,
    /// Questions asked of DNS.
    pub queries: u32,
    /// Which DNS was asked, where it is not that of the world: `lab`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dns: Option<String>,
}

/// What follows from the verdicts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// Into the mailbox.
    #[default]
    Accept,
    /// Into the mailbox for junk.
    Quarantine,
    /// Refused.
    Reject,
    /// Refused for now: DNS could not say what the sender's policy is.
    Defer,
}

impl Decision {
    /// Its word.
    pub const fn keyword(self) -> &'static str {
        match self {
            Decision::Accept => "accept",
            Decision::Quarantine => "quarantine",
            Decision::Reject => "reject",
            Decision::Defer => "defer",
        }
    }
}

/// The name of an address (RFC 8601 §2.7.3).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct IprevVerdict {
    /// `pass`, `fail`, `temperror`, `permerror`.
    pub result: String,
    /// The verified name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// SPF (RFC 7208).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct SpfVerdict {
    /// `none`, `neutral`, `pass`, `fail`, `softfail`, `temperror`, `permerror`.
    pub result: String,
    /// The domain that was asked.
    pub domain: String,
    /// `mailfrom` or `helo`.
    pub identity: String,
    /// The term of the record that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mechanism: Option<String>,
    /// What the domain says about a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<String>,
    /// What is wrong with record or DNS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Terms that cost a lookup.
    pub lookups: u32,
    /// Whether the From domain is the same organisation's.
    pub aligned: bool,
}

/// One DKIM signature (RFC 6376).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct DkimVerdict {
    /// `pass`, `fail`, `policy`, `neutral`, `temperror`, `permerror`.
    pub result: String,
    /// Who signed.
    pub domain: String,
    /// With which key.
    pub selector: String,
    /// `rsa-sha256`, `ed25519-sha256`.
    pub algorithm: String,
    /// Why it does not pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The domain is only trying DKIM.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub testing: bool,
    /// Bytes of the body that are signed, where not all are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_length: Option<u64>,
    /// Size of the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_bits: Option<u32>,
    /// Whether the From domain is the same organisation's.
    pub aligned: bool,
}

/// DMARC (RFC 9989).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct DmarcVerdict {
    /// `none`, `pass`, `fail`, `temperror`, `permerror`.
    pub result: String,
    /// Domain of the author.
    pub from: String,
    /// Where the policy was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_domain: Option<String>,
    /// What it asks for mail that fails: `none`, `quarantine`, `reject`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// The domain is only trying the policy.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub testing: bool,
    /// What is wrong with record, message or DNS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// ARC (RFC 8617).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ArcVerdict {
    /// `none`, `pass`, `fail`.
    pub result: String,
    /// How many hosts sealed.
    pub instances: u32,
    /// Why it does not pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who sealed last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sealer: Option<String>,
}

impl Verdicts {
    /// One line for people: `spf=pass dkim=none dmarc=pass`.
    pub fn summary(&self) -> String {
        let dkim = match self.dkim.iter().find(|s| s.result == "pass").or(self.dkim.first()) {
            Some(signature) => signature.result.as_str(),
            None => "none",
        };
        format!("spf={} dkim={dkim} dmarc={}", self.spf.result, self.dmarc.result)
    }

    /// As it is stored.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// From what is stored; none when that cannot be read.
    pub fn from_json(text: &str) -> Option<Verdicts> {
        serde_json::from_str(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_is_read_again() {
        let verdicts = Verdicts {
            ip: "192.0.2.1".into(),
            decision: Decision::Quarantine,
            spf: SpfVerdict { result: "pass".into(), domain: "a.example".into(), ..SpfVerdict::default() },
            dkim: vec![
                DkimVerdict { result: "fail".into(), ..DkimVerdict::default() },
                DkimVerdict { result: "pass".into(), ..DkimVerdict::default() },
            ],
            dmarc: DmarcVerdict { result: "none".into(), ..DmarcVerdict::default() },
            ..Verdicts::default()
        };
        assert_eq!(Verdicts::from_json(&verdicts.to_json()), Some(verdicts.clone()));
        assert_eq!(verdicts.summary(), "spf=pass dkim=pass dmarc=none");
        assert_eq!(Verdicts::from_json("{}"), Some(Verdicts::default()));
        assert_eq!(Verdicts::from_json("no"), None);
    }
}
