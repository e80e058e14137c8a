//! Pages for people: which methods there are, and each with what it takes and gives.

use askama::Template;
use mox_httpserver::{Response, StatusCode};
use mox_web::page::{Page, Place, Site, render};

use crate::VERSION;
use crate::document::generator;
use crate::error::Fault;
use crate::methods::{METHODS, Method};

#[derive(Template)]
#[template(path = "webapi_overview.html")]
struct Overview<'a> {
    page: Page<'a>,
    here: String,
}

#[derive(Template)]
#[template(path = "webapi_method.html")]
struct One<'a> {
    page: Page<'a>,
    here: String,
    method: &'a Method,
    example: String,
    takes: String,
    gives: Option<String>,
}

/// A method to choose.
impl Overview<'_> {
    fn methods(&self) -> &'static [Method] {
        METHODS
    }
}

fn site(base: &str, assets: &str) -> Site {
    let place = |href: String, label, group| Place { href, label, icon: "api", group };
    let mut nav = vec![place(format!("{base}{VERSION}"), "Overview", "Web API")];
    nav.extend(METHODS.iter().map(|m| place(format!("{base}{VERSION}{}", m.name), m.name, "Methods")));
    Site {
        name: "mox web API".to_owned(),
        home: base.to_owned(),
        csrf: String::new(),
        who: None,
        assets: format!("{}{}", base.trim_end_matches('/'), assets),
        scripts: Vec::new(),
        nav,
    }
}

pub(crate) fn overview(base: &str, assets: &str) -> Response {
    let (site, here) = (site(base, assets), format!("{base}{VERSION}"));
    render(StatusCode::OK, &Overview { page: Page::new(&site, &here, "Overview"), here: here.clone() })
}

pub(crate) fn method(base: &str, assets: &str, method: &Method) -> Response {
    let (site, here) = (site(base, assets), format!("{base}{VERSION}{}", method.name));
    let pretty =
        |value: &dyn Fn() -> serde_json::Value| serde_json::to_string_pretty(&value()).unwrap_or_default();
    let takes = (method.takes)(&mut generator(false));
    let gives = method.gives.map(|gives| gives(&mut generator(true)));
    let one = One {
        page: Page::new(&site, &here, method.name),
        here: here.clone(),
        method,
        example: pretty(&method.example),
        takes: pretty(&|| takes.as_value().clone()),
        gives: gives.map(|schema| pretty(&|| schema.as_value().clone())),
    };
    render(StatusCode::OK, &one)
}

/// There is no such path.
pub(crate) fn nothing(base: &str, _reads: bool) -> Response {
    let mut response = Fault::protocol(format!("no such method; GET {base}{VERSION} lists them")).response();
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}
