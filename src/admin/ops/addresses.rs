//! Addresses of accounts, and catchalls (`@domain`).

use serde::{Deserialize, Serialize};

/// Lists addresses.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AddressList {
    /// Of this account.
    #[serde(default)]
    pub account: Option<String>,
    /// Of this domain.
    #[serde(default)]
    pub domain: Option<String>,
}

/// An address of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressRow {
    /// The address, or `@domain` for all of a domain that are not found otherwise.
    pub address: String,
    /// Who gets its mail.
    pub account: String,
    /// Where, if no ruleset says otherwise.
    pub mailbox: String,
    /// Rulesets that choose another mailbox.
    pub rulesets: u64,
    /// The reply instead of delivery; empty if there is none.
    pub smtp_error: String,
}

/// Adds an address to an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressAdd {
    /// The address, or `@domain`.
    pub address: String,
    /// The account.
    pub account: String,
    /// Mailbox for its mail; Inbox if none.
    #[serde(default)]
    pub mailbox: Option<String>,
    /// Only check and compare.
    #[serde(default)]
    pub dry_run: bool,
}

/// Removes an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressRemove {
    /// The address, or `@domain`.
    pub address: String,
    /// Only check and compare.
    #[serde(default)]
    pub dry_run: bool,
}
