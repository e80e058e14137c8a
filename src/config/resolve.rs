//! From a forward-path to what is there: an account, an alias, or nothing. Tables are built when a file is loaded.
//!
//! An address is looked up by its localpart without what follows a catchall separator, in lower case unless the
//! domain is case-sensitive. What is not found goes to the postmaster if that is the localpart, then to the
//! domain's catchall (`@domain`). Addresses for reports are looked up the same way, and come before destinations.
//! RFC 5321 §4.5.1 (postmaster), RFC 5233 (subaddresses).

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use mox_address::{Address, Domain, Localpart, Path};

use crate::account::Destination;
use crate::check::Report;
use crate::domain::{Dynamic, HostedDomain};
use crate::reports::ReportAddress;
use crate::ruleset::Ruleset;
use crate::server::Static;
use crate::values::SmtpError;

/// What is at a forward-path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Resolved<'a> {
    /// A mailbox of an account.
    Account(&'a Target),
    /// Several addresses.
    Alias(&'a AliasTarget),
    /// The domain is ours but disabled for the time being.
    DomainDisabled,
    /// The address is ours and refuses mail with a reply of its own.
    SmtpError(&'a Target, &'a SmtpError),
    /// The domain is ours and has no such address.
    Unknown,
    /// The domain is not ours (an address literal never is).
    NotLocal,
}

/// Where mail for an address goes.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// Account name.
    pub account: String,
    /// Mailbox, never empty.
    pub mailbox: String,
    /// The address as configured; none for a catchall and for the postmaster of all domains.
    pub address: Option<Address>,
    /// The reply instead of delivery.
    pub smtp_error: Option<SmtpError>,
    /// What reports arrive here, if it is an address for them.
    pub reports: Option<Reports>,
    /// How its mail is judged and sorted.
    pub rules: Arc<Rules>,
}

/// How mail for an address is judged and sorted.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rules {
    /// The first that matches is used.
    pub rulesets: Vec<Ruleset>,
    /// If not empty, mail whose From is not verified is refused with this text.
    pub auth_required: String,
    /// Whose mail is taken, where From is verified to be one of these: the members of an alias that is not open to all.
    pub only_from: Option<Vec<Address>>,
}

/// Reports that an address is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reports {
    /// DMARC reports about a domain.
    Dmarc,
    /// TLS reports about a domain.
    Tls,
    /// TLS reports about this host.
    HostTls,
    /// Report mail of ours that comes back.
    Bounce,
}

/// Where mail for an alias goes.
#[derive(Debug, Clone, PartialEq)]
pub struct AliasTarget {
    /// The alias.
    pub address: Address,
    /// Its members, each with an address.
    pub members: Vec<Target>,
    /// Whether anyone may send to it; else only its members.
    pub post_public: bool,
    /// Whether members can see the members.
    pub list_members: bool,
    /// Whether members may use its address in From.
    pub allow_msg_from: bool,
}

impl AliasTarget {
    /// Whether an account is among the members.
    pub fn has_member(&self, account: &str) -> bool {
        self.members.iter().any(|m| m.account == account)
    }
}

/// Tables for looking up addresses.
#[derive(Debug, Clone)]
pub(crate) struct Resolver {
    domains: HashMap<Domain, Hosted>,
    /// Names of this host.
    hostnames: HashSet<Domain>,
    postmaster: Target,
    /// Address for reports about this host, where its name is not a domain of ours.
    host_reports: Option<Target>,
}

#[derive(Debug, Clone)]
struct Hosted {
    disabled: bool,
    case_sensitive: bool,
    separators: Vec<String>,
    /// By canonical localpart.
    addresses: HashMap<Localpart, Found>,
    catchall: Option<Target>,
    /// Here for reports that arrive at another domain, with no address.
    reports_only: bool,
}

#[derive(Debug, Clone)]
enum Found {
    Account(Target),
    Alias(AliasTarget),
}

impl Hosted {
    fn new(domain: &HostedDomain) -> Hosted {
        Hosted {
            disabled: domain.disabled,
            case_sensitive: domain.localpart_case_sensitive,
            separators: domain.separators().into_iter().map(str::to_owned).collect(),
            addresses: HashMap::new(),
            catchall: None,
            reports_only: false,
        }
    }

    fn canonical(&self, localpart: &Localpart) -> Localpart {
        let separators: Vec<&str> = self.separators.iter().map(String::as_str).collect();
        localpart.canonical(self.case_sensitive, &separators)
    }

    /// What a localpart is: as a whole, or without what follows a separator.
    fn find(&self, localpart: &Localpart) -> Option<&Found> {
        let whole = self.addresses.get(&localpart.canonical(self.case_sensitive, &[]));
        whole.or_else(|| {
            self.addresses.get(&self.canonical(localpart)).filter(|_| !self.separators.is_empty())
        })
    }
}

fn missing(domain: &Domain) -> String {
    format!("domain {:?} is not in Domains", domain.unicode())
}

impl Resolver {
    /// Builds the tables; reports addresses that are bad, taken twice, or at domains that are not there.
    pub(crate) fn build(server: &Static, dynamic: &Dynamic, report: &mut Report<'_>) -> Resolver {
        let hostnames = server.listeners.values().filter_map(|l| l.hostname.clone());
        let mut resolver = Resolver {
            domains: dynamic
                .domains
                .iter()
                .map(|(name, domain)| (name.clone(), Hosted::new(domain)))
                .collect(),
            hostnames: hostnames.chain([server.hostname.clone()]).collect(),
            postmaster: Target {
                account: server.postmaster.account.clone(),
                mailbox: server.postmaster.mailbox.clone(),
                address: None,
                smtp_error: None,
                reports: None,
                rules: Arc::default(),
            },
            host_reports: None,
        };
        for (name, account) in &dynamic.accounts {
            for (key, destination) in &account.destinations {
                if let Err(message) = resolver.add_destination(name, &account.domain, key, destination) {
                    report.rule(&["Accounts", name, "Destinations", key], message);
                }
            }
        }
        resolver.add_host_reports(server);
        for (name, domain) in &dynamic.domains {
            resolver.add_reports(name, "DMARC", Reports::Dmarc, domain.dmarc.as_ref(), report);
            resolver.add_reports(name, "TLSRPT", Reports::Tls, domain.tlsrpt.as_ref(), report);
        }
        for (domain, hosted) in &dynamic.domains {
            for key in hosted.aliases.keys() {
                resolver.add_alias(domain, hosted, key, report);
            }
        }
        for (name, domain) in &dynamic.domains {
            let elsewhere = [&domain.dmarc, &domain.tlsrpt].into_iter().flatten();
            let elsewhere = elsewhere.filter_map(|r| r.domain.as_ref()).any(|other| other != name);
            if let Some(hosted) = resolver.domains.get_mut(name) {
                hosted.reports_only = elsewhere && hosted.addresses.is_empty() && hosted.catchall.is_none();
            }
        }
        for (name, account) in &dynamic.accounts {
            for (n, address) in account.fromid_login_addresses.iter().enumerate() {
                if let Some(message) = resolver.no_fromid(name, address) {
                    report.rule(&["Accounts", name, "FromIDLoginAddresses", &format!("[{n}]")], message);
                }
            }
        }
        resolver
    }

    /// Why an account cannot send with ids in an address, if so.
    fn no_fromid(&self, account: &str, address: &Address) -> Option<String> {
        let domain = &address.domain;
        match self.domains.get(domain) {
            None => Some(missing(domain)),
            Some(hosted) if hosted.separators.is_empty() => {
                let name = domain.unicode();
                Some(format!("domain {name:?} has no LocalpartCatchallSeparator for the ids; add one"))
            }
            Some(_) if self.account_of(address) != Some(account) => {
                Some(format!("{} is not an address of this account", address.unicode()))
            }
            Some(_) => None,
        }
    }

    /// Adds the address for TLS reports about this host; one that is no address was reported before.
    fn add_host_reports(&mut self, server: &Static) {
        let Some(reports) = &server.host_tlsrpt else { return };
        let Ok((localpart, "")) = Localpart::take(&reports.localpart) else { return };
        let target = Target {
            account: reports.account.clone(),
            mailbox: reports.mailbox.clone(),
            address: Some(Address { localpart: localpart.clone(), domain: server.hostname.clone() }),
            smtp_error: None,
            reports: Some(Reports::HostTls),
            rules: Arc::default(),
        };
        match self.domains.get_mut(&server.hostname) {
            Some(hosted) => {
                hosted.addresses.insert(hosted.canonical(&localpart), Found::Account(target));
            }
            None => self.host_reports = Some(target),
        }
    }

    /// Adds an address for reports about a domain. Of two that are the same the later is used.
    fn add_reports(
        &mut self,
        about: &Domain,
        key: &str,
        kind: Reports,
        reports: Option<&ReportAddress>,
        report: &mut Report<'_>,
    ) {
        let Some(reports) = reports else { return };
        let path = ["Domains", about.unicode(), key];
        let at = |key| [path.as_slice(), &[key]].concat();
        let domain = reports.domain.as_ref().unwrap_or(about);
        let Ok((localpart, "")) = Localpart::take(&reports.localpart) else {
            return report.rule(&at("Localpart"), "expected only the part before the @");
        };
        if !localpart.is_ascii() {
            return report.rule(&at("Localpart"), "must be ASCII, as others may not be able to write to it");
        }
        let Some(hosted) = self.domains.get_mut(domain) else {
            return report.rule(&at("Domain"), missing(domain));
        };
        let target = Target {
            account: reports.account.clone(),
            mailbox: reports.mailbox.clone(),
            address: Some(Address { localpart: localpart.clone(), domain: domain.clone() }),
            smtp_error: None,
            reports: Some(kind),
            rules: Arc::default(),
        };
        // As a whole, not up to a separator: such addresses were made before there were separators.
        let canonical = localpart.canonical(hosted.case_sensitive, &[]);
        let replaced = hosted.addresses.insert(canonical, Found::Account(target));
        let Some(Found::Account(other)) = replaced else { return };
        if (&other.account, &other.mailbox) != (&reports.account, &reports.mailbox) {
            let message = format!(
                "account {:?} has this address, too; what arrives goes to mailbox {:?} of account {:?}",
                other.account, reports.mailbox, reports.account
            );
            report.notice(&at("Localpart"), message);
        }
    }

    fn add_destination(
        &mut self,
        account: &str,
        default: &Domain,
        key: &str,
        destination: &Destination,
    ) -> Result<(), String> {
        let mut target = Target {
            account: account.to_owned(),
            mailbox: destination.mailbox().to_owned(),
            address: None,
            smtp_error: destination.smtp_error.clone(),
            reports: None,
            rules: Arc::new(Rules {
                rulesets: destination.rulesets.clone(),
                auth_required: destination.message_auth_required_smtp_error.clone(),
                only_from: None,
            }),
        };
        if let Some(name) = key.strip_prefix('@') {
            let domain = Domain::parse(name).map_err(|e| format!("not a domain after @: {e}"))?;
            let hosted = self.domains.get_mut(&domain).ok_or_else(|| missing(&domain))?;
            let taken = hosted.catchall.replace(target).map(|other| other.account);
            return taken.map_or(Ok(()), |other| Err(format!("account {other:?} has this catchall already")));
        }
        let address = destination_address(key, default)?;
        let hosted = self.domains.get_mut(&address.domain).ok_or_else(|| missing(&address.domain))?;
        let localpart = address.localpart.as_str();
        if let Some(separator) = hosted.separators.iter().find(|s| localpart.contains(s.as_str())) {
            return Err(format!("the localpart contains {separator:?}, a catchall separator of the domain"));
        }
        let canonical = hosted.canonical(&address.localpart);
        target.address = Some(address);
        match hosted.addresses.entry(canonical) {
            Entry::Vacant(free) => {
                free.insert(Found::Account(target));
                Ok(())
            }
            Entry::Occupied(taken) => Err(match taken.get() {
                Found::Account(other) => format!("account {:?} has this address already", other.account),
                Found::Alias(_) => "this address is an alias already".to_owned(),
            }),
        }
    }

    fn add_alias(&mut self, domain: &Domain, hosted: &HostedDomain, key: &str, report: &mut Report<'_>) {
        let path = ["Domains", domain.unicode(), "Aliases", key];
        let (Some(alias), Some(table)) = (hosted.aliases.get(key), self.domains.get(domain)) else { return };
        let (localpart, rest) = match Localpart::take(key) {
            Ok(taken) => taken,
            Err(e) => return report.rule(&path, e.to_string()),
        };
        let canonical = table.canonical(&localpart);
        if !rest.is_empty() {
            return report.rule(&path, "expected only the part before the @");
        }
        if table.separators.iter().any(|s| localpart.as_str().contains(s.as_str())) {
            return report.rule(&path, "the localpart contains a catchall separator of the domain");
        }
        match table.addresses.get(&canonical) {
            Some(Found::Account(other)) => {
                return report.rule(&path, format!("account {:?} has this address already", other.account));
            }
            Some(Found::Alias(_)) => return report.rule(&path, "another alias has this address already"),
            None => {}
        }
        if alias.addresses.is_empty() {
            report.rule(&path, "an alias needs at least one of Addresses");
        }
        let mut members: Vec<Target> = Vec::new();
        for (n, address) in alias.addresses.iter().enumerate() {
            let step = format!("[{n}]");
            let path = [path.as_slice(), &["Addresses", &step]].concat();
            match self.explicit(address) {
                Some(Found::Account(member)) if members.iter().any(|m| m.address == member.address) => {
                    report.rule(&path, "this address is a member twice");
                }
                Some(Found::Account(member)) => members.push(member.clone()),
                Some(Found::Alias(_)) => report.rule(&path, "an alias cannot be a member of an alias"),
                None => report.rule(&path, format!("no account has the address {}", address.unicode())),
            }
        }
        if !alias.post_public {
            for member in &mut members {
                let rules = Rules { only_from: Some(alias.addresses.clone()), ..(*member.rules).clone() };
                member.rules = Arc::new(rules);
            }
        }
        let target = AliasTarget {
            address: Address { localpart, domain: domain.clone() },
            members,
            post_public: alias.post_public,
            list_members: alias.list_members,
            allow_msg_from: alias.allow_msg_from,
        };
        if let Some(table) = self.domains.get_mut(domain) {
            table.addresses.insert(canonical, Found::Alias(target));
        }
    }

    /// Whether a domain is here for its reports only.
    pub(crate) fn reports_only(&self, domain: &Domain) -> bool {
        self.domains.get(domain).is_some_and(|hosted| hosted.reports_only)
    }

    /// What an address is, catchall and postmaster aside, domains disabled or not.
    fn explicit(&self, address: &Address) -> Option<&Found> {
        let hosted = self.domains.get(&address.domain)?;
        hosted.find(&address.localpart)
    }

    pub(crate) fn resolve(&self, path: &Path) -> Resolved<'_> {
        let Some(domain) = path.domain.domain() else { return Resolved::NotLocal };
        let found = match self.domains.get(domain) {
            Some(hosted) if hosted.disabled => return Resolved::DomainDisabled,
            Some(hosted) => match hosted.find(&path.localpart) {
                Some(Found::Alias(alias)) => return Resolved::Alias(alias),
                Some(Found::Account(target)) => Some(target),
                None if is_postmaster(&hosted.canonical(&path.localpart)) => Some(&self.postmaster),
                None => hosted.catchall.as_ref(),
            },
            None if !self.hostnames.contains(domain) => return Resolved::NotLocal,
            None if is_postmaster(&path.localpart) => Some(&self.postmaster),
            None => self.host_reports.as_ref().filter(|target| {
                target.address.as_ref().is_some_and(|own| {
                    own.domain == *domain
                        && own.localpart.canonical(false, &[]) == path.localpart.canonical(false, &[])
                })
            }),
        };
        match found {
            Some(target) => match &target.smtp_error {
                Some(error) => Resolved::SmtpError(target, error),
                None => Resolved::Account(target),
            },
            None => Resolved::Unknown,
        }
    }

    pub(crate) fn postmaster(&self) -> &Target {
        &self.postmaster
    }

    pub(crate) fn account_of(&self, address: &Address) -> Option<&str> {
        match self.explicit(address) {
            Some(Found::Account(target)) => Some(&target.account),
            Some(Found::Alias(_)) => None,
            None => Some(&self.domains.get(&address.domain)?.catchall.as_ref()?.account),
        }
    }

    pub(crate) fn may_send_as(&self, account: &str, address: &Address) -> bool {
        match self.explicit(address) {
            Some(Found::Alias(alias)) => alias.allow_msg_from && alias.has_member(account),
            _ => self.account_of(address) == Some(account),
        }
    }
}

/// The address that a key of Destinations means, which is not a catchall.
fn destination_address(key: &str, default: &Domain) -> Result<Address, String> {
    if let Ok((localpart, "")) = Localpart::take(key) {
        return Ok(Address { localpart, domain: default.clone() });
    }
    key.parse::<Address>().map_err(|e| format!("expected an address or @domain: {e}"))
}

fn is_postmaster(localpart: &Localpart) -> bool {
    localpart.as_str().eq_ignore_ascii_case("postmaster")
}
