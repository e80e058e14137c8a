//! Domains whose hosts have good TLS and bad days, and domains without hosts. RFC 5321 §4.2.1, §4.5.4.1, RFC 7505.

use super::{Delivery, Pol, ROW, Res, Row, STEP, Step, domain, host};
use crate::hosts::{Host, Mail};

const TLS_FINE: &[Res] = &[domain(Pol::None, 1, 0, &[]), host(Pol::None, 1, 0, &[])];

/// Seconds that a greylisted message has to wait.
pub(crate) const GREYLIST_SECS: u64 = 10;

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "greylist",
        does: "refuses who it does not know for ten seconds (451), then takes the message",
        host: Host::that(Mail::Greylist),
        delivery: Delivery::DeliveredAfterRetry,
        results: TLS_FINE,
        steps: &[Step {
            does: "takes the message",
            after_secs: Some(GREYLIST_SECS),
            host: Host::that(Mail::Greylist),
            results: TLS_FINE,
            ..STEP
        }],
        ..ROW
    },
    Row {
        name: "defer",
        does: "refuses every recipient for the time being (450)",
        host: Host::that(Mail::Defer),
        delivery: Delivery::Deferred,
        results: TLS_FINE,
        ..ROW
    },
    Row {
        name: "reject",
        does: "refuses every recipient for good (550)",
        host: Host::that(Mail::Reject),
        delivery: Delivery::Failed,
        results: TLS_FINE,
        ..ROW
    },
    Row {
        name: "stall",
        does: "has a host that takes connections and never says a word",
        host: Host::that(Mail::Stall),
        delivery: Delivery::Deferred,
        ..ROW
    },
    Row {
        name: "drop-mid-data",
        does: "has a host that closes the connection in the middle of the message",
        host: Host::that(Mail::DropMidData),
        delivery: Delivery::Deferred,
        results: TLS_FINE,
        ..ROW
    },
    Row {
        name: "nullmx",
        does: "says that it takes no mail (null MX)",
        zone: &["{d} MX 0 ."],
        rua: "",
        delivery: Delivery::Failed,
        ..ROW
    },
    Row { name: "nodomain", does: "does not exist", zone: &[], rua: "", delivery: Delivery::Failed, ..ROW },
    Row {
        name: "dead",
        does: "has a host where nothing listens",
        zone: &["{d} MX 10 mx.{d}\n mx.{d} A {dead}"],
        delivery: Delivery::Deferred,
        ..ROW
    },
];
