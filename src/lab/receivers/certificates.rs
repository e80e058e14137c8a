//! Domains whose hosts show certificates that prove nothing, or do not finish a handshake. RFC 8460 §4.3.1.

use super::{Delivery, Det, ENFORCE, HOSTED, Pol, ROW, Res, Row, TESTING, WITH_STS, domain, host};
use crate::hosts::{Host, Proof, Tls};
use crate::web::Web;
use mox_tlsrpt::ResultType as T;

/// A certificate that PKIX refuses, for a domain that enforces MTA-STS. Only the policy that asks for PKIX complains.
const fn sts(name: &'static str, does: &'static str, proof: Proof, results: &'static [Res]) -> Row {
    let (zone, web): (&[&str], _) = (&[HOSTED, WITH_STS], Web::Policy(ENFORCE));
    Row { name, does, zone, web, host: Host::showing(proof), delivery: Delivery::Deferred, results, ..ROW }
}

/// A handshake that does not end well, for a domain without a policy: mail arrives in plain text, over another connection.
const fn bare(name: &'static str, does: &'static str, tls: Tls, results: &'static [Res]) -> Row {
    Row { name, does, host: Host::with(tls), results, ..ROW }
}

const EXPIRED: &[Det] = &[Det(T::CertificateExpired, "", "mx.{d}")];
const WRONG_NAME: &[Det] = &[Det(T::CertificateHostMismatch, "", "mx.{d}")];
const UNKNOWN: &[Det] = &[Det(T::CertificateNotTrusted, "", "mx.{d}")];
const ALERT: &[Det] = &[Det(T::ValidationFailure, "tls-remote-alert-40-handshake-failure", "mx.{d}")];
const LATE_ALERT: &[Det] =
    &[Det(T::ValidationFailure, "tls-remote-alert-116-certificate-required", "mx.{d}")];
const GARBAGE: &[Det] = &[Det(T::ValidationFailure, "tls-record-header-error", "mx.{d}")];
const CLOSED: &[Det] = &[Det(T::ValidationFailure, "connection-closed-during-handshake", "mx.{d}")];

pub(super) const ROWS: &[Row] = &[
    sts(
        "sts-expired",
        "enforces an MTA-STS policy, and has a host whose certificate has expired",
        Proof::Expired,
        &[domain(Pol::Sts(ENFORCE), 0, 1, EXPIRED), host(Pol::None, 0, 1, &[])],
    ),
    sts(
        "sts-wrongname",
        "enforces an MTA-STS policy, and has a host with a certificate for other names",
        Proof::WrongName,
        &[domain(Pol::Sts(ENFORCE), 0, 1, WRONG_NAME), host(Pol::None, 0, 1, &[])],
    ),
    sts(
        "sts-selfsigned",
        "enforces an MTA-STS policy, and has a host with a certificate that nobody else vouches for",
        Proof::SelfSigned,
        &[domain(Pol::Sts(ENFORCE), 0, 1, UNKNOWN), host(Pol::None, 0, 1, &[])],
    ),
    sts(
        "sts-unknownca",
        "enforces an MTA-STS policy, and has a host with a certificate of an authority that nobody knows",
        Proof::UnknownIssuer,
        &[domain(Pol::Sts(ENFORCE), 0, 1, UNKNOWN), host(Pol::None, 0, 1, &[])],
    ),
    Row {
        name: "sts-testing-selfsigned",
        does: "tries an MTA-STS policy that its host does not fulfil: nobody else vouches for its certificate",
        zone: &[HOSTED, WITH_STS],
        web: Web::Policy(TESTING),
        host: Host::showing(Proof::SelfSigned),
        results: &[domain(Pol::Sts(TESTING), 1, 0, UNKNOWN), host(Pol::None, 1, 0, &[])],
        ..ROW
    },
    Row {
        name: "nopolicy-selfsigned",
        does: "has no policy, and a host with a certificate that nobody else vouches for",
        host: Host::showing(Proof::SelfSigned),
        results: &[domain(Pol::None, 1, 0, UNKNOWN), host(Pol::None, 1, 0, &[])],
        ..ROW
    },
    bare(
        "tls-alert",
        "has a host that answers the handshake with an alert",
        Tls::Alert,
        &[domain(Pol::None, 0, 1, ALERT), host(Pol::None, 0, 1, ALERT)],
    ),
    bare(
        "tls-late-alert",
        "has a host that sends an alert once the handshake is done",
        Tls::LateAlert,
        &[domain(Pol::None, 0, 1, LATE_ALERT), host(Pol::None, 0, 1, LATE_ALERT)],
    ),
    bare(
        "tls-garbage",
        "has a host that answers the handshake with something that is not TLS",
        Tls::Garbage,
        &[domain(Pol::None, 0, 1, GARBAGE), host(Pol::None, 0, 1, GARBAGE)],
    ),
    bare(
        "tls-close",
        "has a host that closes the connection in the handshake",
        Tls::Close,
        &[domain(Pol::None, 0, 1, CLOSED), host(Pol::None, 0, 1, CLOSED)],
    ),
];
