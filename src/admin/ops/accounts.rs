//! Accounts of the configuration: list, add, change, disable, remove.

use serde::{Deserialize, Serialize};

use crate::{Secret, Time};

/// Lists the accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountList {}

/// An account of `domains.conf`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountRow {
    /// Its name.
    pub name: String,
    /// Its domain.
    pub domain: String,
    /// How many addresses it has, catchalls among them.
    pub addresses: u64,
    /// The text that logins are refused with; empty if they are not.
    pub login_disabled: String,
    /// Name shown in From.
    pub full_name: String,
    /// Free text.
    pub description: String,
}

/// Shows one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountShow {
    /// Its name, or one of its addresses.
    pub account: String,
}

/// An account, all of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountDetail {
    /// What a list shows of it.
    pub row: AccountRow,
    /// Its addresses.
    pub addresses: Vec<super::AddressRow>,
    /// Aliases that lead to it.
    pub aliases: Vec<String>,
    /// What refers to it besides aliases: `mox.conf:12: Postmaster.Account`.
    pub references: Vec<String>,
    /// Its lines of `domains.conf`, without secrets.
    pub config: String,
    /// Most bytes that its messages may take; none for no limit.
    #[serde(default)]
    pub quota: Option<u64>,
    /// How much it may have and send, and how much it sent.
    #[serde(default)]
    pub limits: AccountLimits,
    /// Whether its owner may only have passwords that are made by the server.
    #[serde(default)]
    pub no_custom_password: bool,
    /// Where calls about mail that was sent go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outgoing_webhook: Option<super::HookTarget>,
    /// Where calls about mail that arrived go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incoming_webhook: Option<super::HookTarget>,
    /// What is stored; none if nothing is.
    pub stored: Option<AccountStored>,
}

/// How much an account may have and send, and how much it sent in the last 24 hours.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountLimits {
    /// Most bytes of its messages as `domains.conf` says: 0 for what `mox.conf` says, less for no limit.
    pub quota: i64,
    /// Messages that it may send in 24 hours, each counted for each recipient.
    pub max_outgoing: u32,
    /// Recipients in 24 hours that it never wrote to before.
    pub max_first_time: u32,
    /// Messages that it sent, each counted for each recipient.
    pub sent: u64,
    /// Recipients among them that it wrote to for the first time.
    pub first_time: u64,
}

/// What is stored of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountStored {
    /// Since when.
    pub created: Time,
    /// Messages.
    pub messages: i64,
    /// Their bytes.
    pub size: i64,
    /// Whether it can log in with a password.
    pub has_password: bool,
    /// TLS client keys that log in.
    pub client_keys: u64,
}

/// Adds an account with one address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountAdd {
    /// Its name.
    pub name: String,
    /// Its first address, of a domain in `domains.conf`.
    pub address: String,
    /// Its password; made here if none.
    #[serde(default)]
    pub password: Option<Secret>,
    /// Only check and compare.
    #[serde(default)]
    pub dry_run: bool,
}

/// Changes settings of an account; what is none stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountSet {
    /// Its name.
    pub account: String,
    /// Name shown in From; empty for none.
    #[serde(default)]
    pub full_name: Option<String>,
    /// Free text.
    #[serde(default)]
    pub description: Option<String>,
    /// Most bytes of its messages: 0 for what `mox.conf` says, less for no limit.
    #[serde(default)]
    pub quota: Option<i64>,
    /// Messages that it may send in 24 hours; 0 for the default.
    #[serde(default)]
    pub max_outgoing: Option<u32>,
    /// Recipients in 24 hours that it never wrote to before; 0 for the default.
    #[serde(default)]
    pub max_first_time: Option<u32>,
    /// Only check and compare.
    #[serde(default)]
    pub dry_run: bool,
}

/// Removes an account from the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountRemove {
    /// Its name.
    pub name: String,
    /// Its mail goes too, at the next start of the server.
    #[serde(default)]
    pub purge: bool,
    /// Only check and compare.
    #[serde(default)]
    pub dry_run: bool,
}

/// Lets nobody log in to an account, or again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountDisable {
    /// Its name.
    pub name: String,
    /// What a login is told; none to allow logins again.
    #[serde(default)]
    pub message: Option<String>,
    /// Only check and compare.
    #[serde(default)]
    pub dry_run: bool,
}
