//! What our configuration says of a domain and of this host: what its records have to agree with.

use std::fmt;
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

/// Reads a file; none when it cannot be read.
pub type Reader<'a> = &'a dyn Fn(&Path) -> Option<Vec<u8>>;

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
    pub issuers: Vec<Issuer>,
    /// Further names of this host, those that listeners have of their own.
    pub further: Vec<Further>,
}

/// An authority that certificates come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    /// Its name in CAA records.
    pub name: Domain,
    /// URI of our account there, once there is one.
    pub account: Option<String>,
}

impl fmt::Display for Issuer {
    /// As CAA records hold it (RFC 8659 §4.2, RFC 8657 §3).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.account {
            Some(account) => write!(f, "{}; accounturi={account}", self.name.ascii()),
            None => f.write_str(self.name.ascii()),
        }
    }
}

/// A name of this host beside the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Further {
    /// The name.
    pub name: Domain,
    /// Addresses that others see; empty when they are not known.
    pub ips: Vec<IpAddr>,
    /// As for the first name.
    pub tlsa: Vec<TlsaRecord>,
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
    /// What a configuration expects of a domain; none when the domain is not in it. Keys are read from their files.
    pub fn of(config: &Config, domain: &Domain) -> Option<Expected> {
        Expected::with(config, domain, &read)
    }

    /// As [`Expected::of`], where files are read by other means: a server may have read them before it gave up its
    /// privileges.
    pub fn with(config: &Config, domain: &Domain, read: Reader<'_>) -> Option<Expected> {
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
        Some(Expected {
            ips: ips_of(&named(config, &host)),
            keys: keys(config, domain, read),
            dmarc: reports(&hosted.dmarc),
            tls_reports: reports(&hosted.tlsrpt),
            host_tls_reports: host_reports.and_then(|r| format!("{}@{host}", r.localpart).parse().ok()),
            policy_id: hosted.mtasts.as_ref().map(|policy| policy.policy_id.clone()),
            client_host: client_host(hosted, &host),
            services: services(&listeners),
            autoconfig: listeners.iter().any(|l| l.autoconfig_https.enabled),
            tlsa: host_keys(config, &named(config, &host), read),
            issuers: issuers(config, &listeners),
            further: further(config, read),
            domain: domain.clone(),
            host,
        })
    }
}

impl Expected {
    /// The addresses and TLSA records of a name of this host; none when it is not one.
    pub(crate) fn own(&self, name: &str) -> Option<(&[IpAddr], &[TlsaRecord])> {
        if self.host.ascii() == name {
            return Some((&self.ips, &self.tlsa));
        }
        let further = self.further.iter().find(|further| further.name.ascii() == name)?;
        Some((&further.ips, &further.tlsa))
    }

    /// All names of this host.
    pub(crate) fn names(&self) -> impl Iterator<Item = &Domain> {
        std::iter::once(&self.host).chain(self.further.iter().map(|further| &further.name))
    }

    /// All addresses of this host.
    pub(crate) fn all_ips(&self) -> impl Iterator<Item = &IpAddr> {
        self.ips.iter().chain(self.further.iter().flat_map(|further| &further.ips))
    }
}

/// Listeners of mail hosts that have a name.
fn named<'a>(config: &'a Config, name: &Domain) -> Vec<&'a Listener> {
    let server = &config.server;
    let is = |listener: &&Listener| listener.hostname.as_ref().unwrap_or(&server.hostname) == name;
    server.listeners.values().filter(|listener| listener.smtp.enabled).filter(is).collect()
}

/// Names that listeners have of their own, but those that only this machine reaches.
fn further(config: &Config, read: Reader<'_>) -> Vec<Further> {
    let server = &config.server;
    let outside = server.listeners.values().filter(|listener| listener.smtp.enabled);
    let outside = outside.filter(|listener| !listener.ips.iter().all(IpAddr::is_loopback));
    let mut names: Vec<&Domain> = outside.filter_map(|listener| listener.hostname.as_ref()).collect();
    names.sort();
    names.dedup();
    names.retain(|name| **name != server.hostname);
    let further = names.into_iter().map(|name| {
        let listeners = named(config, name);
        Further { name: name.clone(), ips: ips_of(&listeners), tlsa: host_keys(config, &listeners, read) }
    });
    further.collect()
}

fn issuers(config: &Config, listeners: &[&Listener]) -> Vec<Issuer> {
    let mut found: Vec<Issuer> = Vec::new();
    for tls in listeners.iter().filter_map(|listener| listener.tls.as_ref()) {
        let Some(provider) = config.server.acme.get(&tls.acme) else { continue };
        let Some(name) = provider.issuer() else { continue };
        let dir = config.data_dir.join("acme").join(&tls.acme);
        let account = mox_acme::kept_account(&dir, provider.directory_url.as_str());
        let issuer = Issuer { name, account };
        if !found.contains(&issuer) {
            found.push(issuer);
        }
    }
    found
}

fn client_host(hosted: &HostedDomain, host: &Domain) -> Domain {
    hosted.client_settings_domain.clone().unwrap_or_else(|| host.clone())
}

fn keys(config: &Config, domain: &Domain, read: Reader<'_>) -> Vec<(String, DkimRecord)> {
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

/// The keys that certificates are made for; where there are none, those of the certificates in files.
fn host_keys(config: &Config, listeners: &[&Listener], read: Reader<'_>) -> Vec<TlsaRecord> {
    let files = listeners.iter().filter_map(|listener| listener.tls.as_ref()).flat_map(|tls| {
        let own = tls.host_private_key_files.iter();
        let given = tls.key_certs.iter().filter(|_| tls.host_private_key_files.is_empty());
        own.chain(given.map(|pair| &pair.cert_file))
    });
    let mut records: Vec<TlsaRecord> = files
        .filter_map(|file| {
            let part = PublicPart::from_pem(&read(&config.path(file))?).ok()?;
            TlsaRecord::make(Usage::DaneEe, Selector::Spki, Matching::Sha256, &part).ok()
        })
        .collect();
    let mut seen: Vec<TlsaRecord> = Vec::new();
    records.retain(|record| {
        !seen.contains(record) && {
            seen.push(record.clone());
            true
        }
    });
    records
}

/// Addresses of listeners that take mail, as others see them; none where they are not known.
pub fn public_ips(config: &Config) -> Vec<IpAddr> {
    let listeners: Vec<&Listener> =
        config.server.listeners.values().filter(|listener| listener.smtp.enabled).collect();
    ips_of(&listeners)
}

fn ips_of(listeners: &[&Listener]) -> Vec<IpAddr> {
    let mut ips: Vec<IpAddr> = Vec::new();
    for listener in listeners {
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
