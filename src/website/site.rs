//! From a request to its answer: who may ask how often, which part of the house answers, and a line in the log.

use std::time::Duration;

use mox_config::Config;
use mox_config::listener::Listener;
use mox_config::web::{Discovery, WebPort};
use mox_config::webhandler::WebHandler;
use mox_httpserver::header::{ALLOW, HeaderValue, RETRY_AFTER};
use mox_httpserver::{Limits, Request, Response, Service, StatusCode, text};
use mox_net::{BoxFuture, RateLimit, Window};

use crate::asked::Asked;
use crate::logged::{Line, logged};
use crate::{Port, Seams, compress, discovery, files, forward, own, redirect};

/// Requests of one client network per minute and hour: of an address, and of wider networks.
const WINDOWS: [Window; 2] = [
    Window { length: Duration::from_secs(60), limits: [1000, 3000, 9000] },
    Window { length: Duration::from_secs(3600), limits: [5000, 15_000, 45_000] },
];

/// Where ACME's checks look (RFC 8555 §8.3).
const ACME: &str = "/.well-known/acme-challenge/";

/// What clients of a website may take: bodies are streamed, so a transfer may last for hours as long as it moves.
pub fn limits() -> Limits {
    Limits { connection_time: Duration::from_secs(24 * 3600), ..Limits::default() }
}

pub(crate) struct Website {
    port: Port,
    seams: Seams,
    rate: RateLimit,
}

/// What `mox.conf` has on a port.
struct Here<'a> {
    mtasts: bool,
    autoconfig: bool,
    /// The web server: whether any number of requests is answered.
    webserver: Option<bool>,
    forwarded: bool,
    /// Pages of this server.
    own: Vec<WebPort>,
    listener: Option<&'a Listener>,
}

/// What a handler does with a request.
pub(crate) enum Outcome {
    Answer(Response),
    /// The next handler shall have it.
    Next,
}

impl Website {
    pub(crate) fn new(port: Port, seams: Seams) -> Website {
        let rate = RateLimit::new(seams.clock.clone(), &WINDOWS);
        Website { port, seams, rate }
    }

    fn here<'a>(&self, config: &'a Config) -> Here<'a> {
        let listener = config.server.listeners.get(&self.port.listener);
        let on = |found: &Discovery| {
            found.enabled && found.port == self.port.number && found.non_tls != self.port.tls
        };
        let found = |of: fn(&Listener) -> &Discovery| listener.map(of).filter(|found| on(found));
        let (mtasts, autoconfig) = (found(|l| &l.mtasts_https), found(|l| &l.autoconfig_https));
        let webserver = listener.and_then(|listener| {
            let here = (self.port.number, self.port.tls);
            let server = if self.port.tls { &listener.webserver_https } else { &listener.webserver_http };
            listener.webserver_ports().any(|port| port == here).then_some(server.rate_limit_disabled)
        });
        let here = |port: &WebPort| (port.port, port.tls) == (self.port.number, self.port.tls);
        let own: Vec<WebPort> =
            listener.into_iter().flat_map(Listener::web_ports).filter(|port| here(port)).collect();
        // Where the public can connect, anyone could claim to be a proxy.
        let proxies = [mtasts, autoconfig].into_iter().flatten().map(|found| found.forwarded);
        let mut proxies = proxies.chain(own.iter().map(|port| port.forwarded)).peekable();
        let any = proxies.peek().is_some();
        let forwarded = webserver.is_none() && any && proxies.all(|forwarded| forwarded);
        Here {
            mtasts: mtasts.is_some(),
            autoconfig: autoconfig.is_some(),
            webserver,
            forwarded,
            own,
            listener,
        }
    }

    async fn answer(&self, request: Request) -> Response {
        let config = self.seams.config.load();
        let here = self.here(&config);
        let mut line = Line::new(&*self.seams.clock, &request, &self.port);
        let response = match Asked::read(request, self.port.tls, here.forwarded) {
            Err((status, why)) => text(status, format!("{why}\n")),
            Ok(mut asked) => {
                line.client = asked.client;
                if here.webserver != Some(true) && !self.rate.add(asked.client, 1) {
                    too_many()
                } else {
                    self.dispatch(&config, &here, &mut asked, &mut line).await
                }
            }
        };
        logged(response, line, self.seams.clock.clone())
    }

    async fn dispatch(
        &self,
        config: &Config,
        here: &Here<'_>,
        asked: &mut Asked,
        line: &mut Line,
    ) -> Response {
        if let Some(answer) = self.challenge(asked) {
            line.handler = "acme".to_owned();
            return answer;
        }
        if let Some(answer) = here.mtasts.then(|| discovery::mtasts(config, asked)).flatten() {
            line.handler = "mtasts".to_owned();
            return answer;
        }
        if here.autoconfig
            && let Some(answer) = discovery::autoconfig(config, asked).await
        {
            line.handler = "autoconfig".to_owned();
            return answer;
        }
        if here.webserver.is_some()
            && let Some(answer) = self.webserver(config, here.listener, asked, line).await
        {
            return answer;
        }
        let own = own::find(&here.own, &asked.raw_path);
        match own.filter(|_| own::ours(config, here.listener, asked.host.as_ref())) {
            Some(port) => {
                line.handler = port.key.to_owned();
                own::serve(&self.seams, port.pages, &port.path, asked).await.unwrap_or_else(not_found)
            }
            None => not_found(),
        }
    }

    /// The answer to a check that is expected. Others go on, so that other programs can have certificates.
    fn challenge(&self, asked: &Asked) -> Option<Response> {
        let token = asked.path.strip_prefix(ACME).filter(|_| !self.port.tls && asked.reads())?;
        let answer = self.seams.challenges.answer(asked.host.as_ref()?.ascii(), token)?;
        Some(text(StatusCode::OK, answer))
    }

    async fn webserver(
        &self,
        config: &Config,
        listener: Option<&Listener>,
        asked: &mut Asked,
        line: &mut Line,
    ) -> Option<Response> {
        let host = asked.host.clone()?;
        if let Some(to) = config.dynamic.web_domain_redirects.get(&host) {
            line.handler = "domainredirect".to_owned();
            return Some(redirect::to_domain(to, asked));
        }
        for (number, handler) in config.dynamic.web_handlers.iter().enumerate() {
            if handler.domain != host || !handler.path.matches(&asked.path) {
                continue;
            }
            if let Outcome::Answer(response) = self.handle(config, listener, handler, asked).await {
                let name = Some(&handler.log_name).filter(|name| !name.is_empty());
                line.handler = name.cloned().unwrap_or_else(|| number.to_string());
                return Some(response);
            }
        }
        None
    }

    async fn handle(
        &self,
        config: &Config,
        listener: Option<&Listener>,
        handler: &WebHandler,
        asked: &mut Asked,
    ) -> Outcome {
        if !asked.https && !handler.dont_redirect_plain_http {
            return Outcome::Answer(redirect::to_https(handler, listener, asked));
        }
        let outcome = if let Some(files) = &handler.web_static {
            files::serve(files, asked).await
        } else if let Some(target) = &handler.web_redirect {
            redirect::elsewhere(target, asked)
        } else if let Some(target) = &handler.web_forward {
            let us = config.server.hostname.ascii();
            Outcome::Answer(forward::serve(&self.seams, us, &handler.path, target, asked).await)
        } else if let Some(internal) = &handler.web_internal {
            let answer = own::serve(&self.seams, internal.service, &internal.base_path, asked).await;
            Outcome::Answer(answer.unwrap_or_else(not_found))
        } else {
            Outcome::Next
        };
        match outcome {
            Outcome::Answer(response) if handler.compress => {
                Outcome::Answer(compress::compress(&asked.method, &asked.headers, response))
            }
            outcome => outcome,
        }
    }
}

impl Service for Website {
    fn call(&self, request: Request) -> BoxFuture<'_, Response> {
        Box::pin(self.answer(request))
    }

    fn streams(&self) -> bool {
        true
    }
}

pub(crate) fn not_found() -> Response {
    text(StatusCode::NOT_FOUND, "not found\n")
}

/// For what is not `allowed`, as `GET, HEAD`.
pub(crate) fn method_not_allowed(allowed: &'static str) -> Response {
    let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "method not allowed\n");
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    response
}

fn too_many() -> Response {
    let mut response = text(StatusCode::TOO_MANY_REQUESTS, "too many requests from your network\n");
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("60"));
    response
}

/// Header fields that a handler adds to its answers. Those that the config check let pass always fit.
pub(crate) fn add_fields(response: &mut Response, fields: &mox_config::Table<String, String>) {
    for (name, value) in fields {
        if let (Ok(name), Ok(value)) = (
            mox_httpserver::header::HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_bytes(value.as_bytes()),
        ) {
            response.headers_mut().insert(name, value);
        }
    }
}
