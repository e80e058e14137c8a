//! Report mail that comes back. Each report by mail has a reverse-path of its own, which tells which destination a
//! notification about it is of: `mox-report.<destination in base 36>.<8 hex digits>@<submitter>`.
//!
//! The digits are drawn by chance when the message is queued, so that whoever guesses numbers of destinations changes
//! nothing. What arrives at such an address is filed quietly below the mailbox of postmaster, and never leads to a
//! report, a notification or a notice. A notification that a message failed for good ends its destination as failed, and
//! the address is left alone as if it had refused at once ([`crate::refusal`]). RFC 3464 §2.3.3, §2.3.4 (action, status).

use std::io::Read;

use mox_address::{Localpart, ReversePath};
use mox_clock::random_array;
use mox_db::Tx;
use mox_message::dsn::{self, Action, Recipient};
use mox_smtp::EnhancedCode;
use mox_store::Error;

use crate::Reports;
use crate::refusal::{About, RETURNS_WITHIN};
use crate::tables::destination::{self, State};
use crate::tables::report;

const PREFIX: &str = "mox-report";
/// Octets of a message that are read: what notifications say stands ahead of the message they return.
const MAX_READ: u64 = 1 << 20;
/// Characters of what a notification says that are kept.
const MAX_WHY: usize = 500;

/// What the local part of a reverse-path of ours says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    destination: i64,
    chance: u32,
}

/// What a notification says: the message failed for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returned {
    about: About,
    why: String,
}

/// The token of a local part, if it has the form of ours.
pub fn recognise(localpart: &Localpart) -> Option<Token> {
    // Some hosts change the case of letters.
    let text = localpart.as_str().to_ascii_lowercase();
    let (number, chance) = text.strip_prefix(PREFIX)?.strip_prefix('.')?.split_once('.')?;
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric());
    let fits = plain(number) && plain(chance) && chance.len() == 8;
    let destination = i64::from_str_radix(number, 36).ok().filter(|_| fits)?;
    Some(Token { destination, chance: u32::from_str_radix(chance, 16).ok()? })
}

impl Token {
    fn localpart(self) -> String {
        format!("{PREFIX}.{}.{:08x}", base36(self.destination), self.chance)
    }
}

/// A number from 0 up, in digits and small letters.
fn base36(number: i64) -> String {
    let mut left = u64::try_from(number).unwrap_or(0);
    let mut digits = Vec::new();
    loop {
        digits.extend(u32::try_from(left % 36).ok().and_then(|digit| char::from_digit(digit, 36)));
        left /= 36;
        if left == 0 {
            return digits.into_iter().rev().collect();
        }
    }
}

impl Returned {
    /// Reads a message that arrived at a reverse-path of ours; none if it does not say that delivery failed for good.
    pub fn read(message: impl Read) -> Option<Returned> {
        let mut start = Vec::new();
        message.take(MAX_READ).read_to_end(&mut start).ok()?;
        let recipients = dsn::parse(&start).ok()?.dsn.recipients;
        recipients.iter().find_map(Returned::of)
    }

    fn of(recipient: &Recipient) -> Option<Returned> {
        let code = code(&recipient.status).filter(|code| code.0 == 5)?;
        let diagnostic = recipient.diagnostic.as_deref().unwrap_or_default();
        let diagnostic: String = diagnostic.chars().filter(|c| !c.is_control()).take(MAX_WHY).collect();
        let why = match diagnostic.as_str() {
            "" => recipient.status.clone(),
            said if said.contains(&recipient.status) => said.to_owned(),
            said => format!("{} {said}", recipient.status),
        };
        (recipient.action == Action::Failed)
            .then(|| Returned { about: About::of(Some(code), &diagnostic), why })
    }
}

/// `5.1.1` as a code.
fn code(status: &str) -> Option<EnhancedCode> {
    let mut numbers = status.splitn(3, '.');
    let (class, subject, detail) = (numbers.next()?, numbers.next()?, numbers.next()?);
    Some(EnhancedCode(class.parse().ok()?, subject.parse().ok()?, detail.parse().ok()?))
}

impl Reports {
    /// The reverse-path of a message for a destination, at the domain of another; part of the transaction that queues it.
    pub(crate) fn return_path(
        &self,
        tx: &mut Tx<'_>,
        destination: i64,
        from: ReversePath,
    ) -> Result<ReversePath, Error> {
        let Some(mut path) = from else { return Ok(None) };
        let token = Token { destination, chance: u32::from_be_bytes(random_array(&*self.0.seams.random)) };
        path.localpart =
            Localpart::from_unquoted(&token.localpart()).map_err(|e| Error::Damaged(e.to_string()))?;
        destination::set_chance(tx.conn(), destination, token.chance)?;
        Ok(Some(path))
    }

    /// A report came back; part of the transaction that accepts the message. False when that changes nothing: the token
    /// is not ours, it is too late, or it is known.
    pub fn bounced(&self, tx: &mut Tx<'_>, token: Token, returned: &Returned) -> Result<bool, Error> {
        let now = self.0.seams.clock.now();
        let Some(found) = destination::get(tx.conn(), token.destination)? else { return Ok(false) };
        if destination::chance(tx.conn(), found.id)? != Some(token.chance) {
            return Ok(false);
        }
        let since = match found.state {
            State::Queued => found.first_attempt,
            State::Delivered => found.ended,
            _ => None,
        };
        if since.is_none_or(|since| now.since(since) > RETURNS_WITHIN) {
            return Ok(false);
        }
        let why = format!("accepted, then returned: {}", returned.why);
        destination::end(tx.conn(), found.id, State::Failed, &why, now)?;
        self.suppress(tx, &found.address, returned.about, &why)?;
        tracing::info!(address = found.address, result = "returned", reason = why, "report");
        let (reports, kind) = (self.clone(), report::kind(tx.conn(), found.report)?);
        tx.on_commit(move || reports.count(kind, "returned"));
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_parts() {
        for (text, expected) in [
            ("mox-report.0.00000000", Some((0, 0))),
            ("mox-report.1z.0123abcd", Some((71, 0x0123_abcd))),
            ("Mox-Report.1Z.0123ABCD", Some((71, 0x0123_abcd))),
            ("mox-report.1y2p0ij32e8e7.ffffffff", Some((i64::MAX, u32::MAX))),
            ("mox-report.1y2p0ij32e8e8.ffffffff", None),
            ("mox-report..0123abcd", None),
            ("mox-report.1.0123abc", None),
            ("mox-report.1.0123abcde", None),
            ("mox-report.1.0123abcg", None),
            ("mox-report.+1.0123abcd", None),
            ("mox-report.-1.0123abcd", None),
            ("mox-report.1.+123abcd", None),
            ("mox-report.1.2.0123abcd", None),
            ("mox-report1.0123abcd", None),
            ("xmox-report.1.0123abcd", None),
            ("postmaster", None),
        ] {
            let token = recognise(&Localpart::from_unquoted(text).unwrap());
            assert_eq!(token.map(|t| (t.destination, t.chance)), expected, "{text}");
            if let Some(token) = token {
                assert_eq!(token.localpart(), text.to_ascii_lowercase());
            }
        }
    }

    fn notification(recipients: &[(&str, &str, &str)]) -> String {
        let groups = recipients.iter().map(|(action, status, said)| {
            let said =
                if said.is_empty() { String::new() } else { format!("Diagnostic-Code: smtp; {said}\r\n") };
            format!(
                "Final-Recipient: rfc822; a@b.example\r\nAction: {action}\r\nStatus: {status}\r\n{said}\r\n"
            )
        });
        format!(
            "From: <mailer-daemon@b.example>\r\nContent-Type: multipart/report; report-type=delivery-status; \
             boundary=x\r\n\r\n--x\r\n\r\nsorry\r\n--x\r\nContent-Type: message/delivery-status\r\n\r\n\
             Reporting-MTA: dns; b.example\r\n\r\n{}\r\n--x--\r\n",
            groups.collect::<String>()
        )
    }

    #[test]
    fn only_failures_for_good_count() {
        for (recipients, expected) in [
            (
                vec![("failed", "5.1.1", "550 5.1.1 no such user")],
                Some((About::Address, "550 5.1.1 no such user")),
            ),
            (vec![("failed", "5.2.2", "552 full")], Some((About::Address, "5.2.2 552 full"))),
            (vec![("failed", "5.7.1", "550 spam")], Some((About::Us, "5.7.1 550 spam"))),
            (vec![("failed", "5.3.4", "")], Some((About::Us, "5.3.4"))),
            (vec![("delayed", "4.4.1", "no answer")], None),
            (vec![("delayed", "5.1.1", "odd")], None),
            (vec![("failed", "4.4.7", "tried for too long")], None),
            (vec![("failed", "5", "odd")], None),
            (vec![("delivered", "2.0.0", "")], None),
            (vec![("relayed", "2.0.0", ""), ("failed", "5.1.1", "")], Some((About::Address, "5.1.1"))),
            (vec![], None),
        ] {
            let found = Returned::read(notification(&recipients).as_bytes());
            assert_eq!(found.as_ref().map(|r| (r.about, r.why.as_str())), expected, "{recipients:?}");
        }
        assert_eq!(Returned::read(&b"Subject: out of office\r\n\r\n550 5.1.1 no such user\r\n"[..]), None);
    }

    #[test]
    fn what_a_notification_says_is_kept_in_bounds() {
        let said = format!("550 5.1.1 {}", "x".repeat(1500));
        let long = Returned::read(notification(&[("failed", "5.1.1", &said)]).as_bytes()).unwrap();
        assert!(long.why.len() <= MAX_WHY + 10, "{}", long.why.len());
        // The message that comes back may be of any size.
        let whole = notification(&[("failed", "5.1.1", "550 no")]);
        let whole = whole.replace("--x--", &format!("--x\r\n\r\n{}", "y".repeat(3 << 20)));
        assert_eq!(Returned::read(whole.as_bytes()).unwrap().why, "5.1.1 550 no");
    }
}
