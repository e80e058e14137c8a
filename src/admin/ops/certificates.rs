//! Certificates that listeners have from certificate authorities by ACME.

use serde::{Deserialize, Serialize};

use crate::Time;

/// What each name is served with, by authority and name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateList {}

/// A name and its certificate for one kind of key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateRow {
    /// The authority, as `mox.conf` names it.
    pub authority: String,
    /// A-labels, lower case.
    pub name: String,
    /// `ecdsap256` or `rsa2048`.
    pub key: String,
    /// Had at start; else when a client first asks for the name.
    pub essential: bool,
    /// When it ends; nothing when there is no certificate.
    pub not_after: Option<Time>,
    /// When it is renewed.
    pub renew_at: Option<Time>,
    /// Why the last attempt failed, if it did.
    pub error: Option<String>,
    /// When it is tried next, after a failure or while there is no certificate.
    pub next_try: Option<Time>,
    /// SHA-256 of its public key in hexadecimal, as TLSA records `3 1 1` hold it.
    pub tlsa: Option<String>,
    /// Names in the certificate.
    #[serde(default)]
    pub names: Vec<String>,
    /// Distinguished name of who signed it.
    #[serde(default)]
    pub issuer: Option<String>,
    /// When it begins.
    #[serde(default)]
    pub not_before: Option<Time>,
    /// When the issuer wants it renewed, if it says so (RFC 9773).
    #[serde(default)]
    pub window: Option<RenewalWindow>,
}

/// A time to renew in, as the issuer suggests it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenewalWindow {
    /// From.
    pub start: Time,
    /// Until.
    pub end: Time,
}

/// Has a new certificate of a name made now, whatever its age and whatever failed before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateRenew {
    /// The name.
    pub name: String,
    /// Ask for nothing, only look.
    #[serde(default)]
    pub dry_run: bool,
}

/// What is, or with `dry_run` would be, asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateRenewed {
    /// As they are until then.
    pub certificates: Vec<CertificateRow>,
    /// Nothing is asked for.
    pub dry_run: bool,
}
