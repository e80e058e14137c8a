//! JSON in the body of a request.

use mox_admin::OpError;
use mox_httpserver::header::CONTENT_TYPE;
use mox_httpserver::{Request, StatusCode};
use serde::de::DeserializeOwned;

use crate::call::Refused;

/// Reads the body. An empty one is `{}`.
///
/// The media type must be said: a form of another site cannot say it.
pub(crate) fn read<T: DeserializeOwned>(request: &Request) -> Result<T, Refused> {
    let kind = request.head.headers.get(CONTENT_TYPE);
    let is_json = kind.is_some_and(|kind| {
        let kind = kind.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
        kind.trim().eq_ignore_ascii_case("application/json")
    });
    let body: &[u8] = match (&request.body[..], kind) {
        ([], None) => b"{}",
        (_, _) if !is_json => return Err(not_json()),
        ([], _) => b"{}",
        (body, _) => body,
    };
    serde_json::from_slice(body).map_err(|error| OpError::usage(format!("the body: {error}")).into())
}

fn not_json() -> Refused {
    let error = OpError::usage("the body must be JSON").hint("send `Content-Type: application/json`");
    let mut response = mox_web::problem(&error);
    *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
    Refused(Box::new(response))
}
