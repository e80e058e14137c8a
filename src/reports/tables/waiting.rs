//! What waits for a report, of whatever kind.

use mox_clock::Day;
use mox_db::rusqlite::Connection;
use mox_store::Error;

use super::{evaluation, result};
use crate::kind::Kind;

/// Policy domains with rows that wait for a report of this kind, of days from `from` up to `to`, oldest day first.
pub(crate) fn groups(conn: &Connection, kind: Kind, from: Day, to: Day) -> Result<Vec<(String, Day)>, Error> {
    match kind {
        Kind::Domain | Kind::Host => result::groups(conn, kind == Kind::Host, from, to),
        Kind::Dmarc => evaluation::groups(conn, from, to),
    }
}

/// Ids and versions of the rows that a report of the policy domain would be made of.
pub(crate) fn versions(
    conn: &Connection,
    kind: Kind,
    policy_domain: &str,
    day: Day,
) -> Result<Vec<(i64, i64)>, Error> {
    match kind {
        Kind::Domain | Kind::Host => result::versions(conn, kind == Kind::Host, policy_domain, day),
        Kind::Dmarc => evaluation::versions(conn, policy_domain, day),
    }
}

/// Takes a policy domain's rows of a day out of what waits. `rua` is where its reports went.
pub(crate) fn done(
    conn: &Connection,
    kind: Kind,
    policy_domain: &str,
    day: Day,
    rua: Option<&[String]>,
) -> Result<(), Error> {
    match kind {
        Kind::Domain | Kind::Host => result::done(conn, kind == Kind::Host, policy_domain, day, rua),
        Kind::Dmarc => evaluation::done(conn, policy_domain, day),
    }
}
