//! The first page: the account, what is in it, and who logged in last.

use askama::Template;
use mox_admin::OpError;
use mox_admin::ops::{AccountDetail, AccountShow, LoginAttemptRow};
use mox_httpserver::Response;
use mox_web::Page;

use crate::logins::latest;
use crate::{At, no_page};

/// Login attempts that it shows.
const ATTEMPTS: u32 = 5;

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview<'a> {
    page: Page<'a>,
    account: AccountDetail,
    /// Bytes that are used.
    used: u64,
    attempts: Vec<LoginAttemptRow>,
}

/// Answers for the path of the pages themselves.
pub(crate) async fn route(at: &At, path: &[&str]) -> Result<Response, OpError> {
    if !path.is_empty() || !at.reads() {
        return Err(no_page());
    }
    at.query().finish()?;
    let account = at.dispatch().call(&AccountShow { account: at.account().to_owned() }).await?;
    let (attempts, _) = latest(at, false, None, ATTEMPTS).await?;
    let used = account.stored.as_ref().map_or(0, |stored| u64::try_from(stored.size).unwrap_or(0));
    Ok(at.render(&Overview { page: at.page("", "Overview"), account, used, attempts }))
}
