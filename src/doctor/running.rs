//! What a running server tells: whether it is the one that should run, what waits in its queue, what became of reports.

use std::collections::BTreeMap;

use mox_dnscheck::Finding;

use mox_admin::ops::ReportFamily;

use crate::{Arrived, Patient, Running};

/// Attempts after which a message is worth a look.
const ATTEMPTS: u32 = 3;
/// Destinations that are named.
const NAMED: usize = 3;
/// Reports are looked at for so many days.
const DAYS: i64 = 14;
/// Seconds of a day.
const DAY: i64 = 86_400;

/// Looks at the running server.
pub(crate) fn look(patient: &Patient<'_>) -> Vec<Finding> {
    let subject = || patient.config.file.display().to_string();
    let Some(running) = patient.running else {
        if patient.fresh {
            let text = "no server was started yet with this configuration";
            return vec![
                Finding::info("not-running", subject(), text).fix("`mox serve`, or `mox service start`"),
            ];
        }
        let text = "no server runs with this configuration: mail waits elsewhere, for some days";
        let finding = Finding::warning("not-running", subject(), text);
        return vec![finding.fix("`mox serve`, or `mox service start`")];
    };
    let mut findings = server(patient, running);
    findings.extend(queue(running));
    findings.extend(reports(patient, running));
    findings.extend(running.arrived.iter().map(|(family, last)| arrived(patient, *family, last.as_ref())));
    findings.extend(crate::issued::look(patient, running));
    findings
}

fn server(patient: &Patient<'_>, running: &Running) -> Vec<Finding> {
    let status = &running.status;
    let subject = format!("process {}", status.pid);
    let mut findings = Vec::new();
    if let Some(error) = &status.config_error {
        let text = format!("the files of the configuration changed, and cannot be used: {error}");
        findings.push(
            Finding::error("config-not-taken", subject.clone(), text)
                .fix("mend the file; `mox config test` names all that is wrong with it"),
        );
    }
    if status.version != patient.version {
        let text = format!("the server is version {}, this program {}", status.version, patient.version);
        findings
            .push(Finding::warning("version-differs", subject.clone(), text).fix("start the server again"));
    }
    if findings.is_empty() {
        let text = format!("runs since {}, version {}", status.started, status.version);
        findings.push(Finding::ok("running", subject, text));
    }
    findings
}

fn queue(running: &Running) -> Vec<Finding> {
    let mut stuck: BTreeMap<&str, usize> = BTreeMap::new();
    for row in running.queue.iter().filter(|row| row.attempts >= ATTEMPTS && !row.hold) {
        *stuck.entry(row.to.rsplit('@').next().unwrap_or_default()).or_default() += 1;
    }
    let mut findings = Vec::new();
    if !stuck.is_empty() {
        let mut most: Vec<_> = stuck.iter().collect();
        most.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        let named: Vec<_> = most.iter().take(NAMED).map(|(to, count)| format!("{to} ({count})")).collect();
        let count: usize = stuck.values().sum();
        let text = format!("{count} messages were tried {ATTEMPTS} times or more, to {}", named.join(", "));
        let mut finding = Finding::warning("queue-stuck", "queue", text);
        if let Some(row) = running.queue.iter().find(|row| row.attempts >= ATTEMPTS && !row.hold) {
            finding = finding.fix(format!("`mox queue explain {}` tells why", row.id));
        }
        findings.push(finding);
    }
    let held = running.queue.iter().filter(|row| row.hold).count();
    if held > 0 {
        findings.push(
            Finding::info("queue-held", "queue", format!("{held} messages are on hold"))
                .fix("`mox queue list --hold true` shows them, `mox queue unhold` lets them go"),
        );
    }
    if findings.is_empty() {
        findings.push(Finding::ok("queue", "queue", format!("{} messages wait", running.queue.len())));
    }
    findings
}

fn reports(patient: &Patient<'_>, running: &Running) -> Vec<Finding> {
    let since = patient.world.clock.now().secs() - DAYS * DAY;
    let recent = || running.history.iter().filter(|row| row.sealed.0.secs() >= since && row.note.is_empty());
    let failed: Vec<_> = recent().filter(|row| row.outcome == "failed" || row.outcome == "expired").collect();
    let mut findings: Vec<Finding> = running.problems.iter().map(problem).collect();
    if let Some(last) = failed.first() {
        let text = format!(
            "{} of {} reports in {DAYS} days were not taken, the last about {}: {}",
            failed.len(),
            recent().count(),
            last.policy_domain,
            last.why
        );
        let what = if last.kind == "dmarc" { "dmarc" } else { "tlsrpt" };
        findings.push(
            Finding::info("reports-failed", "outgoing reports", text)
                .fix(format!("`mox {what} explain {}` tells more", last.policy_domain)),
        );
    } else {
        let delivered = recent().filter(|row| row.outcome == "delivered").count();
        let text = format!("{delivered} delivered in {DAYS} days");
        findings.push(Finding::ok("reports", "outgoing reports", text));
    }
    findings
}

/// When others reported last: their silence may be theirs, or mean that reports are not asked for.
fn arrived(patient: &Patient<'_>, family: ReportFamily, last: Option<&Arrived>) -> Finding {
    let subject = format!("incoming reports, {}", family.as_str());
    let Some(Arrived { sender, domain, at }) = last else {
        let text = "none arrived in the last 30 days";
        let fix = "large receivers report daily on domains that send to them; `mox dnscheck` tells whether the record asks for them";
        return Finding::info("reports-none", subject, text).fix(fix);
    };
    let days = (patient.world.clock.now().secs() - at.0.secs()).div_euclid(DAY).max(0);
    Finding::ok(
        "reports-arrive",
        subject,
        format!("the last {days} days ago, from {sender} about {domain}, at {at}"),
    )
}

fn problem(problem: &mox_admin::ops::TlsReportProblem) -> Finding {
    let host = if problem.mx.is_empty() { &problem.policy_domain } else { &problem.mx };
    let text = format!(
        "others report {} failed deliveries to {}, {}: {}",
        problem.sessions, problem.policy_domain, problem.result_type, problem.meaning
    );
    Finding::warning("reported-tls", host.clone(), text).fix(problem.mend.clone())
}
