//! Who is behind mail that does not pass: one of ours, a service, a forwarder, a forger. Facts in, judgement out.
//!
//! A signature of the domain that fails, together with something else that passes, is a sign of mail that was changed
//! on the way; alone it says nothing, since anybody can write one. RFC 9989 §7.4.

use crate::insight::names::MAX_ADDRESSES;
use crate::insight::service::{NamedBy, Service};

/// Days on which a source must have been seen at least to be steady.
const STEADY_DAYS: u64 = 3;

/// So many addresses, of which nothing passes, are no mail server.
pub(super) const MANY_ADDRESSES: u64 = 5;

/// Who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A server of the domain's owner.
    Own,
    /// A service that sends for the owner.
    Service,
    /// Somebody who passes mail on: a forwarder or a mailing list.
    Forwarder,
    /// It could be either.
    Unclear,
    /// Somebody who has no right to the domain.
    Forged,
}

impl Kind {
    pub(crate) const fn keyword(self) -> &'static str {
        match self {
            Kind::Own => "own",
            Kind::Service => "service",
            Kind::Forwarder => "forwarder",
            Kind::Unclear => "unclear",
            Kind::Forged => "forged",
        }
    }
}

/// What is known of a source of mail that does not pass. Numbers of messages are of those that failed, but for
/// `passed`.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    pub(crate) domain: String,
    pub(crate) service: Service,
    pub(crate) failed: u64,
    /// Messages of the same service that passed.
    pub(crate) passed: u64,
    /// Days on which it was seen, of `window` days with reports.
    pub(crate) days: u64,
    pub(crate) window: u64,
    pub(crate) addresses: u64,
    /// A signature of another organization passed.
    pub(crate) signed: u64,
    /// SPF passed for another organization.
    pub(crate) let_pass: u64,
    /// Reporters say that it was forwarded, or a signature of the domain was damaged on the way, or the envelope is
    /// still the domain's and SPF fails while another signature passes.
    pub(crate) indirect: u64,
    /// Addresses that the domain's SPF record lists.
    pub(crate) listed: u64,
    /// Addresses with a confirmed name below the domain.
    pub(crate) own_names: u64,
    /// Addresses without a name that says anything, of those that DNS told of.
    pub(crate) nameless: u64,
    pub(crate) looked_up: u64,
}

/// The judgement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Judged {
    pub(crate) kind: Kind,
    pub(crate) because: Vec<String>,
    pub(crate) mend: String,
}

/// Judges a source.
pub(crate) fn judge(facts: &Facts) -> Judged {
    let kind = kind(facts);
    Judged { kind, because: because(facts), mend: mend(kind, facts) }
}

/// Who it is.
pub(super) fn kind(facts: &Facts) -> Kind {
    let most = |part: u64| part > 0 && part.saturating_mul(2) >= facts.failed;
    let vouched = most(facts.signed.max(facts.let_pass));
    if facts.service.known && vouched && !most(facts.indirect) {
        return Kind::Service;
    }
    if most(facts.indirect) {
        return Kind::Forwarder;
    }
    // One host of ours among many strangers does not make them ours.
    let ours = facts.listed.max(facts.own_names);
    if ours > 0 && ours.saturating_mul(2) >= facts.addresses.min(MAX_ADDRESSES as u64) {
        return Kind::Own;
    }
    let nameless = facts.looked_up > 0 && facts.nameless.saturating_mul(2) >= facts.looked_up;
    match (vouched, is_steady(facts.days, facts.window)) {
        (true, true) => Kind::Service,
        (true, false) => Kind::Unclear,
        // Many a host of an owner has no name, or one that its provider made. Forgers move on.
        (false, true) if facts.addresses < MANY_ADDRESSES => Kind::Unclear,
        // Nobody could be asked, or nobody answered.
        (false, _) if facts.looked_up == 0 => Kind::Unclear,
        (false, _) if nameless => Kind::Forged,
        (false, true) if facts.service.by != NamedBy::Nothing => Kind::Unclear,
        (false, _) => Kind::Forged,
    }
}

/// Whether so many days of a window are more than a burst.
pub(super) fn is_steady(days: u64, window: u64) -> bool {
    days >= STEADY_DAYS.max(window / 4)
}

/// What speaks for the judgement.
fn because(facts: &Facts) -> Vec<String> {
    let domain = &facts.domain;
    let mut because = Vec::new();
    let mut say = |when: bool, text: String| {
        if when {
            because.push(text);
        }
    };
    let by = facts.service.by;
    let name = &facts.service.name;
    say(facts.signed > 0 && by == NamedBy::Dkim, format!("{name} signs it, but not as {domain}"));
    say(
        facts.signed > 0 && by != NamedBy::Dkim,
        format!("a signature that is not of {domain} passes on {} of {}", facts.signed, facts.failed),
    );
    say(
        facts.let_pass > 0,
        format!(
            "SPF passes for an envelope that is not of {domain} on {} of {}",
            facts.let_pass, facts.failed
        ),
    );
    say(facts.signed + facts.let_pass == 0, "neither DKIM nor SPF passes for anybody".to_owned());
    say(facts.indirect > 0, format!("{} of {} look forwarded", facts.indirect, facts.failed));
    say(
        facts.listed > 0,
        format!("the SPF record of {domain} lists {} of its {}", facts.listed, addresses(facts.addresses)),
    );
    say(facts.own_names > 0, format!("{} have names below {domain}", addresses(facts.own_names)));
    say(facts.passed > 0, format!("{} more of it pass", messages(facts.passed)));
    say(
        is_steady(facts.days, facts.window),
        format!("it is seen on {} of {} days", facts.days, facts.window),
    );
    say(
        facts.nameless > 0,
        format!("no telling name in DNS for {} of {}", facts.nameless, addresses(facts.looked_up)),
    );
    say(facts.addresses >= MANY_ADDRESSES, format!("it comes from {}", addresses(facts.addresses)));
    because
}

pub(super) fn messages(count: u64) -> String {
    if count == 1 { "1 message".to_owned() } else { format!("{count} messages") }
}

fn addresses(count: u64) -> String {
    if count == 1 { "1 address".to_owned() } else { format!("{count} addresses") }
}

/// What to do about it.
fn mend(kind: Kind, facts: &Facts) -> String {
    let (domain, name) = (&facts.domain, &facts.service.name);
    match kind {
        Kind::Own if facts.listed > 0 => format!(
            "SPF lists it already: give its mail an envelope sender at {domain}, and let it sign with a DKIM key of {domain}"
        ),
        Kind::Own => {
            format!("let it sign with a DKIM key of {domain}, and add it to the SPF record of {domain}")
        }
        Kind::Service => format!(
            "if somebody here uses {name}: set up DKIM for {domain} there and publish the key it gives you, or a return \
             path below {domain}"
        ),
        Kind::Forwarder => format!(
            "nothing to mend at the forwarder: sign all mail of {domain} with DKIM, which plain forwarding keeps intact; \
             mailing lists change mail, so expect loss there under reject"
        ),
        Kind::Unclear => format!(
            "find out whether it is yours; if so let it sign as {domain}, if not there is nothing to do"
        ),
        Kind::Forged => "nothing to do: a stricter policy keeps this out".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(name: &str, by: NamedBy, known: bool) -> Facts {
        Facts {
            domain: "example.org".to_owned(),
            service: Service { name: name.to_owned(), by, known },
            failed: 100,
            passed: 0,
            days: 1,
            window: 28,
            addresses: 1,
            signed: 0,
            let_pass: 0,
            indirect: 0,
            listed: 0,
            own_names: 0,
            nameless: 0,
            looked_up: 1,
        }
    }

    #[test]
    fn sources_are_told_apart() {
        use NamedBy::{Dkim, Envelope, Nothing, Ptr};
        let unknown = || facts("unknown", Nothing, false);
        for (name, facts, expected) in [
            (
                "known service, one day",
                Facts { signed: 100, ..facts("Mailchimp", Dkim, true) },
                Kind::Service,
            ),
            (
                "steady, signs",
                Facts { signed: 90, days: 20, ..facts("crm.example", Dkim, false) },
                Kind::Service,
            ),
            (
                "steady, spf",
                Facts { let_pass: 60, days: 7, ..facts("crm.example", Envelope, false) },
                Kind::Service,
            ),
            ("burst, signs", Facts { signed: 100, ..facts("crm.example", Dkim, false) }, Kind::Unclear),
            ("few of many sign", Facts { signed: 3, nameless: 1, ..unknown() }, Kind::Forged),
            ("own name", Facts { own_names: 1, ..facts("example.org", Ptr, false) }, Kind::Own),
            ("in own spf", Facts { listed: 1, ..unknown() }, Kind::Own),
            (
                "own spf, known service",
                Facts { listed: 1, signed: 99, ..facts("Google", Dkim, true) },
                Kind::Service,
            ),
            (
                "list",
                Facts { signed: 100, indirect: 80, days: 9, ..facts("lists.example", Dkim, false) },
                Kind::Forwarder,
            ),
            (
                "list at a known service",
                Facts { signed: 99, indirect: 99, ..facts("Google", Dkim, true) },
                Kind::Forwarder,
            ),
            ("reporter says forwarded", Facts { indirect: 100, ..unknown() }, Kind::Forwarder),
            ("no name", Facts { nameless: 1, ..unknown() }, Kind::Forged),
            ("no name, steady", Facts { nameless: 1, days: 20, ..unknown() }, Kind::Unclear),
            (
                "few without names, steady",
                Facts { addresses: 4, looked_up: 4, nameless: 4, days: 7, ..unknown() },
                Kind::Unclear,
            ),
            (
                "many without names, steady",
                Facts { addresses: 90, looked_up: 50, nameless: 49, days: 28, ..unknown() },
                Kind::Forged,
            ),
            (
                "many, dns did not answer",
                Facts { addresses: 90, looked_up: 0, days: 28, ..unknown() },
                Kind::Unclear,
            ),
            ("one, dns did not answer", Facts { looked_up: 0, ..unknown() }, Kind::Unclear),
            (
                "named, steady, nothing passes",
                Facts { days: 28, ..facts("host.example", Ptr, false) },
                Kind::Unclear,
            ),
            ("named, one day, nothing passes", facts("host.example", Ptr, false), Kind::Forged),
            (
                "one of ours among many",
                Facts { listed: 1, addresses: 30, looked_up: 30, nameless: 30, ..unknown() },
                Kind::Forged,
            ),
            (
                "named, many addresses",
                Facts { addresses: 9, looked_up: 9, ..facts("host.example", Ptr, false) },
                Kind::Forged,
            ),
        ] {
            let judged = judge(&facts);
            assert_eq!(judged.kind, expected, "{name}: {judged:?}");
            assert!(!judged.because.is_empty() && !judged.mend.is_empty(), "{name}");
        }
    }

    #[test]
    fn judgements_have_reasons() {
        let told =
            judge(&Facts { signed: 100, let_pass: 40, passed: 7, ..facts("Mailchimp", NamedBy::Dkim, true) });
        assert_eq!(
            told.because,
            [
                "Mailchimp signs it, but not as example.org",
                "SPF passes for an envelope that is not of example.org on 40 of 100",
                "7 messages more of it pass",
            ]
        );
    }
}
