//! Who tried to log in to the account.

use askama::Template;
use form_urlencoded::Serializer;
use mox_admin::OpError;
use mox_admin::ops::{LoginAttemptRow, LoginAttempts};
use mox_httpserver::Response;
use mox_web::Page;

use crate::{At, no_page};

/// Rows that the page shows.
const ROWS: u32 = 200;

#[derive(Template)]
#[template(path = "logins_list.html")]
struct Logins<'a> {
    page: Page<'a>,
    attempts: Vec<LoginAttemptRow>,
    /// The page after this one.
    next: Option<String>,
    /// The first page, from others.
    first: Option<String>,
    failed: bool,
}

/// Answers for paths below `logins`.
pub(crate) async fn route(at: &At, path: &[&str]) -> Result<Response, OpError> {
    if !matches!(path, [] | [""]) || !at.reads() {
        return Err(no_page());
    }
    let query = at.query();
    let failed = query.flag("failed")?;
    let after = query.get("after").map(str::to_owned);
    query.finish()?;
    let path = |after: Option<&str>| {
        let mut query = Serializer::new(String::new());
        query.extend_pairs(failed.then_some(("failed", "yes")));
        at.visit.to(&format!("logins?{}", query.extend_pairs(after.map(|key| ("after", key))).finish()))
    };
    let first = after.as_ref().map(|_| path(None));
    let (attempts, more) = latest(at, failed, after, ROWS).await?;
    let next = attempts.last().filter(|_| more).map(|row| path(Some(&row.key)));
    Ok(at.render(&Logins { page: at.page("logins", "Logins"), attempts, next, first, failed }))
}

/// The latest attempts of the account, or those behind a key, and whether there are more.
pub(crate) async fn latest(
    at: &At,
    failed: bool,
    after: Option<String>,
    most: u32,
) -> Result<(Vec<LoginAttemptRow>, bool), OpError> {
    let account = Some(at.account().to_owned());
    let asked = LoginAttempts { account, failed, since: None, after, limit: most + 1 };
    let mut rows = at.dispatch().call(&asked).await?;
    let more = rows.len() > most as usize;
    rows.truncate(most as usize);
    Ok((rows, more))
}

#[cfg(test)]
#[path = "tests/owner.rs"]
mod tests;
