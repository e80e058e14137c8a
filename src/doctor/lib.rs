//! What is wrong with a machine, its configuration, and the mail server that runs on it, in one list.
//!
//! Everything here only looks. What can be mended without asking anybody is a [`Repair`], which the one who asked may
//! run. The records of domains are [`mox_dnscheck`]'s.

mod blocklists;
mod certificates;
mod files;
mod issued;
mod machine;
mod ports;
mod records;
mod running;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use mox_admin::Time;
use mox_admin::ops::{
    CertificateRow, QueueRow, ReportFamily, ReportHistoryRow, StatusReport, TlsReportProblem,
};
use mox_config::Config;
use mox_dnscheck::{Finding, World};

/// What a running server told of itself.
#[derive(Debug, Clone)]
pub struct Running {
    /// How it is.
    pub status: StatusReport,
    /// What waits to leave.
    pub queue: Vec<QueueRow>,
    /// Reports that were made, those about TLS and about DMARC.
    pub history: Vec<ReportHistoryRow>,
    /// What fails when others deliver here, as their reports say.
    pub problems: Vec<TlsReportProblem>,
    /// The last report of others that arrived, of each family that reports are expected of.
    pub arrived: Vec<(ReportFamily, Option<Arrived>)>,
    /// Certificates from authorities.
    pub certificates: Vec<CertificateRow>,
}

/// A report of others.
#[derive(Debug, Clone)]
pub struct Arrived {
    /// Who made it.
    pub sender: String,
    /// What it is about.
    pub domain: String,
    /// When it arrived.
    pub at: Time,
}

/// Something that can be mended at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Repair {
    /// Take the rights of others away.
    MakePrivate(PathBuf),
}

impl Repair {
    /// Does it.
    pub fn run(&self) -> std::io::Result<()> {
        match self {
            Repair::MakePrivate(path) => mox_platform::files::make_private(path),
        }
    }
}

impl std::fmt::Display for Repair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Repair::MakePrivate(path) => write!(f, "let only the owner read {}", path.display()),
        }
    }
}

/// Everything there is to say.
#[derive(Debug, Default)]
pub struct Examined {
    /// The worst first.
    pub findings: Vec<Finding>,
    /// What can be mended at once.
    pub repairs: Vec<Repair>,
}

/// What is looked at.
pub struct Patient<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The server, where one runs.
    pub running: Option<&'a Running>,
    /// DNS, mail hosts, trust, time.
    pub world: &'a World,
    /// Look at the records of domains, too, and at what else is asked of others.
    pub online: bool,
    /// Version of this program.
    pub version: &'a str,
    /// The configuration was made only now, so that no server runs yet.
    pub fresh: bool,
}

/// For one connection.
const DIAL: Duration = Duration::from_secs(5);

/// Looks at everything.
pub async fn examine(patient: &Patient<'_>) -> Examined {
    let mut all = Examined::default();
    files::look(patient, &mut all);
    all.findings.extend(machine::look(patient));
    all.findings.extend(certificates::look(patient));
    all.findings.extend(running::look(patient));
    let (ports, records, lists) =
        tokio::join!(ports::look(patient), records::look(patient), blocklists::look(patient));
    all.findings.extend(ports);
    all.findings.extend(lists);
    all.findings.extend(records);
    all.findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    all
}

/// The addresses that a configuration listens on for mail, and what for.
fn mail_addresses(config: &Config) -> Vec<(SocketAddr, &'static str)> {
    let listeners = config.server.listeners.values().flat_map(|listener| {
        let ports = [
            (listener.smtp.enabled, listener.smtp.port, "smtp"),
            (listener.submission.enabled, listener.submission.port, "submission"),
            (listener.submissions.enabled, listener.submissions.port, "submissions"),
        ];
        let of = move |ip: &std::net::IpAddr| {
            let ip = *ip;
            let on = ports.into_iter().filter(|(enabled, _, _)| *enabled);
            on.map(move |(_, port, what)| (SocketAddr::new(ip, port), what)).collect::<Vec<_>>()
        };
        listener.ips.iter().flat_map(of).collect::<Vec<_>>()
    });
    listeners.collect()
}

#[cfg(test)]
mod tests;
