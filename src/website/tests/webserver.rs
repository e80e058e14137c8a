//! Redirects, the order of handlers, rates.

use super::{House, SERVER};

const HANDLERS: &str = "WebDomainRedirects:
	old.example: münchen.example
WebHandlers:
	-
		LogName: plain
		Domain: www.example.org
		PathRegexp: ^/plain
		DontRedirectPlainHTTP: true
		WebRedirect:
			BaseURL: https://plain.example
			StatusCode: 302
	-
		Domain: www.example.org
		PathRegexp: ^/moved/
		WebRedirect:
			OrigPathRegexp: ^/moved/([0-9]+)/(.*)$
			ReplacePath: /new/$2/$1
	-
		Domain: www.example.org
		PathRegexp: ^/self
		WebRedirect:
			BaseURL: https://www.example.org
	-
		Domain: www.example.org
		PathRegexp: ^/internal/
		WebInternal:
			BasePath: /internal/
			Service: admin
	-
		Domain: www.example.org
		PathRegexp: ^/
		WebRedirect:
			BaseURL: //last.example
";

#[tokio::test]
async fn redirects() {
    let house = House::new(HANDLERS);
    for (line, status, location) in [
        ("GET http://old.example/a?b=c", 308, "https://xn--mnchen-3ya.example/a?b=c"),
        ("POST https://old.example//evil.example/%2e", 400, ""),
        ("POST https://old.example//evil.example/", 308, "https://xn--mnchen-3ya.example//evil.example/"),
        ("GET http://www.example.org/plain", 302, "https://plain.example/plain"),
        ("GET http://www.example.org/moved/1/x", 308, "https://www.example.org/moved/1/x"),
        ("GET https://www.example.org/moved/1/x%20y?q", 308, "https://www.example.org/new/x%20y/1?q"),
        ("GET https://www.example.org/moved/1//evil%0d", 400, ""),
        // The pattern does not fit: the next handler has it.
        ("GET https://www.example.org/moved/x", 308, "https://last.example/moved/x"),
        // It would lead to itself: the next handler has it.
        ("GET https://WWW.example.org:443/self/x", 308, "https://last.example/self/x"),
        ("GET https://www.example.org/internal/", 404, ""),
        ("GET https://www.example.org/%2e%2e/x", 400, ""),
        ("GET https://other.example.org/", 404, ""),
        ("GET https://203.0.113.99/", 404, ""),
        ("GET proxied://www.example.org/", 404, ""),
    ] {
        let answer = house.ask(line, &[]).await;
        assert_eq!((answer.status, answer.field("location")), (status, location), "{line}");
    }
}

#[tokio::test]
async fn networks_have_a_rate() {
    for (disabled, want) in [(false, 429), (true, 308)] {
        let lines = if disabled {
            "\t\tWebserverHTTP:\n\t\t\tRateLimitDisabled: true\n"
        } else {
            "\t\tWebserverHTTP:\n"
        };
        let house = House::with(&SERVER.replace("\t\tWebserverHTTP:\n", lines), HANDLERS);
        let service = house.service(80, false);
        let mut last = 0;
        for _ in 0..1001 {
            let builder = hyper::Request::builder().uri("/").header("host", "old.example");
            let (head, ()) = builder.body(()).unwrap().into_parts();
            let request = mox_httpserver::Request::of(head, bytes::Bytes::new());
            last = service.call(request).await.status().as_u16();
        }
        assert_eq!(last, want, "disabled: {disabled}");
    }
}
