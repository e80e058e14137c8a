//! Arguments that many commands share: durations, times (RFC 3339), ids.

use std::time::Duration;

use mox_clock::Timestamp;
pub(crate) use mox_clock::{Moment, parse_duration as duration};

use crate::error::CommandError;

/// Milliseconds of a duration that [`duration`] made.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// What sums of received reports are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum SumsBy {
    /// Policy domains
    Domain,
    /// Days
    Day,
}

/// The number of days from one on, today among them.
pub(crate) fn days_since(since: Timestamp, now: Timestamp) -> u32 {
    u32::try_from(now.day().number() - since.day().number() + 1).unwrap_or(1)
}

/// Most bytes of a file of ids.
pub(crate) const MAX_ID_FILE: u64 = 1 << 20;

/// Reads ids separated by NUL bytes or white space.
pub(crate) fn parse_ids(bytes: &[u8]) -> Result<Vec<i64>, CommandError> {
    bytes
        .split(|b| *b == 0 || b.is_ascii_whitespace())
        .filter(|word| !word.is_empty())
        .map(|word| {
            let text = String::from_utf8_lossy(word);
            text.parse().map_err(|_| {
                CommandError::usage(format!("{text:?} is not an id"))
                    .hint("ids come from `mox queue list --ids`")
            })
        })
        .collect()
}

/// Writes ids one a line, or each followed by a NUL byte.
pub(crate) fn format_ids(ids: impl IntoIterator<Item = i64>, nul: bool) -> String {
    let end = if nul { '\0' } else { '\n' };
    ids.into_iter().map(|id| format!("{id}{end}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_back_as_they_were_written() {
        for nul in [false, true] {
            assert_eq!(parse_ids(format_ids([5, 77], nul).as_bytes()).unwrap(), [5, 77]);
        }
        assert!(parse_ids(b"5 x").is_err());
        assert_eq!(parse_ids(b"").unwrap(), Vec::<i64>::new());
    }
}
