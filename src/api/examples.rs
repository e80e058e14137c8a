//! An example of every value that goes in or out. They are in the document, and what the tests' server answers.

use mox_admin::Time;
use mox_admin::ops::{
    Changed, Chaos, ChaosRule, ChaosStage, DkimVerdict, DmarcVerdict, ExplainLine, Header, IprevVerdict,
    ListenerRow, MailboxRow, MessageDetail, MessageEvent, MessageHistory, MessageRow, PartRow, QueueCounts,
    RelayRow, ReleaseRow, Released, SpfVerdict, StatusReport, TagRow, Transcript, Verdicts,
};
use mox_clock::Timestamp;
use mox_inspect::{Finding, HtmlReport, Report, Severity, Unsubscribe};

use crate::events::Event;
use crate::messages::{Mark, MessagePage, Release};
use crate::server::Health;

/// A value as it may be.
pub(crate) trait Example {
    /// The value.
    fn example() -> Self;
}

impl<T: Example> Example for Vec<T> {
    fn example() -> Vec<T> {
        vec![T::example()]
    }
}

fn time() -> Time {
    Time(Timestamp::from_micros(1_795_342_830_123_000))
}

impl Example for MessageRow {
    fn example() -> MessageRow {
        MessageRow {
            id: 7,
            account: "mox".into(),
            mailbox: "bob@example.org".into(),
            to: "bob@example.org".into(),
            from: "amy@example.com".into(),
            subject: "hello".into(),
            received: time(),
            size: 4096,
            flags: vec!["\\Seen".into()],
            tags: vec!["signup".into()],
            uid: 3,
            message_id: Some("<a@example.com>".into()),
            thread: Some(7),
        }
    }
}

impl Example for MessageDetail {
    fn example() -> MessageDetail {
        MessageDetail {
            row: MessageRow::example(),
            mail_from: "amy@example.com".into(),
            remote_ip: Some("127.0.0.1".into()),
            tls: Some("TLSv1.3".into()),
            verdicts: Some(Verdicts::example()),
            headers: vec![Header { name: "Subject".into(), value: "hello".into() }],
            parts: vec![
                PartRow {
                    part: "1".into(),
                    content_type: "text/plain".into(),
                    size: 12,
                    filename: None,
                    content_id: None,
                    attachment: false,
                },
                PartRow {
                    part: "2".into(),
                    content_type: "application/pdf".into(),
                    size: 2048,
                    filename: Some("invoice.pdf".into()),
                    content_id: None,
                    attachment: true,
                },
            ],
            text: Some("hello Bob\r\n".into()),
            html: false,
        }
    }
}

impl Example for Verdicts {
    fn example() -> Verdicts {
        let domain = || "example.com".to_owned();
        Verdicts {
            ip: "192.0.2.1".into(),
            reason: Verdicts::NO_OBJECTION.into(),
            iprev: IprevVerdict { result: "pass".into(), name: Some("mail.example.com".into()) },
            spf: SpfVerdict {
                result: "pass".into(),
                domain: domain(),
                identity: "mailfrom".into(),
                mechanism: Some("ip4:192.0.2.0/24".into()),
                lookups: 1,
                aligned: true,
                ..SpfVerdict::default()
            },
            dkim: vec![DkimVerdict {
                result: "pass".into(),
                domain: domain(),
                selector: "2026a".into(),
                algorithm: "rsa-sha256".into(),
                key_bits: Some(2048),
                aligned: true,
                ..DkimVerdict::default()
            }],
            dmarc: DmarcVerdict {
                result: "pass".into(),
                from: domain(),
                policy_domain: Some(domain()),
                policy: Some("reject".into()),
                ..DmarcVerdict::default()
            },
            queries: 9,
            ..Verdicts::default()
        }
    }
}

impl Example for MessagePage {
    fn example() -> MessagePage {
        MessagePage { messages: Vec::example(), next: None }
    }
}

impl Example for Event {
    fn example() -> Event {
        Event::Message(Box::new(MessageEvent::Arrived { message: MessageRow::example() }))
    }
}

impl Example for Changed {
    fn example() -> Changed {
        Changed { ids: vec![7], dry_run: false }
    }
}

impl Example for Transcript {
    fn example() -> Transcript {
        Transcript { text: Some("S: 220 localhost ESMTP\nC: EHLO client.example\n".into()) }
    }
}

impl Example for MessageHistory {
    fn example() -> MessageHistory {
        let text = "from 127.0.0.1 with TLSv1.3".into();
        let line = ExplainLine { at: Some(time()), step: "received".into(), ok: Some(true), text };
        MessageHistory { id: 7, lines: vec![line], queue: Vec::new() }
    }
}

impl Example for Report {
    fn example() -> Report {
        let finding = Finding {
            id: "flexbox".into(),
            severity: Severity::Warning,
            message: "Flexbox is ignored: what should stand in a row stands in a column.".into(),
            detail: "display: flex".into(),
            clients: vec!["outlook-windows".into()],
            count: 2,
        };
        Report {
            html: HtmlReport { present: true, support: 98, findings: vec![finding] },
            links: Vec::new(),
            unsubscribe: Unsubscribe::default(),
        }
    }
}

impl Example for Mark {
    fn example() -> Mark {
        Mark { seen: Some(true), tag: vec!["signup".into()], ..Mark::default() }
    }
}

impl Example for Release {
    fn example() -> Release {
        Release { to: vec!["bob@example.org".into()], dry_run: false }
    }
}

impl Example for Released {
    fn example() -> Released {
        let route = "through 127.0.0.1 port 2525".into();
        let plan = vec![ReleaseRow { id: 7, to: "bob@example.org".into(), route }];
        Released { queued: vec![12], plan, dry_run: false }
    }
}

impl Example for MailboxRow {
    fn example() -> MailboxRow {
        let (account, name) = ("mox".into(), "bob@example.org".into());
        MailboxRow { account, name, total: 3, unseen: 1, size: 12_288 }
    }
}

impl Example for TagRow {
    fn example() -> TagRow {
        TagRow { tag: "signup".into(), total: 2 }
    }
}

impl Example for RelayRow {
    fn example() -> RelayRow {
        RelayRow { domain: Some("example.org".into()), host: "127.0.0.1".into(), port: 2525, by_hand: false }
    }
}

impl Example for Chaos {
    fn example() -> Chaos {
        let rule = ChaosRule {
            stage: ChaosStage::Rcpt,
            probability: 20.0,
            code: Some(451),
            text: None,
            delay_ms: 0,
            from: None,
            to: Some("@example.org".into()),
        };
        Chaos { rules: vec![rule] }
    }
}

impl Example for StatusReport {
    fn example() -> StatusReport {
        let listener = ListenerRow {
            listener: "local".into(),
            service: "smtp".into(),
            address: "127.0.0.1:1025".into(),
            tls: "starttls".into(),
        };
        StatusReport {
            version: "0.1.0".into(),
            pid: 4711,
            started: time(),
            config: None,
            data_dir: "/home/amy/.config/mox-localserve/data".into(),
            listeners: vec![listener],
            accounts: 1,
            messages: 42,
            unindexed: 0,
            queue: QueueCounts { total: 2, due: 0, held: 1 },
            connections: 0,
            disk_free: Some(12_000_000_000),
            config_error: None,
        }
    }
}

impl Example for Health {
    fn example() -> Health {
        Health { status: "ok".into() }
    }
}
