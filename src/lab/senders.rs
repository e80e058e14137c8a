//! Domains whose mail passes or fails SPF, DKIM and DMARC when it comes from this machine. RFC 7208, 6376, 9989.

use crate::{Expect, LabDomain, LabStep, Sending};

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
    Sending { spf, dmarc, decision }
}

const ALL: &[Sender] = &[
    Sender {
        name: "dmarc-pass.lab.test",
        does: "lets this machine send for it, and asks to reject the rest",
        expect: expect("pass", "pass", "accept"),
        zone: "
            dmarc-pass.lab.test. A 127.0.0.1
            dmarc-pass.lab.test. MX 10 dmarc-pass.lab.test.
            dmarc-pass.lab.test. TXT \"v=spf1 ip4:127.0.0.0/8 ip6:::1 -all\"
            _dmarc.dmarc-pass.lab.test. TXT \"v=DMARC1; p=reject\"
            lab._domainkey.dmarc-pass.lab.test. TXT \"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"",
        step: None,
    },
    Sender {
        name: "dkim-only.lab.test",
        does: "lets nobody send for it, but signs with the lab's key (selector lab, `mox lab key`); asks to reject the rest",
        expect: expect("fail", "fail", "reject"),
        zone: "
            dkim-only.lab.test. A 127.0.0.1
            dkim-only.lab.test. TXT \"v=spf1 -all\"
            _dmarc.dkim-only.lab.test. TXT \"v=DMARC1; p=reject; adkim=s\"
            lab._domainkey.dkim-only.lab.test. TXT \"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"
            revoked._domainkey.dkim-only.lab.test. TXT \"v=DKIM1; k=ed25519; p=\"
            testing._domainkey.dkim-only.lab.test. TXT \"v=DKIM1; t=y; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"",
        step: None,
    },
    Sender {
        name: "dmarc-fail.lab.test",
        does: "lets nobody send for it, and only wants reports about mail that fails",
        expect: expect("fail", "fail", "accept"),
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
        expect: expect("softfail", "fail", "quarantine"),
        zone: "
            dmarc-quarantine.lab.test. A 127.0.0.1
            dmarc-quarantine.lab.test. TXT \"v=spf1 ip4:192.0.2.0/24 ~all\"
            _dmarc.dmarc-quarantine.lab.test. TXT \"v=DMARC1; p=quarantine\"",
        step: None,
    },
    Sender {
        name: "dmarc-reject.lab.test",
        does: "lets nobody send for it, and wants what fails refused",
        expect: expect("fail", "fail", "reject"),
        zone: "
            dmarc-reject.lab.test. A 127.0.0.1
            dmarc-reject.lab.test. TXT \"v=spf1 ip4:192.0.2.0/24 -all\"
            _dmarc.dmarc-reject.lab.test. TXT \"v=DMARC1; p=reject\"",
        step: None,
    },
    Sender {
        name: "dmarc-testing.lab.test",
        does: "tries p=reject with t=y, so what fails is only quarantined",
        expect: expect("fail", "fail", "quarantine"),
        zone: "
            dmarc-testing.lab.test. A 127.0.0.1
            dmarc-testing.lab.test. TXT \"v=spf1 -all\"
            _dmarc.dmarc-testing.lab.test. TXT \"v=DMARC1; p=reject; t=y\"",
        step: None,
    },
    Sender {
        name: "sub.dmarc-sp.lab.test",
        does: "is a subdomain, for which the domain above asks to quarantine (sp)",
        expect: expect("none", "fail", "quarantine"),
        zone: "
            dmarc-sp.lab.test. A 127.0.0.1
            sub.dmarc-sp.lab.test. A 127.0.0.1
            _dmarc.dmarc-sp.lab.test. TXT \"v=DMARC1; p=none; sp=quarantine; np=reject\"",
        step: None,
    },
    Sender {
        name: "nosuch.dmarc-sp.lab.test",
        does: "does not exist, and the domain above asks to reject such names (np)",
        expect: expect("none", "fail", "reject"),
        zone: "",
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
        expect: expect("pass", "pass", "accept"),
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
        expect: expect("pass", "pass", "accept"),
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
        expect: expect("pass", "pass", "accept"),
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
        expect: expect("pass", "pass", "accept"),
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
        expect: expect("pass", "pass", "accept"),
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
        expect: expect("pass", "pass", "accept"),
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
