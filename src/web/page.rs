//! Pages: what the layout needs, pages for trouble and for "are you sure", and how a template becomes an answer.

use askama::Template;
use mox_admin::OpError;
use mox_httpserver::{Response, StatusCode};

use crate::answer::{html, problem, status_of};

/// What all pages of a site have.
#[derive(Debug, Clone)]
pub struct Site {
    /// Its name, at the top left and at the end of titles.
    pub name: String,
    /// Where its files are: `/static/HASH/`.
    pub assets: String,
    /// Module scripts of its own, by the names of their assets.
    pub scripts: Vec<&'static str>,
    /// Its main places.
    pub nav: Vec<Place>,
}

/// A place of a site.
#[derive(Debug, Clone)]
pub struct Place {
    /// Its path.
    pub href: String,
    /// What it is called.
    pub label: &'static str,
    /// Its icon.
    pub icon: &'static str,
}

/// What the layout needs to know of a page.
#[derive(Debug, Clone)]
pub struct Page<'a> {
    /// The site.
    pub site: &'a Site,
    /// Title, without the site's name.
    pub title: String,
    /// The place it belongs to.
    pub here: &'a str,
    /// Said once, after a form did its work.
    pub notice: Option<String>,
}

impl<'a> Page<'a> {
    /// A page of the place `here`.
    pub fn new(site: &'a Site, here: &'a str, title: impl Into<String>) -> Page<'a> {
        Page { site, title: title.into(), here, notice: None }
    }

    /// The same page, which says something.
    pub fn notice(self, notice: Option<String>) -> Page<'a> {
        Page { notice, ..self }
    }
}

/// Makes a page of a template.
pub fn render(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => html(status, text),
        Err(error) => problem(&OpError::failed(error)),
    }
}

/// Why a page is not there, and what to do about it.
#[derive(Template)]
#[template(path = "problem.html")]
struct Problem<'a> {
    page: Page<'a>,
    status: u16,
    error: &'a OpError,
}

/// A page for an operation that gave no reply.
pub fn problem_page(site: &Site, error: &OpError) -> Response {
    let status = status_of(error.kind);
    let title = match status {
        StatusCode::NOT_FOUND => "Not found",
        StatusCode::BAD_REQUEST => "That cannot be done",
        StatusCode::FORBIDDEN => "Not allowed",
        _ => "It did not work",
    };
    problem_with(site, status, title, error)
}

/// A page for a method that a path does not know.
pub fn wrong_method(site: &Site) -> Response {
    let error = OpError::usage("this address does not take requests of this kind");
    problem_with(site, StatusCode::METHOD_NOT_ALLOWED, "That cannot be done", &error)
}

fn problem_with(site: &Site, status: StatusCode, title: &str, error: &OpError) -> Response {
    render(status, &Problem { page: Page::new(site, "", title), status: status.as_u16(), error })
}

/// Asks before something is done that cannot be undone. Its form posts to `action`.
#[derive(Template)]
#[template(path = "confirm.html")]
pub struct Confirm<'a> {
    /// The page.
    pub page: Page<'a>,
    /// What will happen.
    pub text: String,
    /// Path that the form posts to.
    pub action: String,
    /// Fields that it posts.
    pub fields: Vec<(&'static str, String)>,
    /// What the button says.
    pub button: &'static str,
    /// Where to go instead.
    pub back: String,
}
