//! Where a request is: the pages it came to, who asks, and what answers are made with.

use std::sync::{Arc, Mutex, PoisonError};

use askama::Template;
use mox_admin::{Dispatch, OpError};
use mox_httpserver::{Incoming, Method, Request, Response, StatusCode};
use mox_web::door::Visit;
use mox_web::page::render;
use mox_web::{Multipart, Page, Query, Site, see_other};

use crate::Shared;

/// A request to these pages.
pub(crate) struct At {
    pub(crate) shared: Arc<Shared>,
    pub(crate) site: Site,
    pub(crate) visit: Visit,
    pub(crate) request: Request,
    /// The body of an upload while it arrives.
    pub(crate) incoming: Mutex<Option<Incoming>>,
}

impl At {
    /// Who does things.
    pub(crate) fn dispatch(&self) -> &Arc<dyn Dispatch> {
        &self.shared.dispatch
    }

    /// The account whose pages these are.
    pub(crate) fn account(&self) -> &str {
        &self.visit.who.account
    }

    /// Whether it reads.
    pub(crate) fn reads(&self) -> bool {
        matches!(self.request.head.method, Method::GET | Method::HEAD)
    }

    /// A page of a place, by the place's path below the base; it says what was done where a note says so.
    pub(crate) fn page(&self, place: &str, title: impl Into<String>) -> Page<'_> {
        let href = self.visit.to(place);
        let here = self.site.nav.iter().find(|found| found.href == href);
        Page::new(&self.site, here.map_or("", |found| found.href.as_str()), title)
    }

    /// The query of the target.
    pub(crate) fn query(&self) -> Query {
        Query::of(&self.request)
    }

    /// The fields of a form.
    pub(crate) fn form(&self) -> Query {
        Query::form(&self.request)
    }

    /// A form with files, while it arrives.
    pub(crate) fn multipart(&self) -> Result<Multipart, OpError> {
        let incoming = self.incoming.lock().unwrap_or_else(PoisonError::into_inner).take();
        Multipart::new(&self.request.head.headers, incoming, &self.request.body)
    }

    /// A page as an answer.
    pub(crate) fn render(&self, page: &impl Template) -> Response {
        render(StatusCode::OK, page)
    }

    /// To another page of these, by its path below the base, after a form did its work.
    pub(crate) fn go(&self, path: &str) -> Response {
        see_other(&self.visit.to(path))
    }
}

/// For paths that nothing is at.
pub(crate) fn no_page() -> OpError {
    OpError::not_found("there is no such page")
}
