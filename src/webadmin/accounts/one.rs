//! The page of one account.

use askama::Template;
use mox_admin::OpError;
use mox_admin::ops::{
    AccountDetail, AccountShow, AppPasswordList, AppPasswordRow, ClientKeyList, ClientKeyRow, LoginAttemptRow,
};
use mox_httpserver::Response;
use mox_web::Page;

use super::{ATTEMPTS_OF_ONE, attempts, encoded, note};
use crate::At;

#[derive(Template)]
#[template(path = "accounts_one.html")]
struct One<'a> {
    page: Page<'a>,
    /// Its path, without a slash at its end.
    here: String,
    account: AccountDetail,
    /// Bytes that are used.
    used: u64,
    app_passwords: Vec<AppPasswordRow>,
    keys: Vec<ClientKeyRow>,
    attempts: Vec<LoginAttemptRow>,
}

impl One<'_> {
    /// The path of an account's login attempts has its name in a query.
    fn query(&self) -> String {
        encoded(&self.account.row.name)
    }
}

/// `GET accounts/NAME`
pub(super) async fn page(at: &At, name: &str) -> Result<Response, OpError> {
    let query = at.query();
    let notice = note(&query);
    query.finish()?;
    let account = at.dispatch().call(&AccountShow { account: name.to_owned() }).await?;
    let name = account.row.name.clone();
    let app_passwords = at.dispatch().call(&AppPasswordList { account: name.clone() }).await?;
    let keys = ClientKeyList { account: Some(name.clone()), fingerprint: None };
    let keys = at.dispatch().call(&keys).await?;
    let (attempts, _) = attempts(at, Some(name.clone()), false, None, ATTEMPTS_OF_ONE).await?;
    let page = at.page("accounts", format!("Account {name}")).notice(notice);
    let here = at.visit.to(&format!("accounts/{}", encoded(&name)));
    let used = account.stored.as_ref().map_or(0, |stored| u64::try_from(stored.size).unwrap_or(0));
    Ok(at.render(&One { page, here, account, used, app_passwords, keys, attempts }))
}
