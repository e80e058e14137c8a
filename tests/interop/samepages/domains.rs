//! Of domains, aliases and DNS records.

use super::Same;

pub(super) const SAME: &[Same] = &[];
