//! Where reports of others about our domains and this host arrive. RFC 7489, RFC 8460.

use mox_address::Domain;

use crate::section::section;

section! {
    /// An address for reports about a domain.
    ReportAddress {
        /// Part before the @, ASCII only.
        "Localpart" localpart: String,
        /// Domain of the address, if not the one that the reports are about: one of Domains. A domain that has
        /// this and no addresses is here for its reports only.
        "Domain" domain: Option<Domain> = None,
        /// Account that gets the reports.
        "Account" account: String,
        /// Mailbox in that account.
        "Mailbox" mailbox: String,
    }
}

section! {
    /// An address for reports about this host, at its Hostname.
    HostTlsRpt {
        /// Account that gets the reports.
        "Account" account: String,
        /// Mailbox in that account, as TLSRPT.
        "Mailbox" mailbox: String,
        /// Part before the @, ASCII only, as tlsreports.
        "Localpart" localpart: String,
    }
}
