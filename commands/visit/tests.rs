//! Visits of hosts on a simulated network, with names and certificates of their own.

use std::net::SocketAddr;

use mox_clock::sim::{SimClock, SimRandom};
use mox_dns::sim::SimResolver;
use mox_net::sim::SimNet;
use mox_net::{Listen, Stream};
use mox_tls::sim::Authority;
use mox_tls::{Certificate, Certificates, ServerConfig, ServerOptions, server_config};

use super::*;
use crate::error::Exit;
use crate::output::{Page, Show};

const WAIT: Duration = Duration::from_secs(3600);

/// A network with an authority.
pub(crate) struct World {
    clock: SimClock,
    net: SimNet,
    pub(crate) authority: Authority,
    zone: SimResolver,
}

impl World {
    pub(crate) fn new(zone: &str) -> World {
        let clock = SimClock::new(Authority::START);
        let net = SimNet::new(Arc::new(clock.clone()));
        World { clock, net, authority: Authority::new(), zone: SimResolver::from_zone(zone).unwrap() }
    }

    pub(crate) fn zone(&self, text: &str) {
        self.zone.add(text).unwrap();
    }

    pub(crate) fn visitor(&self) -> Visitor {
        Visitor {
            resolver: Arc::new(self.zone.clone()),
            dial: Arc::new(self.net.clone()),
            clock: Arc::new(self.clock.clone()),
            random: Arc::new(SimRandom::new(1)),
            roots: self.authority.roots(),
            hello: "me.example".to_owned(),
        }
    }

    /// A mail host at this address, with STARTTLS when there is a certificate, or with TLS at once on port 465.
    pub(crate) fn host(&self, address: &str, certificate: Option<&Certificate>) {
        let address: SocketAddr = address.parse().unwrap();
        let clock = Arc::new(self.clock.clone());
        let tls = certificate.map(|own| {
            let own = Certificates::new(std::slice::from_ref(own));
            server_config(own, &ServerOptions::default(), clock.clone()).unwrap()
        });
        let mut listener = self.net.listen(address).unwrap();
        tokio::spawn(async move {
            while let Ok(accepted) = listener.accept().await {
                let stream = Stream::new(accepted.io, clock.clone(), address, address);
                tokio::spawn(serve(stream, tls.clone(), address.port() == 465));
            }
        });
    }
}

async fn serve(mut stream: Stream, mut tls: Option<Arc<ServerConfig>>, at_once: bool) -> Option<()> {
    if at_once {
        stream.start_tls_server(tls.take()?, WAIT).await.ok()?;
    }
    stream.push(b"220 mx.example ESMTP\r\n");
    loop {
        stream.flush(WAIT).await.ok()?;
        let line = stream.read_line(4096, WAIT).await.ok()?;
        match line.bytes.get(..4)? {
            b"EHLO" if tls.is_some() => stream.push(b"250-mx.example\r\n250-SIZE 1000\r\n250 STARTTLS\r\n"),
            b"EHLO" => stream.push(b"250-mx.example\r\n250 SIZE 1000\r\n"),
            b"STAR" => {
                stream.push(b"220 go\r\n");
                stream.flush(WAIT).await.ok()?;
                stream.start_tls_server(tls.take()?, WAIT).await.ok()?;
            }
            _ => stream.push(b"221 bye\r\n"),
        }
    }
}

pub(crate) fn spki(certificate: &Certificate) -> String {
    certificate.spki_sha256().iter().map(|byte| format!("{byte:02x}")).collect()
}

const ZONE: &str = "
    mx.example. A 192.0.2.1
    plain.example. A 192.0.2.2
    away.example. A 192.0.2.3
    unproved.example. A 192.0.2.1 ; insecure
    down.example. A ; servfail
    wrong.example. A 192.0.2.1
    bogus.example. A 192.0.2.1
    _25._tcp.bogus.example. TLSA ; bogus
    useless.example. A 192.0.2.1
    _25._tcp.useless.example. TLSA 1 1 1 0000000000000000000000000000000000000000000000000000000000000000
    _25._tcp.wrong.example. TLSA 3 1 1 0000000000000000000000000000000000000000000000000000000000000000
    plain-dane.example. A 192.0.2.2
    _25._tcp.plain-dane.example. TLSA 3 1 1 0000000000000000000000000000000000000000000000000000000000000000
";

#[tokio::test]
async fn what_is_a_problem_depends_on_what_is_demanded() {
    let world = World::new(ZONE);
    let own = world.authority.issue(&["mx.example"]).unwrap();
    world.zone(&format!("_25._tcp.mx.example. TLSA 3 1 1 {}", spki(&own)));
    world.host("192.0.2.1:25", Some(&own));
    world.host("192.0.2.1:465", Some(&own));
    world.host("192.0.2.2:25", None);
    let nothing = Demand::default();
    let tls = Demand { tls: true, ..nothing };
    let pkix = Demand { pkix: true, ..tls };
    let dane = Demand { dane: true, ..tls };
    for (host, port, demand, problems, exit_code) in [
        ("mx.example", 25, nothing, &[][..], Exit::Done),
        ("mx.example", 25, pkix, &[], Exit::Done),
        ("mx.example", 25, dane, &[], Exit::Done),
        ("mx.example", 465, pkix, &[], Exit::Done),
        ("mx.example", 465, dane, &["dane-missing"], Exit::Problems),
        ("plain.example", 25, nothing, &[], Exit::Done),
        ("plain.example", 25, tls, &["starttls-not-supported"], Exit::Problems),
        ("plain.example", 25, dane, &["starttls-not-supported", "dane-missing"], Exit::Problems),
        ("plain-dane.example", 25, nothing, &["starttls-not-supported"], Exit::Problems),
        ("unproved.example", 25, nothing, &[], Exit::Done),
        ("unproved.example", 25, pkix, &["certificate-host-mismatch"], Exit::Problems),
        ("unproved.example", 25, dane, &["dane-missing"], Exit::Problems),
        ("wrong.example", 25, nothing, &["dane-no-match"], Exit::Problems),
        ("bogus.example", 25, nothing, &["dnssec-invalid"], Exit::Problems),
        ("useless.example", 25, dane, &["tlsa-unusable"], Exit::Problems),
        ("away.example", 25, nothing, &["cannot-connect"], Exit::Failed),
        ("down.example", 25, nothing, &["dns-lookup"], Exit::Failed),
        ("nowhere.example", 25, nothing, &["dns-lookup"], Exit::Problems),
    ] {
        let name = IpDomain::Domain(host.parse().unwrap());
        let mode = if port == 465 { TlsMode::Immediate } else { TlsMode::Opportunistic };
        let trip = Trip { host: &name, port, mode, name: None, proved: &[], demand };
        let visit = world.visitor().visit(&trip).await;
        let codes: Vec<&str> = visit.problems.iter().map(|problem| problem.code).collect();
        assert_eq!(
            (codes.as_slice(), exit(&visit.problems)),
            (problems, exit_code),
            "{host}:{port} {demand:?}"
        );
    }
}

#[tokio::test]
async fn what_is_shown() {
    let world = World::new(ZONE);
    let own = world.authority.issue(&["mx.example", "mail.example"]).unwrap();
    let spki = spki(&own);
    world.zone(&format!("_25._tcp.mx.example. TLSA 3 1 1 {spki}"));
    world.zone("_25._tcp.mx.example. TLSA 1 1 1 00");
    world.host("192.0.2.1:25", Some(&own));
    let name = IpDomain::Domain("mx.example".parse().unwrap());
    let demand = Demand { tls: true, pkix: true, dane: true };
    let mode = TlsMode::RequiredStartTls;
    let trip = Trip { host: &name, port: 25, mode, name: None, proved: &[], demand };
    let visit = world.visitor().visit(&trip).await;
    let mut page = Page::new(false);
    visit.show(&mut page);
    let text = page.text();
    for line in [
        "host:          mx.example port 25\n",
        "addresses:     192.0.2.1\n",
        "dnssec:        proves them\n",
        "greeting:      mx.example ESMTP\n",
        "offers:        SIZE 1000\n",
        "tls:           TLSv1.3 TLS13_",
        "  names:       mx.example mail.example\n",
        "(does not count: certificate usage",
        "ok  pkix: leads to a known authority and is for this name\n",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(text.ends_with(&format!("ok  dane: the certificate satisfies 3 1 1 {spki}\n")), "{text}");
    let json = serde_json::to_value(&visit).unwrap();
    assert_eq!(json["chain"][0]["spki_sha256"], spki);
    assert_eq!((&json["pkix"]["ok"], &json["dane"]["ok"]), (&true.into(), &true.into()));
}

#[test]
fn hosts_and_ports() {
    for (text, host, port) in [
        ("mx.example.org", "mx.example.org", None),
        ("mx.example.org:25", "mx.example.org", Some(25)),
        ("192.0.2.1", "[192.0.2.1]", None),
        ("192.0.2.1:465", "[192.0.2.1]", Some(465)),
        ("[192.0.2.1]:465", "[192.0.2.1]", Some(465)),
        ("::1", "[IPv6:::1]", None),
        ("[::1]", "[IPv6:::1]", None),
        ("[::1]:25", "[IPv6:::1]", Some(25)),
    ] {
        let found: HostPort = text.parse().unwrap();
        assert_eq!((found.host.to_string().as_str(), found.port), (host, port), "{text}");
    }
    for text in ["", ":25", "mx.example.org:", "mx.example.org:x", "mx.example.org:70000", "a b"] {
        assert!(text.parse::<HostPort>().is_err(), "{text}");
    }
}
