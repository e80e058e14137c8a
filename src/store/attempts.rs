//! Who tried to log in, from where, and what came of it. Attempts that are the same but for their time are one row with
//! a count, so that a stranger who guesses passwords for weeks takes little room.

use mox_clock::Timestamp;
use mox_db::{ReadTx, Tx};

use crate::tables::attempt as table;
use crate::{Error, Store};

/// Rows kept that name no account of ours.
const UNKNOWN: u32 = 10_000;
/// Rows kept that failed for accounts of ours: one account has any number of names, with what follows its separator.
const FAILED: u32 = 50_000;

/// An attempt to log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Account name; empty when there is none of that login.
    pub account: String,
    /// Name that the client gave.
    pub login: String,
    /// Where from.
    pub remote_ip: String,
    /// `submission` or `submissions`.
    pub protocol: String,
    /// SASL mechanism.
    pub mechanism: String,
    /// `ok`, `badcreds`, `disabled` or `error`.
    pub result: String,
    /// Version and cipher suite; empty without TLS.
    pub tls: String,
    /// When.
    pub at: Timestamp,
}

/// Attempts that are the same but for their time; `attempt.at` is the last one's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptRow {
    /// What they have in common.
    pub attempt: Attempt,
    /// How many.
    pub count: i64,
    /// When the first was.
    pub first: Timestamp,
}

/// Which attempts are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attempts {
    /// Of this account; empty for those that name none.
    pub account: Option<String>,
    /// Since then.
    pub since: Option<Timestamp>,
    /// Those that failed only.
    pub failed: bool,
    /// So many rows at most.
    pub limit: u32,
}

impl Store {
    /// Keeps attempts to log in.
    pub fn note_attempts(&self, tx: &mut Tx<'_>, attempts: &[Attempt]) -> Result<(), Error> {
        attempts.iter().try_for_each(|attempt| table::note(tx.conn(), attempt))
    }

    /// Attempts to log in, the latest first.
    pub fn attempts(&self, tx: &ReadTx<'_>, asked: &Attempts) -> Result<Vec<AttemptRow>, Error> {
        table::list(tx.conn(), asked)
    }

    /// Forgets attempts before a time, and beyond a bound those of strangers and those that failed; `most` of each at a
    /// time. Answers how many went: with `most` or more, there may be more.
    pub fn forget_attempts(&self, tx: &mut Tx<'_>, before: Timestamp, most: u32) -> Result<usize, Error> {
        table::forget(tx.conn(), before, (UNKNOWN, FAILED), most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_clock::sim::{SimClock, SimRandom};
    use std::sync::Arc;

    fn attempt(login: &str, result: &str, at: i64) -> Attempt {
        Attempt {
            account: login.split('@').next().filter(|name| *name == "amy").unwrap_or_default().to_owned(),
            login: login.to_owned(),
            remote_ip: "192.0.2.1".to_owned(),
            protocol: "submissions".to_owned(),
            mechanism: "PLAIN".to_owned(),
            result: result.to_owned(),
            tls: "TLSv1.3".to_owned(),
            at: Timestamp::from_secs(at),
        }
    }

    #[tokio::test]
    async fn the_same_is_counted_and_the_old_is_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(SimClock::new(Timestamp::from_secs(1_800_000_000)));
        let store = Store::open(dir.path(), &[], clock, Arc::new(SimRandom::new(1))).unwrap();
        let all = [("amy@x.example", "ok", 5), ("amy@x.example", "badcreds", 6), ("root", "badcreds", 7)]
            .map(|(login, result, at)| attempt(login, result, at));
        let again = attempt("amy@x.example", "badcreds", 9);
        store
            .write(move |store, tx| {
                store.note_attempts(tx, &all)?;
                store.note_attempts(tx, &[again])
            })
            .await
            .unwrap();
        let ask = |asked: Attempts| {
            let store = store.clone();
            async move {
                let rows = store.read(move |store, tx| store.attempts(tx, &asked)).await.unwrap();
                let row = |r: AttemptRow| {
                    (r.attempt.login, r.attempt.result, r.count, r.first.secs(), r.attempt.at.secs())
                };
                rows.into_iter().map(row).collect::<Vec<_>>()
            }
        };
        let everything = Attempts { limit: 10, ..Attempts::default() };
        let row = |login: &str, result: &str, count, first, last| {
            (login.to_owned(), result.to_owned(), count, first, last)
        };
        let amy = row("amy@x.example", "badcreds", 2, 6, 9);
        assert_eq!(
            ask(everything.clone()).await,
            [amy.clone(), row("root", "badcreds", 1, 7, 7), row("amy@x.example", "ok", 1, 5, 5)]
        );
        let of_amy =
            Attempts { account: Some("amy".to_owned()), failed: true, limit: 10, ..Attempts::default() };
        assert_eq!(ask(of_amy).await, std::slice::from_ref(&amy));
        let forget = |store: &Store, tx: &mut Tx<'_>| store.forget_attempts(tx, Timestamp::from_secs(8), 10);
        assert_eq!(store.write(forget).await.unwrap(), 2);
        assert_eq!(ask(everything).await, [amy]);
        // Bounds: the latest stay, of strangers and of guesses at accounts.
        let of = |login: fn(i64) -> String| (10..20).map(move |n| attempt(&login(n), "badcreds", n));
        let all: Vec<_> =
            of(|n| format!("stranger{n}")).chain(of(|n| format!("amy@{n}.x.example"))).collect();
        let bounded = move |store: &Store, tx: &mut Tx<'_>| {
            store.note_attempts(tx, &all)?;
            table::forget(tx.conn(), Timestamp::from_secs(0), (2, 3), 100)
        };
        assert_eq!(store.write(bounded).await.unwrap(), 8 + 7 + 1);
        let left = ask(Attempts { limit: 10, ..Attempts::default() }).await;
        assert_eq!(left.iter().filter(|row| row.0.starts_with("amy")).map(|row| row.4).min(), Some(17));
        assert_eq!((left.len(), left.iter().map(|row| row.4).min()), (5, Some(17)));
    }
}
