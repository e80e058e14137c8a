//! Reporters with a habit that they gave up, of any kind of report.
//!
//! The days with a report of a reporter on a policy domain are bits of one number, so that one pass over the reports
//! tells who had a habit when it stopped, however many stopped.

use std::collections::HashMap;

use mox_admin::ops::ReportSilence;
use mox_clock::Day;
use mox_db::rusqlite::Connection;
use mox_store::Error;

use super::tables::{Table, each_day};

/// Days over which a habit of reporting is looked for.
const HABIT_DAYS: u32 = 30;

/// Days with a report, of those, that make a habit.
const HABIT: u32 = 5;

/// Silence of so many days is noted: a report is about a day that is over, and some arrive late.
const SILENCE: u32 = 3;

/// Silence that began longer ago is no news.
const FORGOTTEN: u32 = 90;

/// Most reporters that are told apart; of those beyond it, the ones that began last are passed over.
const MAX_REPORTERS: usize = 50_000;

/// The days of the longest silence and of the habit before it must fit the bits.
const _: () = assert!(FORGOTTEN + HABIT_DAYS < u128::BITS);

/// A reporter that used to report on a policy domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Silent {
    pub(crate) policy_domain: String,
    pub(crate) sender: String,
    pub(crate) organization: String,
    /// Day of its last report.
    pub(crate) last: Day,
    /// Days since then without one.
    pub(crate) quiet: u32,
    /// Days with a report, of the 30 that ended with the last.
    pub(crate) days: u32,
}

/// What is known of a reporter: bit n is the day n days ago.
#[derive(Default)]
struct Days {
    bits: u128,
    organization: String,
}

impl Days {
    /// Days since the last report, and days with a report of those that make a habit; none while it is no silence.
    fn silence(&self) -> Option<(u32, u32)> {
        let quiet = self.bits.trailing_zeros();
        if quiet <= SILENCE || quiet > FORGOTTEN {
            return None;
        }
        let days = ((self.bits >> quiet) & ((1 << HABIT_DAYS) - 1)).count_ones();
        (days >= HABIT).then_some((quiet, days))
    }
}

/// Who fell silent, by policy domain and reporter, with the days since.
pub(crate) fn reporters(
    conn: &Connection,
    table: Table,
    domain: Option<&str>,
    today: Day,
) -> Result<Vec<Silent>, Error> {
    let first = Day::from_number(today.number() - i64::from(FORGOTTEN + HABIT_DAYS));
    let mut known: HashMap<String, HashMap<String, Days>> = HashMap::new();
    let mut count = 0;
    each_day(conn, table, domain, first, |domain, sender, organization, day| {
        let Ok(ago) = u32::try_from(today.number() - day.number()) else { return };
        if let Some(days) = known.get_mut(domain).and_then(|senders| senders.get_mut(sender)) {
            days.take(ago, organization);
        } else if count < MAX_REPORTERS {
            count += 1;
            let senders = known.entry(domain.to_owned()).or_default();
            senders.entry(sender.to_owned()).or_default().take(ago, organization);
        }
    })?;
    let mut found = Vec::new();
    for (policy_domain, senders) in known {
        for (sender, days) in senders {
            if let Some((quiet, habit)) = days.silence() {
                let last = Day::from_number(today.number() - i64::from(quiet));
                let (policy_domain, organization) = (policy_domain.clone(), days.organization);
                found.push(Silent { policy_domain, sender, organization, last, quiet, days: habit });
            }
        }
    }
    found.sort_by(|a, b| (&a.policy_domain, &a.sender).cmp(&(&b.policy_domain, &b.sender)));
    Ok(found)
}

impl Days {
    fn take(&mut self, ago: u32, organization: &str) {
        self.bits |= 1_u128.checked_shl(ago).unwrap_or(0);
        if self.organization != organization {
            organization.clone_into(&mut self.organization);
        }
    }
}

/// Who reported regularly about the domain, or any, and stopped.
pub(crate) fn silent(
    conn: &Connection,
    table: Table,
    domain: Option<&str>,
    today: Day,
) -> Result<Vec<ReportSilence>, Error> {
    Ok(reporters(conn, table, domain, today)?.into_iter().map(Into::into).collect())
}

impl From<Silent> for ReportSilence {
    fn from(one: Silent) -> ReportSilence {
        ReportSilence {
            policy_domain: one.policy_domain,
            sender: one.sender,
            organization: one.organization,
            last: one.last.to_string(),
            days: one.days.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_habit_that_ended_is_told() {
        for (ago, expected) in [
            (vec![], None),
            ((1..20).collect(), None),
            ((3..20).collect(), None),
            ((4..20).collect(), Some((4, 16))),
            (vec![4, 5, 6, 7], None),
            (vec![4, 10, 20, 25, 33], Some((4, 5))),
            (vec![4, 10, 20, 25, 34], None),
            ((90..120).collect(), Some((90, 30))),
            ((91..121).collect(), None),
        ] as [(Vec<u32>, _); 9]
        {
            let mut days = Days::default();
            ago.iter().for_each(|ago| days.take(*ago, "x"));
            assert_eq!(days.silence(), expected, "{ago:?}");
        }
    }
}
