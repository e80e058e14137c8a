//! When things are done: a day is sealed some minutes after it is over, or at the start of the server; what had to wait
//! is looked at every hour; what is sealed is handed over within hours, one after another; old things are forgotten.
//!
//! The clock may be set at any time: nothing here counts on it going on as before, and what is due is asked of the
//! database. RFC 8460 §4.1 (days), §5.4 (delays).

use std::sync::atomic::Ordering;
use std::time::Duration;

use mox_admin::ops::ReportFamily;
use mox_clock::{Day, Timestamp, random_below};
use mox_db::{ReadTx, Tx};
use mox_store::{Error, Store};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::Reports;
use crate::decide::Subject;
use crate::kind::Kind;
use crate::seal::{Job, Sealed, joined};
use crate::tables::{evaluation, report, result, suppress, waiting};
use crate::traffic;

/// Subjects that are decided about together: read from one snapshot, stored in one transaction.
const TOGETHER: usize = 64;
/// Groups of them at once, so that others go on while one waits for DNS.
const AT_ONCE: usize = 8;
/// No sleep is longer, in case the clock is set.
const LONGEST_SLEEP: Duration = Duration::from_secs(300);
/// Wait after an error of the database.
const AFTER_ERROR: Duration = Duration::from_secs(60);
/// How long what is under way may go on after shutdown was asked for.
const GRACE: Duration = Duration::from_secs(10);
/// Rows forgotten in one transaction.
const CHUNK: u16 = 500;
/// Rows that are changed in one transaction where there may be very many, while mail arrives.
const FEW: u16 = 64;
/// How long failures of an address are remembered.
const REMEMBER: Duration = Duration::from_secs(180 * 86_400);

impl Reports {
    /// Makes and sends reports until `shutdown` is true or its sender is gone.
    pub async fn run(self, mut shutdown: watch::Receiver<bool>) {
        let asked = async {
            // An error means that nobody is left to ask.
            let _ = shutdown.wait_for(|asked| *asked).await;
            self.0.stopping.store(true, Ordering::Relaxed);
        };
        let work = self.work();
        tokio::pin!(asked, work);
        tokio::select! {
            biased;
            () = &mut asked => {}
            () = &mut work => return,
        }
        self.0.wake.notify_one();
        tokio::select! {
            () = work => {}
            () = self.0.seams.clock.sleep(GRACE) => {}
        }
    }

    async fn work(&self) {
        let mut pass = self.first_pass();
        while !self.0.stopping.load(Ordering::Relaxed) {
            let next = match self.step(&mut pass).await {
                Ok(next) => next,
                Err(error) => {
                    tracing::error!(%error, "reports");
                    pass = pass.max(self.0.seams.clock.now().plus(AFTER_ERROR));
                    None
                }
            };
            let now = self.0.seams.clock.now();
            let due = next.map_or(pass, |next| next.min(pass));
            let sleep = due.since(now).clamp(Duration::from_millis(100), LONGEST_SLEEP);
            tokio::select! {
                () = self.0.seams.clock.sleep(sleep) => {}
                () = self.0.wake.notified() => {}
            }
        }
    }

    /// When days are looked at first: now, unless this day has just begun.
    pub(crate) fn first_pass(&self) -> Timestamp {
        let now = self.0.seams.clock.now();
        now.max(self.earliest(now.day()))
    }

    /// Nothing about the day before is sealed earlier.
    fn earliest(&self, day: Day) -> Timestamp {
        let options = &self.0.options;
        let jitter = u64::try_from(options.first_jitter.as_micros()).unwrap_or(0);
        let jitter = Duration::from_micros(random_below(&*self.0.seams.random, jitter));
        day.start().plus(options.first_wait).plus(jitter)
    }

    /// One turn: seals when it is time, hands over what is due; answers when the next hand-over is. `pass` is when days
    /// are looked at next.
    pub(crate) async fn step(&self, pass: &mut Timestamp) -> Result<Option<Timestamp>, Error> {
        let now = self.0.seams.clock.now();
        let set_back = *pass > now.plus(Day::LENGTH);
        let looked = if now >= *pass || set_back { self.look_at_days(pass).await } else { Ok(()) };
        // What was sealed before leaves, even if nothing new can be.
        let next = self.hand_over_due().await?;
        looked.map(|()| next)
    }

    async fn look_at_days(&self, pass: &mut Timestamp) -> Result<(), Error> {
        let now = self.0.seams.clock.now();
        let again = now.plus(self.0.options.again);
        self.drop_what_is_off().await?;
        self.seal_due().await?;
        self.forget().await?;
        // Hourly, and at the turn of the day as soon as its first minutes are over.
        let midnight = again.day().start();
        *pass = if midnight > now { self.earliest(again.day()) } else { again };
        Ok(())
    }

    /// Takes days out of what waits that no report will be made of, because their family is off.
    pub(crate) async fn drop_what_is_off(&self) -> Result<(), Error> {
        let yesterday = self.0.seams.clock.now().day().previous();
        for kind in Kind::ALL.into_iter().filter(|kind| !self.is_on(kind.family())) {
            let read = move |_: &Store, tx: &ReadTx<'_>| {
                waiting::groups(tx.conn(), kind, Day::from_number(i64::MIN), yesterday)
            };
            let days = self.0.store.read(read).await?;
            for some in days.chunks(TOGETHER) {
                let some = some.to_vec();
                let write = move |_: &Store, tx: &mut Tx<'_>| {
                    let drop =
                        |(domain, day): &(String, Day)| waiting::done(tx.conn(), kind, domain, *day, None);
                    some.iter().try_for_each(drop)
                };
                self.0.store.write(write).await?;
            }
        }
        Ok(())
    }

    /// Decides about every day that is over, and says when what was sealed is handed over.
    ///
    /// Part of [`Reports::run`].
    pub async fn seal_due(&self) -> Result<(), Error> {
        let now = self.0.seams.clock.now();
        let (mut tls, mut dmarc) = (Vec::new(), Vec::new());
        for kind in Kind::ALL.into_iter().filter(|kind| self.is_on(kind.family())) {
            let yesterday = now.day().previous();
            let read = move |_: &Store, tx: &ReadTx<'_>| {
                let mut ready = Vec::new();
                for (domain, day) in waiting::groups(tx.conn(), kind, Day::from_number(i64::MIN), yesterday)?
                {
                    if kind != Kind::Host || !result::domains_open(tx.conn(), &domain, day)? {
                        ready.push(Subject::new(kind, domain, day));
                    }
                }
                Ok::<_, Error>(ready)
            };
            let sealed = self.seal_all(self.0.store.read(read).await?).await?;
            match kind.family() {
                ReportFamily::Tls => tls.extend(sealed),
                ReportFamily::Dmarc => dmarc.extend(sealed),
            }
        }
        self.pace(tls, self.0.options.spread).await?;
        self.pace(dmarc, self.0.options.dmarc_spread).await?;
        self.sweep().await
    }

    /// Seals subjects, some at once; answers the reports in their order.
    async fn seal_all(&self, subjects: Vec<Subject>) -> Result<Vec<i64>, Error> {
        let mut sealed = Vec::new();
        let mut tasks = JoinSet::new();
        let mut jobs = subjects.into_iter().enumerate();
        loop {
            while tasks.len() < AT_ONCE && !self.0.stopping.load(Ordering::Relaxed) {
                let some: Vec<_> = jobs.by_ref().take(TOGETHER).collect();
                if some.is_empty() {
                    break;
                }
                let reports = self.clone();
                tasks.spawn(async move { reports.seal_each(some).await });
            }
            let Some(done) = tasks.join_next().await else { break };
            sealed.extend(joined(done)??);
        }
        sealed.sort_unstable();
        Ok(sealed.into_iter().map(|(_, id)| id).collect())
    }

    /// Seals days, or discards them. Where that fails for a reason that lies in one of them, the others go on.
    async fn seal_each(&self, subjects: Vec<(usize, Subject)>) -> Result<Vec<(usize, i64)>, Error> {
        match self.seal_or_discard(subjects.clone()).await {
            Err(error) if !error.is_temporary() => {}
            done => return done,
        }
        let mut sealed = Vec::new();
        for one in subjects {
            let (domain, day) = (one.1.policy_domain.clone(), one.1.day.to_string());
            match self.seal_or_discard(vec![one]).await {
                Err(error) if !error.is_temporary() => {
                    tracing::error!(%error, domain, day, "a report cannot be made");
                }
                done => sealed.extend(done?),
            }
        }
        Ok(sealed)
    }

    /// Seals days, or discards what has waited for too long; answers the reports with their places.
    async fn seal_or_discard(&self, subjects: Vec<(usize, Subject)>) -> Result<Vec<(usize, i64)>, Error> {
        let now = self.0.seams.clock.now();
        // Until the order of all is known, each has a time by chance.
        let options = &self.0.options;
        let spread = match subjects.first().map(|(_, subject)| subject.kind.family()) {
            Some(ReportFamily::Dmarc) => options.dmarc_spread,
            _ => options.spread,
        };
        let spread = u64::try_from(spread.as_micros()).unwrap_or(0);
        let mut jobs = Vec::with_capacity(subjects.len());
        for (at, subject) in subjects {
            let wait = Duration::from_micros(random_below(&*self.0.seams.random, spread));
            jobs.push(Job { at, subject, due: now.plus(wait) });
        }
        let is_stale = |job: &Job| now.since(job.subject.day.next().start()) > self.0.options.stale;
        let (stale, jobs) = jobs.into_iter().partition(is_stale);
        self.discard_stale(stale).await?;
        let sealed = self.seal_some(jobs).await?.into_iter();
        Ok(sealed
            .flat_map(|(at, sealed)| match sealed {
                Sealed::New(ids) => ids.into_iter().map(|id| (at, id)).collect(),
                Sealed::Later(why) => {
                    tracing::debug!(reason = why, "what was collected waits");
                    Vec::new()
                }
                _ => Vec::new(),
            })
            .collect())
    }

    /// Gives each report its time, in order.
    async fn pace(&self, sealed: Vec<i64>, spread: Duration) -> Result<(), Error> {
        let sealed = self.in_turns(sealed).await?;
        let (now, options) = (self.0.seams.clock.now(), &self.0.options);
        let Ok(count) = u32::try_from(sealed.len()) else { return Ok(()) };
        let Some(gap) = spread.checked_div(count).map(|gap| gap.min(options.longest_gap)) else {
            return Ok(());
        };
        for (chunk, first) in sealed.chunks(usize::from(FEW)).zip((0u32..).step_by(usize::from(FEW))) {
            let chunk = chunk.to_vec();
            let write = move |_: &Store, tx: &mut Tx<'_>| {
                for (id, at) in chunk.into_iter().zip(first..) {
                    report::set_due(tx.conn(), id, now.plus(gap.saturating_mul(at)))?;
                }
                Ok::<_, Error>(())
            };
            self.0.store.write(write).await?;
        }
        Ok(())
    }

    /// Removes the rows of reports that were decided, some at a time: mail that arrives meanwhile does not wait long.
    async fn sweep(&self) -> Result<(), Error> {
        if !self.0.store.read(|_, tx| evaluation::any_swept(tx.conn())).await? {
            return Ok(());
        }
        while !self.0.stopping.load(Ordering::Relaxed) {
            let write = |_: &Store, tx: &mut Tx<'_>| evaluation::sweep(tx.conn(), FEW.into());
            if !self.0.store.write(write).await? {
                break;
            }
        }
        Ok(())
    }

    /// Forgets history and suppressions that are old enough.
    pub(crate) async fn forget(&self) -> Result<(), Error> {
        let now = self.0.seams.clock.now();
        let before = now.minus(self.0.options.keep_history);
        let read = move |_: &Store, tx: &ReadTx<'_>| {
            Ok::<_, Error>(
                report::any_before(tx.conn(), before)?
                    || suppress::any_before(tx.conn(), now.minus(REMEMBER))?
                    || traffic::any_old(tx.conn(), now.day())?,
            )
        };
        if !self.0.store.read(read).await? {
            return Ok(());
        }
        loop {
            let write = move |_: &Store, tx: &mut Tx<'_>| {
                suppress::forget(tx.conn(), now.minus(REMEMBER))?;
                traffic::forget_old(tx.conn(), now.day())?;
                report::forget(tx.conn(), before, CHUNK.into())
            };
            if self.0.store.write(write).await? < usize::from(CHUNK) {
                return Ok(());
            }
        }
    }
}
