//! The records that a domain should have: a table that says which of them DNS has, a zone file, JSON.

use askama::Template;
use mox_admin::OpError;
use mox_admin::ops::{DnsProvider, DnsRecordRow, DnsRecordSet, DnsRecordState, DnsRecords};
use mox_httpserver::{Response, StatusCode};
use mox_web::{Page, download};

use super::{PLACE, path_of};
use crate::At;

#[derive(Template)]
#[template(path = "domains_records.html")]
struct Records<'a> {
    page: Page<'a>,
    domain: String,
    path: String,
    groups: Vec<Group>,
    counts: Counts,
    zone: String,
    host_tlsrpt: Option<String>,
    provider: Option<DnsProvider>,
}

/// Records for one purpose.
struct Group {
    about: String,
    rows: Vec<Numbered>,
}

struct Numbered {
    number: usize,
    row: DnsRecordRow,
}

impl Numbered {
    /// The word for its state, and its class.
    fn state(&self) -> (&'static str, &'static str) {
        match self.row.state {
            Some(DnsRecordState::Present) => ("present", "badge good"),
            Some(DnsRecordState::Differs) => ("differs", "badge warn"),
            Some(DnsRecordState::Missing) => ("missing", "badge bad"),
            Some(DnsRecordState::Unknown) | None => ("unknown", "badge"),
        }
    }
}

/// How many records are in which state.
#[derive(Default)]
struct Counts {
    present: usize,
    differs: usize,
    missing: usize,
    unknown: usize,
}

impl Counts {
    fn of(rows: &[DnsRecordRow]) -> Counts {
        let count = |state| rows.iter().filter(|row| row.state == Some(state)).count();
        Counts {
            present: count(DnsRecordState::Present),
            differs: count(DnsRecordState::Differs),
            missing: count(DnsRecordState::Missing),
            unknown: count(DnsRecordState::Unknown),
        }
    }
}

/// `GET domains/DOMAIN/records`
pub(super) async fn page(at: &At, domain: &str) -> Result<Response, OpError> {
    let set = asked(at, domain, true).await?;
    let counts = Counts::of(&set.records);
    let mut groups: Vec<Group> = Vec::new();
    for (number, row) in set.records.into_iter().enumerate() {
        let row = Numbered { number, row };
        match groups.last_mut() {
            Some(group) if group.about == row.row.about => group.rows.push(row),
            _ => groups.push(Group { about: row.row.about.clone(), rows: vec![row] }),
        }
    }
    let records = Records {
        page: at.page(PLACE, format!("DNS records of {domain}")),
        domain: domain.to_owned(),
        path: at.visit.to(&path_of(domain)),
        groups,
        counts,
        zone: set.zone,
        host_tlsrpt: set.host_tlsrpt,
        provider: set.provider,
    };
    Ok(at.render(&records))
}

async fn asked(at: &At, domain: &str, look: bool) -> Result<DnsRecordSet, OpError> {
    at.query().finish()?;
    at.dispatch().call(&DnsRecords { domain: domain.to_owned(), look }).await
}

/// `GET domains/DOMAIN/records.json`: what `mox dnsrecords --json` prints.
pub(super) async fn json(at: &At, domain: &str) -> Result<Response, OpError> {
    let set = asked(at, domain, false).await?;
    let set = DnsRecordSet { zone: String::new(), host_tlsrpt: None, ..set };
    Ok(mox_web::json(StatusCode::OK, &set))
}

/// `GET domains/DOMAIN/zone`: a part of a zone file.
pub(super) async fn zone(at: &At, domain: &str) -> Result<Response, OpError> {
    let set = asked(at, domain, false).await?;
    Ok(download::save("text/plain", &format!("{}.zone", set.domain), set.zone))
}
