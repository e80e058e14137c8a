//! The first page: the account and what is in it.

use askama::Template;
use mox_admin::OpError;
use mox_admin::ops::{AccountDetail, AccountShow};
use mox_httpserver::Response;
use mox_web::Page;

use crate::at::{At, no_page};

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview<'a> {
    page: Page<'a>,
    account: AccountDetail,
}

/// Answers for the path of the pages themselves.
pub(crate) async fn route(at: &At, path: &[&str]) -> Result<Response, OpError> {
    if !path.is_empty() || !at.reads() {
        return Err(no_page());
    }
    at.query().finish()?;
    let account = at.dispatch().call(&AccountShow { account: at.account().to_owned() }).await?;
    Ok(at.render(&Overview { page: at.page("", "Overview"), account }))
}
