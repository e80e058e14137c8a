//! Domains whose hosts spoil STARTTLS, with no policy, with MTA-STS, and with DANE. RFC 3207, RFC 8460 §4.3.1.

use super::{Delivery, Det, ENFORCE, HOSTED, Pol, ROW, Row, TLSA, WITH_STS, WITH_TLSA, domain, host};
use crate::hosts::{Host, Tls};
use crate::web::Web;
use mox_tlsrpt::ResultType as T;

const MISSING: &[Det] = &[Det(T::StartTlsNotSupported, "", "mx.{d}")];
const REFUSED: &[Det] = &[Det(T::StartTlsNotSupported, "smtp-starttls-reply-code-454", "mx.{d}")];
const INJECTED: &[Det] = &[Det(T::ValidationFailure, "starttls-injected-bytes", "mx.{d}")];

/// A host that spoils STARTTLS, for a domain without a policy: mail arrives in plain text.
const fn bare(name: &'static str, does: &'static str, tls: Tls, results: &'static [super::Res]) -> Row {
    Row { name, does, host: Host::with(tls), results, ..ROW }
}

/// The same for a domain that enforces MTA-STS.
const fn sts(name: &'static str, does: &'static str, tls: Tls, results: &'static [super::Res]) -> Row {
    let (zone, web): (&[&str], _) = (&[HOSTED, WITH_STS], Web::Policy(ENFORCE));
    Row { name, does, zone, web, host: Host::with(tls), delivery: Delivery::Deferred, results, ..ROW }
}

/// The same for a domain with DANE.
const fn dane(name: &'static str, does: &'static str, tls: Tls, results: &'static [super::Res]) -> Row {
    let zone: &[&str] = &[HOSTED, WITH_TLSA];
    Row { name, does, zone, host: Host::with(tls), delivery: Delivery::Deferred, results, ..ROW }
}

pub(super) const ROWS: &[Row] = &[
    sts(
        "sts-starttls-missing",
        "enforces an MTA-STS policy, and has a host without STARTTLS",
        Tls::Missing,
        &[domain(Pol::Sts(ENFORCE), 0, 1, MISSING), host(Pol::None, 0, 1, MISSING)],
    ),
    dane(
        "dane-starttls-missing",
        "has a TLSA record, and a host without STARTTLS",
        Tls::Missing,
        &[domain(Pol::None, 0, 1, MISSING), host(TLSA, 0, 1, MISSING)],
    ),
    bare(
        "nopolicy-starttls-454",
        "has no policy, and a host that offers STARTTLS and then refuses it for the time being (454)",
        Tls::Refused,
        &[domain(Pol::None, 0, 1, REFUSED), host(Pol::None, 0, 1, REFUSED)],
    ),
    sts(
        "sts-starttls-454",
        "enforces an MTA-STS policy, and has a host that offers STARTTLS and then refuses it (454)",
        Tls::Refused,
        &[domain(Pol::Sts(ENFORCE), 0, 1, REFUSED), host(Pol::None, 0, 1, REFUSED)],
    ),
    dane(
        "dane-starttls-454",
        "has a TLSA record, and a host that offers STARTTLS and then refuses it (454)",
        Tls::Refused,
        &[domain(Pol::None, 0, 1, REFUSED), host(TLSA, 0, 1, REFUSED)],
    ),
    bare(
        "nopolicy-injected",
        "has no policy, and somebody on the way who adds bytes to the reply to STARTTLS",
        Tls::Injected,
        &[domain(Pol::None, 0, 1, INJECTED), host(Pol::None, 0, 1, INJECTED)],
    ),
    sts(
        "sts-injected",
        "enforces an MTA-STS policy; somebody on the way adds bytes to the reply to STARTTLS",
        Tls::Injected,
        &[domain(Pol::Sts(ENFORCE), 0, 1, INJECTED), host(Pol::None, 0, 1, INJECTED)],
    ),
    dane(
        "dane-injected",
        "has a TLSA record; somebody on the way adds bytes to the reply to STARTTLS",
        Tls::Injected,
        &[domain(Pol::None, 0, 1, INJECTED), host(TLSA, 0, 1, INJECTED)],
    ),
];
