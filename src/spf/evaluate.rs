//! `check_host()`: evaluates records for one client. RFC 7208 §4, §5, §6.
//!
//! A temporary DNS error ends the evaluation with `temperror`. In a `ptr` or the macro `p` it means "no match", as
//! §5.5 and §7.3 ask; but then the result, unless it is `pass`, becomes `temperror`, too: the domain might have let the
//! address pass, and nobody may reject mail for good because DNS did not answer.
//!
//! A term counts as void once, and only when its own query finds nothing: mail hosts without addresses of the client's
//! family do not count, else an IPv6 client would make valid records of IPv4 domains fail.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;

use mox_address::IpDomain;
use mox_clock::Timestamp;
use mox_dns::{RecordType, Resolver};

use crate::macros::{Letter, MacroString, Place, Values, to_name};
use crate::outcome::{Identity, MAX_PROBLEM, MAX_RECORD_KEPT, Outcome, Query, SpfResult};
use crate::record::{Mechanism, Prefixes, Qualifier, Record, is_spf};

/// Most terms that ask DNS (RFC 7208 §4.6.4).
pub const MAX_LOOKUPS: u32 = 10;
/// Most terms whose query finds nothing (RFC 7208 §4.6.4).
pub const MAX_VOID_LOOKUPS: u32 = 2;
/// Most mail hosts of an `mx`, more are an error; and most names of an address that are verified, more are ignored
/// (RFC 7208 §4.6.4).
pub const MAX_HOSTS: usize = 10;
/// Most DNS queries of an evaluation: the record; for each term that counts its own and one for each host; the
/// explanation. CNAMEs are the resolver's.
pub const MAX_QUERIES: usize = 1 + MAX_LOOKUPS as usize * (1 + MAX_HOSTS) + 1;
/// Longest explanation, in octets; a longer one is cut.
pub const MAX_EXPLANATION: usize = 800;

/// Evaluates the MAIL FROM identity, or the HELO identity when the reverse-path is null.
pub async fn check(resolver: &dyn Resolver, query: &Query<'_>) -> Outcome {
    let Some(path) = query.mail_from else { return check_helo(resolver, query).await };
    let sender = Sender { localpart: path.localpart.as_str(), domain: &text_of(&path.domain) };
    check_identity(resolver, &Client::of(query, &query.helo.to_string()), sender, Identity::MailFrom).await
}

/// Evaluates the HELO identity.
pub async fn check_helo(resolver: &dyn Resolver, query: &Query<'_>) -> Outcome {
    let helo = query.helo.to_string();
    let sender = Sender { localpart: POSTMASTER, domain: &helo };
    check_identity(resolver, &Client::of(query, &helo), sender, Identity::Helo).await
}

/// The localpart of an identity that has none (RFC 7208 §4.3).
pub(crate) const POSTMASTER: &str = "postmaster";

fn text_of(domain: &IpDomain) -> String {
    domain.to_string()
}

/// Who connects, and to whom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Client<'a> {
    pub(crate) ip: IpAddr,
    pub(crate) helo: &'a str,
    pub(crate) receiver: &'a str,
    pub(crate) now: Timestamp,
}

impl<'a> Client<'a> {
    fn of(query: &Query<'a>, helo: &'a str) -> Client<'a> {
        let receiver = if query.local_hostname.is_empty() { UNKNOWN } else { query.local_hostname };
        Client { ip: query.ip.to_canonical(), helo, receiver, now: query.now }
    }
}

/// What macros give when it is not known (RFC 7208 §7.3).
pub(crate) const UNKNOWN: &str = "unknown";

/// The `<sender>` of `check_host()`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sender<'a> {
    pub(crate) localpart: &'a str,
    pub(crate) domain: &'a str,
}

/// Evaluates the domain of a sender.
pub(crate) async fn check_identity(
    resolver: &dyn Resolver,
    client: &Client<'_>,
    sender: Sender<'_>,
    identity: Identity,
) -> Outcome {
    let mut evaluation = Evaluation {
        resolver,
        client,
        sender,
        lookups: 0,
        voids: 0,
        authentic: true,
        unsure: None,
        names: None,
        record: None,
    };
    let ended = evaluation.check_host(sender.domain.to_owned()).await;
    let mut outcome = Outcome {
        result: SpfResult::None,
        domain: sender.domain.to_owned(),
        identity,
        mechanism: None,
        explanation: None,
        problem: None,
        record: None,
        lookups: 0,
        void_lookups: 0,
        authentic: evaluation.authentic,
    };
    match ended {
        Ok(Found { result, mechanism, explanation, problem }) => {
            outcome.result = result;
            outcome.mechanism = mechanism;
            outcome.problem = problem;
            if let Some((spec, domain)) = explanation.filter(|_| result == SpfResult::Fail) {
                outcome.explanation = evaluation.explain(&spec, &domain).await;
            }
        }
        Err(stop) => {
            let (result, problem) = stop.take();
            outcome.result = result;
            outcome.problem = Some(problem);
        }
    }
    if let Some(unsure) = evaluation.unsure.take().filter(|_| outcome.result != SpfResult::Pass) {
        outcome.result = SpfResult::TempError;
        outcome.problem = Some(unsure);
        outcome.mechanism = None;
        outcome.explanation = None;
    }
    outcome.problem = outcome.problem.map(|text| text.chars().take(MAX_PROBLEM).collect());
    outcome.record = evaluation.record.take().map(|text| text.chars().take(MAX_RECORD_KEPT).collect());
    outcome.lookups = evaluation.lookups;
    outcome.void_lookups = evaluation.voids;
    outcome
}

/// An evaluation that goes on no further.
#[derive(Debug)]
pub(crate) enum Stop {
    Temporary(String),
    Permanent(String),
}

impl Stop {
    pub(crate) fn take(self) -> (SpfResult, String) {
        match self {
            Stop::Temporary(problem) => (SpfResult::TempError, problem),
            Stop::Permanent(problem) => (SpfResult::PermError, problem),
        }
    }
}

/// What one record says.
struct Found {
    result: SpfResult,
    mechanism: Option<String>,
    /// The `exp` of the record that decided, and the domain of that record.
    explanation: Option<(MacroString, String)>,
    problem: Option<String>,
}

impl Found {
    fn none(problem: impl Into<String>) -> Found {
        Found { result: SpfResult::None, mechanism: None, explanation: None, problem: Some(problem.into()) }
    }
}

pub(crate) struct Evaluation<'a> {
    pub(crate) resolver: &'a dyn Resolver,
    pub(crate) client: &'a Client<'a>,
    sender: Sender<'a>,
    pub(crate) lookups: u32,
    pub(crate) voids: u32,
    pub(crate) authentic: bool,
    /// The temporary failure that a `ptr` or `p` met.
    pub(crate) unsure: Option<String>,
    /// The verified names of the client, once they were asked for.
    pub(crate) names: Option<Vec<String>>,
    /// The first record.
    record: Option<String>,
}

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

impl Evaluation<'_> {
    fn check_host(&mut self, domain: String) -> BoxFuture<'_, Result<Found, Stop>> {
        Box::pin(async move {
            let name = match to_name(&domain) {
                Some(name) if name.contains('.') && !domain.starts_with('[') => name.to_owned(),
                _ => return Ok(Found::none(format!("{domain:?} is not a domain of several labels"))),
            };
            let text = match self.fetch(&name).await? {
                Ok(text) => text,
                Err(none) => return Ok(none),
            };
            let record = Record::parse(&text);
            self.record.get_or_insert(text);
            let record = record
                .map_err(|error| Stop::Permanent(format!("record of {name} has a mistake: {error}")))?;
            self.evaluate(&name, &record).await
        })
    }

    /// The one SPF record of a domain.
    async fn fetch(&mut self, domain: &str) -> Result<Result<String, Found>, Stop> {
        let texts = match self.resolver.lookup_txt(domain).await {
            Ok(answer) => self.used(answer),
            Err(error) => {
                self.nothing(domain, &error)?;
                return Ok(Err(Found::none(format!("{domain}: {error}"))));
            }
        };
        let mut records = texts.into_iter().filter(|text| is_spf(text));
        let Some(text) = records.next() else {
            return Ok(Err(Found::none(format!("{domain} has no spf record"))));
        };
        match records.count() {
            0 => Ok(Ok(text)),
            more => Err(Stop::Permanent(format!("{domain} has {} spf records", more + 1))),
        }
    }

    async fn evaluate(&mut self, domain: &str, record: &Record) -> Result<Found, Stop> {
        for directive in record.directives() {
            if !self.matches(&directive.mechanism, domain).await? {
                continue;
            }
            let result = match directive.qualifier {
                Qualifier::Pass => SpfResult::Pass,
                Qualifier::Fail => SpfResult::Fail,
                Qualifier::SoftFail => SpfResult::SoftFail,
                Qualifier::Neutral => SpfResult::Neutral,
            };
            let mechanism = directive.mechanism.to_string();
            let explanation = record.explanation().map(|spec| (spec.clone(), domain.to_owned()));
            return Ok(Found {
                result,
                mechanism: Some(mechanism.chars().take(MAX_RECORD_KEPT).collect()),
                explanation,
                problem: None,
            });
        }
        let Some(spec) = record.redirect() else {
            return Ok(Found {
                result: SpfResult::Neutral,
                mechanism: None,
                explanation: None,
                problem: None,
            });
        };
        self.count_lookup()?;
        let target = self.expand(spec, domain).await?;
        let found = self.check_host(target).await?;
        match (found.result, found.problem) {
            (SpfResult::None, problem) => {
                Err(Stop::Permanent(format!("redirect={spec}: {}", problem.unwrap_or_default())))
            }
            (_, problem) => Ok(Found { problem, ..found }),
        }
    }

    async fn matches(&mut self, mechanism: &Mechanism, domain: &str) -> Result<bool, Stop> {
        let ip = self.client.ip;
        match mechanism {
            Mechanism::All => Ok(true),
            Mechanism::Ip4(network, bits) => Ok(within(ip, IpAddr::V4(*network), *bits)),
            Mechanism::Ip6(network, bits) => Ok(within(ip, IpAddr::V6(*network), *bits)),
            Mechanism::Include(spec) => self.include(spec, domain).await,
            Mechanism::A(spec, prefixes) => {
                self.count_lookup()?;
                let Some(name) = self.target(spec.as_ref(), domain).await? else { return Ok(false) };
                let addresses = self.addresses(&name).await?;
                self.count_void(addresses.is_empty())?;
                Ok(addresses.into_iter().any(|address| prefixes.hold(ip, address)))
            }
            Mechanism::Mx(spec, prefixes) => self.mx(spec.as_ref(), *prefixes, domain).await,
            Mechanism::Ptr(spec) => {
                self.count_lookup()?;
                let Some(target) = self.target(spec.as_ref(), domain).await? else { return Ok(false) };
                let names = self.verified_names().await?;
                Ok(names.iter().any(|name| is_within(name, &target)))
            }
            Mechanism::Exists(spec) => {
                self.count_lookup()?;
                let Some(name) = self.target(Some(spec), domain).await? else { return Ok(false) };
                let found = match self.resolver.lookup(&name, RecordType::A).await {
                    Ok(answer) => !self.used(answer).is_empty(),
                    Err(error) => self.nothing(&name, &error)?,
                };
                self.count_void(!found)?;
                Ok(found)
            }
        }
    }

    async fn include(&mut self, spec: &MacroString, domain: &str) -> Result<bool, Stop> {
        self.count_lookup()?;
        let target = self.expand(spec, domain).await?;
        let found = self.check_host(target).await?;
        match found.result {
            SpfResult::Pass => Ok(true),
            SpfResult::None => {
                Err(Stop::Permanent(format!("include:{spec}: {}", found.problem.unwrap_or_default())))
            }
            _ => Ok(false),
        }
    }

    /// The name a mechanism is about: that of its domain-spec, or the current domain. None when it is no name of DNS.
    pub(crate) async fn target(
        &mut self,
        spec: Option<&MacroString>,
        domain: &str,
    ) -> Result<Option<String>, Stop> {
        let Some(spec) = spec else { return Ok(Some(domain.to_owned())) };
        let expanded = self.expand(spec, domain).await?;
        Ok(to_name(&expanded).map(ToOwned::to_owned))
    }

    async fn expand(&mut self, text: &MacroString, domain: &str) -> Result<String, Stop> {
        let validated_name = match text.uses(Letter::ValidatedName) {
            true => self.validated_name(domain).await?,
            false => String::new(),
        };
        let values = Values {
            localpart: self.sender.localpart,
            sender_domain: self.sender.domain,
            domain,
            ip: self.client.ip,
            helo: self.client.helo,
            validated_name: &validated_name,
            receiver: self.client.receiver,
            now: self.client.now,
        };
        text.expand(&values).ok_or_else(|| Stop::Permanent("a macro expands to too much".to_owned()))
    }

    /// The explanation; every failure on the way means that there is none (RFC 7208 §6.2).
    async fn explain(&mut self, spec: &MacroString, domain: &str) -> Option<String> {
        // A temporary failure here leaves the verdict as it is.
        let unsure = self.unsure.clone();
        let text = self.explanation(spec, domain).await;
        self.unsure = unsure;
        text
    }

    async fn explanation(&mut self, spec: &MacroString, domain: &str) -> Option<String> {
        let name = self.target(Some(spec), domain).await.ok()??;
        let texts = self.resolver.lookup_txt(&name).await.ok()?.records;
        let [text] = texts.as_slice() else { return None };
        let text = MacroString::parse(text, Place::Explanation).ok()?;
        let text = self.expand(&text, domain).await.ok()?;
        let printable = !text.is_empty() && text.chars().all(|c| matches!(c, ' '..='~'));
        printable.then(|| text.chars().take(MAX_EXPLANATION).collect())
    }

    pub(crate) fn count_lookup(&mut self) -> Result<(), Stop> {
        if self.lookups >= MAX_LOOKUPS {
            return Err(Stop::Permanent(format!("more than {MAX_LOOKUPS} terms ask dns")));
        }
        self.lookups += 1;
        Ok(())
    }

    pub(crate) fn count_void(&mut self, void: bool) -> Result<(), Stop> {
        self.voids += u32::from(void);
        if self.voids > MAX_VOID_LOOKUPS {
            return Err(Stop::Permanent(format!("more than {MAX_VOID_LOOKUPS} terms find nothing in dns")));
        }
        Ok(())
    }
}

impl Prefixes {
    /// Whether the client's address is in the network of an address of its family.
    pub(crate) fn hold(self, client: IpAddr, address: IpAddr) -> bool {
        let bits = if client.is_ipv4() { self.v4 } else { self.v6 };
        within(client, address, bits)
    }
}

/// Whether the leading bits of two addresses of one family are the same.
fn within(ip: IpAddr, network: IpAddr, bits: u8) -> bool {
    let bits = u32::from(bits);
    match (ip, network) {
        (IpAddr::V4(a), IpAddr::V4(b)) => {
            (a.to_bits() ^ b.to_bits()).checked_shr(32u32.saturating_sub(bits)).unwrap_or(0) == 0
        }
        (IpAddr::V6(a), IpAddr::V6(b)) => {
            (a.to_bits() ^ b.to_bits()).checked_shr(128u32.saturating_sub(bits)).unwrap_or(0) == 0
        }
        _ => false,
    }
}

/// Whether a name is the domain or below it.
pub(crate) fn is_within(name: &str, domain: &str) -> bool {
    let (name, domain) = (name.to_ascii_lowercase(), domain.to_ascii_lowercase());
    name.strip_suffix(&domain).is_some_and(|head| head.is_empty() || head.ends_with('.'))
}
