//! DMARC reports of others that arrive by mail: aggregate and failure reports. RFC 9990, RFC 9991.

/// The second step of the schema of received reports.
pub(crate) const STEP_2: &str = "
-- What an aggregate report says of one policy domain. The key is what makes a second one impossible.
CREATE TABLE dmarc_in (
  report_id INTEGER PRIMARY KEY AUTOINCREMENT,
  policy_domain TEXT NOT NULL,
  sender TEXT NOT NULL,             -- the domain in From of the message, which passed DMARC
  organization TEXT NOT NULL,       -- as the report says
  name TEXT NOT NULL,               -- the id in the report
  start INTEGER NOT NULL,
  until INTEGER NOT NULL,           -- last second of the period
  day INTEGER NOT NULL,             -- of the start
  received INTEGER NOT NULL,
  message_id INTEGER,               -- of the store; may be gone
  messages INTEGER NOT NULL,
  passed INTEGER NOT NULL,
  quarantined INTEGER NOT NULL,
  rejected INTEGER NOT NULL,
  rows INTEGER NOT NULL,
  form TEXT NOT NULL,               -- rfc9990, rfc7489
  policy TEXT NOT NULL,             -- JSON of the policy as published
  metadata TEXT NOT NULL,           -- JSON: email, extra_contact_info, error, generator
  oddities TEXT NOT NULL,           -- JSON array of texts
  UNIQUE (sender, organization, name, policy_domain, start)
);
CREATE INDEX dmarc_in_domain ON dmarc_in (policy_domain, start);
CREATE INDEX dmarc_in_start ON dmarc_in (start);
CREATE INDEX dmarc_in_received ON dmarc_in (received);
CREATE INDEX dmarc_in_sender ON dmarc_in (sender, received);

CREATE TABLE dmarc_in_row (
  row_id INTEGER PRIMARY KEY,
  report_id INTEGER NOT NULL REFERENCES dmarc_in ON DELETE CASCADE,
  source TEXT NOT NULL,             -- address; empty where it is not told
  header_from TEXT NOT NULL,
  envelope_from TEXT,
  envelope_to TEXT,
  count INTEGER NOT NULL,
  disposition TEXT NOT NULL,        -- none, pass, quarantine, reject
  dkim INTEGER NOT NULL,            -- passed and is aligned
  spf INTEGER NOT NULL,
  reasons TEXT NOT NULL,            -- JSON array
  dkim_results TEXT NOT NULL,       -- JSON array
  spf_results TEXT NOT NULL         -- JSON array
);
CREATE INDEX dmarc_in_row_report ON dmarc_in_row (report_id);

-- Reports about single messages (RFC 9991, 6591).
CREATE TABLE failure_in (
  failure_id INTEGER PRIMARY KEY AUTOINCREMENT,
  policy_domain TEXT NOT NULL,
  sender TEXT NOT NULL,
  received INTEGER NOT NULL,
  message_id INTEGER,
  fields TEXT NOT NULL,             -- JSON: what the report says
  header TEXT NOT NULL              -- of the message it is about, as far as it is told
);
CREATE INDEX failure_in_domain ON failure_in (policy_domain, received);
CREATE INDEX failure_in_received ON failure_in (received);
CREATE INDEX failure_in_sender ON failure_in (sender, received);
";
