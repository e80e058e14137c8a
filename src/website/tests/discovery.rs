//! Checks of certificate authorities, policies, settings for mail programs.

use mox_address::{Address, Domain};
use mox_mtasts::Policy;

use super::{House, SERVER};
use crate::autodiscover::{MAX_REQUEST, Unreadable, read, response};
use crate::settings::{Server, Tls, client_settings};
use crate::{autoconfig, profile};

#[tokio::test]
async fn checks_of_authorities() {
    let house = House::new("");
    let path = "/.well-known/acme-challenge/token";
    let answer = house.ask(&format!("GET http://mail.example.org{path}"), &[]).await;
    assert_eq!((answer.status, answer.text()), (200, "token.key"));
    for other in [
        format!("GET https://mail.example.org{path}"),
        format!("GET http://other.example.org{path}"),
        format!("GET http://mail.example.org{path}2"),
        format!("POST http://mail.example.org{path}"),
    ] {
        assert_eq!(house.ask(&other, &[]).await.status, 404, "{other}");
    }
}

#[tokio::test]
async fn policies() {
    let house = House::new("");
    let path = "/.well-known/mta-sts.txt";
    let answer = house.ask(&format!("GET https://mta-sts.example.org{path}"), &[]).await;
    let want = "version: STSv1\r\nmode: enforce\r\nmx: mail.example.org\r\nmax_age: 86400\r\n";
    assert_eq!((answer.status, answer.text()), (200, want));
    assert!(answer.field("content-type").starts_with("text/plain"));
    let answer = house.ask(&format!("GET https://mta-sts.xn--mnchen-3ya.example{path}"), &[]).await;
    let policy = Policy::parse(&answer.body).unwrap();
    assert_eq!((policy.mx.len(), policy.max_age), (2, 3600));
    assert!(answer.text().contains("mx: mx.xn--mnchen-3ya.example\r\nmx: *.example.net\r\n"));
    for (line, status) in [
        ("GET https://mta-sts.plain.example/.well-known/mta-sts.txt", 404),
        ("GET https://mta-sts.off.example/.well-known/mta-sts.txt", 404),
        ("GET https://mta-sts.foreign.example/.well-known/mta-sts.txt", 404),
        ("GET https://example.org/.well-known/mta-sts.txt", 404),
        ("GET https://mta-sts.example.org/.well-known/mta-sts.txt/", 404),
        ("GET http://mta-sts.example.org/.well-known/mta-sts.txt", 404),
        ("POST https://mta-sts.example.org/.well-known/mta-sts.txt", 405),
        ("HEAD https://mta-sts.example.org/.well-known/mta-sts.txt", 200),
    ] {
        assert_eq!(house.ask(line, &[]).await.status, status, "{line}");
    }
}

#[tokio::test]
async fn programs_are_told_what_there_is() {
    let house = House::new("");
    let config = house.seams.config.load();
    let settings = client_settings(&config, &Domain::parse("example.org").unwrap()).unwrap();
    let outgoing: Vec<_> =
        settings.outgoing.iter().map(|s| (s.protocol, s.host.as_str(), s.port, s.tls)).collect();
    let want = [
        ("submissions", "in.example.org", 465, Tls::Immediate),
        ("submission", "in.example.org", 587, Tls::Starttls),
    ];
    assert_eq!(outgoing, want);
    let plain = client_settings(&config, &Domain::parse("plain.example").unwrap()).unwrap();
    assert_eq!(plain.outgoing[0].host, "mail.example.org");
    assert!(client_settings(&config, &Domain::parse("off.example").unwrap()).is_none());
    // Forms that need a server for reading mail say that there is none.
    for (line, status, text) in [
        ("GET proxied://autoconfig.example.org/mail/config-v1.1.xml?emailaddress=a@example.org", 404, "IMAP"),
        ("GET proxied://example.org/.well-known/autoconfig/mail/config-v1.1.xml", 404, "IMAP"),
        ("GET proxied://autoconfig.example.org/mail/config-v1.1.xml?emailaddress=a", 400, "no address"),
        (
            "GET proxied://autoconfig.example.org/mail/config-v1.1.xml?emailaddress=a@foreign.example",
            404,
            "not found",
        ),
        ("GET proxied://autoconfig.foreign.example/mail/config-v1.1.xml", 404, "not found"),
        ("GET proxied://autoconfig.off.example/mail/config-v1.1.xml", 404, "not found"),
        (
            "GET proxied://autoconfig.example.org/profile.mobileconfig?addresses=a@example.org&name=A",
            404,
            "IMAP",
        ),
        ("GET proxied://autoconfig.example.org/profile.mobileconfig", 400, "addresses"),
        ("GET proxied://autodiscover.example.org/autodiscover/autodiscover.xml", 405, "not allowed"),
        ("POST proxied://autodiscover.example.org/autodiscover/autodiscover.xml", 400, "not read"),
        ("GET https://autoconfig.example.org/mail/config-v1.1.xml", 404, "not found"),
    ] {
        let answer = house.ask(line, &[]).await;
        assert_eq!(
            (answer.status, answer.text().contains(text)),
            (status, true),
            "{line}: {}",
            answer.text()
        );
    }
}

#[test]
fn forms_with_a_server_for_reading() {
    let house = House::with(SERVER, "");
    let config = house.seams.config.load();
    let mut settings = client_settings(&config, &Domain::parse("example.org").unwrap()).unwrap();
    let address: Address = "a&b@example.org".parse().unwrap();
    assert!(autoconfig::config(&settings, Some(&address)).is_none());
    assert!(profile::profile(&settings, std::slice::from_ref(&address), "A").is_none());
    let host = "in.example.org".to_owned();
    settings.incoming = vec![Server { protocol: "imaps", host, port: 993, tls: Tls::Immediate }];
    let xml = autoconfig::config(&settings, Some(&address)).unwrap();
    assert!(
        xml.contains("<incomingServer type=\"imap\">\n<hostname>in.example.org</hostname>\n<port>993</port>")
    );
    assert!(
        xml.contains("<outgoingServer type=\"smtp\">") && xml.contains("<socketType>STARTTLS</socketType>")
    );
    assert!(xml.contains("<username>a&amp;b@example.org</username>"), "{xml}");
    let plist = profile::profile(&settings, std::slice::from_ref(&address), "A <B>").unwrap();
    assert!(plist.contains("<key>IncomingMailServerPortNumber</key><integer>993</integer>"), "{plist}");
    assert!(plist.contains("<string>A &lt;B&gt;</string>"));
    let xml = response(&settings, &address);
    assert!(xml.contains("<Type>IMAP</Type>\n<Server>in.example.org</Server>\n<Port>993</Port>"), "{xml}");
}

#[test]
fn requests_of_outlook() {
    let schema = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a";
    let request = |address: &str, before: &str| {
        format!(
            "<?xml version=\"1.0\"?>{before}<Autodiscover xmlns=\"x\"><Request><EMailAddress>{address}</EMailAddress>\
             <AcceptableResponseSchema>{schema}</AcceptableResponseSchema></Request></Autodiscover>"
        )
    };
    let read = |text: &str| read(text.as_bytes()).map(|address| address.to_string());
    for (text, want) in [
        (request("a@example.org", ""), Ok("a@example.org".to_owned())),
        (request("a&amp;b&#64;example.org", ""), Ok("a&b@example.org".to_owned())),
        (request("<![CDATA[ a@example.org ]]>", "<!-- c -->"), Ok("a@example.org".to_owned())),
        (request("", ""), Err(Unreadable::Address)),
        (request("a", ""), Err(Unreadable::Address)),
        (request("&e;@example.org", ""), Err(Unreadable::DocumentType)),
        (request("a@example.org", "<!DOCTYPE x [<!ENTITY e \"a\">]>"), Err(Unreadable::DocumentType)),
        (request(&"a".repeat(MAX_REQUEST), ""), Err(Unreadable::TooLong)),
        (request(&"a".repeat(2000), ""), Err(Unreadable::Address)),
        (request("a@example.org", "").replace("2006a", "2006"), Err(Unreadable::Schema)),
        (format!("{}<x/>", request("a@example.org", "")), Err(Unreadable::Malformed)),
        (request("<EMailAddress>a@example.org</EMailAddress>", ""), Err(Unreadable::Address)),
        ("<a>".repeat(20), Err(Unreadable::TooDeep)),
        ("<Autodiscover>".to_owned(), Err(Unreadable::Malformed)),
        ("<a></b>".to_owned(), Err(Unreadable::Malformed)),
        (String::new(), Err(Unreadable::Malformed)),
    ] {
        assert_eq!(read(&text), want, "{text}");
    }
}
