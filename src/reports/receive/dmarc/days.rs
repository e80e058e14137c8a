//! What received reports count, of each policy domain and day and of all together: kept beside the reports, so that
//! nobody has to read a year of them for a chart.

use mox_clock::Day;
use mox_db::rusqlite::{Connection, Row};
use mox_store::Error;

use crate::receive::tables::{sum, unsigned};

/// The fourth step of the schema of received reports. One report counts for at most 10^12 messages here: sums fit,
/// whatever strangers report.
pub(crate) const STEP_5: &str = "
CREATE TABLE dmarc_in_day (
  policy_domain TEXT NOT NULL,      -- empty for all together
  day INTEGER NOT NULL,
  reports INTEGER NOT NULL,
  messages INTEGER NOT NULL,
  passed INTEGER NOT NULL,
  quarantined INTEGER NOT NULL,
  rejected INTEGER NOT NULL,
  PRIMARY KEY (policy_domain, day)
) WITHOUT ROWID;
INSERT INTO dmarc_in_day SELECT policy_domain, day, count(*), sum(min(messages, 1000000000000)),
  sum(min(passed, 1000000000000)), sum(min(quarantined, 1000000000000)), sum(min(rejected, 1000000000000))
  FROM dmarc_in GROUP BY policy_domain, day;
INSERT INTO dmarc_in_day SELECT '', day, sum(reports), sum(messages), sum(passed), sum(quarantined), sum(rejected)
  FROM dmarc_in_day GROUP BY day;
CREATE TRIGGER dmarc_in_counts AFTER INSERT ON dmarc_in BEGIN
  INSERT INTO dmarc_in_day VALUES
    (new.policy_domain, new.day, 1, min(new.messages, 1000000000000), min(new.passed, 1000000000000),
     min(new.quarantined, 1000000000000), min(new.rejected, 1000000000000)),
    ('', new.day, 1, min(new.messages, 1000000000000), min(new.passed, 1000000000000),
     min(new.quarantined, 1000000000000), min(new.rejected, 1000000000000))
  ON CONFLICT (policy_domain, day) DO UPDATE SET reports = reports + 1, messages = messages + excluded.messages,
    passed = passed + excluded.passed, quarantined = quarantined + excluded.quarantined,
    rejected = rejected + excluded.rejected;
END;
CREATE TRIGGER dmarc_in_discounts AFTER DELETE ON dmarc_in BEGIN
  UPDATE dmarc_in_day SET reports = reports - 1, messages = messages - min(old.messages, 1000000000000),
    passed = passed - min(old.passed, 1000000000000),
    quarantined = quarantined - min(old.quarantined, 1000000000000),
    rejected = rejected - min(old.rejected, 1000000000000)
  WHERE policy_domain IN (old.policy_domain, '') AND day = old.day;
  DELETE FROM dmarc_in_day WHERE policy_domain IN (old.policy_domain, '') AND day = old.day AND reports <= 0;
END;
";

/// What reports count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) reports: u64,
    pub(crate) messages: u64,
    pub(crate) passed: u64,
    pub(crate) quarantined: u64,
    pub(crate) rejected: u64,
}

/// Those of one policy domain, or of all, from one day to another, in order.
pub(crate) fn days(
    conn: &Connection,
    domain: Option<&str>,
    from: Day,
    to: Day,
) -> Result<Vec<(Day, Sums)>, Error> {
    let sql = "SELECT day, reports, messages, passed, quarantined, rejected FROM dmarc_in_day
      WHERE policy_domain = ?1 AND day >= ?2 AND day <= ?3 ORDER BY day";
    let mut statement = conn.prepare_cached(sql)?;
    let rows =
        statement.query_map((domain.unwrap_or_default(), from.number(), to.number()), |row: &Row<'_>| {
            let count = |at: usize| row.get(at).map(unsigned);
            let sums = Sums {
                reports: count(1)?,
                messages: count(2)?,
                passed: count(3)?,
                quarantined: count(4)?,
                rejected: count(5)?,
            };
            Ok((Day::from_number(row.get(0)?), sums))
        })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Policy domains behind one with reports of a day or later: the last day, and what they count; at most `max`.
pub(crate) fn domains(
    conn: &Connection,
    after: &str,
    from: Day,
    max: u32,
) -> Result<Vec<(String, Day, Sums)>, Error> {
    let sql =
        "SELECT policy_domain, max(day), total(reports), total(messages), total(passed), total(quarantined),
        total(rejected)
      FROM dmarc_in_day WHERE policy_domain > ?1 AND day >= ?2
      GROUP BY policy_domain ORDER BY policy_domain LIMIT ?3";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map((after, from.number(), max), |row| {
        let count = |at: usize| row.get(at).map(sum);
        let sums = Sums {
            reports: count(2)?,
            messages: count(3)?,
            passed: count(4)?,
            quarantined: count(5)?,
            rejected: count(6)?,
        };
        Ok((row.get(0)?, Day::from_number(row.get(1)?), sums))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
