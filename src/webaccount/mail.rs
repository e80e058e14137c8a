//! Import and export: files that hold mail up, archives down.
//!
//! What is uploaded is kept in a file while it is read; an import goes on after its form was answered, and the page
//! says how far it is. One import of an account goes on at a time, and few of all; memory does not grow with the mail.

mod exports;
mod imports;
mod upload;

use askama::Template;
use mox_admin::OpError;
use mox_admin::ops::{ExportFolder, ExportFolders};
use mox_httpserver::{Response, StatusCode};
use mox_web::Page;
use mox_web::page::wrong_method;

use self::exports::FORMATS;
use self::imports::Told;
pub(crate) use self::imports::Transfers;
use crate::{At, no_page};

#[derive(Template)]
#[template(path = "mail_page.html")]
struct MailPage<'a> {
    page: Page<'a>,
    folders: Vec<ExportFolder>,
    told: Option<Told>,
}

/// Answers for paths below `mail`.
pub(crate) async fn route(at: &At, path: &[&str]) -> Result<Response, OpError> {
    match (path, at.reads()) {
        ([], true) => page(at).await,
        (["progress"], true) => {
            at.query().finish()?;
            Ok(mox_web::json(StatusCode::OK, &at.shared.room.transfers.told(at.account())))
        }
        (["import"], false) => upload::import(at).await,
        (["export"], false) => exports::export(at).await,
        (["stop"], false) => {
            at.form().finish()?;
            at.shared.room.transfers.stop(at.account());
            Ok(at.go("mail?note=stopping"))
        }
        ([] | ["progress" | "import" | "export" | "stop"], _) => Ok(wrong_method(&at.site)),
        _ => Err(no_page()),
    }
}

async fn page(at: &At) -> Result<Response, OpError> {
    let query = at.query();
    let notice = match query.get("note") {
        Some("begun") => Some("The file is here, and is being imported."),
        Some("stopping") => Some("The import ends after the messages at hand."),
        _ => None,
    };
    query.finish()?;
    let every = ExportFolders { account: at.account().to_owned(), mailbox: None };
    let folders = at.dispatch().call(&every).await?;
    let page = at.page("mail", "Import and export").notice(notice.map(str::to_owned));
    Ok(at.render(&MailPage { page, folders, told: at.shared.room.transfers.told(at.account()) }))
}

#[cfg(test)]
#[path = "tests/mail.rs"]
mod tests;
