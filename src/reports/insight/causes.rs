//! Why things fail, by received reports of both kinds: sentences with the step that mends it, the worst first.
//!
//! Mail that passes by SPF alone is among it, behind what fails: the first forwarder breaks it (RFC 9989 §7.4).
//! What DMARC reports tell is grouped by cause, policy domain and the service or address that sends; addresses that
//! nothing names are one group. RFC 8460 §4.3, RFC 9990.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use mox_admin::ops::{ReportCause, ReportCauseList, ReportFamily};
use mox_admin::{OpError, Time};
use mox_clock::Timestamp;
use mox_db::rusqlite::Connection;
use mox_dmarcrpt::advice::{Cause, cause};
use mox_store::{Error, Store};
use mox_tlsrpt::{FailureDetail, Policy, ResultType, advice};

use super::names::Asker;
use super::service::{Hint, NamedBy, Ptr};
use super::tables::{self, Kind, Span, TlsFailure};
use super::tally::{Groups, Numbers, Tally, heaviest};
use super::{MAX_DOMAINS, MAX_ROWS};

/// Most causes of a kind in a reply.
const MAX_CAUSES: u32 = 200;

/// Most addresses of a cause in a reply.
const MAX_SOURCES: usize = 5;

/// Rows that have the cause, the policy domain, what passed and the address in common.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Key {
    id: &'static str,
    domain: String,
    hint: Hint,
    ip: Option<IpAddr>,
}

/// What is known of them; the words are those of the latest.
#[derive(Debug, Default)]
struct Group {
    tally: Tally,
    since: Timestamp,
    last: Timestamp,
    words: Option<Cause>,
}

impl Group {
    fn merge(&mut self, more: Group) {
        if self.words.is_none() {
            *self = more;
            return;
        }
        self.tally.merge(&more.tally);
        self.since = self.since.min(more.since);
        if more.last > self.last {
            (self.last, self.words) = (more.last, more.words);
        }
    }
}

/// What the database says.
struct Read {
    reports: u64,
    tls: Vec<TlsFailure>,
    dmarc: Groups<Key, Group>,
    cut: bool,
}

/// The causes of failures in the reports of a time.
pub(super) async fn causes(store: &Store, asker: &Asker, span: Span) -> Result<ReportCauseList, OpError> {
    let since = Time(span.since);
    let read = store.read(move |_, tx| read(tx.conn(), &span)).await.map_err(OpError::failed)?;
    let nameless = read.dmarc.iter().filter(|(key, _)| key.hint.foreign.is_none());
    let addresses = heaviest(nameless.map(|(key, group)| (key.ip, group.tally.counts.messages)));
    let names = asker.anew().names(&addresses).await;
    let mut causes: Vec<ReportCause> = read.tls.into_iter().map(about_tls).collect();
    causes.extend(about_mail(read.dmarc, &names));
    causes.sort_by(worse);
    Ok(ReportCauseList { since, reports: read.reports, causes, cut: read.cut })
}

/// The worst first: what fails most, then what is seen most, then what was seen last.
fn worse(a: &ReportCause, b: &ReportCause) -> Ordering {
    let key =
        |one: &ReportCause| (Reverse((one.failed, one.count, one.last)), one.id.clone(), one.at.clone());
    key(a).cmp(&key(b))
}

fn read(conn: &Connection, span: &Span) -> Result<Read, Error> {
    let mut numbers = Numbers::default();
    let mut dmarc: Groups<Key, Group> = Groups::new();
    let rows = tables::each_row(conn, span, true, MAX_ROWS, |head, record| {
        let Some(found) = cause(record, &head.policy) else { return };
        let (domain, hint) = (head.domain.clone(), Hint::of(record, &head.domain));
        let reporter = numbers.of(&head.sender);
        if let Some(group) = dmarc.get(Key { id: found.id, domain, hint, ip: record.source_ip }) {
            if group.words.is_none() {
                (group.since, group.last, group.words) = (head.start, head.until, Some(found));
            }
            group.tally.take(record, reporter);
            group.since = group.since.min(head.start);
            group.last = group.last.max(head.until);
        }
    })?;
    let mut reports = 0_u64;
    for kind in [Kind::Tls, Kind::Dmarc] {
        let totals = tables::totals(conn, kind, span, MAX_DOMAINS)?;
        reports = totals.iter().map(|total| total.reports).fold(reports, u64::saturating_add);
    }
    let tls = tables::tls_failures(conn, span, MAX_CAUSES)?;
    let cut = rows >= MAX_ROWS || tls.len() == MAX_CAUSES as usize;
    Ok(Read { reports, tls, dmarc, cut })
}

pub(crate) fn about_tls(failure: TlsFailure) -> ReportCause {
    let mut detail = FailureDetail::new(ResultType::from(failure.result.clone()), failure.reason);
    detail.mx_hostname.clone_from(&failure.mx);
    detail.failed = failure.sessions;
    let mut policy = Policy::none(failure.domain.clone());
    policy.kind = failure.policy_type.into();
    let told = advice::sentence(&policy, &detail);
    ReportCause {
        family: ReportFamily::Tls,
        id: failure.result,
        policy_domain: failure.domain,
        at: failure.mx,
        sources: Vec::new(),
        since: Time(failure.since),
        last: Time(failure.last),
        count: failure.sessions,
        failed: failure.sessions,
        reporters: failure.reporters,
        what: told.what,
        meaning: told.meaning,
        mend: told.mend,
    }
}

/// The causes of failures of mail: groups of one service, or of one address below the own domain, become one.
fn about_mail(groups: Groups<Key, Group>, names: &HashMap<IpAddr, Ptr>) -> Vec<ReportCause> {
    let mut merged: HashMap<_, (Group, BTreeMap<IpAddr, u64>)> = HashMap::new();
    for (key, group) in groups {
        let ptr = key.ip.and_then(|ip| names.get(&ip)).unwrap_or(&Ptr::Unknown);
        let service = key.hint.service(&key.domain, key.ip, ptr);
        let at = match (service.by, ptr) {
            // Of hosts of the same organization the name of each says more.
            (NamedBy::Ptr, Ptr::Confirmed(name)) if !service.known => name.clone(),
            _ => service.name,
        };
        let (all, sources) = merged.entry((key.id, key.domain, at)).or_default();
        if let Some(ip) = key.ip {
            let sum = sources.entry(ip).or_default();
            *sum = sum.saturating_add(group.tally.counts.messages);
        }
        all.merge(group);
    }
    let told = merged.into_iter().filter_map(|((id, domain, at), (group, sources))| {
        let words = group.words?;
        let sources = heaviest(sources.into_iter().map(|(ip, sent)| (Some(ip), sent)));
        Some(ReportCause {
            family: ReportFamily::Dmarc,
            id: id.to_owned(),
            policy_domain: domain,
            at,
            sources: sources.iter().take(MAX_SOURCES).map(ToString::to_string).collect(),
            since: Time(group.since),
            last: Time(group.last),
            count: group.tally.counts.messages,
            failed: group.tally.counts.failed,
            reporters: group.tally.reporters.len() as u64,
            what: words.what,
            meaning: words.meaning,
            mend: words.mend,
        })
    });
    let mut told: Vec<ReportCause> = told.collect();
    told.sort_by(worse);
    told.truncate(MAX_CAUSES as usize);
    told
}
