//! Earlier versions of `domains.conf`: what changed since, between two of them, and back to one.

use askama::Template;
use mox_admin::OpError;
use mox_admin::ops::{ConfigDiff, ConfigRollback, ConfigVersion, ConfigVersions};
use mox_httpserver::Response;
use mox_web::Page;

use super::{PLACE, notice};
use crate::At;
use crate::domains::change::{self, Ask, confirmed, make};

#[derive(Template)]
#[template(path = "config_versions.html")]
struct Versions<'a> {
    page: Page<'a>,
    versions: Vec<ConfigVersion>,
}

impl Versions<'_> {
    /// The version after one: what the change made of it, where that was replaced, too.
    fn newer(&self, version: &u64) -> Option<u64> {
        self.versions.iter().map(|row| row.version).filter(|other| other > version).min()
    }
}

#[derive(Template)]
#[template(path = "config_diff.html")]
struct Compared<'a> {
    page: Page<'a>,
    diff: Vec<change::Line<'a>>,
}

/// `GET config/versions`
pub(super) async fn page(at: &At) -> Result<Response, OpError> {
    let query = at.query();
    let notice = notice(&query);
    query.finish()?;
    let versions = at.dispatch().call(&ConfigVersions {}).await?;
    let page = at.page(PLACE, "Versions of domains.conf").notice(notice);
    Ok(at.render(&Versions { page, versions }))
}

/// `GET config/diff?version=N&to=M`: without `to`, the file as it is.
pub(super) async fn diff(at: &At) -> Result<Response, OpError> {
    let query = at.query();
    let (version, to) = (query.value::<u64>("version")?, query.value::<u64>("to")?);
    query.finish()?;
    let compared = at.dispatch().call(&ConfigDiff { version, to, ..ConfigDiff::default() }).await?;
    let found = compared.version.ok_or_else(|| {
        OpError::not_found("there are no earlier versions")
            .hint("a version is kept whenever domains.conf is changed here")
    })?;
    let title = match to {
        Some(to) => format!("From version {} to version {to}", found.version),
        None => format!("From version {} to domains.conf as it is", found.version),
    };
    let page = at.page(PLACE, title);
    Ok(at.render(&Compared { page, diff: change::lines(&compared.diff) }))
}

/// `POST config/rollback`
pub(super) async fn rollback(at: &At) -> Result<Response, OpError> {
    let form = at.form();
    let version = form.value::<u64>("version")?;
    let confirmed = confirmed(&form);
    form.finish()?;
    let version =
        version.ok_or_else(|| OpError::usage("the form names no version").hint("choose one of the list"))?;
    let ask = Ask {
        place: PLACE,
        title: format!("Back to version {version}?"),
        text: "This and all later changes of domains.conf are undone. The text as it is now is kept as a version, too."
            .to_owned(),
        action: "config/rollback".to_owned(),
        fields: vec![("version", version.to_string())],
        button: "Roll back",
        danger: true,
        back: "config/versions".to_owned(),
        done: "config/versions?note=rolled-back".to_owned(),
    };
    make(at, confirmed, ask, |dry_run| ConfigRollback { version, dry_run }).await
}
