//! Names that certificates may be had for.

use std::collections::{BTreeMap, BTreeSet};

use mox_tls::{KeyKind, PrivateKey};

/// Names that certificates may be had for: A-labels in lower case. Each gets a certificate of its own.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// Names of hosts, had at once. Their certificates are for these keys, at most one of each kind; without any, for
    /// one made here.
    pub hosts: BTreeMap<String, Vec<PrivateKey>>,
    /// Other names whose certificates are had at once.
    pub essential: BTreeSet<String>,
    /// Names whose certificates are had when a client first asks for them.
    pub allowed: BTreeSet<String>,
}

impl Names {
    /// Whether its certificate is had at once.
    pub(crate) fn is_essential(&self, name: &str) -> bool {
        self.hosts.contains_key(name) || self.essential.contains(name)
    }

    /// All names, each once.
    pub(crate) fn all(&self) -> BTreeSet<&str> {
        let others = self.essential.iter().chain(&self.allowed);
        self.hosts.keys().chain(others).map(String::as_str).collect()
    }

    /// Its key of a kind, where it was given.
    pub(crate) fn key(&self, name: &str, kind: KeyKind) -> Option<&PrivateKey> {
        self.hosts.get(name)?.iter().find(|key| key.kind() == kind)
    }

    /// The kinds of keys that it has certificates for.
    pub(crate) fn kinds(&self, name: &str) -> BTreeSet<KeyKind> {
        match self.hosts.get(name) {
            Some(keys) if !keys.is_empty() => keys.iter().map(PrivateKey::kind).collect(),
            _ => BTreeSet::from([KeyKind::Ecdsa]),
        }
    }
}
