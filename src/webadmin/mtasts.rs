//! MTA-STS policies of recipient domains that the queue remembers (RFC 8461).

use askama::Template;
use mox_admin::OpError;
use mox_admin::ops::{MtastsForget, MtastsList, MtastsRow};
use mox_httpserver::Response;
use mox_web::Page;
use mox_web::page::wrong_method;

use crate::{At, no_page};

#[derive(Template)]
#[template(path = "mtasts_list.html")]
struct List<'a> {
    page: Page<'a>,
    domain: String,
    rows: Vec<MtastsRow>,
    next: Option<String>,
    first: Option<String>,
}

/// Rows of a page.
const ROWS: u32 = 100;

/// Answers for paths below `mtasts`.
pub(crate) async fn route(at: &At, path: &[&str]) -> Result<Response, OpError> {
    match (path, at.reads()) {
        ([], true) => page(at).await,
        (["forget"], false) => forget(at).await,
        ([] | ["forget"], _) => Ok(wrong_method(&at.site)),
        _ => Err(no_page()),
    }
}

async fn page(at: &At) -> Result<Response, OpError> {
    let query = at.query();
    let domain = query.get("domain").unwrap_or_default().trim().to_lowercase();
    let after = query.get("after").map(str::to_owned);
    let notice = query.get("note").filter(|note| *note == "forgotten");
    let notice = notice.map(|_| "Policy forgotten: the next delivery looks anew".to_owned());
    query.finish()?;
    let part = (!domain.is_empty()).then(|| domain.clone());
    let list = MtastsList { domain: part, after: after.clone(), limit: Some(ROWS + 1) };
    let mut rows = at.dispatch().call(&list).await?;
    let more = rows.len() > ROWS as usize;
    rows.truncate(ROWS as usize);
    let path = |after: Option<&str>| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs((!domain.is_empty()).then_some(("domain", domain.as_str())));
        at.visit.to(&format!("mtasts?{}", query.extend_pairs(after.map(|after| ("after", after))).finish()))
    };
    let next = rows.last().filter(|_| more).map(|row| path(Some(&row.domain)));
    let first = after.as_ref().map(|_| path(None));
    let page = at.page("mtasts", "MTA-STS policies").notice(notice);
    Ok(at.render(&List { page, domain, rows, next, first }))
}

/// `POST mtasts/forget`
async fn forget(at: &At) -> Result<Response, OpError> {
    let form = at.form();
    let domain = form.get("domain").ok_or_else(|| OpError::usage("no domain is given"))?.to_owned();
    let dry_run = form.get("confirm").is_none();
    form.finish()?;
    let forgotten = at.dispatch().call(&MtastsForget { domain, dry_run }).await?.forgotten;
    if dry_run {
        let mode = forgotten.mode.as_deref().unwrap_or("no policy");
        let text = format!(
            "What is remembered of {} ({mode}) will be forgotten. The next delivery looks for its policy anew.",
            forgotten.domain
        );
        let fields = vec![("domain", forgotten.domain)];
        return Ok(at.confirm("mtasts", text, "mtasts/forget", fields, "Forget", "mtasts"));
    }
    Ok(at.go("mtasts?note=forgotten"))
}

#[cfg(test)]
#[path = "tests/mtasts.rs"]
mod tests;
