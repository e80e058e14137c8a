//! Addresses of the account, and what happens to mail for each: mailbox, refusal, rulesets.

mod rule;

use askama::Template;
use mox_admin::OpError;
use mox_admin::ops::{
    AccountDetail, AccountFullName, AccountShow, DestinationDetail, DestinationSet, DestinationSettings,
    DestinationShow,
};
use mox_httpserver::Response;
use mox_web::{Page, Query};

use crate::{At, no_page};

/// The place of these pages.
const HERE: &str = "addresses";

#[derive(Template)]
#[template(path = "addresses_list.html")]
struct List<'a> {
    page: Page<'a>,
    account: AccountDetail,
}

#[derive(Template)]
#[template(path = "addresses_one.html")]
struct One<'a> {
    page: Page<'a>,
    of: DestinationDetail,
}

impl One<'_> {
    /// The address as a value in a query.
    fn query(&self) -> String {
        encoded(&self.of.address)
    }
}

/// Answers for paths below `addresses`.
pub(crate) async fn route(at: &At, path: &[&str]) -> Result<Response, OpError> {
    match (path, at.reads()) {
        ([] | [""], true) => list(at).await,
        (["name"], false) => name(at, at.form()).await,
        (["of"], true) => one(at).await,
        (["of"], false) => set(at, at.form()).await,
        (["rule"], true) => rule::page(at).await,
        (["rule"], false) => rule::save(at, at.form()).await,
        (["rule-move"], false) => rule::reorder(at, at.form()).await,
        (["rule-remove"], false) => rule::remove(at, at.form()).await,
        _ => Err(no_page()),
    }
}

/// A value as it stands in a query.
pub(crate) fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn text(form: &Query, name: &'static str) -> String {
    form.get(name).unwrap_or_default().trim().to_owned()
}

/// The address that a query or a form is about.
fn address(query: &Query) -> Result<String, OpError> {
    let named = query.get("address").map(str::to_owned);
    named.ok_or_else(|| OpError::usage("no address is named").hint("choose one from the list of addresses"))
}

/// What a page says after a form did its work.
fn note(query: &Query) -> Option<String> {
    let said = match query.get("note")? {
        "name" => "Name saved",
        "saved" => "Saved",
        "rule" => "Ruleset saved",
        "rule-moved" => "Ruleset moved",
        "rule-removed" => "Ruleset removed",
        _ => return None,
    };
    Some(said.to_owned())
}

async fn show(at: &At, address: &str) -> Result<DestinationDetail, OpError> {
    let show = DestinationShow { account: at.account().to_owned(), address: address.to_owned() };
    at.dispatch().call(&show).await
}

/// To the page of an address.
fn to(at: &At, address: &str, note: &str) -> Response {
    at.go(&format!("{HERE}/of?address={}&note={note}", encoded(address)))
}

async fn list(at: &At) -> Result<Response, OpError> {
    let query = at.query();
    let notice = note(&query);
    query.finish()?;
    let account = at.dispatch().call(&AccountShow { account: at.account().to_owned() }).await?;
    Ok(at.render(&List { page: at.page(HERE, "Addresses").notice(notice), account }))
}

async fn name(at: &At, form: Query) -> Result<Response, OpError> {
    let full_name = text(&form, "full_name");
    form.finish()?;
    let set = AccountFullName { account: at.account().to_owned(), full_name, dry_run: false };
    at.dispatch().call(&set).await?;
    Ok(at.go(&format!("{HERE}?note=name")))
}

async fn one(at: &At) -> Result<Response, OpError> {
    let query = at.query();
    let (address, notice) = (address(&query)?, note(&query));
    query.finish()?;
    let of = show(at, &address).await?;
    let page = at.page(HERE, of.address.clone()).notice(notice);
    Ok(at.render(&One { page, of }))
}

async fn set(at: &At, form: Query) -> Result<Response, OpError> {
    let address = address(&form)?;
    let settings = DestinationSettings {
        mailbox: text(&form, "mailbox"),
        smtp_error: text(&form, "smtp_error"),
        auth_required_error: text(&form, "auth_required_error"),
        full_name: text(&form, "full_name"),
    };
    form.finish()?;
    let account = at.account().to_owned();
    let set = DestinationSet { account, address: address.clone(), settings, dry_run: false };
    at.dispatch().call(&set).await?;
    Ok(to(at, &address, "saved"))
}
