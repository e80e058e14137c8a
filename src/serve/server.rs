//! `mox serve`: a mail server for domains of its own, as `mox.conf` and `domains.conf` say.
//!
//! Sockets may be open already: the command opens those below 1024 before it gives up its privileges.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mox_clock::{Clock, Random};
use mox_config::{Config, Handle};
use mox_inbound::{Configured, Keeping};
use mox_queue::{ConfigRouter, Leaving, Options, Route, Router};
use mox_submission::Strictness;
use mox_telemetry::Levels;

use crate::authorities::Authorities;
use crate::hooks::Webhooks;
use crate::house::{Error, House, Plan};
use crate::judging::{Judging, JudgingDns};
use crate::outside::Outside;
use crate::{Prepared, Secrets};

/// Time that judging one message may take; senders wait for minutes.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a server is started with.
pub struct ServeOptions {
    /// What was read and opened.
    pub prepared: Prepared,
    /// Whom to ask for names.
    pub dns: mox_dns::Options,
}

/// What a running server tells.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Started {
    /// Where `mox.conf` is.
    pub config: PathBuf,
    /// Name of the host.
    pub hostname: String,
    /// Where it accepts.
    pub listeners: Vec<mox_admin::ops::ListenerRow>,
}

/// Starts a server. Needs a tokio runtime.
pub async fn run(
    options: ServeOptions,
    levels: Levels,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
) -> Result<(House, Started), Error> {
    let config = options.prepared.config.clone();
    for warning in &config.warnings {
        tracing::warn!(warning = %warning, "configuration");
    }
    crate::house::apply_levels(&config, &levels);
    let hostname = config.server.hostname.ascii().to_owned();
    let file = config.file.clone();
    let plan = plan(config, options, levels, clock, random)?;
    let (lock, store) = House::open(&plan)?;
    open_accounts(&store, &plan).await?;
    let house = House::start(plan, lock, store).await?;
    let started = Started { config: file, hostname, listeners: house.listeners.clone() };
    Ok((house, started))
}

fn plan(
    config: Config,
    options: ServeOptions,
    levels: Levels,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
) -> Result<Plan, Error> {
    let roots = trust(&config, &options.prepared.secrets)?;
    let outside = Outside::world(&options.dns, roots.clone(), &clock)?;
    let hostname = config.server.hostname.ascii().to_owned();
    let authorities = Authorities::open(&config, &options.prepared.secrets, &outside, &clock, &random)?;
    let (data, locals) = (config.data_dir.clone(), locals(&config));
    let config = Arc::new(Handle::new(config));
    let website = mox_website::Seams {
        config: config.clone(),
        clock: clock.clone(),
        resolver: outside.resolver.clone(),
        dial: outside.dial.clone(),
        challenges: Arc::new(authorities.clone()),
        own: Arc::default(),
        roots,
    };
    Ok(Plan {
        data,
        recipients: Arc::new(Configured::new(config.clone())),
        router: Arc::new(Domestic { config: config.clone(), elsewhere: ConfigRouter::new(config.clone()) }),
        outbound: Arc::new(|inner| inner),
        around: Arc::new(|inner| inner),
        chaos: None,
        strictness: Strictness::Lawful,
        queue: Options::new(hostname),
        keep: None,
        keeping: Keeping { transcripts: false, tags: false },
        judging: Judging {
            dns: JudgingDns::House,
            client_ip: None,
            patience: PATIENCE,
            enforce: true,
            strangers_wait: true,
            submitted: false,
        },
        any_report: false,
        cap_reports: true,
        relays: Vec::new(),
        webhooks: Webhooks { urls: Vec::new(), pages: String::new() },
        sockets: Arc::new(options.prepared.sockets),
        secrets: options.prepared.secrets,
        locals,
        website: Some(website),
        authorities,
        web: Vec::new(),
        site: Arc::new(|_, _| Arc::new(mox_httpserver::Routes::new())),
        open_pages: false,
        config,
        levels,
        clock,
        random,
        outside,
        inward: None,
        lab: None,
        beside: Vec::new(),
    })
}

/// The trust anchors of the system, and those that `mox.conf` names.
pub fn trust(config: &Config, secrets: &Secrets) -> Result<Arc<mox_tls::RootCertStore>, Error> {
    let ca = config.server.tls.ca.clone().unwrap_or_default();
    let own_only = !ca.cert_files.is_empty() && !ca.additional_to_system;
    let mut roots = if own_only { mox_tls::RootCertStore::empty() } else { mox_tls::system_roots() };
    for file in &ca.cert_files {
        let path = config.path(file);
        let pem = secrets.read(&path).map_err(|source| Error::File { path: path.clone(), source })?;
        mox_tls::add_pem(&mut roots, &pem).map_err(|e| Error::Tls { path, reason: e.to_string() })?;
    }
    Ok(Arc::new(roots))
}

/// Addresses that mail leaves from: those of the listeners with SMTP, where each family has one at most and none is
/// the wildcard or of this machine alone.
fn locals(config: &Config) -> Vec<IpAddr> {
    let listeners = config.server.listeners.values().filter(|listener| listener.smtp.enabled);
    let mut all: Vec<IpAddr> = listeners.flat_map(|listener| listener.ips.iter().copied()).collect();
    all.sort_unstable();
    all.dedup();
    let family = |v6: bool| all.iter().filter(move |ip| ip.is_ipv6() == v6).copied();
    let one = |v6: bool| {
        let mut found = family(v6);
        let first = found.next().filter(|ip| !ip.is_unspecified() && !ip.is_loopback());
        first.filter(|_| found.next().is_none())
    };
    [one(false), one(true)].into_iter().flatten().collect()
}

/// Makes the accounts of `domains.conf` that are not in the store yet, so that they can be asked about.
async fn open_accounts(store: &mox_store::Store, plan: &Plan) -> Result<(), Error> {
    remove_marked(store, plan).await?;
    let names: Vec<String> = plan.config.load().dynamic.accounts.keys().cloned().collect();
    let open = store
        .write(move |store, tx| names.iter().try_for_each(|name| store.open_account(tx, name).map(|_| ())));
    open.await.map_err(|source| Error::Store { path: plan.data.clone(), source })
}

/// Removes the data of accounts that are marked and are not in `domains.conf`; one that is there again keeps it.
async fn remove_marked(store: &mox_store::Store, plan: &Plan) -> Result<(), Error> {
    let failed = |source| Error::Store { path: plan.data.clone(), source };
    let marked = store.read(|store, tx| store.marked_for_removal(tx)).await.map_err(failed)?;
    for name in marked {
        if plan.config.load().dynamic.accounts.contains_key(&name) {
            let keep =
                move |store: &mox_store::Store, tx: &mut mox_db::Tx<'_>| store.keep_after_all(tx, &name);
            store.write(keep).await.map_err(failed)?;
            continue;
        }
        tracing::info!(account = name, "removing the data of an account that was removed with its mail");
        loop {
            let account = name.clone();
            let some =
                move |store: &mox_store::Store, tx: &mut mox_db::Tx<'_>| store.remove_account(tx, &account);
            if store.write(some).await.map_err(failed)? {
                break;
            }
        }
    }
    Ok(())
}

/// Mail to domains of ours goes into mailboxes here, all else where `domains.conf` sends it.
struct Domestic {
    config: Arc<Handle>,
    elsewhere: ConfigRouter,
}

impl Router for Domestic {
    fn route(&self, mail: &Leaving<'_>) -> Route {
        let config = self.config.load();
        let ours = mail.to.domain().is_some_and(|to| {
            let hosted = config.dynamic.domains.contains_key(to) && !config.reports_only(to);
            hosted || *to == config.server.hostname
        });
        match ours && mail.transport.is_none() {
            true => Route::Local,
            false => self.elsewhere.route(mail),
        }
    }

    fn knows(&self, transport: &str) -> bool {
        self.elsewhere.knows(transport)
    }

    fn keep_retired(&self, account: &str) -> Duration {
        self.elsewhere.keep_retired(account)
    }
}
