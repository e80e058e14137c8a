//! Mail hosts on a simulated network: what their TLS and TLSA records lead to.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use mox_clock::sim::{SimClock, SimRandom};
use mox_dns::sim::SimResolver;
use mox_net::sim::SimNet;
use mox_net::{Listen, Stream};
use mox_tls::sim::Authority;
use mox_tls::{Certificate, Certificates, ServerConfig, ServerOptions, server_config};

use crate::tests::{Canned, POLICY, ids};
use crate::{Finding, World, check};

const WAIT: Duration = Duration::from_secs(3600);
const HOST: &str = "45.67.89.10:25";
const ZONE: &str = "
    example.org. MX 10 mail.example.org.
    mail.example.org. A 45.67.89.10
    mail.example.org. AAAA 2a01:4f8::25
    example.org. TXT \"v=spf1 mx -all\"
    example.org. CAA 0 issue \"ca.example\"
    _dmarc.example.org. TXT \"v=DMARC1; p=reject; rua=mailto:a@example.org\"
    _smtp._tls.example.org. TXT \"v=TLSRPTv1; rua=mailto:a@example.org\"
    _mta-sts.example.org. TXT \"v=STSv1; id=1\"
";

/// A mail host, with STARTTLS when there is a certificate.
fn host(net: &SimNet, clock: &SimClock, certificate: Option<&Certificate>) {
    let (address, clock): (SocketAddr, _) = (HOST.parse().unwrap(), Arc::new(clock.clone()));
    let tls = certificate.map(|own| {
        let own = Certificates::new(std::slice::from_ref(own));
        server_config(own, &ServerOptions::default(), clock.clone()).unwrap()
    });
    let mut listener = net.listen(address).unwrap();
    tokio::spawn(async move {
        while let Ok(accepted) = listener.accept().await {
            let stream = Stream::new(accepted.io, clock.clone(), address, address);
            tokio::spawn(serve(stream, tls.clone()));
        }
    });
}

async fn serve(mut stream: Stream, mut tls: Option<Arc<ServerConfig>>) -> Option<()> {
    stream.push(b"220 mail.example.org ESMTP\r\n");
    loop {
        stream.flush(WAIT).await.ok()?;
        let line = stream.read_line(4096, WAIT).await.ok()?;
        match line.bytes.get(..4)? {
            b"EHLO" if tls.is_some() => stream.push(b"250-mail.example.org\r\n250 STARTTLS\r\n"),
            b"EHLO" => stream.push(b"250 mail.example.org\r\n"),
            b"STAR" => {
                stream.push(b"220 go\r\n");
                stream.flush(WAIT).await.ok()?;
                stream.start_tls_server(tls.take()?, WAIT).await.ok()?;
            }
            _ => stream.push(b"221 bye\r\n"),
        }
    }
}

async fn findings(tlsa: &str, certificate: Option<&Certificate>, authority: &Authority) -> Vec<Finding> {
    let clock = SimClock::new(Authority::START);
    let net = SimNet::new(Arc::new(clock.clone()));
    host(&net, &clock, certificate);
    let world = World {
        resolver: Arc::new(SimResolver::from_zone(&format!("{ZONE}{tlsa}")).unwrap()),
        dial: Arc::new(net),
        web: Arc::new(Canned(POLICY)),
        reachable: Vec::new(),
        roots: authority.roots(),
        clock: Arc::new(clock),
        random: Arc::new(SimRandom::new(1)),
    };
    check(&world, &"example.org".parse().unwrap(), None).await
}

#[tokio::test]
async fn certificates_are_judged_by_pkix_and_dane() {
    let authority = Authority::new();
    let good = authority.issue(&["mail.example.org"]).unwrap();
    let other = authority.issue(&["elsewhere.example"]).unwrap();
    let wrong = format!("_25._tcp.mail.example.org. TLSA 3 1 1 {}\n", "00".repeat(32));
    let mismatch = findings(&wrong, Some(&good), &authority).await;
    assert_eq!(ids(&mismatch), ["dane-mismatch"], "{mismatch:?}");
    let fix = mismatch.iter().find(|finding| finding.id == "dane-mismatch").unwrap().fix.clone().unwrap();
    let right = fix.replace(" 300 IN ", " ");
    for (tlsa, certificate, problems, others) in [
        ("", Some(&good), &[][..], &["tls", "dane-missing", "dnssec"][..]),
        ("", Some(&other), &["tls-certificate"], &["tls"]),
        ("", None, &["tls-missing"], &[]),
        (right.as_str(), Some(&good), &[], &["tls", "dane", "dane-rollover"]),
        (right.as_str(), None, &["tls-missing"], &[]),
    ] {
        let found = findings(tlsa, certificate, &authority).await;
        assert_eq!(ids(&found), problems, "{tlsa}: {found:?}");
        for id in others {
            assert!(found.iter().any(|finding| finding.id == *id), "{id}: {found:?}");
        }
    }
}
