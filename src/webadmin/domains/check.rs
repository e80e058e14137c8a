//! What is wrong with a domain's records for mail, and what mends it: on one page after two seconds at most, or with
//! scripts each finding as soon as it is known.

use std::collections::BTreeSet;
use std::sync::Arc;

use askama::Template;
use mox_admin::ops::{DnsCheck, DnsChecked, DnsFinding, DnsSeverity};
use mox_admin::{Dispatch, OpError};
use mox_httpserver::{Method, Response};
use mox_web::show::counted;
use mox_web::{Events, Page};
use serde::Serialize;
use tokio::task::JoinSet;

use super::{PLACE, path_of};
use crate::At;

#[derive(Template)]
#[template(path = "domains_check.html")]
struct Check<'a> {
    page: Page<'a>,
    domain: String,
    path: String,
    /// Findings come later.
    live: bool,
    rows: Vec<Finding>,
    summary: String,
    host_tlsrpt: Option<String>,
}

/// A finding as a row of the table.
#[derive(Template)]
#[template(path = "domains_finding.html")]
struct Finding {
    number: usize,
    finding: DnsFinding,
}

impl Finding {
    /// The worst first.
    fn rank(&self) -> u8 {
        match self.finding.severity {
            DnsSeverity::Ok => 0,
            DnsSeverity::Info => 1,
            DnsSeverity::Warning => 2,
            DnsSeverity::Error => 3,
        }
    }

    fn severity(&self) -> (&'static str, &'static str) {
        match self.finding.severity {
            DnsSeverity::Ok => ("ok", "badge good"),
            DnsSeverity::Info => ("info", "badge soft"),
            DnsSeverity::Warning => ("warning", "badge warn"),
            DnsSeverity::Error => ("error", "badge bad"),
        }
    }
}

/// What the check found, in one line.
fn summary(domain: &str, severities: &[DnsSeverity], ours: bool) -> String {
    let count = |severity| severities.iter().filter(|found| **found == severity).count();
    let (errors, warnings) = (count(DnsSeverity::Error), count(DnsSeverity::Warning));
    let compared = if ours { "compared with the configuration" } else { "judged by what is public" };
    format!("{domain}: {}, {}, {compared}", counted(errors, "error"), counted(warnings, "warning"))
}

/// `GET domains/DOMAIN/check`
pub(super) async fn page(at: &At, domain: &str) -> Result<Response, OpError> {
    at.query().finish()?;
    let check = DnsCheck { domain: domain.to_owned(), checks: Vec::new() };
    let DnsChecked { ours, findings, host_tlsrpt, .. } = at.dispatch().call(&check).await?;
    let severities: Vec<DnsSeverity> = findings.iter().map(|finding| finding.severity).collect();
    let rows = findings.into_iter().enumerate().map(|(number, finding)| Finding { number, finding });
    let check = Check {
        page: at.page(PLACE, format!("DNS check of {domain}")),
        domain: domain.to_owned(),
        path: at.visit.to(&path_of(domain)),
        live: false,
        rows: rows.collect(),
        summary: summary(domain, &severities, ours),
        host_tlsrpt,
    };
    Ok(at.render(&check))
}

/// `GET domains/DOMAIN/check/live`: the same page, which a script fills.
pub(super) async fn live(at: &At, domain: &str) -> Result<Response, OpError> {
    at.query().finish()?;
    let check = Check {
        page: at.page(PLACE, format!("DNS check of {domain}")),
        domain: domain.to_owned(),
        path: at.visit.to(&path_of(domain)),
        live: true,
        rows: Vec::new(),
        summary: String::new(),
        host_tlsrpt: None,
    };
    Ok(at.render(&check))
}

/// A finding for the page.
#[derive(Serialize)]
struct Put {
    rank: u8,
    html: String,
}

/// A check that ended.
#[derive(Serialize)]
struct Ended<'a> {
    check: &'a str,
    left: usize,
}

/// The end of all checks.
#[derive(Serialize)]
struct Done<'a> {
    summary: String,
    host_tlsrpt: Option<&'a str>,
}

/// `GET domains/DOMAIN/check/events`: each check by itself, its findings when it ends.
pub(super) async fn events(at: &At, domain: &str) -> Result<Response, OpError> {
    at.query().finish()?;
    let (events, response) = Events::start();
    if at.request.head.method == Method::HEAD {
        return Ok(response);
    }
    let (dispatch, domain) = (at.dispatch().clone(), domain.to_owned());
    let mut ending = at.request.ending.clone();
    tokio::spawn(async move {
        tokio::select! {
            () = tell(&events, dispatch, &domain) => {}
            () = events.closed() => {}
            () = ending.ended() => {}
        }
    });
    Ok(response)
}

async fn tell(events: &Events, dispatch: Arc<dyn Dispatch>, domain: &str) {
    if !events.open().await {
        return;
    }
    let mut running = JoinSet::new();
    for (name, _) in DnsCheck::CHECKS {
        let (dispatch, domain) = (dispatch.clone(), domain.to_owned());
        running.spawn(async move {
            let check = DnsCheck { domain, checks: vec![name.to_owned()] };
            (name, dispatch.call(&check).await)
        });
    }
    let mut told = Told::default();
    while let Some(ended) = running.join_next().await {
        let Ok((check, result)) = ended else { continue };
        let checked = match result {
            Ok(checked) => checked,
            Err(error) => {
                events.send("", "failed", &error).await;
                return;
            }
        };
        for put in told.fresh(checked) {
            if !events.send("", "finding", &put).await {
                return;
            }
        }
        if !events.send("", "checked", &Ended { check, left: running.len() }).await {
            return;
        }
    }
    let done = Done {
        summary: summary(domain, &told.severities, told.ours),
        host_tlsrpt: told.host_tlsrpt.as_deref(),
    };
    events.send("", "done", &done).await;
}

/// What was told already: several checks stumble over the same.
#[derive(Default)]
struct Told {
    seen: BTreeSet<(String, String, String)>,
    severities: Vec<DnsSeverity>,
    ours: bool,
    host_tlsrpt: Option<String>,
}

impl Told {
    fn fresh(&mut self, checked: DnsChecked) -> Vec<Put> {
        self.ours = checked.ours;
        self.host_tlsrpt = checked.host_tlsrpt;
        let mut puts = Vec::new();
        for finding in checked.findings {
            let key = (finding.id.clone(), finding.subject.clone(), finding.evidence.clone());
            if self.seen.insert(key) {
                self.severities.push(finding.severity);
                let row = Finding { number: self.severities.len(), finding };
                puts.push(Put { rank: row.rank(), html: row.render().unwrap_or_default() });
            }
        }
        puts
    }
}
