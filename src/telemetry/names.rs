//! The one table of metric names, with help and labels. Labels have closed sets of values.

/// A metric: its name as exposed (counters end in `_total` there), what it counts, and its labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name {
    /// Without the suffix that the text format adds.
    pub name: &'static str,
    /// One sentence.
    pub help: &'static str,
    /// Keys.
    pub labels: &'static [&'static str],
}

macro_rules! names {
    ($($constant:ident, $name:literal, [$($label:literal),*], $help:literal;)*) => {
        $(
            #[doc = concat!("`", $name, "`: ", $help, ".")]
            pub const $constant: Name = Name { name: $name, help: $help, labels: &[$($label),*] };
        )*
        /// All of them, in the order of this file.
        pub const ALL: &[Name] = &[$($constant),*];
    };
}

names! {
    PROCESS_START, "process_start_time_seconds", [], "Start time of the process since the epoch in seconds";
    PANICS, "mox_panics", ["room"], "Panics that were caught, each a bug";
    SMTPSERVER_CONNECTIONS, "mox_smtpserver_connections", ["port"], "Incoming SMTP connections";
    SMTPSERVER_OPEN, "mox_smtpserver_connections_open", ["port"], "Incoming SMTP connections now open";
    SMTPSERVER_TRANSACTIONS, "mox_smtpserver_transactions", ["port", "result"], "Mail transactions by their result";
    DELIVERIES, "mox_deliveries", ["result"], "Incoming mail by what became of it: delivered, junk, queued, refused (copies); refused and deferred (recipients of a message that none of them got)";
    AUTH, "mox_authentication", ["mechanism", "result"], "Authentication attempts";
    MAIL_VERDICTS, "mox_mail_verdicts", ["method", "result"], "Incoming messages by what an authentication method found: spf, dkim (each signature), dmarc, arc, iprev; and by the decision for each recipient";
    QUEUE_MESSAGES, "mox_queue_messages", [], "Messages in the queue, one per recipient";
    QUEUE_ATTEMPTS, "mox_queue_attempts", ["result"], "Delivery attempts of queued messages by their end, one per recipient: delivered, temporary, permanent, suppressed";
    DB_COMMITS, "mox_db_commits", [], "Commits of the database, each one fsync";
    DB_WRITES, "mox_db_writes", [], "Changes committed; divided by the commits, the changes per fsync";
    DB_COMMITS_FAILED, "mox_db_commits_failed", [], "Commits of the database that failed";
    DMARC_EVALUATIONS, "mox_dmarcrpt_evaluations", ["result"], "Incoming messages counted for DMARC reports to their domains by what was done with them: none, pass, quarantine, reject";
    TLS_REPORTS, "mox_tlsrpt_reports", ["result"], "TLS reports by what became of them: sealed and discarded (policy domains); queued, delivered, failed, expired, suppressed (destinations)";
    DMARC_REPORTS, "mox_dmarc_reports", ["result"], "DMARC reports by what became of them: sealed and discarded (policy domains); queued, delivered, failed, expired, suppressed (destinations)";
    TLS_REPORT_SESSIONS, "mox_tlsrpt_sessions", ["result"], "SMTP sessions that TLS reports of others tell of: success, failure";
    DMARC_REPORT_MESSAGES, "mox_dmarc_report_messages", ["result"], "Messages that DMARC reports of others tell of: passed, failed";
    DMARC_FAILURE_REPORTS, "mox_dmarc_failure_reports", ["result"], "DMARC reports of others about single messages, by what they say became of the message: delivered, quarantined, refused, other";
    WEBHOOK_CALLS, "mox_webhook_calls", ["result"], "Calls of webhooks by what became of them: ok, failed, missed";
    HTTP_REQUESTS, "mox_httpserver_requests", ["result"], "HTTP requests by the class of the response";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_well_formed() {
        for (at, name) in ALL.iter().enumerate() {
            assert!(name.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{}", name.name);
            assert!(!name.name.ends_with("_total") && !name.help.ends_with('.'), "{}", name.name);
            assert!(ALL.iter().skip(at + 1).all(|other| other.name != name.name), "{}", name.name);
        }
    }
}
