//! Pages of an account, for its owner: password, keys, addresses, rules, mail in and out, who logged in.
//!
//! Every page asks operations of `mox_admin` for the account that is logged in, and for no other: the account comes
//! from the session ([`at::At::account`]), never from the request. All pages can be read, and all forms sent, without
//! scripts. Each subject has a module, a first path segment and a place at the side.

mod addresses;
mod ask;
mod at;
mod hints;
mod logins;
mod mail;
mod overview;
mod security;
mod suppression;
mod webhooks;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use mox_admin::{Dispatch, OpError};
use mox_clock::Clock;
use mox_httpserver::{Request, Response};
use mox_net::BoxFuture;
use mox_web::assets::Asset;
use mox_web::door::{Pages, Visit};
use mox_web::page::{Place, problem_page};
use mox_web::{Assets, Site};

use crate::at::At;
use crate::mail::Transfers;

/// The pages, for a [`mox_web::Door`] to stand before. `name` is what they call themselves; `places` are more places
/// of the same server, by their paths; `scratch` is a folder for files that come and go.
pub fn pages(
    dispatch: Arc<dyn Dispatch>,
    name: String,
    places: Vec<Place>,
    clock: Arc<dyn Clock>,
    scratch: PathBuf,
) -> impl Pages + 'static {
    let assets = Assets::with(&[Asset::script("transfer.js", include_bytes!("static/transfer.js"))]);
    let transfers = Arc::new(Transfers::new(scratch));
    Account(Arc::new(Shared { dispatch, name, places, clock, assets, transfers }))
}

/// What every page needs to come about.
pub(crate) struct Shared {
    pub(crate) dispatch: Arc<dyn Dispatch>,
    name: String,
    places: Vec<Place>,
    pub(crate) clock: Arc<dyn Clock>,
    assets: Assets,
    pub(crate) transfers: Arc<Transfers>,
}

struct Account(Arc<Shared>);

/// Path, label, icon and group of each place.
const PLACES: [(&str, &str, &str, &str); 7] = [
    ("", "Overview", "home", ""),
    ("addresses", "Addresses", "at", ""),
    ("security", "Password and keys", "key", ""),
    ("logins", "Logins", "log", ""),
    ("mail", "Import and export", "import", ""),
    ("suppression", "Suppressed", "x", ""),
    ("webhooks", "Webhooks", "send", ""),
];

impl Pages for Account {
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
            who: (!visit.csrf.is_empty()).then(|| visit.who.login.clone()),
            assets: visit.to(self.0.assets.base().trim_start_matches('/')),
            scripts: vec!["transfer.js"],
            nav: PLACES.iter().map(place).chain(self.0.places.iter().cloned()).collect(),
        }
    }

    fn assets(&self) -> &Assets {
        &self.0.assets
    }

    fn takes_uploads(&self, path: &str) -> bool {
        path == "mail/import"
    }

    fn call(&self, mut request: Request, visit: Visit) -> BoxFuture<'_, Response> {
        Box::pin(async move {
            let site = self.site(&visit);
            let incoming = Mutex::new(request.incoming.take());
            let at = At { shared: self.0.clone(), site, visit, request, incoming };
            match route(&at).await {
                Ok(response) => response,
                Err(error) => problem_page(&at.site, &hints::in_words(error)),
            }
        })
    }
}

async fn route(at: &At) -> Result<Response, OpError> {
    let path: Vec<&str> = at.visit.path.split('/').collect();
    let (first, rest) = path.split_first().unwrap_or((&"", &[]));
    match *first {
        "" => overview::route(at, rest).await,
        "addresses" => addresses::route(at, rest).await,
        "security" => security::route(at, rest).await,
        "logins" => logins::route(at, rest).await,
        "mail" => mail::route(at, rest).await,
        "suppression" => suppression::route(at, rest).await,
        "webhooks" => webhooks::route(at, rest).await,
        _ => Err(at::no_page()),
    }
}
