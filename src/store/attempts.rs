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

/// The place of a row in the list. A row that is counted again moves to the begin, so nobody who goes on behind a key
/// misses one that stayed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptKey {
    /// When the last was.
    pub last: Timestamp,
    /// What attempts of a row have in common: account, login, remote address, protocol, mechanism, result.
    pub same: [String; 6],
}

impl AttemptRow {
    /// Where it is in the list.
    pub fn key(&self) -> AttemptKey {
        let Attempt { account, login, remote_ip, protocol, mechanism, result, .. } = self.attempt.clone();
        AttemptKey { last: self.attempt.at, same: [account, login, remote_ip, protocol, mechanism, result] }
    }
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
    /// Behind this one, in the order of the list.
    pub after: Option<AttemptKey>,
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

    #[tokio::test]
    async fn pages_go_on_behind_a_key() {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(SimClock::new(Timestamp::from_secs(1_800_000_000)));
        let store = Store::open(dir.path(), &[], clock, Arc::new(SimRandom::new(1))).unwrap();
        // Many at one moment, of which no page may begin anew.
        let of = |n: i64| {
            attempt(&format!("amy@{n}.x.example"), if n % 3 == 0 { "ok" } else { "badcreds" }, n / 10)
        };
        let all: Vec<_> =
            (0..50).map(of).chain((0..7).map(|n| attempt(&format!("root{n}"), "badcreds", 3))).collect();
        store.write(move |store, tx| store.note_attempts(tx, &all)).await.unwrap();
        for (account, failed, count) in
            [(None, false, 57), (Some("amy"), false, 50), (Some("amy"), true, 33), (Some(""), true, 7)]
        {
            let whole =
                Attempts { account: account.map(str::to_owned), failed, limit: 100, ..Attempts::default() };
            let read =
                |asked: Attempts| store.read_blocking(move |store, tx| store.attempts(tx, &asked)).unwrap();
            let expected = read(whole.clone());
            assert_eq!(expected.len(), count);
            assert!(expected.is_sorted_by_key(|row| std::cmp::Reverse(row.attempt.at)));
            let (mut paged, mut after) = (Vec::new(), None);
            loop {
                let page = read(Attempts { limit: 4, after, ..whole.clone() });
                let Some(last) = page.last() else { break };
                after = Some(last.key());
                paged.extend(page);
            }
            assert_eq!(paged, expected);
        }
    }

    #[test]
    fn lists_follow_an_index() {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(SimClock::new(Timestamp::from_secs(1_800_000_000)));
        let store = Store::open(dir.path(), &[], clock, Arc::new(SimRandom::new(1))).unwrap();
        let key = AttemptKey { last: Timestamp::default(), same: Default::default() };
        for (account, index) in [
            (None, "INDEX login_attempt_last (last"),
            (Some(""), "INDEX login_attempt_account (account=? AND "),
        ] {
            let asked = Attempts {
                account: account.map(str::to_owned),
                after: Some(key.clone()),
                ..Attempts::default()
            };
            let plan = store.read_blocking(move |_, tx| table::plan(tx.conn(), &asked)).unwrap();
            assert!(plan.contains(index) && !plan.contains("TEMP B-TREE"), "{plan}");
        }
    }

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
