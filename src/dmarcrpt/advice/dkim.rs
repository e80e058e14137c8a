//! Causes that lie with signatures: broken, without a key, of somebody else, too strict, missing.

use mox_dmarc::Alignment;

use super::Cause;
use super::seen::{Seen, cause, custom_dkim, named, selector, words};
use super::service::known;
use crate::{AuthResult, DkimAuth};

impl Seen<'_> {
    /// SPF carries; DKIM does not, and the first forwarder breaks SPF.
    pub(super) fn dkim_beside(&self) -> Option<Cause> {
        let author = self.author();
        let signature = self
            .strict_dkim()
            .or_else(|| self.own_signature())
            .or_else(|| self.temporary())
            .or_else(|| self.unaligned_dkim());
        let mut found = signature.unwrap_or_else(|| {
            cause(
                "dkim-missing",
                format!("mail as {author} passes by SPF alone: it has no signature"),
                "that host may send for the domain, but its mail is not signed",
                format!(
                    "sign with `d={author}` there, and publish the key at `<selector>._domainkey.{author}`"
                ),
            )
        });
        found.meaning.push_str("; SPF carries it as long as nobody forwards the mail");
        Some(found)
    }

    /// Signed with the own domain, and that did not hold.
    pub(super) fn own_signature(&self) -> Option<Cause> {
        use AuthResult::{Fail, Neutral, PermError, Policy, SoftFail};
        if let Some(signature) = self.own_with(&[PermError]) {
            return Some(key_missing(signature));
        }
        if let Some(signature) = self.own_with(&[Policy]) {
            return Some(not_acceptable(signature));
        }
        if let Some(signature) = self.own_with(&[Fail, Neutral, SoftFail]) {
            let list = self.other_passes_spf().filter(|spf| known(&spf.domain).is_none());
            return Some(match list {
                Some(spf) => self.mailing_list(&format!("its mail is sent by {}", spf.domain)),
                None => broken(signature),
            });
        }
        None
    }

    /// DNS did not answer, about the key or about SPF.
    pub(super) fn temporary(&self) -> Option<Cause> {
        let key = |one: &DkimAuth| (format!("{}._domainkey.{}", selector(one), one.domain), "DKIM");
        let dkim = self.own_with(&[AuthResult::TempError]).map(key);
        let spf = self.own_spf.filter(|spf| spf.result == AuthResult::TempError);
        let (name, method) = dkim.or_else(|| spf.map(|spf| (spf.domain.clone(), "SPF")))?;
        Some(cause(
            "temperror",
            format!("DNS did not answer when {method} was looked up at {name}"),
            "the receiver could not check, which happens now and then; often means that name servers are slow or down",
            format!(
                "if it stays: see that all name servers answer for `{name}` within a second, over IPv4 and IPv6, UDP and TCP"
            ),
        ))
    }

    /// Would pass under relaxed alignment.
    pub(super) fn strict_dkim(&self) -> Option<Cause> {
        let author = self.author();
        let signature = self.own_with(&[AuthResult::Pass])?;
        let other_name = !signature.domain.eq_ignore_ascii_case(author);
        (other_name && self.policy.adkim == Some(Alignment::Strict)).then(|| {
            let (signer, policy) = (&signature.domain, &self.policy.domain);
            cause(
                "strict-alignment",
                format!("the signature of {signer} holds, but is not of {author} itself"),
                "`adkim=s` asks for the very same domain",
                format!("set `adkim=r` in the record at `_dmarc.{policy}`, or sign with `d={author}`"),
            )
        })
    }

    /// Somebody else signs it, under the own name.
    pub(super) fn unaligned_dkim(&self) -> Option<Cause> {
        let author = self.author();
        let signer = self.other?.domain.as_str();
        Some(cause(
            "dkim-unaligned",
            format!("{} signs mail as {author} with its own domain only", named(signer)),
            format!("the signature holds, but speaks for {signer} and not for {author}"),
            format!(
                "if it sends for you: {}; if it does not, somebody uses your name there",
                custom_dkim(author, signer)
            ),
        ))
    }
}

fn key_missing(signature: &DkimAuth) -> Cause {
    let (name, domain) = (selector(signature), &signature.domain);
    cause(
        "dkim-key-missing",
        format!("the key of selector {name} of {domain} cannot be used"),
        format!(
            "the mail is signed, but DNS has no key for it, or one that cannot be read{}",
            words(&signature.human_result)
        ),
        format!(
            "publish the key at `{name}._domainkey.{domain}`; `mox dkim lookup {name} {domain}` shows what is there"
        ),
    )
}

fn not_acceptable(signature: &DkimAuth) -> Cause {
    let (name, domain) = (selector(signature), &signature.domain);
    cause(
        "dkim-policy",
        format!("the signature of {domain} with selector {name} is not acceptable to the receiver"),
        format!("mostly a key that is too short, or SHA-1{}", words(&signature.human_result)),
        format!(
            "make a new key with at least 2048 bits, publish it under a new selector of {domain}, and sign with `a=rsa-sha256`"
        ),
    )
}

fn broken(signature: &DkimAuth) -> Cause {
    let (name, domain) = (selector(signature), &signature.domain);
    cause(
        "dkim-fail",
        format!("the signature of {domain} with selector {name} does not hold"),
        format!(
            "the mail was changed after it was signed, or was signed with another key than DNS has{}",
            words(&signature.human_result)
        ),
        format!(
            "compare the key at `{name}._domainkey.{domain}` with that of the sender (`mox dkim lookup {name} {domain}`); if \
             other mail with that selector passes, look for what changes mail on the way: footers, gateways, lists"
        ),
    )
}
