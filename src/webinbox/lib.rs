//! Pages of the inbox of localserve: list, message, release, failures on demand, the lab, and how to send here. The queue and
//! all else are pages of the administrator, which localserve has beside these.
//!
//! They have no logic of their own: every page asks operations of `mox_admin` and shows the replies. All of them can
//! be read, and all forms sent, without scripts; with scripts the list is live (`GET /events`) and has keys. What
//! changes something is a POST; that it comes from our own page is for the server to check
//! (`mox_httpserver::OriginCheck`, `mox_httpserver::HostCheck`), which a page must stand behind.

mod change;
mod chaos;
mod content;
mod help;
mod lab;
mod list;
mod listing;
mod live;
mod message;
mod release;
mod report;
mod view;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use mox_admin::{Dispatch, OpError};
use mox_clock::Clock;
use mox_httpserver::{Method, Request, Response, Service};
use mox_net::BoxFuture;
use mox_web::assets::{Asset, FAVICON, FOLDER};
use mox_web::page::{Place, problem_page, wrong_method};
use mox_web::{Assets, Site};

/// What the pages say about the server they belong to.
#[derive(Debug, Clone)]
pub struct About {
    /// Name at the top of all pages.
    pub name: String,
    /// Login for submission.
    pub login: String,
    /// Its password, which is no secret.
    pub password: String,
    /// Path of the description of the HTTP API, if there is one.
    pub api: Option<String>,
}

impl Default for About {
    fn default() -> About {
        About {
            name: "mox localserve".to_owned(),
            login: "mox@localhost".to_owned(),
            password: "moxmoxmox".to_owned(),
            api: None,
        }
    }
}

/// The pages, for a server to mount at `/`.
pub fn pages(dispatch: Arc<dyn Dispatch>, about: About, clock: Arc<dyn Clock>) -> impl Service + 'static {
    let assets = Assets::with(&[Asset::script("inbox.js", include_bytes!("static/inbox.js"))]);
    let place = |href: &str, label, icon| Place { href: href.to_owned(), label, icon, group: "" };
    let mut nav = vec![
        place("/", "Inbox", "inbox"),
        place("/admin/queue", "Queue", "queue"),
        place("/admin/tlsrpt", "Reports", "chart"),
        place("/chaos", "Failures", "bolt"),
        place("/lab", "Lab", "globe"),
        place("/help", "How to send", "help"),
        place("/admin/", "Server", "server"),
    ];
    nav.extend(about.api.as_ref().map(|href| place(href, "API", "api")));
    let site = Site {
        name: about.name.clone(),
        home: "/".to_owned(),
        csrf: String::new(),
        who: None,
        assets: assets.base().to_owned(),
        scripts: vec!["inbox.js"],
        nav,
    };
    Inbox(Arc::new(Pages { dispatch, site, assets, about, clock }))
}

/// What every page needs to come about.
struct Pages {
    dispatch: Arc<dyn Dispatch>,
    site: Site,
    assets: Assets,
    about: About,
    clock: Arc<dyn Clock>,
}

struct Inbox(Arc<Pages>);

impl Service for Inbox {
    fn call(&self, request: Request) -> BoxFuture<'_, Response> {
        Box::pin(async move {
            let path = request.head.uri.path();
            if path.starts_with(FOLDER) || path == FAVICON {
                return self.0.assets.call(request).await;
            }
            match self.route(&request).await {
                Ok(response) => response,
                Err(error) => problem_page(&self.0.site, &error),
            }
        })
    }
}

impl Inbox {
    async fn route(&self, request: &Request) -> Result<Response, OpError> {
        let pages = &self.0;
        let path: Vec<&str> = request.head.uri.path().split('/').skip(1).collect();
        let get = matches!(request.head.method, Method::GET | Method::HEAD);
        let post = request.head.method == Method::POST;
        match path.as_slice() {
            [""] if get => list::page(pages, request).await,
            ["events"] if get => live::stream(pages, request).await,
            ["selected"] if post => change::selected(pages, request).await,
            ["delete-all"] if get => change::ask_all(pages, request).await,
            ["delete-all"] if post => change::delete_all(pages, request).await,
            ["message", id] if get => message::page(pages, number(id)?, request).await,
            ["message", id, "html"] if get => content::html(pages, number(id)?).await,
            ["message", id, "raw"] if get => content::raw(pages, number(id)?, request).await,
            ["message", id, "part", part] if get => content::part(pages, number(id)?, part, request).await,
            ["message", id, "delete"] if get => change::ask_one(pages, number(id)?, request).await,
            ["message", id, "delete"] if post => change::delete_one(pages, number(id)?, request).await,
            ["message", id, "mark"] if post => change::mark(pages, number(id)?, request).await,
            ["message", id, "release"] if get => release::page(pages, number(id)?, request).await,
            ["message", id, "release"] if post => release::release(pages, number(id)?, request).await,
            ["chaos"] if get => chaos::page(pages, request).await,
            ["chaos", "add"] if post => chaos::add(pages, request).await,
            ["chaos", "remove"] if post => chaos::remove(pages, request).await,
            ["lab"] if get => lab::page(pages, request).await,
            ["lab", "advance"] if post => lab::advance(pages, request).await,
            ["lab", "step"] if post => lab::step(pages, request).await,
            ["lab", "try"] if post => lab::send(pages, request).await,
            ["help"] if get => help::page(pages).await,
            [""]
            | ["events" | "selected" | "delete-all" | "chaos" | "lab" | "help"]
            | ["message", _]
            | ["message", _, "html" | "raw" | "delete" | "mark" | "release"]
            | ["message", _, "part", _]
            | ["chaos", "add" | "remove"]
            | ["lab", "advance" | "step" | "try"] => Ok(wrong_method(&pages.site)),
            _ => Err(OpError::not_found("there is no such page")),
        }
    }
}

/// The number in a path.
fn number(text: &str) -> Result<i64, OpError> {
    match text.parse() {
        Ok(id) if id > 0 && text.bytes().all(|b| b.is_ascii_digit()) => Ok(id),
        _ => Err(OpError::not_found("there is no such page").hint("numbers of messages are digits only")),
    }
}
