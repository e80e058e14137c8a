//! The folder of localserve: certificate, `mox.conf`, `domains.conf`, the account. Made once, then left alone, so
//! that edits stay; the address and port options of a later start win over the file without changing it.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use mox_clock::Clock;
use mox_config::Config;
use mox_platform::files::{Access, write_durably};
use mox_store::Store;

use super::{ACCOUNT, LOGIN, LocalserveOptions, PASSWORD};
use crate::house::{Error, Plan};

/// How long the certificate is valid.
const CERTIFICATE_LIFETIME: Duration = Duration::from_secs(10 * 365 * 86_400);

/// The port numbers: a base added to the well-known ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ports {
    /// Mail from other servers.
    pub smtp: u16,
    /// Submission with STARTTLS.
    pub submission: u16,
    /// Submission over TLS.
    pub submissions: u16,
    /// Pages.
    pub http: u16,
    /// Pages over TLS.
    pub https: u16,
    /// Metrics.
    pub metrics: u16,
}

impl Ports {
    /// Highest base for which all ports exist (IMAPS at base + 993 is reserved).
    pub const BASE_MAX: u16 = u16::MAX - 993;

    /// The ports of a base.
    pub fn new(base: u16) -> Ports {
        let port = |known: u16| base.saturating_add(known);
        Ports {
            smtp: port(25),
            submission: port(587),
            submissions: port(465),
            http: port(80),
            https: port(443),
            metrics: port(81),
        }
    }
}

/// Makes what is missing; whether it was the first start.
pub(super) fn prepare(options: &LocalserveOptions, clock: &dyn Clock) -> Result<bool, Error> {
    let dir = &options.dir;
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::File { path, source }
    };
    mox_platform::files::create_private_dir(dir).map_err(failed(dir))?;
    let (cert, key) = (dir.join("localhost.crt"), dir.join("localhost.key"));
    if !exists(&cert)? || !exists(&key)? {
        let ip = options.ip.to_string();
        let mut names = vec!["localhost", "127.0.0.1", "::1"];
        if !names.contains(&ip.as_str()) && !options.ip.is_unspecified() {
            names.push(&ip);
        }
        let pair = mox_tls::self_signed(&names, clock.now(), CERTIFICATE_LIFETIME)
            .map_err(|e| Error::Tls { path: cert.clone(), reason: e.to_string() })?;
        write_durably(&key, pair.key_pem.as_bytes(), Access::Private).map_err(failed(&key))?;
        write_durably(&cert, pair.cert_pem.as_bytes(), Access::Private).map_err(failed(&cert))?;
    }
    let domains = dir.join("domains.conf");
    if !exists(&domains)? {
        write_durably(&domains, DOMAINS.as_bytes(), Access::Private).map_err(failed(&domains))?;
    }
    if options.lab {
        prepare_lab(dir)?;
    }
    let server = dir.join("mox.conf");
    let first = !exists(&server)?;
    if first {
        let text = server_text(options.ip, Ports::new(options.port_base), options.pedantic);
        write_durably(&server, text.as_bytes(), Access::Private).map_err(failed(&server))?;
    }
    Ok(first)
}

/// The domain of this server in the lab, and its keys, which are no secret.
fn prepare_lab(dir: &Path) -> Result<(), Error> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::File { path, source }
    };
    for (name, key) in [("lab-ed25519.pem", mox_lab::DKIM_KEY), ("lab-rsa.pem", mox_lab::RSA_KEY)] {
        let path = dir.join(name);
        if !exists(&path)? {
            write_durably(&path, key.as_bytes(), Access::Private).map_err(failed(&path))?;
        }
    }
    let path = dir.join("domains.conf");
    let text = std::fs::read_to_string(&path).map_err(failed(&path))?;
    if text.contains(mox_lab::HOST) {
        return Ok(());
    }
    let text = text.replacen("\nDomains:\n", &format!("\nDomains:\n{LAB_DOMAIN}"), 1);
    write_durably(&path, text.as_bytes(), Access::Private).map_err(failed(&path))
}

/// The domain of this server in the lab.
const LAB_DOMAIN: &str = "\
	# This server in the lab, for `mox localserve --lab`.
	mox.lab.test:
		DKIM:
			Selectors:
				lab:
					PrivateKeyFile: lab-ed25519.pem
				rsa:
					PrivateKeyFile: lab-rsa.pem
			Sign:
				- lab
				- rsa
";

/// Whether a file is there; an unreadable folder is an error, not a missing file.
fn exists(path: &Path) -> Result<bool, Error> {
    path.try_exists().map_err(|source| Error::File { path: path.to_owned(), source })
}

const DOMAINS: &str = "\
# Domains and accounts. Every address at every domain is caught whatever stands here; what is here can log in.
Domains:
	localhost: nil
Accounts:
	mox:
		Domain: localhost
		Destinations:
			mox@localhost: nil
";

fn server_text(ip: IpAddr, ports: Ports, pedantic: bool) -> String {
    let Ports { smtp, submission, submissions, metrics, .. } = ports;
    format!(
        "\
# Configuration of mox localserve, written at its first start. Edit what you like: it is not written again.
# The options --ip and --port-base of a later start win over the addresses and ports here.
DataDir: data
LogLevel: info
Hostname: localhost
Pedantic: {pedantic}
AdminPasswordFile: adminpasswd
Listeners:
	local:
		IPs:
			- {ip}
		TLS:
			KeyCerts:
				-
					CertFile: localhost.crt
					KeyFile: localhost.key
		SMTP:
			Enabled: true
			Port: {smtp}
		Submission:
			Enabled: true
			Port: {submission}
			# Programs under test may log in without TLS: it is only loopback.
			NoRequireSTARTTLS: true
		Submissions:
			Enabled: true
			Port: {submissions}
		MetricsHTTP:
			Enabled: true
			Port: {metrics}
Postmaster:
	Account: mox
	Mailbox: Inbox
Limits:
	IdleTimeout: 5m
	# No limits per network and account for programs on this machine.
	LiftForLoopback: true
"
    )
}

/// The configuration with the addresses and ports of the options.
pub(super) fn with_options(mut config: Config, options: &LocalserveOptions) -> Config {
    let ports = Ports::new(options.port_base);
    let mut server = (*config.server).clone();
    server.pedantic |= options.pedantic;
    if options.lab
        && let Ok(host) = mox_lab::HOST.parse()
    {
        server.hostname = host;
    }
    for (_, listener) in server.listeners.iter_mut() {
        listener.ips = vec![options.ip];
        listener.smtp.port = ports.smtp;
        listener.submission.port = ports.submission;
        listener.submissions.port = ports.submissions;
        listener.metrics_http.port = ports.metrics;
    }
    config.server = Arc::new(server);
    config
}

/// The account with its well-known password, unless it has one.
pub(super) async fn prepare_account(store: &Store, plan: &Plan) -> Result<(), Error> {
    let failed = |source| Error::Store { path: plan.data.clone(), source };
    let config = plan.config.load();
    if let Some(file) = &config.server.admin_password_file {
        let path = config.path(file);
        if !exists(&path)? {
            let hash = admin_hash(plan)?;
            write_durably(&path, hash.as_bytes(), Access::Private)
                .map_err(|source| Error::File { path, source })?;
        }
    }
    if store.verifiers(ACCOUNT).map_err(failed)?.is_some() {
        return Ok(());
    }
    let verifiers =
        mox_sasl::Verifiers::derive(PASSWORD, &*plan.random).map_err(|e| Error::Password(e.to_string()))?;
    let create = store.write(move |store, tx| {
        store.open_account(tx, ACCOUNT)?;
        store.set_password(tx, ACCOUNT, &verifiers)
    });
    create.await.map_err(failed)?;
    tracing::info!(account = LOGIN, "account created");
    Ok(())
}

fn admin_hash(plan: &Plan) -> Result<String, Error> {
    let hash = mox_sasl::hash_password(super::ADMIN_PASSWORD, &*plan.random);
    Ok(hash.map_err(|e| Error::Password(e.to_string()))? + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_a_valid_configuration() {
        let text = server_text("127.0.0.1".parse().unwrap(), Ports::new(1000), false);
        let config = Config::parse(Path::new("mox.conf"), &text, DOMAINS).unwrap();
        assert!(config.warnings.is_empty(), "{:?}", config.warnings);
        let listener = config.server.listeners.values().next().unwrap();
        assert_eq!(
            (listener.smtp.port, listener.submission.port, listener.submissions.port),
            (1025, 1587, 1465)
        );
        assert!(config.server.limits.lift_for_loopback);
        assert_eq!(config.account_of(&LOGIN.parse().unwrap()), Some(ACCOUNT));
    }
}
