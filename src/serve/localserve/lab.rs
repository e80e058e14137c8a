//! `mox localserve --lab`: the house in an internet of its own, in which mail to every domain below `lab.test` leaves for
//! a host that behaves as the table of `mox lab list` says, and reports come back.
//!
//! What those hosts and web servers take is handed to the inbox over SMTP in memory, before they say that they took it.
//! Time can be moved on; how far is kept in the data folder, so that it does not go back when the server is started
//! again. Names below `lab.test` are asked in the lab, signed and validated; all others in the world.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use mox_address::Domain;
use mox_admin::OpError;
use mox_admin::ops::{
    LabAdvance, LabAdvanced, LabMove, LabNext, LabRow, LabShow, LabShown, LabStep, LabStepped, LabTried,
    LabTry,
};
use mox_clock::{Clock, Random};
use mox_dns::server::{Authority, NameServer};
use mox_dns::{Answer, RecordType, Resolver};
use mox_lab::{Accepted, Expect, Lab, LabDomain, NETWORKS, Posted, Sink, StepError};
use mox_message::compose::{self, Fields, Part, Transport};
use mox_net::BoxFuture;
use mox_net::sim::SimNet;
use mox_platform::faults::{Armed, Faults, NoFaults};
use mox_platform::files::{Access, write_durably};
use mox_smtp::{Body, ForwardPath, MailArgs, RcptArgs};
use mox_smtpclient::{Options, Session, Timeouts, TlsMode, Verify};

use super::labtry::{self, Trying};
use super::{Around, LocalserveOptions, catchall::CatchAll};
use crate::house::{Error, Inward};
use crate::outside::Outside;

/// Where the inbox listens, in memory.
const INBOX: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 25);
/// File in the data folder that says how far time was moved, in milliseconds.
const MOVED: &str = "lab-clock";
/// Port of the lab's name server, added to the port base.
const DNS_PORT: u16 = 53;
/// That of SMTP.
const SMTP_PORT: u16 = 25;

/// The hosts of the lab are near: whoever does not answer soon never will.
pub(super) const TIMEOUTS: Timeouts = {
    let soon = Duration::from_secs(3);
    Timeouts {
        connect: soon,
        handshake: soon,
        greeting: soon,
        command: soon,
        mail: soon,
        rcpt: soon,
        data: soon,
        write: soon,
        accept: Duration::from_secs(20),
        quit: Duration::from_secs(1),
    }
};

/// Moves the lab on.
pub(crate) struct LabControl {
    lab: Lab,
    moved: PathBuf,
    trying: Trying,
}

/// Starts the lab.
pub(super) async fn start(
    options: &LocalserveOptions,
    data: &Path,
    clock: &Arc<dyn Clock>,
    random: &Arc<dyn Random>,
) -> Result<Around, Error> {
    let world = Outside::world(&options.dns, Arc::new(mox_tls::RootCertStore::empty()), clock)?;
    let net = SimNet::new(clock.clone());
    let listen = net.listen(INBOX).map_err(Error::System)?;
    let sink = ToInbox { net, clock: clock.clone(), random: random.clone() };
    let lab = Lab::start(clock.clone(), random.clone(), world.dial, Arc::new(sink));
    let lab = lab.map_err(|e| Error::Lab(e.to_string()))?;
    let moved = data.join(MOVED);
    lab.clock.advance(read_moved(&moved)?);
    let paced = lab.clock.paced();
    let names = serve_names(options, &lab, paced.clone()).await?;
    let faults: Arc<dyn Faults> = match &options.fault {
        Some(point) => Arc::new(Armed::new(point)),
        None => Arc::new(NoFaults),
    };
    let outside = Outside {
        resolver: Arc::new(Names { lab: lab.resolver.clone(), world: world.resolver }),
        dial: lab.dial.clone(),
        roots: lab.roots.clone(),
        allow: NETWORKS.iter().filter_map(|network| network.parse().ok()).collect(),
        timeouts: TIMEOUTS,
        schedule: Arc::new(lab.clock.clone()),
        faults,
    };
    let inward = Inward { listen: Box::new(listen), recipients: Arc::new(CatchAll::default()) };
    let smtp = SocketAddr::new(near(options.ip), options.port_base.saturating_add(SMTP_PORT));
    let trying = Trying { smtp, clock: paced.clone(), random: random.clone() };
    let control = Arc::new(LabControl { lab, moved, trying });
    Ok(Around { outside, inward: Some(inward), control: Some(control), clock: paced, beside: vec![names] })
}

/// The lab's name server on a port of this machine, and the file with its trust anchor.
async fn serve_names(
    options: &LocalserveOptions,
    lab: &Lab,
    clock: Arc<dyn Clock>,
) -> Result<BoxFuture<'static, ()>, Error> {
    let path = options.dir.join("lab-anchor.key");
    write_durably(&path, lab.zones.anchor().as_bytes(), Access::Public)
        .map_err(|source| Error::File { path, source })?;
    let address = SocketAddr::new(options.ip, options.port_base.saturating_add(DNS_PORT));
    let server = NameServer::bind(address).await;
    let server = server.map_err(|source| Error::Listen { address, service: "dns", source })?;
    Ok(Box::pin(server.serve(Authority::from(lab.zones.clone()), clock)))
}

/// Where this machine reaches what listens on an address.
fn near(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    }
}

fn read_moved(path: &Path) -> Result<Duration, Error> {
    match std::fs::read_to_string(path) {
        Ok(text) => text.trim().parse().map(Duration::from_millis).map_err(|e| {
            Error::Lab(format!("{}: {e}: time would go back, remove the file to begin anew", path.display()))
        }),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Duration::ZERO),
        Err(source) => Err(Error::File { path: path.to_owned(), source }),
    }
}

impl LabControl {
    /// What validates its names.
    pub(super) fn resolver(&self) -> Arc<dyn Resolver> {
        self.lab.resolver.clone()
    }

    /// Moves time on.
    pub(crate) async fn advance(&self, op: LabAdvance) -> Result<LabAdvanced, OpError> {
        let before = self.lab.clock.now();
        let by = match op.by {
            LabMove::Midnight => self.lab.until_midnight(),
            LabMove::ByMs(ms) if ms <= LabAdvance::MAX_MS => Duration::from_millis(ms),
            LabMove::ByMs(_) => return Err(OpError::usage("time moves by ten years at most")),
        };
        if op.dry_run {
            return Ok(LabAdvanced { before: before.into(), now: before.plus(by).into(), dry_run: true });
        }
        let total = self.lab.clock.offset().saturating_add(by).as_millis().to_string();
        write_durably(&self.moved, total.as_bytes(), Access::Private).map_err(OpError::failed)?;
        self.lab.advance(by).await;
        Ok(LabAdvanced { before: before.into(), now: self.lab.clock.now().into(), dry_run: false })
    }

    /// Lets a domain do what it does next.
    pub(crate) fn step(&self, op: &LabStep) -> Result<LabStepped, OpError> {
        let step = if op.dry_run { self.lab.next_step(&op.domain) } else { self.lab.step(&op.domain) };
        let step = step.map_err(|e| match e {
            StepError::Unknown(_) => unknown(e),
            e => OpError::usage(e),
        })?;
        Ok(LabStepped { domain: op.domain.clone(), does: step.does.clone(), dry_run: op.dry_run })
    }

    /// What its domains do now.
    pub(crate) fn show(&self, _: LabShow) -> LabShown {
        let row = |domain: &LabDomain| {
            let (does, expect, made) = self.now(domain);
            let next = domain.steps.get(made);
            LabRow {
                domain: domain.name.clone(),
                group: domain.group.to_owned(),
                does: does.to_owned(),
                expect: expect.to_string(),
                next: next.map(|step| LabNext { does: step.does.clone(), after_secs: step.after_secs }),
            }
        };
        LabShown { now: self.lab.clock.now().into(), domains: self.lab.domains().iter().map(row).collect() }
    }

    /// What a domain does after the steps that it made, what to expect then, and how many those are.
    fn now<'a>(&self, domain: &'a LabDomain) -> (&'a str, &'a Expect, usize) {
        let made = self.lab.steps_made(&domain.name);
        match made.checked_sub(1).and_then(|last| domain.steps.get(last)) {
            Some(step) => (&step.does, &step.expect, made),
            None => (&domain.does, &domain.expect, made),
        }
    }

    /// Sends a message to a domain, or as it does.
    pub(crate) async fn send(&self, op: LabTry) -> Result<LabTried, OpError> {
        let found = self.lab.domains().iter().find(|domain| domain.name.eq_ignore_ascii_case(&op.domain));
        let domain = found.ok_or_else(|| unknown(StepError::Unknown(op.domain)))?;
        let what = labtry::envelope(&domain.name, self.now(domain).1);
        if op.dry_run { Ok(what) } else { self.trying.send(what).await }
    }
}

fn unknown(e: StepError) -> OpError {
    OpError::not_found(e).hint("`mox lab list` shows what is there")
}

/// Names of the lab, and all others.
struct Names {
    lab: Arc<dyn Resolver>,
    world: Arc<dyn Resolver>,
}

impl Resolver for Names {
    fn lookup(&self, name: &str, kind: RecordType) -> BoxFuture<'_, Result<Answer, mox_dns::Error>> {
        let name_below = name.trim_end_matches('.').to_ascii_lowercase();
        let of_lab = name_below == mox_lab::DOMAIN || name_below.ends_with(".lab.test");
        if of_lab { self.lab.lookup(name, kind) } else { self.world.lookup(name, kind) }
    }
}

/// Hands what the lab's hosts take to the inbox.
struct ToInbox {
    net: SimNet,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl Sink for ToInbox {
    fn mail(&self, accepted: Accepted) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async move {
            self.hand_over(&accepted.mail_from, &accepted.rcpts, &accepted.host, &accepted.bytes).await
        })
    }

    fn post(&self, posted: Posted) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async move {
            let message = self.as_message(&posted)?;
            let to = [format!("https@{}", posted.host)];
            self.hand_over("", &to, &posted.host, &message).await
        })
    }
}

impl ToInbox {
    async fn hand_over(&self, from: &str, to: &[String], host: &str, bytes: &[u8]) -> Result<(), String> {
        let reverse_path = match from {
            "" => None,
            from => Some(from.parse().map_err(|_| format!("{from:?} is no address"))?),
        };
        let forward = |to: &String| {
            let path = to.parse().map_err(|_| format!("{to:?} is no address"))?;
            Ok(RcptArgs { forward_path: ForwardPath::Path(path), notify: None, orcpt: None })
        };
        let rcpts = to.iter().map(forward).collect::<Result<Vec<_>, String>>()?;
        let mail = MailArgs {
            reverse_path,
            body: Body::EightBitMime,
            smtputf8: !from.is_ascii() || to.iter().any(|to| !to.is_ascii()),
            ..MailArgs::default()
        };
        let mut session = self.session(host).await?;
        let mut content = bytes;
        let outcomes = session.deliver(&mail, &rcpts, &mut content).await;
        session.quit().await;
        match outcomes.iter().find(|outcome| !matches!(outcome, mox_smtpclient::Outcome::Delivered(_))) {
            None => Ok(()),
            Some(outcome) => Err(format!("the inbox says {outcome:?}")),
        }
    }

    async fn session(&self, host: &str) -> Result<Session, String> {
        let (clock, local) = (self.clock.clone(), [INBOX.ip()]);
        let stream =
            mox_smtpclient::dial(&self.net, clock, &[INBOX.ip()], INBOX.port(), &local, TIMEOUTS.connect)
                .await
                .map_err(|e| e.to_string())?;
        let options = Options {
            hello: host.to_owned(),
            mode: TlsMode::Skip,
            verify: Verify::NONE,
            server_name: "localhost".to_owned(),
            roots: Arc::new(mox_tls::RootCertStore::empty()),
            identity: None,
            login: None,
            pedantic: false,
            timeouts: Timeouts::RFC,
            clock: self.clock.clone(),
        };
        Session::open(stream, options, &*self.random).await.map_err(|e| e.to_string())
    }

    /// A message about what was posted, with that attached.
    fn as_message(&self, posted: &Posted) -> Result<Vec<u8>, String> {
        let plain = |text: &str| text.chars().filter(|c| c.is_ascii_graphic()).take(200).collect::<String>();
        let (host, path) = (plain(&posted.host), plain(&posted.path));
        let media_type = match plain(&posted.media_type) {
            other if !other.contains('/') => "application/octet-stream".to_owned(),
            media_type => media_type,
        };
        let domain: Domain = posted.host.parse().map_err(|e| format!("{:?}: {e}", posted.host))?;
        let bad = |e: mox_message::Error| e.to_string();
        let mut fields = Fields::new(false);
        fields.finished(&format!("From: <https@{host}>\r\nTo: <https@{host}>\r\n"));
        fields.text("Subject", &format!("Posted to https://{host}{path}")).map_err(bad)?;
        fields.date("Date", self.clock.now()).map_err(bad)?;
        fields.ids("Message-ID", &[compose::message_id(&*self.random, &domain)]).map_err(bad)?;
        let part = Part::attachment(&media_type, "posted", &posted.bytes);
        compose::message(&fields, &part, Transport::SevenBit, &*self.random).map_err(bad)
    }
}
