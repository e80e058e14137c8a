//! Statements on `account` and `credential`.

use mox_clock::Timestamp;
use mox_db::rusqlite::{Connection, OptionalExtension, Row};

use crate::{Account, AccountId, ClientKey, Error};

const COLUMNS: &str = "account_id, name, created, modseq, purged_modseq, messages, size";

fn read(row: &Row<'_>) -> mox_db::rusqlite::Result<Account> {
    Ok(Account {
        id: AccountId(row.get(0)?),
        name: row.get(1)?,
        created: Timestamp::from_micros(row.get(2)?),
        modseq: row.get(3)?,
        purged_modseq: row.get(4)?,
        messages: row.get(5)?,
        size: row.get(6)?,
    })
}

pub(crate) fn insert(conn: &Connection, name: &str, now: Timestamp) -> Result<AccountId, Error> {
    // Modseq 1 is the state of an empty account, so that every change has one above it.
    let sql = "INSERT INTO account (name, created, modseq, purged_modseq, messages, size) VALUES (?1, ?2, 1, 0, 0, 0)";
    conn.prepare_cached(sql)?.execute((name, now.micros()))?;
    Ok(AccountId(conn.last_insert_rowid()))
}

pub(crate) fn by_name(conn: &Connection, name: &str) -> Result<Option<Account>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM account WHERE name = ?1");
    Ok(conn.prepare_cached(&sql)?.query_row([name], read).optional()?)
}

pub(crate) fn list(conn: &Connection) -> Result<Vec<Account>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM account ORDER BY name");
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map([], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Gives out the next modseq and counts messages and bytes; returns (modseq, size now).
pub(crate) fn advance(
    conn: &Connection,
    id: AccountId,
    messages: i64,
    bytes: i64,
) -> Result<(i64, i64), Error> {
    let sql = "UPDATE account SET modseq = modseq + 1, messages = messages + ?2, size = size + ?3
               WHERE account_id = ?1";
    conn.prepare_cached(sql)?.execute((id.0, messages, bytes))?;
    let sql = "SELECT modseq, size FROM account WHERE account_id = ?1";
    Ok(conn.prepare_cached(sql)?.query_row([id.0], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

pub(crate) fn set_purged(conn: &Connection, id: AccountId, modseq: i64) -> Result<(), Error> {
    let sql = "UPDATE account SET purged_modseq = max(purged_modseq, ?2) WHERE account_id = ?1";
    conn.prepare_cached(sql)?.execute((id.0, modseq))?;
    Ok(())
}

pub(crate) fn set_credential(
    conn: &Connection,
    id: AccountId,
    kind: &str,
    value: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "INSERT OR REPLACE INTO credential (account_id, kind, value, changed) VALUES (?1, ?2, ?3, ?4)";
    conn.prepare_cached(sql)?.execute((id.0, kind, value, now.micros()))?;
    Ok(())
}

pub(crate) fn remove_credential(conn: &Connection, id: AccountId, kind: &str) -> Result<bool, Error> {
    let sql = "DELETE FROM credential WHERE account_id = ?1 AND kind = ?2";
    Ok(conn.prepare_cached(sql)?.execute((id.0, kind))? == 1)
}

pub(crate) fn credential(conn: &Connection, account: &str, kind: &str) -> Result<Option<String>, Error> {
    let sql = "SELECT value FROM credential NATURAL JOIN account WHERE name = ?1 AND kind = ?2";
    Ok(conn.prepare_cached(sql)?.query_row((account, kind), |row| row.get(0)).optional()?)
}

/// The address that a TLS client key logs in as.
pub(crate) fn client_key(conn: &Connection, spki_sha256: &[u8; 32]) -> Result<Option<String>, Error> {
    let sql = "SELECT address FROM client_key WHERE spki_sha256 = ?1";
    Ok(conn.prepare_cached(sql)?.query_row([spki_sha256], |row| row.get(0)).optional()?)
}

pub(crate) fn set_client_key(
    conn: &Connection,
    spki_sha256: &[u8; 32],
    account: AccountId,
    address: &str,
    name: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "INSERT OR REPLACE INTO client_key (spki_sha256, account_id, address, name, added, preauth)
               VALUES (?1, ?2, ?3, ?4, ?5, 1)";
    conn.prepare_cached(sql)?.execute((spki_sha256, account.0, address, name, now.micros()))?;
    Ok(())
}

pub(crate) fn remove_client_key(conn: &Connection, spki_sha256: &[u8; 32]) -> Result<bool, Error> {
    Ok(conn.prepare_cached("DELETE FROM client_key WHERE spki_sha256 = ?1")?.execute([spki_sha256])? == 1)
}

pub(crate) fn remove_client_keys(conn: &Connection, account: AccountId) -> Result<(), Error> {
    conn.prepare_cached("DELETE FROM client_key WHERE account_id = ?1")?.execute([account.0])?;
    Ok(())
}

/// A TLS client key that logs in.
const KEYS: &str = "SELECT spki_sha256, account.name, address, client_key.name, added
                    FROM client_key JOIN account USING (account_id)";

fn read_key(row: &Row<'_>) -> mox_db::rusqlite::Result<ClientKey> {
    Ok(ClientKey {
        spki_sha256: row.get(0)?,
        account: row.get(1)?,
        address: row.get(2)?,
        name: row.get(3)?,
        added: Timestamp::from_micros(row.get(4)?),
    })
}

/// All TLS client keys, or those of an account, oldest first.
pub(crate) fn client_keys(conn: &Connection, account: Option<&str>) -> Result<Vec<ClientKey>, Error> {
    let sql = format!("{KEYS} WHERE ?1 IS NULL OR account.name = ?1 ORDER BY added, spki_sha256");
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map([account], read_key)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(crate) fn client_key_entry(
    conn: &Connection,
    spki_sha256: &[u8; 32],
) -> Result<Option<ClientKey>, Error> {
    let sql = format!("{KEYS} WHERE spki_sha256 = ?1");
    Ok(conn.prepare_cached(&sql)?.query_row([spki_sha256], read_key).optional()?)
}

/// Accounts with a credential of that kind.
pub(crate) fn with_credential(conn: &Connection, kind: &str) -> Result<Vec<String>, Error> {
    let sql = "SELECT name FROM credential NATURAL JOIN account WHERE kind = ?1 ORDER BY name";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map([kind], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Removes an account that has no messages any more, with all that is kept of it.
pub(crate) fn remove(conn: &Connection, id: AccountId) -> Result<(), Error> {
    for table in [
        "credential",
        "client_key",
        "app_password",
        "web_session",
        "subscription",
        "message",
        "thread_ref",
        "mailbox",
        "outgoing",
        "known_recipient",
        "import_run",
        "import_seen",
        "account",
    ] {
        conn.execute(&format!("DELETE FROM {table} WHERE account_id = ?1"), [id.0])?;
    }
    Ok(())
}
