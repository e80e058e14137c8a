//! Pages: what the layout needs, pages for trouble and for "are you sure", and how a template becomes an answer.

use std::fmt::{self, Display, Formatter};

use askama::Template;
use askama::filters::HtmlSafe;
use mox_admin::OpError;
use mox_httpserver::{Response, StatusCode};

use crate::answer::{html, problem, status_of};

/// What all pages of a site have.
#[derive(Debug, Clone)]
pub struct Site {
    /// Its name, at the top left and at the end of titles.
    pub name: String,
    /// The path of its first page: starts and ends with a slash.
    pub home: String,
    /// The token that its forms carry; empty where nobody has to log in.
    pub csrf: String,
    /// Who is logged in; none where nobody is.
    pub who: Option<String>,
    /// Where its files are: `/static/HASH/`, below [`Site::home`].
    pub assets: String,
    /// Module scripts of its own, by the names of their assets.
    pub scripts: Vec<&'static str>,
    /// Its main places.
    pub nav: Vec<Place>,
}

impl Site {
    /// The hidden field that every form which posts must have.
    pub fn token(&self) -> Token<'_> {
        Token(&self.csrf)
    }
}

/// The hidden field with the token of a session; nothing where nobody has to log in.
#[derive(Debug, Clone, Copy)]
pub struct Token<'a>(&'a str);

impl HtmlSafe for Token<'_> {}

impl Display for Token<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        // Tokens are hexadecimal: nothing in them needs escapes.
        match self.0 {
            "" => Ok(()),
            token => write!(f, r#"<input type="hidden" name="csrf" value="{token}">"#),
        }
    }
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
    /// The heading that it stands below, where places stand at the side.
    pub group: &'static str,
}

impl Site {
    /// Its places, those of one group together, in the order of the site.
    pub fn groups(&self) -> Vec<(&'static str, Vec<&Place>)> {
        let mut groups: Vec<(&'static str, Vec<&Place>)> = Vec::new();
        for place in &self.nav {
            match groups.iter_mut().find(|(name, _)| *name == place.group) {
                Some((_, places)) => places.push(place),
                None => groups.push((place.group, vec![place])),
            }
        }
        groups
    }
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
