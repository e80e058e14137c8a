//! SMTP sessions for the queue: a host's addresses one after the other, with TLS, and maybe once more without.
//!
//! Which hosts, and what TLS they must have, is said by [`crate::direct`] or by the relay. Families alternate from
//! attempt to attempt. What a host refuses in its greeting or to EHLO sends us to the next one. A relay's troubles are
//! never permanent: they are ours to mend. Limits: [`MAX_CONNECTIONS`] an attempt.
//! RFC 5321 §5.1, RFC 3207, RFC 7435, RFC 8689 §4.2.1.

use std::io::Read;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use mox_address::IpDomain;
use mox_clock::{Clock, Random};
use mox_dns::Resolver;
use mox_net::Dial;
use mox_net::socks::SocksDial;
use mox_sasl::Mechanism;
use mox_smtp::EnhancedCode;
use mox_smtpclient::{self as client, Login, Timeouts, TlsMode, TlsOutcome, Verify};
use mox_tls::RootCertStore;

use crate::direct::host_name;
use crate::ledger::{Contact, Ledger};
use crate::route::{DirectOptions, Relay, RelayAuth, RelayTls, Route, Socks};
use crate::seam::{
    BoxFuture, Confirms, OpenFailure, Opened, Outbound, Outcome, Outgoing, Peer, Sent, Session, Step, Target,
    Verdict,
};
use crate::sts::StsPolicies;

/// Most connections that one attempt makes.
const MAX_CONNECTIONS: usize = 8;
/// Port of mail hosts.
pub(crate) const PORT: u16 = 25;
/// Bytes of a message read at a time.
const CHUNK: usize = 32 * 1024;

/// Makes sessions over the network it is given.
#[derive(Clone)]
pub struct Smtp {
    /// Asked for MX and addresses.
    pub resolver: Arc<dyn Resolver>,
    /// Makes the connections.
    pub dial: Arc<dyn Dial>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub random: Arc<dyn Random>,
    /// What we say in EHLO.
    pub hostname: String,
    /// Trust anchors.
    pub roots: Arc<RootCertStore>,
    /// Longest waits.
    pub timeouts: Timeouts,
    /// Addresses to dial from, at most one a family; any where there is none.
    pub locals: Vec<IpAddr>,
    /// MTA-STS policies; none where the domains of recipients are not asked for any.
    pub policies: Option<Arc<dyn StsPolicies>>,
}

/// What one attempt found so far.
pub(crate) struct Search<'a> {
    pub(crate) smtp: &'a Smtp,
    pub(crate) target: &'a Target,
    pub(crate) steps: Vec<Step>,
    /// For reports; none where they are about nobody.
    pub(crate) ledger: Option<Ledger>,
    pub(crate) peer: Peer,
    /// The last failure; a temporary one stays before permanent ones.
    pub(crate) failure: Option<client::Error>,
    connections: usize,
}

/// How a host is to be spoken to.
#[derive(Clone)]
pub(crate) struct Manner {
    pub(crate) port: u16,
    pub(crate) mode: TlsMode,
    pub(crate) verify: Verify,
    /// A failed handshake may be followed by a session without TLS.
    pub(crate) fallback: bool,
    /// The host must offer REQUIRETLS.
    pub(crate) requiretls: bool,
    pub(crate) login: Option<Login>,
    /// The name to ask for in TLS, if not that of the host.
    pub(crate) server_name: Option<String>,
}

impl Outbound for Smtp {
    fn open<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, Result<Opened, OpenFailure>> {
        let mut search = Search::new(self, target);
        Box::pin(async move {
            let found = match &target.route {
                Route::Relay(relay) => search.relay(relay).await,
                Route::Direct(_) | Route::Local | Route::Fail { .. } => search.direct().await,
            };
            let Search { steps, peer, failure, ledger, .. } = search;
            let tls = ledger.and_then(|ledger| ledger.finish(self.clock.now(), target.class));
            match found {
                Some(session) => Ok(Opened { session: Box::new(Live(session)), peer, steps, tls }),
                None => {
                    let relayed = matches!(target.route, Route::Relay(_));
                    Err(OpenFailure { verdict: verdict(failure, relayed), peer, steps, tls })
                }
            }
        })
    }
}

pub(crate) fn verdict(failure: Option<client::Error>, relayed: bool) -> Verdict {
    let Some(error) = failure else { return Verdict::temporary("no host could be tried") };
    let outcome = if error.temporary || relayed { Outcome::Temporary } else { Outcome::Permanent };
    Verdict { outcome, code: error.code, enhanced: error.enhanced, text: said(&error) }
}

/// What the server said, or what went wrong here.
fn said(error: &client::Error) -> String {
    match error.code {
        Some(_) if !error.remote.is_empty() => error.remote.join(" "),
        _ => error.reason.clone(),
    }
}

fn login(auth: &RelayAuth) -> Login {
    let all = || Mechanism::ALL.into_iter().filter(|m| *m != Mechanism::External).collect();
    let mechanisms = if auth.mechanisms.is_empty() { all() } else { auth.mechanisms.clone() };
    Login { username: auth.username.clone(), password: auth.password.clone(), mechanisms }
}

impl<'a> Search<'a> {
    pub(crate) fn new(smtp: &'a Smtp, target: &'a Target) -> Search<'a> {
        let ledger = match (&target.route, &target.domain) {
            (Route::Direct(_), IpDomain::Domain(domain)) => Some(Ledger::new(domain.clone())),
            _ => None,
        };
        let (steps, peer) = (Vec::new(), Peer::default());
        Search { smtp, target, steps, ledger, peer, failure: None, connections: 0 }
    }
}

impl Search<'_> {
    async fn relay(&mut self, relay: &Relay) -> Option<client::Session> {
        let host = match relay.host.parse::<IpAddr>() {
            Ok(ip) => Ok(IpDomain::Ip(ip)),
            Err(_) => relay.host.parse::<IpDomain>(),
        };
        let Ok(host) = host else {
            let reason = format!("the relay {:?} is neither a host name nor an address", relay.host);
            self.fail("mx", client::Error::local(client::Kind::Dns, true, EnhancedCode(4, 3, 5), reason));
            return None;
        };
        let required = self.target.require_tls == Some(true);
        let (mode, verify) = match relay.tls {
            RelayTls::Implicit => (TlsMode::Immediate, Verify::PKIX),
            RelayTls::StartTls => (TlsMode::RequiredStartTls, Verify::PKIX),
            RelayTls::None | RelayTls::Opportunistic | RelayTls::Unverified if required => {
                (TlsMode::RequiredStartTls, Verify::PKIX)
            }
            RelayTls::Opportunistic => (TlsMode::Opportunistic, Verify::NONE),
            RelayTls::Unverified => (TlsMode::RequiredStartTls, Verify::NONE),
            RelayTls::None => (TlsMode::Skip, Verify::NONE),
        };
        let login = relay.auth.as_ref().map(login);
        let fallback = mode == TlsMode::Opportunistic && login.is_none();
        self.host(
            &host,
            &Manner {
                port: relay.port,
                mode,
                verify,
                fallback,
                requiretls: required,
                login,
                server_name: None,
            },
        )
        .await
    }

    async fn host(&mut self, host: &IpDomain, manner: &Manner) -> Option<client::Session> {
        match client::addresses(&*self.smtp.resolver, host).await {
            Ok(found) => self.addresses(host, found.ips, manner).await,
            Err(e) => {
                self.fail("mx", e);
                None
            }
        }
    }

    /// The addresses of a host, one after the other.
    pub(crate) async fn addresses(
        &mut self,
        host: &IpDomain,
        mut ips: Vec<IpAddr>,
        manner: &Manner,
    ) -> Option<client::Session> {
        if let Some(options) = self.direct_options() {
            let before = ips.len();
            ips.retain(|ip| if ip.is_ipv4() { options.ipv4 } else { options.ipv6 });
            if ips.is_empty() && before > 0 {
                let reason = format!("{host} has no address of a family that the transport allows");
                self.fail("mx", client::Error::local(client::Kind::Dns, true, EnhancedCode(4, 4, 1), reason));
            }
        }
        // IPv6 first in odd attempts, IPv4 first in even ones.
        let odd = self.target.attempt % 2 == 1;
        ips.sort_by_key(|ip| ip.is_ipv4() == odd);
        for ip in ips {
            if let Some(session) = self.address(host, ip, manner).await {
                return Some(session);
            }
        }
        None
    }

    /// One address, maybe twice: with TLS, then without.
    async fn address(&mut self, host: &IpDomain, ip: IpAddr, manner: &Manner) -> Option<client::Session> {
        match self.connect(host, ip, manner, manner.mode).await {
            Ok(session) => return Some(session),
            Err(TryPlain(false)) => return None,
            Err(TryPlain(true)) => {}
        }
        self.steps.push(Step::new("tls", None, "TLS is not required here: once more without it"));
        self.connect(host, ip, manner, TlsMode::Skip).await.ok()
    }

    async fn connect(
        &mut self,
        host: &IpDomain,
        ip: IpAddr,
        manner: &Manner,
        mode: TlsMode,
    ) -> Result<client::Session, TryPlain> {
        if self.is_exhausted() {
            return Err(TryPlain(false));
        }
        self.connections += 1;
        let smtp = self.smtp;
        let name = host_name(host);
        self.peer = Peer { host: name.clone(), ip: Some(ip), tls: String::new() };
        let remote = SocketAddr::new(ip, manner.port);
        let (dial, hello) = match self.way().await {
            Ok(way) => way,
            Err(e) => {
                self.fail("connect", e);
                return Err(TryPlain(false));
            }
        };
        let clock = smtp.clock.clone();
        let stream = match client::dial(
            &*dial,
            clock,
            &[ip],
            manner.port,
            &smtp.locals,
            smtp.timeouts.connect,
        )
        .await
        {
            Ok(stream) => stream,
            Err(e) => {
                self.fail("connect", client::Error { reason: format!("{name} {}", e.reason), ..e });
                return Err(TryPlain(false));
            }
        };
        self.steps.push(Step::new("connect", true, format!("connected to {name} {remote}")));
        let options = client::Options {
            hello,
            mode,
            verify: manner.verify.clone(),
            server_name: manner.server_name.clone().unwrap_or_else(|| name.clone()),
            roots: smtp.roots.clone(),
            identity: None,
            login: manner.login.clone(),
            pedantic: false,
            timeouts: smtp.timeouts,
            clock: smtp.clock.clone(),
        };
        match client::Session::open(stream, options, &*smtp.random).await {
            Ok(session) => {
                let (greeting, local) = (session.greeting().to_owned(), self.shown(session.stream().local()));
                self.note_tls(session.tls(), &Contact { host: &name, ip, local, greeting: &greeting });
                self.with_requiretls(session, manner).await
            }
            Err(failure) => {
                let (greeting, local) = (&failure.greeting, self.shown(failure.local));
                self.note_tls(&failure.tls, &Contact { host: &name, ip, local, greeting });
                let handshake = matches!(failure.tls.outcome, TlsOutcome::Failed { .. });
                let step = if failure.error.kind == client::Kind::Tls { "tls" } else { "connect" };
                self.fail(step, failure.error);
                Err(TryPlain(handshake && manner.fallback && mode != TlsMode::Skip))
            }
        }
    }

    /// What to dial with, and what to say in EHLO: through a proxy, or not.
    async fn way(&self) -> Result<(Arc<dyn Dial>, String), client::Error> {
        let smtp = self.smtp;
        match self.direct_options().and_then(|options| options.socks.as_ref()) {
            Some(socks) => Ok((Arc::new(self.proxy(socks).await?), socks.hello.clone())),
            None => Ok((smtp.dial.clone(), smtp.hostname.clone())),
        }
    }

    async fn proxy(&self, socks: &Socks) -> Result<SocksDial, client::Error> {
        let smtp = self.smtp;
        let bad =
            |text: String| client::Error::local(client::Kind::Connect, true, EnhancedCode(4, 3, 5), text);
        let host = match socks.host.parse::<IpAddr>() {
            Ok(ip) => Ok(IpDomain::Ip(ip)),
            Err(_) => socks.host.parse::<IpDomain>(),
        };
        let host =
            host.map_err(|_| bad(format!("the proxy {:?} is neither a name nor an address", socks.host)))?;
        let found = client::addresses(&*smtp.resolver, &host).await?;
        let ip = found.ips.first().ok_or_else(|| bad(format!("the proxy {host} has no address")))?;
        let proxy = SocketAddr::new(*ip, socks.port);
        Ok(SocksDial::new(smtp.dial.clone(), smtp.clock.clone(), proxy, socks.login.clone()))
    }

    /// No more connections may be made.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.connections >= MAX_CONNECTIONS
    }

    pub(crate) fn direct_options(&self) -> Option<&DirectOptions> {
        match &self.target.route {
            Route::Direct(options) => Some(options),
            _ => None,
        }
    }

    /// Our end of a connection, as the host sees it; not behind a proxy.
    fn shown(&self, local: SocketAddr) -> Option<SocketAddr> {
        let proxied = self.direct_options().is_some_and(|options| options.socks.is_some());
        Some(local).filter(|_| !proxied)
    }

    /// The session, if the host offers REQUIRETLS where that is a must.
    async fn with_requiretls(
        &mut self,
        session: client::Session,
        manner: &Manner,
    ) -> Result<client::Session, TryPlain> {
        if !manner.requiretls || session.extensions().require_tls {
            return Ok(session);
        }
        let text = format!("{} does not offer REQUIRETLS, which the message needs", self.peer.host);
        self.fail("tls", client::Error::local(client::Kind::Capability, false, EnhancedCode(5, 7, 30), text));
        session.quit().await;
        Err(TryPlain(false))
    }

    fn note_tls(&mut self, tls: &client::TlsAttempt, contact: &Contact<'_>) {
        // The second connection, without TLS, tells nothing new.
        if let (Some(ledger), true) = (&mut self.ledger, tls.mode != TlsMode::Skip) {
            ledger.connection(tls, contact);
        }
        let (text, ok, finding) = match &tls.outcome {
            TlsOutcome::Established { version, .. } => {
                let finding =
                    tls.proofs.pkix.as_ref().and_then(|p| p.as_ref().err()).map(|f| f.name.to_string());
                (format!("{version} {}", proved(tls)), Some(true), finding)
            }
            TlsOutcome::Failed { finding } => {
                ("none".to_owned(), Some(false), Some(finding.name.to_string()))
            }
            TlsOutcome::NotTried | TlsOutcome::StartTlsMissing => ("none".to_owned(), None, None),
            TlsOutcome::StartTlsRefused { .. } => {
                ("none".to_owned(), Some(false), Some("starttls-refused".to_owned()))
            }
        };
        let why = finding.as_ref().map(|f| format!(" ({f})")).unwrap_or_default();
        self.steps.push(Step::new("tls", ok, format!("TLS: {text}{why}")));
        self.peer.tls = text;
    }

    pub(crate) fn fail(&mut self, step: &str, error: client::Error) {
        self.steps.push(Step::new(step, false, error.reason.clone()));
        if self.failure.as_ref().is_none_or(|before| !before.temporary || error.temporary) {
            self.failure = Some(error);
        }
    }
}

/// How a session was verified: by the policies that had to be satisfied, else by what would have satisfied PKIX.
fn proved(tls: &client::TlsAttempt) -> &'static str {
    let dane = matches!(tls.proofs.dane, Some(Ok(_)));
    let sts = tls.verify.pkix && tls.is_verified();
    match (dane, sts) {
        (true, true) => "verified by DANE and PKIX",
        (true, false) => "verified by DANE",
        (false, _) if matches!(tls.proofs.dane, Some(Err(_))) => "unverified",
        (false, true) => "verified by PKIX",
        (false, false) if tls.is_verified() => "verified",
        (false, false) => "unverified",
    }
}

/// No session; whether one without TLS may be tried.
struct TryPlain(bool);

/// A session of the SMTP client.
struct Live(client::Session);

impl Session for Live {
    fn send<'a>(&'a mut self, message: &'a Outgoing) -> BoxFuture<'a, Sent> {
        Box::pin(async move {
            let outcomes = match message.content.reader() {
                Ok(mut reader) => {
                    let mut chunks = || next_chunk(&mut *reader);
                    self.0.deliver(&message.mail, &message.rcpts, &mut chunks).await
                }
                Err(e) => {
                    let reason = format!("the message cannot be read here: {e}");
                    let error =
                        client::Error::local(client::Kind::Message, true, EnhancedCode(4, 3, 0), reason);
                    vec![client::Outcome::Failed(error); message.rcpts.len()]
                }
            };
            let verdicts = outcomes.iter().map(of_outcome).collect();
            Sent { verdicts, usable: self.0.is_usable() }
        })
    }

    fn confirms(&self) -> Confirms {
        if self.0.extensions().dsn { Confirms::NextHop } else { Confirms::Nobody }
    }

    fn quit(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(self.0.quit())
    }
}

fn of_outcome(outcome: &client::Outcome) -> Option<Verdict> {
    match outcome {
        client::Outcome::Delivered(reply) | client::Outcome::Refused(reply) => Some(Verdict::of_reply(reply)),
        client::Outcome::TooMany(_) => None,
        client::Outcome::Failed(error) => Some(verdict(Some(error.clone()), false)),
    }
}

/// The next bytes of a message; from the page cache at worst, so it does not block for long.
fn next_chunk(reader: &mut (dyn Read + Send)) -> std::io::Result<Option<Vec<u8>>> {
    let mut chunk = Vec::with_capacity(CHUNK);
    reader.take(CHUNK as u64).read_to_end(&mut chunk)?;
    Ok((!chunk.is_empty()).then_some(chunk))
}
