//! Of DMARC.

use super::Same;

pub(super) const SAME: &[Same] = &[];
