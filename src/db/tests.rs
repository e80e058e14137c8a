//! What the room promises: group commit, savepoints, snapshots, migrations.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use mox_clock::Timestamp;
use mox_clock::sim::SimClock;
use tempfile::TempDir;

use super::*;

const FIRST: &str = "CREATE TABLE t (x INTEGER PRIMARY KEY)";
const SCHEMA: Schema = Schema { room: "test", steps: &[FIRST] };
const NEWER: Schema = Schema { room: "test", steps: &[FIRST, "CREATE TABLE u (x)"] };

fn options() -> Options {
    Options::new(Arc::new(SimClock::new(Timestamp::from_secs(0))))
}

fn open(dir: &TempDir) -> Db {
    Db::open(&dir.path().join("mox.db"), &[SCHEMA], options()).unwrap()
}

fn insert(x: i64) -> impl FnOnce(&mut Tx<'_>) -> Result<i64, Error> + Send {
    move |tx| Ok(tx.conn().execute("INSERT INTO t VALUES (?1)", [x])? as i64)
}

fn rows(db: &Db) -> i64 {
    db.read_blocking(|r| Ok::<_, Error>(r.conn().query_row("SELECT count(*) FROM t", [], |r| r.get(0))?))
        .unwrap()
}

#[test]
fn a_group_is_one_commit_and_failures_stay_alone() {
    let dir = TempDir::new().unwrap();
    let db = open(&dir);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let before = db.figures();
    let committed = Arc::new(AtomicUsize::new(0));
    let results = runtime.block_on(async {
        // The first closure holds the writer until the others wait.
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let first = db.write(move |tx| {
            let _ = wait.recv();
            insert(1)(tx)
        });
        let (bad, panics, good) = (
            db.write(|tx| {
                insert(2)(tx)?;
                insert(1)(tx)
            }),
            db.write(|tx| -> Result<i64, Error> {
                insert(3)(tx)?;
                panic!("on purpose")
            }),
            {
                let committed = committed.clone();
                db.write(move |tx| {
                    tx.on_commit(move || {
                        committed.fetch_add(1, Ordering::SeqCst);
                    });
                    insert(4)(tx)
                })
            },
        );
        let go_on = async move {
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
            go.send(()).unwrap();
        };
        let mut first = std::pin::pin!(first);
        let mut bad = std::pin::pin!(bad);
        let mut panics = std::pin::pin!(panics);
        let mut good = std::pin::pin!(good);
        let mut go_on = std::pin::pin!(go_on);
        let mut done: [Option<Result<i64, Error>>; 4] = [None, None, None, None];
        let mut went = false;
        std::future::poll_fn(|cx| {
            use std::future::Future;
            use std::task::Poll;
            let futures: [std::pin::Pin<&mut dyn Future<Output = Result<i64, Error>>>; 4] =
                [first.as_mut(), bad.as_mut(), panics.as_mut(), good.as_mut()];
            for (slot, future) in done.iter_mut().zip(futures) {
                if slot.is_none()
                    && let Poll::Ready(result) = future.poll(cx)
                {
                    *slot = Some(result);
                }
            }
            if !went {
                went = go_on.as_mut().poll(cx).is_ready();
            }
            if done.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        done.map(Option::unwrap)
    });
    assert!(results[0].is_ok() && results[3].is_ok(), "{results:?}");
    assert!(matches!(results[1], Err(Error::Sql(_))), "{results:?}");
    assert!(matches!(results[2], Err(Error::Panicked)), "{results:?}");
    assert_eq!(committed.load(Ordering::SeqCst), 1);
    assert_eq!(rows(&db), 2);
    assert_eq!(db.figures().commits - before.commits, 1);
}

#[test]
fn what_was_written_is_there_after_reopening() {
    let dir = TempDir::new().unwrap();
    let db = open(&dir);
    db.write_blocking(insert(7)).unwrap();
    db.close();
    assert!(matches!(db.write_blocking(insert(8)), Err(Error::Closed)));
    assert_eq!(rows(&open(&dir)), 1);
}

#[test]
fn a_newer_database_is_refused() {
    let dir = TempDir::new().unwrap();

    let path = dir.path().join("mox.db");
    Db::open(&path, &[NEWER], options()).unwrap().close();
    let error = Db::open(&path, &[SCHEMA], options()).err().unwrap();
    assert!(matches!(error, Error::Newer { found: 2, known: 1, .. }), "{error}");
    Db::open(&path, &[NEWER], options()).unwrap();
}

#[test]
fn rubbish_is_not_a_database() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("mox.db");
    std::fs::write(&path, vec![b'x'; 8192]).unwrap();
    assert!(matches!(Db::open(&path, &[SCHEMA], options()), Err(Error::Corrupt(_))));
}

#[test]
fn a_snapshot_does_not_move() {
    let dir = TempDir::new().unwrap();
    let db = open(&dir);
    db.read_blocking(|r| {
        let count = || r.conn().query_row("SELECT count(*) FROM t", [], |r| r.get::<_, i64>(0)).unwrap();
        assert_eq!(count(), 0);
        db.write_blocking(insert(1)).unwrap();
        assert_eq!(count(), 0);
        assert!(r.conn().execute("INSERT INTO t VALUES (9)", []).is_err());
        Ok::<_, Error>(())
    })
    .unwrap();
    assert_eq!(rows(&db), 1);
    assert!(db.read_blocking(|r| r.integrity(false)).unwrap().is_empty());
}

#[test]
fn an_index_of_words_that_others_merged_is_sound() {
    let dir = TempDir::new().unwrap();
    let db = open(&dir);
    let write = |sql: &'static str| {
        db.write_blocking(move |tx: &mut Tx<'_>| Ok::<_, Error>(tx.conn().execute_batch(sql)?)).unwrap();
    };
    write(
        "CREATE VIRTUAL TABLE words USING fts5(word); INSERT INTO words (words, rank) VALUES ('automerge', 0)",
    );
    for _ in 0..5 {
        write("INSERT INTO words VALUES ('one'), ('two')");
    }
    let search = |r: &crate::ReadTx<'_>| {
        let sql = "SELECT count(*) FROM words WHERE words MATCH 'one'";
        Ok::<_, Error>(r.conn().query_row(sql, [], |row| row.get::<_, i64>(0))?)
    };
    // Who searched knows how the index was.
    assert_eq!(db.read_blocking(search).unwrap(), 5);
    write("INSERT INTO words (words) VALUES ('optimize')");
    assert_eq!(db.read_blocking(|r| r.integrity(false)).unwrap(), [""; 0]);
}

#[test]
fn a_full_disk_takes_back_the_group_and_nobody_else() {
    let dir = TempDir::new().unwrap();
    let db = open(&dir);
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let committed = Arc::new(AtomicUsize::new(0));
    let count = committed.clone();
    let big = |tx: &mut Tx<'_>| {
        tx.conn().execute_batch("CREATE TABLE big (x)")?;
        // The disk holds no more than it does now.
        let pages: i64 = tx.conn().pragma_query_value(None, "page_count", |r| r.get(0))?;
        tx.conn().pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))?;
        Ok(tx.conn().execute("INSERT INTO big VALUES (zeroblob(1000000))", [])? as i64)
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (first, full, after) = runtime.block_on(async {
        let first = tokio::spawn({
            let db = db.clone();
            async move {
                let first = db.write(move |tx| {
                    let _ = wait.recv();
                    insert(1)(tx)
                });
                first.await
            }
        });
        tokio::task::yield_now().await;
        let full = tokio::spawn({
            let db = db.clone();
            async move { db.write::<_, Error, _>(big).await }
        });
        tokio::task::yield_now().await;
        let after = tokio::spawn({
            let db = db.clone();
            async move {
                let after = db.write(move |tx| {
                    tx.on_commit(move || {
                        count.fetch_add(1, Ordering::SeqCst);
                    });
                    insert(2)(tx)
                });
                after.await
            }
        });
        tokio::task::yield_now().await;
        go.send(()).unwrap();
        (first.await.unwrap(), full.await.unwrap(), after.await.unwrap())
    });
    assert!(matches!(full, Err(Error::Full)), "{full:?}");
    let stored = |x: i64| {
        let sql = "SELECT count(*) FROM t WHERE x = ?1";
        db.read_blocking(|r| Ok::<i64, Error>(r.conn().query_row(sql, [x], |r| r.get(0))?)).unwrap()
    };
    assert_eq!((first.is_ok(), stored(1)), (false, 0), "{first:?}");
    assert_eq!((after.is_ok(), stored(2)), (true, 1), "{after:?}");
    assert_eq!(committed.load(Ordering::SeqCst), 1, "told of what was committed");
    db.write_blocking(insert(3)).unwrap();
}

#[test]
fn no_connection_plans_by_values() {
    let dir = TempDir::new().unwrap();
    let db = open(&dir);
    let stable = |connection: &rusqlite::Connection| {
        connection.db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG).unwrap()
    };
    assert!(db.write_blocking(move |tx| Ok::<_, Error>(stable(tx.conn()))).unwrap(), "the writer");
    assert!(db.read_blocking(|r| Ok::<_, Error>(stable(r.conn()))).unwrap(), "a reader");
    let alone = Db::open_read_only(db.path()).unwrap();
    assert!(alone.read(|r| Ok::<_, Error>(stable(r.conn()))).unwrap(), "a reader beside the server");
}

#[test]
fn unused_pages_go_back_to_the_disk() {
    let dir = TempDir::new().unwrap();
    let db = open(&dir);
    let run = |sql: &'static str| {
        db.write_blocking(move |tx| Ok::<_, Error>(tx.conn().execute_batch(sql)?)).unwrap()
    };
    run("CREATE TABLE big (x); INSERT INTO big VALUES (zeroblob(1000000)); DROP TABLE big");
    let free = || {
        db.read_blocking(|r| {
            Ok::<i64, Error>(r.conn().pragma_query_value(None, "freelist_count", |r| r.get(0))?)
        })
        .unwrap()
    };
    let before = free();
    assert!(before > 200, "{before}");
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(db.shrink(100)).unwrap();
    assert_eq!(free(), before - 100);
}

#[test]
fn the_log_stays_short_while_the_writer_never_rests() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("mox.db");
    let db = Db::open(&path, &[SCHEMA], Options { checkpoint_pages: 64, ..options() }).unwrap();
    for from in 0..600 {
        // Rows far from each other: pages of their own.
        let some = move |tx: &mut Tx<'_>| (0..8).try_for_each(|n| insert(n * 1_000_000 + from)(tx).map(drop));
        db.write_blocking(some).unwrap();
    }
    let pages = std::fs::metadata(dir.path().join("mox.db-wal")).unwrap().len() / 4096;
    assert!(pages < 2000, "{pages} pages for {} commits", db.figures().commits);
    assert_eq!(rows(&db), 4_800);
    db.close();
    assert_eq!(rows(&Db::open(&path, &[SCHEMA], options()).unwrap()), 4_800);
}
