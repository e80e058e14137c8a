//! Of accounts and their passwords, keys and logins.

use super::Same;

pub(super) const SAME: &[Same] = &[];
