//! Who calls: name and password of HTTP basic authentication. RFC 7617, RFC 9110 §11.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mox_admin::Secret;
use mox_httpserver::header::{AUTHORIZATION, HeaderValue, USER_AGENT, WWW_AUTHENTICATE};
use mox_httpserver::{Request, Response, StatusCode};
use mox_web::door::{Attempt, Keeper, Refused};
use mox_web::session::Who;

use crate::error::Fault;

/// Longest field that is looked at, in bytes.
const MAX_FIELD: usize = 4096;

/// Whose login this is; else the answer.
pub(crate) async fn who(keeper: &dyn Keeper, request: &Request) -> Result<Who, Box<Response>> {
    let Some((login, password)) = credentials(request) else {
        return Err(refuse(
            "log in with HTTP basic authentication: an address of the account, and its password",
        ));
    };
    let user_agent = request.head.headers.get(USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let attempt = Attempt {
        login: &login,
        password: Secret::new(password),
        client: request.mount().client,
        tls: request.tls.as_deref(),
        user_agent,
    };
    keeper.check(attempt).await.map_err(|refused| match refused {
        Refused::Wrong => refuse("the address or the password is wrong"),
        Refused::Often => {
            let mut response = refuse("too many failed logins from your network: wait some minutes");
            *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
            response
        }
        Refused::Failed(_) => Box::new(Fault::server("the login could not be checked").response()),
    })
}

/// Name and password; none where there are no such, or more than one field.
fn credentials(request: &Request) -> Option<(String, String)> {
    let mut fields = request.head.headers.get_all(AUTHORIZATION).iter();
    let (Some(field), None) = (fields.next(), fields.next()) else { return None };
    let field = field.to_str().ok().filter(|field| field.len() <= MAX_FIELD)?;
    let (scheme, value) = field.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()?;
    let (login, password) = text.split_once(':')?;
    Some((login.to_owned(), password.to_owned()))
}

fn refuse(why: &str) -> Box<Response> {
    let mut response = Fault::user(why).response();
    *response.status_mut() = StatusCode::UNAUTHORIZED;
    let realm = HeaderValue::from_static("Basic realm=\"mox webapi\", charset=\"UTF-8\"");
    response.headers_mut().insert(WWW_AUTHENTICATE, realm);
    Box::new(response)
}
