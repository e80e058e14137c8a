//! Domains whose TLSA records do not fit, cannot be used, or cannot be had, and others with DNS that lies. RFC 7672 §2,
//! RFC 8460 §4.3.2.1, RFC 8914 (extended DNS errors).

use super::{Delivery, Det, HOSTED, Pol, ROW, Row, WITH_TLSA, domain, host};
use mox_tlsrpt::ResultType as T;

/// What a validating resolver says of a signature that does not verify.
const BOGUS: &str = "dns-extended-error-6-dnssec-bogus";

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "dane-mismatch",
        does: "has a TLSA record for another key than that of its host",
        zone: &[HOSTED, "_25._tcp.mx.{d} TLSA 3 1 1 {other}"],
        delivery: Delivery::Deferred,
        results: &[
            domain(Pol::None, 0, 1, &[]),
            host(
                Pol::Tlsa(&["3 1 1 {other}"]),
                0,
                1,
                &[Det(T::ValidationFailure, "dane-no-match", "mx.{d}")],
            ),
        ],
        ..ROW
    },
    Row {
        name: "dane-unusable",
        does: "has TLSA records only of kinds that are not for SMTP, so TLS is a must and nothing is proved",
        zone: &[HOSTED, "_25._tcp.mx.{d} TLSA 0 1 1 {ca}\n _25._tcp.mx.{d} TLSA 1 1 1 {host}"],
        results: &[
            domain(Pol::None, 1, 0, &[]),
            host(
                Pol::Tlsa(&["0 1 1 {ca}", "1 1 1 {host}"]),
                1,
                0,
                &[Det(T::TlsaInvalid, "all-unusable-records+ignored", "mx.{d}")],
            ),
        ],
        ..ROW
    },
    Row {
        name: "dane-bogus",
        does: "has a TLSA record with a signature that does not verify",
        zone: &[HOSTED, "_25._tcp.mx.{d} TLSA 3 1 1 {host} ; bogus"],
        delivery: Delivery::Deferred,
        results: &[
            domain(Pol::None, 0, 1, &[]),
            host(Pol::Tlsa(&[]), 0, 1, &[Det(T::DnssecInvalid, BOGUS, "mx.{d}")]),
        ],
        ..ROW
    },
    Row {
        name: "dane-servfail",
        does: "has name servers that fail when asked for its TLSA records",
        zone: &[HOSTED, "_25._tcp.mx.{d} TLSA ; servfail"],
        delivery: Delivery::Deferred,
        results: &[
            domain(Pol::None, 0, 1, &[]),
            host(Pol::Tlsa(&[]), 0, 1, &[Det(T::TlsaInvalid, "dns-lookup", "mx.{d}")]),
        ],
        ..ROW
    },
    Row {
        name: "dane-insecure",
        does: "has a TLSA record for another key, in a zone without DNSSEC, so it counts for nothing",
        zone: &[
            "{d} MX 10 mx.{d} ; insecure\n mx.{d} A {ip} ; insecure",
            "_25._tcp.mx.{d} TLSA 3 1 1 {other} ; insecure",
        ],
        results: &[domain(Pol::None, 1, 0, &[]), host(Pol::None, 1, 0, &[])],
        ..ROW
    },
    Row {
        name: "dane-required",
        does: "has no TLSA record, and the route to it asks for DANE (Direct.RequireDANE)",
        delivery: Delivery::Deferred,
        results: &[
            domain(Pol::None, 0, 1, &[]),
            host(Pol::None, 0, 1, &[Det(T::DaneRequired, "", "mx.{d}")]),
        ],
        ..ROW
    },
    Row {
        name: "mx-bogus",
        does: "has an MX record with a signature that does not verify",
        zone: &["{d} MX 10 mx.{d} ; bogus\n mx.{d} A {ip}", WITH_TLSA],
        delivery: Delivery::Deferred,
        results: &[domain(Pol::None, 0, 1, &[Det(T::ValidationFailure, BOGUS, "")])],
        ..ROW
    },
    Row {
        name: "host-bogus",
        does: "has a host whose address has a signature that does not verify",
        zone: &["{d} MX 10 mx.{d}\n mx.{d} A {ip} ; bogus", WITH_TLSA],
        delivery: Delivery::Deferred,
        results: &[
            domain(Pol::None, 0, 1, &[]),
            host(Pol::Tlsa(&[]), 0, 1, &[Det(T::ValidationFailure, BOGUS, "mx.{d}")]),
        ],
        ..ROW
    },
];
