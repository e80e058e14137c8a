//! Records of a domain in DNS: those it should have, whether they are there, and what is wrong with them. The house asks
//! with its own resolver and trusts what it always trusts.

use std::sync::Arc;

use mox_address::Domain;
use mox_admin::ops::{
    DnsCheck, DnsChecked, DnsFinding, DnsProvider, DnsRecordRow, DnsRecordSet, DnsRecordState, DnsRecords,
    DnsSeverity,
};
use mox_admin::{OpError, Operations};
use mox_config::Config;
use mox_dnscheck::{
    Expected, Finding, Published, Row, Severity, State, TTL, World, check_some, published, zone_text,
};

use super::{Parts, lookup};

pub(super) fn add(operations: Operations, parts: &Arc<Parts>) -> Operations {
    let (records, checks) = (parts.clone(), parts.clone());
    operations
        .on(move |op: DnsRecords| listed(records.clone(), op))
        .on(move |op: DnsCheck| checked(checks.clone(), op))
}

async fn listed(parts: Arc<Parts>, op: DnsRecords) -> Result<DnsRecordSet, OpError> {
    let domain = lookup::domain(&op.domain)?;
    let config = parts.config.load();
    lookup::hosted(&config, &domain)?;
    let ours = expected(&parts, &config, &domain).await?;
    let ours =
        ours.ok_or_else(|| OpError::not_found(format!("{domain} is not a domain of the configuration")))?;
    let rows = ours.records();
    let mut records: Vec<DnsRecordRow> = rows.iter().map(record).collect();
    let mut provider = None;
    if op.look {
        let world = world(&parts, Some(&config));
        let asked = mox_dnscheck::provider(world.resolver.clone(), world.clock.clone(), &domain);
        let (found, who) = tokio::join!(published(&world, &ours, &rows), asked);
        records.iter_mut().zip(found).for_each(|(record, found)| look(record, found));
        provider = who.map(|who| DnsProvider { name: who.name.to_owned(), notes: who.notes() });
    }
    let zone = zone_text(&rows);
    Ok(DnsRecordSet {
        domain: domain.to_string(),
        records,
        zone,
        host_tlsrpt: missing_host_tlsrpt(&config, &ours),
        provider,
    })
}

async fn checked(parts: Arc<Parts>, op: DnsCheck) -> Result<DnsChecked, OpError> {
    let domain = lookup::domain(&op.domain)?;
    if let Some(unknown) = op.checks.iter().find(|name| !mox_dnscheck::names().any(|known| known == *name)) {
        let known: Vec<&str> = mox_dnscheck::names().collect();
        return Err(OpError::usage(format!("there is no check {unknown:?}"))
            .hint(format!("there are: {}", known.join(" "))));
    }
    let config = parts.config.load();
    let ours = expected(&parts, &config, &domain).await?;
    // What the configuration lets in counts for domains of it.
    let world = world(&parts, ours.as_ref().map(|_| &*config));
    let findings = check_some(&world, &domain, ours.as_ref(), &op.checks).await;
    Ok(DnsChecked {
        domain: domain.to_string(),
        ours: ours.is_some(),
        findings: findings.into_iter().map(finding).collect(),
        host_tlsrpt: ours.and_then(|ours| missing_host_tlsrpt(&config, &ours)),
    })
}

/// What the configuration expects; key files are read beside the work of others.
async fn expected(
    parts: &Arc<Parts>,
    config: &Arc<Config>,
    domain: &Domain,
) -> Result<Option<Expected>, OpError> {
    let (parts, config, domain) = (parts.clone(), config.clone(), domain.clone());
    let work = move || {
        let read = |file: &std::path::Path| parts.secrets.read(file).ok();
        Expected::with(&config, &domain, &read)
    };
    tokio::task::spawn_blocking(work).await.map_err(OpError::failed)
}

/// What lies outside of the house, with the networks that a configuration lets in.
fn world(parts: &Parts, config: Option<&Config>) -> World {
    let outside = &parts.outside;
    let allowed =
        config.into_iter().flat_map(|config| config.server.allow_egress.iter().map(|network| network.0));
    let allowed: Vec<_> = allowed.collect();
    World {
        resolver: outside.resolver.clone(),
        dial: outside.dial.clone(),
        web: Arc::new(outside.web(&parts.clock, allowed.iter().copied())),
        reachable: outside.allow.iter().copied().chain(allowed).collect(),
        roots: outside.roots.clone(),
        clock: parts.clock.clone(),
        random: parts.random.clone(),
    }
}

fn record(row: &Row) -> DnsRecordRow {
    DnsRecordRow {
        name: row.name.clone(),
        ttl: TTL,
        kind: row.record.kind().to_string(),
        data: row.record.to_string(),
        about: row.about.to_owned(),
        state: None,
        found: Vec::new(),
        note: None,
    }
}

fn look(record: &mut DnsRecordRow, found: Published) {
    record.state = Some(match found.state {
        State::Present => DnsRecordState::Present,
        State::Differs => DnsRecordState::Differs,
        State::Missing => DnsRecordState::Missing,
        State::Unknown => DnsRecordState::Unknown,
    });
    record.found = found.found.iter().map(|record| format!("{} {record}", record.kind())).collect();
    record.note = found.note;
}

fn finding(found: Finding) -> DnsFinding {
    DnsFinding {
        id: found.id.to_owned(),
        severity: match found.severity {
            Severity::Ok => DnsSeverity::Ok,
            Severity::Info => DnsSeverity::Info,
            Severity::Warning => DnsSeverity::Warning,
            Severity::Error => DnsSeverity::Error,
        },
        subject: found.subject,
        evidence: found.evidence,
        fix: found.fix,
    }
}

/// Lines for `mox.conf` where it names nobody for reports about TLS to this host, whose record is not that of the
/// domain.
fn missing_host_tlsrpt(config: &Config, ours: &Expected) -> Option<String> {
    let needed = config.server.host_tlsrpt.is_none() && ours.host != ours.domain;
    let account = &config.server.postmaster.account;
    needed.then(|| format!("HostTLSRPT:\n\tAccount: {account}\n\tMailbox: TLSRPT\n\tLocalpart: tlsreports\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVER: &str = "DataDir: data\nHostname: mail.example.org\nPostmaster:\n\tAccount: amy\n\tMailbox: Postmaster\nListeners: nil\n";
    const DOMAINS: &str =
        "Domains:\n\texample.org: nil\n\tmail.example.org: nil\nAccounts:\n\tamy:\n\t\tDomain: example.org\n";

    fn config(server: &str) -> Config {
        Config::parse(std::path::Path::new("mox.conf"), server, DOMAINS).unwrap()
    }

    fn snippet(server: &str, domain: &str) -> Option<String> {
        let config = config(server);
        let ours = Expected::of(&config, &domain.parse().unwrap()).unwrap();
        missing_host_tlsrpt(&config, &ours)
    }

    #[test]
    fn a_host_without_an_address_for_reports_gets_lines_that_make_one() {
        let lines = snippet(SERVER, "example.org").unwrap();
        assert!(lines.contains("Account: amy"), "{lines}");
        let server = format!("{SERVER}{lines}");
        assert_eq!(snippet(&server, "example.org"), None);
        let ours = Expected::of(&config(&server), &"example.org".parse().unwrap()).unwrap();
        let rows: Vec<String> = ours.records().iter().map(ToString::to_string).collect();
        let wanted =
            "_smtp._tls.mail.example.org. 300 IN TXT \"v=TLSRPTv1; rua=mailto:tlsreports@mail.example.org\"";
        assert!(rows.iter().any(|row| row == wanted), "{rows:?}");
        assert_eq!(snippet(SERVER, "mail.example.org"), None, "the record of the domain is that of the host");
    }

    #[test]
    fn the_names_of_checks_are_those_that_there_are() {
        let mut ours: Vec<&str> = DnsCheck::CHECKS.iter().map(|(name, _)| *name).collect();
        let mut there: Vec<&str> = mox_dnscheck::names().collect();
        ours.sort_unstable();
        there.sort_unstable();
        assert_eq!(ours, there);
    }

    #[test]
    fn json_is_that_of_the_commands() {
        let found = finding(Finding::warning("spf-missing", "example.org", "none").fix("add one"));
        let json = serde_json::to_value(&found).unwrap();
        let command =
            serde_json::to_value(Finding::warning("spf-missing", "example.org", "none").fix("add one"))
                .unwrap();
        assert_eq!(json, command);
        let row = Expected::of(&config(SERVER), &"example.org".parse().unwrap()).unwrap().records().remove(0);
        let json = serde_json::to_value(record(&row)).unwrap();
        let names: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names.len(), 5, "{names:?}");
    }
}
