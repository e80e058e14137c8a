//! The pages of this server at their places: those that listeners name, and WebInternal handlers.
//!
//! A page that somebody made of a name of their own (DNS rebinding) finds nothing: listeners serve pages for names of
//! this server and for addresses only.

use std::sync::Arc;

use mox_address::Domain;
use mox_config::Config;
use mox_config::listener::Listener;
use mox_config::web::{Pages, WebPort};
use mox_httpserver::{Response, Service, StatusCode};

use crate::asked::Asked;
use crate::redirect::to_url;
use crate::{Own, Seams};

/// What a request for pages of ours is answered with.
pub(crate) async fn serve(seams: &Seams, pages: Pages, base: &str, asked: &mut Asked) -> Option<Response> {
    let service = of(seams.own.get()?, pages)?.clone();
    if !asked.raw_path.starts_with(base) {
        // `/admin` is `/admin/` to people who type.
        let slash = asked.reads() && format!("{}/", asked.raw_path) == base;
        let scheme = if asked.https { "https" } else { "http" };
        return slash.then(|| to_url(StatusCode::PERMANENT_REDIRECT, scheme, &asked.authority, base, asked));
    }
    Some(service.call(asked.mounted(base)).await)
}

fn of(own: &Own, pages: Pages) -> Option<&Arc<dyn Service>> {
    match pages {
        Pages::Admin => Some(&own.admin),
        Pages::Account => Some(&own.account),
        Pages::WebApi => Some(&own.webapi),
        Pages::Webmail => None,
    }
}

/// The pages of a port that a path belongs to: those with the longest path.
pub(crate) fn find<'a>(ports: &'a [WebPort], path: &str) -> Option<&'a WebPort> {
    let fits = |port: &&WebPort| path.starts_with(&port.path) || format!("{path}/") == port.path;
    ports.iter().filter(fits).max_by_key(|port| port.path.len())
}

/// Whether a host is this server: an address, or a name that a listener, `mox.conf` or a domain's settings for mail
/// programs give it.
pub(crate) fn ours(config: &Config, listener: Option<&Listener>, host: Option<&Domain>) -> bool {
    let Some(host) = host else { return true };
    let named = listener.and_then(|listener| listener.hostname.as_ref()).unwrap_or(&config.server.hostname);
    let settings = || {
        let mut domains = config.dynamic.domains.values();
        domains.any(|domain| domain.client_settings_domain.as_ref() == Some(host))
    };
    named == host || config.server.hostname == *host || host.ascii() == "localhost" || settings()
}
