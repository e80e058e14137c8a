//! TLS reports: what others tell of TLS with us, what we collect of TLS with them, and what is sent of it. RFC 8460.

mod collected;
mod outgoing;
mod received;
mod record;
mod sent;
#[cfg(test)]
#[path = "tests/tlsrpt.rs"]
mod tests;

use mox_admin::OpError;
use mox_httpserver::Response;
use mox_web::Query;

use crate::suppressed::Shown;
use crate::{At, no_page};

/// The place of these pages.
const PLACE: &str = "tlsrpt";
/// Where destinations are suppressed.
const SUPPRESSED: Shown = Shown {
    place: PLACE,
    tab: "suppressed",
    list: "tlsrpt/suppressed",
    add: "tlsrpt/suppressed/add",
    extend: "tlsrpt/suppressed/extend",
    remove: "tlsrpt/suppressed/remove",
};

/// Answers for paths below `tlsrpt`.
pub(crate) async fn route(at: &At, path: &[&str]) -> Result<Response, OpError> {
    match (at.reads(), path) {
        (true, []) => received::overview(at).await,
        (true, ["domain"]) => received::domain(at).await,
        (true, ["host"]) => received::host(at).await,
        (true, ["silent"]) => received::silent(at).await,
        (true, ["reports"]) => received::list(at).await,
        (true, ["reports", id]) => received::report(at, id).await,
        (true, ["collected"]) => collected::page(at).await,
        (true, ["outgoing"]) => outgoing::page(at).await,
        (true, ["about"]) => outgoing::about(at).await,
        (false, ["send"]) => outgoing::send(at).await,
        (true, ["sent"]) => sent::page(at).await,
        (true, ["suppressed"]) => SUPPRESSED.page(at).await,
        (false, ["suppressed", "add"]) => SUPPRESSED.add(at).await,
        (false, ["suppressed", "extend"]) => SUPPRESSED.extend(at).await,
        (false, ["suppressed", "remove"]) => SUPPRESSED.remove(at).await,
        (true, ["lookup"]) => record::page(at).await,
        _ => Err(no_page()),
    }
}

/// The number of days that a page looks at.
fn days(query: &Query) -> Result<u32, OpError> {
    Ok(query.value::<u32>("days")?.unwrap_or(30).clamp(1, 400))
}

/// A parameter that a page cannot do without.
pub(crate) fn needed(query: &Query, name: &'static str, what: &str) -> Result<String, OpError> {
    let value = query.get(name).map(|value| value.trim().to_owned());
    value.filter(|value| !value.is_empty()).ok_or_else(|| {
        OpError::usage(format!("parameter {name:?} is missing"))
            .hint(format!("say which {what}, as {name}=…"))
    })
}

/// The badge of what became, or would become, of a report or a destination.
fn badge(state: &str) -> &'static str {
    match state {
        "delivered" | "will-send" | "would-send" | "sealed" | "already-sealed" | "queued" | "found" => {
            "badge good"
        }
        "failed" | "expired" | "invalid" | "several" => "badge bad",
        "suppressed" | "withheld" | "later" | "discarded" | "unknown" => "badge warn",
        _ => "badge",
    }
}

/// What a report is about, in words.
fn role(kind: &str) -> &'static str {
    match kind {
        "host" => "MX host",
        _ => "domain of recipients",
    }
}
