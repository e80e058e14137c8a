//! Turns a day's rows into a report, in one transaction with a unique key; and what is done about days without one.
//! Where one report cannot tell all of it, its parts are made together.
//!
//! Many days share a snapshot, and some of them a transaction. Documents are written before it, and it sees to it that
//! the rows are still those they were written of. An extra report (of a day not over, a test copy, a sample) has a number
//! of its own and leaves the rows alone.
//! RFC 8460 §4.4 (report-id), §5.1, RFC 9990 §3.5.1.

use std::hash::{DefaultHasher, Hash, Hasher};

use mox_clock::Timestamp;
use mox_db::Tx;
use mox_store::{Error, Store};
use tokio::task::{JoinError, JoinSet};

use crate::Reports;
use crate::decide::{Content, Decision, Known, Plan, Planned, Rows, Subject};
use crate::kind::{Kind, Point};
use crate::submitter::submitter;
use crate::tables::destination::{self, Destination};
use crate::tables::report::{self, Made};
use crate::tables::waiting;

/// Times that a report is written anew because its rows changed meanwhile.
const TRIES: usize = 5;
/// Days of a group that are decided about at once: sessions would wait for a runtime that has many tasks.
const AT_ONCE: usize = 16;
/// Days about DMARC that are stored in one transaction.
const FEW: usize = 4;

/// What became of a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sealed {
    /// Reports were made: their ids here.
    New(Vec<i64>),
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
        made: Vec<Made>,
        plan: Plan,
        rows: Option<Rows>,
    },
}

/// What tells one report of a subject from others.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Naming {
    /// 0 for the whole period, else the number of an extra report.
    pub(crate) part: u32,
    /// Of an extra report: what it is.
    pub(crate) note: &'static str,
    /// Last second of the period.
    pub(crate) until: Timestamp,
    /// When it is handed over.
    pub(crate) due: Timestamp,
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
        let (mut tasks, mut all) = (JoinSet::new(), Vec::with_capacity(jobs.len()));
        for (job, known) in jobs.into_iter().zip(known) {
            if tasks.len() >= AT_ONCE
                && let Some(done) = tasks.join_next().await
            {
                all.push(joined(done)??);
            }
            let reports = self.clone();
            tasks.spawn(async move {
                let decided = reports.decide_act(&job, known).await?;
                Ok::<_, Error>((job, decided))
            });
        }
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
                let naming = Naming { part: 0, note: "", until: subject.period().1, due: job.due };
                Act::Store { made: self.make(subject, &plan, &naming).await?, plan, rows }
            }
        }))
    }

    /// The transactions; answers those whose rows are others by now.
    async fn act(&self, acts: Vec<(Job, Act)>, sealed: &mut Vec<(usize, Sealed)>) -> Result<Vec<Job>, Error> {
        let mut again = Vec::new();
        let mut acts = acts.into_iter().peekable();
        while let Some((job, _)) = acts.peek() {
            // There may be very many about DMARC, at an hour when mail arrives: it must not wait for long.
            let is_dmarc = job.subject.kind == Kind::Dmarc;
            let some = acts.by_ref().take(if is_dmarc { FEW } else { usize::MAX }).collect();
            let turn = if is_dmarc { Some(self.0.storing.acquire().await) } else { None };
            again.extend(self.act_some(some, sealed).await?);
            drop(turn);
        }
        Ok(again)
    }

    async fn act_some(
        &self,
        acts: Vec<(Job, Act)>,
        sealed: &mut Vec<(usize, Sealed)>,
    ) -> Result<Vec<Job>, Error> {
        let stores = acts.iter().filter(|(_, act)| matches!(act, Act::Store { .. }));
        let kinds: Vec<Kind> = stores.map(|(job, _)| job.subject.kind).collect();
        self.reach(&kinds, Point::Sealing);
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
        self.reach(&kinds, Point::Sealed);
        Ok(again)
    }

    /// A point that is reached once for each report.
    pub(crate) fn reach(&self, kinds: &[Kind], point: Point) {
        kinds.iter().for_each(|kind| self.0.seams.faults.reach(kind.point(point)));
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
            waiting::done(tx.conn(), subject.kind, &subject.policy_domain, subject.day, rua)
        };
        Ok(match act {
            Act::Before(made) => {
                let (domain, day) = (&subject.policy_domain, subject.day.to_string());
                tracing::info!(domain, day, report_id = made.name, "what came after the report is dropped");
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
                let kind = subject.kind;
                tracing::info!(
                    domain = subject.policy_domain,
                    kind = kind.as_str(),
                    day,
                    reason = made.why,
                    "what was collected for a report is discarded"
                );
                tx.on_commit(move || reports.count(kind, "discarded"));
                Some(Sealed::Discarded(made.why))
            }
            Act::Store { made, plan, rows } => match self.store(tx, &made, &plan)? {
                None => return Ok(None),
                Some(ids) => {
                    if rows.is_some() {
                        done(tx, Some(&plan.rua))?;
                    }
                    Some(Sealed::New(ids))
                }
            },
        })
    }

    /// Stores reports with their destinations; none when there is one with the same key.
    fn store(&self, tx: &mut Tx<'_>, all: &[Made], plan: &Plan) -> Result<Option<Vec<i64>>, Error> {
        let mut ids = Vec::with_capacity(all.len());
        for made in all {
            // Nothing was stored so far: what there is of a subject was made together.
            let Some(id) = report::insert(tx.conn(), made)? else { return Ok(None) };
            for planned in &plan.destinations {
                destination::insert(tx.conn(), &planned.row(id, made, made.sealed))?;
            }
            ids.push(id);
            tracing::info!(
                domain = made.policy_domain,
                kind = made.kind.as_str(),
                day = made.day().to_string(),
                report_id = made.name,
                "report is sealed"
            );
            let (reports, kind) = (self.clone(), made.kind);
            tx.on_commit(move || reports.count(kind, "sealed"));
        }
        Ok(Some(ids))
    }

    /// The first report of the whole day, if there is one.
    pub(crate) async fn made(&self, subject: &Subject) -> Result<Option<Made>, Error> {
        let s = subject.clone();
        let find = move |_: &Store, tx: &mox_db::ReadTx<'_>| {
            report::find(tx.conn(), s.kind, &s.policy_domain, s.day.start(), 0)
        };
        self.0.store.read(find).await
    }

    /// Makes reports beside those of the day.
    pub(crate) async fn seal_extra(
        &self,
        subject: &Subject,
        plan: Plan,
        extra: Extra,
        until: Timestamp,
    ) -> Result<Option<Vec<i64>>, Error> {
        let now = self.0.seams.clock.now();
        for _ in 0..TRIES {
            let part = self.next_part(subject).await?;
            let naming = Naming { part, note: extra.as_str(), until, due: now };
            let made = self.make(subject, &plan, &naming).await?;
            let job = Job { at: 0, subject: subject.clone(), due: now };
            let (act, mut sealed) = (Act::Store { made, plan: plan.clone(), rows: None }, Vec::new());
            self.act(vec![(job, act)], &mut sealed).await?;
            if let Some((_, Sealed::New(ids))) = sealed.pop() {
                return Ok(Some(ids));
            }
        }
        Ok(None)
    }

    /// Number of the next extra report of a day.
    pub(crate) async fn next_part(&self, subject: &Subject) -> Result<u32, Error> {
        let s = subject.clone();
        let next = move |_: &Store, tx: &mox_db::ReadTx<'_>| {
            report::next_part(tx.conn(), s.kind, &s.policy_domain, s.day.start())
        };
        self.0.store.read(next).await
    }

    /// Writes the reports.
    pub(crate) async fn make(
        &self,
        subject: &Subject,
        plan: &Plan,
        naming: &Naming,
    ) -> Result<Vec<Made>, Error> {
        match &plan.content {
            Content::Tls(policies) => Ok(vec![self.make_tls(subject, &plan.submitter, policies, naming)]),
            Content::Dmarc(_) => {
                let (subject, plan, naming) = (subject.clone(), plan.clone(), *naming);
                self.quietly(move |reports| reports.make_dmarc(&subject, &plan, &naming)).await
            }
        }
    }

    /// The id in a report: letters and digits. The same for the same report, so that a preview shows it.
    pub(crate) fn name(&self, subject: &Subject, variant: &str, naming: &Naming) -> String {
        format!("{}{}", subject.day.to_string().replace('-', ""), self.unique(subject, variant, naming))
    }

    /// What tells the report from others of the same domain and period.
    pub(crate) fn unique(&self, subject: &Subject, variant: &str, naming: &Naming) -> String {
        let mut hasher = DefaultHasher::new();
        let host = self.0.options.config.load().server.hostname.clone();
        (host.ascii(), subject.kind.code(), &subject.policy_domain, subject.day.number()).hash(&mut hasher);
        if !variant.is_empty() {
            variant.hash(&mut hasher);
        }
        let unique = format!("{:016x}", hasher.finish());
        match naming.part {
            0 => unique,
            part => format!("{unique}{}{part}", naming.note),
        }
    }

    /// A report that says nothing yet.
    pub(crate) fn unmade(&self, subject: &Subject, submitter: &str, naming: &Naming) -> Made {
        Made {
            id: 0,
            kind: subject.kind,
            policy_domain: subject.policy_domain.clone(),
            start: subject.day.start(),
            variant: String::new(),
            part: naming.part,
            until: naming.until,
            note: naming.note.to_owned(),
            name: String::new(),
            submitter: submitter.to_owned(),
            file_name: String::new(),
            document: None,
            legacy: None,
            sealed: self.0.seams.clock.now(),
            due: naming.due,
            why: String::new(),
            successful: 0,
            failed: 0,
        }
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
            let act =
                match known.is_worth_a_report(self.0.options.success_too) && job.subject.kind != Kind::Host {
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

    /// What history says of what was discarded.
    fn none_made(&self, subject: &Subject, why: String) -> Made {
        let now = self.0.seams.clock.now();
        let naming = Naming { part: 0, note: "", until: subject.period().1, due: now };
        Made { why, ..self.unmade(subject, "", &naming) }
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
    Ok(waiting::versions(tx.conn(), subject.kind, &subject.policy_domain, subject.day)? == *rows)
}

impl Planned {
    /// As it is stored.
    fn row(&self, report: i64, made: &Made, now: Timestamp) -> Destination {
        Destination {
            id: 0,
            report,
            uri: self.place.uri.clone(),
            address: self.place.address.clone(),
            host: self.place.host.clone(),
            state: self.state,
            attempts: 0,
            next: made.due,
            first_attempt: None,
            queue_id: None,
            why: self.why.clone(),
            ended: (!self.state.is_open()).then_some(now),
        }
    }
}
