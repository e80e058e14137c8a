//! What is collected about TLS, what would be sent and what was sent, a page at a time; and the record of a domain, now.

use mox_address::Domain;
use mox_admin::OpError;
use mox_admin::ops::{
    TlsCollected, TlsCollectedPage, TlsCollectedRow, TlsOutlook, TlsOutlookPage, TlsOutlookRow, TlsRecord,
    TlsRecordDestination, TlsRecordFound, TlsReportSentence, TlsSent, TlsSentPage, TlsSentRow,
};
use mox_clock::Day;
use mox_db::ReadTx;
use mox_store::{Error, Store};
use mox_tlsrpt::{RecordLookup, Target, advice, lookup_record, record_name};
use tokio::task::JoinSet;

use super::results::rows;
use crate::Reports;
use crate::decide::{Decision, Subject};
use crate::kind::Kind;
use crate::ops::{ascii, failed, history_row};
use crate::paged::{cut, size};
use crate::preview::{before, planned};
use crate::tables::result::Found;
use crate::tables::{destination, report, result};

/// That a key is none of a list.
fn bad_key(key: &str) -> OpError {
    let key: String = key.chars().take(100).collect();
    OpError::usage(format!("{key:?} is no key of this list")).hint("begin at its first page")
}

impl Reports {
    /// What was collected and waits for its report.
    pub async fn tls_collected(&self, op: TlsCollected) -> Result<TlsCollectedPage, OpError> {
        let day = op.day.as_deref().map(|text| self.day(text)).transpose()?;
        let domain = op.domain.as_deref().map(ascii).transpose()?;
        let read_key = |key: &str| {
            let (day, id) = key.split_once('/')?;
            Some((day.parse().ok()?, id.parse().ok()?))
        };
        let before = op.after.as_deref().map(|key| read_key(key).ok_or_else(|| bad_key(key))).transpose()?;
        let limit = size(op.limit);
        let read = move |_: &Store, tx: &ReadTx<'_>| {
            result::page(tx.conn(), day, domain.as_deref(), before, limit.saturating_add(1))
        };
        let found = self.0.store.read(read).await.map_err(failed)?;
        let (found, next) = cut(found, limit, key_of);
        Ok(TlsCollectedPage { rows: found.into_iter().flat_map(collected).collect(), next })
    }

    /// What would become of what waits.
    pub async fn tls_outlook(&self, op: TlsOutlook) -> Result<TlsOutlookPage, OpError> {
        let after =
            op.after.as_deref().map(|key| read_subject(key).ok_or_else(|| bad_key(key))).transpose()?;
        let limit = op.limit.unwrap_or(TlsOutlook::ROWS).clamp(1, TlsOutlook::ROWS);
        let read = move |_: &Store, tx: &ReadTx<'_>| subjects(tx, after, limit.saturating_add(1));
        let subjects = self.0.store.read(read).await.map_err(failed)?;
        let (subjects, next) = cut(subjects, limit, subject_key);
        // Each may wait for DNS: all ask at once.
        let mut tasks = JoinSet::new();
        for (at, subject) in subjects.into_iter().enumerate() {
            let this = self.clone();
            tasks.spawn(async move { (at, this.tls_outlook_of(subject).await) });
        }
        let mut rows = Vec::new();
        while let Some(done) = tasks.join_next().await {
            let (at, row) = done.map_err(OpError::failed)?;
            rows.push((at, row.map_err(failed)?));
        }
        rows.sort_by_key(|(at, _)| *at);
        Ok(TlsOutlookPage { rows: rows.into_iter().map(|(_, row)| row).collect(), next })
    }

    async fn tls_outlook_of(&self, subject: Subject) -> Result<TlsOutlookRow, Error> {
        let mut row = TlsOutlookRow {
            key: subject_key(&subject),
            policy_domain: subject.policy_domain.clone(),
            kind: subject.kind.as_str().to_owned(),
            day: subject.day.to_string(),
            partial: subject.day >= self.0.seams.clock.now().day(),
            state: String::new(),
            why: String::new(),
            destinations: Vec::new(),
        };
        let (state, why) = match self.made(&subject).await? {
            Some(made) => ("reported", before(&made)),
            None => match self.decide(&subject, false).await?.0 {
                Decision::Send(plan) => {
                    row.destinations = planned(&plan);
                    ("will-send", String::new())
                }
                Decision::Nothing(why) => ("nothing", why),
                Decision::Later(why) => ("later", why),
                Decision::Discard(why) => ("discarded", why),
            },
        };
        (row.state, row.why) = (state.to_owned(), why);
        Ok(row)
    }

    /// Reports that were made, and results that were discarded.
    pub async fn tls_sent(&self, op: TlsSent) -> Result<TlsSentPage, OpError> {
        let domain = op.domain.as_deref().map(ascii).transpose()?;
        let limit = size(op.limit);
        let read = move |_: &Store, tx: &ReadTx<'_>| {
            let made = report::tls_page(tx.conn(), domain.as_deref(), op.before, limit.saturating_add(1))?;
            let whole = made.into_iter().map(|made| {
                let (id, destinations) = (made.id, destination::of(tx.conn(), made.id)?);
                Ok::<_, Error>(TlsSentRow { id, row: history_row(made, destinations) })
            });
            whole.collect::<Result<Vec<_>, Error>>()
        };
        let rows = self.0.store.read(read).await.map_err(failed)?;
        let (rows, next) = cut(rows, limit, |row: &TlsSentRow| row.id);
        Ok(TlsSentPage { rows, next })
    }

    /// The TLSRPT record of a domain, looked up now.
    pub async fn tls_record(&self, op: TlsRecord) -> Result<TlsRecordFound, OpError> {
        let name = ascii(&op.domain)?;
        let domain = Domain::parse(&name).map_err(OpError::usage)?;
        let found = lookup_record(&*self.0.seams.resolver, &domain).await;
        Ok(TlsRecordFound { name: record_name(&domain), ..told(found) })
    }
}

fn key_of(found: &Found) -> String {
    format!("{}/{}", found.day, found.id)
}

/// The rows of a recipient domain, with what failed in sentences.
fn collected(found: Found) -> Vec<TlsCollectedRow> {
    let key = key_of(&found);
    let sentences = |result: &mox_tlsrpt::PolicyResult| {
        let told = advice::sentences(result).into_iter().take(TlsCollected::SENTENCES);
        let sentence =
            |s: advice::Sentence| TlsReportSentence { what: s.what, meaning: s.meaning, mend: s.mend };
        told.map(sentence).collect::<Vec<_>>()
    };
    let told: Vec<_> = found.results.iter().map(sentences).collect();
    let with = rows(found).into_iter().zip(told);
    with.map(|(row, failures)| TlsCollectedRow { key: key.clone(), row, failures }).collect()
}

fn subject_key(subject: &Subject) -> String {
    format!("{}/{}/{}", subject.kind.as_str(), subject.policy_domain, subject.day)
}

fn read_subject(key: &str) -> Option<Subject> {
    let mut parts = key.splitn(3, '/');
    let (kind, domain, day) = (parts.next()?, parts.next()?, parts.next()?);
    let kind = [Kind::Domain, Kind::Host].into_iter().find(|known| known.as_str() == kind)?;
    Some(Subject::new(kind, domain, day.parse().ok()?))
}

/// What waits, behind a subject: recipient domains first, each kind by name and day.
fn subjects(tx: &ReadTx<'_>, after: Option<Subject>, max: u32) -> Result<Vec<Subject>, Error> {
    let mut found: Vec<Subject> = Vec::new();
    let first = after.as_ref().map_or(Kind::Domain, |after| after.kind);
    for kind in [Kind::Domain, Kind::Host].into_iter().filter(|kind| *kind >= first) {
        let from = after.as_ref().filter(|after| after.kind == kind);
        let from = from.map_or(("", Day::from_number(i64::MIN)), |after| (&after.policy_domain, after.day));
        let room = max.saturating_sub(u32::try_from(found.len()).unwrap_or(u32::MAX));
        if room > 0 {
            let groups = result::groups_after(tx.conn(), kind == Kind::Host, from, room)?;
            found.extend(groups.into_iter().map(|(domain, day)| Subject::new(kind, domain, day)));
        }
    }
    Ok(found)
}

/// What DNS said, without the name of the record.
fn told(found: RecordLookup) -> TlsRecordFound {
    let (state, texts, authentic, problem) = match &found {
        RecordLookup::Found { text, authentic, .. } => {
            ("found", vec![text.clone()], Some(*authentic), String::new())
        }
        RecordLookup::Absent { authentic } => {
            ("absent", Vec::new(), Some(*authentic), "there is no record: nobody wants reports".to_owned())
        }
        RecordLookup::Several(texts) => {
            let problem = format!("there are {} records, which count as none", texts.len());
            ("several", texts.clone(), None, problem)
        }
        RecordLookup::Invalid { text, error } => {
            let problem = format!("the record is not valid, which counts as none: {error}");
            ("invalid", vec![text.clone()], None, problem)
        }
        RecordLookup::Temporary(error) => {
            ("unknown", Vec::new(), None, format!("DNS cannot say now: {error}"))
        }
    };
    let destinations = match &found {
        RecordLookup::Found { record, .. } => record.rua.iter().map(|uri| TlsRecordDestination {
            uri: uri.text.clone(),
            usable: uri.target != Target::Unsupported,
        }),
        _ => {
            return TlsRecordFound {
                state: state.to_owned(),
                texts,
                authentic,
                problem,
                ..Default::default()
            };
        }
    };
    let destinations = destinations.collect();
    TlsRecordFound { state: state.to_owned(), texts, authentic, problem, destinations, ..Default::default() }
}
