//! The tables of accounts, mailboxes, messages and content, and every SQL statement on them.
//!
//! `account_id` leads the key of all account data; that of an account that was removed may be used again, so all that
//! has it goes with the account. The other ids come from `counter`, so that they are never used again.
//! Times are microseconds since the epoch, UTC.

pub(crate) mod account;
pub(crate) mod apppassword;
pub(crate) mod attempt;
pub(crate) mod content;
pub(crate) mod imported;
pub(crate) mod mailbox;
pub(crate) mod message;
pub(crate) mod outgoing;
pub(crate) mod search;
pub(crate) mod transcript;
pub(crate) mod verify;
pub(crate) mod websession;

use mox_db::Schema;
use mox_db::rusqlite::Connection;

use crate::Error;

pub(crate) const SCHEMA: Schema = Schema {
    room: "store",
    steps: &[STEP_1, STEP_2, STEP_3, STEP_4, STEP_5, STEP_6, STEP_7, STEP_8, STEP_9, STEP_10, STEP_11],
};

const STEP_1: &str = "
CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO counter VALUES ('message', 0), ('mailbox', 0), ('content', 0), ('uidvalidity', 0);

CREATE TABLE account (
  account_id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  created INTEGER NOT NULL,
  modseq INTEGER NOT NULL,          -- highest given out
  purged_modseq INTEGER NOT NULL,   -- tombstones up to here are gone: older QRESYNC states need a full sync
  messages INTEGER NOT NULL,
  size INTEGER NOT NULL             -- bytes, prefixes included
);

-- kind: 'password' (JSON of the SASL verifiers)
CREATE TABLE credential (
  account_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  value TEXT NOT NULL,
  changed INTEGER NOT NULL,
  PRIMARY KEY (account_id, kind)
) WITHOUT ROWID;

-- TLS client keys that log in by themselves (SASL EXTERNAL)
CREATE TABLE client_key (
  spki_sha256 BLOB PRIMARY KEY,
  account_id INTEGER NOT NULL,
  address TEXT NOT NULL,
  name TEXT NOT NULL,
  added INTEGER NOT NULL,
  preauth INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE mailbox (
  account_id INTEGER NOT NULL,
  mailbox_id INTEGER NOT NULL,
  parent_id INTEGER,
  name TEXT NOT NULL,               -- full path, '/' between levels
  special_use TEXT,                 -- '\\Sent' and the like
  uidvalidity INTEGER NOT NULL,
  uidnext INTEGER NOT NULL,
  created_modseq INTEGER NOT NULL,
  modseq INTEGER NOT NULL,
  expunged INTEGER NOT NULL DEFAULT 0,
  total INTEGER NOT NULL DEFAULT 0,
  unseen INTEGER NOT NULL DEFAULT 0,
  deleted INTEGER NOT NULL DEFAULT 0,
  size INTEGER NOT NULL DEFAULT 0,
  keywords TEXT NOT NULL DEFAULT '',  -- all ever used here, separated by blanks
  PRIMARY KEY (account_id, mailbox_id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX mailbox_name ON mailbox (account_id, name) WHERE expunged = 0;

-- by name, because IMAP keeps the subscription of a mailbox that is gone
CREATE TABLE subscription (
  account_id INTEGER NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (account_id, name)
) WITHOUT ROWID;

CREATE TABLE content (
  content_id INTEGER PRIMARY KEY,
  size INTEGER NOT NULL,            -- bytes as received
  refs INTEGER NOT NULL,
  form INTEGER NOT NULL,            -- 0 raw, 1 zstd
  file TEXT,
  data BLOB
);
CREATE INDEX content_file ON content (file) WHERE file IS NOT NULL;
CREATE TABLE content_gone (file TEXT PRIMARY KEY) WITHOUT ROWID;

-- A message in a mailbox. A copy is a row of its own with the same email_id and content_id.
CREATE TABLE message (
  account_id INTEGER NOT NULL,
  message_id INTEGER NOT NULL,
  mailbox_id INTEGER NOT NULL,
  uid INTEGER NOT NULL,
  email_id INTEGER NOT NULL,
  thread_id INTEGER NOT NULL,
  created_modseq INTEGER NOT NULL,
  modseq INTEGER NOT NULL,
  expunged INTEGER NOT NULL DEFAULT 0,
  content_id INTEGER,               -- none once expunged
  prefix BLOB,
  size INTEGER NOT NULL,
  received INTEGER NOT NULL,        -- INTERNALDATE
  saved INTEGER NOT NULL,           -- SAVEDATE
  flags INTEGER NOT NULL,
  keywords TEXT,
  mail_from TEXT,
  rcpt_to TEXT,
  remote_ip TEXT,
  helo TEXT,
  tls TEXT,                         -- version and cipher suite of the session
  header_id TEXT,                   -- Message-ID without brackets
  subject TEXT,
  from_address TEXT,
  from_text TEXT,
  to_text TEXT,
  sent INTEGER,                     -- Date field
  verdicts TEXT,                    -- JSON: what mail authentication found
  structure BLOB,                   -- parsed MIME structure, filled when first asked for
  PRIMARY KEY (account_id, message_id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX message_uid ON message (account_id, mailbox_id, uid);
CREATE INDEX message_modseq ON message (account_id, modseq);
CREATE INDEX message_thread ON message (account_id, thread_id);

-- Message-IDs (hashed) that belong to a thread, whether their message has arrived or is only referred to.
CREATE TABLE thread_ref (
  account_id INTEGER NOT NULL,
  header_hash INTEGER NOT NULL,
  thread_id INTEGER NOT NULL,
  PRIMARY KEY (account_id, header_hash)
) WITHOUT ROWID;
CREATE INDEX thread_ref_thread ON thread_ref (account_id, thread_id);
";

const STEP_2: &str = "
-- What an account sent, by minute; older than 24 hours goes when it sends again.
CREATE TABLE outgoing (
  account_id INTEGER NOT NULL,
  at INTEGER NOT NULL,              -- start of the minute
  messages INTEGER NOT NULL,        -- one per recipient
  first_time INTEGER NOT NULL,      -- recipients it never sent to before
  PRIMARY KEY (account_id, at)
) WITHOUT ROWID;

CREATE TABLE known_recipient (
  account_id INTEGER NOT NULL,
  recipient TEXT NOT NULL,          -- lower case
  PRIMARY KEY (account_id, recipient)
) WITHOUT ROWID;
";

const STEP_3: &str = "
-- Keywords of messages, without a look at the messages.
CREATE INDEX message_tagged ON message (account_id, message_id, keywords)
  WHERE keywords IS NOT NULL AND expunged = 0;
";

const STEP_4: &str = "
-- The SMTP exchange that brought a content.
CREATE TABLE transcript (
  content_id INTEGER PRIMARY KEY,
  text NOT NULL,                    -- TEXT as it is, BLOB of zstd
  end TEXT NOT NULL                 -- what follows: the reply that accepted
);
CREATE TRIGGER transcript_goes AFTER DELETE ON content BEGIN
  DELETE FROM transcript WHERE content_id = old.content_id;
END;
";

const STEP_5: &str = "
-- Words of messages, a row for each content: what is put in is found, but cannot be read back. The words were folded
-- and taken apart before, so the simplest tokenizer does.
CREATE VIRTUAL TABLE search USING fts5(
  words, content='', contentless_delete=1, detail=none, tokenize='ascii', prefix='1 2 3'
);
-- By itself it would merge much at a time, and a delivery would wait for that: each step merges a little.
INSERT INTO search (search, rank) VALUES ('automerge', 0);
INSERT INTO counter VALUES ('indexed', 0);  -- highest message that was looked at
CREATE TRIGGER search_goes AFTER DELETE ON content BEGIN
  DELETE FROM search WHERE rowid = old.content_id;
END;
";

const STEP_6: &str = "
-- What is long and rarely read of a message: with it, rows of messages do not fit their pages, and a search for one
-- reads the overflow pages of others. Messages stored before have theirs in their own rows, until they are expunged.
CREATE TABLE trace (
  message_id INTEGER PRIMARY KEY,   -- unique over all accounts
  prefix BLOB,
  verdicts TEXT
);
CREATE TRIGGER trace_goes AFTER DELETE ON message BEGIN
  DELETE FROM trace WHERE message_id = old.message_id;
END;
";

const STEP_7: &str = "
-- Attempts to log in; those that are the same but for their time are one row.
CREATE TABLE login_attempt (
  account TEXT NOT NULL,            -- empty when no account has that login
  login TEXT NOT NULL,
  remote_ip TEXT NOT NULL,
  protocol TEXT NOT NULL,
  mechanism TEXT NOT NULL,
  result TEXT NOT NULL,
  tls TEXT NOT NULL,                -- of the last one
  count INTEGER NOT NULL,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  PRIMARY KEY (account, login, remote_ip, protocol, mechanism, result)
) WITHOUT ROWID;
CREATE INDEX login_attempt_last ON login_attempt (last);
";

const STEP_8: &str = "
-- Passes over sources of messages that were imported.
CREATE TABLE import_run (
  run INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL,
  begun INTEGER NOT NULL,
  finished INTEGER                  -- none for one that goes on, or was broken off
);
-- What was imported, so that nothing is twice: how often a content came into a mailbox, in all and in the last run.
CREATE TABLE import_seen (
  account_id INTEGER NOT NULL,
  key BLOB NOT NULL,                -- hash of mailbox and content
  count INTEGER NOT NULL,
  run INTEGER NOT NULL,
  seen INTEGER NOT NULL,            -- times in that run
  PRIMARY KEY (account_id, key)
) WITHOUT ROWID;
";

const STEP_9: &str = "
-- Whether an account has mail of a sender.
CREATE INDEX message_from ON message (account_id, from_address) WHERE expunged = 0;
";

const STEP_10: &str = "
INSERT INTO counter VALUES ('app_password', 0);
-- Passwords of programs, random ones, beside that of the account.
CREATE TABLE app_password (
  app_password_id INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL,
  name TEXT NOT NULL,
  hash BLOB NOT NULL UNIQUE,        -- SHA-256
  created INTEGER NOT NULL,
  used INTEGER                      -- the last time, to the minute
);
CREATE INDEX app_password_account ON app_password (account_id);

-- Who is logged in to the pages of an account.
CREATE TABLE web_session (
  token_sha256 BLOB PRIMARY KEY,
  account_id INTEGER NOT NULL,
  login TEXT NOT NULL,              -- as it was typed
  csrf TEXT NOT NULL,
  created INTEGER NOT NULL,
  used INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX web_session_account ON web_session (account_id, used);
CREATE INDEX web_session_used ON web_session (used);
";

const STEP_11: &str = "
-- A page of the attempts of one account.
CREATE INDEX login_attempt_account ON login_attempt (account, last);
";

/// What is numbered, and the mark of the search index.
#[derive(Clone, Copy)]
pub(crate) enum Counter {
    Message,
    Mailbox,
    Content,
    UidValidity,
    AppPassword,
    Indexed,
}

impl Counter {
    fn name(self) -> &'static str {
        match self {
            Counter::Message => "message",
            Counter::Mailbox => "mailbox",
            Counter::Content => "content",
            Counter::UidValidity => "uidvalidity",
            Counter::AppPassword => "app_password",
            Counter::Indexed => "indexed",
        }
    }
}

/// The last number given out.
pub(crate) fn current(conn: &Connection, counter: Counter) -> Result<i64, Error> {
    let sql = "SELECT value FROM counter WHERE name = ?1";
    Ok(conn.prepare_cached(sql)?.query_row([counter.name()], |row| row.get(0))?)
}

/// The next number; never given out before.
///
/// Two statements, here and where else every message counts something up: SQLite makes a temporary table for each
/// UPDATE ... RETURNING, which costs more than both.
pub(crate) fn next(conn: &Connection, counter: Counter) -> Result<i64, Error> {
    let sql = "UPDATE counter SET value = value + 1 WHERE name = ?1";
    conn.prepare_cached(sql)?.execute([counter.name()])?;
    current(conn, counter)
}
