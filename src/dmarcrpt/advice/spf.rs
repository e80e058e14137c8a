//! Causes that lie with SPF: hosts that the record does not name, records that cannot be used, envelopes of others.

use mox_dmarc::Alignment;

use super::Cause;
use super::seen::{Seen, cause, custom_dkim, named, words};
use super::service::{Service, known};
use crate::{AuthResult, SpfAuth};

impl Seen<'_> {
    /// DKIM carries; SPF does not.
    pub(super) fn spf_beside(&self) -> Option<Cause> {
        let spf = self.own_spf?;
        match spf.result {
            AuthResult::Fail | AuthResult::SoftFail | AuthResult::Neutral => Some(cause(
                "forwarded",
                format!("DKIM of {} passes, SPF of {} does not", self.author(), spf.domain),
                "the mail was forwarded by another host, which does no harm: the signature outlives it; or it comes from a \
                 host of yours that the SPF record does not name",
                format!(
                    "nothing to mend if {} is a forwarder; else name it in the SPF record of {}",
                    self.host(),
                    spf.domain
                ),
            )),
            AuthResult::PermError => self.own_spf_broken(),
            AuthResult::None => Some(self.no_spf(spf)),
            _ => None,
        }
    }

    /// The SPF record cannot be used.
    pub(super) fn own_spf_broken(&self) -> Option<Cause> {
        let spf = self.own_spf.filter(|spf| spf.result == AuthResult::PermError)?;
        let domain = &spf.domain;
        Some(cause(
            "spf-permerror",
            format!("the SPF record of {domain} cannot be used"),
            format!(
                "it has an error, stands twice, or needs more than ten lookups{}",
                words(&spf.human_result)
            ),
            format!(
                "`mox spf lookup {domain}` shows the error; take out `include:` of services that are not used, and write \
                 `ip4:` and `ip6:` where addresses are fixed"
            ),
        ))
    }

    /// Would pass under relaxed alignment.
    pub(super) fn strict_spf(&self) -> Option<Cause> {
        let author = self.author();
        let spf = self.own_spf.filter(|spf| spf.result == AuthResult::Pass)?;
        let other_name = !spf.domain.eq_ignore_ascii_case(author);
        (other_name && self.policy.aspf == Some(Alignment::Strict)).then(|| {
            let (sender, policy) = (&spf.domain, &self.policy.domain);
            cause(
                "strict-alignment",
                format!("SPF of {sender} passes, but that is not {author} itself"),
                "`aspf=s` asks for the very same domain",
                format!(
                    "set `aspf=r` in the record at `_dmarc.{policy}`, or send with MAIL FROM at {author}"
                ),
            )
        })
    }

    /// Somebody else sends it, under the own name.
    pub(super) fn unaligned_spf(&self) -> Option<Cause> {
        let author = self.author();
        let sender = self.other_passes_spf()?.domain.as_str();
        let include = match known(sender) {
            Some(Service { include, .. }) if !include.is_empty() => {
                format!(" with `include:{include}` in its SPF record")
            }
            _ => String::new(),
        };
        Some(cause(
            "spf-unaligned",
            format!(
                "{} sends mail as {author} with an envelope of its own, and no signature that holds",
                named(sender)
            ),
            format!("SPF passes, but for {sender} and not for {author}"),
            format!(
                "if it sends for you: {}, or a return-path of your own there (such as `bounce.{author}`{include}); if it \
                 does not, somebody uses your name there",
                custom_dkim(author, sender)
            ),
        ))
    }

    /// The envelope is of the own domain, and SPF does not let that host send; there is no signature.
    pub(super) fn own_spf(&self) -> Option<Cause> {
        let spf = self.own_spf?;
        let domain = &spf.domain;
        let shows = match self.record.source_ip {
            Some(ip) => format!("; `mox spf check {domain} {ip}` shows the way"),
            None => String::new(),
        };
        let mend = format!(
            "if the host is yours or a service's: add `ip4:`, `ip6:` or its `include:` to the SPF record of {domain}, and \
             sign with `d={}`{shows}; if it is not, nothing",
            self.author()
        );
        match spf.result {
            AuthResult::Fail => Some(cause(
                "spf-fail-dkim-missing",
                format!("{domain} does not let the host send, and the mail is not signed"),
                "a sender that the SPF record does not name, or a forgery",
                mend,
            )),
            AuthResult::SoftFail | AuthResult::Neutral => Some(cause(
                "spf-softfail",
                format!("the SPF record of {domain} does not say that the host may send (`~all` or `?all`)"),
                "a sender that the SPF record does not name, or a forgery; the mail is not signed",
                mend,
            )),
            AuthResult::None => Some(self.no_spf(spf)),
            _ => None,
        }
    }

    fn no_spf(&self, spf: &SpfAuth) -> Cause {
        let domain = &spf.domain;
        cause(
            "spf-missing",
            format!("{domain} has no SPF record"),
            "mail with that domain in its envelope cannot pass by SPF, whoever sends it",
            format!(
                "publish a TXT record at `{domain}` that names its hosts: `v=spf1 mx -all`, or `v=spf1 -all` if it has none"
            ),
        )
    }
}
