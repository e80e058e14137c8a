//! Pages for the administrator: what the commands can say and do, to look at.
//!
//! They have no logic of their own: every page asks operations of `mox_admin` and shows the replies. All of them can
//! be read, and all forms sent, without scripts. Each subject has a module, a first path segment and a place at the
//! side; [`mox_web::Door`] stands before all of them and checks who comes and that forms are ours.

mod accounts;
mod at;
mod certificates;
mod chart;
mod config;
mod dmarc;
mod domains;
mod logs;
mod mtasts;
mod overview;
mod queue;
mod server;
mod tlsrpt;
#[cfg(test)]
#[path = "tests/watching_kit.rs"]
mod watching_kit;

use std::sync::Arc;

use mox_admin::{Dispatch, OpError};
use mox_clock::Clock;
use mox_httpserver::{Request, Response};
use mox_net::BoxFuture;
use mox_web::assets::Asset;
use mox_web::door::{Pages, Visit};
use mox_web::page::{Place, problem_page};
use mox_web::{Assets, Site};

use crate::at::At;

/// The pages, for a [`mox_web::Door`] to stand before. `name` is what they call themselves; `places` are more places
/// of the same server, by their paths.
pub fn pages(
    dispatch: Arc<dyn Dispatch>,
    name: String,
    places: Vec<Place>,
    clock: Arc<dyn Clock>,
) -> impl Pages + 'static {
    Admin(Arc::new(Shared { dispatch, name, places, clock, assets: Assets::with(&SCRIPTS) }))
}

/// Scripts that some pages have.
const SCRIPTS: [Asset; 2] = [
    Asset::script("domains.js", include_bytes!("static/domains.js")),
    Asset::script("logs.js", include_bytes!("static/logs.js")),
];

/// What every page needs to come about.
pub(crate) struct Shared {
    pub(crate) dispatch: Arc<dyn Dispatch>,
    name: String,
    places: Vec<Place>,
    pub(crate) clock: Arc<dyn Clock>,
    assets: Assets,
}

struct Admin(Arc<Shared>);

/// Path, label, icon and group of each place.
const PLACES: [(&str, &str, &str, &str); 11] = [
    ("", "Overview", "home", ""),
    ("domains", "Domains", "globe", "Mail"),
    ("accounts", "Accounts", "people", "Mail"),
    ("queue", "Queue", "queue", "Mail"),
    ("tlsrpt", "TLS reports", "lock", "Reports"),
    ("dmarc", "DMARC", "shield", "Reports"),
    ("mtasts", "MTA-STS", "check", "Reports"),
    ("certificates", "Certificates", "key", "Server"),
    ("config", "Configuration", "config", "Server"),
    ("server", "Server", "server", "Server"),
    ("logs", "Log", "log", "Server"),
];

impl Pages for Admin {
    fn site(&self, visit: &Visit) -> Site {
        let place = |(path, label, icon, group): &(&str, &'static str, &'static str, &'static str)| Place {
            href: visit.to(path),
            label,
            icon,
            group,
        };
        Site {
            name: self.0.name.clone(),
            home: visit.base.clone(),
            csrf: visit.csrf.clone(),
            who: (!visit.csrf.is_empty()).then(|| "administrator".to_owned()),
            assets: visit.to(self.0.assets.base().trim_start_matches('/')),
            scripts: Vec::new(),
            nav: PLACES.iter().map(place).chain(self.0.places.iter().cloned()).collect(),
        }
    }

    fn assets(&self) -> &Assets {
        &self.0.assets
    }

    fn call(&self, request: Request, visit: Visit) -> BoxFuture<'_, Response> {
        Box::pin(async move {
            let site = self.site(&visit);
            let at = At { shared: self.0.clone(), site, visit, request };
            match route(&at).await {
                Ok(response) => response,
                Err(error) => problem_page(&at.site, &error),
            }
        })
    }
}

async fn route(at: &At) -> Result<Response, OpError> {
    let path: Vec<&str> = at.visit.path.split('/').collect();
    let (first, rest) = path.split_first().unwrap_or((&"", &[]));
    match *first {
        "" => overview::route(at, rest).await,
        "doctor" => overview::doctor(at, rest).await,
        "domains" => domains::route(at, rest).await,
        "accounts" => accounts::route(at, rest).await,
        "queue" => queue::route(at, rest).await,
        "tlsrpt" => tlsrpt::route(at, rest).await,
        "dmarc" => dmarc::route(at, rest).await,
        "mtasts" => mtasts::route(at, rest).await,
        "certificates" => certificates::route(at, rest).await,
        "config" => config::route(at, rest).await,
        "server" => server::route(at, rest).await,
        "logs" => logs::route(at, rest).await,
        _ => Err(at::no_page()),
    }
}
