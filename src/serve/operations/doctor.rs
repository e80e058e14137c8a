//! What is wrong, as the server itself sees it: the same as `mox doctor`, without its repairs.
//!
//! The machine and the server are looked at each time; what DNS and other hosts say is kept until they are asked again.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use mox_admin::ops::{
    CertificateList, DmarcReports, Doctor, DoctorFinding, Doctored, QueueList, ReportFamily, ReportHistory,
    Status, TlsReports,
};
use mox_admin::{OpError, Operations, Time};
use mox_config::Config;
use mox_dnscheck::{Finding, Severity, World};
use mox_doctor::{Arrived, Patient, Running, examine};
use mox_reports::receive::{dmarc, tls};
use tokio::sync::Semaphore;

use super::Parts;

/// Messages of the queue that are looked at: those that are due first.
const QUEUED: u32 = 10_000;
/// Reports that are looked at.
const REPORTS: u32 = 1000;

/// What others said last.
#[derive(Default)]
struct Asked(Mutex<Option<(Time, Vec<Finding>)>>);

pub(super) fn add(operations: Operations, parts: &Arc<Parts>) -> Operations {
    let parts = parts.clone();
    let asked = Arc::new(Asked::default());
    // One at a time: many who look at a page are no reason for many questions to others.
    let turn = Arc::new(Semaphore::new(1));
    operations.on(move |op: Doctor| {
        let (parts, asked, turn) = (parts.clone(), asked.clone(), turn.clone());
        async move {
            let _turn = turn.acquire().await.map_err(OpError::failed)?;
            look(&parts, &asked, &op).await
        }
    })
}

async fn look(parts: &Arc<Parts>, asked: &Asked, op: &Doctor) -> Result<Doctored, OpError> {
    let config = parts.config.load();
    let running = running(parts, &config).await?;
    let world = world(parts, &config);
    let at = Time(parts.clock.now());
    let patient = |online| Patient {
        config: &config,
        running: Some(&running),
        world: &world,
        online,
        version: crate::house::VERSION,
        fresh: false,
    };
    let mut findings = examine(&patient(false)).await.findings;
    let known: BTreeSet<(&str, String)> =
        findings.iter().map(|finding| (finding.id, finding.subject.clone())).collect();
    if op.online {
        let all = examine(&patient(true)).await.findings;
        let others = all.into_iter().filter(|f| !known.contains(&(f.id, f.subject.clone()))).collect();
        *asked.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((at, others));
    }
    let asked = asked.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let online = asked.as_ref().map(|(at, _)| *at);
    findings.extend(asked.into_iter().flat_map(|(_, findings)| findings));
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let count = |severity| findings.iter().filter(|f| f.severity == severity).count() as u64;
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    Ok(Doctored { at, online, errors, warnings, findings: findings.into_iter().map(shown).collect() })
}

fn shown(finding: Finding) -> DoctorFinding {
    DoctorFinding {
        id: finding.id.to_owned(),
        severity: finding.severity.keyword().to_owned(),
        subject: finding.subject,
        evidence: finding.evidence,
        fix: finding.fix,
    }
}

/// What is asked of others, by the ways that the house itself goes.
fn world(parts: &Parts, config: &Config) -> World {
    let outside = &parts.outside;
    let lets_in = || config.server.allow_egress.iter().map(|network| network.0);
    World {
        resolver: outside.resolver.clone(),
        dial: outside.dial.clone(),
        web: Arc::new(outside.web(&parts.clock, lets_in())),
        reachable: outside.allow.iter().copied().chain(lets_in()).collect(),
        roots: outside.roots.clone(),
        clock: parts.clock.clone(),
        random: parts.random.clone(),
    }
}

/// What this house tells of itself.
async fn running(parts: &Arc<Parts>, config: &Config) -> Result<Running, OpError> {
    let mut history = Vec::new();
    for family in [ReportFamily::Tls, ReportFamily::Dmarc] {
        let asked = ReportHistory { family, domain: None, limit: Some(REPORTS) };
        history.extend(parts.reports.history(asked).await?);
    }
    let asked = TlsReports { limit: Some(REPORTS), ..TlsReports::default() };
    let tls = tls::reports(&parts.store, asked, parts.clock.now()).await?;
    let asked = DmarcReports { limit: Some(1), ..DmarcReports::default() };
    let dmarc = dmarc::reports(&parts.store, asked, parts.clock.now()).await?;
    let last_tls = tls.reports.iter().max_by_key(|row| row.received.0);
    let last_tls = last_tls.map(|row| arrived(&row.sender, &row.policy_domain, row.received));
    let last_dmarc = dmarc.reports.first();
    let last_dmarc = last_dmarc.map(|row| arrived(&row.sender, &row.policy_domain, row.received));
    let domains = || config.dynamic.domains.values();
    let mut last = Vec::new();
    if config.server.host_tlsrpt.is_some() || domains().any(|domain| domain.tlsrpt.is_some()) {
        last.push((ReportFamily::Tls, last_tls));
    }
    if domains().any(|domain| domain.dmarc.is_some()) {
        last.push((ReportFamily::Dmarc, last_dmarc));
    }
    Ok(Running {
        status: super::server::report(parts.clone(), Status {}).await?,
        queue: parts.queue.list(QueueList { limit: Some(QUEUED), ..QueueList::default() }).await?,
        history,
        problems: tls.problems,
        arrived: last,
        certificates: super::certificates::list(&parts.authorities, &CertificateList {}),
    })
}

fn arrived(sender: &str, domain: &str, at: Time) -> Arrived {
    Arrived { sender: sender.to_owned(), domain: domain.to_owned(), at }
}
