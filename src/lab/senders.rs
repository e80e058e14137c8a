//! Domains whose mail passes or fails SPF, DKIM and DMARC when it comes from this machine. RFC 7208, 6376, 9989.

use crate::{Disposed, Expect, LabDomain, LabStep, Reported, Sending};

/// A domain that mail comes from.
struct Sender {
    /// Its whole name.
    name: &'static str,
    /// What it does.
    does: &'static str,
    /// What to expect.
    expect: Sending,
    /// Its records.
    zone: &'static str,
    /// What it does next, what to expect then, and its records then.
    step: Option<(&'static str, Sending, &'static str)>,
}

/// All of them.
pub(crate) fn all() -> impl Iterator<Item = LabDomain> {
    ALL.iter().map(|sender| LabDomain {
        name: sender.name.to_owned(),
        group: "senders",
        does: sender.does.to_owned(),
        expect: Expect::Sending(sender.expect),
        steps: sender.step.iter().map(step).collect(),
        zone: sender.zone.to_owned(),
    })
}

fn step((does, expect, zone): &(&'static str, Sending, &'static str)) -> LabStep {
    LabStep {
        does: (*does).to_owned(),
        after_secs: None,
        expect: Expect::Sending(*expect),
        zone: (*zone).to_owned(),
    }
}

const fn expect(spf: &'static str, dmarc: &'static str, decision: &'static str) -> Sending {
    Sending { spf, dmarc, decision, mail_from: None, signed: None, report: None }
}

impl Sending {
    /// The same with what a DMARC report tells.
    const fn told(self, report: Reported) -> Sending {
        Sending { report: Some(report), ..self }
    }

    /// The same for another domain of MAIL FROM.
    const fn by(self, mail_from: &'static str) -> Sending {
        Sending { mail_from: Some(mail_from), ..self }
    }
}

const fn done(disposition: &'static str, reasons: &'static [&'static str]) -> Disposed {
    Disposed { disposition, reasons }
}

/// A message that passes by SPF under a policy that asks for something.
const fn passes(policy_domain: &'static str) -> Reported {
    let pass = done("pass", &[]);
    Reported { policy_domain, dkim: "fail", spf: "pass", enforced: Some(pass), recorded: pass }
}

/// A message that fails: what is done then, and where nothing is.
const fn fails(policy_domain: &'static str, enforced: Disposed, recorded: Disposed) -> Reported {
    Reported { policy_domain, dkim: "fail", spf: "fail", enforced: Some(enforced), recorded }
}

const NOTHING: Disposed = done("none", &[]);
const QUARANTINED: Disposed = done("quarantine", &[]);
const REFUSED: Disposed = done("reject", &[]);
/// What is done by who only records what the policy asks for.
const RECORDED: Disposed = done("none", &["local_policy"]);
/// What the owner's own test mode leaves to do of p=quarantine.
const TESTED: Disposed = done("none", &["policy_test_mode"]);

const ALL: &[Sender] = &[
    Sender {
        name: "dmarc-pass.lab.test",
        does: "lets this machine send for it, and asks to reject the rest",
        expect: expect("pass", "pass", "accept").told(passes("dmarc-pass.lab.test")),
        zone: "
            dmarc-pass.lab.test. A 127.0.0.1
            dmarc-pass.lab.test. MX 10 dmarc-pass.lab.test.
            dmarc-pass.lab.test. TXT \"v=spf1 ip4:127.0.0.0/8 ip6:::1 -all\"
            _dmarc.dmarc-pass.lab.test. TXT \"v=DMARC1; p=reject; rua=mailto:dmarc@rua.lab.test\"
            lab._domainkey.dmarc-pass.lab.test. TXT \"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"",
        step: None,
    },
    Sender {
        name: "dkim-only.lab.test",
        does: "lets nobody send for it, but signs with the lab's key (selector lab, `mox lab key`); asks to reject the rest",
        expect: expect("fail", "fail", "reject").told(fails("dkim-only.lab.test", REFUSED, RECORDED)),
        zone: "
            dkim-only.lab.test. A 127.0.0.1
            dkim-only.lab.test. TXT \"v=spf1 -all\"
            _dmarc.dkim-only.lab.test. TXT \"v=DMARC1; p=reject; adkim=s; rua=mailto:dmarc@rua.lab.test\"
            lab._domainkey.dkim-only.lab.test. TXT \"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"
            revoked._domainkey.dkim-only.lab.test. TXT \"v=DKIM1; k=ed25519; p=\"
            testing._domainkey.dkim-only.lab.test. TXT \"v=DKIM1; t=y; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"",
        step: None,
    },
    Sender {
        name: "dmarc-fail.lab.test",
        does: "lets nobody send for it, and only wants reports about mail that fails",
        expect: expect("fail", "fail", "accept").told(fails("dmarc-fail.lab.test", NOTHING, NOTHING)),
        zone: "
            dmarc-fail.lab.test. A 127.0.0.1
            dmarc-fail.lab.test. MX 10 mx.rua.lab.test.
            dmarc-fail.lab.test. TXT \"v=spf1 exp=why.%{d} -all\"
            why.dmarc-fail.lab.test. TXT \"%{i} may not send for %{d}\"
            _dmarc.dmarc-fail.lab.test. TXT \"v=DMARC1; p=none; rua=mailto:dmarc@dmarc-fail.lab.test\"",
        step: None,
    },
    Sender {
        name: "dmarc-quarantine.lab.test",
        does: "lets nobody send for it, and wants what fails in the mailbox for junk",
        expect: expect("softfail", "fail", "quarantine").told(fails("dmarc-quarantine.lab.test", QUARANTINED, RECORDED)),
        zone: "
            dmarc-quarantine.lab.test. A 127.0.0.1
            dmarc-quarantine.lab.test. TXT \"v=spf1 ip4:192.0.2.0/24 ~all\"
            _dmarc.dmarc-quarantine.lab.test. TXT \"v=DMARC1; p=quarantine; rua=mailto:dmarc@rua.lab.test\"",
        step: None,
    },
    Sender {
        name: "dmarc-reject.lab.test",
        does: "lets nobody send for it, and wants what fails refused",
        expect: expect("fail", "fail", "reject").told(fails("dmarc-reject.lab.test", REFUSED, RECORDED)),
        zone: "
            dmarc-reject.lab.test. A 127.0.0.1
            dmarc-reject.lab.test. TXT \"v=spf1 ip4:192.0.2.0/24 -all\"
            _dmarc.dmarc-reject.lab.test. TXT \"v=DMARC1; p=reject; rua=mailto:dmarc@rua.lab.test\"",
        step: None,
    },
    Sender {
        name: "dmarc-testing.lab.test",
        does: "tries p=reject with t=y, so what fails is only quarantined",
        expect: expect("fail", "fail", "quarantine").told(fails(
            "dmarc-testing.lab.test",
            done("quarantine", &["policy_test_mode"]),
            done("none", &["policy_test_mode", "local_policy"]),
        )),
        zone: "
            dmarc-testing.lab.test. A 127.0.0.1
            dmarc-testing.lab.test. TXT \"v=spf1 -all\"
            _dmarc.dmarc-testing.lab.test. TXT \"v=DMARC1; p=reject; t=y; rua=mailto:dmarc@rua.lab.test\"",
        step: None,
    },
    Sender {
        name: "sub.dmarc-sp.lab.test",
        does: "is a subdomain, for which the domain above asks to quarantine (sp)",
        expect: expect("none", "fail", "quarantine").told(fails("dmarc-sp.lab.test", QUARANTINED, RECORDED)),
        zone: "
            dmarc-sp.lab.test. A 127.0.0.1
            sub.dmarc-sp.lab.test. A 127.0.0.1
            _dmarc.dmarc-sp.lab.test. TXT \"v=DMARC1; p=none; sp=quarantine; np=reject; rua=mailto:dmarc@rua.lab.test\"",
        step: None,
    },
    Sender {
        name: "nosuch.dmarc-sp.lab.test",
        does: "does not exist, and the domain above asks to reject such names (np)",
        expect: expect("none", "fail", "reject").told(fails("dmarc-sp.lab.test", REFUSED, RECORDED)),
        zone: "",
        step: None,
    },
    Sender {
        name: "dmarc-none-pass.lab.test",
        does: "lets this machine send for it, and only wants reports about the rest",
        expect: expect("pass", "pass", "accept").told(Reported {
            enforced: Some(NOTHING),
            recorded: NOTHING,
            ..passes("dmarc-none-pass.lab.test")
        }),
        zone: "
            dmarc-none-pass.lab.test. A 127.0.0.1
            dmarc-none-pass.lab.test. TXT \"v=spf1 ip4:127.0.0.0/8 ip6:::1 -all\"
            _dmarc.dmarc-none-pass.lab.test. TXT \"v=DMARC1; p=none; rua=mailto:dmarc@rua.lab.test\"",
        step: None,
    },
    Sender {
        name: "dkim-signed.lab.test",
        does: "lets nobody send for it, and signs this message with the lab's key",
        expect: Sending {
            signed: Some("dkim-signed.lab.test"),
            ..expect("fail", "pass", "accept").told(Reported {
                dkim: "pass",
                spf: "fail",
                ..passes("dkim-signed.lab.test")
            })
        },
        zone: "
            dkim-signed.lab.test. A 127.0.0.1
            dkim-signed.lab.test. TXT \"v=spf1 -all\"
            _dmarc.dkim-signed.lab.test. TXT \"v=DMARC1; p=quarantine; adkim=s; rua=mailto:dmarc@rua.lab.test\"
            lab._domainkey.dkim-signed.lab.test. TXT \"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"",
        step: None,
    },
    Sender {
        name: "dmarc-testing-quarantine.lab.test",
        does: "tries p=quarantine with t=y, so nothing is done about what fails",
        expect: expect("fail", "fail", "accept").told(fails("dmarc-testing-quarantine.lab.test", TESTED, TESTED)),
        zone: "
            dmarc-testing-quarantine.lab.test. A 127.0.0.1
            dmarc-testing-quarantine.lab.test. TXT \"v=spf1 -all\"
            _dmarc.dmarc-testing-quarantine.lab.test. TXT \"v=DMARC1; p=quarantine; t=y; rua=mailto:dmarc@rua.lab.test\"",
        step: None,
    },
    Sender {
        name: "dmarc-relaxed.lab.test",
        does: "sends with a subdomain in MAIL FROM, which is as good as its own name",
        expect: expect("pass", "pass", "accept")
            .by("bounce.dmarc-relaxed.lab.test")
            .told(passes("dmarc-relaxed.lab.test")),
        zone: "
            dmarc-relaxed.lab.test. A 127.0.0.1
            bounce.dmarc-relaxed.lab.test. MX 10 mx.rua.lab.test.
            bounce.dmarc-relaxed.lab.test. TXT \"v=spf1 ip4:127.0.0.0/8 ip6:::1 -all\"
            _dmarc.dmarc-relaxed.lab.test. TXT \"v=DMARC1; p=reject; rua=mailto:dmarc@rua.lab.test\"",
        step: None,
    },
    Sender {
        name: "dmarc-strict.lab.test",
        does: "sends with a subdomain in MAIL FROM, and asks that it be its own name (aspf=s)",
        expect: expect("pass", "fail", "reject")
            .by("bounce.dmarc-strict.lab.test")
            .told(fails("dmarc-strict.lab.test", REFUSED, RECORDED)),
        zone: "
            dmarc-strict.lab.test. A 127.0.0.1
            bounce.dmarc-strict.lab.test. MX 10 mx.rua.lab.test.
            bounce.dmarc-strict.lab.test. TXT \"v=spf1 ip4:127.0.0.0/8 ip6:::1 -all\"
            _dmarc.dmarc-strict.lab.test. TXT \"v=DMARC1; p=reject; aspf=s; rua=mailto:dmarc@rua.lab.test\"",
        step: None,
    },
    Sender {
        name: "dmarc-unaligned.lab.test",
        does: "stands in From of mail that another domain sends, and wants that in the mailbox for junk",
        expect: expect("pass", "fail", "quarantine")
            .by("dmarc-pass.lab.test")
            .told(fails("dmarc-unaligned.lab.test", QUARANTINED, RECORDED)),
        zone: "
            dmarc-unaligned.lab.test. A 127.0.0.1
            _dmarc.dmarc-unaligned.lab.test. TXT \"v=DMARC1; p=quarantine; rua=mailto:dmarc@rua.lab.test\"",
        step: None,
    },
    Sender {
        name: "dmarc-undecided.lab.test",
        does: "wants what fails refused, and has name servers that fail when asked for its SPF record",
        expect: expect("temperror", "temperror", "defer").told(Reported {
            enforced: None,
            ..fails("dmarc-undecided.lab.test", NOTHING, done("none", &["other"]))
        }),
        zone: "
            dmarc-undecided.lab.test. A 127.0.0.1
            dmarc-undecided.lab.test. TXT ; servfail
            _dmarc.dmarc-undecided.lab.test. TXT \"v=DMARC1; p=reject; rua=mailto:dmarc@rua.lab.test\"",
        step: None,
    },
    Sender {
        name: "dmarc-flawed.lab.test",
        does: "has a misspelt policy, which counts as none since it asks for reports",
        expect: expect("fail", "fail", "accept").told(fails("dmarc-flawed.lab.test", NOTHING, NOTHING)),
        zone: "
            dmarc-flawed.lab.test. A 127.0.0.1
            dmarc-flawed.lab.test. TXT \"v=spf1 -all\"
            _dmarc.dmarc-flawed.lab.test. TXT \"v=DMARC1; p=rejct; rua=mailto:dmarc@rua.lab.test\"",
        step: None,
    },
    Sender {
        name: "spf-neutral.lab.test",
        does: "says nothing about who may send for it, and has no DMARC record",
        expect: expect("neutral", "none", "accept"),
        zone: "
            spf-neutral.lab.test. A 127.0.0.1
            spf-neutral.lab.test. TXT \"v=spf1 ?all\"",
        step: None,
    },
    Sender {
        name: "spf-permerror.lab.test",
        does: "has two SPF records",
        expect: expect("permerror", "none", "accept"),
        zone: "
            spf-permerror.lab.test. A 127.0.0.1
            spf-permerror.lab.test. TXT \"v=spf1 +all\"
            spf-permerror.lab.test. TXT \"v=spf1 -all\"",
        step: None,
    },
    Sender {
        name: "spf-temperror.lab.test",
        does: "has name servers that fail when asked for its SPF record",
        expect: expect("temperror", "none", "accept"),
        zone: "
            spf-temperror.lab.test. A 127.0.0.1
            spf-temperror.lab.test. TXT ; servfail",
        step: None,
    },
    Sender {
        name: "dmarc-temperror.lab.test",
        does: "has name servers that fail when asked for its DMARC record, so nothing can be said yet",
        expect: expect("fail", "temperror", "accept"),
        zone: "
            dmarc-temperror.lab.test. A 127.0.0.1
            dmarc-temperror.lab.test. TXT \"v=spf1 -all\"
            _dmarc.dmarc-temperror.lab.test. TXT ; servfail",
        step: None,
    },
    Sender {
        name: "none.lab.test",
        does: "has an address and no records about mail",
        expect: expect("none", "none", "accept"),
        zone: "none.lab.test. A 127.0.0.1",
        step: None,
    },
    Sender {
        name: "nullmx-sender.lab.test",
        does: "says that it takes no mail (null MX)",
        expect: expect("fail", "none", "accept"),
        zone: "
            nullmx-sender.lab.test. A 127.0.0.1
            nullmx-sender.lab.test. MX 0 .
            nullmx-sender.lab.test. TXT \"v=spf1 -all\"",
        step: None,
    },
    Sender {
        name: "dmarc-rua-authorised.lab.test",
        does: "wants DMARC reports at another domain, which agrees to that",
        expect: expect("pass", "pass", "accept").told(passes("dmarc-rua-authorised.lab.test")),
        zone: "
            dmarc-rua-authorised.lab.test. A 127.0.0.1
            dmarc-rua-authorised.lab.test. MX 10 mx.rua.lab.test.
            dmarc-rua-authorised.lab.test. TXT \"v=spf1 ip4:127.0.0.0/8 ip6:::1 -all\"
            _dmarc.dmarc-rua-authorised.lab.test. TXT \"v=DMARC1; p=reject; rua=mailto:dmarc@rua.lab.test\"",
        step: None,
    },
    Sender {
        name: "dmarc-rua-unauthorised.lab.test",
        does: "wants DMARC reports at another domain, which does not agree to that",
        expect: expect("pass", "pass", "accept").told(passes("dmarc-rua-unauthorised.lab.test")),
        zone: "
            dmarc-rua-unauthorised.lab.test. A 127.0.0.1
            dmarc-rua-unauthorised.lab.test. MX 10 mx.rua.lab.test.
            dmarc-rua-unauthorised.lab.test. TXT \"v=spf1 ip4:127.0.0.0/8 ip6:::1 -all\"
            _dmarc.dmarc-rua-unauthorised.lab.test. TXT \"v=DMARC1; p=reject; rua=mailto:dmarc@stranger.lab.test\"",
        step: None,
    },
    Sender {
        name: "dmarc-rua-gone.lab.test",
        does: "wants DMARC reports at a domain that does not exist",
        expect: expect("pass", "pass", "accept").told(passes("dmarc-rua-gone.lab.test")),
        zone: "
            dmarc-rua-gone.lab.test. A 127.0.0.1
            dmarc-rua-gone.lab.test. MX 10 mx.rua.lab.test.
            dmarc-rua-gone.lab.test. TXT \"v=spf1 ip4:127.0.0.0/8 ip6:::1 -all\"
            _dmarc.dmarc-rua-gone.lab.test. TXT \"v=DMARC1; p=reject; rua=mailto:dmarc@nodomain.lab.test\"",
        step: None,
    },
    Sender {
        name: "dmarc-loop-a.lab.test",
        does: "wants DMARC reports at a domain that wants its own reports here",
        expect: expect("pass", "pass", "accept").told(passes("dmarc-loop-a.lab.test")),
        zone: "
            dmarc-loop-a.lab.test. A 127.0.0.1
            dmarc-loop-a.lab.test. MX 10 mx.rua.lab.test.
            dmarc-loop-a.lab.test. TXT \"v=spf1 ip4:127.0.0.0/8 ip6:::1 -all\"
            dmarc-loop-b.lab.test._report._dmarc.dmarc-loop-a.lab.test. TXT \"v=DMARC1\"
            _dmarc.dmarc-loop-a.lab.test. TXT \"v=DMARC1; p=reject; rua=mailto:dmarc@dmarc-loop-b.lab.test\"",
        step: None,
    },
    Sender {
        name: "dmarc-loop-b.lab.test",
        does: "wants DMARC reports at a domain that wants its own reports here",
        expect: expect("pass", "pass", "accept").told(passes("dmarc-loop-b.lab.test")),
        zone: "
            dmarc-loop-b.lab.test. A 127.0.0.1
            dmarc-loop-b.lab.test. MX 10 mx.rua.lab.test.
            dmarc-loop-b.lab.test. TXT \"v=spf1 ip4:127.0.0.0/8 ip6:::1 -all\"
            dmarc-loop-a.lab.test._report._dmarc.dmarc-loop-b.lab.test. TXT \"v=DMARC1\"
            _dmarc.dmarc-loop-b.lab.test. TXT \"v=DMARC1; p=reject; rua=mailto:dmarc@dmarc-loop-a.lab.test\"",
        step: None,
    },
    Sender {
        name: "dmarc-rua-vanishes.lab.test",
        does: "wants DMARC reports, and then withdraws its record",
        expect: expect("pass", "pass", "accept").told(passes("dmarc-rua-vanishes.lab.test")),
        zone: "
            dmarc-rua-vanishes.lab.test. A 127.0.0.1
            dmarc-rua-vanishes.lab.test. TXT \"v=spf1 ip4:127.0.0.0/8 ip6:::1 -all\"
            _dmarc.dmarc-rua-vanishes.lab.test. TXT \"v=DMARC1; p=reject; rua=mailto:dmarc@rua.lab.test\"",
        step: Some((
            "has no DMARC record any more",
            expect("pass", "none", "accept"),
            "
            dmarc-rua-vanishes.lab.test. A 127.0.0.1
            dmarc-rua-vanishes.lab.test. TXT \"v=spf1 ip4:127.0.0.0/8 ip6:::1 -all\"",
        )),
    },
];
