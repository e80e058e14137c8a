//! Pages of this server: their places, and hosts that are not ours.

use mox_httpserver::{StatusCode, text};
use mox_net::BoxFuture;

use super::*;
use crate::Own;

const SERVER: &str = "DataDir: data
Hostname: mail.example.org
Listeners:
	public:
		IPs:
			- 203.0.113.99
		Hostname: mx.example.org
		TLS:
			KeyCerts:
				-
					CertFile: cert.pem
					KeyFile: key.pem
		AccountHTTPS:
			Enabled: true
		AdminHTTPS:
			Enabled: true
			Path: /secret/admin/
		WebAPIHTTPS:
			Enabled: true
		AdminHTTP:
			Enabled: true
			Port: 81
			Forwarded: true
		MTASTSHTTPS:
			Enabled: true
		WebserverHTTPS:
			Enabled: true
Postmaster:
	Account: a
	Mailbox: Postmaster
";

const HANDLERS: &str = "WebHandlers:
	-
		Domain: www.example.org
		PathRegexp: ^/ours
		WebInternal:
			BasePath: /ours/
			Service: account
	-
		Domain: mail.example.org
		PathRegexp: ^/taken/
		WebRedirect:
			BaseURL: https://elsewhere.example
";

/// Says what it was asked for, and where it stands.
struct Says(&'static str);

impl Service for Says {
    fn call(&self, request: Request) -> BoxFuture<'_, Response> {
        let mount = request.mount();
        let said =
            format!("{} {} {} {} {}", self.0, mount.base, request.head.uri.path(), mount.https, mount.client);
        Box::pin(std::future::ready(text(StatusCode::OK, said)))
    }
}

fn house() -> House {
    let house = House::with(SERVER, HANDLERS);
    let own = Own {
        admin: Arc::new(Says("admin")),
        account: Arc::new(Says("account")),
        webapi: Arc::new(Says("webapi")),
    };
    assert!(house.seams.own.set(own).is_ok());
    house
}

#[tokio::test]
async fn pages_are_below_their_paths_for_names_of_ours() {
    let house = house();
    for (line, want) in [
        ("GET https://mail.example.org/", "account / / true 127.0.0.1"),
        ("GET https://mx.example.org/x/y", "account / /x/y true 127.0.0.1"),
        ("GET https://203.0.113.99/", "account / / true 127.0.0.1"),
        ("GET https://in.example.org/", "account / / true 127.0.0.1"),
        ("GET https://localhost/", "account / / true 127.0.0.1"),
        (
            "POST https://mail.example.org/secret/admin/x",
            "admin /secret/admin/ /secret/admin/x true 127.0.0.1",
        ),
        ("GET https://mail.example.org/secret/adminx", "account / /secret/adminx true 127.0.0.1"),
        ("POST https://mail.example.org/webapi/v0/Send", "webapi /webapi/ /webapi/v0/Send true 127.0.0.1"),
        ("GET https://www.example.org/ours/x", "account /ours/ /ours/x true 127.0.0.1"),
        ("GET https://evil.example/", "404"),
        ("GET https://www.example.org/", "404"),
        ("GET https://mail.example.org.evil.example/", "404"),
        ("GET https://www.example.org/oursx", "404"),
        ("GET https://mail.example.org/secret/admin", "308 https://mail.example.org/secret/admin/"),
        ("POST https://mail.example.org/secret/admin", "404"),
        ("GET https://mail.example.org/taken/x", "308 https://elsewhere.example/taken/x"),
        ("GET https://mail.example.org/%2e%2e/", "400"),
    ] {
        let answer = house.ask(line, &[]).await;
        let said = match answer.status {
            200 => answer.text().to_owned(),
            300..=399 => format!("{} {}", answer.status, answer.field("location")),
            status => status.to_string(),
        };
        assert_eq!(said, want, "{line}");
    }
}

#[tokio::test]
async fn a_proxy_is_believed_where_nobody_else_connects() {
    let house = house();
    let fields = [("x-forwarded-for", "198.51.100.9, 192.0.2.55"), ("x-forwarded-proto", "https")];
    let answer = house.ask("GET proxied://mail.example.org/admin/", &fields).await;
    assert_eq!((answer.status, answer.text()), (200, "admin /admin/ /admin/ true 192.0.2.55"));
    let answer = house.ask("GET https://mail.example.org/secret/admin/", &fields).await;
    assert_eq!(
        answer.text(),
        "admin /secret/admin/ /secret/admin/ true 127.0.0.1",
        "anyone can connect there"
    );
}

#[tokio::test]
async fn until_they_are_there_nothing_is() {
    let house = House::with(SERVER, "");
    assert_eq!(house.ask("GET https://mail.example.org/", &[]).await.status, 404);
}
