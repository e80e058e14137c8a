//! Domains of the configuration: list, add with keys, change, disable, remove.

use serde::{Deserialize, Serialize};

/// Lists the domains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainList {}

/// A domain of `domains.conf`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainRow {
    /// Its name, in Unicode.
    pub domain: String,
    /// Whether mail is refused for the time being.
    pub disabled: bool,
    /// It is here only for reports that arrive at another domain.
    pub reports_only: bool,
    /// Addresses in it, catchall included.
    pub addresses: u64,
    /// Aliases in it.
    pub aliases: u64,
    /// Selectors that sign.
    pub dkim: Vec<String>,
    /// Mode of its MTA-STS policy; empty without one.
    pub mtasts: String,
    /// Free text.
    pub description: String,
}

/// Shows one domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainShow {
    /// Its name.
    pub domain: String,
}

/// A domain, all of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainDetail {
    /// What a list shows of it.
    pub row: DomainRow,
    /// Its addresses.
    pub addresses: Vec<super::AddressRow>,
    /// Its aliases.
    pub aliases: Vec<super::AliasRow>,
    /// Its lines of `domains.conf`.
    pub config: String,
    /// Its keys to sign with.
    #[serde(default)]
    pub selectors: Vec<DkimSelector>,
    /// The name that mail programs of its users connect to.
    #[serde(default)]
    pub client_host: String,
    /// Texts that end the localpart when addresses are looked up.
    #[serde(default)]
    pub separators: Vec<String>,
    /// Whether `User` and `user` are two addresses.
    #[serde(default)]
    pub case_sensitive: bool,
}

/// A key to sign mail with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DkimSelector {
    /// Its name below `_domainkey`.
    pub selector: String,
    /// Whether mail is signed with it now.
    pub signs: bool,
    /// Kind of key, as `ed25519`; empty where its file cannot be read.
    pub algorithm: String,
    /// The key's file, as the configuration names it.
    pub file: String,
    /// The name of its record in DNS.
    pub name: String,
    /// The text of that record; empty where the file cannot be read.
    pub record: String,
}

/// Adds a domain, with keys to sign with and addresses for reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainAdd {
    /// Its name.
    pub domain: String,
    /// The account that gets its reports, and its first address.
    pub account: String,
    /// Localpart of a first address for the account.
    #[serde(default)]
    pub localpart: Option<String>,
    /// Refuse its mail for the time being.
    #[serde(default)]
    pub disabled: bool,
    /// Only check and compare; no keys are made.
    #[serde(default)]
    pub dry_run: bool,
}

/// Changes settings of a domain; what is none stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainSet {
    /// Its name.
    pub domain: String,
    /// Free text.
    #[serde(default)]
    pub description: Option<String>,
    /// Texts that end the localpart when addresses are looked up; none of them for whole localparts.
    #[serde(default)]
    pub separators: Option<Vec<String>>,
    /// Whether `User` and `user` are two addresses.
    #[serde(default)]
    pub case_sensitive: Option<bool>,
    /// Only check and compare.
    #[serde(default)]
    pub dry_run: bool,
}

/// Removes a domain that nothing refers to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainRemove {
    /// Its name.
    pub domain: String,
    /// Only check and compare.
    #[serde(default)]
    pub dry_run: bool,
}

/// Refuses a domain's mail for the time being, or takes it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainDisable {
    /// Its name.
    pub domain: String,
    /// Refuse it.
    pub disabled: bool,
    /// Only check and compare.
    #[serde(default)]
    pub dry_run: bool,
}
