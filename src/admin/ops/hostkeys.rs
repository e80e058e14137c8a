//! Keys of this host and what DNS should say of them: certificates from files, private keys that certificates from
//! authorities are made for, now and later (DANE, RFC 7671 §8.1).

use serde::{Deserialize, Serialize};

use crate::Time;

/// Lists certificates that listeners have from files (`KeyCerts`), by listener.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileCertificateList {}

/// A certificate in a file, as the file is now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileCertificateRow {
    /// The listener, as `mox.conf` names it.
    pub listener: String,
    /// The file.
    pub file: String,
    /// Names in it.
    pub names: Vec<String>,
    /// Distinguished name of who signed it.
    pub issuer: Option<String>,
    /// When it begins.
    pub not_before: Option<Time>,
    /// When it ends.
    pub not_after: Option<Time>,
    /// SHA-256 of its public key in hexadecimal.
    pub tlsa: Option<String>,
    /// Why it cannot be read, if so.
    pub error: Option<String>,
}

/// Lists the private keys of hosts (`HostPrivateKeyFiles`), by host and in the order of `mox.conf`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostKeyList {}

/// What a private key of a host is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HostKeyUse {
    /// Certificates are made for it: the first of its kind.
    #[default]
    Current,
    /// It waits to become the first of its kind.
    Next,
}

/// A private key of a host, without the key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostKeyRow {
    /// The host, A-labels.
    pub host: String,
    /// The file that holds it.
    pub file: String,
    /// `ecdsap256` or `rsa2048`.
    pub key: String,
    /// What it is for.
    #[serde(rename = "use")]
    pub use_: HostKeyUse,
    /// The certificate that the host has now is made for it.
    pub served: bool,
    /// SHA-256 of its public key in hexadecimal, as TLSA records `3 1 1` hold it.
    pub tlsa: String,
    /// The record that DNS should have, for as long as the key is in the configuration.
    pub record: String,
}
