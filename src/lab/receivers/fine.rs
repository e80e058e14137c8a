//! Domains where mail arrives: with every policy and every shape of MX. RFC 7672, 8461, 8689.

use super::{
    Delivery, Det, ENFORCE, HOSTED, Pol, ROW, Res, ResultKind, Row, TESTING, TLSA, WITH_STS, WITH_TLSA,
    domain, host,
};
use crate::hosts::{Host, Proof, Tls};
use crate::web::Web;
use mox_tlsrpt::ResultType as T;

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "dane-ok",
        does: "has a TLSA record that fits its host's key, and IPv6",
        zone: &[HOSTED, "mx.{d} AAAA {ip6}", WITH_TLSA],
        results: &[domain(Pol::None, 1, 0, &[]), host(TLSA, 1, 0, &[])],
        ..ROW
    },
    Row {
        name: "dane-ta-ok",
        does: "has a TLSA record for the authority that issued its host's certificate (DANE-TA)",
        zone: &[HOSTED, "_25._tcp.mx.{d} TLSA 2 1 1 {ca}"],
        host: Host::showing(Proof::WithIssuer),
        results: &[domain(Pol::None, 1, 0, &[]), host(Pol::Tlsa(&["2 1 1 {ca}"]), 1, 0, &[])],
        ..ROW
    },
    Row {
        name: "dane-rollover",
        does: "has two TLSA records while it changes keys, one of which fits",
        zone: &[HOSTED, "_25._tcp.mx.{d} TLSA 3 1 1 {other}", WITH_TLSA],
        results: &[
            domain(Pol::None, 1, 0, &[]),
            host(Pol::Tlsa(&["3 1 1 {other}", "3 1 1 {host}"]), 1, 0, &[]),
        ],
        ..ROW
    },
    Row {
        name: "dane-selfsigned",
        does: "has a TLSA record that fits its host's key, whose certificate nobody else vouches for",
        zone: &[HOSTED, WITH_TLSA],
        host: Host::showing(Proof::SelfSigned),
        results: &[
            domain(Pol::None, 1, 0, &[Det(T::CertificateNotTrusted, "", "mx.{d}")]),
            host(TLSA, 1, 0, &[]),
        ],
        ..ROW
    },
    Row {
        name: "sts-ok",
        does: "enforces an MTA-STS policy that its host fulfils",
        zone: &[HOSTED, WITH_STS],
        web: Web::Policy(ENFORCE),
        results: &[domain(Pol::Sts(ENFORCE), 1, 0, &[]), host(Pol::None, 1, 0, &[])],
        ..ROW
    },
    Row {
        name: "sts-testing-ok",
        does: "tries an MTA-STS policy that its host fulfils",
        zone: &[HOSTED, WITH_STS],
        web: Web::Policy(TESTING),
        results: &[domain(Pol::Sts(TESTING), 1, 0, &[]), host(Pol::None, 1, 0, &[])],
        ..ROW
    },
    Row {
        name: "both-ok",
        does: "has both, an MTA-STS policy that it enforces and a TLSA record, and its host fulfils both",
        zone: &[HOSTED, WITH_STS, WITH_TLSA],
        web: Web::Policy(ENFORCE),
        results: &[domain(Pol::Sts(ENFORCE), 1, 0, &[]), host(TLSA, 1, 0, &[])],
        ..ROW
    },
    Row {
        name: "nopolicy-tls",
        does: "has no policy, and a host with TLS",
        results: &[domain(Pol::None, 1, 0, &[]), host(Pol::None, 1, 0, &[])],
        ..ROW
    },
    Row {
        name: "nopolicy-plain",
        does: "has no policy, and a host without STARTTLS",
        host: Host::with(Tls::Missing),
        results: &[
            domain(Pol::None, 0, 0, &[Det(T::StartTlsNotSupported, "", "mx.{d}")]),
            host(Pol::None, 0, 0, &[Det(T::StartTlsNotSupported, "", "mx.{d}")]),
        ],
        ..ROW
    },
    Row {
        name: "own-mx",
        does: "has no MX record, so it is its own mail host",
        zone: &["{d} A {ip}"],
        results: &[domain(Pol::None, 1, 0, &[]), its_own(Pol::None)],
        ..ROW
    },
    Row {
        name: "own-mx-dane",
        does: "is its own mail host, and has a TLSA record: of one name only one policy is reported",
        zone: &["{d} A {ip}", "_25._tcp.{d} TLSA 3 1 1 {host}"],
        results: &[its_own(TLSA)],
        ..ROW
    },
    Row {
        name: "cname-mx",
        does: "has an MX host that is an alias; the name it leads to holds the TLSA record",
        zone: &["{d} MX 10 alias.{d}\n alias.{d} CNAME mx.{d}\n mx.{d} A {ip}", WITH_TLSA],
        results: &[domain(Pol::None, 1, 0, &[]), host(TLSA, 1, 0, &[])],
        ..ROW
    },
    Row {
        name: "two-mx",
        does: "has two MX hosts, the first of which does not answer",
        zone: &["{d} MX 10 dead.{d}\n dead.{d} A {dead}\n {d} MX 20 mx.{d}\n mx.{d} A {ip}"],
        results: &[domain(Pol::None, 1, 0, &[]), host(Pol::None, 1, 0, &[])],
        ..ROW
    },
];

const fn its_own(policy: Pol) -> Res {
    Res { kind: ResultKind::Host, of: "{d}", policy, ok: 1, failed: 0, details: &[] }
}

/// Domains for messages that ask for REQUIRETLS.
pub(super) const REQUIRETLS: &[Row] = &[
    Row {
        name: "requiretls-ok",
        does: "has a TLSA record and a host that knows REQUIRETLS, so messages that ask for it pass",
        zone: &[HOSTED, WITH_TLSA],
        host: Host { requiretls: true, ..Host::FINE },
        with_requiretls: Some(Delivery::Delivered),
        results: &[domain(Pol::None, 1, 0, &[]), host(TLSA, 1, 0, &[])],
        ..ROW
    },
    Row {
        name: "requiretls-missing",
        does: "has a TLSA record and a host that does not know REQUIRETLS, so messages that ask for it bounce",
        zone: &[HOSTED, WITH_TLSA],
        with_requiretls: Some(Delivery::Failed),
        results: &[domain(Pol::None, 1, 0, &[]), host(TLSA, 1, 0, &[])],
        ..ROW
    },
];
