//! `mox doctor`: what is wrong with this machine, the configuration and the running server, and what mends it.

use std::path::Path;

use mox_admin::Time;
use mox_admin::ops::{
    CertificateList, DmarcReports, QueueList, ReportFamily, ReportHistory, Status, TlsReports,
};
use mox_config::{Config, Errors};
use mox_dnscheck::{Finding, Severity};
use mox_doctor::{Arrived, Examined, Patient, Running, examine};
use serde::Serialize;

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::fetcher::WebOptions;
use crate::output::{Page, Show};
use crate::place::is_there;
use crate::{Example, Needs, VERSION};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Mend what can be mended safely: rights of files
    #[arg(long)]
    fix: bool,
    /// With --fix: only say what would be mended
    #[arg(long, requires = "fix")]
    dry_run: bool,
    /// Ask nobody: neither DNS nor other hosts
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    web: WebOptions,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox doctor",
        about: "What is wrong, the worst first, each with what mends it",
        needs: Needs::World,
    },
    Example {
        run: "mox doctor --offline --fix --dry-run",
        about: "What it would mend by itself, without a question to DNS",
        needs: Needs::World,
    },
    Example {
        run: "mox doctor --json",
        about: "The same for a monitor; exit code 3 for problems",
        needs: Needs::World,
    },
];

/// Everything found out.
#[derive(Serialize)]
struct Report {
    config: String,
    findings: Vec<Finding>,
    /// What was mended, or with --dry-run would be.
    mended: Vec<String>,
}

impl Report {
    fn problems(&self) -> usize {
        self.findings.iter().filter(|finding| finding.severity.is_problem()).count()
    }
}

impl Show for Report {
    fn show(&self, page: &mut Page) {
        for finding in &self.findings {
            crate::dnscheck::show(finding, page);
        }
        for line in &self.mended {
            page.line(format_args!("    mended: {line}"));
        }
        let errors = self.findings.iter().filter(|finding| finding.severity == Severity::Error).count();
        let problems = self.problems();
        let text = format!("{}: {errors} errors, {} warnings", self.config, problems - errors);
        page.verdict(Some(problems == 0), text);
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let place = cx.place()?;
    if !is_there(&place.config) {
        let error = CommandError::not_found(format!("there is no config file {}", place.config.display()));
        return Err(error.hint("`mox quickstart you@example.org` makes one; name another with --config"));
    }
    let report = look(cx, &place.config, &place.data, &args)?;
    cx.print(&report)?;
    Ok(if report.problems() > 0 { Exit::Problems } else { Exit::Done })
}

/// What there is to say of a configuration that quickstart made, the worst first: no server runs yet. `web` is nothing
/// when nobody is to be asked.
pub(crate) fn after_quickstart(
    cx: &mut Context,
    file: &Path,
    web: Option<&WebOptions>,
) -> Result<Vec<Finding>, CommandError> {
    let config = match Config::load(file) {
        Ok((config, _)) => config,
        Err(errors) => return Ok(of_config(&errors)),
    };
    let asker = cx.asker()?;
    let world = crate::dnscheck::world(cx, &asker, web.unwrap_or(&WebOptions::default()), Some(&config))?;
    let (online, version) = (web.is_some(), VERSION);
    let patient = Patient { config: &config, running: None, world: &world, online, version, fresh: true };
    Ok(asker.run(examine(&patient)).findings)
}

fn look(cx: &mut Context, file: &Path, data: &Path, args: &Args) -> Result<Report, CommandError> {
    let name = file.display().to_string();
    let config = match Config::load(file) {
        Ok((config, _)) => config,
        Err(errors) => return Ok(Report { config: name, findings: of_config(&errors), mended: Vec::new() }),
    };
    let mut all = once(cx, &config, data, args)?;
    let mut mended = Vec::new();
    if args.fix {
        for repair in &all.repairs {
            if !args.dry_run {
                repair.run().map_err(|e| CommandError::failed(format!("cannot {repair}: {e}")))?;
            }
            mended.push(repair.to_string());
        }
        if !args.dry_run && !mended.is_empty() {
            all = once(cx, &config, data, args)?;
        }
    }
    Ok(Report { config: name, findings: all.findings, mended })
}

fn of_config(errors: &Errors) -> Vec<Finding> {
    let finding = |problem: &mox_config::Problem| {
        let subject = problem.file.display().to_string();
        Finding::error("config-bad", subject, problem.to_string()).fix("`mox config test` after each change")
    };
    errors.0.iter().map(finding).collect()
}

fn once(cx: &mut Context, config: &Config, data: &Path, args: &Args) -> Result<Examined, CommandError> {
    let running = running(cx, config, data)?;
    let asker = cx.asker()?;
    let world = crate::dnscheck::world(cx, &asker, &args.web, Some(config))?;
    let (online, version) = (!args.offline, VERSION);
    let patient = Patient { config, running: running.as_ref(), world: &world, online, version, fresh: false };
    Ok(asker.run(examine(&patient)))
}

fn arrived(sender: &str, domain: &str, at: Time) -> Arrived {
    Arrived { sender: sender.to_owned(), domain: domain.to_owned(), at }
}

/// What the server tells; none where none runs.
fn running(cx: &mut Context, config: &Config, data: &Path) -> Result<Option<Running>, CommandError> {
    let Ok(mut server) = cx.server_at(data) else { return Ok(None) };
    let wait = std::time::Duration::ZERO;
    let queue = server.call(&QueueList::default(), wait)?;
    let mut history = Vec::new();
    for family in [ReportFamily::Tls, ReportFamily::Dmarc] {
        history.extend(server.call(&ReportHistory { family, domain: None, limit: None }, wait)?);
    }
    let tls = server.call(&TlsReports { domain: None, since: None, limit: None }, wait)?;
    let dmarc = server.call(&DmarcReports { domain: None, since: None, limit: Some(1) }, wait)?;
    let tls_last = tls.reports.iter().max_by_key(|row| row.received.0);
    let tls_last = tls_last.map(|row| arrived(&row.sender, &row.policy_domain, row.received));
    let dmarc_last = dmarc.reports.first();
    let dmarc_last = dmarc_last.map(|row| arrived(&row.sender, &row.policy_domain, row.received));
    let domains = || config.dynamic.domains.values();
    let mut last = Vec::new();
    if config.server.host_tlsrpt.is_some() || domains().any(|domain| domain.tlsrpt.is_some()) {
        last.push((ReportFamily::Tls, tls_last));
    }
    if domains().any(|domain| domain.dmarc.is_some()) {
        last.push((ReportFamily::Dmarc, dmarc_last));
    }
    Ok(Some(Running {
        status: server.call(&Status {}, wait)?,
        queue,
        history,
        problems: tls.problems,
        arrived: last,
        certificates: server.call(&CertificateList {}, wait)?,
    }))
}
