//! Webhooks of the account: which URLs are called, how the latest calls went, and one call for trying.

use askama::Template;
use mox_admin::OpError;
use mox_admin::ops::{AccountShow, HookList, HookRetired, HookRow, HookTarget, HookTest, HookTested};
use mox_httpserver::Response;
use mox_web::Page;
use mox_web::page::wrong_method;

use crate::{At, no_page};

/// Calls of each list that the page shows.
const ROWS: u32 = 50;

#[derive(Template)]
#[template(path = "webhooks_list.html")]
struct List<'a> {
    page: Page<'a>,
    outgoing: Option<HookTarget>,
    incoming: Option<HookTarget>,
    waiting: Vec<HookRow>,
    ended: Vec<HookRow>,
}

#[derive(Template)]
#[template(path = "webhooks_tested.html")]
struct Tested<'a> {
    page: Page<'a>,
    tested: HookTested,
}

/// Answers for paths below `webhooks`.
pub(crate) async fn route(at: &At, path: &[&str]) -> Result<Response, OpError> {
    match (path, at.reads()) {
        ([], true) => list(at).await,
        (["test"], false) => test(at).await,
        ([] | ["test"], _) => Ok(wrong_method(&at.site)),
        _ => Err(no_page()),
    }
}

async fn list(at: &At) -> Result<Response, OpError> {
    at.query().finish()?;
    let name = at.account().to_owned();
    let account = at.dispatch().call(&AccountShow { account: name.clone() }).await?;
    let (of, limit) = (Some(name), Some(ROWS));
    let waiting = HookList { account: of.clone(), before: None, limit };
    let waiting = at.dispatch().call(&waiting).await?;
    let ended = HookRetired { account: of, state: None, before: None, limit };
    let ended = at.dispatch().call(&ended).await?;
    let page = at.page("webhooks", "Webhooks");
    let (outgoing, incoming) = (account.outgoing_webhook, account.incoming_webhook);
    Ok(at.render(&List { page, outgoing, incoming, waiting, ended }))
}

async fn test(at: &At) -> Result<Response, OpError> {
    let form = at.form();
    let incoming = match form.get("which") {
        Some("incoming") => true,
        Some("outgoing") => false,
        _ => return Err(OpError::usage("the form does not say which URL").hint("load the page again")),
    };
    form.finish()?;
    let tested = at.dispatch().call(&HookTest { account: at.account().to_owned(), incoming }).await?;
    Ok(at.render(&Tested { page: at.page("webhooks", "Test call"), tested }))
}

#[cfg(test)]
#[path = "tests/webhooks.rs"]
mod tests;
