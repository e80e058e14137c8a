//! What our configuration says of a domain and of this host: what its records have to agree with.

use std::io::Read as _;
use std::net::IpAddr;
use std::path::Path;

use mox_address::{Address, Domain};
use mox_config::Config;
use mox_config::domain::HostedDomain;
use mox_config::listener::Listener;
use mox_dane::{Matching, Record as TlsaRecord, Selector, Usage};
use mox_dkim::{Record as DkimRecord, SigningKey};
use mox_tls::PublicPart;

/// Largest key file that is read, in bytes.
const MAX_KEY_FILE: u64 = 64 << 10;

/// A domain of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The domain.
    pub domain: Domain,
    /// Name of this host.
    pub host: Domain,
    /// Addresses that others see of this host; empty when they are not known.
    pub ips: Vec<IpAddr>,
    /// Selectors that mail is signed with now or later, and their key records.
    pub keys: Vec<(String, DkimRecord)>,
    /// Where DMARC reports about the domain arrive.
    pub dmarc: Option<Address>,
    /// Where TLS reports about the domain arrive.
    pub tls_reports: Option<Address>,
    /// Where TLS reports about this host arrive.
    pub host_tls_reports: Option<Address>,
    /// Id of the MTA-STS policy that is served.
    pub policy_id: Option<String>,
    /// Name that mail programs connect to.
    pub client_host: Domain,
    /// Services for mail programs.
    pub services: Vec<Service>,
    /// Whether settings for mail programs are served.
    pub autoconfig: bool,
    /// TLSA records of the keys that certificates of this host are made for, as far as they can be read.
    pub tlsa: Vec<TlsaRecord>,
    /// Authorities that certificates come from.
    pub issuers: Vec<Domain>,
}

/// A service for mail programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// As in DNS: `_imaps._tcp`.
    pub name: &'static str,
    /// Where it is served; none when it is not.
    pub port: Option<u16>,
}

impl Expected {
    /// What a configuration expects of a domain; none when the domain is not in it.
    pub fn of(config: &Config, domain: &Domain) -> Option<Expected> {
        let hosted = config.dynamic.domains.get(domain)?;
        let server = &config.server;
        let host = server.hostname.clone();
        let listeners: Vec<&Listener> = server.listeners.values().collect();
        let reports = |address: &Option<mox_config::reports::ReportAddress>| {
            let address = address.as_ref()?;
            let at = address.domain.as_ref().unwrap_or(domain);
            format!("{}@{at}", address.localpart).parse().ok()
        };
        let host_reports = server.host_tlsrpt.as_ref();
        let acme = listeners.iter().filter_map(|l| server.acme.get(&l.tls.as_ref()?.acme)?.issuer());
        let mut issuers: Vec<Domain> = acme.collect();
        issuers.dedup();
        Some(Expected {
            ips: public_ips(&listeners),
            keys: keys(config, domain),
            dmarc: reports(&hosted.dmarc),
            tls_reports: reports(&hosted.tlsrpt),
            host_tls_reports: host_reports.and_then(|r| format!("{}@{host}", r.localpart).parse().ok()),
            policy_id: hosted.mtasts.as_ref().map(|policy| policy.policy_id.clone()),
            client_host: client_host(hosted, &host),
            services: services(&listeners),
            autoconfig: listeners.iter().any(|l| l.autoconfig_https.enabled),
            tlsa: host_keys(config, &listeners),
            issuers,
            domain: domain.clone(),
            host,
        })
    }
}

fn client_host(hosted: &HostedDomain, host: &Domain) -> Domain {
    hosted.client_settings_domain.clone().unwrap_or_else(|| host.clone())
}

fn keys(config: &Config, domain: &Domain) -> Vec<(String, DkimRecord)> {
    let signers = config.signers(domain);
    let mut keys: Vec<(String, DkimRecord)> = signers
        .iter()
        .filter_map(|(options, key)| Some((options.selector.clone(), key.record().ok()?)))
        .collect();
    // Those that wait for their day are published before it.
    let selectors = config.dynamic.domains.get(domain).into_iter().flat_map(|hosted| &hosted.dkim.selectors);
    for (name, selector) in selectors {
        if !keys.iter().any(|(signing, _)| signing == name)
            && let Some(pem) = read(&config.path(&selector.private_key_file))
            && let Ok(record) = SigningKey::from_pem(&pem).and_then(|key| key.record())
        {
            keys.push((name.clone(), record));
        }
    }
    keys
}

/// A key file; none when it cannot be read.
fn read(file: &Path) -> Option<Vec<u8>> {
    let mut pem = Vec::new();
    std::fs::File::open(file).ok()?.take(MAX_KEY_FILE).read_to_end(&mut pem).ok()?;
    Some(pem)
}

fn host_keys(config: &Config, listeners: &[&Listener]) -> Vec<TlsaRecord> {
    let serving = listeners.iter().filter(|listener| listener.smtp.enabled);
    let files =
        serving.filter_map(|listener| listener.tls.as_ref()).flat_map(|tls| &tls.host_private_key_files);
    let mut records: Vec<TlsaRecord> = files
        .filter_map(|file| {
            let part = PublicPart::from_pem(&read(&config.path(file))?).ok()?;
            TlsaRecord::make(Usage::DaneEe, Selector::Spki, Matching::Sha256, &part).ok()
        })
        .collect();
    records.dedup();
    records
}

/// Addresses of listeners that take mail, as others see them.
fn public_ips(listeners: &[&Listener]) -> Vec<IpAddr> {
    let mut ips: Vec<IpAddr> = Vec::new();
    for listener in listeners.iter().filter(|listener| listener.smtp.enabled) {
        let own = listener.ips.iter().filter(|ip| !ip.is_unspecified() && !ip.is_loopback());
        match listener.nat_ips.is_empty() {
            true if listener.ips_nated => {}
            true => ips.extend(own),
            false => ips.extend(&listener.nat_ips),
        }
    }
    ips.sort();
    ips.dedup();
    ips
}

fn services(listeners: &[&Listener]) -> Vec<Service> {
    let find = |on: &dyn Fn(&Listener) -> Option<u16>| listeners.iter().find_map(|listener| on(listener));
    vec![
        Service {
            name: "_submissions._tcp",
            port: find(&|l| l.submissions.enabled.then_some(l.submissions.port)),
        },
        Service {
            name: "_submission._tcp",
            port: find(&|l| l.submission.enabled.then_some(l.submission.port)),
        },
        Service { name: "_imaps._tcp", port: find(&|l| l.imaps.enabled.then_some(l.imaps.port)) },
        Service { name: "_imap._tcp", port: find(&|l| l.imap.enabled.then_some(l.imap.port)) },
        Service { name: "_pop3s._tcp", port: None },
        Service { name: "_pop3._tcp", port: None },
    ]
}
