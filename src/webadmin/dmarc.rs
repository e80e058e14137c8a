//! DMARC: what others report about our domains, how far a domain is on the way to `p=reject`, and what we report.
//! RFC 9989, RFC 9990, RFC 9991.

mod failures;
mod outgoing;
mod readiness;
mod received;

#[cfg(test)]
#[path = "tests/dmarc.rs"]
mod tests;

use form_urlencoded::Serializer;
use mox_admin::OpError;
use mox_httpserver::Response;
use mox_web::Query;
use mox_web::query::QueryError;

use crate::suppressed::Shown;
use crate::{At, no_page};

/// The place of these pages.
const PLACE: &str = "dmarc";
/// Where destinations are suppressed.
const SUPPRESSED: Shown = Shown {
    place: PLACE,
    tab: "dmarc/suppressed",
    list: "dmarc/suppressed",
    add: "dmarc/suppress",
    extend: "dmarc/extend",
    remove: "dmarc/unsuppress",
};

/// Answers for paths below `dmarc`.
pub(crate) async fn route(at: &At, path: &[&str]) -> Result<Response, OpError> {
    if !at.reads() {
        return match path {
            ["send"] => outgoing::send(at).await,
            ["suppress"] => SUPPRESSED.add(at).await,
            ["extend"] => SUPPRESSED.extend(at).await,
            ["unsuppress"] => SUPPRESSED.remove(at).await,
            _ => Err(no_page()),
        };
    }
    match path {
        [] => received::overview(at).await,
        ["domain", domain] => received::domain(at, domain).await,
        ["reports"] => received::list(at).await,
        ["report", id] => received::report(at, number(id)?).await,
        ["failures"] => failures::list(at).await,
        ["failure", id] => failures::show(at, number(id)?).await,
        ["readiness"] => readiness::choose(at),
        ["readiness", domain] => readiness::show(at, domain).await,
        ["collected"] => outgoing::collected(at).await,
        ["collected", day, domain] => outgoing::collected_one(at, day, domain).await,
        ["outlook"] => outgoing::outlook(at).await,
        ["explain", domain] => outgoing::explain(at, domain).await,
        ["preview", day, domain] => outgoing::preview(at, day, domain).await,
        ["sent"] => outgoing::sent(at).await,
        ["suppressed"] => SUPPRESSED.page(at).await,
        _ => Err(no_page()),
    }
}

fn number(text: &str) -> Result<i64, OpError> {
    text.parse().map_err(|_| no_page())
}

/// Which part of a list is asked for.
#[derive(Debug, Clone, Default)]
struct Filter {
    /// Of one policy domain.
    domain: Option<String>,
    /// Days that are looked at.
    days: Option<u32>,
}

impl Filter {
    fn of(query: &Query) -> Result<Filter, QueryError> {
        Ok(Filter { domain: query.get("domain").map(str::to_owned), days: query.value("days")? })
    }

    /// The days that are looked at.
    fn days(&self) -> u32 {
        self.days.unwrap_or(mox_admin::ops::DmarcDays::DAYS)
    }

    /// The domain, as a field of a form shows it.
    fn name(&self) -> &str {
        self.domain.as_deref().unwrap_or_default()
    }

    /// Spans that a form offers, with what they are called.
    fn spans(&self) -> [(u32, &'static str); 4] {
        [(7, "7 days"), (30, "30 days"), (90, "90 days"), (365, "a year")]
    }

    /// The query of a path with the same filter and one parameter more.
    fn with(&self, name: &str, value: impl ToString) -> String {
        let mut query = Serializer::for_suffix("?".to_owned(), 1);
        query.extend_pairs(self.domain.iter().map(|domain| ("domain", domain)));
        query.extend_pairs(self.days.iter().map(|days| ("days", days.to_string())));
        query.append_pair(name, &value.to_string()).finish()
    }
}

/// A query of one parameter.
fn query(name: &str, value: &str) -> String {
    Serializer::for_suffix("?".to_owned(), 1).append_pair(name, value).finish()
}

/// What a form did, as the page after it says it.
fn note(query: &Query) -> Option<String> {
    let text = match query.get("note")? {
        "sealed" => "The report is made; it is on its way",
        "already-sealed" => "That day was reported before: nothing was sent",
        "withheld" => "No report was sent: the steps below say why",
        "discarded" => "No report was sent, and the results are gone: the steps below say why",
        _ => return None,
    };
    Some(text.to_owned())
}
