//! The seams `Clock` and `Random`, and `Timestamp`, an instant in UTC.
//!
//! Wall time is for people and the database; monotonic time is for timeouts, and survives clock steps.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use crate::Day;

/// A future that ends when the slept time is over.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Where time comes from.
pub trait Clock: Send + Sync {
    /// Wall time, UTC. May step when an operator or NTP sets it.
    fn now(&self) -> Timestamp;
    /// Time since some fixed moment; never steps back.
    fn monotonic(&self) -> Duration;
    /// Ends after `duration` of monotonic time.
    fn sleep(&self, duration: Duration) -> Sleep;
}

/// Where chance comes from.
pub trait Random: Send + Sync {
    /// Fills the bytes, fit for keys when the source is the real one.
    fn fill(&self, bytes: &mut [u8]);
}

/// Returns `N` random bytes.
pub fn random_array<const N: usize>(random: &dyn Random) -> [u8; N] {
    let mut bytes = [0; N];
    random.fill(&mut bytes);
    bytes
}

/// Returns a number below `bound` (0 for a bound of 0). The bias is below 2^-32 for bounds under 2^32.
pub fn random_below(random: &dyn Random, bound: u64) -> u64 {
    if bound == 0 { 0 } else { u64::from_le_bytes(random_array(random)) % bound }
}

/// An instant: microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From microseconds since the epoch: what the database stores.
    pub const fn from_micros(micros: i64) -> Timestamp {
        Timestamp(micros)
    }

    /// Microseconds since the epoch.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// From whole seconds since the epoch.
    pub const fn from_secs(secs: i64) -> Timestamp {
        Timestamp(secs.saturating_mul(1_000_000))
    }

    /// Whole seconds since the epoch, rounded down.
    pub const fn secs(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// The instant `duration` later, saturating.
    pub fn plus(self, duration: Duration) -> Timestamp {
        Timestamp(self.0.saturating_add(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)))
    }

    /// The instant `duration` earlier, saturating.
    pub fn minus(self, duration: Duration) -> Timestamp {
        Timestamp(self.0.saturating_sub(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)))
    }

    /// Time since `earlier`; zero when it is later.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The UTC day it falls on.
    pub fn day(self) -> Day {
        Day::from_number(self.secs().div_euclid(86_400))
    }

    /// Hour, minute and second of its UTC day.
    pub fn time_of_day(self) -> (u32, u32, u32) {
        let s = u32::try_from(self.secs().rem_euclid(86_400)).unwrap_or(0);
        (s / 3600, s / 60 % 60, s % 60)
    }

    /// RFC 3339 with seconds: `2026-11-22T10:20:30Z`.
    pub fn rfc3339(self) -> String {
        let (h, m, s) = self.time_of_day();
        format!("{}T{h:02}:{m:02}:{s:02}Z", self.day())
    }

    /// RFC 3339 with milliseconds: `2026-11-22T10:20:30.123Z`.
    pub fn rfc3339_millis(self) -> String {
        let (h, m, s) = self.time_of_day();
        let ms = self.0.rem_euclid(1_000_000) / 1000;
        format!("{}T{h:02}:{m:02}:{s:02}.{ms:03}Z", self.day())
    }

    /// Parses `2026-11-22`, `2026-11-22T10:20:30Z`, with an optional fraction and `+hh:mm` offset.
    pub fn parse_rfc3339(text: &str) -> Option<Timestamp> {
        let day: Day = text.get(..10)?.parse().ok()?;
        let rest = text.get(10..)?;
        if rest.is_empty() {
            return Some(day.start());
        }
        let time = rest.strip_prefix(['T', 't', ' '])?;
        let two = |from: usize| -> Option<i64> {
            let part = time.get(from..from + 2)?;
            if part.bytes().all(|b| b.is_ascii_digit()) { part.parse().ok() } else { None }
        };
        let (h, m, s) = (two(0)?, two(3)?, two(6)?);
        if time.get(2..3)? != ":" || time.get(5..6)? != ":" || h > 23 || m > 59 || s > 60 {
            return None;
        }
        let mut zone = time.get(8..)?;
        let mut micros = 0;
        if let Some(fraction) = zone.strip_prefix('.') {
            let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
            if digits == 0 {
                return None;
            }
            let six: String = fraction.chars().take(digits).chain("000000".chars()).take(6).collect();
            micros = six.parse().ok()?;
            zone = fraction.get(digits..)?;
        }
        let offset = zone_offset(zone)?;
        let secs = day.start().secs() + h * 3600 + m * 60 + s - offset;
        Some(Timestamp(secs.checked_mul(1_000_000)?.checked_add(micros)?))
    }
}

/// Seconds east of UTC of `Z` or `+hh:mm`.
fn zone_offset(zone: &str) -> Option<i64> {
    if zone.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let sign = match zone.get(..1)? {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let (h, m) = zone.get(1..)?.split_once(':')?;
    if h.len() != 2 || m.len() != 2 {
        return None;
    }
    let (h, m): (i64, i64) = (h.parse().ok()?, m.parse().ok()?);
    (h < 24 && m < 60 && h >= 0 && m >= 0).then_some(sign * (h * 3600 + m * 60))
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339_millis())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.rfc3339())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc3339_both_ways() {
        let t = Timestamp::from_micros(1_795_342_830_123_456);
        assert_eq!(t.rfc3339_millis(), "2026-11-22T10:20:30.123Z");
        assert_eq!(Timestamp::parse_rfc3339("2026-11-22T10:20:30.123456Z"), Some(t));
        assert_eq!(
            Timestamp::parse_rfc3339("2026-11-22T11:20:30+01:00"),
            Some(Timestamp::from_secs(t.secs()))
        );
        assert_eq!(Timestamp::parse_rfc3339("1969-12-31T23:59:59Z"), Some(Timestamp::from_secs(-1)));
        for bad in [
            "",
            "2026-13-01",
            "2026-11-22T",
            "2026-11-22T10:20",
            "2026-11-22T10:20:30",
            "2026-11-22T25:00:00Z",
        ] {
            assert_eq!(Timestamp::parse_rfc3339(bad), None, "{bad}");
        }
    }
}
