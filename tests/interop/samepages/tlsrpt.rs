//! Of TLS reports.

use super::Same;

pub(super) const SAME: &[Same] = &[];
