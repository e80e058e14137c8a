//! What the DMARC report to the author's domain tells of a message: one row, whatever the number of recipients.
//!
//! Told of is what was taken, and what was refused because the policy asks for that. What is put off, refused for another
//! reason or never judged is not, nor is mail of a domain that wants no reports. Where a message fails and its fate is not
//! what the policy asks for, the row says why. Nothing in a row names a recipient, or makes rows of messages that are
//! alike differ. RFC 9990 §3.1.1.7 to §3.1.1.14, §3.1.3, §3.1.6.

use mox_admin::ops::Decision;
use mox_dkim::{DkimResult, Signature};
use mox_dmarc::{Alignment, DmarcResult, METHOD, Policy};
use mox_dmarcrpt::{
    Action, AuthResult, DkimAuth, PolicyPublished, Reason, ReasonKind, Record, Scope, SpfAuth,
};
use mox_message::header::Header;
use mox_message::param::Parameterized;
use mox_reports::{Evaluation, Standing};
use mox_spf::Identity;

use crate::{Arrival, Dmarc, Evidence, Ruling};

/// Signatures that are told of one message.
const MAX_SIGNATURES: usize = 20;

/// What becomes of a message as a whole.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fate<'a> {
    /// The ruling for the copy that fares best; none where nothing is judged, as where the queue alone takes it.
    pub(crate) ruling: Option<&'a Ruling>,
    /// That copy goes to the mailbox for junk.
    pub(crate) junk: bool,
    /// Rulings are followed; else they are only recorded.
    pub(crate) enforced: bool,
    /// A recipient is an address for reports.
    pub(crate) for_reports: bool,
}

impl Fate<'_> {
    /// What is done by the ruling.
    fn decision(&self) -> Decision {
        self.ruling.filter(|_| self.enforced).map_or(Decision::Accept, |ruling| ruling.decision)
    }

    /// No copy goes to another mailbox than that for junk.
    fn is_junk(&self) -> bool {
        self.enforced && (self.junk || self.decision() == Decision::Quarantine)
    }

    /// The word for a rule that overrides the policy.
    fn overridden(&self) -> Option<ReasonKind> {
        let word = self.ruling?.overridden?;
        ReasonKind::ALL.into_iter().find(|kind| kind.keyword() == word)
    }

    /// A rule keeps what would be refused.
    fn keeps_refused(&self) -> bool {
        self.enforced && self.overridden() == Some(ReasonKind::LocalPolicy)
    }
}

impl Evidence {
    /// What is told of a message with this fate, and what was done with it; none where nothing is told.
    pub(crate) fn evaluation(
        &self,
        arrival: &Arrival,
        header: &[u8],
        fate: &Fate<'_>,
    ) -> Option<(Evaluation, Action)> {
        let dmarc = &self.dmarc;
        let published = dmarc.record.as_ref().filter(|published| !published.record.rua.is_empty())?;
        if self.authors != 1 || matches!(dmarc.result, DmarcResult::None | DmarcResult::PermError) {
            return None;
        }
        let domain = dmarc.policy_domain.clone()?;
        let action = self.action(fate)?;
        let record = self.row(arrival, action, self.reasons(action, fate));
        let standing = match action {
            _ if fate.for_reports || is_report(header, arrival) => Standing::Report,
            Action::Quarantine | Action::Reject => Standing::Unwanted,
            Action::None | Action::Pass if fate.keeps_refused() || fate.is_junk() => Standing::Unwanted,
            Action::None | Action::Pass => Standing::Taken,
        };
        let organization = dmarc.organizational_domain.clone().unwrap_or_else(|| domain.clone());
        let policy = policy_published(domain.ascii(), &published.record);
        Some((Evaluation::new(domain, organization, &policy, record, standing)?, action))
    }

    /// What was done; none where the message is put off, or refused for another reason.
    fn action(&self, fate: &Fate<'_>) -> Option<Action> {
        let passed = self.dmarc.result == DmarcResult::Pass;
        let asks = self.dmarc.policy.is_some_and(|policy| policy != Policy::None);
        let fails = matches!(self.asked(), Dmarc::Quarantine | Dmarc::Reject);
        match fate.decision() {
            Decision::Defer => None,
            Decision::Reject => (self.asked() == Dmarc::Reject).then_some(Action::Reject),
            _ if passed && asks => Some(Action::Pass),
            _ if passed => Some(Action::None),
            Decision::Quarantine => Some(Action::Quarantine),
            Decision::Accept if fails && fate.enforced && fate.junk => Some(Action::Quarantine),
            Decision::Accept => Some(Action::None),
        }
    }

    /// Why a message that fails was treated otherwise than the policy asks for.
    fn reasons(&self, action: Action, fate: &Fate<'_>) -> Vec<Reason> {
        let policy = action_of(self.dmarc.policy.unwrap_or_default());
        if self.dmarc.result == DmarcResult::Pass || action == policy {
            return Vec::new();
        }
        let owner = self.dmarc.overrides.iter().filter_map(|one| {
            let kind = ReasonKind::ALL.into_iter().find(|kind| kind.keyword() == one.kind.name())?;
            Some(Reason { kind, comment: one.comment.clone().unwrap_or_default() })
        });
        let asked = match self.asked() {
            Dmarc::Undecided => policy,
            _ => action_of(self.dmarc.disposition),
        };
        owner.chain((action != asked).then(|| self.own_reason(fate))).collect()
    }

    /// Why the receiver did something else.
    fn own_reason(&self, fate: &Fate<'_>) -> Reason {
        let (kind, comment) = match fate.overridden() {
            Some(ReasonKind::LocalPolicy) => (ReasonKind::LocalPolicy, "a rule keeps what would be refused"),
            Some(kind) => (kind, ""),
            None if self.dmarc.result == DmarcResult::TempError => {
                (ReasonKind::Other, "DNS could not say whether the message passes")
            }
            None if !fate.enforced => {
                (ReasonKind::LocalPolicy, "this server only records what a policy asks for")
            }
            None => (ReasonKind::LocalPolicy, "this server took it all the same"),
        };
        Reason { kind, comment: comment.to_owned() }
    }

    fn row(&self, arrival: &Arrival, disposition: Action, reasons: Vec<Reason>) -> Record {
        let text = |domain: &mox_address::IpDomain| match domain.domain() {
            Some(domain) => domain.ascii().to_owned(),
            None => domain.to_string(),
        };
        Record {
            source_ip: Some(self.ip.to_canonical()),
            count: 0,
            disposition,
            dkim: !self.dmarc.aligned_dkim.is_empty(),
            spf: self.dmarc.aligned_spf,
            reasons,
            header_from: self.dmarc.author_domain.as_ref().map(|d| d.ascii().to_owned()).unwrap_or_default(),
            envelope_from: Some(
                arrival.reverse_path.as_ref().map(|path| text(&path.domain)).unwrap_or_default(),
            ),
            envelope_to: None,
            dkim_results: self.signatures(),
            spf_results: vec![SpfAuth {
                domain: self.spf.domain.clone(),
                scope: Some(match self.spf.identity {
                    Identity::MailFrom => Scope::MFrom,
                    Identity::Helo => Scope::Helo,
                }),
                result: auth_result(self.spf.result.keyword()),
                human_result: String::new(),
            }],
        }
    }

    /// The signatures, those that count most first.
    fn signatures(&self) -> Vec<DkimAuth> {
        let named = self.dkim.iter().filter(|signature| signature.domain.is_some());
        let mut ranked: Vec<(u8, &Signature)> = named.map(|one| (self.rank(one), one)).collect();
        ranked.sort_by_key(|(rank, _)| *rank);
        let told = ranked.into_iter().take(MAX_SIGNATURES).filter_map(|(_, signature)| {
            Some(DkimAuth {
                domain: signature.domain.as_ref()?.ascii().to_owned(),
                selector: signature.selector.clone().unwrap_or_default(),
                result: auth_result(signature.result.keyword()),
                human_result: String::new(),
            })
        });
        told.collect()
    }

    /// Passes and is aligned as strictly as can be, passes and is aligned, passes, does not pass.
    fn rank(&self, signature: &Signature) -> u8 {
        if signature.result != DkimResult::Pass {
            return 3;
        }
        let domain = signature.domain.as_ref().map(|domain| domain.ascii());
        let selector = signature.selector.as_deref();
        let same = |one: &&mox_dmarc::AlignedDkim| {
            domain == Some(one.domain.as_str()) && selector == Some(one.selector.as_str())
        };
        match self.dmarc.aligned_dkim.iter().find(same).map(|aligned| aligned.alignment) {
            Some(Alignment::Strict) => 0,
            Some(Alignment::Relaxed) => 1,
            None => 2,
        }
    }
}

/// The same word in a report. Those of SPF and DKIM are all there.
fn auth_result(keyword: &str) -> AuthResult {
    AuthResult::parse(keyword).unwrap_or(AuthResult::None)
}

fn action_of(policy: Policy) -> Action {
    match policy {
        Policy::None => Action::None,
        Policy::Quarantine => Action::Quarantine,
        Policy::Reject => Action::Reject,
    }
}

/// A record with what it leaves out.
fn policy_published(domain: &str, record: &mox_dmarc::Record) -> PolicyPublished {
    let options: Vec<&str> = record.fo.iter().map(|option| option.letter()).collect();
    PolicyPublished {
        domain: domain.to_owned(),
        p: Some(record.policy()),
        sp: Some(record.subdomain_policy()),
        np: Some(record.nonexistent_policy()),
        adkim: Some(record.adkim),
        aspf: Some(record.aspf),
        fo: if options.is_empty() { "0".to_owned() } else { options.join(":") },
        testing: Some(record.testing),
        discovery_method: METHOD.to_owned(),
        pct: None,
    }
}

/// Whether a message is a report, a DSN, or an answer by a machine, as a ticket system gives to each report. Anybody can make his message look like one: it is told of all the same, and
/// only never the reason for a report.
fn is_report(header: &[u8], arrival: &Arrival) -> bool {
    let summary = mox_message::summary(header);
    let header = Header::of(header);
    let automatic = Parameterized::parse(&header.text("Auto-Submitted").unwrap_or_default()).value;
    let is_automatic = automatic.eq_ignore_ascii_case("auto-replied")
        || arrival.reverse_path.is_none() && summary.is_auto_submitted;
    let kind = || {
        let content = Parameterized::parse(&header.text("Content-Type").unwrap_or_default());
        let kind = content.get("report-type").unwrap_or_default().to_ascii_lowercase();
        content.value.eq_ignore_ascii_case("multipart/report")
            && matches!(kind.as_str(), "tlsrpt" | "feedback-report")
    };
    summary.is_dsn
        || is_automatic
        || header.get("TLS-Report-Domain").is_some()
        || is_report_subject(&header.text("Subject").unwrap_or_default())
        || kind()
}

/// `Report Domain: example.com Submitter: example.org Report-ID: ...` (RFC 9990 §3.5.2), also behind other words.
fn is_report_subject(subject: &str) -> bool {
    let words: Vec<String> = subject.split_whitespace().map(str::to_ascii_lowercase).collect();
    words.windows(4).any(|four| match four {
        [report, domain, _, submitter] => {
            report == "report" && domain == "domain:" && submitter == "submitter:"
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_of_reports() {
        for (subject, expected) in [
            ("Report Domain: example.com Submitter: mail.example.net Report-ID: 1", true),
            ("[Preview] report  domain:\texample.com SUBMITTER: x.example Report-ID: <1@x>", true),
            ("Re: Report Domain: example.com Submitter: x.example", true),
            ("Report Domain: example.com", false),
            ("Report Domain:example.com Submitter: x", false),
            ("", false),
        ] {
            assert_eq!(is_report_subject(subject), expected, "{subject}");
        }
    }
}
