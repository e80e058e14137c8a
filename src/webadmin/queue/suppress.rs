//! The suppression list: recipients that accounts send nothing more to.

use askama::Template;
use mox_admin::OpError;
use mox_admin::ops::{SuppressAdd, SuppressKey, SuppressList, SuppressRemove, Suppression};
use mox_httpserver::Response;
use mox_web::Page;

use super::filter::{address, text};
use super::{ROWS, cut, note};
use crate::At;

#[derive(Template)]
#[template(path = "queue_suppress.html")]
struct List<'a> {
    page: Page<'a>,
    account: String,
    address: String,
    rows: Vec<Suppression>,
    next: Option<String>,
    first: Option<String>,
}

/// `GET queue/suppress`
pub(super) async fn page(at: &At) -> Result<Response, OpError> {
    let query = at.query();
    let (of, wanted) = (text(&query, "account"), text(&query, "address"));
    let after = match (text(&query, "after_account"), text(&query, "after_base")) {
        (Some(account), Some(base)) => Some(SuppressKey { account, base }),
        (None, None) => None,
        _ => {
            return Err(
                OpError::usage("half of where a page ends is missing").hint("begin at the first page")
            );
        }
    };
    let notice = note(&query)?;
    query.finish()?;
    let begun = after.is_some();
    let list = SuppressList { account: of.clone(), address: wanted.clone(), after, limit: Some(ROWS + 1) };
    let mut rows = at.dispatch().call(&list).await?;
    let more = cut(&mut rows);
    let set = [("account", &of), ("address", &wanted)];
    let set: Vec<(&str, &str)> =
        set.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?))).collect();
    let path = |more: &[(&str, &str)]| {
        let all: Vec<(&str, &str)> = set.iter().chain(more).copied().collect();
        at.visit.to(&address("queue/suppress", all.into_iter()))
    };
    let last = rows.last().filter(|_| more);
    let next = last.map(|row| path(&[("after_account", &row.account), ("after_base", &row.base)]));
    let first = begun.then(|| path(&[]));
    let page = at.page("queue", "Suppression list").notice(notice);
    let (account, address) = (of.clone().unwrap_or_default(), wanted.clone().unwrap_or_default());
    Ok(at.render(&List { page, account, address, rows, next, first }))
}

/// A field that must be filled in.
fn needed(value: Option<&str>, what: &str) -> Result<String, OpError> {
    let value = value.map(str::trim).filter(|value| !value.is_empty());
    value
        .map(str::to_owned)
        .ok_or_else(|| OpError::usage(format!("the {what} is missing")).hint("fill in the form"))
}

/// `POST queue/suppress/add`
pub(super) async fn add(at: &At) -> Result<Response, OpError> {
    let form = at.form();
    let op = SuppressAdd {
        account: needed(form.get("account"), "account")?,
        address: needed(form.get("address"), "address")?,
        reason: form.get("reason").unwrap_or_default().to_owned(),
        dry_run: false,
    };
    form.finish()?;
    let added = at.dispatch().call(&op).await?;
    Ok(at.go(&back(&added.account, "suppressed")))
}

/// `POST queue/suppress/remove`
pub(super) async fn remove(at: &At) -> Result<Response, OpError> {
    let form = at.form();
    let op = SuppressRemove {
        account: needed(form.get("account"), "account")?,
        address: needed(form.get("address"), "address")?,
        dry_run: form.get("confirm").is_none(),
    };
    form.finish()?;
    let there = at.dispatch().call(&op).await?;
    if op.dry_run {
        let text = format!("The account {} will send to {} again.", there.account, there.base);
        let fields = vec![("account", there.account), ("address", there.address)];
        return Ok(at.confirm("queue", text, "queue/suppress/remove", fields, "Remove", "queue/suppress"));
    }
    Ok(at.go(&back(&there.account, "unsuppressed")))
}

fn back(account: &str, note: &str) -> String {
    address("queue/suppress", [("account", account), ("note", note)].into_iter())
}
