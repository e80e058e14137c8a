//! How a listener does TLS: with certificates from files or from an authority, and differently for other mail servers,
//! for users' mail programs and for browsers.

use std::path::Path;
use std::sync::Arc;

use mox_config::Config;
use mox_config::listener::Listener;
use mox_config::values::TlsVersion;
use mox_tls::{ResolvesServerCert, ServerConfig, ServerOptions};

use crate::certificates::FromFiles;
use crate::house::{Error, Plan};

/// What browsers and others ask for by ALPN.
const HTTP: &[u8] = b"http/1.1";
/// What mail programs ask for by ALPN.
const SMTP: &[u8] = b"smtp";

/// The configurations of a listener.
pub(crate) struct Tls {
    /// For other mail servers.
    pub(crate) mx: Arc<ServerConfig>,
    /// For users' mail.
    pub(crate) users: Arc<ServerConfig>,
    /// For HTTPS, and the checks of certificate authorities.
    pub(crate) web: Arc<ServerConfig>,
    /// The same with `smtp` beside HTTP, for port 443; none where that is not served there.
    pub(crate) web_and_mail: Option<Arc<ServerConfig>>,
}

impl Tls {
    /// With certificates from files or from an authority; none where the listener has neither.
    pub(crate) fn of(
        plan: &Plan,
        config: &Config,
        listener: &Listener,
        files: Option<&FromFiles>,
    ) -> Result<Option<Tls>, Error> {
        let on_demand = plan.authorities.serving(config, listener)?;
        let checked = on_demand.is_some();
        let certificates: Arc<dyn ResolvesServerCert> = match (on_demand, files) {
            (Some(on_demand), _) => Arc::new(on_demand),
            (None, Some(files)) => files.certificates.clone(),
            (None, None) => return Ok(None),
        };
        let tls = listener.tls.as_ref();
        let mail = ServerOptions {
            ask_client_key: tls.is_some_and(|tls| !tls.client_auth_disabled),
            only_tls13: tls.is_some_and(|tls| tls.min_version == TlsVersion::Tls13),
            ..ServerOptions::default()
        };
        let mx = ServerOptions { tickets: !listener.smtp.tls_session_tickets_disabled, ..mail.clone() };
        let web = |protocols: &[&[u8]]| {
            let acme = checked.then_some(mox_tls::ACME_ALPN);
            let alpn = protocols.iter().copied().chain(acme).map(<[u8]>::to_vec).collect();
            // Browsers that are asked for a certificate ask their users.
            ServerOptions { ask_client_key: false, tickets: true, alpn, ..mail.clone() }
        };
        let made = |options: &ServerOptions| {
            mox_tls::server_config(certificates.clone(), options, plan.clock.clone())
                .map_err(|e| Error::Tls { path: config.path(Path::new("mox.conf")), reason: e.to_string() })
        };
        let with_mail = listener.submissions.enabled && listener.submissions.enabled_on_https;
        Ok(Some(Tls {
            mx: made(&mx)?,
            users: made(&mail)?,
            web: made(&web(&[HTTP]))?,
            web_and_mail: with_mail.then(|| made(&web(&[HTTP, SMTP]))).transpose()?,
        }))
    }
}
