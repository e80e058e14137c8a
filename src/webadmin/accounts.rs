//! Accounts: all of them, one with what can be done to it, and who tried to log in.

mod change;
mod one;

use askama::Template;
use form_urlencoded::Serializer;
use mox_admin::OpError;
use mox_admin::ops::{AccountList, AccountRow, LoginAttemptRow, LoginAttempts};
use mox_httpserver::Response;
use mox_web::{Page, Query};

use crate::{At, no_page};

/// Rows of login attempts on their page, and on that of an account.
const ATTEMPTS: u32 = 200;
const ATTEMPTS_OF_ONE: u32 = 10;

#[derive(Template)]
#[template(path = "accounts_list.html")]
struct List<'a> {
    page: Page<'a>,
    accounts: Vec<AccountRow>,
}

#[derive(Template)]
#[template(path = "accounts_logins.html")]
struct Logins<'a> {
    page: Page<'a>,
    attempts: Vec<LoginAttemptRow>,
    /// The page after this one.
    next: Option<String>,
    /// The first page, from others.
    first: Option<String>,
    account: String,
    /// Those that name no account of ours.
    strangers: bool,
    failed: bool,
}

/// A secret that is told once.
#[derive(Template)]
#[template(path = "accounts_secret.html")]
struct Told<'a> {
    page: Page<'a>,
    text: String,
    secret: Option<String>,
    diff: String,
    notes: Vec<String>,
    back: String,
}

/// Answers for paths below `accounts`. Names of accounts do not start with a dot, those of other pages here do.
pub(crate) async fn route(at: &At, path: &[&str]) -> Result<Response, OpError> {
    match (path, at.reads()) {
        ([] | [""], true) => list(at).await,
        ([] | [""], false) => change::add(at).await,
        ([".logins"], true) => logins(at).await,
        ([name], true) => one::page(at, &decoded(name)).await,
        ([name, action], false) => change::route(at, &decoded(name), action).await,
        _ => Err(no_page()),
    }
}

/// A segment of a path, as it was before [`encoded`].
fn decoded(segment: &str) -> String {
    // A form would take both otherwise.
    let text = segment.replace('+', "%2B").replace('&', "%26");
    form_urlencoded::parse(text.as_bytes()).next().map(|(name, _)| name.into_owned()).unwrap_or_default()
}

/// The name of an account as a segment of a path.
fn encoded(name: &str) -> String {
    form_urlencoded::byte_serialize(name.as_bytes()).collect()
}

/// What a page says after a form did its work.
fn note(query: &Query) -> Option<String> {
    let said = match query.get("note")? {
        "removed" => "Account removed",
        "address" => "Address added",
        "address-removed" => "Address removed",
        "settings" => "Settings saved",
        "password" => "Password set; sessions of its pages ended",
        "app-removed" => "App password removed",
        "key" => "TLS client key added",
        "key-removed" => "TLS client key removed",
        "disabled" => "Logins are disabled",
        "enabled" => "Logins are allowed again",
        "ended" => "Logged out of all pages",
        _ => return None,
    };
    Some(said.to_owned())
}

async fn list(at: &At) -> Result<Response, OpError> {
    let query = at.query();
    let notice = note(&query);
    query.finish()?;
    let accounts = at.dispatch().call(&AccountList {}).await?;
    Ok(at.render(&List { page: at.page("accounts", "Accounts").notice(notice), accounts }))
}

async fn logins(at: &At) -> Result<Response, OpError> {
    let query = at.query();
    let account = query.get("account").unwrap_or_default().to_owned();
    let (strangers, failed) = (query.flag("strangers")?, query.flag("failed")?);
    let after = query.get("after").map(str::to_owned);
    query.finish()?;
    let asked = match (account.as_str(), strangers) {
        (_, true) => Some(String::new()),
        ("", false) => None,
        (name, false) => Some(name.to_owned()),
    };
    let path = |after: Option<&str>| {
        let mut query = Serializer::new(String::new());
        query.extend_pairs((!account.is_empty()).then_some(("account", account.as_str())));
        query.extend_pairs(strangers.then_some(("strangers", "yes")));
        query.extend_pairs(failed.then_some(("failed", "yes")));
        at.visit
            .to(&format!("accounts/.logins?{}", query.extend_pairs(after.map(|key| ("after", key))).finish()))
    };
    let first = after.as_ref().map(|_| path(None));
    let (attempts, more) = attempts(at, asked, failed, after, ATTEMPTS).await?;
    let next = attempts.last().filter(|_| more).map(|row| path(Some(&row.key)));
    let page = at.page("accounts", "Login attempts");
    Ok(at.render(&Logins { page, attempts, next, first, account, strangers, failed }))
}

/// The latest attempts, or those behind a key, and whether there are more.
async fn attempts(
    at: &At,
    account: Option<String>,
    failed: bool,
    after: Option<String>,
    most: u32,
) -> Result<(Vec<LoginAttemptRow>, bool), OpError> {
    let asked = LoginAttempts { account, failed, since: None, after, limit: most + 1 };
    let mut rows = at.dispatch().call(&asked).await?;
    let more = rows.len() > most as usize;
    rows.truncate(most as usize);
    Ok((rows, more))
}

#[cfg(test)]
#[path = "tests/accounts.rs"]
mod tests;
