//! Who sends mail with a domain in From, by the latest rows of received DMARC reports: services and addresses.

use mox_admin::ops::{DmarcSourceList, DmarcSources};
use mox_admin::{OpError, Time};
use mox_store::{Error, Store};

use super::names::Asker;
use super::service::Hint;
use super::summary::{Key, services};
use super::tables::{self, Span};
use super::tally::{Groups, Numbers, Tally, heaviest};

/// Names looked up for a page: those of the addresses that send most.
const MAX_NAMES: usize = 100;

/// The services of one domain; `span` names it.
pub(super) async fn sources(store: &Store, asker: &Asker, span: Span) -> Result<DmarcSourceList, OpError> {
    let since = Time(span.since);
    let domain = span.domain.clone().unwrap_or_default();
    let read = store.read(move |_, tx| {
        let mut numbers = Numbers::default();
        let mut mail: Groups<Key, Tally> = Groups::new();
        let rows = tables::each_row(tx.conn(), &span, false, DmarcSources::MAX_ROWS, |head, record| {
            let (domain, hint) = (head.domain.clone(), Hint::of(record, &head.domain));
            let reporter = numbers.of(&head.sender);
            if let Some(tally) = mail.get(Key { domain, hint, ip: record.source_ip }) {
                tally.take(record, reporter);
            }
        })?;
        Ok::<_, Error>((rows, mail))
    });
    let (rows, mail) = read.await.map_err(OpError::failed)?;
    let mut addresses = heaviest(mail.iter().map(|(key, tally)| (key.ip, tally.counts.messages)));
    addresses.truncate(MAX_NAMES);
    let names = asker.anew().names(&addresses).await;
    let services = services(mail, &names).remove(&domain).unwrap_or_default();
    Ok(DmarcSourceList { since, services, rows, cut: rows >= DmarcSources::MAX_ROWS })
}
