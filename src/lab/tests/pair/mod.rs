//! Two whole servers that report to each other, and a flood of mail in the names of strangers.
//!
//! Here, because it takes the parts of both servers and the rooms below the assembled house.

mod flood;
mod server;

use mox_admin::ops::ReportFamily;
use mox_clock::Day;

use self::server::{Server, Tls, World};
use super::*;

const ONE: &str = "one.example";
const TWO: &str = "two.example";
/// May send for nobody.
const FORGER: &str = "forger.example. A 198.51.100.9\n";
/// Days that pass.
const DAYS: u32 = 30;

/// Two servers and the world.
struct Pair {
    world: World,
    one: Server,
    two: Server,
    first: Day,
}

impl Pair {
    /// Reports about DMARC go to `rua` of a domain. Each agrees to those about the other.
    fn new(rua: impl Fn(&str) -> String, quota: &str) -> Pair {
        let world = World::new(FORGER);
        for domain in [ONE, TWO] {
            let policy = format!(
                "_dmarc.{domain}. TXT \"v=DMARC1; p=reject; rua=mailto:{}\"\n\
                 *._report._dmarc.{domain}. TXT \"v=DMARC1\"\n",
                rua(domain)
            );
            world.zone.add(&policy).unwrap();
        }
        let one = Server::new(&world, ONE, "192.0.2.1", quota);
        let two = Server::new(&world, TWO, "192.0.2.2", quota);
        let first = world.clock.now().day();
        Pair { world, one, two, first }
    }

    async fn listen(&mut self, tls: Tls) {
        self.one.listen(tls).await;
        self.two.listen(tls).await;
    }

    /// Each writes some messages to the other.
    async fn write(&self, messages: u32) {
        for _ in 0..messages {
            self.one.write_to(TWO).await;
            self.two.write_to(ONE).await;
        }
        self.settle().await;
    }

    /// Until neither queue has anything that is due.
    async fn settle(&self) {
        while self.one.deliver().await | self.two.deliver().await {}
    }

    /// Lets an hour pass.
    async fn pass(&self) {
        self.world.clock.advance(Duration::from_secs(3600));
        self.one.report().await;
        self.two.report().await;
        self.settle().await;
    }

    /// Somebody sends in the name of a server to the other, unsigned and from his own address: the code of the reply.
    async fn forge(&self, name: &str, to: &Server) -> u16 {
        let (ip, own) = (to.ip, "198.51.100.9".parse().unwrap());
        let clock: Arc<dyn Clock> = Arc::new(self.world.clock.clone());
        let wait = Duration::from_secs(30);
        let dialed = mox_smtpclient::dial(&self.world.net, clock.clone(), &[ip], 25, &[own], wait).await;
        let options = Options {
            hello: "forger.example".to_owned(),
            mode: TlsMode::Skip,
            verify: Verify::NONE,
            server_name: String::new(),
            roots: Arc::new(mox_tls::RootCertStore::empty()),
            identity: None,
            login: None,
            pedantic: false,
            timeouts: Timeouts::RFC,
            clock,
        };
        let opened = Session::open(dialed.unwrap(), options, &SimRandom::new(2)).await;
        let mut session = opened.unwrap();
        let message = format!("From: <amy@{name}>\r\nSubject: hello\r\n\r\nhello\r\n");
        let mail =
            MailArgs { reverse_path: Some(format!("amy@{name}").parse().unwrap()), ..MailArgs::default() };
        let rcpt = RcptArgs::from(format!("amy@{}", to.domain).parse::<mox_address::Path>().unwrap());
        let outcome = session.deliver(&mail, &[rcpt], &mut { message.as_bytes() }).await.remove(0);
        session.quit().await;
        outcome.code().unwrap_or(0)
    }

    /// The first day: some mail goes well, without TLS; some is forged. Before the day is over TLS is mended, or not.
    async fn first_day(&mut self, tls: Tls) {
        self.listen(Tls::Missing).await;
        self.write(3).await;
        for _ in 0..2 {
            assert_eq!(self.forge(ONE, &self.two).await, 550);
            assert_eq!(self.forge(TWO, &self.one).await, 550);
        }
        self.listen(tls).await;
        self.day().await;
    }

    /// Until the next day has begun.
    async fn day(&self) {
        let today = self.world.clock.now().day();
        while self.world.clock.now().day() == today {
            self.pass().await;
        }
    }

    /// The days after it, each with so much mail, and one on which the last reports end.
    async fn days(&self, messages: u32) {
        for _ in 0..DAYS {
            self.write(messages).await;
            self.day().await;
        }
        self.day().await;
    }

    fn servers(&self) -> [(&Server, &'static str); 2] {
        [(&self.one, TWO), (&self.two, ONE)]
    }
}

/// Where DMARC reports about a domain go.
type Rua = fn(&str) -> String;

fn own(domain: &str) -> String {
    format!("dmarc@{domain}")
}

fn nobody(domain: &str) -> String {
    format!("nobody@{domain}")
}

fn other(domain: &str) -> String {
    own(if domain == ONE { TWO } else { ONE })
}

/// No room for reports.
const FULL: &str = "\t\tQuotaMessageSize: 10\n";

/// What there is on each day of 30: `3: a` of one day, `4-9: b` of some alike.
fn runs(days: impl IntoIterator<Item = (i64, String)>) -> String {
    let mut runs: Vec<(i64, i64, String)> = Vec::new();
    for (day, what) in days {
        match runs.last_mut() {
            Some((_, last, before)) if *last + 1 == day && *before == what => *last = day,
            _ => runs.push((day, day, what)),
        }
    }
    let told = runs.into_iter().map(|(first, last, what)| match first == last {
        true => format!("{first}: {what}"),
        false => format!("{first}-{last}: {what}"),
    });
    told.collect::<Vec<_>>().join(", ")
}

/// What is found at each server after [`DAYS`]; the same at both.
#[derive(Debug, PartialEq, Eq)]
struct Found {
    /// Messages taken and, behind `-`, refused.
    traffic: String,
    /// What became of reports about the mail of each day.
    dmarc: String,
    tls: String,
    /// Reports that were kept, of messages at the address for them: DMARC, TLS.
    kept: [(i64, i64); 2],
}

fn expect(traffic: &str, dmarc: &str, tls: &str, kept: [(i64, i64); 2]) -> Found {
    Found { traffic: traffic.to_owned(), dmarc: dmarc.to_owned(), tls: tls.to_owned(), kept }
}

impl Pair {
    async fn found(&self, server: &Server, other: &str) -> Found {
        let traffic = server.traffic(self.first).into_iter();
        let told = |family| async move {
            let all = server.history(family, self.first).await.into_iter();
            let only = all.map(|(domain, day, states)| {
                assert_eq!(domain, other);
                (day, states)
            });
            runs(only)
        };
        for again in
            ["SELECT count(*) - count(DISTINCT name) FROM dmarc_in", "SELECT count(*) FROM failure_in"]
        {
            assert_eq!(server.number(again), 0, "{again}");
        }
        let dmarc = "SELECT count(*) FROM dmarc_in";
        let tls = "SELECT count(DISTINCT name) FROM report_in";
        Found {
            traffic: runs(traffic.map(|(day, taken, refused)| (day, format!("{taken}-{refused}")))),
            dmarc: told(ReportFamily::Dmarc).await,
            tls: told(ReportFamily::Tls).await,
            kept: [
                (server.number(dmarc), server.messages("DMARC")),
                (server.number(tls), server.messages("TLS")),
            ],
        }
    }

    /// Two servers live for [`DAYS`], with so much mail on each but the first.
    async fn lives(name: &str, rua: Rua, quota: &str, tls: Tls, messages: u32, expected: Found) {
        let mut pair = Pair::new(rua, quota);
        pair.first_day(tls).await;
        pair.days(messages).await;
        for (server, other) in pair.servers() {
            assert_eq!(pair.found(server, other).await, expected, "{name}, {other}");
            // Nobody was told that a report was not delivered.
            assert_eq!(server.messages("Inbox"), i64::from(3 + DAYS * messages), "{name}");
        }
    }
}

#[tokio::test]
async fn two_servers_report_once_and_fall_silent() {
    for (name, rua, quota, tls, expected) in [
        (
            "reports arrive",
            own as Rua,
            "",
            Tls::Works,
            expect("0: 3-2, 1: 2-0", "0: delivered", "0: delivered", [(1, 1), (1, 1)]),
        ),
        (
            "TLS is missing",
            own,
            "",
            Tls::Missing,
            expect("0: 3-2, 1: 2-0", "0: delivered", "0: delivered", [(1, 1), (1, 1)]),
        ),
        // A DMARC report does not go without TLS then, and that is told once: by a report about TLS, which does.
        (
            "TLS fails",
            own,
            "",
            Tls::Fails,
            expect("0: 3-2, 1-2: 1-0", "0: expired", "0-1: delivered", [(0, 0), (2, 2)]),
        ),
        // Who reports is who is to get it: it stays in the house, and is about no domain of it.
        (
            "the other one is to get it",
            other,
            "",
            Tls::Works,
            expect("0: 3-2, 1: 1-0", "0: delivered", "0: delivered", [(0, 1), (1, 1)]),
        ),
    ] {
        Pair::lives(name, rua, quota, tls, 0, expected).await;
    }
}

#[tokio::test]
async fn two_servers_give_up_what_is_refused_and_fall_silent() {
    for (name, rua, quota, tls, expected) in [
        (
            "the address refuses",
            nobody as Rua,
            "",
            Tls::Works,
            expect("0: 3-2, 1: 1-1", "0: failed", "0: delivered", [(0, 0), (1, 1)]),
        ),
        (
            "the mailbox is full",
            own,
            FULL,
            Tls::Works,
            expect("0: 3-2, 1: 0-16", "0: expired", "0: expired", [(0, 0), (0, 0)]),
        ),
    ] {
        Pair::lives(name, rua, quota, tls, 0, expected).await;
    }
}

#[tokio::test]
async fn steady_mail_makes_steady_reports() {
    let traffic = "0: 3-2, 1: 12-0, 2-30: 11-0, 31: 1-0";
    let expected = expect(traffic, "0-30: delivered", "0: delivered", [(31, 31), (1, 1)]);
    Pair::lives("TLS works", own, "", Tls::Works, 10, expected).await;
}

#[tokio::test]
async fn steady_mail_makes_steady_reports_without_tls() {
    let traffic = "0: 3-2, 1-30: 12-0, 31: 2-0";
    let expected = expect(traffic, "0-30: delivered", "0-30: delivered", [(31, 31), (31, 31)]);
    Pair::lives("TLS is missing", own, "", Tls::Missing, 10, expected).await;
}

#[tokio::test]
async fn steady_mail_makes_steady_reports_where_tls_fails() {
    let traffic = "0: 3-2, 1-30: 11-0, 31-32: 1-0";
    let expected = expect(traffic, "0-30: expired", "0-31: delivered", [(0, 0), (32, 32)]);
    Pair::lives("TLS fails", own, "", Tls::Fails, 10, expected).await;
}

#[tokio::test]
async fn steady_mail_makes_fewer_reports_to_an_address_that_refuses() {
    // After 7 days, then after 14.
    let dmarc = "0: failed, 1-7: suppressed, 8: failed, 9-21: suppressed, 22: failed, 23-30: suppressed";
    let traffic = "0: 3-2, 1: 11-1, 2-8: 10-0, 9: 10-1, 10-22: 10-0, 23: 10-1, 24-30: 10-0";
    let expected = expect(traffic, dmarc, "0: delivered", [(0, 0), (1, 1)]);
    Pair::lives("refuses", nobody, "", Tls::Works, 10, expected).await;
}

#[tokio::test]
async fn steady_mail_makes_steady_reports_of_which_none_leaves() {
    let traffic = "0: 3-2, 1: 11-0, 2-30: 10-0";
    let expected = expect(traffic, "0-30: delivered", "0: delivered", [(0, 31), (1, 1)]);
    Pair::lives("the other one is to get it", other, "", Tls::Works, 10, expected).await;
}

#[tokio::test]
async fn steady_mail_makes_no_more_reports_to_a_full_mailbox() {
    // Eight attempts for each report.
    let expected =
        expect("0: 3-2, 1: 10-16, 2-30: 10-8, 31: 0-8", "0-30: expired", "0: expired", [(0, 0), (0, 0)]);
    Pair::lives("full", own, FULL, Tls::Works, 10, expected).await;
}
