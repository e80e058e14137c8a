//! Recipients that an account sends nothing more to: they refused for good, or an operator says so.
//!
//! Compared by base address: lower case, without subaddress. Only ordinary mail is suppressed, and only what a
//! remote host said counts, never that nobody could be reached. Reasons to add: a reply that means the mailbox does
//! not exist, or a third failure in a row where the account keeps its retired messages.

use mox_address::{Localpart, Path};
use mox_admin::ops::{SuppressAdd, SuppressList, SuppressRemove, Suppression};
use mox_admin::{OpError, Time};
use mox_clock::Timestamp;
use mox_db::Tx;
use mox_smtp::EnhancedCode;
use mox_store::{Error, Store};

use crate::ops::failed;
use crate::seam::{Peer, Verdict};
use crate::{Class, Queue, Queued, tables};

/// Longest reason kept, in characters.
const MAX_REASON: usize = 500;

/// The form that addresses are compared in.
fn base(path: &Path) -> String {
    let whole = path.localpart.as_str().to_lowercase();
    let cut = whole.split('+').next().filter(|before| !before.is_empty()).unwrap_or(&whole);
    let localpart = Localpart::from_unquoted(cut).map_or_else(|_| cut.to_owned(), |l| l.to_string());
    format!("{localpart}@{}", path.domain)
}

/// Whether a reply alone means that nothing will ever arrive there.
fn is_final(verdict: &Verdict) -> bool {
    let code = verdict.code.unwrap_or(0);
    let no_mailbox = matches!(
        verdict.enhanced,
        Some(EnhancedCode(5, 1, 1 | 2 | 3 | 6) | EnhancedCode(5, 2, 1) | EnhancedCode(5, 7, 1))
    );
    matches!(code, 521 | 550 | 551 | 553 | 556) || (matches!(code, 500..=599) && no_mailbox)
}

/// Why a message is not sent at all, if its recipient is suppressed.
pub(crate) fn refusal(tx: &Tx<'_>, q: &Queued) -> Result<Option<Verdict>, Error> {
    if q.class != Class::Normal {
        return Ok(None);
    }
    let found = tables::suppression::get(tx.conn(), &q.account, &base(&q.forward_path))?;
    Ok(found.map(|s| {
        let text = format!(
            "not sent: {} is on the suppression list of the account {} since {} ({})",
            s.base, s.account, s.added, s.reason
        );
        Verdict::permanent(EnhancedCode(5, 7, 1), text)
    }))
}

/// After a message failed for good: whether its recipient goes on the list, which it then is.
pub(crate) fn learn(
    tx: &mut Tx<'_>,
    q: &Queued,
    verdict: &Verdict,
    peer: &Peer,
    now: Timestamp,
) -> Result<bool, Error> {
    if q.class != Class::Normal || verdict.code.is_none() || peer.host.is_empty() {
        return Ok(false);
    }
    let rcpt_to = q.forward_path.to_string();
    if !is_final(verdict) && !tables::suppression::failed_twice(tx.conn(), &q.account, &rcpt_to)? {
        return Ok(false);
    }
    let reason: String = verdict.to_string().chars().take(MAX_REASON).collect();
    let (account, base) = (q.account.clone(), base(&q.forward_path));
    let new = Suppression { account, address: rcpt_to, base, added: Time(now), manual: false, reason };
    tables::suppression::add(tx.conn(), &new)?;
    let text = format!("{} goes on the suppression list of the account {}", new.base, new.account);
    tables::attempt::note(tx.conn(), q.id, now, "suppressed", None, &text)?;
    Ok(true)
}

fn address(text: &str) -> Result<Path, OpError> {
    text.parse::<Path>().map_err(|e| OpError::usage(format!("address {text:?}: {e}")))
}

impl Queue {
    /// The message of an account that has this id in its reverse-path, and whether its recipient goes on the list now:
    /// `refused` is what a notification says that a host answered, when that was for good.
    pub fn came_back(
        &self,
        tx: &mut Tx<'_>,
        account: &str,
        from_id: &str,
        refused: Option<(&Verdict, &str)>,
    ) -> Result<Option<(Queued, bool)>, Error> {
        let Some(row) = tables::of_from_id(tx.conn(), account, from_id)? else { return Ok(None) };
        let learned = match refused {
            Some((verdict, host)) => {
                let peer = Peer { host: host.to_owned(), ..Peer::default() };
                learn(tx, &row, verdict, &peer, self.0.seams.clock.now())?
            }
            None => false,
        };
        Ok(Some((row, learned)))
    }

    /// The list, of one account or all, or what of it an address would meet.
    pub async fn suppressions(&self, op: SuppressList) -> Result<Vec<Suppression>, OpError> {
        let base = op.address.as_deref().map(address).transpose()?.map(|path| base(&path));
        let limit = op.limit.unwrap_or(SuppressList::MAX).min(SuppressList::MAX);
        let read = move |_: &Store, tx: &mox_db::ReadTx<'_>| {
            let (account, base) = (op.account.as_deref(), base.as_deref());
            tables::suppression::list(tx.conn(), account, base, op.after.as_ref(), limit)
        };
        self.0.store.read(read).await.map_err(failed)
    }

    /// Adds a recipient; one that is there already stays as it is.
    pub async fn suppress(&self, op: SuppressAdd) -> Result<Suppression, OpError> {
        let path = address(&op.address)?;
        let new = Suppression {
            account: op.account,
            address: path.to_string(),
            base: base(&path),
            added: Time(self.0.seams.clock.now()),
            manual: true,
            reason: op.reason.chars().take(MAX_REASON).collect(),
        };
        let write = move |_: &Store, tx: &mut Tx<'_>| {
            if !op.dry_run {
                tables::suppression::add(tx.conn(), &new)?;
            }
            let there = tables::suppression::get(tx.conn(), &new.account, &new.base)?;
            Ok::<_, Error>(there.unwrap_or(new))
        };
        self.0.store.write(write).await.map_err(failed)
    }

    /// Takes a recipient off the list; answers what was there.
    pub async fn unsuppress(&self, op: SuppressRemove) -> Result<Suppression, OpError> {
        let base = base(&address(&op.address)?);
        let missing = format!("{base} is not on the suppression list of the account {}", op.account);
        let write = move |_: &Store, tx: &mut Tx<'_>| {
            let there = tables::suppression::get(tx.conn(), &op.account, &base)?;
            if there.is_some() && !op.dry_run {
                tables::suppression::remove(tx.conn(), &op.account, &base)?;
            }
            Ok::<_, Error>(there)
        };
        let there = self.0.store.write(write).await.map_err(failed)?;
        there.ok_or_else(|| OpError::not_found(missing).hint("`mox queue suppress list` shows who is"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Outcome;

    #[test]
    fn addresses_are_compared_without_case_and_subaddress() {
        for (address, expected) in [
            ("Bob@Example.ORG", "bob@example.org"),
            ("bob+news+x@example.org", "bob@example.org"),
            ("+bob@example.org", "+bob@example.org"),
            ("jean-pierre.d@example.org", "jean-pierre.d@example.org"),
            ("\"A b+c\"@example.org", "\"a b\"@example.org"),
            ("x@[192.0.2.1]", "x@[192.0.2.1]"),
        ] {
            assert_eq!(base(&address.parse().unwrap()), expected, "{address}");
        }
    }

    #[test]
    fn replies_that_mean_nothing_will_arrive() {
        for (code, enhanced, expected) in [
            (550, None, true),
            (553, None, true),
            (554, None, false),
            (554, Some(EnhancedCode(5, 1, 1)), true),
            (554, Some(EnhancedCode(5, 7, 1)), true),
            (554, Some(EnhancedCode(5, 7, 26)), false),
            (552, Some(EnhancedCode(5, 2, 2)), false),
            (451, Some(EnhancedCode(4, 1, 1)), false),
        ] {
            let text = String::new();
            let verdict = Verdict { outcome: Outcome::Permanent, code: Some(code), enhanced, text };
            assert_eq!(is_final(&verdict), expected, "{code} {enhanced:?}");
        }
    }
}
