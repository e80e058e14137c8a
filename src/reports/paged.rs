//! Lists a page at a time: how long a page is, where the next begins, and what was sent and is suppressed, by pages.

use mox_admin::OpError;
use mox_admin::ops::{
    DmarcSent, DmarcSentPage, DmarcSentRow, MAX_PAGE_ROWS, PAGE_ROWS, ReportSuppressRow, ReportSuppressed,
    ReportSuppressedPage,
};
use mox_store::Error;

use crate::Reports;
use crate::ops::{ascii, failed, history_row, suppress_row};
use crate::tables::{destination, report, suppress};

/// Rows of a page that somebody asks for.
pub(crate) fn size(limit: Option<u32>) -> u32 {
    limit.unwrap_or(PAGE_ROWS).clamp(1, MAX_PAGE_ROWS)
}

/// A page of rows of which one more than fits was read, and the key of its last when there is more.
pub(crate) fn cut<T, K>(mut rows: Vec<T>, limit: u32, key: impl Fn(&T) -> K) -> (Vec<T>, Option<K>) {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(key);
    (rows, next)
}

impl Reports {
    /// DMARC reports that were made, and results that were discarded.
    pub async fn dmarc_sent(&self, op: DmarcSent) -> Result<DmarcSentPage, OpError> {
        let domain = op.domain.as_deref().map(ascii).transpose()?;
        let limit = size(op.limit);
        let read = self.0.store.read(move |_, tx| {
            let made = report::page(tx.conn(), domain.as_deref(), op.before, limit + 1)?;
            let whole = made.into_iter().map(|made| {
                let destinations = destination::of(tx.conn(), made.id)?;
                Ok::<_, Error>(DmarcSentRow { id: made.id, row: history_row(made, destinations) })
            });
            whole.collect::<Result<Vec<_>, Error>>()
        });
        let (rows, next) = cut(read.await.map_err(failed)?, limit, |row| row.id);
        Ok(DmarcSentPage { rows, next })
    }

    /// Addresses that get no reports now.
    pub async fn suppressed(&self, op: ReportSuppressed) -> Result<ReportSuppressedPage, OpError> {
        let (now, limit) = (self.0.seams.clock.now(), size(op.limit));
        let after = op.after.unwrap_or_default();
        let read = self.0.store.read(move |_, tx| suppress::page(tx.conn(), now, &after, limit + 1));
        let rows = read.await.map_err(failed)?.into_iter().map(suppress_row).collect();
        let (rows, next) = cut(rows, limit, |row: &ReportSuppressRow| row.uri.clone());
        Ok(ReportSuppressedPage { rows, next })
    }
}
