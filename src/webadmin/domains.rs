//! Domains: the list, one more, and everything below one: its aliases, records in DNS and their check.

mod add;
mod aliases;
pub(crate) mod change;
mod check;
mod links;
mod one;
mod records;

use askama::Template;
use mox_admin::OpError;
use mox_admin::ops::{AccountList, AccountRow, DomainList, DomainRow};
use mox_httpserver::Response;
use mox_web::{Page, Query};

use crate::{At, no_page};
use links::{decoded, encoded};

/// The place of these pages.
const PLACE: &str = "domains";

#[derive(Template)]
#[template(path = "domains_list.html")]
struct List<'a> {
    page: Page<'a>,
    rows: Vec<DomainRow>,
    accounts: Vec<AccountRow>,
}

/// Answers for paths below `domains`.
pub(crate) async fn route(at: &At, path: &[&str]) -> Result<Response, OpError> {
    match (path, at.reads()) {
        ([], true) => list(at).await,
        (["add"], false) => add::add(at).await,
        ([domain, rest @ ..], _) => below(at, &decoded(domain)?, rest).await,
        _ => Err(no_page()),
    }
}

/// What is below one domain.
async fn below(at: &At, domain: &str, path: &[&str]) -> Result<Response, OpError> {
    match (path, at.reads()) {
        ([], true) => one::page(at, domain).await,
        (["state"], false) => one::state(at, domain).await,
        (["settings"], false) => one::settings(at, domain).await,
        (["remove"], false) => one::remove(at, domain).await,
        (["address-add"], false) => one::address_add(at, domain).await,
        (["address-remove"], false) => one::address_remove(at, domain).await,
        (["alias"], true) => aliases::page(at, domain).await,
        (["alias-add"], false) => aliases::add(at, domain).await,
        (["alias-update"], false) => aliases::update(at, domain).await,
        (["alias-members"], false) => aliases::members(at, domain).await,
        (["alias-remove"], false) => aliases::remove(at, domain).await,
        (["records"], true) => records::page(at, domain).await,
        (["records.json"], true) => records::json(at, domain).await,
        (["zone"], true) => records::zone(at, domain).await,
        (["check"], true) => check::page(at, domain).await,
        (["check", "live"], true) => check::live(at, domain).await,
        (["check", "events"], true) => check::events(at, domain).await,
        _ => Err(no_page()),
    }
}

async fn list(at: &At) -> Result<Response, OpError> {
    let query = at.query();
    let notice = notice(&query);
    query.finish()?;
    let rows = at.dispatch().call(&DomainList {}).await?;
    let accounts = at.dispatch().call(&AccountList {}).await?;
    let page = at.page(PLACE, "Domains").notice(notice);
    Ok(at.render(&List { page, rows, accounts }))
}

/// What a page says of the form that led to it.
fn notice(query: &Query) -> Option<String> {
    let text = match query.get("note")? {
        "added" => "The domain was added: publish its records next",
        "removed" => "The domain was removed",
        "disabled" => "The domain is disabled: its mail is refused for the time being",
        "enabled" => "The domain is enabled: its mail is taken",
        "settings" => "Settings saved",
        "address-added" => "The address was added",
        "address-removed" => "The address was removed",
        "alias-added" => "The alias was added",
        "alias-changed" => "The alias was changed",
        "alias-removed" => "The alias was removed",
        _ => return None,
    };
    Some(text.to_owned())
}

/// The path of a domain's pages.
fn path_of(domain: &str) -> String {
    format!("{PLACE}/{}", encoded(domain))
}

#[cfg(test)]
#[path = "tests/domains.rs"]
pub(crate) mod tests;
