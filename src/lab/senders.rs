//! Domains whose mail passes or fails SPF, DKIM and DMARC when it comes from this machine. RFC 7208, 6376, 9989.

use crate::{Expect, LabDomain};

const fn expect(spf: &'static str, dmarc: &'static str, decision: &'static str) -> Expect {
    Expect { spf, dmarc, decision }
}

pub(crate) const ALL: &[LabDomain] = &[
    LabDomain {
        name: "dmarc-pass.lab.test",
        does: "lets this machine send for it, and asks to reject the rest",
        expect: expect("pass", "pass", "accept"),
        zone: "
            dmarc-pass.lab.test. A 127.0.0.1
            dmarc-pass.lab.test. MX 10 dmarc-pass.lab.test.
            dmarc-pass.lab.test. TXT \"v=spf1 ip4:127.0.0.0/8 ip6:::1 -all\"
            _dmarc.dmarc-pass.lab.test. TXT \"v=DMARC1; p=reject\"
            lab._domainkey.dmarc-pass.lab.test. TXT \"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"",
    },
    LabDomain {
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
    },
    LabDomain {
        name: "dmarc-fail.lab.test",
        does: "lets nobody send for it, and only wants reports about mail that fails",
        expect: expect("fail", "fail", "accept"),
        zone: "
            dmarc-fail.lab.test. A 127.0.0.1
            dmarc-fail.lab.test. TXT \"v=spf1 exp=why.%{d} -all\"
            why.dmarc-fail.lab.test. TXT \"%{i} may not send for %{d}\"
            _dmarc.dmarc-fail.lab.test. TXT \"v=DMARC1; p=none; rua=mailto:dmarc@dmarc-fail.lab.test\"",
    },
    LabDomain {
        name: "dmarc-quarantine.lab.test",
        does: "lets nobody send for it, and wants what fails in the mailbox for junk",
        expect: expect("softfail", "fail", "quarantine"),
        zone: "
            dmarc-quarantine.lab.test. A 127.0.0.1
            dmarc-quarantine.lab.test. TXT \"v=spf1 ip4:192.0.2.0/24 ~all\"
            _dmarc.dmarc-quarantine.lab.test. TXT \"v=DMARC1; p=quarantine\"",
    },
    LabDomain {
        name: "dmarc-reject.lab.test",
        does: "lets nobody send for it, and wants what fails refused",
        expect: expect("fail", "fail", "reject"),
        zone: "
            dmarc-reject.lab.test. A 127.0.0.1
            dmarc-reject.lab.test. TXT \"v=spf1 ip4:192.0.2.0/24 -all\"
            _dmarc.dmarc-reject.lab.test. TXT \"v=DMARC1; p=reject\"",
    },
    LabDomain {
        name: "dmarc-testing.lab.test",
        does: "tries p=reject with t=y, so what fails is only quarantined",
        expect: expect("fail", "fail", "quarantine"),
        zone: "
            dmarc-testing.lab.test. A 127.0.0.1
            dmarc-testing.lab.test. TXT \"v=spf1 -all\"
            _dmarc.dmarc-testing.lab.test. TXT \"v=DMARC1; p=reject; t=y\"",
    },
    LabDomain {
        name: "sub.dmarc-sp.lab.test",
        does: "is a subdomain, for which the domain above asks to quarantine (sp)",
        expect: expect("none", "fail", "quarantine"),
        zone: "
            dmarc-sp.lab.test. A 127.0.0.1
            sub.dmarc-sp.lab.test. A 127.0.0.1
            _dmarc.dmarc-sp.lab.test. TXT \"v=DMARC1; p=none; sp=quarantine; np=reject\"",
    },
    LabDomain {
        name: "nosuch.dmarc-sp.lab.test",
        does: "does not exist, and the domain above asks to reject such names (np)",
        expect: expect("none", "fail", "reject"),
        zone: "",
    },
    LabDomain {
        name: "spf-neutral.lab.test",
        does: "says nothing about who may send for it, and has no DMARC record",
        expect: expect("neutral", "none", "accept"),
        zone: "
            spf-neutral.lab.test. A 127.0.0.1
            spf-neutral.lab.test. TXT \"v=spf1 ?all\"",
    },
    LabDomain {
        name: "spf-permerror.lab.test",
        does: "has two SPF records",
        expect: expect("permerror", "none", "accept"),
        zone: "
            spf-permerror.lab.test. A 127.0.0.1
            spf-permerror.lab.test. TXT \"v=spf1 +all\"
            spf-permerror.lab.test. TXT \"v=spf1 -all\"",
    },
    LabDomain {
        name: "spf-temperror.lab.test",
        does: "has name servers that fail when asked for its SPF record",
        expect: expect("temperror", "none", "accept"),
        zone: "
            spf-temperror.lab.test. A 127.0.0.1
            spf-temperror.lab.test. TXT ; servfail",
    },
    LabDomain {
        name: "dmarc-temperror.lab.test",
        does: "has name servers that fail when asked for its DMARC record, so nothing can be said yet",
        expect: expect("fail", "temperror", "accept"),
        zone: "
            dmarc-temperror.lab.test. A 127.0.0.1
            dmarc-temperror.lab.test. TXT \"v=spf1 -all\"
            _dmarc.dmarc-temperror.lab.test. TXT ; servfail",
    },
    LabDomain {
        name: "none.lab.test",
        does: "has an address and no records about mail",
        expect: expect("none", "none", "accept"),
        zone: "none.lab.test. A 127.0.0.1",
    },
    LabDomain {
        name: "nullmx.lab.test",
        does: "says that it takes no mail (null MX)",
        expect: expect("fail", "none", "accept"),
        zone: "
            nullmx.lab.test. A 127.0.0.1
            nullmx.lab.test. MX 0 .
            nullmx.lab.test. TXT \"v=spf1 -all\"",
    },
];
