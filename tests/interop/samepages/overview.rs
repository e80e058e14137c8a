//! Of the overview, health among it.

use super::Same;

pub(super) const SAME: &[Same] = &[];
