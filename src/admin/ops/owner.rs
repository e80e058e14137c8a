//! What the owner of an account can do: change the password, end sessions of pages, say what happens to mail for an
//! address. Each names the account, and does nothing to what is of another.

use serde::{Deserialize, Serialize};

use crate::Secret;

/// Changes the password of an account for somebody who knows the one before, and ends all sessions of its pages.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AccountPasswordChange {
    /// Name of the account.
    pub account: String,
    /// The password as it is.
    pub current: Secret,
    /// The new one; made by the server if none.
    #[serde(default)]
    pub password: Option<Secret>,
}

/// A password that was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountPasswordChanged {
    /// The password that was made; it is told this once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
}

/// Ends all sessions of the pages of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionsEnd {
    /// Name of the account.
    pub account: String,
}

/// Sessions that were ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionsEnded {
    /// How many.
    pub ended: u64,
}

/// Sets the name that is shown in From of messages of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountFullName {
    /// Name of the account.
    pub account: String,
    /// The new name; empty for none.
    pub full_name: String,
    /// Only check and compare.
    #[serde(default)]
    pub dry_run: bool,
}

/// Shows what happens to mail for an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DestinationShow {
    /// Name of the account whose address it must be.
    pub account: String,
    /// The address, or `@domain`.
    pub address: String,
}

/// What happens to mail for an address.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DestinationSettings {
    /// Mailbox for mail that no ruleset chooses another for; empty for Inbox.
    #[serde(default)]
    pub mailbox: String,
    /// The reply instead of delivery, as `550 no longer here`; empty if there is none.
    #[serde(default)]
    pub smtp_error: String,
    /// The text that mail is refused with whose From is not verified; empty to take it.
    #[serde(default)]
    pub auth_required_error: String,
    /// Name shown in From of messages from this address; empty for that of the account.
    #[serde(default)]
    pub full_name: String,
}

/// An address with its settings and rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DestinationDetail {
    /// The address, or `@domain`.
    pub address: String,
    /// The account.
    pub account: String,
    /// What happens to its mail.
    pub settings: DestinationSettings,
    /// Rules, in the order in which they are tried.
    pub rulesets: Vec<RulesetRow>,
}

/// Sets what happens to mail for an address; its rulesets stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DestinationSet {
    /// Name of the account whose address it must be.
    pub account: String,
    /// The address, or `@domain`.
    pub address: String,
    /// All of its settings.
    pub settings: DestinationSettings,
    /// Only check and compare.
    #[serde(default)]
    pub dry_run: bool,
}

/// A rule for mail to an address: it matches if all of its conditions do, and the first that matches is used.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Ruleset {
    /// Condition: a regular expression for the reverse-path; empty for none.
    #[serde(default)]
    pub mail_from: String,
    /// Condition: a regular expression for the address in From; empty for none.
    #[serde(default)]
    pub msg_from: String,
    /// Condition: SPF or DKIM verified this domain; empty for none.
    #[serde(default)]
    pub verified_domain: String,
    /// Conditions: regular expressions for the name and the value of a header field.
    #[serde(default)]
    pub headers: Vec<HeaderCondition>,
    /// What matches was forwarded here from elsewhere.
    #[serde(default)]
    pub is_forward: bool,
    /// What matches and is verified to be of this domain is taken without a look whether it is junk; empty for none.
    #[serde(default)]
    pub list_allow_domain: String,
    /// Mailbox for what matches and would be refused as junk; empty to refuse it.
    #[serde(default)]
    pub accept_rejects_to_mailbox: String,
    /// Mailbox for what matches.
    #[serde(default)]
    pub mailbox: String,
    /// Free text.
    #[serde(default)]
    pub comment: String,
}

/// A condition on a header field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeaderCondition {
    /// A regular expression for its name, in lower case.
    pub name: String,
    /// A regular expression for its value, in lower case.
    pub value: String,
}

/// A ruleset of an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulesetRow {
    /// What it is named by for changes; another as soon as it, or its place, changes.
    pub key: String,
    /// The rule.
    pub rule: Ruleset,
}

/// Adds a ruleset after the others of an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulesetAdd {
    /// Name of the account whose address it must be.
    pub account: String,
    /// The address, or `@domain`.
    pub address: String,
    /// The rule.
    pub rule: Ruleset,
    /// Only check and compare.
    #[serde(default)]
    pub dry_run: bool,
}

/// Changes a ruleset of an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulesetSet {
    /// Name of the account whose address it must be.
    pub account: String,
    /// The address, or `@domain`.
    pub address: String,
    /// Which, by its [`RulesetRow::key`].
    pub key: String,
    /// The rule as it shall be.
    pub rule: Ruleset,
    /// Only check and compare.
    #[serde(default)]
    pub dry_run: bool,
}

/// Removes a ruleset of an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulesetRemove {
    /// Name of the account whose address it must be.
    pub account: String,
    /// The address, or `@domain`.
    pub address: String,
    /// Which, by its [`RulesetRow::key`].
    pub key: String,
    /// Only check and compare.
    #[serde(default)]
    pub dry_run: bool,
}

/// Moves a ruleset of an address to another place among them: they are tried in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulesetMove {
    /// Name of the account whose address it must be.
    pub account: String,
    /// The address, or `@domain`.
    pub address: String,
    /// Which, by its [`RulesetRow::key`].
    pub key: String,
    /// Its place afterwards, from 1.
    pub to: u64,
    /// Only check and compare.
    #[serde(default)]
    pub dry_run: bool,
}
