//! Passwords. They are prepared and checked by the server (RFC 8265 OpaqueString, at least 8 characters).

use serde::{Deserialize, Serialize};

use crate::Secret;

/// Sets the password of an account. Sessions of its pages end, those of mail go on: the next login needs the new one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SetAccountPassword {
    /// Account name, or one of its addresses.
    pub account: String,
    /// The new password.
    pub password: Secret,
}

/// Sets the password of the administrator pages.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SetAdminPassword {
    /// The new password.
    pub password: Secret,
}
