//! Statements find their rows in large tables without looking at the others: their cost is counted in steps of SQLite's
//! machine.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use mox_clock::Day;
use mox_db::rusqlite::Connection;
use mox_store::Error;

use crate::kind::Kind;
use crate::tables::evaluation::{self, New};
use crate::tables::{SCHEMA, destination, exchange, report};

/// Policies that wait, as many swept ones, and rows of the first of each.
const MANY: i64 = 3000;
/// More steps than what is asked for one subject may take, and fewer than looking at everything does.
const STEPS: u64 = 1000;

fn day() -> Day {
    Day::from_number(20_000)
}

/// Tables in which everything is there many times.
fn large() -> Connection {
    let conn = Connection::open_in_memory().unwrap();
    SCHEMA.steps.iter().for_each(|step| conn.execute_batch(step).unwrap());
    let many = |sql: &str| {
        let numbers = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < ?1)";
        conn.execute(&sql.replace("FROM", &format!("FROM ({numbers} SELECT n FROM t)")), [MANY]).unwrap();
    };
    many("INSERT INTO dmarc_policy SELECT n, 'd' || n, 20000, 'c', 1, 1, 1, 1, 0 FROM");
    many("INSERT INTO dmarc_row SELECT n, x'01020304', x'00', '{}', 1 FROM");
    many("INSERT INTO dmarc_row SELECT 1, 's' || n, 'd' || n, '{}', 1 FROM");
    many("INSERT INTO dmarc_row SELECT 9000, 's' || n, 'd' || n, '{}', 1 FROM");
    many("INSERT INTO dmarc_swept SELECT 9000 + n - 1 FROM");
    many("INSERT INTO good_exchange SELECT 'example.d' || n, 20000 FROM");
    many(
        "INSERT INTO report_out (kind, policy_domain, start, part, until, note, name, submitter, file_name,
         sealed, due, why, successful, failed)
         SELECT 2, 'd' || n, 1728000000000000, 0, 0, '', 'n', 's', 'f', n, n, '', 1, 1 FROM",
    );
    many(
        "INSERT INTO report_destination (report_id, uri, address, host, state, attempts, next, why)
         SELECT n, 'u', 'a', 'h' || n, 0, 0, n, '' FROM",
    );
    conn
}

/// Steps that something takes.
pub(super) fn steps(conn: &mut Connection, what: impl FnOnce(&Connection) -> Result<(), Error>) -> u64 {
    let count = Arc::new(AtomicU64::new(0));
    let counter = count.clone();
    let step = move || {
        counter.fetch_add(1, Ordering::Relaxed);
        false
    };
    conn.progress_handler(1, Some(step)).unwrap();
    what(conn).unwrap();
    conn.progress_handler(1, None::<fn() -> bool>).unwrap();
    count.load(Ordering::Relaxed)
}

#[test]
fn a_subject_is_found_without_looking_at_others() {
    let (mut conn, start) = (large(), day().start());
    let new = New {
        policy_domain: "d7",
        day: day(),
        config: "c",
        source: &[1, 2, 3, 4],
        digest: &[0],
        record: "{}",
        is_reason: true,
        passed: true,
    };
    type Ask<'a> = Box<dyn FnOnce(&Connection) -> Result<(), Error> + 'a>;
    let asks: [(&str, Ask<'_>); 14] = [
        ("a known row", Box::new(|c| evaluation::add(c, &new, 8, 100_000))),
        ("a new row", Box::new(|c| evaluation::add(c, &New { digest: &[1], ..new }, 8, 100_000))),
        ("a new policy", Box::new(|c| evaluation::add(c, &New { config: "e", ..new }, 8, 100_000))),
        ("a policy too many", Box::new(|c| evaluation::add(c, &New { config: "f", ..new }, 2, 100_000))),
        ("exchange", Box::new(|c| exchange::note(c, "d9.example", day()))),
        ("no exchange", Box::new(|c| exchange::any(c, "other.example").map(drop))),
        ("of", Box::new(|c| evaluation::of(c, "d7", day()).map(drop))),
        ("versions", Box::new(|c| evaluation::versions(c, "d7", day()).map(drop))),
        ("a page", Box::new(|c| evaluation::rows(c, 1, Some((b"s2000", b"d2000")), 10).map(drop))),
        ("done", Box::new(|c| evaluation::done(c, "d7", day()))),
        ("sweep", Box::new(|c| evaluation::sweep(c, 10).map(drop))),
        ("made", Box::new(|c| report::find(c, Kind::Dmarc, "d8", start, 0).map(drop))),
        ("due", Box::new(|c| report::set_due(c, 8, start))),
        ("next", Box::new(|c| destination::next(c, start).map(drop))),
    ];
    let mut found = Vec::new();
    for (name, ask) in asks {
        let steps = steps(&mut conn, ask);
        if !(4..STEPS).contains(&steps) {
            found.push((name, steps));
        }
    }
    assert!(found.is_empty(), "{found:?}");
}
