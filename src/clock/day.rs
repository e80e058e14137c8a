//! A UTC day: the unit of reports and of calendars. Proleptic Gregorian, by the civil-from-days method.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::Timestamp;

/// A day, counted from 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i64);

impl Day {
    /// Length of a day.
    pub const LENGTH: Duration = Duration::from_secs(86_400);

    /// From days since 1970-01-01.
    pub const fn from_number(days: i64) -> Day {
        Day(days)
    }

    /// Days since 1970-01-01.
    pub const fn number(self) -> i64 {
        self.0
    }

    /// From year, month (1 to 12) and day of month; none when there is no such day.
    pub fn from_civil(year: i64, month: u32, day: u32) -> Option<Day> {
        let found = Day(days_from_civil(year, month, day)?);
        (found.civil() == (year, month, day)).then_some(found)
    }

    /// Year, month and day of month.
    pub fn civil(self) -> (i64, u32, u32) {
        let z = self.0 + 719_468;
        let era = z.div_euclid(146_097);
        let day_of_era = z.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        (year, u32::try_from(month).unwrap_or(1), u32::try_from(day).unwrap_or(1))
    }

    /// Day of the week, 0 for Sunday.
    pub fn weekday(self) -> u32 {
        u32::try_from((self.0 + 4).rem_euclid(7)).unwrap_or(0)
    }

    /// Its first instant.
    pub fn start(self) -> Timestamp {
        Timestamp::from_secs(self.0 * 86_400)
    }

    /// The day after.
    pub fn next(self) -> Day {
        Day(self.0 + 1)
    }

    /// The day before.
    pub fn previous(self) -> Day {
        Day(self.0 - 1)
    }
}

fn days_from_civil(year: i64, month: u32, day: u32) -> Option<i64> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || year.abs() > 100_000 {
        return None;
    }
    let (month, day) = (i64::from(month), i64::from(day));
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * shifted + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (y, m, d) = self.civil();
        write!(f, "{y:04}-{m:02}-{d:02}")
    }
}

impl FromStr for Day {
    type Err = ();
    /// Parses `2026-11-22`.
    fn from_str(text: &str) -> Result<Day, ()> {
        let mut parts = text.split('-');
        let mut number = |len: usize| -> Result<u32, ()> {
            let part =
                parts.next().filter(|p| p.len() == len && p.bytes().all(|b| b.is_ascii_digit())).ok_or(())?;
            part.parse().map_err(|_| ())
        };
        let (y, m, d) = (number(4)?, number(2)?, number(2)?);
        if parts.next().is_some() { Err(()) } else { Day::from_civil(i64::from(y), m, d).ok_or(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn civil_days() {
        for (number, text, weekday) in [
            (0, "1970-01-01", 4),
            (-1, "1969-12-31", 3),
            (20_779, "2026-11-22", 0),
            (11_016, "2000-02-29", 2),
        ] {
            assert_eq!(Day(number).to_string(), text);
            assert_eq!(text.parse(), Ok(Day(number)));
            assert_eq!(Day(number).weekday(), weekday);
        }
        for n in (-800_000..800_000).step_by(97) {
            let (y, m, d) = Day(n).civil();
            assert_eq!(Day::from_civil(y, m, d), Some(Day(n)));
        }
        assert!("2026-02-29".parse::<Day>().is_err());
        assert!("2026-2-9".parse::<Day>().is_err());
    }
}
