//! Full-text search: an index that follows behind, and a look at what it has not come to yet.
//!
//! The index has a row for each content, which all its copies share; it is made by [`index`], never by the transaction
//! that accepts a message. The *mark* in the database is the highest message that was looked at, so a crash costs
//! nothing. Messages above the mark are read when somebody searches, newest first, at most [`DIRECT_MAX`] of them and
//! [`DIRECT_BYTES`] bytes an account: what was just accepted is found at once. [`Store::unindexed`] tells how many are
//! beyond that.

mod indexer;
mod text;
mod words;

use mox_db::ReadTx;

pub use indexer::index;
pub(crate) use words::Query;

use crate::tables::search as table;
use crate::tables::search::Waiting;
use crate::{AccountId, Content, Error, Filter, Store};

/// Most messages that a search reads by itself.
const DIRECT_MAX: u32 = 32;

/// Most bytes of them; a message that is larger by itself is read all the same.
const DIRECT_BYTES: i64 = 1 << 20;

/// What a search for text found before the other conditions are looked at.
pub(crate) struct Found {
    /// For MATCH, unless the index cannot hold anything that is asked for.
    pub(crate) expression: Option<String>,
    /// Ids of messages that were read and match, as a JSON array.
    pub(crate) direct: String,
}

impl Store {
    /// How many messages a search does not look at yet; 0 when the index has kept up.
    pub fn unindexed(&self, tx: &ReadTx<'_>) -> Result<i64, Error> {
        let mark = table::mark(tx.conn())?;
        let mut unread = 0;
        for account in self.accounts(tx)? {
            let (all, read) = (
                table::count(tx.conn(), account.id, mark)?,
                newest(tx, account.id, mark, &Filter::default())?,
            );
            unread += all - i64::try_from(read.len()).unwrap_or(0);
        }
        Ok(unread)
    }

    /// Looks for the filter's text; none when there is nothing to look for.
    pub(crate) fn find_text(
        &self,
        tx: &ReadTx<'_>,
        account: AccountId,
        filter: &Filter,
    ) -> Result<Option<Found>, Error> {
        let Some(query) = filter.text.as_deref().and_then(Query::parse) else { return Ok(None) };
        let mark = table::mark(tx.conn())?;
        let mut direct = Vec::new();
        for waiting in newest(tx, account, mark, filter)? {
            if query.matches(&self.terms(tx, &waiting)?) {
                direct.push(waiting.message.0);
            }
        }
        let behind = filter.after.is_none_or(|after| after.0 < mark);
        let expression = behind.then(|| query.expression());
        let direct = serde_json::to_string(&direct).map_err(|e| Error::Damaged(e.to_string()))?;
        Ok(Some(Found { expression, direct }))
    }

    /// The terms of a message. The recipient of a copy counts only where there are no other copies: they share the row,
    /// and who got a blind copy is nobody else's business.
    fn terms(&self, tx: &ReadTx<'_>, waiting: &Waiting) -> Result<words::Terms, Error> {
        let content = Content::load(self, tx, waiting.content, Vec::new())?;
        let rcpt_to = waiting.rcpt_to.as_deref().filter(|_| waiting.refs == 1);
        let envelope: Vec<&str> = waiting.mail_from.as_deref().into_iter().chain(rcpt_to).collect();
        text::terms(&content, &envelope)
    }
}

/// Messages above the mark that a search reads by itself.
fn newest(tx: &ReadTx<'_>, account: AccountId, mark: i64, filter: &Filter) -> Result<Vec<Waiting>, Error> {
    let after = filter.after.map_or(mark, |after| after.0.max(mark));
    let before = filter.before.map_or(i64::MAX, |before| before.0);
    let mut found = table::newest(tx.conn(), account, after, before, DIRECT_MAX)?;
    let mut bytes = 0;
    let within = found.iter().take_while(|waiting| {
        let first = bytes == 0;
        bytes += waiting.size;
        first || bytes <= DIRECT_BYTES
    });
    let count = within.count();
    found.truncate(count);
    Ok(found)
}

#[cfg(test)]
mod measure;
#[cfg(test)]
mod tests;
