//! Pages for the administrator: what the commands can say and do, to look at.
//!
//! They have no logic of their own: every page asks operations of `mox_admin` and shows the replies. All of them can
//! be read, and all forms sent, without scripts. Each subject has a module, a first path segment and a place at the
//! side; [`mox_web::Door`] stands before all of them and checks who comes and that forms are ours.

mod accounts;
mod certificates;
mod config;
mod dmarc;
mod domains;
mod logs;
mod mtasts;
mod overview;
mod queue;
mod server;
mod suppressed;
mod tlsrpt;
#[cfg(test)]
#[path = "tests/watching_kit.rs"]
mod watching_kit;

use std::sync::Arc;

use mox_admin::{Dispatch, OpError};
use mox_clock::Clock;
use mox_httpserver::Response;
use mox_web::Visit;
use mox_web::assets::Asset;
use mox_web::at::{Room, Spot};
use mox_web::door::Pages;
use mox_web::page::Place;

pub(crate) use mox_web::at::no_page;

/// The pages, for a [`mox_web::Door`] to stand before. `name` is what they call themselves; `places` are more places
/// of the same server, by their paths.
pub fn pages(
    dispatch: Arc<dyn Dispatch>,
    name: String,
    places: Vec<Place>,
    clock: Arc<dyn Clock>,
) -> impl Pages + 'static {
    mox_web::at::pages(dispatch, name, places, clock, Admin)
}

/// A request to these pages.
pub(crate) type At = mox_web::At<Admin>;

/// The room of these pages.
pub(crate) struct Admin;

impl Room for Admin {
    const PLACES: &'static [Spot] = &[
        Spot::new("", "Overview", "home", ""),
        Spot::new("domains", "Domains", "globe", "Mail"),
        Spot::new("accounts", "Accounts", "people", "Mail"),
        Spot::new("queue", "Queue", "queue", "Mail"),
        Spot::new("tlsrpt", "TLS reports", "lock", "Reports"),
        Spot::new("dmarc", "DMARC", "shield", "Reports"),
        Spot::new("mtasts", "MTA-STS", "check", "Reports"),
        Spot::new("certificates", "Certificates", "key", "Server"),
        Spot::new("config", "Configuration", "config", "Server"),
        Spot::new("server", "Server", "server", "Server"),
        Spot::new("logs", "Log", "log", "Server"),
    ];
    const ASSETS: &'static [Asset] = &[
        Asset::script("domains.js", include_bytes!("static/domains.js")),
        Asset::script("logs.js", include_bytes!("static/logs.js")),
    ];
    // The pages that need one of them say so.
    const SCRIPTS: &'static [&'static str] = &[];

    fn who(_: &Visit) -> String {
        "administrator".to_owned()
    }

    async fn route(at: &At) -> Result<Response, OpError> {
        route(at).await
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
        _ => Err(no_page()),
    }
}
