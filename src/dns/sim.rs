//! A resolver that answers from zone-like text, for tests and simulated stories.
//!
//! One record a line: `NAME TYPE DATA [; FLAG]...`, `#` begins a comment line. Everything is signed (authentic)
//! unless flagged. Flags hold for the name and type of their line, and for every type of the name with the type
//! `ANY`; the data may be missing then: `; insecure`, `; bogus`, `; expired`, `; servfail`, `; delay SECONDS`.
//! `*.example.org.` answers for names below that do not exist otherwise. `NAME ZONE` is for [`crate::signed`]; here it
//! only makes the name exist, and flags on it are as with `ANY`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mox_clock::Clock;

use crate::name::normalize;
use crate::zonetext::{self, Flags, Line, Of};
use crate::{Answer, BoxFuture, Error, ExtendedError, MAX_CNAMES, Record, RecordType, Resolver};

/// TTL of everything the simulation answers.
pub const TTL: Duration = Duration::from_secs(300);

/// A resolver over zone text; by default none, so that no name exists. Cloning gives another handle to the same zones.
#[derive(Clone, Default)]
pub struct SimResolver {
    state: Arc<Mutex<State>>,
    clock: Option<Arc<dyn Clock>>,
}

#[derive(Default)]
struct State {
    records: BTreeMap<String, Vec<Record>>,
    /// How many names with records are below a name: it exists then, with or without records of its own.
    below: BTreeMap<String, usize>,
    flags: BTreeMap<(String, Option<RecordType>), Flags>,
    queries: Vec<(String, RecordType)>,
    /// The questions are not noted.
    forgetting: bool,
}

impl SimResolver {
    /// Reads zone text; the error says which line is wrong.
    pub fn from_zone(text: &str) -> Result<SimResolver, String> {
        let sim = SimResolver { state: Arc::default(), clock: None };
        sim.add(text)?;
        Ok(sim)
    }

    /// Sleeps delays on this clock; without one a delayed answer is a timeout.
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> SimResolver {
        SimResolver { clock: Some(clock), ..self }
    }

    /// Adds more zone text.
    pub fn add(&self, text: &str) -> Result<(), String> {
        let mut state = self.state();
        for line in zonetext::lines(text) {
            state.add_line(line?);
        }
        Ok(())
    }

    /// Forgets the records and flags of a name.
    pub fn remove(&self, name: &str) {
        if let Ok(name) = normalize(name) {
            let mut state = self.state();
            if state.records.remove(&name).is_some() {
                state.count_above(&name, |count| count.saturating_sub(1));
            }
            state.flags.retain(|(flagged, _), _| *flagged != name);
        }
    }

    /// Does not note what is asked, for a resolver that runs for long.
    pub fn forgetting(self) -> SimResolver {
        self.state().forgetting = true;
        self
    }

    /// What was asked since the beginning, in order.
    pub fn queries(&self) -> Vec<(String, RecordType)> {
        self.state().queries.clone()
    }

    /// How many questions were asked since the beginning.
    pub fn query_count(&self) -> usize {
        self.state().queries.len()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn add_line(&mut self, line: Line) {
        let kind = match line.of {
            Of::Type(kind) => Some(kind),
            Of::Any | Of::Zone => None,
        };
        if line.flags.is_some() || line.of == Of::Zone {
            let flags = self.flags.entry((line.name.clone(), kind)).or_default();
            *flags = flags.and(line.flags.unwrap_or_default());
        }
        if let Some(record) = line.record {
            if !self.records.contains_key(&line.name) {
                self.count_above(&line.name, |count| count.saturating_add(1));
            }
            self.records.entry(line.name).or_default().push(record);
        }
    }

    /// Changes the counts of all names above one.
    fn count_above(&mut self, name: &str, change: impl Fn(usize) -> usize) {
        let mut at = name;
        while let Some((_, above)) = at.split_once('.') {
            let count = self.below.entry(above.to_owned()).or_default();
            *count = change(*count);
            at = above;
        }
    }

    fn flags(&self, name: &str, kind: RecordType) -> Flags {
        let of = |kind| self.flags.get(&(name.to_owned(), kind)).copied().unwrap_or_default();
        of(Some(kind)).and(of(None))
    }

    /// The records of a name, its own or those of the wildcard above it; none when it does not exist.
    fn find(&self, name: &str) -> Option<&[Record]> {
        if let Some(records) = self.records.get(name) {
            return Some(records);
        }
        let has_flags =
            self.flags.range((name.to_owned(), None)..).next().is_some_and(|((n, _), _)| n == name);
        if has_flags || self.below.get(name).is_some_and(|count| *count > 0) {
            return Some(&[]);
        }
        let mut parent = name;
        while let Some((_, rest)) = parent.split_once('.') {
            if let Some(records) = self.records.get(&format!("*.{rest}")) {
                return Some(records);
            }
            parent = rest;
        }
        None
    }

    /// The answer, and how long to wait before giving it.
    fn answer(&mut self, name: &str, kind: RecordType) -> (Duration, Result<Answer, Error>) {
        if !self.forgetting {
            self.queries.push((name.to_owned(), kind));
        }
        let mut at = name.to_owned();
        let (mut authentic, mut delay, mut cnames) = (true, Duration::ZERO, Vec::new());
        let mut seen = BTreeSet::new();
        loop {
            let flags = self.flags(&at, kind);
            delay = delay.saturating_add(flags.delay);
            authentic &= !flags.insecure;
            if flags.servfail {
                return (delay, Err(Error::temporary("simulated server failure")));
            }
            if flags.bogus || flags.expired {
                let (code, text) = (if flags.bogus { 6 } else { 7 }, String::new());
                return (delay, Err(Error::Bogus { extended: Some(ExtendedError { code, text }) }));
            }
            let Some(records) = self.find(&at) else {
                return (delay, Err(Error::NxDomain { authentic, ttl: TTL }));
            };
            let found: Vec<Record> = records.iter().filter(|r| r.kind() == kind).cloned().collect();
            if !found.is_empty() {
                let answer = Answer { records: found, ttl: TTL, authentic, expanded_name: at, cnames };
                return (delay, Ok(answer));
            }
            let target = records.iter().find_map(|record| match record {
                Record::Cname(target) => Some(target.clone()),
                _ => None,
            });
            let Some(target) = target else {
                return (delay, Err(Error::NoData { authentic, ttl: TTL }));
            };
            if !seen.insert(target.clone()) || seen.len() > MAX_CNAMES {
                return (delay, Err(Error::temporary("cname chain is too long or a loop")));
            }
            cnames.push(std::mem::replace(&mut at, target));
        }
    }
}

impl Resolver for SimResolver {
    fn lookup(&self, name: &str, kind: RecordType) -> BoxFuture<'_, Result<Answer, Error>> {
        let name = normalize(name);
        Box::pin(async move {
            let (delay, answer) = self.state().answer(&name?, kind);
            match &self.clock {
                _ if delay.is_zero() => {}
                Some(clock) => clock.sleep(delay).await,
                None => return Err(Error::temporary("simulated timeout")),
            }
            answer
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_clock::Timestamp;
    use mox_clock::sim::SimClock;

    #[tokio::test]
    async fn zones_flags_chains_and_wildcards() {
        let sim = SimResolver::from_zone(
            "
            # a comment
            a.example. A 192.0.2.1
            c.example. CNAME d.example. ; insecure
            d.example. CNAME a.example.
            loop.example. CNAME pool.example.
            pool.example. CNAME loop.example.
            *.wild.example. TXT \"a; b\"
            x.y.ent.example. A 192.0.2.9
            bad.example. A 192.0.2.2 ; bogus
            fail.example. ANY ; servfail
            ",
        )
        .unwrap();
        let a = sim.lookup("A.example.", RecordType::A).await.unwrap();
        assert!(a.authentic && a.cnames.is_empty());
        let c = sim.lookup("c.example", RecordType::A).await.unwrap();
        assert_eq!(c.cnames, ["c.example", "d.example"]);
        assert_eq!(c.records, a.records);
        assert!(c.authentic, "the flag was on the CNAME type only");
        let wild = sim.lookup("q.w.wild.example", RecordType::Txt).await.unwrap();
        assert_eq!(wild.records, [Record::Txt(b"a; b".to_vec())]);
        let no = |r: Result<Answer, Error>| r.unwrap_err();
        assert!(matches!(no(sim.lookup("loop.example", RecordType::A).await), Error::Temporary { .. }));
        assert!(matches!(
            no(sim.lookup("ent.example", RecordType::A).await),
            Error::NoData { authentic: true, .. }
        ));
        assert!(matches!(no(sim.lookup("nx.example", RecordType::A).await), Error::NxDomain { .. }));
        assert!(matches!(no(sim.lookup("bad.example", RecordType::A).await), Error::Bogus { .. }));
        assert!(matches!(no(sim.lookup("bad.example", RecordType::Mx).await), Error::NoData { .. }));
        assert!(matches!(no(sim.lookup("fail.example", RecordType::Mx).await), Error::Temporary { .. }));
        assert_eq!(sim.query_count(), 9);
        sim.remove("x.y.ent.example");
        assert!(matches!(no(sim.lookup("ent.example", RecordType::A).await), Error::NxDomain { .. }));
        for bad in [
            "a.example. A",
            "a.example. FOO x",
            "a.example. ANY x",
            "a.example. A 192.0.2.1 ; odd",
            "a..b A 192.0.2.1",
        ] {
            assert!(SimResolver::from_zone(bad).is_err(), "{bad}");
        }
    }

    #[tokio::test]
    async fn delays_sleep_on_the_clock() {
        let sim = SimResolver::from_zone("slow.example. A 192.0.2.1 ; delay 5").unwrap();
        assert!(sim.lookup("slow.example", RecordType::A).await.unwrap_err().is_temporary());
        let clock = SimClock::new(Timestamp::from_secs(0));
        let sim = sim.with_clock(Arc::new(clock.clone()));
        let answer = sim.lookup("slow.example", RecordType::A);
        let (answer, ()) = tokio::join!(answer, async {
            while clock.until_next_sleeper().is_none() {
                tokio::task::yield_now().await;
            }
            clock.advance(Duration::from_secs(5));
        });
        assert!(answer.is_ok());
    }
}
