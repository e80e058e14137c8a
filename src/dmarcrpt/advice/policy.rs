//! Causes that lie with the way, the policy, or the receiver: forwarders and lists, and what was done instead of what the
//! policy asks for.

use mox_dmarc::Policy;

use super::Cause;
use super::seen::{Seen, cause, words};
use crate::{Action, AuthResult, Reason, ReasonKind};

impl Seen<'_> {
    /// Passed, and was taken as bad nevertheless.
    pub(super) fn overdone(&self) -> Option<Cause> {
        let done = match self.record.disposition {
            Action::None | Action::Pass => return None,
            Action::Quarantine => "quarantined",
            Action::Reject => "rejected",
        };
        Some(cause(
            "policy-overdone",
            format!("mail passed DMARC and was {done}"),
            "the receiver had another reason than DMARC, such as its content or where it came from",
            "nothing to mend in DNS: look into the reputation of the sending host, or ask the receiver",
        ))
    }

    /// The receiver says itself why authentication could not hold.
    pub(super) fn named_by_the_receiver(&self) -> Option<Cause> {
        let author = self.author();
        if self.reason(|reason| reason.kind == ReasonKind::MailingList).is_some() {
            return Some(self.mailing_list("the receiver"));
        }
        self.reason(|reason| match reason.kind {
            ReasonKind::Forwarded | ReasonKind::TrustedForwarder => true,
            // What Google and others write when a chain of ARC vouches for the mail.
            ReasonKind::LocalPolicy => reason.comment.to_ascii_lowercase().contains("arc=pass"),
            _ => false,
        })?;
        Some(cause(
            "forwarded",
            format!("mail as {author} was forwarded, says the receiver"),
            "forwarding breaks SPF, and what changes the text on the way breaks DKIM; the receiver knows the forwarder",
            format!(
                "nothing to mend, if your own hosts sign with `d={author}`: an unchanged signature outlives forwarding"
            ),
        ))
    }

    /// A list changed it; who says so is told.
    pub(super) fn mailing_list(&self, who: &str) -> Cause {
        let author = self.author();
        cause(
            "mailing-list",
            format!("mail as {author} came through a mailing list ({who})"),
            "the list changed subject or text, which breaks the signature, and sends from its own host",
            format!(
                "nothing to mend in DNS: ask the list to write From anew or to change nothing; use another domain than \
                 {author} for lists where that is not to be had"
            ),
        )
    }

    /// Adds to a cause that the receiver did less than was asked, and why.
    pub(super) fn with_override(&self, mut cause: Cause) -> Cause {
        let reason = self.record.reasons.first();
        if let Some(reason) = reason.filter(|_| self.weaker() && cause.id != "policy-not-applied") {
            let (done, kind) = (self.record.disposition, reason.kind.keyword());
            cause
                .meaning
                .push_str(&format!("; the receiver did less than the policy asks ({done}, reason {kind})"));
        }
        cause
    }

    fn reason(&self, fits: impl Fn(&Reason) -> bool) -> Option<&Reason> {
        self.record.reasons.iter().find(|reason| fits(reason))
    }

    /// Something of the own organization passed, under relaxed alignment, and DMARC is said to have failed.
    pub(super) fn inconsistent(&self) -> Option<Cause> {
        let signer = self.own_with(&[AuthResult::Pass]).map(|one| (one.domain.as_str(), "DKIM"));
        let sender = self.own_spf.filter(|spf| spf.result == AuthResult::Pass);
        let (domain, method) = signer.or_else(|| sender.map(|spf| (spf.domain.as_str(), "SPF")))?;
        let author = self.author();
        Some(cause(
            "inconsistent",
            format!("{method} of {domain} passes, and the report says that it does not count for {author}"),
            "the reporter takes the two for different organizations, or its report contradicts itself",
            format!("compare with reports of others; if they say the same, use {author} itself for {method}"),
        ))
    }

    /// Neither signature nor envelope is of the own domain, and nobody else vouches for the mail.
    pub(super) fn nothing_of_yours(&self) -> Cause {
        let (author, policy) = (self.author(), self.policy);
        let p = policy.p.unwrap_or_default();
        let what = format!("nothing in mail as {author} is authenticated");
        if self.is_below() && self.asked() < p {
            let sp = self.asked();
            return cause(
                "subdomain-policy",
                what,
                format!("{author} is below {}, for which `sp={sp}` asks less than `p={p}`", policy.domain),
                format!(
                    "set `sp={p}` in the record at `_dmarc.{}`, once mail of names below passes",
                    policy.domain
                ),
            );
        }
        if self.weaker() {
            return self.not_applied(what);
        }
        let mend = match self.asked() {
            Policy::None => format!(
                "a policy of `p=quarantine` or `p=reject` at `_dmarc.{}` has such mail refused",
                policy.domain
            ),
            asked => format!("nothing to mend: the policy ({asked}) did its work"),
        };
        cause(
            "unauthorised",
            what,
            "a forgery, or a sender of yours that was forgotten",
            format!("if {} is yours, have it sign with `d={author}`; if not: {mend}", self.host()),
        )
    }

    fn not_applied(&self, what: String) -> Cause {
        let (asked, done) = (self.asked(), self.record.disposition);
        let reason = self.record.reasons.first();
        let domain = &self.policy.domain;
        let testing = self.policy.testing == Some(true);
        let (why, mend) = match reason {
            Some(reason) if reason.kind == ReasonKind::SampledOut => {
                ("`pct` left it out".to_owned(), format!("take `pct` out of the record at `_dmarc.{domain}`"))
            }
            reason if testing || reason.is_some_and(|one| one.kind == ReasonKind::PolicyTestMode) => (
                "the record says that it is for testing".to_owned(),
                format!("take `t=y` out of the record at `_dmarc.{domain}` when you are done with testing"),
            ),
            reason => (
                reason.map_or_else(
                    || "the receiver gives no reason".to_owned(),
                    |one| format!("the receiver's reason is {}{}", one.kind.keyword(), words(&one.comment)),
                ),
                "nothing to mend: receivers may do less than a policy asks for".to_owned(),
            ),
        };
        cause(
            "policy-not-applied",
            what,
            format!("the policy asks for {asked}, done was {done}: {why}"),
            mend,
        )
    }
}
