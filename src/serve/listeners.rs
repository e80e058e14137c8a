//! Binding what `mox.conf` lists, and serving it.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use mox_admin::ops::ListenerRow;
use mox_config::Config;
use mox_config::listener::Listener;
use mox_net::{ConnectionLimit, Listen, RateLimit, TcpListen, Window};
use mox_smtp::{Reply, Syntax};
use mox_smtpserver::{Context, Gate, Handler, Limits, LoginAttempt, Observer, Port};
use mox_telemetry::{Accepting, Authenticating, Listening, Metrics};
use mox_tls::ServerConfig;
use tokio::sync::{Semaphore, watch};

use crate::addresses::{Purpose, is_spare, ports};
use crate::certificates::FromFiles;
use crate::house::{Error, Handlers, Plan};
use crate::listenertls::Tls;
use crate::loginlog::LoginLog;
use crate::sessions::Sessions;
use crate::traffic::Counters;

/// A port with pages of this server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Web {
    /// Address and port.
    pub address: SocketAddr,
    /// Over TLS.
    pub tls: bool,
}

/// A bound socket, ready to be served.
pub(crate) struct Bound {
    pub(crate) row: ListenerRow,
    listen: TcpListen,
    sessions: Sessions,
    what: What,
}

enum What {
    Smtp(Box<Context>),
    Http(crate::web::Pages),
    Website(crate::web::Pages, Arc<dyn mox_httpserver::Service>, Option<Arc<Context>>),
}

/// Everything that is bound, and what has to be looked after.
pub(crate) struct All {
    pub(crate) bound: Vec<Bound>,
    /// Certificates that may be renewed.
    pub(crate) files: Vec<FromFiles>,
}

impl Bound {
    /// Serves until the house stops; `site` are the pages of this server.
    pub(crate) async fn serve(self, site: Arc<dyn mox_httpserver::Service>) {
        let listen = self.sessions.of(self.listen, &self.row);
        match self.what {
            What::Smtp(context) => mox_smtpserver::serve(listen, Arc::new(*context)).await,
            What::Http(pages) => pages.serve(listen, site).await,
            What::Website(pages, website, submissions) => {
                pages.serve_website(listen, website, submissions).await;
            }
        }
    }
}

/// Who sees what goes on at all listeners.
pub(crate) struct Watch {
    /// Connections that are open.
    pub(crate) sessions: Sessions,
    /// How much mail comes.
    pub(crate) counters: Arc<Counters>,
    /// Rates by network.
    pub(crate) gate: Arc<Gate>,
}

/// What all listeners share.
struct Shared<'a> {
    plan: &'a Plan,
    config: &'a Config,
    handlers: &'a Handlers,
    metrics: &'a Arc<Metrics>,
    stopping: &'a watch::Receiver<bool>,
    gate: Arc<Gate>,
    verifying: Arc<Semaphore>,
    secret: Vec<u8>,
    logins: &'a LoginLog,
    watch: &'a Watch,
    /// What web servers are made with, where listeners have such.
    website: Option<&'a mox_website::Seams>,
}

/// Binds everything, or nothing.
pub(crate) fn bind(
    plan: &Plan,
    config: &Config,
    handlers: &Handlers,
    metrics: &Arc<Metrics>,
    stopping: &watch::Receiver<bool>,
    logins: &LoginLog,
    watch: &Watch,
) -> Result<All, Error> {
    let shared = Shared {
        plan,
        config,
        handlers,
        metrics,
        stopping,
        gate: watch.gate.clone(),
        verifying: Arc::new(Semaphore::new(2)),
        secret: secret(plan)?,
        logins,
        watch,
        website: plan.website.as_ref(),
    };
    let (mut bound, mut files) = (Vec::new(), Vec::new());
    let mut first_tls = None;
    for (name, listener) in &config.server.listeners {
        let from_files = FromFiles::read(config, listener, &plan.secrets)?;
        let tls = Tls::of(plan, config, listener, from_files.as_ref())?;
        files.extend(from_files);
        first_tls = first_tls.or(tls.as_ref().map(|tls| tls.web.clone()));
        for ip in &listener.ips {
            bind_listener(&shared, name, listener, *ip, tls.as_ref(), &mut bound)?;
        }
    }
    for web in &plan.web {
        let tls = if web.tls { first_tls.clone() } else { None };
        let service = if web.tls { "https" } else { "http" };
        bound.push(bind_http(&shared, "local", service, web.address, tls)?);
    }
    // What was opened for what is not served here would take connections that nobody answers.
    plan.sockets.close_rest();
    Ok(All { bound, files })
}

/// How mail is taken that comes without a port: as on the MX port of the first listener, without TLS.
pub(crate) fn inward(
    plan: &Plan,
    config: &Config,
    handler: Arc<dyn Handler>,
    metrics: &Arc<Metrics>,
    stopping: &watch::Receiver<bool>,
) -> Option<Context> {
    let listener = config.server.listeners.values().next()?;
    Some(Context {
        handler,
        observer: Arc::new(Count {
            metrics: metrics.clone(),
            number: 0,
            logins: None,
            // What the hosts of the lab take is not mail to this server.
            counters: Arc::default(),
        }),
        port: Port::Mx,
        hostname: config.server.hostname.clone(),
        limits: limits(config, listener, Port::Mx),
        tls: None,
        gate: Arc::new(gate(config, plan)),
        clock: plan.clock.clone(),
        random: plan.random.clone(),
        secret: secret(plan).ok()?,
        verifying: Arc::new(Semaphore::new(1)),
        transcripts: false,
        shutdown: stopping.clone(),
    })
}

fn bind_listener(
    shared: &Shared<'_>,
    name: &str,
    listener: &Listener,
    ip: IpAddr,
    tls: Option<&Tls>,
    bound: &mut Vec<Bound>,
) -> Result<(), Error> {
    for (purpose, number) in ports(shared.config, listener) {
        let address = SocketAddr::new(ip, number);
        let one = match purpose {
            Purpose::Smtp(port) => bind_smtp(shared, name, listener, port, address, tls).map(Some),
            Purpose::Metrics => bind_http(shared, name, purpose.name(), address, None).map(Some),
            Purpose::Web(over_tls) => {
                bind_website(shared, name, listener, address, tls.filter(|_| over_tls), over_tls)
            }
        };
        match one {
            Ok(one) => bound.extend(one),
            Err(error) if is_spare(shared.config, listener, purpose, number) => {
                tracing::warn!(%error, "certificate authorities can check names by TLS only");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn bind_smtp(
    shared: &Shared<'_>,
    name: &str,
    listener: &Listener,
    port: Port,
    address: SocketAddr,
    tls: Option<&Tls>,
) -> Result<Bound, Error> {
    let tls = tls.filter(|_| port != Port::Mx || !listener.smtp.no_starttls);
    let tls = tls.map(|tls| if port == Port::Mx { tls.mx.clone() } else { tls.users.clone() });
    let kind = match (port, &tls) {
        (Port::Submissions, _) => "immediate",
        (_, Some(_)) => "starttls",
        (_, None) => "none",
    };
    let listen = listen(shared, address, port.name())?;
    let address = listen.local();
    let row = ListenerRow {
        listener: name.to_owned(),
        service: port.name().to_owned(),
        address: address.to_string(),
        tls: kind.to_owned(),
    };
    let context = context(shared, listener, port, address.port(), tls);
    Ok(Bound { row, listen, sessions: shared.watch.sessions.clone(), what: What::Smtp(Box::new(context)) })
}

/// A port of the web server; none where none is served, or nothing is there to serve it with, which the configuration is
/// checked for.
fn bind_website(
    shared: &Shared<'_>,
    name: &str,
    listener: &Listener,
    address: SocketAddr,
    tls: Option<&Tls>,
    over_tls: bool,
) -> Result<Option<Bound>, Error> {
    let Some(seams) = shared.website.filter(|_| tls.is_some() == over_tls) else { return Ok(None) };
    let submissions = tls.and_then(|tls| tls.web_and_mail.clone()).filter(|_| address.port() == 443);
    let tls = submissions.clone().or_else(|| tls.map(|tls| tls.web.clone()));
    let port = mox_website::Port { listener: name.to_owned(), number: address.port(), tls: over_tls };
    let website = mox_website::service(port, seams.clone());
    let submissions = submissions
        .map(|tls| Arc::new(context(shared, listener, Port::Submissions, address.port(), Some(tls))));
    let Bound { row, listen, sessions, what } =
        bind_http(shared, name, Purpose::Web(over_tls).name(), address, tls)?;
    let what = match what {
        What::Http(pages) => What::Website(pages, website, submissions),
        other => other,
    };
    Ok(Some(Bound { row, listen, sessions, what }))
}

fn bind_http(
    shared: &Shared<'_>,
    name: &str,
    service: &'static str,
    address: SocketAddr,
    tls: Option<Arc<ServerConfig>>,
) -> Result<Bound, Error> {
    let listen = listen(shared, address, service)?;
    let row = ListenerRow {
        listener: name.to_owned(),
        service: service.to_owned(),
        address: listen.local().to_string(),
        tls: if tls.is_some() { "immediate" } else { "none" }.to_owned(),
    };
    let pages = crate::web::Pages {
        metrics: shared.metrics.clone(),
        tls,
        metrics_only: service == "metrics",
        hostname: shared.config.server.hostname.ascii().to_owned(),
        clock: shared.plan.clock.clone(),
        stopping: shared.stopping.clone(),
    };
    Ok(Bound { row, listen, sessions: shared.watch.sessions.clone(), what: What::Http(pages) })
}

fn listen(shared: &Shared<'_>, address: SocketAddr, service: &'static str) -> Result<TcpListen, Error> {
    shared.plan.sockets.listen(address).map_err(|source| Error::Listen { address, service, source })
}

fn context(
    shared: &Shared<'_>,
    listener: &Listener,
    port: Port,
    number: u16,
    tls: Option<Arc<ServerConfig>>,
) -> Context {
    let handler = match port {
        Port::Mx => &shared.handlers.mx,
        Port::Submission | Port::Submissions => &shared.handlers.submission,
    };
    Context {
        handler: handler.clone(),
        observer: Arc::new(Count {
            metrics: shared.metrics.clone(),
            number,
            logins: Some(shared.logins.clone()),
            counters: shared.watch.counters.clone(),
        }),
        port,
        hostname: listener.hostname.clone().unwrap_or_else(|| shared.config.server.hostname.clone()),
        limits: limits(shared.config, listener, port),
        tls,
        gate: shared.gate.clone(),
        clock: shared.plan.clock.clone(),
        random: shared.plan.random.clone(),
        secret: shared.secret.clone(),
        verifying: shared.verifying.clone(),
        transcripts: shared.plan.keeping.transcripts,
        shutdown: shared.stopping.clone(),
    }
}

fn limits(config: &Config, listener: &Listener, port: Port) -> Limits {
    let (server, bounds) = (&config.server, &config.server.limits);
    let submission_open = port.is_submission() && listener.submission.no_require_starttls;
    Limits {
        syntax: if server.pedantic { Syntax::Pedantic } else { Syntax::Lenient },
        command_timeout: *bounds.idle_timeout,
        data_timeout: *bounds.idle_timeout,
        data_total: *bounds.data_timeout,
        max_line: bounds.line_length as usize,
        max_message: listener.smtp_max_message_size,
        max_rcpts: bounds.recipients_max as usize,
        max_refused_rcpts: bounds.recipients_max,
        max_bad_transactions: bounds.bad_transactions_max,
        lift_for_loopback: bounds.lift_for_loopback,
        tls_required: match port {
            Port::Mx => listener.smtp.require_starttls,
            Port::Submission | Port::Submissions => !submission_open,
        },
        plaintext_auth: submission_open,
        require_tls_offered: !listener.smtp.no_require_tls,
        ..Limits::default()
    }
}

/// Rates by network, as `mox.conf` has them.
pub(crate) fn gate(config: &Config, plan: &Plan) -> Gate {
    let limits = &config.server.limits;
    let classes = |most: u32| [u64::from(most), u64::from(most) * 3, u64::from(most) * 9];
    let window = |secs, most| Window { length: Duration::from_secs(secs), limits: classes(most) };
    let rate = |windows: &[Window]| RateLimit::new(plan.clock.clone(), windows);
    Gate::with(
        rate(&[window(60, limits.connections_per_minute)]),
        ConnectionLimit::new(classes(limits.open_connections)),
        rate(&[window(60, limits.auth_failures_per_minute), window(86_400, limits.auth_failures_per_day)]),
    )
}

/// The secret behind the salts of users that do not exist; made at the first start.
fn secret(plan: &Plan) -> Result<Vec<u8>, Error> {
    let path = plan.data.join("secret.key");
    let failed = |source| Error::File { path: path.clone(), source };
    match std::fs::read(&path) {
        Ok(secret) if secret.len() >= 32 => Ok(secret),
        Ok(_) => make_secret(&path, plan).map_err(failed),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => make_secret(&path, plan).map_err(failed),
        Err(e) => Err(failed(e)),
    }
}

fn make_secret(path: &Path, plan: &Plan) -> std::io::Result<Vec<u8>> {
    let secret: [u8; 32] = mox_clock::random_array(&*plan.random);
    mox_platform::files::write_durably(path, &secret, mox_platform::files::Access::Private)?;
    Ok(secret.to_vec())
}

/// Counts sessions for the metrics.
struct Count {
    metrics: Arc<Metrics>,
    number: u16,
    logins: Option<LoginLog>,
    counters: Arc<Counters>,
}

impl Observer for Count {
    fn session(&self, _port: Port) {
        self.metrics.smtpserver_connections.get_or_create(&Listening { port: self.number }).inc();
        self.metrics.smtpserver_open.get_or_create(&Listening { port: self.number }).inc();
    }

    fn session_ended(&self, _port: Port) {
        self.metrics.smtpserver_open.get_or_create(&Listening { port: self.number }).dec();
    }

    fn authentication(&self, port: Port, attempt: &LoginAttempt<'_>) {
        let result = if attempt.code == 235 { "ok" } else { "badcreds" };
        let labels = Authenticating { mechanism: attempt.mechanism.name(), result };
        self.metrics.auth.get_or_create(&labels).inc();
        if let Some(logins) = &self.logins {
            logins.note(port, attempt);
        }
    }

    fn command(&self, port: Port, verb: &'static str, reply: &Reply, _took: Duration) {
        self.counters.command(port, verb, reply);
    }

    fn transaction(&self, port: Port, reply: &Reply, _octets: u64) {
        self.counters.transaction(port, reply);
        let result = match reply.code {
            200..=299 => "accepted",
            400..=499 => "temporary",
            _ => "rejected",
        };
        self.metrics.smtpserver_transactions.get_or_create(&Accepting { port: self.number, result }).inc();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_sessions_are_counted_down() {
        let metrics = Arc::new(Metrics::new(mox_clock::Timestamp::from_secs(0)));
        let count = Count { metrics: metrics.clone(), number: 25, logins: None, counters: Arc::default() };
        count.session(Port::Mx);
        count.session(Port::Mx);
        count.session_ended(Port::Mx);
        assert_eq!(metrics.smtpserver_open.get_or_create(&Listening { port: 25 }).get(), 1);
        assert_eq!(metrics.smtpserver_connections.get_or_create(&Listening { port: 25 }).get(), 2);
    }
}
