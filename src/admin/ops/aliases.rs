//! Aliases: addresses that lead to several others.

use serde::{Deserialize, Serialize};

/// Lists the aliases.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AliasList {
    /// Of this domain.
    #[serde(default)]
    pub domain: Option<String>,
}

/// An alias.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AliasRow {
    /// Its address.
    pub alias: String,
    /// Who gets the mail.
    pub addresses: Vec<String>,
    /// Whether anyone may send to it; else only its members.
    pub post_public: bool,
    /// Whether members can see the members.
    pub list_members: bool,
    /// Whether members may use its address in From.
    pub allow_msg_from: bool,
}

/// Shows one alias.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AliasShow {
    /// Its address.
    pub alias: String,
}

/// Adds an alias.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AliasAdd {
    /// Its address.
    pub alias: String,
    /// Who gets the mail.
    pub addresses: Vec<String>,
    /// Only check and compare.
    #[serde(default)]
    pub dry_run: bool,
}

/// Changes who may do what with an alias; what is none stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AliasUpdate {
    /// Its address.
    pub alias: String,
    /// Whether anyone may send to it.
    #[serde(default)]
    pub post_public: Option<bool>,
    /// Whether members can see the members.
    #[serde(default)]
    pub list_members: Option<bool>,
    /// Whether members may use its address in From.
    #[serde(default)]
    pub allow_msg_from: Option<bool>,
    /// Only check and compare.
    #[serde(default)]
    pub dry_run: bool,
}

/// Removes an alias.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AliasRemove {
    /// Its address.
    pub alias: String,
    /// Only check and compare.
    #[serde(default)]
    pub dry_run: bool,
}

/// Adds members to an alias, or takes them away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AliasMembers {
    /// Its address.
    pub alias: String,
    /// Addresses to add.
    #[serde(default)]
    pub add: Vec<String>,
    /// Addresses to take away.
    #[serde(default)]
    pub remove: Vec<String>,
    /// Only check and compare.
    #[serde(default)]
    pub dry_run: bool,
}
