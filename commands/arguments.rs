//! Arguments that many commands share: durations, times, ids.

use std::time::Duration;

use mox_admin::Time;
use mox_clock::Timestamp;

use crate::error::CommandError;

/// Parses `500ms`, `90s`, `2h`, `1d`, or several of them as `1h30m`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let mut total = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, tail) = rest.split_at(digits);
        let letters = tail.len() - tail.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
        let (unit, tail) = tail.split_at(letters);
        let ms = match unit {
            "ms" => 1,
            "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            "w" => 604_800_000,
            _ => return Err("expected a duration like 500ms, 90s, 2h or 1d12h".to_owned()),
        };
        let number: u64 = number.parse().map_err(|_| "expected a number before the unit".to_owned())?;
        let part = number.checked_mul(ms).filter(|ms| *ms <= MAX_MS).ok_or("longer than 10 years")?;
        total += Duration::from_millis(part);
        rest = tail;
    }
    match total.as_millis() {
        _ if text.is_empty() => Err("expected a duration like 90s".to_owned()),
        ms if ms > u128::from(MAX_MS) => Err("longer than 10 years".to_owned()),
        _ => Ok(total),
    }
}

/// Longest duration: 10 years.
const MAX_MS: u64 = 10 * 366 * 86_400_000;

/// Milliseconds of a duration that [`duration`] made.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(MAX_MS)
}

/// A moment as people say it: `2h` (ago, or ahead, as the option says), `now`, `today`, `yesterday`, a date, or
/// RFC 3339.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// The instant itself.
    At(Timestamp),
    /// So far from now.
    Away(Duration),
    /// Midnight (UTC) so many days ago.
    DaysAgo(u16),
}

impl std::str::FromStr for Moment {
    type Err = String;
    fn from_str(text: &str) -> Result<Moment, String> {
        match text {
            "now" => Ok(Moment::Away(Duration::ZERO)),
            "today" => Ok(Moment::DaysAgo(0)),
            "yesterday" => Ok(Moment::DaysAgo(1)),
            _ => Timestamp::parse_rfc3339(text).map(Moment::At).map_or_else(
                || {
                    duration(text).map(Moment::Away).map_err(|_| {
                        "expected a duration like 2h, `today`, `yesterday`, or a time like 2026-11-22T10:20:30Z"
                            .to_owned()
                    })
                },
                Ok,
            ),
        }
    }
}

impl Moment {
    /// The instant, a bare duration meaning the past.
    pub(crate) fn ago(self, now: Timestamp) -> Time {
        self.resolve(now, now.minus(self.distance()))
    }

    /// The instant, a bare duration meaning the future.
    pub(crate) fn ahead(self, now: Timestamp) -> Time {
        self.resolve(now, now.plus(self.distance()))
    }

    fn distance(self) -> Duration {
        if let Moment::Away(distance) = self { distance } else { Duration::ZERO }
    }

    fn resolve(self, now: Timestamp, away: Timestamp) -> Time {
        Time(match self {
            Moment::At(at) => at,
            Moment::Away(_) => away,
            Moment::DaysAgo(days) => now.minus(DAY * u32::from(days)).day().start(),
        })
    }
}

const DAY: Duration = Duration::from_secs(86_400);

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
    fn durations() {
        for (text, ms) in
            [("500ms", 500), ("90s", 90_000), ("1h30m", 5_400_000), ("0s", 0), ("2w", 1_209_600_000)]
        {
            assert_eq!(duration(text), Ok(Duration::from_millis(ms)), "{text}");
        }
        for bad in ["", "5", "h", "5x", "1h 2m", "-1s", "99999999999999999999s", "99999d", "5é"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn moments_look_back_or_ahead() {
        let now = Timestamp::parse_rfc3339("2026-11-22T10:20:30Z").unwrap();
        for (text, ago, ahead) in [
            ("2h", "2026-11-22T08:20:30Z", "2026-11-22T12:20:30Z"),
            ("now", "2026-11-22T10:20:30Z", "2026-11-22T10:20:30Z"),
            ("today", "2026-11-22T00:00:00Z", "2026-11-22T00:00:00Z"),
            ("yesterday", "2026-11-21T00:00:00Z", "2026-11-21T00:00:00Z"),
            ("2026-01-02", "2026-01-02T00:00:00Z", "2026-01-02T00:00:00Z"),
        ] {
            let moment: Moment = text.parse().unwrap();
            assert_eq!(
                (moment.ago(now).to_string().as_str(), moment.ahead(now).to_string().as_str()),
                (ago, ahead)
            );
        }
        assert!("soon".parse::<Moment>().is_err());
    }

    #[test]
    fn ids_come_back_as_they_were_written() {
        for nul in [false, true] {
            assert_eq!(parse_ids(format_ids([5, 77], nul).as_bytes()).unwrap(), [5, 77]);
        }
        assert!(parse_ids(b"5 x").is_err());
        assert_eq!(parse_ids(b"").unwrap(), Vec::<i64>::new());
    }
}
