//! Certificates from authorities and from files, and the private keys of hosts with the TLSA records that DNS should
//! have of them.

use askama::Template;
use mox_admin::ops::{
    CertificateList, CertificateRenew, CertificateRow, FileCertificateList, FileCertificateRow, HostKeyList,
    HostKeyRow, HostKeyUse,
};
use mox_admin::{OpError, Time};
use mox_clock::Timestamp;
use mox_httpserver::Response;
use mox_web::Page;
use mox_web::page::wrong_method;

use crate::{At, no_page};

/// Days of a certificate's life below which the page warns.
const FEW_DAYS: i64 = 14;

#[derive(Template)]
#[template(path = "certificates_list.html")]
struct List<'a> {
    page: Page<'a>,
    now: Timestamp,
    rows: Vec<CertificateRow>,
    files: Vec<FileCertificateRow>,
    keys: Vec<HostKeyRow>,
}

impl List<'_> {
    /// Whole days until a certificate ends, less than none after it.
    fn days(&self, end: &Time) -> i64 {
        (end.0.micros() - self.now.micros()).div_euclid(86_400_000_000)
    }

    /// How that looks.
    fn badge(&self, end: &Time) -> &'static str {
        match self.days(end) {
            ..0 => "badge bad",
            0..FEW_DAYS => "badge warn",
            _ => "badge good",
        }
    }
}

/// Answers for paths below `certificates`.
pub(crate) async fn route(at: &At, path: &[&str]) -> Result<Response, OpError> {
    match (path, at.reads()) {
        ([], true) => page(at).await,
        (["renew"], false) => renew(at).await,
        ([] | ["renew"], _) => Ok(wrong_method(&at.site)),
        _ => Err(no_page()),
    }
}

async fn page(at: &At) -> Result<Response, OpError> {
    let query = at.query();
    let notice = query.get("note").filter(|note| *note == "renewed");
    let notice = notice
        .map(|_| "A new certificate is asked for: load this page again to see what became of it".to_owned());
    query.finish()?;
    let rows = at.dispatch().call(&CertificateList {}).await?;
    let files = at.dispatch().call(&FileCertificateList {}).await?;
    let keys = at.dispatch().call(&HostKeyList {}).await?;
    let page = at.page("certificates", "Certificates").notice(notice);
    Ok(at.render(&List { page, now: at.shared.clock.now(), rows, files, keys }))
}

/// `POST certificates/renew`: authorities allow a few a week, so it asks first.
async fn renew(at: &At) -> Result<Response, OpError> {
    let form = at.form();
    let name = form.get("name").ok_or_else(|| OpError::usage("no name is given"))?.to_owned();
    let dry_run = form.get("confirm").is_none();
    form.finish()?;
    let asked = at.dispatch().call(&CertificateRenew { name: name.clone(), dry_run }).await?;
    if dry_run {
        let kinds: Vec<&str> = asked.certificates.iter().map(|row| row.key.as_str()).collect();
        let text = format!(
            "A new certificate of {name} ({}) will be asked for now. Authorities allow a few of a name in a week.",
            kinds.join(", ")
        );
        let fields = vec![("name", name)];
        return Ok(at.confirm(
            "certificates",
            text,
            "certificates/renew",
            fields,
            "Renew now",
            "certificates",
        ));
    }
    Ok(at.go("certificates?note=renewed"))
}

#[cfg(test)]
#[path = "tests/certificates.rs"]
mod tests;
