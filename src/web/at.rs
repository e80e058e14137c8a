//! Pages by places: what the rooms of pages have in common. A room says what tells it from others ([`Room`]);
//! [`pages`] makes pages of it, and hands each request to it as an [`At`]: where it is, who asks, and what answers are
//! made with.

use std::sync::{Arc, Mutex, PoisonError};

use askama::Template;
use mox_admin::{Dispatch, OpError};
use mox_clock::Clock;
use mox_httpserver::{Incoming, Method, Request, Response, StatusCode};
use mox_net::BoxFuture;

use crate::assets::{Asset, Assets};
use crate::door::{Pages, Visit};
use crate::multipart::Multipart;
use crate::page::{Confirm, Page, Place, Site, problem_page, render};
use crate::query::Query;
use crate::see_other;

/// What tells one room of pages from others. A value of it is what its pages share beyond [`Shared`].
pub trait Room: Send + Sync + Sized + 'static {
    /// Its places. Their paths are below the base of the pages: `domains`, the first one empty.
    const PLACES: &'static [Spot];
    /// Scripts that only it has.
    const ASSETS: &'static [Asset];
    /// The names of those that each of its pages runs.
    const SCRIPTS: &'static [&'static str];

    /// What somebody who is logged in is called.
    fn who(visit: &Visit) -> String;

    /// As [`Pages::takes_uploads`].
    fn takes_uploads(_path: &str) -> bool {
        false
    }

    /// Answers a request; errors become a page.
    fn route(at: &At<Self>) -> impl Future<Output = Result<Response, OpError>> + Send;
}

/// A place of a room: as [`Place`], but for its path, which does not know yet where the room is.
#[derive(Debug, Clone, Copy)]
pub struct Spot {
    /// Its path below the base.
    pub path: &'static str,
    /// What it is called.
    pub label: &'static str,
    /// Its icon.
    pub icon: &'static str,
    /// The heading that it stands below.
    pub group: &'static str,
}

impl Spot {
    /// A place.
    pub const fn new(
        path: &'static str,
        label: &'static str,
        icon: &'static str,
        group: &'static str,
    ) -> Spot {
        Spot { path, label, icon, group }
    }
}

/// What every page of a room needs to come about.
pub struct Shared<R> {
    /// Does things.
    pub dispatch: Arc<dyn Dispatch>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// What only this room has.
    pub room: R,
    name: String,
    places: Vec<Place>,
    assets: Assets,
}

/// The pages of a room, for a [`crate::Door`] to stand before. `name` is what they call themselves; `places` are more
/// places of the same server, by their paths.
pub fn pages<R: Room>(
    dispatch: Arc<dyn Dispatch>,
    name: String,
    places: Vec<Place>,
    clock: Arc<dyn Clock>,
    room: R,
) -> impl Pages + 'static {
    Placed(Arc::new(Shared { dispatch, clock, room, name, places, assets: Assets::with(R::ASSETS) }))
}

struct Placed<R>(Arc<Shared<R>>);

impl<R: Room> Pages for Placed<R> {
    fn site(&self, visit: &Visit) -> Site {
        let place = |spot: &Spot| Place {
            href: visit.to(spot.path),
            label: spot.label,
            icon: spot.icon,
            group: spot.group,
        };
        Site {
            name: self.0.name.clone(),
            home: visit.base.clone(),
            csrf: visit.csrf.clone(),
            who: (!visit.csrf.is_empty()).then(|| R::who(visit)),
            assets: visit.to(self.0.assets.base().trim_start_matches('/')),
            scripts: R::SCRIPTS.to_vec(),
            nav: R::PLACES.iter().map(place).chain(self.0.places.iter().cloned()).collect(),
        }
    }

    fn assets(&self) -> &Assets {
        &self.0.assets
    }

    fn takes_uploads(&self, path: &str) -> bool {
        R::takes_uploads(path)
    }

    fn call(&self, mut request: Request, visit: Visit) -> BoxFuture<'_, Response> {
        Box::pin(async move {
            let site = self.site(&visit);
            let incoming = Mutex::new(request.incoming.take());
            let at = At { shared: self.0.clone(), site, visit, request, incoming };
            match R::route(&at).await {
                Ok(response) => response,
                Err(error) => problem_page(&at.site, &error),
            }
        })
    }
}

/// A request to the pages of a room.
pub struct At<R> {
    /// What the pages share.
    pub shared: Arc<Shared<R>>,
    /// What all of them have.
    pub site: Site,
    /// Who asks, and for which path.
    pub visit: Visit,
    /// What was asked; its body is there, unless it is an upload ([`At::multipart`]).
    pub request: Request,
    incoming: Mutex<Option<Incoming>>,
}

impl<R> At<R> {
    /// Who does things.
    pub fn dispatch(&self) -> &Arc<dyn Dispatch> {
        &self.shared.dispatch
    }

    /// The account that is logged in; empty for the administrator.
    pub fn account(&self) -> &str {
        &self.visit.who.account
    }

    /// Whether it reads.
    pub fn reads(&self) -> bool {
        matches!(self.request.head.method, Method::GET | Method::HEAD)
    }

    /// A page of a place, by the place's path below the base.
    pub fn page(&self, place: &str, title: impl Into<String>) -> Page<'_> {
        let href = self.visit.to(place);
        let here = self.site.nav.iter().find(|found| found.href == href);
        Page::new(&self.site, here.map_or("", |found| found.href.as_str()), title)
    }

    /// The query of the target.
    pub fn query(&self) -> Query {
        Query::of(&self.request)
    }

    /// The fields of a form.
    pub fn form(&self) -> Query {
        Query::form(&self.request)
    }

    /// A form with files, while it arrives.
    pub fn multipart(&self) -> Result<Multipart, OpError> {
        let incoming = self.incoming.lock().unwrap_or_else(PoisonError::into_inner).take();
        Multipart::new(&self.request.head.headers, incoming, &self.request.body)
    }

    /// A page as an answer.
    pub fn render(&self, page: &impl Template) -> Response {
        render(StatusCode::OK, page)
    }

    /// To another page of these, by its path below the base, after a form did its work.
    pub fn go(&self, path: &str) -> Response {
        see_other(&self.visit.to(path))
    }

    /// Asks before something is done that cannot be undone: `fields` are posted to `action`, with `confirm` as `yes`.
    pub fn confirm(
        &self,
        place: &str,
        text: String,
        action: &str,
        mut fields: Vec<(&'static str, String)>,
        button: &'static str,
        back: &str,
    ) -> Response {
        fields.push(("confirm", "yes".to_owned()));
        let page = self.page(place, "Are you sure?");
        let (action, back) = (self.visit.to(action), self.visit.to(back));
        self.render(&Confirm { page, text, action, fields, button, back })
    }
}

/// For paths that nothing is at.
pub fn no_page() -> OpError {
    OpError::not_found("there is no such page")
}
