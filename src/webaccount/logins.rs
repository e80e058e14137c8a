//! Who tried to log in to the account.

use askama::Template;
use mox_admin::OpError;
use mox_admin::ops::{LoginAttemptRow, LoginAttempts};
use mox_httpserver::Response;
use mox_web::Page;

use crate::{At, no_page};

/// Rows that the page shows.
const ROWS: usize = 200;

#[derive(Template)]
#[template(path = "logins_list.html")]
struct Logins<'a> {
    page: Page<'a>,
    attempts: Vec<LoginAttemptRow>,
    /// There are more than are shown.
    more: bool,
    failed: bool,
}

/// Answers for paths below `logins`.
pub(crate) async fn route(at: &At, path: &[&str]) -> Result<Response, OpError> {
    if !matches!(path, [] | [""]) || !at.reads() {
        return Err(no_page());
    }
    let query = at.query();
    let failed = query.flag("failed")?;
    query.finish()?;
    let (attempts, more) = latest(at, failed, ROWS).await?;
    Ok(at.render(&Logins { page: at.page("logins", "Logins"), attempts, more, failed }))
}

/// The latest attempts of the account, and whether there are more.
pub(crate) async fn latest(
    at: &At,
    failed: bool,
    most: usize,
) -> Result<(Vec<LoginAttemptRow>, bool), OpError> {
    let limit = u32::try_from(most + 1).unwrap_or(u32::MAX);
    let asked = LoginAttempts { account: Some(at.account().to_owned()), failed, since: None, limit };
    let mut rows = at.dispatch().call(&asked).await?;
    let more = rows.len() > most;
    rows.truncate(most);
    Ok((rows, more))
}

#[cfg(test)]
#[path = "tests/owner.rs"]
mod tests;
