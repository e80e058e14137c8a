//! Decides for one policy domain and one day whether there are reports, what they say and where they go. Asks DNS,
//! changes nothing: a preview asks the same.

use mox_address::Domain;
use mox_clock::{Day, Timestamp};
use mox_db::ReadTx;
use mox_store::{Error, Store};
use mox_tlsrpt::PolicyResult;

use crate::Reports;
use crate::dmarc::document::Told;
use crate::kind::Kind;
use crate::place::Place;
use crate::tables::destination::State;
use crate::tables::evaluation::Asked;
use crate::tables::report::Made;
use crate::tables::result::Found;
use crate::tables::{evaluation, report, result, suppress};

/// What a report is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Subject {
    pub(crate) kind: Kind,
    pub(crate) policy_domain: String,
    pub(crate) day: Day,
}

/// What was decided.
pub(crate) enum Decision {
    /// There is nothing to tell, and why.
    Nothing(String),
    /// It cannot be said now, and why.
    Later(String),
    /// Nobody wants it, and why.
    Discard(String),
    /// There is a report.
    Send(Plan),
}

/// Reports that can be made.
#[derive(Clone)]
pub(crate) struct Plan {
    pub(crate) submitter: Domain,
    pub(crate) destinations: Vec<Planned>,
    /// Destinations as a set, to compare.
    pub(crate) rua: Vec<String>,
    pub(crate) content: Content,
}

/// What they say.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    /// One report with these policies.
    Tls(Vec<PolicyResult>),
    /// A report for each policy as published, and part of its rows.
    Dmarc(Told),
}

/// Where a report would go, or not.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    pub(crate) place: Place,
    /// Sealed, suppressed or withheld.
    pub(crate) state: State,
    pub(crate) why: String,
}

/// What the database has about a subject.
pub(crate) struct Known {
    /// The first report of the whole day, or that its results were discarded.
    pub(crate) made: Option<Made>,
    pub(crate) waiting: Waiting,
    /// Some address gets no reports now.
    pub(crate) suppressing: bool,
}

/// What waits.
pub(crate) enum Waiting {
    Tls(Vec<Found>),
    Dmarc(Vec<Asked>),
}

/// Which rows of the day a report was made of: ids and versions.
pub(crate) type Rows = Vec<(i64, i64)>;

impl Known {
    pub(crate) fn versions(&self) -> Rows {
        match &self.waiting {
            Waiting::Tls(rows) => rows.iter().map(|row| (row.id, row.version)).collect(),
            Waiting::Dmarc(rows) => rows.iter().map(|row| (row.id, row.messages)).collect(),
        }
    }

    /// Whether history should tell that there will be no report.
    pub(crate) fn is_worth_a_report(&self, success_too: bool) -> bool {
        match &self.waiting {
            Waiting::Tls(rows) => {
                let failed = rows.iter().flat_map(|row| &row.results).any(PolicyResult::has_failure);
                rows.iter().any(|row| row.send_report) && (failed || success_too)
            }
            Waiting::Dmarc(rows) => rows.iter().any(|row| row.reasons > 0),
        }
    }
}

impl Subject {
    pub(crate) fn new(kind: Kind, policy_domain: impl Into<String>, day: Day) -> Subject {
        Subject { kind, policy_domain: policy_domain.into(), day }
    }

    /// First and last second of the day.
    pub(crate) fn period(&self) -> (Timestamp, Timestamp) {
        let end = Timestamp::from_secs(self.day.next().start().secs().saturating_sub(1));
        (self.day.start(), end)
    }
}

impl Reports {
    /// What is to be done about a subject, and the rows that say so. `insist`: an operator wants it, whatever was
    /// collected.
    pub(crate) async fn decide(&self, subject: &Subject, insist: bool) -> Result<(Decision, Rows), Error> {
        let Some(known) = self.look(vec![subject.clone()]).await?.pop() else {
            return Ok((Decision::Nothing("nothing was collected".to_owned()), Rows::new()));
        };
        let versions = known.versions();
        Ok((self.judge(subject, known, insist).await?, versions))
    }

    /// What the database has about subjects, in their order.
    pub(crate) async fn look(&self, subjects: Vec<Subject>) -> Result<Vec<Known>, Error> {
        let now = self.0.seams.clock.now();
        let read = move |_: &Store, tx: &ReadTx<'_>| {
            let suppressing = suppress::any_after(tx.conn(), now)?;
            let look = |s: Subject| {
                let waiting = match s.kind {
                    Kind::Domain | Kind::Host => {
                        let is_host = s.kind == Kind::Host;
                        Waiting::Tls(result::of(tx.conn(), is_host, &s.policy_domain, s.day)?)
                    }
                    Kind::Dmarc => Waiting::Dmarc(evaluation::of(tx.conn(), &s.policy_domain, s.day)?),
                };
                let made = report::find(tx.conn(), s.kind, &s.policy_domain, s.day.start(), 0)?;
                Ok(Known { made, waiting, suppressing })
            };
            subjects.into_iter().map(look).collect()
        };
        self.0.store.read(read).await
    }

    /// Decides by what is known.
    pub(crate) async fn judge(
        &self,
        subject: &Subject,
        known: Known,
        insist: bool,
    ) -> Result<Decision, Error> {
        match known.waiting {
            Waiting::Tls(rows) => self.judge_tls(subject, rows, known.suppressing, insist).await,
            Waiting::Dmarc(rows) => self.judge_dmarc(subject, rows, known.suppressing, insist).await,
        }
    }

    /// Destinations, and which of them get nothing now. `suppressing`: there may be such.
    pub(crate) async fn planned(&self, places: Vec<Place>, suppressing: bool) -> Result<Vec<Planned>, Error> {
        if !suppressing {
            return Ok(places.into_iter().map(|place| planned(place, None)).collect());
        }
        let now = self.0.seams.clock.now();
        let plan = move |_: &Store, tx: &ReadTx<'_>| {
            let mut all = Vec::new();
            for place in places {
                let found = suppress::active(tx.conn(), &place.address, now)?;
                all.push(planned(place, found));
            }
            Ok::<_, Error>(all)
        };
        self.0.store.read(plan).await
    }
}

/// What becomes of a destination.
fn planned(place: Place, found: Option<suppress::Suppressed>) -> Planned {
    let (state, why) = match found {
        _ if place.host.is_empty() => {
            (State::Withheld, "reports go to mailto: and https: URIs only".to_owned())
        }
        Some(found) => (State::Suppressed, suppressed(&found)),
        None => (State::Sealed, String::new()),
    };
    Planned { place, state, why }
}

/// A sentence for history.
pub(crate) fn suppressed(found: &suppress::Suppressed) -> String {
    let comment = if found.comment.is_empty() { String::new() } else { format!(": {}", found.comment) };
    format!("suppressed until {}{comment}", found.until)
}

/// Why there is nowhere to send a report.
pub(crate) enum Unpublished {
    Later(String),
    Absent(String),
    Unusable(String),
}
