//! Starting and stopping a house, in one place each.
//!
//! Start: lock the data folder, open the store, bind every listener, open the control endpoint, and only then
//! serve. Whatever fails names what, where and the next step, and leaves nothing running. Stop: no new
//! connections, sessions are told, the queue finishes its attempts, the database is closed last.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use mox_admin::Dispatch;
use mox_clock::{Clock, Random, Timestamp};
use mox_config::{Config, Handle, Warning};
use mox_inbound::{Delivery, Keeping, LocalOutbound, MxHandler, Notices, Rates, Recipients};
use mox_net::{BoxFuture, Listen};
use mox_platform::DirLock;
use mox_queue::{Outbound, Policies, Queue, Router, Seams, Smtp};
use mox_reports::Reports;
use mox_reports::receive::Receiver;
use mox_smtpserver::Handler;
use mox_store::{SpecialUse, Store};
use mox_submission::{ConfiguredKeys, Logins, Strictness, SubmissionHandler};
use mox_telemetry::{Level, Levels, Metrics};
use mox_webhooks::calls::Calls;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::desk::Desk;
use crate::ears::Ears;
use crate::hooks::{Following, Webhooks};
use crate::judging::Judging;
use crate::keepers::Keys;
use crate::listeners;
use crate::loginlog::LoginLog;
use crate::operations::feed::{Feed, modseqs};
use crate::outside::Outside;
use crate::own::Making;
use crate::sessions::Sessions;
use crate::traffic::Traffic;
use crate::web::Site;

/// Why a house did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The lab cannot be made.
    #[error("the lab: {0}")]
    Lab(String),
    /// Rules for failures on demand are wrong.
    #[error("chaos {0}")]
    Chaos(#[from] crate::localserve::BadRules),
    /// The configuration is wrong.
    #[error("{0}")]
    Config(#[from] mox_config::Errors),
    /// Another process works in the data folder.
    #[error(transparent)]
    Lock(#[from] mox_platform::LockError),
    /// A file or folder cannot be used.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// An address cannot be listened on.
    #[error("cannot listen on {address} for {service}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What for.
        service: &'static str,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// Sockets were handed over that `mox.conf` has no use for.
    #[error("sockets were handed over that mox.conf does not list: {0}")]
    Inherited(String),
    /// The user to become cannot be used.
    #[error("User {name:?} of mox.conf: {reason}")]
    User {
        /// Its name.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// The control endpoint cannot be opened.
    #[error("cannot open the control endpoint {}: {source}", path.display())]
    Control {
        /// Where.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The store cannot be opened.
    #[error("{}: {source}", path.display())]
    Store {
        /// Where.
        path: PathBuf,
        /// Why.
        source: mox_store::Error,
    },
    /// A certificate or key cannot be used.
    #[error("{}: {reason}", path.display())]
    Tls {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Names cannot be looked up.
    #[error("cannot set up DNS lookups: {0}")]
    Dns(#[from] mox_dns::Error),
    /// A password cannot be set.
    #[error("cannot set the password: {0}")]
    Password(String),
    /// An operating system service is missing.
    #[error("{0}")]
    System(std::io::Error),
}

impl Error {
    /// The next step for the person who started it.
    pub fn hint(&self) -> Option<String> {
        use std::io::ErrorKind::{AddrInUse, AddrNotAvailable, PermissionDenied, ReadOnlyFilesystem};
        match self {
            Error::Lock(mox_platform::LockError::Held { .. }) => Some(
                "stop the other server with `mox stop`, or give this one a folder of its own: DataDir of \
                 mox.conf, --dir of localserve"
                    .into(),
            ),
            Error::Listen { source, .. } => match source.kind() {
                AddrInUse => Some(
                    "another program uses this port: stop it, or move mox (Port in mox.conf, --port-base of localserve)"
                        .into(),
                ),
                AddrNotAvailable => Some(
                    "this machine does not have that address: see IPs in mox.conf, --ip of localserve".into(),
                ),
                PermissionDenied => {
                    Some(
                        "ports below 1024 need privileges, and Windows keeps some others for itself: start as root or \
                         with CAP_NET_BIND_SERVICE, or move mox (Port in mox.conf, --port-base of localserve)"
                            .into(),
                    )
                }
                _ => None,
            },
            Error::File { source, .. }
            | Error::Control { source, .. }
            | Error::Lock(mox_platform::LockError::Io { source, .. })
                if matches!(source.kind(), PermissionDenied | ReadOnlyFilesystem) =>
            {
                Some("the folder must belong to the user who runs mox and be writable".into())
            }
            Error::Store { source, .. } if source.is_full() => {
                Some("make room on the disk and start again".into())
            }
            Error::Inherited(_) => Some(
                "each ListenStream of the socket unit must be an address that mox.conf lists, as 192.0.2.1:25; for a \
                 wildcard both 0.0.0.0:25 and [::]:25, with BindIPv6Only=ipv6-only"
                    .into(),
            ),
            Error::User { name, .. } => Some(format!(
                "a server does not stay root: `useradd --system --user-group --no-create-home --shell /usr/sbin/nologin \
                 {name}` makes the user, or name another as User in mox.conf"
            )),
            Error::Config(_) => Some("`mox config test` checks the files without starting".into()),
            _ => None,
        }
    }
}

/// Puts something around a seam.
pub(crate) type Wrap<T> = Arc<dyn Fn(Arc<T>) -> Arc<T>>;

/// What a house is made of, as localserve and serve choose.
pub(crate) struct Plan {
    /// The configuration.
    pub config: Arc<Handle>,
    /// Where the data is.
    pub data: PathBuf,
    /// Who lives here.
    pub recipients: Arc<dyn Recipients>,
    /// Where outgoing mail goes.
    pub router: Arc<dyn Router>,
    /// What connects to other hosts; wraps the real one.
    pub outbound: Wrap<dyn Outbound>,
    /// Put around the handler of every listener.
    pub around: Wrap<dyn Handler>,
    /// Rules for failures on demand, where there are such.
    pub chaos: Option<Arc<crate::localserve::Rules>>,
    /// How closely submitted messages are looked at.
    pub strictness: Strictness,
    /// What outgoing connections lead to.
    pub outside: Outside,
    /// Mail that comes without a port of its own: what the hosts of the lab take.
    pub inward: Option<Inward>,
    /// The queue's patience.
    pub queue: mox_queue::Options,
    /// Messages kept for an account; older ones go.
    pub keep: Option<(String, i64)>,
    /// What is kept of arriving messages besides the messages.
    pub keeping: Keeping,
    /// How arriving mail is judged.
    pub judging: Judging,
    /// TLS reports about any domain are kept, not only about those of the configuration.
    pub any_report: bool,
    /// Reports are few beside other mail; else there are as many as there is reason for.
    pub cap_reports: bool,
    /// Relays that mail may leave through, for those who ask.
    pub relays: Vec<mox_admin::ops::RelayRow>,
    /// URLs that are told of arriving messages.
    pub webhooks: Webhooks,
    /// Sockets that are open already.
    pub sockets: Arc<crate::Sockets>,
    /// Files that were read while that was possible.
    pub secrets: crate::Secrets,
    /// Addresses that mail leaves from, at most one a family; any where there is none.
    pub locals: Vec<std::net::IpAddr>,
    /// What the web servers of listeners are made with; none where they are not served.
    pub website: Option<mox_website::Seams>,
    /// Who gives certificates on demand.
    pub authorities: crate::authorities::Authorities,
    /// HTTP and HTTPS ports with a page about this server.
    pub web: Vec<listeners::Web>,
    /// What they serve.
    pub site: Site,
    /// The administrator's pages are for all who can connect.
    pub open_pages: bool,
    /// Log levels.
    pub levels: Levels,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub random: Arc<dyn Random>,
    /// The lab, where this house is in one.
    pub lab: Option<Arc<crate::localserve::LabControl>>,
    /// What else is served until the house stops.
    pub beside: Vec<BoxFuture<'static, ()>>,
}

/// Mail that comes without a port of its own.
pub(crate) struct Inward {
    /// Where it comes from.
    pub listen: Box<dyn Listen>,
    /// Who gets it.
    pub recipients: Arc<dyn Recipients>,
}

/// A running house.
pub struct House {
    /// What is stored.
    pub store: Store,
    /// What leaves.
    pub queue: Queue,
    /// Figures.
    pub metrics: Arc<Metrics>,
    /// Where it accepts.
    pub listeners: Vec<mox_admin::ops::ListenerRow>,
    /// When it started.
    pub started: Timestamp,
    desk: Arc<Desk>,
    traffic: Traffic,
    shutdown: watch::Sender<bool>,
    tasks: JoinSet<()>,
    _lock: DirLock,
}

/// The tables that a house has beside those of the store.
pub const SCHEMAS: &[mox_db::Schema] = &[
    mox_queue::SCHEMA,
    mox_queue::STS_SCHEMA,
    mox_reports::SCHEMA,
    mox_reports::RECEIVED_SCHEMA,
    crate::tables::SCHEMA,
    mox_webhooks::calls::SCHEMA,
];

impl House {
    /// Opens the store of a plan: the first half of a start, before anything listens.
    pub(crate) fn open(plan: &Plan) -> Result<(DirLock, Store), Error> {
        let data = &plan.data;
        mox_platform::files::create_private_dir(data)
            .map_err(|source| Error::File { path: data.clone(), source })?;
        let lock = DirLock::acquire(data)?;
        let store = open_store(data, plan.clock.clone(), plan.random.clone())?;
        store.start_accounts_with(first_mailboxes(&plan.config.load()));
        Ok((lock, store))
    }

    /// Starts serving. Needs a tokio runtime.
    pub(crate) async fn start(mut plan: Plan, lock: DirLock, store: Store) -> Result<House, Error> {
        let started = plan.clock.now();
        let metrics = Arc::new(Metrics::new(started));
        let (shutdown, stopping) = watch::channel(false);
        let config = plan.config.load();
        let (outside, resolver) = (&plan.outside, plan.outside.resolver.clone());
        let web = outside.web(&plan.clock, config.server.allow_egress.iter().map(|network| network.0));
        let policies = Policies::new(
            store.clone(),
            resolver.clone(),
            Arc::new(web.clone()),
            outside.schedule.clone(),
            plan.random.clone(),
        );
        let calls = Calls::new(
            store.clone(),
            plan.config.clone(),
            web.clone(),
            outside.schedule.clone(),
            metrics.clone(),
        );
        let reports = reports(&plan, &store, web, &metrics);
        let queue = Queue::new(
            store.clone(),
            plan.queue.clone(),
            Seams {
                router: plan.router.clone(),
                local: Arc::new(Notices::new(plan.recipients.clone())),
                reporting: Arc::new(Ears { reports: reports.clone(), calls: calls.clone() }),
                outbound: (plan.outbound)(outbound(&plan, &config, &store, policies.clone(), calls.clone())),
                clock: outside.schedule.clone(),
                random: plan.random.clone(),
                faults: outside.faults.clone(),
                metrics: metrics.clone(),
            },
        );
        reports.attach(queue.clone());
        let hooks = plan.webhooks.hooks(&resolver, &outside.roots, &plan.clock, &metrics);
        let handlers = Handlers::new(&plan, &store, &queue, &reports, resolver, &metrics, &calls);
        let gate = Arc::new(listeners::gate(&config, &plan));
        let watch = listeners::Watch {
            sessions: Sessions::new(plan.clock.clone()),
            counters: Arc::default(),
            gate: gate.clone(),
        };
        let traffic = Traffic::new(store.clone(), queue.clone(), plan.clock.clone(), watch.counters.clone());
        let (logins, attempts) = LoginLog::new(plan.config.clone(), plan.clock.clone());
        let listeners::All { bound, files } =
            listeners::bind(&plan, &config, &handlers, &metrics, &stopping, &logins, &watch)?;
        let inward = plan.inward.take().zip(handlers.inward.clone());
        let inward = inward.and_then(|(inward, handler)| {
            let context = listeners::inward(&plan, &config, handler, &metrics, &stopping)?;
            Some(mox_smtpserver::serve(inward.listen, Arc::new(context)))
        });
        let listeners = bound.iter().map(|b| b.row.clone()).collect::<Vec<_>>();
        let seen = modseqs(&store).map_err(|source| Error::Store { path: plan.data.clone(), source })?;
        let feed = Arc::new(Feed::new(started));
        let desk = Desk::new(
            plan.config.clone(),
            Some(store.clone()),
            &plan.data,
            plan.clock.clone(),
            plan.random.clone(),
        );
        let parts = crate::operations::Parts {
            desk: desk.clone(),
            store: store.clone(),
            queue: queue.clone(),
            reports: reports.clone(),
            config: plan.config.clone(),
            metrics: metrics.clone(),
            levels: plan.levels.clone(),
            clock: plan.clock.clone(),
            random: plan.random.clone(),
            listeners: listeners.clone(),
            started,
            data: plan.data.clone(),
            chaos: plan.chaos.clone(),
            shutdown: shutdown.clone(),
            feed: feed.clone(),
            router: plan.router.clone(),
            relays: plan.relays.clone(),
            policies: Some(policies.clone()),
            lab: plan.lab.clone(),
            authorities: plan.authorities.clone(),
            faults: outside.faults.clone(),
            gate: gate.clone(),
            sessions: watch.sessions.clone(),
            traffic: traffic.clone(),
            outside: outside.clone(),
            secrets: plan.secrets.clone(),
            calls: calls.clone(),
        };
        let operations: Arc<dyn Dispatch> = Arc::new(crate::operations::all(parts));
        let endpoint = mox_ctl::endpoint(&plan.data);
        let control = mox_platform::ctlsocket::listen(&endpoint)
            .map_err(|source| Error::Control { path: endpoint.clone(), source })?;
        watch_figures(&metrics, &store, &queue);
        let mut tasks = JoinSet::new();
        let own = own_pages(
            &plan,
            &config,
            &operations,
            Keys::new(plan.config.clone(), store.clone(), gate, logins, plan.random.clone()),
            crate::own::Programs {
                submission: handlers.programs.clone(),
                steps: handlers.steps.clone(),
                queue: queue.clone(),
                store: store.clone(),
                config: plan.config.clone(),
            },
        );
        let site = (plan.site)(operations.clone(), &own);
        if let Some(website) = &plan.website {
            // Set once: a house starts once.
            let _ = website.own.set(own);
        }
        for listener in bound {
            tasks.spawn(listener.serve(site.clone()));
        }
        if let Some(inward) = inward {
            tasks.spawn(inward);
        }
        tasks.spawn(until(stopping.clone(), crate::certificates::watch(files, plan.clock.clone())));
        let attempts = crate::loginlog::keep(attempts, store.clone(), plan.clock.clone());
        tasks.spawn(until(stopping.clone(), attempts));
        let authorities = plan.authorities.clone().run(plan.config.clone(), plan.clock.clone());
        tasks.spawn(until(stopping.clone(), authorities));
        tasks.spawn(until(stopping.clone(), traffic.clone().run()));
        tasks.spawn(queue.clone().run(stopping.clone()));
        tasks.spawn(reports.run(stopping.clone()));
        tasks.spawn(policies.refresh(stopping.clone()));
        tasks.spawn(calls.run(stopping.clone()));
        for service in plan.beside {
            tasks.spawn(until(stopping.clone(), service));
        }
        for hook in hooks {
            tasks.spawn(until(stopping.clone(), hook.run(Following::new(&feed))));
        }
        tasks.spawn(until(stopping.clone(), mox_store::index(store.clone())));
        let fed = store.clone();
        let ticking = plan.clock.clone();
        tasks.spawn(until(stopping.clone(), async move { feed.run(fed, seen, ticking).await }));
        tasks
            .spawn(until(stopping.clone(), mox_ctl::serve(control, operations, VERSION, plan.clock.clone())));
        tasks.spawn(until(stopping.clone(), reload(desk.clone(), plan.clock.clone())));
        tasks.spawn(until(
            stopping.clone(),
            crate::retention::keep(store.clone(), plan.keep, plan.clock.clone()),
        ));
        Ok(House { store, queue, metrics, listeners, started, desk, traffic, shutdown, tasks, _lock: lock })
    }

    /// Reads `domains.conf` again now; a bad one keeps what was in effect.
    pub fn reload(&self) {
        report(self.desk.reload(true));
    }

    /// Waits until somebody asked for the end: [`House::stop`] or the control endpoint.
    pub async fn stopping(&self) {
        let mut stopping = self.shutdown.subscribe();
        // An error means that the sender is gone, and with it the house.
        let _ = stopping.wait_for(|down| *down).await;
    }

    /// Ends everything in order and closes the database.
    pub async fn stop(mut self) {
        self.shutdown.send_replace(true);
        while let Some(ended) = self.tasks.join_next().await {
            if let Err(e) = ended {
                tracing::error!(error = %e, "a task of the house failed");
            }
        }
        if let Err(error) = self.traffic.write().await {
            tracing::warn!(%error, "counts of messages could not be written");
        }
        let store = self.store.clone();
        // Closing waits for the writer thread.
        let _ = tokio::task::spawn_blocking(move || store.db().close()).await;
    }
}

/// The mailboxes that `mox.conf` names for new accounts.
pub(crate) fn first_mailboxes(config: &Config) -> Vec<(String, Option<SpecialUse>)> {
    let (special, regular) = config.server.mailboxes_of_new_account();
    let special = [
        (special.sent, SpecialUse::Sent),
        (special.archive, SpecialUse::Archive),
        (special.trash, SpecialUse::Trash),
        (special.draft, SpecialUse::Drafts),
        (special.junk, SpecialUse::Junk),
    ];
    let mut all: Vec<_> = special.into_iter().map(|(name, special)| (name, Some(special))).collect();
    all.extend(regular.into_iter().map(|name| (name, None)));
    all.retain(|(name, _)| !name.is_empty());
    all
}

/// Opens the database of a data folder; who does holds its lock.
pub(crate) fn open_store(
    data: &std::path::Path,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
) -> Result<Store, Error> {
    Store::open(data, SCHEMAS, clock, random).map_err(|source| Error::Store { path: data.to_owned(), source })
}

/// Version of this program.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The handlers of the ports.
pub(crate) struct Handlers {
    pub(crate) mx: Arc<dyn Handler>,
    pub(crate) submission: Arc<dyn Handler>,
    /// The same way out, for programs that speak HTTP.
    pub(crate) programs: Arc<SubmissionHandler>,
    /// What stands before them, as on the ports.
    pub(crate) steps: Arc<dyn Handler>,
    /// For mail that comes without a port.
    pub(crate) inward: Option<Arc<dyn Handler>>,
}

impl Handlers {
    fn new(
        plan: &Plan,
        store: &Store,
        queue: &Queue,
        reports: &Reports,
        resolver: Arc<dyn mox_dns::Resolver>,
        metrics: &Arc<Metrics>,
        calls: &Calls,
    ) -> Handlers {
        let config = &*plan.config.load();
        let authenticator = plan.judging.authenticator(plan, config, &resolver, metrics);
        let delivery = Delivery::new(store.clone(), queue.clone(), config.server.hostname.clone())
            .keeping(plan.keeping)
            .telling(calls.clone());
        let limits = &config.server.limits;
        let receiver = match plan.any_report {
            true => Receiver::for_any_domain(plan.config.clone(), metrics.clone()),
            false => Receiver::new(plan.config.clone(), metrics.clone()),
        };
        let mx = |recipients: &Arc<dyn Recipients>, engine| MxHandler {
            recipients: recipients.clone(),
            delivery: delivery.clone(),
            rates: Rates::new(limits, plan.clock.clone()),
            authenticator: authenticator.clone(),
            reports: Some(receiver.clone()),
            engine,
            strangers: crate::judging::strangers(plan, config),
            enforce: plan.judging.enforce,
            resolver: Some(resolver.clone()),
            random: plan.random.clone(),
            clock: plan.clock.clone(),
            received_max: limits.received_headers_max as usize,
            lift_for_loopback: limits.lift_for_loopback,
            pedantic: config.server.pedantic,
        };
        // What the hosts of the lab take is not mail to this server.
        let inward = plan.inward.as_ref();
        let inward = inward.map(|inward| Arc::new(mx(&inward.recipients, None)) as Arc<dyn Handler>);
        let mx = mx(&plan.recipients, Some(reports.clone()));
        let programs = Arc::new(SubmissionHandler {
            logins: Logins::new(store.clone(), plan.config.clone()),
            recipients: plan.recipients.clone(),
            delivery,
            strictness: plan.strictness,
            keys: Some(Arc::new(ConfiguredKeys(plan.config.clone()))),
            authenticator: authenticator.filter(|_| plan.judging.submitted),
            random: plan.random.clone(),
            clock: plan.clock.clone(),
            lift_for_loopback: limits.lift_for_loopback,
            pedantic: config.server.pedantic,
        });
        let submission = (plan.around)(programs.clone());
        let steps = (plan.around)(Arc::new(mox_submission::Willing));
        Handlers { mx: (plan.around)(Arc::new(mx)), submission, programs, steps, inward }
    }
}

/// The pages of a house.
fn own_pages(
    plan: &Plan,
    config: &Config,
    operations: &Arc<dyn Dispatch>,
    keys: Arc<Keys>,
    programs: crate::own::Programs,
) -> mox_website::Own {
    let inbox = mox_web::page::Place { href: "/".into(), label: "Inbox", icon: "inbox", group: "Localserve" };
    Making {
        dispatch: operations,
        keys,
        clock: &plan.clock,
        random: &plan.random,
        name: config.server.hostname.unicode().to_owned(),
        places: if plan.open_pages { vec![inbox] } else { Vec::new() },
        programs,
        scratch: plan.data.join("tmp"),
        open: plan.open_pages,
    }
    .own()
}

/// Reports about TLS. URLs of destinations are chosen by strangers, so they lead to public addresses only.
fn reports(plan: &Plan, store: &Store, web: mox_https::Client, metrics: &Arc<Metrics>) -> Reports {
    let seams = mox_reports::Seams {
        resolver: plan.outside.resolver.clone(),
        web,
        clock: plan.outside.schedule.clone(),
        random: plan.random.clone(),
        faults: plan.outside.faults.clone(),
        metrics: metrics.clone(),
    };
    let mut options = mox_reports::Options::new(plan.config.clone());
    if !plan.cap_reports {
        options.cap_floor = None;
    }
    Reports::new(store.clone(), seams, options)
}

/// The way out: mailboxes here, or SMTP to other hosts.
fn outbound(
    plan: &Plan,
    config: &Config,
    store: &Store,
    policies: Policies,
    calls: Calls,
) -> Arc<dyn Outbound> {
    let elsewhere = Smtp {
        resolver: plan.outside.resolver.clone(),
        dial: plan.outside.dial.clone(),
        clock: plan.clock.clone(),
        random: plan.random.clone(),
        hostname: config.server.hostname.ascii().to_owned(),
        roots: plan.outside.roots.clone(),
        timeouts: plan.outside.timeouts,
        locals: plan.locals.clone(),
        policies: Some(Arc::new(policies)),
    };
    Arc::new(LocalOutbound {
        store: store.clone(),
        recipients: plan.recipients.clone(),
        hostname: config.server.hostname.clone(),
        clock: plan.clock.clone(),
        elsewhere: Arc::new(elsewhere),
        calls: Some(calls),
    })
}

/// Gives rooms the log levels that the configuration names.
pub(crate) fn apply_levels(config: &Config, levels: &Levels) {
    use mox_config::values::LogLevel::{Debug, Error, Info, Trace, TraceAuth, TraceData, Warn};
    for (room, level) in config.server.package_log_levels.iter() {
        let level = match level {
            Error => Level::ERROR,
            Warn => Level::WARN,
            Info => Level::INFO,
            Debug => Level::DEBUG,
            Trace | TraceAuth | TraceData => Level::TRACE,
        };
        if let Err(e) = levels.set(room, Some(level)) {
            tracing::warn!(room, error = %e, "log level of the configuration ignored");
        }
    }
}

fn watch_figures(metrics: &Metrics, store: &Store, queue: &Queue) {
    use mox_telemetry::names;
    let figures = |store: &Store| {
        let store = store.clone();
        move || store.db().figures()
    };
    let (commits, writes) = (figures(store), figures(store));
    metrics.watch_counter(names::DB_COMMITS, move || commits().commits);
    metrics.watch_counter(names::DB_WRITES, move || writes().writes);
    let failed = figures(store);
    metrics.watch_counter(names::DB_COMMITS_FAILED, move || failed().failed);
    let queue = queue.clone();
    metrics.watch_gauge(names::QUEUE_MESSAGES, move || queue.length());
}

/// Runs a task until the house stops.
async fn until(mut stopping: watch::Receiver<bool>, task: impl Future<Output = ()>) {
    tokio::select! {
        _ = stopping.wait_for(|down| *down) => {}
        () = task => {}
    }
}

/// Reads `domains.conf` again when it changes; a bad one keeps what was in effect.
async fn reload(desk: Arc<Desk>, clock: Arc<dyn Clock>) {
    loop {
        clock.sleep(std::time::Duration::from_secs(1)).await;
        let desk = desk.clone();
        let result = tokio::task::spawn_blocking(move || desk.reload(false)).await;
        match result {
            Ok(result) => report(result),
            Err(e) => tracing::error!(error = %e, "reading domains.conf failed"),
        }
    }
}

/// Logs what became of reading `domains.conf` again; none: it had not changed.
fn report(result: Result<Option<Vec<Warning>>, mox_config::Errors>) {
    match result {
        Ok(None) => {}
        Ok(Some(warnings)) => {
            tracing::info!(warnings = warnings.len(), "domains.conf was read again");
            warnings.iter().for_each(|w| tracing::warn!(warning = %w, "domains.conf"));
        }
        Err(errors) => tracing::error!(error = %errors, "domains.conf is bad, the old one stays in effect"),
    }
}
