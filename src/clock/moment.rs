//! Durations and moments as people write them: `90s`, `2h` ago, `yesterday`, `2026-11-22T10:20:30Z`. RFC 3339.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::Timestamp;

/// Longest duration in milliseconds: 10 years.
const MAX_MS: u64 = 10 * 366 * 86_400_000;

const DAY: Duration = Duration::from_secs(86_400);

/// Why a text is no duration or no moment: what was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MomentError(&'static str);

impl fmt::Display for MomentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for MomentError {}

impl From<MomentError> for String {
    fn from(error: MomentError) -> String {
        error.0.to_owned()
    }
}

/// Parses `500ms`, `90s`, `2h`, `1d`, or several of them as `1h30m`; at most 10 years.
pub fn parse_duration(text: &str) -> Result<Duration, MomentError> {
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
            _ => return Err(MomentError("expected a duration like 500ms, 90s, 2h or 1d12h")),
        };
        let number: u64 = number.parse().map_err(|_| MomentError("expected a number before the unit"))?;
        let part =
            number.checked_mul(ms).filter(|ms| *ms <= MAX_MS).ok_or(MomentError("longer than 10 years"))?;
        total += Duration::from_millis(part);
        rest = tail;
    }
    match total.as_millis() {
        _ if text.is_empty() => Err(MomentError("expected a duration like 90s")),
        ms if ms > u128::from(MAX_MS) => Err(MomentError("longer than 10 years")),
        _ => Ok(total),
    }
}

/// A moment as people say it: `2h` (ago, or ahead, as the place says), `now`, `today`, `yesterday`, a date, or
/// RFC 3339.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The instant itself.
    At(Timestamp),
    /// So far from now.
    Away(Duration),
    /// Midnight (UTC) so many days ago.
    DaysAgo(u16),
}

impl FromStr for Moment {
    type Err = MomentError;
    fn from_str(text: &str) -> Result<Moment, MomentError> {
        match text {
            "now" => Ok(Moment::Away(Duration::ZERO)),
            "today" => Ok(Moment::DaysAgo(0)),
            "yesterday" => Ok(Moment::DaysAgo(1)),
            _ => match Timestamp::parse_rfc3339(text) {
                Some(at) => Ok(Moment::At(at)),
                None => parse_duration(text).map(Moment::Away).map_err(|_| {
                    MomentError(
                        "expected a duration like 2h, `today`, `yesterday`, or a time like 2026-11-22T10:20:30Z",
                    )
                }),
            },
        }
    }
}

impl Moment {
    /// The instant, a bare duration meaning the past.
    pub fn ago(self, now: Timestamp) -> Timestamp {
        self.resolve(now, now.minus(self.distance()))
    }

    /// The instant, a bare duration meaning the future.
    pub fn ahead(self, now: Timestamp) -> Timestamp {
        self.resolve(now, now.plus(self.distance()))
    }

    fn distance(self) -> Duration {
        if let Moment::Away(distance) = self { distance } else { Duration::ZERO }
    }

    fn resolve(self, now: Timestamp, away: Timestamp) -> Timestamp {
        match self {
            Moment::At(at) => at,
            Moment::Away(_) => away,
            Moment::DaysAgo(days) => now.minus(DAY * u32::from(days)).day().start(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, ms) in
            [("500ms", 500), ("90s", 90_000), ("1h30m", 5_400_000), ("0s", 0), ("2w", 1_209_600_000)]
        {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(ms)), "{text}");
        }
        for bad in ["", "5", "h", "5x", "1h 2m", "-1s", "99999999999999999999s", "99999d", "5é"] {
            assert!(parse_duration(bad).is_err(), "{bad}");
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
}
