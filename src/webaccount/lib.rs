//! Pages of an account, for its owner: password, keys, addresses, rules, mail in and out, who logged in.
//!
//! Every page asks operations of `mox_admin` for the account that is logged in, and for no other: the account comes
//! from the session ([`mox_web::At::account`]), never from the request. All pages can be read, and all forms sent, without
//! scripts. Each subject has a module, a first path segment and a place at the side.

mod addresses;
mod hints;
mod logins;
mod mail;
mod overview;
mod security;
mod suppression;
mod webhooks;

use std::path::PathBuf;
use std::sync::Arc;

use mox_admin::{Dispatch, OpError};
use mox_clock::Clock;
use mox_httpserver::Response;
use mox_web::Visit;
use mox_web::assets::Asset;
use mox_web::at::{Room, Spot};
use mox_web::door::Pages;
use mox_web::page::Place;

use crate::mail::Transfers;
pub(crate) use mox_web::at::no_page;

/// The pages, for a [`mox_web::Door`] to stand before. `name` is what they call themselves; `places` are more places
/// of the same server, by their paths; `scratch` is a folder for files that come and go.
pub fn pages(
    dispatch: Arc<dyn Dispatch>,
    name: String,
    places: Vec<Place>,
    clock: Arc<dyn Clock>,
    scratch: PathBuf,
) -> impl Pages + 'static {
    let account = Account { transfers: Arc::new(Transfers::new(scratch)) };
    mox_web::at::pages(dispatch, name, places, clock, account)
}

/// A request to these pages.
pub(crate) type At = mox_web::At<Account>;

/// The room of these pages, and what goes in and out.
pub(crate) struct Account {
    pub(crate) transfers: Arc<Transfers>,
}

impl Room for Account {
    const PLACES: &'static [Spot] = &[
        Spot::new("", "Overview", "home", ""),
        Spot::new("addresses", "Addresses", "at", ""),
        Spot::new("security", "Password and keys", "key", ""),
        Spot::new("logins", "Logins", "log", ""),
        Spot::new("mail", "Import and export", "import", ""),
        Spot::new("suppression", "Suppressed", "x", ""),
        Spot::new("webhooks", "Webhooks", "send", ""),
    ];
    const ASSETS: &'static [Asset] = &[Asset::script("transfer.js", include_bytes!("static/transfer.js"))];
    const SCRIPTS: &'static [&'static str] = &["transfer.js"];

    fn who(visit: &Visit) -> String {
        visit.who.login.clone()
    }

    fn takes_uploads(path: &str) -> bool {
        path == "mail/import"
    }

    async fn route(at: &At) -> Result<Response, OpError> {
        route(at).await.map_err(hints::in_words)
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
        _ => Err(no_page()),
    }
}
