//! TLS client keys that log in by themselves. RFC 4422 appendix A (EXTERNAL).

use serde::{Deserialize, Serialize};

use crate::Time;

/// Lists the keys.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ClientKeyList {
    /// Of this account.
    #[serde(default)]
    pub account: Option<String>,
    /// The one with this fingerprint.
    #[serde(default)]
    pub fingerprint: Option<String>,
}

/// A key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientKeyRow {
    /// SHA-256 of its subject public key info, in lower-case hexadecimal.
    pub fingerprint: String,
    /// Account that it logs in to.
    pub account: String,
    /// Address that it logs in as.
    pub address: String,
    /// What people call it.
    pub name: String,
    /// Since when.
    pub added: Time,
}

/// Lets the holder of a key log in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientKeyAdd {
    /// The account that the address must be of; any if none.
    #[serde(default)]
    pub account: Option<String>,
    /// Address that it logs in as.
    pub address: String,
    /// What people call it.
    #[serde(default)]
    pub name: String,
    /// A certificate of the key, in PEM.
    pub certificate: String,
    /// Only check.
    #[serde(default)]
    pub dry_run: bool,
}

/// A key that was added, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientKeyAdded {
    /// The key.
    pub key: ClientKeyRow,
    /// Nothing was stored.
    pub dry_run: bool,
}

/// Takes a key away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientKeyRemove {
    /// The account that the key must be of; any if none.
    #[serde(default)]
    pub account: Option<String>,
    /// Which.
    pub fingerprint: String,
    /// Only look whether it is there.
    #[serde(default)]
    pub dry_run: bool,
}
