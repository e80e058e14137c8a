//! A `mox serve` with pages for administrator and owners, and something hostile to show on most of them: accounts,
//! domains, an alias, mail, a queue, suppressed recipients, webhook calls, reports about TLS and DMARC, what will be reported, logins.

use std::os::unix::fs::PermissionsExt as _;
use std::time::{SystemTime, UNIX_EPOCH};

use mox_testkit::house::{PATIENCE, until};
use mox_testkit::sender::Session;

use crate::peers::is_root;
use crate::served::Served;

/// Password of the administrator.
pub(crate) const ADMINISTRATOR: &str = "administrator of the walk";
/// Password of the account `a`.
pub(crate) const OWNER: &str = "owner of the walk";
/// Its address.
pub(crate) const LOGIN: &str = "a@example.org";

/// Text that acts where a page does not escape it: it ends titles and attributes, and begins scripts.
pub(crate) const HOSTILE: &str =
    "</title></textarea>'\"><script>hostile()</script><img src=x onerror=hostile()>";
/// What of it is in a page only if it is not escaped.
pub(crate) const ACTS: [&str; 3] = ["<script>hostile", "<img src=x onerror", "'\"><"];

/// Names that stand in paths: a page of one looks as that of another.
pub(crate) const NAMES: [&str; 7] =
    ["a", "amy", "example.org", "example.net", "example.com", "mail.example.com", "local"];

const ZONE: &str = "_dmarc.example.com. TXT \"v=DMARC1; p=none; rua=mailto:dmarc@example.com\"
_smtp._tls.example.com. TXT \"v=TLSRPTv1; rua=mailto:tls@example.com\"
example.net. MX 10 mail.example.org.
_mta-sts.example.com. TXT \"v=STSv1; id=1\"
sts.example. MX 10 mx.sts.example.
mx.sts.example. A 127.0.0.1
_mta-sts.sts.example. TXT \"v=STSv1; id=1\"
_smtp._tls.sts.example. TXT \"v=TLSRPTv1; rua=mailto:tls@example.com\"
";

/// See the file.
pub(crate) struct Filled {
    pub(crate) served: Served,
}

impl Filled {
    /// A server with both kinds of pages, an account with a password, and nothing more.
    pub(crate) fn start() -> Filled {
        // Root gives its rights away.
        let mut served = Served::prepare(if is_root() { "User: nobody\n" } else { "" });
        let pages = format!(
            "\t\tAccountHTTP:\n\t\t\tEnabled: true\n\t\t\tPort: {}\n\t\tAdminHTTP:\n\t\t\tEnabled: true\n\t\t\tPort: {}\n",
            served.port(80),
            served.port(81)
        );
        change(&served, "mox.conf", "\t\tWebserverHTTPS:\n", &format!("{pages}\t\tWebserverHTTPS:\n"));
        let more = "AdminPasswordFile: adminpasswd\nTransports:\n\tbackup:\n\t\tSMTP:\n\t\t\tHost: mail.example.com\nHostname:";
        change(&served, "mox.conf", "Hostname:", more);
        // An authority that does not answer, so that there is a certificate to ask for again.
        let acme = format!(
            "ACME:\n\tsilent:\n\t\tDirectoryURL: https://127.0.0.1:9/dir\n\t\tContactEmail: a@example.org\n\t\tPort: {}\n",
            served.port(993)
        );
        change(&served, "mox.conf", "Listeners:", &format!("{acme}Listeners:"));
        let listener = format!(
            "\tacme:\n\t\tIPs:\n\t\t\t- 127.0.0.1\n\t\tTLS:\n\t\t\tACME: silent\n\t\tSubmissions:\n\t\t\tEnabled: true\n\t\t\tPort: {}\n",
            served.port(465)
        );
        change(&served, "mox.conf", "Postmaster:", &format!("{listener}Postmaster:"));
        let reports = "\texample.org:\n\t\tDMARC:\n\t\t\tLocalpart: dmarcreports\n\t\t\tAccount: a\n\t\t\tMailbox: DMARC\n\
                       \t\tTLSRPT:\n\t\t\tLocalpart: tlsreports\n\t\t\tAccount: a\n\t\t\tMailbox: TLSRPT\n\
                       \t\tDKIM:\n\t\t\tSelectors:\n\t\t\t\twalk:\n\t\t\t\t\tPrivateKeyFile: ../keys/dkim.pem\n\t\t\tSign:\n\t\t\t\t- walk\n";
        // A program that is not there, so that calls of it wait.
        let hook = "\t\tDomain: example.org\n\t\tIncomingWebhook:\n\t\t\tURL: http://127.0.0.1:9/hook\n\t\tKeepRetiredWebhookPeriod: 24h\n";
        change(&served, "domains.conf", "\t\tDomain: example.org\n", hook);
        // What reports are signed with.
        std::fs::write(served.dir.join("keys/dkim.pem"), served.mox(&["dkim", "gened25519"])).unwrap();
        change(&served, "domains.conf", "\texample.org: nil\n", reports);
        served.publish(ZONE);
        // For backups, by whichever user the server becomes.
        let backups = served.dir.join("backups");
        std::fs::create_dir(&backups).unwrap();
        std::fs::set_permissions(&backups, std::fs::Permissions::from_mode(0o777)).unwrap();
        served.start();
        served
            .mox_reading(&["setadminpassword", "--password-stdin"], format!("{ADMINISTRATOR}\n").as_bytes());
        served.mox_reading(&["setaccountpassword", "a", "--password-stdin"], format!("{OWNER}\n").as_bytes());
        Filled { served }
    }

    /// `HOST:PORT` of the administrator's pages, which are below `/admin/`.
    pub(crate) fn admin(&self) -> String {
        format!("127.0.0.1:{}", self.served.port(81))
    }

    /// `HOST:PORT` of the owners' pages, which are below `/`.
    pub(crate) fn account(&self) -> String {
        format!("127.0.0.1:{}", self.served.port(80))
    }

    /// Puts something on each page.
    pub(crate) fn fill(&self) {
        let mox = |words: &[&str]| self.served.mox(words);
        mox(&["config", "account", "add", "amy", "amy@example.org"]);
        mox(&["config", "domain", "add", "example.net", "a", "postmaster"]);
        mox(&["config", "alias", "add", "team@example.org", "a@example.org", "amy@example.org"]);
        mox(&["queue", "holdrules", "add", "--to-domain", "held.example"]);
        mox(&["queue", "suppress", "add", "a", "gone@example.com", "--reason", HOSTILE]);
        for number in 0..3 {
            let subject =
                format!("Subject: {number} {HOSTILE}\r\nFrom: \"{}\" <b@example.com>\r\n", quoted(HOSTILE));
            self.deliver("a@example.org", &format!("{subject}To: a@example.org\r\n\r\nhello\r\n"));
        }
        for to in [
            "c@held.example",
            "d@example.com",
            "e@sts.example",
            "e@held.example",
            "f@held.example",
            "g@held.example",
        ] {
            self.submit(to);
        }
        self.deliver("dmarcreports@example.org", &aggregate(1));
        self.deliver("dmarcreports@example.org", &failure());
        self.deliver("tlsreports@example.org", &self.signed("example.com", &tls("example.com", 1, 0)));
        // Somebody who reported on five days, and then no more.
        for days in 5..10 {
            self.deliver(
                "tlsreports@example.org",
                &self.signed("quiet.example", &tls("quiet.example", days, 0)),
            );
        }
        self.eventually("a received report about DMARC", &["dmarc", "reports", "list"], "/reports/0");
        self.eventually("a report about a single message", &["dmarc", "failures", "list"], "/0");
        self.eventually("a received report about TLS", &["tlsrpt", "reports", "list"], "/reports/0");
        self.eventually("an evaluation", &["dmarc", "results"], "/0");
        self.eventually("calls of a webhook", &["queue", "webhook", "list"], "/2");
        self.eventually("a queue", &["queue", "list"], "/1");
        self.eventually("all received reports about TLS", &["tlsrpt", "reports", "list"], "/reports/5");
        self.eventually("a result about TLS", &["tlsrpt", "results"], "/0");
        mox(&["tlsrpt", "suppress", "add", "mailto:full@example.com", "--reason", HOSTILE]);
        mox(&["tlsrpt", "send-now", "--day", "today", "sts.example"]);
        mox(&["dmarc", "send-now", "--day", "today", "example.com"]);
        mox(&["loglevels", "warn", "milter"]);
        self.back_up();
    }

    /// Lets the server take a backup, with the rights that it has.
    fn back_up(&self) {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = self.served.dir.join("backup");
        std::fs::create_dir(&folder).unwrap();
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o777)).unwrap();
        self.served.mox(&["backup", folder.to_str().unwrap()]);
    }

    pub(crate) fn eventually(&self, what: &str, words: &[&str], pointer: &str) {
        let there = || self.served.json(words).pointer(pointer).map(drop);
        until(PATIENCE, what, || self.served.said(), there);
    }

    /// Brings a message from example.com.
    pub(crate) fn deliver(&self, to: &str, message: &str) {
        self.deliver_all(&[(to, message.to_owned())]);
    }

    /// Brings messages from example.com over one connection, each to a recipient.
    pub(crate) fn deliver_all(&self, mail: &[(&str, String)]) {
        let mut session = Session::open(&format!("127.0.0.1:{}", self.served.port(25))).unwrap();
        let mut say = |command: &str, code: u16| {
            let (found, reply) = session.say(command).unwrap();
            assert_eq!(found, code, "{command}: {reply}");
        };
        // The name that a session begins with is not known here.
        say("EHLO mail.example.com\r\n", 250);
        for (to, message) in mail {
            say("MAIL FROM:<b@example.com>\r\n", 250);
            say(&format!("RCPT TO:<{to}>\r\n"), 250);
            say("DATA\r\n", 354);
            say(&format!("{message}\r\n.\r\n"), 250);
        }
    }

    /// Submits a message of the account, as its mail program would.
    pub(crate) fn submit(&self, to: &str) {
        let server = format!("127.0.0.1:{}", self.served.port(587));
        let subject = format!("Subject: {HOSTILE}");
        let words =
            ["--tls", "--server", &server, "--auth", "PLAIN", "--auth-user", LOGIN, "--auth-password", OWNER]
                .into_iter()
                .chain(["--helo", "mail.example.com", "--from", LOGIN, "--to", to, "--header", &subject]);
        let sent = std::process::Command::new("swaks").args(words).output().unwrap();
        let said = [sent.stdout, sent.stderr].concat();
        assert!(sent.status.success(), "{}", String::from_utf8_lossy(&said));
    }

    /// The message with a signature of a domain.
    pub(crate) fn signed(&self, domain: &str, message: &str) -> String {
        let key = self.served.dir.join(format!("{domain}.pem"));
        let new = !key.exists();
        if new {
            std::fs::write(&key, self.served.mox(&["dkim", "gened25519"])).unwrap();
        }
        let key = key.to_str().unwrap();
        if new {
            let record = self.served.mox(&["dkim", "txt", key]);
            let record = record.trim().trim_matches('"');
            self.served.publish(&format!("walk._domainkey.{domain}. TXT \"{record}\"\n"));
        }
        let fields = "from,to,subject,tls-report-domain,tls-report-submitter";
        let sign = ["dkim", "sign", "--domain", domain, "--selector", "walk", "--key", key];
        self.served.mox_reading(&[&sign[..], &["--headers", fields, "-"]].concat(), message.as_bytes())
    }
}

/// Replaces text that is there in a configuration file.
fn change(served: &Served, file: &str, from: &str, to: &str) {
    let path = served.dir.join("config").join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{text}");
    std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
}

/// As a quoted string has it.
fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

/// As XML has it.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The day, UTC.
pub(crate) fn today() -> String {
    mox_clock::Timestamp::from_secs(i64::try_from(days_ago(0)).unwrap()).day().to_string()
}

/// The begin of a day so many days ago, in seconds.
fn days_ago(days: u64) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    (now / 86_400 - days) * 86_400
}

/// A report about DMARC, told from others by a number.
pub(crate) fn aggregate(number: usize) -> String {
    let (begin, org) = (days_ago(1), escaped(HOSTILE));
    format!(
        "From: <b@example.com>\r\nTo: <dmarcreports@example.org>\r\nSubject: Report Domain: example.org Submitter: x Report-ID: <{number}>\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/xml\r\n\r\n<?xml version=\"1.0\"?>\r\n<feedback><report_metadata>\
         <org_name>{org}</org_name><email>b@example.com</email><report_id>{number}</report_id><date_range>\
         <begin>{begin}</begin><end>{}</end></date_range></report_metadata>\r\n<policy_published><domain>example.org</domain>\
         <p>quarantine</p></policy_published>\r\n<record><row><source_ip>192.0.2.9</source_ip><count>2</count><policy_evaluated>\
         <disposition>none</disposition><dkim>fail</dkim><spf>fail</spf><reason><type>other</type><comment>{org}</comment></reason>\
         </policy_evaluated></row>\r\n<identifiers><header_from>example.org</header_from></identifiers><auth_results><spf>\
         <domain>example.org</domain><result>fail</result></spf></auth_results></record></feedback>\r\n",
        begin + 86_399
    )
}

/// A report about one message that failed DMARC.
fn failure() -> String {
    format!(
        "From: <b@example.com>\r\nTo: <dmarcreports@example.org>\r\nSubject: FW: x\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nA message failed.\r\n\
         --b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: auth-failure\r\nVersion: 1\r\n\
         User-Agent: {HOSTILE}\r\nAuth-Failure: dmarc\r\nIdentity-Alignment: none\r\nDelivery-Result: reject\r\n\
         Reported-Domain: example.org\r\nSource-IP: 192.0.2.9\r\n\
         --b\r\nContent-Type: text/rfc822-headers\r\n\r\nFrom: boss@example.org\r\nSubject: {HOSTILE}\r\n\r\n--b--\r\n"
    )
}

/// A report about TLS on a day so many days ago, told from others of that day by a number.
pub(crate) fn tls(submitter: &str, days: u64, number: usize) -> String {
    let day = |seconds: u64| mox_clock::Timestamp::from_secs(i64::try_from(seconds).unwrap()).rfc3339();
    let (begin, end) = (day(days_ago(days)), day(days_ago(days) + 86_399));
    let document = serde_json::json!({
        "organization-name": HOSTILE,
        "date-range": {"start-datetime": begin, "end-datetime": end},
        "contact-info": HOSTILE,
        "report-id": format!("{days} {number} {HOSTILE}"),
        "policies": [{
            "policy": {"policy-type": "sts", "policy-string": ["version: STSv1", HOSTILE], "policy-domain": "example.org",
                       "mx-host": ["mail.example.org"]},
            "summary": {"total-successful-session-count": 3, "total-failure-session-count": 1},
            "failure-details": [{"result-type": "certificate-expired", "sending-mta-ip": "192.0.2.7",
                "receiving-mx-hostname": "mail.example.org", "failed-session-count": 1,
                "additional-information": HOSTILE, "failure-reason-code": HOSTILE}],
        }],
    });
    let document = serde_json::to_string_pretty(&document).unwrap().replace('\n', "\r\n");
    format!(
        "From: <b@{submitter}>\r\nTo: <tlsreports@example.org>\r\nSubject: Report Domain: example.org Submitter: {submitter} Report-ID: <{days}.{number}@{submitter}>\r\n\
         TLS-Report-Domain: example.org\r\nTLS-Report-Submitter: {submitter}\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=tlsrpt; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nA report.\r\n\
         --b\r\nContent-Type: application/tlsrpt+json\r\n\r\n{document}\r\n--b--\r\n"
    )
}
