//! Of the server: certificates, configuration, MTA-STS, connections, log.

use super::Same;

pub(super) const SAME: &[Same] = &[];
