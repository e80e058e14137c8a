//! Somebody sends mail in the names of very many domains; all of it is refused. The same with still more mail, at the
//! engine alone, is a test of the reports.

use mox_smtp::{Command, Envelope, Findings, Syntax};
use mox_smtpserver::{Cid, Handler, Port};

use super::*;

/// Domains whose names are abused. All of them want reports: every other one at somebody who agreed to all reports, or
/// whose host agrees to whatever is asked.
const DOMAINS: u32 = 1_000;
const EACH: u32 = 2;

fn zone() -> String {
    let one = |n| {
        let rua = if n % 2 == 0 { format!("amy@{TWO}") } else { format!("d@s{n}.example") };
        format!(
            "s{n}.example. TXT \"v=spf1 ip4:203.0.113.1 -all\"\n\
             _dmarc.s{n}.example. TXT \"v=DMARC1; p=reject; rua=mailto:{rua}\"\n"
        )
    };
    (0..DOMAINS).map(one).collect()
}

/// Brings a message from an address, without a connection: the code of the reply.
async fn bring(to: &Server, ip: &str, name: &str) -> u16 {
    let session = mox_smtpserver::Session {
        cid: Cid::from_number(1),
        port: Port::Mx,
        remote: (ip.parse::<IpAddr>().unwrap(), 4000).into(),
        local: (to.ip, 25).into(),
        started: to.handler.clock.now(),
        hello: Some("forger.example".into()),
        esmtp: true,
        tls: None,
        account: None,
        transcript: None,
    };
    let mail = format!("MAIL FROM:<amy@{name}>");
    let Ok(Command::Mail(mail)) = Command::parse(mail.as_bytes(), Syntax::Lenient) else { panic!() };
    let rcpt = format!("RCPT TO:<amy@{}>", to.domain);
    let Ok(Command::Rcpt(rcpt)) = Command::parse(rcpt.as_bytes(), Syntax::Lenient) else { panic!() };
    let envelope = Envelope { mail, rcpts: vec![rcpt] };
    let mut body = to.handler.begin(&session, &envelope).await.unwrap();
    let message = format!("From: <amy@{name}>\r\nSubject: hello\r\n\r\nhello\r\n");
    body.write(message.as_bytes()).unwrap();
    to.handler.message(&session, envelope, body, Findings::default()).await.code
}

#[tokio::test]
async fn mail_in_the_names_of_strangers_brings_reports_to_nobody() {
    for (name, known, expected) in [
        ("strangers", false, &[][..]),
        ("mail went well before", true, &[("s8.example", "delivered"), (TWO, "delivered")]),
    ] {
        let mut pair = Pair::new(own, "");
        pair.world.zone.add(&zone()).unwrap();
        pair.listen(Tls::Works).await;
        if known {
            // One sent mail that passed, the other took mail of ours.
            assert_eq!(bring(&pair.one, "203.0.113.1", "s8.example").await, 250);
            pair.one.write_to(TWO).await;
            pair.settle().await;
        }
        for n in 0..DOMAINS * EACH {
            let ip = format!("198.51.100.{}", n % 200);
            assert_eq!(bring(&pair.one, &ip, &format!("s{}.example", n % DOMAINS)).await, 550, "{name}");
        }
        assert_eq!(bring(&pair.one, "198.51.100.1", TWO).await, 550);
        for _ in 0..3 {
            pair.day().await;
        }
        let told = pair.one.history(ReportFamily::Dmarc, pair.first).await;
        let told: Vec<_> =
            told.iter().map(|(domain, _, states)| (domain.as_str(), states.as_str())).collect();
        assert_eq!(told, expected, "{name}");
        // One mail of Amy's, and the reports.
        let taken: u32 = pair.two.traffic(pair.first).iter().map(|(_, taken, refused)| taken + refused).sum();
        assert_eq!(taken as usize, expected.len() + usize::from(known), "{name}");
        assert_eq!(pair.one.number("SELECT count(*) FROM queue WHERE ended IS NULL"), 0, "{name}");
        assert_eq!(pair.one.number("SELECT count(*) FROM dmarc_row"), 0, "{name}");
    }
}
