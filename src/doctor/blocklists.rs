//! Whether DNS block lists have the addresses that others see of this host: then mail from here is refused.
//!
//! Asked are the lists of `MonitorDNSBLs`, and those that listeners ask about others.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use mox_address::Domain;
use mox_dns::{BoxFuture, BudgetedResolver};
use mox_dnscheck::{Finding, all, public_ips};
use mox_remoteip::{DnsblOutcome, DnsblResult, dnsbl};

use crate::Patient;

/// Most questions: two for each list and address.
const QUESTIONS: u32 = 200;
/// Longest time for all of them, which are asked at once.
const TIME: Duration = Duration::from_secs(5);

/// Asks every list about every address.
pub(crate) async fn look(patient: &Patient<'_>) -> Vec<Finding> {
    if !patient.online {
        return Vec::new();
    }
    let config = patient.config;
    let mut zones: Vec<&Domain> = config.dynamic.monitor_dnsbls.iter().collect();
    zones.extend(config.server.listeners.values().flat_map(|listener| &listener.smtp.dnsbls));
    zones.sort();
    zones.dedup();
    let ips = public_ips(config);
    let world = patient.world;
    let resolver =
        BudgetedResolver::new(Arc::clone(&world.resolver), Arc::clone(&world.clock), QUESTIONS, TIME);
    let pairs = zones.iter().flat_map(|zone| ips.iter().map(|ip| (*zone, *ip)));
    let asked: Vec<BoxFuture<'_, DnsblOutcome>> =
        pairs.map(|(zone, ip)| -> BoxFuture<'_, _> { Box::pin(dnsbl(&resolver, zone, ip)) }).collect();
    let outcomes = all(asked).await;
    let mut findings: Vec<Finding> = outcomes.iter().filter_map(bad).collect();
    findings.extend(clear(&outcomes));
    findings
}

fn bad(outcome: &DnsblOutcome) -> Option<Finding> {
    let DnsblOutcome { zone, ip, .. } = outcome;
    match outcome.result {
        DnsblResult::Listed => {
            let why = outcome.explanation.as_ref().map(|text| format!(": {text}")).unwrap_or_default();
            let text =
                format!("the block list {zone} has this address, so that many refuse mail from it{why}");
            let fix = format!("find out what was sent (`mox queue list`), then ask {zone} to remove it");
            Some(Finding::error("dnsbl-listed", ip.to_string(), text).fix(fix))
        }
        DnsblResult::TempError => {
            let why = outcome.problem.clone().unwrap_or_default();
            let fix = format!(
                "`mox dnsbl checkhealth {zone}` tells whether it works; else take it out of MonitorDNSBLs"
            );
            Some(
                Finding::info("dnsbl-unanswered", zone.unicode(), format!("{ip} is not known: {why}"))
                    .fix(fix),
            )
        }
        DnsblResult::Clear => None,
    }
}

/// Addresses that no list has, where all answered.
fn clear(outcomes: &[DnsblOutcome]) -> Option<Finding> {
    if outcomes.is_empty() || outcomes.iter().any(|outcome| outcome.result != DnsblResult::Clear) {
        return None;
    }
    let mut ips: Vec<IpAddr> = outcomes.iter().map(|outcome| outcome.ip).collect();
    ips.sort();
    ips.dedup();
    let lists = outcomes.len() / ips.len().max(1);
    let ips: Vec<String> = ips.iter().map(ToString::to_string).collect();
    Some(Finding::ok("dnsbl", ips.join(", "), format!("in none of {lists} block lists")))
}
