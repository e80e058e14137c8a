//! Reports about single messages. All that they say is a stranger's: it is shown as text.

use askama::Template;
use mox_admin::OpError;
use mox_admin::ops::{DmarcFailures, DmarcFailuresPage, FailureDetail, FailureReport};
use mox_httpserver::Response;
use mox_web::Page;

use super::{Filter, PLACE};
use crate::At;

/// Characters of the header that are shown.
const MAX_HEADER: usize = 65_536;

#[derive(Template)]
#[template(path = "dmarc_failures.html")]
struct Failures<'a> {
    page: Page<'a>,
    filter: Filter,
    found: DmarcFailuresPage,
}

/// `GET dmarc/failures`
pub(super) async fn list(at: &At) -> Result<Response, OpError> {
    let query = at.query();
    let filter = Filter::of(&query)?;
    let before = query.value("before")?;
    query.finish()?;
    let op = DmarcFailures { domain: filter.domain.clone(), days: filter.days, before, limit: None };
    let found = at.dispatch().call(&op).await?;
    Ok(at.render(&Failures { page: at.page(PLACE, "Failure reports"), filter, found }))
}

#[derive(Template)]
#[template(path = "dmarc_failure.html")]
struct Failure<'a> {
    page: Page<'a>,
    found: FailureDetail,
    /// Names and values of what is told.
    told: Vec<(&'static str, String)>,
    header: String,
    cut: bool,
}

/// `GET dmarc/failure/ID`
pub(super) async fn show(at: &At, id: i64) -> Result<Response, OpError> {
    at.query().finish()?;
    let found = at.dispatch().call(&FailureReport { id }).await?;
    let header: String = found.header.chars().take(MAX_HEADER).collect();
    let cut = header.len() < found.header.len();
    let page = at.page(PLACE, format!("Failure report {id}"));
    Ok(at.render(&Failure { page, told: told(&found), header, cut, found }))
}

/// What the report says, in the names of its JSON.
fn told(found: &FailureDetail) -> Vec<(&'static str, String)> {
    let fields = &found.fields;
    let list = |all: &Vec<String>| all.join(", ");
    let aligned = fields.identity_alignment.as_ref();
    let all = [
        ("reported_domain", list(&fields.reported_domain)),
        ("auth_failure", list(&fields.auth_failure)),
        ("identity_alignment", aligned.map(list).unwrap_or_default()),
        ("delivery_result", fields.delivery_result.clone()),
        ("source_ip", fields.source_ip.clone()),
        ("arrival", fields.arrival.map(|time| time.0.to_string()).unwrap_or_default()),
        ("incidents", fields.incidents.to_string()),
        ("original_mail_from", fields.original_mail_from.clone()),
        ("original_rcpt_to", list(&fields.original_rcpt_to)),
        ("authentication_results", list(&fields.authentication_results)),
        ("dkim_domain", fields.dkim_domain.clone()),
        ("dkim_identity", fields.dkim_identity.clone()),
        ("dkim_selector", fields.dkim_selector.clone()),
        ("dkim_selector_dns", fields.dkim_selector_dns.clone()),
        ("spf_dns", list(&fields.spf_dns)),
        ("reporting_mta", fields.reporting_mta.clone()),
        ("user_agent", fields.user_agent.clone()),
        ("from", fields.from.clone()),
        ("subject", fields.subject.clone()),
    ];
    all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}
