//! Verdicts as they are shown: a line for each method, in words that command and page share, and what follows.
//!
//! RFC 8601 §2.7 has the words of results.

use crate::ops::verdict::{
    ArcVerdict, Decision, DkimVerdict, DmarcVerdict, IprevVerdict, SpfVerdict, Verdicts,
};

/// What one method found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodFinding {
    /// `iprev`, `spf`, `dkim`, `dmarc`, `arc`.
    pub method: &'static str,
    /// Its word.
    pub result: String,
    /// Whether that speaks for or against the message; none: neither.
    pub ok: Option<bool>,
    /// What was judged: an address, a domain, a key.
    pub about: String,
    /// Why; may be empty.
    pub why: String,
    /// Whether that is of the organisation of the From domain, where it matters.
    pub aligned: Option<bool>,
}

/// The word of a result; what was not asked is `none`.
fn word(result: &str) -> String {
    if result.is_empty() { "none".to_owned() } else { result.to_owned() }
}

/// Whether a result speaks for or against a message.
fn speaks(result: &str) -> Option<bool> {
    match result {
        "pass" => Some(true),
        "fail" | "softfail" | "policy" | "permerror" => Some(false),
        _ => None,
    }
}

/// What is there, one behind the other.
fn joined<const N: usize>(separator: &str, pieces: [Option<String>; N]) -> String {
    pieces.into_iter().flatten().filter(|piece| !piece.is_empty()).collect::<Vec<_>>().join(separator)
}

impl IprevVerdict {
    fn finding(&self, ip: &str) -> MethodFinding {
        let why = match self.result.as_str() {
            "pass" => "the name leads back to the address",
            "fail" => "no name of the address leads back to it",
            "permerror" => "the address has no name",
            "temperror" => "DNS cannot say now",
            _ => "",
        };
        MethodFinding {
            method: "iprev",
            result: word(&self.result),
            ok: speaks(&self.result),
            about: joined(" ", [Some(ip.to_owned()), self.name.clone()]),
            why: why.to_owned(),
            aligned: None,
        }
    }
}

impl SpfVerdict {
    fn finding(&self) -> MethodFinding {
        let given = match (self.result.as_str(), &self.mechanism) {
            (_, Some(mechanism)) => Some(format!("by {mechanism}")),
            ("none", None) if self.problem.is_none() => Some("the domain has no SPF record".to_owned()),
            ("neutral", None) => Some("no term of the record fits the address".to_owned()),
            _ => None,
        };
        let said = self.explanation.as_ref().map(|text| format!("the domain says: {text}"));
        MethodFinding {
            method: "spf",
            result: word(&self.result),
            ok: speaks(&self.result),
            about: joined(" ", [Some(self.identity.clone()), Some(self.domain.clone())]),
            why: joined("; ", [given, self.problem.clone(), said]),
            aligned: (!self.domain.is_empty()).then_some(self.aligned),
        }
    }
}

impl DkimVerdict {
    fn finding(&self) -> MethodFinding {
        let selector = (!self.selector.is_empty()).then(|| format!("selector {}", self.selector));
        let bits = self.key_bits.map(|bits| format!("{bits} bits"));
        let testing = self.testing.then(|| "the domain is only trying DKIM".to_owned());
        let partly =
            self.body_length.map(|bytes| format!("only the first {bytes} bytes of the body are signed"));
        MethodFinding {
            method: "dkim",
            result: word(&self.result),
            ok: speaks(&self.result),
            about: joined(", ", [Some(self.domain.clone()), selector, Some(self.algorithm.clone()), bits]),
            why: joined("; ", [self.reason.clone(), testing, partly]),
            aligned: Some(self.aligned),
        }
    }

    /// For a message that nobody signed.
    fn unsigned() -> MethodFinding {
        MethodFinding {
            method: "dkim",
            result: word(""),
            ok: None,
            about: String::new(),
            why: "the message has no signature".to_owned(),
            aligned: None,
        }
    }
}

impl ArcVerdict {
    fn finding(&self) -> MethodFinding {
        let sealer = self.sealer.as_ref().map(|domain| format!("last sealed by {domain}"));
        let count = match self.instances {
            1 => "1 seal".to_owned(),
            count => format!("{count} seals"),
        };
        MethodFinding {
            method: "arc",
            result: word(&self.result),
            ok: speaks(&self.result),
            about: joined(", ", [Some(count), sealer]),
            why: self.reason.clone().unwrap_or_default(),
            aligned: None,
        }
    }
}

impl DmarcVerdict {
    /// The policy, and where it was found if not at the From domain.
    fn asks(&self) -> Option<String> {
        let domain = self.policy_domain.as_ref()?;
        let policy = self.policy.as_deref().unwrap_or("none");
        let tried = if self.testing { ", only being tried" } else { "" };
        let of = if *domain == self.from { String::new() } else { format!(" of {domain}") };
        Some(format!("policy {policy}{of}{tried}"))
    }
}

impl Verdicts {
    /// The reason where no stage of the decision had anything to say.
    pub const NO_OBJECTION: &'static str = "nothing speaks against it";

    /// A line for each method, in the order in which they are asked; each signature has its own.
    pub fn findings(&self) -> Vec<MethodFinding> {
        let unsigned = self.dkim.is_empty().then(DkimVerdict::unsigned);
        [self.iprev.finding(&self.ip), self.spf.finding()]
            .into_iter()
            .chain(self.dkim.iter().map(DkimVerdict::finding))
            .chain(unsigned)
            .chain([self.dmarc_finding()])
            .chain(self.arc.as_ref().map(ArcVerdict::finding))
            .collect()
    }

    /// The lines that matter most, one for a method: SPF, the best signature, DMARC.
    pub fn headlines(&self) -> Vec<MethodFinding> {
        let findings = self.findings();
        let best = |method: &str| {
            let mut of_method = findings.iter().filter(|finding| finding.method == method);
            let first = of_method.clone().next();
            of_method.find(|finding| finding.ok == Some(true)).or(first).cloned()
        };
        ["spf", "dkim", "dmarc"].into_iter().filter_map(best).collect()
    }

    fn dmarc_finding(&self) -> MethodFinding {
        let dmarc = &self.dmarc;
        let spf = self.spf.result == "pass" && self.spf.aligned;
        let dkim = self.dkim.iter().any(|signature| signature.result == "pass" && signature.aligned);
        let proof = match (dmarc.result.as_str(), spf, dkim) {
            ("pass", true, true) => Some("SPF and DKIM prove the From domain"),
            ("pass", true, false) => Some("SPF proves the From domain"),
            ("pass", false, true) => Some("DKIM proves the From domain"),
            ("fail", ..) => Some("neither SPF nor DKIM proves the From domain"),
            ("none", ..) if dmarc.problem.is_none() => Some("no policy was found"),
            _ => None,
        };
        let overridden = self.r#override.as_ref().map(|why| format!("policy not followed: {why}"));
        MethodFinding {
            method: "dmarc",
            result: word(&dmarc.result),
            ok: speaks(&dmarc.result),
            about: joined(", ", [Some(dmarc.from.clone()), dmarc.asks()]),
            why: joined("; ", [proof.map(str::to_owned), dmarc.problem.clone(), overridden]),
            aligned: None,
        }
    }

    /// Whether the decision is good or bad news for the sender; none: it is taken, or may be, and that proves nothing.
    pub fn is_good(&self) -> Option<bool> {
        match self.decision {
            Decision::Accept => (self.dmarc.result == "pass").then_some(true),
            Decision::Defer => None,
            Decision::Quarantine | Decision::Reject => Some(false),
        }
    }

    /// A sentence: what a server would do that follows the sender's policy.
    pub fn consequence(&self) -> String {
        let does = match self.decision {
            Decision::Accept => "accept this message",
            Decision::Quarantine => "put this message into the mailbox for junk",
            Decision::Reject => "refuse this message",
            Decision::Defer => "refuse this message for now, to be sent again later",
        };
        let follows = format!("A server that follows the sender's policy would {does}");
        match self.because() {
            reason if reason.is_empty() => format!("{follows}."),
            reason => format!("{follows}: {reason}."),
        }
    }

    /// Why the decision is as it is. That nothing speaks against a message is said of what passes DMARC only: other
    /// mail is accepted because no policy asks for anything else.
    pub fn because(&self) -> String {
        if self.reason != Verdicts::NO_OBJECTION {
            return self.reason.clone();
        }
        match (self.dmarc.result.as_str(), &self.dmarc.policy_domain) {
            ("fail", Some(domain)) => {
                let asks = if self.dmarc.testing { "is only being tried" } else { "asks for nothing" };
                format!("DMARC fails, but the policy of {domain} {asks}")
            }
            ("none", _) => "the domain in From has no DMARC policy".to_owned(),
            ("temperror", _) => "DNS cannot say now which DMARC policy the domain in From has".to_owned(),
            ("permerror", _) => "the domain in From has no DMARC policy that can be used".to_owned(),
            _ => self.reason.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spf(result: &str, aligned: bool) -> SpfVerdict {
        SpfVerdict {
            result: result.into(),
            domain: "a.example".into(),
            identity: "mailfrom".into(),
            aligned,
            ..SpfVerdict::default()
        }
    }

    fn dkim(result: &str, aligned: bool) -> DkimVerdict {
        DkimVerdict { result: result.into(), domain: "a.example".into(), aligned, ..DkimVerdict::default() }
    }

    fn dmarc(result: &str, policy: &str) -> DmarcVerdict {
        DmarcVerdict {
            result: result.into(),
            from: "a.example".into(),
            policy_domain: Some("a.example".into()),
            policy: Some(policy.into()),
            ..DmarcVerdict::default()
        }
    }

    /// What a finding of a method says.
    fn said(verdicts: &Verdicts, method: &str) -> (String, Option<bool>, String, String) {
        let found = verdicts.findings().into_iter().find(|finding| finding.method == method).unwrap();
        (found.result, found.ok, found.about, found.why)
    }

    #[test]
    fn every_method_has_its_line() {
        let verdicts = Verdicts {
            dkim: vec![dkim("fail", true), dkim("pass", false)],
            arc: Some(ArcVerdict::default()),
            ..Verdicts::default()
        };
        let methods: Vec<_> = verdicts.findings().iter().map(|finding| finding.method).collect();
        assert_eq!(methods, ["iprev", "spf", "dkim", "dkim", "dmarc", "arc"]);
        let headlines: Vec<_> =
            verdicts.headlines().into_iter().map(|f| format!("{} {}", f.method, f.result)).collect();
        assert_eq!(headlines, ["spf none", "dkim pass", "dmarc none"]);
        let empty = Verdicts::default();
        assert_eq!(
            said(&empty, "dkim"),
            ("none".into(), None, String::new(), "the message has no signature".into())
        );
        assert!(empty.findings().iter().all(|finding| finding.ok.is_none()), "nothing was asked");
    }

    #[test]
    fn dmarc_says_by_what_it_passes() {
        for (spf_aligned, signature, want) in [
            (true, Some(true), "SPF and DKIM prove the From domain"),
            (true, Some(false), "SPF proves the From domain"),
            (true, None, "SPF proves the From domain"),
            (false, Some(true), "DKIM proves the From domain"),
        ] {
            let verdicts = Verdicts {
                spf: spf("pass", spf_aligned),
                dkim: signature.map(|aligned| dkim("pass", aligned)).into_iter().collect(),
                dmarc: DmarcVerdict { from: "www.a.example".into(), ..dmarc("pass", "reject") },
                ..Verdicts::default()
            };
            let about = "www.a.example, policy reject of a.example".to_owned();
            assert_eq!(said(&verdicts, "dmarc"), ("pass".into(), Some(true), about, want.into()));
        }
    }

    #[test]
    fn what_matters_is_said_of_spf_and_dkim() {
        let verdicts = Verdicts {
            spf: SpfVerdict {
                mechanism: Some("-all".into()),
                explanation: Some("go away".into()),
                ..spf("fail", true)
            },
            dkim: vec![DkimVerdict {
                selector: "s".into(),
                algorithm: "rsa-sha256".into(),
                key_bits: Some(2048),
                testing: true,
                body_length: Some(7),
                reason: Some("body hash differs".into()),
                ..dkim("fail", true)
            }],
            ..Verdicts::default()
        };
        assert_eq!(
            said(&verdicts, "spf"),
            (
                "fail".into(),
                Some(false),
                "mailfrom a.example".into(),
                "by -all; the domain says: go away".into()
            )
        );
        assert_eq!(
            said(&verdicts, "dkim"),
            (
                "fail".into(),
                Some(false),
                "a.example, selector s, rsa-sha256, 2048 bits".into(),
                "body hash differs; the domain is only trying DKIM; only the first 7 bytes of the body are signed"
                    .into()
            )
        );
    }

    #[test]
    fn what_follows_is_a_sentence() {
        let start = "A server that follows the sender's policy would ";
        let no_objection = Verdicts::NO_OBJECTION;
        for (decision, dmarc, reason, good, want) in [
            (
                Decision::Accept,
                dmarc("pass", "reject"),
                no_objection,
                Some(true),
                "accept this message: nothing speaks against it.",
            ),
            (Decision::Accept, DmarcVerdict::default(), "", None, "accept this message."),
            (
                Decision::Accept,
                dmarc("fail", "none"),
                no_objection,
                None,
                "accept this message: DMARC fails, but the policy of a.example asks for nothing.",
            ),
            (
                Decision::Accept,
                DmarcVerdict { testing: true, ..dmarc("fail", "quarantine") },
                no_objection,
                None,
                "accept this message: DMARC fails, but the policy of a.example is only being tried.",
            ),
            (
                Decision::Accept,
                DmarcVerdict { result: "none".into(), ..DmarcVerdict::default() },
                no_objection,
                None,
                "accept this message: the domain in From has no DMARC policy.",
            ),
            (
                Decision::Accept,
                dmarc("fail", "none"),
                "mail of a list",
                None,
                "accept this message: mail of a list.",
            ),
            (Decision::Reject, dmarc("fail", "reject"), "no", Some(false), "refuse this message: no."),
            (
                Decision::Quarantine,
                dmarc("fail", "quarantine"),
                "no",
                Some(false),
                "put this message into the mailbox for junk: no.",
            ),
            (
                Decision::Defer,
                dmarc("temperror", "reject"),
                "no",
                None,
                "refuse this message for now, to be sent again later: no.",
            ),
        ] {
            let verdicts = Verdicts { decision, dmarc, reason: reason.into(), ..Verdicts::default() };
            assert_eq!(verdicts.consequence(), format!("{start}{want}"));
            assert_eq!(verdicts.is_good(), good, "{want}");
        }
    }
}
