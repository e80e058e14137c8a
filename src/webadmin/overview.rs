//! The first page: how the server is.

use askama::Template;
use mox_admin::OpError;
use mox_admin::ops::{Status, StatusReport};
use mox_httpserver::Response;
use mox_web::Page;

use crate::at::{At, no_page};

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview<'a> {
    page: Page<'a>,
    status: StatusReport,
}

/// Answers for the path of the pages themselves.
pub(crate) async fn route(at: &At, path: &[&str]) -> Result<Response, OpError> {
    if !path.is_empty() || !at.reads() {
        return Err(no_page());
    }
    at.query().finish()?;
    let status = at.dispatch().call(&Status {}).await?;
    Ok(at.render(&Overview { page: at.page("", "Overview"), status }))
}
