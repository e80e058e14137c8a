//! What is wrong, as the server itself sees it: the same as `mox doctor`, without its repairs.
//!
//! The machine and the server are looked at once a minute at most; what DNS and other hosts say is kept until they are
//! asked again.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use mox_admin::ops::{
    CertificateList, DmarcReports, Doctor, DoctorFinding, Doctored, QueueList, ReportFamily, ReportHistory,
    Status, TlsReports,
};
use mox_admin::{OpError, Operations, Time};
use mox_clock::Timestamp;
use mox_config::Config;
use mox_dnscheck::{Finding, Severity, World};
use mox_doctor::{Arrived, Patient, Running, examine};
use mox_reports::receive::{dmarc, tls};
use tokio::sync::Mutex;

use super::Parts;

/// Messages of the queue that are looked at: those that are due first.
const QUEUED: u32 = 10_000;
/// Reports that are looked at.
const REPORTS: u32 = 1000;

/// How long the machine and the server are not looked at again: a look connects to all ports for mail.
const FRESH: Duration = Duration::from_secs(60);

/// Findings, and when they were found.
type Found = Option<(Timestamp, Vec<Finding>)>;

/// What was found last.
#[derive(Default)]
struct Last {
    /// About the machine and the server.
    here: Found,
    /// What others said.
    others: Found,
}

pub(super) fn add(operations: Operations, parts: &Arc<Parts>) -> Operations {
    let parts = parts.clone();
    // One at a time: many who look at a page are no reason for many questions to others.
    let last: Arc<Mutex<Last>> = Arc::default();
    operations.on(move |op: Doctor| {
        let (parts, last) = (parts.clone(), last.clone());
        async move { look(&parts, &mut *last.lock().await, &op).await }
    })
}

async fn look(parts: &Arc<Parts>, last: &mut Last, op: &Doctor) -> Result<Doctored, OpError> {
    let now = parts.clock.now();
    let fresh = |at: &Timestamp| now >= *at && now.since(*at) < FRESH;
    if op.online || !last.here.as_ref().is_some_and(|(at, _)| fresh(at)) {
        let (here, others) = examined(parts, op.online).await?;
        last.here = Some((now, here));
        if op.online {
            last.others = Some((now, others));
        }
    }
    let all = [&last.here, &last.others].into_iter().flatten();
    let mut findings: Vec<Finding> = all.flat_map(|(_, findings)| findings.iter().cloned()).collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let count = |severity| findings.iter().filter(|f| f.severity == severity).count() as u64;
    Ok(Doctored {
        at: Time(last.here.as_ref().map_or(now, |(at, _)| *at)),
        online: last.others.as_ref().map(|(at, _)| Time(*at)),
        errors: count(Severity::Error),
        warnings: count(Severity::Warning),
        findings: findings.into_iter().map(shown).collect(),
    })
}

/// What is found here, and what others say where they are asked.
async fn examined(parts: &Arc<Parts>, online: bool) -> Result<(Vec<Finding>, Vec<Finding>), OpError> {
    let config = parts.config.load();
    let running = running(parts, &config).await?;
    let world = world(parts, &config);
    let patient = |online| Patient {
        config: &config,
        running: Some(&running),
        world: &world,
        online,
        version: crate::house::VERSION,
        fresh: false,
    };
    let here = examine(&patient(false)).await.findings;
    let mut others = Vec::new();
    if online {
        let known: BTreeSet<(&str, &str)> = here.iter().map(|f| (f.id, f.subject.as_str())).collect();
        others = examine(&patient(true)).await.findings;
        others.retain(|finding| !known.contains(&(finding.id, finding.subject.as_str())));
    }
    let here = here.into_iter().map(|finding| fair(finding, &config)).collect();
    Ok((here, others))
}

/// A file that this process may not read, or not any more, is not bad for that: it was read at the start.
fn fair(finding: Finding, config: &Config) -> Finding {
    let denied = |path: &Path| {
        let opened = std::fs::File::open(path);
        opened.is_err_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied)
    };
    let unread = match finding.id {
        "file-unreadable" => denied(Path::new(&finding.subject)),
        "certificate-unusable" => {
            let listeners = config.server.listeners.values().filter_map(|listener| listener.tls.as_ref());
            let mut pairs = listeners.flat_map(|tls| &tls.key_certs);
            pairs.any(|pair| {
                let cert = config.path(&pair.cert_file);
                cert.display().to_string() == finding.subject
                    && (denied(&cert) || denied(&config.path(&pair.key_file)))
            })
        }
        _ => false,
    };
    match unread {
        true => {
            let text = "the server read it at its start and may not read it now";
            Finding::info("file-unread", finding.subject, text)
                .fix("`mox doctor`, run by who may read it, looks at it")
        }
        false => finding,
    }
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
