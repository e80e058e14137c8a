//! The tables of this room: results that wait, reports that were made, where they go, and who wants none.
//!
//! Times are microseconds since the epoch, days are days since the epoch, UTC. Domains are A-labels.

pub(crate) mod destination;
pub(crate) mod evaluation;
pub(crate) mod exchange;
pub(crate) mod report;
pub(crate) mod result;
pub(crate) mod suppress;
pub(crate) mod traffic;
pub(crate) mod waiting;

use mox_db::Schema;

pub(crate) const SCHEMA: Schema = Schema { room: "reports", steps: &[STEP_1, STEP_2, STEP_3] };

const STEP_1: &str = "
-- How TLS went on one day, of one recipient domain under the policies of one policy domain. A row of a host is part of
-- two reports, and goes when both were decided.
CREATE TABLE tls_result (
  result_id INTEGER PRIMARY KEY,
  policy_domain TEXT NOT NULL,
  day INTEGER NOT NULL,
  recipient_domain TEXT NOT NULL,
  is_host INTEGER NOT NULL,         -- the policy is that of an MX host
  version INTEGER NOT NULL,         -- grows with every change
  send_report INTEGER NOT NULL,     -- may be the reason for a report
  results TEXT NOT NULL,            -- JSON array of policy results
  domain_done INTEGER NOT NULL,     -- the report of the recipient domain was decided
  host_done INTEGER NOT NULL,       -- the report of the host was decided; 1 where it is none
  rua TEXT,                         -- JSON array: where the recipient domain's reports went
  UNIQUE (policy_domain, day, recipient_domain, is_host)
);
CREATE INDEX tls_result_recipient ON tls_result (recipient_domain, day);
CREATE INDEX tls_result_day ON tls_result (day);

-- Reports that were made, and periods that were discarded. The key is what makes a second one impossible.
CREATE TABLE report_out (
  report_id INTEGER PRIMARY KEY,
  kind INTEGER NOT NULL,            -- 0 TLS of a recipient domain, 1 TLS of an MX host
  policy_domain TEXT NOT NULL,
  start INTEGER NOT NULL,
  part INTEGER NOT NULL,            -- 0 the whole period, else the number of an extra report
  until INTEGER NOT NULL,           -- last second of the period
  note TEXT NOT NULL,               -- of an extra report: partial, copy, sample
  name TEXT NOT NULL,               -- the id in the report; empty where nothing was made
  submitter TEXT NOT NULL,
  file_name TEXT NOT NULL,
  document TEXT,                    -- JSON; none where nothing was made
  sealed INTEGER NOT NULL,
  due INTEGER NOT NULL,             -- when it is handed over; its Date
  why TEXT NOT NULL,                -- of what was discarded
  successful INTEGER NOT NULL,
  failed INTEGER NOT NULL
);
CREATE UNIQUE INDEX report_out_key ON report_out (kind, policy_domain, start, part);
CREATE INDEX report_out_sealed ON report_out (sealed);

CREATE TABLE report_destination (
  destination_id INTEGER PRIMARY KEY,
  report_id INTEGER NOT NULL,
  uri TEXT NOT NULL,                -- as published
  address TEXT NOT NULL,            -- in one spelling
  host TEXT NOT NULL,               -- who is asked to take it
  state INTEGER NOT NULL,           -- 0 sealed, 1 queued, 2 delivered, 3 failed, 4 expired, 5 suppressed, 6 withheld
  attempts INTEGER NOT NULL,
  next INTEGER NOT NULL,            -- when it is tried, while it is sealed
  first_attempt INTEGER,
  last_attempt INTEGER,
  queue_id INTEGER,
  why TEXT NOT NULL,
  ended INTEGER,
  UNIQUE (report_id, address)
);
CREATE INDEX report_destination_next ON report_destination (next) WHERE state = 0;
CREATE INDEX report_destination_host ON report_destination (host) WHERE state = 1;
CREATE INDEX report_destination_queue ON report_destination (queue_id) WHERE queue_id IS NOT NULL;

CREATE TABLE report_suppress (
  address TEXT PRIMARY KEY,
  since INTEGER NOT NULL,
  until INTEGER NOT NULL,
  automatic INTEGER NOT NULL,
  failures INTEGER NOT NULL,        -- in a row
  comment TEXT NOT NULL
) WITHOUT ROWID;
";

const STEP_2: &str = "
-- Under one key there is a report for each variant: of DMARC, a policy as published, and a part of its rows.
ALTER TABLE report_out ADD COLUMN variant TEXT NOT NULL DEFAULT '';
-- The document in the form of RFC 7489, where a destination needs it; compressed.
ALTER TABLE report_out ADD COLUMN legacy BLOB;
DROP INDEX report_out_key;
CREATE UNIQUE INDEX report_out_key ON report_out (kind, policy_domain, start, variant, part);

-- What a domain asked for on one day, and how much mail that was applied to.
CREATE TABLE dmarc_policy (
  policy_id INTEGER PRIMARY KEY AUTOINCREMENT,
  policy_domain TEXT NOT NULL,
  day INTEGER NOT NULL,
  config TEXT NOT NULL,             -- JSON of the policy as published
  messages INTEGER NOT NULL,        -- grows with every change
  reasons INTEGER NOT NULL,         -- messages that may be the reason for a report
  passed INTEGER NOT NULL,
  rows INTEGER NOT NULL,            -- of dmarc_row
  unlisted INTEGER NOT NULL,        -- messages for which there was no room there
  UNIQUE (policy_domain, day, config)
);
CREATE INDEX dmarc_policy_day ON dmarc_policy (day);

-- Messages that had everything in common that a report tells.
CREATE TABLE dmarc_row (
  policy_id INTEGER NOT NULL,
  source BLOB NOT NULL,             -- address, 4 or 16 octets
  digest BLOB NOT NULL,             -- of the record
  record TEXT NOT NULL,             -- JSON, without the count
  count INTEGER NOT NULL,
  PRIMARY KEY (policy_id, source, digest)
) WITHOUT ROWID;

-- Policies whose report was decided: their rows go piece by piece.
CREATE TABLE dmarc_swept (policy_id INTEGER PRIMARY KEY);

-- Domains with which mail went well, by their labels from the right.
CREATE TABLE good_exchange (
  domain TEXT PRIMARY KEY,
  last INTEGER NOT NULL             -- day
) WITHOUT ROWID;
CREATE INDEX good_exchange_last ON good_exchange (last);

-- Messages that other hosts took on one day, and reports that were begun.
CREATE TABLE report_traffic (
  day INTEGER PRIMARY KEY,
  own INTEGER NOT NULL,             -- somebody's mail
  reports INTEGER NOT NULL          -- each destination once, by mail or https
);
-- When a report was last taken: what was refused before no longer counts, unless it comes back.
ALTER TABLE report_suppress ADD COLUMN accepted INTEGER;
-- What makes the reverse-path of its message one that cannot be guessed.
ALTER TABLE report_destination ADD COLUMN chance INTEGER;
";

const STEP_3: &str = "
-- A page of what waits, the latest day first.
DROP INDEX dmarc_policy_day;
CREATE INDEX dmarc_policy_day ON dmarc_policy (day DESC, policy_domain);
";
