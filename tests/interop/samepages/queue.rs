//! Of the queue.

use super::Same;

pub(super) const SAME: &[Same] = &[];
