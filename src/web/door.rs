//! What stands before pages that not everybody may see: the login, its throttling, sessions, and the token that each
//! form carries.
//!
//! Another site can make a browser send a form, but it knows no token (CSRF); a token from before a login is worth
//! nothing after it (session fixation); the cookie is for our paths, for requests of our own pages, and not for
//! scripts. RFC 6265.

use std::net::IpAddr;
use std::sync::Arc;

use askama::Template;
use bytes::Bytes;
use mox_admin::{OpError, Secret};
use mox_clock::Random;
use mox_httpserver::header::{CONTENT_TYPE, COOKIE, HeaderValue, SET_COOKIE, USER_AGENT};
use mox_httpserver::{Method, Mount, Request, Response, Service, StatusCode, text};
use mox_net::BoxFuture;

use crate::assets::{Assets, FAVICON, FOLDER};
use crate::page::{Page, Site, problem_page, render};
use crate::query::Query;
use crate::see_other;
use crate::session::{Session, Sessions, Who, same, token};

/// Longest form, in bytes.
const MAX_FORM: usize = 4 << 20;

/// Pages behind a door.
pub trait Pages: Send + Sync {
    /// What all of them have. Who is not in yet is shown only its name and its files.
    fn site(&self, visit: &Visit) -> Site;

    /// Their files.
    fn assets(&self) -> &Assets;

    /// Answers a request. The form of a POST is in its body, and its token is right; [`Visit::path`] is the path.
    fn call(&self, request: Request, visit: Visit) -> BoxFuture<'_, Response>;

    /// Whether a path takes bodies that are no forms, while they arrive. Then the page checks the token itself:
    /// [`Visit::checks`].
    fn takes_uploads(&self, _path: &str) -> bool {
        false
    }
}

/// A request that may be answered: who asks, and where the pages are mounted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// The path below which the pages are: starts and ends with a slash.
    pub base: String,
    /// The path below it, without a slash at its start.
    pub path: String,
    /// Who; the administrator where nobody has to log in.
    pub who: Who,
    /// The token for forms; empty where nobody has to log in.
    pub csrf: String,
    /// Who asks.
    pub client: IpAddr,
}

impl Visit {
    /// Whether a token is that of this session.
    pub fn checks(&self, token: &str) -> bool {
        same(&self.csrf, token)
    }

    /// A path of these pages, as links and `see_other` want it.
    pub fn to(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

/// An attempt to log in.
#[derive(Debug)]
pub struct Attempt<'a> {
    /// Name; empty where none is asked for.
    pub login: &'a str,
    /// Password.
    pub password: Secret,
    /// From where.
    pub client: IpAddr,
    /// What TLS is used; none on a plain connection.
    pub tls: Option<&'a mox_net::TlsInfo>,
    /// What the program calls itself.
    pub user_agent: &'a str,
}

/// Why somebody may not come in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Name or password is wrong; which is not said.
    #[error("the name or the password is wrong")]
    Wrong,
    /// This network failed too often.
    #[error("too many failed logins from your network: wait some minutes")]
    Often,
    /// It could not be found out.
    #[error("{0}")]
    Failed(OpError),
}

/// Knows who may come in.
pub trait Keeper: Send + Sync {
    /// Checks a login; counts and keeps it.
    fn check<'a>(&'a self, attempt: Attempt<'a>) -> BoxFuture<'a, Result<Who, Refused>>;

    /// Whether somebody who came in before may still be here: accounts go, and logins are disabled.
    fn knows(&self, who: &Who) -> bool;
}

/// Pages with a door.
pub struct Door {
    pages: Arc<dyn Pages>,
    lock: Option<Lock>,
}

/// What keeps a door shut.
pub struct Lock {
    /// Name of the cookie.
    pub cookie: &'static str,
    /// Whether logins have a name.
    pub names: bool,
    /// Knows who may come in.
    pub keeper: Arc<dyn Keeper>,
    /// Who is in.
    pub sessions: Arc<dyn Sessions>,
    /// Makes tokens.
    pub random: Arc<dyn Random>,
}

/// The page that asks for a password.
#[derive(Template)]
#[template(path = "login.html")]
struct Login<'a> {
    page: Page<'a>,
    names: bool,
    login: &'a str,
    next: &'a str,
    /// Ties the form to the browser that it was sent to.
    token: &'a str,
    refused: Option<Refused>,
}

impl Door {
    /// A door that is shut, or without a lock open for all.
    pub fn new(pages: Arc<dyn Pages>, lock: Option<Lock>) -> Door {
        Door { pages, lock }
    }

    async fn answer(&self, request: Request) -> Response {
        let mount = request.mount();
        let Some(path) = request.head.uri.path().strip_prefix(mount.base.as_str()) else {
            return text(StatusCode::NOT_FOUND, "not found\n");
        };
        let visit = Visit {
            path: path.to_owned(),
            base: mount.base.clone(),
            who: Who::default(),
            csrf: String::new(),
            client: mount.client,
        };
        let inner = request.head.uri.path().get(mount.base.len() - 1..).unwrap_or_default();
        if inner.starts_with(FOLDER) || inner == FAVICON {
            return self.pages.assets().file(&request, inner);
        }
        match &self.lock {
            None => self.enter(request, visit, false).await,
            Some(lock) => match visit.path.as_str() {
                "login" => self.login(lock, request, &visit, &mount).await,
                _ => self.guarded(lock, request, visit, &mount).await,
            },
        }
    }

    /// A page for those who are logged in.
    async fn guarded(&self, lock: &Lock, request: Request, visit: Visit, mount: &Mount) -> Response {
        let session = match found(lock, &request).await {
            Ok(session) => session,
            Err(error) => return problem_page(&self.outside(&visit), &error),
        };
        let Some(session) = session else { return self.turned_away(&request, &visit) };
        let visit = Visit { who: session.who.clone(), csrf: session.csrf.clone(), ..visit };
        match visit.path.as_str() {
            "logout" => self.logout(lock, request, &visit, &session, mount).await,
            _ => self.enter(request, visit, true).await,
        }
    }

    /// To the login, where somebody reads; what programs and forms get is an error.
    fn turned_away(&self, request: &Request, visit: &Visit) -> Response {
        if request.head.method == Method::GET {
            let here = request.head.uri.path_and_query().map_or("", |path| path.as_str());
            let next: String = form_urlencoded::byte_serialize(here.as_bytes()).collect();
            return see_other(&visit.to(&format!("login?next={next}")));
        }
        let error = OpError::new(mox_admin::ErrorKind::NotAuthorised, "you are not logged in, or no longer")
            .hint("log in and send the form again");
        problem_page(&self.outside(visit), &error)
    }

    /// What a stranger sees of the site: its name. Its places and scripts are for those who are in.
    fn outside(&self, visit: &Visit) -> Site {
        Site { nav: Vec::new(), scripts: Vec::new(), ..self.pages.site(visit) }
    }

    /// Reads the form, checks its token, and lets the pages answer.
    async fn enter(&self, mut request: Request, visit: Visit, locked: bool) -> Response {
        let reads = matches!(request.head.method, Method::GET | Method::HEAD);
        let upload = self.pages.takes_uploads(&visit.path) && !is_form(&request);
        if !reads && !upload {
            let form = match read_form(&mut request).await {
                Ok(form) => form,
                Err(error) => return problem_page(&self.pages.site(&visit), &error),
            };
            if locked && !form.iter().any(|(name, value)| name == "csrf" && visit.checks(value)) {
                return problem_page(&self.pages.site(&visit), &forged());
            }
        }
        self.pages.call(request, visit).await
    }

    async fn login(&self, lock: &Lock, mut request: Request, visit: &Visit, mount: &Mount) -> Response {
        let query = Query::of(&request);
        let next = inside(visit, query.get("next").unwrap_or_default());
        match request.head.method {
            Method::GET | Method::HEAD => self.ask(lock, visit, mount, &next, "", None),
            Method::POST => {
                let form = match read_form(&mut request).await {
                    Ok(form) => form,
                    Err(error) => return problem_page(&self.outside(visit), &error),
                };
                self.try_login(lock, &request, &form, visit, mount).await
            }
            _ => crate::page::wrong_method(&self.outside(visit)),
        }
    }

    async fn try_login(
        &self,
        lock: &Lock,
        request: &Request,
        form: &[(String, String)],
        visit: &Visit,
        mount: &Mount,
    ) -> Response {
        let field = |name: &str| {
            form.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str()).unwrap_or_default()
        };
        let (login, next) = (field("login"), inside(visit, field("next")));
        let asked = cookie(request, &before(lock.cookie)).unwrap_or_default();
        if asked.is_empty() || !same(&asked, field("token")) {
            return self.ask(lock, visit, mount, &next, login, None);
        }
        let agent = request.head.headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
        let attempt = Attempt {
            login,
            password: Secret::new(field("password")),
            client: mount.client,
            tls: request.tls.as_deref(),
            user_agent: agent.unwrap_or_default(),
        };
        let who = match lock.keeper.check(attempt).await {
            Ok(who) => who,
            Err(refused) => return self.ask(lock, visit, mount, &next, login, Some(refused)),
        };
        match lock.sessions.start(who).await {
            Ok(session) => {
                let mut response = see_other(&next);
                set_cookie(&mut response, lock.cookie, &session.token, mount, true);
                set_cookie(&mut response, &before(lock.cookie), "", mount, false);
                response
            }
            Err(error) => problem_page(&self.outside(visit), &error),
        }
    }

    fn ask(
        &self,
        lock: &Lock,
        visit: &Visit,
        mount: &Mount,
        next: &str,
        login: &str,
        refused: Option<Refused>,
    ) -> Response {
        let site = self.outside(visit);
        let token = token(&*lock.random);
        let status = match refused {
            None => StatusCode::OK,
            Some(Refused::Wrong) => StatusCode::FORBIDDEN,
            Some(Refused::Often) => StatusCode::TOO_MANY_REQUESTS,
            Some(Refused::Failed(_)) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let page = Page::new(&site, "", "Log in");
        let page = Login { page, names: lock.names, login, next, token: &token, refused };
        let mut response = render(status, &page);
        set_cookie(&mut response, &before(lock.cookie), &token, mount, true);
        response
    }

    async fn logout(
        &self,
        lock: &Lock,
        mut request: Request,
        visit: &Visit,
        session: &Session,
        mount: &Mount,
    ) -> Response {
        let site = self.pages.site(visit);
        if request.head.method != Method::POST {
            return crate::page::wrong_method(&site);
        }
        let right = |form: &[(String, String)]| {
            form.iter().any(|(name, value)| name == "csrf" && visit.checks(value))
        };
        match read_form(&mut request).await {
            Ok(form) if right(&form) => {}
            Ok(_) => return problem_page(&site, &forged()),
            Err(error) => return problem_page(&site, &error),
        }
        if let Err(error) = lock.sessions.end(&session.token).await {
            return problem_page(&site, &error);
        }
        let mut response = see_other(&visit.to("login"));
        set_cookie(&mut response, lock.cookie, "", mount, false);
        response
    }
}

impl Service for Door {
    fn call(&self, request: Request) -> BoxFuture<'_, Response> {
        Box::pin(self.answer(request))
    }

    /// Forms are read here; uploads by the pages that take them.
    fn streams(&self) -> bool {
        true
    }
}

fn forged() -> OpError {
    OpError::new(mox_admin::ErrorKind::NotAuthorised, "this form is not of your session")
        .hint("load the page again and send the form from there")
}

/// The session that a request shows the token of, if whoever has it is still known.
async fn found(lock: &Lock, request: &Request) -> Result<Option<Session>, OpError> {
    let Some(token) = cookie(request, lock.cookie).filter(|token| !token.is_empty()) else { return Ok(None) };
    let session = lock.sessions.find(&token).await?;
    match session {
        Some(session) if lock.keeper.knows(&session.who) => Ok(Some(session)),
        Some(session) => {
            lock.sessions.end(&session.token).await?;
            Ok(None)
        }
        None => Ok(None),
    }
}

/// Name of the cookie of somebody who is about to log in.
fn before(cookie: &str) -> String {
    format!("{cookie}login")
}

/// The value of a cookie; none where a name stands for more than one.
fn cookie(request: &Request, name: &str) -> Option<String> {
    let headers = request.head.headers.get_all(COOKIE).iter();
    let pairs = headers.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(';'));
    let mut values = pairs.filter_map(|pair| pair.trim().split_once('=')).filter(|(found, _)| *found == name);
    let value = values.next()?.1.to_owned();
    values.next().is_none().then_some(value)
}

fn set_cookie(response: &mut Response, name: &str, value: &str, mount: &Mount, keep: bool) {
    let secure = if mount.https { "; Secure" } else { "" };
    let end = if keep { "" } else { "; Max-Age=0" };
    let text = format!("{name}={value}; Path={}; HttpOnly; SameSite=Strict{secure}{end}", mount.base);
    if let Ok(value) = HeaderValue::from_str(&text) {
        response.headers_mut().append(SET_COOKIE, value);
    }
}

/// A path to go to after the login: one of these pages, else their first.
fn inside(visit: &Visit, next: &str) -> String {
    let plain = !next.contains("//") && !next.contains('\\') && !next.chars().any(char::is_control);
    let ours = next.strip_prefix(visit.base.as_str()).is_some_and(|path| !path.starts_with("login"));
    if plain && ours { next.to_owned() } else { visit.base.clone() }
}

fn is_form(request: &Request) -> bool {
    let kind = request.head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// Reads the body of a form to its end, so that it is in the request, and gives its fields.
async fn read_form(request: &mut Request) -> Result<Vec<(String, String)>, OpError> {
    if let Some(incoming) = request.incoming.take() {
        request.body = incoming.whole(MAX_FORM).await.map_err(|status| {
            OpError::usage(format!("the form could not be read: {status}"))
                .hint(format!("forms may have {MAX_FORM} bytes"))
        })?;
    }
    let empty = request.body.is_empty() && !request.head.headers.contains_key(CONTENT_TYPE);
    if !empty && !is_form(request) {
        return Err(OpError::usage("only forms are taken here"));
    }
    let body: &Bytes = &request.body;
    Ok(form_urlencoded::parse(body).take(10_000).map(|(n, v)| (n.into_owned(), v.into_owned())).collect())
}

#[cfg(test)]
#[path = "tests/door.rs"]
mod tests;
