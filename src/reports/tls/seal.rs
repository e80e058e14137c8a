//! Turns a day's rows into a report, in one transaction with a unique key; and what is done about days without one.
//!
//! The document is written before the transaction, which then sees to it that the rows are still those it was written
//! of. An extra report (of a day not over, a test copy, a sample) has a number of its own and leaves the rows alone.
//! RFC 8460 §4.4 (report-id), §5.1.

use std::hash::{DefaultHasher, Hash, Hasher};

use mox_clock::Timestamp;
use mox_db::Tx;
use mox_store::{Error, Store};
use mox_tlsrpt::PolicyResult;

use super::Kind;
use super::decide::{self, Decision, Plan, Planned, Rows, Subject};
use crate::Reports;
use crate::tables::destination::{self, Destination};
use crate::tables::report::{self, Made};
use crate::tables::result;

/// Times that a report is written anew because its rows changed meanwhile.
const TRIES: usize = 5;

/// What became of a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sealed {
    /// A report was made: its id here.
    New(i64),
    /// There was one before.
    Before(Box<Made>),
    /// There is nothing to tell, and why.
    Nothing(String),
    /// Its results wait, and why.
    Later(String),
    /// Its results were discarded, and why.
    Discarded(String),
}

/// What an extra report is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extra {
    /// Of a day that is not over.
    Partial,
    /// For somebody who tests.
    Copy,
    /// Made up.
    Sample,
}

impl Extra {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Extra::Partial => "partial",
            Extra::Copy => "copy",
            Extra::Sample => "sample",
        }
    }
}

impl Reports {
    /// Decides about a day that is over, and does it. Called twice, it does it once.
    pub(crate) async fn seal(&self, subject: &Subject, due: Timestamp) -> Result<Sealed, Error> {
        for _ in 0..TRIES {
            let mut known = self.look(subject).await?;
            if let Some(made) = known.made.take() {
                self.clear(subject.clone(), None).await?;
                return Ok(Sealed::Before(Box::new(made)));
            }
            let rows = known.versions();
            let stored = match self.judge(subject, known, false).await? {
                Decision::Later(why) => return Ok(Sealed::Later(why)),
                Decision::Nothing(why) => {
                    self.clear(subject.clone(), Some(rows)).await?.then_some(Sealed::Nothing(why))
                }
                Decision::Discard(why) => self.discard(subject, &why, Some(rows)).await?,
                Decision::Send(plan) => {
                    let made = self.make(subject, &plan, 0, "", subject.period().1, due);
                    self.store(subject.clone(), made, plan, Some(rows)).await?.map(Sealed::New)
                }
            };
            if let Some(sealed) = stored {
                return Ok(sealed);
            }
        }
        Ok(Sealed::Later("its results keep changing".to_owned()))
    }

    /// The report of the whole day, if there is one.
    pub(crate) async fn made(&self, subject: &Subject) -> Result<Option<Made>, Error> {
        let s = subject.clone();
        let find = move |_: &Store, tx: &mox_db::ReadTx<'_>| {
            report::find(tx.conn(), s.kind, &s.policy_domain, s.day.start(), 0)
        };
        self.0.store.read(find).await
    }

    /// Makes a report beside that of the day.
    pub(crate) async fn seal_extra(
        &self,
        subject: &Subject,
        mut plan: Plan,
        extra: Extra,
        until: Timestamp,
    ) -> Result<Option<i64>, Error> {
        let now = self.0.seams.clock.now();
        for _ in 0..TRIES {
            let s = subject.clone();
            let next = move |_: &Store, tx: &mox_db::ReadTx<'_>| {
                report::next_part(tx.conn(), s.kind, &s.policy_domain, s.day.start())
            };
            let part = self.0.store.read(next).await?;
            let made = self.make(subject, &plan, part, extra.as_str(), until, now);
            let again = Plan {
                submitter: plan.submitter.clone(),
                destinations: std::mem::take(&mut plan.destinations),
                rua: Vec::new(),
                policies: Vec::new(),
            };
            let copy: Vec<Planned> = again.destinations.iter().map(Planned::again).collect();
            if let Some(id) = self.store(subject.clone(), made, again, None).await? {
                return Ok(Some(id));
            }
            plan.destinations = copy;
        }
        Ok(None)
    }

    /// Writes the report.
    pub(crate) fn make(
        &self,
        subject: &Subject,
        plan: &Plan,
        part: u32,
        note: &str,
        until: Timestamp,
        due: Timestamp,
    ) -> Made {
        let (start, unique) = (subject.day.start(), self.unique(subject, part, note));
        let name = format!("{}{unique}", subject.day.to_string().replace('-', ""));
        let document = decide::document(plan, &name, start, until);
        let sum = |count: fn(&mox_tlsrpt::Summary) -> u64| {
            plan.policies.iter().fold(0u64, |sum, one| sum.saturating_add(count(&one.summary)))
        };
        Made {
            id: 0,
            kind: subject.kind,
            policy_domain: subject.policy_domain.clone(),
            start,
            part,
            until,
            note: note.to_owned(),
            file_name: document.file_name(plan.submitter.ascii(), &subject.policy_domain, &unique),
            document: Some(document.to_json()),
            name,
            submitter: plan.submitter.ascii().to_owned(),
            sealed: self.0.seams.clock.now(),
            due,
            why: String::new(),
            successful: sum(|s| s.successful),
            failed: sum(|s| s.failed),
        }
    }

    /// What tells the report from others of the same domain and period: letters and digits. The same for the same
    /// report, so that a preview shows it.
    fn unique(&self, subject: &Subject, part: u32, note: &str) -> String {
        let mut hasher = DefaultHasher::new();
        let host = self.0.options.config.load().server.hostname.clone();
        (host.ascii(), subject.kind.code(), &subject.policy_domain, subject.day.number()).hash(&mut hasher);
        let unique = format!("{:016x}", hasher.finish());
        if part == 0 { unique } else { format!("{unique}{note}{part}") }
    }

    /// The transaction; none when the rows, or the numbers of extra reports, are others by now.
    async fn store(
        &self,
        subject: Subject,
        made: Made,
        plan: Plan,
        rows: Option<Rows>,
    ) -> Result<Option<i64>, Error> {
        let (reports, clock) = (self.clone(), self.0.seams.clock.clone());
        self.0.seams.faults.reach("tlsrpt-sealing");
        let write = move |_: &Store, tx: &mut Tx<'_>| {
            if rows.as_ref().is_some_and(|rows| !is_current(tx, &subject, rows).unwrap_or(false)) {
                return Ok(None);
            }
            let Some(id) = report::insert(tx.conn(), &made)? else { return Ok(None) };
            for planned in plan.destinations {
                destination::insert(tx.conn(), &planned.row(id, &made, clock.now()))?;
            }
            if rows.is_some() {
                result::done(tx.conn(), subject.kind, &subject.policy_domain, subject.day, Some(&plan.rua))?;
            }
            tracing::info!(
                domain = subject.policy_domain,
                kind = subject.kind.as_str(),
                day = subject.day.to_string(),
                report_id = made.name,
                "tls report is sealed"
            );
            tx.on_commit(move || reports.count("sealed"));
            Ok::<_, Error>(Some(id))
        };
        let id = self.0.store.write(write).await?;
        self.0.seams.faults.reach("tlsrpt-sealed");
        Ok(id)
    }

    /// Takes rows out of what waits; false when they are others by now.
    async fn clear(&self, subject: Subject, rows: Option<Rows>) -> Result<bool, Error> {
        let write = move |_: &Store, tx: &mut Tx<'_>| {
            if rows.as_ref().is_some_and(|rows| !is_current(tx, &subject, rows).unwrap_or(false)) {
                return Ok(false);
            }
            result::done(tx.conn(), subject.kind, &subject.policy_domain, subject.day, None)?;
            Ok::<_, Error>(true)
        };
        self.0.store.write(write).await
    }

    /// Takes rows out of what waits because they are too old. History tells of those that were worth a report.
    pub(crate) async fn discard_stale(&self, subject: &Subject, why: String) -> Result<Sealed, Error> {
        let s = subject.clone();
        let read =
            move |_: &Store, tx: &mox_db::ReadTx<'_>| result::of(tx.conn(), s.kind, &s.policy_domain, s.day);
        let rows = self.0.store.read(read).await?;
        let failed = rows.iter().flat_map(|row| &row.results).any(PolicyResult::has_failure);
        let worth = rows.iter().any(|row| row.send_report) && (failed || self.0.options.success_too);
        if worth && subject.kind == Kind::Domain {
            let done = self.discard(subject, &why, None).await?;
            return Ok(done.unwrap_or(Sealed::Discarded(why)));
        }
        self.clear(subject.clone(), None).await?;
        Ok(Sealed::Nothing(why))
    }

    /// Takes rows out of what waits, which history tells of; none when they are others by now.
    pub(crate) async fn discard(
        &self,
        subject: &Subject,
        why: &str,
        rows: Option<Rows>,
    ) -> Result<Option<Sealed>, Error> {
        let (reports, now) = (self.clone(), self.0.seams.clock.now());
        let (s, text) = (subject.clone(), why.to_owned());
        let made = Made {
            id: 0,
            kind: s.kind,
            policy_domain: s.policy_domain.clone(),
            start: s.day.start(),
            part: 0,
            until: s.period().1,
            note: String::new(),
            name: String::new(),
            submitter: String::new(),
            file_name: String::new(),
            document: None,
            sealed: now,
            due: now,
            why: text.clone(),
            successful: 0,
            failed: 0,
        };
        let write = move |_: &Store, tx: &mut Tx<'_>| {
            if rows.as_ref().is_some_and(|rows| !is_current(tx, &s, rows).unwrap_or(false)) {
                return Ok(false);
            }
            report::insert(tx.conn(), &made)?;
            result::done(tx.conn(), s.kind, &s.policy_domain, s.day, None)?;
            let day = s.day.to_string();
            tracing::info!(domain = s.policy_domain, day, reason = made.why, "tls results are discarded");
            tx.on_commit(move || reports.count("discarded"));
            Ok::<_, Error>(true)
        };
        let done = self.0.store.write(write).await?;
        Ok(done.then_some(Sealed::Discarded(text)))
    }
}

/// Whether the rows of a subject are those that were read.
fn is_current(tx: &Tx<'_>, subject: &Subject, rows: &Rows) -> Result<bool, Error> {
    Ok(result::versions(tx.conn(), subject.kind, &subject.policy_domain, subject.day)? == *rows)
}

impl Planned {
    /// The same once more.
    fn again(&self) -> Planned {
        Planned { place: self.place.clone(), state: self.state, why: self.why.clone() }
    }

    /// As it is stored.
    fn row(self, report: i64, made: &Made, now: Timestamp) -> Destination {
        Destination {
            id: 0,
            report,
            uri: self.place.uri,
            address: self.place.address,
            host: self.place.host,
            state: self.state,
            attempts: 0,
            next: made.due,
            first_attempt: None,
            queue_id: None,
            why: self.why,
            ended: (!self.state.is_open()).then_some(now),
        }
    }
}
