//! Domains whose MTA-STS policies cannot be had, cannot be read, or do not fit their hosts; and such that change them.
//! RFC 8461 §3, §5, RFC 8460 §4.3.2.2.

use super::{
    Delivery, Det, ENFORCE, HOSTED, MX, Pol, ROW, Res, ResultKind, Row, STEP, Step, WITH_STS, domain, host,
};
use crate::web::Web;
use mox_tlsrpt::ResultType as T;

const OTHER_HOST: &str = "version: STSv1\nmode: enforce\nmx: other.{d}\nmax_age: 864000\n";
const OTHER_HOST_TESTING: &str = "version: STSv1\nmode: testing\nmx: other.{d}\nmax_age: 864000\n";
const NEXT_HOST: &str = "version: STSv1\nmode: enforce\nmx: next.{d}\nmax_age: 864000\n";
const NONE: &str = "version: STSv1\nmode: none\nmax_age: 864000\n";
const BAD_SYNTAX: &str = "version: STSv1\nmode: force\nmx: mx.{d}\nmax_age: 864000\n";

const MISMATCH: &[Det] = &[Det(T::ValidationFailure, "mtasts-policy-mx-mismatch", MX)];

/// A policy that cannot be had: mail arrives as if there were none.
const fn unknown(name: &'static str, does: &'static str, web: Web, results: &'static [Res]) -> Row {
    let zone: &[&str] = &[HOSTED, WITH_STS];
    Row { name, does, zone, web, results, ..ROW }
}

/// What a policy that cannot be had adds for the domain, and for its host.
const fn complaint(details: &'static [Det]) -> [Res; 2] {
    [domain(Pol::StsUnknown, 1, 0, details), host(Pol::None, 1, 0, &[])]
}

pub(super) const ROWS: &[Row] = &[
    unknown(
        "sts-404",
        "announces an MTA-STS policy and serves none (404)",
        Web::Status(404),
        &complaint(&[Det(T::StsPolicyFetchError, "no-policy-served", "")]),
    ),
    Row {
        name: "sts-unreachable",
        does: "announces an MTA-STS policy, and nothing listens at its policy host",
        zone: &[HOSTED, "_mta-sts.{d} TXT \"v=STSv1; id=1\"\n mta-sts.{d} A {dead}"],
        results: &complaint(&[Det(T::StsPolicyFetchError, "cannot-fetch-policy", "")]),
        ..ROW
    },
    unknown(
        "sts-badsyntax",
        "serves an MTA-STS policy with a mode that does not exist",
        Web::Policy(BAD_SYNTAX),
        &complaint(&[Det(T::StsPolicyInvalid, "policy-syntax-error", "")]),
    ),
    unknown(
        "sts-badcert",
        "serves its MTA-STS policy with a certificate that nobody else vouches for",
        Web::SelfSigned(ENFORCE),
        &complaint(&[Det(T::StsWebpkiInvalid, "certificate-not-trusted", "")]),
    ),
    unknown(
        "sts-redirect",
        "redirects those who ask for its MTA-STS policy",
        Web::Redirect,
        &complaint(&[Det(T::StsPolicyFetchError, "redirect-not-followed", "")]),
    ),
    Row {
        name: "sts-two-records",
        does: "has two MTA-STS records, which is as good as none",
        zone: &[HOSTED, WITH_STS, "_mta-sts.{d} TXT \"v=STSv1; id=2\""],
        web: Web::Policy(ENFORCE),
        results: &complaint(&[Det(T::StsPolicyFetchError, "multiple-mta-sts-records", "")]),
        ..ROW
    },
    Row {
        name: "sts-badrecord",
        does: "has an MTA-STS record without an id",
        zone: &[HOSTED, "_mta-sts.{d} TXT \"v=STSv1;\"\n mta-sts.{d} A {web}"],
        web: Web::Policy(ENFORCE),
        results: &complaint(&[Det(T::StsPolicyFetchError, "record-syntax-error", "")]),
        ..ROW
    },
    Row {
        name: "sts-mxmismatch",
        does: "enforces an MTA-STS policy in which its MX host is missing",
        zone: &[HOSTED, WITH_STS],
        web: Web::Policy(OTHER_HOST),
        delivery: Delivery::Deferred,
        results: &[domain(Pol::Sts(OTHER_HOST), 0, 1, MISMATCH)],
        ..ROW
    },
    Row {
        name: "sts-testing-mxmismatch",
        does: "tries an MTA-STS policy in which its MX host is missing",
        zone: &[HOSTED, WITH_STS],
        web: Web::Policy(OTHER_HOST_TESTING),
        results: &[domain(Pol::Sts(OTHER_HOST_TESTING), 1, 0, MISMATCH), host(Pol::None, 1, 0, &[])],
        ..ROW
    },
    Row {
        name: "sts-changed-id",
        does: "enforces an MTA-STS policy, then moves to another host and says so by a new id",
        zone: &[HOSTED, WITH_STS],
        web: Web::Policy(ENFORCE),
        results: &[domain(Pol::Sts(ENFORCE), 1, 0, &[]), host(Pol::None, 1, 0, &[])],
        steps: &[Step {
            does: "has another MX host, and a policy with a new id that lists it instead of the old one",
            zone: &[
                "{d} MX 10 next.{d}\n next.{d} A {ip}",
                "_mta-sts.{d} TXT \"v=STSv1; id=2\"\n mta-sts.{d} A {web}",
            ],
            web: Web::Policy(NEXT_HOST),
            results: &[
                domain(Pol::Sts(NEXT_HOST), 1, 0, &[]),
                Res {
                    kind: ResultKind::Host,
                    of: "next.{d}",
                    policy: Pol::None,
                    ok: 1,
                    failed: 0,
                    details: &[],
                },
            ],
            ..STEP
        }],
        ..ROW
    },
    Row {
        name: "sts-gone",
        does: "enforces an MTA-STS policy, then withdraws its record; who knows the policy still keeps to it",
        zone: &[HOSTED, WITH_STS],
        web: Web::Policy(ENFORCE),
        results: &[domain(Pol::Sts(ENFORCE), 1, 0, &[]), host(Pol::None, 1, 0, &[])],
        steps: &[Step {
            does: "has neither record nor policy any more",
            results: &[
                domain(
                    Pol::Sts(ENFORCE),
                    1,
                    0,
                    &[Det(T::StsPolicyFetchError, "no-mta-sts-dns-txt-record+fallback-to-cached-policy", "")],
                ),
                host(Pol::None, 1, 0, &[]),
            ],
            ..STEP
        }],
        ..ROW
    },
    Row {
        name: "sts-gone-none",
        does: "has an MTA-STS policy of mode none, then withdraws its record; the policy is forgotten",
        zone: &[HOSTED, WITH_STS],
        web: Web::Policy(NONE),
        results: &[domain(Pol::Sts(NONE), 1, 0, &[]), host(Pol::None, 1, 0, &[])],
        steps: &[Step {
            does: "has neither record nor policy any more",
            results: &[domain(Pol::None, 1, 0, &[]), host(Pol::None, 1, 0, &[])],
            ..STEP
        }],
        ..ROW
    },
];
