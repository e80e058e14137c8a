//! The HTTP API for programs that send mail and work with what they got: `v0/METHOD` below where it is mounted.
//! `docs/webapi.md` is its manual.
//!
//! One table ([`methods`]) says which methods there are; calls are answered by it, and the pages for people and the
//! OpenAPI document are written from it. A program logs in with each call (HTTP basic authentication, RFC 7617), and
//! the account is that of the login: no method takes the name of an account, and what another account has is not
//! found. What was sent is durable before it is answered.
//!
//! Bounds: [`Limits`]; passwords are checked before a body is read, all large bodies together have only so much
//! memory, and few messages are made of them at once. Who sends a body slowly keeps nobody else from that.

mod auth;
mod call;
mod document;
mod error;
mod messages;
mod methods;
mod outgoing;
mod pages;
mod room;
mod send;
mod suppression;
#[cfg(test)]
#[path = "tests/mod.rs"]
mod tests;
mod types;

use std::sync::Arc;

use mox_clock::{Clock, Random};
use mox_config::Handle;
use mox_httpserver::header::{ALLOW, HeaderValue};
use mox_httpserver::{Method, Request, Response, Service, StatusCode};
use mox_net::BoxFuture;
use mox_queue::Queue;
use mox_smtpserver::Handler;
use mox_store::Store;
use mox_submission::SubmissionHandler;
use mox_web::assets::Assets;
use mox_web::door::Keeper;
use mox_web::session::Who;
use tokio::sync::Semaphore;

pub use document::openapi;
pub use types::File;

use call::Read;
use error::Fault;
use room::{Claim, Room};

/// The version of the API: the first step of every path.
const VERSION: &str = "v0/";

/// How much is taken.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Calls with a body that may be large which are worked on at once; so many of the largest bodies have room.
    pub sends_at_once: usize,
    /// Bytes of a body that holds no files.
    pub small_body: usize,
    /// Recipients of a message.
    pub recipients: usize,
    /// Files of a message.
    pub files: usize,
    /// Header fields that a program adds to a message.
    pub headers: usize,
    /// Entries of Extra.
    pub extra: usize,
    /// Bytes of Extra, as JSON.
    pub extra_bytes: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            sends_at_once: 4,
            small_body: 1 << 20,
            recipients: 1000,
            files: 100,
            headers: 100,
            extra: 50,
            extra_bytes: 16 << 10,
        }
    }
}

/// What the API works with.
pub struct Parts {
    /// Checks logins.
    pub keeper: Arc<dyn Keeper>,
    /// The way out.
    pub submission: Arc<SubmissionHandler>,
    /// Is asked before at each step that a session of SMTP would take; [`mox_submission::Willing`] where nothing is to
    /// fail on demand.
    pub steps: Arc<dyn Handler>,
    /// What was sent and is on its way.
    pub queue: Queue,
    /// What was received.
    pub store: Store,
    /// Whose addresses are whose.
    pub config: Arc<Handle>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub random: Arc<dyn Random>,
}

/// Serves the API below the place where it is mounted.
pub fn api(parts: Parts) -> impl Service + 'static {
    Api::new(parts, Limits::default())
}

/// What the functions of the table work with.
pub(crate) struct Api {
    pub(crate) parts: Parts,
    pub(crate) limits: Limits,
    pub(crate) sends: Semaphore,
    pub(crate) room: Room,
    assets: Assets,
}

impl Service for Api {
    fn call(&self, request: Request) -> BoxFuture<'_, Response> {
        Box::pin(self.answer(request))
    }

    fn streams(&self) -> bool {
        true
    }
}

impl Api {
    fn new(parts: Parts, limits: Limits) -> Api {
        let sends = Semaphore::new(limits.sends_at_once);
        let mut api = Api { parts, limits, sends, room: Room::new(0), assets: Assets::with(&[]) };
        api.room = Room::new(api.large_body().saturating_mul(limits.sends_at_once));
        api
    }

    async fn answer(&self, request: Request) -> Response {
        let base = request.mount().base;
        let path = request.head.uri.path().strip_prefix(base.as_str()).unwrap_or_default().to_owned();
        let reads = matches!(request.head.method, Method::GET | Method::HEAD);
        if let Some(name) = path.strip_prefix(VERSION)
            && let Some(method) = methods::find(name)
        {
            return match request.head.method {
                Method::POST => self.run(method, request).await,
                _ if reads => pages::method(&base, self.assets.base(), method),
                _ => not_allowed("GET, HEAD, POST"),
            };
        }
        match (reads, path.as_str()) {
            (true, "" | "v0") => mox_web::see_other(&format!("{base}{VERSION}")),
            (true, VERSION) => pages::overview(&base, self.assets.base()),
            (true, "v0/openapi.json") => document::answer(&base),
            (_, VERSION | "v0/openapi.json") => not_allowed("GET, HEAD"),
            (_, path) if format!("/{path}").starts_with(mox_web::assets::FOLDER) => {
                let path = format!("/{path}");
                self.assets.file(&request, &path)
            }
            _ => pages::nothing(&base, reads),
        }
    }

    /// Does what a method does, for who logs in.
    async fn run(&self, method: &methods::Method, request: Request) -> Response {
        let who = match auth::who(&*self.parts.keeper, &request).await {
            Ok(who) => who,
            Err(response) => return *response,
        };
        self.done(method, who, request).await.unwrap_or_else(|fault: Fault| fault.response())
    }

    async fn done(&self, method: &methods::Method, who: Who, request: Request) -> Result<Response, Fault> {
        // Held until the call is answered: what it read is in memory.
        let mut claim = Claim::default();
        let read = Read::of(self, method, request, &mut claim).await?;
        let _turn = match method.large {
            true => self.sends.acquire().await.ok(),
            false => None,
        };
        (method.run)(self, read.call(self, method, who)?).await
    }
}

fn not_allowed(names: &'static str) -> Response {
    let mut response = Fault::protocol(format!("possible are: {names}")).response();
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(names));
    response
}
