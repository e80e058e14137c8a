//! After a refusal for good an address is left alone for a while, longer each time it refuses again.
//!
//! | what the refusal is about | first | then |
//! |---|---|---|
//! | the address: no such mailbox, it is full or closed, and all that says nothing else | 7 days | twice as long, up to 180 |
//! | us: blocked, a policy, the size of the message | 1 day | twice as long, up to 180 |
//!
//! The same whether a host refuses at once or takes the message and returns it. So a message that was taken makes up for
//! earlier refusals only when it did not come back within [`RETURNS_WITHIN`]. RFC 3463 §3 (codes).

use std::time::Duration;

use mox_db::Tx;
use mox_smtp::EnhancedCode;
use mox_store::Error;

use crate::Reports;
use crate::tables::suppress::{self, Suppressed};

const DAY: Duration = Duration::from_secs(86_400);
/// Longest suppression.
const LONGEST: Duration = DAY.saturating_mul(180);
/// How long after a message was taken it can come back.
pub(crate) const RETURNS_WITHIN: Duration = DAY.saturating_mul(14);

/// What a refusal is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    /// The address.
    Address,
    /// Who sends, or what: other addresses there would refuse as well, and this one may not for long.
    Us,
}

impl About {
    /// By the code of a refusal, and its text where there is no code or one that says nothing.
    pub(crate) fn of(code: Option<EnhancedCode>, text: &str) -> About {
        let text = text.to_ascii_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
        let us = match code {
            // A host that is not the one for that address.
            Some(EnhancedCode(_, 7, 1)) if says(&["relay"]) => false,
            Some(EnhancedCode(_, 7, _) | EnhancedCode(_, 3, 4)) => true,
            None | Some(EnhancedCode(_, 0, _)) => {
                says(&["blocked", "blocklist", "block list", "blacklist", "dnsbl", "spam", "reputation"])
            }
            Some(_) => false,
        };
        if us { About::Us } else { About::Address }
    }

    fn first(self) -> Duration {
        match self {
            About::Address => DAY.saturating_mul(7),
            About::Us => DAY,
        }
    }

    /// After some refusals in a row, this one included.
    fn time(self, failures: u32) -> Duration {
        let doubled = self.first().saturating_mul(2u32.saturating_pow(failures.saturating_sub(1).min(16)));
        doubled.min(LONGEST)
    }

    fn comment(self, why: &str) -> String {
        match self {
            About::Address => format!("a report was refused: {why}"),
            About::Us => format!("a report was refused, for who sends or what, not for the address: {why}"),
        }
    }
}

impl Reports {
    /// An address refused a report for good.
    pub(crate) fn suppress(
        &self,
        tx: &mut Tx<'_>,
        address: &str,
        about: About,
        why: &str,
    ) -> Result<(), Error> {
        let now = self.0.seams.clock.now();
        let before = suppress::get(tx.conn(), address)?;
        if before.as_ref().is_some_and(|s| !s.automatic && s.until > now) {
            // What an operator said stays.
            return Ok(());
        }
        let made_up =
            suppress::accepted(tx.conn(), address)?.is_some_and(|at| now.since(at) > RETURNS_WITHIN);
        let earlier = before.as_ref().filter(|_| !made_up).map_or(0, |s| s.failures);
        let failures = earlier.saturating_add(1);
        let suppressed = Suppressed {
            address: address.to_owned(),
            since: before.filter(|s| s.until > now).map_or(now, |s| s.since),
            until: now.plus(about.time(failures)),
            automatic: true,
            failures,
            comment: about.comment(why),
        };
        suppress::put(tx.conn(), &suppressed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_refusal_is_about() {
        let code = |text: &str| {
            let mut numbers = text.split('.').map(|n| n.parse::<u16>().unwrap());
            let class = u8::try_from(numbers.next()?).ok()?;
            Some(EnhancedCode(class, numbers.next()?, numbers.next()?))
        };
        for (status, text, days) in [
            (Some("5.1.1"), "no such user", [7, 14, 28]),
            (Some("5.1.2"), "no such domain", [7, 14, 28]),
            (Some("5.1.1"), "user unknown, see spam policy", [7, 14, 28]),
            (Some("5.1.10"), "null MX", [7, 14, 28]),
            (Some("5.2.1"), "mailbox disabled", [7, 14, 28]),
            (Some("5.2.2"), "mailbox full", [7, 14, 28]),
            (Some("5.4.6"), "mail loop", [7, 14, 28]),
            (Some("5.7.1"), "relaying denied", [7, 14, 28]),
            (Some("5.7.1"), "listed at a DNSBL", [1, 2, 4]),
            (Some("5.7.1"), "message content rejected", [1, 2, 4]),
            (Some("5.7.26"), "not authenticated", [1, 2, 4]),
            (Some("5.7.509"), "policy of the sender's domain", [1, 2, 4]),
            (Some("5.3.4"), "message too big", [1, 2, 4]),
            (Some("5.0.0"), "rejected as spam", [1, 2, 4]),
            (Some("5.0.0"), "rejected", [7, 14, 28]),
            (None, "Your host is Blocked", [1, 2, 4]),
            (None, "no", [7, 14, 28]),
        ] {
            let about = About::of(status.and_then(code), text);
            let times = [1, 2, 3].map(|failures| about.time(failures).as_secs() / 86_400);
            assert_eq!(times, days, "{status:?} {text}");
            assert_eq!(about.comment(text).contains("not for the address"), days[0] == 1);
        }
        for about in [About::Address, About::Us] {
            assert_eq!([9, 100, u32::MAX].map(|failures| about.time(failures)), [LONGEST; 3]);
        }
    }
}
