//! App passwords: more passwords of an account, each for one program. They log in by PLAIN and LOGIN only.

use serde::{Deserialize, Serialize};

use crate::{Secret, Time};

/// Lists the app passwords of an account, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppPasswordList {
    /// Name of the account.
    pub account: String,
}

/// An app password; the password itself is not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppPasswordRow {
    /// Its number.
    pub id: i64,
    /// Account that it logs in to.
    pub account: String,
    /// What people call it.
    pub name: String,
    /// Since when.
    pub created: Time,
    /// When it was last used, to the minute; none if never.
    pub used: Option<Time>,
}

/// Makes an app password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppPasswordAdd {
    /// Name of the account.
    pub account: String,
    /// What people call it: the program or the device that it is for.
    pub name: String,
    /// Only check.
    #[serde(default)]
    pub dry_run: bool,
}

/// An app password that was made, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppPasswordAdded {
    /// It; without a number if nothing was stored.
    pub row: AppPasswordRow,
    /// The password; it is told this once, and not with `dry_run`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    /// Nothing was stored.
    pub dry_run: bool,
}

/// Takes an app password away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppPasswordRemove {
    /// Name of the account.
    pub account: String,
    /// Its number.
    pub id: i64,
    /// Only look whether it is there.
    #[serde(default)]
    pub dry_run: bool,
}

/// An app password that was removed, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppPasswordRemoved {
    /// It.
    pub row: AppPasswordRow,
    /// Nothing was removed.
    pub dry_run: bool,
}
