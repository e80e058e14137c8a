//! Turns a day's rows into a report, in one transaction with a unique key; and what is done about days without one.
//!
//! Many days share a snapshot and a transaction. Documents are written before it, and it sees to it that the rows are
//! still those they were written of. An extra report (of a day not over, a test copy, a sample) has a number of its own and leaves the rows alone.
//! RFC 8460 §4.4 (report-id), §5.1.

use std::hash::{DefaultHasher, Hash, Hasher};

use mox_clock::Timestamp;
use mox_db::Tx;
use mox_store::{Error, Store};
use tokio::task::{JoinError, JoinSet};

use crate::Reports;
use crate::decide::{self, Decision, Known, Plan, Planned, Rows, Subject};
use crate::kind::Kind;
use crate::submitter::submitter;
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

/// A day to be decided about.
pub(crate) struct Job {
    /// Its place among others.
    pub(crate) at: usize,
    pub(crate) subject: Subject,
    /// When its report is handed over.
    pub(crate) due: Timestamp,
}

/// What is to be done in the transaction; only while the rows are those that it was decided by, if it says which.
enum Act {
    /// There was a report before: what came later is dropped.
    Before(Box<Made>),
    Clear {
        why: String,
        rows: Option<Rows>,
    },
    Discard {
        made: Box<Made>,
        rows: Option<Rows>,
    },
    Store {
        made: Box<Made>,
        plan: Plan,
        rows: Option<Rows>,
    },
}

impl Reports {
    /// Decides about a day that is over, and does it. Called twice, it does it once.
    pub(crate) async fn seal(&self, subject: &Subject, due: Timestamp) -> Result<Sealed, Error> {
        let mut sealed = self.seal_some(vec![Job { at: 0, subject: subject.clone(), due }]).await?;
        Ok(sealed.pop().map_or_else(|| Sealed::Later("it was not decided".to_owned()), |(_, sealed)| sealed))
    }

    /// The same of some days: read from one snapshot, looked up at once, stored in one transaction. Those whose rows
    /// changed meanwhile are decided about anew.
    pub(crate) async fn seal_some(&self, mut jobs: Vec<Job>) -> Result<Vec<(usize, Sealed)>, Error> {
        let mut sealed = Vec::with_capacity(jobs.len());
        for _ in 0..TRIES {
            let mut acts = Vec::with_capacity(jobs.len());
            for (job, decided) in self.decide_some(jobs).await? {
                match decided {
                    Ok(act) => acts.push((job, act)),
                    Err(why) => sealed.push((job.at, Sealed::Later(why))),
                }
            }
            jobs = self.act(acts, &mut sealed).await?;
            if jobs.is_empty() {
                return Ok(sealed);
            }
        }
        let later = |job: Job| (job.at, Sealed::Later("its results keep changing".to_owned()));
        sealed.extend(jobs.into_iter().map(later));
        Ok(sealed)
    }

    /// What is to be done about each day, or why nothing can be done now.
    async fn decide_some(&self, jobs: Vec<Job>) -> Result<Vec<(Job, Result<Act, String>)>, Error> {
        let known = self.look(jobs.iter().map(|job| job.subject.clone()).collect()).await?;
        let mut tasks = JoinSet::new();
        for (job, known) in jobs.into_iter().zip(known) {
            let reports = self.clone();
            tasks.spawn(async move {
                let decided = reports.decide_act(&job, known).await?;
                Ok::<_, Error>((job, decided))
            });
        }
        let mut all = Vec::with_capacity(tasks.len());
        while let Some(done) = tasks.join_next().await {
            all.push(joined(done)??);
        }
        // As they were given, so that reports are stored in that order.
        all.sort_by_key(|(job, _)| job.at);
        Ok(all)
    }

    async fn decide_act(&self, job: &Job, mut known: Known) -> Result<Result<Act, String>, Error> {
        if let Some(made) = known.made.take() {
            return Ok(Ok(Act::Before(Box::new(made))));
        }
        let (subject, rows) = (&job.subject, Some(known.versions()));
        Ok(Ok(match self.judge(subject, known, false).await? {
            Decision::Later(why) => return Ok(Err(why)),
            Decision::Nothing(why) => Act::Clear { why, rows },
            Decision::Discard(why) => Act::Discard { made: Box::new(self.none_made(subject, why)), rows },
            Decision::Send(plan) => {
                let made = Box::new(self.make(subject, &plan, 0, "", subject.period().1, job.due));
                Act::Store { made, plan, rows }
            }
        }))
    }

    /// The transaction; answers those whose rows are others by now.
    async fn act(&self, acts: Vec<(Job, Act)>, sealed: &mut Vec<(usize, Sealed)>) -> Result<Vec<Job>, Error> {
        if acts.is_empty() {
            return Ok(Vec::new());
        }
        let stores = acts.iter().filter(|(_, act)| matches!(act, Act::Store { .. })).count();
        self.reach("tlsrpt-sealing", stores);
        let reports = self.clone();
        let write = move |_: &Store, tx: &mut Tx<'_>| {
            let (mut done, mut again) = (Vec::with_capacity(acts.len()), Vec::new());
            for (job, act) in acts {
                match reports.apply(tx, &job.subject, act)? {
                    Some(sealed) => done.push((job.at, sealed)),
                    None => again.push(job),
                }
            }
            Ok::<_, Error>((done, again))
        };
        let (done, again) = self.0.store.write(write).await?;
        sealed.extend(done);
        self.reach("tlsrpt-sealed", stores);
        Ok(again)
    }

    /// A point that is reached once for each report.
    pub(crate) fn reach(&self, point: &'static str, times: usize) {
        (0..times).for_each(|_| self.0.seams.faults.reach(point));
    }

    /// Does it; none when the rows, or the numbers of extra reports, are others by now.
    fn apply(&self, tx: &mut Tx<'_>, subject: &Subject, act: Act) -> Result<Option<Sealed>, Error> {
        let (rows, reports) = (act.rows(), self.clone());
        if let Some(rows) = rows
            && !is_current(tx, subject, rows)?
        {
            return Ok(None);
        }
        let done = |tx: &Tx<'_>, rua| {
            result::done(tx.conn(), subject.kind, &subject.policy_domain, subject.day, rua)
        };
        Ok(match act {
            Act::Before(made) => {
                done(tx, None)?;
                Some(Sealed::Before(made))
            }
            Act::Clear { why, .. } => {
                done(tx, None)?;
                Some(Sealed::Nothing(why))
            }
            Act::Discard { made, .. } => {
                report::insert(tx.conn(), &made)?;
                done(tx, None)?;
                let day = subject.day.to_string();
                tracing::info!(
                    domain = subject.policy_domain,
                    day,
                    reason = made.why,
                    "tls results are discarded"
                );
                tx.on_commit(move || reports.count("discarded"));
                Some(Sealed::Discarded(made.why))
            }
            Act::Store { made, plan, rows } => {
                let Some(id) = report::insert(tx.conn(), &made)? else { return Ok(None) };
                for planned in plan.destinations {
                    destination::insert(tx.conn(), &planned.row(id, &made, made.sealed))?;
                }
                if rows.is_some() {
                    done(tx, Some(&plan.rua))?;
                }
                tracing::info!(
                    domain = subject.policy_domain,
                    kind = subject.kind.as_str(),
                    day = subject.day.to_string(),
                    report_id = made.name,
                    "tls report is sealed"
                );
                tx.on_commit(move || reports.count("sealed"));
                Some(Sealed::New(id))
            }
        })
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
            let made = Box::new(self.make(subject, &plan, part, extra.as_str(), until, now));
            let again = Plan {
                submitter: plan.submitter.clone(),
                destinations: std::mem::take(&mut plan.destinations),
                rua: Vec::new(),
                policies: Vec::new(),
            };
            plan.destinations = again.destinations.iter().map(Planned::again).collect();
            let job = Job { at: 0, subject: subject.clone(), due: now };
            let (act, mut sealed) = (Act::Store { made, plan: again, rows: None }, Vec::new());
            self.act(vec![(job, act)], &mut sealed).await?;
            if let Some((_, Sealed::New(id))) = sealed.pop() {
                return Ok(Some(id));
            }
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
            variant: String::new(),
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

    /// Takes rows out of what waits because they are too old. History tells of those that were worth a report.
    pub(crate) async fn discard_stale(&self, jobs: Vec<Job>) -> Result<(), Error> {
        if jobs.is_empty() {
            return Ok(());
        }
        let why = match submitter(&self.0.options.config.load()) {
            Ok(_) => "the day ended too long ago".to_owned(),
            Err(why) => format!("the day ended too long ago: {why}"),
        };
        let known = self.look(jobs.iter().map(|job| job.subject.clone()).collect()).await?;
        let act = |(job, known): (Job, Known)| {
            let act = match known.is_worth_a_report(self.0.options.success_too)
                && job.subject.kind == Kind::Domain
            {
                true => {
                    Act::Discard { made: Box::new(self.none_made(&job.subject, why.clone())), rows: None }
                }
                false => Act::Clear { why: why.clone(), rows: None },
            };
            (job, act)
        };
        let acts = jobs.into_iter().zip(known).map(act).collect();
        self.act(acts, &mut Vec::new()).await.map(drop)
    }

    /// What history says of results that were discarded.
    fn none_made(&self, subject: &Subject, why: String) -> Made {
        let now = self.0.seams.clock.now();
        Made {
            id: 0,
            kind: subject.kind,
            policy_domain: subject.policy_domain.clone(),
            start: subject.day.start(),
            variant: String::new(),
            part: 0,
            until: subject.period().1,
            note: String::new(),
            name: String::new(),
            submitter: String::new(),
            file_name: String::new(),
            document: None,
            sealed: now,
            due: now,
            why,
            successful: 0,
            failed: 0,
        }
    }
}

impl Act {
    fn rows(&self) -> Option<&Rows> {
        match self {
            Act::Before(_) => None,
            Act::Clear { rows, .. } | Act::Discard { rows, .. } | Act::Store { rows, .. } => rows.as_ref(),
        }
    }
}

/// What a task answered; its panic goes on here.
pub(crate) fn joined<T>(done: Result<T, JoinError>) -> Result<T, Error> {
    done.map_err(|error| match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(_) => Error::Damaged("a task was ended".to_owned()),
    })
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
