//! Domains that want reports in every way, each with something to report. RFC 8460 §3, §5.

use super::{Det, HOSTED, Pol, ROW, Res, Row, STEP, Step, domain, host};
use crate::hosts::{Host, Tls};
use crate::web::Web;
use mox_tlsrpt::ResultType as T;

/// Something to report, while mail arrives.
const PLAIN: &[Res] = &[
    domain(Pol::None, 0, 0, &[Det(T::StartTlsNotSupported, "", "mx.{d}")]),
    host(Pol::None, 0, 0, &[Det(T::StartTlsNotSupported, "", "mx.{d}")]),
];

const fn wants(name: &'static str, does: &'static str, rua: &'static str) -> Row {
    Row { name, does, rua, host: Host::with(Tls::Missing), results: PLAIN, ..ROW }
}

pub(super) const ROWS: &[Row] = &[
    wants("rua-https", "wants reports by HTTPS", "https://rua.lab.test/tlsrpt"),
    wants(
        "rua-both",
        "wants reports by mail and by HTTPS",
        "mailto:tlsrpt@rua.lab.test,https://rua.lab.test/tlsrpt",
    ),
    wants("rua-none", "wants no reports", ""),
    Row {
        steps: &[Step {
            does: "wants no reports any more",
            rua: "",
            host: Host::with(Tls::Missing),
            results: PLAIN,
            ..STEP
        }],
        ..wants("rua-vanishes", "wants reports, and then withdraws the record that says so", super::RUA)
    },
    Row {
        zone: &[HOSTED, "{d} A {web}"],
        web: Web::ReportsFailOnce,
        ..wants(
            "rua-500",
            "wants reports by HTTPS, and fails (500) at the first attempt of each",
            "https://{d}/tlsrpt",
        )
    },
    Row {
        zone: &[HOSTED, "{d} A {web}"],
        web: Web::ReportsRedirect,
        ..wants(
            "rua-redirect",
            "wants reports by HTTPS, and redirects them to another host",
            "https://{d}/tlsrpt",
        )
    },
    Row {
        zone: &[HOSTED, "rua.{d} A 127.0.0.1"],
        ..wants(
            "loopback-rua",
            "wants reports by HTTPS at an address of the machine that sends them",
            "https://rua.{d}/tlsrpt",
        )
    },
    wants("rua-reject", "wants reports by mail, and refuses them for good", "mailto:tlsrpt@reject.lab.test"),
    wants(
        "rua-defer",
        "wants reports by mail, and refuses them for the time being, always",
        "mailto:tlsrpt@defer.lab.test",
    ),
    Row {
        zone: &[HOSTED, "_smtp._tls.mx.{d} TXT \"v=TLSRPTv1; rua=https://rua.lab.test/host\""],
        ..wants("rua-host", "wants reports, and so does its host, elsewhere", super::RUA)
    },
    Row {
        zone: &[HOSTED, "_smtp._tls.mx.{d} TXT \"v=TLSRPTv1; rua=mailto:tlsrpt@rua.lab.test\""],
        ..wants(
            "rua-host-same",
            "wants reports where its host wants them, who needs none besides",
            super::RUA,
        )
    },
    wants(
        "loop-a",
        "wants reports at a domain that wants its own reports here",
        "mailto:tlsrpt@loop-b.lab.test",
    ),
    wants(
        "loop-b",
        "wants reports at a domain that wants its own reports here",
        "mailto:tlsrpt@loop-a.lab.test",
    ),
];
