//! `mox localserve`: a whole mail server on loopback for trying things, without any configuration.
//!
//! Every address at every domain is caught in a mailbox of its own. Nothing leaves the machine unless a relay is
//! named. Everything it needs is made in one folder at the first start and kept from then on.

mod catchall;
mod chaos;
mod failing;
mod folder;
mod lab;
mod labtry;
mod simulate;
mod site;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mox_address::Domain;
use mox_admin::ops::{Chaos, ChaosRule, RelayRow};
use mox_clock::{Clock, Random};
use mox_config::Handle;
use mox_https::{Scheme, Url};
use mox_inbound::Keeping;
use mox_queue::{Options, Retry};
use mox_submission::Strictness;
use mox_telemetry::Levels;

use crate::hooks::Webhooks;
use crate::house::{Error, House, Inward, Plan};
use crate::judging::{Judging, JudgingDns};
use crate::listeners::Web;
use crate::outside::Outside;

pub(crate) use chaos::Rules;
pub use chaos::{BadRule, BadRules, check_rule, check_rules};
pub use folder::Ports;
pub(crate) use lab::LabControl;

/// The account that catches everything.
pub const ACCOUNT: &str = "mox";
/// Its password, known to everybody.
pub const PASSWORD: &str = "moxmoxmox";
/// Its login.
pub const LOGIN: &str = "mox@localhost";
/// Password of the administrator.
pub const ADMIN_PASSWORD: &str = "moxadmin";

/// Time that judging one message may take: programs that test mail wait less than servers do.
const PATIENCE: Duration = Duration::from_secs(10);

/// A next hop for mail that may leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayRule {
    /// For recipients at this domain and below; none for all.
    pub domain: Option<Domain>,
    /// Host name or address of the relay.
    pub host: String,
    /// Its port.
    pub port: u16,
}

/// What a person can choose.
#[derive(Debug, Clone)]
pub struct LocalserveOptions {
    /// Folder for configuration and data.
    pub dir: PathBuf,
    /// Address to listen on.
    pub ip: IpAddr,
    /// Added to the well-known port numbers.
    pub port_base: u16,
    /// Which recipients' mail leaves, and where to; the first rule that fits.
    pub relays: Vec<RelayRule>,
    /// Domains whose mail leaves for the hosts that DNS names.
    pub direct: Vec<Domain>,
    /// In an internet of its own, see `mox_lab`.
    pub lab: bool,
    /// The point at which a test ends the process.
    pub fault: Option<String>,
    /// Where messages go that are released by hand; nothing leaves by it otherwise.
    pub release: Option<RelayRule>,
    /// Messages kept; the oldest go.
    pub keep: i64,
    /// Waits between attempts to relay; one attempt more than waits.
    pub retry: Vec<Duration>,
    /// Refuse what is usually tolerated.
    pub pedantic: bool,
    /// Failures on demand from the start.
    pub chaos: Vec<ChaosRule>,
    /// URLs that are told of arriving messages.
    pub webhooks: Vec<Url>,
    /// Whom to ask for names.
    pub dns: mox_dns::Options,
    /// Which DNS arriving mail is judged by.
    pub judge_by: JudgeBy,
    /// The client's address for those who judge, if not the real one.
    pub client_ip: Option<IpAddr>,
    /// Acts on verdicts as a server for others would.
    pub enforce: bool,
}

/// Which DNS arriving mail is judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JudgeBy {
    /// The built-in domains.
    Lab,
    /// That of the world.
    Real,
    /// None: nothing is judged.
    Nothing,
}

/// What a running localserve tells.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Started {
    /// Folder of configuration and data.
    pub dir: PathBuf,
    /// Where it accepts.
    pub listeners: Vec<mox_admin::ops::ListenerRow>,
    /// Login of the account.
    pub login: &'static str,
    /// Its password.
    pub password: &'static str,
    /// Password of the administrator.
    pub admin_password: &'static str,
    /// It was the first start in this folder.
    pub first: bool,
}

/// Makes what is missing in the folder, then starts. Needs a tokio runtime.
pub async fn run(
    options: LocalserveOptions,
    levels: Levels,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
) -> Result<(House, Started), Error> {
    let chaos = Arc::new(Rules::new(Chaos { rules: options.chaos.clone() }, random.clone())?);
    let first = folder::prepare(&options, &*clock)?;
    let (config, warnings) = mox_config::Config::load(&options.dir.join("mox.conf"))?;
    for warning in warnings {
        tracing::warn!(warning = %warning, "configuration");
    }
    let config = folder::with_options(config, &options);
    crate::house::apply_levels(&config, &levels);
    let data = config.data_dir.clone();
    let hostname = config.server.hostname.ascii().to_owned();
    mox_platform::files::create_private_dir(&data)
        .map_err(|source| Error::File { path: data.clone(), source })?;
    let Around { outside, inward, control, clock, beside } = match options.lab {
        true => lab::start(&options, &data, &clock, &random).await?,
        false => world(&options, clock)?,
    };
    let pedantic = config.server.pedantic;
    let config = Arc::new(Handle::new(config));
    let catchall = Arc::new(catchall::CatchAll {
        relays: options.relays.clone(),
        release: options.release.clone(),
        direct: options.direct.clone(),
        lab: options.lab,
        returns: Some(config.clone()),
    });
    let caught = catchall::CatchAll { returns: Some(config.clone()), ..Default::default() };
    let caught: Arc<dyn mox_inbound::Recipients> = Arc::new(caught);
    let inward = inward.map(|inward| Inward { recipients: caught, ..inward });
    let ports = Ports::new(options.port_base);
    let web = |port, tls| Web { address: SocketAddr::new(options.ip, port), tls };
    let (waits, web_clock) = (clock.clone(), clock.clone());
    let choosers: Vec<Arc<dyn failing::Choose>> = vec![chaos.clone(), Arc::new(simulate::Localparts)];
    let plan = Plan {
        config,
        data,
        recipients: catchall.clone(),
        router: catchall,
        outbound: Arc::new(simulate::outbound),
        around: Arc::new(move |inner| failing::around(inner, choosers.clone(), waits.clone())),
        chaos: Some(chaos),
        strictness: if pedantic { Strictness::Lawful } else { Strictness::Anything },
        queue: Options { retry: Retry::Waits(options.retry.clone()), ..Options::new(hostname) },
        keep: Some((ACCOUNT.to_owned(), options.keep)),
        keeping: Keeping { transcripts: true, tags: true },
        judging: Judging {
            dns: match options.judge_by {
                JudgeBy::Nothing => JudgingDns::Off,
                JudgeBy::Real => JudgingDns::House,
                JudgeBy::Lab => JudgingDns::Lab(control.as_ref().map_or_else(names, |lab| lab.resolver())),
            },
            client_ip: options.client_ip,
            patience: PATIENCE,
            enforce: options.enforce,
            strangers_wait: false,
            submitted: true,
        },
        any_report: true,
        cap_reports: false,
        relays: relay_rows(&options),
        webhooks: Webhooks { urls: options.webhooks.clone(), pages: pages(options.ip, ports.http) },
        sockets: Arc::default(),
        secrets: crate::Secrets::default(),
        locals: Vec::new(),
        website: None,
        authorities: crate::authorities::Authorities::default(),
        web: vec![web(ports.http, false), web(ports.https, true)],
        site: Arc::new(move |operations, own| site::site(operations, own, web_clock.clone())),
        open_pages: true,
        levels,
        clock,
        random,
        outside,
        inward,
        lab: control,
        beside,
    };
    let (lock, store) = House::open(&plan)?;
    folder::prepare_account(&store, &plan).await?;
    let house = House::start(plan, lock, store).await?;
    let started = Started {
        dir: options.dir,
        listeners: house.listeners.clone(),
        login: LOGIN,
        password: PASSWORD,
        admin_password: ADMIN_PASSWORD,
        first,
    };
    Ok((house, started))
}

/// What is around the house.
struct Around {
    outside: Outside,
    inward: Option<Inward>,
    control: Option<Arc<LabControl>>,
    clock: Arc<dyn Clock>,
    beside: Vec<mox_net::BoxFuture<'static, ()>>,
}

/// No lab.
fn world(options: &LocalserveOptions, clock: Arc<dyn Clock>) -> Result<Around, Error> {
    let leaves = !options.relays.is_empty() || !options.direct.is_empty() || options.release.is_some();
    let roots = match leaves || options.webhooks.iter().any(is_https) {
        true => mox_tls::system_roots(),
        // Nobody has to prove anything: spare the work.
        false => mox_tls::RootCertStore::empty(),
    };
    let outside = Outside::world(&options.dns, Arc::new(roots), &clock)?;
    Ok(Around { outside, inward: None, control: None, clock, beside: Vec::new() })
}

/// The names of the lab. Its zones are constants, which a test of that room reads.
fn names() -> Arc<dyn mox_dns::Resolver> {
    match mox_lab::resolver() {
        Ok(lab) => Arc::new(lab),
        Err(line) => {
            tracing::error!(line, "the lab's zones cannot be read");
            Arc::new(mox_dns::sim::SimResolver::default())
        }
    }
}

fn is_https(url: &Url) -> bool {
    url.scheme == Scheme::Https
}

/// Where a browser on this machine finds the pages.
fn pages(ip: IpAddr, port: u16) -> String {
    match ip.is_loopback() || ip.is_unspecified() {
        true => format!("http://localhost:{port}"),
        false => format!("http://{}", SocketAddr::new(ip, port)),
    }
}

fn relay_rows(options: &LocalserveOptions) -> Vec<RelayRow> {
    let row = |rule: &RelayRule, by_hand| RelayRow {
        domain: rule.domain.as_ref().map(ToString::to_string),
        host: rule.host.clone(),
        port: rule.port,
        by_hand,
    };
    let all = options.relays.iter().map(|rule| row(rule, false));
    all.chain(options.release.iter().map(|rule| row(rule, true))).collect()
}
