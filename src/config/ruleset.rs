//! Rules that choose a mailbox for incoming mail, and treat mailing lists and forwarded mail as what they are.

use mox_address::Domain;

use crate::pattern::Pattern;
use crate::section::{Table, section};

section! {
    /// A rule for mail to an address. It matches when all of its conditions do; the first that matches is used.
    Ruleset {
        /// Condition: matches some part of the reverse-path, as ^user@example\.org$.
        "SMTPMailFromRegexp" smtp_mail_from: Option<Pattern> = None,
        /// Condition: matches some part of the address in From.
        "MsgFromRegexp" msg_from: Option<Pattern> = None,
        /// Condition: SPF or DKIM verified this domain, or one below it.
        "VerifiedDomain" verified_domain: Option<Domain> = None,
        /// Conditions on header fields: a pattern for the name, and one for the value; each must match some field.
        /// For a mailing list, ^list-id$ and <announce\.lists\.example\.org>. Names and values are looked at in lower
        /// case and without blanks at their ends, so patterns are in lower case, too.
        "HeadersRegexp" headers: Table<Pattern, Pattern> = Table::default(),
        /// Mail that matches was forwarded here by somebody's address elsewhere: DMARC does not refuse it, and the
        /// forwarding server does not earn its reputation. Needs SMTPMailFromRegexp for the forwarding address, and
        /// VerifiedDomain.
        "IsForward" is_forward: bool = false,
        /// Mail that matches and that SPF or DKIM verified to be from this domain, or one below it, is taken
        /// without further checks for junk. For mailing lists, which break the signatures of those who write.
        "ListAllowDomain" list_allow_domain: Option<Domain> = None,
        /// Mailbox that gets mail that matches and would be refused as junk. Nothing is removed there by itself.
        "AcceptRejectsToMailbox" accept_rejects_to_mailbox: String = String::new(),
        /// Mailbox that gets mail that matches.
        "Mailbox" mailbox: String,
        /// Free text.
        "Comment" comment: String = String::new(),
    }
}

impl Ruleset {
    /// Whether it has a condition.
    pub fn has_condition(&self) -> bool {
        self.smtp_mail_from.is_some()
            || self.msg_from.is_some()
            || self.verified_domain.is_some()
            || !self.headers.is_empty()
    }
}
