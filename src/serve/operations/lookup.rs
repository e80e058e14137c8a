//! Finding accounts, addresses, domains and aliases in a configuration, and what refers to them.

use mox_address::{Address, Domain, Localpart};
use mox_admin::OpError;
use mox_config::Config;
use mox_config::account::Account;
use mox_config::domain::{Alias, HostedDomain};
use mox_config::edit::Draft;
use mox_config::tree::{Tree, join, parse};

/// What an account can have mail of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// One address.
    Address(Address),
    /// All of a domain that is not found otherwise.
    Catchall(Domain),
}

impl Place {
    pub(super) fn parse(text: &str) -> Result<Place, OpError> {
        match text.strip_prefix('@') {
            Some(name) => domain(name).map(Place::Catchall),
            None => address(text).map(Place::Address),
        }
    }

    pub(super) fn domain(&self) -> &Domain {
        match self {
            Place::Address(address) => &address.domain,
            Place::Catchall(domain) => domain,
        }
    }

    /// As it is written in the file.
    pub(super) fn key(&self) -> String {
        match self {
            Place::Address(address) => address.unicode(),
            Place::Catchall(domain) => format!("@{}", domain.unicode()),
        }
    }

    /// What a key of Destinations stands for; a bare localpart is of the account's domain.
    pub(super) fn of_key(key: &str, account: &Account) -> Option<Place> {
        if let Ok((localpart, "")) = Localpart::take(key) {
            return Some(Place::Address(Address { localpart, domain: account.domain.clone() }));
        }
        Place::parse(key).ok()
    }

    /// The same for all spellings that mean the same.
    fn canonical(&self, config: &Config) -> Place {
        match self {
            Place::Address(address) => Place::Address(canonical(config, address)),
            catchall => catchall.clone(),
        }
    }

    pub(super) fn same(&self, other: &Place, config: &Config) -> bool {
        self.canonical(config) == other.canonical(config)
    }

    /// The account that has it, and the key of its Destinations.
    pub(super) fn owner<'a>(&self, config: &'a Config) -> Option<(&'a str, &'a str)> {
        config.dynamic.accounts.iter().find_map(|(name, account)| {
            let mut keys = account.destinations.keys();
            let is_it = |key: &&String| Place::of_key(key, account).is_some_and(|p| p.same(self, config));
            keys.find(is_it).map(|key| (name.as_str(), key.as_str()))
        })
    }
}

fn canonical(config: &Config, address: &Address) -> Address {
    let case_sensitive =
        config.dynamic.domains.get(&address.domain).is_some_and(|d| d.localpart_case_sensitive);
    Address { localpart: address.localpart.canonical(case_sensitive, &[]), domain: address.domain.clone() }
}

pub(super) fn domain(text: &str) -> Result<Domain, OpError> {
    Domain::parse(text).map_err(|e| {
        OpError::usage(format!("{text:?} is not a domain: {e}")).hint("domains look like example.org")
    })
}

pub(super) fn address(text: &str) -> Result<Address, OpError> {
    text.parse::<Address>().map_err(|e| {
        OpError::usage(format!("{text:?} is not an address: {e}")).hint("addresses look like you@example.org")
    })
}

/// The domain in the file.
pub(super) fn hosted<'a>(config: &'a Config, domain: &Domain) -> Result<&'a HostedDomain, OpError> {
    config.dynamic.domains.get(domain).ok_or_else(|| {
        OpError::not_found(format!(
            "{}: Domains: there is no {}",
            config.dynamic_file.display(),
            domain.unicode()
        ))
        .hint(format!(
            "`mox config domain list` shows what is there; `mox config domain add {} ACCOUNT` adds it",
            domain.unicode()
        ))
    })
}

/// The account in the file.
pub(super) fn account<'a>(config: &'a Config, name: &str) -> Result<&'a Account, OpError> {
    config.dynamic.accounts.get(name).ok_or_else(|| {
        OpError::not_found(format!("{}: Accounts: there is no {name:?}", config.dynamic_file.display()))
            .hint("`mox config account list` shows what is there")
    })
}

/// The alias of an address, with the key that the file has for it.
pub(super) fn alias<'a>(config: &'a Config, at: &Address) -> Option<(&'a str, &'a Alias)> {
    let hosted = config.dynamic.domains.get(&at.domain)?;
    let wanted = canonical(config, at);
    let is_it = |key: &str| {
        let localpart = key.parse::<Localpart>().ok();
        localpart.is_some_and(|localpart| {
            canonical(config, &Address { localpart, domain: at.domain.clone() }) == wanted
        })
    };
    hosted.aliases.iter().find(|(key, _)| is_it(key)).map(|(key, alias)| (key.as_str(), alias))
}

/// Whether two addresses are the same mailbox.
pub(super) fn same(config: &Config, one: &Address, other: &Address) -> bool {
    canonical(config, one) == canonical(config, other)
}

/// A place of `domains.conf`, for people: `domains.conf:12: Domains.example.org.DMARC.Account`.
pub(super) fn at(draft: &Draft, path: &[&str]) -> String {
    named(&draft.config.dynamic_file, &draft.tree, path)
}

fn named(file: &std::path::Path, tree: &Tree, path: &[&str]) -> String {
    let name = file.file_name().unwrap_or(file.as_os_str());
    format!("{}:{}: {}", name.display(), tree.locate(path).line, join(path))
}

/// The key that the file has for a domain.
pub(super) fn domain_key(draft: &Draft, domain: &Domain) -> String {
    draft.tree.domain_key(&["Domains"], domain).unwrap_or(domain.unicode()).to_owned()
}

/// What needs an account: postmaster and addresses for reports.
pub(super) fn references(draft: &Draft, account: &str) -> Vec<String> {
    let config = &draft.config;
    let mut found = Vec::new();
    if let Ok(tree) = parse(config.server_text().as_bytes()) {
        let mut note = |path: &[&str]| found.push(named(&config.file, &tree, path));
        if config.server.postmaster.account == account {
            note(&["Postmaster", "Account"]);
        }
        if config.server.host_tlsrpt.as_ref().is_some_and(|host| host.account == account) {
            note(&["HostTLSRPT", "Account"]);
        }
    }
    for (domain, hosted) in &config.dynamic.domains {
        let key = domain_key(draft, domain);
        for (field, reports) in [("DMARC", &hosted.dmarc), ("TLSRPT", &hosted.tlsrpt)] {
            if reports.as_ref().is_some_and(|to| to.account == account) {
                found.push(at(draft, &["Domains", &key, field, "Account"]));
            }
        }
    }
    found
}

/// Aliases that an address is a member of, with the place in the file, the alias, and how many members it has.
pub(super) fn memberships(draft: &Draft, member: &Address) -> Vec<(String, String, usize)> {
    let config = &draft.config;
    let mut found = Vec::new();
    for (domain, hosted) in &config.dynamic.domains {
        let key = domain_key(draft, domain);
        for (name, alias) in &hosted.aliases {
            for (n, _) in alias.addresses.iter().enumerate().filter(|(_, a)| same(config, a, member)) {
                let step = format!("[{n}]");
                let place = at(draft, &["Domains", &key, "Aliases", name, "Addresses", &step]);
                found.push((place, format!("{name}@{}", domain.unicode()), alias.addresses.len()));
            }
        }
    }
    found
}

/// Lines of the file below a path, without the tabs before them.
pub(super) fn excerpt(text: &str) -> String {
    text.trim_end().to_owned() + "\n"
}
