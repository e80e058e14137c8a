//! The certificates of one authority: which there are, which are wanted, when each is tried next.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mox_clock::{Clock, Random, Timestamp, random_below};
use mox_https::Client;
use mox_tls::{Certificate, CertifiedKey, Facts, KeyKind, PrivateKey};
use tokio::sync::Notify;

use crate::challenges::Challenges;
use crate::failure::{Failure, Kind};
use crate::order::{Method, Refusal, Wanted};
use crate::stored::Stored;
use crate::web::Web;
use crate::{Names, State, account, failure, renewal};

/// After a start the issuers of stored certificates are asked for advice within this time.
const FIRST_ADVICE: Duration = Duration::from_secs(3600);
/// No sleep is longer: wall time may step.
const LONGEST_SLEEP: Duration = Duration::from_secs(3600);

/// An authority and how it is dealt with.
#[derive(Clone)]
pub struct Options {
    /// As `mox.conf` names it.
    pub name: String,
    /// URL of its directory.
    pub directory: String,
    /// Address for its mail.
    pub contact: Option<String>,
    /// Name and key of an account elsewhere that the account here is bound to.
    pub binding: Option<(String, Vec<u8>)>,
    /// How long before its end a certificate is renewed, where the issuer does not say when.
    pub renew_before: Duration,
    /// Where account and certificates are kept.
    pub dir: PathBuf,
}

/// There can be no certificate for the name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not a name that certificates are had for")]
pub struct NoSuchName(pub String);

/// The certificates of one authority.
pub struct Acme {
    options: Options,
    web: Web,
    client: Client,
    stored: Stored,
    random: Arc<dyn Random>,
    challenges: Arc<Challenges>,
    inner: Mutex<Inner>,
    /// Something is to be done earlier than was known.
    changed: Notify,
}

/// One certificate: a name and a kind of key.
type Id = (String, KeyKind);

#[derive(Default)]
struct Inner {
    names: Names,
    entries: BTreeMap<Id, Entry>,
    /// The authority was not reached this many times in a row, and is left alone until then.
    away: u32,
    paused: Option<Timestamp>,
}

#[derive(Default)]
struct Entry {
    /// The key that was made for it; none where it was given or is still to be made.
    key: Option<PrivateKey>,
    certificate: Option<Certificate>,
    /// Somebody asked for it.
    wanted: bool,
    /// Somebody wants a new one now.
    forced: bool,
    renew_at: Option<Timestamp>,
    /// When the issuer wants it renewed.
    window: Option<(Timestamp, Timestamp)>,
    /// When the issuer is asked for advice.
    ask_at: Option<Timestamp>,
    failures: u32,
    failure: Option<Failure>,
    next_try: Option<Timestamp>,
}

/// What is to be done for a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Task {
    Order,
    Ask,
}

impl Acme {
    /// With what is stored; asks nobody.
    pub fn open(options: Options, client: Client, random: Arc<dyn Random>) -> Arc<Acme> {
        Arc::new(Acme {
            stored: Stored(options.dir.clone()),
            web: Web::new(client.clone()),
            options,
            client,
            random,
            challenges: Arc::default(),
            inner: Mutex::default(),
            changed: Notify::new(),
        })
    }

    /// Replaces the names that certificates may be had for. What is stored for new ones is read.
    pub fn set_names(&self, names: Names) {
        let mut inner = self.lock();
        let ids = names
            .all()
            .into_iter()
            .flat_map(|name| names.kinds(name).into_iter().map(move |kind| (name.to_owned(), kind)));
        let mut before = std::mem::take(&mut inner.entries);
        inner.entries = ids
            .map(|id| {
                let mut entry = before.remove(&id).unwrap_or_else(|| self.read(&names, &id));
                entry.wanted |= names.is_essential(&id.0);
                (id, entry)
            })
            .collect();
        inner.names = names;
        drop(inner);
        self.changed.notify_one();
    }

    fn read(&self, names: &Names, (name, kind): &Id) -> Entry {
        let given = names.key(name, *kind);
        let (key, certificate) = self.stored.certificate(name, *kind, given);
        let within = random_below(&*self.random, FIRST_ADVICE.as_secs());
        Entry {
            key: key.filter(|_| given.is_none()),
            wanted: certificate.is_some(),
            renew_at: certificate.as_ref().map(|c| renewal::by_age(c, self.options.renew_before)),
            ask_at: certificate.as_ref().map(|_| self.now().plus(Duration::from_secs(within))),
            certificate,
            ..Entry::default()
        }
    }

    /// Has and renews certificates, for ever; one after the other.
    pub async fn run(self: Arc<Self>) {
        loop {
            let now = self.now();
            match self.next() {
                Some((at, id, task)) if at <= now => match task {
                    Task::Order => self.order(&id).await,
                    Task::Ask => self.ask(&id).await,
                },
                next => {
                    let wait = next.map_or(LONGEST_SLEEP, |(at, ..)| at.since(now).min(LONGEST_SLEEP));
                    tokio::select! {
                        () = self.changed.notified() => {}
                        () = self.client.clock.sleep(wait) => {}
                    }
                }
            }
        }
    }

    /// Makes a new certificate of a name be had soon, whatever its age and whatever failed before.
    pub fn renew(&self, name: &str) -> Result<(), NoSuchName> {
        let mut inner = self.lock();
        let mut of_name = inner.entries.iter_mut().filter(|((found, _), _)| found == name).peekable();
        if of_name.peek().is_none() {
            return Err(NoSuchName(name.to_owned()));
        }
        of_name.for_each(|(_, entry)| entry.forced = true);
        drop(inner);
        self.changed.notify_one();
        Ok(())
    }

    /// How each name is served, in order of names.
    pub fn states(&self) -> Vec<State> {
        let inner = self.lock();
        let state = |((name, kind), entry): (&Id, &Entry)| {
            let open = entry.certificate.is_none() || entry.failure.is_some();
            let next = inner.due(entry).filter(|_| open).map(|(at, _)| at.max(self.now()));
            State {
                authority: self.options.name.clone(),
                name: name.clone(),
                key: kind.name(),
                essential: inner.names.is_essential(name),
                not_after: entry.certificate.as_ref().map(Certificate::not_after),
                renew_at: entry.renew_at,
                error: entry.failure.as_ref().map(|failure| failure.text.clone()),
                next_try: next,
                spki_sha256: entry.certificate.as_ref().map(Certificate::spki_sha256),
                facts: entry.certificate.as_ref().and_then(|c| Facts::of(c.chain().first()?)),
                window: entry.window,
            }
        };
        inner.entries.iter().map(state).collect()
    }

    /// The text that answers a check by http-01, while one of that name is expected.
    pub fn http01(&self, name: &str, token: &str) -> Option<String> {
        self.challenges.http(name, token)
    }

    #[cfg(test)]
    pub(crate) fn challenges(&self) -> &Arc<Challenges> {
        &self.challenges
    }

    pub(crate) fn challenge(&self, name: &str) -> Option<Arc<CertifiedKey>> {
        self.challenges.alpn(name)
    }

    /// The certificates of a name, ECDSA first. One that is allowed and not there is ordered now.
    pub(crate) fn certificates(&self, name: &str) -> Vec<Arc<CertifiedKey>> {
        let mut inner = self.lock();
        let mut found = Vec::new();
        let mut new = false;
        for kind in [KeyKind::Ecdsa, KeyKind::Rsa] {
            let Some(entry) = inner.entries.get_mut(&(name.to_owned(), kind)) else { continue };
            new |= !std::mem::replace(&mut entry.wanted, true);
            found.extend(entry.certificate.as_ref().map(Certificate::certified));
        }
        drop(inner);
        if new {
            tracing::info!(name, "a client asks for a name without a certificate, which is ordered now");
            self.changed.notify_one();
        }
        found
    }

    /// Whether there is a certificate.
    pub(crate) fn has(&self, name: &str) -> bool {
        let inner = self.lock();
        inner.entries.iter().any(|((found, _), entry)| found == name && entry.certificate.is_some())
    }

    /// The keys of a name, given or made.
    pub(crate) fn keys(&self, name: &str) -> Vec<PrivateKey> {
        let inner = self.lock();
        let given = inner.names.hosts.get(name).into_iter().flatten().cloned();
        let made = inner.entries.iter().filter(|((found, _), _)| found == name);
        given.chain(made.filter_map(|(_, entry)| entry.key.clone())).collect()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.client.clock.now()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> Option<(Timestamp, Id, Task)> {
        let mut inner = self.lock();
        inner.forget_the_far(self.now());
        let due = |(id, entry): (&Id, &Entry)| inner.due(entry).map(|(at, task)| (at, id.clone(), task));
        inner.entries.iter().filter_map(due).min_by_key(|(at, ..)| *at)
    }

    /// Asks the issuer when to renew.
    async fn ask(&self, id: &Id) {
        let Some(certificate) = self.lock().entries.get(id).and_then(|entry| entry.certificate.clone())
        else {
            return;
        };
        let advice = renewal::advice(&self.web, &self.options.directory, &certificate, &*self.random).await;
        let (now, mut inner) = (self.now(), self.lock());
        let Some(entry) = inner.entries.get_mut(id) else { return };
        entry.ask_at = Some(now.plus(advice.ask_in));
        entry.window = advice.window.or(entry.window);
        if let Some(renew_at) = advice.renew_at {
            tracing::debug!(name = id.0, at = %renew_at.rfc3339(), "the issuer says when to renew");
            entry.renew_at = Some(renew_at);
        }
    }

    async fn order(&self, id: &Id) {
        let result = self.obtain(id).await;
        let (now, mut inner) = (self.now(), self.lock());
        let away = match &result {
            Err(failure) if failure.kind == Kind::Away => inner.away.saturating_add(1),
            _ => 0,
        };
        inner.away = away;
        inner.paused = None;
        if let (1.., Err(failure)) = (away, &result) {
            inner.paused = Some(now.plus(failure.wait(away, &*self.random)));
        }
        let Some(entry) = inner.entries.get_mut(id) else { return };
        entry.forced = false;
        match result {
            Ok((key, certificate)) => {
                let until = certificate.not_after().rfc3339();
                tracing::info!(name = id.0, key = %id.1, until, authority = self.options.name, "certificate had");
                *entry = Entry::had(key, certificate, now, self.options.renew_before);
            }
            Err(failure) => entry.failed(id, failure, now, &*self.random),
        }
    }

    /// A new certificate, stored; with the key that was made for it.
    async fn obtain(&self, (name, kind): &Id) -> Result<(Option<PrivateKey>, Certificate), Failure> {
        self.look_up(name).await?;
        let (given, before) = {
            let inner = self.lock();
            let entry = inner.entries.get(&(name.clone(), *kind));
            let before = entry.and_then(|entry| entry.certificate.as_ref()).and_then(renewal::identifier);
            let made = entry.and_then(|entry| entry.key.clone());
            (
                inner.names.key(name, *kind).cloned().map(|key| (key, true)).or(made.map(|key| (key, false))),
                before,
            )
        };
        let (key, given) = match given {
            Some(found) => found,
            None => (PrivateKey::generate(*kind).map_err(Failure::here)?, false),
        };
        let chain = self.any_method(name, &key, before).await?;
        let certificate = key.with_chain(chain.as_bytes()).map_err(|e| Failure::refused(e.to_string()))?;
        if !certificate.names().contains(name) || certificate.not_after() <= self.now() {
            return Err(Failure::refused("it is not valid now, or not for this name".to_owned()));
        }
        let own = (!given).then_some(key);
        if let Err(error) = self.stored.keep_certificate(name, *kind, own.as_ref(), &chain) {
            // Another order would not mend that, and authorities count them.
            tracing::error!(name, %error, "a new certificate cannot be stored: it is gone after a restart");
        }
        Ok((own, certificate))
    }

    /// Names without addresses are not worth an order.
    async fn look_up(&self, name: &str) -> Result<(), Failure> {
        match self.client.resolver.lookup_ip(name).await {
            Ok(found) if found.records.is_empty() => {
                Err(Failure::here(format_args!("DNS has no addresses for {name}")))
            }
            Err(error) if !error.is_temporary() => {
                Err(Failure::here(format_args!("DNS has no addresses for {name}: {error}")))
            }
            _ => Ok(()),
        }
    }

    /// Orders with a check by TLS, and where that fails once more by HTTP.
    async fn any_method(
        &self,
        name: &str,
        key: &PrivateKey,
        replaces: Option<(String, String)>,
    ) -> Result<String, Failure> {
        let first = match self.by(Method::Alpn, name, key, replaces.clone()).await {
            Err(failure) if failure.kind == Kind::Check => failure,
            result => return result,
        };
        tracing::info!(name, error = %first, "tried once more by HTTP");
        self.by(Method::Http, name, key, replaces).await.map_err(|second| match second.kind {
            Kind::Check => Failure { text: format!("{first}; {second}"), ..second },
            _ => second,
        })
    }

    async fn by(
        &self,
        method: Method,
        name: &str,
        key: &PrivateKey,
        replaces: Option<(String, String)>,
    ) -> Result<String, Failure> {
        let clock: &dyn Clock = &*self.client.clock;
        let mut account = account::open(&self.options, &self.stored, &self.web).await?;
        for _ in 0..2 {
            let wanted = Wanted {
                account: &account,
                web: &self.web,
                clock,
                challenges: &self.challenges,
                name,
                key,
                replaces: replaces.clone(),
            };
            match wanted.obtain(method).await {
                Ok(chain) => return Ok(chain),
                Err(Refusal::Other(failure)) => return Err(failure),
                Err(Refusal::Account) => {
                    tracing::warn!(authority = self.options.name, "the account is not known any more");
                    account = account::create(&self.options, &self.stored, &self.web).await?;
                }
            }
        }
        Err(Failure::refused("it does not know the account that it has just made".to_owned()))
    }
}

impl Inner {
    /// Drops waits that are longer than any that is chosen here: they were chosen by a clock that was ahead.
    fn forget_the_far(&mut self, now: Timestamp) {
        let latest = now.plus(failure::LONGEST + LONGEST_SLEEP);
        let near = |at: &Timestamp| *at <= latest;
        self.paused = self.paused.filter(near);
        for entry in self.entries.values_mut() {
            entry.next_try = entry.next_try.filter(near);
            entry.ask_at = entry.ask_at.map(|at| if near(&at) { at } else { now });
        }
    }

    /// When something is to be done next for an entry.
    fn due(&self, entry: &Entry) -> Option<(Timestamp, Task)> {
        let now = Timestamp::default();
        if entry.forced {
            return Some((now, Task::Order));
        }
        let order = match (&entry.certificate, entry.wanted) {
            (None, false) => return None,
            (None, true) => entry.next_try.unwrap_or(now),
            (Some(_), _) => entry.renew_at?.max(entry.next_try.unwrap_or(now)),
        };
        let order = order.max(self.paused.unwrap_or(now));
        match entry.ask_at.filter(|at| *at < order && entry.failure.is_none()) {
            Some(at) => Some((at, Task::Ask)),
            None => Some((order, Task::Order)),
        }
    }
}

impl Entry {
    /// With a certificate that was had now.
    fn had(key: Option<PrivateKey>, certificate: Certificate, now: Timestamp, before: Duration) -> Entry {
        Entry {
            key,
            wanted: true,
            renew_at: Some(renewal::by_age(&certificate, before)),
            ask_at: Some(now),
            next_try: Some(now.plus(renewal::rest(&certificate))),
            certificate: Some(certificate),
            ..Entry::default()
        }
    }

    fn failed(&mut self, (name, kind): &Id, failure: Failure, now: Timestamp, random: &dyn Random) {
        self.failures = self.failures.saturating_add(1);
        let next = now.plus(failure.wait(self.failures, random));
        let until = self.certificate.as_ref().map(|c| c.not_after().rfc3339());
        let left = self.certificate.as_ref().map(|c| {
            let life = c.not_after().since(c.not_before());
            (c.not_after().since(now), life / 6)
        });
        let next_try = next.rfc3339();
        match left {
            Some((left, urgent)) if left > urgent => {
                tracing::warn!(name, key = %kind, error = %failure, next_try, until, "certificate not renewed");
            }
            _ => tracing::error!(name, key = %kind, error = %failure, next_try, until, "no new certificate"),
        }
        // One that was asked for before its time is tried again, too.
        self.renew_at = self.renew_at.map(|at| at.min(now));
        self.failure = Some(failure);
        self.next_try = Some(next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_tls::sim::Authority;

    #[test]
    fn a_wrong_clock_renews_no_more_than_some_times_a_day() {
        let days = |n: u64| Duration::from_secs(n * 86_400);
        let made = Authority::new().issue_valid(&["a.example"], Authority::START, days(90)).unwrap();
        // This clock is 70 days ahead, so that the new certificate seems old.
        let now = Authority::START.plus(days(70));
        let entry = Entry::had(None, made, now, days(30));
        assert!(entry.renew_at < Some(now));
        let inner = Inner::default();
        assert_eq!(inner.due(&entry), Some((now, Task::Ask)));
        let (asked, six) = (Entry { ask_at: None, ..entry }, Duration::from_secs(6 * 3600));
        assert_eq!(inner.due(&asked), Some((now.plus(six), Task::Order)));
    }

    #[test]
    fn waits_that_a_clock_ahead_chose_do_not_last_for_years() {
        let (now, ahead) = (Authority::START, Authority::START.plus(Duration::from_secs(10 * 365 * 86_400)));
        let id = ("a.example".to_owned(), KeyKind::Ecdsa);
        let entry = Entry { wanted: true, next_try: Some(ahead), ask_at: Some(ahead), ..Entry::default() };
        let entries = BTreeMap::from([(id.clone(), entry)]);
        let mut inner = Inner { paused: Some(ahead), entries, ..Inner::default() };
        inner.forget_the_far(now);
        let due = inner.due(&inner.entries[&id]);
        assert!(due.is_some_and(|(at, _)| at <= now), "{due:?}");
        // Others stay.
        let soon = now.plus(failure::LONGEST);
        (inner.paused, inner.entries.get_mut(&id).unwrap().next_try) = (Some(soon), Some(soon));
        inner.forget_the_far(now);
        assert_eq!((inner.paused, inner.entries[&id].next_try), (Some(soon), Some(soon)));
    }
}
