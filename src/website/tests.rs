//! A website over a simulated network: what each part answers, and what it does with hostile requests.

mod discovery;
mod files;
mod forward;
mod own;
mod webserver;

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use mox_clock::Timestamp;
use mox_clock::sim::SimClock;
use mox_config::{Config, Handle};
use mox_dns::sim::SimResolver;
use mox_httpserver::{Body, Request, Response, Service};
use mox_net::sim::SimNet;
use mox_tls::RootCertStore;

use crate::{Challenges, Port, Seams, service};

const START: Timestamp = Timestamp::from_secs(1_800_000_000);

const SERVER: &str = "DataDir: data
Hostname: mail.example.org
Listeners:
	public:
		IPs:
			- 203.0.113.99
		TLS:
			KeyCerts:
				-
					CertFile: cert.pem
					KeyFile: key.pem
		Submission:
			Enabled: true
		Submissions:
			Enabled: true
		MTASTSHTTPS:
			Enabled: true
		AutoconfigHTTPS:
			Enabled: true
			Port: 81
			NonTLS: true
			Forwarded: true
		WebserverHTTP:
			Enabled: true
		WebserverHTTPS:
			Enabled: true
Postmaster:
	Account: a
	Mailbox: Postmaster
";

const DOMAINS: &str = "Domains:
	example.org:
		ClientSettingsDomain: in.example.org
		MTASTS:
			PolicyID: 1
			Mode: enforce
			MaxAge: 24h
	münchen.example:
		MTASTS:
			PolicyID: 1
			Mode: testing
			MaxAge: 1h
			MX:
				- mx.münchen.example
				- *.example.net
	plain.example: nil
	off.example:
		Disabled: true
		MTASTS:
			PolicyID: 1
			Mode: enforce
			MaxAge: 24h
Accounts:
	a:
		Domain: example.org
		Destinations:
			a@example.org: nil
			b@münchen.example: nil
			c@plain.example: nil
			d@off.example: nil
";

pub(super) struct House {
    pub(super) net: SimNet,
    pub(super) clock: SimClock,
    pub(super) seams: Seams,
}

struct One;

impl Challenges for One {
    fn answer(&self, host: &str, token: &str) -> Option<String> {
        (host == "mail.example.org" && token == "token").then(|| "token.key".to_owned())
    }
}

impl House {
    /// With more lines of `domains.conf`.
    pub(super) fn new(more: &str) -> House {
        House::with(SERVER, more)
    }

    pub(super) fn with(server: &str, more: &str) -> House {
        let clock = SimClock::new(START);
        let net = SimNet::new(Arc::new(clock.clone()));
        let config = Config::parse(Path::new("/nowhere/mox.conf"), server, &format!("{DOMAINS}{more}"));
        let seams = Seams {
            own: Arc::default(),
            config: Arc::new(Handle::new(config.unwrap_or_else(|e| panic!("{e}")))),
            clock: Arc::new(clock.clone()),
            resolver: Arc::new(SimResolver::from_zone("behind.example. A 192.0.2.80\n").unwrap()),
            dial: Arc::new(net.clone()),
            roots: Arc::new(RootCertStore::empty()),
            challenges: Arc::new(One),
        };
        House { net, clock, seams }
    }

    pub(super) fn service(&self, number: u16, tls: bool) -> Arc<dyn Service> {
        service(Port { listener: "public".to_owned(), number, tls }, self.seams.clone())
    }

    /// The answer to `METHOD URL` with fields of a line each; the scheme says on which port.
    pub(super) async fn ask(&self, line: &str, fields: &[(&str, &str)]) -> Answer {
        let (method, url) = line.split_once(' ').unwrap();
        let (scheme, rest) = url.split_once("://").unwrap();
        let (host, path) = rest.split_at(rest.find('/').unwrap());
        let (number, tls) = match scheme {
            "https" => (443, true),
            "proxied" => (81, false),
            _ => (80, false),
        };
        let mut builder = hyper::Request::builder().method(method).uri(path).header("host", host);
        for (name, value) in fields {
            builder = builder.header(*name, *value);
        }
        let (head, ()) = builder.body(()).unwrap().into_parts();
        Answer::of(self.service(number, tls).call(Request::of(head, Bytes::new())).await).await
    }
}

/// A response that was read.
pub(super) struct Answer {
    pub(super) status: u16,
    headers: mox_httpserver::HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Answer {
    async fn of(response: Response) -> Answer {
        let (head, mut body): (_, Body) = response.into_parts();
        let mut whole = Vec::new();
        while let Some(piece) = body.next().await {
            whole.extend_from_slice(&piece);
        }
        Answer { status: head.status.as_u16(), headers: head.headers, body: whole }
    }

    pub(super) fn field(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}
