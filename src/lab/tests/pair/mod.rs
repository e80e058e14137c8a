//! Two whole servers that report to each other, and a flood of mail in the names of strangers.
//!
//! Here, because it takes the parts of both servers and the rooms below the assembled house.

mod server;

use mox_admin::ops::ReportFamily;
use mox_clock::Day;

use self::server::{Server, World};
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
    /// Reports about DMARC go to `rua` of a domain.
    fn new(rua: impl Fn(&str) -> String, quota: &str) -> Pair {
        let world = World::new(FORGER);
        for domain in [ONE, TWO] {
            let policy = format!("_dmarc.{domain}. TXT \"v=DMARC1; p=reject; rua=mailto:{}\"\n", rua(domain));
            world.zone.add(&policy).unwrap();
        }
        let one = Server::new(&world, ONE, "192.0.2.1", quota);
        let two = Server::new(&world, TWO, "192.0.2.2", quota);
        let first = world.clock.now().day();
        Pair { world, one, two, first }
    }

    async fn listen(&mut self, with_tls: bool) {
        self.one.listen(with_tls).await;
        self.two.listen(with_tls).await;
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

    /// Lets half an hour pass.
    async fn pass(&self) {
        self.world.clock.advance(Duration::from_secs(1800));
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
        let mail = MailArgs { reverse_path: Some(format!("amy@{name}").parse().unwrap()), ..MailArgs::default() };
        let rcpt = RcptArgs::from(format!("amy@{}", to.domain).parse::<mox_address::Path>().unwrap());
        let outcome = session.deliver(&mail, &[rcpt], &mut { message.as_bytes() }).await.remove(0);
        session.quit().await;
        outcome.code().unwrap_or(0)
    }

    /// The first day: some mail goes well, without TLS; some is forged.
    async fn first_day(&mut self) {
        self.listen(false).await;
        self.write(3).await;
        for _ in 0..2 {
            assert_eq!(self.forge(ONE, &self.two).await, 550);
            assert_eq!(self.forge(TWO, &self.one).await, 550);
        }
        while self.world.clock.now().day() == self.first {
            self.pass().await;
        }
    }

    /// The days after it, each with so much mail.
    async fn days(&self, messages: u32) {
        for _ in 0..DAYS {
            let today = self.world.clock.now().day();
            self.write(messages).await;
            while self.world.clock.now().day() == today {
                self.pass().await;
            }
        }
    }

    fn servers(&self) -> [(&Server, &'static str); 2] {
        [(&self.one, TWO), (&self.two, ONE)]
    }
}

#[tokio::test]
async fn two_servers_report_once_and_fall_silent() {
    let mut pair = Pair::new(|domain| format!("dmarc@{domain}"), "");
    pair.first_day().await;
    pair.listen(true).await;
    pair.days(0).await;
    for (server, other) in pair.servers() {
        let told = |family| server.history(family, pair.first);
        println!("{other} {:?} {:?} {:?}", server.traffic(pair.first), told(ReportFamily::Dmarc).await, told(ReportFamily::Tls).await);
        println!("{} {} {}", server.number("SELECT count(*) FROM message"), server.number("SELECT count(*) FROM dmarc_in"), server.number("SELECT count(*) FROM report_in"));
    }
}
