//! The JSON API below `/api/v1/`: what the commands do, for programs. `docs/api.md` is its manual.
//!
//! One table ([`table`]) says which paths there are; requests are answered by it and the OpenAPI document is written
//! from it, so that the two cannot differ. The API does nothing itself: every request becomes an operation of
//! `mox_admin`, and JSON has the names that `--json` has. RFC 9110.
//!
//! Bounds: a request has the limits of the HTTP server; a list has at most 1000 rows; a wait lasts an hour; an event
//! stream ends with its client or its connection.

mod body;
mod call;
mod events;
mod examples;
mod filter;
mod messages;
mod openapi;
mod route;
mod server;
mod table;
mod wait;

use std::sync::Arc;

use mox_admin::{Dispatch, OpError};
use mox_clock::Clock;
use mox_httpserver::header::{ALLOW, HeaderValue};
use mox_httpserver::{Request, Response, Service, StatusCode};
use mox_net::BoxFuture;

use call::{Call, Refused};

pub use openapi::openapi;

/// Where the API lives.
pub const BASE: &str = "/api/v1";

/// Serves everything below [`BASE`] by asking `dispatch`.
pub fn api(dispatch: Arc<dyn Dispatch>, clock: Arc<dyn Clock>) -> impl Service + 'static {
    Api { dispatch, clock }
}

/// What the functions of the table work with.
struct Api {
    dispatch: Arc<dyn Dispatch>,
    clock: Arc<dyn Clock>,
}

impl Service for Api {
    fn call(&self, request: Request) -> BoxFuture<'_, Response> {
        let asked = match request.head.method.as_str() {
            "HEAD" => "GET",
            other => other,
        };
        let path = request.head.uri.path();
        let found = || table::ROUTES.iter().filter_map(|route| Some((route, route.matches(path)?)));
        let Some((route, place)) = found().find(|(route, _)| route.method.name() == asked) else {
            let allowed: Vec<&str> = found().map(|(route, _)| route.method.name()).collect();
            return ready(if allowed.is_empty() { nothing(path) } else { not_allowed(asked, allowed) });
        };
        let answer = (route.run)(self, Call::new(place, request));
        Box::pin(async move { answer.await.unwrap_or_else(|Refused(response)| *response) })
    }
}

fn ready(response: Response) -> BoxFuture<'static, Response> {
    Box::pin(std::future::ready(response))
}

/// There is no such path.
fn nothing(path: &str) -> Response {
    let path: String = path.chars().take(200).collect();
    let error = OpError::not_found(format!("there is no {path}"));
    mox_web::problem(&error.hint(format!("GET {BASE}/openapi.json says what there is")))
}

/// The path is there, and takes other methods.
fn not_allowed(method: &str, mut names: Vec<&str>) -> Response {
    if names.contains(&"GET") {
        names.push("HEAD");
    }
    let names = names.join(", ");
    let error = OpError::usage(format!("{method:.20} is not possible here; possible are: {names}"));
    let mut response = mox_web::problem(&error);
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    if let Ok(value) = HeaderValue::from_str(&names) {
        response.headers_mut().insert(ALLOW, value);
    }
    response
}

#[cfg(test)]
mod tests;
