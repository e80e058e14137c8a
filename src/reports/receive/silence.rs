//! Reporters with a habit that they gave up, of any kind of report.

use mox_admin::ops::ReportSilence;
use mox_clock::Day;
use mox_db::rusqlite::Connection;
use mox_store::Error;

use super::tables::{self, Habit, Table};

/// Days over which a habit of reporting is looked for.
const HABIT_DAYS: i64 = 30;

/// Days with a report, of those, that make a habit.
const HABIT: u64 = 5;

/// Silence of so many days is noted: a report is about a day that is over, and some arrive late.
const SILENCE: i64 = 3;

/// Silence that began longer ago is no news.
const FORGOTTEN: i64 = 90;

/// Who reported regularly about the domain, or any, and stopped.
pub(crate) fn silent(
    conn: &Connection,
    table: Table,
    domain: Option<&str>,
    today: Day,
) -> Result<Vec<ReportSilence>, Error> {
    let before = |day: Day, days: i64| Day::from_number(day.number() - days);
    let mut found = Vec::new();
    for known in tables::habits(conn, table, domain, before(today, FORGOTTEN + HABIT_DAYS))? {
        let Habit { last, policy_domain, sender, .. } = &known;
        let quiet = today.number() - last.number();
        if quiet <= SILENCE || quiet > FORGOTTEN {
            continue;
        }
        // The days before the last report alone tell whether it came regularly.
        let recent = tables::habits(conn, table, Some(policy_domain), before(*last, HABIT_DAYS - 1))?;
        let days = recent.iter().find(|habit| habit.sender == *sender).map_or(0, |habit| habit.days);
        if days >= HABIT {
            found.push(ReportSilence {
                last: last.to_string(),
                policy_domain: known.policy_domain,
                sender: known.sender,
                organization: known.organization,
                days,
            });
        }
    }
    Ok(found)
}
