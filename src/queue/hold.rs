//! Hold rules: new messages that match all that a rule says wait until somebody releases them.
//!
//! A rule is looked up in the transaction that queues a message ([`tables::holdrule::matching`]), so none slips by.
//! A new rule holds what is queued already, too; both mean the same by matching. Limit: [`MAX_RULES`].

use mox_address::IpDomain;
use mox_admin::OpError;
use mox_admin::ops::{
    Changed, HoldRule, HoldRuleAdd, HoldRuleAdded, HoldRuleList, HoldRuleRemove, QueueFilter,
};
use mox_db::Tx;
use mox_store::{Error, Store};

use crate::ops::{failed, note};
use crate::{Queue, tables};

/// Most rules: each is looked at for each recipient.
const MAX_RULES: usize = 1000;

impl Queue {
    /// All rules.
    pub async fn hold_rules(&self, _: HoldRuleList) -> Result<Vec<HoldRule>, OpError> {
        self.0.store.read(|_, tx| tables::holdrule::list(tx.conn())).await.map_err(failed)
    }

    /// Adds a rule, and puts on hold what is queued and matches.
    pub async fn add_hold_rule(&self, op: HoldRuleAdd) -> Result<HoldRuleAdded, OpError> {
        let mut rule = HoldRule {
            id: 0,
            account: op.account,
            from_domain: op.from_domain.as_deref().map(domain).transpose()?,
            to_domain: op.to_domain.as_deref().map(domain).transpose()?,
        };
        let at = |domain: &Option<String>| domain.as_ref().map(|d| format!("@{d}"));
        let filter = QueueFilter {
            account: rule.account.clone(),
            from: at(&rule.from_domain),
            to: at(&rule.to_domain),
            hold: Some(false),
            ..QueueFilter::default()
        };
        if op.dry_run {
            let held = self.select(&filter).await?.iter().map(|id| id.0).collect();
            return Ok(HoldRuleAdded { rule, held, dry_run: true });
        }
        let new = rule.clone();
        let write = move |_: &Store, tx: &mut Tx<'_>| {
            let rules = tables::holdrule::list(tx.conn())?;
            let same = |r: &HoldRule| HoldRule { id: 0, ..r.clone() } == new;
            Ok::<_, Error>(match rules.iter().find(|r| same(r)) {
                Some(there) => Some(there.id),
                None if rules.len() >= MAX_RULES => None,
                None => Some(tables::holdrule::add(tx.conn(), &new)?),
            })
        };
        let id = self.0.store.write(write).await.map_err(failed)?;
        rule.id = id.ok_or_else(|| {
            OpError::conflict(format!("there are {MAX_RULES} hold rules already"))
                .hint("`mox queue holdrules remove` takes one away")
        })?;
        let text = format!("put on hold by rule {}", rule.id);
        let hold = move |_: &Store, tx: &mut Tx<'_>, q: &crate::Queued, now| {
            note(tx, q.id, now, "hold", &text)?;
            tables::set_hold(tx.conn(), q.id, true)
        };
        let held = self.change(filter, false, false, hold).await?.ids;
        Ok(HoldRuleAdded { rule, held, dry_run: false })
    }

    /// Removes a rule; what is on hold stays so.
    pub async fn remove_hold_rule(&self, op: HoldRuleRemove) -> Result<Changed, OpError> {
        let write = move |_: &Store, tx: &mut Tx<'_>| {
            let there = tables::holdrule::get(tx.conn(), op.id)?.is_some();
            if there && !op.dry_run {
                tables::holdrule::remove(tx.conn(), op.id)?;
            }
            Ok::<_, Error>(there)
        };
        if self.0.store.write(write).await.map_err(failed)? {
            return Ok(Changed { ids: vec![op.id], dry_run: op.dry_run });
        }
        Err(OpError::not_found(format!("no hold rule {}", op.id))
            .hint("`mox queue holdrules list` shows them"))
    }
}

/// A domain as rows have it.
fn domain(text: &str) -> Result<String, OpError> {
    let name = text.strip_prefix('@').unwrap_or(text);
    let parsed = name.parse::<IpDomain>().map_err(|e| OpError::usage(format!("domain {text:?}: {e}")))?;
    Ok(parsed.to_string())
}
