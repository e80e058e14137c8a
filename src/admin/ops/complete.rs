//! Values that a shell offers for an argument.

use serde::{Deserialize, Serialize};

/// Asks for values of `kind` that begin with `prefix`, at most [`CompleteValues::MAX`], newest or most due first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompleteValues {
    /// What the argument names.
    pub kind: ValueKind,
    /// What the user has typed so far; empty for all.
    #[serde(default)]
    pub prefix: String,
}

impl CompleteValues {
    /// Most values in a reply: more would not fit a screen.
    pub const MAX: usize = 200;
}

/// What an argument names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ValueKind {
    /// Id of a queued message.
    QueueId,
    /// Account name.
    Account,
    /// Id of a stored message.
    MessageId,
    /// Mailbox name, of any account.
    Mailbox,
    /// Policy domain with results about TLS.
    PolicyDomain,
    /// Policy domain that DMARC was applied for.
    DmarcDomain,
    /// Destination that gets no reports: a mail address, or a URI.
    SuppressedDestination,
    /// Domain of the configuration.
    Domain,
    /// Address of an account, or `@domain`.
    Address,
    /// Alias.
    Alias,
    /// Fingerprint of a TLS client key.
    ClientKey,
    /// Version of `domains.conf`.
    ConfigVersion,
}

/// One value and what stands beside it in the menu.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completion {
    /// What is inserted.
    pub value: String,
    /// A few words: recipient of a queue id, subject of a message.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub help: String,
}
