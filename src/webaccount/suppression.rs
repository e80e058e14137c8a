//! Recipients that the account sends nothing more to.

use askama::Template;
use mox_admin::OpError;
use mox_admin::ops::{SuppressAdd, SuppressKey, SuppressList, SuppressRemove, Suppression};
use mox_httpserver::Response;
use mox_web::Page;
use mox_web::page::wrong_method;

use crate::{At, no_page};

/// The place of these pages.
const PLACE: &str = "suppression";
/// Rows of a page.
const ROWS: usize = 100;

#[derive(Template)]
#[template(path = "suppression_list.html")]
struct List<'a> {
    page: Page<'a>,
    rows: Vec<Suppression>,
    /// What was looked for.
    address: String,
    /// The last row, where more follow.
    more: Option<String>,
    /// Whether rows stand before these.
    later: bool,
}

/// Answers for paths below `suppression`.
pub(crate) async fn route(at: &At, path: &[&str]) -> Result<Response, OpError> {
    match (path, at.reads()) {
        ([], true) => list(at).await,
        (["add"], false) => add(at).await,
        (["remove"], false) => remove(at).await,
        ([] | ["add" | "remove"], _) => Ok(wrong_method(&at.site)),
        _ => Err(no_page()),
    }
}

async fn list(at: &At) -> Result<Response, OpError> {
    let query = at.query();
    let notice = match query.get("note") {
        Some("added") => Some("Nothing more is sent to this address."),
        Some("removed") => Some("Mail to this address is sent again."),
        _ => None,
    };
    let after = query.get("after").map(str::to_owned);
    let address = query.get("address").unwrap_or_default().trim().to_owned();
    query.finish()?;
    let wanted = Some(address.clone()).filter(|address| !address.is_empty());
    let account = at.account().to_owned();
    let behind = after.clone().map(|base| SuppressKey { account: account.clone(), base });
    let limit = u32::try_from(ROWS + 1).ok();
    let op = SuppressList { account: Some(account), address: wanted, after: behind, limit };
    let mut rows = at.dispatch().call(&op).await?;
    let is_more = rows.len() > ROWS;
    rows.truncate(ROWS);
    let more = rows.last().filter(|_| is_more).map(|row| row.base.clone());
    let page = at.page(PLACE, "Suppressed").notice(notice.map(str::to_owned));
    Ok(at.render(&List { page, rows, address, more, later: after.is_some() }))
}

async fn add(at: &At) -> Result<Response, OpError> {
    let form = at.form();
    let op = SuppressAdd {
        account: at.account().to_owned(),
        address: form.get("address").unwrap_or_default().trim().to_owned(),
        reason: form.get("reason").unwrap_or_default().trim().to_owned(),
        dry_run: false,
    };
    form.finish()?;
    if op.address.is_empty() {
        return Err(OpError::usage("the form names no address").hint("fill in the address of a recipient"));
    }
    at.dispatch().call(&op).await?;
    Ok(at.go("suppression?note=added"))
}

async fn remove(at: &At) -> Result<Response, OpError> {
    let form = at.form();
    let address = form.get("address").unwrap_or_default().to_owned();
    let confirmed = form.get("confirm") == Some("yes");
    form.finish()?;
    if !confirmed {
        let text = format!("Mail to {address} will be sent again.");
        let fields = vec![("address", address)];
        return Ok(at.confirm(PLACE, text, "suppression/remove", fields, "Send again", PLACE));
    }
    let op = SuppressRemove { account: at.account().to_owned(), address, dry_run: false };
    at.dispatch().call(&op).await?;
    Ok(at.go("suppression?note=removed"))
}

/// Whether an address was added by somebody, in words.
fn how(manual: &bool) -> &'static str {
    if *manual { "added by hand" } else { "after a failed delivery" }
}

#[cfg(test)]
#[path = "tests/suppression.rs"]
mod tests;
